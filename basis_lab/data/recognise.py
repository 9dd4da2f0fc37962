"""Which dataset a raw file is for, by its name (SURFACES section 8)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.domain.intervals import INTERVALS

SUFFIX = re.compile(r"\.csv(\.gz)?$")
_EVERY = rf"(?P<interval>{'|'.join(INTERVALS)})(?![0-9a-z])"
_BARS = re.compile(
    rf"(?P<venue>[a-z0-9]+)_(?P<symbol>[A-Za-z0-9]+)_(?P<what>spot|perp_mark|perp|futures)_{_EVERY}"
)
_FUNDING = re.compile(
    r"(?P<venue>[a-z0-9]+)_(?P<symbol>[A-Za-z0-9-]+)_funding(?P<archive>_daily_archive)?"
)
_AAVE = re.compile(r"aave_v3_(aave-v3-)?(?P<chain>[a-z]+)_(?P<symbol>[A-Za-z0-9]+)_rates")
_ORACLE = re.compile(r"((?P<venue>[a-z0-9]+)_)?(?P<base>[A-Za-z0-9]+)_(?P<quote>[A-Z]+)_oracle")
_FEED = re.compile(r"(?P<venue>[a-z0-9]+)_feed_(?P<base>[A-Za-z0-9]+)_(?P<quote>[a-z]+)_1h")
_PEG = re.compile(r"(?P<symbol>[A-Za-z0-9]+)_peg_market_vs_oracle")
_GAS = re.compile(r"((?P<chain>[a-z]+)_)?.*gas")
_REWARDS = re.compile(r"etherfi_.*(?P<what>distributions|topups|seasonal)")
_DEX_BARS = re.compile(rf"(?P<venue>[a-z0-9]+)_(?P<symbol>[A-Za-z0-9]+)_{_EVERY}")
_EXCHANGES = frozenset({"binance", "bybit", "okx"})
# Where each LST trades most; its quotes are read as that market's.
_LST_MARKETS = {"weETH": "curve", "wstETH": "uniswap"}
_REWARD_TOKENS = {"distributions": "EIGEN", "topups": "ETHFI", "seasonal": "SEASONAL"}
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
    if SUFFIX.search(name) is None:
        return None
    for pattern, made in _PATTERNS:
        match = pattern.match(name)
        if match is not None:
            return made(match)
    return None


def _bars(match: re.Match[str]) -> Recognised:
    kind = _BAR_KINDS[match["what"]]
    return Recognised(dataset=DatasetId(kind, match["venue"], match["symbol"], match["interval"]))


def _funding(match: re.Match[str]) -> Recognised:
    symbol = match["symbol"].removesuffix("-SWAP").replace("-", "")
    return Recognised(
        dataset=DatasetId(DatasetKind.FUNDING, match["venue"], symbol),
        archive=match["archive"] is not None,
    )


def _aave(match: re.Match[str]) -> Recognised:
    return Recognised(dataset=DatasetId(DatasetKind.AAVE, match["chain"], match["symbol"]))


def _oracle(match: re.Match[str]) -> Recognised:
    symbol = match["base"] + match["quote"].upper()
    venue = match["venue"] if match["venue"] is not None else "aave"
    return Recognised(dataset=DatasetId(DatasetKind.ORACLE, venue, symbol))


def _gas(match: re.Match[str]) -> Recognised:
    chain = match["chain"] if match["chain"] is not None else "ethereum"
    return Recognised(dataset=DatasetId(DatasetKind.GAS, chain, "gas"))


def _peg(match: re.Match[str]) -> Recognised | None:
    venue = _LST_MARKETS.get(match["symbol"])
    if venue is None:
        return None
    return Recognised(dataset=DatasetId(DatasetKind.LST_MARKET, venue, match["symbol"]))


def _rewards(match: re.Match[str]) -> Recognised:
    token = _REWARD_TOKENS[match["what"]]
    return Recognised(dataset=DatasetId(DatasetKind.REWARDS, "etherfi", token))


def _dex_bars(match: re.Match[str]) -> Recognised | None:
    """Take no bars of an exchange that say neither spot nor perp: there are two ways to read."""
    if match["venue"] in _EXCHANGES:
        return None
    return Recognised(
        dataset=DatasetId(DatasetKind.DEX, match["venue"], match["symbol"], match["interval"])
    )


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Recognised | None]], ...] = (
    (_BARS, _bars),
    (_FUNDING, _funding),
    (_AAVE, _aave),
    (_PEG, _peg),
    (_FEED, _oracle),
    (_ORACLE, _oracle),
    (_REWARDS, _rewards),
    (_GAS, _gas),
    (_DEX_BARS, _dex_bars),
)
