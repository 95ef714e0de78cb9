"""What `sla-check` has to say: warnings and breaches, each once, whenever it is run.

An alert exists because at some instant the clock of the ticket, as the ticket then was, had run
past a threshold. That depends on events and policy alone, so one run after three hours gives the
same alerts as a run every minute, told apart by `late_by_s`, and goes to whoever has the ticket
by then. The id of an alert depends on the ticket, the target, the threshold, the cycle and the
target's length (T14).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sdcli.sla.clock import (
    RUNS,
    Target,
    elapsed,
    reaches,
    utc_seconds,
)
from sdcli.sla.duty import told
from sdcli.sla.stretch import stretches
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.agreements import Recipient
    from sdcli.policy.model import Policy
    from sdcli.sla.clock import Clocks, Goal, Terms, Threshold
    from sdcli.sla.stretch import Stretch
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket


class Alert(Struct, frozen=True, kw_only=True):
    """One thing to say. Figures are those of the instant the threshold was passed.

    `due` in seconds of UTC, as it was at that instant; `late_by_s` says how long ago the threshold was passed.
    """

    id: str
    ref: str
    target: Target | Literal["time-box"]
    threshold: int
    percent: float
    due: int
    elapsed_s: int
    target_s: int
    late_by_s: int
    recipients: tuple[str, ...]


def alerts(
    ticket: Ticket, policy: Policy, clocks: Clocks, now: int, parts: Sequence[Stretch] = ()
) -> list[Alert]:
    """Everything that should have been said about a ticket's targets by `now` and has not been.

    `clocks` are those of the policy, `now` is in seconds of UTC; `parts` are the stretches of the
    ticket, if they are known already.
    """
    found: dict[str, Alert] = {}
    for state in _states(ticket, clocks, parts or stretches(ticket, now)):
        for alert in sorted(_passed(ticket, state, policy, now), key=_earliest_first):
            found.setdefault(alert.id, alert)
    return list(found.values())


class _State(Struct, frozen=True):
    """A ticket under one of its agreements and priorities, and when that ended, in seconds of UTC."""

    events: tuple[AnyEvent, ...]
    terms: Terms
    until: int


def _states(ticket: Ticket, clocks: Clocks, parts: Sequence[Stretch]) -> list[_State]:
    """What a ticket has been granted, turn by turn, without those too short to pass a threshold.

    No clock has run for longer than the ticket existed: most need no look at any calendar.
    """
    found: list[_State] = []
    opened = utc_seconds(ticket.events[0].at)
    following = None
    for part in reversed(parts):
        # Another queue changes nothing of what is granted.
        if part.cover is not following:
            following = part.cover
            terms = clocks.terms(following)
            if part.until - opened >= terms.soonest_s:
                found.append(_State(ticket.events[: part.events], terms, part.until))
    found.reverse()
    return found


def _passed(ticket: Ticket, state: _State, policy: Policy, now: int) -> Iterator[Alert]:
    """The thresholds passed in one state and not said before; `now` is when they are said."""
    time = state.terms.time
    # What was late before a ticket was imported is not said here (T25).
    silent_until = utc_seconds(ticket.imported_at) if ticket.imported_at else 0
    for goal in state.terms.goals:
        unsaid = _unsaid(ticket, goal) if ticket.sla_alerts else goal.thresholds
        if not unsaid:
            continue
        run = RUNS[goal.target](state.events)
        ran = elapsed(run, time, state.until)
        ran_elsewhere = elapsed(run, time, silent_until - 1) if silent_until else -1
        for threshold in unsaid:
            if ran >= threshold.passed_s and threshold.passed_s > ran_elsewhere:
                passed = reaches(run, time, threshold.needed_s, state.until)
                yield Alert(
                    id=_id(ticket, threshold),
                    ref=ticket.ref,
                    target=goal.target,
                    threshold=threshold.percent,
                    percent=round(threshold.needed_s * 100 / goal.target_s, 1),
                    due=time.after(passed, goal.target_s - threshold.needed_s),
                    elapsed_s=threshold.needed_s,
                    target_s=goal.target_s,
                    late_by_s=now - passed,
                    recipients=recipients_of(ticket, policy, threshold.percent, now),
                )


def _unsaid(ticket: Ticket, goal: Goal) -> list[Threshold]:
    return [each for each in goal.thresholds if _id(ticket, each) not in ticket.sla_alerts]


def _id(ticket: Ticket, threshold: Threshold) -> str:
    return sha256(f"{ticket.ref}|{threshold.key}".encode()).hexdigest()[:16]


def _earliest_first(alert: Alert) -> int:
    return -alert.late_by_s


def recipients_of(ticket: Ticket, policy: Policy, threshold: int, now: int) -> tuple[str, ...]:
    """Who should hear a warning or a breach now, each once, by the roles of the policy (R5b.2-3)."""
    alerts_ = policy.sla.alerts
    roles = alerts_.breach if threshold >= BREACH else alerts_.warning
    return recipients_for(ticket, policy, roles, now)


def recipients_for(
    ticket: Ticket, policy: Policy, roles: Sequence[Recipient], now: int
) -> tuple[str, ...]:
    """Who has these roles for a ticket at an instant in seconds of UTC, each once."""
    return told(
        policy,
        roles,
        assignee=ticket.assignee,
        queue=ticket.queue,
        service=ticket.service,
        at=now,
    )
