"""The hourly columns of a run, allocated once and filled window by window."""

import numpy as np

from basis_lab.domain.arrays import running
from basis_lab.domain.events import Event, EventSink, EventType
from basis_lab.domain.instruments import Universe
from basis_lab.domain.market import FloatArray, MarketFrame, Window
from basis_lab.domain.reports import CATEGORIES, ExposureReport, Level, PnLReport, RiskReport

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
    """

    def __init__(self, frame: MarketFrame, universe: Universe, events: EventSink) -> None:
        self._frame = frame
        self._events = events
        self._rows = frame.rows
        self._universe = universe
        self.values = np.full((len(universe), frame.rows), np.nan)
        self.columns: dict[str, FloatArray] = {}
        self.exposure: dict[str, FloatArray] = {}
        self.risk: dict[str, FloatArray] = {}
        self.attribution = {name: np.full(frame.rows, np.nan) for name in CATEGORIES}
        self.level = np.zeros(frame.rows, dtype=np.intp)
        self.extremes: dict[str, float] = {}
        self._levels: dict[str, int] = {}
        self._interest = np.zeros(frame.rows + 1)

    def note_levels(self, window: Window, risk: RiskReport) -> None:
        """Log every rise of a measure's level inside a window, before anything acts on it."""
        for measure, levels in risk.levels.items():
            before = self._levels[measure] if measure in self._levels else int(Level.OK)
            earlier = np.concatenate([[before], levels[:-1]])
            for at in np.flatnonzero(levels > earlier):
                self._log_level(window.start + int(at), measure, Level(int(levels[at])), risk)
            self._levels[measure] = int(levels[-1])
        self._note_extremes(risk)

    def _log_level(self, row: int, measure: str, level: Level, risk: RiskReport) -> None:
        name, _, venue = measure.partition(":")
        self._events.log_event(
            Event(
                row=row,
                event_type=(
                    EventType.RISK_CRITICAL if level is Level.CRITICAL else EventType.RISK_WARNING
                ),
                component="risk_monitor",
                venue=venue,
                trigger=name,
                status=level.name,
                details={"measure": measure},
            )
        )

    def _note_extremes(self, risk: RiskReport) -> None:
        for venue, column in risk.margin_ratio.items():
            self._extreme(f"margin_ratio:{venue}", column, least=True)
        for side, column in risk.liquidation_distance.items():
            self._nearest(f"liquidation_distance:{side}", column)
        self._extreme("health_factor", risk.health_factor, least=True)
        self._extreme("ltv", risk.ltv, least=False)
        self._extreme("delta_drift", np.abs(risk.delta_drift), least=False)

    def _extreme(self, name: str, column: FloatArray, *, least: bool) -> None:
        known = column[~np.isnan(column)]
        if not len(known):
            return
        worst = float(known.min() if least else known.max())
        if name in self.extremes:
            worst = min(worst, self.extremes[name]) if least else max(worst, self.extremes[name])
        self.extremes[name] = worst

    def _nearest(self, name: str, column: FloatArray) -> None:
        known = column[~np.isnan(column)]
        if not len(known):
            return
        nearest = float(known[np.argmin(np.abs(known))])
        if name not in self.extremes or abs(nearest) < abs(self.extremes[name]):
            self.extremes[name] = nearest

    def write(
        self, window: Window, exposure: ExposureReport, risk: RiskReport, pnl: PnLReport
    ) -> None:
        """Keep the state at the end of each row of a window."""
        at = slice(window.start, window.stop)
        self.values[:, at] = exposure.values.T
        self._put(self.columns, at, _pnl_columns(exposure, pnl))
        self._put(self.exposure, at, _exposure_columns(exposure))
        self._put(self.risk, at, _risk_columns(risk))
        for name, step in pnl.attribution.items():
            self.attribution[name][at] = step
        self.level[at] = risk.level
        for measure, levels in risk.levels.items():
            self._levels[measure] = int(levels[-1])
        self._note_extremes(risk)
        self._note_interest(window, pnl)

    def _put(
        self, columns: dict[str, FloatArray], at: slice, values: dict[str, FloatArray]
    ) -> None:
        for name, column in values.items():
            if name not in columns:
                columns[name] = np.full(self._rows, np.nan)
            columns[name][at] = column

    def _note_interest(self, window: Window, pnl: PnLReport) -> None:
        """Log what the day's interest came to, once a day and only where there is some."""
        step = pnl.attribution["supply_yield"] + pnl.attribution["borrow_cost"]
        levels = running(float(self._interest[window.start]), step)
        self._interest[window.start + 1 : window.stop + 1] = levels
        if not step.any():
            return
        midnights = np.flatnonzero(window.times == window.times.astype("datetime64[D]"))
        for at in midnights:
            row = window.start + int(at)
            since = np.searchsorted(self._frame.times, self._frame.times[row] - DAY)
            amount = float(self._interest[row + 1] - self._interest[since + 1])
            if amount and row > 0:
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


def _pnl_columns(exposure: ExposureReport, pnl: PnLReport) -> dict[str, FloatArray]:
    return {
        "equity": exposure.equity,
        "exit_equity": exposure.exit_equity,
        "flows": pnl.flows,
        "nav_per_share": pnl.nav_per_share,
        "residual": pnl.residual,
    }


def _exposure_columns(exposure: ExposureReport) -> dict[str, FloatArray]:
    columns: dict[str, FloatArray] = {}
    for asset, total in exposure.net_delta.items():
        columns[f"net_delta_{asset}"] = total
        columns[f"erc20_wallet_net_delta_{asset}"] = exposure.chain_delta[asset]
        columns[f"cex_wallet_net_delta_{asset}"] = exposure.cex_delta[asset]
    for (venue, asset), units in exposure.venue_delta.items():
        columns[f"delta_{venue}_{asset}"] = units
    for venue, value in exposure.venue_value.items():
        columns[f"value_{venue}"] = value
    columns["share_class_value"] = exposure.equity
    for perp, notional in exposure.notional.items():
        columns[f"notional_{perp}"] = notional
    return columns


def _risk_columns(risk: RiskReport) -> dict[str, FloatArray]:
    columns = {"ltv": risk.ltv, "health_factor": risk.health_factor}
    columns |= {f"margin_ratio_{v}": x for v, x in risk.margin_ratio.items()}
    columns |= {f"maintenance_usage_{v}": x for v, x in risk.maintenance_usage.items()}
    columns |= {f"liquidation_distance_{s}": x for s, x in risk.liquidation_distance.items()}
    columns["delta_drift"] = risk.delta_drift
    return columns
