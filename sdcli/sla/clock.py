"""The clocks of a ticket: a pure function of its events, the policy and an instant.

`response` runs from opening to the first visible word to the caller, or to the resolution; a
wait does not excuse silence. `resolution` runs while the ticket is at work, pauses while it
waits, and stops when it is resolved; reopening lets it run on. `update` has no target yet.
A target is met up to and including its last second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

from sdcli.sla.calendar import WorkingTime
from sdcli.tickets.event import Noted, Resolved, kind
from sdcli.tickets.lifecycle import LIFECYCLE, START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.policy.model import Agreement, Policy
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Status

Target: TypeAlias = Literal["response", "update", "resolution"]
TARGETS: tuple[Target, ...] = get_args(Target)
State: TypeAlias = Literal["running", "paused", "met", "breached", "none"]

_AT_WORK: tuple[Status, ...] = ("new", "in_progress")


class Clock(Struct, frozen=True):
    """One target at one instant. Seconds of working time; `due` in seconds of UTC.

    While the clock is paused, `due` is what it would be if work went on now.
    """

    state: State
    due: int | None = None
    target_s: int | None = None
    elapsed_s: int | None = None
    percent: float | None = None


class Span(NamedTuple):
    """A stretch in which a clock ran, in seconds of UTC; `end` is None while it still runs."""

    start: int
    end: int | None


class Run(NamedTuple):
    """All stretches of a clock, and whether it has been stopped for good."""

    spans: tuple[Span, ...]
    stopped: bool


def agreement_of(policy: Policy, service: str) -> tuple[str, Agreement]:
    """The agreement that covers a service: its own, else the default one (R2b.1)."""
    found = policy.service(service)
    name = found.agreement if found else policy.sla.default_agreement
    return name, policy.sla.agreements[name]


def response_run(events: Sequence[AnyEvent]) -> Run:
    """From opening to the first visible word to the caller (T12), or to the resolution."""
    start = _seconds(events[0])
    for event in events:
        if isinstance(event, Resolved) or (isinstance(event, Noted) and event.visible):
            return Run((Span(start, _seconds(event)),), stopped=True)
    return Run((Span(start, None),), stopped=False)


def resolution_run(events: Sequence[AnyEvent]) -> Run:
    """The stretches at work, between waits, up to the resolution; reopening adds another."""
    spans: list[Span] = []
    status: Status = START
    at = _seconds(events[0])
    begun: int | None = at
    for event in events[1:]:
        status = LIFECYCLE[kind(event)][status]
        at = max(at, _seconds(event))  # a clock that was set back counts nothing twice
        if begun is not None and status not in _AT_WORK:
            spans.append(Span(begun, at))
            begun = None
        elif begun is None and status in _AT_WORK:
            begun = at
        elif begun is None and isinstance(event, Resolved):
            spans.append(Span(at, at))  # resolved out of a wait: work ended here, not before it
    if begun is not None:
        spans.append(Span(begun, None))
    return Run(tuple(spans), stopped=status in ("resolved", "closed"))


def _seconds(event: AnyEvent) -> int:
    return int(event.at.timestamp())


class Clocks:
    """Reads the clocks of tickets under one policy; a calendar's days are worked out once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._calendars: dict[str, WorkingTime] = {}

    def read(self, ticket: Ticket, now: int) -> dict[Target, Clock]:
        """Every target of a ticket at an instant in seconds of UTC."""
        runs = {
            "response": response_run(ticket.events),
            "resolution": resolution_run(ticket.events),
        }
        targets = self.targets(ticket)
        time = self.working_time(ticket)
        return {
            target: _clock(runs[target], targets[target], time, now)
            if target in runs
            else Clock("none")
            for target in TARGETS
        }

    def targets(self, ticket: Ticket) -> dict[Target, int]:
        """The targets that apply to a ticket, in seconds of working time."""
        name, _ = agreement_of(self._policy, ticket.service)
        own = self._policy.sla.agreement_targets(name, ticket.priority)
        return {"response": own.response, "resolution": own.resolution}

    def working_time(self, ticket: Ticket) -> WorkingTime:
        """The working time that counts for a ticket."""
        _, agreement = agreement_of(self._policy, ticket.service)
        name = agreement.calendar
        if name not in self._calendars:
            self._calendars[name] = WorkingTime(self._policy.sla.calendars[name])
        return self._calendars[name]


def elapsed(run: Run, time: WorkingTime, now: int) -> int:
    """Seconds of working time that a clock has run by `now`."""
    ends = ((span.start, now if span.end is None else min(span.end, now)) for span in run.spans)
    return sum(time.between(start, end) for start, end in ends)


def reaches(run: Run, time: WorkingTime, seconds: int, now: int) -> int:
    """The instant at which a clock has run for `seconds`, or would have, had it gone on.

    A clock that is paused or stopped before that is taken to go on from its last stretch if it
    was stopped, and from `now` if it is paused.
    """
    left = seconds
    for span in run.spans[:-1]:
        ran = time.between(span.start, span.end or span.start)
        if ran >= left:
            return time.after(span.start, left)
        left -= ran
    last = run.spans[-1]
    if last.end is None or run.stopped:
        return time.after(last.start, left)
    ran = time.between(last.start, last.end)
    return time.after(last.start, left) if ran >= left else time.after(now, left - ran)


def _clock(run: Run, target_s: int, time: WorkingTime, now: int) -> Clock:
    ran = elapsed(run, time, now)
    return Clock(
        state=_state(run, ran, target_s),
        due=reaches(run, time, target_s, now),
        target_s=target_s,
        elapsed_s=ran,
        percent=round(ran * 100 / target_s, 1),
    )


def _state(run: Run, ran: int, target_s: int) -> State:
    if ran > target_s:
        return "breached"
    if run.stopped:
        return "met"
    return "running" if run.spans[-1].end is None else "paused"
