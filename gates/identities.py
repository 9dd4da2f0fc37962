"""Gates on the accounts: what must be equal is equal to 1e-9 of the capital."""

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.results.summary import summarise
from basis_lab.results.tables import balance_lines
from gates.outcome import Outcome
from gates.trial import Trial

TOLERANCE = 1e-9  # of the capital; of the units held, for deltas
NET, CHAIN, EXCHANGES = "net_delta_", "erc20_wallet_net_delta_", "cex_wallet_net_delta_"


def attribution_adds_up(trial: Trial) -> Outcome:
    """At every step the categories sum to the change of equity less flows."""
    record = trial.record
    before = np.concatenate([[record.identity.initial_capital], record.equity[:-1]])
    told = np.sum(list(record.attribution.values()), axis=0)
    own = record.equity - before - record.flows - told
    worst = np.concatenate([np.abs(record.residual), np.abs(own)])
    return _of_capital(trial, "residual", worst)


def balance_is_equity(trial: Trial) -> Outcome:
    """At every timestep the lines of the balance sheet sum to equity."""
    record = trial.record
    return _of_capital(trial, "balance", balance_lines(record).values.sum(axis=1) - record.equity)


def venues_agree(trial: Trial) -> Outcome:
    """At the end the venues' own books hold our equity, line by line."""
    record = trial.record
    column = record.frame.universe.column
    theirs = np.zeros(record.values.shape[1])
    for venue in trial.venues:
        for instrument, quantity in venue.balances().items():
            theirs[column(instrument)] += quantity
    differences = (theirs - record.quantities[-1]) * record.frame.unit_prices[record.rows - 1]
    return _of_capital(trial, "venues", differences)


def exposure_adds_up(trial: Trial) -> Outcome:
    """Net delta of each asset is its delta on chain and its delta at exchanges."""
    exposure = trial.record.exposure
    shares = [0.0]
    for name, net in exposure.items():
        if name.startswith(NET):
            asset = name.removeprefix(NET)
            parts = exposure[f"{CHAIN}{asset}"] + exposure[f"{EXCHANGES}{asset}"]
            largest = max(1.0, float(np.abs(parts).max()))
            shares.append(float(np.abs(parts - net).max()) / largest)
    worst = float(np.max(shares))
    return Outcome(gate="exposure", passed=worst <= TOLERANCE, figure=f"{worst:.1e} of the delta")


def costs_are_attributed(trial: Trial) -> Outcome:
    """Costs are costs, and those of the attribution; all of it is the net P&L."""
    summary = summarise(trial.record)
    costs, told = summary["costs"], summary["attribution"]
    if not isinstance(costs, dict) or not isinstance(told, dict):
        return Outcome(gate="costs", passed=False, figure="the summary has no costs")
    differences = [costs[name] - told[name] for name in costs]
    differences.append(sum(told.values()) - float(str(summary["net_pnl"])))
    outcome = _of_capital(trial, "costs", np.array(differences))
    gains = [name for name, x in costs.items() if x > 0.0 and name != "liquidation_penalty"]
    if gains:
        return Outcome(gate="costs", passed=False, figure=f"{gains[0]} is a gain")
    return outcome


def _of_capital(trial: Trial, gate: str, differences: FloatArray) -> Outcome:
    capital = trial.record.identity.initial_capital
    worst = float(np.abs(differences).max()) / capital
    return Outcome(gate=gate, passed=worst <= TOLERANCE, figure=f"{worst:.1e} of the capital")
