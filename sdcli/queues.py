"""The queues of one desk: hand-overs, what lies where, whose turn a ticket is, who has how much.

What `escalate`, `accept`, `return`, `queues`, `next` and `workload` call (R3d2.1, R2c.2a, R6.5). The
steps are in `sdcli.tickets.hand_over`, the order of work in `sdcli.triage.next_up`, the counting in
`sdcli.insight.load`.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import listed
from sdcli.insight.load import AT_WORK, Faced, Load
from sdcli.ledger.again import again
from sdcli.results.queues import NextUp, QueueShown, QueuesShown, Workload
from sdcli.results.tickets import Changed
from sdcli.sla.colour import colour
from sdcli.sla.colour import pressing as pressing_clock
from sdcli.tickets import hand_over, steps
from sdcli.tickets.expectation import due_said
from sdcli.tickets.query import Query, pressing
from sdcli.tickets.words import BREACH
from sdcli.triage.next_up import Lying, is_open_to, ranked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.desk import Desk
    from sdcli.insight.load import PersonLoad
    from sdcli.ledger.interface import Reader
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import HandOver, HandOverGround
    from sdcli.triage.next_up import Choice

WORKLOAD_DAYS = 7
"""So many days back the minutes of a workload are counted."""


class Handing(Struct, frozen=True, kw_only=True):
    """A hand-over as a person wishes it; `items` and `unknown` are of the queue's checklist."""

    to: str
    reason: str
    kind: HandOver | None = None
    ground: HandOverGround | None = None
    items: dict[str, str] = {}
    unknown: tuple[str, ...] = ()

    def with_answers(self, answers: Mapping[str, str]) -> Handing:
        """The same with what was answered; what has no answer is known to nobody."""
        said = {item: text for item, text in answers.items() if text}
        nobody = tuple(item for item in answers if item not in said)
        return replace(self, items=self.items | said, unknown=(*self.unknown, *nobody))


class Queues:
    """The queues of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def _needs(self, queue: str) -> dict[str, str]:
        known = self._desk.policy.teams.queues.get(queue)
        return known.needs if known else {}

    def lacking(self, ticket: Ticket) -> dict[str, str]:
        """What the queue of a ticket needs to know and nobody has said, with what each item means.

        What another queue sent it back for is lacking until somebody says it, and so nothing else.
        Nothing is lacking any more once it is resolved (R3d2.1a).
        """
        back = hand_over.sent_back(ticket)
        needs = self._needs(back[0] if back else ticket.queue)
        found = hand_over.lacks(ticket, needs) if ticket.status in AT_WORK else ()
        return {item: needs[item] for item in found}

    def _spelt(self, handing: Handing) -> Handing:
        """The same with the items as the desk's files spell them.

        Raises:
            NoSuchEntryError: the queue's checklist has no such item.
        """
        needs = self._needs(handing.to)

        def spelt(*names: str) -> tuple[str, ...]:
            return hand_over.require_items(handing.to, needs, names)

        items = {spelt(name)[0]: text for name, text in handing.items.items()}
        return replace(handing, items=items, unknown=spelt(*handing.unknown))

    def open_items(self, ref: str, handing: Handing) -> dict[str, str]:
        """The items of the next team's checklist of which nothing is known, with what each means.

        Raises:
            NoSuchTicketError: there is no such ticket.
            NoSuchEntryError: the checklist has no such item.
            RefusedError: it cannot be handed over at all.
        """
        ticket, handing = self._desk.ledger.get(ref), self._spelt(handing)
        needs = self._needs(handing.to)
        steps.escalate(
            ticket,
            self._desk.stamp,
            to=handing.to,
            reason=handing.reason,
            tiers=self._desk.policy.tier,
            hand_over=handing.kind,
        )
        if ticket.is_problem:
            return {}
        found = hand_over.checklist(
            ticket, handing.to, needs, said=handing.items, unknown=handing.unknown
        )
        return {item: needs[item] for item in found.unsaid}

    def hand_over(self, ref: str, handing: Handing) -> Changed:
        """Hand a ticket to another queue (R3d2.1).

        Raises:
            NoSuchTicketError: there is no such ticket.
            NoSuchEntryError: the checklist of the queue has no such item.
            RefusedError: it lies there, would not go deeper, or lacks what the desk demands.
        """
        from sdcli.notices import Notices  # noqa: PLC0415 - few steps

        desk, handing = self._desk, self._spelt(handing)
        needs = self._needs(handing.to)
        demands = bool(needs) and desk.process.hand_over == "require"
        ticket = desk.change(
            ref,
            hand_over.hand_over,
            to=handing.to,
            reason=handing.reason,
            tiers=desk.policy.tier,
            needs=needs,
            kind=handing.kind,
            ground=handing.ground,
            said=handing.items,
            unknown=handing.unknown,
            demands=demands,
        )
        lacking = self.lacking(ticket)
        notes = [f"  {Notices(desk).responsible(handing.to)}"]
        if lacking:
            wanted = listed([f"{item} ({what})" for item, what in lacking.items()])
            notes.append(f"  {ref} goes without {wanted}.")
        back = hand_over.ping_pong(ticket)
        if back:
            notes.append(f"  {_came_back(back)}")
        return Changed(desk.see(ticket), notes=notes)

    def accept(self, ref: str) -> Changed:
        """Take a ticket on, and hear what is missing of it (R3d2.1a).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: somebody else has it.
        """
        handed: list[bool] = []
        is_theirs: list[bool] = []

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            handed.append(bool(ticket.handed_from))
            is_theirs.append(hand_over.has_accepted(ticket, stamp.by))
            return () if is_theirs[-1] else steps.accept(ticket, stamp)

        ticket = self._desk.change(ref, step)
        lacking = self.lacking(ticket) if any(handed) else {}
        notes = [f"  Nobody has said {item} yet: {what}." for item, what in lacking.items()]
        if is_theirs[-1]:
            notes = [f"{ref} is yours already, {self._desk.by}."]
        return Changed(self._desk.see(ticket), notes=notes, is_new=not is_theirs[-1])

    def send_back(self, ref: str, *, reason: str, missing: tuple[str, ...]) -> Changed:
        """Send a handed-over ticket back, with what it lacks (R3d2.1a).

        Raises:
            NoSuchTicketError: there is no such ticket.
            NoSuchEntryError: the checklist of the queue that returns it has no such item.
            RefusedError: it was not handed over, or was accepted.
        """
        from sdcli.notices import Notices  # noqa: PLC0415 - few steps

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            events = hand_over.returned(ticket, stamp, reason=reason)
            needs = self._needs(ticket.queue)
            items = hand_over.require_items(ticket.queue, needs, missing)
            return (
                hand_over.returned(ticket, stamp, reason=reason, missing=items) if items else events
            )

        ticket = self._desk.change(ref, step)
        back = hand_over.ping_pong(ticket)
        notes = [
            f"  {Notices(self._desk).responsible(ticket.queue)}",
            *([f"  {_came_back(back)}"] * (back > 1)),
        ]
        return Changed(self._desk.see(ticket), notes=notes)

    def board(self) -> QueuesShown:
        """What lies in each queue (R3d2.1c); the ledger is read once."""
        load = Load(self._desk.policy)
        for ticket in self._desk.ledger.find(Query()):
            load.take(self._faced(ticket))
        return QueuesShown(load.queues, self._desk.now)

    def queue(self, name: str) -> QueueShown:
        """What lies in one queue, the most pressing first (R3d2.1c)."""
        load = Load(self._desk.policy)
        tickets = pressing(self._desk.ledger.find(Query(queue=name)))
        faced = [self._faced(ticket) for ticket in tickets]
        for each in faced:
            load.take(each)
        row = next(each for each in load.queues if each.queue == name)
        seen = [(self._desk.see(each.ticket), each.colour, each.overstayed) for each in faced]
        return QueueShown(row, seen, self._needs(name), self._desk.now)

    def workload(self, by: Literal["person", "queue"]) -> Workload:
        """Who has how much, or which queue (R6.5)."""
        desk = self._desk
        since = desk.now - timedelta(days=WORKLOAD_DAYS)
        load = Load(desk.policy, since)
        for ticket in desk.ledger.find(Query(touched_since=since)):
            load.take(self._faced(ticket))
        return Workload(
            by=by,
            people=[self._with_absence(each) for each in load.people],
            queues=load.queues,
            since=since,
            now=desk.now,
        )

    def _with_absence(self, row: PersonLoad) -> PersonLoad:
        """The same with why they are not there today."""
        from sdcli.sla.duty import away  # noqa: PLC0415 - only this looks at the roster

        found = away(self._desk.policy, row.person, int(self._desk.now.timestamp()))
        if row.name and found and found.why == "absent":
            row.away = found.reason
            row.until = datetime.fromtimestamp(found.until, timezone.utc) if found.until else None
        return row

    @cached_property
    def _first_warning(self) -> int:
        return min(self._desk.policy.sla.alerts.warn_at, default=BREACH)

    def _faced(self, ticket: Ticket) -> Faced:
        """A ticket with its colour; what is over has none."""
        if ticket.status not in AT_WORK:
            return Faced(ticket, "none", overstayed=False)
        return Faced(
            ticket,
            colour(self._desk.sla(ticket), self._first_warning),
            overstayed=self._overstays(ticket),
        )

    def _overstays(self, ticket: Ticket) -> bool:
        """Whether the tier that has a ticket has tried for longer than it may (R2c.2b)."""
        box = self._desk.time_box(ticket)
        return box is not None and box.state == "breached"

    @again
    def next(self, queue: str = "", *, take: bool = False) -> NextUp:
        """The ticket that the acting person should work on now, and why (R2c.2a).

        With `take` they have it afterwards: it is chosen and accepted in one unit of work, so that
        two people never get the same.

        Raises:
            LedgerBusyError: the lock was not free in time.
        """
        desk = self._desk
        own = self._own_queues(queue)
        if not take:
            choices = self._choices(desk.ledger, own)
            return self._next(choices, own)
        stamp, _ = desk.stamp, desk.policy
        with desk.ledger.write() as writer:
            choices = self._choices(writer, own)
            if not choices:
                return self._next(choices, own)
            ticket = choices[0].ticket
            is_taken = ticket.assignee == desk.by and not ticket.handed_from
            if not is_taken:
                ticket = writer.append(ticket, steps.accept(ticket, stamp))
        return self._next(choices, own, taken=ticket, was_own=is_taken)

    def _next(
        self,
        choices: list[Choice],
        own: tuple[str, ...],
        taken: Ticket | None = None,
        *,
        was_own: bool = False,
    ) -> NextUp:
        chosen = choices[0] if choices else None
        ticket = taken or (chosen.ticket if chosen else None)
        return NextUp(
            person=self._desk.by,
            queues=own,
            chosen=chosen,
            seen=self._desk.see(ticket) if ticket else None,
            behind=max(len(choices) - 1, 0),
            is_taken=taken is not None and not was_own,
            lacking=self.lacking(ticket) if ticket else {},
        )

    def _own_queues(self, queue: str) -> tuple[str, ...]:
        """The queues in which the acting person looks for work: that one, theirs, or the desk's."""
        teams = self._desk.policy.teams
        if queue:
            return (queue,)
        own = tuple(name for name, each in teams.queues.items() if self._desk.by in each.members)
        return own or (teams.desk.queue,)

    def _choices(self, reader: Reader, own: tuple[str, ...]) -> list[Choice]:
        """What the acting person could work on, the right one first."""
        desk = self._desk
        queries = (
            *(Query(statuses=("new", "in_progress"), queue=each) for each in own),
            Query(statuses=("new", "in_progress"), assignee=desk.by),
        )
        found: dict[str, Ticket] = {}
        for query in queries:
            for ticket in reader.find(query):
                if is_open_to(ticket, desk.by, own) and not self._is_undecided(ticket):
                    found[ticket.ref] = ticket
        return ranked(map(self._lying, found.values()), desk.by, desk.policy)

    def _is_undecided(self, ticket: Ticket) -> bool:
        """Whether nobody may work on it before somebody has decided that it is supported (R2b.2)."""
        if ticket.support is None:
            return False
        from sdcli.tickets.support import blocks  # noqa: PLC0415 - few tickets are unsupported

        return blocks(ticket, self._desk.rooms, self._desk.now)

    def _lying(self, ticket: Ticket) -> Lying:
        sla = self._desk.sla(ticket)
        found, word = pressing_clock(sla), colour(sla, self._first_warning)
        return Lying(
            ticket=ticket,
            target=found[0] if found else "",
            percent=(found[1].percent or 0.0) if found else 0.0,
            at_risk=word in ("near", "breached"),
            breached=word == "breached",
            overstayed=self._overstays(ticket),
            expectation=due_said(ticket, self._desk.now),
        )


def _came_back(times: int) -> str:
    """How often a ticket has come back."""
    often = "once" if times == 1 else f"{times} times"
    return f"It has come back {often} to a queue that it had been in."
