"""Health, computed when asked from what is true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from basis_lab.errors import UnhealthyError


class Checked(Protocol):
    """A component that can tell what is wrong with it."""

    def health(self) -> str:
        """Tell what is wrong, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of every component at one moment.

    Parameters
    ----------
    overall_status : str
        ``healthy`` or ``unhealthy``.
    timestamp : str
        The run's own time, ISO; empty before the first loop.
    components : mapping of str to str
        What is wrong with each; empty where nothing is.
    """

    overall_status: str
    timestamp: str
    components: Mapping[str, str]

    @property
    def summary(self) -> str:
        """One sentence."""
        wrong = [f"{name}: {why}" for name, why in self.components.items() if why]
        return "; ".join(wrong) if wrong else f"{len(self.components)} components healthy"


def examine(components: Mapping[str, Checked], timestamp: str) -> Health:
    """Ask every component.

    Parameters
    ----------
    components : mapping of str to Checked
        By name.
    timestamp : str
        The run's own time, ISO; empty before the first loop.

    Returns
    -------
    Health
        Unhealthy if any component is.
    """
    found = {name: component.health() for name, component in components.items()}
    status = "unhealthy" if any(found.values()) else "healthy"
    return Health(overall_status=status, timestamp=timestamp, components=found)


def require_healthy(health: Health) -> None:
    """Refuse to start with a component that is not ready.

    Parameters
    ----------
    health : Health
        What the components said.

    Raises
    ------
    UnhealthyError
        Naming every component and what is wrong with it.
    """
    if health.overall_status != "healthy":
        raise UnhealthyError(
            f"not ready to run: {health.summary}",
            where="health before the first loop",
            remedy="mend what is named, then start again",
        )
