"""The second view: the book in time, and every risk measure against the limits that act."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from basis_lab.domain.market import FloatArray
from basis_lab.notebook.drawing import Canvas, distance_strip
from basis_lab.notebook.rates import limits_of
from basis_lab.notebook.scene import End, Limit, Pen, Scene, Strip, Trace, extent, stacked_extent
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import side_name
from basis_lab.results.formats import format_ratio, format_share

THOUSAND = 1_000.0
LEAST_DRIFT = 5e-5  # of equity; less would be told as 0.00 %
LEAST_DRIFT_AXIS = 1e-3  # of equity, either way; rounding does not fill the strip
WORST: Mapping[str, str] = {
    "health_factor": "min_health_factor",
    "ltv": "max_ltv",
    "margin_ratio": "min_margin_ratio",
}
LEAST_STACK = 0.02  # of the book; a thinner line has no label


def risk_view(canvas: Canvas) -> Scene:
    """Return the view of balance and risk; measures that do not apply are left out.

    Parameters
    ----------
    canvas : Canvas
        The run, the theme, what is in sight.

    Returns
    -------
    Scene
        To be shown.
    """
    series = canvas.series
    strips = [_stocks(canvas)]
    if series.sides:
        strips.append(distance_strip(canvas, nearest_only=False, height_px=110))
    for name, label, floor in (("health_factor", "Health factor", True), ("ltv", "LTV", False)):
        values = series.measure(name)
        if values is not None:
            strips.append(_measure(canvas, name, label, {"aave": values}, floor=floor))
    if series.margin_ratios:
        ratios = series.margin_ratios
        strips.append(_measure(canvas, "margin_ratio", "Margin ratio", ratios, floor=True))
    drift = series.measure("delta_drift")
    if drift is not None:
        strips += [_delta(canvas), _drift(canvas, drift)]
    return canvas.scene(tuple(strips), "balance in time, risk measures and their limits")


def _stocks(canvas: Canvas) -> Strip:
    series, bins = canvas.series, canvas.areas
    scale, unit = _scale(series)
    x = canvas.x(bins)
    stacks = {True: np.zeros(len(bins.ends)), False: np.zeros(len(bins.ends))}
    traces, ends = [], []
    equity = canvas.lines.last(series.record.equity / scale)
    ex, ink = canvas.x(canvas.lines), canvas.palette
    for bucket in series.buckets:
        values = bins.last(bucket.values / scale)
        for up, part in ((True, np.maximum(values, 0)), (False, np.minimum(values, 0))):
            if not part.any():
                continue
            colour = getattr(canvas.palette, bucket.role)
            hover = "%{y:,.2f}"
            traces.append(
                Trace(
                    pen=Pen.AREA, name=bucket.label, x=x, y=part, colour=colour, up=up, hover=hover
                )
            )
            middle = canvas.leaving(x, stacks[up] + part / 2.0)
            stacks[up] = stacks[up] + part
            if abs(canvas.leaving(x, part)) > LEAST_STACK * canvas.leaving(ex, equity):
                ends.append(End(text=bucket.label, value=middle, colour=colour))
    traces += [
        Trace(pen=Pen.LINE, name="halo", x=ex, y=equity, colour=ink.ground, width=5, hover=""),
        Trace(pen=Pen.LINE, name="equity", x=ex, y=equity, colour=ink.net, width=2),
    ]
    at = canvas.leaving(ex, equity)
    ends.append(End(text="equity", value=at, colour=ink.net, bold=True, dash="solid"))
    above = np.append(canvas.seen(x, stacks[True]), canvas.seen(ex, equity))
    low, high = stacked_extent(above, canvas.seen(x, stacks[False]))
    return Strip(
        title="Assets up, debts down, equity between",
        note=unit,
        height_px=180,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=",.0f",
    )


def _scale(series: RunSeries) -> tuple[float, str]:
    if series.currency == "USDT" and float(np.nanmax(series.record.equity)) >= THOUSAND:
        return THOUSAND, f"k {series.currency}"
    return 1.0, series.currency


def _measure(
    canvas: Canvas, name: str, label: str, lines: dict[str, FloatArray], *, floor: bool
) -> Strip:
    """Return a risk measure with the limits that act; the axis contains them always."""
    bins, ink = canvas.risks, canvas.palette
    x = canvas.x(bins)
    traces, ends = [], []
    for side, values in lines.items():
        colour, dash = ink.venue(side)
        y = bins.least(values) if floor else bins.most(values)
        shown = side_name(side)
        traces.append(
            Trace(pen=Pen.LINE, name=shown, x=x, y=y, colour=colour, dash=dash, hover="%{y:.3f}")
        )
        ends.append(End(text=shown, value=canvas.leaving(x, y), colour=colour, dash=dash))
    levels = limits_of(canvas.series.record.identity.config, name)
    worst = _worst(canvas.series.summary, name)
    marked = np.array([*([worst] if canvas.zoom is None else []), *(x for _, x in levels)])
    low, high = extent(*(canvas.seen(x, t.y) for t in traces), marked, pad=0.08)
    act = f", act at {levels[0][1]:g}" if levels else ""
    return Strip(
        title=f"{label}: {'least' if floor else 'most'} {format_ratio(worst)}{act}",
        note=f"{side_name('aave')}, ratio" if "aave" in lines else "equity / notional by venue",
        height_px=110,
        traces=tuple(traces),
        ends=tuple(ends),
        limits=_limits(canvas, levels, low if floor else high),
        low=low,
        high=high,
        tick_format=".2f",
    )


def _worst(summary: Mapping[str, Any], name: str) -> float:
    """Return the worst of a measure as the summary tells it: before actions as well."""
    told = summary[WORST[name]]
    return float(min(told.values()) if isinstance(told, Mapping) else told)


def _limits(
    canvas: Canvas, levels: tuple[tuple[str, float], ...], beyond: float
) -> tuple[Limit, ...]:
    """Return warning and critical with their bands: up to the next limit, then to the edge."""
    ink, made = canvas.palette, []
    for i, (name, level) in enumerate(levels):
        end = levels[i + 1][1] if i + 1 < len(levels) else beyond
        warning = name == "warning"
        colour, band = (
            (ink.warning, ink.band_warning) if warning else (ink.critical, ink.band_critical)
        )
        made.append(Limit(level=level, text=f"{name} {level:g}", colour=colour, band=(end, band)))
    return tuple(made)


def _delta(canvas: Canvas) -> Strip:
    """Return the deltas by venue and their total, in units of the asset."""
    series, ink, bins = canvas.series, canvas.palette, canvas.areas
    exposure = series.record.exposure
    asset = next(x.removeprefix("net_delta_") for x in exposure if x.startswith("net_delta_"))
    total = exposure[f"net_delta_{asset}"][: series.rows]
    named = {
        name.removeprefix("delta_").removesuffix(f"_{asset}"): values[: series.rows]
        for name, values in exposure.items()
        if name.startswith("delta_") and name.endswith(f"_{asset}")
    }
    x = canvas.x(bins)
    traces, ends = [], []
    for venue, values in named.items():
        if values.any():
            colour, dash = ink.venue(venue)
            y = bins.last(values)
            traces.append(
                Trace(
                    pen=Pen.LINE, name=venue, x=x, y=y, colour=colour, dash=dash, hover="%{y:.4f}"
                )
            )
            ends.append(End(text=venue, value=canvas.leaving(x, y), colour=colour, dash=dash))
    y = bins.last(total)
    traces.append(
        Trace(pen=Pen.LINE, name="total", x=x, y=y, colour=ink.net, width=2, hover="%{y:.4f}")
    )
    at = canvas.leaving(x, y)
    ends.append(End(text="total", value=at, colour=ink.net, bold=True, dash="solid"))
    low, high = extent(*(canvas.seen(x, t.y) for t in traces), np.zeros(1))
    return Strip(
        title="Delta by venue, and what is left of it",
        note=f"units of {asset}",
        height_px=110,
        traces=tuple(traces),
        ends=tuple(ends),
        low=low,
        high=high,
        tick_format=".2f",
        joined=True,
    )


def _drift(canvas: Canvas, drift: FloatArray) -> Strip:
    ink, bins = canvas.palette, canvas.risks
    config = canvas.series.record.identity.config["strategy"]
    limit = (
        config["max_delta_drift"]
        if isinstance(config, dict) and "max_delta_drift" in config
        else None
    )
    high_y, low_y = bins.most(drift), bins.least(drift)
    larger = np.where(np.abs(high_y) >= np.abs(low_y), high_y, low_y)
    edges = np.array([] if limit is None else [-limit, limit], dtype=np.float64)
    x = canvas.x(bins)
    low, high = extent(canvas.seen(x, larger), edges, LEAST_DRIFT_AXIS * np.array([-1.0, 1.0]))
    most = float(np.nanmax(np.abs(drift)))
    told = f"Net delta stayed within {format_share(most)} of equity"
    if most < LEAST_DRIFT:
        told = "Net delta stayed on its target"
    elif limit is not None and most > limit:
        told = f"Net delta went beyond its limit: {format_share(most)} of equity at most"
    return Strip(
        title=told,
        note="less its target, % of equity",
        height_px=64,
        traces=(
            Trace(
                pen=Pen.LINE,
                name="drift",
                x=x,
                y=larger,
                colour=ink.net,
                width=1.2,
                hover="%{y:.3%}",
            ),
        ),
        limits=tuple(
            Limit(level=float(x), text=f"acts at {x:.1%}" if x > 0 else "", colour=ink.warning)
            for x in edges
        ),
        low=low,
        high=high,
        tick_format=".1%",
    )
