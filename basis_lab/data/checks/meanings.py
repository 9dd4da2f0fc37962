"""What each check means for a backtest."""

from basis_lab.data.findings import Meaning, Severity, Stop

_MEND = "mend or replace the file; nothing is repaired silently"
_GOES_ON = "a run goes on; its warnings and its manifest say so"


def _error(name: str, effect: str, remedy: str = _MEND) -> Meaning:
    return Meaning(
        name=name, severity=Severity.ERROR, stops=Stop.FILE, effect=effect, remedy=remedy
    )


def _hole(name: str, effect: str, remedy: str) -> Meaning:
    return Meaning(
        name=name, severity=Severity.ERROR, stops=Stop.ROWS, effect=effect, remedy=remedy
    )


def _warning(name: str, effect: str, remedy: str) -> Meaning:
    return Meaning(
        name=name, severity=Severity.WARNING, stops=Stop.NOTHING, effect=effect, remedy=remedy
    )


def _note(name: str, effect: str, remedy: str = "nothing") -> Meaning:
    return Meaning(
        name=name, severity=Severity.NOTE, stops=Stop.NOTHING, effect=effect, remedy=remedy
    )


UNREADABLE = _error("unreadable", "rows would be lost or read as something else")
CONFLICTING_ROWS = _error(
    "conflicting-rows",
    "which of two prices a run sees would depend on chance",
    "replace the file, or import with --repair keep-first-duplicate or keep-last-duplicate",
)
OTHER_INTERVAL = _error(
    "other-interval", "moves and funding would be those of another span", "name its true interval"
)
ORDER = _error(
    "order",
    "a later price would be seen earlier",
    "sort the file, or import with --repair sort-rows",
)
FALSE_VALUE = _error(
    "false-value",
    "positions would be valued at a price that never was",
    "mend or replace the file, or import with --repair drop-bad-rows",
)
BAR_CONTRADICTION = _error(
    "bar-contradiction",
    "liquidation tests would use a wrong extreme",
    "mend or replace the file, or import with --repair drop-bad-rows",
)
INDEX_FALLS = _error("index-falls", "lenders would lose or borrowers gain what nobody paid")
INDEX_UNIT = _error("index-unit", "balances would be off by powers of ten", "write ratios, or ray")
JUMP = _error(
    "jump",
    "one row would make or destroy the capital",
    "mend or replace the file, or import with --repair drop-bad-rows",
)
FUNDING_UNIT = _error(
    "funding-unit",
    "funding would be a hundred times too large",
    "write fractions (0.0001 is one basis point)",
)
RATE_UNIT = _error(
    "rate-unit", "rates would be a hundred times too large", "write fractions (0.05 is 5 %)"
)
GAS_UNIT = _error("gas-unit", "gas would cost a billion times too much", "write gwei")
RATE_AGAINST_INDEX = _error(
    "rate-against-index",
    "either the rate or the index is wrong: yields and hurdles would be too",
    "take rates and indices of one source and one unit",
)
INDEX_STEP = _error(
    "index-step",
    "lenders would earn, or borrowers owe, what no rate gave",
    "compare with the chain; replace the file",
)
INDEX_ORDER = _error(
    "index-order",
    "lenders would earn what borrowers should owe, and the other way round",
    "exchange the two columns, or compare with the chain; replace the file",
)
RATE_ORDER = _error(
    "rate-order",
    "decisions and hurdles would take the borrow rate for the supply rate",
    "exchange the two columns, or compare with the chain; replace the file",
)
LST_RATE = _error(
    "lst-rate",
    "a staked position would gain or lose what its protocol never paid",
    "compare with the chain: one of the two prices that the rate is made of may be wrong",
)
LEVEL = _error(
    "level",
    "the basis between the two would be earned or lost on paper",
    "check the unit and the market of both files, and import them again",
)
LABEL_SHIFT = _error(
    "label-shift",
    "prices would be seen early or late, funding paid on the wrong hour",
    "give times in UTC, bars by their open",
)
OFF_GRID = _error(
    "off-grid",
    "bars would be missing at every step, funding paid an hour late",
    "give times in UTC, bars by their open",
)
SETTLEMENT_HOURS = _warning(
    "settlement-hours",
    "funding is paid on the wrong hours, where the labels are those of another zone",
    "compare with the venue, and give times in UTC",
)
FUNDING_LEVEL = _error(
    "funding-level",
    "funding of these rows would be many times too large, or too small",
    "write fractions per settlement interval, in every row; compare with the venue",
)
FUNDING_ALERT = _warning(
    "funding-alert",
    "funding of these rows, if they are wrong, is many times too large",
    "compare with the venue: a true settlement is to be kept",
)
OPPOSITE_FUNDING = _error(
    "opposite-funding",
    "funding that is paid would be received",
    "write rates that are positive where longs pay shorts",
)
GAP = _hole(
    "gap",
    "a run that needs these rows is refused",
    "choose dates without the holes, a complete file, or (of prices and gas) import with "
    "--repair fill-gap=forward:2h",
)
WRONG_OUTLIER = _hole(
    "wrong-outlier",
    "trades and margins would use a price that no other venue shows",
    "compare with the venue; choose dates without these rows, or another file",
)
FALSE_WICK = _hole(
    "false-wick",
    "positions would be liquidated, and stops filled, at a price that no other series came near",
    "compare with the venue; choose dates without these rows, or another file",
)
ORACLE_PRICE = _hole(
    "oracle-price",
    "collateral and debt would be valued at a price that no market shows",
    "compare with the chain; choose dates without these rows, or another file",
)
ORACLE_ALERT = _warning(
    "oracle-alert",
    "collateral, debt or exits are valued away from the market in these rows",
    "compare with the chain: a true depeg is to be kept",
)
EQUAL_ROWS = _warning("equal-rows", "none: one of each is kept", "nothing, where this is meant")
ASSUMED = _warning("assumed", _GOES_ON, "nothing, where this is meant")
RELABELLED = _warning("relabelled", "none: times are in UTC now", "nothing, where this is meant")
STALE = _warning(
    "stale",
    "the market seems to stand still: basis, drift and risk of these rows are too small",
    "compare with another venue, or choose dates without these rows",
)
FLAT_BARS = _warning(
    "flat-bars",
    "bars in which nothing traded were filled: no order would have met that price",
    "do not rest a strategy on this market's prices of an hour",
)
STRAIGHT_LINES = _warning(
    "straight-lines",
    "rows lie on lines to later values: they look ahead and are too smooth",
    "give a raw file, or choose dates without these rows",
)
INTERPOLATED = _warning(
    "interpolated",
    "it serves only where data.allow_derived names it",
    "give a raw file",
)
SMOOTHED = _warning(
    "smoothed",
    "short moves do not show; it serves an LST's exits, and else where data.allow_derived names it",
    "give a raw file",
)
FUNDING_INTERVAL = _warning(
    "funding-interval",
    "rates per interval cannot be compared; what annualises by one interval is wrong",
    "choose dates with one interval",
)
RATES_DISAGREE = _warning(
    "rates-disagree",
    "supply rate, borrow rate and use of the pool contradict each other in these rows",
    "trust the index; compare with another source",
)
OUTLIER_ALERT = _warning(
    "outlier-alert",
    "trades and margins of these rows rest on this venue alone",
    "compare with the venue: a true wick is to be kept",
)
WICK_ALERT = _warning(
    "wick-alert",
    "liquidations in these bars would rest on this venue alone",
    "compare with the venue: a true wick is to be kept",
)
RATES_IN_PART = _warning(
    "rates-in-part",
    "interest accrues by the index; decisions and hurdles by the stated rate are off in these rows",
    "take rates and indices of one source and one unit",
)
RATES_AGAINST_USE = _warning(
    "rates-against-use",
    "interest accrues by the index; decisions and hurdles by the stated rate are off in these rows",
    "trust the index; compare with the chain",
)
CONTRADICTS_COPY = _warning(
    "contradicts-copy", "none: the other file serves", "find out which copy is right"
)
LEFT_OUT = _warning("left-out", "rows without a partner are not used", "complete the other file")
STARTS_LATE = _warning(
    "starts-late",
    "none: the series begins at its first whole row, and earlier dates are refused",
    "nothing, where this is meant; earlier dates need a file that has them",
)
SHORT_OF_NAME = _warning(
    "short-of-name",
    "dates beyond its rows are refused; what else was lost with them nobody can tell",
    "get the file again, or name it by the dates that it has",
)
PRINTED_UNITS = _warning(
    "printed-units", "none: rewards are computed from totals", "compare with the published table"
)
TABLE_REFUSED = Meaning(
    name="table-refused",
    severity=Severity.ERROR,
    stops=Stop.FILE,
    effect="none: runs do not use it",
    remedy="remove the file, or mend it",
)
TABLE_DIFFERS = _warning("table-differs", "none: runs do not use it", "compare with configs/venues")
ENDS_EARLY = _note(
    "ends-early",
    "dates beyond its rows are refused",
    "see that the file is whole, where it should go on",
)
OUTLIER_FLAG = _note("outlier-flag", "prices of these rows differ a little between venues")
ORACLE_FLAG = _note("oracle-flag", "collateral, debt or exits are valued a little off the market")
LARGE_MOVES = _note("large-moves", "short spikes may trigger trades and costs")
STATED_RATE = _note("stated-rate", "none: interest accrues by the index")
OPENS_REPEAT = _note("opens-repeat", "fills are at the last trade before the bar")
LATE_SAMPLES = _note("late-samples", "none: the time of the block was read")
LAGGING_COLUMN = _note("lagging-column", "none: the settled column was read")
TWO_ZONES = _note("two-zone-marks", "none: this column was not read", "write one zone")
CONSTANT_COLUMN = _note("constant-column", "none: this column was not read")
ODD_ROWS = _note("odd-rows", "none: this column was not read")
EQUAL_COLUMNS = _note("equal-columns", "none: one of them was read")
COLUMN_STOPS = _note("column-stops", "rows without a number cannot be used")
STRAIGHT_COLUMN = _note("straight-column", "none: this column was not read")
VOLUME_UNIT = _note(
    "volume-unit",
    "none: runs do not use volume; sizes held against it would be off by the size of a contract",
    "multiply by the size of a contract before using it elsewhere",
)
VOLUME_STEP = _note(
    "volume-step",
    "none: runs do not use volume; sizes held against it would be off from there on",
    "compare with the venue before using it elsewhere",
)
PAID_AT_END = _note("paid-at-end", "payout dates are those of the period, not of the payment")
ESTIMATES = _note("estimates", "made-up rows would be taken for payments", "leave them out")
LUMP_PERIOD = _note("lump-period", "none: runs count the days of each period")
FEW_ROWS = _note("few-rows", "nothing about them can be checked against the rest")
DATED_BY_PERIOD = _note(
    "dated-by-period", "none: runs pay rewards.payout_lag after the end of a period"
)
SAME_FILE = _note("same-file", "figures of one thing stand for another", "find the other's own")
AGREES = _note("agrees", "none: the other file serves")
COLUMN_READ = _note("column-read", "none")
MADE_OF = _note("made-of", "none")
NO_DATASET = _note("no-dataset", "none: runs do not use it")
TABLE_NOTE = _note("table-note", "none: runs do not use it")
NOT_REPAIRED = _note("not-repaired", "none: the rows are as the file has them")
REPAIRED = _warning("repaired", "rows are not as the file has them", "nothing, where this is meant")

_ALL = (
    UNREADABLE,
    CONFLICTING_ROWS,
    OTHER_INTERVAL,
    ORDER,
    FALSE_VALUE,
    BAR_CONTRADICTION,
    INDEX_FALLS,
    INDEX_UNIT,
    JUMP,
    FUNDING_UNIT,
    RATE_UNIT,
    GAS_UNIT,
    RATE_AGAINST_INDEX,
    INDEX_STEP,
    INDEX_ORDER,
    RATE_ORDER,
    LST_RATE,
    LEVEL,
    LABEL_SHIFT,
    OFF_GRID,
    SETTLEMENT_HOURS,
    FUNDING_LEVEL,
    FUNDING_ALERT,
    OPPOSITE_FUNDING,
    GAP,
    WRONG_OUTLIER,
    FALSE_WICK,
    ORACLE_PRICE,
    ORACLE_ALERT,
    ORACLE_FLAG,
    EQUAL_ROWS,
    ASSUMED,
    RELABELLED,
    STALE,
    FLAT_BARS,
    STRAIGHT_LINES,
    INTERPOLATED,
    SMOOTHED,
    FUNDING_INTERVAL,
    RATES_DISAGREE,
    OUTLIER_ALERT,
    WICK_ALERT,
    RATES_IN_PART,
    RATES_AGAINST_USE,
    CONTRADICTS_COPY,
    LEFT_OUT,
    STARTS_LATE,
    SHORT_OF_NAME,
    ENDS_EARLY,
    PRINTED_UNITS,
    LUMP_PERIOD,
    TABLE_REFUSED,
    TABLE_DIFFERS,
    OUTLIER_FLAG,
    LARGE_MOVES,
    STATED_RATE,
    OPENS_REPEAT,
    LATE_SAMPLES,
    LAGGING_COLUMN,
    TWO_ZONES,
    CONSTANT_COLUMN,
    ODD_ROWS,
    EQUAL_COLUMNS,
    COLUMN_STOPS,
    STRAIGHT_COLUMN,
    VOLUME_UNIT,
    VOLUME_STEP,
    PAID_AT_END,
    ESTIMATES,
    FEW_ROWS,
    DATED_BY_PERIOD,
    SAME_FILE,
    AGREES,
    COLUMN_READ,
    MADE_OF,
    NO_DATASET,
    TABLE_NOTE,
    NOT_REPAIRED,
    REPAIRED,
)
MEANINGS = {x.name: x for x in _ALL}
