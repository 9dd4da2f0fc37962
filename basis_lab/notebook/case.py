"""The case that the workbench runs: what was chosen, as a request, a command, and Python."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from basis_lab.config.environment import read_environment
from basis_lab.config.loader import list_modes, load_config
from basis_lab.config.models import RunConfig
from basis_lab.data.places import place_of
from basis_lab.services.requests import BacktestRequest, make_provider


@dataclass(frozen=True, kw_only=True)
class Case:
    """One choice of mode, share class, dates, money and changed keys.

    Parameters
    ----------
    mode, share_class : str
        A pair that exists.
    start, end : str or None
        ISO dates, UTC; None takes the last 365 days.
    capital : float or None
        Share-class currency; None takes the share class's own.
    scenario : str
        Name of a scenario, or "".
    data_dir : str
        A directory, or "" for the default one.
    overrides : mapping of str to object
        Keys that differ from the mode's files.
    """

    mode: str
    share_class: str
    start: str | None = None
    end: str | None = None
    capital: float | None = None
    scenario: str = ""
    data_dir: str = ""
    overrides: Mapping[str, object] = field(default_factory=dict)

    def request(self) -> BacktestRequest:
        """Return the case as the backtest service takes it.

        Returns
        -------
        BacktestRequest
            Kept in memory, without plots.
        """
        environment = read_environment()
        environment.require_backtest()
        return BacktestRequest(
            mode=self.mode,
            share_class=self.share_class,
            start=self.start,
            end=self.end,
            capital=self.capital,
            overrides=dict(self.overrides),
            scenarios=(self.scenario,) if self.scenario else (),
            data_dir=place_of(self.data_dir) if self.data_dir else environment.data_dir,
            data_mode="db" if environment.data_mode == "db" else "csv",
            plots=False,
            command=self.command(),
        )

    def config(self, *, changed: bool = True) -> RunConfig:
        """Return the resolved configuration.

        Parameters
        ----------
        changed : bool
            False for the values before the overrides.

        Returns
        -------
        RunConfig
            Frozen.

        Raises
        ------
        ConfigError
            With every key that is refused.
        """
        return load_config(
            self.mode,
            share_class=self.share_class,
            overrides=self.overrides if changed else {},
            scenarios=(self.scenario,) if self.scenario else (),
            capital=self.capital,
        )

    def coverage(self) -> tuple[str, str]:
        """Return the first and the last date that the data covers for this mode.

        Returns
        -------
        tuple of str
            ISO dates.

        Raises
        ------
        ConfigError
            With every key that is refused.
        DataError
            If the directory lacks what the mode needs.
        """
        first, last = make_provider(self.config(), self.request()).coverage()
        day = np.timedelta64(1, "D")
        whole = first.astype("datetime64[D]")
        return str(whole if whole == first else whole + day), str(last.astype("datetime64[D]"))

    def command(self) -> str:
        """Return the case as a command.

        Returns
        -------
        str
            For a shell.
        """
        parts = ["basis-lab", "backtest", self.mode, "--share-class", self.share_class]
        given = (("--start", self.start), ("--end", self.end))
        parts += [x for name, value in given if value is not None for x in (name, value)]
        if self.capital is not None:
            parts += ["--capital", f"{self.capital:g}"]
        for name, text in (("--scenario", self.scenario), ("--data-dir", self.data_dir)):
            parts += [name, text] if text else []
        for key, value in self.overrides.items():
            parts += ["--set", f"{key}={json.dumps(value)}"]
        return shlex.join(parts)

    def python(self) -> str:
        """Return the case as Python.

        Returns
        -------
        str
            One expression.
        """
        given = {
            "share_class": self.share_class,
            "start": self.start,
            "end": self.end,
            "capital": self.capital,
            "overrides": dict(self.overrides),
            "scenarios": (self.scenario,) if self.scenario else (),
            "data_dir": self.data_dir,
        }
        told = [repr(self.mode), *(f"{k}={v!r}" for k, v in given.items() if v)]
        return f"bl.backtest({', '.join(told)})"


def pairs() -> dict[str, tuple[str, ...]]:
    """Return the modes there are with their share classes.

    Returns
    -------
    dict of str to tuple of str
        By mode.
    """
    return {x.header.mode: tuple(x.header.share_classes) for x in list_modes()}
