"""The index of a batch: its cases ranked by what they earned over lending."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from basis_lab.calc.performance import DAYS_PER_YEAR
from basis_lab.data.writing import whole_file, writing
from basis_lab.results import extract
from basis_lab.results.formats import (
    NONE,
    format_amount,
    format_count,
    format_points,
    format_share,
    format_span,
)
from basis_lab.results.html import Cell, Content, Html, heading, link, paragraph, table
from basis_lab.results.report_figures import sparkline
from basis_lab.results.report_page import page
from basis_lab.results.report_words import direction_mark, nearest_liquidation
from basis_lab.results.result import RunResult, open_result
from basis_lab.results.text import PARTS
from basis_lab.results.verdict import SHORT_DAYS, Comparison, word_verdict

LAST = -1.0e9  # points or a rate below any that a case has
RUN = "run"  # where a case keeps the folder of its run
SORT = """
document.querySelectorAll('table.sortable thead th').forEach((th,i)=>{th.tabIndex=0;
const f=()=>{const b=th.closest('table').tBodies[0],s=th.dataset.dir==='1'?-1:1;
th.dataset.dir=s===1?'1':'';const k=r=>{const c=r.cells[i],o=c.dataset.order;
return o===undefined?c.textContent:+o};
[...b.rows].sort((x,y)=>{const p=k(x),q=k(y);return p<q?-s:p>q?s:0})
.forEach(r=>b.append(r))};th.onclick=f;th.onkeydown=e=>{if(e.key==='Enter')f()}});
"""


def write_index(
    target: Path, *, title: str, cases: Sequence[tuple[str, Path, str]], open_: int
) -> Path:
    """Write the index of a batch.

    Parameters
    ----------
    target : Path
        The page.
    title : str
        Of the batch.
    cases : sequence of (str, Path, str)
        Name, folder, and why it failed; an empty text where it did not.
    open_ : int
        Cases that were not begun.

    Returns
    -------
    Path
        ``target``.
    """
    done = [(name, folder, _run(folder)) for name, folder, error in cases if not error]
    done.sort(key=lambda entry: _merit(entry[2].summary), reverse=True)
    failed = [(name, folder, error) for name, folder, error in cases if error]
    size = sum(x.stat().st_size for x in target.parent.rglob("*.html"))
    size += sum(x.stat().st_size for x in target.parent.glob("_assets/*"))
    body = _head(title, done, failed, open_, size) + _ranked(done, target.parent)
    if failed:
        body = body + _failures(failed, target.parent)
    text = f"{body.text}\n<script>{SORT}</script>"
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as aside:
        aside.write_text(page(text, title=title, assets=None), encoding="utf-8")
    return target


def _run(folder: Path) -> RunResult:
    return open_result(next((folder / RUN).iterdir()))


def _merit(summary: dict[str, Any]) -> tuple[bool, float]:
    """Return what cases are ranked by: points over lending, the APR where there is none.

    A case that is too short for a rate comes after the others, by what it gained over its days.
    """
    against = Comparison.of(summary)
    figure = summary["apr"] if against.held is None else against.held
    if figure is None:
        return False, LAST
    share = against.days / DAYS_PER_YEAR if against.short else 1.0
    return not against.short, float(figure) * share


def _head(
    title: str,
    done: Sequence[tuple[str, Path, RunResult]],
    failed: Sequence[object],
    open_: int,
    size: int,
) -> Html:
    first = word_verdict(done[0][2].summary) if done else "No case was done"
    best = f"{done[0][0]}: {first}" if done else first
    badge = _badge([run.summary["synthetic_data"] for _, _, run in done])
    counts = [f"{format_count(len(done), 'case')} done", f"{len(failed)} failed"]
    counts += [f"{open_} not begun"] if open_ else []
    told = " \N{MIDDLE DOT} ".join([title, *counts, f"pages {size / 1e6:.1f} MB"])
    return Html(
        f'<div class="bl-head"><h1>{escape(best)}</h1>{badge}'
        f'<span class="muted">{escape(told)}</span></div>'
    )


def _badge(synthetic: Sequence[bool]) -> str:
    """Return what the data of the finished cases are; nothing where none was finished."""
    if not synthetic:
        return ""
    if any(synthetic):
        return '<span class="badge synthetic">synthetic data</span>'
    return '<span class="badge">real data</span>'


def _ranked(done: Sequence[tuple[str, Path, RunResult]], root: Path) -> Html:
    head = (
        *(">rank", "case", ">difference, points", ">net APR", ">hurdle", ">drawdown"),
        *(">nearest liquidation", ">exit equity", "equity over lending"),
    )
    rows = [_row(rank, *entry, root) for rank, entry in enumerate(done, start=1)]
    title = heading("Ranked by points a year over lending", "click a head to sort by it")
    if any(Comparison.of(run.summary).short for _, _, run in done):
        note = f"Cases of less than {SHORT_DAYS:.0f} days are too short for a rate: they come last,"
        title = title + paragraph(f"{note} ranked by what they gained over lending.", "muted")
    return title + _scrolled(table(head, rows, kind="sortable long index"))


def _scrolled(inner: Html) -> Html:
    """Return a table that scrolls within itself where a window is narrow; its names stay."""
    return Html(f'<div class="scroll">{inner.text}</div>')


def _row(rank: int, name: str, folder: Path, run: RunResult, root: Path) -> list[Content]:
    summary = run.summary
    against = Comparison.of(summary)
    report = (folder / "report.html").relative_to(root).as_posix()
    near, _ = nearest_liquidation(summary)
    distances = summary["min_liquidation_distance"]
    least = min(abs(x) for x in distances.values()) if distances else None
    currency = summary["currency"]
    left = f"{format_amount(summary['final_exit_equity'], currency)}<small>{currency}</small>"
    mode = _foldable(f"{summary['mode']}, {summary['share_class']}")
    case = f'<a href="{escape(report)}">{_foldable(name)}</a>'
    return [
        Cell(html=str(rank), order=float(rank)),
        Cell(html=f"{case}<small>{mode}</small>"),
        *_rates(summary, against),
        Cell(html=format_share(summary["max_drawdown"]), order=summary["max_drawdown"]),
        Cell(html=near, order=least),
        Cell(html=left, order=summary["final_exit_equity"]),
        Cell(html=_spark(run)),
    ]


def _rates(summary: dict[str, Any], against: Comparison) -> list[Content]:
    """Return difference, net APR and hurdle; what was earned where the days allow no rate."""
    if against.short:
        earned = format_share(summary["total_return"], signed=True)
        told = f"{earned}<small>in {format_span(against.days, digits=1)}</small>"
        return [Cell(html=x, order=LAST) for x in (NONE, told, NONE)]
    mark = direction_mark(against).strip()
    return [
        Cell(html=f"{mark} {format_points(against.held)}", order=against.held),
        Cell(html=format_share(summary["apr"]), order=summary["apr"]),
        Cell(html=format_share(summary["hurdle_apr"]), order=summary["hurdle_apr"]),
    ]


def _foldable(text: str) -> str:
    """Return a name that a narrow column may break behind an underscore."""
    return escape(text).replace("_", "_<wbr>")


def _spark(run: RunResult) -> str:
    return sparkline(run.pnl["equity"], extract.lent(run.pnl))


def _failures(failed: Sequence[tuple[str, Path, str]], root: Path) -> Html:
    rows: list[list[Content]] = []
    for name, folder, error in failed:
        notebooks = sorted(folder.glob("*.failed.ipynb"))
        paths = [x.relative_to(root).as_posix() for x in notebooks]
        links = " ".join(link(x, "notebook") for x in paths) if paths else NONE
        what, *rest = PARTS.split(error)
        why = "".join([escape(what), *(f"<small>{escape(x)}</small>" for x in rest)])
        rows.append([name, Cell(html=why), Cell(html=links)])
    title = heading(f"{format_count(len(failed), 'case')} failed", "a second call runs these alone")
    note = paragraph("Each notebook ends at the cell that failed.", "muted")
    return title + table(("case", "why", "where it failed"), rows, kind="long failures") + note
