"""Which of the two files that a rate is made of is likelier to be wrong."""

from collections.abc import Sequence
from dataclasses import replace

from basis_lab.data.checks.lst_rates import find_false_rates
from basis_lab.data.checks.meanings import LST_RATE
from basis_lab.data.combined import lst_rate
from basis_lab.data.raw_file import RawFile, RefusedFile
from basis_lab.data.series import DatasetId, DatasetKind


def with_likelier(
    rate: RawFile | RefusedFile, lst: RawFile, weth: RawFile, others: Sequence[RawFile]
) -> RawFile | RefusedFile:
    """Return a rate that is found false with the file that is likelier to be the cause.

    Parameters
    ----------
    rate : RawFile or RefusedFile
        The rate, judged.
    lst, weth : RawFile
        What it is made of.
    others : sequence of RawFile
        Snapshots of other staking tokens, over the same prices of WETH.

    Returns
    -------
    RawFile or RefusedFile
        The same where nothing is false, or no other token tells: a wrong price of WETH moves
        every rate that is made of it, in the same rows.
    """
    if not any(x.meaning.name == LST_RATE.name for x in rate.findings):
        return rate
    mine = _false_times(lst, weth)
    known = [_false_times(x, weth) for x in others]
    if not mine or not known:
        return rate
    shared = any(mine & x for x in known)
    culprit, why = (
        (weth.name, "another token's rate is false in the same rows")
        if shared
        else (lst.name, "no other token's rate is false in these rows")
    )
    findings = []
    for finding in rate.findings:
        if finding.meaning.name == LST_RATE.name:
            what, mark, rest = finding.text.partition("; where:")
            text = f"{what}; likelier wrong is the price of {culprit}: {why}{mark}{rest}"
            findings.append(replace(finding, text=text))
        else:
            findings.append(finding)
    return replace(rate, findings=tuple(findings))


def _false_times(lst: RawFile, weth: RawFile) -> set[int]:
    made = DatasetId(DatasetKind.LST, lst.dataset.venue, lst.dataset.symbol)
    rows = lst_rate(made, lst, weth).rows
    return {int(rows.seconds[place]) for x in find_false_rates(rows) for place in x.places}
