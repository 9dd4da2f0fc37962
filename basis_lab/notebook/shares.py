"""Shares of a whole by venue: one is written, the others keep their proportions."""

from collections.abc import Mapping
from typing import TypeGuard

from basis_lab.errors import UsageError

DIGITS = 6  # of a share: what is read, and written into a command, stays short
SEPARATOR = ":"  # between a key and one of its parts, in the names of fields


def are_shares(value: object) -> TypeGuard[Mapping[str, float]]:
    """Tell if a value is a map of numbers.

    Parameters
    ----------
    value : object
        Plain data.

    Returns
    -------
    bool
        False for an empty map as well.
    """
    if not isinstance(value, Mapping) or not value:
        return False
    return all(isinstance(x, int | float) and not isinstance(x, bool) for x in value.values())


def of_one(shares: Mapping[str, float]) -> dict[str, float]:
    """Return shares in the same proportions that add up to one, rounded.

    Parameters
    ----------
    shares : mapping of str to float
        Not negative; their sum is above zero.

    Returns
    -------
    dict of str to float
        The largest takes what rounding leaves.

    Examples
    --------
    >>> of_one({"binance": 0.4, "bybit": 0.3})
    {'binance': 0.571429, 'bybit': 0.428571}
    """
    whole = sum(shares.values())
    made = {name: round(x / whole, DIGITS) for name, x in shares.items()}
    largest = max(made, key=lambda x: made[x])
    others = sum(x for name, x in made.items() if name != largest)
    return {**made, largest: round(1.0 - others, DIGITS)}


def with_share(shares: Mapping[str, float], name: str, written: str) -> dict[str, float]:
    """Return shares with one of them written anew; the others keep their proportions.

    Parameters
    ----------
    shares : mapping of str to float
        As they are.
    name : str
        Of the one.
    written : str
        A number from 0 to 1; 0, or nothing, leaves the name out.

    Returns
    -------
    dict of str to float
        They add up to one.

    Raises
    ------
    UsageError
        If it is no such number, or nothing could take the rest.
    """
    try:
        share = float(written) if written else 0.0
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise UsageError(
            "this is no share", where=name, value=written, remedy="write a number from 0 to 1"
        )
    others = {k: x for k, x in shares.items() if k != name and x > 0.0}
    if share < 1.0 and not others:
        raise UsageError(
            f"nothing takes the rest of {1.0 - share:.4g}",
            where=name,
            value=written,
            remedy="write a share for another venue: this one gives way",
        )
    if share >= 1.0:
        return {name: 1.0}
    rest = {k: x * (1.0 - share) for k, x in of_one(others).items()}
    placed = {k: share if k == name else rest[k] for k in (*shares, name) if k == name or k in rest}
    return of_one({k: x for k, x in placed.items() if x > 0.0})


def share_fields(key: str, shares: object, names: tuple[str, ...]) -> dict[str, str]:
    """Return what stands in the field of each share.

    Parameters
    ----------
    key : str
        Of the map.
    shares : object
        The map; anything else leaves the fields empty.
    names : tuple of str
        Of the fields.

    Returns
    -------
    dict of str to str
        By the name of the field; four digits.
    """
    known = shares if are_shares(shares) else {}
    return {
        f"{key}{SEPARATOR}{name}": f"{known[name]:.4g}" if name in known else "0" for name in names
    }
