"""What modes that stake hold on chain, and which series that needs."""

from collections.abc import Sequence

from basis_lab.domain import series
from basis_lab.domain.instruments import Instrument, Kind, Listing
from basis_lab.domain.requirements import Requirement
from basis_lab.strategies.base import Blueprint, Programme, Setting
from basis_lab.strategies.needs import (
    debt_needs,
    gas_needs,
    lending_needs,
    lst_needs,
    reward_needs,
    usd_needs,
)
from basis_lab.strategies.parameters import (
    LeveragedParameters,
    NeutralLeveragedParameters,
    StakingParameters,
)

NATIVE, WRAPPED = "ETH", "WETH"
CHAIN = "wallet"
TOKENS = {"weeth": "weETH", "wsteth": "wstETH"}
PROTOCOLS = {"weeth": "etherfi", "wsteth": "lido"}


def staking_blueprint(parameters: StakingParameters, setting: Setting) -> Blueprint:
    """Say what a staking mode of an ETH class holds and needs.

    Parameters
    ----------
    parameters : StakingParameters
        The ``strategy`` block; with a loop where it names one.
    setting : Setting
        Asset, currency and rewards.

    Returns
    -------
    Blueprint
        Listings and requirements.
    """
    reserve = Instrument(parameters.treasury, Kind.RESERVE, NATIVE)
    transit = Instrument(parameters.treasury, Kind.IN_TRANSIT, NATIVE)
    listings = [
        *chain_listings(parameters, None, setting.programmes),
        Listing(instrument=reserve, asset=NATIVE),
        Listing(instrument=transit, asset=NATIVE),
    ]
    return Blueprint(
        listings=tuple(listings),
        requirements=(*chain_needs(parameters, setting.programmes), *usd_needs(setting.currency)),
    )


def chain_listings(
    parameters: StakingParameters, price: str | None, programmes: Sequence[Programme]
) -> list[Listing]:
    """Return the lines on chain of a mode that stakes.

    Parameters
    ----------
    parameters : StakingParameters
        The ``strategy`` block.
    price : str or None
        Series of the ETH price in share-class currency; None where it is that currency.
    programmes : sequence of Programme
        Rewards that are counted.

    Returns
    -------
    list of Listing
        ETH, WETH, the staking token, claims in its queue; loop lines and rewards where there are.
    """
    token = TOKENS[parameters.lst_type]
    rate = series.lst_rate(token)
    protocol = PROTOCOLS[parameters.lst_type]
    listings = [
        Listing(instrument=Instrument(CHAIN, Kind.TOKEN, NATIVE), asset=NATIVE, price=price),
        Listing(instrument=Instrument(CHAIN, Kind.TOKEN, WRAPPED), asset=NATIVE, price=price),
        Listing(
            instrument=Instrument(CHAIN, Kind.TOKEN, token), asset=NATIVE, rate=rate, price=price
        ),
        Listing(
            instrument=Instrument(protocol, Kind.EXIT_QUEUE, NATIVE), asset=NATIVE, price=price
        ),
    ]
    if isinstance(parameters, LeveragedParameters | NeutralLeveragedParameters):
        listings += _loop_listings(parameters, token, price)
    listings += [
        Listing(
            instrument=Instrument(CHAIN, Kind.KING, reward),
            asset=reward,
            rate=series.token_price(reward),
            price=price,
        )
        for reward in dict.fromkeys(x.token for x in programmes)
    ]
    return listings


def _loop_listings(
    parameters: LeveragedParameters | NeutralLeveragedParameters, token: str, price: str | None
) -> list[Listing]:
    pool = parameters.lending_venue
    return [
        Listing(
            instrument=Instrument(pool, Kind.ATOKEN, token),
            asset=NATIVE,
            index=series.liquidity_index(token),
            rate=series.lst_rate(token),
            price=price,
        ),
        Listing(
            instrument=Instrument(pool, Kind.DEBT, WRAPPED),
            asset=NATIVE,
            index=series.borrow_index(WRAPPED),
            price=price,
            sign=-1.0,
        ),
        Listing(
            instrument=Instrument(parameters.flash_lender, Kind.FLASH, WRAPPED),
            asset=NATIVE,
            price=price,
            sign=-1.0,
        ),
    ]


def chain_needs(
    parameters: StakingParameters, programmes: Sequence[Programme]
) -> tuple[Requirement, ...]:
    """Return the series that the lines on chain need.

    Parameters
    ----------
    parameters : StakingParameters
        The ``strategy`` block.
    programmes : sequence of Programme
        Rewards that are counted.

    Returns
    -------
    tuple of Requirement
        Rates, quotes, indices, gas, rewards.
    """
    token = TOKENS[parameters.lst_type]
    needs = [*lst_needs(token), *gas_needs(), *reward_needs(programmes)]
    if isinstance(parameters, LeveragedParameters | NeutralLeveragedParameters):
        needs += [*lending_needs(token), *debt_needs(WRAPPED)]
    return tuple(needs)
