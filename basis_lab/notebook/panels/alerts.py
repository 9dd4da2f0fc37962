"""An error as people can use it: the sentence, where, value, remedy, and what can be applied."""

import json
import re
from dataclasses import dataclass

from basis_lab.errors import BasisLabError, ConfigError
from basis_lab.notebook.panels.markup import button, text

SETTING = re.compile(r"--set '?([a-z_.]+)=(\{[^}]*\}|[^\s',;]+)'?")


@dataclass(frozen=True, slots=True)
class Remedy:
    """A remedy that can be applied by a button.

    Parameters
    ----------
    label : str
        What the button says.
    key, value : str
        The key of the configuration and its new value, as JSON.
    """

    label: str
    key: str
    value: str


def remedies(error: BaseException) -> tuple[Remedy, ...]:
    """Return what an error's own remedy says can be set.

    Parameters
    ----------
    error : BaseException
        Any error.

    Returns
    -------
    tuple of Remedy
        One a ``--set key=value`` in the remedy that is whole JSON.
    """
    if not isinstance(error, BasisLabError):
        return ()
    made = []
    for key, value in SETTING.findall(error.remedy):
        try:
            plain = json.loads(value)
        except json.JSONDecodeError:
            continue
        made.append(Remedy(_label(key, plain), key, json.dumps(plain)))
    return tuple(made)


def _label(key: str, value: object) -> str:
    if key == "data.proxies" and isinstance(value, dict) and value:
        return ", ".join(f"Use {proxy} for {venue}" for venue, proxy in value.items())
    return f"Set {key.rpartition('.')[2].replace('_', ' ')} to {json.dumps(value)}"


def alert_html(error: BaseException, before: str) -> str:
    """Return an error over the dimmed last result.

    Parameters
    ----------
    error : BaseException
        What a run was refused or failed with.
    before : str
        What the dimmed result below is; empty without one.

    Returns
    -------
    str
        HTML; an alert that takes the focus.
    """
    what = error.what if isinstance(error, BasisLabError) else str(error)
    lines = _lines(error)
    told = "".join(f"<dt>{name}</dt><dd>{html}</dd>" for name, html in lines)
    acts = "".join(
        button(x.label, "remedy", kind="main", data_of=x.key, data_value=x.value)
        for x in remedies(error)
    )
    below = f'<span class="muted">Below, dimmed: {text(before)}. Nothing of it has changed.</span>'
    return (
        f'<div class="bl-alert" role="alert" tabindex="-1"><h2>{text(_sentence(what))}</h2>'
        f"<dl>{told}</dl>"
        f'<div class="acts">{acts}{button("Dismiss", "dismiss")}'
        f"{below if before else ''}</div></div>"
    )


def _sentence(what: str) -> str:
    return f"This run could not go on: {what}."


def _lines(error: BaseException) -> list[tuple[str, str]]:
    if isinstance(error, ConfigError):
        told = [
            (
                "keys" if i == 0 else "",
                f"<code>{text(x.key)}</code> = {text(x.value)}: {text(x.what)}; {text(x.remedy)}",
            )
            for i, x in enumerate(error.problems)
        ]
        return [*told, ("code", text(error.code))]
    if not isinstance(error, BasisLabError):
        return [("kind", text(type(error).__name__))]
    given = (("where", error.where), ("value", error.value), ("remedy", error.remedy))
    told = [(name, text(value)) for name, value in given if value not in (None, "")]
    return [*told, ("code", text(error.code))]
