"""Reports of chosen points of a sweep."""

import json
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from basis_lab.data.writing import writing
from basis_lab.errors import UsageError
from basis_lab.results.sweep_result import DONE, SUMMARY, SweepResult
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
) -> Iterator[tuple[int, Path | None]]:
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

    Yields
    ------
    tuple of (int, Path or None)
        Each point and its page, as soon as that is written; its executed notebook and its run's
        folder stand beside it. None for a point that failed and so has nothing to report.

    Raises
    ------
    UsageError
        If there is no such point, or none was done.
    ReportError
        If a notebook fails.
    """
    from basis_lab.results.sweep_words import merit

    gains = merit(result.table)
    numbers = []
    for word in check_choice(text, plan):
        if word in NAMES and len(gains) == 0:
            raise UsageError("no point was done, so none is best", where="--report", value=word)
        ends = {"best": gains.idxmax, "worst": gains.idxmin}
        numbers.append(int(str(ends[word]())) if word in ends else int(word))
    if result.path is None:
        raise UsageError("this sweep has no folder", where="report", remedy="give out")
    place = result.path / REPORTS
    for x in dict.fromkeys(numbers):
        folder, done = place / f"point-{x:05d}", result.table["status"][x] == DONE
        case = plan.cases[x]
        yield x, report_case(case, folder, ground=ground, assets=place) if done else None


def set_reports_aside(folder: Path, stands_on: str) -> str:
    """Move the reports of another plan, or of other data, out of the way of this one's.

    They are named by the numbers of points, which now are others.

    Parameters
    ----------
    folder : Path
        Of the sweep, as it was left.
    stands_on : str
        What the points of this one are and stand on, as its summary will say.

    Returns
    -------
    str
        Where they are now, for people; empty where none were there, or they still hold.
    """
    reports = folder / REPORTS
    if not reports.is_dir() or _stood_on(folder) == stands_on:
        return ""
    names = (folder / f"{REPORTS}-earlier-{i}" for i in count(1))
    aside = next(x for x in names if not x.exists())
    with writing(reports):
        reports.rename(aside)
    return (
        f"reports here were of other points, data, code or configuration: they are now in {aside}"
    )


def _stood_on(folder: Path) -> str | None:
    """Return what the sweep that left a folder stood on; None where it does not say."""
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
    except (OSError, ValueError):
        return None
    said = summary.get("stands_on") if isinstance(summary, dict) else None
    return None if said is None else str(said)


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
