"""What a check found: in which rows, what it means for a backtest, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "NOTE"  # worth knowing
    WARNING = "WARNING"  # a run goes on and says so
    ERROR = "ERROR"  # a number would be wrong without saying so: no run uses it


class Stop(StrEnum):
    """What a finding keeps from running."""

    FILE = "file"  # the whole file is refused
    ROWS = "rows"  # a run that needs these rows is refused
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What it means that a check found something.

    Parameters
    ----------
    name : str
        Name of the check.
    severity : Severity
        How much it matters.
    stops : Stop
        What is refused for it.
    effect : str
        What it would do to a backtest.
    remedy : str
        What to do.
    """

    name: str
    severity: Severity
    stops: Stop
    effect: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a file.

    Parameters
    ----------
    meaning : Meaning
        Of the check that found it.
    text : str
        What was found, in words.
    rows : str
        Where; empty where the whole file shows it.
    """

    meaning: Meaning
    text: str
    rows: str = ""

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return self.meaning.severity

    def __str__(self) -> str:
        """Print it on one line."""
        return f"{self.severity}: {self.text}"
