"""An executed notebook as one page that needs no network: a plotly.js beside it serves them all."""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from basis_lab.data.writing import whole_file, writing
from basis_lab.errors import code_of
from basis_lab.results.report_style import BEFORE_PRINT, MARK_BARE, SHEET
from basis_lab.results.style import MUTED

if TYPE_CHECKING:
    from nbformat import NotebookNode

PLOTLY_FILE = "plotly.min.js"
PLOTLY_MIME = "application/vnd.plotly.v1+json"
HALF = "half"  # tag of a cell that takes half of the width
NOT_PRINTED = "notebook-only"  # tag of a text for who opens the notebook
LACKING = "The charts are missing: they need {needed} beside this page. Keep the two together."


def render_page(notebook: "NotebookNode", *, title: str, assets: str) -> str:
    """Return an executed notebook as a page: its outputs and texts, not its code.

    Parameters
    ----------
    notebook : NotebookNode
        Executed.
    title : str
        Of the page.
    assets : str
        Where the shared plotly.js lies, relative to the page ("plots").

    Returns
    -------
    str
        HTML; figures are drawn by ``ASSETS/plotly.min.js`` from what the page holds.
    """
    body = "\n".join(_cells(notebook))
    return page(f'<div class="cells">{body}</div>', title=title, assets=assets)


def page(body: str, *, title: str, assets: str | None) -> str:
    """Return a whole page.

    Parameters
    ----------
    body : str
        HTML.
    title : str
        Of the page.
    assets : str or None
        Where plotly.js lies, relative to the page; None for a page without figures.

    Returns
    -------
    str
        HTML.
    """
    script = lacking = ""
    if assets is not None:
        needed = f"{escape(assets)}/{PLOTLY_FILE}"
        script = f'<script src="{needed}"></script><script>{MARK_BARE}</script>'
        lacking = f'<p class="lacking failed">{LACKING.format(needed=needed)}</p>\n'
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>\n<style>{SHEET}{_foot(title)}</style>\n{script}"
        f"<script>{BEFORE_PRINT}</script></head>\n<body>\n{lacking}{body}\n</body></html>\n"
    )


def _foot(title: str) -> str:
    """Return what stands at the foot of each printed page: what it is, and its number."""
    safe = re.sub(r'[\\"<>\n]', " ", title)
    look = f"font: 9px sans-serif; color: {MUTED};"
    return (
        f'@page {{ @bottom-left {{ content: "{safe}"; {look} }} '
        f"@bottom-right {{ content: counter(page); {look} }} }}"
    )


def write_plotly(directory: Path) -> None:
    """Put the plotly.js that pages share into a directory, where it is not there yet.

    Parameters
    ----------
    directory : Path
        Made when needed.
    """
    from plotly.offline import get_plotlyjs

    target = directory / PLOTLY_FILE
    content = get_plotlyjs().encode()
    if target.is_file() and target.stat().st_size == len(content):
        return
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as aside:
        aside.write_bytes(content)


def _cells(notebook: "NotebookNode") -> Iterator[str]:
    number = 0
    for cell in notebook.cells:
        pieces = []
        for output in cell.outputs if cell.cell_type == "code" else ():
            if "data" in output and PLOTLY_MIME in output.data:
                number += 1
                pieces.append(_figure(output.data[PLOTLY_MIME], number))
            else:
                pieces.append(_output(output))
        if cell.cell_type == "markdown":
            pieces.append(_markdown(cell.source))
        tags = cell.metadata["tags"] if "tags" in cell.metadata else []
        kind = " half" if HALF in tags else ""
        if any(pieces) and NOT_PRINTED not in tags:
            yield f'<div class="cell{kind}">{"".join(pieces)}</div>'


def _figure(figure: dict[str, object], number: int) -> str:
    from plotly.io import to_html

    drawn: str = to_html(
        figure,
        include_plotlyjs=False,
        full_html=False,
        validate=False,
        div_id=f"basis-lab-figure-{number}",
        config={"displayModeBar": False, "responsive": True},
    )
    return drawn


def _output(output: "NotebookNode") -> str:
    if output.output_type == "stream":
        return "" if output.name == "stderr" else f"<pre>{escape(output.text)}</pre>"
    if output.output_type == "error":
        code = code_of(output.ename)
        name = output.ename if code is None else code
        return f'<p class="failed">{escape(f"{name}: {output.evalue}")}</p>'
    if "text/html" in output.data:
        return str(output.data["text/html"])
    return f"<pre>{escape(str(output.data['text/plain']))}</pre>"


def _markdown(source: str) -> str:
    from nbconvert.filters import markdown2html

    return str(markdown2html(source))
