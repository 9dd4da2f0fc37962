"""Each side's distance to liquidation in sigmas of its own price: which is nearer really."""

from dataclasses import dataclass

from basis_lab.notebook.panels.markup import row, table, text
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import side_name
from basis_lab.results.formats import NONE, format_share

LEFT, ROW, WIDE = 76.0, 22, 200.0  # of the drawing, in its own units
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000, 1_000_000)
MOST_TICKS = 5
INK = "var(--bl-ink)"


@dataclass(frozen=True, slots=True)
class _Dot:
    name: str
    worst_sigmas: float
    last_sigmas: float | None
    told: str


def sigmas_html(series: RunSeries) -> str:
    """Return each side's worst and last distance, a ring and a disc on a line.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    str
        HTML; empty without a loan or a perp.
    """
    dots = [
        _Dot(
            side_name(x.side),
            x.worst_sigmas,
            x.last_sigmas,
            "closed" if x.last is None else format_share(x.last, signed=True, digits=1),
        )
        for x in series.sides
        if x.worst_sigmas is not None and (x.last is None or x.last_sigmas is not None)
    ]
    if not dots:
        return ""
    most = max(y for x in dots for y in (x.worst_sigmas, x.last_sigmas) if y is not None)
    scale = WIDE / most
    marks = [_mark(dot, 14 + ROW * i, scale) for i, dot in enumerate(dots)]
    foot = 14 + ROW * len(dots)
    head = [("side", ""), ("worst", "num"), ("last", "num")]
    rows = [
        row(text(x.name), [(_number(x.worst_sigmas), "num"), (_number(x.last_sigmas), "num")])
        for x in dots
    ]
    twin = table("Distance in daily sigmas", head, rows)
    return (
        '<h4>In 24 h sigmas of its own price <span class="muted">\N{WHITE CIRCLE} worst '
        "\N{BLACK CIRCLE} last</span></h4>"
        f'<svg viewBox="0 0 340 {foot + 18}" role="img" aria-label="distance to liquidation in '
        f'sigmas">{_ticks(most, scale, foot)}{"".join(marks)}</svg><div class="hidden">{twin}</div>'
    )


def _number(sigmas: float | None) -> str:
    return NONE if sigmas is None else f"{sigmas:.1f}"


def _mark(dot: _Dot, y: int, scale: float) -> str:
    worst = LEFT + scale * dot.worst_sigmas
    last = worst if dot.last_sigmas is None else LEFT + scale * dot.last_sigmas
    disc = f'<circle cx="{last:.1f}" cy="{y}" r="4.5" fill="{INK}"/>'
    ring = f'fill="var(--bl-ground)" stroke="{INK}" stroke-width="1.5"'
    return (
        f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{text(dot.name)}</text>'
        f'<line x1="{worst:.1f}" x2="{last:.1f}" y1="{y}" y2="{y}" stroke="{INK}"/>'
        f'<circle cx="{worst:.1f}" cy="{y}" r="4" {ring}/>'
        f"{'' if dot.last_sigmas is None else disc}"
        f'<text x="{max(worst, last) + 9:.1f}" y="{y + 4}">{dot.told}</text>'
    )


def _ticks(most: float, scale: float, foot: int) -> str:
    step = next((x for x in STEPS if most / x <= MOST_TICKS), STEPS[-1])
    made = []
    for k in range(int(most / step) + 1):
        x = LEFT + scale * step * k
        made.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="2" y2="{foot}" stroke="var(--bl-grid)"/>'
            f'<text class="muted" x="{x:.1f}" y="{foot + 13}" text-anchor="middle">'
            f"{step * k:g}</text>"
        )
    return "".join(made)
