"""The decisions of a run, each once, in words."""

import json

import pandas as pd

from basis_lab.results.frames import RunTables
from basis_lab.results.report_data import ReportData

ENTRY = "entry"


def decisions_table(tables: RunTables) -> pd.DataFrame:
    """Return every decision of a run.

    Parameters
    ----------
    tables : RunTables
        The run.

    Returns
    -------
    pandas.DataFrame
        By timestamp: ``decision`` and ``why`` in words; ``value`` against the ``limit`` that it
        passed, in the unit of the trigger, NaN for the entry, which passes none; ``stages``, how
        often the log has it, one line for each part of it.
    """
    stages = ReportData(tables).decisions
    logged = tables.events.iloc[list(stages)]
    rows = []
    for trigger, details in zip(logged["trigger"], logged["details"], strict=True):
        told = json.loads(details)
        side = f", {told['side']}" if told["side"] else ""
        entry = trigger == ENTRY
        rows.append(
            {
                "decision": str(told["action"]).replace("_", " "),
                "why": str(trigger).replace("_", " ") + side,
                "value": None if entry else told["value"],
                "limit": None if entry else told["limit"],
            }
        )
    table = pd.DataFrame(rows, index=logged.index, columns=["decision", "why", "value", "limit"])
    table["stages"] = list(stages.values())
    return table.astype({"value": float, "limit": float, "stages": int})
