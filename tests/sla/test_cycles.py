"""What reopening does to the clocks, and the clock of the next word to the caller (T9, T12).

Business hours are Monday to Thursday 08:00-18:00 in London, on UTC in winter; 2026-11-23 is a
Monday. The policy is the starter's, with an update every two hours of working time for a P3.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.policy.scalars import Amount
from sdcli.sla.check import alerts
from sdcli.sla.clock import Clock, Clocks
from sdcli.sla.runs import Span, runs_of
from sdcli.tickets.event import Acknowledged, Contacted, Waited
from sdcli.tickets.ticket import fold
from tests.sla.test_clock import (
    HOUR,
    MON,
    THU,
    TUE,
    WED,
    closed,
    mark,
    moment,
    noted,
    opened,
    reopened,
    resolved,
    resumed,
    seconds,
    told,
    waited,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.policy.agreements import OnReopen
    from sdcli.policy.model import Policy
    from sdcli.sla.runs import Target
    from sdcli.tickets.event import AnyEvent


def with_rules(policy: Policy, on_reopen: OnReopen = "resume", update_h: int = 2) -> Policy:
    """The policy with another rule for reopening, and an update for every P3."""
    targets = replace(policy.sla.targets.P3, update=Amount(update_h * HOUR))
    sla = replace(policy.sla, on_reopen=on_reopen, targets=replace(policy.sla.targets, P3=targets))
    return replace(policy, sla=sla)


def face(policy: Policy, target: Target, now: str, *events: AnyEvent) -> Clock:
    """One clock of the ticket that these events make."""
    return Clocks(policy).read(fold("SD-1", events), seconds(now))[target]


def supplier(at: str) -> Waited:
    """A pause for a supplier."""
    return Waited(*mark(moment(at)), waiting_for="vendor")


BACK = (
    opened(f"{MON}T10:00"),
    told(f"{MON}T10:30"),
    resolved(f"{MON}T14:00"),
    closed(f"{MON}T15:00"),
    reopened(f"{TUE}T09:00"),
)


def test_resumed_clocks_go_on(policy: Policy) -> None:
    """The time between the solution and the reopening counts for nothing (T9)."""
    found = face(with_rules(policy), "resolution", f"{TUE}T11:00", *BACK)

    assert found.elapsed_s == 6 * HOUR
    assert found.state == "running"
    assert face(with_rules(policy), "response", f"{TUE}T11:00", *BACK).state == "met"


def test_a_new_cycle_begins_at_zero(policy: Policy) -> None:
    """Response and resolution run anew from the reopening, to another first word."""
    anew = with_rules(policy, "new_cycle")

    resolution = face(anew, "resolution", f"{TUE}T11:00", *BACK)
    response = face(anew, "response", f"{TUE}T11:00", *BACK)

    assert (resolution.elapsed_s, resolution.state) == (2 * HOUR, "running")
    assert (response.elapsed_s, response.state) == (2 * HOUR, "running")
    said = face(anew, "response", f"{TUE}T11:00", *BACK, told(f"{TUE}T09:30"))
    assert (said.elapsed_s, said.state) == (1800, "met")


def test_an_agreement_may_have_its_own_rule(policy: Policy) -> None:
    """What it says comes before what holds for the desk."""
    standard = replace(policy.sla.agreements["standard"], on_reopen="new_cycle")
    sla = replace(policy.sla, agreements={**policy.sla.agreements, "standard": standard})

    found = face(replace(policy, sla=sla), "resolution", f"{TUE}T11:00", *BACK)

    assert found.elapsed_s == 2 * HOUR


def test_breaches_of_each_cycle_are_told_apart(policy: Policy) -> None:
    """A cycle that was missed stays on record when another begins, and that can be missed too."""
    anew = with_rules(policy, "new_cycle")
    ticket = fold(
        "SD-1", (opened(f"{MON}T10:00"), resolved(f"{MON}T14:00"), reopened(f"{TUE}T09:00"))
    )

    found = alerts(ticket, anew, Clocks(anew), seconds(f"{TUE}T12:00"))

    breaches = [(each.target, each.cycle) for each in found if each.stage == "breach"]
    assert breaches == [("response", 1), ("response", 2), ("update", 1)]
    assert len({each.id for each in found}) == len(found)


def test_nothing_is_due_before_the_first_word(policy: Policy) -> None:
    """The next word never presses while the first is still to come, however long that takes."""
    found = face(with_rules(policy), "update", f"{TUE}T12:00", opened(f"{MON}T10:00"))

    assert found == Clock("none")


@pytest.mark.parametrize("silent", [noted(f"{MON}T11:00"), None])
def test_the_next_word_is_due_after_the_last(policy: Policy, silent: AnyEvent | None) -> None:
    """Two hours of working time after it; a note for the desk alone is no word (T12)."""
    more = (silent,) if silent else ()

    found = face(
        with_rules(policy),
        "update",
        f"{MON}T11:30",
        opened(f"{MON}T10:00"),
        told(f"{MON}T10:30"),
        *more,
    )

    assert found == Clock(
        "running", due=seconds(f"{MON}T12:30"), target_s=2 * HOUR, elapsed_s=HOUR, percent=50.0
    )


def test_each_word_begins_another_cycle(policy: Policy) -> None:
    """What was missed before the newest word is on record as its own cycle."""
    ruled = with_rules(policy)
    events = (opened(f"{MON}T10:00"), told(f"{MON}T10:30"), told(f"{MON}T13:00"))
    ticket = fold("SD-1", events)

    found = alerts(ticket, ruled, Clocks(ruled), seconds(f"{MON}T15:01"))

    missed = [each for each in found if each.target == "update" and each.stage == "breach"]
    assert [(each.cycle, each.due) for each in missed] == [
        (1, seconds(f"{MON}T12:30")),
        (2, seconds(f"{MON}T15:00")),
    ]


def test_only_waiting_for_the_caller_excuses_silence(policy: Policy) -> None:
    """A supplier who is waited for keeps nobody from telling the caller so."""
    start = (opened(f"{MON}T10:00"), told(f"{MON}T10:30"))

    for_user = face(with_rules(policy), "update", f"{MON}T14:00", *start, waited(f"{MON}T11:30"))
    for_supplier = face(
        with_rules(policy), "update", f"{MON}T14:00", *start, supplier(f"{MON}T11:30")
    )

    assert (for_user.state, for_user.elapsed_s) == ("paused", HOUR)
    assert for_supplier.state == "breached"
    back = face(
        with_rules(policy),
        "update",
        f"{MON}T14:00",
        *start,
        waited(f"{MON}T11:30"),
        supplier(f"{MON}T13:30"),
    )
    assert (back.state, back.elapsed_s) == ("running", HOUR + 1800)


def test_a_word_while_the_caller_is_waited_for(policy: Policy) -> None:
    """The new cycle stands still from the first, and runs when work goes on."""
    events = (
        opened(f"{MON}T10:00"),
        told(f"{MON}T10:30"),
        waited(f"{MON}T10:45"),
        told(f"{MON}T11:00"),
    )

    paused = face(with_rules(policy), "update", f"{MON}T12:00", *events)
    running = face(with_rules(policy), "update", f"{MON}T13:00", *events, resumed(f"{MON}T12:00"))

    assert (paused.state, paused.elapsed_s, paused.due) == ("paused", 0, seconds(f"{MON}T14:00"))
    assert (running.state, running.elapsed_s) == ("running", HOUR)


def test_the_solution_ends_it_and_a_reopening_begins_it(policy: Policy) -> None:
    """Nobody waits for news of what is solved; whoever comes back is to hear something."""
    solved = face(with_rules(policy), "update", f"{TUE}T12:00", *BACK[:3])
    again = face(with_rules(policy), "update", f"{TUE}T10:00", *BACK)

    assert solved.state == "breached"
    assert (again.state, again.elapsed_s) == ("running", HOUR)


@pytest.mark.parametrize(
    "event",
    [
        Acknowledged(
            *mark(moment(f"{MON}T10:30")), to="ada@example.com", message_id="m", sent=True
        ),
        Contacted(*mark(moment(f"{MON}T10:30")), text="any news?"),
    ],
)
def test_neither_a_confirmation_nor_the_caller_is_a_word_of_the_desk(
    policy: Policy, event: AnyEvent
) -> None:
    """The response runs on, and the next word has not begun (T12)."""
    events = (opened(f"{MON}T10:00"), event)

    assert face(with_rules(policy), "response", f"{MON}T11:00", *events).state == "running"
    assert face(with_rules(policy), "update", f"{MON}T11:00", *events) == Clock("none")


def test_business_days_are_the_same_time_so_many_working_days_later(policy: Policy) -> None:
    """Friday closes an hour earlier, so what ends there ends at its closing time (T7)."""
    targets = replace(policy.sla.targets.P3, resolution=Amount(business_days=2))
    sla = replace(policy.sla, targets=replace(policy.sla.targets, P3=targets))
    ruled = replace(policy, sla=sla)

    midweek = face(ruled, "resolution", f"{MON}T10:00", opened(f"{MON}T10:00"))
    to_friday = face(ruled, "resolution", f"{WED}T17:30", opened(f"{WED}T17:30"))
    paused = face(
        ruled,
        "resolution",
        f"{TUE}T12:00",
        opened(f"{MON}T10:00"),
        waited(f"{MON}T12:00"),
        resumed(f"{MON}T13:00"),
    )

    assert (midweek.target_s, midweek.due) == (20 * HOUR, seconds(f"{WED}T10:00"))
    assert to_friday.due == seconds("2026-11-27T17:00")
    assert paused.due == seconds(f"{WED}T11:00")


def test_a_foreseen_breach_is_said_while_nobody_is_at_it(policy: Policy) -> None:
    """Once less is left than it usually takes: at that instant, or when it is let go after it."""
    targets = replace(policy.sla.targets.P3, usual=6 * HOUR)
    sla = replace(policy.sla, targets=replace(policy.sla.targets, P3=targets))
    ruled = replace(policy, sla=sla)

    def foreseen(*events: AnyEvent) -> list[int]:
        ticket = fold("SD-1", events)
        found = alerts(ticket, ruled, Clocks(ruled), seconds(f"{WED}T09:00"))
        return [
            seconds(f"{WED}T09:00") - each.late_by_s for each in found if each.stage == "predicted"
        ]

    start = opened(f"{MON}T10:00")
    from tests.sla.test_clock import accepted, assigned  # noqa: PLC0415 - only here

    assert foreseen(start) == [seconds(f"{TUE}T14:00") + 1]
    assert foreseen(start, accepted(f"{MON}T11:00")) == []
    assert foreseen(start, accepted(f"{TUE}T15:00")) == [seconds(f"{TUE}T14:00") + 1]
    given_away = replace(assigned(f"{TUE}T16:00"), to=None)
    assert foreseen(start, accepted(f"{MON}T11:00"), given_away) == [seconds(f"{TUE}T16:00")]


@given(st.lists(st.sampled_from(["told", "wait", "resume", "resolve", "reopen"]), max_size=12))
def test_cycles_follow_one_another(walk: list[str]) -> None:
    """Whatever happens: cycles are numbered, stretches are in order and end where the next begins."""
    makers: dict[str, Callable[[str], AnyEvent]] = {
        "told": told,
        "wait": waited,
        "resume": resumed,
        "resolve": resolved,
        "reopen": reopened,
    }
    events: list[AnyEvent] = [opened(f"{THU}T00:00")]
    for index, word in enumerate(walk, 1):
        event = makers[word](f"{THU}T{index:02}:00")
        try:
            fold("SD-1", [*events, event])
        except Exception:  # noqa: BLE001, S112 - not legal here
            continue
        events.append(event)

    for target in ("response", "update", "resolution"):
        for on_reopen in ("resume", "new_cycle"):
            runs = runs_of(target, events, on_reopen)
            spans = [span for run in runs for span in run.spans]
            assert [run.cycle for run in runs] == list(range(1, len(runs) + 1))
            assert all(span.end is not None for span in spans[:-1])
            assert all(_before(one, two) for one, two in pairwise(spans))
            assert all(run.stopped for run in runs[:-1])


def _before(one: Span, other: Span) -> bool:
    return one.end is not None and one.start <= one.end <= other.start
