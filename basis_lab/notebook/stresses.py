"""Stresses for a notebook: their table for reading."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from basis_lab.results.formats import NONE, format_amount, format_ratio, format_share
from basis_lab.results.stressing import BASE

if TYPE_CHECKING:
    import pandas as pd

DAYS = "days to recover"


def readable(table: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table of stresses for reading; the table itself has the numbers.

    Parameters
    ----------
    table : pandas.DataFrame
        As ``bl.stress`` returns it.

    Returns
    -------
    pandas.DataFrame
        Texts, costliest to leave in first; a measure that no run has is left out.
    """
    import pandas as pd

    ordered = table.sort_values(["worst_exit_to_base", "net_pnl_to_base"])
    currency = str(ordered.loc[BASE, "currency"])

    def amount(value: float) -> str:
        return format_amount(value, currency, signed=True)

    columns: dict[str, tuple[str, Callable[[float], str]]] = {
        f"exit against base, {currency}": ("worst_exit_to_base", amount),
        "worst exit, of equity": ("worst_exit", format_share),
        f"P&L against base, {currency}": ("net_pnl_to_base", amount),
        "least health factor": ("min_health_factor", format_ratio),
        "least margin ratio": ("min_margin_ratio", format_share),
        "liquidations": ("liquidations", "{:.0f}".format),
        "drawdown": ("max_drawdown", format_share),
        DAYS: ("days_to_recover", "{:.1f}".format),
    }
    told = {
        head: [word(value) if value == value else NONE for value in ordered[column]]  # noqa: PLR0124 - not NaN
        for head, (column, word) in columns.items()
        if head == DAYS or ordered[column].notna().any()
    }
    words = pd.DataFrame(told, index=ordered.index)
    lost = ordered["days_to_recover"].isna() & (ordered["note"] == "") & (ordered.index != BASE)
    words.loc[lost, DAYS] = "never"
    return words
