"""Merging the layers of a configuration, remembering where every value came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from basis_lab.config.models import (
    FAMILIES,
    ModeHeader,
    RunConfig,
    ShareClassParameters,
    strategy_model,
)
from basis_lab.config.schema import Node, Path, Shape, block, dotted, find, key_paths
from basis_lab.errors import ConfigProblem
from basis_lab.execution.venues.parameters import VENUE_KINDS

OVERRIDE = "override (--set)"
COMMON_BLOCKS = ("risk", "costs", "data", "rewards")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value came from.

    Parameters
    ----------
    name : str
        The file, or ``OVERRIDE``.
    prefix : tuple of str
        Where the source's own top stands in the whole configuration.
    """

    name: str
    prefix: Path = ()


@dataclass(slots=True, kw_only=True)
class Draft:
    """A configuration that is being put together, not validated yet.

    Parameters
    ----------
    schema : Node
        What may stand where.
    known_venues : tuple of str
        Venues that have a file.
    values : dict
        Plain data; ``venues`` holds the parameters by venue.
    venue_names : object
        What the last layer gave as the list of venues.
    origins : dict of path to Source
        Who set what; the longest prefix counts, and the empty path is the mode file.
    problems : list of ConfigProblem
        What was refused while merging.
    refused : set of str
        Top-level keys that have a problem.
    """

    schema: Node
    known_venues: tuple[str, ...]
    values: dict[str, object] = field(default_factory=dict)
    venue_names: object = None
    origins: dict[Path, Source] = field(default_factory=dict)
    problems: list[ConfigProblem] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def add(self, layer: Mapping[str, object], source: Source) -> None:
        """Merge a layer: blocks key by key; a map, list or value that is given replaces.

        Parameters
        ----------
        layer : mapping of str to object
            Its keys, from the top of the source.
        source : Source
            Where it comes from.
        """
        rest = dict(layer)
        if source.prefix:
            self._claim(source.prefix, source)
        if "venues" in rest and not isinstance(rest["venues"], Mapping):
            self.venue_names = thaw(rest.pop("venues"))
            self._claim(("venues",), source)
        self._merge(self._below(source.prefix), rest, source.prefix, source)

    def put(self, path: tuple[str, ...], value: object, source: Source) -> None:
        """Set one key, a single entry of a map included.

        Parameters
        ----------
        path : tuple of str
            The key.
        value : object
            Plain data.
        source : Source
            Where it comes from.
        """
        if len(path) == 1:
            self.add({path[0]: value}, source)
        else:
            self._merge(self._below(path[:-1]), {path[-1]: value}, path[:-1], source)

    def append(self, key: str, items: tuple[object, ...], source: Source) -> None:
        """Put items at the end of a list at the top.

        Parameters
        ----------
        key : str
            The list.
        items : tuple
            Plain data.
        source : Source
            Where they come from.
        """
        old = self.values.get(key)
        whole = list(old) if isinstance(old, list) else []
        self.origins.setdefault((key,), source)
        for item in items:
            self.origins[(key, len(whole))] = source
            whole.append(thaw(item))
        self.values[key] = whole

    def accepts(self, path: tuple[str, ...]) -> bool:
        """Tell if a key may stand at a path (always in a strategy of no known family).

        Parameters
        ----------
        path : tuple of str
            The key.

        Returns
        -------
        bool
            True if something reads it.
        """
        known = find(self.schema, path) is not None
        return known or (path[0] == "strategy" and "strategy" not in self.schema.keys)

    def suggest(self, key: str) -> str:
        """Return a remedy that names the keys nearest to one that does not exist.

        Parameters
        ----------
        key : str
            The key as it was given, dotted.

        Returns
        -------
        str
            At most three keys.
        """
        known = [dotted(x) for x in key_paths(self.schema)]
        last = key.rsplit(".", maxsplit=1)[-1]
        same = [x for x in known if x.rsplit(".", maxsplit=1)[-1] == last]
        others = [x for x in known if not key.startswith(f"{x}.")]  # not the block that it is in
        close = list(dict.fromkeys([*same, *get_close_matches(key, others, n=3)]))[:3]
        if not close:
            return "`basis-lab config show MODE` lists every key"
        return f"the nearest keys are {', '.join(close)}"

    def refuse_from(self, source: Source, key: str, value: object, what: str, remedy: str) -> None:
        """Note a problem of a key that was not merged.

        Parameters
        ----------
        source : Source
            Where it comes from.
        key : str
            The key as it was given, dotted.
        value : object
            What was given.
        what, remedy : str
            What is wrong and what to do.
        """
        self.problems.append(
            ConfigProblem(file=source.name, key=key, value=value, what=what, remedy=remedy)
        )

    def refuse(self, path: Path, value: object, what: str, remedy: str) -> None:
        """Note a problem under the file that the value came from.

        Parameters
        ----------
        path : tuple of str or int
            The key, from the top of the whole configuration.
        value : object
            What was given.
        what, remedy : str
            What is wrong and what to do.
        """
        self.refused.update(str(x) for x in path[:1])
        file, key = self._place(path)
        self.problems.append(
            ConfigProblem(file=file, key=key, value=value, what=what, remedy=remedy)
        )

    def forget(self, path: Path, value: object) -> object:
        """Drop what was noted of a key, since a rule is about to say all of it.

        Parameters
        ----------
        path : tuple of str or int
            The key, from the top of the whole configuration.
        value : object
            What the rule was shown.

        Returns
        -------
        object
            The value as it was given, where something was noted of it.
        """
        place = self._place(path)
        noted = [x for x in self.problems if (x.file, x.key) == place]
        self.problems[:] = [x for x in self.problems if x not in noted]
        return noted[0].value if noted else value

    def _place(self, path: Path) -> tuple[str, str]:
        """Return the file that a value came from, and its key there."""
        source = self.source(path)
        key = path[len(source.prefix) :] if path[: len(source.prefix)] == source.prefix else path
        return source.name, dotted(key)

    def source(self, path: Path) -> Source:
        """Return where the value at a path came from.

        Parameters
        ----------
        path : tuple of str or int
            The key, from the top of the whole configuration.

        Returns
        -------
        Source
            That of the nearest key above where the path has none of its own.
        """
        prefixes = (path[:cut] for cut in range(len(path), -1, -1))
        return next(self.origins[x] for x in prefixes if x in self.origins)

    def _below(self, path: Path) -> dict[str, object]:
        """Return the dict at a path, made where there is none."""
        here = self.values
        for key in path:
            found = here.get(str(key))
            if not isinstance(found, dict):
                found = here[str(key)] = {}
            here = found
        return here

    def _merge(
        self, target: dict[str, object], layer: Mapping[str, object], path: Path, source: Source
    ) -> None:
        """Write a layer into the dict that stands at a path."""
        for key, value in layer.items():
            here = (*path, key)
            old = target.get(key)
            if isinstance(value, Mapping) and isinstance(old, dict) and self._is_block(here):
                self._merge(old, value, here, source)
            else:
                target[key] = thaw(value)
                self._claim(here, source)

    def _is_block(self, path: Path) -> bool:
        node = find(self.schema, path)
        return node is not None and node.shape is Shape.BLOCK

    def _claim(self, path: Path, source: Source) -> None:
        """Note the source of a path and forget those of everything below it."""
        size = len(path)
        for old in [x for x in self.origins if len(x) > size and x[:size] == path]:
            if path != ("venues",):  # the list of names stands beside the parameters
                del self.origins[old]
        self.origins[path] = source


def run_schema(family: object, venue_kinds: Mapping[str, object]) -> Node:
    """Return what may stand where in the configuration of one run.

    Parameters
    ----------
    family : object
        The family that the mode file names; ``strategy`` is left out where it is none.
    venue_kinds : mapping of str to object
        What the venue files give as their kind; venues of no known kind are left out.

    Returns
    -------
    Node
        A block.
    """
    keys = dict(block(ModeHeader).keys)
    keys["share_class"] = block(ShareClassParameters)
    known = next((x for x in FAMILIES if x == family), None)
    if known is not None:
        keys["strategy"] = block(strategy_model(known))
    common = block(RunConfig).keys
    keys |= {name: common[name] for name in COMMON_BLOCKS}
    venues = {
        name: block(VENUE_KINDS[kind])
        for name, kind in venue_kinds.items()
        if isinstance(kind, str) and kind in VENUE_KINDS
    }
    keys["venues"] = Node(shape=Shape.BLOCK, kind=dict, keys=venues)
    return Node(shape=Shape.BLOCK, kind=RunConfig, keys=keys)


def thaw(value: object) -> object:
    """Return a plain copy of read-only data.

    Parameters
    ----------
    value : object
        Mappings, tuples and values.

    Returns
    -------
    object
        Dicts, lists and values.
    """
    if isinstance(value, Mapping):
        return {str(key): thaw(x) for key, x in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(x) for x in value]
    return value
