"""The measured workload: BTC cash-and-carry at one exchange over 8,760 hours of the sample.

The dates and the band are chosen so that about four rebalances happen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from basis_lab.config.loader import load_config
from basis_lab.config.models import RunConfig
from basis_lab.data.catalogue import default_store, open_store
from basis_lab.data.places import Place
from basis_lab.data.provider import DataProvider
from basis_lab.engine.clock import Stride
from basis_lab.engine.compose import blueprint_of, universe_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.engine.loop import FullLoop
from basis_lab.results.record import RunRecord

MODE = "btc_basis"
FULLEST = "usdt_market_neutral"
VENUE = "binance"
ASSET = "BTC"
CAPITAL = 100_000.0
ROWS = 8_760
START = np.datetime64("2024-06-01T00:00:00", "s")
END = START + (ROWS - 1) * np.timedelta64(3600, "s")
OVERRIDES: Mapping[str, object] = {
    "strategy.spot_allocation": 0.5,
    "strategy.position_deviation_threshold": 0.10,
    "strategy.hedge_allocation": {VENUE: 1.0},
}
FULLEST_OVERRIDES: Mapping[str, object] = {"strategy.position_deviation_threshold": 0.045}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A configuration and where its data comes from.

    Parameters
    ----------
    config : RunConfig
        Of the run.
    provider : DataProvider
        Over the embedded sample; frames are loaded once per process.
    """

    config: RunConfig
    provider: DataProvider

    def engine(self) -> EventDrivenStrategyEngine:
        """Return a new engine."""
        return EventDrivenStrategyEngine(self.config, "backtest", self.provider, CAPITAL, "USDT")

    def prepare(self, stride: Stride = "auto") -> FullLoop:
        """Return a loop that is ready to be stepped through, its data loaded."""
        return self.engine().prepare(START, END, stride)

    def run(self, stride: Stride = "auto") -> RunRecord:
        """Return a finished run."""
        return self.engine().run_backtest(START, END, stride=stride)


def make_workload(
    changes: Mapping[str, object] | None = None,
    place: Place | None = None,
    scenarios: tuple[str, ...] = (),
) -> Workload:
    """Return the workload, or a variant of it.

    Parameters
    ----------
    changes : mapping of dotted key to value, optional
        Overrides beside those of the workload.
    place : Place, optional
        Where its data lies; the embedded sample where not given.
    scenarios : tuple of str
        By name.

    Returns
    -------
    Workload
        Ready to run.
    """
    given = changes if changes is not None else {}
    return _workload(
        load_config(MODE, overrides={**OVERRIDES, **given}, scenarios=scenarios), place
    )


def make_fullest() -> Workload:
    """Return the mode with the most lines, its band so narrow that it rebalances some 40 times.

    Returns
    -------
    Workload
        Over the embedded sample, three exchanges and the chain.
    """
    return _workload(load_config(FULLEST, overrides=FULLEST_OVERRIDES), None)


def _workload(config: RunConfig, place: Place | None) -> Workload:
    provider = DataProvider(
        default_store() if place is None else open_store(place),
        blueprint_of(config).requirements,
        universe_of(config),
        proxies={},
        allow_derived=(),
        step_s=config.bar_s,
    )
    return Workload(config=config, provider=provider)
