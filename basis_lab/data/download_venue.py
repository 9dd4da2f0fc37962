"""One exchange through ccxt: public endpoints, no credentials, its limits kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from basis_lab.data.download_patience import Patience, Refusal, read_retry_after
from basis_lab.data.series import DatasetId, DatasetKind
from basis_lab.errors import MissingDataError, SourceError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """How one exchange pages its history.

    Parameters
    ----------
    title : str
        Its name in words.
    bar_limit, funding_limit : int
        Rows of a page at most.
    newest_first : bool
        Where a window has more settlements than a page: whether the page has the newest of them.
    until : str
        The parameter of funding history that takes the end of a window.
    market_types : tuple of str
        The markets that are loaded.
    """

    title: str
    bar_limit: int
    funding_limit: int
    newest_first: bool
    until: str
    market_types: tuple[str, ...]


# Source: the exchanges' API documentation as ccxt 4.5 quotes it; OKX serves up to 300 bars and
# 400 settlements since 2025, and served 100 before: a page of 100 is right under both.
VENUES: Mapping[str, Venue] = MappingProxyType(
    {
        "binance": Venue(
            title="Binance",
            bar_limit=1000,
            funding_limit=1000,
            newest_first=False,
            until="until",
            market_types=("spot", "linear"),
        ),
        "bybit": Venue(
            title="Bybit",
            bar_limit=1000,
            funding_limit=200,
            newest_first=True,
            until="until",
            market_types=("spot", "linear"),
        ),
        "okx": Venue(
            title="OKX",
            bar_limit=100,
            funding_limit=100,
            newest_first=True,
            until="after",
            market_types=("spot", "swap"),
        ),
    }
)


class Exchange:
    """The public side of one exchange, with its rate limit kept and its refusals waited out.

    Parameters
    ----------
    name : str
        One of ``VENUES``.
    patience : Patience
        How long it waits.
    """

    def __init__(self, name: str, patience: Patience) -> None:
        self.name = name
        self.venue = VENUES[name]
        self._patience = patience
        self._client: Any = None
        self._now_s: int | None = None
        self._answered = False

    @property
    def client(self) -> Any:
        """The ccxt client; a proxy and its certificates come from the usual variables."""
        if self._client is None:
            ccxt = _ccxt()
            self._client = getattr(ccxt, self.name)(
                {
                    "enableRateLimit": True,
                    "enableLastJsonResponse": True,
                    "requests_trust_env": True,
                    "options": {"fetchMarkets": {"types": list(self.venue.market_types)}},
                }
            )
        return self._client

    def describe(self) -> str:
        """Say where its rows come from.

        Returns
        -------
        str
            With the version of ccxt.
        """
        return f"{self.venue.title} public REST API (ccxt {_ccxt().__version__})"

    def now_s(self) -> int:
        """Return the exchange's own time, asked once.

        Returns
        -------
        int
            Epoch seconds.
        """
        if self._now_s is None:
            answer = self.ask(self.client.fetch_time, _is_time)
            self._now_s = int(answer) // 1000
        return self._now_s

    def market(self, dataset: DatasetId) -> str:
        """Return the symbol of ccxt for a dataset.

        Parameters
        ----------
        dataset : DatasetId
            Of this exchange.

        Returns
        -------
        str
            For instance ``BTC/USDT:USDT``.

        Raises
        ------
        MissingDataError
            If the exchange has no such market.
        """
        markets = self.ask(self.client.load_markets, bool)
        spot = dataset.kind is DatasetKind.SPOT
        for market in markets.values():
            if f"{market['base']}{market['quote']}" != dataset.symbol:
                continue
            linear = market["swap"] and market["linear"] and market["settle"] == market["quote"]
            if market["spot"] if spot else linear:
                return str(market["symbol"])
        what = "spot market" if spot else "linear perpetual"
        raise MissingDataError(
            f"{self.venue.title} has no {what} of that symbol",
            missing=[str(dataset)],
            where=self.name,
            value=dataset.symbol,
            remedy="give a symbol such as BTCUSDT with --symbol, or leave the venue out",
        )

    def ask(self, question: Callable[[], Any], is_good: Callable[[Any], bool]) -> Any:
        """Put a question; an answer that cannot be read is no answer.

        Parameters
        ----------
        question : callable
            Calls the client.
        is_good : callable
            Tells if an answer can be read.

        Returns
        -------
        object
            The answer.
        """
        answer = self._patience.ask(
            lambda: self._once(question, is_good), self.venue.title, known=self._answered
        )
        self._answered = True
        return answer

    def _once(self, question: Callable[[], Any], is_good: Callable[[Any], bool]) -> Any:
        ccxt = _ccxt()
        try:
            answer = question()
        except (ccxt.RateLimitExceeded, ccxt.DDoSProtection) as error:
            headers = self.client.last_response_headers
            after = None if headers is None else headers.get("Retry-After")
            raise Refusal(_first_line(error), read_retry_after(after)) from error
        except ccxt.OperationFailed as error:
            # Its subclasses are what an exchange said; these two are what the network did.
            reached = type(error) not in {ccxt.NetworkError, ccxt.RequestTimeout}
            raise Refusal(_first_line(error), reached=reached) from error
        except ccxt.BaseError as error:
            raise SourceError(
                f"{self.venue.title} refuses",
                where=self.venue.title,
                value=_first_line(error),
                remedy="its message says why; another venue may serve (--venue)",
            ) from error
        # ccxt takes a body that is no JSON for an empty page of some exchanges.
        if not isinstance(self.client.last_json_response, dict | list) or not is_good(answer):
            raise Refusal("an answer that cannot be read")
        return answer


def _is_time(answer: object) -> bool:
    return isinstance(answer, int) and answer > 0


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


def _ccxt() -> Any:
    try:
        import ccxt
    except ImportError as error:
        raise UsageError(
            "ccxt is not installed",
            where="basis-lab data fetch",
            remedy="install it with: pip install -e .[live]",
        ) from error
    return ccxt
