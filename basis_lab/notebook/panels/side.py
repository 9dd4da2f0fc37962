"""The left column: the case, the mode's own parameters, and what can be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import Control, Widget, value_text
from basis_lab.notebook.panels.markup import attributes, button, link, text
from basis_lab.notebook.shares import SEPARATOR
from basis_lab.notebook.words import day_text

EMPTY_DATES = "empty: to the last day of data, from 365 days before To"
EMPTY_DATE = {"start": "empty: 365 days before To", "end": "empty: the last day of the data"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What can be chosen in the left column.

    Parameters
    ----------
    pairs : mapping of str to tuple of str
        Modes and their share classes.
    scenarios : tuple of str
        Names.
    coverage : (str, str)
        First and last date that the data has for the mode; empty texts where unknown.
    currency : str
        Of capital.
    capital : float
        That of the share class where none is given.
    controls : tuple of Control
        The mode's keys.
    other_keys : tuple of str
        Every further key that an override may name.
    """

    pairs: Mapping[str, tuple[str, ...]]
    scenarios: tuple[str, ...]
    coverage: tuple[str, str]
    currency: str
    capital: float
    controls: tuple[Control, ...]
    other_keys: tuple[str, ...]


def side_html(case: Case, offer: Offer) -> str:
    """Return the structure of the left column.

    Parameters
    ----------
    case : Case
        What is chosen.
    offer : Offer
        What can be.

    Returns
    -------
    str
        HTML; notes, progress and status are slots.
    """
    opened = "".join(_field(x) for x in offer.controls if x.primary)
    folded = "".join(_field(x) for x in offer.controls if not x.primary)
    return (
        '<details class="bl-shell" data-fold="shell" open><summary><span data-slot="brief"></span>'
        f"</summary><h3>Case</h3>{_case_fields(case, offer)}"
        f'<h3>Parameters</h3>{opened}<details data-fold="advanced"><summary>'
        '<span data-slot="advanced">Advanced</span></summary>'
        f'<div class="inside">{folded}{_other(offer)}</div></details>'
        '<div data-slot="others"></div>'
        f'<div data-slot="acts"></div></details>'
        '<div class="bl-field" data-slot="waits"></div>'
        '<div data-slot="progress"></div>'
        '<div class="bl-status" data-slot="status" role="status"></div>'
        '<div data-slot="copies"></div>'
    )


def _case_fields(case: Case, offer: Offer) -> str:
    classes = offer.pairs[case.mode]
    share_class = (
        _select("share_class", "Share class", classes, "only valid pairs")
        if len(classes) > 1
        else f'<div class="bl-field"><div class="line"><span class="name">Share class</span>'
        f'<span class="about">the only one of this mode</span></div>'
        f'<div class="fact">{text(classes[0])}</div></div>'
    )
    return (
        _select("mode", "Mode", tuple(offer.pairs), "")
        + share_class
        + _dates(offer)
        + _input("capital", "Capital", offer.currency, type="number", min="0", step="any")
        + _select("scenario", "Scenario", ("none", *offer.scenarios), "")
        + _input("data_dir", "Data directory", "empty: the default", type="text")
    )


def _select(key: str, label: str, options: Iterable[str], about: str) -> str:
    made = "".join(f"<option>{text(x)}</option>" for x in options)
    return _frame(
        key, label, about, f'<select id="bl-{key}" data-key="{key}" data-act="case">{made}</select>'
    )


def _input(key: str, label: str, about: str, **given: str) -> str:
    rest = attributes(given)
    return _frame(
        key, label, about, f'<input id="bl-{key}" data-key="{key}" data-act="case"{rest}>'
    )


def _dates(offer: Offer) -> str:
    first, last = offer.coverage
    covered = f"{_day(first)} to {_day(last)}" if first else ""
    limits = f' min="{first}" max="{last}"' if first else ""
    boxes = "".join(
        f'<input type="date" id="bl-{key}" aria-label="{key}" title="{EMPTY_DATE[key]}" '
        f'data-key="{key}" data-act="case"{limits}>'
        for key in ("start", "end")
    )
    return (
        '<div class="bl-field"><div class="line"><span class="name">From, to</span>'
        f'<span class="about" title="the data that this mode needs">{covered}</span></div>'
        f'<div class="pair">{boxes}</div><div class="about empty">{EMPTY_DATES}</div>'
        '<div data-slot="note:start"></div></div>'
    )


def _day(iso: str) -> str:
    import datetime as dt

    return day_text(dt.date.fromisoformat(iso))


def _frame(key: str, label: str, about: str, inner: str) -> str:
    return (
        f'<div class="bl-field"><div class="line"><label for="bl-{key}">{text(label)}</label>'
        f'<span class="about">{text(about)}</span></div>{inner}'
        f'<div data-slot="note:{key}"></div></div>'
    )


def _field(control: Control) -> str:
    """Return one key: label, unit and bounds in a line, its meaning as tooltip and description."""
    key = text(control.key)
    shared = f'data-key="{key}" data-act="set" title="{text(control.meaning)}"'
    unit = control.unit.replace("fraction of", "of")
    about = ", ".join(x for x in (unit, *control.words, _range(control)) if x)
    name = f'<label for="bl-{key}">{text(control.label)}</label>'
    if control.widget is Widget.SHARES:
        name = f'<span class="name">{text(control.label)}</span>'
    return (
        f'<div class="bl-field" title="{text(control.meaning)}"><div class="line">{name}'
        f'<span class="about">{text(about)}</span></div>{_widget(control, shared)}'
        f'<span class="hidden" id="bl-d-{key}">{text(control.meaning)}</span>'
        f'<div data-slot="note:{key}"></div></div>'
    )


def _range(control: Control) -> str:
    if control.widget is Widget.SLIDER:
        return f"{value_text(control.low)} to {value_text(control.high)}"
    if control.widget is Widget.SHARES:
        return "sum 1"
    return "" if control.choices else control.bounds


def _widget(control: Control, shared: str) -> str:
    key = text(control.key)
    told = f'id="bl-{key}" aria-describedby="bl-d-{key}" {shared}'
    limits = attributes(
        {
            name: value_text(x)
            for name, x in (("min", control.low), ("max", control.high), ("step", control.step))
            if x is not None
        }
    )
    match control.widget:
        case Widget.SLIDER:
            wide = " wordy" if control.words else ""
            return (
                f'<div class="pair"><input type="range" {told}{limits}><input type="text" '
                f'inputmode="decimal" class="readout{wide}" '
                f'aria-label="{text(control.label)}, exact" {shared}></div>'
            )
        case Widget.NUMBER:
            return f'<input type="number" step="any" {told}>'
        case Widget.SWITCH:
            return f'<div><input type="checkbox" {told}> on</div>'
        case Widget.CHOICE:
            options = "".join(f"<option>{text(x)}</option>" for x in control.choices)
            return f"<select {told}>{options}</select>"
        case Widget.SHARES:
            return _shares(control)
        case Widget.TEXT:
            return f'<input type="text" {told}>'


def _shares(control: Control) -> str:
    """Return a number for each venue."""
    key = text(control.key)
    fields = "".join(
        f'<label>{text(x)} <input type="number" min="0" max="1" step="any" '
        f'aria-label="{text(control.label)}, {text(x)}" aria-describedby="bl-d-{key}" '
        f'data-key="{key}{SEPARATOR}{text(x)}" data-act="set"></label>'
        for x in control.choices
    )
    return (
        f'<div class="shares" role="group" aria-label="{text(control.label)}" '
        f'title="one is written, the others keep their proportions">{fields}</div>'
    )


def _other(offer: Offer) -> str:
    options = "".join(f'<option value="{text(x)}">' for x in offer.other_keys)
    return (
        '<div class="bl-field"><div class="line"><label for="bl-other">Any other key</label>'
        '<span class="about">key = value</span></div><input type="text" id="bl-other" '
        f'list="bl-keys" data-key="other" data-act="other"><datalist id="bl-keys">{options}'
        '</datalist><div data-slot="note:other"></div></div>'
    )


def acts_html(*, running: bool, live: bool, stale: bool, blocked: bool) -> str:
    """Return the buttons.

    Parameters
    ----------
    running, live, stale, blocked : bool
        A run is under way; a change runs at once; what is drawn is another case; a value is
        refused.

    Returns
    -------
    str
        HTML.
    """
    off = {"disabled": "disabled"}
    dot = " \N{BULLET}" if stale else ""
    first = (
        button(
            f"Run{dot}", "run", kind="main", data_focus="run", **(off if running or blocked else {})
        )
        + button("Live", "live", data_focus="live", aria_pressed="true" if live else "false")
        + button("Cancel", "cancel", data_focus="cancel", **({} if running else off))
    )
    second = "".join(
        button(name, name.lower(), data_focus=name) for name in ("Pin", "Save", "Report")
    )
    return f'<div class="bl-buttons">{first}</div><div class="bl-buttons">{second}</div>'


def live_off(seconds: float) -> str:
    """Return why a change does not run at once, as the end of the status.

    Parameters
    ----------
    seconds : float
        That the last run took.

    Returns
    -------
    str
        HTML.
    """
    return f" \N{MIDDLE DOT} Live is off: the last run took {seconds:.1f} s"


def copies_html(case: Case) -> str:
    """Return what copies the case.

    Parameters
    ----------
    case : Case
        What is chosen.

    Returns
    -------
    str
        HTML.
    """
    command = link("Copy as command", "copied", data_copy=case.command())
    return f"{command} {link('Copy as Python', 'copied', data_copy=case.python())}"


def progress_html(done: int, total: int, told: str) -> str:
    """Return the bar of a run under way.

    Parameters
    ----------
    done, total : int
        Timesteps.
    told : str
        Date reached, rate, time left.

    Returns
    -------
    str
        HTML.
    """
    share = 100.0 * done / total if total else 0.0
    return (
        '<div class="bl-progress" role="progressbar" aria-label="the run" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share:.0f}">'
        f'<div style="width:{share:.1f}%"></div></div>'
        f'<div class="muted">{text(told)}</div>'
    )
