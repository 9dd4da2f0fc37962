"""Prepares what the local chain needs: npm packages, and contracts compiled once a content.

Everything third-party lands in `node_modules/` and `build/` beside this file, both ignored by git.
A file lock lets parallel test workers share one preparation.
"""

import fcntl
import functools
import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
BUILD = HERE / "build"
ANVIL = MODULES / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
CORE_30 = MODULES / "@aave" / "core-v3" / "artifacts" / "contracts"
NPM_TIMEOUT_S = 300
COMPILE_TIMEOUT_S = 300


def prepare() -> None:
    """Install and compile what is missing; skip the test, with the reason, where that cannot be."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the local chain's program is published for Linux on x86-64 only")
    with _locked():
        if not _installed():
            _install()
        if not _compiled().is_file():
            _compile()


@functools.cache
def contracts_36() -> dict[str, dict]:
    """Aave v3.6 and our own contracts: abi, bytecode and linkReferences by name."""
    return json.loads(_compiled().read_text())


@functools.cache
def contract_30(path: str) -> dict:
    """One published artifact of Aave v3.0, by its path without `.sol/Name.json`."""
    file = CORE_30 / f"{path}.sol" / f"{Path(path).name}.json"
    artifact = json.loads(file.read_text())
    links = {
        library: [place["start"] for place in places]
        for libraries in artifact["linkReferences"].values()
        for library, places in libraries.items()
    }
    return {
        "abi": artifact["abi"],
        "bytecode": artifact["bytecode"].removeprefix("0x"),
        "linkReferences": links,
    }


@contextmanager
def _locked() -> Iterator[None]:
    BUILD.mkdir(exist_ok=True)
    with (BUILD / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _installed() -> bool:
    marker = BUILD / ".installed"
    lock = _digest([HERE / "package-lock.json"])
    return ANVIL.is_file() and marker.is_file() and marker.read_text() == lock


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so there is no local chain with real Aave contracts")
    done = subprocess.run(
        [npm, "ci"], cwd=HERE, capture_output=True, text=True, timeout=NPM_TIMEOUT_S, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"npm ci in tests/evm failed, so there is no local chain: {done.stderr[-600:]}")
    (BUILD / ".installed").write_text(_digest([HERE / "package-lock.json"]))


def _compile() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, so the contracts cannot be compiled")
    target, fresh = _compiled(), BUILD / "fresh.json"
    done = subprocess.run(
        [node, "compile.js", str(fresh)],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=COMPILE_TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, f"the contracts do not compile: {done.stderr[-4000:]}"
    fresh.rename(target)
    for stale in BUILD.glob("contracts-*.json"):
        if stale != target:
            stale.unlink()


def _compiled() -> Path:
    sources = [HERE / "compile.js", HERE / "package-lock.json", *(HERE / "contracts").glob("*.sol")]
    return BUILD / f"contracts-{_digest(sources)}.json"


def _digest(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
