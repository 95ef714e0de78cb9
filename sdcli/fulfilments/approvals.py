"""Who has agreed to a fulfilment, or has not: what `sdcli approve` and `reject` call (R3b.2, R3c2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.fulfilment import permission, walk
from sdcli.fulfilment.state import followed
from sdcli.fulfilments.leave import Leave
from sdcli.fulfilments.offers import Offers
from sdcli.fulfilments.search import Search
from sdcli.fulfilments.told import Told
from sdcli.tickets.event import ApprovalDecided
from sdcli.tickets.lifecycle import require

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.policy.procedures import Instructions
    from sdcli.results.tickets import Changed
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

Decision: TypeAlias = Literal["approved", "rejected"]


class Approvals:
    """The decisions on fulfilments of an open desk."""

    def __init__(self, desk: Desk, offers: Offers | None = None) -> None:
        self._desk = desk
        self._offers = offers or Offers(desk)
        self._leave = Leave(desk)
        self._told = Told(desk, self._offers)
        self._search = Search(desk, self._offers)

    def decide(
        self, ref: str, given: str, decision: Decision, *, person: str, reason: str
    ) -> Changed:
        """Record that somebody who may has agreed to it, or not (R3b.2, R3c2.2).

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, procedure or person.
            RefusedError: nobody needs to agree, or this person may not; it says who may.
        """
        desk, policy = self._desk, self._desk.policy
        command = "approve" if decision == "approved" else "reject"
        ticket = desk.ledger.get(ref)
        require(ref, ticket.status, "approval_decided", ticket.record, command)
        what = self._decided_on(ticket, given, command)
        if what.authorisation is None:
            raise RefusedError(
                f"{what.id} needs nobody to agree: `sdcli fulfil {ref} {what.id}` begins it.",
                ref=ref,
                procedure=what.id,
            )
        who = self._person(person or desk.by)
        authority = permission.require_decider(policy, self._leave.whose(ticket), what, who)
        if who != self._person(desk.by, must=False):
            from sdcli.policy.authority import require_may  # noqa: PLC0415 - only for others

            doing = "record what others have decided"
            require_may(policy, desk.process, desk.by, "decide-for-others", doing)

        def step(now: Ticket, stamp: Stamp) -> tuple[AnyEvent, ...]:
            known = walk.decision(now.standing, what.id)
            procedure = walk.edition(what)
            if known and (known.decision, known.person, known.procedure, known.reason) == (
                *(decision, who, procedure),
                reason or known.reason,
            ):
                return ()
            event = ApprovalDecided(
                *stamp.mark(),
                procedure=procedure,
                decision=decision,
                person=who,
                authority=authority,
                reason=reason,
            )
            return (event,)

        after = desk.change(ref, step)
        return self._after_decision(ticket, after, what, decision, who)

    def _decided_on(self, ticket: Ticket, given: str, command: str) -> Instructions:
        """What is decided on: what is named, what is followed or was chosen, or what is sure."""
        chosen = given or followed(ticket)
        if chosen:
            return self._offers.named(chosen)
        sought = self._search.sought(ticket, "", command)
        if sought.what is None:
            raise RefusedError(
                f"No procedure fits {ticket.ref}, so there is nothing to decide on. Name it: "
                f"`sdcli {command} {ticket.ref} PROCEDURE --by PERSON`.",
                ref=ticket.ref,
            )
        return sought.what

    def _after_decision(
        self, before: Ticket, ticket: Ticket, what: Instructions, decision: Decision, who: str
    ) -> Changed:
        from sdcli.results.tickets import Changed  # noqa: PLC0415 - as elsewhere

        ref, notes = ticket.ref, list[str]()
        is_new = len(ticket.events) > len(before.events)
        if not is_new:
            notes.append(f"{who} has {decision} {what.id} for {ref} already.")
        if decision == "approved":
            hints = [f"Next: sdcli fulfil {ref} {what.id}"]
        elif walk.running(ticket.standing):
            hints = [f"Next: sdcli fulfil {ref} --abandon   # it goes no further"]
        else:
            has = "declined" in self._desk.policy.vocabulary.closure_code
            code = "declined" if has else "CODE"
            hints = [f"Next: sdcli close {ref} --code {code} --unconfirmed 'rejected by {who}'"]
        return Changed(
            self._desk.see(ticket),
            notes=notes,
            hints=hints,
            is_new=is_new,
            fulfilment=self._told.state(ticket),
        )

    def _person(self, given: str, *, must: bool = True) -> str:
        """The id of a contact or technician.

        Raises:
            NoSuchEntryError: the desk knows nobody like that.
        """
        from sdcli.policy.people import known  # noqa: PLC0415 - only decisions

        policy = self._desk.policy
        found = known(policy, given)
        if found is None and must:
            everybody = (*policy.contacts.people, *policy.teams.technicians)
            place = "catalog/people.yaml or catalog/teams.yaml"
            raise NoSuchEntryError("contact or technician", given, everybody, place)
        return found.id if found else given
