"""Configuration: YAML files merged, validated at once, and frozen for one run."""

from basis_lab.config.check import check_paths
from basis_lab.config.describe import ConfigRow, describe_config
from basis_lab.config.environment import Environment, read_environment
from basis_lab.config.loader import ModeSummary, list_modes, load_config, parse_set
from basis_lab.config.models import RunConfig

__all__ = [
    "ConfigRow",
    "Environment",
    "ModeSummary",
    "RunConfig",
    "check_paths",
    "describe_config",
    "list_modes",
    "load_config",
    "parse_set",
    "read_environment",
]
