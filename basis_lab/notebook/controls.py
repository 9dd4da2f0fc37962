"""Controls made from the configuration's own models: what is shown, with what bounds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from basis_lab.config.describe import ConfigRow, describe_config
from basis_lab.config.models import RunConfig
from basis_lab.config.schema import Node, Shape
from basis_lab.errors import UsageError
from basis_lab.notebook.shares import are_shares, with_share
from basis_lab.notebook.words import words

MOST_OPEN = 5
BLOCKS = ("strategy", "risk", "costs", "data", "rewards")  # the last only where one stakes
STEPS_OF_A_SLIDER = 50
SERIES_EXAMPLE = "spot/binance/ETHUSDT"
MAP_EXAMPLE = '{"okx": "binance"}'
GRID = 1e-6  # of a step
TREASURY = "strategy.treasury"
SHORT = frozenset({"ltv", "lst", "dex"})


class Widget(StrEnum):
    """How a key is changed."""

    SLIDER = "slider"
    NUMBER = "number"
    SWITCH = "switch"
    CHOICE = "choice"
    SHARES = "shares"  # a number for each name of a map
    TEXT = "text"  # a text, or JSON for lists and maps


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One key of the configuration as it stands in the left column.

    Parameters
    ----------
    key : str
        The key that overrides use.
    label, unit, bounds, meaning : str
        For people.
    widget : Widget
        How it is changed.
    value, default : object
        Plain data: now, and without overrides.
    low, high, step : float or None
        Of a slider or number.
    least, most : float or None
        What the model allows, where that is bounded.
    choices : tuple of str
        What may be chosen.
    words : tuple of str
        What may stand in place of a number.
    form : str
        How a value is written that is neither a number nor a text: as JSON, for instance ...
    primary : bool
        True where it is open; the others are folded.
    """

    key: str
    label: str
    unit: str
    bounds: str
    meaning: str
    widget: Widget
    value: object
    default: object
    low: float | None = None
    high: float | None = None
    step: float | None = None
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    form: str = ""
    primary: bool = False

    @property
    def changed(self) -> bool:
        """Whether it differs from its default."""
        return self.value != self.default

    @property
    def text(self) -> str:
        """The value as its input shows it."""
        return value_text(self.value)


def value_text(value: object) -> str:
    """Return a value as an input shows it.

    Parameters
    ----------
    value : object
        Plain data.

    Returns
    -------
    str
        Numbers short, texts bare, the rest as JSON.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.10g}"
        case str():
            return value
        case _:
            return json.dumps(value)


def label_text(value: object) -> str:
    """Return a value as a note or a button tells it.

    Parameters
    ----------
    value : object
        Plain data.

    Returns
    -------
    str
        Maps without brackets, shares with four digits; the rest as an input shows it.
    """
    if are_shares(value):
        return ", ".join(f"{name} {x:.4g}" for name, x in value.items())
    if isinstance(value, Mapping) and value:
        return ", ".join(f"{name}: {value_text(x)}" for name, x in value.items())
    return value_text(value)


def make_controls(config: RunConfig, base: RunConfig) -> tuple[Control, ...]:
    """Return the controls of a configuration.

    Parameters
    ----------
    config : RunConfig
        With the overrides.
    base : RunConfig
        Without them.

    Returns
    -------
    tuple of Control
        At most five primary ones first.
    """
    defaults = {row.key: row.value for row in describe_config(base)}
    blocks = BLOCKS if config.strategy.staking_enabled else BLOCKS[:-1]
    made = [
        _control(row, defaults, config)
        for row in describe_config(config)
        if row.key.partition(".")[0] in blocks
    ]
    opened = [x for x in made if x.primary][:MOST_OPEN]
    if not opened:
        # A family without marks of its own still opens its first bounded numbers.
        sliders = [x for x in made if x.widget is Widget.SLIDER and x.key.startswith("strategy.")]
        opened = [replace(x, primary=True) for x in sliders[:MOST_OPEN]]
    keys = {x.key for x in opened}
    return (*opened, *(replace(x, primary=False) for x in made if x.key not in keys))


def _control(row: ConfigRow, defaults: Mapping[str, object], config: RunConfig) -> Control:
    node, mark = row.node, row.node.primary
    control = Control(
        key=row.key,
        label=mark.label if mark is not None else _label(row),
        unit=row.unit,
        bounds=row.bounds,
        meaning=row.meaning,
        widget=Widget.TEXT,
        value=row.value,
        default=defaults[row.key] if row.key in defaults else None,
        primary=mark is not None,
        choices=node.choices if node.shape is Shape.VALUE else (),
        words=node.words,
        form=_form(node, defaults[row.key] if row.key in defaults else None),
        low=node.low,
        high=node.high,
        least=node.low,
        most=node.high,
    )
    if are_shares(row.value) and are_shares(control.default):
        names = _venues_like(config, next(iter(row.value)))
        return replace(control, widget=Widget.SHARES, choices=names, primary=False)
    if node.shape is not Shape.VALUE or row.value is None:
        return replace(control, primary=False)
    if node.kind is bool:
        return replace(control, widget=Widget.SWITCH)
    if node.kind is str:
        choices = node.choices if node.choices else _venue_choices(row, config)
        widget = Widget.CHOICE if choices else Widget.TEXT
        return replace(control, widget=widget, choices=choices)
    return _number(control, row, whole=node.kind is int)


def _form(node: Node, default: object) -> str:
    """Return what the JSON of a key looks like."""
    if default not in (None, [], {}):
        return f"for instance {json.dumps(default)}"
    match node.shape:
        case Shape.BLOCK:
            return f"a map with the keys {', '.join(node.keys)}"
        case Shape.LIST:
            return f'for instance ["{SERIES_EXAMPLE}"]'
        case _:
            return f"for instance {MAP_EXAMPLE}"


def _label(row: ConfigRow) -> str:
    """Return a key's name as it makes sense alone; a switch is called by what it switches."""
    block, _, rest = row.key.partition(".")
    if row.node.kind is bool:
        rest = rest.removesuffix("enabled").rstrip("_") or block
    told = " ".join(
        x.upper() if x.strip(",") in SHORT else x for x in words(rest).replace(".", ", ").split(" ")
    )
    return f"{told[0].upper()}{told[1:]}"


def _venues_like(config: RunConfig, name: str) -> tuple[str, ...]:
    """Return the mode's venues of the same kind as one of them; none for another word."""
    venues = config.venues
    if name not in venues:
        return ()
    return tuple(x for x in venues if isinstance(venues[x], type(venues[name])))


def _venue_choices(row: ConfigRow, config: RunConfig) -> tuple[str, ...]:
    """Return the venues that a key may name; none where it names no venue."""
    strategy = config.plain()["strategy"]
    like = [str(row.value)]
    if row.key == TREASURY and isinstance(strategy, Mapping) and "spot_venue" in strategy:
        like.append(str(strategy["spot_venue"]))  # deposits arrive there, or in the wallet
    found = [y for x in like for y in _venues_like(config, x)]
    return tuple(dict.fromkeys(found)) if row.key.startswith("strategy.") else ()


def _number(control: Control, row: ConfigRow, *, whole: bool) -> Control:
    mark = row.node.primary
    low = mark.low if mark is not None and mark.low is not None else control.low
    high = mark.high if mark is not None and mark.high is not None else control.high
    if low is None or high is None:
        return replace(control, widget=Widget.NUMBER, step=1.0 if whole else None)
    step = mark.step if mark is not None and mark.step is not None else _step(high - low)
    step = 1.0 if whole else step
    # A value outside the slider's range is in the model's bounds all the same: the range yields.
    now = float(row.value) if isinstance(row.value, int | float) else low
    low, high = min(low, now), max(high, now)
    values = [x for x in (row.value, control.default) if isinstance(x, int | float)]
    if mark is None and not all(_on_grid(float(x), low, step) for x in values):
        # The thumb would stand, and be read out, at another value than the key has.
        return replace(control, widget=Widget.NUMBER)
    return replace(control, widget=Widget.SLIDER, low=low, high=high, step=step)


def _on_grid(value: float, low: float, step: float) -> bool:
    steps = (value - low) / step
    return abs(steps - round(steps)) < GRID


def _step(span: float) -> float:
    """Return 1, 2 or 5 of a power of ten, about a fiftieth of a span."""
    raw = span / STEPS_OF_A_SLIDER
    power = 10.0 ** _floor_log10(raw)
    return float(next(x * power for x in (1.0, 2.0, 5.0, 10.0) if x * power >= raw * 0.999))


def _floor_log10(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def names(value: object) -> frozenset[object]:
    """Return what a value names: other names may need other data.

    Parameters
    ----------
    value : object
        Plain data.

    Returns
    -------
    frozenset
        The keys of a map, a text or a truth itself; empty for a number.
    """
    if isinstance(value, Mapping):
        return frozenset(value)
    return frozenset({value}) if isinstance(value, str | bool) else frozenset()


def read_value(control: Control, written: str) -> object:
    """Return what was written into an input, of the key's own type.

    Parameters
    ----------
    control : Control
        The control.
    written : str
        As the browser tells it.

    Returns
    -------
    object
        Plain data for an override; bounds are the configuration's business.

    Raises
    ------
    UsageError
        If it is no number where one is needed, or not JSON.
    """
    match control.widget:
        case Widget.SWITCH:
            return written == "true"
        case Widget.CHOICE:
            return written
        case Widget.SHARES:
            return _read_json(control, written)
        case Widget.SLIDER | Widget.NUMBER:
            return _read_number(control, written)
        case Widget.TEXT:
            return written if isinstance(control.default, str) else _read_json(control, written)


def read_share(control: Control, name: str, written: str) -> dict[str, float]:
    """Return the shares of a key after one of them was written.

    Parameters
    ----------
    control : Control
        With the shares as they are; where they are none, its default counts.
    name : str
        Of the one.
    written : str
        As the browser tells it.

    Returns
    -------
    dict of str to float
        They add up to one.

    Raises
    ------
    UsageError
        If it is no share.
    """
    for shares in (control.value, control.default):
        if are_shares(shares):
            return with_share(shares, name, written)
    raise _unreadable(control, written, "give it as JSON in the field Any other key")


def _read_number(control: Control, written: str) -> object:
    word = written.partition(" (")[0]  # a word may be shown with the number that it stood for
    if word in control.words:
        return word
    try:
        number = float(written)
    except ValueError as error:
        raise _unreadable(control, written, "write a number") from error
    return int(number) if isinstance(control.default, int) and number.is_integer() else number


def _read_json(control: Control, written: str) -> object:
    try:
        return json.loads(written)
    except json.JSONDecodeError as error:
        raise _unreadable(control, written, f"write JSON, {control.form}") from error


def _unreadable(control: Control, written: str, remedy: str) -> UsageError:
    return UsageError("this cannot be read", where=control.key, value=written, remedy=remedy)
