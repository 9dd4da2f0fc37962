"""Snapshots of one chain against each other: the same block is of the same moment."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from basis_lab.data.checks.peers import DOUBT, Peer
from basis_lab.data.checks.rows import Defect
from basis_lab.data.series import DatasetKind

_HOUR_S = 3600
_ENOUGH = 10


def find_shifted_blocks(peers: Sequence[Peer]) -> Iterator[tuple[Peer, Defect]]:
    """Find reserves whose blocks carry other times than those of most reserves of their chain.

    Parameters
    ----------
    peers : sequence of Peer
        Of any markets.

    Yields
    ------
    (Peer, Defect)
        The series, and by how much; of two that disagree both.
    """
    known = [x for x in peers if x.dataset.kind is DatasetKind.AAVE and not x.derived]
    known = [x for x in known if "block" in x.rows.fields and len(x.rows.times)]
    for chain in sorted({x.dataset.venue for x in known}):
        yield from _of_chain([x for x in known if x.dataset.venue == chain])


def _of_chain(known: Sequence[Peer]) -> Iterator[tuple[Peer, Defect]]:
    found = [(x, _after(x, known[0])) for x in known]
    told = [(x, hours) for x, hours in found if hours is not None]
    counted = Counter(hours for _, hours in told).most_common()
    if len(counted) < 2:  # noqa: PLR2004 - all agree
        return
    decided = counted[0][1] > counted[1][1]
    for peer, hours in told:
        usual = counted[0][0] if decided else next(x for x, _ in counted if x != hours)
        if hours != usual:
            shift = hours - usual
            other = next(x for x, at in told if at == usual)
            what = (
                f"labels run {shift:+g} h against {other.dataset}: its blocks are of other times "
                f"there{'' if decided else DOUBT}"
            )
            repair = f"shift-labels={-shift:g}h@{peer.dataset}"
            remedy = f"give times in UTC, or import with --repair {repair}"
            yield peer, Defect(what=what, field="", value=shift, remedy=remedy)


def _after(peer: Peer, first: Peer) -> float | None:
    """Return by how many hours a series labels the blocks of another later than that one does."""
    _, ours, theirs = np.intersect1d(
        peer.rows.fields["block"], first.rows.fields["block"], return_indices=True
    )
    if len(ours) < _ENOUGH:
        return None
    return float(np.median(peer.rows.seconds[ours] - first.rows.seconds[theirs])) / _HOUR_S
