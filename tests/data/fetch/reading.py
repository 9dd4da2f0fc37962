"""One dataset fetched in this process, and a clock that a test moves."""

from basis_lab.data.catalogue import open_store
from basis_lab.data.download import download
from basis_lab.data.download_patience import Patience
from basis_lab.data.download_venue import Exchange
from basis_lab.data.series import DatasetKind
from basis_lab.services.fetch import of_exchange

HOUR_S, DAY_S = 3600, 86_400
START = 1_722_470_400  # 2024-08-01


class Clock:
    """Time that passes by waiting alone."""

    def __init__(self):
        self.now_s = 0.0
        self.waits = []
        self.told = []

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds
        self.waits.append(seconds)

    @property
    def patience(self):
        return self.patience_with(self.told.append)

    def patience_with(self, tell):
        return Patience(sleep=self.sleep, tell=tell)


def make_source(venue, kind, *, patience=None, interval="1h", symbol="BTCUSDT", limited=False):
    """One dataset of an exchange; without the client's own rate limit unless asked for."""
    exchange = Exchange(venue, Clock().patience if patience is None else patience)
    assert exchange.client.enableRateLimit
    exchange.client.enableRateLimit = limited
    return of_exchange(exchange, DatasetKind(kind), symbol, interval)


def fetch(root, venue, kind, *, days=10.0, start=START, **options):
    """Fetch one dataset of BTCUSDT; what became of it, and its rows."""
    source = make_source(venue, kind, **options)
    (fetched,) = download([source], root, (start, int(start + days * DAY_S)), lambda *_: None)
    if fetched.problem is not None:
        raise fetched.problem
    return fetched, open_store(root).read(str(source.dataset))


def files_of(root):
    """Every file below a directory with its bytes, but the lock."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "lock"
    }
