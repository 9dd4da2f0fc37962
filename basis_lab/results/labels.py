"""Names of categories and events as people read them: a default is called one."""

from collections.abc import Mapping
from typing import Any

from basis_lab.domain.events import DEFAULTED
from basis_lab.domain.wording import defaulted
from basis_lab.results.formats import format_amount

FORCED = "liquidation_penalty"  # what liquidations cost, and what a venue's default took
WRITE_OFF = "default write-off"
EXACT = 1e-9  # of the capital; a run whose attribution is off by more fails
EXACT_NOTE = "exact to 1e-9"  # of the capital


def category_label(name: str, summary: Mapping[str, Any]) -> str:
    """Return the name of a category of the attribution in one run.

    Parameters
    ----------
    name : str
        Of ``CATEGORIES``, or of a row beside them.
    summary : mapping
        As summary.json; its warnings say which venue defaulted.

    Returns
    -------
    str
        For instance "borrow cost"; a loss that a default brought is not called a penalty.
    """
    if name == FORCED and defaulted(summary["warnings"]):
        return "liquidations, default" if summary["liquidations"] else WRITE_OFF
    return name.replace("_", " ")


def event_label(kind: str, details: Mapping[str, object]) -> str:
    """Return what happened in words.

    Parameters
    ----------
    kind : str
        The event's type.
    details : mapping
        Of the event.

    Returns
    -------
    str
        For instance "funding payment"; the loss of all that lay at a venue is "default".
    """
    told = "why" in details and details["why"] == DEFAULTED
    return "default" if told else kind.replace("_", " ").lower()


def residual_words(summary: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is left over of the attribution, and how exact that is.

    Parameters
    ----------
    summary : mapping
        As summary.json.

    Returns
    -------
    tuple of str
        "0.00" and a note where it is rounding; else the amount and nothing.
    """
    residual, currency = summary["attribution_residual"], summary["currency"]
    if residual <= EXACT * summary["initial_capital"]:
        return format_amount(0.0, currency), EXACT_NOTE
    return f"{residual:.2g}", ""
