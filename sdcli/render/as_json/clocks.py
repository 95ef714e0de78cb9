"""Why a clock stands as it does, and working time, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render import words
from sdcli.render.as_json.tickets import instant
from sdcli.render.timeline import SIGNS
from sdcli.results.clocks import (
    CalendarBetween,
    CalendarDue,
    CalendarsChecked,
    CalendarShown,
    CalendarsListed,
    ClocksExplained,
)
from sdcli.sla.agenda import is_beyond
from sdcli.tickets.event import Noted, Waited, kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.sla.agenda import AgendaDay, Headline, Outlook
    from sdcli.sla.clock import Clock
    from sdcli.sla.explain import Explanation, Passing
    from sdcli.sla.grounds import Turn
    from sdcli.sla.intervals import Interval
    from sdcli.tickets.event import AnyEvent


def _calendar_due(result: CalendarDue) -> dict[str, Any]:
    """When an amount of working time is over."""
    found = result.due
    return {
        "calendar": found.calendar,
        "from": instant(found.start),
        "for_s": found.seconds,
        "due": instant(found.at),
        "business_days": found.amount.days,
        **_known(found.known_until, found.at),
    }


def _calendar_between(result: CalendarBetween) -> dict[str, Any]:
    """The working time between two instants."""
    found = result.between
    return {
        "calendar": found.calendar,
        "from": instant(found.start),
        "to": instant(found.end),
        "working_s": found.seconds,
        **_known(found.known_until, found.end),
    }


def _known(known_until: int | None, at: int) -> dict[str, Any]:
    """Until when the holidays are known, and whether the answer lies beyond that (T4)."""
    return {
        "holidays_until": known_until and instant(known_until),
        "beyond_holidays": is_beyond(known_until, at),
    }


def _calendar_shown(result: CalendarShown) -> dict[str, Any]:
    """The days of a calendar."""
    days = result.agenda.days
    last = days[-1].end if days else 0
    beyond = is_beyond(result.agenda.head.known_until, last)
    return {
        **_head(result.agenda.head),
        "beyond_holidays": beyond,
        "days": [_day(each) for each in days],
    }


def _head(found: Headline) -> dict[str, Any]:
    """A calendar in short."""
    return {
        "calendar": found.calendar,
        "zone": found.zone,
        "weekly_s": found.weekly_s,
        "holidays_until": found.known_until and instant(found.known_until),
        "public_holidays": list(found.countries),
        "library": found.library or None,
        "agreements": list(found.agreements),
    }


def _day(day: AgendaDay) -> dict[str, Any]:
    return {
        "date": day.date,
        "weekday": words.weekday(day.date).casefold(),
        "from": instant(day.start),
        "to": instant(day.end),
        "day_s": day.end - day.start,
        "working_s": day.seconds,
        "working": [{"from": instant(part.start), "to": instant(part.end)} for part in day.working],
        "holiday": day.holiday or None,
        "special": day.special or None,
        "has_special_hours": day.is_special,
    }


def _outlook(found: Outlook) -> dict[str, Any]:
    """The coming twelve months of a calendar."""
    return {
        **_head(found.head),
        "years": [{"year": year, "working_s": found.years[year]} for year in found.years],
        "holidays": [_named(each.date, each.holiday) for each in found.holidays],
        "special": [
            {**_named(each.date, each.special), "working_s": each.seconds} for each in found.special
        ],
        "closed_weekdays": list(found.closed_weekdays),
        "clock_changes": [
            {"at": instant(each.at), "before_s": each.before_s, "after_s": each.after_s}
            for each in found.changes
        ],
        "remarks": list(found.remarks),
    }


def _named(day: str, name: str) -> dict[str, Any]:
    return {"date": day, "weekday": words.weekday(day).casefold(), "name": name or None}


def _explained(result: ClocksExplained) -> dict[str, Any]:
    """Every target that was asked about, with all its intervals."""
    first = next(iter(result.found.values()))
    return {
        "ref": result.ticket.ref,
        "at": instant(first.now),
        "zone": result.zone,
        "shown": result.shown,
        "picture": result.picture or None,
        "targets": {target: explanation(told) for target, told in result.found.items()},
    }


def explanation(told: Explanation) -> dict[str, Any]:
    """One target."""
    sums = {each: sum(i.working_s for i in told.intervals if i.kind == each) for each in SIGNS}
    return {
        **_face(told.face),
        "opened_at": instant(told.opened),
        "cycles": [
            {"cycle": each.number, "start": instant(each.start), "whose": each.whose or None}
            | _face(each.face)
            for each in told.cycles
        ],
        "intervals": [_interval(each) for each in told.intervals],
        "working_s": {
            "counted": sums["counted"],
            "paused": sums["paused"],
            "stopped": sums["stopped"],
            "not_begun": sums["not-begun"],
            "all": sum(sums.values()),
        },
        "thresholds": [_threshold(each) for each in told.thresholds],
        "alerts": list(told.said),
        "turns": [_turn(each) for each in told.turns],
        "late": list(told.late),
        "why": _why(told),
    }


def _face(face: Clock) -> dict[str, Any]:
    return {
        "state": face.state,
        "due": None if face.due is None else instant(face.due),
        "target_s": face.target_s,
        "elapsed_s": face.elapsed_s,
        "percent": face.percent,
    }


def _interval(each: Interval) -> dict[str, Any]:
    cause = each.cause
    wait = cause if isinstance(cause, Waited) else None
    return {
        "from": instant(each.start),
        "to": instant(each.end),
        "kind": each.kind,
        "cycle": each.cycle,
        "lasted_s": each.seconds,
        "working_s": each.working_s,
        "counted_s": each.counted_s,
        "holiday": each.name or None,
        "cause": cause and kind(cause),
        "event": cause and cause.id,
        "by": cause and cause.by,
        "entered": cause and cause.entered,
        "waiting_for": wait and wait.waiting_for,
        "supplier": (wait and wait.supplier) or None,
        "until": wait and wait.until,
        "reason": _reason(cause) or None,
    }


def _reason(cause: AnyEvent | None) -> str:
    if isinstance(cause, Waited):
        return cause.reason
    if isinstance(cause, Noted):
        return cause.text
    return getattr(cause, "note", "")


def _threshold(each: Passing) -> dict[str, Any]:
    return {
        "percent": each.percent,
        "predicted": each.predicted,
        "needed_s": each.needed_s,
        "at": None if each.at is None else instant(each.at),
        "passed": each.passed,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(turn)
    before, after = told.pop("amounts")
    changes = {name: {"before": one, "after": other} for name, (one, other) in turn.changes.items()}
    return told | {"changes": changes, "amount": {"before": before, "after": after}}


def _why(told: Explanation) -> dict[str, Any]:
    grounds = told.grounds
    why: dict[str, Any] = msgspec.to_builtins(grounds)
    known = grounds.calendar.known_until
    why["calendar"] |= {
        "known_until": None if known is None else instant(known),
        "beyond_holidays": told.beyond_holidays,
        "library": grounds.calendar.library or None,
    }
    return why


SHAPES: dict[type, Callable[[Any], Any]] = {
    ClocksExplained: _explained,
    CalendarDue: _calendar_due,
    CalendarBetween: _calendar_between,
    CalendarShown: _calendar_shown,
    CalendarsListed: lambda result: [_head(each) for each in result.heads],
    CalendarsChecked: lambda result: [_outlook(each) for each in result.outlooks],
}
