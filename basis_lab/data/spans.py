"""Stretches of time as half-open pairs of epoch seconds: what is known, and what is missing."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from basis_lab.data.series import IntArray, time_text


class Span(NamedTuple):
    """From ``start`` up to, not including, ``end``; epoch seconds, UTC."""

    start: int
    end: int

    def __str__(self) -> str:
        """Print both ends."""
        return f"{second_text(self.start)} to {second_text(self.end)}"


def second_text(second: int) -> str:
    """Print an epoch second.

    Parameters
    ----------
    second : int
        Epoch seconds, UTC.

    Returns
    -------
    str
        ISO 8601 with its zone.
    """
    return time_text(np.datetime64(second, "s"))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order, those that touch or overlap made one.

    Parameters
    ----------
    spans : iterable of Span
        In any order.

    Returns
    -------
    tuple of Span
        Ascending, apart from each other.

    Examples
    --------
    >>> merged([Span(5, 9), Span(0, 5), Span(12, 13)])
    (Span(start=0, end=9), Span(start=12, end=13))
    """
    out: list[Span] = []
    for span in sorted(x for x in spans if x.end > x.start):
        if out and span.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return tuple(out)


def without(span: Span, known: Iterable[Span]) -> tuple[Span, ...]:
    """Return what of a span is not known.

    Parameters
    ----------
    span : Span
        All of it.
    known : iterable of Span
        What is known, in any order.

    Returns
    -------
    tuple of Span
        Ascending.

    Examples
    --------
    >>> without(Span(0, 10), [Span(2, 4), Span(8, 12)])
    (Span(start=0, end=2), Span(start=4, end=8))
    """
    out: list[Span] = []
    at = span.start
    for part in merged(known):
        if part.end <= at or part.start >= span.end:
            continue
        if part.start > at:
            out.append(Span(at, part.start))
        at = part.end
    if at < span.end:
        out.append(Span(at, span.end))
    return tuple(out)


def windows(span: Span, length_s: int) -> tuple[Span, ...]:
    """Cut a span into pieces of a length; the last may be shorter.

    Parameters
    ----------
    span : Span
        All of it.
    length_s : int
        Seconds, above 0.

    Returns
    -------
    tuple of Span
        Ascending.
    """
    starts = range(span.start, span.end, length_s)
    return tuple(Span(x, min(x + length_s, span.end)) for x in starts)


def runs(times: IntArray, step_s: int) -> tuple[Span, ...]:
    """Join times of a grid into spans.

    Parameters
    ----------
    times : ndarray of int, shape (n,)
        Epoch seconds, ascending.
    step_s : int
        The grid's step; each time stands for the step that it begins.

    Returns
    -------
    tuple of Span
        Ascending.
    """
    return merged(Span(int(x), int(x) + step_s) for x in times)
