"""What a ticket is, as JSON: proposals, reasons, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render.as_json.support import box, promised, supported
from sdcli.render.as_json.tickets import changes_json, event
from sdcli.results.triage import (
    CatalogFound,
    Evaluated,
    Guided,
    NoticesListed,
    Reasoned,
    Suggested,
    Supported,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.catalog import Entry
    from sdcli.triage.reasons import Due
    from sdcli.triage.suggest import Proposal


def _guided(result: Guided) -> dict[str, Any]:
    from sdcli.render.as_json.guide import as_json  # noqa: PLC0415 - only the guide pays for it

    return as_json(result)


def _waiting(row: Waiting) -> dict[str, Any]:
    return {
        "ref": row.ticket.ref,
        "summary": row.ticket.summary,
        "status": row.ticket.status,
        "person": row.person,
        "changes": [msgspec.structs.asdict(each) for each in row.changes],
        "harm": [event(used) | {"otherwise": said} for used, said in row.harm],
    }


def _entry(found: Entry) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(found)
    targets = {name: promised(each) for name, each in found.targets.items()}
    return document | {"targets": targets}


def _proposed(proposal: Proposal) -> dict[str, Any]:
    candidate = proposal.candidate and proposal.candidate._asdict()
    return {**proposal._asdict(), "candidate": candidate}


def _reasoned(result: Reasoned) -> dict[str, Any]:
    """The explanation as a JSON object."""
    found, ticket = result.reasons, result.seen.ticket
    last = found.classified
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "priority": ticket.priority,
        "impact": ticket.impact,
        "urgency": ticket.urgency,
        "by_hand": found.by_hand is not None,
        "classified": None if last is None else {"at": last.at, "by": last.by},
        "derived": {
            "impact": found.impact,
            "urgency": found.urgency,
            "priority": found.priority,
            "is_current": not found.stale,
        },
        "said": [
            {"name": name, "value": each.value, "by": each.by or None, "at": each.at}
            for name, each in found.said.items()
            if name != "wish"
        ],
        "no_longer_counts": found.gone,
        "wish": found.said["wish"].value if "wish" in found.said else None,
        "grounds": [
            {
                "field": each.field,
                "value": each.value,
                "reason": each.reason,
                "place": each.place or None,
                "rule": result.words.get(each.place),
            }
            for each in (
                *found.type_grounds,
                *([found.by_hand] if found.by_hand else ()),
                *found.grounds,
            )
        ],
        "services": msgspec.structs.asdict(found.services),
        "pre_empts": {
            "priorities": found.follows.pre_empts,
            "assignee": ticket.assignee,
            "stop": bool(result.tickets),
            "tickets": [_given_way(each) for each in result.tickets],
        },
        "time_box": result.box and box(result.box),
        "tell": [{"role": role, "name": name, "reach": reach} for role, name, reach in result.tell],
        "communication": _measure(found.communication),
        "continuity": _measure(found.continuity),
    }


def _given_way(ticket: Ticket) -> dict[str, Any]:
    return {
        "ref": ticket.ref,
        "priority": ticket.priority,
        "assignee": ticket.assignee,
        "summary": ticket.summary,
    }


def _measure(due: Due) -> dict[str, Any]:
    return {
        "state": due.state,
        "conditions": [msgspec.structs.asdict(each) for each in due.conditions],
        "checklist": due.checklist,
        "place": due.place,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    Guided: _guided,
    Suggested: lambda result: {
        "ref": result.ref,
        "changed": False,
        "suggestion": {name: _proposed(proposal) for name, proposal in result.proposals.items()},
        "notes": [*result.notes, *(result.learning.notes if result.learning else ())],
        "learning": result.learning
        and {
            "looked": result.learning.looked,
            "total": result.learning.total,
            "done": result.learning.done,
            "kept": result.learning.kept,
        },
        **changes_json(result.changes),
    },
    Reasoned: _reasoned,
    Evaluated: lambda result: msgspec.to_builtins(result.evaluation),
    CatalogFound: lambda result: [_entry(each) for each in result.entries],
    NoticesListed: lambda result: [_waiting(row) | {"seen": result.seen} for row in result.rows],
    Supported: supported,
}
