"""A JSON-RPC node on loopback with a small chain of its own, and faults where a test sets them."""

import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GENESIS_S = 1_704_067_200  # 2024-01-01
SLOT_S = 12
KEY = "s3cretKey0123456789"


class NodeServer:
    """Blocks every twelve seconds, but for missed slots; answers batches in a shuffled order."""

    def __init__(self, blocks=40_000, seed=7):
        chance = random.Random(seed)  # noqa: S311 - a test's chain
        self.seconds = [GENESIS_S]
        for _ in range(blocks):
            self.seconds.append(self.seconds[-1] + SLOT_S * (1 + (chance.random() < 0.01)))
        self.shuffle = chance.shuffle
        self.requests = []  # the batches, as sent
        self.faults = []  # functions of (batch) -> (status, headers, content) or None, used once
        self.largest = 10_000
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                size = int(self.headers["Content-Length"])
                batch = json.loads(self.rfile.read(size))
                assert self.path == f"/v2/{KEY}"
                status, headers, content = server.answer(batch)
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._http.server_port}/v2/{KEY}"

    def close(self):
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=10)

    def answer(self, batch):
        self.requests.append(batch)
        if self.faults:
            given = self.faults.pop(0)(batch)
            if given is not None:
                return given
        if len(batch) > self.largest:
            return 413, {}, b"too large"
        answers = [self.result(x) for x in batch]
        self.shuffle(answers)
        return 200, {}, answers

    def result(self, request):
        method, params = request["method"], request["params"]
        match method:
            case "eth_chainId":
                result = "0x1"
            case "eth_blockNumber":
                result = hex(len(self.seconds) - 1)
            case "eth_getBlockByNumber":
                number = int(params[0], 16)
                known = number < len(self.seconds)
                result = {"timestamp": hex(self.seconds[number])} if known else None
            case "eth_feeHistory":
                result = self._fees(int(params[0], 16), int(params[1], 16))
            case _:
                error = {"code": -32601, "message": f"the method {method} does not exist"}
                return {"jsonrpc": "2.0", "id": request["id"], "error": error}
        return {"jsonrpc": "2.0", "id": request["id"], "result": result}

    def _fees(self, count, newest):
        blocks = range(newest - count + 1, newest + 1)
        fees = [hex(base_fee_wei(x)) for x in (*blocks, newest + 1)]
        rewards = [[hex(tip_wei(x))] for x in blocks]
        return {"oldestBlock": hex(blocks[0]), "baseFeePerGas": fees, "reward": rewards}


def base_fee_wei(block):
    return 10**9 * (5 + block % 20)


def tip_wei(block):
    return 10**7 * (block % 7)
