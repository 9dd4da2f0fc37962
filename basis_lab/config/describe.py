"""A resolved configuration as rows for people: every key, its value, and where it came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from basis_lab.config.draft import run_schema
from basis_lab.config.models import RunConfig
from basis_lab.config.schema import Node, Path, Shape, dotted


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRow:
    """One key of a configuration.

    Parameters
    ----------
    key : str
        The path that overrides use.
    value : object
        Plain data; a list or a map of values stands in one row.
    unit, bounds, meaning : str
        In words; empty where there is nothing to say.
    source : str
        The file, the override, or the model's default.
    node : Node
        The key's type, bounds and choices, for widgets.
    """

    key: str
    value: object
    unit: str
    bounds: str
    meaning: str
    source: str
    node: Node


def describe_config(config: RunConfig) -> tuple[ConfigRow, ...]:
    """Return every key of a configuration, in the order of config.yaml.

    Parameters
    ----------
    config : RunConfig
        A loaded configuration.

    Returns
    -------
    tuple of ConfigRow
        One row a key.

    Examples
    --------
    >>> from basis_lab.config.loader import load_config
    >>> rows = {x.key: x for x in describe_config(load_config("btc_basis"))}
    >>> row = rows["strategy.spot_allocation"]
    >>> row.value, row.unit, row.bounds, row.source
    (0.7, 'fraction of equity', '0 to 0.99', 'configs/modes/btc_basis.yaml')
    """
    kinds = {name: venue.kind for name, venue in config.venues.items()}
    schema = run_schema(config.family, kinds)
    return tuple(
        ConfigRow(
            key=dotted(path),
            value=value,
            unit=node.unit,
            bounds=node.bounds,
            meaning=node.meaning,
            source=_source(config.origins, path),
            node=node,
        )
        for path, node, value in _rows(schema, config.plain(), ())
    )


def _rows(node: Node, value: object, path: Path) -> Iterator[tuple[Path, Node, object]]:
    """Walk the keys; maps of blocks or lists are opened, lists and maps of values are not."""
    inner = node.item is not None and node.item.shape is not Shape.VALUE
    opened = node.shape is Shape.BLOCK or (node.shape is Shape.MAP and inner)
    if not opened or not isinstance(value, Mapping):
        yield path, node, value
        return
    for key, below in value.items():
        child = node.child(key)
        if child is not None:
            named = child if child.meaning else replace(child, meaning=node.meaning)
            yield from _rows(named, below, (*path, key))


def _source(origins: Mapping[str, str], path: Path) -> str:
    """Return the source of the longest known prefix of a path."""
    prefixes = (dotted(path[:cut]) for cut in range(len(path), -1, -1))
    return next(origins[x] for x in prefixes if x in origins)
