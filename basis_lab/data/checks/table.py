"""The table of checks: what each means, and the function that finds it."""

from collections.abc import Iterator, Sequence
from functools import partial

from basis_lab.data.checks import (
    blocks,
    cells,
    fundings,
    labels,
    lst_rates,
    meanings,
    oracles,
    order,
    peers,
    periods,
    reserve,
    settlements,
    shape,
    values,
    volumes,
    wicks,
)
from basis_lab.data.checks.cells import Cells
from basis_lab.data.checks.kinds import CellCheck, MarketCheck, SeriesCheck, Stage, WorthCheck
from basis_lab.data.checks.peers import Market, Peer, markets_of
from basis_lab.data.checks.rows import Defect, Rows
from basis_lab.data.findings import Meaning, Stop

SERIES_CHECKS = (
    SeriesCheck(
        meaning=meanings.CONFLICTING_ROWS, stage=Stage.ORDER, find=order.find_conflicting_rows
    ),
    SeriesCheck(meaning=meanings.ORDER, stage=Stage.ORDER, find=order.find_disorder),
    SeriesCheck(
        meaning=meanings.FALSE_VALUE,
        stage=Stage.VALUES,
        find=values.find_false_values,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.FUNDING_UNIT,
        stage=Stage.SHAPE,
        find=values.find_funding_units,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.RATE_UNIT, stage=Stage.SHAPE, find=values.find_rate_units, every_run=True
    ),
    SeriesCheck(
        meaning=meanings.GAS_UNIT, stage=Stage.SHAPE, find=values.find_gas_units, every_run=True
    ),
    SeriesCheck(
        meaning=meanings.BAR_CONTRADICTION,
        stage=Stage.SHAPE,
        find=values.find_bar_contradictions,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.INDEX_UNIT, stage=Stage.SHAPE, find=values.find_index_units, every_run=True
    ),
    SeriesCheck(meaning=meanings.JUMP, stage=Stage.SHAPE, find=values.find_jumps, every_run=True),
    SeriesCheck(
        meaning=meanings.INDEX_FALLS,
        stage=Stage.SHAPE,
        find=values.find_index_falls,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.OFF_GRID, stage=Stage.SHAPE, find=order.find_off_grid, every_run=True
    ),
    SeriesCheck(
        meaning=meanings.SETTLEMENT_HOURS,
        stage=Stage.SHAPE,
        find=order.find_settlement_hours,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.RATE_AGAINST_INDEX,
        stage=Stage.SHAPE,
        find=reserve.find_rates_against_index,
    ),
    SeriesCheck(
        meaning=meanings.INDEX_STEP,
        stage=Stage.SHAPE,
        find=reserve.find_index_steps,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.INDEX_ORDER,
        stage=Stage.SHAPE,
        find=reserve.find_index_order,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.RATE_ORDER,
        stage=Stage.SHAPE,
        find=reserve.find_rate_order,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.LST_RATE,
        stage=Stage.SHAPE,
        find=lst_rates.find_false_rates,
        every_run=True,
    ),
    SeriesCheck(meaning=meanings.GAP, stage=Stage.SHAPE, find=order.find_gaps),
    SeriesCheck(
        meaning=meanings.FUNDING_INTERVAL,
        stage=Stage.SHAPE,
        find=order.find_funding_intervals,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.FUNDING_ALERT,
        stage=Stage.SHAPE,
        find=settlements.find_settlements_beyond_history,
        every_run=True,
    ),
    SeriesCheck(meaning=meanings.STALE, stage=Stage.SHAPE, find=shape.find_stale, every_run=True),
    SeriesCheck(
        meaning=meanings.FLAT_BARS, stage=Stage.SHAPE, find=shape.find_flat_bars, every_run=True
    ),
    SeriesCheck(meaning=meanings.INTERPOLATED, stage=Stage.SHAPE, find=shape.find_interpolated),
    SeriesCheck(
        meaning=meanings.STRAIGHT_LINES,
        stage=Stage.SHAPE,
        find=shape.find_straight_lines,
        every_run=True,
    ),
    SeriesCheck(meaning=meanings.SMOOTHED, stage=Stage.SHAPE, find=shape.find_smoothed),
    SeriesCheck(
        meaning=meanings.RATES_DISAGREE,
        stage=Stage.SHAPE,
        find=reserve.find_rates_that_disagree,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.RATES_IN_PART,
        stage=Stage.SHAPE,
        find=reserve.find_rates_against_index_in_part,
        every_run=True,
    ),
    SeriesCheck(
        meaning=meanings.RATES_AGAINST_USE,
        stage=Stage.SHAPE,
        find=reserve.find_rates_against_use,
        every_run=True,
    ),
    SeriesCheck(meaning=meanings.STATED_RATE, stage=Stage.SHAPE, find=reserve.find_stated_rates),
    SeriesCheck(meaning=meanings.LARGE_MOVES, stage=Stage.SHAPE, find=shape.find_large_moves),
    SeriesCheck(meaning=meanings.LUMP_PERIOD, stage=Stage.SHAPE, find=periods.find_lump_periods),
    SeriesCheck(
        meaning=meanings.DATED_BY_PERIOD, stage=Stage.SHAPE, find=periods.find_dates_of_periods
    ),
    SeriesCheck(meaning=meanings.FEW_ROWS, stage=Stage.SHAPE, find=periods.find_few_rows),
    SeriesCheck(
        meaning=meanings.OPENS_REPEAT, stage=Stage.SHAPE, find=shape.find_opens_that_repeat
    ),
)
MARKET_CHECKS = (
    MarketCheck(meaning=meanings.ENDS_EARLY, find=peers.find_early_ends),
    MarketCheck(meaning=meanings.LEVEL, find=peers.find_levels),
    # Rates of another size or sign would also seem to be those of another time.
    MarketCheck(
        meaning=meanings.FUNDING_LEVEL,
        find=lambda x: settlements.find_settlements_beyond(x, settlements.FALSE, float("inf")),
    ),
    MarketCheck(meaning=meanings.FUNDING_LEVEL, find=fundings.find_funding_levels),
    MarketCheck(meaning=meanings.OPPOSITE_FUNDING, find=fundings.find_opposite_funding),
    # What is shifted in a part would also seem to be shifted throughout, if it is the most of it.
    MarketCheck(meaning=meanings.LABEL_SHIFT, find=labels.find_label_shifts_in_part),
    MarketCheck(meaning=meanings.LABEL_SHIFT, find=labels.find_label_shifts),
    MarketCheck(
        meaning=meanings.FUNDING_ALERT,
        find=lambda x: settlements.find_settlements_beyond(
            x, settlements.DOUBTFUL, settlements.FALSE
        ),
    ),
    MarketCheck(meaning=meanings.FUNDING_ALERT, find=settlements.find_funding_sizes),
    MarketCheck(
        meaning=meanings.WRONG_OUTLIER,
        find=lambda x: peers.find_outliers(x, peers.WRONG, float("inf")),
    ),
    MarketCheck(
        meaning=meanings.FALSE_WICK,
        find=lambda x: wicks.find_wicks(x, wicks.FALSE, float("inf")),
    ),
    MarketCheck(
        meaning=meanings.WICK_ALERT,
        find=lambda x: wicks.find_wicks(x, wicks.FAR, wicks.FALSE),
    ),
    MarketCheck(
        meaning=meanings.OUTLIER_ALERT,
        find=lambda x: peers.find_outliers(x, peers.ALERT, peers.WRONG),
    ),
    MarketCheck(
        meaning=meanings.OUTLIER_FLAG,
        find=lambda x: peers.find_outliers(x, peers.FLAG, peers.ALERT),
    ),
)
WORTH_CHECKS = (
    WorthCheck(meaning=meanings.LABEL_SHIFT, find=oracles.find_shifted_quotes),
    WorthCheck(meaning=meanings.LABEL_SHIFT, find=blocks.find_shifted_blocks),
    *(
        WorthCheck(meaning=meaning, find=partial(oracles.find_quotes_beyond, degree=degree))
        for meaning, degree in (
            (meanings.ORACLE_PRICE, oracles.WRONG),
            (meanings.ORACLE_ALERT, oracles.ALERT),
            (meanings.ORACLE_FLAG, oracles.FLAG),
        )
    ),
)
CELL_CHECKS = (
    CellCheck(meaning=meanings.TWO_ZONES, find=cells.find_two_zones),
    CellCheck(meaning=meanings.COLUMN_STOPS, find=cells.find_columns_that_stop),
    CellCheck(meaning=meanings.CONSTANT_COLUMN, find=cells.find_constant_columns),
    CellCheck(meaning=meanings.ODD_ROWS, find=cells.find_odd_rows),
    CellCheck(meaning=meanings.EQUAL_COLUMNS, find=cells.find_equal_columns),
    CellCheck(meaning=meanings.STRAIGHT_COLUMN, find=cells.find_straight_columns),
    CellCheck(meaning=meanings.VOLUME_UNIT, find=volumes.find_volumes_against_quotes),
    CellCheck(meaning=meanings.LAGGING_COLUMN, find=cells.find_lagging_columns),
    CellCheck(meaning=meanings.LATE_SAMPLES, find=cells.find_late_samples),
    CellCheck(meaning=meanings.PAID_AT_END, find=cells.find_paid_at_end),
    CellCheck(meaning=meanings.ESTIMATES, find=cells.find_estimates),
)

# What these find is about rows: it is looked for in the rows that a run uses.
CHECKED_BEFORE_RUNS = frozenset(
    {x.meaning.name for x in SERIES_CHECKS if x.every_run}
    | {x.meaning.name for x in MARKET_CHECKS}
    | {x.meaning.name for x in WORTH_CHECKS}
)

# What these find can be found again in the rows of an import.
CHECKED_BY_SERIES = CHECKED_BEFORE_RUNS | {x.meaning.name for x in SERIES_CHECKS}


def check_order(rows: Rows) -> Iterator[tuple[Meaning, Defect]]:
    """Check rows as they stand in their file.

    Parameters
    ----------
    rows : Rows
        One series, in the order of its file.

    Yields
    ------
    (Meaning, Defect)
        In the order of the table.
    """
    for check in SERIES_CHECKS:
        if check.stage is Stage.ORDER:
            yield from ((check.meaning, x) for x in check.find(rows))


def check_series(rows: Rows, *, before_a_run: bool = False) -> Iterator[tuple[Meaning, Defect]]:
    """Check a series that is in the order of time.

    Parameters
    ----------
    rows : Rows
        One series.
    before_a_run : bool
        True for what is checked before every run alone.

    Yields
    ------
    (Meaning, Defect)
        In the order of the table; nothing else can be told from rows with false values.
    """
    chosen = [x for x in SERIES_CHECKS if x.every_run or not before_a_run]
    found = False
    for check in chosen:
        if check.stage is Stage.VALUES:
            for defect in check.find(rows):
                found = True
                yield check.meaning, defect
    if found or not len(rows.times):
        return
    for check in chosen:
        if check.stage is Stage.SHAPE:
            yield from ((check.meaning, x) for x in check.find(rows))


def check_markets(series: Sequence[Peer]) -> Iterator[tuple[Meaning, Peer, Defect]]:
    """Check series against each other.

    Parameters
    ----------
    series : sequence of Peer
        Of any markets.

    Yields
    ------
    (Meaning, Peer, Defect)
        By market, in the order of the table; a series at another level is no further compared.
        Published prices come last.
    """
    for market in markets_of(series):
        rest = market
        for check in MARKET_CHECKS:
            if len(rest.peers) < 2:  # noqa: PLR2004 - one cannot be compared
                break
            found = list(check.find(rest))
            yield from ((check.meaning, peer, defect) for peer, defect in found)
            if found and check.meaning.stops is Stop.FILE:
                odd = {peer.file for peer, _ in found}
                rest = Market(tuple(x for x in rest.peers if x.file not in odd))
    for worth in WORTH_CHECKS:
        yield from ((worth.meaning, peer, defect) for peer, defect in worth.find(series))


def check_cells(file: Cells) -> Iterator[tuple[Meaning, Defect]]:
    """Check the columns of a file.

    Parameters
    ----------
    file : Cells
        The file.

    Yields
    ------
    (Meaning, Defect)
        In the order of the table.
    """
    for check in CELL_CHECKS:
        yield from ((check.meaning, x) for x in check.find(file))
