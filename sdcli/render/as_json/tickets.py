"""A ticket, its clocks and its events as JSON; what a step did."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.results.tickets import Changed, Rehearsed, Seen, TakenBack
from sdcli.tickets.alerts import facts
from sdcli.tickets.hand_over import ping_pong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sdcli.fulfilment.state import Fulfilment
    from sdcli.sla.clock import Clock
    from sdcli.tickets.contact import Assessment, RequestDetails
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.relations import Link
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange


def ticket(seen: Seen) -> dict[str, Any]:
    """A ticket object; of a problem, its own."""
    subject = seen.ticket
    if subject.is_problem:
        return problem(subject)
    return {
        **_class(subject),
        **_place(seen),
        **_caller(subject),
        **_asked(subject),
        **_course(subject),
        **_monitored(subject),
        **_later(subject),
        **_beside(seen),
        **_promised(seen),
    }


def _class(subject: Ticket) -> dict[str, Any]:
    """The class of a request, and what was said of its weight."""
    return {
        "ref": subject.ref,
        "summary": subject.summary,
        "status": subject.status,
        "type": subject.type,
        "service": subject.service,
        "feature": subject.feature,
        "impact": subject.impact,
        "urgency": subject.urgency,
        "priority": subject.priority,
        "undelivered": _undelivered(subject),
        "wish": subject.wish or None,
        "assessment": _assessment(subject.assessment),
    }


def _place(seen: Seen) -> dict[str, Any]:
    """Where it lies, and who works on it."""
    subject = seen.ticket
    return {
        "owner": seen.owner,
        "queue": subject.queue,
        "ping_pong": ping_pong(subject),
        "assignee": subject.assignee,
    }


def _caller(subject: Ticket) -> dict[str, Any]:
    """Who asks, how they are reached, and who else has it."""
    opening = subject.opening
    return {
        "requester": subject.requester,
        "on_behalf_of": opening.on_behalf_of or None,
        "channel": opening.channel,
        "phone": opening.phone or None,
        "mail": opening.mail or None,
        "caller_class": opening.caller_class or "unknown",
        "unit": opening.unit or None,
        "site": opening.site or None,
        "previous": opening.previous or None,
        "me_too": subject.me_too,
        "views": subject.views,
    }


def _asked(subject: Ticket) -> dict[str, Any]:
    """Its bulletin, and what is asked for in the words of the caller."""
    opening = subject.opening
    return {
        "bulletin": subject.bulletin and msgspec.structs.asdict(subject.bulletin),
        "details": opening.details,
        "fields": opening.fields,
        "request": _request(subject.request),
        "walk": opening.walk,
        "procedure": opening.procedure or None,
        "state": opening.state,
        "read": opening.read,
    }


def _course(subject: Ticket) -> dict[str, Any]:
    """When what happened, and for what it waits."""
    return {
        "opened_at": subject.opened_at,
        "updated_at": subject.updated_at,
        "eta": subject.eta,
        "eta_told": _is_told(subject),
        "resolved_at": subject.resolved_at,
        "closed_at": subject.closed_at,
        "service_restored_at": subject.service_restored_at,
        "waiting_for": subject.waiting_for or None,
        "waiting_until": subject.waiting_until,
        "handed_from": subject.handed_from or None,
        "code": subject.code or None,
        "minutes": subject.minutes,
    }


def _monitored(subject: Ticket) -> dict[str, Any]:
    """What monitoring said of it."""
    return {
        "alert_key": subject.key or None,
        "alert_count": subject.alert_count,
        "alert": facts(subject),
        "needs_validation": subject.needs_validation,
    }


def _later(subject: Ticket) -> dict[str, Any]:
    """What was thought otherwise later."""
    return {
        "reopened": subject.reopened,
        "has_news": subject.news,
        "reclassified": subject.reclassified,
        "first_class": _first_class(subject),
        "notices": subject.notices,
    }


def _beside(seen: Seen) -> dict[str, Any]:
    """What belongs to it: articles, files, decisions, other tickets."""
    subject = seen.ticket
    return {
        "articles": subject.articles,
        "attachments": subject.attachments,
        "support": _support(seen),
        "problems": subject.problems,
        "change_status": subject.change_status or None,
        "links": [link(each) for each in subject.links],
        "merged_into": subject.merged_into or None,
        "void": subject.void,
    }


def _promised(seen: Seen) -> dict[str, Any]:
    """What was promised, and how it stands."""
    subject = seen.ticket
    return {
        "policy": subject.policy or None,
        "agreement": seen.agreement,
        "calendar": seen.calendar,
        "sla": clocks(seen),
        "events_count": len(subject.events),
    }


def _is_told(subject: Ticket) -> bool | None:
    """Whether the caller knows when to expect it; null if nobody said (R3d3.2)."""
    if subject.eta is None:
        return None
    from sdcli.tickets.expectation import expectation  # noqa: PLC0415 - few tickets have any

    found = expectation(subject)
    return found.told if found else None


def problem(subject: Ticket) -> dict[str, Any]:
    """A problem object."""
    from sdcli.render.as_json.problems import problem_json  # noqa: PLC0415 - few tickets are problems

    return problem_json(subject)


def _support(seen: Seen) -> dict[str, Any] | None:
    """What was decided on what the catalog does not hold (R2b.2)."""
    found = seen.ticket.support
    if found is None:
        return None
    from sdcli.render.as_json.support import decision  # noqa: PLC0415 - few are unsupported

    return decision(found, seen.now)


def _undelivered(subject: Ticket) -> list[dict[str, Any]]:
    """What did not reach somebody, by the last attempt for each (R5b.2)."""
    if not (subject.undelivered or subject.given_up):
        return []
    from sdcli.tickets.deliveries import failed  # noqa: PLC0415 - few tickets have any

    names = ("alert", "route", "to", "attempt", "reason", "next_at")
    return [{name: getattr(each, name) for name in names} for each in failed(subject)]


def _request(known: RequestDetails) -> dict[str, str | None]:
    """The details of a request, null where nothing was said."""
    return {name: getattr(known, name) or None for name in known.__struct_fields__}


def _assessment(known: Assessment) -> dict[str, Any]:
    """What was said of the impact on the business, null where nothing was said."""
    told = known.told()
    return {name: told.get(name) for name in known.__struct_fields__}


def _first_class(subject: Ticket) -> dict[str, Any] | None:
    """What the request was taken for at first, by field, where it was changed since (R7.4)."""
    from sdcli.triage.reclassify import differs  # noqa: PLC0415 - only tickets pay for it

    found = {name: msgspec.structs.asdict(each) for name, each in differs(subject).items()}
    return {name: each | {"by": each["by"] or None} for name, each in found.items()} or None


def _changed(result: Changed) -> dict[str, Any]:
    found, told = result.effect, ticket(result.seen)
    if result.deduped:
        told["deduped"] = result.deduped
    if found:
        told |= {
            "change": msgspec.structs.asdict(found.change) if found.change else None,
            "agreement_before": found.before.agreement,
            "clocks_before": {target: clock(face) for target, face in found.before.sla.items()},
            "hand_to": found.hand_to or None,
        }
    if result.changes is not None:
        told |= changes_json(result.changes)
    if result.fulfilment is not None:
        told |= {"fulfilment": fulfilment(result.fulfilment), "notes": _stripped(result.notes)}
    return told | _more(result.more)


def _more(more: Mapping[str, Any]) -> dict[str, Any]:
    """What else the document says of the step, with what was tried before as documents."""
    if "tried_before" not in more:
        return dict(more)
    from sdcli.render.as_json.shown import tried_json  # noqa: PLC0415 - few steps try anything

    return {**more, "tried_before": [tried_json(each) for each in more["tried_before"]]}


def _stripped(notes: Sequence[str]) -> list[str]:
    """Sentences without the space that sets them apart on a terminal."""
    return [each.strip() for each in notes]


def clocks(seen: Seen) -> dict[str, Any]:
    """The clocks of a ticket, by target."""
    return {target: clock(face) for target, face in seen.sla.items()}


def clock(face: Clock) -> dict[str, Any]:
    """One clock of a ticket."""
    return {
        "state": face.state,
        "due": None if face.due is None else instant(face.due),
        "target_s": face.target_s,
        "elapsed_s": face.elapsed_s,
        "percent": face.percent,
    }


def event(happened: AnyEvent) -> dict[str, Any]:
    """An event, its common fields first."""
    fields: dict[str, Any] = msgspec.to_builtins(happened)
    first = {name: fields.pop(name) for name in ("id", "at", "by", "kind")}
    return first | fields


def events(events: Sequence[AnyEvent], undone: Sequence[str]) -> list[dict[str, Any]]:
    """Events in order; what was taken back says so."""
    gone = frozenset(undone)
    return [event(each) | ({"taken_back": True} if each.id in gone else {}) for each in events]


def changes_json(changes: Sequence[RecentChange]) -> dict[str, Any]:
    """The recent changes that touch it, under their key."""
    return {"changes": recent_json(changes)}


def instant(seconds: int) -> datetime:
    """An instant of seconds since 1970, in UTC."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def fulfilment(found: Fulfilment | None) -> dict[str, Any] | None:
    """How far its fulfilment is; null if it has none."""
    if found is None:
        return None
    from sdcli.render.as_json.fulfilment import state_json  # noqa: PLC0415 - few tickets have any

    return state_json(found)


def recent_json(changes: Iterable[RecentChange]) -> list[dict[str, Any]]:
    """A change as an object; `reference` is null where the schedule has none."""
    return [
        {
            "id": each.id,
            "summary": each.summary,
            "at": each.at,
            "removes": each.removes,
            "reference": each.reference or None,
            "touches": each.touches,
        }
        for each in changes
    ]


def link(each: Link) -> dict[str, Any]:
    """One link of a ticket."""
    return {"relation": each.relation, "to": each.to, "why": each.why or None}


SHAPES: dict[type, Callable[[Any], Any]] = {
    Changed: _changed,
    TakenBack: lambda result: {
        "ref": result.seen.ticket.ref,
        "action": "brought-back" if result.brought_back else "taken-back",
        "events": [{"ref": ref, **event(happened)} for ref, happened in result.events],
        "left": [{"ref": ref, "why": why} for ref, why in result.left],
        "ticket": ticket(result.seen),
    },
    Rehearsed: lambda result: {
        "dry_run": True,
        "events": [{"ref": each.ref, **event(happened)} for each, happened in result.added],
    },
}
