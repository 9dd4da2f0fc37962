"""The hourly columns of a run, allocated once and filled window by window."""

from collections.abc import Callable, Mapping

import numpy as np

from basis_lab.domain.arrays import anywhere, running
from basis_lab.domain.events import Event, EventSink, EventType
from basis_lab.domain.instruments import Universe
from basis_lab.domain.market import FloatArray, MarketFrame, Window
from basis_lab.domain.reports import (
    CATEGORIES,
    ExposureBreakdown,
    ExposureReport,
    Level,
    LiquidationReport,
    PnLReport,
    RiskReport,
)
from basis_lab.monitors.limits import RiskParameters, limit_passed
from basis_lab.monitors.risk import DIVERGENCE, RiskMonitor

DAY = np.timedelta64(1, "D")


class Recorder:
    """Keeps what the monitors reported, and writes informative events.

    Parameters
    ----------
    frame : MarketFrame
        The run's data, for its length and times.
    universe : Universe
        The columns.
    events : EventSink
        Where warnings and daily interest go.
    limits : RiskParameters
        What risk is measured against; warnings name it.
    """

    def __init__(
        self, frame: MarketFrame, universe: Universe, events: EventSink, limits: RiskParameters
    ) -> None:
        self._frame = frame
        self._limits = limits
        self._events = events
        self._rows = frame.rows
        self._universe = universe
        # Room alone: every window writes its rows, and what is not reached is cut off.
        self.columns: dict[str, FloatArray] = {}
        self.risk: dict[str, FloatArray] = {}
        # What a run never has takes no memory: a year of minutes is half a million rows.
        self._blank = np.broadcast_to(np.full(1, np.nan), frame.rows)
        self._zero = np.broadcast_to(np.zeros(1), frame.rows)
        self.attribution = dict.fromkeys(CATEGORIES, self._blank)
        self.level = np.zeros(frame.rows, dtype=np.intp)
        self._before: list[tuple[int, FloatArray, dict[str, FloatArray]]] = []
        self._levels: dict[tuple[str, str], int] = {}
        self._interest = np.zeros(frame.rows + 1)

    def note_levels(
        self, window: Window, risk: RiskReport, positions: FloatArray | None = None
    ) -> None:
        """Log every rise of a measure's level inside a window, before anything acts on it.

        Parameters
        ----------
        window : Window
            The rows.
        risk : RiskReport
            Of the same rows.
        positions : ndarray of shape (n,) or None
            The book as it stands, where the row's end will be another.
        """
        for measure, levels in risk.levels.items():
            if not anywhere(levels):
                self._levels[measure] = int(Level.OK)
                continue
            before = self._levels[measure] if measure in self._levels else int(Level.OK)
            earlier = np.concatenate([[before], levels[:-1]])
            for at in np.flatnonzero(levels > earlier):
                level = Level(int(levels[at]))
                value = _measured(risk, measure, int(at))
                self._log_level(window.start + int(at), measure, level, (value, positions))
            self._levels[measure] = int(levels[-1])

    def note_before(self, row: int, quantities: FloatArray, risk: RiskReport) -> None:
        """Keep a row's book and risk before something acts on it; the worst values count it.

        Parameters
        ----------
        row : int
            The timestep.
        quantities : ndarray of shape (1, n)
            Units held.
        risk : RiskReport
            Of the one row.
        """
        # Copies: views would keep the whole windows of which they are one row.
        measured = {name: x.copy() for name, x in _risk_columns(risk).items()}
        self._before.append((row, quantities.copy(), measured))

    def risk_columns(
        self, rows: int, quantities: FloatArray, monitor: RiskMonitor
    ) -> tuple[dict[str, FloatArray], dict[str, float]]:
        """Return every risk column of a run, and the worst value of each measure.

        Parameters
        ----------
        rows : int
            Finished timesteps.
        quantities : ndarray of shape (rows, n)
            Units held at the end of each.
        monitor : RiskMonitor
            Knows how near liquidation is.

        Returns
        -------
        dict of str to ndarray of shape (rows,)
            By the names of ``risk.csv``; NaN where a measure does not apply.
        dict of str to float
            As ``RunRecord.extremes``: over all rows and before every action; a measure that never
            applied is absent.
        """
        measured = {name: x[:rows] for name, x in self.risk.items()}
        whole = self._frame.window(0, rows)
        near = monitor.assess_liquidation(whole.values, quantities, measured["health_factor"])
        columns = _with_liquidation(measured, near)
        return columns, _extremes(columns, self._columns_before(monitor))

    def _columns_before(self, monitor: RiskMonitor) -> dict[str, FloatArray]:
        """Return the risk columns of the rows that something acted on, before it did."""
        if not self._before:
            return {}
        rows = np.array([row for row, _, _ in self._before])
        quantities = np.concatenate([units for _, units, _ in self._before])
        parts = [measured for _, _, measured in self._before]
        measured = {name: np.concatenate([x[name] for x in parts]) for name in parts[0]}
        near = monitor.assess_liquidation(
            lambda name: self._frame.values(name)[rows], quantities, measured["health_factor"]
        )
        return _with_liquidation(measured, near)

    def _log_level(
        self,
        row: int,
        measure: tuple[str, str],
        level: Level,
        seen: tuple[float, FloatArray | None],
    ) -> None:
        name, venue = measure
        kind = EventType.RISK_CRITICAL if level is Level.CRITICAL else EventType.RISK_WARNING
        if name == DIVERGENCE:
            kind = EventType.PRICE_DIVERGENCE
        self._events.log_event(
            Event(
                row=row,
                event_type=kind,
                component="risk_monitor",
                venue=venue,
                trigger=name,
                status=level.name,
                details={"value": seen[0], "limit": limit_passed(self._limits, name, level)},
                positions=seen[1],
            )
        )

    def write_risk(self, window: Window, risk: RiskReport) -> None:
        """Keep the measures at the end of each row of a window.

        Parameters
        ----------
        window : Window
            The rows.
        risk : RiskReport
            Measures and levels of the same rows.
        """
        at = slice(window.start, window.stop)
        self._put(self.risk, at, _risk_columns(risk))
        self.level[at] = risk.level

    def write_pnl(self, window: Window, pnl: PnLReport) -> None:
        """Keep what each row of a window earned.

        Parameters
        ----------
        window : Window
            The rows; they follow those that were written before.
        pnl : PnLReport
            Equity, NAV and attribution of the same rows.
        """
        at = slice(window.start, window.stop)
        self._put(self.columns, at, _pnl_columns(pnl))
        for name, step in pnl.attribution.items():
            self._put_step(name, at, step)
        self._note_interest(window, pnl)

    def _put(
        self, columns: dict[str, FloatArray], at: slice, values: dict[str, FloatArray]
    ) -> None:
        for name, column in values.items():
            held = columns[name] if name in columns else self._blank
            if held is self._blank and anywhere(column == column):  # noqa: PLR0124 - not NaN
                held = self._room(at.start, np.nan)
            columns[name] = held
            if held is not self._blank:
                held[at] = column

    def _room(self, start: int, before: float) -> FloatArray:
        """Return room for a column whose rows from one on every window will write."""
        column = np.empty(self._rows)
        column[:start] = before
        return column

    def _put_step(self, name: str, at: slice, step: FloatArray) -> None:
        if not self.attribution[name].flags.writeable:
            if not anywhere(step):
                self.attribution[name] = self._zero
                return
            self.attribution[name] = self._room(at.start, 0.0)
        self.attribution[name][at] = step

    def _note_interest(self, window: Window, pnl: PnLReport) -> None:
        """Log what the day's interest came to, once a day and only where there is some."""
        step = pnl.attribution["supply_yield"] + pnl.attribution["borrow_cost"]
        levels = running(float(self._interest[window.start]), step)
        self._interest[window.start + 1 : window.stop + 1] = levels
        if not anywhere(step):
            return
        days = window.times.astype("datetime64[D]")
        rows = window.start + np.flatnonzero(
            (window.times == days) & (window.times > self._frame.times[0])
        )
        since = np.searchsorted(self._frame.times, self._frame.times[rows] - DAY)
        amounts = self._interest[rows + 1] - self._interest[since + 1]
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            if amount:
                self._events.log_event(self._interest_event(row, amount))

    def _interest_event(self, row: int, amount: float) -> Event:
        return Event(
            row=row,
            event_type=EventType.INTEREST_ACCRUAL,
            component="pnl_monitor",
            amount=amount,
            currency=self._universe.share_currency,
            details={"note": "informative: interest of the last day, held in the index"},
        )


def _measured(risk: RiskReport, measure: tuple[str, str], at: int) -> float:
    """Return the value behind a level."""
    name, venue = measure
    if name == "margin_ratio":
        return float(risk.margin_ratio[venue][at])
    if name == DIVERGENCE:
        return float(risk.divergence[venue][at])
    columns = {"health_factor": risk.health_factor, "ltv": risk.ltv}
    return float(columns[name][at])


def _worst_of(column: str) -> tuple[str, Callable[[FloatArray], float] | None]:
    """Name a risk column's worst value and how it is found; None where there is no worst."""
    for prefix in ("margin_ratio", "liquidation_distance"):
        if column.startswith(f"{prefix}_"):
            pick = _least if prefix == "margin_ratio" else _nearest
            return f"{prefix}:{column.removeprefix(prefix + '_')}", pick
    return column, {"health_factor": _least, "ltv": _most, "delta_drift": _largest}.get(column)


def _least(values: FloatArray) -> float:
    return float(values.min())


def _most(values: FloatArray) -> float:
    return float(values.max())


def _largest(values: FloatArray) -> float:
    return float(np.abs(values).max())


def _nearest(values: FloatArray) -> float:
    return float(values[np.argmin(np.abs(values))])


def _pnl_columns(pnl: PnLReport) -> dict[str, FloatArray]:
    return {
        "equity": pnl.equity,
        "flows": pnl.flows,
        "nav_per_share": pnl.nav_per_share,
        "residual": pnl.residual,
    }


def exposure_columns(
    exposure: ExposureReport, breakdown: ExposureBreakdown
) -> dict[str, FloatArray]:
    """Return the columns that a run has of its exposure.

    Parameters
    ----------
    exposure : ExposureReport
        Of some rows.
    breakdown : ExposureBreakdown
        Of the same rows.

    Returns
    -------
    dict of str to ndarray of shape (W,)
        By the names of ``exposure.csv``: units of an asset, or share-class currency.
    """
    columns: dict[str, FloatArray] = {}
    for asset, total in exposure.net_delta.items():
        columns[f"net_delta_{asset}"] = total
        columns[f"erc20_wallet_net_delta_{asset}"] = breakdown.chain_delta[asset]
        columns[f"cex_wallet_net_delta_{asset}"] = breakdown.cex_delta[asset]
    for (venue, asset), units in exposure.venue_delta.items():
        columns[f"delta_{venue}_{asset}"] = units
    for venue, value in breakdown.venue_value.items():
        columns[f"value_{venue}"] = value
    columns["share_class_value"] = exposure.equity
    for perp, notional in breakdown.notional.items():
        columns[f"notional_{perp}"] = notional
    return columns


def _risk_columns(risk: RiskReport) -> dict[str, FloatArray]:
    columns = {"ltv": risk.ltv, "health_factor": risk.health_factor}
    columns |= {f"margin_ratio_{v}": x for v, x in risk.margin_ratio.items()}
    columns["delta_drift"] = risk.delta_drift
    return columns


def _with_liquidation(
    measured: Mapping[str, FloatArray], near: LiquidationReport
) -> dict[str, FloatArray]:
    """Return the columns of a risk report with those of liquidation, in the order of the file."""
    columns = {name: x for name, x in measured.items() if name != "delta_drift"}
    columns |= {f"maintenance_usage_{v}": x for v, x in near.maintenance_usage.items()}
    columns |= {f"liquidation_distance_{s}": x for s, x in near.liquidation_distance.items()}
    columns["delta_drift"] = measured["delta_drift"]
    return columns


def _extremes(
    columns: Mapping[str, FloatArray], before: Mapping[str, FloatArray]
) -> dict[str, float]:
    """Return the worst value of each measure over rows, and before what acted on some."""
    worst: dict[str, float] = {}
    for name, column in columns.items():
        key, pick = _worst_of(name)
        if pick is None:
            continue
        parts = [column, before[name]] if before else [column]
        known = [x[x == x] for x in parts]  # noqa: PLR0124 - not NaN
        found = [pick(x) for x in known if len(x)]
        if found:
            worst[key] = pick(np.array(found))
    return worst
