"""What is owed: which alert goes to whom by which route, and how often it was tried (R5b.2-3).

When an alert is said, `chosen` says who is to get it and by which routes; that is kept with the
event. What of it is still owed is a fold of events, so nothing is stored beside the ledger and
nothing is lost when a machine stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.notify.caller import caller_of, is_reachable
from sdcli.tickets.event import Delivered, SlaAlerted
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket

Audience: TypeAlias = Literal["technicians", "management", "business", "caller"]
"""Whom a message is written for: each reads it in other words."""

Says: TypeAlias = Literal["warning", "predicted", "breach"]
"""What an alert says; the keys of `deliver` have the same words."""

TIME_BOX = "time-box"
PROMISED = ("response", "update", "resolution")
"""What is promised to the caller; the other targets are the desk's own, and its suppliers'."""


class Owed(Struct, frozen=True):
    """An alert that is to go to a person by a route, and the attempts so far, oldest first."""

    ticket: Ticket
    said: SlaAlerted
    route: str
    to: str
    tries: tuple[Delivered, ...] = ()


def says(said: SlaAlerted) -> Says:
    """What an alert says; events from before it was kept tell it by their threshold.

    A time box that is over is a warning, whatever is kept of it (R2c.2b).
    """
    if said.target == TIME_BOX:
        return "warning"
    if said.stage in ("warning", "predicted", "breach"):
        return said.stage  # type: ignore[return-value] # it is one of them
    return "breach" if said.threshold >= BREACH else "warning"


def is_promise(target: str) -> bool:
    """Whether a target was promised to the caller; those of queues and suppliers never were."""
    return target in PROMISED


def is_theirs(owed: Owed) -> bool:
    """Whether it may go to that person: of what nobody promised outside only the desk hears."""
    return is_promise(owed.said.target) or owed.to in owed.said.recipients


def owed_of(ticket: Ticket, *, again: bool = False) -> Iterator[Owed]:
    """What is owed for a ticket, in the order in which it was said; `again`: also what was given up."""
    entries = (*(ticket.given_up if again else ()), *ticket.undelivered)
    if not entries:
        return
    said = {each.alert: each for each in ticket.standing if isinstance(each, SlaAlerted)}
    tries = [each for each in ticket.standing if isinstance(each, Delivered)]
    for entry in entries:
        alert, route, to = entry.split(" ", 2)
        tried = tuple(t for t in tries if (t.alert, t.route, t.to) == (alert, route, to))
        yield Owed(ticket, said[alert], route, to, tried)


def chosen(
    policy: Policy, ticket: Ticket, kind: Says, people: Sequence[str], target: str = "resolution"
) -> tuple[str, ...]:
    """Who is to get an alert by which route, each `ROUTE PERSON`, once.

    `people` are those whom the policy names for the alert. Where a promise to the caller was
    broken, management, the business and the caller hear it too, where there is a route for them
    (R5b.3). A caller who cannot be reached by a route is owed nothing by it.
    """
    takes = policy.sla.alerts.deliver
    is_broken = kind == "breach" and is_promise(target)
    by_kind: tuple[str, ...] = getattr(takes, "warning" if target == TIME_BOX else kind)
    pairs: list[tuple[str, str]] = []
    for person in people:
        is_told = is_broken and takes.management and is_management(policy, ticket, person)
        pairs += [(route, person) for route in (() if is_told else by_kind)]
    if is_broken:
        pairs += [(route, each) for each in managers(policy, ticket) for route in takes.management]
        pairs += [(route, each) for each in _business(policy, ticket) for route in takes.business]
        pairs += [(route, caller_of(ticket)) for route in _to_caller(policy, ticket)]
    return tuple(dict.fromkeys(f"{route} {person}" for route, person in pairs))


def _to_caller(policy: Policy, ticket: Ticket) -> list[str]:
    """The routes by which the caller can be told."""
    routes = policy.sla.alerts.deliver.caller if caller_of(ticket) else ()
    known = policy.sla.routes
    return [name for name in routes if is_reachable(policy, ticket, known.get(name))]


def printed(policy: Policy, stamp: Stamp, said: SlaAlerted) -> tuple[Delivered, ...]:
    """What of an alert was delivered by printing it: what goes to somebody via a terminal."""
    routes = policy.sla.routes
    entries = (entry.split(" ", 1) for entry in said.routes)
    return tuple(
        Delivered(*stamp.mark(), alert=said.alert, route=route, to=to, ok=True, attempt=1)
        for route, to in entries
        if route in routes and routes[route].via == "terminal"
    )


def managers(policy: Policy, ticket: Ticket) -> tuple[str, ...]:
    """Who answers for a ticket: the desk's manager and the owner of its service (R5b.3)."""
    service = policy.service(ticket.service)
    found = (policy.teams.desk.manager, service.owner if service else "")
    nobody = ("", ticket.assignee)
    return tuple(person for person in dict.fromkeys(found) if person not in nobody)


def _business(policy: Policy, ticket: Ticket) -> tuple[str, ...]:
    """Who hears a breach for the business: the contact of the service, and those of the policy."""
    service = policy.service(ticket.service)
    own = (service.business,) if service and service.business else ()
    return (*own, *policy.sla.alerts.deliver.business_contacts)


def is_management(policy: Policy, ticket: Ticket, person: str) -> bool:
    """Whether somebody hears of a ticket as its management, and not as who works on it."""
    return person in managers(policy, ticket)


def audience_of(policy: Policy, owed: Owed) -> Audience:
    """For whom a message is written: known from who it goes to."""
    ticket = owed.ticket
    if owed.to in policy.teams.technicians:
        takes = owed.route in policy.sla.alerts.deliver.management
        is_broken = says(owed.said) == "breach" and is_promise(owed.said.target)
        told = takes and is_broken and is_management(policy, ticket, owed.to)
        return "management" if told else "technicians"
    return "caller" if owed.to == caller_of(ticket) else "business"
