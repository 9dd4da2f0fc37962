"""Lists that the command line prints: modes, keys of a mode, datasets, imports, comparisons."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from basis_lab.config.describe import ConfigRow
from basis_lab.config.loader import ModeSummary
from basis_lab.data.importer import ImportReport
from basis_lab.results.compare import YEARLY, without_rates
from basis_lab.results.formats import NONE, format_count
from basis_lab.results.text import align_table
from basis_lab.results.verdict import SHORT_DAYS

if TYPE_CHECKING:
    import pandas as pd


def word_modes(modes: Sequence[ModeSummary]) -> str:
    """Return the modes and what each needs.

    Parameters
    ----------
    modes : sequence of ModeSummary
        By name.

    Returns
    -------
    str
        A table, then the data needs.
    """
    rows = [("mode", "share classes", "risk", "venues", "what it does")]
    rows += [
        (
            mode.header.mode,
            ", ".join(mode.header.share_classes),
            mode.header.risk_level,
            ", ".join(mode.header.venues),
            mode.header.title,
        )
        for mode in modes
    ]
    lines = [align_table(rows)]
    for mode in modes:
        lines += ["", f"{mode.header.mode} needs:"]
        lines += [f"  {need}" for need in mode.header.data_requirements]
    return "\n".join(lines)


def word_config(rows: Iterable[ConfigRow]) -> str:
    """Return every key of a configuration with its meaning and origin.

    Parameters
    ----------
    rows : iterable of ConfigRow
        In the order of config.yaml.

    Returns
    -------
    str
        Two lines a key.
    """
    lines = []
    for row in rows:
        notes = "; ".join(note for note in (row.unit, row.bounds) if note)
        lines.append(f"{row.key} = {json.dumps(row.value)}" + (f"  [{notes}]" if notes else ""))
        lines.append(f"    {row.meaning} ({row.source})")
    return "\n".join(lines)


def word_import(report: ImportReport) -> str:
    """Return what an import did with each file, and why.

    Parameters
    ----------
    report : ImportReport
        The import.

    Returns
    -------
    str
        A table of files, the findings, the choices, what became of earlier datasets, and what was
        written.
    """
    rows = [("file", "dataset", "verdict", "rows")]
    rows += [
        (file.file, file.dataset, file.verdict.value, "" if file.rows is None else f"{file.rows:,}")
        for file in report.files
    ]
    lines = [align_table(rows, right=(3,)), ""]
    lines += [
        f"{finding.severity.value}: {file.file}: {finding.text}"
        for file in report.files
        for finding in file.findings
    ]
    lines.append("")
    lines += [
        f"{choice.dataset}: {'nothing' if choice.file is None else choice.file}: {choice.reason}"
        for choice in report.choices
    ]
    if report.earlier:
        lines += ["", *(str(x) for x in report.earlier)]
    lines += ["", f"{report.destination}: {format_count(len(report.datasets), 'dataset')} written"]
    return "\n".join(lines)


def word_comparison(table: "pd.DataFrame") -> str:
    """Return runs side by side.

    Parameters
    ----------
    table : pandas.DataFrame
        As made by ``compare``.

    Returns
    -------
    str
        One line a figure, and what is subtracted from what; a dash for the yearly rates of a run
        that is too short for one, and a line that says so.
    """
    short = without_rates(table)
    rows = [("figure", *(str(name) for name in table.columns))]
    rows += [
        (
            str(figure),
            *(
                NONE if figure in YEARLY and name in short else _word_cell(cell)
                for name, cell in zip(table.columns, cells, strict=True)
            ),
        )
        for figure, cells in zip(table.index, table.to_numpy().tolist(), strict=True)
    ]
    lines = [align_table(rows, right=tuple(range(1, len(rows[0])))), ""]
    if short:
        lines.append(f"{NONE}: a run under {SHORT_DAYS:.0f} days is too short for yearly rates")
    lines.append(f"differences: each run less the first, {table.columns[0]}")
    return "\n".join(lines)


def _word_cell(cell: object) -> str:
    if cell is None:
        return ""
    return f"{cell:.8g}" if isinstance(cell, float) else str(cell)
