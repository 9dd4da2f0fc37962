"""What liquidators do to a loan at a simulated pool: all that the rules allow, at once.

Source: aave-v3-origin LiquidationLogic, by version (``calc.liquidation``); DOMAIN 1.6.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from basis_lab.calc.liquidation import (
    RULES_3_0,
    RULES_3_3,
    Collateral,
    Debt,
    Liquidation,
    LiquidationRules,
    liquidation,
)
from basis_lab.domain.dated import DatedRows
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import FloatArray, Window
from basis_lab.domain.statements import PoolLiquidation
from basis_lab.execution.venues.simulated.reserves import (
    Lines,
    account,
    oracle_price,
    scale,
    underlying,
)

DUST = 1e-12  # of a balance: less than this is rounding
MOST_CALLS = 20  # liquidations of one loan at one timestep
FIRST_OF_POSITION_RULES = 3.3


def liquidate(
    loan: Lines, balances: Mapping[Instrument, float], versions: DatedRows, market: Window
) -> tuple[PoolLiquidation, ...]:
    """Tell what is taken and repaid until the health factor is 1 again, or nothing is left.

    Parameters
    ----------
    loan : Lines
        What may be held and owed.
    balances : mapping of Instrument to float
        Scaled balances, with a health factor below 1.
    versions : DatedRows
        Rules by date.
    market : Window
        One row.

    Returns
    -------
    tuple of PoolLiquidation
        One for each pair of a collateral and a debt that was touched.
    """
    version = float(versions.at(market.times)[-1])
    rules = RULES_3_3 if version >= FIRST_OF_POSITION_RULES else RULES_3_0
    if not all(market.has(name) for name in loan.usd):
        rules = replace(rules, full_close_below_usd=None, least_left_usd=None)
    scaled = dict(balances)
    done = [
        _liquidate_pair(loan, rules, (atoken, debt), scaled, market)
        for atoken in loan.collateral
        for debt in loan.debt
    ]
    return tuple(x for x in done if x.calls)


def _liquidate_pair(
    loan: Lines,
    rules: LiquidationRules,
    lines: tuple[Instrument, Instrument],
    scaled: dict[Instrument, float],
    market: Window,
) -> PoolLiquidation:
    """Liquidate one collateral against one debt; ``scaled`` is brought up to date."""
    atoken, debt = lines
    supply_index = loan.collateral[atoken].supply_index
    borrow_index = loan.debt[debt].borrow_index
    factors = [_health(loan, scaled, market)]
    seized = bonus = repaid = burnt = underlying_repaid = 0.0
    while factors[-1] < 1.0 and scaled[atoken] and scaled[debt] and len(factors) <= MOST_CALLS:
        step = _call(loan, rules, lines, scaled, market)
        taken, paid = float(step.seized_units[0]), float(step.repaid_units[0])
        if not paid > 0.0:
            break
        fair = paid * _exchange(loan, lines, market)
        part = min(scale(taken, supply_index, market), scaled[atoken])
        share = min(scale(paid, borrow_index, market), scaled[debt])
        lost = min(scale(float(step.bad_debt_units[0]), borrow_index, market), scaled[debt] - share)
        seized, repaid, burnt = seized + part, repaid + share, burnt + lost
        bonus += scale(taken - fair, supply_index, market)
        underlying_repaid += paid
        scaled[atoken] = left(scaled[atoken], part)
        scaled[debt] = left(scaled[debt], share + lost)
        factors.append(_health(loan, scaled, market))
    return PoolLiquidation(
        venue=atoken.venue,
        atoken=atoken,
        debt=debt,
        seized_scaled=seized,
        bonus_scaled=bonus,
        repaid_scaled=repaid,
        burnt_scaled=burnt,
        repaid=underlying_repaid,
        health_factor_before=factors[0],
        health_factor_after=factors[-1],
        calls=len(factors) - 1,
    )


def left(held: float, taken: float) -> float:
    """Return what is left of a balance, nothing where only rounding is.

    Parameters
    ----------
    held : float
        The balance, >= 0.
    taken : float
        What goes, summed over the calls of a liquidation.

    Returns
    -------
    float
        From 0; a debt of less than nothing would make the health factor negative.
    """
    rest = held - taken
    return rest if rest > DUST * held else 0.0


def _health(loan: Lines, scaled: Mapping[Instrument, float], market: Window) -> float:
    return float(account(scaled, loan, market).health_factor[-1])


def _exchange(loan: Lines, lines: tuple[Instrument, Instrument], market: Window) -> float:
    """Units of collateral that are worth one unit of debt."""
    collateral, debt = loan.collateral[lines[0]], loan.debt[lines[1]]
    return float((oracle_price(debt, market) / oracle_price(collateral, market))[-1])


def _call(
    loan: Lines,
    rules: LiquidationRules,
    lines: tuple[Instrument, Instrument],
    scaled: Mapping[Instrument, float],
    market: Window,
) -> Liquidation:
    """One liquidation call that repays all that the rules allow."""
    collateral, debt = loan.collateral[lines[0]], loan.debt[lines[1]]
    taken = {x: units for x, units in scaled.items() if x not in lines}
    others = account({**taken, lines[0]: 0.0, lines[1]: scaled[lines[1]]}, loan, market)
    other_debts = account({**taken, lines[0]: 0.0, lines[1]: 0.0}, loan, market).debt
    return liquidation(
        Collateral(
            units=underlying(scaled[lines[0]], collateral.supply_index, market),
            price=oracle_price(collateral, market),
            liquidation_threshold=collateral.terms.threshold.at(market.times),
            bonus=collateral.terms.bonus.at(market.times),
            protocol_fee_share=np.zeros(1),  # the treasury's part is taken from the liquidator
            other_weighted_value=others.weighted,
        ),
        Debt(
            units=underlying(scaled[lines[1]], debt.borrow_index, market),
            price=oracle_price(debt, market),
            other_value=other_debts,
        ),
        usd_per_currency=_usd(loan, market),
        rules=rules,
    )


def _usd(loan: Lines, market: Window) -> FloatArray:
    value = np.ones(len(market))
    for name in loan.usd:
        value = value * market.values(name)
    return value
