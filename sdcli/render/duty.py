"""Who is on duty: as rows of a table for people, and as JSON for scripts."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from sdcli.policy.local import local
from sdcli.render.safe import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.results.people import Duties
    from sdcli.sla.duty import Away, Duty, Skipped, Span

NOW_HEADERS = ("queue", "on call", "until", "reach", "why")
SHIFT_HEADERS = ("queue", "from", "to", "on call", "why")
MANAGER = "duty manager"


def title(result: Duties) -> str:
    """What the table holds, and in which time zone."""
    return f"On duty on {when(result.at, result.zone)}; times are those of {line(result.zone)}."


def when(at: int, zone: str) -> str:
    """An instant as the clocks of a zone show it."""
    return f"{local(at, zone):%a %Y-%m-%d %H:%M}"


def now_rows(result: Duties) -> list[list[str]]:
    """Who is on duty for each queue, and the duty manager."""
    duties = [*result.queues.items(), (MANAGER, result.manager)]
    return [
        [
            line(name),
            _name(result, duty),
            when(duty.until, result.zone) if duty.until else "-",
            _reach(result, duty),
            _why(result, duty),
        ]
        for name, duty in duties
    ]


def shift_rows(result: Duties) -> list[list[str]]:
    """The coming shifts, one a row."""
    return [
        [
            line(name or MANAGER),
            when(span.start, result.zone),
            when(span.end, result.zone),
            _name(result, span.duty),
            _why(result, span.duty),
        ]
        for name, span in result.shifts
    ]


def _name(result: Duties, duty: Duty) -> str:
    known = result.people.get(duty.person)
    return line(known.name if known else duty.person or "nobody")


def _reach(result: Duties, duty: Duty) -> str:
    known = result.people.get(duty.person)
    return line(", ".join(filter(None, (known.phone, known.mail)))) if known else "-"


_REASONS = {
    "turn": "their turn in {rotation}",
    "override": "took the shift of {rotation}",
    "stand-in": "stands in",
    "next-member": "next in {rotation}",
    "fixed": "named for the queue",
    "manager": "answers for the desk",
    "nobody": "",
}


def _why(result: Duties, duty: Duty) -> str:
    """Why it is this person, who was passed over, and by which rules."""
    said = _REASONS[duty.why].format(rotation=duty.rotation)
    passed = [_passed(result, each) for each in duty.skipped]
    places = [*duty.places, *(each.away.place for each in duty.skipped)]
    otherwise = "nobody has a turn" if duty.places else "no rotation, and nobody is named"
    told = "; ".join(filter(None, (said, *passed))) or otherwise
    rules = ", ".join(dict.fromkeys(places))
    return line(f"{told} ({rules})" if rules else told)


def _passed(result: Duties, skipped: Skipped) -> str:
    known, gone = result.people.get(skipped.person), skipped.away
    name = known.name if known else skipped.person
    if gone.why == "off-hours":
        return f"{name} works in {gone.reason}"
    until = f" until {when(gone.until, result.zone)}" if gone.until else ""
    return f"{name} is away{until}: {gone.reason}" if gone.reason else f"{name} is away{until}"


def as_json(result: Duties) -> dict[str, Any]:
    """Who is on duty, and the shifts that were asked for."""
    return {
        "at": _utc(result.at),
        "queues": [
            {"queue": name} | _duty(result, duty) | {"until": _until(duty)}
            for name, duty in result.queues.items()
        ],
        "duty_manager": _duty(result, result.manager) | {"until": _until(result.manager)},
        "shifts": [_shift(result, name, span) for name, span in result.shifts],
    }


def _shift(result: Duties, name: str, span: Span) -> dict[str, Any]:
    times = {"queue": name or None, "from": _utc(span.start), "to": _utc(span.end)}
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
        "until": None if gone.until is None else _utc(gone.until),
        "place": gone.place,
    }


def _until(duty: Duty) -> datetime | None:
    return None if duty.until is None else _utc(duty.until)


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(at, timezone.utc)
