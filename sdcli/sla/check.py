"""What `sla-check` has to say: warnings and breaches, each once, whenever it is run.

An alert exists because at some instant the clock of the ticket, as the ticket then was, had run
past a threshold. That depends on events and policy alone, so one run after three hours gives the
same alerts as a run every minute, told apart by `late_by_s`, and goes to whoever has the ticket
by then. The id of an alert depends on the ticket, the target, the threshold, the cycle and the
target's length (T14).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.sla.clock import elapsed, reaches, resolution_run, response_run
from sdcli.tickets.event import Classified
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.model import Policy, Recipient
    from sdcli.sla.clock import Clocks, Run, Target
    from sdcli.tickets.ticket import Ticket


class Alert(Struct, frozen=True, kw_only=True):
    """One thing to say. Figures are those of the instant the threshold was passed.

    `due` in seconds of UTC, as it was at that instant; `late_by_s` says how long ago the threshold was passed.
    """

    id: str
    ref: str
    target: Target
    threshold: int
    percent: float
    due: int
    elapsed_s: int
    target_s: int
    late_by_s: int
    recipients: tuple[str, ...]


def alerts(ticket: Ticket, policy: Policy, clocks: Clocks, now: int) -> list[Alert]:
    """Everything that should have been said about a ticket by `now` and has not been."""
    found: dict[str, Alert] = {}
    for state, until in _states(ticket, now):
        passed = sorted(_passed(state, policy, clocks, until, now), key=_earliest_first)
        for alert in passed:
            if alert.id not in ticket.sla_alerts and alert.id not in found:
                recipients = recipients_of(ticket, policy, alert.threshold)
                found[alert.id] = replace(alert, recipients=recipients)
    return list(found.values())


def _states(ticket: Ticket, now: int) -> Iterator[tuple[Ticket, int]]:
    """The ticket under each classification it has had, with the instant that ended it."""
    for index, event in enumerate(ticket.events):
        if isinstance(event, Classified):
            yield fold(ticket.ref, ticket.events[:index]), min(now, int(event.at.timestamp()))
    yield ticket, now


def _passed(
    ticket: Ticket, policy: Policy, clocks: Clocks, until: int, now: int
) -> Iterator[Alert]:
    """The thresholds a ticket had passed by `until`, as it was then; `now` is when it is said."""
    targets, time = clocks.targets(ticket), clocks.working_time(ticket)
    runs: dict[Target, Run] = {
        "response": response_run(ticket.events),
        "resolution": resolution_run(ticket.events),
    }
    for target, run in runs.items():
        target_s = targets[target]
        ran = elapsed(run, time, until)
        for threshold in (*policy.sla.alerts.warn_at, BREACH):
            needed = -(-target_s * threshold // 100)
            if ran > target_s if threshold == BREACH else ran >= needed:
                passed = reaches(run, time, needed, until)
                yield Alert(
                    id=_id(ticket.ref, target, threshold, target_s),
                    ref=ticket.ref,
                    target=target,
                    threshold=threshold,
                    percent=round(needed * 100 / target_s, 1),
                    due=time.after(passed, target_s - needed),
                    elapsed_s=needed,
                    target_s=target_s,
                    late_by_s=now - passed,
                    recipients=(),
                )


def _earliest_first(alert: Alert) -> int:
    return -alert.late_by_s


def _id(ref: str, target: str, threshold: int, target_s: int, cycle: int = 1) -> str:
    text = f"{ref}|{target}|{threshold}|{cycle}|{target_s}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def recipients_of(ticket: Ticket, policy: Policy, threshold: int) -> tuple[str, ...]:
    """Who should hear a warning or a breach, each once, by the roles of the policy (R5b.2-3)."""
    roles = policy.sla.alerts.breach if threshold >= BREACH else policy.sla.alerts.warning
    people = (_person(role, ticket, policy) for role in roles)
    return tuple(dict.fromkeys(person for person in people if person))


def _person(role: Recipient, ticket: Ticket, policy: Policy) -> str | None:
    queue = policy.teams.queues.get(ticket.queue)
    service = policy.service(ticket.service)
    if role == "assignee":
        return ticket.assignee
    if role == "queue-lead":
        return queue.lead if queue else policy.teams.desk.manager
    if role == "on-call":
        return queue.on_call if queue else None
    if role == "service-owner":
        return service.owner if service else None
    return policy.teams.desk.manager
