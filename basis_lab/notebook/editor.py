"""The left column at work: what is chosen, what can be, and what is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from basis_lab.config.describe import describe_config
from basis_lab.config.files import default_folder
from basis_lab.config.loader import parse_set
from basis_lab.errors import BasisLabError, ConfigError
from basis_lab.notebook.case import Case, pairs
from basis_lab.notebook.controls import Control, make_controls, read_value, value_text
from basis_lab.notebook.dates import DAY_LETTERS, refuse_dates
from basis_lab.notebook.panel import Panel
from basis_lab.notebook.panels import side


class Editor:
    """Holds the case and its controls.

    Parameters
    ----------
    case : Case
        The first case.
    on_change : callable
        Called after every accepted change.
    on_act : callable
        Called with every act that is not about the case.
    """

    def __init__(
        self,
        case: Case,
        on_change: Callable[[], None],
        on_act: Callable[[str, str, str], None],
    ) -> None:
        self.case = case
        self._unread: dict[str, str] = {}  # written, and no value: it stands in its field alone
        self._found: dict[str, str] = {}  # of the case as it is; every change finds them anew
        self.trouble: BasisLabError | None = None
        self.live = False
        self._hints: Mapping[str, str] = {}
        self._stood_for: Mapping[str, float] = {}
        self._on_change = on_change
        self._pairs = pairs()
        self._structure: tuple[object, ...] = ()
        self.panel = Panel("side", "", watches=True, on_act=on_act)
        self.offer = self._make_offer()
        self.render()

    @property
    def controls(self) -> tuple[Control, ...]:
        """The mode's keys as they stand."""
        return self.offer.controls

    @property
    def refused(self) -> dict[str, str]:
        """What is refused, and why, by the key of its field."""
        return {**self._found, **self._unread}

    def choose(self, key: str, value: str) -> None:
        """Change a part of the case: mode, share class, dates, capital, scenario, data.

        Parameters
        ----------
        key, value : str
            What, and what it becomes.
        """
        self._unread.pop(key, None)
        match key:
            case "mode":
                share_class = self.case.share_class
                valid = self._pairs[value]
                chosen = share_class if share_class in valid else valid[0]
                self.case = replace(self.case, mode=value, share_class=chosen, overrides={})
                self._unread.clear()
                if chosen != share_class:
                    self.case = replace(self.case, capital=None)
            case "share_class":
                self.case = replace(self.case, share_class=value, capital=None, overrides={})
            case "capital":
                self._capital(value)
            case "scenario":
                self.case = replace(self.case, scenario="" if value == "none" else value)
            case "start":
                self.case = replace(self.case, start=value if value else None)
            case "end":
                self.case = replace(self.case, end=value if value else None)
            case _:
                self.case = replace(self.case, data_dir=value)
        self._changed()

    def load(self, case: Case) -> None:
        """Take another case whole.

        Parameters
        ----------
        case : Case
            In place of the one that is there.
        """
        self._unread.clear()
        self.case = case
        self._changed()

    def _capital(self, written: str) -> None:
        try:
            amount = float(written)
        except ValueError:
            amount = 0.0
        if amount > 0.0:
            self.case = replace(self.case, capital=amount)
        else:
            self._unread["capital"] = "the capital is a number above zero"

    def set(self, key: str, written: str) -> None:
        """Change a key of the mode; what is refused is said at its control.

        Parameters
        ----------
        key, written : str
            The key and what was written.
        """
        control = next((x for x in self.controls if x.key == key), None)
        if control is None:
            return
        try:
            value = read_value(control, written)
        except BasisLabError as error:
            self._unread[key] = f"{error.what}; {error.remedy}"
            self.render()
            self._on_change()
            return
        self.apply(key, value)

    def apply(self, key: str, value: object) -> None:
        """Give a key a value.

        Parameters
        ----------
        key : str
            A dotted key.
        value : object
            Plain data.
        """
        overrides = {**self.case.overrides, key: value}
        control = next((x for x in self.controls if x.key == key), None)
        if control is not None and value == control.default:
            del overrides[key]
        self._unread.pop(key, None)
        self.case = replace(self.case, overrides=overrides)
        if control is None or control.key.startswith("data."):
            self._changed()
            return
        # A key of the mode changes no other: what it becomes is known, and the run checks it.
        after = replace(control, value=value)
        controls = tuple(after if x.key == key else x for x in self.controls)
        self.offer = replace(self.offer, controls=controls)
        self.trouble = None
        self._found = self._refused_dates()
        if not self.live:
            self._check()
        self._on_change()
        self.render()

    def _check(self) -> None:
        """Refuse at once what no run would accept."""
        try:
            self.case.config()
        except ConfigError as error:
            self.refuse(error)
        except BasisLabError as error:
            self.trouble = error

    def other(self, written: str) -> None:
        """Give any key a value, as ``--set`` does.

        Parameters
        ----------
        written : str
            key = value.
        """
        self._unread.pop("other", None)
        try:
            key, value = parse_set(written)
        except BasisLabError as error:
            self._unread["other"] = f"{error.what}; {error.remedy}"
            self.render()
            self._on_change()
            return
        self.apply(key, value)

    def remedy(self, key: str, value: str) -> None:
        """Apply a remedy.

        Parameters
        ----------
        key, value : str
            As in ``Remedy``.
        """
        match key:
            case "dates":
                start, _, end = value.partition("/")
                self.case = replace(self.case, start=start, end=end)
                self._changed()
            case "data_dir" | "scenario":
                self.choose(key, value)
            case _:
                self.apply(key, json.loads(value))

    def restore(self, key: str) -> None:
        """Take a key back to its default, or all of them.

        Parameters
        ----------
        key : str
            A key, or "" for all.
        """
        kept = {} if not key else {k: v for k, v in self.case.overrides.items() if k != key}
        self._unread = {} if not key else {k: v for k, v in self._unread.items() if k != key}
        self.case = replace(self.case, overrides=kept)
        self._changed()

    def hint(self, hints: Mapping[str, str]) -> None:
        """Say at controls what the last run says about them.

        Parameters
        ----------
        hints : mapping of str to str
            By key.
        """
        self._hints = hints
        self.render()

    def _changed(self) -> None:
        """Resolve the case anew; refusals go to the controls that they are about."""
        self.trouble = None
        self._found = {}
        try:
            self.offer = self._make_offer()
        except ConfigError as error:
            self.refuse(error)
        except BasisLabError as error:
            self.trouble = error
        self._found |= self._refused_dates()
        self.render()
        self._on_change()

    def _refused_dates(self) -> dict[str, str]:
        why, _ = refuse_dates(self.case, self.offer.coverage)
        return {"start": why} if why else {}

    def refuse(self, error: ConfigError) -> None:
        """Say at the controls what is refused; what is about none of them is trouble.

        Parameters
        ----------
        error : ConfigError
            With every problem.
        """
        known = {x.key for x in self.controls}
        for problem in error.problems:
            place = problem.key
            if place not in known:
                # An error about a block, or about keys together, stands at a changed key.
                changed = [x for x in self.case.overrides if x in known]
                inside = [x for x in changed if x.startswith(place)]
                place = (inside or changed or [""])[-1]
            if place:
                self._found[place] = f"{problem.what}; {problem.remedy}"
            else:
                self.trouble = error

    def _make_offer(self) -> side.Offer:
        config = self.case.config()
        controls = make_controls(config, self.case.config(changed=False))
        keys = {x.key for x in controls}
        return side.Offer(
            pairs=self._pairs,
            scenarios=default_folder(None).names("scenarios"),
            coverage=self._coverage(),
            currency=config.share_class.currency,
            controls=controls,
            other_keys=tuple(x.key for x in describe_config(config) if x.key not in keys),
        )

    def _coverage(self) -> tuple[str, str]:
        try:
            return self.case.coverage()
        except BasisLabError as error:
            # The run will be refused with the same error, in the place for errors.
            self.trouble = error
            return "", ""

    def render(self) -> None:
        """Show the case as it is."""
        offer, case = self.offer, self.case
        structure = (
            case.mode,
            case.share_class,
            offer.coverage,
            tuple(x.key for x in offer.controls),
        )
        if structure != self._structure:
            self._structure = structure
            self.panel.html = side.side_html(case, offer)
        notes = {
            f"note:{x.key}": side.note_html(x, self._refusal(x.key), self._hint(x.key))
            for x in offer.controls
        }
        _, dates = refuse_dates(case, offer.coverage)
        for key in side.CASE_FIELDS:
            ways = dates if key == "start" else ()
            notes[f"note:{key}"] = side.refusal_html(self._refusal(key), ways)
        waits = {"waits": side.waits_html(self.refused, offer.controls)}
        self.panel.patch({**notes, **waits, **self._summaries()})
        self.panel.values = {**self.panel.values, **self._values()}

    def _refusal(self, key: str) -> str:
        return self.refused[key] if key in self.refused else ""

    def _hint(self, key: str) -> str:
        return self._hints[key] if key in self._hints else ""

    def _summaries(self) -> dict[str, str]:
        folded = [x for x in self.controls if not x.primary]
        changed = sum(x.changed for x in folded)
        at_default = len(folded) - changed
        others = [x for x in self.case.overrides if x not in {c.key for c in self.controls}]
        told = "".join(f"<div><code>{x} = {self.case.overrides[x]}</code></div>" for x in others)
        if self.case.overrides:
            count = len(self.case.overrides)
            told += (
                '<button type="button" class="bl-link" data-do="reset" data-of="">'
                f"reset {'the change' if count == 1 else f'all {count} changes'}</button>"
            )
        word = f"Advanced, {at_default} at default"
        return {
            "brief": f"{self.case.mode} \N{MIDDLE DOT} {self.case.share_class}",
            "advanced": word if changed == 0 else f"{word}, {changed} changed",
            "others": told,
        }

    def _values(self) -> dict[str, Any]:
        case = self.case
        shown = {x.key: x.text for x in self.controls}
        # A refused value stays in its input, beside the reason.
        shown |= {k: value_text(v) for k, v in case.overrides.items() if k in shown}
        capital = "" if case.capital is None else f"{case.capital:.10g}"
        # A word such as "auto" is told with the number that it stood for; the slider shows that.
        words = {x.key: x.words for x in self.controls}
        stood_for = {
            k: v for k, v in self._stood_for.items() if k in shown and shown[k] in words[k]
        }
        thumbs = {f"thumb:{key}": f"{number:.10g}" for key, number in stood_for.items()}
        shown |= {key: f"{shown[key]} ({number:.3f})" for key, number in stood_for.items()}
        return {
            **shown,
            **thumbs,
            "mode": case.mode,
            "share_class": case.share_class,
            "start": "" if case.start is None else case.start[:DAY_LETTERS],
            "end": "" if case.end is None else case.end[:DAY_LETTERS],
            "capital": capital,
            "scenario": case.scenario if case.scenario else "none",
            "data_dir": case.data_dir,
            "other": "",
        }

    def fill(self, summary: Mapping[str, Any], stood_for: Mapping[str, float]) -> None:
        """Write what a run took where nothing was chosen: dates, capital, and words' numbers.

        Parameters
        ----------
        summary : mapping
            As summary.json.
        stood_for : mapping of str to float
            The number that the run took for a word such as "auto", by key.
        """
        case = self.case
        self._stood_for = stood_for
        self.case = replace(
            case,
            start=summary["start"][:DAY_LETTERS] if case.start is None else case.start,
            end=summary["end"][:DAY_LETTERS] if case.end is None else case.end,
            capital=summary["initial_capital"] if case.capital is None else case.capital,
        )
        self.render()
