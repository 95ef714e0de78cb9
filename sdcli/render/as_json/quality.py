"""Surveys and reviews as JSON: who is asked, what was said, what was found (R5a.1, R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.as_json.tickets import ticket
from sdcli.results.quality import (
    ConfirmationsOverdue,
    ReviewSampled,
    ReviewsListed,
    SurveyAsked,
    SurveysDue,
    SurveysReported,
    Unconfirmed,
)
from sdcli.tickets.reviewing import last_review

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.tickets.event import Reviewed
    from sdcli.tickets.ticket import Ticket


def review_json(ticket: Ticket) -> dict[str, Any] | None:
    """The review of a ticket that counts; null if there is none."""
    said = last_review(ticket)
    return None if said is None else _review(said)


def _review(said: Reviewed) -> dict[str, Any]:
    return {
        "at": said.at,
        "by": said.by,
        "percent": said.percent,
        "checks": said.checks,
        "checklist": said.checklist,
        "sample": said.sample or None,
        "note": said.note,
    }


def _due(result: SurveysDue) -> dict[str, Any]:
    return {
        "since": result.since,
        "send": result.send,
        "left_out": result.left_out,
        "rows": [
            {
                "ref": row.ticket.ref,
                "type": row.ticket.type,
                "closed_at": row.ticket.closed_at,
                "person": row.person,
                "address": row.address or None,
                "state": row.state,
                "reason": row.reason or None,
            }
            for row in result.rows
        ],
    }


def _sampled(result: ReviewSampled) -> dict[str, Any]:
    return {
        "sample": result.name,
        "since": result.since,
        "until": result.until,
        "query": result.query,
        "seed": result.seed,
        "closed": result.closed,
        "size": len(result.rows),
        "command": result.command,
        "rows": [
            {
                "ref": ticket.ref,
                "summary": ticket.summary,
                "type": ticket.type,
                "queue": queue,
                "resolved_by": person,
                "closed_at": ticket.closed_at,
                "review": review_json(ticket),
            }
            for ticket, person, queue in result.rows
        ],
    }


def _listed(result: ReviewsListed) -> dict[str, Any]:
    return {
        "since": result.since,
        "until": result.until,
        "checks": result.counts,
        "rows": [
            {
                "ref": ticket.ref,
                "summary": ticket.summary,
                "type": ticket.type,
                "queue": queue,
                "resolved_by": person,
                **_review(said),
            }
            for ticket, said, person, queue in result.rows
        ],
    }


def _overdue(result: ConfirmationsOverdue) -> dict[str, Any]:
    return {
        "now": result.now,
        "since": result.since,
        "allowed": msgspec.to_builtins(result.allowed),
        "resolved": [_row(each, result.now) for each in result.resolved],
        "closed": [_row(each, result.now) for each in result.closed],
    }


def _row(row: Unconfirmed, now: datetime) -> dict[str, Any]:
    return {
        "ref": row.ticket.ref,
        "summary": row.ticket.summary,
        "type": row.ticket.type,
        "resolved_at": row.ticket.resolved_at,
        "closed_at": row.ticket.closed_at,
        "due": row.due,
        "overdue_s": int((now - row.due).total_seconds()) if row.due else None,
        "person": row.person or None,
        "name": row.name or None,
        "phone": row.phone or None,
        "mail": row.mail or None,
        "why": row.why,
        "next": row.next,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    SurveyAsked: lambda result: (
        ticket(result.seen)
        | {"letter": result.letter, "sent_to": result.sent_to or None, "link": result.link or None}
    ),
    SurveysDue: _due,
    SurveysReported: lambda result: result.report,
    ReviewSampled: _sampled,
    ReviewsListed: _listed,
    ConfirmationsOverdue: _overdue,
}
