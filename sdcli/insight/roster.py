"""What is worth a look in the duty roster: hours without anybody, and what is long over (R5b.2)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sdcli.insight.classes import Finding
from sdcli.policy.local import ends
from sdcli.policy.model import TEAMS
from sdcli.sla.calendar import WorkingTime
from sdcli.sla.duty import queue_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.model import Policy
    from sdcli.policy.teams import Queue

_DAY_S = 24 * 3600
_AHEAD_S = 28 * _DAY_S
_LONG_PAST_S = 90 * _DAY_S


def roster(policy: Policy, now: int) -> Iterator[Finding]:
    """What is allowed in the duty roster and worth a look, at an instant in seconds of UTC."""
    for name, queue in policy.teams.queues.items():
        yield from _gap(policy, name, queue, now)
    yield from _past(policy, now)
    yield from _idle(policy)


def _gap(policy: Policy, name: str, queue: Queue, now: int) -> Iterator[Finding]:
    """The first time in four weeks at which nobody is on call for what is promised at any hour.

    A queue that never has anybody on call is the desk's decision, and says so in its file.
    """
    service = _promised_always(policy, name, now)
    keys = ("on_call", "rotation", "rotations")
    given = next((key for key in keys if getattr(queue, key)), "")
    if not (service and given):
        return
    found = queue_spans(policy, name, now, now + _AHEAD_S)
    gap = next((span for span in found if not span.duty.person), None)
    if gap:
        message = (
            f"nobody is on call for `{name}` from {_utc(gap.start)} to {_utc(gap.end)}, and the "
            f"agreement of `{service}` runs around the clock"
        )
        yield Finding(TEAMS, f"queues.{name}.{given}", message)


def _promised_always(policy: Policy, queue: str, now: int) -> str:
    """A service of a queue whose agreement counts every hour of the next four weeks."""
    for name, service in policy.catalog.services.items():
        if service.queue == queue:
            own = policy.sla.agreements[service.agreement].calendar
            time = WorkingTime(policy.sla.calendars[own or policy.sla.default_calendar])
            if time.between(now, now + _AHEAD_S) == _AHEAD_S:
                return name
    return ""


def _past(policy: Policy, now: int) -> Iterator[Finding]:
    """Absences and overrides that ended more than 90 days ago."""
    teams, before = policy.teams, now - _LONG_PAST_S
    for index, absence in enumerate(teams.absences):
        end = ends(absence.to, teams.zone_of(absence.who, policy.zone))
        if end < before:
            message = f"the absence of `{absence.who}` has been over since {_utc(end)}"
            yield Finding(TEAMS, f"absences.{index}", message)
    for index, override in enumerate(teams.overrides):
        end = ends(override.to, teams.rotations[override.rotation].zone)
        if end < before:
            message = f"the override for `{override.who}` has been over since {_utc(end)}"
            yield Finding(TEAMS, f"overrides.{index}", message)


def _idle(policy: Policy) -> Iterator[Finding]:
    """Rotations that no queue and no duty manager goes by: nobody is ever asked by them."""
    teams = policy.teams
    used = {*teams.desk.layers, *(each for q in teams.queues.values() for each in q.layers)}
    for name in teams.rotations:
        if name not in used:
            message = f"no queue goes by the rotation `{name}`, nor do the desk's duty managers"
            yield Finding(TEAMS, f"rotations.{name}", message)


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M} UTC"
