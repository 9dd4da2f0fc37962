"""Loading a configuration: files, scenarios and overrides, merged, validated and frozen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from basis_lab.config.assembly import assemble
from basis_lab.config.draft import OVERRIDE, Draft, Source, run_schema, thaw
from basis_lab.config.files import ConfigFolder, Document, default_folder
from basis_lab.config.models import RISK_LEVELS, SHARE_CLASSES, ModeHeader, RunConfig
from basis_lab.config.rules import NEVER_HEDGES
from basis_lab.config.schema import block, dotted
from basis_lab.config.validation import examine, nearest
from basis_lab.errors import ConfigError, ConfigProblem, UsageError

SCENARIO_KEYS = ("scenario", "meaning")
STRESS_KEYS = ("shocks", "closures", "actions")  # scenarios add to them, others replace
FIXED_KEYS = ("mode", "family", "asset", "share_classes", "share_class")


def load_config(
    mode: str | Path,
    share_class: str | None = None,
    overrides: Mapping[str, object] | None = None,
    scenarios: Sequence[str | Path] = (),
    configs_dir: str | Path | None = None,
    capital: float | None = None,
) -> RunConfig:
    """Return the configuration of one run, merged, validated and frozen.

    Later layers win: venue files, share class, mode, scenarios in their order, overrides. Blocks
    are merged key by key; a map, list or value that is given replaces the one before it (but the
    shocks, closures and actions of scenarios add up).

    Parameters
    ----------
    mode : str or Path
        The name of a mode, or the path of a mode file of one's own.
    share_class : str or None
        "USDT" or "ETH"; the first that the mode lists where it is None.
    overrides : mapping of str to object, optional
        Dotted key -> value, for instance ``{"strategy.spot_allocation": 0.6}``.
    scenarios : sequence of str or Path
        Names of scenarios, or paths of files of one's own.
    configs_dir : str or Path, optional
        The configs directory; that of the repository where it is None.
    capital : float, optional
        What the run begins with, share-class currency: the size at which entry must be quiet (the
        margin tiers of the exchanges go by size); the share class's own where it is None.

    Returns
    -------
    RunConfig
        The configuration.

    Raises
    ------
    UsageError
        If a mode, share class or scenario does not exist, or the mode cannot run in that class.
    ConfigError
        If any key is refused; it carries every problem found.

    Examples
    --------
    >>> config = load_config("btc_basis", overrides={"strategy.spot_allocation": 0.6})
    >>> config.strategy.spot_allocation, config.share_class.currency
    (0.6, 'USDT')
    """
    folder = default_folder(configs_dir)
    document = folder.choose("modes", mode)
    chosen = _share_class(document, share_class)
    layers = [folder.choose("scenarios", x) for x in scenarios]
    given = dict(overrides) if overrides is not None else {}
    draft = _draft(folder, document, layers, given)
    class_file = _share_class_file(folder, chosen)
    draft.add(class_file.values, Source(class_file.name, ("share_class",)))
    draft.add(document.values, Source(document.name))
    if document.path.parent == folder.root / "modes":
        _check_name(draft, document)
    for layer in layers:
        _add_layer(draft, layer)
    _add_overrides(draft, given)
    return assemble(draft, capital)


def _draft(
    folder: ConfigFolder,
    document: Document,
    layers: Sequence[Document],
    overrides: Mapping[str, object],
) -> Draft:
    """Return a draft that knows what may stand where, with the venue files merged."""
    names: object = None
    for values in (document.values, *(x.values for x in layers), overrides):
        if "venues" in values and not isinstance(values["venues"], Mapping):
            names = values["venues"]
    listed = names if isinstance(names, list | tuple) else ()
    filed = folder.names("venues")
    known = tuple(x for x in listed if isinstance(x, str) and x in filed)
    venues = {x: folder.read("venues", x) for x in dict.fromkeys(known)}
    kinds = {name: x.values.get("kind") for name, x in venues.items()}
    draft = Draft(
        schema=run_schema(document.values.get("family"), kinds),
        known_venues=filed,
    )
    draft.origins[()] = Source(document.name)
    for name, venue in venues.items():
        draft.add(venue.values, Source(venue.name, ("venues", name)))
    return draft


def _share_class(document: Document, requested: str | None) -> str:
    """Return the share class of the run; the mode's first where none is requested."""
    listed = document.values.get("share_classes")
    names = tuple(x for x in listed if x in SHARE_CLASSES) if isinstance(listed, tuple) else ()
    if requested is None:
        return str(names[0]) if names else SHARE_CLASSES[0]
    _known("share class", requested, SHARE_CLASSES)
    if names and requested not in names:
        hedged = requested == "ETH" and document.values.get("family") == "basis"
        reason = f": {NEVER_HEDGES}" if hedged else ""
        raise UsageError(
            f"{document.values.get('mode')} does not run in the share class {requested}{reason}",
            where=f"{document.name}: share_classes",
            value=requested,
            remedy=f"choose {' or '.join(str(x) for x in names)}, or another mode",
        )
    return requested


def _share_class_file(folder: ConfigFolder, name: str) -> Document:
    """Return the file of a share class, found by the name inside it."""
    documents = [folder.read("share_classes", x) for x in folder.names("share_classes")]
    found = [x for x in documents if x.values.get("name") == name]
    if len(found) == 1:
        return found[0]
    unnamed = [x for x in documents if x.values.get("name") not in SHARE_CLASSES]
    what = f"{len(found)} files describe the share class {name} instead of one"
    raise ConfigError(
        [
            ConfigProblem(
                file=x.name,
                key="name",
                value=x.values.get("name"),
                what=what,
                remedy=f"write `name`, each of {', '.join(SHARE_CLASSES)} in one file",
            )
            for x in found or unnamed or documents
        ]
    )


def _check_name(draft: Draft, document: Document) -> None:
    """Refuse a mode file that is filed under another name than its own."""
    name = document.values.get("mode")
    if isinstance(name, str) and name != document.path.stem:
        what = "the mode and its file have different names"
        draft.refuse(("mode",), name, what, f"write `mode: {document.path.stem}`")


def _add_layer(draft: Draft, document: Document) -> None:
    """Merge a scenario; keys that only the mode file decides are refused."""
    source = Source(document.name)
    for key in SCENARIO_KEYS:
        if not isinstance(document.values.get(key), str):
            what = "a scenario says its name and its meaning, as text"
            draft.refuse_from(source, key, document.values.get(key), what, f"add `{key}: ...`")
    rest = {}
    for key, value in document.values.items():
        if key in FIXED_KEYS:
            draft.refuse_from(source, key, value, *_FIXED)
        elif key in STRESS_KEYS and isinstance(value, tuple):
            draft.append(key, value, source)
        elif key not in SCENARIO_KEYS:
            rest[key] = value
    draft.add(rest, source)


def _add_overrides(draft: Draft, overrides: Mapping[str, object]) -> None:
    """Merge overrides; keys that nothing reads are refused with the nearest ones."""
    source = Source(OVERRIDE)
    seen: dict[tuple[str, ...], str] = {}
    for key, given in overrides.items():
        value = _plain(given)
        path = tuple(key.split("."))
        ends = _ends(path, value)
        twice = next((x for x in ends if x in seen), None)
        if twice is not None:
            what = f"{'.'.join(twice)} is given twice, here and under {seen[twice]}"
            draft.refuse_from(source, key, value, what, "give each key once")
            continue
        seen |= dict.fromkeys(ends, key)
        if path[0] in FIXED_KEYS:
            draft.refuse_from(source, key, value, *_FIXED)
        elif draft.accepts(path):
            draft.put(path, value, source)
        else:
            draft.refuse_from(source, key, value, "there is no such key", draft.suggest(key))


def _ends(path: tuple[str, ...], value: object) -> tuple[tuple[str, ...], ...]:
    """Return the paths of the values in a block, however its keys are spelt."""
    if not isinstance(value, Mapping):
        return (path,)
    inner = ((*path, *str(key).split(".")) for key in value)
    return tuple(
        x for key, below in zip(inner, value.values(), strict=True) for x in _ends(key, below)
    )


_FIXED = ("only the mode file decides this key", "choose another mode or share class, or write one")


def _plain(value: object) -> object:
    """Return what a caller gave as plain data: numpy numbers, tuples and paths are unpacked."""
    match value:
        case np.generic():
            return value.item()
        case np.ndarray():
            return [_plain(x) for x in value.tolist()]
        case Mapping():
            return {str(key): _plain(x) for key, x in value.items()}
        case list() | tuple():
            return [_plain(x) for x in value]
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def parse_set(text: str) -> tuple[str, object]:
    """Return the key and the value of ``--set key.path=value``.

    Parameters
    ----------
    text : str
        The value is read as JSON where it is JSON, else taken as text.

    Returns
    -------
    tuple of (str, object)
        Key path and value.

    Raises
    ------
    UsageError
        If there is no ``=``, or nothing before it.

    Examples
    --------
    >>> parse_set("strategy.spot_allocation=0.6")
    ('strategy.spot_allocation', 0.6)
    >>> parse_set("strategy.spot_venue=bybit")
    ('strategy.spot_venue', 'bybit')
    """
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise UsageError(
            "this is not a setting",
            where="--set",
            value=text,
            remedy="write --set key.path=value, for instance --set strategy.spot_allocation=0.6",
        )
    try:
        return key.strip(), json.loads(value)
    except json.JSONDecodeError:
        return key.strip(), value


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSummary:
    """One line of the list of modes.

    Parameters
    ----------
    header : ModeHeader
        What the mode file says about the mode.
    file : str
        Where it stands.
    """

    header: ModeHeader
    file: str


def list_modes(
    share_class: str | None = None,
    risk_level: str | None = None,
    configs_dir: str | Path | None = None,
) -> tuple[ModeSummary, ...]:
    """Return the modes there are, by name.

    Parameters
    ----------
    share_class : str, optional
        Only modes that run in it.
    risk_level : str, optional
        Only modes of it.
    configs_dir : str or Path, optional
        The configs directory; that of the repository where it is None.

    Returns
    -------
    tuple of ModeSummary
        Sorted by name.

    Raises
    ------
    UsageError
        If there is no such share class or risk level.
    ConfigError
        If a mode file's own keys are refused.
    """
    _known("share class", share_class, SHARE_CLASSES)
    _known("risk level", risk_level, RISK_LEVELS)
    folder = default_folder(configs_dir)
    found = [_summary(folder.read("modes", x)) for x in folder.names("modes")]
    return tuple(
        x
        for x in found
        if share_class in {None, *x.header.share_classes}
        and risk_level in {None, x.header.risk_level}
    )


def _known(what: str, name: str | None, names: tuple[str, ...]) -> None:
    if name is not None and name not in names:
        raise UsageError(
            f"there is no such {what}", where=what, value=name, remedy=nearest(name, names)
        )


def _summary(document: Document) -> ModeSummary:
    """Return the head of a mode file."""
    keys = block(ModeHeader).keys
    given = {key: thaw(value) for key, value in document.values.items() if key in keys}
    header, faults = examine(ModeHeader, given)
    if header is None or faults:
        raise ConfigError(
            [
                ConfigProblem(
                    file=document.name,
                    key=dotted(x.path),
                    value=x.value,
                    what=x.what,
                    remedy=x.remedy,
                )
                for x in faults
            ]
        )
    return ModeSummary(header=header, file=document.name)
