"""Configuration under test: the shipped files, and copies that a test may spoil."""

import shutil
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "configs"


@pytest.fixture
def configs(tmp_path):
    """A copy of the shipped configs directory."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "configs"))


@pytest.fixture
def write(tmp_path):
    """Write a YAML file of one's own and return its path."""

    def to_file(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file
