"""The checks before every run, on the rows that the run uses."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from basis_lab.data.align import history_start
from basis_lab.data.bars import Grid
from basis_lab.data.checks.meanings import EQUAL_ROWS
from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.rows import Defect, Rows
from basis_lab.data.checks.table import check_markets, check_series
from basis_lab.data.findings import Meaning, Severity, Stop
from basis_lab.data.quality import error_of, meant_here
from basis_lab.data.requirements import Served
from basis_lab.data.resolution import carried
from basis_lab.data.series import BAR_KINDS, DatasetId, DatasetKind, IntArray, Store, TimeSeries
from basis_lab.errors import BadDataError, DataError

# Columns that are checked against each other wherever one of them is read.
_RESERVE = frozenset(
    {
        *("liquidity_index", "borrow_index", "supply_rate", "borrow_rate"),
        *("total_supplied", "total_borrowed"),
    }
)
_BARS = frozenset({"open", "high", "low", "close"})
_TELL_OF_EACH_OTHER: Mapping[DatasetKind, tuple[frozenset[str], ...]] = {
    **dict.fromkeys(DatasetKind, ()),
    **dict.fromkeys(BAR_KINDS, (_BARS,)),
    DatasetKind.AAVE: (_RESERVE,),
}


@dataclass(frozen=True, slots=True)
class _Used:
    """The rows of one dataset that a run uses."""

    peer: Peer
    lines: IntArray


def funding_beside(store: Store, used: Iterable[str]) -> tuple[TimeSeries, ...]:
    """Return the funding of the coins of a run at venues that it does not use.

    Parameters
    ----------
    store : Store
        The data directory.
    used : iterable of str
        Ids of what the run uses.

    Returns
    -------
    tuple of TimeSeries
        What the settlements of a run of one venue are held against.
    """
    there = set(used)
    funding = [x for x in map(DatasetId.parse, sorted(there)) if x is not None]
    coins = {x.symbol for x in funding if x.kind is DatasetKind.FUNDING}
    found = []
    for name in store.ids():
        dataset = DatasetId.parse(name)
        if dataset is None or name in there or dataset.kind is not DatasetKind.FUNDING:
            continue
        info = store.info(name) if dataset.symbol in coins else None
        if info is not None and not info.derived:
            with suppress(DataError):  # what cannot be read stops no run that does not use it
                found.append(store.read(name))
    return tuple(found)


def check_used(
    served: Sequence[Served],
    series: Mapping[str, TimeSeries],
    grid: Grid,
    beside: Sequence[TimeSeries] = (),
) -> Mapping[str, tuple[str, ...]]:
    """Check what a run uses, each series alone and against the others of its market.

    Parameters
    ----------
    served : sequence of Served
        What serves the run.
    series : mapping of dataset id to TimeSeries
        The rows.
    grid : Grid
        The timesteps, T > 0.
    beside : sequence of TimeSeries
        What the run does not use, but is measured by; whole.

    Returns
    -------
    mapping of dataset id to tuple of str
        The warnings that the run carries, those of its import first.

    Raises
    ------
    BadDataError
        For the first ERROR, naming file and row.
    """
    used = {name: x for name, x in _used(served, series, grid).items() if x is not None}
    warnings: dict[str, list[str]] = {
        name: [x.text for x in one.info.findings if carried(x) and x.meaning is not EQUAL_ROWS]
        for name, one in series.items()
    }
    for name, one in used.items():
        for meaning, defect in check_series(one.peer.rows, before_a_run=True):
            _judge(name, one, meaning, defect, warnings[name])
    others = [_cut(x, 0, x.times[-1], set(x.fields)) for x in beside if len(x.times)]
    peers = [x.peer for x in (*used.values(), *others) if x is not None]
    for meaning, peer, defect in check_markets(peers):
        name = str(peer.dataset)
        if name in used:  # of what is not used nothing is to be said
            _judge(name, used[name], meaning, defect, warnings[name])
    return {name: tuple(texts) for name, texts in warnings.items()}


def _judge(name: str, used: _Used, meaning: Meaning, defect: Defect, warnings: list[str]) -> None:
    if meaning.severity is Severity.ERROR:
        here = meant_here(meaning, defect, name)
        error = error_of(here, defect, used.peer.file, used.peer.rows.times, used.lines)
        raise BadDataError(
            f"{name}: {error.what}", where=error.where, value=error.value, remedy=error.remedy
        )
    if meaning.severity is Severity.WARNING and meaning.stops is Stop.NOTHING:
        warnings.append(defect.what)


def _used(
    served: Iterable[Served], series: Mapping[str, TimeSeries], grid: Grid
) -> dict[str, _Used | None]:
    """Return by dataset the rows from two before what is used to the last, and what is read."""
    fields: dict[str, set[str]] = {}
    lows: dict[str, int] = {}
    for one in served:
        name = one.info.id
        start = history_start(one.requirement, grid)
        low = max(int(np.searchsorted(series[name].times, start, side="right")) - 2, 0)
        lows[name] = min(low, lows[name]) if name in lows else low
        fields.setdefault(name, set()).add(one.field)
    return {name: _cut(series[name], lows[name], grid.times[-1], fields[name]) for name in fields}


def _cut(series: TimeSeries, low: int, last: np.datetime64, names: set[str]) -> _Used | None:
    dataset = DatasetId.parse(series.info.id)
    if dataset is None:
        return None
    high = int(np.searchsorted(series.times, last, side="right"))
    fields = {x: y[low:high] for x, y in series.fields.items() if x in names}
    for together in (x for x in _TELL_OF_EACH_OTHER[dataset.kind] if x & names):
        others = {x: series.fields[x][low:high] for x in sorted(together & series.fields.keys())}
        # A column that is not read stops no run: where it has no number it tells nothing.
        fields |= {x: y for x, y in others.items() if x in names or np.isfinite(y).all()}
    rows = Rows(
        kind=dataset.kind,
        times=series.times[low:high],
        fields=fields,
        interval_s=series.info.interval_s,
    )
    peer = Peer(dataset=dataset, file=series.info.file, rows=rows, derived=series.info.derived)
    return _Used(peer, series.lines[low:high])
