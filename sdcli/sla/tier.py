"""How long the tier that has a request may try before it escalates it (R2c.2b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.sla.clock import Run, Span, elapsed, reaches, resolution_run, utc_seconds
from sdcli.tickets.event import Assigned, Escalated, Returned

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.sla.clock import Clocks
    from sdcli.tickets.ticket import Ticket


class TierTime(Struct, frozen=True):
    """The time of one tier: seconds of working time; `since` and `until` in seconds of UTC.

    `until` is when it will be up if work goes on; `paused`: nobody can work on it now.
    """

    tier: int
    limit_s: int
    spent_s: int
    since: int
    until: int
    paused: bool
    place: str

    @property
    def is_over(self) -> bool:
        """Whether it is time to escalate."""
        return self.spent_s > self.limit_s


def tier_time(ticket: Ticket, policy: Policy, clocks: Clocks, now: int) -> TierTime | None:
    """The time that the tier of a ticket's queue has for it; None where there is no limit.

    It begins when the ticket comes into the queue, and pauses with the work on it.
    """
    from sdcli.policy.model import place_of  # noqa: PLC0415 - only an explanation pays for it

    tier = policy.tier(ticket.queue)
    rule = policy.classification.consequences.of(ticket.priority)
    limit = rule.time_box.of(tier)
    if limit is None or ticket.status in ("resolved", "closed"):
        return None
    since = _since(ticket)
    time = clocks.terms(ticket.service, ticket.priority).time
    run = _from(resolution_run(ticket.events), since)
    spent = elapsed(run, time, now)
    until = reaches(run, time, limit, now) if run.spans else time.after(now, limit)
    paused = not run.spans or run.spans[-1].end is not None
    return TierTime(tier, limit, spent, since, until, paused, place_of(rule, "time_box"))


def _since(ticket: Ticket) -> int:
    """When the ticket came into the queue it lies in."""
    queue, at = ticket.opening.queue, ticket.opened_at
    for event in ticket.events:
        moved = ""
        if isinstance(event, Assigned):
            moved = event.queue
        elif isinstance(event, (Escalated, Returned)):
            moved = event.to
        if moved and moved != queue:
            queue, at = moved, event.at
    return utc_seconds(at)


def _from(run: Run, since: int) -> Run:
    """The stretches of a run from an instant on."""
    spans = tuple(
        Span(max(span.start, since), span.end)
        for span in run.spans
        if span.end is None or span.end > since
    )
    return Run(spans, run.stopped)
