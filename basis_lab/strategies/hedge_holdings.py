"""What hedged modes hold and which series they need."""

from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Listing
from basis_lab.domain.requirements import Requirement
from basis_lab.strategies.base import Blueprint, Setting
from basis_lab.strategies.needs import (
    funding_mean_needs,
    perp_needs,
    spot_needs,
    usd_needs,
    volatility_needs,
)
from basis_lab.strategies.parameters import (
    BasisParameters,
    HedgedParameters,
    NeutralLeveragedParameters,
    NeutralParameters,
)
from basis_lab.strategies.staking_holdings import CHAIN, TOKENS, chain_listings, chain_needs


def basis_blueprint(parameters: BasisParameters, asset: str, currency: str) -> Blueprint:
    """Say what a basis mode holds and needs.

    Parameters
    ----------
    parameters : BasisParameters
        The ``strategy`` block.
    asset : str
        The hedged asset ("BTC", "ETH").
    currency : str
        The share class's currency, which is also the quote currency.

    Returns
    -------
    Blueprint
        Listings and requirements.
    """
    home = parameters.spot_venue
    price = series.spot(home, asset)
    listings = [
        Listing(instrument=Instrument(home, Kind.TOKEN, currency), asset=currency),
        Listing(instrument=Instrument(home, Kind.RESERVE, currency), asset=currency),
        Listing(instrument=Instrument(home, Kind.TOKEN, asset), asset=asset, price=price),
    ]
    requirements: list[Requirement] = [*spot_needs(home, asset, f"spot {asset}")]
    venues = hedge_venues(parameters)
    for venue in venues:
        listings += perp_listings(venue, asset, currency, price)
        requirements += perp_needs(venue, asset)
        if parameters.funding_filter is not None:
            requirements += funding_mean_needs(venue, asset, parameters.funding_filter.days)
    listings += [
        Listing(instrument=Instrument(venue, Kind.IN_TRANSIT, currency), asset=currency)
        for venue in dict.fromkeys((home, *venues))
    ]
    return Blueprint(listings=tuple(listings), requirements=(*requirements, *usd_needs(currency)))


def neutral_blueprint(parameters: NeutralParameters, setting: Setting) -> Blueprint:
    """Say what a mode that stakes and hedges holds and needs.

    Parameters
    ----------
    parameters : NeutralParameters
        The ``strategy`` block; with a loop where it names one.
    setting : Setting
        Asset, currency and rewards.

    Returns
    -------
    Blueprint
        Listings and requirements.
    """
    asset, currency = setting.asset, setting.currency
    home, treasury = parameters.spot_venue, parameters.treasury
    price = series.spot(home, asset)
    venues = hedge_venues(parameters)
    accounts = dict.fromkeys((treasury, home))
    listings = [
        *(
            Listing(instrument=Instrument(place, Kind.TOKEN, currency), asset=currency)
            for place in accounts
        ),
        Listing(instrument=Instrument(treasury, Kind.RESERVE, currency), asset=currency),
        Listing(instrument=Instrument(home, Kind.TOKEN, asset), asset=asset, price=price),
        *chain_listings(parameters, price, setting.programmes),
    ]
    requirements = [
        *spot_needs(home, asset, f"spot {asset}"),
        *chain_needs(parameters, setting.programmes),
    ]
    looped = isinstance(parameters, NeutralLeveragedParameters)
    for venue in venues:
        listings += perp_listings(venue, asset, currency, price)
        requirements += perp_needs(venue, asset)
        if looped:
            last = series.perp_last(venue, asset)
            requirements += volatility_needs(series.mark(venue, asset), last)
    if looped:
        requirements += volatility_needs(series.lst_rate(TOKENS[parameters.lst_type]))
    listings += [
        Listing(instrument=Instrument(place, Kind.IN_TRANSIT, currency), asset=currency)
        for place in dict.fromkeys((*accounts, *venues))
    ]
    listings += [
        Listing(instrument=Instrument(place, Kind.IN_TRANSIT, asset), asset=asset, price=price)
        for place in dict.fromkeys((CHAIN, home))
    ]
    return Blueprint(listings=tuple(listings), requirements=(*requirements, *usd_needs(currency)))


def perp_listings(venue: str, asset: str, currency: str, price: str) -> list[Listing]:
    """Return the lines of a derivatives account: margin, perp, what it was opened against.

    Parameters
    ----------
    venue : str
        The exchange.
    asset, currency : str
        What is hedged, and the quote currency.
    price : str
        Series of the underlying.

    Returns
    -------
    list of Listing
        In this order.
    """
    symbol = series.symbol_of(asset)
    return [
        Listing(instrument=Instrument(venue, Kind.MARGIN, currency), asset=currency),
        Listing(
            instrument=Instrument(venue, Kind.PERP, symbol),
            asset=asset,
            price=price,
            mark=series.mark(venue, asset),
        ),
        Listing(instrument=Instrument(venue, Kind.CONTRACTS, symbol), asset=currency),
    ]


def hedge_venues(parameters: HedgedParameters) -> tuple[str, ...]:
    """Return the venues with a weight, in the order in which they are given.

    Parameters
    ----------
    parameters : HedgedParameters
        The ``strategy`` block.

    Returns
    -------
    tuple of str
        Names of exchanges.
    """
    return tuple(venue for venue, weight in parameters.hedge_allocation.items() if weight > 0.0)
