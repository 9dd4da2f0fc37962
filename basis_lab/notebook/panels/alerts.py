"""An error as people can use it: the sentence, where, value, remedy, and what can be applied."""

import re

from basis_lab.errors import BasisLabError, ConfigError, ConfigProblem
from basis_lab.notebook.mending import tried
from basis_lab.notebook.panels.markup import button, text
from basis_lab.notebook.remedies import Remedy, Trouble, in_fields

SPAN = re.compile(r"(\S+) (\d{4}-\d{2}-\d{2}T[\d:]+Z) to (\d{4}-\d{2}-\d{2}T[\d:]+Z)(?:; )?")
LISTED = 3  # fewer series are named in the line itself


def alert_html(trouble: Trouble, before: str, other: str = "") -> str:
    """Return an error over the dimmed last result.

    Parameters
    ----------
    trouble : Trouble
        What a run was refused or failed with, and its case.
    before : str
        What the dimmed result below is; empty without one.
    other : str
        What the case of the error is, where another is chosen by now: what mends the one is not
        for the other. Empty where it is the chosen one.

    Returns
    -------
    str
        HTML; an alert that takes the focus.
    """
    error = trouble.error
    told = "".join(f"<dt>{name}</dt><dd>{html}</dd>" for name, html in _lines(error))
    acts = "" if other else "".join(remedy_button(x) for x in tried(trouble))
    apart = f'<p class="muted">It ran {text(other)}; another case is chosen by now.</p>'
    below = f'<span class="muted">Below, dimmed: {text(before)}. Nothing of it has changed.</span>'
    return (
        f'<div class="bl-alert" role="alert" tabindex="-1"><h2>{text(_sentence(error.what))}</h2>'
        f"{apart if other else ''}<dl>{told}</dl>"
        f'<div class="acts">{acts}{button("Dismiss", "dismiss")}'
        f"{below if before else ''}</div></div>"
    )


def remedy_button(remedy: Remedy) -> str:
    """Return the button that applies a remedy and runs again.

    Parameters
    ----------
    remedy : Remedy
        What is applied.

    Returns
    -------
    str
        HTML.
    """
    return button(remedy.label, "remedy", kind="main", data_of=remedy.key, data_value=remedy.value)


def _sentence(what: str) -> str:
    return f"This run could not go on: {in_fields(what)}."


def _lines(error: BasisLabError) -> list[tuple[str, str]]:
    if isinstance(error, ConfigError):
        told = [("keys" if i == 0 else "", _problem(x)) for i, x in enumerate(error.problems)]
        return [*told, ("code", text(error.code))]
    given = (("where", error.where), ("value", error.value), ("remedy", error.remedy))
    told = [
        (name, _folded(in_fields(str(value)))) for name, value in given if value not in (None, "")
    ]
    return [*told, ("code", text(error.code))]


def _folded(told: str) -> str:
    """Return a text; of a list of series and their dates only what all cover, the rest folded."""
    spans = SPAN.findall(told)
    if len(spans) < LISTED:
        return text(told)
    first, last = max(x[1] for x in spans), min(x[2] for x in spans)
    before = told[: SPAN.search(told).start()]  # type: ignore[union-attr] # there are spans
    common = f"all of them cover {first} to {last}" if first <= last else "no date in common"
    lines = "".join(f"<li>{text(name)} {low} to {high}</li>" for name, low, high in spans)
    return (
        f'{text(before)}{common}<details data-fold="spans"><summary>{len(spans)} series</summary>'
        f"<ul>{lines}</ul></details>"
    )


def _problem(problem: ConfigProblem) -> str:
    told = f"{text(problem.what)}; {text(in_fields(problem.remedy))}"
    return f"<code>{text(problem.key)}</code> = {text(problem.value)}: {told}"
