"""A finished run as a researcher holds it: summary, tables, figures."""

import os
from collections.abc import Iterator
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from basis_lab.errors import UsageError
from basis_lab.results.files import RecordFiles
from basis_lab.results.folder import FILES, check_run_folder, write_folder
from basis_lab.results.record import RunRecord
from basis_lab.results.whole import damaged, read_manifest, read_summary

if TYPE_CHECKING:
    import pandas as pd

    from basis_lab.results.charts import Figures
    from basis_lab.results.frames import RunTables


class RunResult:
    """One finished run, fresh from the engine or opened from its folder.

    Parameters
    ----------
    files : RecordFiles or Path
        The renderer of a fresh run, or the folder of a written one.
    path : Path or None
        The run's folder where there is one.
    """

    def __init__(self, files: RecordFiles | Path, *, path: Path | None) -> None:
        self._files = files
        self.path = path

    @classmethod
    def of_record(cls, record: RunRecord, *, path: Path | None = None) -> Self:
        """Return the result of a run that has just finished.

        Parameters
        ----------
        record : RunRecord
            The run.
        path : Path or None
            Its folder where it was written.

        Returns
        -------
        RunResult
            The same attributes as an opened result.
        """
        return cls(RecordFiles(record, {}), path=path)

    @property
    def record(self) -> RunRecord | None:
        """The columns of a fresh run; None of one that was opened from its folder."""
        return None if isinstance(self._files, Path) else self._files.record

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Every figure of summary.json."""
        return read_summary(self._read("summary.json"), self._where("summary.json"))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What made the run: versions, series, command, timing."""
        name = "manifest.json"
        if self.path is not None:  # a fresh run's own file has the command and the time taken
            return read_manifest(_content(self.path / name), self._where(name))
        return read_manifest(self._read(name), name)

    @property
    def timing(self) -> dict[str, float]:
        """Seconds by phase."""
        return dict(self.manifest["timing"])

    @property
    def pnl(self) -> "pd.DataFrame":
        """Equity, P&L and attribution by timestep."""
        return self.tables.pnl

    @property
    def balance_sheet(self) -> "pd.DataFrame":
        """The non-zero lines of the book by timestep, long."""
        return self.tables.balance_sheet

    @property
    def exposure(self) -> "pd.DataFrame":
        """Deltas, values and notionals by timestep."""
        return self.tables.exposure

    @property
    def risk(self) -> "pd.DataFrame":
        """Risk measures and their worst level by timestep."""
        return self.tables.risk

    @property
    def events(self) -> "pd.DataFrame":
        """The event log; balances and details as JSON text."""
        return self.tables.events

    @cached_property
    def decisions(self) -> "pd.DataFrame":
        """Each decision once, in words: what, why, value, limit, and in how many stages."""
        from basis_lab.results.decisions import decisions_table

        return decisions_table(self.tables)

    @cached_property
    def figures(self) -> "Figures":
        """The charts, each a method that returns a plotly figure."""
        from basis_lab.results.charts import Figures

        return Figures(self.tables)

    def save(self, directory: str | Path) -> Path:
        """Write the run's folder at a place of one's own.

        Parameters
        ----------
        directory : str or Path
            The folder to be; an older run there is replaced.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        UsageError
            If it is neither a text nor a path.
        ResultError
            If something else stands there.
        """
        given: object = directory
        if not isinstance(given, str | PathLike) or not os.fspath(given):
            raise UsageError(
                "this is no directory to write to",
                where="directory",
                value=repr(directory),
                remedy="give the folder to be, a text or a path",
            )
        target = Path(directory)
        write_folder(target, self._all_files())
        return target

    @cached_property
    def tables(self) -> "RunTables":
        """Summary, configuration and tables together, for what draws and words them."""
        from basis_lab.results.frames import RunTables

        return RunTables(self._read, self.path)

    def require_whole(self) -> None:
        """Read every file that a report is made of.

        Raises
        ------
        ResultError
            For the first that is not as a run writes it.
        """
        tables = self.tables
        told = (self.summary, self.manifest, tables.config)
        for part in (*told, self.pnl, self.balance_sheet, self.exposure, self.risk, self.events):
            len(part)  # each is checked as it is read

    def _where(self, name: str) -> str:
        return name if self.path is None else str(self.path / name)

    def _read(self, name: str) -> bytes:
        if isinstance(self._files, Path):
            return _content(self._files / name)
        return self._files.read(name)

    def _all_files(self) -> Iterator[tuple[str, bytes]]:
        for name in FILES:
            yield name, self._read(name)
        if isinstance(self._files, Path):
            for path in sorted((self._files / "plots").glob("*")):
                yield f"plots/{path.name}", path.read_bytes()

    def __repr__(self) -> str:
        """Name the run and where it lies."""
        return f"RunResult({self.summary['run_id']!r}, path={str(self.path)!r})"


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise damaged(str(path), str(error.strerror)) from error


def open_result(path: str | Path) -> RunResult:
    """Open the folder of a finished run.

    Parameters
    ----------
    path : str or Path
        The folder.

    Returns
    -------
    RunResult
        Tables are read when asked for.

    Raises
    ------
    ResultError
        If the folder is missing, half-written or not ours.
    """
    folder = Path(path)
    check_run_folder(folder)
    return RunResult(folder, path=folder)
