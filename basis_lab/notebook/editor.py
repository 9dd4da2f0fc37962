"""The left column at work: what is chosen, what can be, and what is refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from basis_lab.config.describe import describe_config
from basis_lab.config.files import default_folder
from basis_lab.config.loader import parse_set
from basis_lab.errors import BasisLabError, ConfigError
from basis_lab.notebook.case import Case, pairs
from basis_lab.notebook.controls import Control, make_controls, names, read_share, read_value
from basis_lab.notebook.dates import dated, refuse_dates
from basis_lab.notebook.mending import mends, problems_of, settings
from basis_lab.notebook.panel import Panel
from basis_lab.notebook.panels import side
from basis_lab.notebook.panels.refused import told_slots
from basis_lab.notebook.refusals import Refusals, place_of, reason
from basis_lab.notebook.remedies import Remedy
from basis_lab.notebook.shares import SEPARATOR
from basis_lab.notebook.shown import shown_values, summaries

ABOUT_DATA = ("data.proxies", "data.allow_derived")  # what a directory lacks, it lacks for all


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
        self._refusals = Refusals()
        self.live = False
        self._hints: Mapping[str, str] = {}
        self._stood_for: Mapping[str, float] = {}
        self._learned_of = case
        self._on_change = on_change
        self._pairs = pairs()
        self._structure: tuple[object, ...] = ()
        self.panel = Panel("side", "", watches=True, on_act=on_act)
        self.offer = self._make_offer()
        self.case = self._filled()
        self.render()

    @property
    def controls(self) -> tuple[Control, ...]:
        """The mode's keys as they stand."""
        return self.offer.controls

    @property
    def refused(self) -> dict[str, str]:
        """What is refused, and why, by the key of its field."""
        return self._refusals.told

    @property
    def unread(self) -> bool:
        """Whether a field has what is no value: what stands in the fields is not the case."""
        return bool(self._refusals.unread)

    @property
    def trouble(self) -> BasisLabError | None:
        """What the case is refused for at none of its fields."""
        return self._refusals.trouble

    def choose(self, key: str, value: str) -> None:
        """Change a part of the case: mode, share class, dates, capital, scenario, data.

        Parameters
        ----------
        key, value : str
            What, and what it becomes.
        """
        self._refusals.forget_text(key)
        match key:
            case "mode":
                share_class = self.case.share_class
                valid = self._pairs[value]
                chosen = share_class if share_class in valid else valid[0]
                self._take(mode=value, share_class=chosen)
                self._refusals.forget_text()
                if chosen != share_class:
                    self.case = replace(self.case, capital=None)
            case "share_class":
                self._take(share_class=value)
                self.case = replace(self.case, capital=None)
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

    def _take(self, **chosen: str) -> None:
        """Take another mode or share class; of what was changed stays what is about the data."""
        kept = {k: v for k, v in self.case.overrides.items() if k in ABOUT_DATA}
        self.case = replace(self.case, overrides=kept, **chosen)  # type: ignore[arg-type] # texts

    def load(self, case: Case) -> None:
        """Take another case whole; nobody is told, whoever loads it runs it.

        Parameters
        ----------
        case : Case
            In place of the one that is there.
        """
        self._refusals.forget_text()
        self.case = case
        self._resolve()

    def _capital(self, written: str) -> None:
        try:
            amount = float(written)
        except ValueError:
            amount = 0.0
        if amount > 0.0:
            self.case = replace(self.case, capital=amount)
        else:
            self._refusals.refuse_text("capital", written, "the capital is a number above zero")

    def set(self, key: str, written: str) -> None:
        """Change a key of the mode; what is refused is said at its control.

        Parameters
        ----------
        key, written : str
            The key, or the field of one of its shares, and what was written.
        """
        whole, _, part = key.partition(SEPARATOR)
        control = next((x for x in self.controls if x.key == whole), None)
        if control is None:
            return
        try:
            value = read_share(control, part, written) if part else read_value(control, written)
        except BasisLabError as error:
            self._refuse_text(whole, written, f"{error.what}; {error.remedy}", field=key)
            return
        self.apply(whole, value)

    def _refuse_text(self, key: str, written: str, why: str, *, field: str = "") -> None:
        self._refusals.refuse_text(key, written, why, field=field)
        self.render()
        self._on_change()

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
        self._refusals.forget_text(key)
        self.case = replace(self.case, overrides=overrides)
        if control is None or key.startswith("data.") or names(value) != names(control.value):
            self._changed()
            return
        # A number changes no other key, nor the data: what it becomes is known, the run checks it.
        after = replace(control, value=value)
        controls = tuple(after if x.key == key else x for x in self.controls)
        self.offer = replace(self.offer, controls=controls)
        self._refusals.look_anew()
        self._refusals.note(self._refused_dates())
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
            self._refusals.trouble = error

    def other(self, written: str) -> None:
        """Give any key a value, as ``--set`` does.

        Parameters
        ----------
        written : str
            key = value.
        """
        self._refusals.forget_text("other")
        try:
            key, value = parse_set(written)
        except BasisLabError as error:
            self._refuse_text("other", written, f"{error.what}; {error.remedy}")
            return
        why = self._refused_key(key, value)
        if why:
            self._refuse_text("other", written, why)
        else:
            self.apply(key, value)

    def _refused_key(self, key: str, value: object) -> str:
        """Return why a key without a control cannot have a value; it is not added then."""
        known = {x.key for x in self.controls}
        if key in known:
            return ""
        overrides = {**self.case.overrides, key: value}
        before = problems_of(self.case)
        made = [
            x
            for x in problems_of(replace(self.case, overrides=overrides))
            if (place := place_of(x, overrides, known)) == key or not (place or x in before)
        ]
        return "; ".join(reason(x, "other") for x in made)

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
            case "data_dir" | "scenario" | "capital":
                self.choose(key, value)
            case "together":
                made = settings(Remedy("", key, value))
                self.case = replace(self.case, overrides={**self.case.overrides, **made})
                for moved in made:
                    self._refusals.forget_text(moved)
                self._changed()
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
        self._refusals.forget_text(key)
        self.case = replace(self.case, overrides=kept)
        self._changed()

    def learn(self, case: Case, stood_for: Mapping[str, float], hints: Mapping[str, str]) -> None:
        """Say at the controls what a run says about them, as long as they are those of its mode.

        Parameters
        ----------
        case : Case
            That was run.
        stood_for : mapping of str to float
            The number that it took for a word such as "auto", by key.
        hints : mapping of str to str
            What it says of a limit, by key; empty texts where it says nothing.
        """
        self._learned_of = case
        self._stood_for, self._hints = stood_for, {key: x for key, x in hints.items() if x}
        self.render()

    @property
    def _learned(self) -> tuple[Mapping[str, float], Mapping[str, str]]:
        """The numbers that stood for words, and the hints, of a run of the chosen mode."""
        ran, case = self._learned_of, self.case
        same = (ran.mode, ran.share_class) == (case.mode, case.share_class)
        return (self._stood_for, self._hints) if same else ({}, {})

    def _changed(self) -> None:
        self._resolve()
        self._on_change()

    def _resolve(self) -> None:
        """Resolve the case anew; refusals go to the controls that they are about."""
        self._refusals.look_anew()
        try:
            self.offer = self._make_offer()
            self.case = self._filled()
        except ConfigError as error:
            self.offer = replace(self.offer, controls=self._asked())
            self.refuse(error)
        except BasisLabError as error:
            self._refusals.trouble = error
        self._refusals.note(self._refused_dates())
        self.render()

    def _filled(self) -> Case:
        """Return the case with what its empty fields stand for, so that it runs as it reads."""
        case = dated(self.case, self.offer.coverage)
        return case if case.capital is not None else replace(case, capital=self.offer.capital)

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
        self._refusals.take(error, self.case.overrides, {x.key for x in self.controls})

    def _asked(self) -> tuple[Control, ...]:
        """Return the controls with what was asked for, where no configuration can be made."""
        asked = self.case.overrides
        return tuple(
            replace(x, value=asked[x.key] if x.key in asked else x.default) for x in self.controls
        )

    def _make_offer(self) -> side.Offer:
        config = self.case.config()
        controls = make_controls(config, self.case.config(changed=False))
        keys = {x.key for x in controls}
        return side.Offer(
            pairs=self._pairs,
            scenarios=default_folder(None).names("scenarios"),
            coverage=self._coverage(),
            currency=config.share_class.currency,
            capital=config.share_class.default_capital,
            controls=controls,
            other_keys=tuple(x.key for x in describe_config(config) if x.key not in keys),
        )

    def _coverage(self) -> tuple[str, str]:
        try:
            return self.case.coverage()
        except BasisLabError as error:
            # The run will be refused with the same error, in the place for errors.
            self._refusals.trouble = error
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
        told, controls = self.refused, offer.controls
        written, unread = self._refusals.written, self._refusals.unread
        ways = {
            key: mends(case, key, controls, why=why, unread=key in unread)
            for key, why in told.items()
        }
        _, ways["start"] = refuse_dates(case, offer.coverage)
        stood_for, hints = self._learned
        slots = told_slots(case, controls, told, ways, hints)
        self.panel.patch({**slots, **summaries(case, controls)})
        values = shown_values(case, controls, stood_for)
        thumbs = {f"thumb:{x.key}": x.text for x in controls if x.key in unread}
        self.panel.values = {**self.panel.values, **thumbs, **values, **written}
