"""How a download waits where a source asks it to, and when it gives up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from basis_lab.domain.wording import agree
from basis_lab.errors import SourceError, UsageError

Answer = TypeVar("Answer")


class Refusal(Exception):  # noqa: N818 - it is an answer to wait on; an error only when it lasts
    """A source that may answer the same question later.

    Parameters
    ----------
    what : str
        What it said, without secrets.
    wait_s : float or None
        How long it asks to be left alone, in seconds; None where it does not say.
    reached : bool
        False where nothing came back at all.
    """

    def __init__(self, what: str, wait_s: float | None = None, *, reached: bool = True) -> None:
        super().__init__(what)
        self.what = what
        self.wait_s = wait_s
        self.reached = reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long a question is repeated.

    Parameters
    ----------
    tell : callable
        Takes a line for whoever waits: who is asked and, before it begins, each wait.
    attempts : int
        Questions in all.
    first_attempts : int
        Questions in all where nothing ever came back: there may be no network.
    first_wait_s : float
        Before the second question; doubled each time where the source does not say.
    budget_s : float
        The longest that may be waited for one answer in all.
    sleep : callable
        Takes seconds.
    """

    tell: Callable[[str], object]
    attempts: int = 8
    first_attempts: int = 4
    first_wait_s: float = 1.0
    budget_s: float = 900.0
    sleep: Callable[[float], object] = time.sleep

    def ask(self, question: Callable[[], Answer], where: str, *, known: bool) -> Answer:
        """Put a question until it is answered.

        Parameters
        ----------
        question : callable
            Raises ``Refusal`` where it may be repeated.
        where : str
            The source, for messages.
        known : bool
            True where it answered before.

        Returns
        -------
        object
            The answer.

        Raises
        ------
        SourceError
            If the source asks for more patience than there is.
        """
        waited_s = 0.0
        if not known:
            self.tell(f"asking {where}")
        for attempt in range(1, self.attempts + 1):
            try:
                return question()
            except Refusal as refusal:
                doubled_s = self.first_wait_s * 2.0 ** (attempt - 1)
                wait_s = doubled_s if refusal.wait_s is None else refusal.wait_s
                most = self.attempts if known or refusal.reached else self.first_attempts
                if attempt >= most or waited_s + wait_s > self.budget_s:
                    raise _given_up(where, refusal, attempt, wait_s) from None
                self.tell(
                    f"{where} gave no answer ({refusal.what}); asked {attempt} of {most} times, "
                    f"again in {wait_s:g} s (Ctrl-C stops; what was downloaded is kept)"
                )
            self.sleep(wait_s)
            waited_s += wait_s
        raise UsageError("patience needs one attempt at least", where=where, value=self.attempts)


def _given_up(where: str, last: Refusal, asked: int, wait_s: float) -> SourceError:
    if not last.reached:
        return SourceError(
            f"the source cannot be reached; asked {asked} {agree(asked, 'time')}",
            where=where,
            value=last.what,
            remedy="check the network, and HTTPS_PROXY where there is a proxy; then repeat the "
            "command: it goes on where this one stopped",
        )
    return SourceError(
        f"the source gave no answer; asked {asked} {agree(asked, 'time')}",
        where=where,
        value=f"{last.what}; it would have been asked again in {wait_s:g} s",
        remedy="repeat the command later: it goes on where this one stopped",
    )


def read_retry_after(text: str | None) -> float | None:
    """Read a Retry-After header given in seconds.

    Parameters
    ----------
    text : str or None
        The header; None where there is none.

    Returns
    -------
    float or None
        None where it says nothing that is a number of seconds.
    """
    return float(text) if text is not None and text.strip().isdigit() else None
