"""Several commands as one unit of work, committed together or not at all; and rehearsals of one.

The lock is taken when something is first written, so that nobody waits while a person is asked,
and is held until the unit is committed or abandoned. Until then everything that is read is as it
would be after what was written so far.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from sdcli.errors import RefusedError, UnfinishedError

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sdcli.ledger.interface import (
        Agreed,
        Alone,
        Beat,
        Due,
        Examination,
        Files,
        Ledger,
        Look,
        Mended,
        Progress,
        Reader,
        Resting,
        Restored,
        Shelf,
        Unread,
        Writer,
    )
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.query import Query
    from sdcli.tickets.ticket import Ticket


class _AbandonedError(Exception):
    """Leaves a unit of work without a commit."""


class Unit:
    """A ledger, and its writer, whose writes all belong together.

    What is no write of a ticket goes through at once; a rehearsal that comes to it is refused
    where it cannot be rehearsed.

    Args:
        home: the ledger.
        rehearses: nothing is committed.
        act: nobody else records this act meanwhile; see `Writer.only_once`.
    """

    def __init__(self, home: Ledger, *, rehearses: bool = False, act: int | None = None) -> None:
        self._home = home
        self._rehearses = rehearses
        self._act = act
        self._stack = ExitStack()
        self._writer: Writer | None = None
        self._added: list[tuple[str, AnyEvent]] = []

    def commit(self) -> None:
        """Record everything that was written."""
        self._writer = None
        self._stack.close()

    def abandon(self) -> None:
        """Record nothing of it; nothing happens if it was committed."""
        if self._writer is None:
            return
        self._writer = None
        with suppress(_AbandonedError), self._stack:
            raise _AbandonedError

    def added(self) -> list[tuple[Ticket, AnyEvent]]:
        """Each event that was written, with its ticket as it is by now."""
        return [(self.get(ref), event) for ref, event in self._added]

    def version(self) -> Hashable:
        """See `Ledger.version`; what was written so far is not looked at."""
        return self._home.version()

    @contextmanager
    def write(self, *, rehearses: bool = False) -> Iterator[Writer]:
        """See `Ledger.write`; it is committed with the unit.

        Raises:
            UnfinishedError: the unit must be done again, as a whole.
        """
        rehearses = rehearses or self._rehearses
        try:
            if self._writer is None:
                self._writer = self._stack.enter_context(self._home.write(rehearses=rehearses))
                if self._act is not None:
                    self._writer.only_once(self._act)
            yield self
        except UnfinishedError as error:
            error.held = True
            raise

    def create(self, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.create`."""
        ticket = self._at_work().create(events)
        self._added += [(ticket.ref, event) for event in events]
        return ticket

    def append(self, ticket: Ticket, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.append`."""
        after = self._at_work().append(ticket, events)
        self._added += [(ticket.ref, event) for event in events]
        return after

    def _at_work(self) -> Writer:
        if self._writer is None:
            raise TypeError("a unit of work is written to within `write()`")
        return self._writer

    @property
    def _reader(self) -> Reader:
        return self._writer or self._home

    def get(self, ref: str) -> Ticket:
        """See `Reader.get`."""
        return self._reader.get(ref)

    def find(self, query: Query) -> Iterator[Ticket]:
        """See `Reader.find`."""
        return self._reader.find(query)

    def shelves(self, since: datetime | None = None) -> list[Shelf]:
        """See `Reader.shelves`."""
        return self._reader.shelves(since)

    def most_pressing(self, query: Query, most: int) -> tuple[list[Ticket], int]:
        """See `Reader.most_pressing`."""
        return self._reader.most_pressing(query, most)

    def count(self) -> int:
        """See `Reader.count`."""
        return self._reader.count()

    def by_key(self, key: str) -> Ticket | None:
        """See `Reader.by_key`."""
        return self._reader.by_key(key)

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """See `Reader.by_idempotency_key`."""
        return self._reader.by_idempotency_key(key)

    def having(
        self, key: str, since: datetime | None = None, most: int | None = None
    ) -> Iterator[Ticket]:
        """See `Reader.having`."""
        return self._reader.having(key, since, most)

    def how_many(self, key: str) -> int:
        """See `Reader.how_many`."""
        return self._reader.how_many(key)

    def by_source(self, source: str) -> Ticket | None:
        """See `Reader.by_source`."""
        return self._reader.by_source(source)

    def by_sources(self, sources: Collection[str]) -> Iterator[Ticket]:
        """See `Reader.by_sources`."""
        return self._reader.by_sources(sources)

    def older(self, than: str, most: int, down_to: str = "") -> list[Ticket]:
        """See `Reader.older`."""
        return self._reader.older(than, most, down_to)

    def closed_since(self, since: datetime, most: int, after: str = "") -> list[Ticket]:
        """See `Reader.closed_since`."""
        return self._reader.closed_since(since, most, after)

    def due(self, due: Due, unread: Unread | None = None) -> Iterator[Ticket]:
        """See `Reader.due`."""
        return self._reader.due(due, unread)

    def sift(self, due: Due, look: Look) -> bool:
        """Nothing rests: it would at once, and what the unit of work writes is not committed."""
        del due, look
        return True

    def only_once(self, act: int) -> None:
        """See `Writer.only_once`."""
        self._at_work().only_once(act)

    def rest(self, ticket: Ticket, due: Due, look: Look) -> None:
        """See `Writer.rest`."""
        self._at_work().rest(ticket, due, look)

    def agreed(self) -> Agreed | None:
        """See `Ledger.agreed`."""
        return self._home.agreed()

    def require_agreed(self) -> None:
        """See `Ledger.require_agreed`."""
        self._home.require_agreed()

    def adopt(self, before: Agreed | None) -> None:
        """Refused, as `compact` is."""
        del before
        raise _unrehearsed("ledger adopt")

    def keep_levels(self, policy: str, content: bytes) -> None:
        """See `Ledger.keep_levels`: what no ticket is pinned to harms nobody."""
        self._home.keep_levels(policy, content)

    def has_levels(self, policy: str) -> bool:
        """See `Ledger.has_levels`."""
        return self._home.has_levels(policy)

    def levels(self, policy: str) -> bytes:
        """See `Ledger.levels`."""
        return self._home.levels(policy)

    def memo(self, name: str) -> bytes | None:
        """See `Ledger.memo`."""
        return self._home.memo(name)

    def keep_memo(self, name: str, content: bytes | None) -> None:
        """See `Ledger.keep_memo`."""
        self._home.keep_memo(name, content)

    @property
    def files(self) -> Files:
        """See `Ledger.files`: what no ticket names harms nobody."""
        return self._home.files

    def beat(self, heard: Beat) -> None:
        """Nothing: a rehearsal is no check of the clocks."""

    def last_beat(self) -> Beat | None:
        """See `Ledger.last_beat`."""
        return self._home.last_beat()

    def size(self) -> int:
        """See `Ledger.size`: what is not committed is stored nowhere yet."""
        return self._home.size()

    def alone(self, purpose: str, wait_s: float = 0) -> AbstractContextManager[Alone]:
        """See `Ledger.alone`."""
        return self._home.alone(purpose, wait_s)

    def compact(self) -> None:
        """Refused: it cannot be rehearsed, nor be part of a unit of work."""
        raise _unrehearsed("compact")

    def examine(self, progress: Progress, resting: Resting | None = None) -> Examination:
        """See `Ledger.examine`."""
        return self._home.examine(progress, resting)

    def repair(self, stamp: Stamp, progress: Progress, resting: Resting | None = None) -> Mended:
        """Refused, as `compact` is."""
        del stamp, progress, resting
        raise _unrehearsed("doctor --repair")

    def back_up(self, path: str, progress: Progress) -> int:
        """See `Ledger.back_up`."""
        return self._home.back_up(path, progress)

    def restore(self, path: str, progress: Progress) -> Restored:
        """Refused, as `compact` is."""
        del path, progress
        raise _unrehearsed("restore")


def _unrehearsed(command: str) -> RefusedError:
    return RefusedError(f"`sdcli {command}` cannot be rehearsed: run it without --dry-run.")
