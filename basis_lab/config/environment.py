"""The environment variables that a backtest reads. Credentials are never read here."""

import datetime as dt
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from basis_lab.config.validation import nearest
from basis_lab.data.places import Place, place_of
from basis_lab.errors import ConfigError, ConfigProblem, UsageError

PLACE = "environment"
CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "BASIS_ENVIRONMENT": ("dev", "staging", "prod"),
        "BASIS_EXECUTION_MODE": ("backtest", "paper", "staging", "live"),
        "BASIS_DATA_MODE": ("csv", "db"),
        "BASIS_LOG_LEVEL": ("INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL"),
    }
)
DATABASE = "BASIS_DATABASE__URL"
DUCKDB = ("duckdb:///", "duckdb:")
DATES = ("BASIS_DATA_START_DATE", "BASIS_DATA_END_DATE")
PREFIX = "BASIS_"
LIVE = "BASIS_LIVE_TRADING__"
LIVE_KEYS = (
    "ENABLED",
    "READ_ONLY",
    "MAX_TRADE_SIZE_USD",
    "EMERGENCY_STOP_LOSS_PCT",
    "HEARTBEAT_TIMEOUT_SECONDS",
    "CIRCUIT_BREAKER_ENABLED",
)
CREDENTIALS = (
    "CEX__BINANCE_SPOT_API_KEY",
    "CEX__BINANCE_SPOT_SECRET",
    "CEX__BINANCE_FUTURES_API_KEY",
    "CEX__BINANCE_FUTURES_SECRET",
    "CEX__BYBIT_API_KEY",
    "CEX__BYBIT_SECRET",
    "CEX__OKX_API_KEY",
    "CEX__OKX_SECRET",
    "CEX__OKX_PASSPHRASE",
    "ALCHEMY__RPC_URL",
    "ALCHEMY__PRIVATE_KEY",
)
VARIABLES = (
    *CHOICES,
    *DATES,
    "BASIS_DATA_DIR",
    "BASIS_RESULTS_DIR",
    DATABASE,
    "BASIS_API_TOKEN",
    "BASIS_TEST_REAL_DATA",
    *(f"{LIVE}{key}" for key in LIVE_KEYS),
    *(
        f"{PREFIX}{name.upper()}__{key}"
        for name in CHOICES["BASIS_ENVIRONMENT"]
        for key in CREDENTIALS
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the environment says.

    Parameters
    ----------
    environment : str
        dev, staging or prod.
    execution_mode : str
        backtest, paper, staging or live.
    data_mode : str
        csv or db.
    data_dir, results_dir : Place, Path or None
        None where the repository's own are meant.
    database : Path or None
        The file of the database mode; None where it is the one of the data directory.
    data_start, data_end : datetime or None
        The first and the last moment, UTC, that a run may use.
    log_level : str
        DEBUG, INFO, WARNING, ERROR or CRITICAL.
    """

    environment: str
    execution_mode: str
    data_mode: str
    data_dir: Place | None
    results_dir: Path | None
    database: Path | None
    data_start: dt.datetime | None
    data_end: dt.datetime | None
    log_level: str

    @property
    def data_source(self) -> Literal["csv", "db"]:
        """The data mode: directories of files, or a database."""
        return "db" if self.data_mode == "db" else "csv"

    def require_backtest(self) -> None:
        """Refuse a backtest where the environment is set up for live trading.

        Raises
        ------
        UsageError
            If the execution mode is live.
        """
        if self.execution_mode == "live":
            raise UsageError(
                "a backtest is refused while the environment is set to live trading",
                where="BASIS_EXECUTION_MODE",
                value="live",
                remedy="unset BASIS_EXECUTION_MODE, or set it to backtest",
            )


def read_environment(
    variables: Mapping[str, str] | None = None, *, warn: Callable[[str], object] | None = None
) -> Environment:
    """Return what the environment says; a variable that is unset or empty takes its default.

    A variable that begins with BASIS_ and that nothing reads is no error: another version may
    know it. It is told to ``warn``, with the name that it may have meant.

    Parameters
    ----------
    variables : mapping of str to str, optional
        The variables; those of the process where it is None.
    warn : callable, optional
        Takes one line, its end included, for each such variable; its value is never told.

    Returns
    -------
    Environment
        Frozen.

    Raises
    ------
    ConfigError
        If any variable has a value that cannot be, naming each of them.
    """
    given = os.environ if variables is None else variables
    if warn is not None:
        for line in _unknown(given):
            warn(line)
    problems: list[ConfigProblem] = []
    chosen = {name: _choice(given.get(name), name, problems) for name in CHOICES}
    start, end = (_moment(given.get(name), name, problems) for name in DATES)
    if start is not None and end is not None and end < start:
        problems.append(
            ConfigProblem(
                file=PLACE,
                key=DATES[1],
                value=given.get(DATES[1]),
                what=f"the end is before the start {given.get(DATES[0])}",
                remedy="give a later end or an earlier start",
            )
        )
    database = _database(given.get(DATABASE), problems)
    if problems:
        raise ConfigError(problems)
    return Environment(
        environment=chosen["BASIS_ENVIRONMENT"],
        execution_mode=chosen["BASIS_EXECUTION_MODE"],
        data_mode=chosen["BASIS_DATA_MODE"],
        data_dir=_place(given.get("BASIS_DATA_DIR")),
        results_dir=_path(given.get("BASIS_RESULTS_DIR")),
        database=database,
        data_start=start,
        data_end=end,
        log_level=chosen["BASIS_LOG_LEVEL"],
    )


def _unknown(names: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each variable of ours that nothing reads."""
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in VARIABLES:
            close = get_close_matches(name, VARIABLES, n=1)
            meant = f"did you mean {close[0]}? " if close else ""
            yield (
                f"warning: nothing reads the environment variable {name}; {meant}"
                "configs/env/basis.env.example lists them all\n"
            )


def _choice(value: str | None, name: str, problems: list[ConfigProblem]) -> str:
    """Return one of the choices of a variable; the first where it is unset."""
    choices = CHOICES[name]
    if not value:
        return choices[0]
    if value not in choices:
        problems.append(
            ConfigProblem(
                file=PLACE,
                key=name,
                value=value,
                what="this is none of the choices",
                remedy=nearest(value, choices),
            )
        )
    return value


def _moment(value: str | None, name: str, problems: list[ConfigProblem]) -> dt.datetime | None:
    """Return a moment in UTC; a bare date is its midnight."""
    if not value:
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        problems.append(
            ConfigProblem(
                file=PLACE,
                key=name,
                value=value,
                what="this is not a date",
                remedy="write 2024-06-01, or 2024-06-01T00:00:00+00:00",
            )
        )
        return None
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def _database(value: str | None, problems: list[ConfigProblem]) -> Path | None:
    """Return the file of a database, given as a path or as ``duckdb:///path``."""
    if not value:
        return None
    prefix = next((x for x in DUCKDB if value.startswith(x)), "")
    path = value.removeprefix(prefix)
    if "://" in path or not path:
        problems.append(
            ConfigProblem(
                file=PLACE,
                key=DATABASE,
                value=value.partition("://")[0],  # the rest may hold a password
                what="this is no DuckDB file",
                remedy="write duckdb:///data/mine.duckdb, or the path alone",
            )
        )
        return None
    return Path(path).expanduser()


def _place(value: str | None) -> Place | None:
    return place_of(value) if value else None


def _path(value: str | None) -> Path | None:
    return Path(value).expanduser() if value else None


def rpc_variable(environment: str) -> str:
    """Return the variable that holds the address of an environment's node.

    Parameters
    ----------
    environment : str
        dev, staging or prod.

    Returns
    -------
    str
        Its name.
    """
    return f"{PREFIX}{environment.upper()}__ALCHEMY__RPC_URL"


def read_rpc_url(environment: str, variables: Mapping[str, str] | None = None) -> str | None:
    """Return the address of an environment's node, which is a secret: a download alone reads it.

    Parameters
    ----------
    environment : str
        dev, staging or prod.
    variables : mapping of str to str, optional
        The variables; those of the process where it is None.

    Returns
    -------
    str or None
        None where it is unset or empty.
    """
    given = os.environ if variables is None else variables
    url = given.get(rpc_variable(environment))
    return url if url else None
