"""The files of a run, rendered from its record; everything but the manifest is reproducible."""

import importlib.metadata
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cached_property
from time import perf_counter

import yaml

from basis_lab.results import tables
from basis_lab.results.columns import csv_bytes, stamp_times
from basis_lab.results.event_table import Cell, events_csv, events_jsonl, render_events
from basis_lab.results.folder import FILES, PRODUCT
from basis_lab.results.plain import plain
from basis_lab.results.record import RunRecord
from basis_lab.results.spacing import shown_rows
from basis_lab.results.summary import summarise

LIBRARIES = ("numpy", "pyarrow", "pandas", "pydantic", "PyYAML", "plotly", "duckdb")
FOLDER_FORMAT = 1


def package_version() -> str:
    """Return the installed version of this package.

    Returns
    -------
    str
        As pyproject.toml says.
    """
    return importlib.metadata.version("basis-lab")


class RecordFiles:
    """Renders the files of one run.

    Parameters
    ----------
    record : RunRecord
        The run.
    manifest_extra : mapping
        What only the caller knows: command, data directory, stride; plain values.
    """

    def __init__(self, record: RunRecord, manifest_extra: Mapping[str, object]) -> None:
        self.record = record
        self._extra = manifest_extra
        self._started_s = perf_counter()

    def read(self, name: str) -> bytes:
        """Return one file of the folder.

        Parameters
        ----------
        name : str
            One of ``FILES``.

        Returns
        -------
        bytes
            The content.
        """
        render: dict[str, Callable[[], bytes]] = {
            "summary.json": lambda: json_bytes(self.summary),
            "config.yaml": self._config,
            "manifest.json": lambda: json_bytes(self.manifest()),
            "hourly_pnl.csv": lambda: csv_bytes(tables.pnl_table(self._shown)),
            "balance_sheet.csv": lambda: csv_bytes(tables.balance_sheet_table(self._shown)),
            "exposure.csv": lambda: csv_bytes(tables.exposure_table(self._shown)),
            "risk.csv": lambda: csv_bytes(tables.risk_table(self._shown)),
            "event_log.csv": lambda: events_csv(self._events),
            "events.jsonl": lambda: events_jsonl(self._events),
        }
        return render[name]()

    def all(self) -> Iterator[tuple[str, bytes]]:
        """Render every file but the manifest, which comes last and knows the time taken.

        Yields
        ------
        tuple of (str, bytes)
            Name and content.
        """
        for name in FILES:
            if name != "manifest.json":
                yield name, self.read(name)

    @cached_property
    def _shown(self) -> RunRecord:
        """The rows that tables show."""
        return shown_rows(self.record)

    @cached_property
    def summary(self) -> dict[str, object]:
        """Every figure of summary.json."""
        return summarise(self.record)

    @property
    def timing(self) -> dict[str, float]:
        """Seconds by phase, ``write_s`` up to now."""
        return {**self.record.timing, "write_s": perf_counter() - self._started_s}

    def manifest(self) -> dict[str, object]:
        """Return what made the run: versions, series, command, timing.

        Returns
        -------
        dict
            Plain values.
        """
        record = self.record
        stamps = stamp_times(record.frame.times[[0, record.rows - 1]]).astype(str).tolist()
        content: dict[str, object] = {
            "product": PRODUCT,
            "folder_format": FOLDER_FORMAT,
            "run_id": record.identity.run_id,
            "package_version": package_version(),
            "python_version": platform.python_version(),
            "platform": platform.platform(),
            "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
            "seed": None,
            "start": stamps[0],
            "end": stamps[1],
            "data_fingerprint": record.frame.fingerprint,
            "series": [asdict(source) for source in record.frame.sources],
            **self._extra,
            "timing": self.timing,
        }
        return {key: plain(value) for key, value in content.items()}

    @cached_property
    def _events(self) -> dict[str, list[Cell]]:
        return render_events(self.record)

    def _config(self) -> bytes:
        dumper = yaml.CSafeDumper if yaml.__with_libyaml__ else yaml.SafeDumper
        text = yaml.dump(
            plain(self.record.identity.config), Dumper=dumper, sort_keys=False, width=100
        )
        return str(text).encode()


def json_bytes(content: object) -> bytes:
    """Return a value as an indented JSON text.

    Parameters
    ----------
    content : object
        Plain values.

    Returns
    -------
    bytes
        UTF-8, ended by a line feed; numbers as the shortest text that reads back exactly.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()
