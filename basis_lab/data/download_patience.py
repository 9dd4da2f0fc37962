"""How a download waits where a source asks it to, and when it gives up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from basis_lab.errors import SourceError, UsageError

Answer = TypeVar("Answer")


class Refusal(Exception):  # noqa: N818 - it is an answer to wait on; an error only when it lasts
    """A source that may answer the same question later.

    Parameters
    ----------
    what : str
        What it said, without secrets.
    wait_s : float or None
        How long it asks to be left alone; None where it does not say.
    """

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long a question is repeated.

    Parameters
    ----------
    attempts : int
        Questions in all.
    first_wait_s : float
        Before the second question; doubled each time where the source does not say.
    budget_s : float
        The longest that may be waited for one answer in all.
    sleep : callable
        Takes seconds.
    """

    attempts: int = 8
    first_wait_s: float = 1.0
    budget_s: float = 900.0
    sleep: Callable[[float], object] = time.sleep

    def ask(self, question: Callable[[], Answer], where: str) -> Answer:
        """Put a question until it is answered.

        Parameters
        ----------
        question : callable
            Raises ``Refusal`` where it may be repeated.
        where : str
            The source, for messages.

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
        for attempt in range(1, self.attempts + 1):
            try:
                return question()
            except Refusal as refusal:
                doubled_s = self.first_wait_s * 2.0 ** (attempt - 1)
                wait_s = doubled_s if refusal.wait_s is None else refusal.wait_s
                if attempt == self.attempts or waited_s + wait_s > self.budget_s:
                    raise _given_up(where, refusal, attempt, wait_s) from None
            self.sleep(wait_s)
            waited_s += wait_s
        raise UsageError("patience needs one attempt at least", where=where, value=self.attempts)


def _given_up(where: str, last: Refusal, asked: int, wait_s: float) -> SourceError:
    return SourceError(
        f"the source gave no answer; asked {asked} times",
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
