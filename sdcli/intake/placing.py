"""Where an alert belongs: its service by the catalog, its priority, and how complete it is.

Everything is decided by rules, and each value keeps its reason (R1a.2a, R1a.2c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.policy.service_map import services_with
from sdcli.tickets.contact import AlertFacts, Assessment
from sdcli.tickets.event import Opened
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.priority import Subject, Weight, by_rule, weigh

if TYPE_CHECKING:
    from sdcli.intake.items import AlertItem
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp


class Placed(Struct, frozen=True, kw_only=True):
    """What rules made of an alert.

    `is_mapped` says that the service follows from the service map, not from words: only then
    may the alert be taken for one incident with others of the service.
    """

    service: str
    feature: str
    weight: Weight
    is_mapped: bool
    reasons: dict[str, str]
    facts: AlertFacts


def place(policy: Policy, item: AlertItem) -> Placed:
    """Where an alert belongs."""
    from sdcli.triage.suggest import Known, suggest  # noqa: PLC0415 - only new alerts pay for it

    mapped, why = _mapped(policy, item)
    text = " ".join((item.summary, item.component, *item.labels.values()))
    found = suggest(policy, text, Known(service=mapped, is_alert=True))
    service, feature = found["service"].value, found["feature"].value
    reasons = {
        "type": found["type"].reason,
        "service": why or found["service"].reason,
        "urgency": f"the alert's severity {item.severity or 'is missing'}",
        "format": item.why,
    }
    return Placed(
        service=service,
        feature=feature,
        weight=_weighed(policy, item, service, feature),
        is_mapped=mapped != UNKNOWN,
        reasons={name: reason for name, reason in reasons.items() if reason},
        facts=_facts(item, service),
    )


def _weighed(policy: Policy, item: AlertItem, service: str, feature: str) -> Weight:
    """How much an alert matters: its severity is the urgency.

    Only what is critical has failed, so that all that hangs on it is hit; a disk that fills up
    has hit nobody yet.
    """
    subject = Subject(
        type="incident",
        service=service,
        feature=feature,
        urgency=item.urgency,
        assessment=Assessment(component=item.component if item.urgency == "high" else ""),
        stated_by={"urgency": item.source},
    )
    return weigh(policy, subject)


def _mapped(policy: Policy, item: AlertItem) -> tuple[str, str]:
    """The service that the alert names or that its component belongs to, and why."""
    named = item.service.casefold()
    for name, service in policy.catalog.services.items():
        if named and named in (name.casefold(), service.name.casefold()):
            return name, f"the alert names the service {item.service}"
    for name in services_with(policy, item.component):
        place = policy.catalog.services[name].place
        return name, f"the component {item.component} ({place})"
    return UNKNOWN, ""


def _facts(item: AlertItem, service: str) -> AlertFacts:
    known = {
        "status": "status" not in item.missing,
        "severity": item.severity,
        "key": "key" not in item.missing,
        "component": item.component,
        "service": service != UNKNOWN,
        "environment": item.environment,
        "starts_at": item.starts_at,
        "link": item.link,
    }
    missing = tuple(name for name, value in known.items() if not value)
    return AlertFacts(
        source=item.source,
        key=item.key,
        format=item.format,
        component=item.component,
        environment=item.environment,
        severity=item.severity,
        starts_at=item.starts_at,
        link=item.link,
        completeness=100 * (len(known) - len(missing)) // len(known),
        missing=missing,
    )


def opened_by_alert(
    policy: Policy,
    stamp: Stamp,
    item: AlertItem,
    placed: Placed | None = None,
    *,
    previous: str = "",
    rule: str = "first-sighting",
) -> Opened:
    """The opening event of an alert; its contact is the owner of the service (R1a.2)."""
    found = placed or place(policy, item)
    owner = policy.service(found.service)
    return Opened(
        *stamp.mark(),
        summary=item.summary,
        queue=policy.teams.desk.queue,
        tier=policy.tier(policy.teams.desk.queue),
        priority=found.weight.priority,
        channel="monitoring",
        requester=owner.owner if owner else UNKNOWN,
        type="incident",
        service=found.service,
        feature=found.feature,
        impact=found.weight.impact,
        urgency=item.urgency,
        reasons=found.reasons,
        grounds=by_rule(found.weight),
        details=item.details,
        fields=item.labels,
        key=item.key,
        idempotency_key=item.idempotency_key,
        source=item.source,
        payload=item.payload,
        alert=found.facts,
        previous=previous,
        rule=rule,
        policy=policy.levels_hash,
    )
