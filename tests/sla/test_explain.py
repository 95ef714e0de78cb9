"""A clock explained: its intervals leave no second out, and add up to what the clock shows.

The oracle of the sums asks of every second by itself whether it counts: it walks the events with a
status of its own and reads the wall clock, and shares no step with the runs, the calendar's sums or
the intervals.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING
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
from sdcli.sla.backing import legs
from sdcli.sla.clock import Clocks
from sdcli.sla.explain import explain, explain_all, pressing
from sdcli.sla.intervals import KINDS
from sdcli.sla.runs import TARGETS
from sdcli.tickets.event import Noted, Reopened, Resolved, Waited
from sdcli.tickets.ticket import advance, fold
from tests.conftest import REPOSITORY
from tests.sampling import examples
from tests.sla.test_clock import (
    HOUR,
    MAKERS,
    MON,
    MOVES,
    TUE,
    accepted,
    classified,
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
@hypothesis_settings(max_examples=examples(250))
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
@hypothesis_settings(max_examples=examples(100))
def test_those_of_queues_and_suppliers_add_up_as_well(data: st.DataObject, policy: Policy) -> None:
    """Every stay and every wait is a cycle of its own, and nothing is left out between them."""
    mine = desk(policy)
    ticket = data.draw(tickets(backwards=0))
    clocks = Clocks(mine)
    now = int(ticket.events[-1].at.timestamp()) + data.draw(st.integers(0, 5 * DAY))

    for told_ in explain_all(ticket, mine, clocks, now).values():
        check(told_)


def test_a_wait_has_the_number_that_alerts_give_it(policy: Policy) -> None:
    """One for a supplier who promised nothing is counted as well, so that both name the same."""
    mine = desk(policy)
    names = ("another", SUPPLIER, "another", SUPPLIER)
    days = (f"{MON}T09", f"{MON}T11", f"{MON}T13", f"{MON}T15")
    waits = [
        event
        for name, day in zip(names, days, strict=True)
        for event in (
            Waited(*mark(moment(f"{day}:00")), waiting_for="vendor", supplier=name),
            resumed(f"{day}:30"),
        )
    ]
    ticket = fold("SD-1", [opened(f"{MON}T08:30"), *waits])
    now = seconds(f"{MON}T18:00")

    told_ = explain(ticket, mine, Clocks(mine), "underpinning", now)

    assert told_ is not None
    assert [each.number for each in told_.cycles] == [2, 4]
    counted = [each for each in legs(ticket, Clocks(mine), now) if each.target == told_.target]
    assert [each.cycle for each in counted] == [2, 4]
    assert {each.cycle for each in told_.intervals if each.kind == "counted"} == {2, 4}
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
@hypothesis_settings(max_examples=examples(40))
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


def kinds(told_: Explanation) -> list[tuple[str, str, str, int]]:
    """The intervals as start, end, kind and seconds of working time."""
    return [
        (text_of(each.start)[5:16], text_of(each.end)[5:16], each.kind, each.working_s)
        for each in told_.intervals
    ]


def explained(policy: Policy, target: Explained, now: str, *events: AnyEvent) -> Explanation:
    """One target of the ticket that these events make."""
    told_ = explain(fold("SD-1", events), policy, Clocks(policy), target, seconds(now))
    assert told_
    return told_


def test_a_pause_over_a_night_is_one_interval(policy: Policy) -> None:
    """It wins over closed hours, and says how much working time it kept from the clock."""
    told_ = explained(
        policy,
        "resolution",
        f"{TUE}T12:00",
        opened(f"{MON}T10:00"),
        waited(f"{MON}T16:00"),
        resumed(f"{TUE}T09:00"),
        resolved(f"{TUE}T11:00"),
    )
    assert kinds(told_) == [
        ("11-23T10:00", "11-23T16:00", "counted", 6 * HOUR),
        ("11-23T16:00", "11-24T09:00", "paused", 3 * HOUR),
        ("11-24T09:00", "11-24T11:00", "counted", 2 * HOUR),
        ("11-24T11:00", "11-24T12:00", "stopped", HOUR),
    ]
    assert isinstance(told_.intervals[1].cause, Waited)
    assert isinstance(told_.intervals[3].cause, Resolved)
    assert (told_.face.state, told_.face.elapsed_s) == ("met", 8 * HOUR)


def test_update_has_not_begun_before_the_first_word(policy: Policy) -> None:
    """Then it runs from word to word, each a cycle, and stops with the resolution (T12)."""
    told_ = explained(
        desk(policy),
        "update",
        f"{MON}T17:00",
        opened(f"{MON}T10:00"),
        told(f"{MON}T11:00"),
        told(f"{MON}T13:00"),
        resolved(f"{MON}T16:00"),
    )
    assert [(each.kind, each.cycle, each.seconds) for each in told_.intervals] == [
        ("not-begun", 0, HOUR),
        ("counted", 1, 2 * HOUR),
        ("counted", 2, 3 * HOUR),
        ("stopped", 2, HOUR),
    ]
    assert [each.face.elapsed_s for each in told_.cycles] == [2 * HOUR, 3 * HOUR]


def test_a_holiday_has_its_name(policy: Policy) -> None:
    """Christmas in England: two holidays, a Sunday, and one in lieu (T4)."""
    told_ = explained(policy, "resolution", "2026-12-29T09:00", opened("2026-12-24T17:00", "P4"))
    named = [(each.kind, each.name) for each in told_.intervals if each.kind == "holiday"]
    assert named == [
        ("holiday", "Christmas Day"),
        ("holiday", "Boxing Day"),
        ("holiday", "Boxing Day (observed)"),
    ]


@pytest.mark.parametrize(("rule", "cycles"), [("resume", 1), ("new_cycle", 2), ("new_ticket", 1)])
def test_a_reopening_goes_on_or_begins_anew(policy: Policy, rule: OnReopen, cycles: int) -> None:
    """As the policy says; what lies between is stopped, and by whom is said (T9)."""
    told_ = explained(
        desk(policy, rule),
        "resolution",
        f"{MON}T15:00",
        opened(f"{MON}T10:00"),
        resolved(f"{MON}T12:00"),
        reopened(f"{MON}T14:00"),
    )
    assert len(told_.cycles) == cycles
    assert [each.kind for each in told_.intervals] == ["counted", "stopped", "counted"]
    assert told_.face.elapsed_s == (3 * HOUR if cycles == 1 else HOUR)
    assert told_.grounds.on_reopen == rule


def test_a_clock_set_back_between_cycles_counts_nothing_twice(policy: Policy) -> None:
    """A reopening stamped before the resolution begins its cycle where the other ended."""
    told_ = explained(
        desk(policy, "new_cycle"),
        "resolution",
        f"{MON}T15:00",
        opened(f"{MON}T10:00"),
        resolved(f"{MON}T12:00"),
        reopened(f"{MON}T11:00"),
    )
    check(told_)
    assert [each.face.elapsed_s for each in told_.cycles] == [2 * HOUR, 3 * HOUR]


def test_thresholds_say_when_they_were_and_will_be_passed(policy: Policy) -> None:
    """What is passed, what is to come, and what never will be since the clock has stopped."""
    events: list[AnyEvent] = [opened(f"{MON}T10:00"), told(f"{MON}T11:45")]
    response = explained(policy, "response", f"{MON}T15:00", *events)
    assert [(each.percent, each.at, each.passed) for each in response.thresholds] == [
        (80, seconds(f"{MON}T11:36"), True),
        (100, None, False),
    ]
    resolution = explained(policy, "resolution", f"{MON}T15:00", *events)
    assert [(each.percent, each.at, each.passed) for each in resolution.thresholds] == [
        (80, seconds(f"{TUE}T16:00"), False),
        (100, seconds("2026-11-25T10:00"), False),
    ]


def test_turns_of_the_terms_have_old_and_new(policy: Policy) -> None:
    """A change of priority says what it did to the target; the clock counts from the start (T10)."""
    told_ = explained(
        policy,
        "resolution",
        f"{MON}T12:00",
        opened(f"{MON}T10:00", "P4"),
        classified(f"{MON}T11:00", "P2"),
    )
    (turn,) = told_.turns
    assert turn.changes == {"priority": ("P4", "P2")}
    assert [each.seconds for each in turn.amounts if each] == [40 * HOUR, 8 * HOUR]
    assert (told_.face.elapsed_s, told_.face.target_s) == (2 * HOUR, 8 * HOUR)


def test_the_place_of_everything_is_said(policy: Policy) -> None:
    """Agreement, calendar and target have the lines that say so; a service's own goes before."""
    grounds = explained(
        policy, "resolution", f"{MON}T12:00", opened(f"{MON}T10:00", "P1", "erp")
    ).grounds
    text = (REPOSITORY / "sla_policies.yaml").read_text(encoding="utf-8").splitlines()

    def said(place: str) -> str:
        file, _, number = place.rpartition(":")
        assert file == "sla_policies.yaml"
        return text[int(number) - 1]

    assert (grounds.agreement, grounds.why) == ("critical", "service")
    assert "Business-critical" in said(grounds.place)
    assert "zone: UTC" in said(grounds.calendar.place)
    assert grounds.target.source == "agreement"
    assert "P1: {response: 10m, resolution: 2h}" in said(grounds.target.place)
    assert not grounds.pinned
    assert grounds.is_today
    assert grounds.policy == policy.levels_hash


def test_where_a_calendar_is_written_moves_no_alert(policy: Policy) -> None:
    """The same calendar on another line is the same calendar (T14)."""
    calendar = policy.sla.calendars["business-hours"]
    clocks = Clocks(desk(policy, calendar=replace(calendar, place="")))
    moved = Clocks(desk(policy))
    ticket = fold("SD-1", [opened(f"{MON}T10:00")])
    for each in (clocks, moved):
        book = each.book("")
        twin = replace(book.levels.calendars["business-hours"], place="elsewhere:1")
        book.levels.calendars["twin"] = twin
        assert book.working_time("twin") is book.working_time("business-hours")
        del book.levels.calendars["twin"]
    now = seconds(f"{MON}T12:00")
    assert clocks.read(ticket, now) == moved.read(ticket, now)


def test_the_most_pressing_target_is_one_that_was_promised(policy: Policy) -> None:
    """What is missed and runs goes first, and what stands behind a promise comes after it."""
    mine = desk(policy)
    ticket = fold("SD-1", [opened(f"{MON}T10:00"), told(f"{MON}T10:10"), accepted(f"{MON}T10:20")])
    found = explain_all(ticket, mine, Clocks(mine), seconds(f"{MON}T17:00"))
    assert set(found) == {"response", "update", "resolution", "operational"}
    assert found["operational"].face.state == found["update"].face.state == "breached"
    assert pressing(found) == "update"
