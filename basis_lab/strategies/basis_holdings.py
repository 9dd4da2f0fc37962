"""What a basis mode holds and which series it needs."""

from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Listing
from basis_lab.domain.market import Requirement
from basis_lab.strategies.base import Blueprint
from basis_lab.strategies.needs import funding_mean_needs, perp_needs, spot_needs, usd_needs
from basis_lab.strategies.parameters import BasisParameters


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
    symbol = series.symbol_of(asset)
    listings = [
        Listing(instrument=Instrument(home, Kind.TOKEN, currency), asset=currency),
        Listing(instrument=Instrument(home, Kind.RESERVE, currency), asset=currency),
        Listing(instrument=Instrument(home, Kind.TOKEN, asset), asset=asset, price=price),
    ]
    requirements: list[Requirement] = [*spot_needs(home, asset, f"spot {asset}")]
    venues = hedge_venues(parameters)
    for venue in venues:
        listings += [
            Listing(instrument=Instrument(venue, Kind.MARGIN, currency), asset=currency),
            Listing(
                instrument=Instrument(venue, Kind.PERP, symbol),
                asset=asset,
                price=price,
                mark=series.mark(venue, asset),
            ),
            Listing(instrument=Instrument(venue, Kind.CONTRACTS, symbol), asset=currency),
        ]
        requirements += perp_needs(venue, asset)
        if parameters.funding_filter is not None:
            requirements += funding_mean_needs(venue, asset, parameters.funding_filter.days)
    listings += [
        Listing(instrument=Instrument(venue, Kind.IN_TRANSIT, currency), asset=currency)
        for venue in dict.fromkeys((home, *venues))
    ]
    return Blueprint(listings=tuple(listings), requirements=(*requirements, *usd_needs(currency)))


def hedge_venues(parameters: BasisParameters) -> tuple[str, ...]:
    """Return the venues with a weight, in the order in which they are given.

    Parameters
    ----------
    parameters : BasisParameters
        The ``strategy`` block.

    Returns
    -------
    tuple of str
        Names of exchanges.
    """
    return tuple(venue for venue, weight in parameters.hedge_allocation.items() if weight > 0.0)
