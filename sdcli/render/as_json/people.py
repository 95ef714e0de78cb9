"""Contacts, who is on duty, and what somebody may do, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.as_json.tickets import instant
from sdcli.results.people import Duties, PeopleFound, PeopleImported, WhoActs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sdcli.policy.people import Person
    from sdcli.sla.duty import Away, Duty, Skipped, Span


def _person(found: Person) -> dict[str, Any]:
    """A contact, every field of it, and whether they work on requests."""
    fields = msgspec.structs.asdict(found.contact)
    told = {name: value or None for name, value in fields.items()}
    return {"id": found.id, **told, "technician": found.is_technician}


def _who_acts(result: WhoActs) -> dict[str, Any]:
    known = result.known
    return {
        "person": result.person,
        "known": known is not None,
        "name": known.name if known else None,
        "roles": known.roles if known else (),
        "level": (known.level or None) if known else None,
        "authority": known.authority if known else (),
        "queues": result.queues,
        "leads": result.leads,
        "on_call": result.on_call,
        "rights": [
            {
                "deed": each.deed,
                "meaning": each.meaning,
                "may": each.may,
                "roles": each.demand.roles,
                "level": each.demand.level or None,
                "authority": each.demand.authority,
                "place": each.demand.place or None,
                "able": each.able,
            }
            for each in result.rights
        ],
    }


def _duties(result: Duties) -> dict[str, Any]:
    """Who is on duty, and the shifts that were asked for."""
    return {
        "at": instant(result.at),
        "queues": [
            {"queue": name} | _duty(result, duty) | {"until": _until(duty)}
            for name, duty in result.queues.items()
        ],
        "duty_manager": _duty(result, result.manager) | {"until": _until(result.manager)},
        "shifts": [_shift(result, name, span) for name, span in result.shifts],
    }


def _shift(result: Duties, name: str, span: Span) -> dict[str, Any]:
    times = {"queue": name or None, "from": instant(span.start), "to": instant(span.end)}
    return times | _duty(result, span.duty)


def _duty(result: Duties, duty: Duty) -> dict[str, Any]:
    known = result.people.get(duty.person)
    return {
        "person": duty.person or None,
        "name": known.name if known else None,
        "phone": (known.phone if known else "") or None,
        "mail": known.mail if known else None,
        "why": duty.why,
        "rotation": duty.rotation or None,
        "places": duty.places,
        "skipped": _skipped(duty.skipped),
    }


def _skipped(skipped: Sequence[Skipped]) -> list[dict[str, Any]]:
    return [{"person": each.person} | _away(each.away) for each in skipped]


def _away(gone: Away) -> dict[str, Any]:
    return {
        "why": gone.why,
        "reason": gone.reason or None,
        "until": None if gone.until is None else instant(gone.until),
        "place": gone.place,
    }


def _until(duty: Duty) -> datetime | None:
    return None if duty.until is None else instant(duty.until)


SHAPES: dict[type, Callable[[Any], Any]] = {
    PeopleFound: lambda result: [_person(found) for found in result.people],
    Duties: _duties,
    WhoActs: _who_acts,
    PeopleImported: lambda result: {
        "dry_run": result.dry_run,
        **msgspec.to_builtins(result.taken),
    },
}
