"""A plan: the cases of a batch or a sweep, read from a file and checked before anything runs."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from basis_lab.config.files import default_folder, read_yaml
from basis_lab.config.loader import load_config
from basis_lab.config.validation import nearest
from basis_lab.errors import ConfigError, ConfigProblem, UsageError
from basis_lab.services.axes import grid_points, sample_points
from basis_lab.services.cases import (
    LONGEST_BYTES,
    SETTINGS,
    Case,
    fits_folder,
    safe_name,
    setting_problems,
)

METHODS = ("cases", "grid", "random", "sobol")
DATES = "dates"  # an axis of its own: start and end move together
TOO_LONG = "the name is too long for a folder"
UNKNOWN = "there is no such key"  # as the configuration words it


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The cases of a batch or a sweep.

    Parameters
    ----------
    name : str
        What it is called; also the name of its folder.
    method : str
        What spans the cases: "cases", "grid", "random" or "sobol".
    axes : tuple of str
        What the cases differ in.
    cases : tuple of Case
        In the order of the plan.
    renamed : tuple of (str, str)
        Names of cases as they were given, and the folders that they make, where these differ.
    """

    name: str
    method: str
    axes: tuple[str, ...]
    cases: tuple[Case, ...]
    renamed: tuple[tuple[str, str], ...] = ()


def read_plan(path: Path) -> Plan:
    """Read a plan from a YAML file.

    Parameters
    ----------
    path : Path
        Settings that every case shares, and one of ``cases``, ``grid``, ``random``, ``sobol``.

    Returns
    -------
    Plan
        Its name is the file's unless it gives one.

    Raises
    ------
    UsageError
        If it is not a plan.
    ConfigError
        If the file cannot be read or gives a key twice, or with every key that is refused.
    """
    return make_plan({"name": path.stem, **read_yaml(path)}, where=str(path))


def check_plan(path: Path) -> tuple[ConfigProblem, ...]:
    """Return what is wrong with a plan, without running it.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of ConfigProblem
        Empty where every case is known; whether each can run is told by its run.
    """
    try:
        read_plan(path)
    except ConfigError as error:
        return error.problems
    except UsageError as error:
        key = error.where.rpartition(": ")[2]
        problem = ConfigProblem(
            file=str(path), key=key, value=error.value, what=error.what, remedy=error.remedy
        )
        return (problem,)
    return ()


def make_plan(content: Mapping[str, object], *, where: str) -> Plan:
    """Return the plan that a mapping describes.

    Parameters
    ----------
    content : mapping
        As in a file.
    where : str
        The file, or what stands for it in messages.

    Returns
    -------
    Plan
        Every key of it is known; whether each value can run is told by its case.

    Raises
    ------
    UsageError
        If there is no method, or more than one, or no case.
    ConfigError
        With every key that is refused.
    """
    name = _plan_name(content.get("name"), where)
    settings = {key: _plain(x) for key, x in content.items() if key in SETTINGS}
    rest = [key for key in content if key not in {*SETTINGS, *METHODS, "name"}]
    methods = [key for key in METHODS if key in content]
    known = (*SETTINGS, *METHODS, "name")
    _refuse([_unknown(where, key, content[key], known) for key in rest])
    if len(methods) != 1:
        raise UsageError(
            "a plan says in one way what its cases are",
            where=where,
            value=", ".join(methods) if methods else None,
            remedy=f"give one of {', '.join(METHODS)}",
        )
    _refuse(list(setting_problems(settings, where)))
    points = _points(methods[0], content[methods[0]], where)
    axes = tuple(dict.fromkeys(key for point in points for key in point if key != "name"))
    if methods[0] != "cases":
        _refuse_hidden(settings, axes, where)
    _refuse(list(_folder_problems(points, where)))
    cases = tuple(_cases(settings, points, axes, where))
    _refuse_unknown_files(cases, where)
    _refuse_unknown_keys(cases, where)
    named = [(str(x["name"]), safe_name(str(x["name"]))) for x in points if x.get("name")]
    renamed = tuple(x for x in named if unicodedata.normalize("NFC", x[0]) != x[1])
    return Plan(name=name, method=methods[0], axes=axes, cases=cases, renamed=renamed)


def _plan_name(given: object, where: str) -> str:
    """Return the folder that a plan's name makes; refuse what would be a path."""
    name = "" if given is None else str(given).strip()
    if not name or name in {".", ".."} or "/" in name or "\\" in name:
        raise UsageError(
            "the name of a plan is also that of its folder, and no path",
            where=f"{where}: name",
            value=given,
            remedy="give a name without slashes; --out or out= says where its folder stands",
        )
    if not fits_folder(name):
        raise UsageError(
            TOO_LONG, where=f"{where}: name", value=name, remedy=f"{LONGEST_BYTES} bytes at most"
        )
    return safe_name(name)


def _points(method: str, content: object, where: str) -> list[dict[str, object]]:
    if method == "cases":
        if not isinstance(content, list | tuple) or not content:
            what, remedy = "this is no list of cases", "write - mode: ..., a case a line"
            raise UsageError(what, where=f"{where}: cases", value=repr(content), remedy=remedy)
        if not all(isinstance(x, Mapping) for x in content):
            raise UsageError("a case is a map", where=f"{where}: cases", remedy="- mode: ...")
        return [_flat(x) for x in content]
    if not isinstance(content, Mapping) or not content:
        raise UsageError("there is no axis", where=f"{where}: {method}", remedy="give `key: [..]`")
    axes = {str(key): _plain(x) for key, x in content.items()}
    return grid_points(axes, where) if method == "grid" else sample_points(method, axes, where)


def _flat(case: Mapping[str, object]) -> dict[str, object]:
    """Return a listed case as a point: each override is an axis of its own."""
    point = {str(key): _plain(x) for key, x in case.items() if key != "overrides"}
    given = case.get("overrides")
    if isinstance(given, Mapping):
        point.update({str(key): _plain(x) for key, x in given.items()})
    elif given is not None:
        point["overrides"] = given
    return point


def _cases(
    settings: Mapping[str, object],
    points: list[dict[str, object]],
    axes: tuple[str, ...],
    where: str,
) -> Iterator[Case]:
    taken: set[str] = set()
    problems: list[ConfigProblem] = []
    for number, point in enumerate(points, start=1):
        given = _settings(settings, point)
        place = where if len(points) == 1 else f"{where}, case {number}"
        found = list(_pair_problems(point, place))
        found += [x for x in setting_problems(given, place) if x.key != DATES]
        if "mode" not in given:
            remedy = "give the name of a mode"
            missing = ConfigProblem(
                file=place, key="mode", value=None, what="a required key is missing", remedy=remedy
            )
            found.append(missing)
        found += _name_problems(point, place)
        problems += found
        if not found:
            name = _name(point, axes, number, taken)
            yield _case(name, given, {key: x for key, x in point.items() if key != "name"})
    _refuse(problems)


def _refuse_hidden(settings: Mapping[str, object], axes: tuple[str, ...], where: str) -> None:
    """Refuse a setting or an override that an axis would replace at every point."""
    common = settings.get("overrides")
    overrides = common if isinstance(common, Mapping) else {}
    shared = {f"overrides.{key}": x for key, x in overrides.items()} | dict(settings)
    hidden = {f"overrides.{key}" for key in axes} | set(axes)
    hidden |= {"start", "end"} if DATES in axes else set()
    _refuse(
        [
            ConfigProblem(
                file=where,
                key=key,
                value=shared[key],
                what="this key is also an axis, whose values would replace it at every point",
                remedy="take it out of one of them",
            )
            for key in shared
            if key in hidden
        ]
    )


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == len(("start", "end"))


def _pair_problems(point: Mapping[str, object], place: str) -> Iterator[ConfigProblem]:
    if DATES in point and not _is_pair(point[DATES]):
        yield ConfigProblem(
            file=place,
            key=DATES,
            value=point[DATES],
            what="not a pair of dates",
            remedy="give each as [start, end], for instance dates: [[2025-01-01, 2025-02-01]]",
        )


def _name_problems(point: Mapping[str, object], place: str) -> Iterator[ConfigProblem]:
    if "name" in point and not fits_folder(str(point["name"])):
        yield ConfigProblem(
            file=place,
            key="name",
            value=point["name"],
            what=TOO_LONG,
            remedy=f"{LONGEST_BYTES} bytes at most",
        )


def _folder_problems(points: list[dict[str, object]], where: str) -> Iterator[ConfigProblem]:
    """Find names of cases that are paths, or that make the folder of a case before."""
    first: dict[str, int] = {}
    for number, point in enumerate(points, start=1):
        given = point.get("name")
        if given is None:
            continue
        name = str(given)
        before = first.setdefault(safe_name(name).lower(), number)
        if "/" in name or "\\" in name or name.strip() in {"", ".", ".."}:
            what = "the name of a case is also that of its folder, and no path"
            remedy = "give a name without slashes"
        elif before != number:
            what = f"case {before} has that name, or one that makes the same folder"
            remedy = "give each case a name of its own, or none"
        else:
            continue
        place = where if len(points) == 1 else f"{where}, case {number}"
        yield ConfigProblem(file=place, key="name", value=given, what=what, remedy=remedy)


def _settings(settings: Mapping[str, object], point: Mapping[str, object]) -> dict[str, object]:
    """Return the settings of one case: the shared ones, and its place on the axes over them."""
    given = dict(settings)
    common = given.get("overrides")
    overrides = dict(common) if isinstance(common, Mapping) else {}
    for key, value in point.items():
        if key == DATES and _is_pair(value):
            given["start"], given["end"] = value  # type: ignore[misc] # two of them
        elif key in SETTINGS or "." not in key:
            if key != "name":
                given[key] = value
        else:
            overrides[key] = value
    return {**given, "overrides": overrides} if overrides else given


def _case(name: str, given: Mapping[str, object], at: Mapping[str, object]) -> Case:
    capital, scenarios, overrides = (given.get(x) for x in ("capital", "scenarios", "overrides"))
    share_class, start, end = (_text(given.get(x)) for x in ("share_class", "start", "end"))
    return Case(
        name=name,
        mode=str(given["mode"]),
        share_class=share_class,
        start=start,
        end=end,
        capital=None if capital is None else float(str(capital)),
        overrides=dict(overrides) if isinstance(overrides, Mapping) else {},
        scenarios=tuple(scenarios) if isinstance(scenarios, list | tuple) else (),
        at=at,
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _name(point: Mapping[str, object], axes: tuple[str, ...], number: int, taken: set[str]) -> str:
    """Return a name that no other case has; made from where the case lies."""
    told = [point[axis] for axis in axes if axis in point]
    given = point.get("name")
    text = str(given) if given is not None else ",".join(_word(x) for x in told)
    first = safe_name(text) if text else f"case-{number}"
    names = (first if i == 1 else f"{first}-{i}" for i in count(1))
    name = next(x for x in names if x.lower() not in taken)
    taken.add(name.lower())
    return name


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _refuse_unknown_files(cases: tuple[Case, ...], where: str) -> None:
    """Refuse modes and scenarios that no file describes, each name once."""
    folder = default_folder()
    named = [("modes", case.mode) for case in cases]
    named += [("scenarios", name) for case in cases for name in case.scenarios]
    problems = []
    for kind, name in dict.fromkeys(named):
        try:
            folder.choose(kind, name)
        except UsageError as error:
            key = "mode" if kind == "modes" else kind
            problems.append(
                ConfigProblem(file=where, key=key, value=name, what=error.what, remedy=error.remedy)
            )
        except ConfigError:  # a file that its own case refuses, and that may be mended by then
            continue
    _refuse(problems)


def _refuse_unknown_keys(cases: tuple[Case, ...], where: str) -> None:
    """Refuse keys of the configuration that nothing reads, once for each mode."""
    found: dict[tuple[object, ...], tuple[str, tuple[ConfigProblem, ...]]] = {}
    known: set[str] = set()  # of at least one mode
    for case in cases:
        kind = (case.mode, case.share_class, tuple(case.overrides))
        if kind not in found:
            unknown = tuple(x for x in _refused(case) if x.what == UNKNOWN)
            found[kind] = (case.mode, unknown)
            known |= set(case.overrides) - {x.key for x in unknown}
    problems = [(mode, x) for mode, unknown in found.values() for x in unknown]
    _refuse([_unread(where, mode, x, elsewhere=x.key in known) for mode, x in problems])


def _unread(where: str, mode: str, found: ConfigProblem, *, elsewhere: bool) -> ConfigProblem:
    """Return the refusal of a key that a mode does not read, and others of the plan may."""
    what, remedy = found.what, found.remedy
    if elsewhere:
        what = f"the mode {mode} has no such key, others of this plan have it"
        remedy = f"take {mode} out of this plan, or give it a plan without that key"
    return ConfigProblem(file=where, key=found.key, value=found.value, what=what, remedy=remedy)


def _refused(case: Case) -> tuple[ConfigProblem, ...]:
    try:
        load_config(case.mode, share_class=case.share_class, overrides=case.overrides)
    except ConfigError as error:
        return error.problems
    except UsageError:  # a share class that the mode does not run in: its own case will say so
        return ()
    return ()


def _unknown(where: str, key: object, value: object, known: tuple[str, ...]) -> ConfigProblem:
    remedy = nearest(str(key), known)
    return ConfigProblem(file=where, key=str(key), value=value, what=UNKNOWN, remedy=remedy)


def _refuse(problems: list[ConfigProblem]) -> None:
    if problems:
        raise ConfigError(problems)


def _plain(value: object) -> object:
    """Return what YAML gave as plain values: dates are texts."""
    if isinstance(value, Mapping):
        return {str(key): _plain(x) for key, x in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(x) for x in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
