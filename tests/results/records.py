"""A small run made by hand: 49 hours of a BTC hedge with a loan beside it."""

import numpy as np

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.instructions import Cause
from basis_lab.domain.instruments import Instrument, Kind, Listing, Universe
from basis_lab.domain.market import MarketFrame, SeriesSource
from basis_lab.domain.reports import CATEGORIES
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.results.record import RunIdentity, RunRecord

SPOT = Instrument("binance", Kind.TOKEN, "BTC")
MARGIN = Instrument("binance", Kind.MARGIN, "USDT")
PERP = Instrument("binance", Kind.PERP, "BTCUSDT")
CONTRACTS = Instrument("binance", Kind.CONTRACTS, "BTCUSDT")
WALLET = Instrument("wallet", Kind.TOKEN, "USDT")
DEBT = Instrument("aave_v3", Kind.DEBT, "USDT")
CAPITAL = 100_000.0
FUNDING_USDT = 7.0
INDEX = "aave/ethereum/USDT.liquidity_index"


def make_universe():
    mark, spot = "perp_mark/binance/BTCUSDT.open", "spot/binance/BTCUSDT.open"
    listings = (
        Listing(instrument=SPOT, asset="BTC", price=spot),
        Listing(instrument=MARGIN, asset="USDT"),
        Listing(instrument=PERP, asset="BTC", price=spot, mark=mark),
        Listing(instrument=CONTRACTS, asset="USDT"),
        Listing(instrument=WALLET, asset="USDT"),
        Listing(instrument=DEBT, asset="USDT", sign=-1.0),
    )
    return Universe(listings, share_currency="USDT")


def make_frame(rows=49):
    hours = np.arange(rows)
    times = np.datetime64("2024-05-12T00:00:00", "s") + hours * np.timedelta64(3600, "s")
    series = {
        "spot/binance/BTCUSDT.open": 60_000.0 + 10.0 * hours,
        "perp_mark/binance/BTCUSDT.open": 60_030.0 + 10.0 * hours,
        INDEX: 1.1 * (1.0 + 1e-5 * hours),
        "oracle/aave/USDTUSD.price": np.full(rows, 0.999),
    }
    source = SeriesSource(
        key=INDEX,
        dataset="aave/ethereum/USDT",
        file="aave_v3_USDT.parquet",
        file_sha256="0" * 64,
        first="2024-05-12T00:00:00Z",
        last="2024-05-14T00:00:00Z",
        synthetic=True,
        notes=("carried between daily snapshots",),
    )
    return MarketFrame(times=times, series=series, universe=make_universe(), sources=(source,))


def make_flows(rows):
    stamps = np.arange(8, rows, 8)
    count = len(stamps)
    return ScheduledFlows(
        venue="binance",
        instrument=MARGIN,
        about=PERP,
        cause=Cause.FUNDING,
        rows=stamps,
        quantity=np.full(count, FUNDING_USDT),
        price=60_030.0 + 10.0 * stamps,
        rate=np.full(count, 1e-4),
    )


def make_log(rows, quantities):
    start = Event(row=0, event_type=EventType.RUN_START, component="engine")
    trade = Event(
        row=0,
        event_type=EventType.TRADE,
        component="execution_manager",
        venue="binance",
        instrument=str(SPOT),
        quantity=1.0,
        price=60_010.0,
        amount=-60_010.0,
        currency="USDT",
        cause=Cause.TRADE,
        status="FILLED",
        group_id=1,
        step_in_group=1,
        instruction_id=1,
        trigger="entry",
        details={"movements": [[str(SPOT), 1.0, "trade"], [str(MARGIN), -60_010.0, "trade"]]},
        positions=quantities[0],
    )
    warning = Event(
        row=8, event_type=EventType.RISK_WARNING, component="risk", code="RSK", trigger='a, "b"'
    )
    end = Event(row=rows - 1, event_type=EventType.RUN_END, component="engine")
    return (start, trade, warning, make_flows(rows), end)


def make_columns(frame):
    rows = frame.rows
    quantities = np.zeros((rows, 6))
    quantities[:] = [1.0, 30_000.0, -1.0, 60_030.0, 12_990.0, 3_000.0]
    funding = np.zeros(rows)
    funding[8::8] = FUNDING_USDT
    quantities[:, 1] += np.add.accumulate(funding)
    values = quantities * frame.unit_prices
    attribution = {name: np.zeros(rows) for name in CATEGORIES}
    attribution["funding"] = funding
    attribution["fee"][0] = -10.0
    return quantities, values, attribution


def make_config():
    kinds = {"binance": "exchange", "wallet": "chain", "aave_v3": "lending_pool"}
    return {
        "mode": "btc_basis",
        "strategy": {"spot_allocation": 0.6},
        "risk": {"margin_ratio": {"warning": 0.2, "critical": 0.1}, "health_factor": None},
        "venues": {name: {"kind": kind} for name, kind in kinds.items()},
    }


def make_record(rows=49, run_id="btc_basis-USDT-000000000000", **changes):
    frame = make_frame(rows)
    quantities, values, attribution = make_columns(frame)
    equity = np.array([sum(row) for row in values.tolist()])
    nav = equity / CAPITAL
    identity = RunIdentity(
        run_id=run_id,
        mode="btc_basis",
        share_class="USDT",
        currency="USDT",
        status="completed",
        initial_capital=CAPITAL,
        config=make_config(),
        target_apy=0.08,
        max_drawdown=0.04,
    )
    nothing = np.full(rows, np.nan)
    fields = {
        "identity": identity,
        "frame": frame,
        "rows": rows,
        "quantities": quantities,
        "values": values,
        "equity": equity,
        "exit_equity": equity - 20.0,
        "flows": np.zeros(rows),
        "nav_per_share": nav,
        "residual": np.full(rows, 1e-12),
        "attribution": attribution,
        "exposure": {
            "net_delta_BTC": np.zeros(rows),
            "erc20_wallet_net_delta_BTC": np.zeros(rows),
            "cex_wallet_net_delta_BTC": np.zeros(rows),
            "delta_binance_BTC": np.zeros(rows),
            "notional_binance_BTCUSDT": values[:, 2],
        },
        "risk": {
            "ltv": nothing,
            "health_factor": nothing,
            "margin_ratio_binance": (values[:, 1] + values[:, 2] + values[:, 3]) / -values[:, 2],
            "maintenance_usage_binance": np.full(rows, 0.01),
            "liquidation_distance_aave": nothing,
            "liquidation_distance_binance": np.full(rows, 0.49),
            "delta_drift": np.zeros(rows),
        },
        "level": np.array([0] * 8 + [1] + [0] * (rows - 9)),
        "log": make_log(rows, quantities),
        "extremes": {
            "margin_ratio:binance": 0.49,
            "liquidation_distance:binance": 0.48,
            "delta_drift": 0.001,
        },
        "trades": 2,
        "rebalances": 0,
        "rewards": 0,
        "liquidations": 0,
        "warnings": ("binance: the last price stands for a missing mark",),
        "timing": {"load_s": 0.1, "run_s": 0.01},
    }
    return RunRecord(**{**fields, **changes})
