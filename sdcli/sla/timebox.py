"""How long a tier may try before it escalates: a clock for each stay in a queue (R2c.2b).

It runs in working time from the moment a ticket came into its queue, pauses while the ticket
waits, and ends when it is handed over or resolved; reopening lets it run on. What may be tried
for how long depends on the priority and the tier of the queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.sla.clock import state_of
from sdcli.sla.runs import Run, Span, elapsed, reaches, resolution_run, utc_seconds

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
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


def run_of(ticket: Ticket, stay: Stretch) -> Run:
    """The stretches at work since the ticket came into the queue."""
    whole, since = resolution_run(ticket.standing[: stay.events]), utc_seconds(stay.entry.at)
    spans = (
        Span(max(span.start, since), span.end)
        for span in whole.spans
        if span.end is None or span.end > since
    )
    return Run(tuple(spans), whole.stopped, since)


def time_box(ticket: Ticket, policy: Policy, clocks: Clocks, now: int) -> TimeBox | None:
    """The clock of the queue that a ticket lies in, at an instant in seconds of UTC."""
    stay = clocks.parts(ticket, now)[-1]
    limit = clocks.time_box(stay.queue, stay.cover.priority)
    if limit is None:
        return None
    run, time = run_of(ticket, stay), clocks.terms(stay.cover).time
    ran = elapsed(run, time, now)
    return TimeBox(
        tier=policy.tier(stay.queue),
        target_s=limit,
        elapsed_s=ran,
        due=reaches(run, time, limit, now),
        state=state_of(run, ran, limit),
    )
