"""Everything about one ticket, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.as_json.tickets import clock, events, fulfilment, link, problem, ticket
from sdcli.results.shown import History, Shown, TriedList
from sdcli.tickets.relations import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sdcli.changes.planned import Planned
    from sdcli.policy.teams import Technician
    from sdcli.sla.backing import Backing
    from sdcli.sla.register import Breach
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.incident import Tried
    from sdcli.tickets.ticket import Ticket


def _planned(result: Shown) -> dict[str, Any]:
    """Its request for change, and what was planned (R3c3.3, R3d1.3)."""
    told: dict[str, Any] = {"change": None, "planned": [], "out_of_hours": result.out_of_hours}
    if result.change:
        from sdcli.render.as_json.changes import change_json  # noqa: PLC0415 - few have one

        told["change"] = change_json(result.change)
    if result.planned:
        told["planned"] = _outages(result.planned)
    return told


def _time_box(found: TimeBox) -> dict[str, Any]:
    from sdcli.render.as_json.support import box  # noqa: PLC0415 - few tickets have one

    return box(found)


def _backing(result: Shown, target: Backing, whose: str) -> dict[str, Any] | None:
    """The clock of the queue or the supplier that has the ticket, null without one."""
    found = result.backing.get(target)
    return {whose: found[0], **clock(found[1])} if found else None


def _role(person: Technician) -> dict[str, Any]:
    """As what somebody acts: their roles and level (R0.2)."""
    return {"roles": person.roles, "level": person.level or None}


def _review(subject: Ticket) -> dict[str, Any] | None:
    """What somebody found who looked at it afterwards; null if nobody has (R5a.1)."""
    from sdcli.tickets.event import Reviewed  # noqa: PLC0415 - loaded by now

    if not any(isinstance(event, Reviewed) for event in subject.standing):
        return None
    from sdcli.render.as_json.quality import review_json  # noqa: PLC0415 - few tickets have any

    return review_json(subject)


def _relations(result: Shown) -> dict[str, Any]:
    """The same for `show`: each link with the status and the summary of the other ticket."""
    ticket, others = result.seen.ticket, result.others
    return {
        "links": [link(each) | _facts(each.to, others) for each in ticket.links],
        "absorbed": [{"ref": ref} | _facts(ref, others) for ref in sources(ticket)],
        "closes_at": result.closes_at,
    }


def _facts(ref: str, others: Mapping[str, Ticket]) -> dict[str, Any]:
    """Null for a change of the schedule, which is no ticket."""
    other = others.get(ref)
    return {"status": other and other.status, "summary": other and other.summary}


def tried_json(each: Tried) -> dict[str, Any]:
    """One thing that was tried, null where nobody said."""
    return {
        "at": each.at,
        "by": each.by,
        "what": each.what,
        "text": each.text,
        "result": each.result or None,
        "note": each.note or None,
        "minutes": each.minutes,
        "ref": each.ref,
        "event": each.event,
    }


def _outages(found: Sequence[Planned]) -> list[dict[str, Any]]:
    """The outages that run now."""
    names = ("id", "summary", "start", "end", "touches", "place")
    return [{name: getattr(each, name) for name in names} for each in found]


def _shown(result: Shown) -> dict[str, Any]:
    subject = result.seen.ticket
    return {
        **ticket(result.seen),
        "time_box": result.time_box and _time_box(result.time_box),
        "operational": _backing(result, "operational", "queue"),
        "underpinning": _backing(result, "underpinning", "supplier"),
        "breaches": _breaches(result.breaches),
        "lacking": result.lacking,
        "actors": {name: _role(each) for name, each in result.actors.items()},
        "fulfilment": fulfilment(result.fulfilment),
        "problem_records": [problem(each) for each in result.problems],
        **_planned(result),
        **_relations(result),
        "review": _review(subject),
        "events": events(subject.events, subject.undone),
    }


def _breaches(found: Sequence[Breach]) -> list[dict[str, Any]]:
    if not found:
        return []
    from sdcli.render.as_json.sla import breach_json  # noqa: PLC0415 - few tickets have any

    return [breach_json(each) for each in found]


SHAPES: dict[type, Callable[[Any], Any]] = {
    Shown: _shown,
    History: lambda result: events(result.events, result.undone),
    TriedList: lambda result: [tried_json(each) for each in result.rows],
}
