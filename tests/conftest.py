"""What every test may ask for: real market data, and golden texts."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from tests.evm.fixtures import (  # noqa: F401 - for every test below this folder
    _chain_30,
    _chain_36,
    aave_30,
    aave_36,
    aave_chain,
)

ROOT = Path(__file__).parents[1]

# A shared machine is sometimes slow; a property is not wrong for it.
hypothesis.settings.register_profile("basis", deadline=None, print_blob=True)
hypothesis.settings.load_profile("basis")


# A shell that runs the tests in the background lets them ignore SIGINT, and every process that
# they start: signals that tests send would be lost.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the tests produced over their golden files, to be reviewed as a diff",
    )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The directory of real market data, or a skip that says where it was looked for."""
    if "BASIS_TEST_REAL_DATA" in os.environ:
        directory = Path(os.environ["BASIS_TEST_REAL_DATA"])
    else:
        directory = ROOT.parent / "shared" / "real-data"
    if not directory.is_dir():
        pytest.skip("no real market data: set BASIS_TEST_REAL_DATA to its directory")
    return directory


@pytest.fixture
def golden(request) -> Callable[[str, str], None]:
    """Compare a text with the file of that name in `golden/` beside the test."""

    def check(name: str, text: str) -> None:
        path = request.path.parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.is_file(), f"{path} is missing; write it with pytest --update-golden"
        assert text == path.read_text(), f"{path} differs; review with pytest --update-golden"

    return check
