"""What was counted, in one SQLite file that can be thrown away.

Of shelves that never change it holds their counts; of tickets that still do it holds facts and
counts, block by block. Whatever is wrong with it, what is asked for is counted again.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from sdcli.derived import make
from sdcli.insight.facts import Fact  # noqa: TC001 - msgspec reads the annotations
from sdcli.insight.measured import Counted
from sdcli.insight.outages import Stood  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

_T = TypeVar("_T")

MOST = 2000
"""How many shelves are remembered, of all periods that were asked for; the oldest go first."""
MOST_ASKED = 3
"""How many periods are remembered of a block; the oldest go first."""

_VERSION = 3
_BUSY_MS = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counted (key TEXT PRIMARY KEY, sheet BLOB NOT NULL, seal BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS known (
    block INTEGER PRIMARY KEY, basis TEXT NOT NULL, facts BLOB NOT NULL, seal BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS asked (
    block INTEGER NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL,
    name TEXT NOT NULL, sheet BLOB NOT NULL, seal BLOB NOT NULL, UNIQUE (block, key)
);
"""


class Known(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a ticket as its mark says it is.

    Args:
        fact: what is counted of it from `since` on and before `until`, in seconds of UTC; None if
            it does not count.
        stood: its bulletins.
        touched: when it changed last, in seconds of UTC.
    """

    number: int
    mark: bytes
    since: int
    until: int
    fact: Fact | None
    stood: tuple[Stood, ...] = ()
    is_closed: bool = False
    touched: int = 0

    def holds(self, mark: bytes, now: int) -> bool:
        """Whether it is so of the ticket as it is now, at an instant in seconds of UTC."""
        return self.mark == mark and self.since <= now < self.until


class Asked(NamedTuple):
    """The counts of a block of this content, at an instant; they are such before another one.

    Instants are seconds of UTC.
    """

    name: str
    at: int
    until: int
    counted: Counted


@cache
def _decoder() -> msgspec.msgpack.Decoder[Counted]:
    return msgspec.msgpack.Decoder(Counted)


@cache
def _facts() -> msgspec.msgpack.Decoder[list[Known]]:
    return msgspec.msgpack.Decoder(list[Known])


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
        self.path = path and f"{path}.{_VERSION}"
        self._is_off = not path

    def get(self, key: str) -> Counted | None:
        """What was counted under a key, if it is known, and is what was written."""
        found = self._row("SELECT sheet, seal FROM counted WHERE key = ?", (key,))
        if found is None or not all(isinstance(each, bytes) for each in found):
            return None
        sheet, seal = found
        return read(sheet) if seal == _seal(key, sheet) else None

    def put(self, key: str, counted: Counted) -> None:
        """Keep what was counted; nothing happens if it cannot be kept."""
        sheet = written(counted)
        row = key, sheet, _seal(key, sheet)
        self._write(
            ("INSERT OR REPLACE INTO counted VALUES (?, ?, ?)", row),
            ("DELETE FROM counted WHERE rowid <= (SELECT max(rowid) FROM counted) - ?", (MOST,)),
        )

    def known(self, block: int, basis: str) -> dict[int, Known]:
        """What is known of the tickets of a block, by their numbers, if it is what was written.

        Args:
            block: which one.
            basis: what the facts depend on beside their tickets.
        """
        sql = "SELECT facts, seal FROM known WHERE block = ? AND basis = ?"
        found = self._row(sql, (block, basis))
        if found is None or not all(isinstance(each, bytes) for each in found):
            return {}
        facts, seal = found
        if seal != _seal(f"{block} {basis}", facts):
            return {}
        try:
            return {each.number: each for each in _facts().decode(facts)}
        except msgspec.MsgspecError:  # another state of this program wrote it
            return {}

    def know(self, block: int, basis: str, known: Collection[Known]) -> None:
        """Keep what is known of the tickets of a block, and nothing else of it."""
        facts = msgspec.msgpack.encode(list(known))
        row = block, basis, facts, _seal(f"{block} {basis}", facts)
        self._write(("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)", row))

    def asked(self, block: int, key: str) -> Asked | None:
        """What was counted of a block last under a key, if it is what was written."""
        sql = "SELECT name, at, until, sheet, seal FROM asked WHERE block = ? AND key = ?"
        found = self._row(sql, (block, key))
        if found is None:
            return None
        name, at, until, sheet, seal = found
        if not isinstance(sheet, bytes) or seal != _seal(
            f"{block} {key} {at} {until} {name}", sheet
        ):
            return None
        try:
            return Asked(name, at, until, read(sheet))
        except msgspec.MsgspecError:  # as above
            return None

    def ask(self, block: int, key: str, asked: Asked) -> None:
        """Keep what was counted of a block under a key, instead of what was before."""
        name, at, until, counted = asked
        sheet = written(counted)
        seal = _seal(f"{block} {key} {at} {until} {name}", sheet)
        row = block, key, at, until, name, sheet, seal
        surplus = """DELETE FROM asked WHERE rowid IN (
            SELECT rowid FROM asked WHERE block = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?)"""
        self._write(
            ("INSERT OR REPLACE INTO asked VALUES (?, ?, ?, ?, ?, ?, ?)", row),
            (surplus, (block, MOST_ASKED)),
        )

    def only(self, blocks: Collection[int]) -> None:
        """Forget what is known of any other blocks: they have no tickets any more."""
        sql = "SELECT block FROM known UNION SELECT block FROM asked"
        there = self._try(lambda connection: connection.execute(sql).fetchall())
        gone = [(block,) for (block,) in there or () if block not in blocks]
        if gone:
            self._write(
                *(("DELETE FROM known WHERE block = ?", each) for each in gone),
                *(("DELETE FROM asked WHERE block = ?", each) for each in gone),
            )

    def _row(self, sql: str, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return self._try(lambda connection: connection.execute(sql, args).fetchone())

    def _write(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            for sql, args in statements:
                connection.execute(sql, args)
            connection.commit()

        self._try(write)

    def _try(self, does: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """What something gives that is done with the file; None if that cannot be done."""
        if self._is_off:
            return None
        try:
            with self._opened() as connection:
                return does(connection)
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        """What is busy, full or not to be used is not tried again; what is damaged is begun anew."""
        self._is_off = True
        is_damaged = isinstance(error, sqlite3.DatabaseError)
        if is_damaged and not isinstance(error, sqlite3.OperationalError):
            with suppress(OSError):
                os.unlink(self.path)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, open.

        Raises:
            SqliteError: it cannot be used.
        """
        make(self.path)
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("PRAGMA synchronous = OFF")
            connection.executescript(_SCHEMA)
            yield connection
