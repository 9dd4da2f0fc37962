"""The files of a configs directory: where they are and what they say."""

import datetime as dt
import functools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml

from basis_lab.config.validation import nearest
from basis_lab.errors import ConfigError, ConfigProblem, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML file as read.

    Parameters
    ----------
    name : str
        How errors call it: relative to the repository where it is in there.
    path : Path
        Where it is.
    values : mapping
        Its keys; mappings are read-only and lists are tuples.
    """

    name: str
    path: Path
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ConfigFolder:
    """A directory with ``modes``, ``venues``, ``share_classes`` and ``scenarios``.

    Parameters
    ----------
    root : Path
        Resolved.
    """

    root: Path

    def names(self, folder: str) -> tuple[str, ...]:
        """Return the names of the files of one folder.

        Parameters
        ----------
        folder : str
            "modes", "venues", "share_classes" or "scenarios".

        Returns
        -------
        tuple of str
            Without their endings, sorted.
        """
        return tuple(sorted(x.stem for x in (self.root / folder).glob("*.yaml")))

    def read(self, folder: str, name: str) -> Document:
        """Read the file of a name.

        Parameters
        ----------
        folder : str
            The folder.
        name : str
            One of its names.

        Returns
        -------
        Document
            The file.
        """
        return self.document(self.root / folder / f"{name}.yaml")

    def document(self, path: Path) -> Document:
        """Read any YAML file.

        Parameters
        ----------
        path : Path
            Resolved where the file lies in this directory.

        Returns
        -------
        Document
            The file.

        Raises
        ------
        ConfigError
            If it cannot be read as YAML with keys at its top.
        """
        base = self.root.parent
        name = path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path)
        return Document(name=name, path=path, values=_parse(_text(path, name), name))

    def choose(self, folder: str, given: str | Path) -> Document:
        """Read a file by its name in a folder, or by a path of one's own.

        Parameters
        ----------
        folder : str
            The folder.
        given : str or Path
            A name, or a path that has an ending or a directory.

        Returns
        -------
        Document
            The file.

        Raises
        ------
        UsageError
            If there is no such name and no such file.
        """
        path = Path(given)
        if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
            if path.is_file():
                full = path.resolve()
                return self.document(full if full.is_relative_to(self.root) else path)
        elif str(given) in self.names(folder):
            return self.read(folder, str(given))
        what = folder.removesuffix("s")
        raise UsageError(
            f"there is no {what} of that name",
            where=f"{self.root.name}/{folder}",
            value=str(given),
            remedy=nearest(str(given), self.names(folder)) + ", or the path of a YAML file",
        )


def default_folder(configs_dir: str | Path | None = None) -> ConfigFolder:
    """Return the configs directory: the one given, or that of the repository.

    Parameters
    ----------
    configs_dir : str or Path, optional
        The directory; the one beside the package where it is None.

    Returns
    -------
    ConfigFolder
        The directory.

    Raises
    ------
    UsageError
        If it is not there.
    """
    given = Path(__file__).resolve().parents[2] / "configs" if configs_dir is None else configs_dir
    root = Path(given).resolve()
    if not (root / "modes").is_dir():
        raise UsageError(
            "this is not a directory of configuration",
            where="configs directory",
            value=str(root),
            remedy="install the repository with `pip install -e .`, or name a directory that has "
            "modes/, venues/, share_classes/ and scenarios/",
        )
    return ConfigFolder(root)


def read_yaml(path: Path) -> Mapping[str, object]:
    """Return the keys of a YAML file of a user's own.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    mapping
        Read-only; lists are tuples, dates are ISO texts.

    Raises
    ------
    ConfigError
        If it cannot be read, gives a key twice, or is not a map of keys; names the line.
    """
    return _parse(_text(path, str(path)), str(path))


def _text(path: Path, name: str) -> str:
    """Return the text of a file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(
            name, f"byte {error.start}", "the file is not UTF-8 text", "save it as UTF-8"
        ) from error
    except OSError as error:
        raise _unreadable(
            name, "(file)", "the file cannot be read", f"check its path and rights ({error})"
        ) from error


class _UniqueKeys(yaml.constructor.SafeConstructor):
    """YAML whose mappings may not give a key twice."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - the signature is the library's
    ) -> dict[Hashable, object]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen and isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value} is given twice", problem_mark=key.start_mark
                )
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


class _Loader(_UniqueKeys, yaml.SafeLoader):
    """The loader that tells best where a file is wrong."""


_Quick = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader  # not every platform has C


class _QuickLoader(_UniqueKeys, _Quick):  # type: ignore[misc, valid-type] # either base will do
    """The loader in C: a venue file takes it 1 ms instead of 9."""


def _date_or_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> object:
    """Return a date; what only looks like one stays text, which whoever reads the key refuses."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return loader.construct_yaml_str(node)


for _loader in (_Loader, _QuickLoader):
    _loader.add_constructor("tag:yaml.org,2002:timestamp", _date_or_text)


def _load(text: str) -> object:
    """Return what a text says; where it is wrong, the slow loader words it."""
    try:
        return yaml.load(text, _QuickLoader)  # noqa: S506 - safe, by its base
    except yaml.YAMLError:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


@functools.lru_cache(maxsize=128)
def _parse(text: str, name: str) -> Mapping[str, object]:
    """Return a file's keys, read-only."""
    try:
        found = _load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "(file)"
        what = f"the file is not valid YAML here: {error.problem}"
        raise _unreadable(name, place, what, "mend the YAML at that place") from error
    except ValueError as error:
        what = f"a date or number that cannot be: {error}"
        raise _unreadable(name, "(file)", what, "mend it, or put it in quotes") from error
    except yaml.YAMLError as error:
        what = "the file has characters that YAML does not allow"
        raise _unreadable(name, "(file)", what, "save it as plain UTF-8 text") from error
    if not isinstance(found, Mapping):
        what = "the file has no keys" if found is None else "the file is not a map of keys"
        raise _unreadable(name, "(file)", what, "write `key: value` lines")
    return MappingProxyType({str(key): _frozen(value) for key, value in found.items()})


def _unreadable(name: str, place: str, what: str, remedy: str) -> ConfigError:
    return ConfigError([ConfigProblem(file=name, key=place, value=None, what=what, remedy=remedy)])


def _frozen(value: object) -> object:
    """Return what YAML gave as read-only plain data; dates and other objects become text."""
    if isinstance(value, Mapping):
        return MappingProxyType({str(key): _frozen(x) for key, x in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(x) for x in value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
