"""Names of market series: ``kind/venue/SYMBOL.field``, built here and nowhere else."""

from collections.abc import Mapping
from types import MappingProxyType

QUOTE = "USDT"
AAVE_MARKET = "ethereum"
GAS_PRICE = "gas/ethereum/gas.price_gwei"
USDT_USD = "oracle/aave/USDTUSD.price"
LST_MARKETS: Mapping[str, str] = MappingProxyType({"weETH": "curve", "wstETH": "uniswap"})
DEX = "uniswapv3"
MEAN = ".mean_"  # before the days of a trailing mean
GROWTH = ".growth_"  # before the days of a trailing growth
VOLATILITY = ".volatility_24h"  # behind the series that it is of


def symbol_of(asset: str) -> str:
    """Return the market symbol of an asset quoted in USDT.

    Parameters
    ----------
    asset : str
        The asset ("BTC").

    Returns
    -------
    str
        The symbol ("BTCUSDT").
    """
    return f"{asset}{QUOTE}"


def spot(venue: str, asset: str) -> str:
    """Last-trade open of a spot market.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.

    Returns
    -------
    str
        Name of the series, quote per base.
    """
    return f"spot/{venue}/{symbol_of(asset)}.open"


def perp_last(venue: str, asset: str) -> str:
    """Last-trade open of a perp.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.

    Returns
    -------
    str
        Name of the series, quote per base.
    """
    return f"perp/{venue}/{symbol_of(asset)}.open"


def mark(venue: str, asset: str, field: str = "open") -> str:
    """Mark price of a perp: open, high or low of a bar.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.
    field : str
        ``open``, ``high`` or ``low``.

    Returns
    -------
    str
        Name of the series, quote per base.
    """
    return f"mark/{venue}/{symbol_of(asset)}.{field}"


def perp_extreme(venue: str, asset: str, field: str) -> str:
    """Last-trade high or low of a perp's bar.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.
    field : str
        ``high`` or ``low``.

    Returns
    -------
    str
        Name of the series, quote per base.
    """
    return f"perp/{venue}/{symbol_of(asset)}.{field}"


def funding(venue: str, asset: str) -> str:
    """Funding rate at its stamp.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.

    Returns
    -------
    str
        Name of the series, fraction of notional per interval.
    """
    return f"funding/{venue}/{symbol_of(asset)}.rate"


def funding_mean(venue: str, asset: str, days: float) -> str:
    """Mean funding rate over trailing days.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.
    days : float
        Length of the trailing window.

    Returns
    -------
    str
        Name of the series, fraction of notional per interval.
    """
    return f"funding/{venue}/{symbol_of(asset)}{MEAN}{days:g}d"


def liquidity_index(token: str) -> str:
    """Aave liquidity index of a token.

    Parameters
    ----------
    token : str
        The reserve's token ("USDT").

    Returns
    -------
    str
        Name of the series, token units per scaled unit of supply.
    """
    return f"aave/{AAVE_MARKET}/{token}.liquidity_index"


def borrow_index(token: str) -> str:
    """Aave variable borrow index of a token.

    Parameters
    ----------
    token : str
        The reserve's token ("WETH").

    Returns
    -------
    str
        Name of the series, token units per scaled unit of debt.
    """
    return f"aave/{AAVE_MARKET}/{token}.borrow_index"


def total_supplied(token: str) -> str:
    """Units supplied to an Aave reserve.

    Parameters
    ----------
    token : str
        The reserve's token.

    Returns
    -------
    str
        Name of the series, token units.
    """
    return f"aave/{AAVE_MARKET}/{token}.total_supplied"


def total_borrowed(token: str) -> str:
    """Units borrowed from an Aave reserve.

    Parameters
    ----------
    token : str
        The reserve's token.

    Returns
    -------
    str
        Name of the series, token units.
    """
    return f"aave/{AAVE_MARKET}/{token}.total_borrowed"


def lst_rate(token: str) -> str:
    """Exchange rate of a staking token: what its protocol redeems, and what Aave's oracle uses.

    Parameters
    ----------
    token : str
        The staking token ("weETH").

    Returns
    -------
    str
        Name of the series, ETH per token.
    """
    return f"lst/aave/{token}.rate"


def lst_growth(token: str, days: float) -> str:
    """Growth of a staking token's rate over trailing days, as a simple rate per year.

    Parameters
    ----------
    token : str
        The staking token ("weETH").
    days : float
        Length of the trailing window.

    Returns
    -------
    str
        Name of the series, APR as a fraction.
    """
    return f"lst/aave/{token}{GROWTH}{days:g}d"


def lst_market(token: str) -> str:
    """Market quote of a staking token.

    Parameters
    ----------
    token : str
        The staking token ("weETH").

    Returns
    -------
    str
        Name of the series, WETH per token.
    """
    return f"lst_market/{LST_MARKETS[token]}/{token}.rate"


def token_price(token: str) -> str:
    """Price of a reward token on a decentralised exchange.

    Parameters
    ----------
    token : str
        The token ("EIGEN").

    Returns
    -------
    str
        Name of the series, WETH per token.
    """
    return f"dex/{DEX}/{token}WETH.open"


def rewards(protocol: str, programme: str) -> str:
    """Payouts of a reward programme.

    Parameters
    ----------
    protocol : str
        Who pays ("etherfi").
    programme : str
        The programme ("EIGEN").

    Returns
    -------
    str
        Name of its table, units of the token by earning period.
    """
    return f"rewards/{protocol}/{programme}.token_amount"


def volatility(key: str) -> str:
    """Volatility of a series over the trailing 24 hours.

    Parameters
    ----------
    key : str
        The series.

    Returns
    -------
    str
        Name of the series: standard deviation of a day's logarithmic return (fraction).
    """
    return f"{key}{VOLATILITY}"


def venue_open(venue: str) -> str:
    """Tell by 1.0 or 0.0 if a venue takes orders and transfers; absent where it always does.

    Parameters
    ----------
    venue : str
        Any venue.

    Returns
    -------
    str
        Name of the series.
    """
    return f"status/{venue}/venue.open"


def venue_solvent(venue: str) -> str:
    """Tell by 1.0 or 0.0 if a venue still has what it owes; absent where it always does.

    Parameters
    ----------
    venue : str
        Any venue.

    Returns
    -------
    str
        Name of the series.
    """
    return f"status/{venue}/venue.solvent"
