"""Batched JSON-RPC over HTTP; the address is a secret and appears in no message and no log."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from basis_lab.data.download_patience import Patience, Refusal, read_retry_after
from basis_lab.errors import SourceError, UsageError

WHERE = "the RPC endpoint"
TIMEOUTS_S = (10.0, 60.0)  # to connect, and between two bytes of an answer
SECRET_LENGTH = 3  # the "v2" of a path is none
# Source: EIP-1474 (-32005 limit exceeded); HTTP's own number is used by some nodes as well.
BUSY_CODES = frozenset({-32005, 429})
# Source: EIP-1474 and geth: 3 is an execution that reverted.
REVERTED = 3
NO_STATE = ("missing trie node", "state is not available", "historical state", "pruned")
HTTP_BUSY, HTTP_TOO_LARGE, HTTP_SERVER_FAULT = 429, 413, 500
HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class RpcAddress:
    """The address of a node, with whatever key it holds.

    Parameters
    ----------
    _url : str
        Never printed.
    """

    _url: str = field(repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self._url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise UsageError(
                "the address of the RPC endpoint is no URL",
                where="--rpc",
                remedy="give https://... or http://...; it is not repeated here, it may be secret",
            )

    def reveal(self) -> str:
        """Return the address, for the one place that sends to it.

        Returns
        -------
        str
            A URL.
        """
        return self._url

    def scrub(self, text: str) -> str:
        """Return a text without anything of the address.

        Parameters
        ----------
        text : str
            What a node said.

        Returns
        -------
        str
            With asterisks for the address, its host, and what its path and query hold.
        """
        parts = urlsplit(self._url)
        words = [self._url, parts.netloc, parts.username, parts.password, parts.query]
        words += [*parts.path.split("/"), *(x.rpartition("=")[2] for x in parts.query.split("&"))]
        secrets = {x for x in words if x is not None and len(x) >= SECRET_LENGTH}
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One question to a node.

    Parameters
    ----------
    method : str
        For instance eth_call.
    params : tuple
        As JSON.
    """

    method: str
    params: tuple[Any, ...]


class Rpc:
    """A node, asked many questions at once.

    Parameters
    ----------
    address : RpcAddress
        Where.
    patience : Patience
        How long it is waited for.
    batch : int
        Questions of one request at most.
    """

    def __init__(self, address: RpcAddress, patience: Patience, batch: int = 50) -> None:
        self._address = address
        self._patience = patience
        self._batch = batch
        self._session: Any = None
        self._answered = False

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """Ask any number of questions.

        Parameters
        ----------
        calls : sequence of Call
            The questions.

        Returns
        -------
        list
            The results in the order of the questions; None for an execution that reverted.

        Raises
        ------
        SourceError
            If the node refuses, or gives no answer.
        """
        results: list[Any] = []
        at = 0
        while at < len(calls):
            part = calls[at : at + self._batch]
            answers = self._patience.ask(_Batch(self, part).ask, WHERE, known=self._answered)
            self._answered = True
            if answers is None:  # too many at once for this node
                self._batch = max(self._batch // 2, 1)
                continue
            results += answers
            at += len(part)
        return results

    def post(self, body: list[dict[str, Any]]) -> Any:
        """Send one request.

        Parameters
        ----------
        body : list of dict
            JSON-RPC requests.

        Returns
        -------
        object
            The answer as JSON; None where the request is too large for the node.

        Raises
        ------
        Refusal
            If it may be sent again.
        SourceError
            If not.
        """
        import requests

        try:
            with _unlogged():
                answer = self._client().post(
                    self._address.reveal(), json=body, timeout=TIMEOUTS_S, allow_redirects=False
                )
                content = _json(answer)
        except requests.RequestException as error:  # its text holds the address
            raise Refusal(f"no connection ({type(error).__name__})", reached=False) from None
        status = answer.status_code
        if status == HTTP_TOO_LARGE and len(body) > 1:
            return None
        if status == HTTP_BUSY or status >= HTTP_SERVER_FAULT:
            wait_s = read_retry_after(answer.headers.get("Retry-After"))
            raise Refusal(f"HTTP status {status}", wait_s)
        if status != HTTP_OK:
            raise SourceError(
                f"the node refuses: HTTP status {status}",
                where=WHERE,
                value=self._address.scrub(answer.text[:200]),
                remedy="check the address and its key; it may not allow this method",
            )
        if content is None:
            raise Refusal("an answer that is no JSON")
        return content

    def read(self, call: Call, answer: dict[str, Any]) -> Any:
        """Return the result of one answer.

        Parameters
        ----------
        call : Call
            The question.
        answer : dict
            Of the node.

        Returns
        -------
        object
            The result; None for an execution that reverted.

        Raises
        ------
        Refusal
            If the node is busy.
        SourceError
            If it refuses.
        """
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        code, text = error.get("code"), self._address.scrub(str(error.get("message")))[:200]
        if code in BUSY_CODES:
            raise Refusal(text)
        if code == REVERTED or "revert" in text.lower():
            return None
        pruned = any(x in text.lower() for x in NO_STATE)
        raise SourceError(
            f"the node refuses {call.method}",
            where=WHERE,
            value=f"{text} (code {code})",
            remedy="history needs an archive node" if pruned else "its message says why",
        )

    def _client(self) -> Any:
        if self._session is None:
            import requests

            self._session = requests.Session()
        return self._session


class _Batch:
    """One request's questions; those that were answered are not asked again."""

    def __init__(self, rpc: Rpc, calls: Sequence[Call]) -> None:
        self._rpc = rpc
        self._calls = calls
        self._found: dict[int, Any] = {}

    def ask(self) -> list[Any] | None:
        open_ = [i for i in range(len(self._calls)) if i not in self._found]
        body = [
            {
                "jsonrpc": "2.0",
                "id": i,
                "method": self._calls[i].method,
                "params": list(self._calls[i].params),
            }
            for i in open_
        ]
        content = self._rpc.post(body)
        if content is None:
            return None
        if isinstance(content, dict):  # one error for the whole request
            content = [{**content, "id": open_[0]}] if "error" in content else []
        busy = ""
        for answer in content:
            if answer.get("id") in open_:
                try:
                    result = self._rpc.read(self._calls[answer["id"]], answer)
                except Refusal as refusal:
                    busy = refusal.what
                else:
                    self._found[answer["id"]] = result
        if len(self._found) < len(self._calls):
            raise Refusal(busy if busy else "a batch came back with answers missing")
        return [self._found[i] for i in range(len(self._calls))]


def _json(answer: Any) -> Any:
    try:
        content = answer.json()
    except ValueError:
        return None
    return content if isinstance(content, dict | list) else None


@contextmanager
def _unlogged() -> Iterator[None]:
    """Drop what the HTTP library would log meanwhile: its debug lines hold the address."""
    logger = logging.getLogger("urllib3.connectionpool")

    def drop(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        yield
    finally:
        logger.removeFilter(drop)
