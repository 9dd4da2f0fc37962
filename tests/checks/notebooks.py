"""Hold notebooks to their rules: import, call and show; one `parameters` cell; no stale output.

With ``--update`` the outputs that nbval checks are made anew.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
CHECKED = "# NBVAL_CHECK_OUTPUT"
MOST_LINES = 5  # of a function
ARITHMETIC = (ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod, ast.MatMult)
READERS = frozenset(
    {"open", "read_text", "read_bytes", "read_csv", "read_parquet", "read_json", "read_excel"}
) | frozenset({"load", "loads", "safe_load", "loadtxt", "read_sql"})


def complaints(path: Path) -> Iterator[str]:
    """What keeps a notebook from being committed."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    yield from opening(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        yield from (f"code cell {number} {fault}" for fault in stale(cell))
        yield from (f"code cell {number} {fault}" for fault in logic(cell.source))
    tagged = [
        cell for cell in code if "tags" in cell.metadata and "parameters" in cell.metadata.tags
    ]
    if len(tagged) != 1:
        yield f"{len(tagged)} cells are tagged `parameters`; a notebook has exactly one"
    for cell in tagged:
        yield from (f"the parameters cell {fault}" for fault in not_plain(cell.source))


def opening(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """The first cell says what is asked, if only as its title, and what was found."""
    first = notebook.cells[0]
    text = first.source if first.cell_type == "markdown" else ""
    if "**Question.**" not in text and not text.partition("\n")[0].rstrip().endswith("?"):
        yield "the first cell does not say **Question.**, nor does its title ask one"
    if "**Answer.**" not in text:
        yield "the first cell does not say **Answer.**"


def stale(cell: nbformat.NotebookNode) -> Iterator[str]:
    """Only outputs that nbval compares are committed."""
    checked = cell.source.lstrip().startswith(CHECKED)
    if cell.outputs and not checked:
        yield "carries outputs; clear them before committing"
    if checked and not cell.outputs:
        yield "is to be checked but has no output; run tests/checks/notebooks.py --update"
    if cell.execution_count is not None and not checked:
        yield "carries an execution count; clear it before committing"


def logic(source: str) -> Iterator[str]:
    """What belongs into the package: long functions, classes, formulas, reading of files."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() if length(node) > MOST_LINES:
                yield f"defines {node.name} in {length(node)} lines; at most {MOST_LINES}"
            case ast.ClassDef():
                yield f"defines the class {node.name}; classes belong into the package"
            case ast.BinOp() if isinstance(node.op, ARITHMETIC):
                yield f"computes {ast.unparse(node)}; formulas belong into the package"
            case ast.Call() if called(node) in READERS:
                yield f"reads with {called(node)}; files are read by open_result alone"


def length(node: ast.stmt) -> int:
    """Lines of a statement."""
    return (node.end_lineno if node.end_lineno is not None else node.lineno) - node.lineno + 1


def called(node: ast.Call) -> str:
    """The last part of what is called."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def not_plain(source: str) -> Iterator[str]:
    """Parameters are names that take plain values."""
    for statement in ast.parse(source).body:
        value = getattr(statement, "value", None)
        try:
            ast.literal_eval(value)
        except ValueError:
            yield f"has more than plain values: {ast.unparse(statement)}"


def update(path: Path) -> None:
    """Run a notebook and keep the outputs that nbval compares."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": ROOT}}
    NotebookClient(notebook, kernel_name="python3", resources=place).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            checked = cell.source.lstrip().startswith(CHECKED)
            # nbval compares only what it finds to have been run.
            cell.execution_count = 1 if checked else None
            if not checked:
                cell.outputs = []
    notebook.metadata.pop("widgets", None)
    notebook.metadata.language_info = {"name": "python"}
    nbformat.write(notebook, path)


def main() -> int:
    """Print every complaint; the exit code says whether there was one."""
    paths = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    paths = [path for path in paths if ".ipynb_checkpoints" not in path.parts]
    if "--update" in sys.argv:
        named = [Path(x).resolve() for x in sys.argv[1:] if x.endswith(".ipynb")]
        for path in named if named else paths:
            update(path)
    lines = [f"{path.relative_to(ROOT)}: {text}" for path in paths for text in complaints(path)]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(f"notebooks: {len(paths)} read, {len(lines)} complaints\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
