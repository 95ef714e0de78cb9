"""What became of what came in, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.as_json.callers import bulletin_json
from sdcli.render.as_json.tickets import changes_json, ticket
from sdcli.results.intake import Delivered, Explained, Opened, TakenAgain, TakenIn, Tried
from sdcli.tickets.alerts import key_of, standings, times_of, totals
from sdcli.tickets.event import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.intake.before import Before
    from sdcli.intake.formats import Fit, Reading
    from sdcli.intake.outcome import Outcome
    from sdcli.intake.retry import Retried
    from sdcli.results.tickets import Seen
    from sdcli.tickets.alerts import Standing
    from sdcli.tickets.ticket import Ticket


def _opened(result: Opened) -> dict[str, Any]:
    told = _outcome(result.outcome, ticket(result.seen) if result.seen else None)
    told |= changes_json(result.changes)
    if result.before is None or result.seen is None:
        return told
    return told | before_json(result.before, result.seen.now)


def outcomes(
    found: Iterable[tuple[Outcome, Seen | None]],
) -> Iterator[dict[str, Any]]:
    """One after the other; a ticket that many of them share is told from one reading."""
    known: dict[str, dict[str, Any]] = {}
    for outcome, seen in found:
        ref = seen.ticket.ref if seen else ""
        if seen and ref not in known:
            known[ref] = ticket(seen)
        yield _outcome(outcome, known.get(ref))


def _outcome(outcome: Outcome, about: dict[str, Any] | None) -> dict[str, Any]:
    told: dict[str, Any] = {"action": outcome.action, "ref": None, **(about or {})}
    extra = {
        "rule": outcome.rule,
        "reason": outcome.reason,
        "key": outcome.key,
        "file": outcome.file,
    }
    return told | {name: value for name, value in extra.items() if value}


def _explained(result: Explained) -> dict[str, Any]:
    found = standings(result.ticket.standing)
    counted = totals(found.values())
    return {
        "ref": result.ticket.ref,
        "summary": result.ticket.summary,
        "total": counted["total"],
        "firing": counted["firing"],
        "resolved": counted["resolved"],
        "suppressed": counted["suppressed"],
        "alerts": [_standing(each) for each in found.values()],
        "decisions": [_decision(each) for each in result.ticket.standing if key_of(each)],
    }


def _standing(found: Standing) -> dict[str, Any]:
    return {
        "key": found.key,
        "summary": found.summary,
        "status": "firing" if found.firing else "resolved",
        "flapping": found.flapping,
        "firing": found.sightings,
        "resolved": found.recoveries,
        "suppressed": found.suppressed,
        "flips": found.flips,
    }


def _decision(event: Any) -> dict[str, Any]:
    return {
        "at": event.at,
        "kind": kind(event),
        "key": event.key,
        "times": times_of(event),
        "rule": event.rule or None,
    }


def _tried(reading: Reading, fits: Sequence[Fit]) -> dict[str, Any]:
    item = reading.item
    told: dict[str, Any] = {"kind": type(item).__name__.removesuffix("Item").lower()}
    if reading.fit:
        told |= {"format": reading.fit.format, "rank": reading.fit.rank, "why": reading.fit.why}
    told["also"] = [fit._asdict() for fit in fits if reading.fit and fit.format != told["format"]]
    told["facts"] = {
        name: {"value": fact.value, "given": fact.given, "by": fact.by or None}
        for name, fact in reading.facts.items()
    }
    raw = getattr(item, "raw", None)
    rest = {"raw"} if raw is not None else set()
    told["item"] = {
        name: getattr(item, name) for name in item.__struct_fields__ if name not in rest
    }
    return told | ({} if raw is None else {"bytes": len(raw)})


def _again(retried: Retried, found: Sequence[tuple[Outcome, Any]]) -> dict[str, Any]:
    return {
        "file": retried.file,
        "stays": retried.stays or None,
        "items": list(outcomes(found)),
    }


def _delivered(result: Delivered) -> dict[str, Any]:
    return {
        "delivered": [
            {
                "file": each.file,
                "at": each.at,
                "by": each.by or None,
                "refused": each.refused or None,
                "away": each.away or None,
                "items": list(outcomes(each.outcomes)),
            }
            for each in result.deliveries
        ],
        "waiting": [
            {
                "file": each.file,
                "bytes": each.size,
                "at": each.spooled.at if each.spooled else None,
                "by": each.spooled.by if each.spooled else None,
                "why": each.spooled.why if each.spooled else None,
            }
            for each in result.waiting
        ],
    }


def before_json(before: Before, now: datetime) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "caller_open": [_brief(ticket) for ticket in before.caller_open],
        "similar": [{**_brief(each.ticket), "why": each.why} for each in before.similar],
        "bulletins": [bulletin_json(ticket, now) for ticket in before.bulletins],
    }


def _brief(ticket: Ticket) -> dict[str, Any]:
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "status": ticket.status,
        "service": ticket.service,
        "opened_at": ticket.opened_at,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    Opened: _opened,
    TakenIn: lambda result: outcomes(result.outcomes),
    Tried: lambda result: [_tried(*each) for each in result.readings],
    Delivered: _delivered,
    TakenAgain: lambda result: [_again(*each) for each in result.files],
    Explained: _explained,
}
STREAMS = {TakenIn}
"""What is told as a document for each of its parts."""
