"""The clocks of tickets built from literal events, and of random walks through the lifecycle.

The starter's business hours are Monday to Thursday 08:00-18:00 and Friday 08:00-17:00 in London,
which is UTC in winter; 2026-11-23 is a Monday.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sdcli.sla.clock import Clock, Clocks
from sdcli.sla.runs import TARGETS
from sdcli.tickets.event import (
    Accepted,
    Assigned,
    Classified,
    Closed,
    Noted,
    Opened,
    Reopened,
    Resolved,
    Resumed,
    SlaAlerted,
    Stamp,
    Waited,
)
from sdcli.tickets.ticket import fold
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.policy.model import Policy
    from sdcli.sla.runs import Target
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.words import Priority, Status

HOUR = 3600
MON, TUE, WED, THU = ("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26")


def moment(text: str) -> datetime:
    """An instant written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def seconds(text: str) -> int:
    """The same in seconds."""
    return int(moment(text).timestamp())


def mark(at: datetime) -> tuple[str, datetime, str, datetime | None]:
    """The first fields of an event of the technician ben."""
    return Stamp(at=at, by="ben").mark()


def opened(at: str, priority: Priority = "P3", service: str = "unknown") -> Opened:
    """A request at the service desk."""
    return Opened(
        *mark(moment(at)), summary="x", queue="service-desk", priority=priority, service=service
    )


def told(at: str) -> Noted:
    """A word to the caller."""
    return Noted(*mark(moment(at)), text="we are on it", visible=True)


def noted(at: str) -> Noted:
    """A note for the desk only."""
    return Noted(*mark(moment(at)), text="looked at it")


def accepted(at: str) -> Accepted:
    """Taken on."""
    return Accepted(*mark(moment(at)))


def assigned(at: str) -> Assigned:
    """Given to somebody."""
    return Assigned(*mark(moment(at)), to="chloe", queue="service-desk")


def waited(at: str) -> Waited:
    """A pause for the caller."""
    return Waited(*mark(moment(at)), waiting_for="user")


def resumed(at: str) -> Resumed:
    """The end of a pause."""
    return Resumed(*mark(moment(at)))


def resolved(at: str) -> Resolved:
    """Solved."""
    return Resolved(*mark(moment(at)), code="solved")


def closed(at: str) -> Closed:
    """Confirmed."""
    return Closed(*mark(moment(at)), code="solved", unconfirmed="no answer")


def reopened(at: str) -> Reopened:
    """Not solved after all."""
    return Reopened(*mark(moment(at)), reason="still broken")


def classified(at: str, priority: Priority, service: str = "unknown") -> Classified:
    """Another priority, or another service."""
    return Classified(
        *mark(moment(at)),
        type="incident",
        service=service,
        feature="unknown",
        impact="unknown",
        urgency="unknown",
        priority=priority,
    )


def read(policy: Policy, now: str, *events: AnyEvent) -> dict[Target, Clock]:
    """The clocks of the ticket that these events make."""
    return Clocks(policy).read(fold("SD-1", events), seconds(now))


def response(policy: Policy, now: str, *events: AnyEvent) -> Clock:
    """Its clock up to the first word."""
    return read(policy, now, *events)["response"]


def resolution(policy: Policy, now: str, *events: AnyEvent) -> Clock:
    """Its clock up to the resolution."""
    return read(policy, now, *events)["resolution"]


def test_a_new_ticket_runs_on_both_clocks(policy: Policy) -> None:
    """Every target is there; working time, share and due time are those of the priority."""
    clocks = read(policy, f"{MON}T11:00", opened(f"{MON}T10:00"))
    assert tuple(clocks) == TARGETS
    assert clocks["update"] == Clock("none")
    assert clocks["response"] == Clock(
        "running", due=seconds(f"{MON}T12:00"), target_s=2 * HOUR, elapsed_s=HOUR, percent=50.0
    )
    assert clocks["resolution"] == Clock(
        "running", due=seconds(f"{WED}T10:00"), target_s=20 * HOUR, elapsed_s=HOUR, percent=5.0
    )


def test_response_stops_at_the_first_word_to_the_caller(policy: Policy) -> None:
    """A second visible note, hours later, changes nothing."""
    story = (opened(f"{MON}T10:00"), told(f"{MON}T10:30"), told(f"{MON}T17:00"))
    clock = response(policy, f"{TUE}T12:00", *story)
    assert (clock.state, clock.elapsed_s) == ("met", HOUR // 2)
    assert clock.due == seconds(f"{MON}T12:00")


def test_response_does_not_stop_at_work_the_caller_cannot_see(policy: Policy) -> None:
    """An internal note, taking it on and giving it away are no word to the caller."""
    story = (
        opened(f"{MON}T10:00"),
        noted(f"{MON}T10:10"),
        accepted(f"{MON}T10:20"),
        assigned(f"{MON}T10:30"),
    )
    clock = response(policy, f"{MON}T11:00", *story)
    assert (clock.state, clock.elapsed_s) == ("running", HOUR)


def test_response_is_not_excused_by_a_wait(policy: Policy) -> None:
    """The response clock runs on while the resolution clock stands."""
    clocks = read(policy, f"{MON}T13:00", opened(f"{MON}T10:00"), waited(f"{MON}T10:30"))
    assert (clocks["response"].state, clocks["response"].elapsed_s) == ("breached", 3 * HOUR)
    assert (clocks["resolution"].state, clocks["resolution"].elapsed_s) == ("paused", HOUR // 2)


def test_response_stops_at_a_resolution_without_a_word(policy: Policy) -> None:
    """A resolution is an answer; a note after it is not the first."""
    story = (opened(f"{MON}T10:00"), resolved(f"{MON}T11:00"), told(f"{MON}T16:00"))
    clock = response(policy, f"{MON}T17:00", *story)
    assert (clock.state, clock.elapsed_s) == ("met", HOUR)


def test_resolution_leaves_out_only_the_working_time_of_a_wait(policy: Policy) -> None:
    """Of a wait over night, the two working hours count; due moves by just as much."""
    story = (opened(f"{MON}T10:00"), waited(f"{MON}T17:00"), resumed(f"{TUE}T09:00"))
    clock = resolution(policy, f"{TUE}T10:00", *story)
    assert (clock.state, clock.elapsed_s) == ("running", 8 * HOUR)
    assert clock.due == seconds(f"{WED}T12:00")


def test_a_wait_in_closed_time_changes_nothing(policy: Policy) -> None:
    """Waiting from closing to opening costs and gains no second."""
    plain = resolution(policy, f"{TUE}T10:00", opened(f"{MON}T10:00"))
    story = (opened(f"{MON}T10:00"), waited(f"{MON}T18:00"), resumed(f"{TUE}T08:00"))
    assert resolution(policy, f"{TUE}T10:00", *story) == plain


def test_waiting_twice_is_one_pause(policy: Policy) -> None:
    """A second wait inside a wait does not begin another stretch."""
    story = (opened(f"{MON}T10:00"), waited(f"{MON}T11:00"), waited(f"{MON}T12:00"))
    clock = resolution(policy, f"{MON}T14:00", *story, resumed(f"{MON}T13:00"))
    assert (clock.state, clock.elapsed_s) == ("running", 2 * HOUR)


def test_the_due_time_of_a_paused_clock_moves_with_working_time(policy: Policy) -> None:
    """It is what it would be if work went on now: an hour later an hour later, nights aside."""
    story = (opened(f"{MON}T10:00", "P1"), waited(f"{MON}T11:00"))
    faces = [
        resolution(policy, now, *story)
        for now in (f"{MON}T12:00", f"{MON}T13:00", f"{MON}T18:00", f"{TUE}T07:00")
    ]
    assert {(face.state, face.elapsed_s) for face in faces} == {("paused", HOUR)}
    assert [face.due for face in faces] == [
        seconds(f"{MON}T15:00"),
        seconds(f"{MON}T16:00"),
        seconds(f"{TUE}T11:00"),
        seconds(f"{TUE}T11:00"),
    ]


def test_a_breach_stays_a_breach_while_waiting(policy: Policy) -> None:
    """A pause after the target does not hide that it is over, and its due time stands."""
    story = (opened(f"{MON}T08:00", "P1"), waited(f"{MON}T13:00"))
    faces = [resolution(policy, now, *story) for now in (f"{MON}T14:00", f"{TUE}T14:00")]
    assert {(face.state, face.due) for face in faces} == {("breached", seconds(f"{MON}T12:00"))}


def test_a_breach_before_a_wait_stays_due_when_it_was(policy: Policy) -> None:
    """A wait moves only what was not over when it began."""
    story = (opened(f"{MON}T08:00", "P1"), waited(f"{MON}T13:00"), resumed(f"{MON}T14:00"))
    clock = resolution(policy, f"{MON}T15:00", *story)
    assert (clock.state, clock.elapsed_s) == ("breached", 6 * HOUR)
    assert clock.due == seconds(f"{MON}T12:00")


def test_no_clock_counts_time_that_has_not_come(policy: Policy) -> None:
    """Events stamped later than the instant of reading do not run the clock ahead of it."""
    story = (opened(f"{MON}T10:00"), waited(f"{MON}T12:00"), told(f"{MON}T13:00"))
    clocks = read(policy, f"{MON}T11:00", *story)
    assert [clocks[target].elapsed_s for target in ("response", "resolution")] == [HOUR, HOUR]


def test_resolution_stops_when_it_is_resolved(policy: Policy) -> None:
    """No later instant, and no closing, changes the clock of a resolved ticket."""
    story = (opened(f"{MON}T10:00"), resolved(f"{MON}T15:00"))
    want = Clock(
        "met", due=seconds(f"{WED}T10:00"), target_s=20 * HOUR, elapsed_s=5 * HOUR, percent=25.0
    )
    assert resolution(policy, f"{MON}T15:00", *story) == want
    assert resolution(policy, "2027-02-01T12:00", *story) == want
    assert resolution(policy, "2027-02-01T12:00", *story, closed(f"{THU}T09:00")) == want


def test_reopening_lets_the_clock_run_on(policy: Policy) -> None:
    """Time resolved is not counted, time before it is; due moves by the working time between."""
    story = (opened(f"{MON}T10:00"), resolved(f"{MON}T15:00"), closed(f"{MON}T16:00"))
    clock = resolution(policy, f"{TUE}T11:00", *story, reopened(f"{TUE}T10:00"))
    assert (clock.state, clock.elapsed_s) == ("running", 6 * HOUR)
    assert clock.due == seconds(f"{WED}T15:00")


def test_reopening_does_not_ask_for_another_response(policy: Policy) -> None:
    """The first word was said; the response clock stays as it was."""
    story = (opened(f"{MON}T10:00"), resolved(f"{MON}T11:00"), reopened(f"{TUE}T10:00"))
    clock = response(policy, f"{THU}T10:00", *story)
    assert (clock.state, clock.elapsed_s) == ("met", HOUR)


# When the response (15 minutes) and the resolution (4 hours) of a P1 of Monday came, and how.
LAST_SECOND = {
    "to the second": (f"{MON}T10:00", f"{MON}T10:15:00", f"{MON}T14:00:00", "met"),
    "a second late": (f"{MON}T10:00", f"{MON}T10:15:01", f"{MON}T14:00:01", "breached"),
    "after closing time": (f"{MON}T14:00", f"{MON}T14:15:00", f"{MON}T23:00:00", "met"),
    "at opening time": (f"{MON}T14:00", f"{MON}T14:15:00", f"{TUE}T08:00:00", "met"),
    "after opening time": (f"{MON}T14:00", f"{MON}T14:15:01", f"{TUE}T08:00:01", "breached"),
}


@pytest.mark.parametrize(("start", "word", "end", "state"), LAST_SECOND.values(), ids=LAST_SECOND)
def test_a_target_is_met_up_to_and_including_its_last_second(
    policy: Policy, start: str, word: str, end: str, state: str
) -> None:
    """The last second of working time still meets the target; the next one does not."""
    story = (opened(start, "P1"), told(word), resolved(end))
    clocks = read(policy, "2026-12-04T12:00", *story)
    assert {clocks["response"].state, clocks["resolution"].state} == {state}


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (f"{MON}T17:59:59", "running"),
        (f"{MON}T18:00:00", "running"),
        (f"{TUE}T08:00:00", "running"),
        (f"{TUE}T08:00:01", "breached"),
    ],
)
def test_a_running_clock_breaches_after_its_last_second(
    policy: Policy, now: str, state: str
) -> None:
    """Due exactly at closing time, a clock breaches with the first second of the next morning."""
    clock = resolution(policy, now, opened(f"{MON}T14:00", "P1"))
    assert (clock.state, clock.due) == (state, seconds(f"{MON}T18:00"))


def test_a_ticket_of_no_known_service_falls_under_the_default_agreement(policy: Policy) -> None:
    """On Saturday the default calendar is closed; no service, or one that has left, is the same."""
    for service in ("unknown", "no-longer-offered"):
        clock = resolution(policy, "2026-11-30T09:00", opened("2026-11-28T12:00", "P1", service))
        assert (clock.target_s, clock.elapsed_s) == (4 * HOUR, HOUR)
        assert clock.due == seconds("2026-11-30T12:00")


def test_the_agreement_of_the_service_decides(policy: Policy) -> None:
    """ERP is covered around the clock and has its own P1 targets, but none for P3."""
    first = resolution(policy, "2026-11-28T13:00", opened("2026-11-28T12:00", "P1", "erp"))
    third = resolution(policy, "2026-11-28T13:00", opened("2026-11-28T12:00", "P3", "erp"))
    assert (first.target_s, first.due) == (2 * HOUR, seconds("2026-11-28T14:00"))
    assert (third.target_s, third.due) == (20 * HOUR, seconds("2026-11-29T08:00"))


def test_another_service_counts_from_the_start(policy: Policy) -> None:
    """Once the service is known, its calendar holds for all the time since opening."""
    story = (opened("2026-11-28T12:00", "P3"), classified("2026-11-28T20:00", "P3", "erp"))
    assert resolution(policy, "2026-11-28T20:00", *story).elapsed_s == 8 * HOUR


def test_another_priority_counts_from_the_start(policy: Policy) -> None:
    """The new target is measured from opening: P1 after three hours leaves one."""
    story = (opened(f"{MON}T10:00", "P4"), classified(f"{MON}T13:00", "P1"))
    before = resolution(policy, f"{MON}T13:00", story[0])
    at_once = resolution(policy, f"{MON}T13:00", *story)
    assert (before.target_s, before.percent) == (40 * HOUR, 7.5)
    assert (at_once.state, at_once.percent, at_once.elapsed_s) == ("running", 75.0, 3 * HOUR)
    assert at_once.due == seconds(f"{MON}T14:00")
    assert resolution(policy, f"{MON}T14:00:01", *story).state == "breached"


def test_a_lower_priority_undoes_a_breach(policy: Policy) -> None:
    """What a clock says follows the priority as it is now, also after the fact."""
    story = (opened(f"{MON}T08:00", "P1"), resolved(f"{MON}T17:00"))
    assert resolution(policy, f"{TUE}T09:00", *story).state == "breached"
    later = classified(f"{TUE}T08:30", "P4")
    assert resolution(policy, f"{TUE}T09:00", *story, later).state == "met"


def test_what_was_said_of_a_clock_does_not_move_it(policy: Policy) -> None:
    """A recorded alert is no step of the work."""
    said = SlaAlerted(
        *mark(moment(f"{MON}T12:00")),
        alert="a",
        target="response",
        threshold=80,
        due=moment(f"{MON}T12:00"),
        target_s=2 * HOUR,
        late_by_s=0,
    )
    story = (opened(f"{MON}T10:00"), waited(f"{MON}T11:00"))
    now = f"{MON}T13:00"
    assert read(policy, now, *story, said) == read(policy, now, *story)


SKEWED: dict[str, tuple[AnyEvent, ...]] = {
    "a word before opening": (opened(f"{MON}T10:00"), told(f"{MON}T09:00")),
    "a wait before opening": (opened(f"{MON}T10:00"), waited(f"{MON}T09:00")),
    "resolved before opening": (opened(f"{MON}T10:00"), resolved(f"{MON}T09:00")),
    "reopened before it was resolved": (
        opened(f"{MON}T10:00"),
        resolved(f"{MON}T12:00"),
        reopened(f"{MON}T11:00"),
    ),
    "all backwards": (
        opened(f"{MON}T12:00"),
        waited(f"{MON}T11:00"),
        resumed(f"{MON}T10:00"),
        told(f"{MON}T09:00"),
        resolved(f"{MON}T08:30"),
    ),
}


@pytest.mark.parametrize("story", SKEWED.values(), ids=SKEWED)
@pytest.mark.parametrize("now", [f"{MON}T07:00", f"{MON}T10:00", f"{TUE}T10:00"])
def test_clocks_of_machines_that_disagree_do_no_harm(
    policy: Policy, now: str, story: tuple[AnyEvent, ...]
) -> None:
    """Events out of order, and an instant before opening, neither crash nor give less than 0."""
    for target in ("response", "resolution"):
        clock = read(policy, now, *story)[target]
        assert (clock.elapsed_s or 0) >= 0
        assert (clock.percent or 0) >= 0
        assert clock.due is not None


def test_an_answer_from_before_the_opening_meets_the_target(policy: Policy) -> None:
    """A word or a resolution stamped too early counts as given at once."""
    for story in (SKEWED["a word before opening"], SKEWED["resolved before opening"]):
        clock = response(policy, f"{TUE}T10:00", *story)
        assert (clock.state, clock.elapsed_s) == ("met", 0)


def test_time_does_not_count_twice_where_clocks_disagree(policy: Policy) -> None:
    """However events are stamped, a clock has not run longer than the ticket exists."""
    story = (opened(f"{MON}T10:00"), waited(f"{MON}T14:00"), resumed(f"{MON}T11:00"))
    assert (resolution(policy, f"{MON}T15:00", *story).elapsed_s or 0) <= 5 * HOUR


def test_what_met_its_target_was_not_due_before(policy: Policy) -> None:
    """A ticket resolved out of a wait was due later by the wait: not before it was resolved."""
    story = (opened(f"{MON}T10:00", "P1"), waited(f"{MON}T11:00"), resolved(f"{MON}T16:00"))
    clock = resolution(policy, f"{MON}T17:00", *story)
    assert (clock.state, clock.elapsed_s) == ("met", HOUR)
    assert (clock.due or 0) >= seconds(f"{MON}T16:00")


# Random walks: two weeks over Christmas, in whole minutes.

WALK_BEGINS = moment("2026-12-21T00:00")
WALK_MINUTES = 14 * 24 * 60
CLOSED = {"2026-12-25", "2026-12-28", "2027-01-01"}

MOVES: dict[str, dict[Status, Status]] = {
    "wait": {"new": "waiting", "in_progress": "waiting", "waiting": "waiting"},
    "resume": {"waiting": "in_progress"},
    "accept": {"new": "in_progress", "in_progress": "in_progress", "waiting": "waiting"},
    "tell": {
        "new": "new",
        "in_progress": "in_progress",
        "waiting": "waiting",
        "resolved": "resolved",
        "closed": "closed",
    },
    "resolve": {"new": "resolved", "in_progress": "resolved", "waiting": "resolved"},
    "close": {"resolved": "closed"},
    "reopen": {"resolved": "in_progress", "closed": "in_progress"},
}
"""What a walk may do, and where it leads, written down a second time."""

MAKERS: dict[str, Callable[[str], AnyEvent]] = {
    "wait": waited,
    "resume": resumed,
    "accept": accepted,
    "tell": told,
    "resolve": resolved,
    "close": closed,
    "reopen": reopened,
}


class Walk(NamedTuple):
    """Moves at minutes of the two weeks, the first of them the opening."""

    opens: int
    moves: tuple[tuple[str, int], ...]
    now: int
    priority: Priority

    @property
    def events(self) -> tuple[AnyEvent, ...]:
        """The events of the walk."""
        later = (MAKERS[move](_text(minute)) for move, minute in self.moves)
        return (opened(_text(self.opens), self.priority), *later)


def _text(minute: int) -> str:
    return (WALK_BEGINS + timedelta(minutes=minute)).replace(tzinfo=None).isoformat()


@cache
def open_minutes() -> tuple[bool, ...]:
    """Which minutes of the two weeks are business hours; London is on UTC then."""
    found = []
    for minute in range(WALK_MINUTES):
        at = WALK_BEGINS + timedelta(minutes=minute)
        closes = (18, 18, 18, 18, 17, 0, 0)[at.weekday()]
        found.append(8 <= at.hour < closes and at.date().isoformat() not in CLOSED)
    return tuple(found)


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    """A legal walk: at each step, one of the moves the state allows, minutes to days later."""
    opens = minute = draw(st.integers(0, 3 * 24 * 60))
    status: Status = "new"
    moves = []
    for _ in range(draw(st.integers(0, 12))):
        minute += draw(st.one_of(st.integers(0, 90), st.integers(0, 2 * 24 * 60)))
        if minute >= WALK_MINUTES:
            break
        move = draw(st.sampled_from([move for move, leads in MOVES.items() if status in leads]))
        status = MOVES[move][status]
        moves.append((move, minute))
    now = draw(st.integers(moves[-1][1] if moves else opens, WALK_MINUTES - 1))
    return Walk(opens, tuple(moves), now, draw(st.sampled_from(("P1", "P3", "P5"))))


@hypothesis_settings(max_examples=examples(200))
@given(walk=walks())
def test_clocks_agree_with_counting_the_minutes_of_a_walk(policy: Policy, walk: Walk) -> None:
    """Resolution time is the open minutes at work; response time those before the first word."""
    status: Status = "new"
    answered = False
    steps = iter((*walk.moves, ("", WALK_MINUTES)))
    move, due = next(steps)
    at_work = silent = 0
    for minute in range(walk.opens, walk.now):
        while due <= minute:
            status, answered = MOVES[move][status], answered or move in ("tell", "resolve")
            move, due = next(steps)
        at_work += open_minutes()[minute] and status in ("new", "in_progress")
        silent += open_minutes()[minute] and not answered
    clocks = read(policy, _text(walk.now), *walk.events)
    assert clocks["resolution"].elapsed_s == at_work * 60
    assert clocks["response"].elapsed_s == silent * 60


@given(walk=walks())
def test_the_state_of_a_clock_follows_from_its_figures(policy: Policy, walk: Walk) -> None:
    """Breached is more than the target; else the last move says running, paused or met."""
    ticket = fold("SD-1", walk.events)
    clock = read(policy, _text(walk.now), *walk.events)["resolution"]
    rest = {"waiting": "paused", "resolved": "met", "closed": "met"}.get(ticket.status, "running")
    over = (clock.elapsed_s or 0) > (clock.target_s or 0)
    assert clock.state == ("breached" if over else rest)
    assert clock.percent == round((clock.elapsed_s or 0) * 100 / (clock.target_s or 1), 1)


@given(walk=walks())
def test_a_running_clock_is_due_when_its_time_is_up(policy: Policy, walk: Walk) -> None:
    """Left alone, the clock has run exactly its target at its due time, and breaches after it."""
    ticket, clocks = fold("SD-1", walk.events), Clocks(policy)
    clock = clocks.read(ticket, seconds(_text(walk.now)))["resolution"]
    if clock.state != "running" or clock.due is None:
        return
    assert clock.due >= seconds(_text(walk.now))
    then = clocks.read(ticket, clock.due)["resolution"]
    assert (then.state, then.elapsed_s, then.due) == ("running", clock.target_s, clock.due)
    assert clocks.read(ticket, clock.due + 7 * 24 * HOUR)["resolution"].state == "breached"


@given(walk=walks())
def test_a_clock_is_the_same_whoever_asks(policy: Policy, walk: Walk) -> None:
    """A reader that has read other tickets says the same as a new one."""
    used = Clocks(policy)
    now, ticket = seconds(_text(walk.now)), fold("SD-1", walk.events)
    used.read(fold("SD-2", (opened(f"{MON}T10:00", "P1", "erp"),)), now)
    assert used.read(ticket, now) == Clocks(policy).read(ticket, now)
