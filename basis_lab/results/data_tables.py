"""What a data directory has and what its checks found, as tables."""

from collections.abc import Sequence

import pandas as pd

from basis_lab.data.check import CheckFinding
from basis_lab.data.checks.meanings import MEANINGS
from basis_lab.data.coverage import Coverage
from basis_lab.data.series import DatasetInfo
from basis_lab.results.data_words import kind_of, repairs_of


def catalogue_table(infos: Sequence[DatasetInfo]) -> pd.DataFrame:
    """Return the datasets of a directory.

    Parameters
    ----------
    infos : sequence of DatasetInfo
        By id.

    Returns
    -------
    pandas.DataFrame
        One row a dataset.
    """
    rows = [
        {
            "dataset": x.id,
            "interval_h": x.interval_s / 3600,
            "first": pd.Timestamp(x.first, tz="UTC"),
            "last": pd.Timestamp(x.last, tz="UTC"),
            "rows": x.rows,
            "holes": x.holes,
            "kind": kind_of(x),
            "source": x.source,
            "fetched": x.fetched,
            "licence": x.licence,
            "repairs": repairs_of(x),
            "sha256": x.sha256[:12],
        }
        for x in infos
    ]
    return pd.DataFrame(rows).set_index("dataset")


def coverage_table(modes: Sequence[Coverage]) -> pd.DataFrame:
    """Return which modes can run from when to when.

    Parameters
    ----------
    modes : sequence of Coverage
        One a mode and share class.

    Returns
    -------
    pandas.DataFrame
        The longest stretch without a hole, how many there are, and what is missing.
    """
    rows = []
    for mode in modes:
        longest = max(mode.spans, key=lambda x: x[1] - x[0]) if mode.spans else None
        rows.append(
            {
                "mode": mode.name,
                "first": None if longest is None else pd.Timestamp(longest[0], tz="UTC"),
                "last": None if longest is None else pd.Timestamp(longest[1], tz="UTC"),
                "stretches": len(mode.spans),
                "missing": "; ".join(mode.missing),
            }
        )
    return pd.DataFrame(rows).set_index("mode")


def findings_table(findings: Sequence[CheckFinding]) -> pd.DataFrame:
    """Return what the checks found.

    Parameters
    ----------
    findings : sequence of CheckFinding
        Errors first.

    Returns
    -------
    pandas.DataFrame
        One row a finding.
    """
    columns = ("severity", "check", "file", "rows", "what", "effect", "remedy")
    rows = [
        (x.severity.value, x.check, x.file, x.rows, x.what, x.effect, x.remedy) for x in findings
    ]
    return pd.DataFrame(rows, columns=list(columns))


def meanings_table() -> pd.DataFrame:
    """Return what every check means.

    Returns
    -------
    pandas.DataFrame
        One row a check: its severity, what it stops, its effect on a backtest, what to do.
    """
    rows = [
        {
            "check": x.name,
            "severity": x.severity.value,
            "stops": x.stops.value,
            "effect": x.effect,
            "remedy": x.remedy,
        }
        for x in MEANINGS.values()
    ]
    return pd.DataFrame(rows).set_index("check")
