"""Datasets that are made of two files: an LST's rate, and rewards with the stake they were for."""

from dataclasses import replace

import numpy as np

from basis_lab.data.checks.meanings import LEFT_OUT, MADE_OF, PRINTED_UNITS, REPAIRED
from basis_lab.data.findings import Finding
from basis_lab.data.raw_file import RawFile
from basis_lab.data.rewards import TOTAL, printed_warnings
from basis_lab.data.series import DatasetId, time_text
from basis_lab.domain.market import FloatArray
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError


def lst_rate(dataset: DatasetId, lst: RawFile, weth: RawFile) -> RawFile:
    """Return the rate of an LST: its oracle price over that of WETH at the same block.

    Parameters
    ----------
    dataset : DatasetId
        ``lst/aave/TOKEN``.
    lst, weth : RawFile
        Snapshots of the two reserves.

    Returns
    -------
    RawFile
        Of one field, ``rate``, ETH per LST, with the lines of the LST's file.

    Raises
    ------
    BadDataError
        If no snapshots are of one time, or two of one time are of different blocks.
    """
    times, ours, theirs = np.intersect1d(lst.times, weth.times, return_indices=True)
    if not len(times):
        raise BadDataError(
            "the snapshots of an LST and of WETH have no time in common",
            where=f"{lst.name}, {weth.name}",
            value=f"from {time_text(lst.times[0])} and from {time_text(weth.times[0])}",
            remedy="give snapshots of both reserves at the same blocks",
        )
    if "block" in lst.fields and "block" in weth.fields:
        other = lst.fields["block"][ours] != weth.fields["block"][theirs]
        if other.any():
            place = int(ours[int(np.argmax(other))])
            raise BadDataError(
                "snapshots of one time are of different blocks",
                where=f"{lst.name}, row {lst.lines[place]}",
                value=f"block {lst.fields['block'][place]:.0f}",
                remedy="give snapshots of both reserves at the same blocks",
            )
    text = f"the oracle price of {lst.name} over that of {weth.name} at the same block"
    findings = [Finding(MADE_OF, text)]
    findings += [x for x in (*lst.findings, *weth.findings) if x.meaning is REPAIRED]
    if len(times) < len(lst.times):
        count = len(lst.times) - len(times)
        have, were = agree(count, "snapshot has", "snapshots have"), agree(count, "was", "were")
        alone = f"{count} {have} no WETH price and {were} left out"
        findings.append(Finding(LEFT_OUT, alone))
    return replace(
        lst,
        partner=weth.path,
        name=f"{lst.name} over {weth.name}",
        dataset=dataset,
        times=times,
        fields={"rate": lst.fields["price_usd"][ours] / weth.fields["price_usd"][theirs]},
        lines=lst.lines[ours],
        derived=lst.derived or weth.derived,
        findings=tuple(findings),
    )


def with_totals(rewards: RawFile, weekly: RawFile) -> RawFile:
    """Return rewards with the stake of the period that overlaps each of theirs most.

    Parameters
    ----------
    rewards : RawFile
        Periods without totals.
    weekly : RawFile
        Periods of the same protocol with totals.

    Returns
    -------
    RawFile
        With ``eeth_total``.

    Raises
    ------
    BadDataError
        If a period overlaps none.
    """
    starts, ends = rewards.fields["period_start"], rewards.fields["period_end"]
    shared: FloatArray = np.minimum(ends[:, None], weekly.fields["period_end"]) - np.maximum(
        starts[:, None], weekly.fields["period_start"]
    )
    best = shared.argmax(axis=1)
    alone = np.flatnonzero(shared.max(axis=1) < 0.0)
    if len(alone):
        place = int(alone[0])
        raise BadDataError(
            "the stake of an earning period is not known",
            where=f"{rewards.name}, row {rewards.lines[place]}",
            value=time_text(rewards.times[place]),
            remedy=f"give a column {TOTAL}, or weekly distributions that cover it",
        )
    fields = {**rewards.fields, TOTAL: weekly.fields[TOTAL][best]}
    note = Finding(MADE_OF, f"{TOTAL} is that of {weekly.name} over the same days")
    warnings = [Finding(PRINTED_UNITS, x) for x in printed_warnings(fields, rewards.lines)]
    return replace(
        rewards,
        partner=weekly.path,
        fields=fields,
        findings=(*rewards.findings, *warnings, note),
    )
