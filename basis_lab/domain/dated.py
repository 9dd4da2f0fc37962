"""Tables of parameters that changed on dates, looked up by timestep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from basis_lab.domain.market import FloatArray, TimeArray
from basis_lab.errors import DataRangeError


@dataclass(frozen=True, slots=True, eq=False)
class DatedRows:
    """A step function of time, known between two dates.

    Parameters
    ----------
    name : str
        What the values are, for messages.
    starts : ndarray of datetime64[s], shape (k,)
        When each row came into force, strictly ascending.
    values : ndarray of shape (k,)
        What was in force from then on.
    until : datetime64[s]
        The last moment for which the table was checked.
    """

    name: str
    starts: TimeArray
    values: FloatArray
    until: np.datetime64

    def at(self, times: TimeArray) -> FloatArray:
        """Return the values in force.

        Parameters
        ----------
        times : ndarray of datetime64[s], shape (W,)
            Timesteps.

        Returns
        -------
        ndarray of shape (W,)
            In the unit of the table.

        Raises
        ------
        DataRangeError
            If a timestep lies before the first row, or after the table was last checked.
        """
        if len(times) and not (self.starts[0] <= times[0] and times[-1] <= self.until):
            raise DataRangeError(
                f"{self.name} is not known for these dates",
                where=f"{times[0]}Z to {times[-1]}Z",
                value=f"known from {self.starts[0]}Z to {self.until}Z",
                remedy="choose dates inside, or add the rows with their sources to the venue file",
            )
        return self.values[np.searchsorted(self.starts, times, side="right") - 1]


def dated_rows(name: str, starts: Sequence[str], values: Sequence[float], until: str) -> DatedRows:
    """Return a table made of ISO dates.

    Parameters
    ----------
    name : str
        What the values are, for messages.
    starts : sequence of str
        ISO dates, UTC, ascending.
    values : sequence of float
        What was in force from each on.
    until : str
        ISO date up to whose end the table was checked.

    Returns
    -------
    DatedRows
        Read-only.
    """
    day = np.timedelta64(86_399, "s")
    return DatedRows(
        name=name,
        starts=np.array(starts, dtype="datetime64[s]"),
        values=np.array(values, dtype=np.float64),
        until=np.datetime64(until, "s") + day,
    )
