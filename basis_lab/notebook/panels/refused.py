"""What is refused, told at its field, in the list of other keys, and beside Run."""

from collections.abc import Mapping

from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import Control, label_text
from basis_lab.notebook.panels.alerts import remedy_button
from basis_lab.notebook.panels.markup import link, text
from basis_lab.notebook.remedies import Remedy, in_fields

CASE_FIELDS = {
    "mode": "Mode",
    "start": "From, to",
    "capital": "Capital",
    "scenario": "Scenario",
    "data_dir": "Data directory",
    "other": "Any other key",
}
Ways = Mapping[str, tuple[Remedy, ...]]


def told_slots(
    case: Case,
    controls: tuple[Control, ...],
    refused: Mapping[str, str],
    ways: Ways,
    hints: Mapping[str, str],
) -> dict[str, str]:
    """Return what stands under each field, in the list of other keys, and beside Run.

    Parameters
    ----------
    case : Case
        As it is.
    controls : tuple of Control
        The mode's keys.
    refused : mapping of str to str
        Reasons by the key of their field.
    ways : mapping of str to tuple of Remedy
        What mends them.
    hints : mapping of str to str
        What the last run says, by key.

    Returns
    -------
    dict of str to str
        HTML by slot.
    """
    notes = {x: refusal_html(*_told(x, refused, ways)) for x in CASE_FIELDS}
    notes |= {
        x.key: note_html(
            x, refusal_html(*_told(x.key, refused, ways)), hints[x.key] if x.key in hints else ""
        )
        for x in controls
    }
    return {
        **{f"note:{key}": html for key, html in notes.items()},
        "others": _others(case, controls, refused),
        "waits": waits_html(refused, controls, ways),
    }


def _told(key: str, refused: Mapping[str, str], ways: Ways) -> tuple[str, tuple[Remedy, ...]]:
    return refused[key] if key in refused else "", ways[key] if key in ways else ()


def _others(case: Case, controls: tuple[Control, ...], refused: Mapping[str, str]) -> str:
    """Return the changed keys that have no control, each with what takes it away."""
    known = {x.key for x in controls}
    told = ""
    for key, value in case.overrides.items():
        if key in known:
            continue
        remove = link("remove", "reset", data_of=key, aria_label=f"remove {key}")
        why = refusal_html(refused[key], ()) if key in refused else ""
        told += (
            f'<div class="bl-field"><code>{text(key)} = {text(label_text(value))}</code> '
            f"{remove}{why}</div>"
        )
    if case.overrides:
        count = len(case.overrides)
        told += link(
            f"reset {'the change' if count == 1 else f'all {count} changes'}", "reset", data_of=""
        )
    return told


def note_html(control: Control, refused: str, hint: str) -> str:
    """Return what stands under a control: refused, changed, or a hint.

    Parameters
    ----------
    control : Control
        The key.
    refused : str
        HTML of why its value is refused, or "".
    hint : str
        What the last run says about it, or "".

    Returns
    -------
    str
        HTML.
    """
    parts = []
    if control.changed:
        default = text(label_text(control.default))
        reset = link("reset", "reset", data_of=control.key, aria_label=f"reset {control.label}")
        dot = '<span class="changed" aria-hidden="true">\N{BULLET}</span>'
        parts.append(f'{dot} <span class="muted">default {default}</span> {reset}')
    parts.append(refused)
    if hint:
        parts.append(f'<div class="hint">{text(hint)}</div>')
    return "".join(parts)


def refusal_html(refused: str, ways: tuple[Remedy, ...]) -> str:
    """Return why what stands in a field is refused, and the buttons that mend it.

    Parameters
    ----------
    refused : str
        The reason, or "".
    ways : tuple of Remedy
        What can be applied.

    Returns
    -------
    str
        HTML; empty without a reason.
    """
    if not refused:
        return ""
    acts = "".join(remedy_button(x) for x in ways)
    return f'<div class="refused" role="alert">{text(in_fields(refused))} {acts}</div>'


def waits_html(refused: Mapping[str, str], controls: tuple[Control, ...], ways: Ways) -> str:
    """Return what Run waits for, beside Run: in full where the field itself is folded away.

    Parameters
    ----------
    refused : mapping of str to str
        Reasons by the key of their field.
    controls : tuple of Control
        The mode's keys.
    ways : mapping of str to tuple of Remedy
        What mends them.

    Returns
    -------
    str
        HTML; empty where nothing is refused.
    """
    known = {x.key: x for x in controls}
    lines = []
    for key, why in refused.items():
        if key in known and not known[key].primary:
            control = known[key]
            acts = "".join(remedy_button(x) for x in _told(key, refused, ways)[1])
            told = f"{text(control.label)}, under Advanced: {text(in_fields(why))} {acts}"
        elif key == "other":
            told = f"{CASE_FIELDS[key]}, under Advanced: {text(in_fields(why))}"
        else:
            names = {**{x.key: x.label for x in controls}, **CASE_FIELDS}
            told = text(names[key] if key in names else key)
        lines.append(f'<div class="refused">Run waits for {told}</div>')
    return "".join(lines)
