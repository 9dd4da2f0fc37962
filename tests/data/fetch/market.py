"""The market that the test exchanges quote: every figure follows from its time."""

import math
from dataclasses import dataclass, field

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LEVELS = {"BTCUSDT": 60_000.0, "ETHUSDT": 3_000.0}
SPANS_MS = {
    "1m": 60_000,
    "5m": 300_000,
    "15m": 900_000,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "1d": DAY_MS,
}


@dataclass
class Market:
    """What happened: until when, from when on, with which holes and funding intervals."""

    now_ms: int
    listed_ms: int = 0
    holes: set = field(default_factory=set)  # (venue, kind, open of the bar in ms)
    intervals: list = field(default_factory=lambda: [(0, 8)])  # (from ms, hours), ascending
    unsettled: set = field(default_factory=set)  # (venue, boundary in ms)

    def bars(self, venue, kind, symbol, span, first_ms, last_ms):
        """Bars that open in [first, last], oldest first; the last may still be open."""
        step = SPANS_MS[span]
        low = max(first_ms, self.listed_ms)
        start = -(-low // step) * step
        for at in range(start, min(last_ms, self.now_ms) + 1, step):
            if (venue, kind, at) not in self.holes:
                yield (at, *self.prices(venue, kind, symbol, at, step))

    def prices(self, venue, kind, symbol, at_ms, step_ms):
        """Open, high, low, close, as text; two bars in a row meet."""
        start, end = (self.price(venue, kind, symbol, x) for x in (at_ms, at_ms + step_ms))
        high, low = max(start, end) * 1.002, min(start, end) * 0.998
        if at_ms + step_ms > self.now_ms:  # still open: it goes on changing
            end = high = max(start, end) * 1.001
        return tuple(f"{x:.2f}" for x in (start, high, low, end))

    def price(self, venue, kind, symbol, at_ms):
        hours = at_ms / HOUR_MS
        wave = 0.03 * math.sin(hours / 37.0) + 0.01 * math.sin(hours / 5.3)
        shift = {"spot": 0.0, "perp": 3e-4, "mark": 2e-4}[kind] + len(venue) * 1e-5
        return LEVELS[symbol] * (1.0 + wave + shift)

    def settlements(self, venue, first_ms, last_ms):
        """Boundaries of settled funding in [first, last], oldest first."""
        for place, (since, hours) in enumerate(self.intervals):
            after = self.intervals[place + 1 :]
            until = after[0][0] if after else self.now_ms + 1
            step = hours * HOUR_MS
            low = max(since, first_ms - DAY_MS, self.listed_ms)
            for at in range(-(-low // step) * step, min(until, self.now_ms + 1), step):
                if first_ms <= at <= last_ms and (venue, at) not in self.unsettled:
                    yield at

    def rate(self, venue, symbol, at_ms):
        hours = at_ms / HOUR_MS
        return f"{1e-4 + 5e-5 * math.sin(hours / 29.0) + len(venue + symbol) * 1e-7:.8f}"
