"""From what a check found to what people read: a finding of a file, or the error of a run."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from basis_lab.data.checks.rows import Defect
from basis_lab.data.findings import Finding, Meaning, Severity, Stop
from basis_lab.data.series import IntArray, time_text
from basis_lab.domain.market import TimeArray
from basis_lab.errors import BadDataError


def words_of(
    found: Iterable[tuple[Meaning, Defect]],
    file: str,
    times: TimeArray | None,
    lines: IntArray,
    dataset: str = "",
) -> Iterator[Finding]:
    """Word what the checks of one series found.

    Parameters
    ----------
    found : iterable of (Meaning, Defect)
        As the table of checks returns it.
    file : str
        The file, for errors.
    times : ndarray of datetime64[s], shape (n,), or None
        Its rows' times, where they are known.
    lines : ndarray of int, shape (n,)
        The line of each row.
    dataset : str
        Id of the series, for remedies; empty where the file has none.

    Yields
    ------
    Finding
        In the order given.
    """
    for general, defect in found:
        meaning = meant_here(general, defect, dataset)
        rows = rows_text(defect, times, lines)
        if meaning.severity is Severity.ERROR and meaning.stops is Stop.FILE:
            yield Finding(meaning, str(error_of(meaning, defect, file, times, lines)), rows)
        else:
            yield Finding(meaning, defect.what, rows)


def meant_here(meaning: Meaning, defect: Defect, dataset: str) -> Meaning:
    """Return what a check means with what is to be done about this defect of this series.

    Parameters
    ----------
    meaning : Meaning
        Of the check.
    defect : Defect
        What it found.
    dataset : str
        Id of the series; empty where the file has none.

    Returns
    -------
    Meaning
        The same where nothing about its remedy is particular.
    """
    remedy = defect.remedy or meaning.remedy
    if dataset:
        remedy = remedy.replace("@DATASET", f"@{dataset}")
    return meaning if remedy == meaning.remedy else replace(meaning, remedy=remedy)


def error_of(
    meaning: Meaning, defect: Defect, file: str, times: TimeArray | None, lines: IntArray
) -> BadDataError:
    """Return the error that refuses a file or a run.

    Parameters
    ----------
    meaning : Meaning
        Of the check.
    defect : Defect
        What it found.
    file : str
        The file.
    times : ndarray of datetime64[s], shape (n,), or None
        Its rows' times, where they are known.
    lines : ndarray of int, shape (n,)
        The line of each row.

    Returns
    -------
    BadDataError
        Naming file and first row.
    """
    where = file
    if len(defect.places):
        place = int(defect.places[0])
        where = f"{file}, {_row(place, times, lines)}"
    return BadDataError(
        named_lines(defect, lines), where=where, value=defect.value, remedy=meaning.remedy
    )


def named_lines(defect: Defect, lines: IntArray) -> str:
    """Return what a defect says, with the line of the row that it names beside its own.

    Parameters
    ----------
    defect : Defect
        What was found.
    lines : ndarray of int, shape (n,)
        The line of each row.

    Returns
    -------
    str
        In words.
    """
    return defect.what if defect.other is None else f"{defect.what} row {lines[defect.other]}"


def rows_text(defect: Defect, times: TimeArray | None, lines: IntArray) -> str:
    """Return which rows show a defect.

    Parameters
    ----------
    defect : Defect
        What was found.
    times : ndarray of datetime64[s], shape (n,), or None
        The rows' times, where they are known.
    lines : ndarray of int, shape (n,)
        The line of each row.

    Returns
    -------
    str
        The first row and how many more; empty where the whole file shows it.
    """
    if not len(defect.places):
        return ""
    place = int(defect.places[0])
    more = f" and {len(defect.places) - 1} more" if len(defect.places) > 1 else ""
    return f"{_row(place, times, lines)}{more}"


def _row(place: int, times: TimeArray | None, lines: IntArray) -> str:
    return f"row {lines[place]}" + ("" if times is None else f" ({time_text(times[place])})")
