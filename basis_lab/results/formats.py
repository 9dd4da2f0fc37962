"""Numbers as people read them; charts, tables, titles and the report all use these.

Signs are true minus signs, a share stands a thin space before its percent sign, and what does
not apply is an en dash, never 0.
"""

import math

from basis_lab.domain.wording import agree

MINUS = "\N{MINUS SIGN}"
THIN = "\N{THIN SPACE}"
NONE = "\N{EN DASH}"
WHOLE_FROM = 100.0  # amounts of a stable coin from here on are written without cents
COIN_DIGITS = 4
LEAST_DIGITS = 3  # of a small part of a coin
HOURS_UNDER = 2.0  # days; a shorter span is told in hours
CENT_DIGITS = 2


def format_amount(amount_share: float | None, currency: str, *, signed: bool = False) -> str:
    """Return an amount without its unit.

    Parameters
    ----------
    amount_share : float or None
        In ``currency``.
    currency : str
        "USDT" is written whole from 100 on, in cents below; a coin with four decimals.
    signed : bool
        True to write a plus as well.

    Returns
    -------
    str
        For instance ``104,081``.

    Examples
    --------
    >>> format_amount(104080.6, "USDT")
    '104,081'
    """
    if amount_share is None:
        return NONE
    small = CENT_DIGITS if abs(amount_share) < WHOLE_FROM else 0
    return _number(amount_share, small if currency == "USDT" else COIN_DIGITS, signed=signed)


def format_units(units: float | None, unit: str) -> str:
    """Return what was received or paid in a token, signed; a small part of a coin is not lost.

    Parameters
    ----------
    units : float or None
        Of ``unit``.
    unit : str
        "USDT", or a coin: four decimals, and more until it has three digits.

    Returns
    -------
    str
        For instance ``+0.0000516``.

    Examples
    --------
    >>> format_units(0.0000516, "BTC"), format_units(12.3, "USDT")
    ('+0.0000516', '+12.30')
    """
    if units is None or unit == "USDT" or units == 0.0:
        return format_amount(units, unit, signed=True)
    digits = max(COIN_DIGITS, LEAST_DIGITS - 1 - math.floor(math.log10(abs(units))))
    return _number(units, digits, signed=True)


def format_share(fraction: float | None, *, signed: bool = False, digits: int = 2) -> str:
    """Return a fraction as percent.

    Parameters
    ----------
    fraction : float or None
        0.05 is five percent.
    signed : bool
        True to write a plus as well.
    digits : int
        Decimals.

    Returns
    -------
    str
        For instance ``5.08 %``.
    """
    if fraction is None:
        return NONE
    return f"{_number(100.0 * fraction, digits, signed=signed)}{THIN}%"


def format_points(fraction: float | None) -> str:
    """Return a difference of shares in points, signed.

    Parameters
    ----------
    fraction : float or None
        0.0042 is 0.42 points.

    Returns
    -------
    str
        For instance ``+0.42``.
    """
    return NONE if fraction is None else _number(100.0 * fraction, 2, signed=True)


def format_ratio(ratio: float | None, *, digits: int = 3, signed: bool = False) -> str:
    """Return a pure number.

    Parameters
    ----------
    ratio : float or None
        A health factor, a Sharpe ratio, a price per share.
    digits : int
        Decimals.
    signed : bool
        True to write a plus as well.

    Returns
    -------
    str
        For instance ``1.045``.
    """
    return NONE if ratio is None else _number(ratio, digits, signed=signed)


def format_count(count: int, noun: str) -> str:
    """Return a number of things, with the noun in its right form.

    Parameters
    ----------
    count : int
        How many.
    noun : str
        One of them; its plural takes an "s".

    Returns
    -------
    str
        For instance ``1 point`` and ``1,200 points``.

    Examples
    --------
    >>> format_count(1, "run"), format_count(1200, "run")
    ('1 run', '1,200 runs')
    """
    return f"{count:,} {agree(count, noun)}"


def format_span(days: float, *, digits: int = 0) -> str:
    """Return a length of time.

    Parameters
    ----------
    days : float
        Under two they are told in hours.
    digits : int
        Decimals of days.

    Returns
    -------
    str
        For instance ``60 days`` and ``3 hours``.

    Examples
    --------
    >>> format_span(60.2), format_span(14.6, digits=1), format_span(1 / 24)
    ('60 days', '14.6 days', '1 hour')
    """
    if days >= HOURS_UNDER:
        return f"{days:,.{digits}f} days"
    hours = round(24.0 * days, 2)
    return f"{hours:g} {'hour' if hours == 1.0 else 'hours'}"


def _number(number: float, digits: int, *, signed: bool) -> str:
    rounded = round(number, digits) + 0.0  # no negative zero
    sign = MINUS if rounded < 0.0 else "+" if signed and rounded > 0.0 else ""
    return f"{sign}{abs(rounded):,.{digits}f}"
