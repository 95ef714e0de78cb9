"""A clock explained: its intervals leave no second out, and add up to what the clock shows.

The oracle of the sums asks of every second by itself whether it counts: it walks the events with a
status of its own and reads the wall clock, and shares no step with the runs, the calendar's sums or
the intervals.
"""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.policy.agreements import OperationalLevel, UnderpinningContract
from sdcli.policy.calendars import Calendar, Week, Window
from sdcli.policy.scalars import Amount, DateKey, Zone
from sdcli.sla.agreed import cover_of
from sdcli.sla.clock import Clocks
from sdcli.sla.explain import EVERY_TARGET, explain, explain_all, pressing
from sdcli.sla.intervals import KINDS
from sdcli.sla.runs import TARGETS, elapsed, runs_of
from sdcli.tickets.event import Classified, Noted, Opened, Reopened, Resolved, Waited
from sdcli.tickets.ticket import advance, fold
from tests.sla.test_clock import (
    HOUR,
    MAKERS,
    MON,
    MOVES,
    accepted,
    classified,
    closed,
    mark,
    moment,
    opened,
    reopened,
    resolved,
    resumed,
    seconds,
    told,
    waited,
)

if TYPE_CHECKING:
    from sdcli.policy.agreements import OnReopen
    from sdcli.policy.model import Policy
    from sdcli.sla.explain import Explained, Explanation
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority, Status

DAY = 24 * HOUR
BEGINS = seconds("2026-10-19T00:00")
"""A week before the clocks of London are set back."""
SUPPLIER = "telco"


def desk(
    policy: Policy, on_reopen: OnReopen = "resume", calendar: Calendar | None = None
) -> Policy:
    """The starter's policy with an update target, a queue's level and a contract."""
    sla = policy.sla
    targets = sla.targets
    targets = replace(targets, P3=replace(targets.P3, update=Amount(seconds=4 * HOUR)))
    level = OperationalLevel(targets={"P3": Amount(seconds=6 * HOUR)})
    contract = UnderpinningContract(name="Telco", targets={"P3": Amount(seconds=8 * HOUR)})
    calendars = sla.calendars if calendar is None else sla.calendars | {"business-hours": calendar}
    changed = replace(
        sla,
        targets=targets,
        on_reopen=on_reopen,
        calendars=calendars,
        operational_levels={"service-desk": level, "network": level},
        underpinning_contracts={SUPPLIER: contract},
    )
    return replace(policy, sla=changed)


def text_of(at: int) -> str:
    """An instant as the makers of events take it."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


WAITS: st.SearchStrategy[str] = st.sampled_from(("user", "vendor", "change"))
PRIORITIES: st.SearchStrategy[Priority] = st.sampled_from(("P1", "P3", "P3"))


@st.composite
def tickets(draw: st.DrawFn, longest: int = 3 * DAY, backwards: int = HOUR) -> Ticket:
    """Legal steps with waits for all sorts, reopenings, turns of the terms, and late entries."""
    at = BEGINS + draw(st.integers(0, 10 * DAY))
    events: list[AnyEvent] = [opened(text_of(at), "P3")]
    status: Status = "new"
    for _ in range(draw(st.integers(0, 7))):
        at += draw(st.integers(-backwards, longest))
        when = text_of(at)
        move = draw(st.sampled_from([move for move, leads in MOVES.items() if status in leads]))
        status = MOVES[move][status]
        if move == "wait":
            waits = draw(WAITS)
            supplier = SUPPLIER if waits == "vendor" else ""
            events.append(Waited(*mark(moment(when)), waiting_for=waits, supplier=supplier))
        else:
            events.append(MAKERS[move](when))
        if status != "closed" and draw(st.integers(0, 3)) == 0:
            events.append(classified(when, draw(PRIORITIES)))
    ticket = fold("SD-1", events)
    if draw(st.booleans()):
        late = int(ticket.opened_at.timestamp()) + draw(st.integers(0, 4 * DAY))
        entered = moment(text_of(late + 5 * DAY))
        note = replace(told(text_of(late)), entered=entered)
        ticket = advance(ticket, [note])
    return ticket


WINDOWS = st.builds(
    lambda opens, length: Window(opens * 900, (opens + length) * 900),
    st.integers(0, 95),
    st.integers(1, 96),
)
CALENDARS = st.builds(
    lambda zone, days, holiday: Calendar(
        zone=Zone(zone),
        hours=Week(**dict(zip(("mon", "tue", "wed", "thu", "fri"), days, strict=True))),
        holidays={DateKey(f"2026-10-{holiday}"): "Founders' day"},
    ),
    st.sampled_from(("Europe/London", "Asia/Kolkata", "UTC")),
    st.tuples(*[st.tuples(WINDOWS)] * 5),
    st.integers(20, 30),
)
REOPENS: tuple[OnReopen, ...] = ("resume", "new_cycle", "new_ticket")


def check(told_: Explanation) -> None:
    """The intervals of one target follow one another and add up, cycle by cycle."""
    assert [each.start for each in told_.intervals[1:]] == [
        each.end for each in told_.intervals[:-1]
    ]
    if told_.now > told_.opened:
        assert told_.intervals[0].start == told_.opened
        assert told_.intervals[-1].end == told_.now
    else:
        assert not told_.intervals
    for each in told_.intervals:
        assert each.start < each.end
        assert each.kind in KINDS
        assert (each.cause is None) == (each.kind not in ("paused", "stopped"))
        assert 0 <= each.working_s <= each.seconds
        assert (each.kind == "holiday") == bool(each.name)
    for cycle in told_.cycles:
        own = [each for each in told_.intervals if each.cycle == cycle.number]
        assert sum(each.counted_s for each in own) == cycle.face.elapsed_s, told_.target


@given(data=st.data())
@hypothesis_settings(max_examples=250)
def test_intervals_leave_nothing_out_and_add_up(data: st.DataObject, policy: Policy) -> None:
    """Of every target and cycle, at every instant, on every calendar, under each rule."""
    mine = desk(policy, data.draw(st.sampled_from(REOPENS)), data.draw(CALENDARS))
    ticket = data.draw(tickets())
    clocks = Clocks(mine)
    opened_at = int(ticket.opened_at.timestamp())
    now = opened_at + data.draw(st.integers(-HOUR, 30 * DAY))
    faces = clocks.read(ticket, now)

    for target in TARGETS:
        told_ = explain(ticket, mine, clocks, target, now)
        if told_ is None:
            assert faces[target].state == "none"
            continue
        check(told_)
        assert told_.face == faces[target]
        whole = clocks.terms(cover_of(ticket)).time
        assert sum(each.working_s for each in told_.intervals) == whole.between(opened_at, now)


@given(data=st.data())
@hypothesis_settings(max_examples=100)
def test_those_of_queues_and_suppliers_add_up_as_well(data: st.DataObject, policy: Policy) -> None:
    """Every stay and every wait is a cycle of its own, and nothing is left out between them."""
    mine = desk(policy)
    ticket = data.draw(tickets(backwards=0))
    clocks = Clocks(mine)
    now = int(ticket.events[-1].at.timestamp()) + data.draw(st.integers(0, 5 * DAY))

    for told_ in explain_all(ticket, mine, clocks, now).values():
        check(told_)


def counts(ticket: Ticket, target: str, second: int) -> bool:
    """Whether one second of a ticket counts, asked of that second alone (resume, one priority)."""
    local = datetime.fromtimestamp(second, ZoneInfo("Europe/London"))
    closes = 17 if local.weekday() == 4 else 18
    if local.weekday() > 4 or not 8 <= local.hour < closes:
        return False
    past = [event for event in ticket.events if event.at.timestamp() <= second]
    if not past:
        return False
    kinds = [
        event for event in past if isinstance(event, (Waited, Resolved, Reopened)) or move(event)
    ]
    last = kinds[-1] if kinds else None
    if target == "resolution":
        return not isinstance(last, (Waited, Resolved))
    if target == "response":
        return not any(
            isinstance(e, Resolved) or (isinstance(e, Noted) and e.visible) for e in past
        )
    is_waiting = isinstance(last, Waited) and last.waiting_for == "user"
    starts = [e for e in past if begins(e, past)]
    return bool(starts) and not is_waiting and not isinstance(last, Resolved)


def move(event: AnyEvent) -> bool:
    """Whether an event ends a wait."""
    return type(event).__name__ == "Resumed"


def begins(event: AnyEvent, past: list[AnyEvent]) -> bool:
    """Whether an event begins a cycle of `update`."""
    if isinstance(event, Reopened):
        return True
    before = past[: past.index(event)]
    ends = [each for each in before if isinstance(each, (Resolved, Reopened))]
    over = bool(ends) and isinstance(ends[-1], Resolved)
    return isinstance(event, Noted) and event.visible and not over


@given(data=st.data())
@hypothesis_settings(max_examples=40)
def test_each_second_is_in_the_right_kind(data: st.DataObject, policy: Policy) -> None:
    """The counted intervals are those seconds that count when each is asked by itself."""
    mine = desk(policy)
    at = seconds(f"{MON}T06:00") + data.draw(st.integers(0, 5 * DAY))
    events: list[AnyEvent] = [opened(text_of(at), "P3")]
    status: Status = "new"
    for _ in range(data.draw(st.integers(0, 6))):
        at += data.draw(st.integers(1, 2 * HOUR))
        moves = ("wait", "resume", "resolve", "reopen", "tell")
        name = data.draw(st.sampled_from([m for m in moves if status in MOVES[m]]))
        status = MOVES[name][status]
        events.append(MAKERS[name](text_of(at)))
    ticket, clocks = fold("SD-1", events), Clocks(mine)
    now = at + data.draw(st.integers(0, 3 * HOUR))

    for target in TARGETS:
        told_ = explain(ticket, mine, clocks, target, now)
        assert told_
        counted = {
            second
            for each in told_.intervals
            if each.kind == "counted"
            for second in range(each.start, each.end, 1)
        }
        asked = {s for s in range(told_.opened, now) if counts(ticket, target, s)}
        assert counted == asked, target
