"""Deciding a classification: what a person said, completed by the catalog and the desk's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets.contact import Assessment, Ground
from sdcli.tickets.event import AnyEvent, Classified
from sdcli.tickets.words import UNKNOWN, Level, Priority, RequestType
from sdcli.triage import reclassify
from sdcli.triage.priority import derive, presets, weigh
from sdcli.triage.said import by_hand, subject_of
from sdcli.triage.suggest import ALREADY, Known, Proposal, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket


class Wish(Struct, frozen=True, kw_only=True, rename={"type_": "type"}):
    """What somebody asks of a classification; what is None or empty stays as it is.

    Args:
        priority: set by hand, against the rules; it needs a reason (R2c.2e). `derived` takes back
            what was set by hand.
        assessment: what was said of the impact on the business (R2c.2d).
        wish: the priority that a person wished for, kept as a remark.
        reason: why, or what showed the mistake; `discovered`: how the mistake was found (R3d1.5).
    """

    type_: RequestType | None = None
    service: str | None = None
    feature: str | None = None
    impact: Level | None = None
    urgency: Level | None = None
    priority: Priority | Literal["derived"] | None = None
    assessment: Assessment = Assessment()
    wish: str = ""
    reason: str = ""
    discovered: str = ""


NOTHING = Wish()
DERIVED: Final = "derived"
"""In place of a priority: the rules say it again."""


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
    event = decided(ticket, stamp, policy=policy, wish=wish)
    _require_reason(policy, ticket, event, wish)
    return (reclassify.completed(policy, ticket, event),)


def decided(ticket: Ticket, stamp: Stamp, *, policy: Policy, wish: Wish) -> Classified:
    """The classification that somebody asks for, before it is asked whether it may be so.

    Raises:
        NoSuchEntryError: the service has no such feature.
    """
    if wish.feature:
        policy.require_feature(wish.service or ticket.service, wish.feature)
    now = {name: getattr(wish, attribute) for name, attribute in _SAID.items()}
    subject = subject_of(ticket, now, wish.assessment, stamp.by)
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
        assessment=subject.assessment if subject.assessment.told() else None,
        wish=wish.wish,
        grounds=weight.grounds,
        said=tuple(_said_now(wish)),
    )
    return _by_hand(ticket, event, wish)


def _said_now(wish: Wish) -> Iterable[str]:
    """The names of the levels and answers that somebody says now."""
    yield from (name for name in reclassify.LEVELS if getattr(wish, name) is not None)
    yield from wish.assessment.told()


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
            stated is not None
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
