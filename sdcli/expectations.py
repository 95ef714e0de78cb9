"""What the callers of one desk may expect: when it is done, and what they are told (R3d3.2, R7.2).

What `eta` and `tell` call. The steps are in `sdcli.tickets.expectation`, the words for the caller in
`sdcli.notify.letter`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from sdcli.errors import NoSuchTicketError, RefusedError
from sdcli.results.callers import CallerTold, ExpectationDue, ExpectationsDue
from sdcli.results.tickets import Changed
from sdcli.tickets import steps
from sdcli.tickets.expectation import due, expect, expectation
from sdcli.tickets.query import Query, pressing
from sdcli.triage.reclassify import keeper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.knowledge.articles import Article
    from sdcli.sla.clock import Clock
    from sdcli.sla.runs import Target
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket


class Expectations:
    """What the callers of an open desk may expect."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def expect(
        self, ref: str, eta: datetime | None, *, reason: str, told: bool, via: str
    ) -> Changed:
        """Say when the caller may expect it, or that they were told (R3d3.2).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: see `sdcli.tickets.expectation.expect`.
        """
        ticket = self._desk.change(ref, expect, eta=eta, reason=reason, told=told, via=via)
        return Changed(self._desk.see(ticket))

    def due(self) -> ExpectationsDue:
        """The requests whose time has passed, or was not told, and who follows them up (R3d3.2)."""
        desk = self._desk
        statuses = ("new", "in_progress", "waiting")
        found = pressing(
            ticket
            for ticket in desk.ledger.find(Query(statuses=statuses))
            if due(ticket, desk.now) is not None
        )
        rows = [self._due(ticket) for ticket in found]
        return ExpectationsDue([row for row in rows if row], desk.now)

    def _due(self, ticket: Ticket) -> ExpectationDue | None:
        known, wrong = expectation(ticket), due(ticket, self._desk.now)
        if known is None or wrong is None:
            return None
        return ExpectationDue(ticket, known, wrong, keeper(self._desk.policy, ticket))

    def tell(self, ref: str, *, note: bool, send: bool, to: str = "", via: str = "") -> CallerTold:
        """What the caller may be told now; noted as a word to them, or mailed and noted (R7.2).

        Nothing is locked while the program that sends mail runs (T28).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: nobody is there to be told, or no address or program that sends mail.
            SdcliError: the program did not take it; nothing was recorded.
        """
        from sdcli.notify import letter  # noqa: PLC0415 - only what is told
        from sdcli.notify.caller import caller_of  # noqa: PLC0415

        desk, ticket = self._desk, self._desk.ledger.get(ref)
        steps.require("acknowledged", ticket, "tell")
        if not caller_of(ticket) and not to:
            raise RefusedError(
                f"{ref} has no caller who could be told: a machine reported it, or nobody knows who "
                "asked. --send --to MAIL names somebody.",
                ref=ref,
            )
        faces, undecided = self._sla_after(ticket), self._is_undecided(ticket)
        text = letter.letter(
            desk.policy,
            ticket,
            sla=faces,
            now=desk.now,
            undecided=undecided,
            workarounds=[each.workaround for each in self._known_errors(ticket)],
        )
        address = self._mail(ticket, to, text) if send else ""
        if note or send:
            said = letter.body(desk.policy, ticket, sla=faces, now=desk.now, undecided=undecided)
            ticket = desk.change(
                ref,
                _told,
                text=" ".join(said),
                via="mail" if send else via,
                now=desk.now,
                sent_to=address,
            )
        return CallerTold(seen=desk.see(ticket), text=text, sent_to=address, noted=note or send)

    def _sla_after(self, ticket: Ticket) -> dict[Target, Clock]:
        """The clocks as they will stand once the caller was told: when they must hear again."""
        from sdcli.tickets.ticket import advance  # noqa: PLC0415 - only what is told

        said = steps.note(ticket, self._desk.stamp, text="told", visible=True)
        return self._desk.sla(advance(ticket, said))

    def _is_undecided(self, ticket: Ticket) -> bool:
        if ticket.support is None:
            return False
        from sdcli.tickets.support import blocks  # noqa: PLC0415 - few tickets are unsupported

        return blocks(ticket, self._desk.rooms, self._desk.now)

    def _mail(self, ticket: Ticket, to: str, text: str) -> str:
        """The address that the text was mailed to; in a rehearsal nothing leaves the desk.

        Raises:
            RefusedError: there is no address, or no program; or a machine wrote the request (T21).
        """
        from sdcli.intake import confirmation  # noqa: PLC0415 - only what is mailed
        from sdcli.notify.caller import caller_of, mail_of, wrote_a_machine  # noqa: PLC0415

        policy = self._desk.policy
        if wrote_a_machine(ticket) and not to:
            raise RefusedError(
                f"{ticket.ref} came by a mail that a machine wrote; those are never answered.",
                ref=ticket.ref,
            )
        given = to or mail_of(policy, ticket, caller_of(ticket))
        address = confirmation.address_for(policy, ticket, given) if given else ""
        if not address:
            raise RefusedError(
                f"{ticket.ref} has no mail address to send to; --to MAIL names one.", ref=ticket.ref
            )
        confirmation.require_program(policy)
        if not self._desk.rehearses:
            self._desk.ledger.require_agreed()
            confirmation.deliver(policy, ticket, address, text, self._desk.now)
        return address

    def _known_errors(self, ticket: Ticket) -> Iterator[Article]:
        """The articles of the known errors behind a ticket that callers may rely on."""
        from sdcli.knowledge.articles import article  # noqa: PLC0415 - few tickets have a problem

        today = str(self._desk.today) if ticket.problems else ""
        for ref in ticket.problems:
            with suppress(NoSuchTicketError):
                problem = self._desk.ledger.get(ref)
                if not problem.known_error:
                    continue
                found = article(self._desk.root, problem.known_error)
                is_sound = not (found.is_retired or found.is_expired(today))
                if found.audience == "user" and found.workaround and is_sound:
                    yield found


def _told(
    ticket: Ticket, stamp: Stamp, *, text: str, via: str, now: datetime, sent_to: str = ""
) -> tuple[AnyEvent, ...]:
    """The caller was told; of a time that they did not know, too."""
    if due(ticket, now) == "untold":
        return expect(ticket, stamp, eta=None, told=True, via=via, text=text, sent_to=sent_to)
    return steps.note(ticket, stamp, text=text, visible=True, sent_to=sent_to)
