"""Whether something is supported, as JSON (R2b.1, R2b.2)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.as_json.tickets import clocks
from sdcli.tickets.support import state

if TYPE_CHECKING:
    from sdcli.policy.agreements import Targets
    from sdcli.policy.model import Service
    from sdcli.policy.scalars import Amount
    from sdcli.results.triage import Supported
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.contact import Support
    from sdcli.triage.catalog import Promise


def decision(support: Support, now: datetime) -> dict[str, Any]:
    """What was decided, as JSON, with how it stands at an instant."""
    fields = msgspec.structs.asdict(support)
    told = {name: None if value == "" else value for name, value in fields.items()}
    return {"state": state(support, now), **told}


def box(found: TimeBox) -> dict[str, Any]:
    """How long the tier may try, as JSON."""
    due = datetime.fromtimestamp(found.due, timezone.utc)
    return {**msgspec.structs.asdict(found), "due": due}


def supported(result: Supported) -> dict[str, Any]:
    """The answer for scripts."""
    seen = result.seen
    support = seen and seen.ticket.support
    return {
        "ref": seen.ticket.ref if seen else None,
        "asked": result.asked or None,
        "supported": result.supported,
        "support": decision(support, seen.now) if seen and support else None,
        "services": [_service(*each) for each in result.services.items()],
        "feature": _feature(result),
        "component": result.component or None,
        "agreement": {
            "id": result.agreement,
            "name": result.grants.name,
            "calendar": result.grants.calendar,
            "why": result.why,
        },
        "priority": seen.ticket.priority if seen else None,
        "targets": {priority: promised(each) for priority, each in result.targets.items()},
        "escalate_after": {
            priority: {f"tier_{tier}_s": each.of(tier) for tier in (1, 2, 3)}
            for priority, each in result.boxes.items()
        },
        "sla": clocks(seen) if seen else None,
        "time_box": box(result.time_box) if result.time_box else None,
        "may_override": result.deciders,
        "override_agreement": result.grants_override or None,
        "agreement_gone": result.gone or None,
        "held": result.held or None,
        "nearest": [{"id": name, "name": each.name} for name, each in result.nearest.items()],
    }


def promised(targets: Targets | Promise) -> dict[str, int | None]:
    """How long the targets of a priority may take, by names that say how it is counted."""
    both = _amount("response", targets.response) | _amount("resolution", targets.resolution)
    update = getattr(targets, "update", None)
    return both | (_amount("update", update) if update else {})


def _amount(target: str, told: Amount) -> dict[str, int | None]:
    if told.business_days:
        return {f"{target}_s": None, f"{target}_business_days": told.business_days}
    return {f"{target}_s": told.seconds}


def _service(name: str, service: Service) -> dict[str, Any]:
    return {
        "id": name,
        "name": service.name,
        "owner": service.owner,
        "queue": service.queue,
        "hours": service.hours,
        "agreement": service.agreement,
        "limits": service.limits or None,
        "components": service.components,
        "depends_on": service.depends_on,
        "place": service.place,
    }


def _feature(result: Supported) -> dict[str, Any] | None:
    found = result.named_feature
    if found is None:
        return None
    return {
        "id": result.feature,
        "name": found.name,
        "limits": found.limits or None,
        "capacity": found.capacity,
    }
