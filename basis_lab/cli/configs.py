"""``modes`` and ``config``: what there is, what it means, and whether own files are good."""

import argparse
import sys
from pathlib import Path
from typing import Any

from basis_lab.cli.parsing import (
    RISK_LEVELS,
    SHARE_CLASSES,
    add_resolution,
    command,
    read_overrides,
    say,
)
from basis_lab.errors import ConfigError

A_PLAN = "a plan: run it with `basis-lab sweep` or `basis-lab batch`"


def add_modes(commands: Any) -> None:
    """Add the command that lists modes.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    parser = command(commands, "modes", _run_modes, "list the modes and what each needs")
    parser.add_argument("--share-class", choices=SHARE_CLASSES, help="only modes that have it")
    parser.add_argument("--risk-level", choices=RISK_LEVELS, help="only modes of this risk")


def add_config(commands: Any) -> None:
    """Add the commands that show and check configurations.

    Parameters
    ----------
    commands : argparse subparsers
        Where to.
    """
    group = commands.add_parser("config", help="show or check configurations")
    actions = group.add_subparsers(required=True, metavar="ACTION")
    show = command(actions, "show", _run_config_show, "show every key of a mode with its meaning")
    show.add_argument("mode", metavar="MODE", help="a name of `basis-lab modes` or a YAML file")
    add_resolution(show)
    check = command(actions, "check", _run_config_check, "check configuration files")
    check.add_argument("paths", metavar="PATH", nargs="+", type=Path)


def _run_modes(options: argparse.Namespace) -> int:
    from basis_lab.config.loader import list_modes
    from basis_lab.results.listing import word_modes

    say(word_modes(list_modes(options.share_class, options.risk_level)))
    return 0


def _run_config_show(options: argparse.Namespace) -> int:
    from basis_lab.config.describe import describe_config
    from basis_lab.config.loader import load_config
    from basis_lab.results.listing import word_config

    config = load_config(
        options.mode, options.share_class, read_overrides(options), options.scenarios
    )
    say(word_config(describe_config(config)))
    return 0


def _run_config_check(options: argparse.Namespace) -> int:
    from basis_lab.config import check_paths, read_environment
    from basis_lab.services.plans import check_plan

    read_environment(warn=sys.stderr.write)
    plans = [plan for path in options.paths for plan in _plans(path)]
    others = [path for path in options.paths if path not in plans]
    checked = [x for x in check_paths(others) if x[0] not in plans]
    checked += [(path, check_plan(path)) for path in plans]
    for path, problems in checked:
        kind = f", {A_PLAN}" if path in plans else ""
        say(f"{path}: {'refused' if problems else 'good'}{kind}")
    if refused := [x for _, problems in checked for x in problems]:
        raise ConfigError(refused)
    return 0


def _plans(path: Path) -> list[Path]:
    """Return the plans of batches and sweeps that a path is, or has below it."""
    files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return [x for x in files if _is_plan(x)]


def _is_plan(path: Path) -> bool:
    """Tell if a file is a plan: by its folder, else by the key that says what its cases are."""
    from basis_lab.config.check import FOLDERS, PLANS
    from basis_lab.config.files import read_yaml
    from basis_lab.services.plans import METHODS

    folder = path.resolve().parent.name
    if folder in PLANS or folder in FOLDERS or not path.is_file():
        return folder in PLANS
    try:
        return any(key in METHODS for key in read_yaml(path))
    except ConfigError:  # told by whoever checks it
        return False
