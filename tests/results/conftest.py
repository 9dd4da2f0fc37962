"""The run that the tests of this folder look at."""

import pytest

from tests.results.records import make_record


@pytest.fixture(scope="session")
def record():
    return make_record()


@pytest.fixture(scope="session")
def long_record():
    """Sixty days, so that volatility and its ratios apply."""
    return make_record(24 * 60 + 1)
