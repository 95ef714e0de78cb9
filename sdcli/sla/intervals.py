"""The life of a ticket as one of its clocks sees it: intervals that leave no second out.

The runs of a clock (`runs`) say when it ran; the calendar says what of that counts, and the events
say why it did not run. A pause is one interval with the nights and holidays in it, and so is the
time after the stop: what a pause kept from the clock is its `working_s`. So all `working_s` together
are the working time of the whole, and those of the counted intervals are what the clock shows.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

from sdcli.sla.runs import ENDS, cycles_of, runs_of, utc_seconds
from sdcli.tickets.event import AnyEvent, Closed, Merged, Noted, Resolved, Voided, Waited

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sdcli.policy.agreements import OnReopen
    from sdcli.sla.backing import Leg
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.runs import Run, Target

Kind: TypeAlias = Literal["counted", "closed", "holiday", "paused", "stopped", "not-begun"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Interval(Struct, frozen=True, kw_only=True):
    """A stretch of one kind, in seconds of UTC, with the seconds of working time in it.

    Args:
        kind: `not-begun` is the time in which there is nothing to count: before the first word
            for `update`; for queues and suppliers, while none has the ticket that promised anything.
        cycle: the run of the target that it belongs to, counted from 1; 0 before the first. Stays
            and waits are counted as alerts count them, those that promised nothing as well.
        name: of a holiday.
        cause: the event that paused or stopped the clock.
    """

    start: int
    end: int
    kind: Kind
    working_s: int
    cycle: int = 0
    name: str = ""
    cause: AnyEvent | None = None

    @property
    def seconds(self) -> int:
        """How long it is on any clock."""
        return self.end - self.start

    @property
    def counted_s(self) -> int:
        """What the clock counted in it."""
        return self.working_s if self.kind == "counted" else 0


class Marker(NamedTuple):
    """From when on an event is the reason why a clock does not run."""

    at: int
    event: AnyEvent


class Window(NamedTuple):
    """One cycle, from its start to that of the next or to the end of the look."""

    run: Run
    cycle: int
    start: int
    end: int
    time: WorkingTime
    markers: Sequence[Marker]


def intervals_of(
    target: Target,
    events: Sequence[AnyEvent],
    on_reopen: OnReopen,
    time: WorkingTime,
    now: int,
) -> tuple[Interval, ...]:
    """The intervals of a target from opening to `now`, in seconds of UTC; none before opening."""
    runs = runs_of(target, events, on_reopen)
    opened = utc_seconds(events[0].at)
    markers = [list(_holds(events))] * len(runs)
    if target == "response":
        markers = [list(_answers(part)) for part in cycles_of(events, on_reopen)]
    edges = [*(max(run.start, opened) for run in runs), now]
    windows = (
        Window(
            run, run.cycle, min(edges[index], now), min(edges[index + 1], now), time, markers[index]
        )
        for index, run in enumerate(runs)
    )
    return tuple(_filled(windows, list(_holds(events)), (opened, now), time))


def intervals_of_legs(
    found: Sequence[Leg], events: Sequence[AnyEvent], time: WorkingTime, now: int
) -> tuple[Interval, ...]:
    """The same for stays in queues or waits for suppliers; between them nothing is counted.

    `time`: that of the ticket, by which the time between them is measured.
    """
    markers = list(_holds(events))
    windows = (
        Window(leg.run, leg.cycle, min(leg.run.start, now), min(leg.until, now), leg.time, markers)
        for leg in found
    )
    return tuple(_filled(windows, (), (utc_seconds(events[0].at), now), time))


def _filled(
    windows: Iterable[Window], markers: Sequence[Marker], ends: tuple[int, int], time: WorkingTime
) -> Iterator[Interval]:
    """The intervals of windows, and what lies before, between and behind them."""
    reached, now = ends
    cycle = 0
    if now <= reached:
        return
    for window in windows:
        start = max(window.start, reached)
        end = max(start, window.end)
        yield from _outside(reached, start, markers, time, cycle)
        cycle = window.cycle
        yield from _inside(window._replace(start=start, end=end))
        reached = end
    yield from _outside(reached, now, markers, time, cycle)


def _inside(window: Window) -> Iterator[Interval]:
    """The intervals of one cycle."""
    reached = window.start
    for span in window.run.spans:
        start = min(max(span.start, reached), window.end)
        end = window.end if span.end is None else min(max(span.end, start), window.end)
        yield from _idle(reached, start, window)
        for part in window.time.parts(start, end):
            kind: Kind = "counted" if part.kind == "working" else part.kind
            worked = part.end - part.start if kind == "counted" else 0
            yield Interval(
                start=part.start,
                end=part.end,
                kind=kind,
                working_s=worked,
                cycle=window.cycle,
                name=part.name,
            )
        reached = end
    yield from _idle(reached, window.end, window)


def _idle(start: int, end: int, window: Window) -> Iterator[Interval]:
    """A stretch of a cycle in which its clock did not run, cut where the reason changes."""
    edges = sorted({start, end, *(mark.at for mark in window.markers if start < mark.at < end)})
    for begin, over in pairwise(edges):
        reasons = [mark.event for mark in window.markers if mark.at <= begin]
        cause = reasons[-1] if reasons else None
        kind: Kind = "paused" if type(cause) is Waited else "stopped" if cause else "not-begun"
        worked = window.time.between(begin, over)
        yield Interval(
            start=begin, end=over, kind=kind, working_s=worked, cycle=window.cycle, cause=cause
        )


def _outside(
    start: int, end: int, markers: Sequence[Marker], time: WorkingTime, cycle: int
) -> Iterator[Interval]:
    """A stretch in which no cycle is open: not begun, or over before it began."""
    stop = next((mark for mark in markers if type(mark.event) is not Waited), None)
    over = min(max(stop.at, start), end) if stop else end
    for begin, until, cause in ((start, over, None), (over, end, stop and stop.event)):
        if begin < until:
            kind: Kind = "stopped" if cause else "not-begun"
            worked = time.between(begin, until)
            yield Interval(
                start=begin, end=until, kind=kind, working_s=worked, cycle=cycle, cause=cause
            )


def _holds(events: Sequence[AnyEvent]) -> Iterator[Marker]:
    """What pauses or stops a clock; a clock of the machine that was set back changes no order."""
    latest = utc_seconds(events[0].at)
    for event in events:
        latest = max(latest, utc_seconds(event.at))
        if type(event) in (Waited, Resolved, Closed, Merged, Voided):
            yield Marker(latest, event)


def _answers(events: Sequence[AnyEvent]) -> Iterator[Marker]:
    """What stops the clock of the response: the first word to the caller, or the resolution."""
    for event in events:
        if type(event) in ENDS or (type(event) is Noted and event.visible):
            yield Marker(utc_seconds(event.at), event)
            return
