"""How long a tier may try: from when the request came to it, in working time, without waits."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from sdcli.sla.clock import Clocks
from sdcli.sla.tier import tier_time
from sdcli.tickets.event import Accepted, Assigned, Escalated, Opened, Resolved, Resumed, Waited
from sdcli.tickets.ticket import fold

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.sla.tier import TierTime
    from sdcli.tickets.event import AnyEvent

_AT = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
"""A Monday."""


def _mark(minute: int) -> tuple[str, datetime, str]:
    return f"{minute:026}", _AT + timedelta(minutes=minute), "ben"


def _time(policy: Policy, minute: int, *events: AnyEvent, priority: str = "P2") -> TierTime | None:
    """The time of the tier so many minutes after a request about the VPN was opened."""
    opened = Opened(
        *_mark(0),
        summary="x",
        queue="service-desk",
        priority=priority,  # type: ignore[arg-type]
        service="vpn",
    )
    now = int((_AT + timedelta(minutes=minute)).timestamp())
    return tier_time(fold("SD-1", (opened, *events)), policy, Clocks(policy), now)


def _until(found: TierTime | None) -> int:
    """Minutes from opening until the time is up."""
    assert found is not None
    return (found.until - int(_AT.timestamp())) // 60


@pytest.mark.parametrize(
    ("priority", "minutes"), [("P1", 15), ("P2", 30), ("P3", 60), ("P4", 120), ("P5", 240)]
)
def test_each_priority_has_its_time(policy: Policy, priority: str, minutes: int) -> None:
    """The first tier may try for as long as the rules say, from opening on (R2c.2b)."""
    found = _time(policy, 0, priority=priority)
    assert found is not None
    assert (found.tier, found.limit_s, _until(found)) == (1, minutes * 60, minutes)
    text = policy.classification.consequences.of(priority)  # type: ignore[arg-type]
    assert found.place.startswith("catalog/classification.yaml:")
    assert text.time_box.tier_1 == found.limit_s


def test_the_next_tier_begins_anew(policy: Policy) -> None:
    """What another tier has used up is not taken from this one; a new assignee changes nothing."""
    moved = Escalated(*_mark(20), hand_over="escalate", to="network", reason="x")
    taken = (Accepted(*_mark(25)), Assigned(*_mark(40), to="greta", queue="network"))
    found = _time(policy, 60, moved, *taken)
    assert found is not None
    assert (found.tier, found.limit_s, _until(found)) == (2, 3 * 3600, 20 + 180)
    assert found.spent_s == 40 * 60


def test_a_wait_takes_nothing(policy: Policy) -> None:
    """While somebody else must act, the time stands still (R2c.2b)."""
    waits = Waited(*_mark(10), waiting_for="user")
    paused = _time(policy, 60, Accepted(*_mark(5)), waits)
    assert paused is not None
    assert (paused.paused, paused.spent_s) == (True, 600)
    on = _time(policy, 60, Accepted(*_mark(5)), waits, Resumed(*_mark(50)))
    assert on is not None
    assert (on.paused, on.spent_s, _until(on)) == (False, 20 * 60, 70)


def test_time_that_is_over(policy: Policy) -> None:
    """The last second belongs to the tier; after it, it is time to escalate."""
    last, over = _time(policy, 30), _time(policy, 31)
    assert last is not None
    assert over is not None
    assert (last.is_over, over.is_over) == (False, True)


def test_no_limit(policy: Policy) -> None:
    """A tier without a limit has none, and what is resolved needs none."""
    deep = Escalated(*_mark(1), hand_over="escalate", to="databases", reason="x")
    assert _time(policy, 5, deep) is None
    assert _time(policy, 5, Resolved(*_mark(2), code="solved")) is None
