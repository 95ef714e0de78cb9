"""When a check must look at a ticket again: never too late, whatever the ticket and the policy."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sdcli.sla.clock import Clocks
from sdcli.sla.overstay import due
from sdcli.sla.wake import wakes_at
from sdcli.tickets import steps
from sdcli.tickets.event import Noted, SlaAlerted, Stamp
from sdcli.tickets.ticket import advance, fold
from tests.sla.histories import MONDAY, RICH, histories, mark, policy_with
from tests.sla.test_clock import MON, assigned, moment, opened, waited

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.sla.check import Alert
    from sdcli.tickets.ticket import Ticket

HOUR = 3600


def said(ticket: Ticket, alerts: list[Alert], now: int) -> Ticket:
    """The ticket after these were said."""
    at = datetime.fromtimestamp(now, timezone.utc)
    events = [
        SlaAlerted(
            *mark(at),
            alert=each.id,
            target=each.target,
            threshold=each.threshold,
            due=at,
            target_s=each.target_s,
            late_by_s=each.late_by_s,
            stage=each.stage,
            cycle=each.cycle,
            began=each.began,
            mark=each.mark,
        )
        for each in alerts
    ]
    return advance(ticket, events) if events else ticket


@given(histories(), st.integers(0, 21 * 24 * 60), st.data(), st.booleans())
@hypothesis_settings(max_examples=1000)
def test_nothing_is_due_before_a_ticket_wakes(
    ticket: Ticket, minutes: int, data: st.DataObject, is_rich: bool
) -> None:
    """Of any ticket at any instant: no alert of any kind appears before it wakes, nor a second earlier.

    The check may come before events that were recorded by a host whose clock is ahead. Where
    something is due by then, it is so at the instant itself or was foreseen in vain.
    """
    policy = policy_with(*RICH) if is_rich else policy_with()
    clocks = Clocks(policy)
    now = int((MONDAY + timedelta(minutes=minutes)).timestamp())
    ticket = said(ticket, due(ticket, policy, clocks, now, time_boxes=True), now)
    wakes = wakes_at(ticket, clocks, now)
    assert wakes is None or wakes > now
    last = now + 90 * 24 * HOUR if wakes is None else wakes - 1
    instants = {last, data.draw(st.integers(now, last)), min(now + 1, last)}
    for instant in instants:
        assert due(ticket, policy, Clocks(policy), instant, time_boxes=True) == []


@given(histories(), st.booleans())
@hypothesis_settings(max_examples=100)
def test_whoever_looks_when_tickets_wake_misses_nothing(ticket: Ticket, is_rich: bool) -> None:
    """A check that looks only then says what one every two hours says, and looks seldom."""
    policy = policy_with(*RICH) if is_rich else policy_with()
    clocks = Clocks(policy)
    begins = int(max(event.at for event in ticket.events).timestamp())
    ends = begins + 12 * 24 * HOUR
    by_steps, by_wakes = set[str](), set[str]()
    often = ticket
    for now in range(begins, ends, 2 * HOUR):
        found = due(often, policy, clocks, now, time_boxes=True)
        by_steps |= {each.id for each in found}
        often = said(often, found, now)
    wakes: int | None = begins
    looks = 0
    while wakes is not None and wakes < ends:
        now, looks = wakes, looks + 1
        found = due(ticket, policy, clocks, now, time_boxes=True)
        by_wakes |= {each.id for each in found}
        ticket = said(ticket, found, now)
        wakes = wakes_at(ticket, clocks, now)
    found = due(ticket, policy, clocks, ends - 1, time_boxes=True)
    assert found == []
    assert by_steps <= by_wakes
    assert looks < 60


@pytest.mark.parametrize(
    ("events", "wakes"),
    [
        ((opened(f"{MON}T10:00", "P1"),), f"{MON}T10:12"),
        ((opened(f"{MON}T10:00", "P1"), assigned(f"{MON}T10:05")), f"{MON}T10:12"),
        ((opened(f"{MON}T10:00", "P3"),), f"{MON}T11:00:01"),
    ],
)
def test_a_ticket_wakes_when_the_nearest_threshold_is_passed(
    policy: Policy, events: tuple[Noted, ...], wakes: str
) -> None:
    """To the second: at 80 % of the first target, or when the first tier has tried too long."""
    ticket = fold("SD-1", events)
    now = int(moment(f"{MON}T10:06").timestamp())
    now = max(now, int(ticket.opened_at.timestamp()))
    assert wakes_at(ticket, Clocks(policy), now) == int(moment(wakes).timestamp())


def test_what_nobody_will_say_wakes_nobody(policy: Policy) -> None:
    """A ticket that is over wakes for nothing, and so does one of which all clocks stand."""
    stamp = Stamp(at=moment(f"{MON}T10:01"), by="ben")
    ticket = fold("SD-1", (opened(f"{MON}T10:00", "P1"),))
    now = int(moment(f"{MON}T10:06").timestamp())
    told = Noted(*stamp.mark(), text="on it", visible=True)
    paused = advance(ticket, [told, waited(f"{MON}T10:02")])
    over = advance(ticket, steps.close(ticket, stamp, code="solved", unconfirmed="no answer"))
    assert wakes_at(paused, Clocks(policy), now) is None
    assert wakes_at(over, Clocks(policy), now) is None
