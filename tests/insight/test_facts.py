"""What is counted of one ticket where its history is not plain: found by counting everything twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.insight.facts import Basis, facts_of
from sdcli.insight.figures import FIGURES
from sdcli.sla.clock import Clocks
from sdcli.sla.runs import utc_seconds
from sdcli.tickets.event import (
    Classified,
    Closed,
    Imported,
    Merged,
    Noted,
    Opened,
    Reopened,
    Resolved,
    SurveyAnswered,
    SurveySent,
    Undone,
    Waited,
)
from sdcli.tickets.ticket import advance, fold
from tests.sla.histories import NOW, RICH, at, mark, policy_with

if TYPE_CHECKING:
    from sdcli.insight.facts import Fact
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.words import Priority
    from tests.conftest import JsonRunner, Runner


def opened(priority: Priority = "P3") -> Opened:
    """A call on Monday morning, about something whose agreement counts business hours."""
    return Opened(
        *mark(at("2026-11-23T09:00")),
        summary="It is slow",
        queue="service-desk",
        priority=priority,
        type="incident",
        service="wifi",
    )


def classified(when: str, priority: Priority) -> Classified:
    """Another priority."""
    return Classified(
        *mark(at(when)),
        type="incident",
        service="wifi",
        feature="unknown",
        impact="low",
        urgency="low",
        priority=priority,
    )


def told(when: str) -> Noted:
    """A word to the caller."""
    return Noted(*mark(at(when)), text="we are on it", visible=True)


def counted(*events: AnyEvent) -> Fact:
    """What is counted of these events."""
    ticket = fold("SD-1", events[:1])
    for event in events[1:]:
        ticket = advance(ticket, [event])
    basis = Basis(Clocks(policy_with(*RICH)), {}, {"incident": {"again": "satisfaction"}})
    return facts_of(ticket, basis, utc_seconds(NOW))


def promised(fact: Fact, target: str) -> list[tuple[int, int]]:
    """When each promise of a target was kept (1) or broken (0)."""
    return [(each.at, each.kept) for each in fact.promises if each.target == target]


def test_an_update_is_kept_when_it_ends_and_not_when_it_pauses() -> None:
    """While the caller is waited for nothing is decided: the next word decides (R5b.1)."""
    fact = counted(
        opened(),
        told("2026-11-23T09:10"),
        Waited(*mark(at("2026-11-23T09:20")), waiting_for="user"),
        told("2026-11-25T09:00"),
    )
    assert promised(fact, "update") == [(utc_seconds(at("2026-11-25T09:00")), 1)]


def test_a_miss_stays_where_it_was_when_the_priority_changes() -> None:
    """What would have been over earlier under another priority was not promised then (R5b.4)."""
    fact = counted(opened("P5"), classified("2026-11-24T16:00", "P3"))
    assert promised(fact, "response") == [(utc_seconds(at("2026-11-23T17:00")), 0)]


def test_what_was_broken_elsewhere_is_not_kept_here() -> None:
    """Another priority after an import makes no kept promise of one that was broken before it."""
    arrived = Imported(*mark(at("2026-11-23T15:00")), source="old/1")
    fact = counted(
        opened("P1"),
        told("2026-11-23T09:01"),
        arrived,
        classified("2026-11-23T15:10", "P5"),
        Resolved(*mark(at("2026-11-23T15:20")), code="solved"),
    )
    assert promised(fact, "resolution") == []


def test_a_merge_is_no_answer() -> None:
    """What was merged where it came from was answered there, if anywhere (R0.3)."""
    merged = Merged(*mark(at("2026-11-23T09:30")), into="SD-9")
    arrived = Imported(*mark(at("2026-11-23T15:00")), source="old/1")
    assert counted(opened(), merged, arrived).respond is None
    assert counted(opened(), told("2026-11-23T09:10"), merged, arrived).respond is not None


def test_an_answer_counts_though_the_asking_was_taken_back() -> None:
    """The answer says itself which survey it is of (R5a.2)."""
    asked = SurveySent(*mark(at("2026-11-24T09:00")), survey="incident", to="ada")
    fact = counted(
        opened(),
        Resolved(*mark(at("2026-11-23T10:00")), code="solved"),
        Closed(*mark(at("2026-11-23T11:00")), code="solved", confirmed_by="ada"),
        asked,
        SurveyAnswered(*mark(at("2026-11-24T10:00")), survey="incident", scores={"again": 4}),
        Undone(*mark(at("2026-11-24T11:00")), undoes=(asked.id,)),
    )
    assert [score for _, score, _ in fact.scores] == [4]


def test_what_was_taken_back_later_is_counted_as_of_before(sd: Runner, sdj: JsonRunner) -> None:
    """Nothing else has happened to the ticket for weeks, and it counts all the same (R3d1.8)."""

    def step(*args: str, when: str) -> Any:
        return sd(*args, at=f"2026-{when}:00:00Z")

    ref = sdj("open", "Slow mail", "--user", "ada", at="2026-10-05T10:00:00Z")["ref"]
    step("resolve", ref, "--code", "solved", when="10-05T11")
    step(
        "close", ref, "--code", "solved", "--confirmed-by", "ada", "--via", "phone", when="10-05T12"
    )
    step("reopen", ref, "--reason", "by mistake", when="10-30T10")
    since, until = ("--since", "2026-10-30T00:00:00Z"), ("--until", "2026-10-31T00:00:00Z")
    asked = ("report", *since, *until, "--as-of", "2026-10-30T11:00:00Z", "--figure", "reopened")
    then = sdj(*asked, at="2026-10-30T11:00:00Z")
    step("undo", ref, when="10-30T12")
    assert then["figures"][0]["now"] == sdj(*asked)["figures"][0]["now"] == {"value": 1}


def test_a_backlog_as_of_before_the_period_is_that_of_then(sd: Runner, sdj: JsonRunner) -> None:
    """What was work at that instant is, though it was over before the period began."""
    ref = sdj("open", "Slow mail", "--user", "ada", at="2026-09-01T10:00:00Z")["ref"]
    closing = ("--code", "solved", "--confirmed-by", "ada", "--via", "phone")
    sd("close", ref, *closing, at="2026-09-02T12:00:00Z")
    asked = ("--since", "2026-11-01T00:00:00Z", "--until", "2026-11-02T00:00:00Z")
    then = ("--as-of", "2026-09-01T12:00:00Z", "--figure", "backlog")
    assert sdj("report", *asked, *then)["figures"][0]["now"] == {"value": 1}


def test_what_was_reopened_before_it_was_solved_is_no_lost_solution() -> None:
    """Merged elsewhere, brought here and taken up again: its first solution came after that."""
    fact = counted(
        opened(),
        Merged(*mark(at("2026-11-23T09:30")), into="SD-9"),
        Imported(*mark(at("2026-11-23T15:00")), source="old/1"),
        Reopened(*mark(at("2026-11-23T15:30")), reason="it is not the same"),
        Resolved(*mark(at("2026-11-23T16:00")), code="solved"),
    )
    rates = list(FIGURES["reopen_rate"].takes(fact))
    assert [item[1] for item in rates] == [0]
