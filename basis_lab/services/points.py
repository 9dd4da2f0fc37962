"""One point of a sweep, run where it happens to be: a row of figures, or of its error."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from basis_lab.data.places import Place, place_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.errors import (
    BasisLabError,
    ChangedDataError,
    GoneDataError,
    MachineError,
    SweepError,
    WorkerLostError,
)
from basis_lab.results.compare import flatten
from basis_lab.results.summary import summarise
from basis_lab.results.sweep_result import WARNINGS, join_warnings
from basis_lab.services.cases import Case
from basis_lab.services.keys import (
    check_files,
    code_digest,
    config_digest,
    data_digest,
    database_digest,
)
from basis_lab.services.requests import check_request

DONE = "completed"  # as the summary of a whole run says
FAILED = "failed"
# What passes: the point may be fine on a machine that is, or on the data that it was sent with.
LOST = (WorkerLostError, MachineError, SweepError, ChangedDataError, GoneDataError)
PASSING = frozenset(error.code for error in LOST)
NO_FIGURES = frozenset({"run_id", "mode", "share_class", "warnings"})

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every point of a sweep stands on, wherever it runs.

    Parameters
    ----------
    data_dir : str or None
        None is the sample.
    data, code, configuration : str
        Digests of the data, of the package, and of the shipped configuration with the own files
        that the cases name; a worker with others refuses.
    named : tuple of str
        Modes and scenarios of the cases: those that are paths are own files.
    database : str or None
        A DuckDB file that is read in place of the directory.
    """

    data_dir: str | None
    data: str
    code: str
    configuration: str
    named: tuple[str, ...] = ()
    database: str | None = None

    @classmethod
    def here(
        cls, data_dir: Place | None, database: Path | None = None, cases: Iterable[Case] = ()
    ) -> "Ground":
        """Return what points stand on in this process.

        Parameters
        ----------
        data_dir : Place or None
            None is the sample.
        database : Path or None
            A DuckDB file that is read in place of the directory.
        cases : iterable of Case
            What will be run.

        Returns
        -------
        Ground
            To be sent along with each point.
        """
        place = None if data_dir is None else str(data_dir.resolve())
        named = tuple(sorted({name for case in cases for name in (case.mode, *case.scenarios)}))
        return cls(
            data_dir=place,
            data=data_digest(data_dir) if database is None else database_digest(database),
            code=code_digest(),
            configuration=config_digest(named),
            named=named,
            database=None if database is None else str(database.resolve()),
        )

    @property
    def digests(self) -> dict[str, str]:
        """What points stand on, by what it is; the same data at another place are the same."""
        return {"data": self.data, "code": self.code, "configuration": self.configuration}

    @property
    def place(self) -> Place | None:
        """The data directory; None is the sample."""
        return None if self.data_dir is None else place_of(self.data_dir)

    @property
    def file(self) -> Path | None:
        """The database that is read in place of the directory; None where none is."""
        return None if self.database is None else Path(self.database)

    def check_files(self) -> None:
        """Refuse to take over what was finished where a file changed under its catalogue.

        Raises
        ------
        ChangedDataError
            If a file of the directory is not the one that the catalogue names.
        GoneDataError
            If it is gone.
        """
        if self.file is None:
            check_files(self.place)

    def check(self) -> None:
        """Refuse to compute on other ground, or to keep what was computed while it changed.

        Raises
        ------
        SweepError
            If code, data or configuration of this process are not those of the sweep.
        """
        found = data_digest(self.place) if self.file is None else database_digest(self.file)
        for what, mine, asked in (
            ("code", code_digest(), self.code),
            ("data", found, self.data),
            ("configuration", config_digest(self.named), self.configuration),
        ):
            if mine != asked:
                raise SweepError(
                    f"this worker has other {what} than the sweep",
                    where="worker",
                    value=f"{mine[:12]}..., the sweep {asked[:12]}...",
                    remedy=f"give every worker the same {what}, and start it anew",
                )


def run_point(case: Case, ground: Ground) -> Row:
    """Run one case and return its figures; market data are loaded once in a process.

    Parameters
    ----------
    case : Case
        The point.
    ground : Ground
        Code and data that the sweep stands on.

    Returns
    -------
    dict
        ``status``, ``code`` and ``error``, and every figure of the summary where it is done.
    """
    try:
        ground.check()
        figures = _figures(case, ground)
        ground.check()
    except BasisLabError as error:
        return failure(error)
    else:
        return {**figures, "code": None, "error": None}


def failure(error: BaseException) -> Row:
    """Return the row of a point that has no figures.

    Parameters
    ----------
    error : BaseException
        Why.

    Returns
    -------
    dict
        Plain values.
    """
    if isinstance(error, OSError | MemoryError):
        error = MachineError(
            "the machine failed under this case",
            value=f"{type(error).__name__}: {error}",
            remedy="make room (memory, disk, open files) or use fewer workers, and run it again",
        )
    if isinstance(error, BasisLabError):
        return {"status": FAILED, "code": error.code, "error": str(error)}
    text = f"{type(error).__name__}: {error}"
    return {"status": FAILED, "code": BasisLabError.code, "error": text}


def _figures(case: Case, ground: Ground) -> Mapping[str, object]:
    checked = check_request(case.request(ground.place, ground.file))
    config = checked.config
    engine = EventDrivenStrategyEngine(
        config, "backtest", checked.provider, checked.capital, config.share_class.name
    )
    record = engine.run_backtest(checked.start, checked.end)
    summary = summarise(record)
    figures = {key: x for key, x in flatten(summary).items() if key not in NO_FIGURES}
    named = {"mode": config.mode, "share_class": config.share_class.name}
    return {**named, **figures, WARNINGS: join_warnings(record.warnings)}
