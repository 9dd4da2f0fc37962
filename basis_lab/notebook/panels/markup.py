"""Small pieces of HTML."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

Cell = tuple[str, str]  # HTML and the class of its cell


def text(words: object) -> str:
    """Return text that is safe inside HTML and attributes.

    Parameters
    ----------
    words : object
        Anything that prints.

    Returns
    -------
    str
        Escaped.
    """
    return escape(str(words), quote=True)


def attributes(given: Mapping[str, str]) -> str:
    """Return attributes as they stand in a tag.

    Parameters
    ----------
    given : mapping of str to str
        Names and values.

    Returns
    -------
    str
        With a blank before each.
    """
    return "".join(f' {name}="{text(value)}"' for name, value in given.items())


def table(
    caption: str, head: Sequence[Cell], rows: Iterable[str], *, kind: str = "", shown: bool = False
) -> str:
    """Return a table with a caption, for the eye or for screen readers alone.

    Parameters
    ----------
    caption : str
        What it holds.
    head : sequence of (str, str)
        Heads of the columns and their classes.
    rows : iterable of str
        As made by ``row``.
    kind : str
        Class of the table.
    shown : bool
        True to show the caption.

    Returns
    -------
    str
        HTML.
    """
    heads = "".join(f'<th scope="col" class="{css}">{label}</th>' for label, css in head)
    hidden = "" if shown else ' class="hidden"'
    return (
        f'<table class="{kind}"><caption{hidden}>{text(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def row(
    name: str, cells: Iterable[Cell], *, kind: str = "", acts: Mapping[str, str] | None = None
) -> str:
    """Return one row, its first cell a head.

    Parameters
    ----------
    name : str
        HTML of the first cell.
    cells : iterable of (str, str)
        HTML and class of the others.
    kind : str
        Class of the row.
    acts : mapping or None
        ``data-`` attributes of a row that can be chosen: anywhere by mouse, and by the button that
        its first cell becomes, so that it stays a row for screen readers.

    Returns
    -------
    str
        HTML.
    """
    inner = "".join(f'<td class="{css}">{html}</td>' for html, css in cells)
    if acts is None:
        return f'<tr class="{kind}"><th scope="row">{name}</th>{inner}</tr>'
    head = f'<button type="button" class="bl-rowact"{attributes(acts)}>{name}</button>'
    return f'<tr class="acts {kind}"><th scope="row">{head}</th>{inner}</tr>'


def button(label: str, do: str, *, kind: str = "", **given: str) -> str:
    """Return a button.

    Parameters
    ----------
    label : str
        What it says.
    do : str
        The act.
    kind : str
        Further classes.
    **given : str
        Attributes; underscores stand for dashes.

    Returns
    -------
    str
        HTML.
    """
    rest = attributes({name.replace("_", "-"): value for name, value in given.items()})
    css = f"bl-button {kind}".strip()
    return f'<button type="button" class="{css}" data-do="{do}"{rest}>{text(label)}</button>'


def link(label: str, do: str, **given: str) -> str:
    """Return a button that looks like a link.

    Parameters
    ----------
    label : str
        What it says.
    do : str
        The act.
    **given : str
        Attributes; underscores stand for dashes.

    Returns
    -------
    str
        HTML.
    """
    rest = attributes({name.replace("_", "-"): value for name, value in given.items()})
    return f'<button type="button" class="bl-link" data-do="{do}"{rest}>{text(label)}</button>'
