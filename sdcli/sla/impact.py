"""What a ticket does to the business, in one sentence for those who do not know its codes (R5b.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

_ONE = 1
_HINDERED = {
    "high": "a whole site, a department or customers cannot work",
    "medium": "a team or an important person cannot work",
    "low": "one person is hindered",
}
_URGENT = {
    "high": "work has stopped",
    "medium": "work goes on with difficulty",
    "low": "it can wait for a planned moment",
}
_WAYS_ROUND = {"none": "there is no way round it", "hard": "the way round it is hard"}
_PRESSING = {
    "P1": "it goes before everything else",
    "P2": "it goes before all but the gravest",
}


def impact_sentence(ticket: Ticket, policy: Policy) -> str:
    """One sentence without codes: the service, the process, who is hindered, and how pressing it is.

    By what was said of it, else by the impact that was given; if nothing is known, it says so.
    """
    known = ticket.assessment
    said = (
        _people(ticket, policy),
        _process(ticket, policy),
        _WAYS_ROUND.get(known.workaround or "", "") or _URGENT.get(ticket.urgency, ""),
        _PRESSING.get(ticket.priority, ""),
    )
    told = [each for each in said if each]
    if not any(said[:3]):
        told.insert(0, "what it does to the business is not known yet")
    return f"{_about(ticket, policy)}: {', '.join(told)}."


def _about(ticket: Ticket, policy: Policy) -> str:
    """The service as callers know it."""
    service = policy.service(ticket.service)
    return service.name if service else "A service that is not known yet"


def _people(ticket: Ticket, policy: Policy) -> str:
    """How many are hindered, and which group; else what the impact means."""
    known = ticket.assessment
    group = policy.classification.groups.get(known.who) if known.who else None
    of_group = f" ({group.name})" if group else ""
    if known.people is not None:
        one = known.people == _ONE
        return f"{known.people} {'person' if one else 'people'} cannot work{of_group}"
    if group:
        return f"hindered: {group.name}"
    return _HINDERED.get(ticket.impact, "") if ticket.impact != UNKNOWN else ""


def _process(ticket: Ticket, policy: Policy) -> str:
    """The process that stands still."""
    named = ticket.assessment.process
    process = policy.classification.processes.get(named) if named else None
    return f"the process {process.name} is hit" if process else ""
