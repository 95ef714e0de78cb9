"""Whether a fulfilment may begin: who may, who is entitled, and who has agreed (R3b.2, R3c2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import RefusedError
from sdcli.fulfilment import permission, walk
from sdcli.fulfilment.permission import made_for

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.ticket import Ticket


class Leave:
    """What must be so before something is followed on an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def whose(self, ticket: Ticket) -> Ticket:
        """The ticket with the caller of the one that it is a work order of: who gets what is made.

        Whoever hands work on asks for nothing themselves (R3c2.2, R3c2.3).
        """
        return made_for(ticket, self._desk.ledger.get)

    def deciders(self, ticket: Ticket, what: Instructions) -> dict[str, str]:
        """Who may agree to it, each with what gives them the right; none where nobody need."""
        return permission.deciders(self._desk.policy, self.whose(ticket), what)

    def require_ready(self, ticket: Ticket, what: Instructions) -> tuple[str, ...]:
        """Refuse to begin what may not be begun; what is only to be told is given.

        Raises:
            RefusedError: the acting person may not carry it out, whoever gets it is not entitled,
                it has expired and is blocked, or nobody has agreed.
        """
        policy = self._desk.policy
        permission.require_authorised(policy, ticket, what, self._desk.by)
        unknown = permission.require_entitled(policy, self.whose(ticket), what)
        expired = self._expiry(ticket, what)
        self.require(ticket, what)
        return unknown, expired

    def require(self, ticket: Ticket, what: Instructions) -> None:
        """Refuse what nobody has agreed to who may (R3b.2).

        Raises:
            RefusedError: it waits for a decision, or was rejected, or agreed to as it was before.
        """
        if what.authorisation is None:
            return
        decided = walk.decision(ticket.standing, what.id)
        ref, who = ticket.ref, permission.who_could(self._desk.policy, self.whose(ticket), what)
        approve = f"`sdcli approve {ref} {what.id} --by PERSON` records it."
        if decided is None:
            raise RefusedError(
                f"{what.id} needs somebody to agree for {ref} before it begins. {who} {approve}",
                ref=ref,
                procedure=what.id,
                able=list(permission.deciders(self._desk.policy, self.whose(ticket), what)),
            )
        if decided.decision == "rejected":
            why = f": {decided.reason}" if decided.reason else ""
            raise RefusedError(
                f"{decided.person} has rejected {what.id} for {ref}{why}. `sdcli close {ref} "
                "--code declined --unconfirmed WHY` declines it.",
                ref=ref,
                procedure=what.id,
            )
        if decided.procedure.revision != what.revision:
            raise RefusedError(
                f"{decided.person} has approved {what.id} for {ref} as it was before: it says "
                f"something else by now. {who} {approve}",
                ref=ref,
                procedure=what.id,
            )

    def _expiry(self, ticket: Ticket, what: Instructions) -> str:
        """What is to be said of a procedure past its date.

        Raises:
            RefusedError: the desk's rules block it (R3b.2a).
        """
        if not what.is_expired(str(self._desk.today)):
            return ""
        if self._desk.process.expired == "block":
            raise RefusedError(
                f"{what.id} has expired on {what.expires}, and catalog/process.yaml blocks it for "
                f"{ticket.ref}: {what.owner} or {what.second_owner} looks it through and sets "
                "another date.",
                ref=ticket.ref,
                procedure=what.id,
            )
        return f"it has expired on {what.expires}"
