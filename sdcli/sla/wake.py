"""When a check of the clocks must look at a ticket again, if nothing happens to it until then.

A clock runs at most as fast as the working time of its calendar. So with some seconds left to the
nearest threshold that nobody has said, nothing can be due before so much working time has passed.
A clock that stands needs no look: only an event sets it going, and each event asks for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import NoWorkingTimeError
from sdcli.sla import backing
from sdcli.sla.check import said_of
from sdcli.sla.overstay import stay_id
from sdcli.sla.runs import elapsed, runs_of, utc_seconds
from sdcli.sla.timebox import run_of
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.clock import Clocks
    from sdcli.sla.runs import Run
    from sdcli.sla.stretch import Stretch
    from sdcli.tickets.ticket import Ticket

_DAY_S = 24 * 3600


def wakes_at(ticket: Ticket, clocks: Clocks, now: int) -> int | None:
    """The first instant after `now`, in seconds of UTC, at which something may be due.

    None if nothing is before the ticket changes. What is due by now is not looked at. Targets,
    what stands behind them, and time boxes count, whatever a check asks for.

    Raises:
        LedgerDamagedError: the service levels that the ticket is pinned to are not there.
    """
    parts = clocks.parts(ticket, now)
    found = [
        *_still_to_come(ticket, now),
        *_targets(ticket, clocks, parts, now),
        *_backing(ticket, clocks, parts, now),
        *_time_boxes(ticket, clocks, parts, now),
    ]
    return min(found, default=None)


def _still_to_come(ticket: Ticket, now: int) -> Iterator[int]:
    """Events of hosts whose clock is ahead: they change the clocks when it is their time."""
    return (at for event in ticket.standing if (at := utc_seconds(event.at)) > now)


def _targets(ticket: Ticket, clocks: Clocks, parts: Sequence[Stretch], now: int) -> Iterator[int]:
    """When the nearest threshold of each cycle of a target is passed that nobody has said."""
    said = said_of(ticket)
    for part in parts:
        if part.until < now:
            continue
        terms, events = clocks.terms(part.cover), ticket.standing[: part.events]
        for goal in terms.goals:
            for run in runs_of(goal.target, events, terms.on_reopen):
                if _goes_on(run, now):
                    ran = elapsed(run, terms.time, now)
                    thresholds = goal.for_run(run, terms.time).thresholds
                    left = [each.passed_s - ran for each in thresholds if each.face not in said]
                    yield from _nearest(left, terms.time, now)


def _backing(ticket: Ticket, clocks: Clocks, parts: Sequence[Stretch], now: int) -> Iterator[int]:
    """The same of what stands behind the promises."""
    for leg in backing.legs(ticket, clocks, now, parts):
        if leg.until >= now and _goes_on(leg.run, now):
            ran = elapsed(leg.run, leg.time, leg.until)
            left = [
                backing.passed_s(leg, percent) - ran
                for percent in (*leg.warn_at, BREACH)
                if backing.alert_id(ticket, leg, percent) not in ticket.sla_alerts
            ]
            yield from _nearest(left, leg.time, now)


def _time_boxes(
    ticket: Ticket, clocks: Clocks, parts: Sequence[Stretch], now: int
) -> Iterator[int]:
    """When a tier has tried for longer than it may."""
    for stay in parts:
        limit = clocks.time_box(stay.queue, stay.cover.priority)
        if limit is None or stay.until < now or stay_id(ticket, stay) in ticket.sla_alerts:
            continue
        run, time = run_of(ticket, stay), clocks.terms(stay.cover).time
        if _goes_on(run, now):
            yield from _nearest([limit + 1 - elapsed(run, time, stay.until)], time, now)


def _goes_on(run: Run, now: int) -> bool:
    """Whether a clock may run on without another event."""
    return any(span.end is None or span.end > now for span in run.spans)


def _nearest(left: Sequence[int], time: WorkingTime, now: int) -> Iterator[int]:
    """When the least of these seconds of working time that are still to pass have passed."""
    least = min((each for each in left if each > 0), default=None)
    if least is None:
        return
    try:
        yield time.after(now, least)
    except NoWorkingTimeError:  # not for years, by what is known of the calendar today
        yield now + _DAY_S
