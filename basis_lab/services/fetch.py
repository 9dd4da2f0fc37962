"""Downloads: which datasets a request means, and where each comes from."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from basis_lab.config.chains import read_chain
from basis_lab.data.download import Fetched, Tell, download
from basis_lab.data.download_bars import BarSource
from basis_lab.data.download_chain import Chain
from basis_lab.data.download_funding import FundingSource
from basis_lab.data.download_patience import Patience
from basis_lab.data.download_protocol import protocol_sources
from basis_lab.data.download_rpc import Rpc, RpcAddress
from basis_lab.data.download_source import Source
from basis_lab.data.download_venue import Exchange
from basis_lab.data.series import BAR_KINDS, VENUE_KINDS, DatasetId, DatasetKind
from basis_lab.domain.intervals import HOUR_S, SECONDS
from basis_lab.errors import UsageError

YEAR = dt.timedelta(days=365)
CHAIN_KINDS = (DatasetKind.AAVE, DatasetKind.LST, DatasetKind.ORACLE, DatasetKind.GAS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """What is to be fetched.

    Parameters
    ----------
    venues, symbols : tuple of str
        Of the exchanges.
    kinds : tuple of DatasetKind
        What of them, and of the chain.
    start, end : datetime or None
        UTC, both included; a year up to now where they are None.
    interval : str
        Of the bars; the chain is read at most once an hour.
    chain : str or Path
        A name in configs/chains, or the path of a YAML file.
    tokens : tuple of str
        Of the chain; all of its file where there is none.
    rpc : RpcAddress or None
        The archive node; needed for the kinds of the chain.
    """

    venues: tuple[str, ...]
    symbols: tuple[str, ...]
    kinds: tuple[DatasetKind, ...]
    start: dt.datetime | None
    end: dt.datetime | None
    interval: str
    chain: str | Path = "ethereum"
    tokens: tuple[str, ...] = ()
    rpc: RpcAddress | None = None

    def dates(self, now: dt.datetime) -> tuple[int, int]:
        """Return the first and the last moment.

        Parameters
        ----------
        now : datetime
            What a request without an end means.

        Returns
        -------
        start, end : int
            Epoch seconds.

        Raises
        ------
        UsageError
            If the end lies before the start.
        """
        end = now if self.end is None else self.end
        start = end - YEAR if self.start is None else self.start
        if end < start:
            raise UsageError(
                "the end lies before the start",
                where="basis-lab data fetch",
                value=f"{start.isoformat()} to {end.isoformat()}",
                remedy="give --start <= --end",
            )
        return int(start.timestamp()), int(end.timestamp())


def fetch(
    request: FetchRequest, root: Path, tell: Tell, say: Callable[[str], object]
) -> tuple[Fetched, ...]:
    """Fetch what a directory lacks of a request.

    Parameters
    ----------
    request : FetchRequest
        What.
    root : Path
        The canonical directory.
    tell : callable
        Called with (dataset, done, total) after each page.
    say : callable
        Called with a line on who is asked and, where no answer comes, on each wait.

    Returns
    -------
    tuple of Fetched
        What became of each dataset.
    """
    patience = Patience(tell=say)
    sources = [
        *exchange_sources(request, patience),
        *chain_sources(request, root, patience),
    ]
    dates = request.dates(dt.datetime.now(dt.UTC))
    return download(sources, root, dates, tell)


def exchange_sources(request: FetchRequest, patience: Patience) -> list[Source]:
    """Return the datasets of the exchanges that a request means.

    Parameters
    ----------
    request : FetchRequest
        What.
    patience : Patience
        How long each is waited for.

    Returns
    -------
    list of Source
        By venue, symbol and kind; nothing is asked yet.
    """
    kinds = [x for x in request.kinds if x in VENUE_KINDS]
    sources: list[Source] = []
    for name in request.venues if kinds else ():
        exchange = Exchange(name, patience)
        for symbol in request.symbols:
            sources += [of_exchange(exchange, x, symbol, request.interval) for x in kinds]
    return sources


def of_exchange(exchange: Exchange, kind: DatasetKind, symbol: str, interval: str) -> Source:
    """Return the source of one dataset of an exchange.

    Parameters
    ----------
    exchange : Exchange
        Where.
    kind : DatasetKind
        Bars or funding.
    symbol : str
        For instance BTCUSDT.
    interval : str
        Of bars.

    Returns
    -------
    Source
        Nothing is asked yet.
    """
    if kind in BAR_KINDS:
        return BarSource(exchange, DatasetId(kind, exchange.name, symbol, interval))
    return FundingSource(exchange, DatasetId(kind, exchange.name, symbol))


def chain_sources(request: FetchRequest, root: Path, patience: Patience) -> list[Source]:
    """Return the datasets of the chain that a request means.

    Parameters
    ----------
    request : FetchRequest
        What.
    root : Path
        The data directory; block numbers are remembered there.
    patience : Patience
        How long the node is waited for.

    Returns
    -------
    list of Source
        By kind and token; nothing is asked yet.

    Raises
    ------
    UsageError
        If the request names no node, or a token that the chain's file does not have.
    """
    kinds = [x for x in request.kinds if x in CHAIN_KINDS]
    if not kinds:
        return []
    name, parameters = read_chain(request.chain)
    if request.rpc is None:
        raise UsageError(
            "protocol history needs an archive node",
            where="basis-lab data fetch",
            value=", ".join(kinds),
            remedy="name one with --rpc URL or the variable BASIS_<ENVIRONMENT>__ALCHEMY__RPC_URL",
        )
    odd = [x for x in request.tokens if x not in parameters.assets]
    if odd:
        raise UsageError(
            "the chain's file has no such token",
            where=f"--token, chain {name}",
            value=", ".join(odd),
            remedy=f"give some of {', '.join(parameters.assets)}, or a --chain file with more",
        )
    chain = Chain(name, parameters, Rpc(request.rpc, patience), root)
    tokens = request.tokens if request.tokens else tuple(parameters.assets)
    step_s = max(SECONDS[request.interval], HOUR_S)
    return list(protocol_sources(chain, kinds, tokens, step_s))
