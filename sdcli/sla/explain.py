"""A clock that can be checked: every interval, every threshold, and what it all goes by.

Pure: the same ticket, files and instant give the same explanation. An instant to come shows what
will be if nothing happens until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, get_args

from msgspec import Struct
from msgspec.structs import replace

from sdcli.sla.agreed import cover_of
from sdcli.sla.backing import Backing, legs
from sdcli.sla.clock import Clock, clock
from sdcli.sla.grounds import Grounds, Turn, grounds_of, grounds_of_leg, turns_of
from sdcli.sla.intervals import Interval, intervals_of, intervals_of_legs
from sdcli.sla.runs import TARGETS, Run, Target, elapsed, reaches, runs_of, utc_seconds
from sdcli.sla.terms import Threshold, Which, threshold_at
from sdcli.tickets.event import SlaAlerted, kind
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sdcli.policy.model import Policy
    from sdcli.sla.backing import Leg
    from sdcli.sla.calendar import Part, WorkingTime
    from sdcli.sla.clock import Clocks
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

Explained: TypeAlias = Target | Backing
"""What can be explained: the desk's own targets, and what stands behind them."""
EVERY_TARGET: tuple[Explained, ...] = (*TARGETS, *get_args(Backing))


class Cycle(Struct, frozen=True, kw_only=True):
    """One run of a target: when it began, in seconds of UTC, and how it stands or ended.

    `whose`: the queue or the supplier, where it is not the desk's own target.
    """

    number: int
    start: int
    face: Clock
    whose: str = ""


class Passing(Struct, frozen=True, kw_only=True):
    """A threshold of the last cycle, and when it was or will be passed, in seconds of UTC.

    `at` is None where that can no longer come to pass. While the clock is paused it is what it
    would be if work went on now. `predicted`: from then on a breach is foreseen while nobody is
    at it.
    """

    percent: int
    needed_s: int
    at: int | None
    passed: bool
    predicted: bool = False


class Said(Struct, frozen=True, kw_only=True):
    """An alert that was said, at an instant in UTC."""

    event: str
    at: datetime
    stage: str
    percent: int
    cycle: int
    target_s: int


class Late(Struct, frozen=True, kw_only=True):
    """An event that was entered later than it happened; instants in UTC."""

    event: str
    kind: str
    at: datetime
    entered: datetime
    by: str


class Explanation(Struct, frozen=True, kw_only=True):
    """One target of a ticket, explained as of `now`, in seconds of UTC.

    `face` is that of the last cycle; it is `none` where the target has not begun. `ahead` are the
    parts of the calendar from now to the due time, while the clock may still come to it.
    """

    ref: str
    target: Explained
    opened: int
    now: int
    face: Clock
    cycles: tuple[Cycle, ...]
    intervals: tuple[Interval, ...]
    thresholds: tuple[Passing, ...]
    said: tuple[Said, ...]
    turns: tuple[Turn, ...]
    late: tuple[Late, ...]
    grounds: Grounds
    ahead: tuple[Part, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the clock runs, or will go on."""
        return bool(self.intervals) and self.intervals[-1].kind not in ("stopped", "not-begun")

    @property
    def beyond_holidays(self) -> bool:
        """Whether the due time lies beyond what is known of holidays (T4)."""
        known, due = self.grounds.calendar.known_until, self.face.due
        return known is not None and due is not None and due > known


class _Found(NamedTuple):
    """What the clock of one target gives, apart from what the events add."""

    time: WorkingTime
    cycles: tuple[Cycle, ...]
    intervals: tuple[Interval, ...]
    thresholds: tuple[Passing, ...]
    turns: tuple[Turn, ...]
    grounds: Grounds


def explain(
    ticket: Ticket, policy: Policy, clocks: Clocks, target: Explained, now: int
) -> Explanation | None:
    """One target of a ticket; None where nothing is granted or nobody stands behind it.

    `ticket` is as it was at the instant (`as_of`), `clocks` are those of the policy, and `now` is
    in seconds of UTC.
    """
    if target in get_args(Backing):
        return _explain_legs(ticket, policy, clocks, target, now)
    terms = clocks.terms(cover_of(ticket))
    goal = next((each for each in terms.goals if each.target == target), None)
    if goal is None:
        return None
    runs = runs_of(goal.target, ticket.standing, terms.on_reopen)
    timed = [goal.for_run(run, terms.time) for run in runs]
    cycles = tuple(
        Cycle(number=run.cycle, start=run.start, face=clock(run, each.target_s, terms.time, now))
        for run, each in zip(runs, timed, strict=True)
    )
    passings = tuple(
        _passing(runs[-1], each, terms.time, now)
        for each in (timed[-1].thresholds if timed else ())
    )
    found = _Found(
        terms.time,
        cycles,
        intervals_of(goal.target, ticket.standing, terms.on_reopen, terms.time, now),
        passings,
        turns_of(ticket, policy, clocks, goal.target),
        grounds_of(ticket, policy, clocks, goal.target),
    )
    return _explanation(ticket, target, now, found)


def explain_all(
    ticket: Ticket, policy: Policy, clocks: Clocks, now: int
) -> dict[Explained, Explanation]:
    """Every target that there is something to say about, in order."""
    found = ((each, explain(ticket, policy, clocks, each, now)) for each in EVERY_TARGET)
    return {target: told for target, told in found if told is not None}


def _explain_legs(
    ticket: Ticket, policy: Policy, clocks: Clocks, target: Explained, now: int
) -> Explanation | None:
    found = _last_legs(ticket, clocks, target, now)
    if not found:
        return None
    cycles = tuple(
        Cycle(
            number=leg.cycle,
            start=leg.run.start,
            face=_leg_face(leg, now),
            whose=leg.whose,
        )
        for leg in found
    )
    leg = found[-1]
    what = Which(target, leg.target_s)
    passings = tuple(
        _passing(leg.run, threshold_at(what, percent), leg.time, leg.until)
        for percent in (*leg.warn_at, BREACH)
    )
    own = clocks.terms(cover_of(ticket)).time
    intervals = intervals_of_legs(found, ticket.standing, own, now)
    grounds = grounds_of_leg(policy, clocks, leg)
    return _explanation(
        ticket, target, now, _Found(leg.time, cycles, intervals, passings, (), grounds)
    )


def _leg_face(leg: Leg, now: int) -> Clock:
    """How a stay or a wait stands; one that is over is met if it was not missed."""
    face = clock(leg.run, leg.target_s, leg.time, leg.until)
    is_over = leg.until < now and face.state in ("running", "paused")
    return replace(face, state="met") if is_over else face


def _last_legs(ticket: Ticket, clocks: Clocks, target: Explained, now: int) -> list[Leg]:
    """Each stay or wait once: a change of the terms counts from its start (T10)."""
    found = {leg.entry.id: leg for leg in legs(ticket, clocks, now) if leg.target == target}
    return [leg for leg in found.values() if leg.run.start <= now]


def _passing(run: Run, threshold: Threshold, time: WorkingTime, now: int) -> Passing:
    """When a cycle passed a threshold, or will; a clock that stopped before that never does."""
    passed = elapsed(run, time, now) >= threshold.passed_s
    can_pass = passed or not run.stopped
    return Passing(
        percent=threshold.percent,
        needed_s=threshold.needed_s,
        at=reaches(run, time, threshold.needed_s, now) if can_pass else None,
        passed=passed,
        predicted=threshold.predicted,
    )


def _explanation(ticket: Ticket, target: Explained, now: int, found: _Found) -> Explanation:
    """The whole of it, with what the events add."""
    face = found.cycles[-1].face if found.cycles else Clock("none")
    kinds = [each.kind for each in found.intervals]
    is_open = bool(kinds) and kinds[-1] not in ("stopped", "not-begun")
    due = face.due if is_open and face.due else now
    return Explanation(
        ref=ticket.ref,
        target=target,
        opened=utc_seconds(ticket.standing[0].at),
        now=now,
        face=face,
        ahead=tuple(found.time.parts(now, due)),
        cycles=found.cycles,
        intervals=found.intervals,
        thresholds=found.thresholds,
        said=tuple(_said(ticket.standing, target)),
        turns=found.turns,
        late=tuple(_late(ticket.standing)),
        grounds=found.grounds,
    )


def _said(events: Sequence[AnyEvent], target: Explained) -> Iterator[Said]:
    for event in events:
        if isinstance(event, SlaAlerted) and event.target == target:
            stage = event.stage or ("breach" if event.threshold >= BREACH else "warning")
            yield Said(
                event=event.id,
                at=event.at,
                stage=stage,
                percent=event.threshold,
                cycle=event.cycle,
                target_s=event.target_s,
            )


def _late(events: Sequence[AnyEvent]) -> Iterator[Late]:
    for event in events:
        if event.entered:
            yield Late(
                event=event.id, kind=kind(event), at=event.at, entered=event.entered, by=event.by
            )


def pressing(found: Mapping[Explained, Explanation]) -> Explained:
    """Of several targets the one that needs attention first.

    What was promised to the caller goes before what stands behind it. One that is missed and still
    runs goes before one that runs, the one furthest gone first, and then one that waits; where
    none is open it is the resolution, or the last there is.
    """
    ranks = {"breached": 3, "running": 2, "paused": 1}

    def rank(target: Explained) -> tuple[bool, bool, int, float]:
        told = found[target]
        is_own = target in TARGETS
        return told.is_open, is_own, ranks.get(told.face.state, 0), told.face.percent or 0.0

    best = max(found, key=rank)
    return best if rank(best)[0] or "resolution" not in found else "resolution"
