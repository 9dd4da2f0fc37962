"""Every error of basis_lab: one class to a code.

The tree::

    BasisLabError
    |- PositionError            POS-001  a change of position that the book refuses
    |- UnknownInstrumentError   POS-002  an instrument that the run does not hold
    |- AttributionError         PNL-001  P&L and balance disagree
    |- StrategyError            STR-001  a decision that cannot be carried out
    |- ExecutionError           EXE-001  an instruction failed and the run cannot go on
    |- VenueRefusalError        VEN-001  a venue refused an instruction
    |  |- InsufficientBalanceError   VEN-002
    |  |- BelowMinimumError          VEN-003
    |  |- InsufficientMarginError    VEN-004
    |  |- GasDebtLimitError          VEN-005
    |  |- SlippageBoundError         VEN-006
    |  |- InsufficientLiquidityError VEN-007
    |  |- UnsupportedInstructionError VEN-008
    |  |- HealthFactorError          VEN-009
    |  |- VenueClosedError           VEN-010
    |- ReconciliationError      REC-001  our book and a venue's book differ
    |- PositionUpdateError      PUH-001  a venue's statement that cannot be booked
    |- EventLogError            LOG-001  the event log cannot be written
    |- DataError                DAT-000  (never raised itself)
    |  |- MissingDataError      DAT-001  data that a run needs is not there
    |  |  |- GoneDataError      DAT-006  a file that its catalogue names is gone
    |  |- BadDataError          DAT-002  a file or a row that cannot be true
    |  |  |- ChangedDataError   DAT-005  data that are not those that their catalogue names
    |  |- DataRangeError        DAT-003  dates outside what the data covers
    |  |- SourceError           DAT-004  a source of history refuses, or does not answer
    |- ConfigError              CFG-001  one or more keys refused (all at once)
    |- UsageError               CFG-002  a request that makes no sense
    |- EngineError              ENG-001  the engine was asked the impossible
    |- UnhealthyError           ENG-002  a component is not ready before the first loop
    |- ResultError              BT-001   a run folder that is missing, half or foreign
    |  |- UnwrittenError        BT-006   a folder or file of results or data cannot be written
    |- ReportError              BT-002   a report's notebook that failed
    |- SweepError               BT-003   a sweep or batch that cannot go on
    |  |- SchedulerLostError    BT-007   a Dask scheduler that went away under a sweep
    |- WorkerLostError          BT-004   a process that died while it ran a case
    |- MachineError             BT-005   memory, disk or files failed under a case

Every message says what, where, which value, and what to do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


class BasisLabError(Exception):
    """What went wrong, where, at which value, and what to do about it."""

    code: ClassVar[str] = "BAS-000"
    exit_code: ClassVar[int] = 4

    def __init__(
        self,
        what: str,
        *,
        where: str = "",
        value: object = None,
        remedy: str = "",
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.value = value
        self.remedy = remedy
        self.details: dict[str, object] = dict(details) if details is not None else {}

    def __str__(self) -> str:
        """All parts that were given, in one sentence each."""
        return "; ".join([self.what, *(f"{name}: {told}" for name, told in self._given())])

    def _given(self) -> list[tuple[str, object]]:
        """Where, value and remedy, those that were given."""
        given = {"where": self.where or None, "value": self.value, "remedy": self.remedy or None}
        return [(name, told) for name, told in given.items() if told is not None]

    def block(self) -> str:
        """Render the error as the block that the command line prints.

        Returns
        -------
        str
            Code and message, then where, value and remedy on a line each where they were given.
        """
        lines = [f"  {name + ':':<7} {told}" for name, told in self._given()]
        return "\n".join([f"{self.code}: {self.what}", *lines])


def code_of(class_name: str) -> str | None:
    """Return the code of an error of which only the name of its class is known.

    Parameters
    ----------
    class_name : str
        As another process told it, a notebook's kernel for instance.

    Returns
    -------
    str or None
        None where it is no error of this package.

    Examples
    --------
    >>> code_of("ConfigError"), code_of("ZeroDivisionError")
    ('CFG-001', None)
    """
    kinds = [BasisLabError]
    for kind in kinds:
        if kind.__name__ == class_name:
            return kind.code
        kinds.extend(kind.__subclasses__())
    return None


class PositionError(BasisLabError):
    """A change of position that the book refuses."""

    code = "POS-001"


class UnknownInstrumentError(BasisLabError):
    """An instrument key that cannot be parsed, or that the run does not hold."""

    code = "POS-002"


class AttributionError(BasisLabError):
    """The attribution does not add up to the change of equity."""

    code = "PNL-001"


class StrategyError(BasisLabError):
    """A decision that cannot be carried out."""

    code = "STR-001"


class ExecutionError(BasisLabError):
    """An instruction failed and the run cannot go on."""

    code = "EXE-001"


class VenueRefusalError(BasisLabError):
    """A venue refused an instruction; its book is unchanged."""

    code = "VEN-001"


class InsufficientBalanceError(VenueRefusalError):
    """The account does not hold what the instruction would take."""

    code = "VEN-002"


class BelowMinimumError(VenueRefusalError):
    """The size or the notional is under the venue's minimum."""

    code = "VEN-003"


class InsufficientMarginError(VenueRefusalError):
    """The margin account cannot carry the position (initial margin)."""

    code = "VEN-004"


class GasDebtLimitError(VenueRefusalError):
    """Gas would drive native ETH below the allowed gas debt."""

    code = "VEN-005"


class SlippageBoundError(VenueRefusalError):
    """The fill would be worse than the decision allows."""

    code = "VEN-006"


class InsufficientLiquidityError(VenueRefusalError):
    """The pool cannot pay out what is asked of it."""

    code = "VEN-007"


class UnsupportedInstructionError(VenueRefusalError):
    """The venue does not know this kind of instruction or this instrument."""

    code = "VEN-008"


class HealthFactorError(VenueRefusalError):
    """The loan would not be covered: health factor below 1, or above the maximum LTV."""

    code = "VEN-009"


class VenueClosedError(VenueRefusalError):
    """A venue that takes nothing in and gives nothing out now."""

    code = "VEN-010"


class ReconciliationError(BasisLabError):
    """Our book and a venue's own book differ by more than the tolerance."""

    code = "REC-001"

    def __init__(
        self,
        *,
        venue: str,
        instrument: str,
        expected: float,
        actual: float,
        tolerance: float,
        comparison: str,
    ) -> None:
        super().__init__(
            f"{instrument}: our book expects {expected!r}, {venue} reports {actual!r} "
            f"(difference {actual - expected:.3e}, tolerance {tolerance:.3e})",
            where=comparison,
            value=actual,
            remedy="one of the two books missed or mis-stated a change; compare the events of "
            "this window with the venue's statement",
            details={
                "venue": venue,
                "instrument": instrument,
                "expected": expected,
                "actual": actual,
                "tolerance": tolerance,
                "comparison": comparison,
            },
        )
        self.venue, self.instrument, self.comparison = venue, instrument, comparison
        self.expected, self.actual, self.tolerance = expected, actual, tolerance


class PositionUpdateError(BasisLabError):
    """A venue's statement that cannot be booked (a cause the instruction may not use)."""

    code = "PUH-001"


class EventLogError(BasisLabError):
    """The event log cannot be written."""

    code = "LOG-001"


class DataError(BasisLabError):
    """Data missing or bad; the parent of what exits with 3."""

    code = "DAT-000"
    exit_code = 3


class MissingDataError(DataError):
    """Data that a run needs is not there; ``missing`` names every piece at once."""

    code = "DAT-001"

    def __init__(
        self,
        what: str,
        *,
        missing: Sequence[str] = (),
        where: str = "",
        value: object = None,
        remedy: str = "",
    ) -> None:
        super().__init__(what, where=where, value=value, remedy=remedy)
        self.missing = tuple(missing)


class BadDataError(DataError):
    """A file or a row that cannot be true, or that can be read in two ways."""

    code = "DAT-002"


class ChangedDataError(BadDataError):
    """Data that are not those that their catalogue names: changed after it was written."""

    code = "DAT-005"


class GoneDataError(MissingDataError):
    """A file that its catalogue names is gone."""

    code = "DAT-006"


class DataRangeError(DataError):
    """Dates outside what the data covers."""

    code = "DAT-003"


class SourceError(DataError):
    """A source of history refuses what it is asked, or does not answer."""

    code = "DAT-004"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigProblem:
    """One refused key: where it stands, its value, what is wrong and what to do."""

    file: str
    key: str
    value: object
    what: str
    remedy: str

    def __str__(self) -> str:
        """Render the problem as one line."""
        return f"{self.file}: {self.key} = {self.value!r}: {self.what}; {self.remedy}"


class ConfigError(BasisLabError):
    """Configuration refused; carries every problem found, not only the first."""

    code = "CFG-001"
    apart = " | "  # between problems that are told in one line
    exit_code = 2

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        count = len(self.problems)
        what = first.what if count == 1 else f"{count} problems in the configuration"
        super().__init__(
            what,
            where=f"{first.file}: {first.key}" if count == 1 else "",
            value=first.value if count == 1 else None,
            remedy=first.remedy if count == 1 else "",
        )

    def __str__(self) -> str:
        """Every problem in one line, for who sees no block: a notebook, a row of a table."""
        if len(self.problems) == 1:
            return super().__str__()
        return self.apart.join([self.what, *(str(p) for p in self.problems)])

    def block(self) -> str:
        """Render every problem, one line each."""
        if len(self.problems) == 1:
            return super().block()
        return "\n".join([f"{self.code}: {self.what}", *(f"  {p}" for p in self.problems)])


class UsageError(BasisLabError):
    """A request that makes no sense: unknown mode, unsupported pair, bad dates."""

    code = "CFG-002"
    exit_code = 2


class EngineError(BasisLabError):
    """The engine was asked the impossible."""

    code = "ENG-001"


class UnhealthyError(BasisLabError):
    """A component is not ready before the first loop."""

    code = "ENG-002"


class ResultError(BasisLabError):
    """A folder that was given for a run or a sweep is missing, half-written or not ours."""

    code = "BT-001"
    exit_code = 2


class UnwrittenError(ResultError):
    """A folder or a file of results or of data cannot be written: no room, or no right."""

    code = "BT-006"
    exit_code = 4


class ReportError(BasisLabError):
    """A report's notebook that failed; what its cell said is in the details."""

    code = "BT-002"


class SweepError(BasisLabError):
    """A sweep or a batch that cannot go on, or whose folder is another's."""

    code = "BT-003"


class SchedulerLostError(SweepError):
    """A scheduler that went away under a sweep; what was done is ``details["result"]``."""

    code = "BT-007"


class WorkerLostError(BasisLabError):
    """A process that died while it ran one case alone."""

    code = "BT-004"


class MachineError(BasisLabError):
    """Memory, disk or files failed under a case; the case itself may be fine."""

    code = "BT-005"
