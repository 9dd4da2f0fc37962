"""The import contracts of pyproject.toml hold, those on layers among them."""

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

pytestmark = pytest.mark.slow


def test_every_import_contract_holds(capsys):
    status = lint_imports(is_debug_mode=False, show_timings=False, cache_dir=None)

    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out
