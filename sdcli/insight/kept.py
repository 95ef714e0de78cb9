"""What was counted of shelves that never change, in one SQLite file that can be thrown away.

Whatever is wrong with it, what is asked for is counted again.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from sdcli.derived import make
from sdcli.insight.measured import Counted

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 2000
"""How many shelves are remembered, of all periods that were asked for; the oldest go first."""

_VERSION = 1
_BUSY_MS = 500
_SCHEMA = "CREATE TABLE IF NOT EXISTS counted (key TEXT PRIMARY KEY, sheet BLOB NOT NULL)"


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


class Kept:
    """Counts by their keys.

    Args:
        path: the file; nothing is kept if it is empty.
    """

    def __init__(self, path: str) -> None:
        self._path = path and f"{path}.{_VERSION}"
        self._is_off = False

    def get(self, key: str) -> Counted | None:
        """What was counted under a key, if it is known."""
        with suppress(sqlite3.Error, OSError), self._opened() as connection:
            row = connection.execute("SELECT sheet FROM counted WHERE key = ?", (key,)).fetchone()
            if row is not None:
                with suppress(msgspec.MsgspecError):
                    return read(row[0])
        return None

    def put(self, key: str, counted: Counted) -> None:
        """Keep what was counted; nothing happens if it cannot be kept."""
        if self._is_off:
            return
        try:
            with self._opened() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO counted VALUES (?, ?)", (key, written(counted))
                )
                connection.execute(
                    "DELETE FROM counted WHERE rowid <= (SELECT max(rowid) FROM counted) - ?",
                    (MOST,),
                )
                connection.commit()
        except (sqlite3.Error, OSError) as error:
            self._is_off = True  # one that is busy, full or damaged is not tried shelf by shelf
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(
                error, sqlite3.OperationalError
            ):
                with suppress(OSError):
                    os.unlink(self._path)  # damaged: it is begun anew the next time

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
