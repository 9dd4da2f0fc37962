"""Pieces of a page: text that is shown as HTML in a notebook and in a report."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

NEGATIVE = re.compile(r"^\N{MINUS SIGN}[0-9]")


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of a page.

    Parameters
    ----------
    text : str
        HTML.
    """

    text: str

    def _repr_html_(self) -> str:
        return self.text

    def __add__(self, other: "Html") -> "Html":
        """Put a piece below this one."""
        return Html(f"{self.text}\n{other.text}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of a table that is more than its text.

    Parameters
    ----------
    html : str
        What stands in the cell, escaped by whoever made it.
    order : float or None
        What it is sorted by, where that is not its text.
    """

    html: str
    order: float | None = None


Content = str | Cell


def heading(title: str, subtitle: str = "") -> Html:
    """Return the heading of a section.

    Parameters
    ----------
    title : str
        What was found.
    subtitle : str
        What is shown, in muted type.

    Returns
    -------
    Html
        A second-level heading.
    """
    muted = f" <small>{escape(subtitle)}</small>" if subtitle else ""
    return Html(f"<h2>{escape(title)}{muted}</h2>")


def paragraph(text: str, kind: str = "") -> Html:
    """Return a paragraph.

    Parameters
    ----------
    text : str
        Plain text.
    kind : str
        Class for the style sheet: "muted", "warning".

    Returns
    -------
    Html
        Escaped.
    """
    return Html(f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>")


def table(head: Sequence[str], rows: Iterable[Sequence[Content]], *, kind: str = "") -> Html:
    """Return a table; the first column names its row, and numbers stand to the right.

    Parameters
    ----------
    head : sequence of str
        Names of the columns; one that begins with ">" is set to the right.
    rows : iterable of sequence of str or Cell
        As many cells as there are columns.
    kind : str
        Class for the style sheet.

    Returns
    -------
    Html
        With header cells that say their scope.
    """
    right = [name.startswith(">") for name in head]
    titles = "".join(
        f'<th scope="col"{_side(r)}>{escape(name.removeprefix(">"))}</th>'
        for name, r in zip(head, right, strict=True)
    )
    body = "\n".join(f"<tr>{_row(row, right)}</tr>" for row in rows)
    return Html(
        f'<table class="bl {kind}"><thead><tr>{titles}</tr></thead>\n<tbody>{body}</tbody></table>'
    )


def details(summary: str, inner: Html, *, opened: bool = False) -> Html:
    """Return a piece that unfolds on a click, without a script.

    Parameters
    ----------
    summary : str
        The line that is always seen.
    inner : Html
        What unfolds.
    opened : bool
        True to show it from the start.

    Returns
    -------
    Html
        A ``details`` element.
    """
    state = " open" if opened else ""
    return Html(f"<details{state}><summary>{escape(summary)}</summary>{inner.text}</details>")


def link(href: str, text: str) -> str:
    """Return a link.

    Parameters
    ----------
    href : str
        Relative address.
    text : str
        What is clicked.

    Returns
    -------
    str
        HTML.
    """
    return f'<a href="{escape(href)}">{escape(text)}</a>'


def _row(row: Sequence[Content], right: Sequence[bool]) -> str:
    cells = []
    for i, (content, to_right) in enumerate(zip(row, right, strict=True)):
        text = content.html if isinstance(content, Cell) else escape(content)
        order = content.order if isinstance(content, Cell) else None
        sorted_by = "" if order is None else f' data-order="{order!r}"'
        loss = " neg" if isinstance(content, str) and NEGATIVE.match(content) else ""
        tag, scope = ("th", ' scope="row"') if i == 0 else ("td", "")
        cells.append(f"<{tag}{scope}{_side(to_right, loss)}{sorted_by}>{text}</{tag}>")
    return "".join(cells)


def _side(to_right: bool, more: str = "") -> str:  # noqa: FBT001 - the one thing it says
    names = ("r" if to_right else "") + more
    return f' class="{names.strip()}"' if names.strip() else ""
