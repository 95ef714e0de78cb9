"""Counting the tickets of a desk for a report, shelf by shelf.

What was counted of a shelf that never changes is kept, and not counted again. Many tickets are
counted by several processes at once.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from sdcli import __version__
from sdcli.apart import apart, processors
from sdcli.insight import facts, measured
from sdcli.insight.kept import Kept, Known, read, written
from sdcli.insight.outages import bulletins_of
from sdcli.insight.still import Still
from sdcli.sla.runs import utc_seconds
from sdcli.tickets.event import Announced, Reviewed
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import known_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sdcli.desk import Desk
    from sdcli.insight.figures import Figure
    from sdcli.insight.measured import Counted
    from sdcli.insight.period import Period
    from sdcli.ledger.interface import Block, Progress, Shelf
    from sdcli.tickets.ticket import Ticket

REVIEWS = "review.score"
"""The figure that is counted apart: what it counts is no change of a ticket."""

_RULES = 2
"""Grows when the same tickets are counted in another way, so that nothing old is taken for it."""
_TOLD_EVERY = 500
_ENOUGH = 20_000
"""So many tickets are worth the start of further processes."""
_LATELY_S = 60
_PILE = 8_000
"""So many open tickets are counted in one go."""


def _silent(_: int, __: int) -> None:
    pass


class Counting:
    """Counts what a period has.

    Args:
        desk: the desk.
        figures: what is counted; `by`: what else it is split by.
        period: when; `as_of`: as it was known then.
        query: only tickets that it asks for; empty for all.

    Raises:
        QueryError: the query cannot be read.
    """

    def __init__(
        self,
        desk: Desk,
        figures: Sequence[Figure],
        period: Period,
        as_of: datetime,
        *,
        query: str = "",
        by: Sequence[str] = (),
    ) -> None:
        self._desk = desk
        self._figures, self._by = figures, tuple(by)
        self._period, self._as_of, self._now = period, as_of, utc_seconds(as_of)
        self._query = query
        first = period.since if period.before is None else period.before
        first = min(first, self._now)  # levels are those of then
        self._since = datetime.fromtimestamp(max(first - measured.BULLETIN_S, 0), timezone.utc)
        self._is_now = (desk.now - as_of).total_seconds() < _LATELY_S  # the clock goes on
        self._wanted = self._predicate()

    def _predicate(self) -> Callable[[Ticket], bool]:
        """What tells which tickets count."""
        if not self._query:
            return lambda _: True
        from sdcli.finding import Finding  # noqa: PLC0415 - most reports are about all tickets

        return Finding(self._desk, self._query, everything=True, now=self._as_of).predicate

    def counts(self, ticket: Ticket) -> bool:
        """Whether a ticket counts; of one that is void, and of an outage, only bulletins do."""
        return not (ticket.void or ticket.opening.outage) and self._wanted(ticket)

    def fact(self, ticket: Ticket) -> facts.Fact:
        """What is counted of a ticket."""
        return facts.facts_of(ticket, self.basis, self._now)

    def reviewed_fact(self, ticket: Ticket) -> facts.Fact:
        """The same with its reviews."""
        return facts.reviewed_fact(ticket, self.basis, self._now)

    def sheet(self, progress: Progress) -> measured.Sheet:
        """Everything that is counted."""
        total = self._blank()
        shelves = self._parts()
        keys = ["" if self._query else self._key(shelf) for shelf in shelves]
        known = [self._kept.get(key) if key else None for key in keys]
        whole, done = sum(shelf.rows for shelf in shelves), 0
        for index, counted in self._counted(shelves, known, progress):
            if keys[index] and known[index] is None:
                self._kept.put(keys[index], counted)
            total.put(counted)
            done += shelves[index].rows
            progress(done, whole)
        if any(each.id == REVIEWS for each in self._figures):
            for ticket in self.reviewed():
                if self.counts(ticket):
                    total.take(self.reviewed_fact(ticket), REVIEWS)
        return total

    def _parts(self) -> list[Shelf | _Pile]:
        """The shelves; what is open lies on piles of blocks, where it is told what has changed."""
        found: list[Shelf | _Pile] = []
        for shelf in self._desk.ledger.shelves(self._since):
            if shelf.blocks is None or self._query or not self._kept.path:
                found.append(shelf)
                continue
            blocks = shelf.blocks()
            self._kept.only({block.number for block in blocks})
            found += _piled(blocks)
        return found

    def _counted(
        self, shelves: Sequence[Shelf | _Pile], known: Sequence[Counted | None], progress: Progress
    ) -> Iterator[tuple[int, Counted]]:
        """Each shelf by its number, with what was counted of it: known already, or counted now."""
        missing = []
        for index, counted in enumerate(known):
            if counted is None:
                missing.append(index)
            else:
                yield index, counted
        rows = sum(shelves[index].rows for index in missing)
        if rows < _ENOUGH or min(len(missing), processors()) < 2:  # noqa: PLR2004 - two or more
            for index in missing:
                yield index, self._count(shelves[index], progress if len(shelves) == 1 else _silent)
            return
        _ = self.basis  # read once, and not by each process
        missing.sort(key=lambda index: -shelves[index].rows)
        job = apart(lambda place: written(self._count(shelves[missing[place]])), len(missing))
        for place, counted_there in job:
            index = missing[place]
            counted = read(counted_there) if counted_there else None
            yield index, counted or self._count(shelves[index])

    def _blank(self) -> measured.Sheet:
        return measured.Sheet(self._figures, self._period, self._now, self._by)

    def _count(self, shelf: Shelf | _Pile, progress: Progress = _silent) -> Counted:
        sheet = self._blank()
        if isinstance(shelf, _Pile):
            done = 0
            for block in shelf.blocks:
                self._still.count(block, sheet)
                done += block.rows
                progress(min(done, shelf.rows), shelf.rows)
            return sheet.counted()
        for ticket in self._known(shelf, progress):
            if _had_bulletin(ticket):
                sheet.stood(bulletins_of(ticket))
            if self.counts(ticket) and utc_seconds(ticket.opened_at) < sheet.end:
                sheet.take(self.fact(ticket))
        return sheet.counted()

    def tickets(self, progress: Progress) -> Iterator[Ticket]:
        """All tickets that may count, as they were known then."""
        shelves = self._desk.ledger.shelves(self._since)
        whole, done = sum(shelf.rows for shelf in shelves), 0
        for shelf in shelves:
            yield from self._known(shelf, _silent)
            done += shelf.rows
            progress(done, whole)

    def _known(self, shelf: Shelf, progress: Progress) -> Iterator[Ticket]:
        """The tickets of a shelf as they were known then.

        A ticket that was over before the period began, and the one before it, counts in neither.
        """
        for number, ticket in enumerate(shelf.tickets()):
            if not number % _TOLD_EVERY:
                progress(min(number, shelf.rows), shelf.rows)
            if ticket.is_closed and ticket.touched_at < self._since:
                continue
            found = known_at(ticket, self._as_of)
            if found is not None:
                yield found

    def reviewed(self) -> Iterator[Ticket]:
        """The tickets with reviews in a period and the one before: they may have been closed long ago."""
        from sdcli.insight.reviewed import reviewed  # noqa: PLC0415 - one figure's

        period, as_of = self._period, self._as_of
        first = period.since if period.before is None else period.before
        since = datetime.fromtimestamp(first, timezone.utc) if first > 0 else None
        until = datetime.fromtimestamp(min(period.until, utc_seconds(as_of)), timezone.utc)
        found_now = {each.ref: each for each in reviewed(self._desk.ledger, since, until)}
        if as_of < self._desk.now:  # what was taken back or made void since is found by that
            query = Query(statuses=(), touched_since=as_of, void=True)
            found_now |= {
                each.ref: each
                for each in self._desk.ledger.find(query)
                if any(type(event) is Reviewed for event in each.events)
            }
        for ticket in found_now.values():
            found = known_at(ticket, as_of)
            if found is not None:
                yield found

    def _key(self, shelf: Shelf | _Pile) -> str:
        """Under what the counts of a shelf are kept; empty if they cannot be.

        What lies after the newest change of a shelf makes no difference to it.
        """
        if isinstance(shelf, _Pile) or not shelf.name or shelf.newest is None:
            return ""
        newest, period = utc_seconds(shelf.newest), self._period
        edges = tuple(min(edge, newest + 1) for edge in (period.since, *period.edges))
        seen = "" if self._as_of >= shelf.newest else self._as_of.isoformat()
        said = shelf.name, period.before, edges, seen, *self._asked, *self._grounds
        return sha256(repr(said).encode()).hexdigest()

    @property
    def _asked(self) -> tuple[object, ...]:
        """What is counted, and by what it is split."""
        return [each.id for each in self._figures], self._by

    @property
    def _grounds(self) -> tuple[object, ...]:
        """What everything that is counted depends on beside events."""
        basis = self.basis
        return (
            _RULES,
            __version__,
            self._desk.policy.levels_hash,
            sorted(basis.tiers.items()),
            sorted((name, sorted(each.items())) for name, each in basis.figures.items()),
        )

    @cached_property
    def _still(self) -> Still:
        """Counts open tickets."""
        grounds = sha256(repr(self._grounds).encode()).hexdigest()
        period, edges = self._period, self._period.edges
        seen = "" if self._is_now else self._as_of.isoformat()
        since = utc_seconds(self._since)
        asked = period.before, period.since, tuple(edges), since, seen, *self._asked, grounds
        return Still(
            self._kept,
            self._known_of,
            blank=self._blank,
            now=self._now,
            since=since,
            until=period.until,
            grounds=grounds,
            asked=sha256(repr(asked).encode()).hexdigest(),
            keeps=self._is_now,
        )

    def _known_of(self, ticket: Ticket, number: int, mark: bytes) -> Known | None:
        """What is known of a ticket as it was known then; None if it was not there."""
        found = known_at(ticket, self._as_of)
        if found is None:
            return None
        stood = tuple(bulletins_of(found)) if _had_bulletin(found) else ()
        since, until, fact = facts.settled_at(ticket), facts.FOREVER, None
        if self.counts(found):
            fact, begun, until = facts.lasting_facts(found, self.basis, self._now)
            since = max(since, begun)
        touched = utc_seconds(ticket.touched_at)
        return Known(number, mark, since, until, fact, stood, ticket.is_closed, touched)

    @cached_property
    def _kept(self) -> Kept:
        return Kept(self._desk.derived("reports"))

    @cached_property
    def basis(self) -> facts.Basis:
        """What is needed beside events."""
        desk = self._desk
        from sdcli.policy.load import read_surveys  # noqa: PLC0415 - imports YAML

        return facts.Basis(
            desk.clocks,
            {name: queue.tier for name, queue in desk.policy.teams.queues.items()},
            {
                name: {id_: each.figure for id_, each in survey.questions.items()}
                for name, survey in read_surveys(desk.root).surveys.items()
            },
        )


class _Pile(NamedTuple):
    """Blocks that are counted in one go, by one process."""

    blocks: list[Block]
    rows: int


def _piled(blocks: Sequence[Block]) -> list[_Pile]:
    """All blocks, as few together as are worth the way to another process and back."""
    found: list[_Pile] = []
    pile: list[Block] = []
    rows = 0
    for block in blocks:
        pile.append(block)
        rows += block.rows
        if rows >= _PILE:
            found.append(_Pile(pile, rows))
            pile, rows = [], 0
    return [*found, _Pile(pile, rows)] if pile else found


def _had_bulletin(ticket: Ticket) -> bool:
    """Whether there may have been a bulletin; it is gone from the ticket once it has ended."""
    return any(type(event) is Announced for event in ticket.events)
