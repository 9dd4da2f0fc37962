"""Refuse notebooks that carry outputs, execution counts, or no `parameters` cell."""

import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]


def complaints(path: Path) -> Iterator[str]:
    """What keeps a notebook from being committed."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        if cell.outputs:
            yield f"code cell {number} carries outputs; clear them before committing"
        if cell.execution_count is not None:
            yield f"code cell {number} carries an execution count; clear it before committing"
    tagged = [
        cell for cell in code if "tags" in cell.metadata and "parameters" in cell.metadata.tags
    ]
    if len(tagged) != 1:
        yield f"{len(tagged)} cells are tagged `parameters`; a notebook has exactly one"


def main() -> int:
    """Print every complaint; the exit code says whether there was one."""
    paths = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    lines = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in paths
        if ".ipynb_checkpoints" not in path.parts
        for text in complaints(path)
    ]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(f"notebooks: {len(paths)} read, {len(lines)} complaints\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
