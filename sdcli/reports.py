"""The figures of one desk: counted in a period, compared with the one before, each with receipts.

What the command `sdcli report` calls. Figures and what they count are in `insight.figures`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.insight import facts, measured
from sdcli.insight.figures import DIMENSIONS, FIGURES, figures_of, require_figure
from sdcli.insight.kept import Kept
from sdcli.insight.outages import bulletins_of
from sdcli.insight.period import NAMED, Period, between, named
from sdcli.insight.reported import Audit, Receipt, Report, Span
from sdcli.sla.runs import utc_seconds
from sdcli.tickets.event import Announced, Reviewed
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import known_at
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sdcli.desk import Desk
    from sdcli.insight.figures import Figure
    from sdcli.insight.outages import Stood
    from sdcli.insight.reported import Number
    from sdcli.ledger.interface import Progress, Shelf
    from sdcli.tickets.ticket import Ticket

REVIEWS = "review.score"
"""The figure that is counted apart: what it counts is no change of a ticket."""

_RULES = 1
"""Grows when the same tickets are counted in another way, so that nothing old is taken for it."""
_TOLD_EVERY = 500
DEFAULT_PERIOD = "30d"


class Wanted(Struct, frozen=True, kw_only=True):
    """What is asked for. Instants are UTC.

    Args:
        period: a name, as `2026-11` or `last-month`; `since`, `until`: instead of one.
        as_of: as it was known then; now if it is None.
        query: only tickets that it asks for, as they were then.
        figures: the ids, or how they begin (`sla` stands for `sla.response` too); empty for all.
        by: what else to split by.
    """

    period: str = ""
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    query: str = ""
    figures: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


class Reports:
    """The figures of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def report(self, wanted: Wanted, progress: Progress) -> Report:
        """Everything that is asked for.

        Raises:
            NoSuchEntryError: there is no period of that name.
            RefusedError: the period has no length.
            QueryError: the query cannot be read.
        """
        chosen = figures_of(wanted.figures)
        period, as_of = self._period(wanted)
        sheet = self._count(chosen, period, as_of, wanted, progress)
        before = None if period.before is None else _span(period.before, period.since)
        starts = (period.since, *period.edges)
        return Report(
            period=_span(period.since, period.until),
            before=before,
            as_of=as_of,
            zone=self._desk.zone,
            query=wanted.query,
            step=period.step,
            slots=tuple(_span(*pair) for pair in zip(starts, period.edges, strict=False)),
            rows=sheet.rows(has_before=before is not None),
        )

    def audit(self, id_: str, wanted: Wanted, progress: Progress) -> Audit:
        """Everything behind one figure, ticket by ticket.

        Raises:
            NoSuchEntryError: there is no such figure.
            RefusedError, QueryError: as `report`.
        """
        figure = FIGURES[require_figure(id_)]
        period, as_of = self._period(wanted)
        behind, counts = _Behind(figure, period, utc_seconds(as_of)), self._counts(wanted, as_of)
        if id_ == REVIEWS:
            for ticket in self._reviewed(period, as_of):
                if counts(ticket):
                    fact = facts.reviewed_fact(ticket, self._basis, utc_seconds(as_of))
                    behind.take(fact, ticket)
        for _, tickets in self._shelves(period, as_of, progress):
            for ticket in tickets:
                behind.stood(bulletins_of(ticket))
                if _is_counted(ticket) and counts(ticket):
                    behind.take(facts.facts_of(ticket, self._basis, utc_seconds(as_of)), ticket)
        items = behind.receipts()
        return Audit(
            id=id_,
            period=_span(period.since, period.until),
            as_of=as_of,
            zone=self._desk.zone,
            query=wanted.query,
            now=behind.total(),
            items=items,
        )

    def _count(
        self,
        chosen: Sequence[Figure],
        period: Period,
        as_of: datetime,
        wanted: Wanted,
        progress: Progress,
    ) -> measured.Sheet:
        """Everything that is counted, shelf by shelf; what is known of a shelf is not counted again."""
        total = measured.Sheet(chosen, period, utc_seconds(as_of), wanted.by)
        counts = self._counts(wanted, as_of)
        for shelf, tickets in self._shelves(period, as_of, progress):
            key = "" if wanted.query else self._key(shelf, chosen, period, as_of, wanted.by)
            known = self._kept.get(key) if key else None
            if known is None:
                sheet = measured.Sheet(chosen, period, utc_seconds(as_of), wanted.by)
                self._fill(sheet, tickets, counts, utc_seconds(as_of))
                known = sheet.counted()
                if key:
                    self._kept.put(key, known)
            total.put(known)
        if any(each.id == REVIEWS for each in chosen):
            for ticket in self._reviewed(period, as_of):
                if counts(ticket):
                    fact = facts.reviewed_fact(ticket, self._basis, utc_seconds(as_of))
                    total.take(fact, REVIEWS)
        return total

    def _reviewed(self, period: Period, as_of: datetime) -> Iterator[Ticket]:
        """The tickets with reviews in a period and the one before: they may have been closed long ago."""
        from sdcli.insight.reviewed import reviewed  # noqa: PLC0415 - one figure's

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
            if found is not None and _is_counted(found):
                yield found

    def _fill(
        self,
        sheet: measured.Sheet,
        tickets: Iterable[Ticket],
        counts: Callable[[Ticket], bool],
        now: int,
    ) -> None:
        basis = self._basis
        for ticket in tickets:
            if _had_bulletin(ticket):
                sheet.stood(bulletins_of(ticket))
            if _is_counted(ticket) and counts(ticket):
                sheet.take(facts.facts_of(ticket, basis, now))

    def _shelves(
        self, period: Period, as_of: datetime, progress: Progress
    ) -> Iterator[tuple[Shelf, Iterator[Ticket]]]:
        """Each shelf with its tickets as they were known then.

        A ticket that was over before the period began, and the one before it, counts in neither.
        """
        first = period.since if period.before is None else period.before
        first = min(first, utc_seconds(as_of)) - measured.BULLETIN_S  # levels are those of then
        since = datetime.fromtimestamp(max(first, 0), timezone.utc)
        shelves = self._desk.ledger.shelves(since)
        total, done = sum(shelf.rows for shelf in shelves), 0

        def known(shelf: Shelf) -> Iterator[Ticket]:
            for number, ticket in enumerate(shelf.tickets()):
                if not number % _TOLD_EVERY:
                    progress(min(done + number, total), total)
                if ticket.is_closed and ticket.touched_at < since:
                    continue
                found = known_at(ticket, as_of)
                if found is not None:
                    yield found

        for shelf in shelves:
            yield shelf, known(shelf)
            done += shelf.rows
            progress(done, total)

    def _counts(self, wanted: Wanted, as_of: datetime) -> Callable[[Ticket], bool]:
        """What tells which tickets count."""
        if not wanted.query:
            return lambda _: True
        from sdcli.finding import Finding  # noqa: PLC0415 - most reports are about all tickets

        return Finding(self._desk, wanted.query, everything=True, now=as_of).predicate

    def _period(self, wanted: Wanted) -> tuple[Period, datetime]:
        """The period that is meant, and the instant that it is looked at from.

        Raises:
            NoSuchEntryError: there is no period of that name.
            RefusedError: it has no length.
        """
        zone, as_of = self._desk.zone, wanted.as_of or self._desk.now
        if wanted.since is None and wanted.until is None:
            text = wanted.period or DEFAULT_PERIOD
            found = named(text, utc_seconds(as_of), zone)
            if found is None:
                raise NoSuchEntryError("period", text, PERIODS, "the names of periods")
            return found, as_of
        until = utc_seconds(wanted.until) if wanted.until else self._tomorrow(as_of)
        since = utc_seconds(wanted.since) if wanted.since else None
        if since is None:
            return named("all", until - 1, zone) or between(0, until, zone), as_of
        if since >= until:
            raise RefusedError(
                "The period ends before it begins: --until must be later than --since."
            )
        return between(since, until, zone), as_of

    def _tomorrow(self, as_of: datetime) -> int:
        found = named("today", utc_seconds(as_of), self._desk.zone)
        return found.until if found else utc_seconds(as_of)

    def _key(
        self,
        shelf: Shelf,
        chosen: Sequence[Figure],
        period: Period,
        as_of: datetime,
        by: Sequence[str],
    ) -> str:
        """Under what the counts of a shelf are kept; empty if they cannot be.

        What lies after the newest change of a shelf makes no difference to it.
        """
        if not shelf.name or shelf.newest is None:
            return ""
        newest = utc_seconds(shelf.newest)
        edges = tuple(min(edge, newest + 1) for edge in (period.since, *period.edges))
        seen = "" if as_of >= shelf.newest else as_of.isoformat()
        basis = self._basis
        said = (
            _RULES,
            shelf.name,
            period.before,
            edges,
            seen,
            [each.id for each in chosen],
            tuple(by),
            self._desk.policy.levels_hash,
            sorted(basis.tiers.items()),
            sorted((name, sorted(each.items())) for name, each in basis.figures.items()),
        )
        return sha256(repr(said).encode()).hexdigest()

    @cached_property
    def _kept(self) -> Kept:
        return Kept(self._desk.derived("reports"))

    @cached_property
    def _basis(self) -> facts.Basis:
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


class _Behind:
    """Gathers what is behind one figure at the end of a period."""

    def __init__(self, figure: Figure, period: Period, now: int) -> None:
        self._figure = figure
        self._period = period
        self._end = min(period.until, now)
        self._bulletins: list[Stood] = []
        self._calls: list[tuple[measured.Call, str]] = []
        self._found: list[Receipt] = []

    def stood(self, bulletins: Iterable[Stood]) -> None:
        """Bulletins, whichever ticket they are of."""
        self._bulletins.extend(bulletins)

    def take(self, fact: facts.Fact, ticket: Ticket) -> None:
        """One ticket more."""
        figure = self._figure
        names = {name: of(fact) for name, of in DIMENSIONS.items()}
        if figure.of_calls:
            if fact.outage and self._holds(fact.opened):
                call = measured.Call(
                    fact.ref, fact.opened, fact.outage, fact.service, fact.site, names
                )
                self._calls.append((call, ticket.summary))
            return
        for item in figure.takes(fact):
            if figure.kind in ("level", "age"):
                if item[0] > self._end or (item[1] is not None and item[1] <= self._end):
                    continue
                at, number = self._end, self._end - fact.opened if figure.kind == "age" else 1
            else:
                at, number = item[0], item[1]
                if not self._holds(at):
                    continue
            words = (word or UNKNOWN for word in item[2:])
            own = dict(zip(figure.own, words, strict=False))
            self._found.append(_receipt(fact.ref, at, number, ticket.summary, {**names, **own}))

    def _holds(self, at: int) -> bool:
        return self._period.since <= at < self._period.until

    def receipts(self) -> tuple[Receipt, ...]:
        """Everything, in the order of the references."""
        for call, summary in self._calls:
            number = measured.number_of_call(self._figure.id, call, self._bulletins)
            parts = {**call.names, "change": call.outage}
            self._found.append(_receipt(call.ref, call.at, number, summary, parts))
        self._calls = []
        return tuple(sorted(self._found, key=lambda each: (len(each.ref), each.ref, each.at)))

    def total(self) -> Number:
        """The figure."""
        return measured.total(self._figure.kind, [each.number for each in self._found])


def _receipt(ref: str, at: int, number: int, summary: str, parts: dict[str, str]) -> Receipt:
    return Receipt(ref=ref, at=_instant(at), number=number, summary=summary, parts=parts)


def _is_counted(ticket: Ticket) -> bool:
    """Whether figures count a ticket; of one that is void, and of an outage, only bulletins are."""
    return not (ticket.void or ticket.opening.outage)


def _had_bulletin(ticket: Ticket) -> bool:
    """Whether there may have been a bulletin; it is gone from the ticket once it has ended."""
    return any(type(event) is Announced for event in ticket.events)


PERIODS = (*NAMED, "2026-11", "2026-Q4", "2026", "30d", "12w", "6m")
"""What a period may be called, with examples of what can be written with numbers."""


def _span(since: int, until: int) -> Span:
    return Span(_instant(since), _instant(until))


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, timezone.utc)
