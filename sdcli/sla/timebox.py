"""How long a tier may try before it escalates: a clock for each stay in a queue (R2c.2b).

It runs in working time from the moment a ticket came into its queue, pauses while the ticket
waits, and ends when it is handed over or resolved; reopening lets it run on. What may be tried
for how long depends on the priority and the tier of the queue.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.sla.agreed import TURNS, cover_at
from sdcli.sla.check import Alert, alerts, recipients_for
from sdcli.sla.clock import Run, Span, elapsed, reaches, resolution_run, utc_seconds
from sdcli.tickets.event import Assigned, Escalated, Returned
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.model import Policy
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.clock import Clocks, State
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority

_MOVES = frozenset((Assigned, Escalated, Returned))


class TimeBox(Struct, frozen=True, kw_only=True):
    """How long a tier may try, and has tried. Seconds of working time; `due` in seconds of UTC."""

    tier: int
    target_s: int
    elapsed_s: int
    due: int
    state: State


class _Stay(Struct, frozen=True):
    """A stretch in one queue at one priority and calendar.

    `entry` is the event that brought the ticket into the queue, `since` its instant and `until`
    the end of the stretch, in seconds of UTC.
    """

    entry: str
    since: int
    until: int
    queue: str
    priority: Priority
    time: WorkingTime
    events: Sequence[AnyEvent]

    def limit(self, policy: Policy) -> int | None:
        """How long its tier may try, in seconds of working time; None if there is no limit."""
        box = policy.classification.consequences.of(self.priority).time_box
        return box.of(policy.tier(self.queue))

    def run(self) -> Run:
        """The stretches at work since the ticket came into the queue."""
        whole = resolution_run(self.events)
        spans = (
            Span(max(span.start, self.since), span.end)
            for span in whole.spans
            if span.end is None or span.end > self.since
        )
        return Run(tuple(spans), whole.stopped)


def time_box(ticket: Ticket, policy: Policy, clocks: Clocks, now: int) -> TimeBox | None:
    """The clock of the queue that a ticket lies in, at an instant in seconds of UTC."""
    *_, stay = _stays(ticket, clocks, now)
    limit = stay.limit(policy)
    if limit is None:
        return None
    run = stay.run()
    ran = elapsed(run, stay.time, now)
    due = reaches(run, stay.time, limit, now) if run.spans else stay.time.after(now, limit)
    return TimeBox(
        tier=policy.tier(stay.queue),
        target_s=limit,
        elapsed_s=ran,
        due=due,
        state=_state(run, ran, limit),
    )


def _state(run: Run, ran: int, limit: int) -> State:
    if ran > limit:
        return "breached"
    if run.stopped:
        return "met"
    return "running" if run.spans and run.spans[-1].end is None else "paused"


def due(ticket: Ticket, policy: Policy, clocks: Clocks, now: int) -> list[Alert]:
    """Everything that should have been said about a ticket by `now` and has not been.

    Targets and stays together, in the order in which they were passed.
    """
    found = alerts(ticket, policy, clocks, now)
    stays = overstayed(ticket, policy, clocks, now)
    return sorted((*found, *stays), key=_earliest_first) if stays else found


def _earliest_first(alert: Alert) -> int:
    return -alert.late_by_s


def overstayed(ticket: Ticket, policy: Policy, clocks: Clocks, now: int) -> list[Alert]:
    """For each stay that was longer than its tier may try, what has not been said of it yet.

    The id depends on the ticket, the event that brought it into the queue, and the priority.
    """
    found: dict[str, Alert] = {}
    for stay in _stays(ticket, clocks, now):
        limit = stay.limit(policy)
        # No clock has run for longer than its stay: most need no look at a calendar.
        if limit is None or stay.until - stay.since <= limit:
            continue
        id_ = sha256(f"{ticket.ref}|time-box|{stay.entry}|{stay.priority}".encode()).hexdigest()[
            :16
        ]
        if id_ not in found and id_ not in ticket.sla_alerts:
            passed = _passed(ticket, stay, limit)
            if passed is not None:
                recipients = recipients_for(ticket, policy, policy.sla.alerts.warning)
                found[id_] = Alert(
                    id=id_,
                    ref=ticket.ref,
                    target="time-box",
                    threshold=BREACH,
                    percent=float(BREACH),
                    due=passed,
                    elapsed_s=limit,
                    target_s=limit,
                    late_by_s=now - passed,
                    recipients=recipients,
                )
    return list(found.values())


def _passed(ticket: Ticket, stay: _Stay, limit: int) -> int | None:
    """When a stay became too long; None if it did not, or did before it was imported (T25)."""
    run = stay.run()
    if elapsed(run, stay.time, stay.until) <= limit:
        return None
    if ticket.imported_at and elapsed(run, stay.time, utc_seconds(ticket.imported_at) - 1) > limit:
        return None
    return reaches(run, stay.time, limit, stay.until)


def _stays(ticket: Ticket, clocks: Clocks, now: int) -> Iterator[_Stay]:
    """The stays of a ticket in order, each with what had happened by its end; at least one."""
    events = ticket.events
    cover, queue, entry = cover_at(ticket.opening), ticket.opening.queue, events[0]

    def stay(until: int, count: int) -> _Stay:
        terms, since = clocks.terms(cover), utc_seconds(entry.at)
        by_then = events[:count] if count < len(events) else events
        return _Stay(entry.id, since, until, queue, cover.priority, terms.time, by_then)

    for index, event in enumerate(events):
        if type(event) in TURNS:
            after = cover.after(event)
            if after is not cover:
                yield stay(min(now, utc_seconds(event.at)), index)
                cover = after
        elif type(event) in _MOVES:
            to = _queue_after(event, queue)
            if to != queue:
                yield stay(min(now, utc_seconds(event.at)), index)
                queue, entry = to, event
    yield stay(now, len(events))


def _queue_after(event: AnyEvent, queue: str) -> str:
    if isinstance(event, Assigned):
        return event.queue
    return event.to if isinstance(event, Escalated | Returned) else queue
