"""The three exchanges on one loopback port, as a proxy that ends TLS: clients keep their URLs."""

import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from tests.data.fetch.wire import VENUES


@dataclass
class Fault:
    """What befalls the next requests whose path contains a word."""

    path: str
    times: int
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: str | None = None
    cut: bool = False


class ExchangeServer:
    """Answers from a market, remembers what it was asked, and fails where it is told to."""

    def __init__(self, market, context):
        self.market = market
        self.asked = []  # (host, path, query)
        self.asked_at_s = []
        self.faults = []
        self.hold_after = None  # (word, n): the n-th request with it in its path is never answered
        self.held = threading.Event()
        self.released = threading.Event()
        self.clock = None  # seconds; where it is given, requests in a forbidden time are counted
        self.forbidden_until = 0.0
        self.violations = 0
        self._lock = threading.Lock()
        server = self

        class Handler(_Handler):
            exchanges = server
            tls = context

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}
        )
        self._thread.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self._http.server_port}"

    def close(self):
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=10)

    def count(self, word):
        return sum(word in path for _, path, _ in self.asked)

    def answer(self, host, target):
        """(status, headers, body, cut) for one request."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        with self._lock:
            self.asked.append((host, parts.path, query))
            self.asked_at_s.append(time.monotonic())
            if self.clock is not None and self.clock() < self.forbidden_until:
                self.violations += 1
            fault = next((x for x in self.faults if x.times and x.path in parts.path), None)
            if fault is not None:
                fault.times -= 1
                if "Retry-After" in fault.headers and self.clock is not None:
                    self.forbidden_until = self.clock() + float(fault.headers["Retry-After"])
            hold = (
                self.hold_after is not None and self.count(self.hold_after[0]) >= self.hold_after[1]
            )
        if hold and self.hold_after[0] in parts.path:
            self.held.set()
            self.released.wait(timeout=60)
        if fault is not None and fault.body is not None:
            return fault.status, fault.headers, fault.body, fault.cut
        status, content = VENUES[host](self.market, parts.path, query)
        headers = {} if fault is None else fault.headers
        return status, headers, json.dumps(content), fault is not None and fault.cut


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    exchanges: ExchangeServer
    host = ""

    def do_CONNECT(self):
        self.host = self.path.rpartition(":")[0]
        if self.host not in VENUES:
            self.send_error(403)
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def do_GET(self):
        status, headers, text, cut = self.exchanges.answer(self.host, self.path)
        body = text.encode()
        self.send_response(status, http.client.responses.get(status, ""))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def handle(self):
        try:
            super().handle()
        except OSError:  # the client was killed, or left
            self.close_connection = True

    def finish(self):
        try:
            super().finish()
        finally:
            self.connection.close()  # the TLS one: the server closes what lies under it

    def log_message(self, *_):
        """Say nothing."""
