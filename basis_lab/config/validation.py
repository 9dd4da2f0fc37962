"""Level 1: types, unknown and missing keys, NaN, bounds and choices, of every block at once."""

import functools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar, cast

from basis_lab.config.schema import Node, Path, block, find, values

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One refused key of a block.

    Parameters
    ----------
    path : tuple of str or int
        The key, from the top of the block.
    value : object
        What was given; None where nothing was.
    what, remedy : str
        What is wrong and what to do.
    narrows : bool
        True where the remedy tells all that the key may be, its bounds included.
    """

    path: Path
    value: object
    what: str
    remedy: str
    narrows: bool = False


def examine(model: type[T], plain: object) -> tuple[T | None, tuple[Fault, ...]]:
    """Make a parameter block out of plain data, or say everything that is wrong with it.

    Parameters
    ----------
    model : type
        The parameter dataclass.
    plain : object
        Dicts, lists and values; maps come out in the order of their keys.

    Returns
    -------
    tuple of (block or None, faults)
        The block is None where types are wrong or keys are missing or unknown; with values that
        are only out of bounds it is made, so that further rules can look at it.
    """
    hashable: type = model  # as type[T], mypy does not take a class for a cache key
    found, faults = _examined(hashable, json.dumps(plain, sort_keys=True))
    return cast("T | None", found), faults


@functools.lru_cache(maxsize=1024)
def _examined(model: type, text: str) -> tuple[object, tuple[Fault, ...]]:
    """Examine one JSON text; equal texts share one frozen block (sweeps ask again and again)."""
    from pydantic import ValidationError

    schema = block(model)
    found: object = None
    faults: list[Fault] = []
    try:
        found = _adapter(model).validate_json(text)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        worded = (_worded(schema, x) for x in details)
        faults = list({x.path: x for x in worded}.values())
    plain = json.loads(text)
    return found, (*faults, *_out_of_bounds(schema, plain))


@functools.cache
def _adapter(model: type) -> "TypeAdapter[object]":
    from pydantic import TypeAdapter

    return TypeAdapter(model)


def _worded(schema: Node, error: "ErrorDetails") -> Fault:
    """Say in our words what pydantic found."""
    path = _key(schema, error["loc"])
    parent = find(schema, path[:-1])
    if error["type"] in {"unexpected_keyword_argument", "extra_forbidden"} and parent is not None:
        return unknown_key(path, error["input"], tuple(parent.keys))
    node = find(schema, path)
    expected = node.expected if node is not None else "something else"
    if error["type"] in {"missing", "missing_keyword_only_argument"}:
        return missing_key(path, node)
    if error["type"] == "finite_number":
        return Fault(
            path=path,
            value=error["input"],
            what="this is not a finite number",
            remedy=f"give {expected}",
        )
    return Fault(
        path=path,
        value=error["input"],
        what=f"this is {_named(error['input'])} where {expected} is expected",
        remedy=_retyped(error["input"], node, expected),
    )


def _key(schema: Node, path: Path) -> Path:
    """Return the path of a key without the branch of a number that may be a word as well."""
    above = find(schema, path[:-1])
    return path[:-1] if above is not None and above.words else path


def unknown_key(path: Path, value: object, known: Sequence[str]) -> Fault:
    """Word the fault of a key that nothing reads.

    Parameters
    ----------
    path : tuple of str or int
        The key.
    value : object
        What was given.
    known : sequence of str
        The keys that may stand there.

    Returns
    -------
    Fault
        With the nearest known key in its remedy.
    """
    return Fault(
        path=path,
        value=value,
        what="there is no such key",
        remedy=f"remove it, or write the key that is meant: {nearest(str(path[-1]), known)}",
    )


def nearest(given: str, names: Sequence[str]) -> str:
    """Return the remedy for a name that is not known: the nearest one, and all of them.

    Parameters
    ----------
    given : str
        What was written.
    names : sequence of str
        What may be.

    Returns
    -------
    str
        "did you mean x? one of x, y".
    """
    close = get_close_matches(given, names, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}one of {', '.join(names)}" if names else "there is none to name"


def missing_key(path: Path, node: Node | None) -> Fault:
    """Word the fault of a key that is required and absent.

    Parameters
    ----------
    path : tuple of str or int
        The key.
    node : Node or None
        What should stand there.

    Returns
    -------
    Fault
        With what to add in its remedy.
    """
    meaning = f": {node.meaning}" if node is not None and node.meaning else ""
    expected = node.expected if node is not None else "a value"
    return Fault(
        path=path,
        value=None,
        what="a required key is missing",
        remedy=f"add `{path[-1]}`, {expected}{meaning}",
    )


def _named(value: object) -> str:
    """Return what a plain value is, in words."""
    match value:
        case None:
            return "null (empty)"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "a map"
        case _:
            return "a list"


def _retyped(value: object, node: Node | None, expected: str) -> str:
    """Return the remedy of a wrong type; a number written as text is the usual case."""
    if isinstance(value, str) and node is not None and node.kind in {float, int}:
        try:
            number = float(value)
        except ValueError:
            return f"give {expected}"
        if math.isfinite(number):
            return f"write it without quotes and in full, as {number!r} (YAML reads 1e-3 as text)"
    return f"give {expected}"


def _out_of_bounds(schema: Node, plain: object) -> Iterator[Fault]:
    """Yield numbers outside their bounds and texts outside their choices."""
    for path, node, value in values(schema, plain):
        if node.choices and isinstance(value, str) and value not in node.choices:
            yield Fault(
                path=path,
                value=value,
                what="this is none of the choices",
                remedy=nearest(value, node.choices),
            )
        elif _is_number(value) and node.kind in {float, int} and not _inside(node, value):
            unit = f" ({node.unit})" if node.unit else ""
            yield Fault(
                path=path,
                value=value,
                what="this number is out of bounds",
                remedy=f"give {node.bounds}{unit}",
            )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _inside(node: Node, value: object) -> bool:
    number = float(cast("float", value))
    above = node.low is None or number >= node.low
    return above and (node.high is None or number <= node.high)
