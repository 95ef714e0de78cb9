"""What was counted of shelves that never change, in one SQLite file that can be thrown away.

Whatever is wrong with it, what is asked for is counted again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import msgspec

from sdcli.derived import make
from sdcli.insight.measured import Counted

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 2000
"""How many shelves are remembered, of all periods that were asked for; the oldest go first."""

_VERSION = 1
_BUSY_MS = 2000
_SCHEMA = "CREATE TABLE IF NOT EXISTS counted (key TEXT PRIMARY KEY, sheet BLOB NOT NULL)"


class Kept:
    """Counts by their keys.

    Args:
        path: the file; nothing is kept if it is empty.
    """

    def __init__(self, path: str) -> None:
        self._path = path and f"{path}.{_VERSION}"
        self._decoder = msgspec.msgpack.Decoder(Counted)

    def get(self, key: str) -> Counted | None:
        """What was counted under a key, if it is known."""
        for connection in self._open():
            row = connection.execute("SELECT sheet FROM counted WHERE key = ?", (key,)).fetchone()
            if row is not None:
                with suppress(msgspec.MsgspecError):
                    return self._decoder.decode(row[0])
        return None

    def put(self, key: str, counted: Counted) -> None:
        """Keep what was counted; nothing happens if it cannot be kept."""
        sheet = msgspec.msgpack.encode(counted)
        for connection in self._open():
            connection.execute("INSERT OR REPLACE INTO counted VALUES (?, ?)", (key, sheet))
            connection.execute(
                "DELETE FROM counted WHERE rowid <= (SELECT max(rowid) FROM counted) - ?", (MOST,)
            )
            connection.commit()

    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file, if it can be used; what goes wrong with it is no error."""
        if not self._path:
            return
        make(self._path)
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(_SCHEMA)
            yield connection
