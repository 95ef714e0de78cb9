"""The queues of one desk: hand-overs, what lies where, whose turn a ticket is, who has how much.

What `escalate`, `accept`, `return`, `queues`, `next` and `workload` call (R3d2.1, R2c.2a, R6.5). The
steps are in `sdcli.tickets.hand_over`, the order of work in `sdcli.triage.next_up`, the counting in
`sdcli.insight.load`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli import results
from sdcli.tickets import hand_over, steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.desk import Desk
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import HandOver, HandOverGround


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

    def hand_over(self, ref: str, handing: Handing) -> results.Changed:
        """Hand a ticket to another queue (R3d2.1).

        Raises:
            NoSuchTicketError: there is no such ticket.
            NoSuchEntryError: the checklist of the queue has no such item.
            RefusedError: it lies there, would not go deeper, or lacks what the desk demands.
        """
        desk, handing = self._desk, self._spelt(handing)
        needs = self._needs(handing.to)
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
            demands=bool(needs) and desk.process.hand_over == "require",
        )
        lacking = hand_over.lacks(ticket, needs)
        notes = [f"  {desk.responsible(handing.to)}"]
        if lacking:
            notes.append(f"  {hand_over.lacking_said(ref, lacking, needs)}")
        back = hand_over.ping_pong(ticket)
        if back:
            notes.append(f"  {_came_back(back)}")
        return results.Changed(desk.see(ticket), notes=notes)

    def accept(self, ref: str) -> results.Changed:
        """Take a ticket on, and hear what is missing of it (R3d2.1a).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: somebody else has it.
        """
        handed: list[bool] = []

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            handed.append(bool(ticket.handed_from))
            return steps.accept(ticket, stamp)

        ticket = self._desk.change(ref, step)
        needs = self._needs(ticket.queue)
        lacking = hand_over.lacks(ticket, needs) if any(handed) else ()
        notes = [f"  Nobody has said {item} yet: {needs[item]}." for item in lacking]
        return results.Changed(self._desk.see(ticket), notes=notes)

    def send_back(self, ref: str, *, reason: str, missing: tuple[str, ...]) -> results.Changed:
        """Send a handed-over ticket back, with what it lacks (R3d2.1a).

        Raises:
            NoSuchTicketError: there is no such ticket.
            NoSuchEntryError: the checklist of the queue that returns it has no such item.
            RefusedError: it was not handed over, or was accepted.
        """

        def step(ticket: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            events = hand_over.returned(ticket, stamp, reason=reason)
            needs = self._needs(ticket.queue)
            items = hand_over.require_items(ticket.queue, needs, missing)
            return hand_over.returned(ticket, stamp, reason=reason, missing=items) if items else events

        ticket = self._desk.change(ref, step)
        back = hand_over.ping_pong(ticket)
        notes = [f"  {self._desk.responsible(ticket.queue)}", *([f"  {_came_back(back)}"] * (back > 1))]
        return results.Changed(self._desk.see(ticket), notes=notes)


def _came_back(times: int) -> str:
    """How often a ticket has come back, and what usually helps."""
    often = "once" if times == 1 else f"{times} times"
    return f"It has come back {often} to a queue that it had been in."
