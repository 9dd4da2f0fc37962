"""One event whole: its movements, the book after it, its later stages, what else it says."""

from collections.abc import Iterator, Mapping

import numpy as np

from basis_lab.domain.events import Event
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.notebook.panels.book import SMALL_UNITS
from basis_lab.notebook.panels.markup import row, table, text
from basis_lab.notebook.series import RunSeries, line_name
from basis_lab.notebook.words import moment_text, words
from basis_lab.results.formats import MINUS, NONE, format_ratio
from basis_lab.results.plain import plain

LARGE, ONE = 100.0, 1.0
FEWEST, MOST = 4, 12  # significant digits of a value beside its limit


def figure_pair(value: object, limit: object) -> tuple[str, str]:
    """Return a value and its limit with as many digits as tell them apart.

    Parameters
    ----------
    value, limit : object
        Numbers of one unit; what is not known is None.

    Returns
    -------
    tuple of str
        Four significant digits where those differ, or where the two are the same.

    Examples
    --------
    >>> figure_pair(0.59999408, 0.6)
    ('0.59999', '0.6')
    """
    told = _figure(value, FEWEST), _figure(limit, FEWEST)
    for digits in range(FEWEST + 1, MOST + 1):
        if told[0] != told[1]:
            break
        told = _figure(value, digits), _figure(limit, digits)
    return told if told[0] != told[1] else (_figure(value, FEWEST), _figure(limit, FEWEST))


def _figure(value: object, digits: int) -> str:
    if isinstance(value, int | float) and np.isfinite(value):
        return f"{value:,.{digits}g}".replace("-", MINUS)
    return NONE if value is None else str(value)


def detail_html(series: RunSeries, place: int) -> str:
    """Return one event whole.

    Parameters
    ----------
    series : RunSeries
        The run.
    place : int
        In the log.

    Returns
    -------
    str
        HTML.
    """
    event = series.record.log[place]
    if not isinstance(event, Event):
        return ""
    details = dict(event.details)
    moved = details.pop("movements", ())
    rows = [
        row(
            text(line_name(key)),
            [
                (text(key.venue), ""),
                (_units(quantity * series.index_of(key, event.row), signed=True), "num"),
                (text(words(str(cause))), ""),
            ],
        )
        for line, quantity, cause in (moved if isinstance(moved, list | tuple) else ())
        for key in [Instrument.parse(str(line))]
    ]
    parts = []
    if rows:
        head = [("line", ""), ("venue", ""), ("units", "num"), ("cause", "")]
        parts.append(table("Movements", head, rows, shown=True))
    if event.positions is not None:
        lines = zip(series.record.frame.universe.instruments, event.positions.tolist(), strict=True)
        after = [
            row(
                text(line_name(key)),
                [(text(key.venue), ""), (_units(units * series.index_of(key, event.row)), "num")],
            )
            for key, units in lines
            if units != 0.0 and key.kind is not Kind.CONTRACTS  # the perp's, counted in dollars
        ]
        head = [("line", ""), ("venue", ""), ("units", "num")]
        parts.append(table("The book right after", head, after, shown=True))
    stages = series.stages_of(place)
    if stages:
        parts.append(_stages(series, stages))
    if details:
        told = [row(text(name), [(text(said), "num")]) for name, said in _flat("", plain(details))]
        parts.append(table("Details", [("what", ""), ("value", "num")], told, shown=True))
    return "".join(parts)


def _stages(series: RunSeries, places: tuple[int, ...]) -> str:
    rows = []
    for place in places:
        event = series.record.log[place]
        if isinstance(event, Event):
            count = _told(event.details["instructions"])
            rows.append(row(text(moment_text(series, event.row)), [(count, "num")]))
    return table("Its later stages", [("time, UTC", ""), ("instructions", "num")], rows, shown=True)


def _flat(name: str, said: object) -> Iterator[tuple[str, str]]:
    """Yield names and values of plain data, one a line."""
    if isinstance(said, Mapping):
        for key, inner in said.items():
            label = words(str(key))
            yield from _flat(f"{name}, {label}" if name else label, inner)
    elif isinstance(said, list | tuple):
        yield name, ", ".join(_told(x) for x in said) or NONE
    else:
        yield name, _told(said)


def _told(said: object) -> str:
    match said:
        case None:
            return NONE
        case bool():
            return "yes" if said else "no"
        case int():
            return format_ratio(said, digits=0)
        case float():
            return _units(said)
        case Mapping():
            return "; ".join(f"{name} {inner}" for name, inner in _flat("", said))
        case _:
            return words(str(said)) if said != "" else NONE


def _units(number: float, *, signed: bool = False) -> str:
    """Return units or a ratio: two decimals of hundreds, four from one on, six below; or 0."""
    if not np.isfinite(number):
        return NONE
    size = abs(number)
    if size < SMALL_UNITS:
        return "0"
    digits = 2 if size >= LARGE else 4 if size >= ONE else 6
    told = format_ratio(number, digits=digits)
    plus = signed and number > 0.0 and any(x in told for x in "123456789")
    return f"+{told}" if plus else told
