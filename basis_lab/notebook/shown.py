"""What the inputs of the left column show of a case."""

from collections.abc import Mapping
from typing import Any

from basis_lab.config.loan_quiet import target_in_force
from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import Control, Widget, label_text, value_text
from basis_lab.notebook.dates import DAY_LETTERS
from basis_lab.notebook.shares import share_fields

TARGET_LTV = "strategy.target_ltv"


def summaries(case: Case, controls: tuple[Control, ...]) -> dict[str, str]:
    """Return what the folded parts say of themselves.

    Parameters
    ----------
    case : Case
        As it is.
    controls : tuple of Control
        The mode's keys.

    Returns
    -------
    dict of str to str
        HTML by slot.
    """
    folded = [x for x in controls if not x.primary]
    changed = sum(x.changed for x in folded)
    word = f"Advanced, {len(folded) - changed} at default"
    return {
        "brief": f"{case.mode} \N{MIDDLE DOT} {case.share_class}",
        "advanced": word if changed == 0 else f"{word}, {changed} changed",
    }


def shown_values(
    case: Case, controls: tuple[Control, ...], stood_for: Mapping[str, float]
) -> dict[str, str]:
    """Return what stands in each input.

    Parameters
    ----------
    case : Case
        As it is; a refused value stays in its input, beside the reason.
    controls : tuple of Control
        The mode's keys.
    stood_for : mapping of str to float
        The number that the last run took for a word such as "auto", by key.

    Returns
    -------
    dict of str to str
        By the key of the input; "thumb:" before it where a slider stands elsewhere.
    """
    shown = {x.key: x.text for x in controls}
    shown |= {k: value_text(v) for k, v in case.overrides.items() if k in shown}
    for x in controls:
        if x.widget is Widget.SHARES:
            shown |= share_fields(x.key, x.value, x.choices)
    # A word is told with the number that it stood for; the slider shows that.
    words = {x.key: x.words for x in controls}
    told = {k: v for k, v in stood_for.items() if k in shown and shown[k] in words[k]}
    shown |= {f"thumb:{key}": f"{number:.10g}" for key, number in told.items()}
    shown |= {key: f"{shown[key]} ({number:.3f})" for key, number in told.items()}
    return {
        **shown,
        "mode": case.mode,
        "share_class": case.share_class,
        "start": "" if case.start is None else case.start[:DAY_LETTERS],
        "end": "" if case.end is None else case.end[:DAY_LETTERS],
        "capital": "" if case.capital is None else f"{case.capital:.10g}",
        "scenario": case.scenario if case.scenario else "none",
        "data_dir": case.data_dir,
        "other": "",
    }


def stood_for(case: Case, settings: Mapping[str, Any], day: str) -> dict[str, float]:
    """Return the number that a run took for each word of a control.

    Parameters
    ----------
    case : Case
        That was run.
    settings : mapping
        Its configuration as plain values, as the run's record has it.
    day : str
        ISO date of its end.

    Returns
    -------
    dict of str to float
        By key; empty without words.
    """
    if not isinstance(settings["strategy"].get("target_ltv"), str):
        return {}
    target = target_in_force(case.config(), day)
    return {} if target is None else {TARGET_LTV: target}


def differences(case: Case, usual_capital: float) -> str:
    """Return what tells a case from the mode's files.

    Parameters
    ----------
    case : Case
        Drawn, pinned, or failed.
    usual_capital : float
        That of the share class where none is given, in its currency.

    Returns
    -------
    str
        Mode, changed keys, another capital or data directory, and scenario.
    """
    told = [
        f"{key.rpartition('.')[2].replace('_', ' ')} {label_text(x)}"
        for key, x in case.overrides.items()
    ]
    if case.capital not in (None, usual_capital):
        told.append(f"capital {case.capital:,.10g}")
    told += [f"data {case.data_dir}"] if case.data_dir else []
    told += [f"scenario {case.scenario}"] if case.scenario else []
    return ", ".join([case.mode, *(told if told else ["as shipped"])])
