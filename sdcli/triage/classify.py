"""Deciding a classification: what a person said, completed by the catalog and the desk's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sdcli.tickets.contact import Assessment
from sdcli.tickets.event import AnyEvent, Classified
from sdcli.tickets.words import UNKNOWN, Level, Priority, RequestType
from sdcli.triage import reclassify
from sdcli.triage.priority import Subject, Weight, derive, weigh
from sdcli.triage.suggest import ALREADY, Known, Proposal, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket


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
    policy: Policy, ticket: Ticket, learned: Mapping[str, Proposal] | None = None
) -> dict[str, Proposal]:
    """A proposal for each field; what is known of the ticket already stays.

    What was `learned`, with the rules already weighed in, goes before the rules alone.
    """
    text = f"{ticket.summary}\n{ticket.opening.details}"
    known = Known(
        type=ticket.type, service=ticket.service, feature=ticket.feature, is_alert=bool(ticket.key)
    )
    found = {**suggest(policy, text, known), **(learned or {})}
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
    subject = Subject(
        type=wish.type_ or ticket.type,
        service=service,
        feature=wish.feature or kept,
        impact=wish.impact or _known(ticket.impact),
        urgency=wish.urgency or _known(ticket.urgency),
        unit=ticket.opening.unit,
        assessment=assessment,
    )
    event = _decided(stamp, subject, weigh(policy, subject), wish)
    return (reclassify.completed(policy, ticket, event),)


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
