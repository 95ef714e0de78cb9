"""Which event is legal in which state, and where it leads: one table (R0.7).

    new → in_progress ⇄ waiting → resolved → closed      reopening returns to in_progress

Everything that depends on the lifecycle asks this table: the fold, the refusals, the hints and
the documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import IllegalStepError
from sdcli.tickets.event import Event, Opened, kind
from sdcli.tickets.words import STATUSES, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

START: Status = "new"

_ALWAYS: dict[Status, Status] = {status: status for status in STATUSES}
_UNLESS_CLOSED: dict[Status, Status] = {s: s for s in STATUSES if s != "closed"}
_AT_WORK: dict[Status, Status] = {
    "new": "in_progress",
    "in_progress": "in_progress",
    "waiting": "waiting",
}

# For each kind of event: the states in which it is legal, and the state each leads to.
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


def possible(status: Status) -> list[str]:
    """The commands that are legal in a state, in the order of the process."""
    return [command for kind_, command in COMMANDS.items() if status in LIFECYCLE[kind_]]


def after(ref: str, status: Status, event: Event) -> Status:
    """The state an event leads to.

    Raises:
        IllegalStepError: the event is not legal in this state.
    """
    word = kind(event)
    leads_to = {} if isinstance(event, Opened) else LIFECYCLE[word]
    if status not in leads_to:
        raise _illegal(ref, status, word)
    return leads_to[status]


def require(ref: str, status: Status, word: str) -> None:
    """Refuse an event of this kind before anything is asked about it.

    Raises:
        IllegalStepError: it is not legal in this state.
    """
    if status not in LIFECYCLE[word]:
        raise _illegal(ref, status, word)


def _illegal(ref: str, status: Status, word: str) -> IllegalStepError:
    return IllegalStepError(ref, status, COMMANDS.get(word, word), possible(status))
