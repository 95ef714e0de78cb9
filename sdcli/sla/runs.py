"""When the clocks of a ticket ran: a pure fold of its events, in cycles of stretches.

`response` runs from opening to the first visible word to the caller, or to the resolution; a
wait does not excuse silence, and a confirmation is no word (T12). What is merged or void stops all
three: it goes on elsewhere, or should never have been (T24). `resolution` runs while the
ticket is at work, pauses while it waits, and stops when it is resolved. `update` runs from one
visible word to the next until the resolution, and pauses only while the caller is waited for.

What a reopening does is the policy's to say (T9): the resolution clock goes on (`resume`), or
response and resolution begin anew (`new_cycle`); either way the caller is to be told again.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.event import AnyEvent, Merged, Noted, Reopened, Resolved, Voided, Waited
from sdcli.tickets.lifecycle import LIFECYCLE, START

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.policy.agreements import OnReopen
    from sdcli.sla.calendar import WorkingTime
    from sdcli.tickets.words import Status

Target: TypeAlias = Literal["response", "update", "resolution"]
TARGETS: tuple[Target, ...] = get_args(Target)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY_S = 24 * 3600
_AT_WORK: tuple[Status, ...] = ("new", "in_progress")
ENDS = frozenset((Resolved, Merged, Voided))
"""What stops every clock."""
# By class: to ask each event of each ticket for its kind takes longer than the step itself.
LEADS: Mapping[type[AnyEvent], Mapping[Status, Status]] = {
    each: LIFECYCLE[tag]
    for each in get_args(AnyEvent)
    if (tag := str(each.__struct_config__.tag)) in LIFECYCLE  # no problem has clocks
}


class Span(Struct, frozen=True):
    """A stretch in which a clock ran, in seconds of UTC; `end` is None while it still runs."""

    start: int
    end: int | None


class Run(Struct, frozen=True):
    """All stretches of one cycle of a clock, and whether it has been stopped for good.

    A cycle that began while its clock was paused has no stretch yet; `start` says when it began,
    and `began` is the id of the event that began it, empty if the opening did. Its number changes
    when a word is entered late, what began it does not.
    """

    spans: tuple[Span, ...]
    stopped: bool
    start: int
    cycle: int = 1
    began: str = ""


def runs_of(target: Target, events: Sequence[AnyEvent], on_reopen: OnReopen) -> tuple[Run, ...]:
    """The cycles of a target's clock, in order; none if it has not begun (`update`)."""
    if target == "update":
        return _update_runs(events)
    run_of = response_run if target == "response" else resolution_run
    parts = cycles_of(events, on_reopen)
    # Most tickets are never reopened, and then there is nothing to cut.
    if len(parts) == 1:
        return (run_of(events),)
    found: list[Run] = []
    reached = 0  # a clock that was set back counts nothing twice
    for number, part in enumerate(parts, start=1):
        began = part[0].id if number > 1 else ""
        found.append(replace(run_of(part, reached), cycle=number, began=began))
        reached = max(reached, *(utc_seconds(event.at) for event in part))
    return tuple(found)


def cycles_of(events: Sequence[AnyEvent], on_reopen: OnReopen) -> Sequence[Sequence[AnyEvent]]:
    """The events of each cycle of `response` and `resolution`, in order."""
    if on_reopen != "new_cycle" or not any(type(event) is Reopened for event in events):
        return (events,)
    cuts = [index for index, event in enumerate(events) if type(event) is Reopened]
    edges = [0, *cuts, len(events)]
    return [events[start:end] for start, end in pairwise(edges)]


def response_run(events: Sequence[AnyEvent], since: int = 0) -> Run:
    """From the first event to the first visible word to the caller (T12), or to the resolution.

    It begins at `since`, in seconds of UTC, if that is later.
    """
    start = max(since, utc_seconds(events[0].at))
    for event in events:
        # `isinstance` would ask the metaclass about each event of each ticket.
        if type(event) in ENDS or (type(event) is Noted and event.visible):
            return Run((Span(start, utc_seconds(event.at)),), stopped=True, start=start)
    return Run((Span(start, None),), stopped=False, start=start)


def resolution_run(events: Sequence[AnyEvent], since: int = 0) -> Run:
    """The stretches at work, between waits, up to the resolution; reopening adds another.

    It begins at `since`, in seconds of UTC, if that is later.
    """
    spans: list[Span] = []
    status: Status = START
    latest = events[0].at
    first = utc_seconds(latest)
    if since > first:
        first, latest = since, _EPOCH + timedelta(seconds=since)
    begun: int | None = first
    for event in events[1:]:
        # A clock that was set back counts nothing twice.
        if event.at > latest:  # noqa: PLR1730 - a call of `max` costs as much as the whole step
            latest = event.at
        before, status = status, LEADS[type(event)][status]
        if status == before:
            continue
        if begun is not None and status not in _AT_WORK:
            spans.append(Span(begun, utc_seconds(latest)))
            begun = None
        elif begun is None and status in _AT_WORK:
            begun = utc_seconds(latest)
        elif before == "waiting":
            at = utc_seconds(latest)
            spans.append(Span(at, at))  # over out of a wait: work ended here, not before it
    if begun is not None:
        spans.append(Span(begun, None))
    return Run(tuple(spans), stopped=status in ("resolved", "closed"), start=first)


class _Updates:
    """The cycles of the update clock while a ticket's events go by."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._start: int | None = None  # of the cycle that is open
        self._began = ""  # by which event
        self._begun: int | None = None  # of its stretch that is running
        self._spans: list[Span] = []

    def begin(self, at: int, event: AnyEvent, *, paused: bool) -> None:
        """A word was said, or the ticket reopened: one cycle ends, and the next begins."""
        self.end(at)
        self._began = event.id
        self._start, self._begun, self._spans = at, None if paused else at, []

    def pause(self, at: int) -> None:
        """The caller is waited for."""
        if self._begun is not None:
            self._spans.append(Span(self._begun, at))
            self._begun = None

    def go_on(self, at: int) -> None:
        """The caller is not waited for any more."""
        if self._start is not None and self._begun is None:
            self._begun = at

    def end(self, at: int | None) -> None:
        """The open cycle is over at an instant; at None it is left as it is."""
        if self._start is None:
            return
        if at is not None:
            self.pause(at)
        if self._begun is not None:
            self._spans.append(Span(self._begun, None))
        cycle = len(self.runs) + 1
        spans = tuple(self._spans)
        self.runs.append(Run(spans, at is not None, self._start, cycle, self._began))
        self._start = self._begun = None


def _update_runs(events: Sequence[AnyEvent]) -> tuple[Run, ...]:
    """From word to word: it begins with the first one, so that it never presses before that."""
    found = _Updates()
    status: Status = START
    latest, waits_for_caller = events[0].at, False
    for event in events[1:]:
        latest = max(latest, event.at)
        at, before = utc_seconds(latest), status
        status = LEADS[type(event)][status]
        if status != before or type(event) is Waited:
            waits_for_caller = type(event) is Waited and event.waiting_for == "user"
        if status in ("resolved", "closed"):
            found.end(at)
        elif type(event) is Reopened or (type(event) is Noted and event.visible):
            found.begin(at, event, paused=waits_for_caller)
        elif waits_for_caller:
            found.pause(at)
        else:
            found.go_on(at)
    found.end(None)
    return tuple(found.runs)


def utc_seconds(at: datetime) -> int:
    """An instant in seconds of UTC."""
    since = at - _EPOCH  # `timestamp()` takes twice as long
    return since.days * _DAY_S + since.seconds


def elapsed(run: Run, time: WorkingTime, now: int) -> int:
    """Seconds of working time that a clock has run by `now`."""
    total = 0
    for span in run.spans:
        end = span.end
        total += time.between(span.start, now if end is None or end > now else end)
    return total


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
    if not run.spans:
        return time.after(now, left)
    last = run.spans[-1]
    if last.end is None or run.stopped:
        return time.after(last.start, left)
    ran = time.between(last.start, last.end)
    return time.after(last.start, left) if ran >= left else time.after(now, left - ran)
