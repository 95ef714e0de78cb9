"""A draft of an article from a ticket: what was tried becomes the steps (R6.3).

Nothing that tells who called gets into a draft: the fields of the caller are left out, and every
text is without them; see `sdcli.knowledge.callers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from sdcli.knowledge.articles import Area
from sdcli.knowledge.callers import scrubber
from sdcli.tickets.event import Closed, Noted, Resolved
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket


def of_ticket(ticket: Ticket, policy: Policy) -> dict[str, Any]:
    """The fields of the template that a ticket can fill; the others are not there."""
    without_callers = scrubber([ticket], policy)

    def clean(text: str) -> str:
        return legible(without_callers(text))

    details = ticket.request
    said = (
        details.failed,
        f"Expected: {details.expected}" if details.expected else "",
        details.evidence,
        details.steps and f"To bring it about: {details.steps}",
    )
    symptoms = [clean(each) for each in said if each.strip()]
    service = policy.service(ticket.service)
    found: dict[str, Any] = {
        "title": " ".join(clean(ticket.summary).split()),
        "type": "" if ticket.type == UNKNOWN else ticket.type,
        "services": (ticket.service,) if service else (),
        "area": service.area if service and service.area in get_args(Area) else "",
        "owner": service.queue if service else ticket.queue,
        "symptoms": tuple(dict.fromkeys(symptoms))
        or (clean(ticket.opening.details or ticket.summary),),
        "steps": tuple(clean(each) for each in _done(ticket)),
        "verification": clean(details.success),
    }
    return {name: value for name, value in found.items() if value}


def legible(text: str) -> str:
    """A text as desk files may hold it: without control characters, and hidden ones."""
    lines = text.replace("\r\n", "\n").expandtabs(4)
    return "".join(each if each.isprintable() or each == "\n" else " " for each in lines).strip()


def _done(ticket: Ticket) -> Iterator[str]:
    """What was noted and how it was solved, in order; each text once."""
    texts = (
        event.text if isinstance(event, Noted) else event.note
        for event in ticket.standing
        if isinstance(event, Noted | Resolved | Closed)
    )
    return iter(dict.fromkeys(text.strip() for text in texts if text.strip()))
