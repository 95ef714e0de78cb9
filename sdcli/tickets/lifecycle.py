"""Which event is legal in which state, and where it leads: a table for each record (R0.7).

    new → in_progress ⇄ waiting → resolved → closed      reopening returns to in_progress

A problem goes new → in_progress → closed, by events of its own (R3d1.7).

Everything that depends on the lifecycle asks these tables: the fold, the refusals, the hints and
the documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import IllegalStepError, WrongRecordError
from sdcli.tickets.event import Event, kind
from sdcli.tickets.words import PROBLEM, STATUSES, Record, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.tickets.ticket import Ticket

START: Status = "new"

_ALWAYS: dict[Status, Status] = {status: status for status in STATUSES}
_UNLESS_CLOSED: dict[Status, Status] = {s: s for s in STATUSES if s != "closed"}
_AT_WORK: dict[Status, Status] = {
    "new": "in_progress",
    "in_progress": "in_progress",
    "waiting": "waiting",
}
_ALSO_AFTERWARDS: dict[Status, Status] = {**_ALWAYS, "new": "in_progress"}

# For each kind of event of a help request: the states in which it is legal, and where each leads.
LIFECYCLE: Mapping[str, Mapping[Status, Status]] = {
    "noted": _ALWAYS,
    "classified": _UNLESS_CLOSED,
    "assigned": _AT_WORK,
    "accepted": _AT_WORK,
    "returned": _AT_WORK,
    "escalated": _AT_WORK,
    "waited": {"new": "waiting", "in_progress": "waiting", "waiting": "waiting"},
    "resumed": {"waiting": "in_progress"},
    "resolved": {"new": "resolved", "in_progress": "resolved", "waiting": "resolved"},
    "closed": {"resolved": "closed"},
    "reopened": {"resolved": "in_progress", "closed": "in_progress"},
    "repeated": _UNLESS_CLOSED,
    "recovered": _UNLESS_CLOSED,
    "sla_alerted": _ALWAYS,
    "imported": _ALWAYS,
    "correlated": _UNLESS_CLOSED,
    "suppressed": _ALWAYS,
    "raised": _ALWAYS,
    "validated": _ALWAYS,
    "contacted": _ALWAYS,
    "acknowledged": _ALWAYS,
    "attached": _ALWAYS,
    "announced": _UNLESS_CLOSED,
    "withdrawn": _ALWAYS,
    "viewed": _ALWAYS,
    "also_affected": _ALWAYS,
    "detailed": _ALWAYS,
    "notice_taken": _ALWAYS,
    "support_decided": _UNLESS_CLOSED,
    "sla_reapplied": _ALWAYS,
    "breach_explained": _ALWAYS,
    "delivered": _ALWAYS,
    "articles_shown": _ALWAYS,
    "articles_used": _ALWAYS,
    "article_sent": _UNLESS_CLOSED,
    "article_received": _ALWAYS,
    "problem_linked": _ALWAYS,
    "problem_unlinked": _ALWAYS,
    "problem_told": _ALWAYS,
    "undone": _ALWAYS,
    "voided": dict.fromkeys(STATUSES, "closed"),
    "linked": _ALWAYS,
    "unlinked": _ALWAYS,
    "merged": dict.fromkeys(_UNLESS_CLOSED, "closed"),
    "absorbed": _UNLESS_CLOSED,
    "troubleshooting_step": _AT_WORK,
    "fix_applied": _AT_WORK,
    "service_resumed": _UNLESS_CLOSED,
    "mentored": _ALWAYS,
    "eta_given": _UNLESS_CLOSED,
    "procedure_sought": _UNLESS_CLOSED,
    "approval_decided": _UNLESS_CLOSED,
    "fulfilment_started": _AT_WORK,
    "fulfilment_step": _ALSO_AFTERWARDS,
    "hook_ran": _AT_WORK,
    "fulfilment_ended": _ALSO_AFTERWARDS,
    "request_filtered": _UNLESS_CLOSED,
    "change_requested": _UNLESS_CLOSED,
    "change_followed": _ALWAYS,
    "survey_sent": _ALWAYS,
    "survey_answered": _ALWAYS,
    "reviewed": {"resolved": "resolved", "closed": "closed"},
}

# The same for a problem: what is not here is no step on a problem at all (R3d1.7).
_OF_PROBLEMS: dict[Status, Status] = {s: s for s in ("new", "in_progress", "closed")}
_WORK_ON_PROBLEM: dict[Status, Status] = {"new": "in_progress", "in_progress": "in_progress"}
PROBLEM_LIFECYCLE: Mapping[str, Mapping[Status, Status]] = {
    "noted": _OF_PROBLEMS,
    "attached": _OF_PROBLEMS,
    "imported": _OF_PROBLEMS,
    "articles_shown": _OF_PROBLEMS,
    "assigned": _WORK_ON_PROBLEM,
    "accepted": _WORK_ON_PROBLEM,
    "returned": _WORK_ON_PROBLEM,
    "escalated": _WORK_ON_PROBLEM,
    "incident_linked": _OF_PROBLEMS,
    "incident_unlinked": _OF_PROBLEMS,
    "problem_analysed": _WORK_ON_PROBLEM,
    "known_error_declared": _WORK_ON_PROBLEM,
    "problem_closed": {"new": "closed", "in_progress": "closed"},
    "problem_reopened": {"closed": "in_progress"},
    "undone": _OF_PROBLEMS,
    "voided": dict.fromkeys(_OF_PROBLEMS, "closed"),
}

# The command a person types for an event, in the order of the process.
COMMANDS: Mapping[str, str] = {
    "classified": "classify",
    "accepted": "accept",
    "assigned": "assign",
    "escalated": "escalate",
    "returned": "return",
    "waited": "wait",
    "resumed": "resume",
    "resolved": "resolve",
    "closed": "close",
    "reopened": "reopen",
    "noted": "note",
}

# Commands for what is refused on a problem as such, where their names are not the kind's.
_OTHERS: Mapping[str, str] = {
    "detailed": "detail",
    "validated": "validate",
    "acknowledged": "ack",
    "announced": "bulletin post",
    "withdrawn": "bulletin end",
    "notice_taken": "notices",
    "support_decided": "support",
    "sla_reapplied": "sla reapply",
    "breach_explained": "sla cause",
    "contacted": "open --add-to",
    "also_affected": "open --me-too",
    "linked": "link",
    "unlinked": "unlink",
    "merged": "merge",
    "absorbed": "merge",
    "troubleshooting_step": "step",
    "fix_applied": "fix",
    "service_resumed": "fix --resumed",
    "mentored": "step --mentor",
    "eta_given": "eta",
    "procedure_sought": "fulfil",
    "approval_decided": "approve",
    "fulfilment_started": "fulfil",
    "fulfilment_step": "fulfil",
    "hook_ran": "fulfil",
    "fulfilment_ended": "fulfil",
    "request_filtered": "filter",
    "change_requested": "rfc",
    "change_followed": "rfc",
    "survey_sent": "survey",
    "survey_answered": "survey",
    "reviewed": "review score",
}

PROBLEM_COMMANDS: Mapping[str, str] = {
    "incident_linked": "problem link",
    "incident_unlinked": "problem unlink",
    "problem_analysed": "problem analyse",
    "known_error_declared": "problem known-error",
    "problem_closed": "problem close",
    "problem_reopened": "problem reopen",
    "accepted": "accept",
    "assigned": "assign",
    "escalated": "escalate",
    "returned": "return",
    "attached": "attach",
    "noted": "note",
}


def table(record: Record) -> Mapping[str, Mapping[Status, Status]]:
    """The kinds of events that a record can have, each with where it leads."""
    return PROBLEM_LIFECYCLE if record == PROBLEM else LIFECYCLE


def commands(record: Record) -> Mapping[str, str]:
    """The commands for the events of a record, in the order of the process."""
    return PROBLEM_COMMANDS if record == PROBLEM else COMMANDS


def possible(status: Status, record: Record = "request") -> list[str]:
    """The commands that are legal in a state, in the order of the process."""
    legal = table(record)
    return [command for kind_, command in commands(record).items() if status in legal[kind_]]


def after(ref: str, status: Status, event: Event, record: Record = "request") -> Status:
    """The state an event leads to.

    Raises:
        IllegalStepError: the event is not legal in this state, or not of this record.
    """
    word = kind(event)
    leads_to = table(record).get(word, {})
    if status not in leads_to:
        raise _illegal(ref, status, word, record)
    return leads_to[status]


def require(
    ref: str, status: Status, word: str, record: Record = "request", command: str = ""
) -> None:
    """Refuse an event of this kind before anything is asked about it.

    `command` is what the person typed, if the kind of event has none of its own.

    Raises:
        IllegalStepError: it is not legal in this state, or not of this record.
    """
    if status not in table(record).get(word, {}):
        raise _illegal(ref, status, word, record, command)


def require_request(ticket: Ticket, command: str) -> None:
    """Refuse for a problem what only help requests have: callers, clocks, classes.

    Raises:
        WrongRecordError: it is a problem.
    """
    if ticket.is_problem:
        require(ticket.ref, ticket.status, "classified", ticket.record, command)


def _illegal(
    ref: str, status: Status, word: str, record: Record, command: str = ""
) -> IllegalStepError:
    can = possible(status, record)
    known = {**PROBLEM_COMMANDS, **COMMANDS}
    other = LIFECYCLE if record == PROBLEM else PROBLEM_LIFECYCLE
    if word in other and word not in table(record):
        typed = command or {**_OTHERS, **known}.get(word, word)
        return WrongRecordError(ref, status, typed, can, record)
    return IllegalStepError(ref, status, command or known.get(word, word), can)
