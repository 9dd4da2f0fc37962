"""The widgets of the workbench: what a notebook shows, and nothing that it computes itself."""

from typing import TYPE_CHECKING

from basis_lab.notebook.parameters import check_parameters

if TYPE_CHECKING:
    from basis_lab.notebook.bench import Workbench

__all__ = ["check_parameters", "workbench"]


def workbench(
    mode: str = "btc_basis",
    *,
    share_class: str | None = None,
    start: str | None = None,
    end: str | None = None,
    capital: float | None = None,
    data_dir: str = "",
) -> "Workbench":
    """Return the workbench on a case that has already been run.

    Parameters
    ----------
    mode : str
        Name of a mode.
    share_class : str or None
        "USDT" or "ETH"; None takes the mode's first.
    start, end : str or None
        ISO dates in UTC, both included; None takes the last 365 days of data.
    capital : float or None
        In share-class currency; None takes the share class's default.
    data_dir : str
        A data directory; empty takes BASIS_DATA_DIR, else the embedded synthetic data.

    Returns
    -------
    Workbench
        Shown by a notebook when it is the last value of a cell.

    Raises
    ------
    BasisLabError
        If a value makes no sense. Data that is missing is shown, with what can be done about it.
    """
    from basis_lab.config.loader import load_config
    from basis_lab.errors import BadDataError, MissingDataError
    from basis_lab.notebook.bench import Workbench
    from basis_lab.notebook.case import Case

    config = load_config(mode, share_class=share_class, capital=capital)
    bench = Workbench(
        Case(
            mode=config.mode,
            share_class=config.share_class.name,
            start=start,
            end=end,
            capital=capital,
            data_dir=data_dir,
        )
    )
    if bench.failure is not None and not isinstance(bench.failure, MissingDataError | BadDataError):
        raise bench.failure
    return bench
