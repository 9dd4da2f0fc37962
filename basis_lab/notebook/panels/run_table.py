"""Runs side by side, and what the drawn one has more than each pinned one."""

from collections.abc import Mapping, Sequence
from typing import Any

from basis_lab.notebook.panels.markup import button, row, table, text
from basis_lab.notebook.pins import same_dates
from basis_lab.notebook.words import words
from basis_lab.results.formats import MINUS, NONE, format_amount, format_points, format_share
from basis_lab.results.verdict import Comparison, word_verdict

UNBROKEN = "\N{NON-BREAKING HYPHEN}"
Named = tuple[str, Mapping[str, Any], str]
AMOUNTS = ("net_pnl", "final_equity", "final_exit_equity")
SHARES = ("apr", "hurdle_apr", "max_drawdown", "volatility")


def runs_html(runs: Sequence[Named]) -> str:
    """Return runs as columns, the drawn one first; differences are drawn less pinned.

    Parameters
    ----------
    runs : sequence of (str, mapping, str)
        Name, summary, and what tells it from the mode's files.

    Returns
    -------
    str
        HTML.
    """
    head = [("figure", "")]
    for i, (name, *_) in enumerate(runs):
        head.append((text(name), "num"))
        if i > 0:
            head.append((f"drawn {MINUS} {text(name)}", "num"))
    rows = [
        _texts("case", [_case(summary) for _, summary, _ in runs]),
        _texts("changed", [case for *_, case in runs]),
        _texts("verdict", [word_verdict(summary) for _, summary, _ in runs]),
    ]
    rows += [_shares(key, runs) for key in SHARES]
    rows.append(_held(runs))
    rows += [_amounts(words(key), runs, key) for key in AMOUNTS]
    rows += [
        _amounts(words(name), runs, "attribution", name)
        for name in dict.fromkeys(k for _, s, _ in runs for k, v in s["attribution"].items() if v)
    ]
    rows += [_counts(key, runs) for key in ("trades", "rebalances", "liquidations")]
    drops = "".join(
        button(f"Unpin {name}", "unpin", data_of=str(i)) for i, (name, *_) in enumerate(runs[1:])
    )
    made = table("Runs side by side", head, rows, kind="bl-runs")
    hint = (
        "" if len(runs) > 1 else '<p class="bl-empty">Pin a run, change the case, and compare.</p>'
    )
    others = [name for (name, *_), same in zip(runs, _alike(runs), strict=True) if not same]
    if others:
        told = f"{' and '.join(others)} ran over other dates than the drawn run"
        hint = f'<p class="muted">{text(told)}: amounts and counts are not subtracted.</p>'
    return f'<div class="bl-chips">{drops}</div><div class="tables">{made}</div>{hint}'


def _case(summary: Mapping[str, Any]) -> str:
    return f"{summary['mode']}, {summary['start'][:10]} to {summary['end'][:10]}"


def _texts(name: str, sentences: Sequence[str]) -> str:
    """Return a row of sentences; a pinned run's goes on under its column of differences."""
    # No date is broken within itself.
    told = [text(x).replace("-", UNBROKEN) for x in sentences]
    first, *others = told
    cells = f'<td class="why">{first}</td>'
    cells += "".join(f'<td class="why" colspan="2">{x}</td>' for x in others)
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


def _shares(key: str, runs: Sequence[Named]) -> str:
    return _numbers(words(key), [s[key] for _, s, _ in runs], format_share, _in_points)


def _held(runs: Sequence[Named]) -> str:
    held = [Comparison.of(s).held for _, s, _ in runs]
    return _numbers("difference to lending", held, _in_points, _in_points)


def _in_points(fraction: float | None) -> str:
    return format_points(fraction) if fraction is None else f"{format_points(fraction)} pp"


def _counts(key: str, runs: Sequence[Named]) -> str:
    def tell(count: float | None) -> str:
        return "" if count is None else f"{count:,.0f}"

    def differ(count: float) -> str:
        return "0" if count == 0.0 else f"{count:+,.0f}".replace("-", MINUS)

    return _numbers(words(key), [s[key] for _, s, _ in runs], tell, differ, _alike(runs))


def _alike(runs: Sequence[Named]) -> list[bool]:
    """Return of each run whether it is about the days of the drawn one."""
    return [same_dates(runs[0][1], s) for _, s, _ in runs]


def _amounts(name: str, runs: Sequence[Named], key: str, inner: str = "") -> str:
    found = [s[key][inner] if inner else s[key] for _, s, _ in runs]
    currencies = [str(s["currency"]) for _, s, _ in runs]
    currency = currencies[0]
    if len(set(currencies)) > 1:  # each with its own; there is no difference of two currencies
        amounts = zip(found, currencies, strict=True)
        told = [NONE if x is None else f"{format_amount(x, y)} {y}" for x, y in amounts]
        others = [cell for x in told[1:] for cell in ((x, "num"), ("", "num points"))]
        return row(text(name), [(told[0], "num"), *others])
    return _numbers(
        f"{name}, {currency}",
        found,
        lambda amount: format_amount(amount, currency),
        lambda amount: format_amount(amount, currency, signed=True),
        _alike(runs),
    )


def _numbers(
    name: str,
    values: Sequence[float | None],
    tell: Any,
    differ: Any,
    alike: Sequence[bool] | None = None,
) -> str:
    """Return a row of numbers with differences; none to a run that is not about the same."""
    first, cells = values[0], []
    for i, value in enumerate(values):
        cells.append((tell(value), "num"))
        if i > 0:
            known = value is not None and first is not None and (alike is None or alike[i])
            cells.append((differ(first - value) if known else "", "num points"))  # type: ignore[operator] # both known
    return row(text(name), cells)
