"""The line over the figure: which view, which toggles, which moment."""

from dataclasses import dataclass

from basis_lab.notebook.panels.markup import button

VIEWS = {
    "overview": "Overview",
    "risk": "Balance, risk",
    "rates": "Funding",
    "events": "Events",
    "runs": "Runs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Toggles:
    """What can be switched in the view that is shown.

    Parameters
    ----------
    zoomed : bool
        A stretch alone is in sight.
    weekly : bool or None
        Attribution by week; None in a view without it.
    """

    zoomed: bool
    weekly: bool | None


def bar_html(view: str, rows: int, toggles: Toggles, runs: int) -> str:
    """Return views, toggles and the moment.

    Parameters
    ----------
    view : str
        A key of ``VIEWS``.
    rows : int
        Timesteps of the run.
    toggles : Toggles
        What is switched.
    runs : int
        The drawn run and those beside it.

    Returns
    -------
    str
        HTML; the moment itself is a slot.
    """
    tabs = "".join(_tab(name, label, name == view, runs) for name, label in VIEWS.items())
    extras = ""
    if toggles.weekly is not None:
        pressed = "true" if toggles.weekly else "false"
        extras += button(
            "Weekly", "weekly", kind="toggle", data_focus="weekly", aria_pressed=pressed
        )
    if toggles.zoomed:
        extras += button("zoomed: show the whole run", "unzoom", data_focus="unzoom")
    return (
        f'<div class="bl-tabs" role="tablist" aria-label="views">{tabs}</div>{extras}'
        '<div class="bl-moment"><label for="bl-moment">Moment</label> '
        f'<output for="bl-moment" data-slot="moment"></output>{_step("[", "previous")}'
        f'<input type="range" id="bl-moment" min="0" max="{rows - 1}" step="1" data-key="moment" '
        f'data-act="moment" data-now="1">{_step("]", "next")}</div>'
    )


def _tab(name: str, label: str, chosen: bool, runs: int) -> str:  # noqa: FBT001 - of one of five
    return button(
        f"{label} {runs}" if name == "runs" else label,
        "view",
        data_of=name,
        data_focus=f"tab-{name}",
        role="tab",
        aria_selected="true" if chosen else "false",
        tabindex="0" if chosen else "-1",
    )


def _step(key: str, word: str) -> str:
    arrow = "\N{LEFTWARDS ARROW TO BAR}" if key == "[" else "\N{RIGHTWARDS ARROW TO BAR}"
    return button(
        arrow,
        "step",
        data_of=key,
        title=f"{word} decision, key {key}",
        aria_label=f"{word} decision",
        data_focus="earlier" if key == "[" else "later",
    )
