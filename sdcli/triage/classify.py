"""Deciding a classification: what a person said, completed by the catalog and the desk's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets.contact import NEEDED, Ground, RequestDetails
from sdcli.tickets.event import AnyEvent, Classified, Detailed
from sdcli.tickets.steps import require
from sdcli.tickets.words import UNKNOWN, Level, Priority
from sdcli.triage import reclassify
from sdcli.triage.kind import by_catalog, case_of, kind, text_of
from sdcli.triage.priority import derive, presets, weigh
from sdcli.triage.said import by_hand, subject_of
from sdcli.triage.suggest import ALREADY, Known, Proposal, suggest
from sdcli.triage.wish import DERIVED, NOTHING, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sdcli.policy.model import Policy
    from sdcli.tickets.contact import Assessment
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.category import Category
    from sdcli.triage.changes import RecentChange


def propose(
    policy: Policy,
    ticket: Ticket,
    changes: Sequence[RecentChange] = (),
    learned: Mapping[str, Proposal] | None = None,
) -> dict[str, Proposal]:
    """A proposal for each field; what is known of the ticket already stays.

    What was `learned`, with the rules already weighed in, goes before the rules alone; facts that
    the catalog judges go before both. `changes` are the recent ones that touch it: what they took
    away is no failure (R2a.4a).
    """
    text = text_of(ticket)
    known = Known(
        type=ticket.type, service=ticket.service, feature=ticket.feature, is_alert=bool(ticket.key)
    )
    found = {**suggest(policy, text, known), **(learned or {})}
    found |= by_catalog(policy, ticket, found, changes, is_learned="type" in (learned or {}))
    for name in ("impact", "urgency"):
        has = getattr(ticket, name)
        if has != UNKNOWN:
            found[name] = Proposal(has, ALREADY)
    derived = derive(policy, _level(found["impact"]), _level(found["urgency"]))
    return {**found, "priority": Proposal(derived.priority, derived.reason)}


def _level(proposal: Proposal) -> Level:
    words: dict[str, Level] = {"high": "high", "medium": "medium", "low": "low"}
    return words.get(proposal.value, UNKNOWN)


def decide(ticket: Ticket, stamp: Stamp, *, policy: Policy, wish: Wish) -> tuple[AnyEvent, ...]:
    """Classify a ticket; what nobody stated comes from the catalog, rules and presets (R2c.2e).

    A wish alone is recorded and classifies nothing (R2c.2d).

    Raises:
        NoSuchEntryError: the service has no such feature or goal.
        RefusedError: a decided field is changed, and it is not said how that was discovered; or
            something is set against the rules without a reason.
    """
    if ticket.is_problem:
        require("classified", ticket)
    if wish == Wish(wish=wish.wish) and wish.wish:
        return (Detailed(*stamp.mark(), wish=wish.wish),)
    event, category = _made(ticket, stamp, policy, wish)
    _require_reason(policy, ticket, event, wish)
    event = reclassify.completed(policy, ticket, event)
    needed = NEEDED if category.approval and not ticket.request.approval else ""
    had = wish.ever_had if wish.ever_had != ticket.request.ever_had else ""
    details = RequestDetails(approval=needed, ever_had=had)
    if details.told():
        return (Detailed(*stamp.mark(), request=details), event)
    return (event,)


def decided(ticket: Ticket, stamp: Stamp, *, policy: Policy, wish: Wish) -> Classified:
    """The classification that somebody asks for, before it is asked whether it may be so.

    Raises:
        NoSuchEntryError: the service has no such feature or goal.
        RefusedError: the catalog does not allow that type.
    """
    return _made(ticket, stamp, policy, wish)[0]


def _made(ticket: Ticket, stamp: Stamp, policy: Policy, wish: Wish) -> tuple[Classified, Category]:
    """The classification that is asked for, and what kind of request the catalog makes of it."""
    if wish.feature:
        policy.require_feature(wish.service or ticket.service, wish.feature)
    now = {name: getattr(wish, attribute) for name, attribute in _SAID.items()}
    wish = _dropped(ticket, wish)
    subject = subject_of(ticket, now, wish.assessment, stamp.by, wish.taken_back)
    case = case_of(policy, ticket, wish, service=subject.service, feature=subject.feature)
    category = kind(policy, ticket, wish, case, stamp)
    subject = subject._replace(type=category.type)
    weight = weigh(policy, subject)
    event = Classified(
        *stamp.mark(),
        type=subject.type,
        service=subject.service,
        feature=subject.feature,
        impact=weight.impact,
        urgency=weight.urgency,
        priority=weight.priority,
        reason=wish.reason,
        discovered=wish.discovered,
        assessment=_stored(subject.assessment, wish),
        wish=wish.wish,
        grounds=(*category.grounds, *weight.grounds, *_dropped_ground(ticket, wish)),
        said=tuple(_said_now(wish)),
    )
    return _by_hand(ticket, event, wish), category


def _said_now(wish: Wish) -> Iterable[str]:
    """The names of what somebody says now, or takes back."""
    yield from (name for name, each in _SAID.items() if getattr(wish, each) is not None)
    yield from wish.assessment.told()
    yield from wish.taken_back


def _stored(assessment: Assessment, wish: Wish) -> Assessment | None:
    """All that was said, as it is recorded: even nothing, where something was taken back."""
    return assessment if assessment.told() or wish.taken_back else None


def _dropped(ticket: Ticket, wish: Wish) -> Wish:
    """The wish with the amount taken back that was said for another feature (R2a.3a)."""
    service, feature = wish.service or ticket.service, wish.feature
    is_same = service == ticket.service and feature in (None, ticket.feature)
    known, again = ticket.assessment.amount, wish.assessment.amount
    if is_same or known is None or again is not None or ticket.feature == UNKNOWN:
        return wish
    return replace(wish, taken_back=(*wish.taken_back, "amount"))


def _dropped_ground(ticket: Ticket, wish: Wish) -> Iterable[Ground]:
    if "amount" in wish.taken_back:
        said = f"{ticket.assessment.amount} were asked for of {ticket.service}/{ticket.feature}"
        yield Ground("amount", UNKNOWN, f"{said}; say --amount anew for another")


_SAID = {
    "type": "type_",
    **{name: name for name in ("service", "feature", "impact", "urgency")},
}


def _by_hand(ticket: Ticket, event: Classified, wish: Wish) -> Classified:
    """The event with the priority that is set by hand, now or before (R2c.2e).

    One that was set before stays until the impact, urgency, type or service is another.
    """
    if wish.priority == DERIVED:
        return event
    if wish.priority is not None:
        reason = f"set by hand by {event.by}" + (f": {wish.reason}" if wish.reason else "")
        return _handed(event, Ground("priority", wish.priority, reason), wish.priority)
    before = by_hand(ticket)
    if before is None or any(getattr(ticket, each) != getattr(event, each) for each in _UNTIL):
        return event
    return _handed(event, hand_ground(before), before.priority)


def _handed(event: Classified, ground: Ground, priority: Priority) -> Classified:
    return replace(event, priority=priority, by_hand=True, grounds=(ground, *event.grounds))


_UNTIL = ("impact", "urgency", "type", "service")


def hand_ground(event: Classified) -> Ground:
    """Why a priority that was set by hand is that one."""
    found = (each for each in event.grounds if each.field == "priority" and not each.place)
    said = event.reason or "no reason is known"
    return next(found, Ground("priority", event.priority, f"set by hand by {event.by}: {said}"))


def _require_reason(policy: Policy, ticket: Ticket, event: Classified, wish: Wish) -> None:
    """Refuse to set anything against the rules without a reason (R2c.2e).

    Raises:
        RefusedError: the priority is set by hand, or a level is stated that is not the preset's.
    """
    if wish.reason:
        return
    if wish.priority not in (None, DERIVED):
        raise RefusedError(
            f"The rules give {ticket.ref} its priority. To set {wish.priority} by hand, add "
            f"--reason WHY; `sdcli classify {ticket.ref} --explain` tells how it is derived.",
            ref=ticket.ref,
            priority=wish.priority,
        )
    preset = presets(policy, event.type, event.service, event.feature, ticket.opening.unit)
    for name in reclassify.LEVELS:
        stated, usual = getattr(wish, name), getattr(preset, name)
        if (
            stated not in (None, DERIVED)
            and usual not in (UNKNOWN, stated)
            and stated != getattr(ticket, name)
        ):
            raise RefusedError(
                f"The preset for this is {name} {usual}. To state {name} {stated} in its place, "
                "add --reason WHY; or answer --people, --process, --who or --workaround.",
                ref=ticket.ref,
                preset={name: usual},
            )


def corrected(
    policy: Policy, ticket: Ticket, stamp: Stamp, corrections: Mapping[str, str]
) -> tuple[AnyEvent, ...]:
    """The classification that corrections by name ask for; nothing if they ask for none (R1b.2).

    Raises:
        NoSuchEntryError: the service has no such feature.
    """
    wish = msgspec.convert(dict(corrections), type=Wish)
    if wish == NOTHING:
        return ()
    wish = replace(wish, reason="validated", discovered="validation")
    return decide(ticket, stamp, policy=policy, wish=wish)
