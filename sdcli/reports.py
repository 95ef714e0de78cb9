"""The figures of one desk: counted in a period, compared with the one before, each with receipts.

What the command `sdcli report` calls. Figures and what they count are in `insight.figures`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.counting import REVIEWS, Counting
from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.insight import facts, measured
from sdcli.insight.figures import DIMENSIONS, FIGURES, figures_of, require_figure
from sdcli.insight.outages import bulletins_of
from sdcli.insight.period import NAMED, Period, between, named
from sdcli.insight.reported import Audit, Receipt, Report, Span
from sdcli.sla.runs import utc_seconds
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.desk import Desk
    from sdcli.insight.figures import Figure
    from sdcli.insight.outages import Stood
    from sdcli.insight.reported import Number, Row
    from sdcli.ledger.interface import Progress
    from sdcli.tickets.ticket import Ticket

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
            RefusedError: the period has no length, nothing can be split so, or that is to come.
            QueryError: the query cannot be read.
        """
        period, as_of = self._period(wanted)
        chosen = figures_of(wanted.figures)
        _require_split(chosen, wanted.by)
        counting = Counting(self._desk, chosen, period, as_of, query=wanted.query, by=wanted.by)
        sheet = counting.sheet(progress)
        before = None if period.before is None else _span(period.before, period.since)
        starts = (period.since, *period.edges)
        report = Report(
            period=_span(period.since, period.until),
            before=before,
            as_of=as_of,
            zone=self._desk.zone,
            query=wanted.query,
            step=period.step,
            slots=tuple(_span(*pair) for pair in zip(starts, period.edges, strict=False)),
            rows=sheet.rows(has_before=before is not None),
        )
        return report if before else _from_the_first(report)

    def audit(self, id_: str, wanted: Wanted, progress: Progress) -> Audit:
        """Everything behind one figure, ticket by ticket.

        Raises:
            NoSuchEntryError: there is no such figure.
            RefusedError, QueryError: as `report`.
        """
        figure = FIGURES[require_figure(id_)]
        period, as_of = self._period(wanted)
        behind = _Behind(figure, period, utc_seconds(as_of))
        counting = Counting(self._desk, (figure,), period, as_of, query=wanted.query)
        if id_ == REVIEWS:
            for ticket in filter(counting.counts, counting.reviewed()):
                behind.take(counting.reviewed_fact(ticket), ticket)
        else:
            for ticket in counting.tickets(progress):
                behind.stood(bulletins_of(ticket))
                if counting.counts(ticket):
                    behind.take(counting.fact(ticket), ticket)
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

    def _period(self, wanted: Wanted) -> tuple[Period, datetime]:
        """The period that is meant, and the instant that it is looked at from.

        Raises:
            NoSuchEntryError: there is no period of that name.
            RefusedError: it has no length.
        """
        zone, as_of = self._desk.zone, wanted.as_of or self._desk.now
        if as_of > self._desk.now:
            raise RefusedError(
                f"What will be known at {as_of:%Y-%m-%dT%H:%M:%SZ} is not known yet: --as-of is about "
                "the past."
            )
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


PERIODS = (*NAMED, "2026-11", "2026-Q4", "2026", "30d", "12w", "6m")
"""What a period may be called, with examples of what can be written with numbers."""


def _from_the_first(report: Report) -> Report:
    """A report over everything, from the slot on in which there first was anything."""
    first = min((_first(row) for row in report.rows), default=0)
    first = min(first, len(report.slots) - 1)
    rows = (
        replace(row, series=row.series[first:], slot_refs=row.slot_refs[first:])
        for row in report.rows
    )
    slots = report.slots[first:]
    period = Span(slots[0].since, report.period.until)
    return replace(report, period=period, slots=slots, rows=tuple(rows))


def _first(row: Row) -> int:
    """The first slot of a figure that has anything; one behind the last if none has."""
    found = (index for index, each in enumerate(row.series) if each.of or each.value)
    return next(found, len(row.series))


def _require_split(chosen: Iterable[Figure], by: Iterable[str]) -> None:
    """Refuse to split by what none of the figures can be split by."""
    splits = dict.fromkeys(name for each in chosen for name in each.splits)
    for name in by:
        if name not in splits:
            raise RefusedError(
                f"None of these figures can be split by {name}; they can by {', '.join(splits)}.",
                by=name,
            )


def _span(since: int, until: int) -> Span:
    return Span(_instant(since), _instant(until))


def _instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, timezone.utc)
