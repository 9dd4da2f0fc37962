"""What can be done about an error, as data: one list for the buttons, one for the words.

An error's own text says what to do in the words of the command line. Here it becomes what the
workbench can apply by a button, and what its fields are called.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from basis_lab.data.requirements import split_key
from basis_lab.data.series import VENUE_KINDS, DatasetId, DatasetKind
from basis_lab.domain.intervals import SECONDS
from basis_lab.errors import BasisLabError, ConfigError, DataError, DataRangeError, MissingDataError
from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import Control, value_text
from basis_lab.notebook.shares import of_one
from basis_lab.notebook.words import words
from basis_lab.services.requests import check_request

SETTING = re.compile(r"--set '?([a-z_.]+)=(\{[^}]*\}|[^\s',;]+)'?")
AT_MOST = re.compile(r"give ([a-z_]+(?:\.[a-z_]+)+) of at most ([0-9.]+[0-9])")
COARSE = re.compile(r"its bars are of ([0-9]+[mhd])\b")
FIRST_HOLE = re.compile(r"first hole (\d{4}-\d{2}-\d{2})")
ENOUGH = re.compile(r"use more capital \(about ([0-9,.]+) ([A-Z]+) do\)")
LAST_DAY = re.compile(r"(?:reach to|limit) (\d{4}-\d{2}-\d{2})")
PROXIES = "data.proxies"
DATES, DATA_DIR, SCENARIO, TOGETHER = "dates", "data_dir", "scenario", "together"
CAPITAL = "capital"
OTHER_FIELD = " (the field Any other key)"
WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (SETTING, rf"\1 = \2{OTHER_FIELD}"),
    (
        re.compile("`basis-lab config show MODE` lists every key"),
        "the field Any other key lists them while it is written",
    ),
    (re.compile(r"--set key\.path=value"), "key.path = value"),
    (re.compile(r"--set "), ""),
    (
        re.compile(r"--data-dir(?:, data_dir=)?"),
        "workbench(data_dir=...) or the field Data directory",
    ),
    (re.compile(r"--start\b"), "From (start=...)"),
    (re.compile(r"--end\b"), "To (end=...)"),
    (re.compile(r"--capital\b"), "Capital (capital=...)"),
    (re.compile(r"--share-class\b"), "Share class (share_class=...)"),
    (re.compile(r"--scenario\b"), "Scenario"),
    (re.compile(r"--interval(?:, interval=)?"), "data.bar_interval"),
    (re.compile(r"with --out\b"), "by the variable BASIS_RESULTS_DIR"),
    (re.compile(r"--out, (?:--run-id, )?save\(\.\.\.\)"), "by the variable BASIS_RESULTS_DIR"),
)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remedy that a button applies before the case is run again.

    Parameters
    ----------
    label : str
        What the button says.
    key : str
        A key of the configuration, or "dates", "capital", "data_dir", "scenario", "together".
    value : str
        JSON for a key, and of values by key for those that go together; "FIRST/LAST", an
        amount, a directory or a name for the others.
    """

    label: str
    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An error and the case that met it.

    Parameters
    ----------
    error : BasisLabError
        What happened.
    case : Case
        What was asked.
    covered : (str, str)
        First and last date of the data of this mode; empty texts where unknown.
    """

    error: BasisLabError
    case: Case
    covered: tuple[str, str]


def remedies(trouble: Trouble) -> tuple[Remedy, ...]:
    """Return what can be applied about an error, the most particular first.

    Parameters
    ----------
    trouble : Trouble
        The error and its case.

    Returns
    -------
    tuple of Remedy
        Each thing once; empty where only a person can help.
    """
    found = [remedy for rule in RULES for remedy in rule(trouble)]
    return tuple({(x.key, x.value): x for x in found}.values())


def in_fields(told: str) -> str:
    """Return a text of an error with the workbench's fields in place of the command's flags.

    Parameters
    ----------
    told : str
        For instance "give a directory with --data-dir".

    Returns
    -------
    str
        The same advice for somebody who has fields and Python.
    """
    for flag, name in WORDS:
        told = flag.sub(name, told)
    # The field is named once.
    before, field, after = told.partition(OTHER_FIELD)
    return before + field + after.replace(OTHER_FIELD, "")


def nearest_bound(control: Control) -> Remedy | None:
    """Return the remedy for a number outside of its bounds.

    Parameters
    ----------
    control : Control
        With the value that was asked for.

    Returns
    -------
    Remedy or None
        The nearest bound; None for a value inside, and for what is no number.
    """
    value = control.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    bound = control.least if control.least is not None and value < control.least else None
    if control.most is not None and value > control.most:
        bound = control.most
    if bound is None:
        return None
    kept = int(bound) if isinstance(value, int) and float(bound).is_integer() else bound
    return Remedy(f"Set to {value_text(kept)}", control.key, json.dumps(kept))


def named_limits(told: str) -> tuple[Remedy, ...]:
    """Return the largest values that a text allows.

    Parameters
    ----------
    told : str
        For instance "give strategy.target_ltv of at most 0.91".

    Returns
    -------
    tuple of Remedy
        One a key.
    """
    return tuple(
        Remedy(f"Set {words(key.rpartition('.')[2])} to {most}", key, most)
        for key, most in AT_MOST.findall(told)
    )


def _named_settings(trouble: Trouble) -> list[Remedy]:
    """Whatever the error itself says can be set, where it is whole JSON."""
    made = []
    for key, value in SETTING.findall(trouble.error.remedy):
        try:
            plain = json.loads(value)
        except json.JSONDecodeError:
            continue
        made.append(Remedy(_label(key, plain), key, json.dumps(plain)))
    return made


def _label(key: str, value: object) -> str:
    if key == PROXIES and isinstance(value, dict) and value:
        return ", ".join(f"Use {proxy} for {venue}" for venue, proxy in value.items())
    return f"Set {words(key.rpartition('.')[2])} to {json.dumps(value)}"


def _without_venues(trouble: Trouble) -> list[Remedy]:
    """Hedge at the venues whose data is there, in the proportions that they had."""
    # Spot is bought at the spot venue, whoever carries the hedge.
    lacking = _lacking(trouble.error) - _lacking(trouble.error, {DatasetKind.SPOT})
    strategy = trouble.case.config().plain()["strategy"]
    if not isinstance(strategy, Mapping) or "hedge_allocation" not in strategy:
        return []
    shares = strategy["hedge_allocation"]
    kept = {venue: share for venue, share in shares.items() if venue not in lacking}
    gone = sorted(set(shares) - set(kept))
    if not gone or sum(kept.values()) <= 0.0:
        return []
    value = of_one(kept)
    label = f"Hedge without {' and '.join(gone)}"
    return [Remedy(label, "strategy.hedge_allocation", json.dumps(value))]


def _stand_ins(trouble: Trouble) -> list[Remedy]:
    """Let the series of a venue that has them all stand for those that lack some, if that runs."""
    case, lacking = trouble.case, _lacking(trouble.error)
    config = case.config()
    strategy = config.plain()["strategy"]
    if not lacking or not isinstance(strategy, Mapping) or "hedge_allocation" not in strategy:
        return []
    for proxy in sorted(set(strategy["hedge_allocation"]) - lacking):
        given = dict.fromkeys(sorted(lacking), proxy)
        value = {**config.data.proxies, **given}
        if _has_data(replace(case, overrides={**case.overrides, PROXIES: value})):
            return [Remedy(_label(PROXIES, given), PROXIES, json.dumps(value))]
    return []


def _lacking(error: BasisLabError, kinds: Collection[DatasetKind] = VENUE_KINDS) -> set[str]:
    """Return the venues of which series of some kinds are missing, or have holes."""
    if not isinstance(error, MissingDataError):
        return set()
    parsed = [DatasetId.parse(split_key(x)[0]) for x in error.missing]
    return {x.venue for x in parsed if x is not None and x.kind in kinds}


def _has_data(case: Case) -> bool:
    try:
        check_request(case.request())
    except BasisLabError:
        return False
    return True


def _before_holes(trouble: Trouble) -> list[Remedy]:
    """End on the last whole day before the first hole, where a day or more lies before it."""
    start, holes = trouble.case.start, FIRST_HOLE.findall(trouble.error.where)
    if not isinstance(trouble.error, MissingDataError) or start is None or not holes:
        return []
    last = str(np.datetime64(min(holes), "D") - np.timedelta64(1, "D"))
    if not start[:10] < last:
        return []
    return [Remedy(f"End before the first hole, on {last}", DATES, f"{start[:10]}/{last}")]


def _coarser_bars(trouble: Trouble) -> list[Remedy]:
    """Take the interval that the data has, where the one asked for is finer."""
    found = [x for x in COARSE.findall(str(trouble.error.value)) if x in SECONDS]
    if not found:
        return []
    longest = max(found, key=lambda x: SECONDS[x])
    return [Remedy(f"Use bars of {longest}", "data.bar_interval", json.dumps(longest))]


def _covered_dates(trouble: Trouble) -> list[Remedy]:
    """Keep to the dates that the data covers: the overlap with those asked, else all of them."""
    first, last = trouble.covered
    if not isinstance(trouble.error, DataRangeError) or not first:
        return []
    start, end = trouble.case.start, trouble.case.end
    low = first if start is None else max(start[:10], first)
    high = last if end is None else min(end[:10], last)
    if low >= high:
        low, high = first, last
    if (low, high) == (start, end):
        return []
    return [Remedy(f"Use the covered dates, {low} to {high}", DATES, f"{low}/{high}")]


def _known_end(trouble: Trouble) -> list[Remedy]:
    """End where a table, or the environment, ends."""
    told = LAST_DAY.search(str(trouble.error.value))
    start, end = trouble.case.start, trouble.case.end
    if not isinstance(trouble.error, DataRangeError) or told is None or start is None:
        return []
    last = told[1]
    if not start[:10] < last or (end is not None and end[:10] <= last):
        return []
    return [Remedy(f"End on {last}", DATES, f"{start[:10]}/{last}")]


def _named_limits(trouble: Trouble) -> list[Remedy]:
    error = trouble.error
    told = [x.remedy for x in error.problems] if isinstance(error, ConfigError) else [error.remedy]
    return [remedy for text in told for remedy in named_limits(text)]


def _enough_capital(trouble: Trouble) -> list[Remedy]:
    """Take the capital that the error says would do."""
    return [
        Remedy(f"Use a capital of {amount} {currency}", CAPITAL, amount.replace(",", ""))
        for amount, currency in ENOUGH.findall(trouble.error.remedy)
    ]


def _without_scenario(trouble: Trouble) -> list[Remedy]:
    name, error = trouble.case.scenario, trouble.error
    if not name or not isinstance(error, ConfigError):
        return []
    guilty = any("scenarios" in x.file for x in error.problems)
    return [Remedy(f"Run without the scenario {name}", SCENARIO, "none")] if guilty else []


def _default_data(trouble: Trouble) -> list[Remedy]:
    if not trouble.case.data_dir or not isinstance(trouble.error, DataError):
        return []
    return [Remedy("Use the default data directory", DATA_DIR, "")]


RULES: tuple[Callable[[Trouble], list[Remedy]], ...] = (
    _named_settings,
    _coarser_bars,
    _stand_ins,
    _without_venues,
    _before_holes,
    _named_limits,
    _enough_capital,
    _covered_dates,
    _known_end,
    _without_scenario,
    _default_data,
)
