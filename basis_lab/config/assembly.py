"""Turning a draft into the frozen configuration of a run, or into every problem it has."""

from collections.abc import Iterator
from dataclasses import fields
from typing import TypeVar

from basis_lab.calc.costs import CostParameters
from basis_lab.config.draft import Draft
from basis_lab.config.loan_quiet import loan_faults
from basis_lab.config.models import (
    FAMILIES,
    OWN_ASSET,
    DataParameters,
    ModeHeader,
    ModeIdentity,
    RewardParameters,
    RunConfig,
    ShareClassParameters,
    strategy_model,
)
from basis_lab.config.parts import Parts
from basis_lab.config.quiet import entry_faults
from basis_lab.config.rules import broken_rules
from basis_lab.config.salvage import salvage
from basis_lab.config.schema import Path, block, dotted, find, optional_paths
from basis_lab.config.validation import Fault, examine, missing_key, nearest, unknown_key
from basis_lab.config.venue_rules import venue_faults
from basis_lab.errors import ConfigError
from basis_lab.execution.venues.parameters import VENUE_KINDS, VenueParameters
from basis_lab.monitors.limits import RiskParameters
from basis_lab.strategies.parameters import (
    BasisParameters,
    LeveragedParameters,
    NeutralLeveragedParameters,
    NeutralParameters,
    StrategyParameters,
)

T = TypeVar("T")
MODEL_DEFAULT = "default of the model"
ENTRY_KEYS = frozenset({"asset", "family", "hold", "share_class", "strategy", "risk", "venues"})


def assemble(draft: Draft, capital: float | None) -> RunConfig:
    """Return the configuration that a draft describes.

    Parameters
    ----------
    draft : Draft
        Every layer merged.
    capital : float or None
        What the run begins with, share-class currency; the share class's own where it is None.

    Returns
    -------
    RunConfig
        Validated and frozen.

    Raises
    ------
    ConfigError
        With every problem, those found while merging first.
    """
    parts = _parts(draft)
    for fault in broken_rules(parts):
        _refuse(draft, (), fault)
    for fault in _loud(draft, parts, capital):
        _refuse(draft, (), fault)
    return _whole(draft, parts)


def _parts(draft: Draft) -> Parts:
    """Return the blocks of a draft, their faults noted."""
    return Parts(
        header=_header(draft),
        share_class=_block(draft, "share_class", ShareClassParameters),
        strategy=_strategy(draft),
        risk=_block(draft, "risk", RiskParameters),
        costs=_block(draft, "costs", CostParameters),
        data=_block(draft, "data", DataParameters),
        rewards=_block(draft, "rewards", RewardParameters),
        venues=_venues(draft),
        known_venues=draft.known_venues,
    )


def _whole(draft: Draft, parts: Parts) -> RunConfig:
    """Return the configuration that is made of blocks, unless anything was refused."""
    header, share_class = parts.header, parts.share_class
    if (
        header is None
        or share_class is None
        or parts.strategy is None
        or parts.risk is None
        or parts.costs is None
        or parts.data is None
        or parts.rewards is None
        or draft.problems
    ):
        raise ConfigError(draft.problems)
    names = {x.name: getattr(header, x.name) for x in fields(ModeIdentity)}
    if header.asset == OWN_ASSET:
        names["asset"] = share_class.base_asset
    return RunConfig(
        **names,
        share_class=share_class,
        strategy=parts.strategy,
        risk=parts.risk,
        costs=parts.costs,
        data=parts.data,
        rewards=parts.rewards,
        venues={name: parts.venues[name] for name in sorted(parts.venues)},
        origins=_origins(draft),
    )


def _loud(draft: Draft, parts: Parts, capital: float | None) -> Iterator[Fault]:
    """Yield what is not quiet at entry, once everything that it depends on passed."""
    header, share_class, risk = parts.header, parts.share_class, parts.risk
    if header is None or share_class is None or risk is None or draft.refused & ENTRY_KEYS:
        return
    if isinstance(parts.strategy, BasisParameters | NeutralParameters):
        given = share_class.default_capital if capital is None else capital
        yield from entry_faults(header, parts.strategy, risk, parts.venues, given)
    if isinstance(parts.strategy, LeveragedParameters | NeutralLeveragedParameters):
        yield from loan_faults(header, parts.strategy, risk, parts.venues)


def _refuse(draft: Draft, top: Path, fault: Fault) -> None:
    """Note a fault of a block that stands at ``top``."""
    path = (*top, *fault.path)
    value = draft.forget(path, fault.value) if fault.narrows else fault.value
    draft.refuse(path, value, fault.what, fault.remedy)


def _examined(draft: Draft, path: tuple[str, ...], model: type[T], plain: object) -> T | None:
    """Return a block made of plain data, its faults noted; salvaged where it was refused."""
    made, faults = examine(model, plain)
    for fault in faults:
        _refuse(draft, path, fault)
    if made is None and isinstance(plain, dict):
        return salvage(model, plain, faults)
    return made


def _block(draft: Draft, name: str, model: type[T]) -> T | None:
    """Return the block of a name."""
    if name not in draft.values:
        _refuse(draft, (), missing_key((name,), find(draft.schema, (name,))))
        return None
    return _examined(draft, (name,), model, draft.values[name])


def _header(draft: Draft) -> ModeHeader | None:
    """Return the keys of the mode that are not blocks; keys that nothing reads are noted."""
    own = block(ModeHeader).keys
    known = (*own, *(x.name for x in fields(RunConfig) if x.name not in {*own, "origins"}))
    for key, value in draft.values.items():
        if key not in known:
            _refuse(draft, (), unknown_key((key,), value, known))
    plain = {key: value for key, value in draft.values.items() if key in own and key != "venues"}
    if draft.venue_names is not None:
        plain["venues"] = draft.venue_names
    return _examined(draft, (), ModeHeader, plain)


def _strategy(draft: Draft) -> StrategyParameters | None:
    """Return the strategy block by family; None where the family is none."""
    family = next((x for x in FAMILIES if x == draft.values.get("family")), None)
    if family is None:
        return None
    model: type[StrategyParameters] = strategy_model(family)
    return _block(draft, "strategy", model)


def _venues(draft: Draft) -> dict[str, VenueParameters]:
    """Return the venues that could be made; names without a file are noted."""
    names = draft.venue_names if isinstance(draft.venue_names, list) else []
    for i, name in enumerate(names):
        if isinstance(name, str) and name not in draft.known_venues:
            what = "there is no venue file of this name"
            draft.refuse(("venues", i), name, what, nearest(name, draft.known_venues))
    given = draft.values.get("venues")
    blocks = given if isinstance(given, dict) else {}
    made = {}
    for name, plain in blocks.items():
        if name not in names:
            what = "this venue is not among those of the mode"
            listed = [x for x in names if isinstance(x, str)]
            draft.refuse(("venues", name), plain, what, nearest(name, listed))
            continue
        venue = _venue(draft, name, plain)
        if venue is not None:
            made[name] = venue
    return made


def _venue(draft: Draft, name: str, plain: object) -> VenueParameters | None:
    """Return one venue by the kind that its file gives."""
    kind = plain.get("kind") if isinstance(plain, dict) else None
    if not isinstance(kind, str) or kind not in VENUE_KINDS:
        what = "the kind of a venue says which keys its file has"
        remedy = nearest(str(kind), tuple(VENUE_KINDS))
        draft.refuse(("venues", name, "kind"), kind, what, f"write `kind`, {remedy}")
        return None
    model: type[VenueParameters] = VENUE_KINDS[kind]
    venue = _examined(draft, ("venues", name), model, plain)
    if venue is not None:
        for fault in venue_faults(venue):
            _refuse(draft, ("venues", name), fault)
    return venue


def _origins(draft: Draft) -> dict[str, str]:
    """Return key path -> source, with the keys that the models fill in."""
    found = {dotted(path): source.name for path, source in draft.origins.items()}
    for path in optional_paths(draft.schema):
        if not _given(draft.values, path):
            found[dotted(path)] = MODEL_DEFAULT
    return found


def _given(plain: object, path: Path) -> bool:
    """Tell if plain data holds a key."""
    for key in path:
        if not isinstance(plain, dict) or key not in plain:
            return False
        plain = plain[key]
    return True
