"""Deciding a classification: what a person said, completed by the presets of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sdcli.tickets import steps
from sdcli.tickets.words import UNKNOWN, Level, RequestType
from sdcli.triage.priority import derive, presets
from sdcli.triage.suggest import ALREADY, Known, Proposal, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket


def propose(policy: Policy, ticket: Ticket) -> dict[str, Proposal]:
    """A proposal for each field; what is known of the ticket already stays."""
    text = f"{ticket.summary}\n{ticket.opening.details}"
    known = Known(
        type=ticket.type, service=ticket.service, feature=ticket.feature, is_alert=bool(ticket.key)
    )
    found = suggest(policy, text, known)
    for name in ("impact", "urgency"):
        has = getattr(ticket, name)
        if has != UNKNOWN:
            found[name] = Proposal(has, ALREADY)
    derived = derive(policy, _level(found["impact"]), _level(found["urgency"]))
    return {**found, "priority": Proposal(derived.priority, derived.reason)}


def _level(proposal: Proposal) -> Level:
    words: dict[str, Level] = {"high": "high", "medium": "medium", "low": "low"}
    return words.get(proposal.value, UNKNOWN)


def decide(
    ticket: Ticket,
    stamp: Stamp,
    *,
    policy: Policy,
    reason: str = "",
    type_: RequestType | None = None,
    service: str | None = None,
    feature: str | None = None,
    impact: Level | None = None,
    urgency: Level | None = None,
) -> tuple[AnyEvent, ...]:
    """Classify a ticket; impact and urgency that nobody stated come from the presets (R2c.2e).

    Raises:
        NoSuchEntryError: the service has no such feature.
    """
    at = service or ticket.service
    if feature:
        policy.require_feature(at, feature)
    kept = ticket.feature if at == ticket.service else UNKNOWN
    preset = presets(policy, type_ or ticket.type, at, feature or kept)
    return steps.classify(
        ticket,
        stamp,
        priority=lambda impact, urgency: derive(policy, impact, urgency).priority,
        type_=type_,
        service=service,
        feature=feature,
        impact=impact or (preset.impact if ticket.impact == UNKNOWN else None),
        urgency=urgency or (preset.urgency if ticket.urgency == UNKNOWN else None),
        reason=reason,
    )


class _Wish(Struct, frozen=True, rename={"type_": "type"}):
    """The fields of a classification among corrections."""

    type_: RequestType | None = None
    service: str | None = None
    feature: str | None = None
    impact: Level | None = None
    urgency: Level | None = None


def corrected(
    policy: Policy, ticket: Ticket, stamp: Stamp, corrections: Mapping[str, str]
) -> tuple[AnyEvent, ...]:
    """The classification that corrections by name ask for; nothing if they ask for none (R1b.2).

    Raises:
        NoSuchEntryError: the service has no such feature.
    """
    wish = msgspec.convert(dict(corrections), type=_Wish)
    if wish == _Wish():
        return ()
    return decide(ticket, stamp, policy=policy, reason="validated", **msgspec.structs.asdict(wish))
