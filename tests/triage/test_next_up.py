"""The order of work: which ticket is next for somebody, and why."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.policy.load import read_policy
from sdcli.tickets.event import Opened, Stamp
from sdcli.tickets.ticket import Ticket, fold
from sdcli.tickets.words import PRIORITIES
from sdcli.triage.next_up import RULES, Lying, is_open_to, ranked
from tests.conftest import REPOSITORY

_POLICY = read_policy(str(REPOSITORY))
_NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def _ticket(number: int, *, age: int = 0, **known: Any) -> Ticket:
    stamp = Stamp(at=_NOW - timedelta(minutes=age), by="ben")
    opened = Opened(*stamp.mark(), summary="x", queue="network", priority="P3")
    return replace(fold(f"SD-{number}", [opened]), **known)


_LYING = st.builds(
    lambda priority, percent, at_risk, mine, handed, age: (
        priority,
        percent,
        at_risk,
        mine,
        handed,
        age,
    ),
    st.sampled_from(PRIORITIES),
    st.integers(0, 150),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 5),
)


@given(st.lists(_LYING, max_size=7))
def test_the_order_is_that_of_the_rules(found: list[Any]) -> None:
    """By ground, priority, share of the target, age; every ticket stands there once (R2c.2a)."""
    lying = [
        Lying(
            ticket=_ticket(
                number,
                age=age,
                priority=priority,
                status="in_progress",
                assignee="greta" if mine else None,
                handed_from="service-desk" if handed else "",
            ),
            target="resolution",
            percent=float(percent),
            at_risk=at_risk,
        )
        for number, (priority, percent, at_risk, mine, handed, age) in enumerate(found, 1)
    ]
    choices = ranked(lying, "greta", _POLICY)
    assert sorted(each.ticket.ref for each in choices) == sorted(each.ticket.ref for each in lying)
    keys = [
        (RULES.index(c.rule), c.ticket.priority, -c.lying.percent, c.ticket.opened_at)
        for c in choices
    ]
    assert keys == sorted(keys)
    own = {e.ticket.priority for e in lying if e.ticket.assignee and not e.ticket.handed_from}
    for choice in choices:
        mine = choice.ticket.assignee and not choice.ticket.handed_from
        stops = set(_POLICY.classification.consequences.of(choice.ticket.priority).pre_empts) & own
        assert (choice.rule == "pre-empts") == bool(choice.gives_way) == bool(stops)
        assert (choice.rule in ("own", "own-at-risk")) <= bool(mine)
        assert len(choice.why) >= 3


def test_what_waits_or_is_anothers_is_nobody_elses_work() -> None:
    """Waiting, resolved, somebody else's, and another queue's tickets are left out (R2c.2a)."""
    queues = ("network",)
    assert is_open_to(_ticket(1), "greta", queues)
    assert is_open_to(_ticket(1, assignee="greta", queue="x"), "greta", queues)
    assert not is_open_to(_ticket(1, status="waiting"), "greta", queues)
    assert not is_open_to(_ticket(1, status="resolved"), "greta", queues)
    assert not is_open_to(_ticket(1, assignee="hugo"), "greta", queues)
    assert not is_open_to(_ticket(1, queue="servers"), "greta", queues)
    assert not is_open_to(_ticket(1, record="problem"), "greta", queues)
