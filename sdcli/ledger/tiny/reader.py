"""Tickets of one image of the ledger: looked up, listed, found by key."""

from __future__ import annotations

import heapq
import re
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from sdcli.errors import LedgerDamagedError, NoSuchTicketError
from sdcli.ledger.tiny.document import Document, number_of
from sdcli.ledger.tiny.rows import PREFIX, face_of, folded, source_of, ticket_of
from sdcli.tickets import keys
from sdcli.tickets.query import MOST_LEFT, Query, cut, pressing, urgency
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sdcli.ledger.interface import Due, Shelf, Unread
    from sdcli.ledger.tiny.document import Archive
    from sdcli.ledger.tiny.former import FormerDocument
    from sdcli.ledger.tiny.image import Image
    from sdcli.tickets.query import Face
    from sdcli.tickets.ticket import Ticket


_OF_ARTICLES = [b'"revision":', b'"articles_used"']
"""Whatever is said of a knowledge article names its revision, be it empty; or that none fitted."""
_NEVER = datetime.max.replace(tzinfo=timezone.utc)
"""No archive is as new as that: what only an open ticket has is in none."""


class TinyReader:
    """Reads one image of the ledger.

    Every method may raise ReplacedError where an archive has gone with its snapshot.
    """

    def __init__(self, image: Image) -> None:
        self._image = image

    def get(self, ref: str) -> Ticket:
        """See `Reader.get`."""
        number = number_in(ref)
        if self._is_gap(number):
            raise NoSuchTicketError(ref)
        return self._ticket(number)

    def find(self, query: Query) -> Iterator[Ticket]:
        """See `Reader.find`."""
        fresh = self._fresh()
        stored = [
            _stored(document, stale.union(fresh), query) for document, stale in self._wanted(query)
        ]
        changed = [(number, self._ticket(number)) for number in fresh]
        matching = (pair for pair in changed if query.matches(pair[1]))
        merged = heapq.merge(matching, *stored, key=_number) if stored else matching
        return (ticket for _, ticket in merged)

    def shelves(self, since: datetime | None = None) -> list[Shelf]:
        """See `Reader.shelves`: each archive is one, and what is not archived is another."""
        from sdcli.ledger.interface import Shelf  # noqa: PLC0415 - only reports need it
        from sdcli.ledger.tiny.blocks import Blocks  # noqa: PLC0415 - as above

        fresh, image = self._fresh(), self._image
        query = Query(statuses=STATUSES, void=True)
        wanted = [
            (entry, image.archive(entry))
            for entry in image.document.meta.archives
            if since is None or entry.newest >= since
        ]

        def present() -> Iterator[Ticket]:
            stored = _stored(image.document, frozenset(fresh), query)
            changed = ((number, self._ticket(number)) for number in fresh)
            matching = (pair for pair in changed if query.matches(pair[1]))
            return (ticket for _, ticket in heapq.merge(matching, stored, key=_number))

        blocks = None
        if isinstance(image.document, Document):
            blocks = Blocks(image, image.document, fresh, self._ticket, query).all
        rows = len(fresh) + image.document.meta.tickets.rows
        found = [Shelf("", None, rows, present, blocks)]
        for entry, document in wanted:
            stale = frozenset(entry.stale).union(fresh)
            found.append(_shelf(entry, document, stale, query))
        return found

    def most_pressing(self, query: Query, most: int) -> tuple[list[Ticket], int]:
        """See `Reader.most_pressing`."""
        if query.needs_opening:
            return cut(pressing(self.find(query)), most)
        fresh = self._fresh()
        faces = [
            urgency(face)
            for document, stale in self._wanted(query)
            for face in _faces(document, stale.union(fresh), query)
        ]
        tickets = (self._ticket(number) for number in fresh)
        faces += [urgency(ticket) for ticket in tickets if query.matches(ticket)]
        first = heapq.nsmallest(most, faces)
        left = min(len(faces) - len(first), MOST_LEFT + 1)
        return [self.get(face[-1]) for face in first], left

    def count(self) -> int:
        """See `Reader.count`."""
        gaps = self._image.document.meta.gaps
        return self._image.next - 1 - sum(last - first + 1 for first, last in gaps)

    def by_key(self, key: str) -> Ticket | None:
        """See `Reader.by_key`."""
        return next(self.having(keys.alert(key), _NEVER), None)

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """See `Reader.by_idempotency_key`."""
        return next(self.having(keys.idempotency(key)), None)

    def by_source(self, source: str) -> Ticket | None:
        """See `Reader.by_source`."""
        return next(self.having(keys.source(source)), None)

    def by_sources(self, sources: Collection[str]) -> Iterator[Ticket]:
        """See `Reader.by_sources`."""
        wanted, fresh = frozenset(sources) - {""}, self._fresh()
        stored = [
            _imported(document, stale.union(fresh), wanted)
            for document, stale in self._wanted(Query(statuses=STATUSES))
        ]
        changed = ((number, self._ticket(number)) for number in fresh)
        matching = (pair for pair in changed if pair[1].source in wanted)
        return (ticket for _, ticket in heapq.merge(matching, *stored, key=_number))

    def having(
        self, key: str, since: datetime | None = None, most: int | None = None
    ) -> Iterator[Ticket]:
        """See `Reader.having`."""
        tickets = (self._ticket(number) for number in self._numbers(key, since))
        return islice((ticket for ticket in tickets if self._has(ticket, key)), most)

    def how_many(self, key: str) -> int:
        """See `Reader.how_many`."""
        return len(self._numbers(key, _NEVER))

    def older(self, than: str, most: int, down_to: str = "") -> list[Ticket]:
        """See `Reader.older`."""
        highest = number_in(than) if than else self._image.next
        lowest = number_in(down_to) if down_to else 0
        numbers = (n for n in range(highest - 1, lowest, -1) if not self._is_gap(n))
        return [self._ticket(number) for number in islice(numbers, most)]

    def due(self, due: Due, unread: Unread | None = None) -> Iterator[Ticket]:
        """See `Reader.due`: all that are not closed, and those that were of late."""
        del unread  # a line that is damaged leaves none after it to be trusted
        return self.find(Query(touched_since=due.since))

    def closed_since(self, since: datetime, most: int, after: str = "") -> list[Ticket]:
        """See `Reader.closed_since`."""
        first = number_in(after) if after else 0
        fresh = self._fresh()
        changed = ((number, self._ticket(number)) for number in fresh if number > first)
        query = Query(statuses=("closed",))
        matching = (
            pair for pair in changed if query.matches(pair[1]) and pair[1].touched_at >= since
        )
        stored = [
            _closed(document, stale.union(fresh), since, first)
            for document, stale in self._wanted(Query(statuses=(), touched_since=since))
        ]
        merged = heapq.merge(matching, *stored, key=_number)
        return [ticket for _, ticket in islice(merged, most)]

    def _has(self, ticket: Ticket, key: str) -> bool:
        return key in keys.keys_of(ticket)

    def _numbers(self, key: str, since: datetime | None) -> list[int]:
        """The numbers of tickets that may have a key, the newest first."""
        numbers = {*self._fresh_with(key), *self._image.document.with_key(key)}
        for entry in self._image.document.meta.archives:
            if since is None or entry.newest >= since:
                numbers.update(self._image.archive(entry).with_key(key))
        return sorted(numbers, reverse=True)

    def _fresh(self) -> list[int]:
        """The numbers of tickets that are not as the documents say, in order."""
        return sorted(self._image.changes)

    def _fresh_with(self, key: str) -> Iterable[int]:
        """The numbers of fresh tickets that have, or had, a key."""
        return self._image.keys.get(key, ())

    def _is_gap(self, number: int) -> bool:
        return self._image.is_gap(number)

    def _ticket(self, number: int) -> Ticket:
        """The ticket as it is now; every number that was given out has one."""
        found = self._image.stored(number)
        changes = self._image.changes.get(number, [])
        if found is None and not changes:
            path, ref = self._image.places.snapshot, f"{PREFIX}{number}"
            raise LedgerDamagedError(path, f"ticket {ref} was recorded and is not there")
        stored = ticket_of(*found) if found else None
        return folded(stored, number, changes, self._image.places.journal)

    def _wanted(self, query: Query) -> Iterator[tuple[Document | FormerDocument, frozenset[int]]]:
        """The documents that can hold what is asked for: archives hold closed tickets only."""
        image = self._image
        yield image.document, frozenset()
        for entry in image.document.meta.archives:
            touched = query.touched_since is not None and entry.newest >= query.touched_since
            if "closed" in query.statuses or touched:
                yield image.archive(entry), frozenset(entry.stale)


def number_in(ref: str) -> int:
    """The number of a reference: `SD-42` to 42.

    Raises:
        NoSuchTicketError: it is no reference of this ledger.
    """
    if not re.fullmatch(r"SD-[1-9][0-9]{0,15}", ref):
        raise NoSuchTicketError(ref)
    return int(ref[len(PREFIX) :])


def _shelf(entry: Archive, document: Document, stale: frozenset[int], query: Query) -> Shelf:
    """An archive, without what has a newer row elsewhere; its name says all that."""
    from sdcli.ledger.interface import Shelf  # noqa: PLC0415 - only reports need it

    gone = sorted(number for number in stale if entry.first <= number <= entry.last)
    extent = document.meta.tickets
    name = f"{entry.file} {extent.rows} {extent.end} {extent.sum} {document.identity} {gone}"

    def tickets() -> Iterator[Ticket]:
        return (ticket for _, ticket in _stored(document, stale, query))

    return Shelf(name, entry.newest, entry.rows, tickets)


def _number(pair: tuple[int, Ticket]) -> int:
    return pair[0]


def _stored(
    document: Document | FormerDocument, without: frozenset[int], query: Query
) -> Iterator[tuple[int, Ticket]]:
    """The matching tickets of a document, by number."""
    for number, line in _likely(document, without, query):
        ticket = ticket_of(line, document.path)
        if query.matches(ticket):
            yield number, ticket


def _imported(
    document: Document | FormerDocument, without: frozenset[int], sources: frozenset[str]
) -> Iterator[tuple[int, Ticket]]:
    """The tickets of a document that were imported under these source ids, by number."""
    for line in document.tickets_with(b'"imported"'):
        number = number_of(document.checked(line))
        if number not in without and source_of(line, document.path) in sources:
            yield number, ticket_of(line, document.path)


def _closed(
    document: Document | FormerDocument, without: frozenset[int], since: datetime, first: int
) -> Iterator[tuple[int, Ticket]]:
    """The closed tickets of a document that changed since then, by number; `first` is left out."""
    query = Query(statuses=("closed",))
    for number, line in _likely(document, without, query):
        if number > first:
            face = face_of(line, document.path)  # most are older, and a ticket takes longer
            if query.fits(face) and face.touched_at >= since:
                yield number, ticket_of(line, document.path)


def _faces(
    document: Document | FormerDocument, without: frozenset[int], query: Query
) -> Iterator[Face]:
    for _, line in _likely(document, without, query):
        face = face_of(line, document.path)
        if query.fits(face):
            yield face


def _likely(
    document: Document | FormerDocument, without: frozenset[int], query: Query
) -> Iterator[tuple[int, bytes]]:
    """The lines whose bytes say what is asked for; the others are not decoded."""
    # The rarest first: a block of lines is searched for it before any line is looked at.
    first, *others = sorted(_spellings(query), key=len)
    part = first[0]
    if len(first) > 1:
        part, others = b'"status":', [first, *others]
    for line in document.tickets_with(part):
        if all(any(each in line for each in spellings) for spellings in others):
            number = number_of(document.checked(line))
            if number not in without:
                yield number, line


def _spellings(query: Query) -> list[list[bytes]]:
    """For each field that the query narrows, the ways in which a row may spell it."""
    fields: dict[str, tuple[str, ...]] = {n: (value,) for n, value in query.narrowed().items()}
    person = [[msgspec.json.encode(query.user)]] if query.user else []
    person += [[b'"needs_validation":true']] if query.needs_validation else []
    person += [_OF_ARTICLES] if query.with_articles else []
    person += (
        [[query.act.encode() + b'"']] if query.act else []
    )  # what the ids of its events end in
    fields["status"] = STATUSES if query.touched_since else query.statuses
    return person + [
        [b'"%s":%s' % (name.encode(), msgspec.json.encode(value)) for value in values]
        for name, values in fields.items()
    ]
