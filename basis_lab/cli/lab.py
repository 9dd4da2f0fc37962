"""``lab``: JupyterLab on the workbench."""

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from basis_lab.cli.parsing import command
from basis_lab.errors import UsageError

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOK = REPOSITORY / "notebooks" / "01_workbench.ipynb"


def add_lab(commands: Any) -> None:
    """Add the command that opens JupyterLab.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "lab", _run_lab, "open JupyterLab on the workbench")
    parser.add_argument(
        "options",
        nargs="*",
        metavar="OPTION",
        help="passed on to JupyterLab, after --, as in: basis-lab lab -- --no-browser --port 8890",
    )


def _run_lab(asked: argparse.Namespace) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError(
            "JupyterLab is not installed",
            where="basis-lab lab",
            remedy="install it with: pip install -e .[lab]",
        )
    # The repository is the server's root, so that what the workbench saves can be opened there.
    root = [f"--ServerApp.root_dir={REPOSITORY}"]
    # JupyterLab refuses to run as root, who one is in many containers, unless told.
    allowed = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    words = [sys.executable, "-m", "jupyterlab", *root, *allowed, str(NOTEBOOK), *asked.options]
    return subprocess.call(words)  # noqa: S603 - our own interpreter on our own file
