"""``lab``: JupyterLab on the workbench."""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

from basis_lab.cli.parsing import command
from basis_lab.errors import UsageError

NOTEBOOK = Path("notebooks") / "01_workbench.ipynb"


def add_lab(commands: Any) -> None:
    """Add the command that opens JupyterLab.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    command(commands, "lab", _run_lab, "open JupyterLab on the workbench")


def _run_lab(_: argparse.Namespace) -> int:
    notebook = Path(__file__).resolve().parents[2] / NOTEBOOK
    if importlib.util.find_spec("jupyterlab") is None:
        raise UsageError(
            "JupyterLab is not installed",
            where="basis-lab lab",
            remedy="install it with: pip install -e .[lab]",
        )
    return subprocess.call([sys.executable, "-m", "jupyterlab", str(notebook)])  # noqa: S603 - our own interpreter on our own file
