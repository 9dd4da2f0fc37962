"""The shape of the parameter dataclasses, read once from their annotations.

Validation, help texts, suggestions and widgets all walk this one tree.
"""

import functools
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum

from basis_lab.domain.parameters import Bounds, Choices, Doc, Primary, Unit

Path = tuple[str | int, ...]


class Shape(StrEnum):
    """What stands at a key."""

    BLOCK = "block"  # fixed keys, a dataclass
    MAP = "map"  # free keys, one kind of item
    LIST = "list"  # one kind of item
    VALUE = "value"  # a number, a text or a switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One key of the configuration.

    Parameters
    ----------
    shape : Shape
        What stands there.
    kind : type
        ``float``, ``int``, ``str`` or ``bool`` of a value; the dataclass of a block.
    nullable : bool
        True if null is allowed.
    required : bool
        True if the key must be given.
    default : object
        What the model takes where the key may be left out.
    unit, meaning : str
        For people.
    low, high : float or None
        The closed interval of a number.
    choices : tuple of str
        The texts allowed; empty where any is.
    primary : Primary or None
        What the workbench keeps open.
    words : tuple of str
        Texts that may stand in place of a number.
    keys : mapping of str to Node
        The keys of a block.
    item : Node or None
        The items of a map or a list.
    """

    shape: Shape
    kind: type
    nullable: bool = False
    required: bool = True
    default: object = None
    unit: str = ""
    meaning: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    primary: Primary | None = None
    words: tuple[str, ...] = ()
    keys: Mapping[str, "Node"] = field(default_factory=dict)
    item: "Node | None" = None

    def child(self, key: str | int) -> "Node | None":
        """Return what may stand below, or None where the key is unknown.

        Parameters
        ----------
        key : str or int
            A key of a block or map, the place in a list.

        Returns
        -------
        Node or None
            Its tree.
        """
        if self.shape is Shape.BLOCK:
            return self.keys.get(str(key))
        if self.shape is Shape.LIST and not isinstance(key, int):
            return None
        return self.item

    @property
    def bounds(self) -> str:
        """What is allowed, in words; empty where anything is."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.low is not None and self.high is not None:
            return f"{_number(self.low)} to {_number(self.high)}"
        if self.low is not None:
            return f"at least {_number(self.low)}"
        return "" if self.high is None else f"at most {_number(self.high)}"

    @property
    def expected(self) -> str:
        """What may be written here, in words."""
        words = self._words()
        if self.shape is Shape.VALUE and self.unit:
            words += f" ({self.unit})"
        if self.bounds and self.shape is Shape.VALUE:
            words += f", {self.bounds}"
        for word in self.words:
            words += f', or "{word}"'
        return f"{words}, or null" if self.nullable else words

    def _words(self) -> str:
        items = self.item.plural if self.item is not None else ""
        match self.shape:
            case Shape.BLOCK:
                return f"a block with the keys {', '.join(self.keys)}"
            case Shape.MAP:
                return f"a map of names to {items}"
            case Shape.LIST:
                return f"a list of {items}"
            case Shape.VALUE:
                return _SINGULAR[self.kind]

    @property
    def plural(self) -> str:
        """The plural of what stands here, in words."""
        if self.shape is Shape.VALUE:
            return _PLURAL[self.kind]
        if self.shape is Shape.BLOCK:
            return f"blocks with the keys {', '.join(self.keys)}"
        return f"{self.shape.value}s"


def _number(value: float) -> str:
    return f"{value:.12g}"


_SINGULAR: Mapping[type, str] = types.MappingProxyType(
    {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}
)
_PLURAL: Mapping[type, str] = types.MappingProxyType(
    {float: "numbers", int: "whole numbers", bool: "switches", str: "texts"}
)


def block(model: type) -> Node:
    """Return the tree of a parameter dataclass.

    Parameters
    ----------
    model : type
        A dataclass made by ``domain.parameters.parameters()``.

    Returns
    -------
    Node
        A block.
    """
    return _block(model)


@functools.cache
def _block(model: type) -> Node:
    hints = typing.get_type_hints(model, include_extras=True)
    keys = {}
    for x in fields(model):
        node = _node(hints[x.name])
        required = x.default is MISSING
        keys[x.name] = node if required else replace(node, required=False, default=x.default)
    return Node(shape=Shape.BLOCK, kind=model, keys=keys)


def _node(hint: object) -> Node:
    """Return the tree of one annotation."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        inner, *marks = typing.get_args(hint)
        return _marked(_node(inner), marks)
    if origin in {typing.Union, types.UnionType}:
        kinds = typing.get_args(hint)
        named = [x for x in kinds if typing.get_origin(x) is typing.Literal]
        inner = next(x for x in kinds if x is not types.NoneType and x not in named)
        words = tuple(str(word) for x in named for word in typing.get_args(x))
        return replace(_node(inner), nullable=types.NoneType in kinds, words=words)
    if origin is dict:
        return Node(shape=Shape.MAP, kind=dict, item=_node(typing.get_args(hint)[1]))
    if origin is tuple:
        return Node(shape=Shape.LIST, kind=tuple, item=_node(typing.get_args(hint)[0]))
    if isinstance(hint, type) and is_dataclass(hint):
        return block(hint)
    return Node(shape=Shape.VALUE, kind=typing.cast("type", hint))


def _marked(node: Node, marks: list[object]) -> Node:
    """Write markers into a node, and into the items of a map or list of values."""
    changed = _apply(node, marks)
    if node.item is not None and node.item.shape is Shape.VALUE:
        return replace(changed, item=_apply(node.item, marks))
    return changed


def _apply(node: Node, marks: list[object]) -> Node:
    """Write markers into one node."""
    for mark in marks:
        match mark:
            case Unit(name):
                node = replace(node, unit=name)
            case Doc(text):
                node = replace(node, meaning=text)
            case Bounds(low, high):
                node = replace(node, low=low, high=high)
            case Choices(options):
                node = replace(node, choices=options)
            case Primary():
                node = _opened(node, mark)
            case _:
                pass
    return node


def _opened(node: Node, mark: Primary) -> Node:
    """Note what the workbench keeps open, on the node or on the key inside it that is meant."""
    if not mark.key:
        return replace(node, primary=mark)
    inner = replace(node.keys[mark.key], primary=mark)
    return replace(node, keys={**node.keys, mark.key: inner})


def find(node: Node, path: Path) -> Node | None:
    """Return the node at a path below another, or None where no such key can stand.

    Parameters
    ----------
    node : Node
        Where the path begins.
    path : tuple of str or int
        Keys, and places in lists.

    Returns
    -------
    Node or None
        The tree of that key.
    """
    found: Node | None = node
    for key in path:
        if found is None:
            return None
        found = found.child(key)
    return found


def values(node: Node, value: object, path: Path = ()) -> Iterator[tuple[Path, Node, object]]:
    """Walk every number, text and switch of plain data that has its place in the tree.

    Parameters
    ----------
    node : Node
        The tree.
    value : object
        Plain data: dicts, lists and values.
    path : tuple of str or int
        Where ``value`` stands.

    Yields
    ------
    tuple of (path, node, value)
        In the order of the data.
    """
    if node.shape is Shape.VALUE:
        yield path, node, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            child = node.child(str(key))
            if child is not None and node.shape is not Shape.LIST:
                yield from values(child, inner, (*path, str(key)))
    elif isinstance(value, list | tuple) and node.item is not None and node.shape is Shape.LIST:
        for i, inner in enumerate(value):
            yield from values(node.item, inner, (*path, i))


def key_paths(node: Node, path: Path = ()) -> Iterator[Path]:
    """Walk the path of every key that has a name of its own, blocks included.

    Parameters
    ----------
    node : Node
        A block.
    path : tuple of str or int
        Where it stands.

    Yields
    ------
    tuple of str or int
        One path a key, a block before what is in it.
    """
    for key, child in node.keys.items():
        here = (*path, key)
        yield here
        yield from key_paths(child, here)


def optional_paths(node: Node, path: Path = ()) -> Iterator[Path]:
    """Walk the path of every key that may be left out.

    Parameters
    ----------
    node : Node
        A block.
    path : tuple of str or int
        Where it stands.

    Yields
    ------
    tuple of str or int
        One path a key, a block before what is in it.
    """
    for key, child in node.keys.items():
        if not child.required:
            yield (*path, key)
        yield from optional_paths(child, (*path, key))


def dotted(path: Path) -> str:
    """Print a path as people write it.

    Parameters
    ----------
    path : tuple of str or int
        Keys, and places in lists.

    Returns
    -------
    str
        Keys joined by dots.

    Examples
    --------
    >>> dotted(("perp", "tiers", "BTCUSDT", 0, "max_leverage"))
    'perp.tiers.BTCUSDT[0].max_leverage'
    """
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text
