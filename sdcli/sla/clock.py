"""The clocks of a ticket: a pure function of its events, the policy and an instant.

`response` runs from opening to the first visible word to the caller, or to the resolution; a
wait does not excuse silence. `resolution` runs while the ticket is at work, pauses while it
waits, and stops when it is resolved; reopening lets it run on. `update` has no target yet.
A target is met up to and including its last second.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from msgspec import Struct

from sdcli.sla.agreed import agreed, cover_of
from sdcli.sla.calendar import WorkingTime
from sdcli.tickets.event import AnyEvent, Noted, Opened, Resolved
from sdcli.tickets.lifecycle import LIFECYCLE, START
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sdcli.policy.model import Policy
    from sdcli.sla.agreed import Cover
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority, Status

Target: TypeAlias = Literal["response", "update", "resolution"]
TARGETS: tuple[Target, ...] = get_args(Target)
State: TypeAlias = Literal["running", "paused", "met", "breached", "none"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY_S = 24 * 3600
_AT_WORK: tuple[Status, ...] = ("new", "in_progress")
# By class: to ask each event of each ticket for its kind takes longer than the step itself.
_LEADS: Mapping[type[AnyEvent], Mapping[Status, Status]] = {
    each: LIFECYCLE[str(each.__struct_config__.tag)]
    for each in get_args(AnyEvent)
    if each is not Opened
}


class Clock(Struct, frozen=True):
    """One target at one instant. Seconds of working time; `due` in seconds of UTC.

    While the clock is paused, `due` is what it would be if work went on now.
    """

    state: State
    due: int | None = None
    target_s: int | None = None
    elapsed_s: int | None = None
    percent: float | None = None


class Span(Struct, frozen=True):
    """A stretch in which a clock ran, in seconds of UTC; `end` is None while it still runs."""

    start: int
    end: int | None


class Run(Struct, frozen=True):
    """All stretches of a clock, and whether it has been stopped for good."""

    spans: tuple[Span, ...]
    stopped: bool


def response_run(events: Sequence[AnyEvent]) -> Run:
    """From opening to the first visible word to the caller (T12), or to the resolution."""
    start = utc_seconds(events[0].at)
    for event in events:
        # `isinstance` would ask the metaclass about each event of each ticket.
        if type(event) is Resolved or (type(event) is Noted and event.visible):
            return Run((Span(start, utc_seconds(event.at)),), stopped=True)
    return Run((Span(start, None),), stopped=False)


def resolution_run(events: Sequence[AnyEvent]) -> Run:
    """The stretches at work, between waits, up to the resolution; reopening adds another."""
    spans: list[Span] = []
    status: Status = START
    latest = events[0].at
    begun: int | None = utc_seconds(latest)
    for event in events[1:]:
        # A clock that was set back counts nothing twice.
        if event.at > latest:  # noqa: PLR1730 - a call of `max` costs as much as the whole step
            latest = event.at
        before, status = status, _LEADS[type(event)][status]
        if status == before:
            continue
        if begun is not None and status not in _AT_WORK:
            spans.append(Span(begun, utc_seconds(latest)))
            begun = None
        elif begun is None and status in _AT_WORK:
            begun = utc_seconds(latest)
        elif begun is None and status == "resolved":
            at = utc_seconds(latest)
            spans.append(Span(at, at))  # resolved out of a wait: work ended here, not before it
    if begun is not None:
        spans.append(Span(begun, None))
    return Run(tuple(spans), stopped=status in ("resolved", "closed"))


def utc_seconds(at: datetime) -> int:
    """An instant in seconds of UTC."""
    since = at - _EPOCH  # `timestamp()` takes twice as long
    return since.days * _DAY_S + since.seconds


RUNS: Mapping[Target, Callable[[Sequence[AnyEvent]], Run]] = {
    "response": response_run,
    "resolution": resolution_run,
}


class Threshold(Struct, frozen=True):
    """A percentage of a target; `key` tells its alerts from others of the same ticket (T14).

    `needed_s` is the working time that makes the percentage. A clock that has run for `passed_s`
    has passed it: that is a second more for a breach, since the last second meets the target.
    """

    percent: int
    needed_s: int
    passed_s: int
    key: str


class Goal(Struct, frozen=True):
    """A target in seconds of working time, and what there is to pass on the way to it."""

    target: Target
    target_s: int
    thresholds: tuple[Threshold, ...]


class Terms(Struct, frozen=True):
    """What the policy grants a ticket, by its agreement and priority.

    No threshold is passed before a clock has run for `soonest_s` seconds of working time.
    """

    goals: tuple[Goal, ...]
    time: WorkingTime
    soonest_s: int


class Clocks:
    """Reads the clocks of tickets under one policy; what does not change is worked out once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._calendars: dict[str, WorkingTime] = {}
        self._terms: dict[tuple[str, Priority], Terms] = {}
        self._boxes: dict[tuple[str, Priority], int | None] = {}
        self._shared: dict[tuple[str, str, Priority], Terms] = {}

    def read(self, ticket: Ticket, now: int) -> dict[Target, Clock]:
        """Every target of a ticket at an instant in seconds of UTC."""
        terms = self.terms(cover_of(ticket))
        found = dict.fromkeys(TARGETS, Clock("none"))
        for goal in terms.goals:
            run = RUNS[goal.target](ticket.events)
            found[goal.target] = _clock(run, goal.target_s, terms.time, now)
        return found

    def terms(self, cover: Cover) -> Terms:
        """What the policy grants to a ticket so covered; most share it with others."""
        if cover.support or cover.opening.agreement:
            return self._terms_of(cover)
        key = cover.service, cover.component, cover.priority
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = self._terms_of(cover)
        return found

    def _terms_of(self, cover: Cover) -> Terms:
        key = agreed(self._policy, cover).name, cover.priority
        if key not in self._terms:
            self._terms[key] = self._agreed(*key)
        return self._terms[key]

    def time_box(self, queue: str, priority: Priority) -> int | None:
        """How long the tier of a queue may try, in seconds of working time (R2c.2b).

        None if it may try for as long as it takes.
        """
        key = queue, priority
        if key not in self._boxes:
            box = self._policy.classification.consequences.of(priority).time_box
            self._boxes[key] = box.of(self._policy.tier(queue))
        return self._boxes[key]

    def _agreed(self, name: str, priority: Priority) -> Terms:
        agreement = self._policy.sla.agreements[name]
        own = self._policy.sla.agreement_targets(name, priority)
        warn_at = self._policy.sla.alerts.warn_at
        goals = (
            _goal("response", own.response, warn_at),
            _goal("resolution", own.resolution, warn_at),
        )
        soonest_s = min(each.passed_s for goal in goals for each in goal.thresholds)
        return Terms(goals, self._working_time(agreement.calendar), soonest_s)

    def _working_time(self, calendar: str) -> WorkingTime:
        if calendar not in self._calendars:
            self._calendars[calendar] = WorkingTime(self._policy.sla.calendars[calendar], calendar)
        return self._calendars[calendar]


def _goal(target: Target, target_s: int, warn_at: tuple[int, ...]) -> Goal:
    thresholds = tuple(_threshold(target, target_s, each) for each in (*warn_at, BREACH))
    return Goal(target, target_s, thresholds)


def _threshold(target: Target, target_s: int, percent: int, cycle: int = 1) -> Threshold:
    needed = -(-target_s * percent // 100)
    passed = needed + 1 if percent == BREACH else needed
    return Threshold(percent, needed, passed, f"{target}|{percent}|{cycle}|{target_s}")


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
