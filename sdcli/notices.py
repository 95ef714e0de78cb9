"""Who is to know at one desk: who is on duty, what waits to be seen, and what is owed to people.

What `sdcli notices`, `on-call` and `sla deliver`, `deliveries` and `test-route` call. Who is on
duty is in `sdcli.sla.duty`, what brings something to people in `sdcli.notify`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.ledger.again import again

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.notify.deliver import Office
    from sdcli.notify.outcome import Pending, Run, Sent
    from sdcli.results.people import Duties
    from sdcli.results.triage import Waiting
    from sdcli.tickets.ticket import Ticket


class Notices:
    """What people are to know of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def of(self, person: str) -> list[Waiting]:
        """What waits to be seen by somebody, or by everybody if `person` is empty.

        Changed classifications, and articles that made things worse. The newest tickets first;
        for everybody, by person (R3d1.5a, R4.1). What waits for somebody who left falls to the
        desk's lead.
        """
        rows = [
            self._waiting(ticket, each) for ticket, names in self.noticed(person) for each in names
        ]
        return rows if person else sorted(rows, key=lambda row: row.person)

    def noticed(
        self, person: str, most: int | None = None
    ) -> Iterator[tuple[Ticket, tuple[str, ...]]]:
        """The tickets with notices for somebody, or anybody; and the names that they wait for.

        With `most`, no more than so many are read for a person.
        """
        from sdcli.tickets import keys  # noqa: PLC0415 - who is on duty needs less
        from sdcli.triage.reclassify import fallen_to, takes_over  # noqa: PLC0415

        if not person:
            yield from ((each, each.notices) for each in self._desk.ledger.having(keys.NOTICES))
            return
        key = keys.NOTICES if takes_over(self._desk.policy, person) else keys.notice(person)
        for ticket in self._desk.ledger.having(key, most=most):
            mine = (person, *fallen_to(self._desk.policy, person, ticket.notices))
            names = tuple(each for each in ticket.notices if each in mine)
            if names:
                yield ticket, names

    @staticmethod
    def _waiting(ticket: Ticket, person: str) -> Waiting:
        from sdcli.knowledge.outcomes import harm_unseen  # noqa: PLC0415
        from sdcli.results.triage import Waiting  # noqa: PLC0415 - as above
        from sdcli.triage.reclassify import waiting_for  # noqa: PLC0415

        return Waiting(ticket, person, waiting_for(ticket, person), harm_unseen(ticket, person))

    @again
    def take_notices(self, refs: Sequence[str], note: str) -> list[Waiting]:
        """Record that the acting person has seen changes, of all these tickets or of none.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: one of them has nothing that waits for the acting person.
        """
        from msgspec.structs import replace  # noqa: PLC0415 - as above

        from sdcli.tickets.steps import take_notice  # noqa: PLC0415
        from sdcli.triage.reclassify import fallen_to  # noqa: PLC0415

        stamp, _, taken = self._desk.stamp, self._desk.policy, []
        with self._desk.ledger.write() as writer:
            for ref in dict.fromkeys(refs):
                ticket = writer.get(ref)
                fallen = fallen_to(self._desk.policy, stamp.by, ticket.notices)
                events = take_notice(ticket, stamp, note=note, instead_of=fallen)
                before = [self._waiting(ticket, each) for each in (stamp.by, *fallen)]
                after = writer.append(ticket, events)
                taken += [
                    replace(each, ticket=after) for each in before if each.person in ticket.notices
                ]
        return taken

    def responsible(self, queue: str) -> str:
        """Who is responsible in a queue now, in a sentence (R3d2.1b)."""
        from sdcli.sla.duty import responsible  # noqa: PLC0415 - as above

        return responsible(self._desk.policy, queue, int(self._desk.now.timestamp()))

    def duties(self, queue: str | None, at: datetime | None, weeks: int) -> Duties:
        """Who is on duty at an instant, for one queue or all, and the shifts of the weeks after."""
        from sdcli.results.people import Duties  # noqa: PLC0415 - as above
        from sdcli.sla.duty import duty_manager, manager_spans, on_call, queue_spans  # noqa: PLC0415

        policy, start = self._desk.policy, int((at or self._desk.now).timestamp())
        queues = (queue,) if queue else tuple(policy.teams.queues)
        end = start + weeks * 7 * 24 * 3600
        named = [name for name in queues if policy.teams.queues[name].has_on_call] if weeks else []
        shifts = [(name, span) for name in named for span in queue_spans(policy, name, start, end)]
        shifts += [("", span) for span in (manager_spans(policy, start, end) if weeks else ())]
        return Duties(
            at=start,
            zone=self._desk.zone,
            queues={name: on_call(policy, name, start) for name in queues},
            manager=duty_manager(policy, start),
            shifts=shifts,
            people=policy.teams.technicians,
        )

    @property
    def _office(self) -> Office:
        from sdcli.notify.deliver import Office  # noqa: PLC0415 - as above

        return Office(
            self._desk.policy, self._desk.root, self._desk.environment, lambda: self._desk.stamp
        )

    def deliver(self, *, again: bool = False) -> Run:
        """Bring alerts to people by the routes of the policy: what is due now (R5b.2).

        `again`: what was given up as well, and what is not due yet.
        """
        from sdcli.notify.outcome import Run  # noqa: PLC0415 - as above
        from sdcli.tickets import keys  # noqa: PLC0415

        if not again and next(self._desk.ledger.having(keys.UNDELIVERED, most=1), None) is None:
            return Run()  # as most runs of `sla-check` find it
        from sdcli.notify.deliver import deliver  # noqa: PLC0415 - only what is owed

        return deliver(self._desk.ledger, self._office, again=again)

    def tell_failures(self, outcomes: Iterable[Sent]) -> None:
        """Tell what could not be brought to somebody, when that is new or final."""
        for each in outcomes:
            if each.is_news:
                self._desk.tell(each.failure())
            for note in each.notes if each.attempt == 1 else ():
                self._desk.tell(f"A message went out in the built-in words: {note}")

    def pending(self) -> list[Pending]:
        """What is owed to people, and what could not be brought to them (R5b.2)."""
        from sdcli.notify.deliver import pending  # noqa: PLC0415 - as above

        return pending(self._desk.ledger, self._office)

    def test_route(self, name: str, person: str) -> Sent:
        """Send a test message by a route now, and say what happened; nothing is recorded.

        Raises:
            NoSuchEntryError: there is no such route.
        """
        from sdcli.notify.trial import trial  # noqa: PLC0415 - as above

        return trial(self._office, name, person)

    def undelivered(self) -> tuple[int, int]:
        """How many alerts wait for another attempt or their first, and how many were given up."""
        from sdcli.tickets import keys  # noqa: PLC0415 - as above

        owed = sum(len(ticket.undelivered) for ticket in self._desk.ledger.having(keys.UNDELIVERED))
        lost = sum(len(ticket.given_up) for ticket in self._desk.ledger.having(keys.GIVEN_UP))
        return owed, lost
