"""What callers are told, as JSON: bulletins, confirmations, when to expect it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.intake.before import is_overdue
from sdcli.results.callers import (
    BulletinsListed,
    CallerTold,
    Confirmed,
    ExpectationsDue,
    FrontPage,
    Notice,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.results.callers import ExpectationDue
    from sdcli.tickets.ticket import Ticket


def _bulletin(subject: Ticket, now: datetime) -> dict[str, Any]:
    return bulletin_json(subject, now) | {"summary": subject.summary}


def _notice(notice: Notice) -> dict[str, Any]:
    fields = msgspec.structs.asdict(notice)
    return fields | {"state": notice.state or None, "site": notice.site or None}


def bulletin_json(ticket: Ticket, now: datetime) -> dict[str, Any]:
    """A bulletin with its ticket's number and counts."""
    said = ticket.bulletin
    if said is None:
        return {"ref": ticket.ref, "text": None}
    return {
        "ref": ticket.ref,
        "text": said.text,
        "state": said.state or None,
        "services": said.services,
        "site": said.site or None,
        "until": said.until,
        "next_update": said.next_update,
        "overdue": is_overdue(said, now),
        "views": ticket.views,
        "me_too": ticket.me_too,
    }


def _due(row: ExpectationDue, now: datetime) -> dict[str, Any]:
    """A request whose time has passed or was not told."""
    ticket, known = row.ticket, row.expectation
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "status": ticket.status,
        "priority": ticket.priority,
        "queue": ticket.queue,
        "assignee": ticket.assignee,
        "follow_up": row.follow_up or None,
        "eta": known.eta,
        "due": row.due,
        "told": known.told,
        "changes": known.changes,
        "reason": known.reason or None,
        "late_s": max(int((now - known.eta).total_seconds()), 0),
    }


def _told(result: CallerTold) -> dict[str, Any]:
    """What the caller may be told."""
    return {
        "ref": result.seen.ticket.ref,
        "text": result.text,
        "sent_to": result.sent_to or None,
        "noted": result.noted,
        "eta": result.seen.ticket.eta,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    Confirmed: lambda result: {
        "ref": result.ref,
        "to": result.to,
        "message_id": result.message_id,
        "sent": result.sent,
        "message": result.message,
    },
    BulletinsListed: lambda result: [_bulletin(each, result.now) for each in result.tickets],
    FrontPage: lambda result: [_notice(notice) for notice in result.notices],
    ExpectationsDue: lambda result: [_due(row, result.now) for row in result.rows],
    CallerTold: _told,
}
