"""A local chain in a process of its own, spoken to over JSON-RPC; time moves only by hand."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.evm.toolchain import ANVIL

START_LIMIT_S = 30.0
STOP_LIMIT_S = 10.0
GENESIS_S = 1_735_689_600  # 2025-01-01T00:00:00Z
GAS_LIMIT = 12_000_000
TOGETHER_GAS = 2_000_000
LISTENING = re.compile(rb"Listening on 127\.0\.0\.1:(\d+)")


class TransactionReverted(Exception):  # noqa: N818 - what happened, not a fault of the test
    """A transaction that the contract refused, with the reason's name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Anvil:
    """Starts the chain on a free port of loopback; `stop` ends that process by its id.

    Block times are exact: each block is one second after the last, unless `at` or `wait` say so.
    """

    def __init__(self) -> None:
        from web3 import HTTPProvider, Web3  # a test run without a chain does not pay for it

        self._home = tempfile.TemporaryDirectory(prefix="basis-anvil-")
        self.home = Path(self._home.name)
        self._process = self._start()
        self.url = f"http://127.0.0.1:{self._port()}"
        self.web3 = Web3(HTTPProvider(self.url, request_kwargs={"timeout": 60}))
        self.rpc("anvil_setBlockTimestampInterval", 1)
        self.accounts = self.web3.eth.accounts

    @property
    def pid(self) -> int:
        return self._process.pid

    def _start(self) -> subprocess.Popen:
        # A test worker that is killed takes its chain with it, where the machine can say so.
        setpriv = shutil.which("setpriv")
        tied = [] if setpriv is None else [setpriv, "--pdeathsig", "TERM"]
        command = [
            *tied,
            str(ANVIL), "--host", "127.0.0.1", "--port", "0", "--order", "fifo",
            "--hardfork", "cancun", "--timestamp", str(GENESIS_S),
            "--gas-limit", "60000000", "--disable-code-size-limit",
            "--cache-path", str(self.home / "cache"),
        ]  # fmt: skip
        with (self.home / "log").open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.home,
                env={"PATH": os.environ["PATH"], "HOME": str(self.home)},
            )

    def _port(self) -> int:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            found = LISTENING.search((self.home / "log").read_bytes())
            if found:
                return int(found.group(1))
            time.sleep(0.02)  # until the process has bound its port
        self.stop()
        raise RuntimeError("the local chain did not start")

    def stop(self) -> None:
        """End the process, by its id; nothing of it is worth a slow goodbye."""
        self._process.kill()
        self._process.wait(STOP_LIMIT_S)
        self._home.cleanup()

    def rpc(self, method: str, *parameters):
        """Call a method and return its result; an error of the node is raised."""
        answer = self.web3.provider.make_request(method, list(parameters))
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def snapshot(self) -> str:
        return self.rpc("evm_snapshot")

    def revert(self, snapshot: str) -> None:
        """Go back; the snapshot is used up."""
        assert self.rpc("evm_revert", snapshot), "the snapshot is gone"

    def now(self) -> int:
        """The time of the last block, seconds."""
        return self.web3.eth.get_block("latest")["timestamp"]

    def at(self, timestamp_s: int) -> None:
        """Give the next block this time."""
        self.rpc("evm_setNextBlockTimestamp", timestamp_s)

    def wait(self, seconds: int) -> None:
        """Mine one empty block that many seconds after the last, so that views see that time."""
        self.at(self.now() + seconds)
        self.rpc("evm_mine")

    def send(
        self, sender: str, to: str | None, data: str, gas_price_wei: int | None = None
    ) -> dict:
        """Send a transaction in a block of its own; return its receipt, raise if it reverted."""
        transaction = {"from": sender, "data": data, "gas": hex(GAS_LIMIT)}
        if to is not None:
            transaction["to"] = to
        if gas_price_wei is not None:
            transaction["gasPrice"] = hex(gas_price_wei)
        receipt = self.rpc("eth_sendTransactionSync", transaction)
        if int(receipt["status"], 16) == 0:
            raise TransactionReverted(self._reason(receipt["transactionHash"]))
        return receipt

    def send_together(self, sender: str, to: str, data: list[str], timestamp_s: int) -> None:
        """Mine several transactions in one block, in order; raise if one reverted."""
        common = {"from": sender, "to": to, "gas": hex(TOGETHER_GAS)}
        self.rpc("evm_setAutomine", False)  # noqa: FBT003 - the method's signature
        try:
            digests = [self.rpc("eth_sendTransaction", {**common, "data": each}) for each in data]
            self.at(timestamp_s)
            self.rpc("evm_mine")
        finally:
            self.rpc("evm_setAutomine", True)  # noqa: FBT003 - the method's signature
        for digest in digests:
            receipt = self.rpc("eth_getTransactionReceipt", digest)
            assert receipt is not None, "a transaction did not fit into the block"
            if int(receipt["status"], 16) == 0:
                raise TransactionReverted(self._reason(digest))

    def _reason(self, digest: str) -> str:
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = self.rpc("debug_traceTransaction", digest, tracer)
        return trace.get("output") or trace.get("error") or "0x"
