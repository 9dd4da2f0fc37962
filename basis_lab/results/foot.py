"""What stands below the pictures of a run: mode, dates, data, scenarios, and if it was stopped."""

from collections.abc import Mapping
from typing import Any

from basis_lab.results.formats import HOURS_UNDER
from basis_lab.results.verdict import days_between

STOPPED = "stopped"


def word_foot(summary: Mapping[str, Any], scenarios: tuple[str, ...]) -> str:
    """Return what a picture is of.

    Parameters
    ----------
    summary : mapping
        As summary.json.
    scenarios : tuple of str
        What the run was stressed with, in order.

    Returns
    -------
    str
        One line, the run's id last.
    """
    told = [
        str(summary["mode"]),
        f"{summary['share_class']} share class",
        word_dates(summary),
        "synthetic data" if summary["synthetic_data"] else "real data",
    ]
    if scenarios:
        told.append(f"scenario {', '.join(scenarios)}")
    if summary["status"] == STOPPED:
        told.append(STOPPED)
    return f"{', '.join(told)}; run {summary['run_id']}"


def word_dates(summary: Mapping[str, Any]) -> str:
    """Return first and last day, with their hours where days alone would say nothing.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    str
        "2025-01-01 to 2025-02-01", UTC.
    """
    days = days_between(summary["start"], summary["end"])
    letters = len("2025-01-01") if days >= HOURS_UNDER else len("2025-01-01T00:00")
    return " to ".join(str(summary[x])[:letters].replace("T", " ") for x in ("start", "end"))


def word_stopped(summary: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warning that a run was stopped.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    tuple of str
        One sentence; none for a run that came to its end.
    """
    if summary["status"] != STOPPED:
        return ()
    return (f"the run was stopped: it reaches up to {summary['end']}, not to the end of its dates",)


def scenarios_of(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a run was stressed with.

    Parameters
    ----------
    manifest : mapping
        As manifest.json; without the key where no command wrote it.

    Returns
    -------
    tuple of str
        Names or paths, in order.
    """
    return tuple(str(x) for x in manifest["scenarios"]) if "scenarios" in manifest else ()
