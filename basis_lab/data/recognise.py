"""Which dataset a raw file is for, by its name (SURFACES section 8)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from basis_lab.data.series import DatasetId, DatasetKind

SUFFIX = re.compile(r"\.csv(\.gz)?$")
_BARS = re.compile(
    r"(?P<venue>[a-z0-9]+)_(?P<symbol>[A-Za-z0-9]+)_(?P<what>spot|perp_mark|perp|futures)_1h"
)
_FUNDING = re.compile(
    r"(?P<venue>[a-z0-9]+)_(?P<symbol>[A-Za-z0-9-]+)_funding(?P<archive>_daily_archive)?"
)
_AAVE = re.compile(r"aave_v3_(aave-v3-)?(?P<chain>[a-z]+)_(?P<symbol>[A-Za-z0-9]+)_rates")
_ORACLE = re.compile(r"(?P<venue>[a-z0-9]+)_(?P<base>[A-Za-z0-9]+)_(?P<quote>[A-Z]+)_oracle")
_GAS = re.compile(r"((?P<chain>[a-z]+)_)?.*gas")
_LATER = re.compile(
    r".*_peg_market_vs_oracle|.*_feed_|etherfi_|.*(distributions|topups|seasonal|yields|apy)"
    r"|execution_cost|.*margin_requirements|aave_v3_risk_parameters"
)
_DEX_BARS = re.compile(r"[a-z0-9]+_[A-Za-z0-9]+_1h")
_BAR_KINDS = {
    "spot": DatasetKind.SPOT,
    "perp": DatasetKind.PERP,
    "futures": DatasetKind.PERP,
    "perp_mark": DatasetKind.MARK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a file's name says.

    Parameters
    ----------
    dataset : DatasetId
        What it is for.
    archive : bool
        True for a venue's archive of settled funding, whose labels need checking.
    """

    dataset: DatasetId
    archive: bool = False


def recognise(name: str) -> Recognised | None:
    """Read a file's name.

    Parameters
    ----------
    name : str
        The bare file name.

    Returns
    -------
    Recognised or None
        None where the name follows no pattern of a dataset.
    """
    if SUFFIX.search(name) is None or is_for_later(name):
        return None
    for pattern, made in _PATTERNS:
        match = pattern.match(name)
        if match is not None:
            return made(match)
    return None


def is_for_later(name: str) -> bool:
    """Tell if a file belongs to a mode that is not built yet.

    Parameters
    ----------
    name : str
        The bare file name.

    Returns
    -------
    bool
        True for staking, peg, cost and risk files and for bars of decentralised exchanges.
    """
    if _LATER.match(name) is not None:
        return True
    return _DEX_BARS.match(name) is not None and _GAS.match(name) is None


def _bars(match: re.Match[str]) -> Recognised:
    kind = _BAR_KINDS[match["what"]]
    return Recognised(dataset=DatasetId(kind, match["venue"], match["symbol"]))


def _funding(match: re.Match[str]) -> Recognised:
    symbol = match["symbol"].removesuffix("-SWAP").replace("-", "")
    return Recognised(
        dataset=DatasetId(DatasetKind.FUNDING, match["venue"], symbol),
        archive=match["archive"] is not None,
    )


def _aave(match: re.Match[str]) -> Recognised:
    return Recognised(dataset=DatasetId(DatasetKind.AAVE, match["chain"], match["symbol"]))


def _oracle(match: re.Match[str]) -> Recognised:
    symbol = match["base"] + match["quote"]
    return Recognised(dataset=DatasetId(DatasetKind.ORACLE, match["venue"], symbol))


def _gas(match: re.Match[str]) -> Recognised:
    chain = match["chain"] if match["chain"] is not None else "ethereum"
    return Recognised(dataset=DatasetId(DatasetKind.GAS, chain, "gas"))


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Recognised]], ...] = (
    (_BARS, _bars),
    (_FUNDING, _funding),
    (_AAVE, _aave),
    (_ORACLE, _oracle),
    (_GAS, _gas),
)
