"""How long a tier may try before it escalates: a clock for each stay in a queue (R2c.2b).

It runs in working time from the moment a ticket came into its queue, pauses while the ticket
waits, and ends when it is handed over or resolved; reopening lets it run on. What may be tried
for how long depends on the priority and the tier of the queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.sla.check import Alert, alerts, recipients_for
from sdcli.sla.clock import Run, Span, elapsed, reaches, resolution_run, utc_seconds
from sdcli.sla.stretch import stretches
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.policy.model import Policy
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.clock import Clocks, State
    from sdcli.sla.stretch import Stretch
    from sdcli.tickets.ticket import Ticket


class TimeBox(Struct, frozen=True, kw_only=True):
    """How long a tier may try, and has tried. Seconds of working time; `due` in seconds of UTC."""

    tier: int
    target_s: int
    elapsed_s: int
    due: int
    state: State


def _run(ticket: Ticket, stay: Stretch) -> Run:
    """The stretches at work since the ticket came into the queue."""
    whole, since = resolution_run(ticket.events[: stay.events]), utc_seconds(stay.entry.at)
    spans = (
        Span(max(span.start, since), span.end)
        for span in whole.spans
        if span.end is None or span.end > since
    )
    return Run(tuple(spans), whole.stopped)


def time_box(ticket: Ticket, policy: Policy, clocks: Clocks, now: int) -> TimeBox | None:
    """The clock of the queue that a ticket lies in, at an instant in seconds of UTC."""
    stay = stretches(ticket, now)[-1]
    limit = clocks.time_box(stay.queue, stay.cover.priority)
    if limit is None:
        return None
    run, time = _run(ticket, stay), clocks.terms(stay.cover).time
    ran = elapsed(run, time, now)
    return TimeBox(
        tier=policy.tier(stay.queue),
        target_s=limit,
        elapsed_s=ran,
        due=reaches(run, time, limit, now) if run.spans else time.after(now, limit),
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
    parts = stretches(ticket, now)
    found = alerts(ticket, policy, clocks, now, parts)
    stays = overstayed(ticket, policy, clocks, now, parts)
    return sorted((*found, *stays), key=_earliest_first) if stays else found


def _earliest_first(alert: Alert) -> int:
    return -alert.late_by_s


def overstayed(
    ticket: Ticket, policy: Policy, clocks: Clocks, now: int, parts: Sequence[Stretch] = ()
) -> list[Alert]:
    """For each stay that was longer than its tier may try, what has not been said of it yet.

    The id is made of the ticket, the event that brought it into the queue, and the priority. It
    is not hashed: each check asks for that of each ticket.
    """
    found: dict[str, Alert] = {}
    known = ticket.sla_alerts
    for stay in parts or stretches(ticket, now):
        priority = stay.cover.priority
        limit = clocks.time_box(stay.queue, priority)
        # No clock has run for longer than its stay: most need no look at a calendar.
        if limit is None or stay.until - utc_seconds(stay.entry.at) <= limit:
            continue
        id_ = f"{ticket.ref}-{stay.entry.id}-{priority}"
        if id_ not in known and id_ not in found:
            passed = _passed(ticket, stay, clocks.terms(stay.cover).time, limit)
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


def _passed(ticket: Ticket, stay: Stretch, time: WorkingTime, limit: int) -> int | None:
    """When a stay became too long; None if it did not, or did before it was imported (T25)."""
    run = _run(ticket, stay)
    if elapsed(run, time, stay.until) <= limit:
        return None
    if ticket.imported_at and elapsed(run, time, utc_seconds(ticket.imported_at) - 1) > limit:
        return None
    return reaches(run, time, limit, stay.until)
