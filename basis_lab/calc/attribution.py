"""Revaluation split factor by factor; the parts add up to the whole by construction.

Source: DOMAIN 6.1 (telescoping product); the first factor moves first, at old values of those
after it and new values of those before it.
"""

from collections.abc import Sequence

import numpy as np

from basis_lab.domain.market import FloatArray


def split_product(
    quantity: FloatArray, factors: Sequence[tuple[FloatArray, FloatArray]]
) -> tuple[FloatArray, ...]:
    """Split ``quantity x (product after - product before)`` over its factors.

    Parameters
    ----------
    quantity : ndarray of shape (W,)
        Units held through the step, with the sign of the position.
    factors : sequence of (before, after), each ndarray of shape (W,)
        In the order in which they are said to move.

    Returns
    -------
    tuple of ndarray of shape (W,)
        One contribution a factor.
    """
    parts: list[FloatArray] = []
    for k, (before, after) in enumerate(factors):
        part = quantity * (after - before)
        for _, moved in factors[:k]:
            part = part * moved
        for unmoved, _ in factors[k + 1 :]:
            part = part * unmoved
        parts.append(part)
    return tuple(parts)


def split_perp(
    quantity: FloatArray,
    spot: tuple[FloatArray, FloatArray],
    mark: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Split a perp's revaluation into the underlying's move and the change of its basis.

    Parameters
    ----------
    quantity : ndarray of shape (W,)
        Signed base units.
    spot, mark : (before, after), each ndarray of shape (W,)
        The underlying and the venue's mark.

    Returns
    -------
    tuple of two ndarray of shape (W,)
        ``delta`` and ``basis``.
    """
    delta = quantity * (spot[1] - spot[0])
    basis = quantity * ((mark[1] - spot[1]) - (mark[0] - spot[0]))
    return delta, basis


def split_forced_fill(
    quantity: float, fill: float, spot: tuple[float, float], mark: tuple[float, float]
) -> tuple[float, float]:
    """Correct a bar's revaluation for a position that was closed inside it.

    Parameters
    ----------
    quantity : float
        Units held before the forced fill (short negative).
    fill : float
        The price of the fill.
    spot, mark : (before, after)
        Opens of the bar and of the next one.

    Returns
    -------
    tuple of two floats
        What to add to ``delta`` and ``basis`` so that both end at the fill; the basis is taken
        as unchanged between the bar's open and the fill. They sum to ``quantity x (fill - mark
        after)``.
    """
    spot_at_fill = fill - (mark[0] - spot[0])
    delta = quantity * (spot_at_fill - spot[1])
    basis = -quantity * ((mark[1] - spot[1]) - (mark[0] - spot[0]))
    return delta, basis


def max_residual(residual: FloatArray) -> float:
    """Return the largest absolute residual, 0.0 for no rows.

    Parameters
    ----------
    residual : ndarray of shape (W,)
        Equity change less flows less all categories, share-class currency.

    Returns
    -------
    float
        Share-class currency, >= 0.
    """
    return float(np.max(np.abs(residual), initial=0.0))
