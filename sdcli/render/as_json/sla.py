"""The clocks of the desk, what was broken, and by which service levels they run, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.as_json.tickets import clocks, instant
from sdcli.results.sla import (
    Adopted,
    Checked,
    Deliveries,
    Delivering,
    Monitored,
    Reapplied,
    Register,
    RouteTested,
    Simulated,
    SlaStatus,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.notify.outcome import Sent
    from sdcli.sla.check import Alert
    from sdcli.sla.register import Breach
    from sdcli.sla.simulate import Changed, Moved


def _alert(said: Alert) -> dict[str, Any]:
    """A warning or a breach."""
    fields: dict[str, Any] = msgspec.to_builtins(said)
    return fields | {"due": instant(said.due)}


def _sent(sent: Sent) -> dict[str, Any]:
    """A message that was tried, without its words."""
    told = {name: getattr(sent, name) for name in sent.__struct_fields__ if name != "text"}
    return told | {"reason": sent.reason or None}


def breach_json(found: Breach) -> dict[str, Any]:
    """One entry of the register; the cause that holds, and all that were given."""
    told: dict[str, Any] = msgspec.structs.asdict(found)
    held = found.cause
    return told | {
        "whose": found.whose or None,
        "agreement": found.agreement or None,
        "unsaid": found.unsaid,
        "informed": [
            {"person": each.person, "at": each.at, "route": each.route or None}
            for each in found.informed
        ],
        "cause": held.cause if held else None,
        "note": (held.note or None) if held else None,
        "explained_by": held.by if held else None,
        "explained_at": held.at if held else None,
    }


def _register(result: Register) -> dict[str, Any]:
    """The register of a period, with its totals."""
    return {
        "since": result.since,
        "until": result.until,
        "breaches": [breach_json(each) for each in result.breaches],
        "totals": result.totals,
    }


def _simulated(result: Simulated) -> dict[str, Any]:
    """Both policies side by side, and the tickets that differ."""
    from sdcli.render.as_text.register import notes  # noqa: PLC0415 - the document has sentences

    found = result.comparison
    told: dict[str, Any] = msgspec.structs.asdict(found)
    changed = told.pop("changed")
    return {
        "file": result.file,
        "same": found.same,
        **told,
        "changed": [_changed(each) for each in changed],
        "notes": notes(found),
    }


def _changed(found: Changed) -> dict[str, Any]:
    told = msgspec.structs.asdict(found)
    return told | {"targets": [_moved(each) for each in found.targets]}


def _moved(found: Moved) -> dict[str, Any]:
    told = msgspec.structs.asdict(found)
    dues = {key: told[key] for key in ("due_today", "due_proposed")}
    instants = {key: None if at is None else instant(at) for key, at in dues.items()}
    return told | {"whose": found.whose or None} | instants


def _adopted(result: Adopted) -> dict[str, Any]:
    before = result.before
    return {
        "policy": result.policy,
        "host": result.host,
        "shared": result.shared,
        "before": {
            "policy": before.hash,
            "host": before.host,
            "since": f"{before.since:%Y-%m-%dT%H:%M:%SZ}",
            "others": list(before.others),
        }
        if before
        else None,
        "dry_run": result.dry_run,
    }


def _reapplied(result: Reapplied) -> dict[str, Any]:
    """The tickets, with their clocks before and after."""
    return {
        "policy": result.policy,
        "dry_run": result.dry_run,
        "tickets": [
            {
                "ref": after.ticket.ref,
                "before": after.newest.before or None,  # type: ignore[union-attr] # as above
                "sla_before": clocks(before) if before else None,
                "sla": clocks(after),
            }
            for before, after in result.pairs
        ],
    }


def _sla_status(result: SlaStatus) -> dict[str, Any]:
    last = result.last
    return {
        "last_run": f"{last.at:%Y-%m-%dT%H:%M:%SZ}" if last else None,
        "by": last.by if last else None,
        "age_s": result.age_s,
        "check_every_s": result.check_every_s,
        "missed": bool(result.missed_s),
        "undelivered": result.undelivered,
        "given_up": result.given_up,
        "policy": result.policy,
        "pinned": [
            {"policy": policy or None, "tickets": number, "is_today": policy in ("", result.policy)}
            for policy, number in result.pinned.items()
        ],
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    Checked: lambda result: [_alert(said) for _, said in result.alerts],
    Monitored: lambda result: {
        "breached": result.breached,
        "warning": result.warning,
        "open": result.open_tickets,
        "undelivered": result.undelivered,
        "given_up": result.given_up,
        "spooled": result.spooled,
    },
    Delivering: lambda result: {
        "sent": [_sent(each) for each in result.run.outcomes],
        "waiting": result.run.waiting,
        "busy": result.run.busy,
    },
    Deliveries: lambda result: [msgspec.structs.asdict(row) for row in result.rows],
    RouteTested: lambda result: _sent(result.sent),
    Reapplied: _reapplied,
    Adopted: _adopted,
    SlaStatus: _sla_status,
    Simulated: _simulated,
    Register: _register,
}
