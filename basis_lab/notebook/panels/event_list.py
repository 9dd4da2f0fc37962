"""What happened and why: decisions, risk and trades first; steady payments only when asked for."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.statements import ScheduledFlows
from basis_lab.domain.wording import agree
from basis_lab.notebook.panels.event_detail import detail_html, figure_pair
from basis_lab.notebook.panels.invoice import daily_sums
from basis_lab.notebook.panels.markup import button, row, table, text
from basis_lab.notebook.series import RunSeries
from basis_lab.notebook.words import moment_text, words
from basis_lab.results.formats import MINUS, format_amount, format_ratio, format_share
from basis_lab.results.labels import event_label

PAGE = 25
FAMILIES: dict[str, frozenset[EventType]] = {
    "decisions": frozenset({EventType.DECISION, EventType.ROLLBACK, EventType.REJECTED}),
    "risk": frozenset(
        {
            EventType.RISK_WARNING,
            EventType.RISK_CRITICAL,
            EventType.LIQUIDATION,
            EventType.PRICE_DIVERGENCE,
            EventType.RECONCILIATION_FAILED,
            EventType.RESERVE_LOW,
        }
    ),
    "trades": frozenset({EventType.TRADE}),  # the fills at exchanges, as the summary counts them
    "on-chain": frozenset(
        {
            EventType.SUPPLY,
            EventType.WITHDRAW,
            EventType.BORROW,
            EventType.REPAY,
            EventType.STAKE,
            EventType.UNSTAKE,
            EventType.SWAP,
            EventType.ATOMIC_LEVERAGE_ENTRY,
            EventType.ATOMIC_DELEVERAGE,
            EventType.ATOMIC_UNWIND,
            EventType.DUST_SALE,
        }
    ),
    "transfers": frozenset(
        {
            EventType.TRANSFER_START,
            EventType.TRANSFER_ARRIVED,
            EventType.DEPOSIT,
            EventType.WITHDRAWAL,
        }
    ),
    "rewards": frozenset({EventType.REWARD_PAYMENT}),
    "gas": frozenset({EventType.GAS}),
    "interest": frozenset({EventType.INTEREST_ACCRUAL}),
}
PAID = frozenset(
    {
        EventType.SUPPLY,
        EventType.REPAY,
        EventType.FLASH_REPAY,
        EventType.SWAP,
        EventType.UNSTAKE,
        EventType.TRANSFER_START,
    }
)
# Of what is paid, where the line that is named is the one that falls.
LEAVES = PAID - {EventType.SUPPLY, EventType.REPAY, EventType.FLASH_REPAY}
FUNDING = "funding"
SHOWN_FIRST = frozenset({"decisions", "risk", "trades", "on-chain"})


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table.

    Parameters
    ----------
    row : int
        The timestep.
    place : int
        In the log of the run, or -1 for a day's funding.
    kind, action, why, amount : str
        Plain text.
    """

    row: int
    place: int
    kind: str
    action: str
    why: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """What is shown of the events.

    Parameters
    ----------
    families : frozenset of str
        Chips that are on.
    words : str
        Text that a row must contain.
    day : str
        A UTC day, or "" for all.
    page : int
        From 0.
    chosen : int
        Place in the log of the unfolded event, or -1.
    """

    families: frozenset[str] = SHOWN_FIRST
    words: str = ""
    day: str = ""
    page: int = 0
    chosen: int = -1


def family_counts(series: RunSeries) -> dict[str, int]:
    """Return how many events each family has.

    Parameters
    ----------
    series : RunSeries
        The run.

    Returns
    -------
    dict of str to int
        Families without any are left out; funding counts single payments, and a decision that
        is carried out in stages counts once.
    """
    later = series.later_stages
    events = [
        x.event_type
        for place, x in enumerate(series.record.log)
        if isinstance(x, Event) and place not in later
    ]
    counts = {name: sum(x in kinds for x in events) for name, kinds in FAMILIES.items()}
    counts[FUNDING] = sum(len(x.rows) for x in series.record.log if isinstance(x, ScheduledFlows))
    return {name: count for name, count in counts.items() if count > 0}


def event_lines(series: RunSeries, chosen: EventFilter) -> list[Line]:
    """Return the rows that a filter lets through, newest first.

    Parameters
    ----------
    series : RunSeries
        The run.
    chosen : EventFilter
        Families, words, day.

    Returns
    -------
    list of Line
        All pages.
    """
    lines = list(_lines(series, chosen.families))
    if chosen.day:
        lines = [x for x in lines if str(series.days[x.row]) == chosen.day]
    if chosen.words:
        sought = chosen.words.lower()
        lines = [x for x in lines if sought in f"{x.kind} {x.action} {x.why} {x.amount}".lower()]
    return sorted(lines, key=lambda x: (-x.row, -x.place))


def _lines(series: RunSeries, families: frozenset[str]) -> Iterator[Line]:
    kinds = frozenset(x for name in families if name in FAMILIES for x in FAMILIES[name])
    for place, entry in enumerate(series.record.log):
        if place in series.later_stages:
            continue
        if isinstance(entry, Event) and entry.event_type in kinds:
            yield _line(entry, place, len(series.stages_of(place)))
    if FUNDING in families and series.record.attribution[FUNDING].any():
        days, sums = daily_sums(series, series.record.attribution[FUNDING])
        last = np.searchsorted(series.days, days, side="right") - 1
        for at, amount in zip(last.tolist(), sums.tolist(), strict=True):
            told = f"{format_amount(amount, series.currency, signed=True)} {series.currency}"
            yield Line(at, -1, "funding", "paid at every venue, the day's sum", "", told)


def _line(event: Event, place: int, later: int) -> Line:
    amount = _amount(event) if np.isfinite(event.amount) else ""
    action = f"{_action(event)}, in {later + 1} stages" if later else _action(event)
    kind = event_label(event.event_type.value, event.details)
    return Line(event.row, place, kind, action, _why(event), amount)


def _amount(event: Event) -> str:
    """Return what was received (+) or paid (-); of a perpetual, the notional that was traded."""
    paid = event.event_type in PAID and event.amount > 0.0
    amount = -event.amount if paid else event.amount
    told = format_amount(amount, event.currency, signed=True)
    if amount != 0.0 and not any(x in told for x in "123456789"):
        told = f"{amount:+.2g}".replace("-", MINUS)
    notional = " notional" if ":perp:" in event.instrument else ""
    return f"{told} {event.currency}{notional}"


def _action(event: Event) -> str:
    if "action" in event.details and event.event_type is EventType.DECISION:
        return words(str(event.details["action"]))
    parts = [event.instrument or event.venue]
    if np.isfinite(event.quantity):
        left = event.event_type in LEAVES and event.quantity > 0.0
        units = -event.quantity if left else event.quantity
        parts.insert(0, f"{units:+,.6g}".replace("-", MINUS))
    if np.isfinite(event.price):
        parts.append(f"at {event.price:,.6g}")
    if event.status not in {"", "FILLED"}:
        parts.append(event.status.lower())
    return " ".join(x for x in parts if x)


def _why(event: Event) -> str:
    """Return the cause with its value against its limit."""
    if not event.trigger:
        return str(event.details["note"]) if "note" in event.details else ""
    told = words(event.trigger)
    details = event.details
    if "value" in details and "limit" in details and event.trigger != "entry":
        value, limit = figure_pair(details["value"], details["limit"])
        told += f": {value} against {limit}"
    return f"{told}, {event.venue}" if event.venue and "value" in details else told


def events_html(series: RunSeries, chosen: EventFilter, moment: int) -> str:
    """Return the table of events: 25 rows, newest first, the rest by pages.

    Parameters
    ----------
    series : RunSeries
        The run.
    chosen : EventFilter
        What is shown.
    moment : int
        The chosen timestep, whose rows are marked.

    Returns
    -------
    str
        HTML.
    """
    lines = event_lines(series, chosen)
    pages = max(1, -(-len(lines) // PAGE))
    page = min(chosen.page, pages - 1)
    shown = lines[page * PAGE : (page + 1) * PAGE]
    body = "".join(_row_html(series, line, chosen, moment) for line in shown)
    head = [("time, UTC", ""), ("kind", ""), ("action", ""), ("why", "why"), ("amount", "num")]
    made = table("Events", head, [body], kind="bl-events")
    why = "with this text" if chosen.words else "of these kinds"
    empty = "" if shown else f'<p class="bl-empty">No event {why}.</p>'
    pager = _pager(page, pages, len(lines))
    return f'{_chips(series, chosen)}<div class="tables">{made}</div>{empty}{pager}'


def _row_html(series: RunSeries, line: Line, chosen: EventFilter, moment: int) -> str:
    acts = {"data-do": "event", "data-of": str(line.place), "data-value": str(line.row)}
    cells = [
        (text(line.kind), ""),
        # Where it is narrow the reason stands below the action, and its column goes.
        (f'{text(line.action)}<span class="below">{text(line.why)}</span>', "action"),
        (text(line.why), "why"),
        (text(line.amount), "num"),
    ]
    kind = "here" if line.row == moment else ""
    made = row(text(moment_text(series, line.row)), cells, kind=kind, acts=acts)
    if line.place >= 0 and line.place == chosen.chosen:
        made += f'<tr><td colspan="5">{detail_html(series, line.place)}</td></tr>'
    return made


def _chips(series: RunSeries, chosen: EventFilter) -> str:
    made = [
        button(
            f"{name} {count:,}",
            "family",
            data_of=name,
            data_focus=f"chip-{name}",
            aria_pressed="true" if name in chosen.families else "false",
        )
        for name, count in family_counts(series).items()
    ]
    sought = text(chosen.words)
    day = button(f"{chosen.day} \N{MULTIPLICATION SIGN}", "day", data_of="") if chosen.day else ""
    box = (
        '<label class="hidden" for="bl-words">only rows with this text</label>'
        f'<input type="text" id="bl-words" style="max-width:180px" placeholder="filter" '
        f'data-key="words" data-act="words" data-now="1" value="{sought}">'
    )
    return f'<div class="bl-chips">{"".join(made)}{day}{box}</div>'


def _pager(page: int, pages: int, count: int) -> str:
    if pages == 1:
        return f'<p class="muted">{count} {agree(count, "row")}</p>'
    newer = button("newer", "page", data_of=str(page - 1), data_focus="newer", **_off(page == 0))
    older = button(
        "older", "page", data_of=str(page + 1), data_focus="older", **_off(page == pages - 1)
    )
    told = (
        f"page {page + 1} of {pages}, {count:,} rows, {PAGE} a page so that the browser stays quick"
    )
    return f'<div class="bl-chips">{newer}{older}<span class="muted">{told}</span></div>'


def _off(truth: bool) -> dict[str, str]:  # noqa: FBT001 - an attribute for a truth
    return {"disabled": "disabled"} if truth else {}


def word_count(count: int) -> str:
    """Return how often something happened.

    Parameters
    ----------
    count : int
        From 0.

    Returns
    -------
    str
        For instance "twice".
    """
    return {1: "once", 2: "twice"}[count] if count in {1, 2} else f"{count} times"


def often_met(series: RunSeries, measure: str) -> str:
    """Return a note for a limit that was met often, with the value right after the entry.

    Parameters
    ----------
    series : RunSeries
        The run.
    measure : str
        A risk measure, for instance "margin_ratio".

    Returns
    -------
    str
        Empty where it was met less than ten times.
    """
    met = [
        x
        for x in series.events_of(EventType.RISK_WARNING, EventType.RISK_CRITICAL)
        if x.trigger == measure
    ]
    often = 10
    if len(met) < often:
        return ""
    columns = [
        v for k, v in series.record.risk.items() if k == measure or k.startswith(f"{measure}_")
    ]
    early = [float(x[np.isfinite(x)][0]) for x in columns if np.isfinite(x).any()]
    told = f"met {word_count(len(met))} in this run"
    if not early:
        return told
    nearest = min(early)
    shown = format_share(nearest) if measure == "ltv" else format_ratio(nearest, digits=2)
    return f"{told}; at entry it stood at {shown}"
