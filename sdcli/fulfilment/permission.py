"""Who may: who decides on what is asked for, who carries it out, and who may have it (R3b.2, R3c2.2).

A refusal says who could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from sdcli.errors import RefusedError, listed
from sdcli.policy.authority import able, meets, said
from sdcli.policy.model import PEOPLE, TEAMS
from sdcli.policy.people import known
from sdcli.policy.procedures import StandardChange
from sdcli.policy.process import Demand
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.policy.model import Contact, Policy
    from sdcli.policy.people import Person
    from sdcli.policy.procedures import Hook, Instructions
    from sdcli.tickets.ticket import Ticket

_MOST = 8
"""So many people are named in a sentence."""


class Gets(NamedTuple):
    """Whoever gets what is asked for.

    `name`: as the ticket has it; `person`: who that is, if the desk knows them.
    """

    name: str
    person: Person | None

    @property
    def id(self) -> str:
        """Their id, or what the ticket calls them."""
        return self.person.id if self.person else self.name

    @property
    def contact(self) -> Contact | None:
        """What is known of them."""
        return self.person.contact if self.person else None


def gets(policy: Policy, ticket: Ticket) -> Gets:
    """Whom a ticket is for: the affected user, else the requester."""
    name = ticket.opening.on_behalf_of or ticket.requester
    return Gets(name, None if name == UNKNOWN else known(policy, name))


def made_for(ticket: Ticket, get: Callable[[str], Ticket]) -> Ticket:
    """A ticket with the caller of the one that it is a work order of; else as it is (R3c2.2).

    `get` gives a ticket by its reference.
    """
    whole, seen = ticket, {ticket.ref}
    while (up := _ordered_by(whole)) and up not in seen:
        seen.add(up)
        whole = get(up)
    if whole is ticket:
        return ticket
    own = whole.opening
    opening = replace(
        ticket.opening,
        on_behalf_of=own.on_behalf_of,
        caller_class=own.caller_class,
        mail=own.mail,
        unit=own.unit,
        site=own.site,
    )
    return replace(ticket, requester=whole.requester, events=(opening, *ticket.events[1:]))


def _ordered_by(ticket: Ticket) -> str:
    """The ticket that one is a work order of; empty if it is none."""
    found = (link.to for link in ticket.links if link.relation == "work-order-of")
    return next(found, "")


def deciders(policy: Policy, ticket: Ticket, what: Instructions) -> dict[str, str]:
    """Who may decide on it, by id, each with what gives them the right; nobody if none is needed.

    Whoever gets it is not among them: nobody agrees to what they get themselves.
    """
    asked = what.authorisation
    if asked is None:
        return {}
    found: dict[str, str] = {}
    whom = gets(policy, ticket)
    manager = whom.contact.manager if asked.manager and whom.contact else ""
    if manager:
        found[manager] = f"manager of {whom.id}"
    for person in asked.people:
        found.setdefault(person, f"named in {asked.place}")
    demand = Demand(roles=asked.roles, authority=asked.authority)
    if asked.roles or asked.authority:
        for person in able(policy, demand):
            found.setdefault(person, said(demand))
    found.pop(whom.id, None)
    return found


def require_decider(policy: Policy, ticket: Ticket, what: Instructions, person: str) -> str:
    """What gives somebody the right to decide on it.

    Raises:
        RefusedError: they have none; it says who has.
    """
    able_ = deciders(policy, ticket, what)
    if person in able_:
        return able_[person]
    whom = gets(policy, ticket)
    place = what.authorisation.place if what.authorisation else what.place
    own = " Nobody agrees to what they get themselves." if person == whom.id else ""
    raise RefusedError(
        f"{person} may not decide on {what.id} for {ticket.ref} ({place}).{own} "
        f"{_who_could(policy, ticket, what, able_)}",
        ref=ticket.ref,
        person=person,
        place=place,
        able=list(able_),
    )


def who_could(policy: Policy, ticket: Ticket, what: Instructions) -> str:
    """Who may decide on it, in a sentence."""
    return _who_could(policy, ticket, what, deciders(policy, ticket, what))


def _who_could(policy: Policy, ticket: Ticket, what: Instructions, able_: dict[str, str]) -> str:
    if able_:
        told = [f"{person} ({right})" for person, right in able_.items()]
        return f"These may: {listed(told, _MOST)}."
    whom = gets(policy, ticket)
    if what.authorisation and what.authorisation.manager:
        return f"Nobody may: {PEOPLE} names no `manager` of {whom.id}."
    return f"Nobody may: {TEAMS} has nobody with that right."


def require_authorised(policy: Policy, ticket: Ticket, what: Instructions, person: str) -> None:
    """Refuse to carry out a standard change that the desk may not carry out (R3c2.2).

    Raises:
        RefusedError: the person is in none of its queues and has none of its roles; it says where
            it goes instead.
    """
    if not isinstance(what, StandardChange):
        return
    allowed = what.authorised
    staff = policy.teams.technicians.get(person)
    roles = set(staff.roles) if staff else set()
    queues = policy.teams.queues
    own = {name for name, queue in queues.items() if person in queue.members}
    if roles & set(allowed.roles) or own & set(allowed.queues):
        return
    members = [each for name in allowed.queues if name in queues for each in queues[name].members]
    demand = Demand(roles=allowed.roles)
    others = [*members, *(able(policy, demand) if allowed.roles else ())]
    can = listed(dict.fromkeys(others), _MOST)
    queue = f" --queue {allowed.queues[0]}" if allowed.queues else ""
    raise RefusedError(
        f"{person} is not authorised for the standard change {what.id}, by {allowed.place}: "
        f"{f'{can} can' if can else 'nobody of the desk is'}. "
        f"`sdcli rfc {ticket.ref} --standard {what.id}{queue}` hands it to them.",
        ref=ticket.ref,
        person=person,
        standard_change=what.id,
        able=list(dict.fromkeys(others)),
    )


def require_entitled(policy: Policy, ticket: Ticket, what: Instructions) -> str:
    """Refuse what whoever gets it is not entitled to (R3c2.3); what is not known is told.

    Raises:
        RefusedError: they are of another unit or class.
    """
    entitled = what.entitled
    if entitled is None:
        return ""
    whom, opening = gets(policy, ticket), ticket.opening
    unit = (whom.contact.unit if whom.contact else "") or opening.unit
    kind = whom.contact.caller_class if whom.contact else opening.caller_class or UNKNOWN
    units = [each.casefold() for each in entitled.units]
    wrong = [
        *([f"of {unit}"] if units and unit and unit.casefold() not in units else ()),
        *([f"{kind}"] if entitled.classes and kind not in (*entitled.classes, UNKNOWN) else ()),
    ]
    if wrong:
        have = [*entitled.classes, *entitled.units]
        raise RefusedError(
            f"{whom.id} is not entitled to {what.id}: {whom.id} is {' and '.join(wrong)}, and "
            f"{entitled.place} gives it to {listed(have)}. `sdcli close {ticket.ref} --code "
            "declined --unconfirmed 'not entitled'` declines it.",
            ref=ticket.ref,
            person=whom.id,
            entitled=have,
        )
    unknown = (units and not unit) or (entitled.classes and kind == UNKNOWN)
    return f"nobody knows whether {whom.id} is entitled to it" if unknown else ""


def require_may_run(policy: Policy, what: Instructions, hook: Hook, person: str) -> None:
    """Refuse to start a program for somebody who may not start it (R0.8).

    Only those who work on requests may; of those, whom the procedure names.

    Raises:
        RefusedError: they may not; it says who may.
    """
    staff = policy.teams.technicians
    if person in staff and meets(policy, person, hook.may):
        return
    others = [each for each in able(policy, hook.may) if each in staff]
    needs = said(hook.may) if hook.may != Demand(place=hook.may.place) else "somebody of the desk"
    raise RefusedError(
        f"{person} may not start the program of {what.id}: {hook.place} demands {needs}; "
        f"{listed(others, _MOST) or 'nobody'} can.",
        person=person,
        place=hook.place,
        able=others,
    )
