"""The rows of a CSV file from anywhere: each with its line, and none larger than memory allows.

The standard library reads them; what it would choke on, or take for something else, is told with
its line: text in another encoding, NUL bytes, quotes that never end, cells of any size.
"""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from sdcli.errors import ImportFileError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_ROW = 4_000_000
"""The most characters of a row, line breaks within quotes among them."""
LONGEST_CELL = 100_000
"""The most characters of a cell; what is longer is a problem of its row alone."""
_BROKEN = {
    "expected after": (
        "something follows a quote that closes a cell; write a quote within a quoted cell twice, "
        'like "a ""word"" more"'
    ),
    "unexpected end": "a quote that a cell of this row begins with is never closed; close it",
    "NUL": "it holds NUL bytes; take them out, or say in the map which `encoding` it is in",
}
"""What the reader stops at, by words of its message, and what to do."""
_SURROGATES = ("\udc80", "\udcff")
_EVERY = 500
"""How many rows there are between two words of progress."""


class Row(NamedTuple):
    """The cells of a row, the line that it begins at, and why it cannot be taken, if so.

    `is_even`: whether there are as many as columns, so that each is that of its column.
    """

    line: int
    cells: list[str]
    problem: str = ""
    is_even: bool = True


def rows(
    file: BinaryIO,
    name: str,
    *,
    encoding: str,
    delimiter: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Row]:
    """The rows that hold anything, the header among them; `progress` is told how many bytes were read.

    Raises:
        ImportFileError: from some line on it is no such file.
    """
    text = io.TextIOWrapper(file, encoding=_spelt(encoding), errors="surrogateescape", newline="")
    lines = _Lines(text, name)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins, limit = 1, csv.field_size_limit(LONGEST_ROW)
    try:
        while True:
            lines.room = LONGEST_ROW
            cells = next(reader, None)
            if cells is None:
                break
            if any(cells):
                yield Row(begins, cells, _problem(cells, encoding))
            begins = reader.line_num + 1
            if begins % _EVERY == 0:
                progress(lines.bytes_read)
    except csv.Error as error:
        why = next((told for word, told in _BROKEN.items() if word in str(error)), str(error))
        said = f"it is no CSV from here on: {why}"
        raise ImportFileError([Problem(name, begins, said)]) from error
    except UnicodeError as error:
        said = f"it is no {encoding} text from here on; the map says the `encoding`"
        raise ImportFileError([Problem(name, begins, said)]) from error
    finally:
        csv.field_size_limit(limit)
        with suppress(ValueError):  # whoever opened it may have closed it by now
            text.detach()


def _spelt(encoding: str) -> str:
    """The codec; a mark of the byte order at the beginning is no part of the text."""
    return "utf-8-sig" if encoding.casefold().replace("_", "-") in ("utf-8", "utf8") else encoding


class _Lines:
    """The lines of a text, of which one row may take no more than there is room."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self._text, self._name = text, name
        self.room = LONGEST_ROW
        self.bytes_read = 0
        self._number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self.room + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self.room -= len(line)
        self.bytes_read += len(line)
        if self.room < 0:
            said = (
                f"a row has more than {LONGEST_ROW:,} characters up to here: close the quote that "
                "is open, or shorten the row; or it is no CSV"
            )
            raise ImportFileError([Problem(self._name, self._number, said)])
        return line


def _problem(cells: list[str], encoding: str) -> str:
    """What is wrong with the cells themselves."""
    for at, cell in enumerate(cells, 1):
        if cell.isascii() and "\0" not in cell and len(cell) <= LONGEST_CELL:
            continue
        if len(cell) > LONGEST_CELL:
            return f"cell {at} has {len(cell):,} characters, and {LONGEST_CELL:,} are the most; shorten it"
        if "\0" in cell:
            return f"cell {at} holds NUL bytes"
        if any(_SURROGATES[0] <= each <= _SURROGATES[1] for each in cell):
            return f"cell {at} is no {encoding} text; the map says the `encoding`"
    return ""
