"""The reviews of one desk: how closed requests were dealt with, and what nobody confirmed (R5a.1, R6.4).

What the commands of `sdcli review` call. The checklist is in `catalog/review.yaml`, how a sample is
drawn in `sdcli.insight.sample`, who may review in `sdcli.tickets.reviewing`.
"""

from __future__ import annotations

import shlex
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import NoSuchEntryError, RefusedError, SdcliError, listed
from sdcli.policy.review import REVIEW, checks_of, version_of
from sdcli.results.quality import ConfirmationsOverdue, ReviewSampled, ReviewsListed, Unconfirmed
from sdcli.tickets.event import Closed, ServiceResumed
from sdcli.tickets.query import Query
from sdcli.tickets.relations import require_unmerged
from sdcli.tickets.reviewing import last_review, require_reviewer, review
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sdcli.desk import Desk
    from sdcli.policy.review import Check, ReviewRules
    from sdcli.tickets.quality import CheckAnswer
    from sdcli.tickets.ticket import Ticket

_DECEMBER = 12


class Wanted(Struct, frozen=True, kw_only=True):
    """Which sample is to be drawn; what is None is as the desk usually has it.

    Args:
        since, until: closed from then on, and before then; the last whole month without both.
        query: the query as it was typed; `only`: what tells which tickets it asks for.
        size: how many; `percent`: how many of a hundred.
        seed: what makes another sample of the same tickets; the period if it is empty.
    """

    since: datetime | None = None
    until: datetime | None = None
    query: str = ""
    only: Callable[[Ticket], bool] | None = None
    size: int | None = None
    percent: int | None = None
    seed: str = ""


class Reviews:
    """The reviews of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @cached_property
    def _rules(self) -> ReviewRules:
        from sdcli.policy.load import read_review  # noqa: PLC0415 - imports YAML

        return read_review(self._desk.root)

    def sample(self, wanted: Wanted) -> ReviewSampled:
        """Some of the requests that were closed in a period: the same ones whoever asks.

        Raises:
            DataFileError: a file of the desk is wrong.
        """
        from sdcli.insight.first import first_resolution  # noqa: PLC0415 - one command's
        from sdcli.insight.sample import Candidate, draw, name_of, size_of  # noqa: PLC0415

        desk = self._desk
        since, until = self._period(wanted)
        period = f"{_written(since)}/{_written(until)}"
        seed = wanted.seed or period
        found = []
        for ticket in self._closed(since, until):
            if wanted.only is None or wanted.only(ticket):
                first = first_resolution(ticket)
                person, queue = (first.person, first.queue) if first else (UNKNOWN, UNKNOWN)
                found.append(Candidate(ticket.ref, ticket.opening.id, person, queue))
        percent = wanted.percent or self._rules.percent
        size = wanted.size if wanted.size is not None else size_of(percent, len(found))
        how = ("--percent", str(percent)) if wanted.size is None else ("--size", str(wanted.size))
        drawn = draw(found, seed, size)
        return ReviewSampled(
            name=name_of(period, wanted.query, *how, seed),
            since=since,
            until=until,
            query=wanted.query,
            seed=seed,
            closed=len(found),
            rows=[(desk.ledger.get(each.ref), each.person, each.queue) for each in drawn],
            command=_command(since, until, wanted.query, how, seed),
        )

    def _period(self, wanted: Wanted) -> tuple[datetime, datetime]:
        """The period, or the last whole month of the desk's own zone."""
        if wanted.since is not None:
            return wanted.since, wanted.until or self._desk.now
        this = self._desk.today.replace(day=1)
        last = (
            this.replace(year=this.year - 1, month=_DECEMBER)
            if this.month == 1
            else this.replace(month=this.month - 1)
        )
        until = wanted.until or self._midnight(this.toordinal())
        return self._midnight(last.toordinal()), until

    def _midnight(self, ordinal: int) -> datetime:
        from sdcli.sla.wall import Wall  # noqa: PLC0415 - only where nobody names a period

        return datetime.fromtimestamp(Wall(self._desk.zone).begin(ordinal, 0), timezone.utc)

    def _closed(self, since: datetime, until: datetime | None) -> Iterator[Ticket]:
        """The requests that were closed in a period, and are so now."""
        for ticket in self._desk.touched(since):
            at = ticket.closed_at
            if at is None or at < since or (until and at >= until):
                continue
            if not (ticket.void or ticket.merged_into):
                yield ticket

    def to_score(self, ref: str, checks: Mapping[str, str]) -> tuple[Ticket, Mapping[str, Check]]:
        """The checks that nobody has answered yet, for whoever can be asked; nothing is locked.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, or check.
            RefusedError: it is not over, or the acting person worked on it, asked for it, or is
                in no team.
        """
        ticket = self._desk.ledger.get(ref)
        require_unmerged(ticket)
        team = self._desk.policy.teams.technicians
        require_reviewer(ticket, self._desk.by, team, callers=self._callers(ticket))
        known = self._checks(ticket, checks)
        return ticket, {name: check for name, check in known.items() if name not in checks}

    def _callers(self, ticket: Ticket) -> tuple[str, ...]:
        """What the requester, and whom it was for, are known by: ids, names and mail addresses."""
        from sdcli.policy.people import names_of  # noqa: PLC0415 - one command's

        policy, by = self._desk.policy, self._desk.by
        asked = (ticket.requester, ticket.opening.on_behalf_of)
        names = {
            name for each in asked if each and each != UNKNOWN for name in names_of(policy, each)
        }
        return (*names, by) if names & names_of(policy, by) else tuple(names)

    def _checks(self, ticket: Ticket, said: Mapping[str, object]) -> Mapping[str, Check]:
        """The checklist for a ticket.

        Raises:
            NoSuchEntryError: there is none, or something else was said than it asks.
        """
        known = checks_of(self._rules, ticket.type)
        if not known:
            raise NoSuchEntryError("checklist for the type", ticket.type, (), REVIEW)
        foreign = next((name for name in said if name not in known), None)
        if foreign is not None:
            what = f"check of a request of type {ticket.type}"
            raise NoSuchEntryError(what, foreign, known, REVIEW)
        return known

    def score(
        self, ref: str, checks: Mapping[str, CheckAnswer], *, sample: str = "", note: str = ""
    ) -> Ticket:
        """Record how well a request was dealt with; what is said last counts.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, or check.
            RefusedError: as `to_score`, or a check is not answered.
        """
        desk = self._desk
        ticket, open_ = self.to_score(ref, checks)
        if open_:
            raise RefusedError(
                f"{ref} is not reviewed: {listed(open_)} of {REVIEW} must be answered too, each as "
                "--check ID=yes, ID=no, or ID=n/a where it does not apply.",
                ref=ref,
                missing=list(open_),
            )
        known = self._checks(ticket, checks)
        return desk.change(
            ref,
            review,
            checks={name: checks[name] for name in known},
            checklist=version_of(known),
            team=tuple(desk.policy.teams.technicians),
            callers=self._callers(ticket),
            sample=sample,
            note=note,
        )

    def listed(self, since: datetime | None, until: datetime | None) -> ReviewsListed:
        """What was reviewed in a period, by the last review of each, the newest first.

        It is what the figure `review.score` counts: not what was merged into something else.
        """
        from sdcli.insight.filtered import within  # noqa: PLC0415 - one command's
        from sdcli.insight.first import first_resolution  # noqa: PLC0415
        from sdcli.insight.reviewed import reviewed  # noqa: PLC0415

        rows = []
        ledger, end = self._desk.ledger, until or self._desk.now
        for ticket in reviewed(ledger, since, end):
            said = last_review(ticket)
            if ticket.merged_into or ticket.opening.outage:
                continue  # as in the figure `review.score`
            if said is not None and within(said.at, since, until):
                first = first_resolution(ticket)
                person, queue = (first.person, first.queue) if first else (UNKNOWN, UNKNOWN)
                rows.append((ticket, said, person, queue))
        rows.sort(key=lambda row: (row[1].at, row[1].id), reverse=True)
        return ReviewsListed(rows=rows, since=since, until=until)

    def overdue(self, since: datetime) -> ConfirmationsOverdue:
        """What nobody has confirmed (R5a.1): resolved for too long, the oldest first; or closed so.

        `since`: of closed ones those that were closed from then on. One that cannot be reckoned
        keeps no other from being told.
        """
        desk, rules = self._desk, self._rules
        _ = desk.policy  # who can be reached how: fail before anything is told
        resolved = [
            row
            for ticket in desk.ledger.find(Query(statuses=("resolved",)))
            if not ticket.merged_into and (row := self._overdue(ticket)) is not None
        ]
        closed = [
            self._row(ticket, why)
            for ticket in self._closed(since, None)
            if (why := _closed_without(ticket))
        ]
        return ConfirmationsOverdue(
            resolved=sorted(resolved, key=_oldest),
            closed=sorted(closed, key=_oldest),
            allowed=rules.overdue,
            since=since,
            now=desk.now,
        )

    def _overdue(self, ticket: Ticket) -> Unconfirmed | None:
        """A resolved request that nobody has confirmed for too long; None if it is not."""
        from sdcli.sla.unconfirmed import closes_at, spelled  # noqa: PLC0415 - one command's

        desk, allowed = self._desk, self._rules.overdue
        try:
            at = closes_at(ticket, allowed, desk.clocks)
        except SdcliError as error:
            desk.tell(f"Whether {ticket.ref} is overdue is not known. {error}")
            desk.unchecked.append(ticket.ref)
            return None
        if at is None or at > desk.now.timestamp():
            return None
        due = datetime.fromtimestamp(at, timezone.utc)
        return self._row(ticket, f"nobody confirmed it within {spelled(allowed)}", due)

    def _row(self, ticket: Ticket, why: str, due: datetime | None = None) -> Unconfirmed:
        from sdcli.notify.caller import caller_of, mail_of  # noqa: PLC0415 - one command's
        from sdcli.policy.people import known  # noqa: PLC0415 - as above

        policy, person = self._desk.policy, caller_of(ticket)
        found = known(policy, person) if person else None
        own = ticket.opening if person == ticket.requester else None
        phone = (own.phone if own else "") or (found.contact.phone if found else "")
        mail = mail_of(policy, ticket, person) if person else ""
        return Unconfirmed(
            ticket=ticket,
            person=person,
            name=found.contact.name if found else "",
            phone=phone,
            mail=mail,
            why=why,
            due=due,
            next=_next(ticket, person, via="phone" if phone or not mail else "mail"),
        )


def _closed_without(ticket: Ticket) -> str:
    """Why the closing of a request says too little: nobody confirmed it, nor said why not.

    Empty where it says enough: another team's evidence stands for the caller's word (R5a.1).
    """
    last = next((e for e in reversed(ticket.standing) if isinstance(e, Closed)), None)
    if last is None or last.confirmed_by or (last.unconfirmed and not last.by_policy):
        return ""
    shown = any(isinstance(e, ServiceResumed) and e.evidence for e in ticket.standing)
    recovered = ticket.opening.alert is not None and ticket.service_restored_at is not None
    if shown or recovered:
        return ""
    return last.unconfirmed or "nobody is on record who confirmed it, nor a reason"


def _next(ticket: Ticket, person: str, *, via: str) -> str:
    """The command that comes next."""
    if ticket.is_closed:
        return f"sdcli reopen {ticket.ref} --reason WHY"
    if not person:
        return f"sdcli close {ticket.ref} --confirmed-by TEAM --via monitoring"
    return f"sdcli close {ticket.ref} --confirmed-by {shlex.quote(person)} --via {via}"


def _oldest(row: Unconfirmed) -> tuple[datetime, int, str]:
    ticket = row.ticket
    at = row.due or ticket.closed_at or ticket.updated_at
    return at, len(ticket.ref), ticket.ref


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _command(since: datetime, until: datetime, query: str, how: tuple[str, str], seed: str) -> str:
    """The command line that draws the same sample again."""
    words = ["sdcli", "review", "sample", "--since", _written(since), "--until", _written(until)]
    words += ["--query", query] if query else []
    return shlex.join([*words, *how, "--seed", seed])
