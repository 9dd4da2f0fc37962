"""Which venues are open, by timestep: closings and defaults are series of the frame."""

import numpy as np

from basis_lab.domain import series
from basis_lab.domain.market import BoolArray, Window


def open_rows(window: Window, venue: str) -> BoolArray:
    """Tell where a venue takes orders and transfers.

    Parameters
    ----------
    window : Window
        The rows.
    venue : str
        The venue.

    Returns
    -------
    ndarray of bool, shape (W,)
        True everywhere where the data says nothing of it.
    """
    return _status(window, series.venue_open(venue))


def is_open(window: Window, venue: str) -> bool:
    """Tell if a venue is open at a window's last row.

    Parameters
    ----------
    window : Window
        Whose last row is now.
    venue : str
        The venue.

    Returns
    -------
    bool
        True where the data says nothing of it.
    """
    key = series.venue_open(venue)
    return not window.has(key) or bool(window.values(key)[-1] > 0.0)


def solvent_rows(window: Window, venue: str) -> BoolArray:
    """Tell where a venue has not defaulted.

    Parameters
    ----------
    window : Window
        The rows.
    venue : str
        The venue.

    Returns
    -------
    ndarray of bool, shape (W,)
        True everywhere where the data says nothing of it.
    """
    return _status(window, series.venue_solvent(venue))


def lost_row(window: Window, venue: str) -> int | None:
    """Return the first row of a window at which a venue has defaulted.

    Parameters
    ----------
    window : Window
        The rows.
    venue : str
        The venue.

    Returns
    -------
    int or None
        A row of the run; None while the venue stands.
    """
    if not window.has(series.venue_solvent(venue)):
        return None
    lost = np.flatnonzero(~solvent_rows(window, venue))
    return window.start + int(lost[0]) if len(lost) else None


def _status(window: Window, key: str) -> BoolArray:
    if not window.has(key):
        return np.full(len(window), fill_value=True)
    return window.values(key) > 0.0
