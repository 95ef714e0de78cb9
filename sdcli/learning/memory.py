"""What was learned from closed tickets, in one SQLite file that can be thrown away at any time.

It holds weights of words by their hash, and of each ticket its reference, its closing and its
classes; no text. Two processes may use it at once: one learns at a time, and the other answers
from what was committed. A file that is damaged, or of another version, is begun anew.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sdcli.learning.learner import Cell
from sdcli.learning.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

FIELDS = ("type", "service", "feature", "impact", "urgency")
MOST_TICKETS = 100_000
"""How many closed tickets are remembered; the oldest are forgotten first."""
MOST_CLASSES = 1000
"""How many values a field may have; further ones are not learned."""

_VERSION = 1
_BUSY_MS = 2000
_AT_ONCE = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (id INTEGER PRIMARY KEY CHECK (id = 1), said BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS class (id INTEGER PRIMARY KEY, field TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cell (
    place INTEGER PRIMARY KEY, seen INTEGER NOT NULL, weights BLOB NOT NULL, recent BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ticket (
    id INTEGER PRIMARY KEY AUTOINCREMENT, ref TEXT NOT NULL UNIQUE, closed_at TEXT NOT NULL,
    classes TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_closing ON ticket (closed_at);
"""


class MemoryFailedError(Exception):
    """The file could not be used; `Memory.start_anew` helps.

    Args:
        damaged: whether it is wrong, and not only out of reach.
    """

    def __init__(self, reason: str, *, damaged: bool) -> None:
        super().__init__(reason)
        self.damaged = damaged


class State(msgspec.Struct):
    """How far the ledger has been looked at, and how often proposals were right.

    Args:
        top: the newest reference that was seen, and `top_id` its first event's id, by which
            another ledger is told from this one.
        behind: stretches of references still to look at, from the newest down: each begins
            before the first (empty: with the newest of all) and ends after the second.
        since: from when on changes are still to look at, in ISO 8601; `after`: references up to
            here have been; `begun`: when this look began.
        looked, lessons, tickets: how many tickets were looked at and learned, and are remembered.
        counts: see `Tally`.
    """

    top: str = ""
    top_id: str = ""
    behind: list[tuple[str, str]] = []
    since: str = ""
    after: str = ""
    begun: str = ""
    looked: int = 0
    lessons: int = 0
    tickets: int = 0
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
        self._open()

    @property
    def is_kept(self) -> bool:
        """Whether what is learned outlasts the process."""
        return bool(self._path)

    @contextmanager
    def learning(self) -> Iterator[bool]:
        """A unit of lessons, committed together; False if somebody else is learning just now.

        Raises:
            MemoryFailedError: the file is damaged, or out of reach.
        """
        if not self._begin():
            yield False
            return
        self._learning = True
        try:
            with _checked():
                self._read_state()
            yield True
            with _checked():
                self._save()
                self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            with suppress(sqlite3.Error, msgspec.MsgspecError):
                self._read_state()
            raise
        finally:
            self._learning = False
            self._cells = {}

    def start_anew(self, failed: MemoryFailedError) -> None:
        """Forget everything: a damaged file is made again, one out of reach is left alone."""
        with suppress(sqlite3.Error):
            self._db.close()
        if not failed.damaged:
            self._give_up(str(failed))
            return
        if self._path:
            with suppress(OSError):
                os.unlink(self._path)
            with suppress(OSError):
                os.unlink(f"{self._path}-journal")
        self._open()

    def clear(self) -> None:
        """Forget everything, within a unit of lessons: these are other tickets."""
        for table in ("state", "class", "cell", "ticket"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants only
        self._cells.clear()
        self._read_state()

    def cells(self, places: Iterable[int]) -> dict[int, Cell]:
        """What is known of these places; those of a unit of lessons are kept until its end.

        Raises:
            MemoryFailedError: the file is damaged, or out of reach.
        """
        wanted = list(places)
        rest = iter([place for place in wanted if place not in self._cells])
        if not self._learning:
            self._cells = {}
            rest = iter(wanted)
        with _checked():
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

    def known(self, ref: str) -> Remembered | None:
        """What is remembered of a ticket."""
        with _checked():
            query = "SELECT ref, closed_at, classes FROM ticket WHERE ref = ?"
            row = self._db.execute(query, (ref,)).fetchone()
        return _remembered(row) if row else None

    def by_id(self, ids: Iterable[int]) -> dict[int, Remembered]:
        """The tickets with these ids that are remembered."""
        wanted = list(ids)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT id, ref, closed_at, classes FROM ticket WHERE id IN ({marks})"  # noqa: S608 - marks only
        with _checked():
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
        with _checked():
            return bool(
                closed_at <= self._db.execute("SELECT min(closed_at) FROM ticket").fetchone()[0]
            )

    def forget(self, ref: str) -> None:
        """Forget a ticket: it is not shown any more. What its words have taught fades with time."""
        gone = self._db.execute("DELETE FROM ticket WHERE ref = ?", (ref,)).rowcount
        self.state.tickets -= gone

    def _open(self) -> None:
        reason = self._opened()
        if reason:
            self._give_up(reason)

    def _opened(self) -> str:
        """Open the file, made again if need be; the reason why not if it cannot be."""
        for _ in range(2):
            try:
                self._connect(self._path or ":memory:")
            except sqlite3.OperationalError as error:
                return str(error)
            except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:  # damaged, or not ours
                reason = str(error)
                with suppress(OSError):
                    os.unlink(self._path)
            else:
                return ""
        return reason

    def _give_up(self, reason: str) -> None:
        """Go on without a file."""
        if self._path:
            self._tell(f"What closed tickets teach cannot be kept in {self._path}: {reason}.")
        self._path = ""
        self._connect(":memory:")

    def _connect(self, path: str) -> None:
        if path != ":memory:":
            with suppress(OSError):
                os.makedirs(os.path.dirname(path), exist_ok=True)
        self._db = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None)
        self._db.execute("PRAGMA synchronous = OFF")  # it can be made again
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError("another version")
        if version == 0:
            version = f"PRAGMA user_version = {_VERSION}"
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}; {version}; COMMIT")
        self._read_state()

    def _read_state(self) -> None:
        row = self._db.execute("SELECT said FROM state").fetchone()
        self.state = msgspec.json.decode(row[0], type=State) if row else State()
        self.tally = Tally(self.state.counts)
        self.ids: dict[str, dict[str, int]] = {field: {} for field in FIELDS}
        for id_, field, value in self._db.execute("SELECT id, field, value FROM class"):
            self.ids.setdefault(field, {})[value] = id_

    def _begin(self) -> bool:
        try:
            self._db.execute("PRAGMA busy_timeout = 0")
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # busy, or only to be read
            return False
        except sqlite3.DatabaseError as error:
            raise MemoryFailedError(str(error), damaged=True) from error
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        self._cells.clear()
        return True

    def _save(self) -> None:
        rows = ((place, *cell.stored()) for place, cell in self._cells.items() if cell.seen)
        self._db.executemany("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?)", rows)
        self.state.counts = self.tally.counts
        said = msgspec.json.encode(self.state)
        self._db.execute("INSERT OR REPLACE INTO state VALUES (1, ?)", (said,))


def _remembered(row: tuple[str, str, str]) -> Remembered:
    ref, closed_at, classes = row
    try:
        return Remembered(ref, closed_at, msgspec.json.decode(classes, type=dict[str, str]))
    except msgspec.MsgspecError as error:
        raise MemoryFailedError(str(error), damaged=True) from error


@contextmanager
def _checked() -> Iterator[None]:
    """What the file does not give, or gives wrongly, is told in one way.

    Raises:
        MemoryFailedError: it is damaged, or out of reach.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise MemoryFailedError(str(error), damaged=False) from error
    except (sqlite3.Error, struct.error, ValueError) as error:  # msgspec's are ValueErrors
        raise MemoryFailedError(str(error), damaged=True) from error
