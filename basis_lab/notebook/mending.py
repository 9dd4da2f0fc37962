"""Remedies that were tried: each is applied to a copy of the case and held to every rule."""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace

from basis_lab.config.loan_quiet import check_loan
from basis_lab.errors import ConfigError, ConfigProblem, DataRangeError
from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import Control, Widget, label_text
from basis_lab.notebook.dates import moments
from basis_lab.notebook.refusals import place_of
from basis_lab.notebook.remedies import (
    CAPITAL,
    DATA_DIR,
    DATES,
    SCENARIO,
    TOGETHER,
    Remedy,
    Trouble,
    named_limits,
    nearest_bound,
    remedies,
)
from basis_lab.notebook.shares import are_shares, of_one

MOST_ROUNDS = 4  # a bound, the limit that its refusal names, and what that one names
ELSEWHERE = frozenset({DATES, CAPITAL, DATA_DIR, SCENARIO})


def settings(remedy: Remedy) -> dict[str, object]:
    """Return the keys of the configuration that a remedy sets.

    Parameters
    ----------
    remedy : Remedy
        One of the case or of the configuration.

    Returns
    -------
    dict of str to object
        Empty for dates, capital, data directory and scenario.
    """
    if remedy.key in ELSEWHERE:
        return {}
    value = json.loads(remedy.value)
    return dict(value) if remedy.key == TOGETHER else {remedy.key: value}


def tried(trouble: Trouble) -> tuple[Remedy, ...]:
    """Return what can be applied about an error, without what would be refused itself.

    Parameters
    ----------
    trouble : Trouble
        The error and its case.

    Returns
    -------
    tuple of Remedy
        The most particular first.
    """
    found = [_accepted(trouble.case, x, frozenset()) for x in remedies(trouble)]
    return tuple({(x.key, x.value): x for x in found if x is not None}.values())


def mends(
    case: Case, key: str, controls: tuple[Control, ...], *, why: str, unread: bool
) -> tuple[Remedy, ...]:
    """Return what mends a refused key: applied, it leaves no refusal there and makes none.

    Parameters
    ----------
    case : Case
        As it is.
    key : str
        Whose value, or written text, is refused.
    controls : tuple of Control
        The mode's keys as they stand.
    why : str
        The reason.
    unread : bool
        True where a text was written that is no value.

    Returns
    -------
    tuple of Remedy
        Empty where only a person can help.
    """
    control = next((x for x in controls if x.key == key), None)
    if control is None:
        return ()
    known = frozenset(x.key for x in controls)
    candidates = _backwards(control) if unread else _forwards(case, control, controls, why)
    found = [_accepted(case, x, known) for x in candidates]
    made = {(x.key, x.value): x for x in found if x is not None}
    return tuple(made.values())[: 1 if unread else None]


def _backwards(control: Control) -> Iterator[Remedy]:
    """Yield what stood there before a text that cannot be read."""
    for value in (control.value, control.default):
        yield Remedy(f"Set back to {label_text(value)}", control.key, json.dumps(value))


def _forwards(
    case: Case, control: Control, controls: tuple[Control, ...], why: str
) -> Iterator[Remedy]:
    bound = nearest_bound(control)
    if bound is not None:
        yield bound
    yield from named_limits(why)
    yield from _whole_shares(control)
    yield from _together(case, control.key, controls)


def _whole_shares(control: Control) -> Iterator[Remedy]:
    """Yield shares in the same proportions that add up to one."""
    shares = control.value
    if control.widget is Widget.SHARES and are_shares(shares) and sum(shares.values()) > 0.0:
        value = of_one(shares)
        yield Remedy(f"Set to {label_text(value)}", control.key, json.dumps(value))


def _together(case: Case, key: str, controls: tuple[Control, ...]) -> Iterator[Remedy]:
    """Yield the moves of keys that named what a changed key named before: they go with it."""
    by_key = {x.key: x for x in controls}
    for changed, value in case.overrides.items():
        before = by_key[changed].default if changed in by_key else None
        if not isinstance(before, str) or not isinstance(value, str):
            continue
        left = [x for x in controls if x.value == before and x.key not in case.overrides]
        if key != changed and key not in {x.key for x in left}:
            continue
        for group in (*((x,) for x in left), tuple(left)):
            names = " and ".join(x.label.lower() for x in group)
            moved = {x.key: value for x in group}
            if moved:
                yield Remedy(f"Move {names} to {value} as well", TOGETHER, json.dumps(moved))


def _accepted(case: Case, remedy: Remedy, known: Collection[str]) -> Remedy | None:
    """Return a remedy that holds, following the limits that refusals name; None without one."""
    if not settings(remedy):
        return remedy
    before = {place_of(x, case.overrides, known) or x.key for x in problems_of(case)}
    for _ in range(MOST_ROUNDS):
        made = settings(remedy)
        after = replace(case, overrides={**case.overrides, **made})
        left = [
            (place, x)
            for x in problems_of(after)
            if (place := place_of(x, after.overrides, known) or x.key) in made
            or place not in before
        ]
        if not left:
            return remedy
        named = [y for _, x in left for y in named_limits(x.remedy)]
        further = [y for y in named if y.key == remedy.key and y.value != remedy.value]
        if not further:
            return None
        remedy = further[0]
    return None


def problems_of(case: Case) -> tuple[ConfigProblem, ...]:
    """Return what the configuration of a case, and its loan over the dates, is refused for.

    Parameters
    ----------
    case : Case
        Any.

    Returns
    -------
    tuple of ConfigProblem
        Empty where a run would accept it.
    """
    dates = moments(case)
    try:
        config = case.config()
        if dates is not None:
            check_loan(config, *dates)
    except ConfigError as error:
        return error.problems
    except DataRangeError:
        return ()  # about the dates, which no key mends
    return ()
