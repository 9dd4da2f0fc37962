"""Venues that a strategy names: listed by the mode, and of a kind that can serve."""

from collections.abc import Iterator

from basis_lab.config.parts import Parts
from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault, nearest
from basis_lab.execution.venues.parameters import VenueParameters


def place_faults(
    parts: Parts, key: str, name: str, *kinds: type[VenueParameters]
) -> Iterator[Fault]:
    """Yield what is wrong with a venue that a key of the strategy block names.

    Parameters
    ----------
    parts : Parts
        The blocks.
    key : str
        Key of the strategy block.
    name : str
        The venue.
    *kinds : type
        What it may be.

    Yields
    ------
    Fault
        If the mode does not list it, or it is of another kind.
    """
    yield from listed_faults(parts, ("strategy", key), name, *kinds)


def listed_faults(
    parts: Parts, path: Path, name: str, *kinds: type[VenueParameters]
) -> Iterator[Fault]:
    """Yield a venue that the mode does not list, or that is of the wrong kind.

    Parameters
    ----------
    parts : Parts
        The blocks.
    path : tuple of str or int
        The key that names it.
    name : str
        The venue.
    *kinds : type
        What it may be.

    Yields
    ------
    Fault
        At most one.
    """
    if parts.header is None:
        return
    listed = parts.header.venues
    if name not in listed:
        yield Fault(
            path=path,
            value=name,
            what=f"{name} is not among the venues of this mode",
            remedy=nearest(name, listed),
        )
        return
    venue = parts.venues.get(name)
    if venue is not None and not isinstance(venue, kinds):
        fitting = tuple(x for x in listed if isinstance(parts.venues.get(x), kinds))
        yield Fault(
            path=path,
            value=name,
            what=f"{name} is of kind {venue.kind}, which cannot serve here",
            remedy=nearest(name, fitting),
        )


def absent(path: Path, what: str) -> Fault:
    """Return the fault of something that a venue file does not have.

    Parameters
    ----------
    path : tuple of str or int
        Where it should stand.
    what : str
        What it is needed for.

    Returns
    -------
    Fault
        To be yielded by the caller.
    """
    return Fault(path=path, value=None, what=what, remedy="add it to the venue's file")
