"""The axes of a plan: lists, ranges and samples, and the points that they span."""

import itertools
import json
import math
from collections.abc import Mapping

import numpy as np

from basis_lab.config.loader import list_modes
from basis_lab.domain.market import FloatArray
from basis_lab.errors import UsageError

RANGE_KEYS = ("from", "to", "count", "scale")
SCALES = ("linear", "log")
SAMPLE_KEYS = ("count", "seed", "keys")
DIGITS = 12  # of a value on an axis: what is written in a table is what was run
MOST_POINTS = 1_000_000

Point = dict[str, object]


def grid_points(axes: Mapping[str, object], where: str) -> list[Point]:
    """Return every combination of the values of axes, the last axis fastest.

    Parameters
    ----------
    axes : mapping of str to object
        By name: a list, or a range ``{from, to, count, scale}``; ``mode: all`` is every mode.
    where : str
        The file, for messages.

    Returns
    -------
    list of dict
        Axis -> value.

    Raises
    ------
    UsageError
        If an axis cannot be read, or has a value twice.
    """
    listed = {name: _listed(name, axis, where) for name, axis in axes.items()}
    for name, values in listed.items():
        _refuse_equal(name, values, where)
    count = math.prod(len(x) for x in listed.values())
    _refuse_too_many("grid", count, where)
    return [
        dict(zip(listed, values, strict=True)) for values in itertools.product(*listed.values())
    ]


def sample_points(kind: str, sample: Mapping[str, object], where: str) -> list[Point]:
    """Return random or Sobol points in the box that axes span.

    Parameters
    ----------
    kind : str
        "random" or "sobol".
    sample : mapping
        ``count``, ``seed`` and ``keys``: axes with ``from`` and ``to``, or lists to choose from.
    where : str
        The file, for messages.

    Returns
    -------
    list of dict
        Axis -> value; the same for the same seed.

    Raises
    ------
    UsageError
        If the sample cannot be read, or Sobol is asked for without scipy.
    """
    count, seed, axes = _sample(kind, sample, where)
    unit = _sobol(count, seed, len(axes)) if kind == "sobol" else _random(count, seed, len(axes))
    columns = [_spread(name, axes[name], unit[:, i], where) for i, name in enumerate(axes)]
    return [dict(zip(axes, values, strict=True)) for values in zip(*columns, strict=True)]


def _sample(
    kind: str, sample: Mapping[str, object], where: str
) -> tuple[int, int, Mapping[str, object]]:
    unknown = [name for name in sample if name not in SAMPLE_KEYS]
    missing = [name for name in SAMPLE_KEYS if name not in sample]
    if unknown or missing:
        name = (unknown + missing)[0]
        what = "there is no such key" if unknown else "a required key is missing"
        raise _refusal(f"{kind}.{name}", None, what, "give count, seed and keys", where)
    count, seed, axes = (sample[name] for name in SAMPLE_KEYS)
    if not _is_count(count, 1):
        raise _refusal(f"{kind}.count", count, "not a number of points", "give 1 or more", where)
    if not _is_count(seed, 0):
        raise _refusal(f"{kind}.seed", seed, "not a seed", "give a whole number from 0", where)
    if not isinstance(axes, Mapping) or not axes:
        raise _refusal(f"{kind}.keys", axes, "no axes", "give at least one key", where)
    _refuse_too_many(f"{kind}.count", int(str(count)), where)
    return int(str(count)), int(str(seed)), axes


def _random(count: int, seed: int, axes: int) -> FloatArray:
    return np.random.default_rng(seed).random((count, axes))


def _sobol(count: int, seed: int, axes: int) -> FloatArray:
    try:
        from scipy.stats import qmc
    except ImportError as error:
        raise UsageError(
            "a Sobol sample needs scipy, which is not installed",
            where="sobol",
            remedy="install it with: pip install -e .[cluster], or use random",
        ) from error
    # Only whole powers of two are balanced; the first of them are taken.
    whole = qmc.Sobol(axes, scramble=True, rng=seed).random_base2(max(count - 1, 0).bit_length())
    points: FloatArray = np.asarray(whole[:count], dtype=float)
    return points


def _listed(name: str, axis: object, where: str) -> list[object]:
    if name == "mode" and axis == "all":
        return [x.header.mode for x in list_modes()]
    if isinstance(axis, list | tuple) and axis:
        return list(axis)
    if isinstance(axis, Mapping) and "count" in axis:
        low, high, log = _range(name, axis, where)
        count = axis["count"]
        if not _is_count(count, 2):
            raise _refusal(
                f"{name}.count", count, "not a number of values", "give 2 or more", where
            )
        _refuse_too_many(f"{name}.count", int(count), where)
        return _scaled(np.linspace(0.0, 1.0, int(count)), low, high, log=log)
    raise _refusal(
        name, axis, "not the values of an axis", "give a list, or {from, to, count}", where
    )


def _spread(name: str, axis: object, unit: FloatArray, where: str) -> list[object]:
    """Spread numbers of [0, 1) over an axis."""
    if isinstance(axis, Mapping) and "count" not in axis:
        low, high, log = _range(name, axis, where)
        return _scaled(unit, low, high, log=log)
    choices = _listed(name, axis, where)
    return [choices[int(x * len(choices))] for x in unit.tolist()]


def _range(name: str, axis: Mapping[str, object], where: str) -> tuple[float, float, bool]:
    for key in axis:
        if key not in RANGE_KEYS:
            raise _refusal(f"{name}.{key}", axis[key], "there is no such key", "from, to", where)
    ends = [axis.get("from"), axis.get("to")]
    numbers = [float(x) for x in ends if isinstance(x, int | float) and not isinstance(x, bool)]
    if len(numbers) != len(ends) or not numbers[0] < numbers[1]:
        raise _refusal(name, dict(axis), "not a range", "give from below to, as numbers", where)
    scale = axis["scale"] if "scale" in axis else SCALES[0]
    if scale not in SCALES or (scale == "log" and numbers[0] <= 0.0):
        raise _refusal(
            f"{name}.scale", scale, "not a scale of this range", "linear, or log above 0", where
        )
    return numbers[0], numbers[1], scale == "log"


def _scaled(unit: FloatArray, low: float, high: float, *, log: bool) -> list[object]:
    if log:
        places = np.exp(np.log(low) + unit * (np.log(high) - np.log(low)))
    else:
        places = low + unit * (high - low)
    return [float(f"{x:.{DIGITS}g}") for x in places.tolist()]


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _refuse_equal(name: str, values: list[object], where: str) -> None:
    """Refuse a value that stands twice on an axis: each of its points would be one of another."""
    seen: set[str] = set()
    for value in values:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        text = json.dumps(float(str(value)) if number else value, sort_keys=True)
        if text in seen:
            remedy = "give each value once"
            raise _refusal(name, value, "a value stands twice on an axis", remedy, where)
        seen.add(text)


def _refuse_too_many(key: str, count: int, where: str) -> None:
    if count > MOST_POINTS:
        most = f"{MOST_POINTS:,} at most"
        raise _refusal(key, count, "more points than a plan may have", most, where)


def _refusal(key: str, value: object, what: str, remedy: str, where: str) -> UsageError:
    return UsageError(what, where=f"{where}: {key}", value=value, remedy=remedy)
