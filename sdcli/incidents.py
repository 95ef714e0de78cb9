"""The work on the incidents of one desk: steps, fixes, and what was planned (R3d1, R3d3.1).

What the commands `step`, `fix` and `tried` call. The steps are in `sdcli.tickets.incident`; what
the schedule says is in `sdcli.changes.planned`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sdcli.arrivals import Arrivals
from sdcli.errors import NoSuchTicketError, RefusedError
from sdcli.ledger.again import wholly_again
from sdcli.results.shown import TriedList
from sdcli.tickets import incident
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.insight.outages import OutagesReport
    from sdcli.insight.skills import SkillsReport
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.incident import Debt, Fix, Tried
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.troubleshooting import TryResult


class Stepped(NamedTuple):
    """A ticket after a step: sentences about it, and what scripts are told beside the ticket."""

    ticket: Ticket
    notes: Sequence[str] = ()
    hints: Sequence[str] = ()
    more: dict[str, Any] = {}  # noqa: RUF012 - never changed


class Incidents:
    """The incidents of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def step(
        self,
        ref: str,
        *,
        hypothesis: str,
        change: str,
        result: TryResult,
        found: str,
        minutes: int,
        mentor: str,
        skill: str,
    ) -> Stepped:
        """Write down one step of looking for the cause, and say if it was tried before (R3d1.2).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is resolved or closed, or half of a mentoring is said.
        """
        earlier: list[Tried] = []

        def taken(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            earlier[:] = incident.tried_before(ticket, change)
            return incident.try_out(
                ticket,
                stamp,
                hypothesis=hypothesis,
                change=change,
                result=result,
                found=found,
                minutes=minutes,
                mentor=mentor,
                skill=skill,
            )

        ticket = self._desk.change(ref, taken)
        return Stepped(ticket, _known(earlier), more={"tried_before": earlier})

    @wholly_again
    def fix(self, ref: str, wish: Fix) -> Stepped:
        """Try a fix, put it off or hand it on; what it leaves to do gets tickets (R3d3.1, R3d1.6).

        All of it is one unit of work.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it disturbs more than the fault without a permission, or with that of
                whoever makes it; or the ticket is over.
        """
        desk, notes = self._desk, list[str]()
        before = desk.ledger.get(ref)
        notes += self._permitted(ref, wish.permission)
        with desk.together():
            earlier = incident.tried_before(before, wish.what) if wish.what else []
            ticket = desk.change(ref, incident.fix, wish=wish, tiers=desk.policy.tier)
            opened = [self._owed(ref, debt) for debt in wish.debts]
            ticket = desk.ledger.get(ref) if opened else ticket
        notes += _known(earlier) if wish.decision == "attempt" else ()
        if wish.resumed and before.service_restored_at is not None:
            notes.append(f"The service works again since {_at(before.service_restored_at)}.")
        if wish.decision == "attempt" and (wish.missing or wish.prerequisites == "no"):
            notes.append("It was tried though its prerequisites are not met.")
        notes += [note for _, note in opened]
        follow_ups = [{"ref": new, "why": debt.why} for (new, _), debt in _pairs(opened, wish)]
        more = {"tried_before": earlier, "follow_ups": follow_ups}
        return Stepped(ticket, notes, _next(ticket, wish), more)

    def _permitted(self, ref: str, who: str) -> list[str]:
        """That whoever has permitted a fix is nobody whom the desk knows, in a sentence.

        Raises:
            RefusedError: it is whoever makes the fix.
        """
        from sdcli.policy.people import is_same, names_of  # noqa: PLC0415 - few fixes disturb

        desk = self._desk
        if not who:
            return []
        if is_same(desk.policy, who, desk.by):
            raise RefusedError(
                f"{ref}: {who} cannot permit their own fix; --permission PERSON names somebody "
                "else, and --as NAME says who acts.",
                ref=ref,
                permission=who,
            )
        if names_of(desk.policy, who):
            return []
        return [f"{who} is in no file of the desk: the permission is recorded as it was said."]

    def _owed(self, ref: str, debt: Debt) -> tuple[str, str]:
        """The ticket about what is left to do, opened unless it is open already, and a sentence."""
        from sdcli.intake.items import RequestItem  # noqa: PLC0415 - few fixes leave anything

        desk = self._desk
        parent = desk.ledger.get(ref)
        for link in parent.links:
            if (link.relation, link.why) == ("follow-up", debt.why):
                known = desk.ledger.get(link.to)
                if known.status not in ("resolved", "closed"):
                    return known.ref, f"{known.ref} is open for it already: {debt.why}."
        item = RequestItem(
            summary=debt.summary,
            user=desk.by,
            channel="script",
            type="incident" if debt.kind == "fault" else UNKNOWN,
            service=parent.service,
            feature=parent.feature,
            queue=parent.queue,
            details=f"Follows from {ref}: {parent.summary}",
        )
        new = Arrivals(desk).take_in([item])[0].ticket
        if new is None:
            raise TypeError(f"a request became no ticket: {debt.summary}")
        with desk.ledger.write() as writer:
            onward, back = incident.follow_ups(desk.stamp, parent, new, debt)
            writer.append(writer.get(ref), (onward,))
            writer.append(new, (back,))
        return new.ref, f"{new.ref} is new, in {new.queue}: {debt.why}."

    def tried(self, ref: str) -> TriedList:
        """Everything that was tried, asked or looked up on a ticket, and by whom (R3d1.4).

        Raises:
            NoSuchTicketError: there is no such ticket.
        """
        ticket = self._desk.ledger.get(ref)
        rows = self._tried_on(ticket)
        for other in incident.belonging(ticket):
            with suppress(NoSuchTicketError):  # it may have stayed on another desk
                rows += self._tried_on(self._desk.ledger.get(other))
        return TriedList(ticket, sorted(rows, key=lambda each: each.at))

    def _tried_on(self, ticket: Ticket) -> list[Tried]:
        from sdcli.classifying import Classification  # noqa: PLC0415 - few tickets

        answers = [] if ticket.is_problem else Classification(self._desk).answers_of(ticket)
        return list(incident.tried(ticket, answers))

    def skills(
        self,
        since: datetime | None,
        until: datetime | None,
        only: Callable[[Ticket], bool] | None = None,
    ) -> SkillsReport:
        """Which skills were missing in a period, by person (R3d1.2b)."""
        from sdcli.insight.skills import skills  # noqa: PLC0415 - one report's

        found = filter(only, self._desk.touched(since))
        return skills(found, since=since, until=until)

    def outages(
        self,
        since: datetime | None,
        until: datetime | None,
        only: Callable[[Ticket], bool] | None = None,
    ) -> OutagesReport:
        """The calls of a period that came from planned outages and changes (R3d1.3)."""
        from sdcli.insight.outages import BULLETIN_DAYS, outages  # noqa: PLC0415 - as above
        from sdcli.tickets.query import Query  # noqa: PLC0415
        from sdcli.tickets.words import OPEN_STATUSES, STATUSES  # noqa: PLC0415

        statuses = OPEN_STATUSES if since else STATUSES  # a bulletin that stands is on an open one
        first = since - timedelta(days=BULLETIN_DAYS) if since else None
        found = self._desk.ledger.find(Query(statuses=statuses, touched_since=first))
        schedule = self._desk.policy.schedule
        return outages(found, schedule, since=since, until=until, only=only)


def _pairs(opened: Sequence[tuple[str, str]], wish: Fix) -> list[tuple[tuple[str, str], Debt]]:
    return list(zip(opened, wish.debts, strict=True))


def _known(earlier: Sequence[Tried]) -> list[str]:
    """That the same was tried before, by whom, when, and what came of it."""
    return [
        f"That was tried already by {each.by} at {_at(each.at)}: {each.result or UNKNOWN}."
        for each in earlier
    ]


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _next(ticket: Ticket, wish: Fix) -> list[str]:
    """What usually comes next after a fix that worked."""
    if wish.decision != "attempt" or wish.result != "worked":
        return []
    code = "workaround" if wish.workaround else "solved"
    resumed = [] if ticket.service_restored_at else [f"Next: sdcli fix {ticket.ref} --resumed"]
    return [*resumed, f"Next: sdcli resolve {ticket.ref} --code {code}"]
