"""Plain values: what JSON and YAML can hold."""

import math
from collections.abc import Mapping
from enum import Enum

import numpy as np

from basis_lab.errors import UnwrittenError


def plain(value: object) -> object:
    """Return a value as JSON can hold it.

    Parameters
    ----------
    value : object
        Mappings, sequences, arrays, NumPy scalars, enums, texts, numbers, None.

    Returns
    -------
    object
        dict, list, str, int, float, bool or None; a number that is not finite is None.

    Raises
    ------
    ResultError
        If a value is of another type.
    """
    match value:
        case Mapping():
            return {str(key): plain(entry) for key, entry in value.items()}
        case tuple() | list():
            return [plain(entry) for entry in value]
        case np.ndarray() | np.generic() | Enum():
            return plain(_unwrapped(value))
        case _:
            return _scalar(value)


def _unwrapped(value: "np.ndarray | np.generic | Enum") -> object:
    unwrapped: object = value.value if isinstance(value, Enum) else value.tolist()
    return unwrapped


def _scalar(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value + 0.0 if math.isfinite(value) else None
        case _:
            raise UnwrittenError(
                "a value that no file of a run can hold",
                where=type(value).__name__,
                value=value,
                remedy="hand over texts, numbers, lists and maps alone",
            )
