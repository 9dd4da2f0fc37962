"""What a data directory has and what its checks found, in words for a terminal."""

from collections.abc import Collection, Sequence

from basis_lab.data.check import Checked
from basis_lab.data.checks.meanings import REPAIRED
from basis_lab.data.coverage import Coverage
from basis_lab.data.series import DatasetInfo, time_text
from basis_lab.domain.intervals import length_text
from basis_lab.domain.wording import agree
from basis_lab.results.text import align_table

SHORT_HASH = 12
SHOWN_STRETCHES = 3


def word_catalogue(
    infos: Sequence[DatasetInfo], modes: Sequence[Coverage], refused: Collection[str]
) -> str:
    """Return the datasets of a directory, and which modes can run on them.

    Parameters
    ----------
    infos : sequence of DatasetInfo
        By id.
    modes : sequence of Coverage
        One a mode and share class.
    refused : collection of str
        Ids of the datasets whose files were all refused.

    Returns
    -------
    str
        A table where there are any, what was refused, then a line a mode.
    """
    header = (
        *("dataset", "interval", "first", "last", "rows", "holes", "kind"),
        *("source", "fetched", "licence", "sha256", "repairs", "fields"),
    )
    rows = [
        (
            info.id,
            length_text(info.interval_s),
            time_text(info.first),
            time_text(info.last),
            f"{info.rows:,}",
            f"{info.holes:,}",
            kind_of(info),
            info.source,
            info.fetched if info.fetched else "not stated",
            info.licence if info.licence else "not stated",
            info.sha256[:SHORT_HASH],
            repairs_of(info),
            ", ".join(info.fields),
        )
        for info in infos
    ]
    lines = [align_table([header, *rows], right=(4, 5)), ""] if rows else []
    if refused:
        names = ", ".join(sorted(refused))
        lines += [f"refused (`basis-lab data check` says why): {names}", ""]
    lines.append("modes on this data:")
    return "\n".join([*lines, *(f"  {mode.name}: {word_coverage(mode)}" for mode in modes)])


def word_coverage(coverage: Coverage) -> str:
    """Return from when to when something can be used.

    Parameters
    ----------
    coverage : Coverage
        Its stretches, or what it lacks.

    Returns
    -------
    str
        The longest stretches, in the order of time.
    """
    if coverage.missing:
        return f"cannot run: missing {'; '.join(coverage.missing)}"
    longest = sorted(coverage.spans, key=lambda x: x[1] - x[0], reverse=True)
    shown = [f"{time_text(a)} to {time_text(b)}" for a, b in sorted(longest[:SHOWN_STRETCHES])]
    more = len(longest) - len(shown)
    return ", ".join(shown) + (
        f" and {more} shorter {agree(more, 'stretch', 'stretches')}" if more else ""
    )


def kind_of(info: DatasetInfo) -> str:
    """Return what sort of rows a dataset has.

    Parameters
    ----------
    info : DatasetInfo
        The dataset.

    Returns
    -------
    str
        synthetic, smoothed, derived or real.
    """
    if info.synthetic:
        return "synthetic"
    if info.smoothed:
        return "smoothed"
    return "derived" if info.derived else "real"


def repairs_of(info: DatasetInfo) -> str:
    """Return the repairs that were made to a dataset.

    Parameters
    ----------
    info : DatasetInfo
        The dataset.

    Returns
    -------
    str
        As the import worded them; empty where there are none.
    """
    return "; ".join(x.text for x in info.findings if x.meaning is REPAIRED)


def word_check(checked: Checked) -> str:
    """Return what a check of data found.

    Parameters
    ----------
    checked : Checked
        The check.

    Returns
    -------
    str
        A line for each good series, and a table of findings where there are any.
    """
    lines = [f"good: {line}" for line in checked.good]
    rows = [("severity", "check", "file", "rows", "finding", "effect on a backtest", "what to do")]
    rows += [
        (x.severity.value, x.check, x.file, x.rows, x.what, x.effect, x.remedy)
        for x in checked.findings
    ]
    return "\n".join([*lines, *([align_table(rows)] if checked.findings else [])])
