"""The command line: ``basis-lab COMMAND ...``; a module a family of commands.

Results go to standard output, progress and errors to standard error.
"""

import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an interrupt while its code is still being read is told as any other.

    Parameters
    ----------
    arguments : sequence of str or None
        The words after ``basis-lab``; None takes those of the process.

    Returns
    -------
    int
        The exit code.
    """
    try:
        from basis_lab.cli.edge import run_command

        return run_command(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED
