"""Queues, what is next, and who has how much, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.as_json.tickets import ticket
from sdcli.results.queues import NextUp, QueueShown, QueuesShown, Workload

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.insight.load import PersonLoad, QueueLoad


def _queue(row: QueueLoad, now: datetime) -> dict[str, Any]:
    """A queue with its figures; null is what a queue that left the files does not have."""
    return {
        "queue": row.queue,
        "name": row.name or None,
        "tier": row.tier,
        "focus": row.focus or None,
        "lead": row.lead or None,
        "open": row.open,
        "waiting": row.waiting,
        "not_accepted": row.not_accepted,
        "unassigned": row.unassigned,
        "resolved": row.resolved,
        "oldest_at": row.oldest_at,
        "oldest_age_s": int((now - row.oldest_at).total_seconds()) if row.oldest_at else None,
        "sla": row.colours,
        "priorities": row.priorities,
        "overstayed": row.overstayed,
        "ping_pong": row.ping_pong,
    }


def _shown(result: QueueShown) -> dict[str, Any]:
    """A queue with its checklist and its tickets."""
    return _queue(result.row, result.now) | {
        "needs": result.needs,
        "tickets": [
            ticket(seen)
            | {
                "age_s": int((result.now - seen.ticket.opened_at).total_seconds()),
                "colour": colour,
                "overstayed": overstayed,
            }
            for seen, colour, overstayed in result.tickets
        ],
    }


def _next(result: NextUp) -> dict[str, Any]:
    """The ticket that is next, and why; null where there is nothing to do."""
    chosen = result.chosen
    return {
        "person": result.person,
        "queues": result.queues,
        "ref": chosen.ticket.ref if chosen else None,
        "rule": chosen.rule if chosen else None,
        "why": chosen.why if chosen else (),
        "gives_way": chosen.gives_way if chosen else (),
        "overstayed": bool(chosen and chosen.lying.overstayed),
        "taken": result.is_taken,
        "behind": result.behind,
        "lacking": result.lacking,
        "ticket": ticket(result.seen) if result.seen else None,
    }


def _workload(result: Workload) -> dict[str, Any]:
    """Who has how much, or which queue."""
    told: dict[str, Any] = {"by": result.by, "since": result.since}
    if result.by == "queue":
        rows = [_queue(row, result.now) | {"minutes": row.minutes} for row in result.queues]
        return told | {"queues": rows}
    return told | {"people": [_person(row) for row in result.people]}


def _person(row: PersonLoad) -> dict[str, Any]:
    return {
        "person": row.person,
        "name": row.name or None,
        "roles": row.roles,
        "level": row.level or None,
        "queues": row.queues,
        "open": row.open,
        "waiting": row.waiting,
        "priorities": row.priorities,
        "near": row.near,
        "breached": row.breached,
        "minutes": row.minutes,
        "absent": row.until is not None,
        "absent_until": row.until,
        "absent_reason": row.away or None,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    QueuesShown: lambda result: [_queue(row, result.now) for row in result.rows],
    QueueShown: _shown,
    NextUp: _next,
    Workload: _workload,
}
