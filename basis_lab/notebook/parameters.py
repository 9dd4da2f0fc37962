"""Parameters that papermill was given: a name that a notebook does not have is refused."""

import ast
from collections.abc import Sequence

from basis_lab.errors import UsageError

INJECTED = "# Parameters"  # how papermill begins the cell that it puts after the tagged one


def check_parameters(cells: Sequence[str] | None = None) -> None:
    r"""Refuse parameters that the notebook's own `parameters` cell does not name.

    Papermill only warns of them, and the notebook would run with its defaults.

    Parameters
    ----------
    cells : sequence of str or None
        The sources that have run; None takes those of the running notebook.

    Raises
    ------
    UsageError
        With the unknown names and the known ones.

    Examples
    --------
    >>> check_parameters(["mode = 'btc_basis'", "# Parameters\nmode = 'eth_basis'"])
    """
    if cells is None:
        from IPython import get_ipython

        shell = get_ipython()
        cells = () if shell is None else shell.user_ns["In"]
    places = [i for i, source in enumerate(cells) if source.lstrip().startswith(INJECTED)]
    if not places:
        return
    known = _names(cells[places[-1] - 1])
    unknown = [x for x in _names(cells[places[-1]]) if x not in known]
    if unknown:
        raise UsageError(
            "the notebook has no such parameter",
            where="parameters",
            value=", ".join(unknown),
            remedy=f"it has {', '.join(known)}",
        )


def _names(source: str) -> list[str]:
    """Return the names that a cell assigns, in order."""
    targets = [
        target
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (
            statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        )
    ]
    return [x.id for x in targets if isinstance(x, ast.Name)]
