"""Money that comes and goes: the schedule of a configuration, and requests by timestep."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from basis_lab.domain.parameters import Bounds, Choices, Doc, Unit, parameters

FLOW_UNITS = ("currency", "capital")


@parameters()
class FlowParameters:
    """One deposit or withdrawal of a schedule."""

    at: Annotated[str, Doc("ISO date or time, UTC unless it names a zone; a date is its midnight")]
    amount: Annotated[
        float,
        Unit("see unit"),
        Bounds(-1e12, 1e12),
        Doc("deposits above 0, withdrawals below 0"),
    ]
    unit: Annotated[
        str,
        Choices(FLOW_UNITS),
        Doc("currency: share-class currency; capital: a fraction of the initial capital"),
    ]

    def moment(self) -> np.datetime64:
        """Return when it is asked for.

        Returns
        -------
        datetime64[s]
            UTC.

        Raises
        ------
        ValueError
            If ``at`` is no ISO date or time; a configuration is refused for it.
        """
        moment = dt.datetime.fromisoformat(self.at)
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
        return np.datetime64(moment, "s")

    def currency_amount(self, initial_capital: float) -> float:
        """Return the amount in share-class currency.

        Parameters
        ----------
        initial_capital : float
            Share-class currency, > 0.

        Returns
        -------
        float
            Deposits above 0, withdrawals below 0.
        """
        return self.amount * initial_capital if self.unit == "capital" else self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRequest:
    """One deposit (amount > 0) or withdrawal (amount < 0), in share-class currency."""

    row: int
    amount: float
