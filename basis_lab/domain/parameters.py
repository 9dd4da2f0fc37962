"""Markers for units, bounds and meanings of parameters.

A block of parameters is a frozen dataclass beside the code that uses it; its fields are
``Annotated[type, Unit(...), Bounds(...), Doc(...)]``. The configuration turns the markers into
validators and help texts; widgets are made from the same markers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")

PYDANTIC_CONFIG = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of a number: "fraction", "bps", "hours", "USDT", ..."""

    name: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The closed interval that a number must lie in; None is open-ended."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """The texts that a key may take."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Doc:
    """What the key means, in one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Primary:
    """A key that the workbench keeps open, and the range that its slider offers.

    Parameters
    ----------
    label : str
        Its short name.
    low, high, step : float or None
        Of the slider; None takes the bounds of the key.
    key : str
        On a block: the key inside it that is meant.
    """

    label: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    key: str = ""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def parameters() -> Callable[[type[T]], type[T]]:
    """Make a class a frozen block of parameters that refuses unknown keys, NaN and infinities.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        made.__pydantic_config__ = PYDANTIC_CONFIG  # type: ignore[attr-defined] # pydantic reads it there
        return made

    return decorate
