"""What venues do by themselves, and how they state it: flows, arrivals, payments, forced closes."""

from dataclasses import dataclass

import numpy as np

from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Instrument, IntArray
from basis_lab.domain.market import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledFlows:
    """Cash flows that a venue books by itself inside a window (funding), in time order.

    Parameters
    ----------
    venue : str
        Who books them.
    instrument : Instrument
        The cash account that they move.
    about : Instrument
        The position that they are paid on.
    cause : Cause
        Why.
    rows : ndarray of int, shape (m,)
        Timesteps of the run, ascending.
    quantity : ndarray of shape (m,)
        Units of ``instrument``, positive received.
    price : ndarray of shape (m,)
        The mark at which each was computed.
    rate : ndarray of shape (m,)
        The rate that was applied (fraction per interval).
    """

    venue: str
    instrument: Instrument
    about: Instrument
    cause: Cause
    rows: IntArray
    quantity: FloatArray
    price: FloatArray
    rate: FloatArray

    def until(self, stop: int) -> "ScheduledFlows":
        """Return the flows before row ``stop``.

        Parameters
        ----------
        stop : int
            The first row of the run that is left out.

        Returns
        -------
        ScheduledFlows
            The same flows, cut.
        """
        return self._part(slice(None, int(np.searchsorted(self.rows, stop, side="left"))))

    def since(self, start: int) -> "ScheduledFlows":
        """Return the flows from row ``start`` on.

        Parameters
        ----------
        start : int
            The first row of the run that is kept.

        Returns
        -------
        ScheduledFlows
            The same flows, cut.
        """
        return self._part(slice(int(np.searchsorted(self.rows, start, side="left")), None))

    def _part(self, keep: slice) -> "ScheduledFlows":
        return ScheduledFlows(
            venue=self.venue,
            instrument=self.instrument,
            about=self.about,
            cause=self.cause,
            rows=self.rows[keep],
            quantity=self.quantity[keep],
            price=self.price[keep],
            rate=self.rate[keep],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingTransfer:
    """Units on their way: where to, how many, when."""

    destination: Instrument
    quantity: float
    arrives_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Units that reached their destination at one timestep."""

    venue: str
    transit: Instrument
    destination: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """A position that a venue closed inside the bar that ended at one timestep.

    Parameters
    ----------
    venue : str
        Who closed it.
    perp, contracts, margin : Instrument
        The lines concerned.
    quantity : float
        Units held before (short negative).
    price : float
        The fill.
    clearance_fee : float
        Taken from what cash was left, quote currency, >= 0.
    absorbed : float
        Deficit that the venue's fund took over, quote currency, >= 0.
    """

    venue: str
    perp: Instrument
    contracts: Instrument
    margin: Instrument
    quantity: float
    price: float
    clearance_fee: float
    absorbed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Everything that lay at a venue, gone with it at one timestep.

    Parameters
    ----------
    venue : str
        Who defaulted.
    lines : tuple of Instrument
        What it kept for us, positions included.
    """

    venue: str
    lines: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimPaid:
    """A claim on a withdrawal queue that was paid out in ETH."""

    venue: str
    claim: Instrument
    destination: Instrument
    quantity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardPayment:
    """Tokens that a programme paid for one earning period.

    Parameters
    ----------
    venue : str
        Who paid.
    programme : str
        What for.
    destination : Instrument
        The line that received them.
    quantity : float
        Units of the token.
    period_start, period_end : datetime64[s]
        The first moment of the earning period, and the first after it.
    average_units : float
        Time-weighted units (of the staked asset) that it was paid on.
    """

    venue: str
    programme: str
    destination: Instrument
    quantity: float
    period_start: np.datetime64
    period_end: np.datetime64
    average_units: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLiquidation:
    """What liquidators did to a loan inside the bar that ended at one timestep.

    Parameters
    ----------
    venue : str
        The lending pool.
    atoken, debt : Instrument
        The lines concerned.
    seized_scaled, bonus_scaled : float
        Scaled collateral taken in all, and the part of it that is the liquidators' bonus.
    repaid_scaled, burnt_scaled : float
        Scaled debt repaid by the liquidators, and debt written off by the pool.
    repaid : float
        Debt repaid in token units.
    health_factor_before, health_factor_after : float
        Ratios.
    calls : int
        How many liquidations it took.
    """

    venue: str
    atoken: Instrument
    debt: Instrument
    seized_scaled: float
    bonus_scaled: float
    repaid_scaled: float
    burnt_scaled: float
    repaid: float
    health_factor_before: float
    health_factor_after: float
    calls: int


Statement = Arrival | Liquidation | Loss | ClaimPaid | RewardPayment | PoolLiquidation


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a venue would do by itself inside a window, on its present book.

    Parameters
    ----------
    flows : tuple of ScheduledFlows
        Cash flows it would book.
    work_row : int or None
        The first timestep with work that changes positions (a liquidation, an arrival); the
        window must end before it and that row runs alone.
    """

    flows: tuple[ScheduledFlows, ...]
    work_row: int | None
