"""Worlds in which investors come and go, and what a run says of their money."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from basis_lab.config.loader import load_config
from basis_lab.config.models import RunConfig
from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instruments import Instrument
from basis_lab.engine.compose import compose
from basis_lab.results.record import RunRecord
from tests.identities.worlds import HOUR, START, Market, World, make_frame, markets

MODES = (("pure_lending", "USDT"), ("pure_lending", "ETH"), ("btc_basis", "USDT"), ("eth_basis", "USDT"))
CAPITALS = {"USDT": (5e4, 5e6), "ETH": (20.0, 2_000.0)}
COSTS = ("fee", "slippage", "gas", "transfer_fee", "flash_premium")

Flow = tuple[int, float]  # the row, and the amount as a fraction of the initial capital


def configured(
    mode: str,
    currency: str = "USDT",
    flows: Sequence[Flow] = (),
    *,
    scenarios: Sequence[str] = ("frictionless",),
    market: Market | None = None,
    **strategy: object,
) -> RunConfig:
    """Return a mode with a schedule of flows by row; ``strategy`` names keys of its block."""
    first = START + (market.first_hour if market is not None else 0) * HOUR
    overrides: dict[str, object] = {f"strategy.{key}": value for key, value in strategy.items()}
    overrides["flows"] = [
        {"at": str(first + row * HOUR), "amount": amount, "unit": "capital"}
        for row, amount in flows
    ]
    return load_config(mode, share_class=currency, overrides=overrides, scenarios=tuple(scenarios))


@st.composite
def schedules(draw, rows: int, quiet: int = 1) -> list[Flow]:
    """One to four flows, none of them in the last ``quiet`` rows."""
    count = draw(st.integers(1, 4))
    return [
        (
            draw(st.integers(1, rows - quiet - 1)),
            draw(st.one_of(st.floats(0.01, 2.0), st.floats(-0.6, -0.01))),
        )
        for _ in range(count)
    ]


@st.composite
def flowing(
    draw,
    rows: tuple[int, int] = (30, 90),
    *,
    quiet: int = 1,
    modes=MODES,
    scenarios=None,
    market=None,
    **strategy,
) -> World:
    """Any mode with flows; no flow comes in the last ``quiet`` rows."""
    mode, currency = draw(st.sampled_from(modes))
    made = draw(markets(rows, **({} if market is None else market)))
    if scenarios is None:
        names = draw(st.sampled_from([(), ("frictionless",)]))
    else:
        names = scenarios
    keys: dict[str, object] = {
        "reserve_ratio": draw(st.one_of(st.just(0.0), st.floats(0.05, 0.2))),
        **strategy,
    }
    if mode.endswith("basis") and "hedge_allocation" not in keys:
        keys["hedge_allocation"] = draw(
            st.sampled_from([{"binance": 1.0}, {"binance": 0.4, "bybit": 0.3, "okx": 0.3}])
        )
    if mode.endswith("basis") and "spot_allocation" not in keys:
        keys["spot_allocation"] = draw(st.floats(0.4, 0.7))
    flows = draw(schedules(made.rows, quiet))
    config = configured(mode, currency, flows, scenarios=names, market=made, **keys)
    capital = draw(st.floats(*CAPITALS[currency]))
    return World(config=config, frame=make_frame(config, made), capital=capital, market=made)
