"""Fixtures: one chain and one market a version and a test run, put back after each test."""

from collections.abc import Iterator

import pytest

from tests.evm.toolchain import prepare


@pytest.fixture(scope="session")
def _chain_36() -> Iterator:
    yield from _running("3.6")


@pytest.fixture(scope="session")
def _chain_30() -> Iterator:
    yield from _running("3.0")


@pytest.fixture
def aave_36(_chain_36) -> Iterator:
    """An `AaveChain` with Aave v3.6, as it was deployed."""
    yield from _restored(_chain_36)


@pytest.fixture
def aave_30(_chain_30) -> Iterator:
    """An `AaveChain` with Aave v3.0, as it was deployed."""
    yield from _restored(_chain_30)


@pytest.fixture(params=["3.6", "3.0"])
def aave_chain(request):
    """An `AaveChain` of either version."""
    return request.getfixturevalue(f"aave_{request.param.replace('.', '')}")


def _running(version: str) -> Iterator:
    pytest.importorskip("web3", reason="web3 is not installed (extra: dev)")
    prepare()
    from tests.evm.chain import AaveChain  # needs web3, which only these tests do

    chain = AaveChain(version)
    yield chain
    chain.anvil.stop()


def _restored(chain) -> Iterator:
    snapshot = chain.anvil.snapshot()
    yield chain
    chain.anvil.revert(snapshot)
