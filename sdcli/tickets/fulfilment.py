"""What is offered and asked for: procedures, approvals, standard changes, requests for change.

Procedures and standard changes are named by their id and revision, as articles are.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec.structs import replace

from sdcli.tickets.base import Edition, Event
from sdcli.tickets.words import UNKNOWN, YesNo

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket

StepResult: TypeAlias = Literal["done", "failed", "skipped"]
STEP_RESULTS: tuple[StepResult, ...] = get_args(StepResult)
"""What became of one step of a procedure."""

Fulfilled: TypeAlias = Literal["fulfilled", "failed", "abandoned"]
FULFILLED: tuple[Fulfilled, ...] = get_args(Fulfilled)
"""How the walk through a procedure ended."""

STARTED = "started"
"""The reason of a program that has no outcome yet."""

Route: TypeAlias = Literal["work-order", "change-queue"]
"""Where a request for change goes: to the team that may do it, or to change control (R3c3.2)."""

ChangeStatus: TypeAlias = Literal[
    "requested", "assessing", "approved", "scheduled", "implemented", "rejected", "withdrawn"
]
CHANGE_STATUSES: tuple[ChangeStatus, ...] = get_args(ChangeStatus)
"""How far change control is with it, so that the desk can answer (R3c3.3)."""


class ProcedureSought(Event, frozen=True, tag="procedure_sought", kw_only=True):
    """A procedure was looked for (R3b.1).

    Args:
        query: by what; `found`: what was found, the best fit first.
        chosen: the one that is used; empty if none fits.
    """

    query: str
    found: tuple[Edition, ...] = ()
    chosen: str = ""


class ApprovalDecided(Event, frozen=True, tag="approval_decided", kw_only=True):
    """Somebody who may decided whether it is done (R3b.2, R3c2.2).

    Args:
        procedure: what is to be done, at the revision that was decided on.
        decision: approved or rejected.
        person: who decided; `authority`: what gives them the right to.
        reason: why.
    """

    procedure: Edition
    decision: Literal["approved", "rejected"]
    person: str
    authority: str = ""
    reason: str = ""


class FulfilmentStarted(Event, frozen=True, tag="fulfilment_started", kw_only=True):
    """Somebody began to follow a procedure or a standard change (R3b.2, R3c2.3).

    Args:
        standard_change: it is a standard change.
        prerequisites: whether each is met.
        estimate_s: how long it takes; `effort_s`: how much work it is; both in seconds.
        scheduled: for when, in UTC; None if now.
        warnings: what was against it and did not hinder: that it has expired, say.
        goes_on: it has begun before, and only more is said of its prerequisites.
    """

    procedure: Edition
    standard_change: bool = False
    prerequisites: dict[str, YesNo] = {}
    estimate_s: int | None = None
    effort_s: int | None = None
    scheduled: datetime | None = None
    warnings: tuple[str, ...] = ()
    goes_on: bool = False


class FulfilmentStepped(Event, frozen=True, tag="fulfilment_step", kw_only=True):
    """One step of it was taken, or not.

    Args:
        number: which one, from 1; `step`: what it says.
        result: what became of it; `note`: what was seen.
        minutes: the effort.
    """

    procedure: Edition
    number: int
    step: str
    result: StepResult
    note: str = ""
    minutes: int = 0

    def apply(self, ticket: Ticket) -> Ticket:
        """Minutes add up."""
        return replace(ticket, minutes=ticket.minutes + self.minutes)


TOO_LONG = "it took longer than"
"""How the reason begins why a program was ended after its limit."""


class HookRan(Event, frozen=True, tag="hook_ran", kw_only=True):
    """The program of a procedure was started, or has ended (R0.8).

    That it is started is on record before it is, with `STARTED` for a reason; how it ended is
    another event, which names that one.

    Args:
        command: the program and its arguments; no shell has read them.
        exit_code: how it ended; None if its time was up or it could not be started.
        output: what it printed, cut to a size that fits a record.
        took_s: how long it ran, in seconds.
        reason: why it did not end by itself.
        started: the id of the event that says it was started; empty there, and in old records.
    """

    procedure: Edition
    command: tuple[str, ...]
    exit_code: int | None = None
    output: str = ""
    took_s: int = 0
    reason: str = ""
    started: str = ""

    @property
    def is_start(self) -> bool:
        """Whether it only says that it was started."""
        return self.exit_code is None and self.reason == STARTED


class FulfilmentEnded(Event, frozen=True, tag="fulfilment_ended", kw_only=True):
    """The walk is over (R3c2.4, R4.4, R4.5).

    Args:
        outcome: how it ended.
        tool_check: what a tool says; `user_check`: what the caller says.
        accurate: whether the document was right; `in_time`: whether it took no longer than it says.
        surprises: what nobody expected; `improvement`: what should be changed in the document.
    """

    procedure: Edition
    outcome: Fulfilled
    tool_check: YesNo = UNKNOWN
    user_check: YesNo = UNKNOWN
    accurate: YesNo = UNKNOWN
    in_time: YesNo = UNKNOWN
    surprises: str = ""
    improvement: str = ""


class RequestFiltered(Event, frozen=True, tag="request_filtered", kw_only=True):
    """A request for something new was let through, or not (R3c1.1).

    Args:
        decision: accepted or rejected.
        rule: the id of the rule that it was rejected by.
        duplicates: requests that are alike, and may ask for the same; nobody has said that they do.
        told: what the requester was told.
    """

    decision: Literal["accepted", "rejected"]
    rule: str = ""
    reason: str = ""
    duplicates: tuple[str, ...] = ()
    told: str = ""


class ChangeRequested(Event, frozen=True, tag="change_requested", kw_only=True):
    """A request for change was completed, and has gone its way (R3c3.1, R3c3.2).

    Args:
        category: its kind; `fields`: what the template of that kind asks for.
        standard_change: the template that it was filled in from, if there was one.
        route: where it goes; `queue`: to whom; `work_order`: the ticket that it is there.
        similar: earlier ones.
    """

    category: str
    fields: dict[str, str] = {}
    standard_change: str = ""
    route: Route = "change-queue"
    queue: str = ""
    work_order: str = ""
    similar: tuple[str, ...] = ()

    def apply(self, ticket: Ticket) -> Ticket:
        """It is a request for change from now on."""
        return replace(ticket, change_status="requested")


class ChangeFollowed(Event, frozen=True, tag="change_followed", kw_only=True):
    """How far change control is with it (R3c3.3).

    Args:
        reference: how it is called there; `due`: for when it is scheduled, in UTC.
    """

    status: ChangeStatus
    reference: str = ""
    due: datetime | None = None
    note: str = ""

    def apply(self, ticket: Ticket) -> Ticket:
        """What was heard last holds."""
        return replace(ticket, change_status=self.status)
