"""The runs that were saved before, to be compared with."""

from collections.abc import Mapping

from basis_lab.domain.wording import agree
from basis_lab.notebook.panels.markup import button, row, table, text
from basis_lab.results.formats import format_share
from basis_lab.results.saved import SavedRun, SavedRuns

HEAD = (
    ("run", ""),
    ("mode", ""),
    ("from, to", ""),
    ("net APR", "num"),
    ("hurdle APR", "num"),
    ("drawdown", "num"),
    ("written, UTC", ""),
    ("", ""),
)


def saved_html(saved: SavedRuns, pinned: Mapping[str, str]) -> str:
    """Return the saved runs, newest first, each with a button that compares with it.

    Parameters
    ----------
    saved : SavedRuns
        What the directory holds.
    pinned : mapping of str to str
        Names of pins by the folder that they were opened from.

    Returns
    -------
    str
        HTML; folders that cannot be read stand in it with their reason.
    """
    again = button("Look again", "saved", data_focus="saved")
    place = f"<code>{text(saved.directory)}</code>"
    if not saved.runs:
        told = f"No saved run in {place}; Save writes one."
        return f'<p class="bl-empty">{told} {again}</p>'
    rows = [_row(x, pinned) for x in saved.runs]
    older = f"; {saved.older:,} older folders were not opened" if saved.older else ""
    made = table("Saved runs, newest first", HEAD, rows, shown=True, kind="bl-saved")
    count = f"{len(saved.runs):,} {agree(len(saved.runs), 'folder')}"
    return (
        f'<div class="tables">{made}</div><div class="bl-chips">{again}'
        f'<span class="muted">{count} of {place}{older}</span></div>'
    )


def _row(run: SavedRun, pinned: Mapping[str, str]) -> str:
    name, when = text(run.path.name), f"{run.written:%Y-%m-%d %H:%M}"
    summary = run.summary
    if summary is None:
        told = f'<span class="refused">cannot be read: {text(run.why)}</span>'
        return (
            f'<tr class="quiet"><th scope="row">{name}</th><td colspan="5">{told}</td>'
            f'<td class="when">{when}</td><td></td></tr>'
        )
    stopped = "" if summary["status"] == "completed" else f", {summary['status']}"
    if run.path.name in pinned:
        act = f"<strong>{text(pinned[run.path.name])}</strong>"
    else:
        label = f"compare with {run.path.name}"
        act = button("Compare", "open", data_of=run.path.name, aria_label=label)
    cells = [
        (text(f"{summary['mode']}, {summary['share_class']}{stopped}"), ""),
        (text(f"{summary['start'][:10]} to {summary['end'][:10]}"), ""),
        (format_share(summary["apr"]), "num"),
        (format_share(summary["hurdle_apr"]), "num"),
        (format_share(summary["max_drawdown"]), "num"),
        (when, "when"),
        (act, "when"),
    ]
    return row(name, cells, kind="here" if run.path.name in pinned else "")
