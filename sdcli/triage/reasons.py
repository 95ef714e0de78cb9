"""Why a request has its priority, and what follows from it (R2c.1-R2c.2c).

Everything is derived anew from what was said and from today's files, so that what is told can be
looked up there. What stands on the ticket is told beside it, if that is something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.policy.model import Consequence, Measures, place_of
from sdcli.policy.service_map import Hit, hit_by, hit_through
from sdcli.tickets.contact import Assessment, Ground
from sdcli.tickets.event import Classified
from sdcli.tickets.words import UNKNOWN, Level, Priority
from sdcli.triage.classify import hand_ground
from sdcli.triage.priority import RANK, weigh
from sdcli.triage.said import Saying, by_hand, last_decision, said_of, subject_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.priority import Subject

State: TypeAlias = Literal["due", "ask", "not-due"]


class Condition(Struct, frozen=True):
    """Something that must hold: what is `wanted`, what there is, and whether it is met.

    `met` is None where nobody knows yet.
    """

    name: str
    wanted: str
    actual: str
    met: bool | None


class Due(Struct, frozen=True, kw_only=True):
    """Whether more than the usual is due, by which conditions, and what to do then (R2c.2c)."""

    conditions: tuple[Condition, ...]
    checklist: tuple[str, ...]
    place: str

    @property
    def state(self) -> State:
        """`due` if every condition is met, `ask` if one is not known yet and none is missed."""
        met = {each.met for each in self.conditions}
        return "not-due" if False in met else "ask" if None in met else "due"


class Services(Struct, frozen=True, kw_only=True):
    """What is hit, by the service map: services, and business processes with how critical (R2c.1)."""

    affected: tuple[str, ...] = ()
    at_risk: tuple[str, ...] = ()
    processes: dict[str, Level] = {}


class Reasons(Struct, frozen=True, kw_only=True):
    """Why a request has its priority.

    Args:
        said: what was said, by the name of the field or answer; a wish is no reason.
        type_grounds: why it has its type, as it was decided.
        gone: answers that today's files do not hold any more: they count for nothing.
        impact, urgency, priority: what today's files give; `grounds`: line by line, the first
            one of each field has decided.
        by_hand: who set another priority by hand, and why.
        classified: the last classification; None if there was none.
        stale: today's files give something else than what stands on the ticket.
        follows: what the priority of the ticket asks for; `place`: where that stands.
    """

    said: dict[str, Saying]
    type_grounds: tuple[Ground, ...]
    gone: tuple[str, ...]
    impact: Level
    urgency: Level
    priority: Priority
    grounds: tuple[Ground, ...]
    by_hand: Ground | None
    classified: Classified | None
    stale: bool
    services: Services
    follows: Consequence
    communication: Due
    continuity: Due


def reasons_of(policy: Policy, ticket: Ticket) -> Reasons:
    """Why a ticket has its priority, by what was said and today's files."""
    subject = subject_of(ticket)
    weight = weigh(policy, subject)
    hand = by_hand(ticket)
    stands = (ticket.impact, ticket.urgency, ticket.priority)
    derived = (weight.impact, weight.urgency, hand.priority if hand else weight.priority)
    services = _services(policy, subject)
    people = _people(ticket, subject)
    rules = policy.classification
    return Reasons(
        said=said_of(ticket),
        type_grounds=_type_grounds(ticket),
        gone=gone(policy, subject.assessment),
        impact=weight.impact,
        urgency=weight.urgency,
        priority=weight.priority,
        grounds=weight.grounds,
        by_hand=hand_ground(hand) if hand else None,
        classified=last_decision(ticket),
        stale=stands != derived,
        services=services,
        follows=rules.consequences.of(ticket.priority),
        communication=_due(policy, ticket, rules.communication, people, services),
        continuity=_due(policy, ticket, rules.continuity, people, services),
    )


def gone(policy: Policy, said: Assessment) -> tuple[str, ...]:
    """The answers that the desk's files do not hold any more, by name."""
    rules = policy.classification
    held: dict[str, Collection[str]] = {"process": rules.processes, "who": rules.groups}
    return tuple(
        name
        for name, known in held.items()
        if getattr(said, name) not in ("", UNKNOWN) and getattr(said, name) not in known
    )


def _type_grounds(ticket: Ticket) -> tuple[Ground, ...]:
    """Why a ticket has its type: the rule that gave it, or who said so."""
    for event in reversed(ticket.standing):
        if type(event) is not Classified:
            continue
        grounds = tuple(each for each in event.grounds if each.field == "type")
        if grounds or event.type != ticket.type:
            if event.type == ticket.type:
                return grounds
            break
    saying = said_of(ticket).get("type")
    if saying is None:
        return ()
    reason = saying.reason if saying.number == 0 else ""
    stated = f"stated by {saying.by}" if saying.by else "by the desk's rules"
    return (Ground("type", ticket.type, reason or stated),)


def notes_of(ticket: Ticket) -> list[str]:
    """The derivation that the last classification has recorded, in a line each, and what ended."""
    decisions = [event for event in ticket.standing if type(event) is Classified]
    if not decisions:
        return []
    last, before = decisions[-1], decisions[-2] if len(decisions) > 1 else None
    told = []
    for field in ("type", "impact", "urgency", "priority", "amount"):
        ground = next((each for each in last.grounds if each.field == field), None)
        if ground is not None:
            place = f" ({ground.place})" if ground.place else ""
            told.append(f"  {field.capitalize() + ':':<11}{ground.value}, {ground.reason}{place}.")
    told += [f"  Note: {each.reason}." for each in last.grounds if is_nowhere(each)]
    if before is not None and before.by_hand and not last.by_hand:
        told.append(f"  {before.priority} was set by hand before; the priority is derived anew.")
    return told


def is_nowhere(ground: Ground) -> bool:
    """Whether it says that no service of the catalog has a component."""
    return ground.field == "affected" and ground.value == UNKNOWN


def _services(policy: Policy, subject: Subject) -> Services:
    """What the failed component hits; without one, what the failed service hits."""
    said, hit = subject.assessment, Hit()
    if said.component:
        hit = hit_by(policy, said.component)
    if not hit.affected and subject.type == "incident" and subject.service != UNKNOWN:
        hit = hit_through(policy, [subject.service])
    names = dict.fromkeys([*([said.process] if said.process else ()), *hit.processes])
    known = policy.classification.processes
    processes = {name: known[name].criticality for name in names if name in known}
    return Services(affected=hit.affected, at_risk=tuple(hit.at_risk), processes=processes)


def _people(ticket: Ticket, subject: Subject) -> int | None:
    """How many are hindered: as it was said, or as many as have called."""
    called = ticket.me_too + 1 if ticket.me_too else 0
    return max(subject.assessment.people or 0, called) or None


def _due(
    policy: Policy, ticket: Ticket, rule: Measures, people: int | None, services: Services
) -> Due:
    conditions = tuple(_conditions(policy, ticket, rule, people, services))
    place = place_of(rule, "priorities")
    return Due(conditions=conditions, checklist=rule.checklist, place=place)


def _conditions(
    policy: Policy, ticket: Ticket, rule: Measures, people: int | None, services: Services
) -> Iterator[Condition]:
    """What a rule asks for, in the order of its keys."""
    among = ", ".join(rule.priorities)
    yield Condition("priority", among, ticket.priority, ticket.priority in rule.priorities)
    if rule.people:
        met = None if people is None else people >= rule.people
        yield Condition("people", str(rule.people), str(people or UNKNOWN), met)
    if rule.criticality != UNKNOWN:
        worst = max(services.processes.values(), key=RANK.__getitem__, default=UNKNOWN)
        is_known = worst != UNKNOWN or policy.service(ticket.service) is not None
        met = RANK[worst] >= RANK[rule.criticality] if is_known else None
        none = "no business process needs it" if is_known else UNKNOWN
        yield Condition("criticality", rule.criticality, none if worst == UNKNOWN else worst, met)
