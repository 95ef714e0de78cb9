"""The caller of a request, and whether a message can reach them at all (R5b.3, T21)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import RefusedError
from sdcli.policy.check_routes import BRACED
from sdcli.policy.people import known
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.policy.routes import Route
    from sdcli.tickets.ticket import Ticket


def caller_of(ticket: Ticket) -> str:
    """The person who asked; empty if a machine did, or nobody knows who."""
    person = ticket.opening.on_behalf_of or ticket.requester
    asked = person != UNKNOWN and ticket.opening.alert is None
    return person if asked else ""


def is_reachable(policy: Policy, ticket: Ticket, route: Route | None) -> bool:
    """Whether the caller can be told by a route, as far as is known when it is said.

    What a URL names is not known here: it may lead to a phone as well as to a mailbox.
    """
    if wrote_a_machine(ticket):
        return False
    person = caller_of(ticket)
    facts = {"mail": mail_of(policy, ticket, person), "phone": _phone_of(policy, ticket, person)}
    if route is None or route.via != "command":
        return any(facts.values())
    wanted = {name for argument in route.command for name in BRACED.findall(argument)}
    return all(told for name, told in facts.items() if name in wanted)


def wrote_a_machine(ticket: Ticket) -> bool:
    """Whether the request came in a mail that a machine wrote: it is not answered."""
    message = ticket.opening.message
    return bool(message and message.automatic)


def mail_of(policy: Policy, ticket: Ticket, person: str) -> str:
    """The address by which a caller is answered; empty where there is none that somebody reads.

    It is the one that a confirmation would go to: never the desk's own.
    """
    from sdcli.intake.confirmation import address_for  # noqa: PLC0415 - only callers' messages

    found = known(policy, person)
    given = "" if person == ticket.requester or not found else found.contact.mail
    if person != ticket.requester and not given:
        return ""
    try:
        own = address_for(policy, ticket, given)
    except RefusedError:
        return ""
    return own or (found.contact.mail if found else "")


def _phone_of(policy: Policy, ticket: Ticket, person: str) -> str:
    found = known(policy, person)
    if found:
        return found.contact.phone
    return ticket.opening.phone if person == ticket.requester else ""
