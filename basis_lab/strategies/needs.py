"""Which series the lines of a book need, so that every mode asks for them alike."""

from collections.abc import Sequence

from basis_lab.domain import series
from basis_lab.domain.requirements import Alignment, Requirement
from basis_lab.strategies.base import Programme

DAY_S = 86_400
GROWTH_DAYS = 7.0  # over which the yield of a staking token is measured


def spot_needs(venue: str, asset: str, purpose: str) -> tuple[Requirement, ...]:
    """Return the price of an asset at its spot venue.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.
    purpose : str
        What for, printed when it is missing.

    Returns
    -------
    tuple of Requirement
        The bar opens.
    """
    return (
        Requirement(key=series.spot(venue, asset), alignment=Alignment.BAR_OPEN, purpose=purpose),
    )


def perp_needs(venue: str, asset: str) -> tuple[Requirement, ...]:
    """Return what a perp position at a venue needs: last, mark with extremes, funding.

    Parameters
    ----------
    venue : str
        The exchange.
    asset : str
        The base asset.

    Returns
    -------
    tuple of Requirement
        Last prices stand in for marks that a directory does not have.
    """
    where = f"{asset} perp at {venue}"
    last = series.perp_last(venue, asset)
    return (
        Requirement(key=last, alignment=Alignment.BAR_OPEN, purpose=f"fills of the {where}"),
        Requirement(
            key=series.mark(venue, asset),
            alignment=Alignment.BAR_OPEN,
            purpose=f"marks of the {where}",
            fallback=last,
        ),
        *(
            Requirement(
                key=series.mark(venue, asset, extreme),
                alignment=Alignment.BAR_EXTREME,
                purpose=f"liquidation tests of the {where}",
                fallback=series.perp_extreme(venue, asset, extreme),
            )
            for extreme in ("high", "low")
        ),
        Requirement(
            key=series.funding(venue, asset),
            alignment=Alignment.STAMP,
            weight=series.mark(venue, asset),
            purpose=f"funding of the {where}",
        ),
    )


def funding_mean_needs(venue: str, asset: str, days: float) -> tuple[Requirement, ...]:
    """Return the trailing mean of funding, warmed up by history before the run.

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
    tuple of Requirement
        Under the name that ``series.funding_mean`` gives.
    """
    return (
        Requirement(
            key=series.funding(venue, asset),
            name=series.funding_mean(venue, asset, days),
            alignment=Alignment.TRAILING_MEAN,
            window_s=int(days * DAY_S),
            purpose=f"funding filter of the {asset} perp at {venue}",
        ),
    )


def lending_needs(token: str) -> tuple[Requirement, ...]:
    """Return what supplying a token needs: its index, and liquidity where data has it.

    Parameters
    ----------
    token : str
        The reserve's token.

    Returns
    -------
    tuple of Requirement
        The totals are optional.
    """
    return (
        Requirement(
            key=series.liquidity_index(token),
            alignment=Alignment.INDEX,
            purpose=f"interest on {token} supplied",
        ),
        *liquidity_needs(token),
    )


def liquidity_needs(token: str) -> tuple[Requirement, ...]:
    """Return the totals of a reserve; both optional.

    Parameters
    ----------
    token : str
        The reserve's token.

    Returns
    -------
    tuple of Requirement
        Units supplied and borrowed.
    """
    return tuple(
        Requirement(
            key=key,
            alignment=Alignment.STEP,
            purpose=f"liquidity of the {token} reserve",
            optional=True,
        )
        for key in (series.total_supplied(token), series.total_borrowed(token))
    )


def lst_needs(token: str) -> tuple[Requirement, ...]:
    """Return what a staking token needs: its rate, its growth, its market quote.

    Parameters
    ----------
    token : str
        The staking token ("weETH").

    Returns
    -------
    tuple of Requirement
        The growth waits where history before the run is too short.
    """
    rate = series.lst_rate(token)
    return (
        Requirement(key=rate, alignment=Alignment.STEP, purpose=f"rate of {token}"),
        Requirement(
            key=rate,
            name=series.lst_growth(token, GROWTH_DAYS),
            alignment=Alignment.TRAILING_GROWTH,
            window_s=int(GROWTH_DAYS * DAY_S),
            purpose=f"yield of {token} that a withdrawal queue forgoes",
        ),
        Requirement(
            key=series.lst_market(token),
            alignment=Alignment.STEP,
            purpose=f"market exits of {token}",
        ),
    )


def debt_needs(token: str) -> tuple[Requirement, ...]:
    """Return what a debt needs beside its reserve's liquidity: the borrow index.

    Parameters
    ----------
    token : str
        The reserve's token ("WETH").

    Returns
    -------
    tuple of Requirement
        The totals are optional.
    """
    return (
        Requirement(
            key=series.borrow_index(token),
            alignment=Alignment.INDEX,
            purpose=f"interest on {token} owed",
        ),
        *liquidity_needs(token),
    )


def volatility_needs(key: str, fallback: str | None = None) -> tuple[Requirement, ...]:
    """Return the 24 h volatility of a series.

    Parameters
    ----------
    key : str
        The series.
    fallback : str or None
        What serves where a directory does not have it at all.

    Returns
    -------
    tuple of Requirement
        It waits where history before the run is too short.
    """
    return (
        Requirement(
            key=key,
            name=series.volatility(key),
            alignment=Alignment.TRAILING_VOLATILITY,
            window_s=DAY_S,
            purpose="which of two liquidation risks is nearer",
            fallback=fallback,
        ),
    )


def reward_needs(programmes: Sequence[Programme]) -> tuple[Requirement, ...]:
    """Return what reward programmes need: their tables, and prices of what they pay.

    Parameters
    ----------
    programmes : sequence of Programme
        Those that are counted.

    Returns
    -------
    tuple of Requirement
        A price may begin inside the run, before the first payment.
    """
    tables = [
        Requirement(
            key=x.key,
            alignment=Alignment.PAYOUT,
            purpose=f"payouts of {x.token}",
            window_s=x.lag_s,
            span=x.span,
            gaps_allowed=x.gaps_allowed,
            weight=series.token_price(x.token),
        )
        for x in programmes
    ]
    prices = [
        Requirement(
            key=series.token_price(token),
            alignment=Alignment.BAR_OPEN,
            purpose=f"price of {token}",
            starts_later=True,
        )
        for token in dict.fromkeys(x.token for x in programmes)
    ]
    return (*tables, *prices)


def gas_needs() -> tuple[Requirement, ...]:
    """Return the gas price.

    Returns
    -------
    tuple of Requirement
        In gwei per unit of gas.
    """
    return (
        Requirement(key=series.GAS_PRICE, alignment=Alignment.STEP, purpose="cost of transactions"),
    )


def usd_needs(currency: str) -> tuple[Requirement, ...]:
    """Return what values a share class in USD, and its hurdle; all optional.

    Parameters
    ----------
    currency : str
        The share class's ("USDT", "ETH").

    Returns
    -------
    tuple of Requirement
        Index of the hurdle, USD price of USDT, and of ETH where the share class is in it.
    """
    hurdle = "WETH" if currency == "ETH" else currency
    needs = [
        Requirement(
            key=series.liquidity_index(hurdle),
            alignment=Alignment.INDEX,
            purpose="hurdle: plain lending of the share class",
            optional=True,
        ),
        Requirement(
            key=series.USDT_USD,
            alignment=Alignment.STEP,
            purpose="equity in USD",
            optional=True,
        ),
    ]
    if currency == "ETH":
        needs.append(
            Requirement(
                key=series.spot("binance", "ETH"),
                alignment=Alignment.BAR_OPEN,
                purpose="equity in USD",
                optional=True,
            )
        )
    return tuple(needs)
