"""A hedged book at one moment, and where a repair takes it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerpColumns:
    """Where a venue's derivatives account stands in the universe."""

    margin: int
    perp: int
    contracts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeBook:
    """One row of the book as the strategy thinks of it; transit counts at its destination.

    Parameters
    ----------
    price : float
        The underlying, quote per base.
    equity, reserve, cash : float
        All of it; what is kept back; what lies where spot is bought (share currency).
    treasury_cash : float
        What lies at the treasury, where that is another place (share currency).
    spot : float
        Base units held, on chain too.
    sellable, leaving : float
        Base units that lie where spot is sold, and those that wait in a withdrawal queue.
    other : float
        Value of what is neither cash nor hedged: rewards (share currency).
    shorts : mapping of venue to float
        Base units short, positive.
    margin_cash, margin_equity : mapping of venue to float
        Without and with unrealised P&L (share currency).
    weights : mapping of venue to float
        Share of the hedge that each is to carry now.
    """

    price: float
    equity: float
    reserve: float
    cash: float
    spot: float
    sellable: float
    shorts: Mapping[str, float]
    margin_cash: Mapping[str, float]
    margin_equity: Mapping[str, float]
    weights: Mapping[str, float]
    treasury_cash: float = 0.0
    leaving: float = 0.0
    other: float = 0.0

    def staying(self, target: float) -> float:
        """Return the spot that is there once what waits in a queue has left for a target.

        Parameters
        ----------
        target : float
            Base units.

        Returns
        -------
        float
            Base units.
        """
        return self.spot - min(self.leaving, max(self.spot - target, 0.0))

    @property
    def invested(self) -> float:
        """Equity net of the reserve, on which all targets are."""
        return self.equity - self.reserve

    @property
    def hedge(self) -> float:
        """Base units short in all."""
        return sum(self.shorts.values())

    @property
    def margin(self) -> float:
        """Margin equity in all."""
        return sum(self.margin_equity.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where a repair goes.

    Parameters
    ----------
    spot : float
        Base units of spot.
    weights : mapping of venue to float
        Share of the hedge of what is then held.
    margins : mapping of venue to float
        Margin equity (share currency).
    cash : float
        What the place where spot is bought needs.
    payment : float
        What the treasury needs, where that is another place: for a payment, a refill.
    from_reserve : float
        What may be taken from the reserve.
    """

    spot: float
    weights: Mapping[str, float]
    margins: Mapping[str, float]
    cash: float
    payment: float = 0.0
    from_reserve: float = 0.0
