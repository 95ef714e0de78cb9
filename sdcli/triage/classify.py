"""Deciding a classification: what a person said, completed by the catalog and the desk's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sdcli.tickets.contact import NEEDED, Assessment, Ground, RequestDetails
from sdcli.tickets.event import AnyEvent, Classified, Detailed
from sdcli.tickets.words import UNKNOWN, Level, Priority, RequestType
from sdcli.triage import reclassify
from sdcli.triage.category import (
    Case,
    Category,
    beyond_capacity,
    categorise,
    require_missed,
    require_within,
    told,
)
from sdcli.triage.changes import about, recent
from sdcli.triage.priority import Subject, Weight, derive, weigh
from sdcli.triage.suggest import ALREADY, Known, Proposal, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange


class Wish(Struct, frozen=True, kw_only=True, rename={"type_": "type"}):
    """What somebody asks of a classification; what is None or empty stays as it is.

    Args:
        priority: set by hand, against the rules; it needs a reason (R2c.2e).
        assessment: what was said of the impact on the business (R2c.2d).
        wish: the priority that a person wished for, kept as a remark.
        reason: why, or what showed the mistake; `discovered`: how the mistake was found (R3d1.5).
    """

    type_: RequestType | None = None
    service: str | None = None
    feature: str | None = None
    impact: Level | None = None
    urgency: Level | None = None
    priority: Priority | None = None
    assessment: Assessment = Assessment()
    wish: str = ""
    reason: str = ""
    discovered: str = ""


NOTHING = Wish()


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
    text = _text(ticket)
    known = Known(
        type=ticket.type, service=ticket.service, feature=ticket.feature, is_alert=bool(ticket.key)
    )
    found = {**suggest(policy, text, known), **(learned or {})}
    found |= _by_catalog(policy, ticket, found, changes, is_learned="type" in (learned or {}))
    for name in ("impact", "urgency"):
        has = getattr(ticket, name)
        if has != UNKNOWN:
            found[name] = Proposal(has, ALREADY)
    derived = derive(policy, _level(found["impact"]), _level(found["urgency"]))
    return {**found, "priority": Proposal(derived.priority, derived.reason)}


def _text(ticket: Ticket) -> str:
    return f"{ticket.summary}\n{ticket.opening.details}"


def _by_catalog(
    policy: Policy,
    ticket: Ticket,
    found: Mapping[str, Proposal],
    changes: Sequence[RecentChange],
    *,
    is_learned: bool,
) -> dict[str, Proposal]:
    """The type that the catalog gives, with the levels that it starts with; nothing if none.

    It goes before a mere turn of phrase. What closed tickets say yields to facts alone.
    """
    if ticket.type != UNKNOWN or ticket.key:
        return {}
    service, feature = found["service"].value, found["feature"].value
    case = _case(policy, ticket, NOTHING, service=service, feature=feature)
    category = categorise(policy, case._replace(changes=changes))
    is_fact = case.request.ever_had not in ("", UNKNOWN) or case.assessment.told()
    sure = is_fact or not is_learned or found["type"].value == UNKNOWN
    is_same = category.type == found["type"].value and not is_fact
    if category.type == UNKNOWN or is_same or not sure:
        return {}
    again = suggest(policy, case.text, Known(category.type, service, feature))
    levels = {name: again[name] for name in ("impact", "urgency")}
    return {**levels, "type": Proposal(category.type, category.reason)}


def _case(policy: Policy, ticket: Ticket, wish: Wish, *, service: str, feature: str) -> Case:
    """A ticket as the catalog looks at it; a goal of the service it had before is left out."""
    assessment = ticket.assessment.overlaid(wish.assessment)
    found = policy.service(service)
    if not wish.assessment.goal and assessment.goal not in (found.goals if found else ()):
        measured = wish.assessment.measured
        assessment = msgspec.structs.replace(assessment, goal="", measured=measured)
    return Case(
        service=service,
        feature=feature,
        text=_text(ticket),
        request=ticket.request,
        assessment=assessment,
    )


def _level(proposal: Proposal) -> Level:
    words: dict[str, Level] = {"high": "high", "medium": "medium", "low": "low"}
    return words.get(proposal.value, UNKNOWN)


def decide(ticket: Ticket, stamp: Stamp, *, policy: Policy, wish: Wish) -> tuple[AnyEvent, ...]:
    """Classify a ticket; what nobody stated comes from the rules and presets (R2c.2e).

    Raises:
        NoSuchEntryError: the service has no such feature.
        RefusedError: a decided field is changed, and it is not said how that was discovered; or
            something is set against the rules without a reason.
    """
    service = wish.service or ticket.service
    if wish.feature:
        policy.require_feature(service, wish.feature)
    kept = ticket.feature if service == ticket.service else UNKNOWN
    assessment = ticket.assessment.overlaid(wish.assessment)
    feature = wish.feature or kept
    case = _case(policy, ticket, wish, service=service, feature=feature)
    category = _kind(policy, ticket, wish, case, stamp)
    subject = Subject(
        type=category.type,
        service=service,
        feature=feature,
        impact=wish.impact or _known(ticket.impact),
        urgency=wish.urgency or _known(ticket.urgency),
        unit=ticket.opening.unit,
        assessment=assessment,
    )
    event = _decided(stamp, subject, weigh(policy, subject), wish)
    event = msgspec.structs.replace(event, grounds=(*category.grounds, *event.grounds))
    event = reclassify.completed(policy, ticket, event)
    if category.approval and not ticket.request.approval:
        return (Detailed(*stamp.mark(), request=RequestDetails(approval=NEEDED)), event)
    return (event,)


def _kind(policy: Policy, ticket: Ticket, wish: Wish, case: Case, stamp: Stamp) -> Category:
    """What kind of request it is: as it was said, else as it is known, else by the catalog.

    Raises:
        NoSuchEntryError: the service has no such goal.
        RefusedError: it is measured and no failure, or more than a feature can give (R3d.0,
            R2a.3a).
    """
    changes = recent(policy, about(ticket, case.service), stamp.at)
    found = Category() if ticket.key else categorise(policy, case._replace(changes=changes))
    stated = wish.type_ or _word(ticket.type)
    if stated in (None, "incident", UNKNOWN) and wish.assessment.measured is not None:
        require_missed(policy, case.service, case.assessment)
    if stated is None:
        if found.type == "incident":
            require_missed(policy, case.service, case.assessment)
        return found
    against = _against(found, stated) if wish.type_ else []
    grounds = [*against, *_beyond(policy, wish, case, stated)]
    approval = found.approval and found.type == stated
    kept = found.grounds if found.type == stated and wish.type_ else ()
    return Category(stated, (*kept, *grounds), approval)


def _word(type_: RequestType) -> RequestType | None:
    return None if type_ == UNKNOWN else type_


def _against(found: Category, stated: RequestType) -> list[Ground]:
    """What speaks against a type that was stated: it stays, and the catalog's word is kept."""
    if UNKNOWN in (stated, found.type) or found.type == stated:
        return []
    reason = f"stated, though the catalog says {found.type}: {told(found.grounds[0])}"
    return [Ground("type", stated, reason)]


def _beyond(policy: Policy, wish: Wish, case: Case, stated: RequestType) -> list[Ground]:
    """More than a feature was built for is fulfilled for a reason only, which is a ground.

    Raises:
        RefusedError: no reason is given.
    """
    service = policy.service(case.service)
    feature = service.features.get(case.feature) if service else None
    amount = case.assessment.amount
    asked = wish.type_ == "fulfilment" or wish.assessment.amount is not None
    beyond = beyond_capacity(feature, amount) if asked and stated == "fulfilment" else ""
    if not (beyond and feature and feature.capacity):
        return []
    if not wish.reason:
        require_within(feature, amount)
    reason = f"{beyond}, and it is fulfilled all the same: {wish.reason}"
    return [Ground("type", stated, reason, feature.capacity.place)]


def _known(level: Level) -> Level | None:
    return None if level == UNKNOWN else level


def _decided(stamp: Stamp, subject: Subject, weight: Weight, wish: Wish) -> Classified:
    return Classified(
        *stamp.mark(),
        type=subject.type,
        service=subject.service,
        feature=subject.feature,
        impact=weight.impact,
        urgency=weight.urgency,
        priority=wish.priority or weight.priority,
        by_hand=wish.priority is not None,
        reason=wish.reason,
        discovered=wish.discovered,
        assessment=subject.assessment if subject.assessment.told() else None,
        wish=wish.wish,
        grounds=weight.grounds,
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
    wish = msgspec.structs.replace(wish, reason="validated", discovered="validation")
    return decide(ticket, stamp, policy=policy, wish=wish)
