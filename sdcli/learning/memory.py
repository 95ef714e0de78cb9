"""What was learned from closed tickets, in one SQLite file that can be thrown away at any time.

It holds weights of words by their hash, and of each ticket its reference, its closing and its
classes; no text. Two processes may use it at once: one learns at a time, and the other answers
from what was committed. Whatever is wrong with the file, it is begun anew once; if that does not
help, nothing is kept and the desk is told so.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Annotated, NamedTuple

import msgspec

from sdcli.derived import is_busy, make
from sdcli.learning.learner import Cell
from sdcli.learning.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

FIELDS = ("type", "service", "feature", "impact", "urgency")
MOST_TICKETS = 100_000
"""How many closed tickets are remembered; the oldest are forgotten first."""
MOST_CLASSES = 1000
"""How many values a field may have; further ones are not learned."""

_VERSION = 2
_BUSY_MS = 2000
_AT_ONCE = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), said BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS class (
    id INTEGER PRIMARY KEY, field TEXT NOT NULL, value TEXT NOT NULL,
    lessons INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS cell (
    place INTEGER PRIMARY KEY, seen INTEGER NOT NULL, weights BLOB NOT NULL, recent BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ticket (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE, closed_at TEXT NOT NULL,
    classes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT UNIQUE NOT NULL);
CREATE INDEX IF NOT EXISTS by_closing ON ticket (closed_at);
"""


class MemoryFailedError(Exception):
    """The file could not be used, or holds what cannot be; `Memory.start_anew` helps."""


TROUBLE = (
    MemoryFailedError,
    sqlite3.Error,
    struct.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)
"""What a file can bring about in which any byte may be wrong: no value of it can be relied on."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class State(msgspec.Struct):
    """How far the ledger has been looked at, and how often proposals were right.

    Args:
        top: the newest reference that was seen, and `top_id` its first event's id, by which
            another ledger is told from this one.
        behind: stretches of references that were never looked at, from the newest down: each
            begins before the first (empty: with the newest of all) and ends after the second.
        since: changes of closed tickets up to this instant of the ledger have been looked at, in
            ISO 8601; `reached`: the newest one that was seen meanwhile; `after`: references up
            to here have been.
        turn: up to where the tickets that wait for their closing have been looked at.
        looked: how many tickets were looked at, each counted once.
        lessons, tickets: how many were learned, and how many are remembered.
        counts: see `Tally`.
    """

    top: str = ""
    top_id: str = ""
    behind: list[tuple[str, str]] = []
    since: str = ""
    reached: str = ""
    after: str = ""
    turn: _Count = 0
    looked: _Count = 0
    lessons: _Count = 0
    tickets: _Count = 0
    counts: dict[str, list[list[float]]] = {}


class Remembered(NamedTuple):
    """A ticket that was learned: when it was closed, in ISO 8601, and its classes by field."""

    ref: str
    closed_at: str
    classes: dict[str, str]


class Memory:
    """What was learned, in the file `path`; in memory if that is empty or cannot be used.

    Args:
        tell: is told, in a sentence, why nothing can be kept.
    """

    def __init__(self, path: str = "", tell: Callable[[str], None] = lambda _: None) -> None:
        self._path = path
        self._tell = tell
        self._cells: dict[int, Cell] = {}
        self._learning = False
        self._is_fresh = False
        self._open()

    @property
    def is_kept(self) -> bool:
        """Whether what is learned outlasts the process."""
        return bool(self._path)

    @contextmanager
    def learning(self) -> Iterator[bool]:
        """A unit of lessons, committed together; False if somebody else is learning just now.

        Raises:
            TROUBLE: the file is damaged, or out of reach.
        """
        if not self._begin():
            yield False
            return
        self._learning = True
        try:
            self._read_state()
            yield True
            self._save()
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            with suppress(*TROUBLE):
                self._read_state()
            raise
        finally:
            self._learning = False
            self._cells = {}

    def start_anew(self, failed: BaseException) -> None:
        """Forget everything: the file is made again, and done without if that has been tried."""
        with suppress(sqlite3.Error, AttributeError):  # it may never have been opened
            self._db.close()
        again, self._is_fresh = self._is_fresh, True
        if again or is_busy(failed):
            self._give_up(failed)
        else:
            self._remove()
            self._open()

    def clear(self) -> None:
        """Forget everything, within a unit of lessons: these are other tickets."""
        for table in ("state", "class", "cell", "ticket", "waiting"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants only
        self._cells.clear()
        self._read_state()

    def cells(self, places: Iterable[int]) -> dict[int, Cell]:
        """What is known of these places; those of a unit of lessons are kept until its end.

        Raises:
            TROUBLE: the file is damaged, or out of reach.
        """
        wanted = list(places)
        rest = iter([place for place in wanted if place not in self._cells])
        if not self._learning:
            self._cells = {}
            rest = iter(wanted)
        while some := list(islice(rest, _AT_ONCE)):
            marks = ",".join("?" * len(some))
            query = f"SELECT place, seen, weights, recent FROM cell WHERE place IN ({marks})"  # noqa: S608 - marks only
            for place, *stored in self._db.execute(query, some):
                self._cells[place] = Cell(*stored)
            for place in some:
                if place not in self._cells:
                    self._cells[place] = Cell()
        return {place: self._cells[place] for place in wanted}

    def class_id(self, field: str, value: str) -> int | None:
        """The number of a value of a field, given when first asked for; None if it has too many."""
        known = self.ids[field]
        if value not in known and len(known) < MOST_CLASSES:
            given = self._db.execute(
                "INSERT INTO class (field, value) VALUES (?, ?)", (field, value)
            )
            known[value] = int(given.lastrowid or 0)
        return known.get(value)

    def taught(self, id_: int) -> None:
        """Count a lesson of a class."""
        self.seen[id_] = self.seen.get(id_, 0) + 1
        self._db.execute("UPDATE class SET lessons = ? WHERE id = ?", (self.seen[id_], id_))

    def await_closing(self, ref: str) -> None:
        """Note a ticket that is not closed, so that its closing is not missed."""
        self._db.execute("INSERT OR IGNORE INTO waiting (ref) VALUES (?)", (ref,))

    def closed(self, ref: str) -> None:
        """Note that a ticket waits no more."""
        self._db.execute("DELETE FROM waiting WHERE ref = ?", (ref,))

    def waiting(self, most: int) -> list[tuple[int, str]]:
        """The next of those that wait, with their turns: those after `state.turn` come first."""
        query = "SELECT id, ref FROM waiting ORDER BY id <= ?, id LIMIT ?"
        rows = self._db.execute(query, (self.state.turn, most)).fetchall()
        return [(id_, _text(ref)) for id_, ref in rows]

    def last_closing(self, until: str) -> str:
        """When the last ticket was closed of those closed until then; empty if none was."""
        query = "SELECT max(closed_at) FROM ticket WHERE closed_at <= ?"
        return _text(self._db.execute(query, (until,)).fetchone()[0] or "")

    def known(self, ref: str) -> Remembered | None:
        """What is remembered of a ticket."""
        query = "SELECT ref, closed_at, classes FROM ticket WHERE ref = ?"
        row = self._db.execute(query, (ref,)).fetchone()
        return _remembered(row) if row else None

    def by_id(self, ids: Iterable[int]) -> dict[int, Remembered]:
        """The tickets with these ids that are remembered."""
        wanted = list(ids)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT id, ref, closed_at, classes FROM ticket WHERE id IN ({marks})"  # noqa: S608 - marks only
        return {row[0]: _remembered(row[1:]) for row in self._db.execute(query, wanted)}

    def remember(self, ref: str, closed_at: str, classes: Mapping[str, str]) -> int:
        """Remember a ticket instead of what was known of it; the oldest goes if there are too many.

        Gives its new id.
        """
        self.forget(ref)
        said = msgspec.json.encode(classes).decode()
        row = (ref, closed_at, said)
        query = "INSERT INTO ticket (ref, closed_at, classes) VALUES (?, ?, ?)"
        id_ = self._db.execute(query, row).lastrowid
        self.state.tickets += 1
        if self.state.tickets > MOST_TICKETS:
            oldest = "SELECT ref FROM ticket ORDER BY closed_at, id LIMIT 1"
            self.forget(self._db.execute(oldest).fetchone()[0])
        return int(id_ or 0)

    def is_too_old(self, closed_at: str) -> bool:
        """Whether the memory is full of tickets that were closed later."""
        if self.state.tickets < MOST_TICKETS:
            return False
        oldest = self._db.execute("SELECT min(closed_at) FROM ticket").fetchone()[0]
        return closed_at <= _text(oldest)

    def forget(self, ref: str) -> None:
        """Forget a ticket: it is not shown any more. What its words have taught fades with time."""
        gone = self._db.execute("DELETE FROM ticket WHERE ref = ?", (ref,)).rowcount
        self.state.tickets -= gone

    def _open(self) -> None:
        try:
            self._connect(self._path or ":memory:")
        except TROUBLE as error:
            self.start_anew(error)

    def _remove(self) -> None:
        for name in (self._path, f"{self._path}-journal") if self._path else ():
            with suppress(OSError):
                os.unlink(name)

    def _give_up(self, failed: BaseException) -> None:
        """Go on without a file."""
        if self._path:
            step = (
                "Try again when nobody else learns."
                if is_busy(failed)
                else "Delete that file, or set XDG_CACHE_HOME to a folder that can be written."
            )
            reason = " ".join(str(failed).split()) or type(failed).__name__
            self._tell(
                f"What closed tickets teach cannot be kept in {self._path}: {reason}. {step}"
            )
        self._path = ""
        self._connect(":memory:")

    def _connect(self, path: str) -> None:
        if path != ":memory:":
            make(path)
        self._db = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")  # it can be made again
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise MemoryFailedError("it is of another version")
        if version == 0:
            version = f"PRAGMA user_version = {_VERSION}"
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}; {version}; COMMIT")
        self._read_state()

    def _read_state(self) -> None:
        row = self._db.execute("SELECT said FROM state").fetchone()
        self.state = msgspec.json.decode(row[0], type=State) if row else State()
        self.tally = Tally(self.state.counts)
        self.ids: dict[str, dict[str, int]] = {field: {} for field in FIELDS}
        self.seen: dict[int, int] = {}
        for id_, field, value, seen in self._db.execute(
            "SELECT id, field, value, lessons FROM class"
        ):
            self.ids.setdefault(field, {})[_text(value)] = id_
            self.seen[id_] = int(seen)

    def _begin(self) -> bool:
        try:
            self._db.execute("PRAGMA busy_timeout = 0")
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if is_busy(error):
                return False
            raise
        finally:
            with suppress(sqlite3.Error):
                self._db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        self._cells.clear()
        return True

    def _save(self) -> None:
        rows = ((place, *cell.stored()) for place, cell in self._cells.items() if cell.seen)
        self._db.executemany("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?)", rows)
        self.state.counts = self.tally.counts
        said = msgspec.json.encode(self.state)
        self._db.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", (said,))


def _text(value: object) -> str:
    """What must be a text, as a file in which any byte may be wrong gives it."""
    if not isinstance(value, str):
        raise MemoryFailedError("it holds no text where one belongs")
    return value


def _remembered(row: tuple[str, str, str]) -> Remembered:
    ref, closed_at, classes = map(_text, row)
    return Remembered(ref, closed_at, msgspec.json.decode(classes, type=dict[str, str]))
