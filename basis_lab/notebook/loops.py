"""Whether something watches what is started, or whoever starts it has to wait."""

import asyncio
from collections.abc import Callable

SOON_S = 0.05  # what was said before is in the browser then


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that would watch what is started here.

    Returns
    -------
    AbstractEventLoop or None
        The kernel's; None where nothing runs one.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def soon(do: Callable[[], object]) -> None:
    """Do what takes a while once what was said before it is in sight.

    Parameters
    ----------
    do : callable
        Done at once where there is no event loop to wait for.
    """
    loop = running_loop()
    if loop is None:
        do()
    else:
        loop.call_later(SOON_S, do)
