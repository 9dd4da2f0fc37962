"""The files of a raw directory against each other, market by market."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from basis_lab.data.checks.meanings import VOLUME_STEP, VOLUME_UNIT
from basis_lab.data.checks.peers import Peer
from basis_lab.data.checks.table import check_markets
from basis_lab.data.checks.volumes import Traded, find_volume_steps, find_volume_units
from basis_lab.data.findings import Finding
from basis_lab.data.quality import words_of
from basis_lab.data.raw import peer_of
from basis_lab.data.resolution import Resolution
from basis_lab.data.series import IntArray


def findings_by_file(resolutions: Iterable[Resolution]) -> dict[str, list[Finding]]:
    """Compare what serves with the others of its market; what was refused is compared as well.

    Parameters
    ----------
    resolutions : iterable of Resolution
        The files of every dataset.

    Returns
    -------
    dict of str to list of Finding
        By name of the file.
    """
    every = tuple(resolutions)
    peers = [x for one in every for x in _peers(one)]
    lines = {peer.file: numbers for peer, numbers in peers}
    found: dict[str, list[Finding]] = {}
    for meaning, peer, defect in check_markets([x for x, _ in peers]):
        words = words_of(
            [(meaning, defect)],
            peer.file,
            peer.rows.times,
            lines[peer.file],
            str(peer.dataset),
        )
        found.setdefault(peer.file, []).extend(words)
    volumes = _traded(every)
    for meaning, find in ((VOLUME_UNIT, find_volume_units), (VOLUME_STEP, find_volume_steps)):
        for traded, defect in find(volumes):
            words = words_of([(meaning, defect)], traded.file, traded.times, lines[traded.file])
            found.setdefault(traded.file, []).extend(words)
    return found


def _traded(resolutions: Sequence[Resolution]) -> list[Traded]:
    """Return the volumes of what serves; a catalogue has none, it carries what was found."""
    chosen = [x.chosen for x in resolutions if x.chosen is not None]
    return [
        Traded(dataset=x.dataset, file=x.name, times=x.times, volume=x.volume)
        for x in chosen
        if x.volume is not None
    ]


def _peers(one: Resolution) -> Iterator[tuple[Peer, IntArray]]:
    """Return the files of one dataset with their lines; the others are measured by what serves."""
    if one.chosen is not None:
        yield peer_of(one.chosen), one.chosen.lines
    for refused in one.refused:
        if refused.rows is not None:
            peer = Peer(dataset=one.dataset, file=refused.name, rows=refused.rows, derived=True)
            yield peer, np.arange(len(refused.rows.times)) + 2
