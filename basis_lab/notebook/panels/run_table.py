"""Runs side by side, and what the drawn one has more than each pinned one."""

from collections.abc import Mapping, Sequence
from typing import Any

from basis_lab.notebook.panels.markup import button, row, table, text
from basis_lab.notebook.words import words
from basis_lab.results.formats import MINUS, format_amount, format_points, format_share
from basis_lab.results.verdict import Comparison, word_verdict

UNBROKEN = "\N{NON-BREAKING HYPHEN}"
Named = tuple[str, Mapping[str, Any]]
SHARES = ("apr", "hurdle_apr", "max_drawdown", "volatility")


def runs_html(runs: Sequence[Named]) -> str:
    """Return runs as columns, the drawn one first; differences are drawn less pinned.

    Parameters
    ----------
    runs : sequence of (str, mapping)
        Name and summary.

    Returns
    -------
    str
        HTML.
    """
    head = [("figure", "")]
    for i, (name, _) in enumerate(runs):
        head.append((text(name), "num"))
        if i > 0:
            head.append((f"drawn {MINUS} {text(name)}", "num"))
    rows = [_texts("case", runs, _case), _texts("verdict", runs, word_verdict)]
    rows += [_shares(key, runs) for key in SHARES]
    rows.append(_held(runs))
    rows += [_amounts(words(key), runs, key) for key in ("net_pnl", "final_exit_equity")]
    rows += [
        _amounts(words(name), runs, "attribution", name)
        for name in dict.fromkeys(k for _, s in runs for k, v in s["attribution"].items() if v)
    ]
    rows += [_counts(key, runs) for key in ("trades", "rebalances", "liquidations")]
    drops = "".join(
        button(f"Unpin {name}", "unpin", data_of=str(i)) for i, (name, _) in enumerate(runs[1:])
    )
    made = table("Runs side by side", head, rows, kind="bl-runs")
    hint = (
        "" if len(runs) > 1 else '<p class="bl-empty">Pin a run, change the case, and compare.</p>'
    )
    return f'<div class="bl-chips">{drops}</div><div class="tables">{made}</div>{hint}'


def _case(summary: Mapping[str, Any]) -> str:
    return f"{summary['mode']}, {summary['start'][:10]} to {summary['end'][:10]}"


def _texts(name: str, runs: Sequence[Named], tell: Any) -> str:
    """Return a row of sentences; a pinned run's goes on under its column of differences."""
    # No date is broken within itself.
    told = [text(tell(summary)).replace("-", UNBROKEN) for _, summary in runs]
    first, *others = told
    cells = f'<td class="why">{first}</td>'
    cells += "".join(f'<td class="why" colspan="2">{x}</td>' for x in others)
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


def _shares(key: str, runs: Sequence[Named]) -> str:
    return _numbers(words(key), [s[key] for _, s in runs], format_share, _in_points)


def _held(runs: Sequence[Named]) -> str:
    held = [Comparison.of(s).held for _, s in runs]
    return _numbers("difference to lending", held, _in_points, _in_points)


def _in_points(fraction: float | None) -> str:
    return format_points(fraction) if fraction is None else f"{format_points(fraction)} pp"


def _counts(key: str, runs: Sequence[Named]) -> str:
    def tell(count: float | None) -> str:
        return "" if count is None else f"{count:,.0f}"

    def differ(count: float) -> str:
        return "0" if count == 0.0 else f"{count:+,.0f}".replace("-", MINUS)

    return _numbers(words(key), [s[key] for _, s in runs], tell, differ)


def _amounts(name: str, runs: Sequence[Named], key: str, inner: str = "") -> str:
    found = [s[key][inner] if inner else s[key] for _, s in runs]
    currencies = {s["currency"] for _, s in runs}
    currency = runs[0][1]["currency"]

    def tell(amount: float | None) -> str:
        return format_amount(amount, currency)

    def differ(amount: float) -> str:
        return format_amount(amount, currency, signed=True) if len(currencies) == 1 else ""

    return _numbers(f"{name}, {currency}" if len(currencies) == 1 else name, found, tell, differ)


def _numbers(name: str, values: Sequence[float | None], tell: Any, differ: Any) -> str:
    first, cells = values[0], []
    for i, value in enumerate(values):
        cells.append((tell(value), "num"))
        if i > 0:
            known = value is not None and first is not None
            cells.append((differ(first - value) if known else "", "num points"))  # type: ignore[operator] # both known
    return row(text(name), cells)
