"""A basis book at one moment, and where a repair takes it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PerpColumns:
    """Where a venue's derivatives account stands in the universe."""

    margin: int
    perp: int
    contracts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisBook:
    """One row of the book as the strategy thinks of it; transit counts at its destination.

    Parameters
    ----------
    price : float
        The underlying, quote per base.
    equity, reserve, cash : float
        All of it; what is kept back; what lies at the treasury (share currency).
    spot : float
        Base units held.
    shorts : mapping of venue to float
        Base units short, positive.
    margin_cash, margin_equity : mapping of venue to float
        Without and with unrealised P&L (share currency).
    """

    price: float
    equity: float
    reserve: float
    cash: float
    spot: float
    shorts: Mapping[str, float]
    margin_cash: Mapping[str, float]
    margin_equity: Mapping[str, float]

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
        What the treasury needs: for a purchase, a payment, a refill.
    from_reserve : float
        What may be taken from the reserve.
    """

    spot: float
    weights: Mapping[str, float]
    margins: Mapping[str, float]
    cash: float
    from_reserve: float = 0.0
