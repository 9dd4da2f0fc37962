"""What a download keeps beside the data, so that it can be killed at any moment and go on.

``.fetch/NAME.jsonl`` takes each page as one line, durable before the next is asked for; a line
that was cut off is dropped. When all is there the pages go into the dataset's Parquet file, and
``.fetch/NAME.json`` keeps which stretches are known and which the source does not have.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from basis_lab.data.download_source import Page, Rows, Source, empty_columns
from basis_lab.data.series import DatasetId
from basis_lab.data.spans import Span, merged, second_text
from basis_lab.errors import BadDataError, UsageError

FOLDER = ".fetch"
FORMAT = "basis_lab fetch 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What earlier downloads of a dataset found out.

    Parameters
    ----------
    covered : tuple of Span
        Stretches that were asked for and answered.
    holes : tuple of Span
        Parts of them that the source does not have.
    pages : tuple of Page
        Answers that are not in the dataset's file yet.
    """

    covered: tuple[Span, ...] = ()
    holes: tuple[Span, ...] = ()
    pages: tuple[Page, ...] = ()

    def with_page(self, page: Page) -> "Known":
        """Return what is known with one more page.

        Parameters
        ----------
        page : Page
            A new answer.

        Returns
        -------
        Known
            With its window covered.
        """
        return Known(
            covered=merged([*self.covered, page.window]),
            holes=merged([*self.holes, *page.holes]),
            pages=(*self.pages, page),
        )


class StateFiles:
    """The two state files of one dataset.

    Parameters
    ----------
    root : Path
        The data directory.
    source : Source
        Whose dataset it is.
    """

    def __init__(self, root: Path, source: Source) -> None:
        name = str(source.dataset).replace("/", "-")
        self._state = root / FOLDER / f"{name}.json"
        self._pages = root / FOLDER / f"{name}.jsonl"
        self._source = source

    def load(self) -> Known:
        """Read what is kept; a page whose line was cut off is dropped from the file.

        Returns
        -------
        Known
            Nothing, where nothing was kept.

        Raises
        ------
        UsageError
            If the directory keeps the dataset at another bar interval.
        BadDataError
            If a state file is none of ours.
        """
        known = Known()
        if self._state.is_file():
            content = self._checked(_parsed(self._state.read_bytes(), self._state))
            known = Known(covered=_spans(content["covered"]), holes=_spans(content["holes"]))
        for page in self._read_pages():
            known = known.with_page(page)
        return known

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept: the dataset is one that was fetched."""
        return self._state.is_file() or self._pages.is_file()

    def append(self, page: Page) -> None:
        """Keep one page; it is durable on return.

        Parameters
        ----------
        page : Page
            The answer.
        """
        self._pages.parent.mkdir(parents=True, exist_ok=True)
        with self._pages.open("ab") as file:
            if not file.tell():
                file.write(_line(self._head()))
            file.write(_line(_plain_page(page)))
            file.flush()
            os.fsync(file.fileno())

    def settle(self, known: Known) -> None:
        """Keep what is covered, once the rows are in the dataset's file.

        Parameters
        ----------
        known : Known
            With no page that is not in the file.
        """
        content = {**self._head(), "covered": known.covered, "holes": known.holes}
        write_aside(self._state, json.dumps(content, indent=1).encode() + b"\n")
        self._pages.unlink(missing_ok=True)

    def _head(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "dataset": str(self._source.dataset),
            "step_s": self._source.step_s,
            "fields": list(self._source.fields),
        }

    def _read_pages(self) -> list[Page]:
        if not self._pages.is_file():
            return []
        content = self._pages.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):  # the process was killed while it wrote this line
            write_aside(self._pages, whole)
        lines = [_parsed(x, self._pages) for x in whole.splitlines()]
        if lines:
            self._checked(lines[0])
        return [_page(x, self._source.fields) for x in lines[1:]]

    def _checked(self, content: dict[str, Any]) -> dict[str, Any]:
        head = self._head()
        if content["format"] != FORMAT:
            raise _foreign(self._state, f"format {content['format']!r}")
        if content["step_s"] != head["step_s"] or content["fields"] != head["fields"]:
            raise UsageError(
                "the directory has this dataset at another bar interval",
                where=f"{self._state.parent.parent}: {content['dataset']}",
                value=f"{content['step_s']} s, asked for {head['step_s']} s",
                remedy="name another directory with --out",
            )
        return content


def write_aside(path: Path, content: bytes) -> None:
    """Write a file that is either the old one or the new one at every moment.

    Parameters
    ----------
    path : Path
        Where to; its folder is made where needed.
    content : bytes
        The new content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.new")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def joined(dataset: DatasetId, parts: Sequence[Rows]) -> Rows:
    """Return the rows of several parts in the order of time; equal rows once.

    Parameters
    ----------
    dataset : DatasetId
        Whose rows they are, for messages.
    parts : sequence of (ndarray, dict of str to ndarray)
        Times in epoch seconds, and columns; at least one.

    Returns
    -------
    times : ndarray of int, shape (n,)
        Strictly ascending.
    columns : dict of str to ndarray of shape (n,)
        The same names.

    Raises
    ------
    BadDataError
        If two rows of one time differ.
    """
    times = np.concatenate([x[0] for x in parts])
    columns = {name: np.concatenate([x[1][name] for x in parts]) for name in parts[0][1]}
    unique, first, place = np.unique(times, return_index=True, return_inverse=True)
    for name, values in columns.items():
        other = values != values[first][place]
        if other.any():
            raise BadDataError(
                f"{dataset}: two answers of one time differ in {name}",
                where=second_text(int(times[other][0])),
                value=float(values[other][0]),
                remedy="fetch it into another directory with --out",
            )
    return unique, {name: values[first] for name, values in columns.items()}


def rows_of(pages: Iterable[Page], fields: tuple[str, ...]) -> list[Rows]:
    """Return the rows of pages as parts for ``joined``.

    Parameters
    ----------
    pages : iterable of Page
        In any order.
    fields : tuple of str
        Names of the columns.

    Returns
    -------
    list of (ndarray, dict of str to ndarray)
        At least one, which may be empty.
    """
    nothing = (np.empty(0, dtype=np.int64), empty_columns(fields))
    return [nothing, *((x.times, dict(x.columns)) for x in pages)]


def _line(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _plain_page(page: Page) -> dict[str, object]:
    columns = [page.times.tolist(), *(x.tolist() for x in page.columns.values())]
    return {
        "window": page.window,
        "holes": page.holes,
        "rows": [list(row) for row in zip(*columns, strict=True)],
    }


def _page(content: dict[str, Any], fields: tuple[str, ...]) -> Page:
    rows = content["rows"]
    columns = [np.array([x[i + 1] for x in rows], dtype=float) for i in range(len(fields))]
    return Page(
        window=Span(*content["window"]),
        times=np.array([x[0] for x in rows], dtype=np.int64),
        columns=dict(zip(fields, columns, strict=True)),
        holes=_spans(content["holes"]),
    )


def _spans(pairs: Iterable[Iterable[int]]) -> tuple[Span, ...]:
    return tuple(Span(*x) for x in pairs)


def _parsed(text: bytes, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise _foreign(path, str(error)) from error
    if not isinstance(content, dict):
        raise _foreign(path, "no object")
    return content


def _foreign(path: Path, why: str) -> BadDataError:
    return BadDataError(
        "not a state file of this version",
        where=str(path),
        value=why,
        remedy="remove it to fetch the dataset anew",
    )
