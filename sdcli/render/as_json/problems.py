"""Problems, known errors and candidates for them, as JSON (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.as_json.tickets import event
from sdcli.render.hints import command_for
from sdcli.results.problems import CandidatesFound, ProblemChanged, ProblemShown, ProblemsListed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.insight.recurring import Candidate
    from sdcli.tickets.ticket import Ticket


def problem_json(problem: Ticket) -> dict[str, Any]:
    """A problem object."""
    return {
        "ref": problem.ref,
        "record": problem.record,
        "summary": problem.summary,
        "status": problem.status,
        "service": problem.service,
        "feature": problem.feature,
        "impact": problem.impact,
        "urgency": problem.urgency,
        "priority": problem.priority,
        "queue": problem.queue,
        "assignee": problem.assignee,
        "handed_from": problem.handed_from or None,
        "opened_at": problem.opened_at,
        "updated_at": problem.updated_at,
        "closed_at": problem.closed_at,
        "code": problem.code or None,
        "cause": problem.cause or None,
        "workaround": problem.workaround or None,
        "known_error": problem.known_error or None,
        "incidents": problem.incidents,
        "incident_count": len(problem.incidents),
        "minutes": problem.minutes,
        "attachments": problem.attachments,
        "events_count": len(problem.events),
    }


def _changed(result: ProblemChanged) -> dict[str, Any]:
    """A problem after a step, and who was told."""
    action = {"action": result.action} if result.action else {}
    return {
        **action,
        **problem_json(result.problem),
        "changed": result.is_new,
        "told": result.told,
        "notes": result.notes,
    }


def _shown(result: ProblemShown) -> dict[str, Any]:
    """A problem with its incidents and its events."""
    first, last = result.span
    return problem_json(result.problem) | {
        "first_seen": first,
        "last_seen": last,
        "open_incidents": sum(not each.is_closed for each in result.incidents),
        "incident_minutes": sum(each.minutes for each in result.incidents),
        "incident_records": [_incident(each, result.now) for each in result.incidents],
        "events": [event(each) for each in result.problem.events],
    }


def _incident(ticket: Ticket, now: datetime) -> dict[str, Any]:
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "type": ticket.type,
        "status": ticket.status,
        "priority": ticket.priority,
        "opened_at": ticket.opened_at,
        "closed_at": ticket.closed_at,
        "age_s": int((now - ticket.opened_at).total_seconds()),
        "code": ticket.code or None,
        "minutes": ticket.minutes,
    }


def _candidate(found: Candidate) -> dict[str, Any]:
    """A candidate, with the command that opens a problem for it."""
    fields: dict[str, Any] = msgspec.structs.asdict(found)
    return fields | {"command": command_for(found)}


SHAPES: dict[type, Callable[[Any], Any]] = {
    ProblemChanged: _changed,
    ProblemShown: _shown,
    ProblemsListed: lambda result: [problem_json(each) for each in result.rows],
    CandidatesFound: lambda result: [_candidate(each) for each in result.rows],
}
