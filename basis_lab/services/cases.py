"""One case of a batch or a sweep: a run that was asked for, as plain values."""

import json
import re
import shlex
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Self

from basis_lab.config.models import SHARE_CLASSES
from basis_lab.config.validation import nearest
from basis_lab.data.places import Place
from basis_lab.errors import ConfigProblem
from basis_lab.services.requests import BacktestRequest

LONGEST_BYTES = 240  # of a name of a folder, with room for an ending
DIGEST_LETTERS = 12
TEXT_HINT = ", without quotes and in full (YAML reads 1e4 as text)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One run that was asked for; plain values alone, so that it travels to any worker.

    Parameters
    ----------
    name : str
        What the case is called; also the name of its folder.
    mode : str
        Name of a mode, or path of an own mode file.
    share_class : str or None
        None takes the mode's first.
    start, end : str or None
        ISO dates, UTC; None takes the last 365 days of data.
    capital : float or None
        Share-class currency; None takes the share class's default.
    overrides : mapping of str to object
        Dotted keys of the configuration.
    scenarios : tuple of str
        Names or paths, in order.
    at : mapping of str to object
        Where the case lies on the axes of its plan; no part of what is run.
    """

    name: str
    mode: str
    share_class: str | None = None
    start: str | None = None
    end: str | None = None
    capital: float | None = None
    overrides: Mapping[str, object] = field(default_factory=dict)
    scenarios: tuple[str, ...] = ()
    at: Mapping[str, object] = field(default_factory=dict)

    def plain(self) -> dict[str, object]:
        """Return what is run, as JSON can hold it.

        Returns
        -------
        dict
            Without the name and the place on the axes.
        """
        return {
            "mode": self.mode,
            "share_class": self.share_class,
            "start": self.start,
            "end": self.end,
            "capital": self.capital,
            "overrides": dict(self.overrides),
            "scenarios": list(self.scenarios),
        }

    def command(self) -> str:
        """Return the command that runs the case alone.

        Returns
        -------
        str
            For a shell; on the data that are the default there.
        """
        words = ["basis-lab", "backtest", self.mode]
        for name, given in (
            ("--share-class", self.share_class),
            ("--start", self.start),
            ("--end", self.end),
            ("--capital", None if self.capital is None else f"{self.capital:.17g}"),
        ):
            words += [] if given is None else [name, given]
        for scenario in self.scenarios:
            words += ["--scenario", scenario]
        for key, value in self.overrides.items():
            words += ["--set", f"{key}={json.dumps(value)}"]
        return shlex.join(words)

    @classmethod
    def of_command(cls, command: str) -> Self:
        """Return the case that a command runs: the way back from ``command``.

        Parameters
        ----------
        command : str
            As ``command`` wrote it.

        Returns
        -------
        Case
            Equal in all that is run; named by its mode.
        """
        _, _, mode, *words = shlex.split(command)
        given = list(zip(words[::2], words[1::2], strict=True))
        single = {
            name.removeprefix("--").replace("-", "_"): text
            for name, text in given
            if name not in {"--scenario", "--set"}
        }
        changes = (text.partition("=") for name, text in given if name == "--set")
        return cls(
            name=mode,
            mode=mode,
            share_class=single.get("share_class"),
            start=single.get("start"),
            end=single.get("end"),
            capital=float(single["capital"]) if "capital" in single else None,
            overrides={key: json.loads(value) for key, _, value in changes},
            scenarios=tuple(text for name, text in given if name == "--scenario"),
        )

    @property
    def key(self) -> str:
        """SHA-256 of what is run: equal cases have equal keys."""
        return digest(self.plain())

    def request(self, data_dir: Place | None, database: Path | None = None) -> BacktestRequest:
        """Return the request that runs the case in memory.

        Parameters
        ----------
        data_dir : Place or None
            None takes the sample.
        database : Path or None
            A DuckDB file that is read in place of the directory.

        Returns
        -------
        BacktestRequest
            Without folder and plots.
        """
        return BacktestRequest(
            mode=self.mode,
            share_class=self.share_class,
            start=self.start,
            end=self.end,
            capital=self.capital,
            overrides=self.overrides,
            scenarios=self.scenarios,
            data_dir=data_dir,
            data_mode="csv" if database is None else "db",
            database=database,
            plots=False,
        )


SETTINGS = tuple(x.name for x in fields(Case) if x.name not in {"name", "at"})


def digest(content: object) -> str:
    """Return the SHA-256 of plain values.

    Parameters
    ----------
    content : object
        As JSON can hold it.

    Returns
    -------
    str
        Hexadecimal; the order of keys does not count.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def safe_name(text: str) -> str:
    """Return a text that can name a folder.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        Letters and digits of any script, dots, dashes and underscores, as many as a folder's name
        has room for; the start of the text's SHA-256 where it has none of them.

    Examples
    --------
    >>> safe_name("spot share=0.6, both"), safe_name("dú p")
    ('spot-share-0.6-both', 'dú-p')
    """
    whole = unicodedata.normalize("NFC", text)
    kept = "".join(x if _names(x) else " " for x in whole)
    name = re.sub(" +", "-", kept).strip("-.")
    short = name.encode()[:LONGEST_BYTES].decode(errors="ignore")
    return short if short else sha256(text.encode()).hexdigest()[:DIGEST_LETTERS]


def fits_folder(text: str) -> bool:
    """Tell if a name is short enough to be that of a folder as a whole.

    Parameters
    ----------
    text : str
        As it was given.

    Returns
    -------
    bool
        False from 241 bytes on.
    """
    return len(unicodedata.normalize("NFC", text).encode()) <= LONGEST_BYTES


def _names(letter: str) -> bool:
    """Tell if a character may stand in the name of a folder."""
    return letter in "._-" or unicodedata.category(letter)[0] in "LMN"


def setting_problems(given: Mapping[str, object], where: str) -> Iterator[ConfigProblem]:
    """Find what is wrong with the settings of a case, before anything is resolved.

    Parameters
    ----------
    given : mapping of str to object
        Settings by name; not every one has to be there.
    where : str
        The file, or what stands for it.

    Yields
    ------
    ConfigProblem
        One a setting.
    """
    for name, value in given.items():
        expected = _expected(name, value)
        if expected is not None:
            what, remedy = expected
            yield ConfigProblem(file=where, key=name, value=value, what=what, remedy=remedy)
    start, end = (given.get(name) for name in ("start", "end"))
    if _is_date(start) and _is_date(end) and _moment(start) > _moment(end):
        yield ConfigProblem(
            file=where,
            key="end",
            value=end,
            what=f"the end lies before the start, {start}",
            remedy="give start <= end",
        )


def _expected(name: str, value: object) -> tuple[str, str] | None:
    """Return what is wrong with one setting and what to write; None where it is fine."""
    match name:
        case "mode":
            fine, remedy = isinstance(value, str) and bool(value), "give the name of a mode"
        case "share_class":
            fine, remedy = value in {None, *SHARE_CLASSES}, f"one of {', '.join(SHARE_CLASSES)}"
        case "start" | "end":
            fine, remedy = value is None or _is_date(value), "write 2024-06-01, UTC"
        case "capital":
            fine = value is None or _is_amount(value)
            remedy = f"give an amount above 0{TEXT_HINT if isinstance(value, str) else ''}"
        case "overrides":
            fine, remedy = isinstance(value, Mapping), "write a map of dotted keys to values"
        case "scenarios":
            texts = isinstance(value, list | tuple) and all(isinstance(x, str) for x in value)
            fine = texts
            remedy = (
                "write a list of scenarios, as [hold]; an axis is a list of such lists, [[hold]]"
            )
        case _:
            return "there is no such key", nearest(name, SETTINGS)
    return None if fine else ("this value makes no sense here", remedy)


def _is_amount(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and isfinite(value) and value > 0.0  # type: ignore[operator, arg-type] # a number


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        _moment(value)
    except ValueError:
        return False
    return True


def _moment(text: object) -> datetime:
    """Return a date or time, UTC where it names no zone."""
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
