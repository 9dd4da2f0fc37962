"""What a strategy is and what it sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from basis_lab.calc.costs import MarketTerms
from basis_lab.domain.dated import DatedRows
from basis_lab.domain.instructions import Decision, OpenPlan, Reason
from basis_lab.domain.instruments import Instrument, Listing, Universe
from basis_lab.domain.market import BoolArray, FloatArray, Window
from basis_lab.domain.reports import ExposureReport, RiskReport
from basis_lab.domain.requirements import Requirement
from basis_lab.domain.statements import PendingTransfer
from basis_lab.errors import StrategyError

ORDERED_EXIT = "ordered_exit"  # the trigger of an exit that a scenario orders; its side is a route
WITHDRAWAL = "withdrawal"
GAS_DEBT_SHARE = 0.5  # of its limit; a larger gas debt is bought back
POOL = "aave"  # the side of a risk of the loan; every other side is an exchange
RISK = "risk_"  # how the names of risk triggers begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """A reward programme that a run counts.

    Parameters
    ----------
    key : str
        Its table, as ``series.rewards`` names it.
    token : str
        What it pays.
    span : (datetime64, datetime64)
        First and last day that earn.
    gaps_allowed : bool
        True where it pays now and then.
    lag_s : int
        Seconds from the end of a period to its payment.
    """

    key: str
    token: str
    span: tuple[np.datetime64, np.datetime64]
    gaps_allowed: bool
    lag_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What sending the share currency from a venue costs and needs at least, in its units."""

    fee: float
    minimum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainTerms:
    """What staking, leaving it, borrowing against it and selling rewards costs in this run.

    Parameters
    ----------
    lst_quote : str
        Series at which the staking token is sold, WETH per token.
    sales : mapping of token to MarketTerms
        What sales on the decentralised exchange lose, by token sold; sizes in WETH.
    queue_days : float
        Days in the protocol's withdrawal queue.
    max_ltv, threshold : DatedRows or None
        Of the staking token as collateral; None where nothing is borrowed.
    flash_premium : float
        Of the flash lender, fraction.
    dust_share : float
        Rewards are sold beyond this share of equity.
    """

    lst_quote: str
    sales: Mapping[str, MarketTerms]
    queue_days: float
    max_ltv: DatedRows | None
    threshold: DatedRows | None
    flash_premium: float
    dust_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a mode's blueprint is drawn from.

    Parameters
    ----------
    asset, currency : str
        The mode's asset, and the share class's currency.
    programmes : tuple of Programme
        Rewards that are counted.
    """

    asset: str
    currency: str
    programmes: tuple[Programme, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What acting costs in this run, as a strategy estimates it before it acts.

    Parameters
    ----------
    spot, perp : mapping of venue to MarketTerms
        Of the hedged asset's markets.
    sending, sending_coin : mapping of venue to Sending
        Transfers of the share currency, and of the hedged asset, to another venue.
    gas_units : mapping of operation to float
        Gas of what is done on chain; zeros where a run pays none.
    gas_debt_limit : float
        How far gas may drive native coin below zero, share of equity.
    chain : ChainTerms or None
        Of what is done on chain beside lending; None where a mode does nothing else there.
    gas_market : (str, MarketTerms) or None
        The decentralised exchange that sells ETH for USDT, and what it takes by size in USDT.
    """

    spot: Mapping[str, MarketTerms]
    perp: Mapping[str, MarketTerms]
    sending: Mapping[str, Sending]
    sending_coin: Mapping[str, Sending]
    gas_units: Mapping[str, float]
    gas_debt_limit: float
    chain: ChainTerms | None = None
    gas_market: tuple[str, MarketTerms] | None = None

    def on_chain(self) -> ChainTerms:
        """Return the terms of what is done on chain.

        Returns
        -------
        ChainTerms
            Those of the run.

        Raises
        ------
        StrategyError
            If the run has none: its mode stakes nothing.
        """
        if self.chain is None:
            raise StrategyError(
                "the run has no terms for staking",
                where="Terms",
                remedy="list a decentralised exchange and a staking protocol among the venues",
            )
        return self.chain


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a strategy sees over a window: nothing that was published after its last row.

    Parameters
    ----------
    window : Window
        Market data.
    exposure, risk : reports
        Of the same rows.
    pending : tuple of PendingTransfer
        What is on its way.
    entered : bool
        True once the strategy has taken its first position.
    uninvested : float
        Deposits that nothing was decided about yet, share-class currency.
    queue : float
        Withdrawals that were asked for and are not paid yet, share-class currency.
    closing : bool
        True once everything was asked for: nothing is bought any more.
    """

    window: Window
    exposure: ExposureReport
    risk: RiskReport
    pending: tuple[PendingTransfer, ...]
    entered: bool
    uninvested: float = 0.0
    queue: float = 0.0
    closing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One condition over a window.

    Parameters
    ----------
    name, side : str
        What it watches, and where.
    fires : ndarray of bool, shape (W,)
        Where it holds.
    value : ndarray of shape (W,)
        The measure.
    limit : float or ndarray of shape (W,)
        What the measure is held against.
    nearness : callable or None
        For a risk: returns how far the position is from liquidation, in a day's volatilities,
        shape (W,). Of risks of one level that fire together, the nearest is answered first.
    retried : bool
        True if it is asked again, some time after nothing could be done, though it did not let
        go: a market or a gas price of which it says nothing may have come back.
    """

    name: str
    side: str
    fires: BoolArray
    value: FloatArray
    limit: float | FloatArray
    nearness: Callable[[], FloatArray] | None = None
    retried: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the trigger from window to window."""
        return (self.name, self.side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Where something is to be decided.

    Parameters
    ----------
    offset : int
        The row within the window.
    reason : Reason
        The trigger.
    due : bool
        True if it is the due stage of the open plan.
    """

    offset: int
    reason: Reason
    due: bool


class Strategy(Protocol):
    """What a family of modes wants to hold, and when it acts."""

    treasury: Instrument
    reserve: Instrument
    reserve_ratio: float
    universe: Universe

    def target(self, view: View) -> FloatArray:
        """Return the target quantities at each row, shape (W, n).

        Parameters
        ----------
        view : View
            Any number of rows.

        Returns
        -------
        ndarray of shape (W, n)
            Units by column.
        """

    def risk_triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return the risks to act on, critical ones first.

        Parameters
        ----------
        view : View
            Any number of rows.
        """

    def triggers(self, view: View) -> tuple[Trigger, ...]:
        """Return entry, bands and the mode's own conditions, in their order of priority.

        Parameters
        ----------
        view : View
            Any number of rows.
        """

    def can_unwind(self, view: View) -> BoolArray:
        """Tell where something could be turned into cash for a withdrawal, shape (W,).

        Parameters
        ----------
        view : View
            Any number of rows.
        """

    def decide(self, view: View, reason: Reason) -> Decision | None:
        """Say what to do about a trigger, on a view of one row; None if nothing can be done.

        Parameters
        ----------
        view : View
            One row.
        reason : Reason
            What fired there.
        """

    def proceed(self, view: View, plan: OpenPlan) -> Decision | None:
        """Say what the due stage of a plan does; None if there is nothing left to do.

        Parameters
        ----------
        view : View
            One row.
        plan : OpenPlan
            With the stage that is due.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What a mode holds and which series it needs, known before any data is read."""

    listings: tuple[Listing, ...]
    requirements: tuple[Requirement, ...]
