"""Prices of one market against each other: a wrong unit or a wrong market shows in their level."""

from collections.abc import Mapping

import numpy as np

from basis_lab.data.series import DatasetId
from basis_lab.domain.market import FloatArray
from basis_lab.errors import BadDataError

LEVEL_APART = 1.2  # no perp stays a fifth away from its spot for half of a run


def check_levels(opens: Mapping[str, FloatArray], files: Mapping[str, str]) -> None:
    """Refuse a perp or mark price that stands at another level than the spot of its symbol.

    Parameters
    ----------
    opens : mapping of dataset id to ndarray of shape (T,)
        Aligned opens, quote per base.
    files : mapping of dataset id to str
        Where each came from, for the message.

    Raises
    ------
    BadDataError
        Naming both files and the typical ratio of their prices.
    """
    spots = {_symbol(x): x for x in opens if x.startswith("spot/")}
    for name, prices in opens.items():
        symbol = _symbol(name)
        if name.startswith("spot/") or symbol not in spots:
            continue
        spot = spots[symbol]
        ratio = float(np.median(prices / opens[spot]))
        if not 1.0 / LEVEL_APART < ratio < LEVEL_APART:
            raise BadDataError(
                "two prices of one market stand at different levels",
                where=f"{files[name]} against {files[spot]}",
                value=f"{name} is typically {ratio:.6g} times {spot}",
                remedy="check the unit and the market of both files, and import them again",
            )


def _symbol(name: str) -> str:
    parsed = DatasetId.parse(name)
    return name if parsed is None else parsed.symbol
