"""How the tickets of one desk belong together: links, follow-ups, splits and merges (R7.3, T24).

What `sdcli link`, `unlink`, `follow-up`, `split` and `merge` call. Both tickets are changed in one
unit of work. The steps are in `sdcli.tickets.linking`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.ledger.again import again
from sdcli.policy.model import SCHEDULE
from sdcli.policy.model import require as require_entry
from sdcli.results.tickets import Changed
from sdcli.tickets import linking
from sdcli.tickets.relations import INVERSE, OWED, SAYS, is_ref, linked, require_unmerged, sources
from sdcli.tickets.steps import require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sdcli.desk import Desk
    from sdcli.intake.items import RequestItem
    from sdcli.ledger.interface import Writer
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.linking import Pair
    from sdcli.tickets.relations import Relation
    from sdcli.tickets.ticket import Ticket


class Part(Struct, frozen=True, kw_only=True):
    """What a new ticket that belongs to another one is about; what is empty comes from the other."""

    summary: str
    queue: str = ""
    assignee: str = ""
    type: str = ""
    service: str = ""
    details: str = ""


class Relating:
    """The relations between the tickets of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @again
    def link(self, ref: str, relation: Relation, to: str, because: str) -> Changed:
        """Say what another ticket, or a change of the schedule, is to a ticket (R7.3).

        Raises:
            NoSuchTicketError: there is no such ticket; nothing was recorded.
            NoSuchEntryError: it is no ticket, and there is no such change.
            RefusedError: it cannot be that: it would be a circle, a second parent, or itself.
        """
        desk, stamp, policy = self._desk, self._desk.stamp, self._desk.policy
        with desk.ledger.write() as writer:
            one = writer.get(ref)
            if not is_ref(to):
                require_entry(to, "ticket or change", policy.schedule.changes, SCHEDULE)
                events = linking.link_change(one, to, stamp, relation=relation, why=because)
                after = writer.append(one, events) if events else one
            else:
                other = writer.get(to)
                pair = linking.link(one, other, stamp, relation=relation, why=because)
                linking.require_no_circle(one, relation, other, writer.get)
                after = _both(writer, one, other, pair)
        new = after is not one
        said = f"{ref} {SAYS[relation]} {to}"
        return Changed(desk.see(after), [] if new else [f"{said} already."], is_new=new)

    @again
    def unlink(self, ref: str, relation: Relation, to: str, because: str) -> Changed:
        """Take back what another is to a ticket, on both sides.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is not that.
        """
        desk, stamp, _ = self._desk, self._desk.stamp, self._desk.policy
        with desk.ledger.write() as writer:
            one = writer.get(ref)
            other = writer.get(to) if is_ref(to) else None
            event = linking.unlink(one, to, stamp, relation=relation, why=because)
            after = writer.append(one, (event,))
            if other is not None and ref in linked(other, INVERSE[relation]):
                back = linking.unlink(other, ref, stamp, relation=INVERSE[relation], why=because)
                writer.append(other, (back,))
        return Changed(desk.see(after))

    def split(self, ref: str, part: Part) -> Changed:
        """Open a ticket for a part of what another asked for, for the same caller (R1b.1).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it was merged, or is a problem.
        """
        return self._belonging(ref, part, "split", self._same_caller, linking.split)

    def follow_up(self, ref: str, part: Part, owes: str) -> Changed:
        """Open a ticket for what is owed after another one (R3d1.6, R4.3).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it was merged, or is a problem.
        """

        def pair(one: Ticket, new: Ticket, stamp: Stamp) -> Pair:
            return linking.owe(one, new, stamp, owed=owes)

        found = self._belonging(ref, part, "follow-up", self._of_the_desk, pair)
        says = f"{ref} cannot be closed before it: {OWED.get(owes, owes)}."
        is_over = self._desk.ledger.get(ref).is_closed
        return Changed(found.seen, () if is_over else (says,))

    @again
    def _belonging(
        self,
        ref: str,
        part: Part,
        command: str,
        item_of: Callable[[Ticket, Part], RequestItem],
        pair_of: Callable[[Ticket, Ticket, Stamp], Pair],
    ) -> Changed:
        """A new ticket that belongs to another one, with both links, in one unit of work."""
        from sdcli.intake.record import opened_by_request  # noqa: PLC0415 - imports the intake
        from sdcli.tickets.event import Assigned  # noqa: PLC0415 - as above

        desk, stamp, policy = self._desk, self._desk.stamp, self._desk.policy
        desk.keep_levels()
        with desk.ledger.write() as writer:
            one = writer.get(ref)
            require("linked", one, command)
            require_unmerged(one)
            new = writer.create((opened_by_request(policy, stamp, item_of(one, part)),))
            if part.assignee:
                given = Assigned(*stamp.mark(), to=part.assignee, queue=new.queue)
                new = writer.append(new, (given,))
            pair = pair_of(one, new, stamp)
            writer.append(one, pair.of_one)
            new = writer.append(new, pair.of_other)
        return Changed(desk.see(new), [f"{new.ref} was opened in {new.queue}: {new.summary}"])

    def _same_caller(self, one: Ticket, part: Part) -> RequestItem:
        from sdcli.intake.items import RequestItem  # noqa: PLC0415 - as above

        opening = one.opening
        return RequestItem(
            summary=part.summary,
            user=opening.requester,
            phone=opening.phone,
            mail=opening.mail,
            on_behalf_of=opening.on_behalf_of,
            channel=opening.channel,
            type=part.type or one.type,
            service=part.service or one.service,
            feature="" if part.service else one.feature,
            details=part.details,
            unit=opening.unit,
            site=opening.site,
            queue=part.queue or one.queue,
        )

    def _of_the_desk(self, one: Ticket, part: Part) -> RequestItem:
        """What is owed is work of the desk's own: nobody called for it."""
        from sdcli.intake.items import RequestItem  # noqa: PLC0415 - as above

        return RequestItem(
            summary=part.summary,
            user=self._desk.by,
            service=one.service,
            feature=one.feature,
            details=part.details,
            queue=part.queue or one.queue,
        )

    @again
    def spin_off(self, ref: str, follow_up: str, because: str) -> Changed:
        """Let a follow-up go its own way, so that its ticket can be closed without it (R4.3).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is no follow-up of this one.
        """
        desk, stamp, _ = self._desk, self._desk.stamp, self._desk.policy
        with desk.ledger.write() as writer:
            one, other = writer.get(ref), writer.get(follow_up)
            after = _both(writer, one, other, linking.spin_off(one, other, stamp, why=because))
        return Changed(desk.see(after))

    @again
    def merge(self, refs: Sequence[str], into: str, because: str) -> Changed:
        """Let tickets go on in another one, all of them or none (T24).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: the person may not, or one of them cannot be merged.
        """
        from sdcli.policy.authority import require_may  # noqa: PLC0415 - few commands ask

        desk, stamp, policy = self._desk, self._desk.stamp, self._desk.policy
        require_may(policy, desk.process, desk.by, "merge", "merge tickets")
        notes: list[str] = []
        with desk.ledger.write() as writer:
            sources = [writer.get(ref) for ref in dict.fromkeys(refs)]
            target = writer.get(into)
            for source in sources:
                pair = linking.merge(source, target, stamp, writer.get, why=because)
                writer.append(source, pair.of_one)
                target = writer.append(target, pair.of_other)
                notes.append(
                    f"{source.ref} was merged into {into}; `sdcli undo {source.ref}` takes it back."
                    + (" Its bulletin has ended." if source.bulletin else "")
                )
        if target.status == "resolved":
            notes.append(f"{into} is resolved: `sdcli reopen {into} --reason WHY` if it is not.")
        return Changed(desk.see(target), notes)


def others(desk: Desk, ticket: Ticket) -> dict[str, Ticket]:
    """The tickets that a ticket is linked to, that go on in it, or in which it goes on."""
    refs = [link.to for link in ticket.links if is_ref(link.to)]
    refs += sources(ticket)
    refs += [ticket.merged_into] if ticket.merged_into else []
    return {ref: desk.ledger.get(ref) for ref in dict.fromkeys(refs)}


def _both(writer: Writer, one: Ticket, other: Ticket, pair: Pair) -> Ticket:
    """The ticket after both sides were written; itself if there was nothing to write."""
    if pair.of_other:
        writer.append(other, pair.of_other)
    return writer.append(one, pair.of_one) if pair.of_one else one
