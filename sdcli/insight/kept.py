"""What was counted of shelves that never change, in one SQLite file that can be thrown away.

Whatever is wrong with it, what is asked for is counted again.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from sdcli.derived import make
from sdcli.insight.measured import Counted

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 2000
"""How many shelves are remembered, of all periods that were asked for; the oldest go first."""

_VERSION = 2
_BUSY_MS = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counted (key TEXT PRIMARY KEY, sheet BLOB NOT NULL, seal BLOB NOT NULL)
"""


@cache
def _decoder() -> msgspec.msgpack.Decoder[Counted]:
    return msgspec.msgpack.Decoder(Counted)


def written(counted: Counted) -> bytes:
    """What was counted, as bytes."""
    return msgspec.msgpack.encode(counted)


def read(counted: bytes) -> Counted:
    """What was counted, from its bytes.

    Raises:
        MsgspecError: they are none.
    """
    return _decoder().decode(counted)


def _seal(key: str, sheet: bytes) -> bytes:
    """What tells a sheet as it was written under its key from one in which a bit has changed."""
    return sha256(key.encode() + b"\0" + sheet).digest()


class Kept:
    """Counts by their keys.

    Args:
        path: the file; nothing is kept if it is empty.
    """

    def __init__(self, path: str) -> None:
        self._path = path and f"{path}.{_VERSION}"
        self._is_off = False

    def get(self, key: str) -> Counted | None:
        """What was counted under a key, if it is known, and is what was written."""
        try:
            with self._opened() as connection:
                query = "SELECT sheet, seal FROM counted WHERE key = ?"
                row = connection.execute(query, (key,)).fetchone()
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return None
        if row is None or not all(isinstance(each, bytes) for each in row):
            return None
        sheet, seal = row
        return read(sheet) if seal == _seal(key, sheet) else None

    def put(self, key: str, counted: Counted) -> None:
        """Keep what was counted; nothing happens if it cannot be kept."""
        sheet = written(counted)
        try:
            with self._opened() as connection:
                row = key, sheet, _seal(key, sheet)
                connection.execute("INSERT OR REPLACE INTO counted VALUES (?, ?, ?)", row)
                connection.execute(
                    "DELETE FROM counted WHERE rowid <= (SELECT max(rowid) FROM counted) - ?",
                    (MOST,),
                )
                connection.commit()
        except (sqlite3.Error, OSError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """What is busy, full or not to be used is not tried again; what is damaged is begun anew."""
        if self._is_off:
            return
        self._is_off = True
        is_damaged = isinstance(error, sqlite3.DatabaseError)
        if is_damaged and not isinstance(error, sqlite3.OperationalError):
            with suppress(OSError):
                os.unlink(self._path)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, open.

        Raises:
            SqliteError: it cannot be used.
        """
        if not self._path or self._is_off:
            raise sqlite3.OperationalError("nothing is kept")
        make(self._path)
        with closing(sqlite3.connect(self._path)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(_SCHEMA)
            yield connection
