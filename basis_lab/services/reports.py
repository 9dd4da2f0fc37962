"""Reports: the template executed by papermill with checked parameters, and its page."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from basis_lab.config.validation import nearest
from basis_lab.data.writing import unwritten, whole_file
from basis_lab.errors import ReportError, UsageError, code_of
from basis_lab.results.foot import scenarios_of, word_foot
from basis_lab.results.result import open_result

if TYPE_CHECKING:
    from nbformat import NotebookNode

TEMPLATE = Path(__file__).resolve().parents[2] / "notebooks" / "templates" / "report.ipynb"
PLOTS = "plots"  # of a run's folder; the plotly.js there serves its report as well
PAGE = "report.html"
NOTEBOOK = "report.ipynb"
KERNEL = "python3"
DEAD = "DeadKernelError"  # as nbclient calls it
QUIET = ("--log-level=CRITICAL",)  # a kernel that is told to end logs the interrupt as an error
CELL_TIMEOUT_S = 1_800
START_TIMEOUT_S = 300  # of a kernel, on a machine that is busy with others
TYPES: Mapping[str, Any] = MappingProxyType(  # of the parameters of the template
    {
        "run_folder": str | None,
        "mode": str,
        "share_class": str | None,
        "start": str | None,
        "end": str | None,
        "capital": float | None,
        "overrides": dict[str, object],
        "scenarios": list[str],
        "data_dir": str | None,
        "database": str | None,
        "out": str | None,
    }
)
FIGURE = "application/vnd.plotly.v1+json"


def render_report(folder: Path, *, png: bool = False) -> Path:
    """Write the report of a finished run into its folder.

    Parameters
    ----------
    folder : Path
        The run's folder.
    png : bool
        Write each figure as a picture as well.

    Returns
    -------
    Path
        The page; the executed notebook stands beside it.

    Raises
    ------
    ResultError
        If the folder is not a whole run.
    ReportError
        If the notebook fails.
    UsageError
        If the notebooks' libraries, or those of pictures, are not installed.
    """
    from basis_lab.results.report_page import write_plotly

    run = open_result(folder)
    executed = execute_template({"run_folder": str(folder.resolve())}, folder / NOTEBOOK)
    write_plotly(folder / PLOTS)
    kind = "synthetic data" if run.summary["synthetic_data"] else "real data"
    title = f"{run.summary['run_id']}, {kind}"
    if png:
        foot = word_foot(run.summary, scenarios_of(run.manifest))
        write_pictures(executed, folder / PLOTS, foot=foot)
    return write_page(executed, folder / PAGE, title=title, assets=PLOTS)


def write_page(notebook: "NotebookNode", target: Path, *, title: str, assets: str) -> Path:
    """Write the page of an executed notebook, whole or not at all.

    Parameters
    ----------
    notebook : NotebookNode
        Executed.
    target : Path
        The page.
    title : str
        Of the page.
    assets : str
        Where plotly.js lies, relative to it.

    Returns
    -------
    Path
        ``target``.
    """
    from basis_lab.results.report_page import render_page

    with whole_file(target) as aside:
        aside.write_text(render_page(notebook, title=title, assets=assets), encoding="utf-8")
    return target


def execute_template(parameters: Mapping[str, object], target: Path) -> "NotebookNode":
    """Execute the template of reports.

    Parameters
    ----------
    parameters : mapping of str to object
        By name; plain values.
    target : Path
        The executed notebook; a failed one is left where it failed, as ``*.failed.ipynb``.

    Returns
    -------
    NotebookNode
        Executed.

    Raises
    ------
    UsageError
        If a parameter is unknown or of another type, or papermill is not installed.
    ReportError
        If a cell fails, its kernel dies, or it takes too long.
    """
    papermill = require_papermill()
    check_parameters(parameters)
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    aside, failed = _aside(target), target.with_suffix(".failed.ipynb")
    failed.unlink(missing_ok=True)
    try:
        done: NotebookNode = papermill.execute_notebook(
            TEMPLATE,
            aside,
            parameters=dict(parameters),
            kernel_name=KERNEL,
            progress_bar=False,
            store_widget_state=False,
            extra_arguments=list(QUIET),
            execution_timeout=CELL_TIMEOUT_S,
            start_timeout=START_TIMEOUT_S,
            cwd=Path.cwd(),
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
        aside.replace(target)
    except papermill.PapermillExecutionError as error:
        aside.replace(failed)
        raise _failure(error.ename, error.evalue, failed) from error
    except (DeadKernelError, CellTimeoutError, CellExecutionError, NoSuchKernel) as error:
        if aside.is_file():
            aside.replace(failed)
        raise _failure(type(error).__name__, str(error), failed) from error
    except OSError as error:
        raise unwritten(target, error) from error
    finally:
        aside.unlink(missing_ok=True)
    return done


def _failure(name: str, said: str, failed: Path) -> ReportError:
    code = code_of(name)
    told = f"{name if code is None else code}: {said}"
    if name == DEAD:
        told = "a dead kernel: it was killed, or had too little memory"
    return ReportError(
        f"the report's notebook failed with {told}",
        where=str(failed),
        remedy="open that notebook: it ends at the cell that failed",
        details={"name": name, "said": said, "told": told},
    )


def _worded(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)


def check_parameters(given: Mapping[str, object]) -> None:
    """Refuse parameters that the template does not have, or whose values it cannot take.

    Parameters
    ----------
    given : mapping of str to object
        By name.

    Raises
    ------
    UsageError
        For the first that is refused, by its name.
    """
    from pydantic import TypeAdapter, ValidationError

    known = tuple(require_papermill().inspect_notebook(TEMPLATE))
    for name, value in given.items():
        where = f"{TEMPLATE.name}: parameter {name}"
        if name not in known:
            raise UsageError(
                "the notebook has no such parameter",
                where=where,
                value=value,
                remedy=nearest(name, known),
            )
        try:
            json.dumps(value, allow_nan=False)
            TypeAdapter(TYPES[name]).validate_python(value, strict=True)
        except (ValidationError, TypeError, ValueError) as error:
            raise UsageError(
                "the parameter cannot take this value",
                where=where,
                value=value,
                remedy=f"give {_worded(TYPES[name])}, in plain values",
            ) from error


def write_pictures(notebook: "NotebookNode", directory: Path, *, foot: str) -> tuple[Path, ...]:
    """Write each figure of an executed notebook as a picture.

    Parameters
    ----------
    notebook : NotebookNode
        Executed.
    directory : Path
        Where they go, as ``report-01.png`` and so on.
    foot : str
        What the run is; stands below each.

    Returns
    -------
    tuple of Path
        The pictures.

    Raises
    ------
    UsageError
        If kaleido or a Chromium is not installed.
    """
    from basis_lab.results.pictures import write_png

    figures = [
        output.data[FIGURE]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output and FIGURE in output.data
    ]
    return write_png(figures, directory, foot=foot)


def require_papermill() -> Any:
    """Return papermill, before anything is run that will need it.

    Returns
    -------
    module
        papermill.

    Raises
    ------
    UsageError
        If the notebooks' libraries are not installed.
    """
    try:
        import papermill
    except ImportError as error:
        raise UsageError(
            "reports need the notebooks' libraries, which are not installed",
            where="papermill",
            remedy="install them with: pip install -e .[lab]",
        ) from error
    return papermill


def _aside(target: Path) -> Path:
    """Return a place beside a file to be, from where it can be renamed."""
    name = f".{target.stem}.partial-{os.getpid()}-{secrets.token_hex(4)}{target.suffix}"
    return target.with_name(name)
