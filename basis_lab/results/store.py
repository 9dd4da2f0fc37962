"""The results store: names runs and writes their folders whole."""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from basis_lab.domain.market import MarketFrame
from basis_lab.errors import UsageError
from basis_lab.results.columns import stamp_times
from basis_lab.results.files import RecordFiles, json_bytes, package_version
from basis_lab.results.folder import sweep_leftovers, write_folder
from basis_lab.results.foot import scenarios_of
from basis_lab.results.plain import plain
from basis_lab.results.record import RunRecord

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
DIGEST_LETTERS = 12


def make_run_id(
    config: Mapping[str, object],
    frame: MarketFrame,
    *,
    mode: str,
    share_class: str,
    initial_capital: float,
) -> str:
    """Return the name that the same run from the same inputs always gets.

    Parameters
    ----------
    config : mapping
        The resolved configuration without paths and data mode.
    frame : MarketFrame
        The data; its dates and the values of its series count.
    mode, share_class : str
        Names in front of the digest.
    initial_capital : float
        In share-class currency.

    Returns
    -------
    str
        MODE-SHARECLASS-<12 hex>.
    """
    inputs = {
        "config": plain(config),
        "data": frame.fingerprint,
        "dates": stamp_times(frame.times[[0, -1]]).astype(str).tolist(),
        "initial_capital": float(initial_capital),
        "package_version": package_version(),
    }
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{mode}-{share_class}-{sha256(text.encode()).hexdigest()[:DIGEST_LETTERS]}"


def check_run_id(run_id: str) -> None:
    """Refuse a name that could not be a folder of its own.

    Parameters
    ----------
    run_id : str
        As given with --run-id.

    Raises
    ------
    UsageError
        If it has separators, begins with a dot, or is empty or too long.
    """
    if RUN_ID.fullmatch(run_id) is None:
        raise UsageError(
            "a run id is also the name of a folder",
            where="--run-id",
            value=run_id,
            remedy="use letters, digits, dots, dashes and underscores, a letter or digit first",
        )


class ResultsStore:
    """Writes runs under one directory.

    Parameters
    ----------
    directory : Path
        Where the folders of runs stand; made when needed.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def persist_results(
        self, record: RunRecord, *, plots: bool, manifest_extra: Mapping[str, object]
    ) -> Path:
        """Write a run's folder; it appears whole or not at all.

        What killed processes left half-written beside it is deleted.

        Parameters
        ----------
        record : RunRecord
            The run.
        plots : bool
            Draw the figures as well.
        manifest_extra : mapping
            What only the caller knows: command, data directory, stride; plain values.

        Returns
        -------
        Path
            The folder, ``directory/run_id``.

        Raises
        ------
        ResultError
            If something else stands there, or it cannot be written.
        UsageError
            If the run id cannot name a folder.
        """
        check_run_id(record.identity.run_id)
        target = self._directory / record.identity.run_id
        files = RecordFiles(record, manifest_extra)
        sweep_leftovers(self._directory)
        write_folder(target, _whole(files, scenarios_of(manifest_extra), plots=plots))
        return target


def _whole(
    files: RecordFiles, scenarios: tuple[str, ...], *, plots: bool
) -> Iterator[tuple[str, bytes]]:
    yield from files.all()
    if plots:
        from basis_lab.results.frames import RunTables
        from basis_lab.results.pages import plot_files

        yield from plot_files(RunTables(files.read), scenarios)
    yield "manifest.json", json_bytes(files.manifest())
