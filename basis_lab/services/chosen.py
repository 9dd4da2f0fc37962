"""Reports of chosen points of a sweep."""

import os
from pathlib import Path

from basis_lab.errors import UsageError
from basis_lab.results.sweep_result import SweepResult
from basis_lab.services.cases import Case
from basis_lab.services.plans import Plan
from basis_lab.services.points import Ground
from basis_lab.services.reports import NOTEBOOK, PAGE, execute_template, write_page

NAMES = ("best", "worst")
REPORTS = "reports"
ASSETS = "_assets"


def check_choice(text: str, plan: Plan) -> tuple[str, ...]:
    """Read which points shall be reported.

    Parameters
    ----------
    text : str
        "best", "worst" and numbers of points, parted by commas.
    plan : Plan
        Whose points.

    Returns
    -------
    tuple of str
        Each of them.

    Raises
    ------
    UsageError
        If one is neither, or there is no such point.
    """
    words = tuple(x.strip() for x in text.split(","))
    for word in words:
        if word not in NAMES and not (word.isdigit() and int(word) < len(plan.cases)):
            raise UsageError(
                "there is no such point to report",
                where="--report",
                value=word,
                remedy=f"write best, worst, or numbers from 0 to {len(plan.cases) - 1}",
            )
    return words


def report_points(
    text: str, plan: Plan, result: SweepResult, *, ground: Ground
) -> tuple[Path, ...]:
    """Write the reports of chosen points into the sweep's folder.

    Parameters
    ----------
    text : str
        As given.
    plan : Plan
        The points.
    result : SweepResult
        Its table says which is best.
    ground : Ground
        The data.

    Returns
    -------
    tuple of Path
        The pages; their executed notebooks and run folders stand beside them.

    Raises
    ------
    UsageError
        If there is no such point, or none was done.
    ReportError
        If a notebook fails.
    """
    from basis_lab.results.sweep_words import excess

    gains = excess(result.table).dropna()
    numbers = []
    for word in check_choice(text, plan):
        if word in NAMES and len(gains) == 0:
            raise UsageError("no point was done, so none is best", where="--report", value=word)
        ends = {"best": gains.idxmax, "worst": gains.idxmin}
        numbers.append(int(str(ends[word]())) if word in ends else int(word))
    if result.path is None:
        raise UsageError("this sweep has no folder", where="report", remedy="give out")
    place = result.path / REPORTS
    return tuple(
        report_case(plan.cases[x], place / f"point-{x:05d}", ground=ground, assets=place)
        for x in dict.fromkeys(numbers)
    )


def report_case(case: Case, folder: Path, *, ground: Ground, assets: Path) -> Path:
    """Run one case in the report's notebook and write its page.

    Parameters
    ----------
    case : Case
        What is run.
    folder : Path
        Of page, notebook and the run's folder.
    ground : Ground
        The data.
    assets : Path
        Beside ``folder``; pages share its plotly.js.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    ReportError
        If the notebook fails; it is kept where it failed.
    """
    from basis_lab.results.report_page import write_plotly

    folder.mkdir(parents=True, exist_ok=True)
    write_plotly(assets / ASSETS)
    parameters = {
        "run_folder": None,
        **case.plain(),
        "data_dir": ground.data_dir,
        "database": ground.database,
        "out": str((folder / "run").resolve()),
    }
    executed = execute_template(parameters, folder / NOTEBOOK)
    return write_page(
        executed, folder / PAGE, title=case.name, assets=_relative(assets / ASSETS, folder)
    )


def _relative(target: Path, folder: Path) -> str:
    return Path(os.path.relpath(target, folder)).as_posix()
