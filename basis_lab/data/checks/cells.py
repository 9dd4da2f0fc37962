"""The cells of a file beyond the columns that are read: what its other columns tell of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.data.checks.rows import Defect
from basis_lab.data.checks.shape import INTERPOLATED_SHARE
from basis_lab.data.csv import RawTable
from basis_lab.data.series import IntArray
from basis_lab.domain.market import FloatArray
from basis_lab.domain.wording import agree

_ENOUGH = 20
# A column is nearly constant where so few rows differ.
_ODD_SHARE = 0.02
_LAG_CORRELATION, _LAG_MARGIN = 0.9, 0.3
_LATE_SHARE = 0.2
_TWO_ZONES = "+00:00Z"
_ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A file's columns.

    Parameters
    ----------
    table : RawTable
        The file.
    read : frozenset of str
        The columns that serve.
    numbers : mapping of str to ndarray of shape (n,)
        Those that hold numbers, NaN where a cell is empty.
    order : ndarray of int, shape (n,)
        The rows in the order of time, as far as one is known.
    """

    table: RawTable
    read: frozenset[str]
    numbers: Mapping[str, FloatArray]
    order: IntArray

    @property
    def unread(self) -> Iterator[tuple[str, FloatArray]]:
        """The numbers that nothing reads."""
        return ((x, values) for x, values in self.numbers.items() if x not in self.read)


def cells_of(table: RawTable, read: Iterable[str], time: str | None) -> Cells:
    """Return a file's columns for its checks.

    Parameters
    ----------
    table : RawTable
        The file.
    read : iterable of str
        The columns that serve.
    time : str or None
        The one that holds the times; None where none is known.

    Returns
    -------
    Cells
        With every column that holds numbers.
    """
    found = {name: numbers_of(table.column(name)) for name in table.header}
    numbers = {name: values for name, values in found.items() if values is not None}
    # Texts of one format sort as their times do.
    stamps = np.array(table.column(time)) if time is not None else np.arange(len(table.rows))
    order = np.argsort(stamps, kind="stable").astype(np.int64)
    return Cells(table=table, read=frozenset(read), numbers=numbers, order=order)


def numbers_of(cells: tuple[str, ...]) -> FloatArray | None:
    """Return a column as numbers, where it holds nothing else.

    Parameters
    ----------
    cells : tuple of str
        As written.

    Returns
    -------
    ndarray of shape (n,) or None
        NaN where a cell is empty; None where one holds something else.
    """
    try:
        return np.array([x if x else "nan" for x in cells], dtype=np.float64)
    except ValueError:
        return None


def find_two_zones(cells: Cells) -> Iterator[Defect]:
    """Find time columns with two zone marks.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One a column.
    """
    for name in cells.table.header:
        first = cells.table.column(name)[0]
        if first.endswith(_TWO_ZONES):
            what = f"{name} ends in {_TWO_ZONES}: two zone marks"
            yield Defect(what=what, field=name, value=first)


def find_columns_that_stop(cells: Cells) -> Iterator[Defect]:
    """Find columns that are empty for a part of the file, or zero to its end.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One a column.
    """
    for name, values in cells.numbers.items():
        known, empty = np.flatnonzero(np.isfinite(values)), np.flatnonzero(~np.isfinite(values))
        if len(known) and len(empty):
            first, last = cells.table.lines[known[[0, -1]]]
            what = f"{name} is empty in {len(empty)} {agree(len(empty), 'row')}; it has rows "
            what += f"{first} to {last}"
            yield Defect(what=what, field=name, places=empty, value="")
        elif len(known):
            last_value = int(np.flatnonzero(np.append(1.0, values))[-1])
            if last_value and len(values) - last_value >= _ENOUGH:
                what = f"{name} is 0 from row {cells.table.lines[last_value]} on: it was given up"
                places = np.arange(last_value, len(values))
                yield Defect(what=what, field=name, places=places, value=0.0)


def find_constant_columns(cells: Cells) -> Iterator[Defect]:
    """Find columns that hold one number in every row.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One for all columns of a file.
    """
    constant = {
        name: float(values[0])
        for name, values in cells.unread
        if len(values) >= _ENOUGH and (values == values[0]).all()
    }
    if constant:
        listed = ", ".join(f"{name} = {value:g}" for name, value in constant.items())
        what = f"one number in every row: {listed}"
        yield Defect(what=what, field=next(iter(constant)), value=listed)


def find_odd_rows(cells: Cells) -> Iterator[Defect]:
    """Find the few rows in which a column is not what it is everywhere else, or is zero.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One a column.
    """
    if cells.read:  # what a file that serves has beside is not looked at so closely
        return
    for name, values in cells.numbers.items():
        if len(values) < _ENOUGH or not np.isfinite(values).all():
            continue
        usual = float(np.median(values))
        odd = np.flatnonzero(values != usual)
        zeros = np.flatnonzero(values == 0.0)
        if 0 < len(odd) <= _ODD_SHARE * len(values):
            what = f"{name} is {usual:g} in all but {len(odd)} {agree(len(odd), 'row')}"
            yield Defect(what=what, field=name, places=odd, value=float(values[odd[0]]))
        elif 0 < len(zeros) < len(values) / 2 and values.min() >= 0.0:
            what = f"{name} is 0 in {len(zeros)} {agree(len(zeros), 'row')}, {usual:g} typically"
            yield Defect(what=what, field=name, places=zeros, value=0.0)


def find_equal_columns(cells: Cells) -> Iterator[Defect]:
    """Find columns that equal a column that serves, in every row.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One a pair.
    """
    for name, values in cells.unread:
        for other in cells.read & cells.numbers.keys():
            if len(values) >= _ENOUGH and (values == cells.numbers[other]).all():
                what = f"{other} equals {name} in every row"
                yield Defect(what=what, field=name, value=other)


def find_straight_columns(cells: Cells) -> Iterator[Defect]:
    """Find columns that lie on straight lines between rarer values.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One a column.
    """
    for name, values in cells.unread:
        if len(values) < _ENOUGH or not np.isfinite(values).all() or _counts(values):
            continue
        steps = np.diff(values)
        moving = steps[:-1] != 0.0
        bends = np.abs(np.diff(steps)) <= 1e-2 * np.abs(steps[:-1])  # ratios of lines bend a little
        if moving.sum() >= _ENOUGH and np.mean(bends[moving]) >= INTERPOLATED_SHARE:
            what = f"{name} lies on straight lines between rarer values"
            yield Defect(what=what, field=name, value=float(np.mean(bends[moving])))


def find_lagging_columns(cells: Cells) -> Iterator[Defect]:
    """Find columns that repeat, a row later, the column that serves.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One a pair.
    """
    for name, values in cells.unread:
        for other in sorted(cells.read & cells.numbers.keys()):
            served = cells.numbers[other]
            if len(values) < _ENOUGH or _counts(values) or _counts(served):
                continue
            ours, theirs = np.diff(values[cells.order]), np.diff(served[cells.order])
            late, same = _alike(ours[1:], theirs[:-1]), _alike(ours, theirs)
            if late >= _LAG_CORRELATION and late > same + _LAG_MARGIN:
                what = (
                    f"{name} is {other} of the row before (correlation of their changes "
                    f"{late:.2f}, {same:.2f} in the same row)"
                )
                yield Defect(what=what, field=name, value=late)


def find_late_samples(cells: Cells) -> Iterator[Defect]:
    """Find rows that are labelled long after the block that they were read from.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One or none.
    """
    name, label = "block_timestamp", "timestamp"
    if name not in cells.numbers or label not in cells.table.header:
        return
    blocks = cells.numbers[name]
    try:
        labels = np.array([x.removesuffix("Z") for x in cells.table.column(label)], "datetime64[s]")
    except ValueError:
        return
    late_s = labels.astype(np.int64) - blocks
    usual = float(np.median(np.diff(labels).astype(np.int64)))
    late = np.flatnonzero(late_s > usual / 2.0)
    if len(late) >= _LATE_SHARE * len(blocks):
        what = (
            f"{len(late)} of {len(blocks)} rows are labelled {np.median(late_s[late]) / 3600:.1f} "
            f"h after their block: trust {name}, not {label}"
        )
        yield Defect(what=what, field=label, places=late, value=float(late_s[late[0]]))


def find_paid_at_end(cells: Cells) -> Iterator[Defect]:
    """Find reward tables whose payout dates are the ends of their periods.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One or none.
    """
    names = ("payout_date", "period_end")
    if not set(names) <= set(cells.table.header):
        return
    paid, ended = (np.array(cells.table.column(x)) for x in names)
    same = np.flatnonzero(paid == ended)
    if len(same) > len(paid) / 2:
        rows = agree(len(same), "row")
        what = f"payout_date is period_end in {len(same)} {rows}: the payment came later"
        yield Defect(what=what, field=names[0], places=same, value=str(paid[same[0]]))


def find_estimates(cells: Cells) -> Iterator[Defect]:
    """Find rows that call themselves estimates.

    Parameters
    ----------
    cells : Cells
        One file.

    Yields
    ------
    Defect
        One a column.
    """
    for name in cells.table.header:
        if name in cells.numbers:
            continue
        said = np.flatnonzero(np.array(cells.table.column(name)) == _ESTIMATED)
        if len(said):
            words = agree(len(said), "row says", "rows say")
            they = agree(len(said), "it is an estimate", "they are estimates")
            what = f"{len(said)} {words} in {name} that {they}"
            yield Defect(what=what, field=name, places=said, value=_ESTIMATED)


def _counts(values: FloatArray) -> bool:
    """Tell if a column counts something: blocks, hours, seconds."""
    known = values[np.isfinite(values)]
    return bool((known == np.floor(known)).all())


def _alike(left: FloatArray, right: FloatArray) -> float:
    known = np.isfinite(left) & np.isfinite(right)
    a, b = left[known], right[known]
    if len(a) < _ENOUGH:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0.0 else 0.0
