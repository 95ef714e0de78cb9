"""What is said when a tier has tried for longer than it may (R2c.2b).

It is apart from the clock itself (`timebox`): only a check says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.sla.backing import fallen_behind
from sdcli.sla.check import Alert, alerts, recipients_for
from sdcli.sla.runs import elapsed, reaches, utc_seconds
from sdcli.sla.timebox import run_of
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.policy.model import Policy
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.clock import Clocks
    from sdcli.sla.stretch import Stretch
    from sdcli.tickets.ticket import Ticket


def due(
    ticket: Ticket, policy: Policy, clocks: Clocks, now: int, *, time_boxes: bool
) -> list[Alert]:
    """Everything that should have been said about a ticket by `now` and has not been.

    Targets, what stands behind them, and time boxes if they are asked for: together, in the order
    in which they were passed.
    """
    parts = clocks.parts(ticket, now)
    found = alerts(ticket, policy, clocks, now, parts)
    more = fallen_behind(ticket, policy, clocks, now, parts)
    if time_boxes:
        more += overstayed(ticket, policy, clocks, now, parts)
    return sorted((*found, *more), key=_earliest_first) if more else found


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
    for stay in parts or clocks.parts(ticket, now):
        priority = stay.cover.priority
        limit = clocks.time_box(stay.queue, priority)
        # No clock has run for longer than its stay: most need no look at a calendar.
        if limit is None or stay.until - utc_seconds(stay.entry.at) <= limit:
            continue
        id_ = stay_id(ticket, stay)
        if id_ not in known and id_ not in found:
            passed = _passed(ticket, stay, clocks.terms(stay.cover).time, limit)
            if passed is not None:
                recipients = recipients_for(ticket, policy, policy.sla.alerts.warning, now)
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
                    stage="warning",  # a tier that was too slow has broken no promise
                    began=stay.entry.id,
                )
    return list(found.values())


def stay_id(ticket: Ticket, stay: Stretch) -> str:
    """The id of what is said when a stay was too long."""
    return f"{ticket.ref}-{stay.entry.id}-{stay.cover.priority}"


def _passed(ticket: Ticket, stay: Stretch, time: WorkingTime, limit: int) -> int | None:
    """When a stay became too long; None if it did not, or did before it was imported (T25)."""
    run = run_of(ticket, stay)
    if elapsed(run, time, stay.until) <= limit:
        return None
    if ticket.imported_at and elapsed(run, time, utc_seconds(ticket.imported_at) - 1) > limit:
        return None
    return reaches(run, time, limit, stay.until)
