"""What became of all articles, by ticket: derived from the ledger, and safe to delete.

One SQLite file beside the desk's other derived files, so that a search need not read the ledger.
`recount` reads every ticket with an article and is exact; `catch_up` reads those that changed
since then, and is what a search makes do with: how good an article is changes slowly. Two
processes may use the file at once. Whatever is wrong with it, it is made anew, and done without
if that does not help.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sdcli.derived import is_busy, make
from sdcli.errors import NoSuchTicketError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sdcli.knowledge.outcomes import Use
    from sdcli.ledger.interface import Progress, Reader
    from sdcli.tickets.ticket import Ticket

FRESH_FOR_S = 300
"""A search takes what was counted in the last five minutes as it is."""

_VERSION = 3
_BUSY_MS = 2000
_OVERLAP = timedelta(hours=1)
"""How much later than its stamp a step may be seen here: clocks differ, and locks are waited for."""
_TELL_EVERY = 200
_SCHEMA = """
CREATE TABLE IF NOT EXISTS state (
    id INTEGER PRIMARY KEY CHECK (id = 1), first TEXT NOT NULL, tickets INTEGER NOT NULL,
    at TEXT NOT NULL, ref TEXT NOT NULL, event TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS use (
    ticket INTEGER NOT NULL, article TEXT NOT NULL, revision TEXT NOT NULL, what TEXT NOT NULL,
    at TEXT NOT NULL, person TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS result (
    article TEXT NOT NULL, revision TEXT NOT NULL, what TEXT NOT NULL, tickets INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS named (article TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_article ON use (article);
CREATE INDEX IF NOT EXISTS by_ticket ON use (ticket);
"""
_TABLES = ("state", "use", "result", "named")
_FORMER = "; ".join(f"DROP TABLE IF EXISTS {name}" for name in _TABLES)
_TROUBLE = (sqlite3.Error, ValueError, TypeError, LookupError)


class Row(NamedTuple):
    """What became of an article on the ticket `ref`."""

    ref: str
    use: Use


class Ids(NamedTuple):
    """The ids of articles that tickets speak of: by a word of the desk, or by what a caller read.

    What a caller has read is what a mail or a form claims, and may never have been.
    """

    named: frozenset[str] = frozenset()
    claimed: frozenset[str] = frozenset()


class Uses:
    """The uses of articles, in the file `path`; in memory if that is empty or cannot be used."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._newest = ("", "")  # the ticket and the id of the newest event that was counted
        self._open()

    def recount(self, reader: Reader, now: datetime, progress: Progress) -> None:
        """Read every ticket that says something of an article; exact as of now."""
        self._sound(lambda: self._recount(reader, now, progress), is_exact=True)

    def catch_up(
        self,
        reader: Reader,
        now: datetime,
        progress: Progress,
        *,
        fresh_for_s: float = FRESH_FOR_S,
    ) -> None:
        """Read the tickets that changed since the last look, if that was so many seconds ago.

        All of them where this is another ledger, or there was no look.
        """
        self._sound(lambda: self._catch_up(reader, now, progress, fresh_for_s), is_exact=False)

    def is_fresh(self, now: datetime, fresh_for_s: float = FRESH_FOR_S) -> bool:
        """Whether the last look was less than so many seconds ago, and not in the future."""
        with suppress(*_TROUBLE):
            row = self._db.execute("SELECT at FROM state").fetchone()
            age = (now - datetime.fromisoformat(row[0])).total_seconds() if row else -1.0
            return 0 <= age < fresh_for_s
        return False

    def results(self) -> dict[tuple[str, str], dict[str, int]]:
        """By article and revision: on how many tickets each result was had."""
        found: dict[tuple[str, str], dict[str, int]] = {}
        with suppress(sqlite3.Error):
            for article, revision, what, count in self._db.execute("SELECT * FROM result"):
                found.setdefault((article, revision), {})[what] = count
        return found

    def ids(self) -> Ids:
        """The articles that tickets, and problems, spoke of up to the last look."""
        with suppress(sqlite3.Error):
            named = self._db.execute("SELECT article FROM named")
            claimed = self._db.execute("SELECT DISTINCT article FROM use WHERE what = 'read'")
            return Ids(frozenset(row[0] for row in named), frozenset(row[0] for row in claimed))
        return Ids()

    def rows(self, article: str = "") -> list[Row]:
        """What became of one article, or of all, in the order of tickets.

        Nothing if the file is damaged; it is begun anew then.
        """
        try:
            return list(self._rows(article))
        except _TROUBLE:
            self._start_anew()
            return []

    def _rows(self, article: str) -> Iterator[Row]:
        where, given = (" WHERE article = ?", (article,)) if article else ("", ())
        from sdcli.knowledge.outcomes import Use  # noqa: PLC0415 - as above

        query = "SELECT ticket, article, revision, what, at, person FROM use"
        order = " ORDER BY ticket, rowid"
        for ticket, id_, revision, what, at, person in self._db.execute(
            query + where + order, given
        ):
            use = Use(id_, revision, what, datetime.fromisoformat(at), person)
            yield Row(f"SD-{ticket}", use)

    def _sound(self, work: Callable[[], None], *, is_exact: bool) -> None:
        """Do it; if the file is to blame for a failure, with a new one, and then in memory.

        While somebody else counts, what must be exact is counted in memory, and the rest makes do
        with what is there.
        """
        for _ in range(2):
            try:
                return work()
            except _TROUBLE as error:
                if not is_busy(error):
                    self._start_anew()
                elif is_exact:
                    break
                else:
                    return None
        self._path = ""
        self._open()
        return work()

    def _recount(self, reader: Reader, now: datetime, progress: Progress) -> None:
        from sdcli.tickets.query import Query  # noqa: PLC0415 - most searches only read the file
        from sdcli.tickets.words import PROBLEM, STATUSES  # noqa: PLC0415

        query = Query(statuses=STATUSES, with_articles=True)
        with self._writing():
            self._newest = ("", "")
            self._db.execute("DELETE FROM use")
            self._db.execute("DELETE FROM named")
            total = reader.count()
            self._take(reader.find(query), total, progress)
            self._note(reader.find(Query(statuses=STATUSES, record=PROBLEM)))
            self._look_done(reader, now, total)

    def _catch_up(
        self, reader: Reader, now: datetime, progress: Progress, fresh_for_s: float
    ) -> None:
        row = self._db.execute("SELECT * FROM state").fetchone()
        last = datetime.fromisoformat(row[3]) if row else now
        if self.is_fresh(now, fresh_for_s):
            return
        if row is None or last > now or not self._is_same(reader, *row[1:3], *row[4:]):
            self._recount(reader, now, progress)
            return
        from sdcli.tickets.query import Query  # noqa: PLC0415 - as above
        from sdcli.tickets.words import PROBLEM  # noqa: PLC0415

        since, self._newest = last - _OVERLAP, (row[4], row[5])
        query = Query(statuses=(), touched_since=since, with_articles=True)
        with self._writing():
            self._take(reader.find(query), reader.count(), progress)
            self._note(reader.find(Query(statuses=(), touched_since=since, record=PROBLEM)))
            self._look_done(reader, now, reader.count())

    def _is_same(self, reader: Reader, first: str, tickets: int, ref: str, event: str) -> bool:
        """Whether this is the ledger that was counted, and nothing that was counted is gone.

        An older state of a ledger, put in its place, lacks at least the newest event.
        """
        if _first(reader) != first or reader.count() < tickets:
            return False
        try:
            return not ref or any(each.id == event for each in reader.get(ref).events)
        except NoSuchTicketError:
            return False

    def _take(self, tickets: Iterable[Ticket], total: int, progress: Progress) -> None:
        from sdcli.knowledge.outcomes import uses_of  # noqa: PLC0415 - as above

        for count, ticket in enumerate(tickets, 1):
            newest = max(each.id for each in ticket.events)
            if newest > self._newest[1]:
                self._newest = (ticket.ref, newest)
            number = int(ticket.ref.partition("-")[2])
            self._db.execute("DELETE FROM use WHERE ticket = ?", (number,))
            rows = (
                (number, use.article, use.revision, use.what, use.at.isoformat(), use.to)
                for use in uses_of(ticket)
            )
            self._db.executemany("INSERT INTO use VALUES (?, ?, ?, ?, ?, ?)", rows)
            self._note((ticket,))
            if not count % _TELL_EVERY:
                progress(number, total)
        progress(total, total)

    def _note(self, tickets: Iterable[Ticket]) -> None:
        """Keep the ids that tickets speak of; nothing that was said is ever taken back."""
        from sdcli.knowledge.outcomes import ids_of  # noqa: PLC0415 - as above

        rows = ((article,) for ticket in tickets for article in ids_of(ticket))
        self._db.executemany("INSERT OR IGNORE INTO named VALUES (?)", rows)

    def _look_done(self, reader: Reader, now: datetime, total: int) -> None:
        from sdcli.knowledge.outcomes import RESULTS  # noqa: PLC0415 - as above

        marks = ",".join("?" * len(RESULTS))
        self._db.execute("DELETE FROM result")
        self._db.execute(
            "INSERT INTO result SELECT article, revision, what, count(*) FROM use"  # noqa: S608 - marks only
            f" WHERE what IN ({marks}) GROUP BY article, revision, what",
            RESULTS,
        )
        state = (_first(reader), total, now.isoformat(), *self._newest)
        self._db.execute("INSERT OR REPLACE INTO state VALUES (1, ?, ?, ?, ?, ?)", state)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise

    def _start_anew(self) -> None:
        with suppress(sqlite3.Error, AttributeError):  # it may never have been opened
            self._db.close()
        for name in (self._path, f"{self._path}-journal") if self._path else ():
            with suppress(OSError):
                os.unlink(name)
        self._open()

    def _open(self) -> None:
        try:
            self._connect(self._path)
        except _TROUBLE:
            self._path = ""
            self._connect("")

    def _connect(self, path: str) -> None:
        if path:
            make(path)
        self._db = sqlite3.connect(
            path or ":memory:", timeout=_BUSY_MS / 1000, isolation_level=None
        )
        self._db.execute("PRAGMA synchronous = OFF")  # it can be made again
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise ValueError(version)
        if version < _VERSION:
            mark = f"PRAGMA user_version = {_VERSION}"
            self._db.executescript(f"BEGIN IMMEDIATE; {_FORMER}; {_SCHEMA}; {mark}; COMMIT")


def _first(reader: Reader) -> str:
    """The id of the first event of the first ticket, which tells one ledger from another."""
    try:
        return reader.get("SD-1").opening.id
    except NoSuchTicketError:
        return ""
