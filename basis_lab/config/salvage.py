"""What of a refused block can still be read, so that its other keys meet their rules as well."""

import json
import typing
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import TypeVar

from basis_lab.config.validation import Fault

T = TypeVar("T")


def salvage(model: type[T], plain: dict[str, object], faults: Sequence[Fault]) -> T:
    """Return a block that has no value at the keys that were refused.

    It serves rules alone, run by ``attempted``: no configuration is made of it.

    Parameters
    ----------
    model : type
        The parameter dataclass.
    plain : dict
        What was given.
    faults : sequence of Fault
        All of the block.

    Returns
    -------
    block
        An instance of ``model``; reading a key that was refused raises AttributeError.
    """
    from pydantic import TypeAdapter

    refused = {x.path[0] for x in faults}
    hints = typing.get_type_hints(model, include_extras=True)
    made = object.__new__(model)
    for x in fields(model):  # type: ignore[arg-type] # every parameter block is a dataclass
        if x.name in refused:
            continue
        if x.name in plain:
            text = json.dumps(plain[x.name], sort_keys=True)
            value = TypeAdapter(hints[x.name]).validate_json(text, strict=True)
            object.__setattr__(made, x.name, value)
        elif x.default is not MISSING:
            object.__setattr__(made, x.name, x.default)
    return made


def attempted(faults: Iterator[Fault]) -> Iterator[Fault]:
    """Yield what a rule finds, up to where it reads a key that was refused already.

    Parameters
    ----------
    faults : iterator of Fault
        Of one rule; it may look at salvaged blocks.

    Yields
    ------
    Fault
        As the rule.
    """
    try:
        yield from faults
    except AttributeError as error:
        if not _left_out(error.obj, error.name):
            raise


def _left_out(block: object, name: str | None) -> bool:
    """Tell if a name is a key of a block: only a salvaged one can lack it."""
    return is_dataclass(block) and name in {x.name for x in fields(block)}
