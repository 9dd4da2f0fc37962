"""Where the workbench writes, and how it tells a place."""

from pathlib import Path

from basis_lab.config.environment import read_environment
from basis_lab.notebook.panels.markup import attributes, text

ROOT = Path(__file__).resolve().parents[2]


def results_dir() -> Path:
    """Return the directory of the saved runs.

    Returns
    -------
    Path
        That of the environment, else ``outputs`` beside the package.
    """
    directory = read_environment().results_dir
    return ROOT / "outputs" if directory is None else directory


def place_html(path: Path) -> str:
    """Return a place as text; it becomes a link where the notebook's server can open it.

    Parameters
    ----------
    path : Path
        A file, or a folder.

    Returns
    -------
    str
        HTML; the browser knows the server's root, the kernel does not.
    """
    whole = path.resolve()
    told = whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else whole
    given = attributes(
        {
            "data-place": whole.as_posix(),
            "data-home": Path.home().as_posix(),
            "data-kind": "folder" if whole.is_dir() else "file",
        }
    )
    return f"<code><a{given}>{text(told)}</a></code>"
