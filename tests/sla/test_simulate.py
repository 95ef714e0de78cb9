"""What another policy would have made of real tickets: hand-computed cases, and what always holds.

The starter's business hours are Monday to Thursday 08:00-18:00 and Friday 08:00-17:00 in London,
which is UTC in winter; 2026-11-23 is a Monday. A P3 has 2 h to the first word and 20 h in all, a
P1 15 min and 4 h; a service that is not known falls under the standard agreement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.sla.backing import fallen_behind
from sdcli.sla.check import alerts
from sdcli.sla.clock import Clocks
from sdcli.sla.promises import faces, outcome, unsaid
from sdcli.sla.simulate import compare
from sdcli.tickets.event import Classified, Closed, Imported, Noted, Opened, Reopened, Resolved
from sdcli.tickets.ticket import fold
from tests.sampling import examples
from tests.sla.histories import (
    NOW,
    RICH,
    SHORTER,
    at,
    histories,
    mark,
    policy_with,
    several,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.policy.model import Policy
    from sdcli.sla.simulate import Comparison, Moved
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority

NOW_S = int(NOW.timestamp())
MINUTE, HOUR = 60, 3600


@settings(max_examples=examples(60))
@given(tickets=several(), rich=st.booleans())
def test_the_same_policy_makes_no_difference(tickets: Sequence[Ticket], rich: bool) -> None:
    """Whatever happened, and whatever tickets are pinned to: the same words are no difference."""
    changes = RICH if rich else ()
    today, same = policy_with(*changes), policy_with(*changes, remark="# reworded\n\n")

    found = compare(tickets, today, same, now=NOW)

    assert found.same
    assert found.today == found.proposed
    assert found.changed == ()
    assert not any(found.counts.values())
    assert found.pinned_count == sum(each.policy == "f" * 64 for each in tickets)


@settings(max_examples=examples(60))
@given(tickets=several(1))
def test_both_directions_tell_the_same(tickets: Sequence[Ticket]) -> None:
    """What is newly breached one way is no longer breached the other way."""
    one, other = policy_with(*RICH), policy_with(SHORTER)

    there, back = compare(tickets, one, other, now=NOW), compare(tickets, other, one, now=NOW)

    assert (there.today, there.proposed) == (back.proposed, back.today)
    assert there.counts["newly_breached"] == back.counts["no_longer_breached"]
    assert [each.ref for each in there.changed] == [each.ref for each in back.changed]


@settings(max_examples=examples(100))
@given(ticket=histories())
def test_what_was_to_be_said_is_what_the_check_says(ticket: Ticket) -> None:
    """Of a ticket of which nothing was said, the same alerts come from both, stage by stage."""
    policy = policy_with(*RICH)
    clocks, bare = Clocks(policy), unsaid(ticket)

    found = outcome(ticket, clocks, NOW_S)
    said = [
        *alerts(bare, policy, clocks, NOW_S),
        *fallen_behind(bare, policy, clocks, NOW_S),
    ]

    assert sorted((each.id, each.stage) for each in found.said) == sorted(
        (each.id, each.stage) for each in said
    )
    assert {each.id: (each.due, NOW_S - each.missed_at) for each in found.missed} == {
        each.id: (each.due, each.late_by_s) for each in said if each.stage == "breach"
    }


@settings(max_examples=examples(100))
@given(ticket=histories())
def test_a_ticket_of_one_class_is_missed_as_its_clocks_say(ticket: Ticket) -> None:
    """Where nothing was classified anew or imported, the clocks tell what was missed, and by how much."""
    if any(type(event) in (Classified, Imported) for event in ticket.events):
        return
    policy = policy_with(*RICH)
    clocks = Clocks(policy)

    found = outcome(ticket, clocks, NOW_S)

    over = {
        key: (face.elapsed_s or 0) - (face.target_s or 0)
        for key, face in faces(ticket, clocks, NOW_S).items()
        if face.state == "breached"
    }
    assert {miss.key: miss.overrun_s for miss in found.missed} == over


def ticket_of(
    ref: str,
    opened: str,
    told: str,
    resolved: str,
    *more: tuple[str, str],
    priority: Priority = "P3",
) -> Ticket:
    """Opened, answered, resolved; `more` are reopenings with the resolution after each."""
    events: list[AnyEvent] = [
        Opened(
            *mark(at(opened)),
            summary=f"case {ref}",
            queue="service-desk",
            priority=priority,
        ),
        Noted(*mark(at(told)), text="on it", visible=True),
        Resolved(*mark(at(resolved)), code="solved"),
    ]
    for again, over in more:
        events += [Reopened(*mark(at(again)), reason="x"), Resolved(*mark(at(over)), code="solved")]
    closed = Closed(*mark(events[-1].at), code="solved", unconfirmed="no answer")
    return fold(ref, [*events, closed])


def moved(found: Comparison) -> dict[tuple[str, str, int], tuple[str, int, int]]:
    """What differs: ticket, target and cycle, with what became of it and the overruns."""

    def told(each: Moved) -> tuple[str, int, int]:
        return each.what, each.overrun_today_s, each.overrun_proposed_s

    return {
        (ticket.ref, each.target, each.cycle): told(each)
        for ticket in found.changed
        for each in ticket.targets
    }


DAYS = [
    # Answered and solved on the day: only its due time moves.
    ticket_of("SD-1", "2026-11-23T10:00", "2026-11-23T10:30", "2026-11-23T15:00"),
    # 8 h on Monday, 10 h on Tuesday, 3 h on Wednesday: an hour too long.
    ticket_of("SD-2", "2026-11-23T10:00", "2026-11-23T10:30", "2026-11-25T11:00"),
    # After the Tuesday: nothing moves.
    ticket_of("SD-3", "2026-11-25T10:00", "2026-11-25T10:30", "2026-11-26T12:00"),
    # 10 min on Monday and 10 min on Tuesday: five too many.
    ticket_of("SD-4", "2026-11-23T17:50", "2026-11-24T08:10", "2026-11-24T09:00", priority="P1"),
]


def test_a_holiday_changes_what_lies_across_it_and_nothing_else(policy: Policy) -> None:
    """Tuesday a holiday: the two that needed it are saved, one is only due later, one is as it was."""
    holiday = policy_with(
        (
            "    public_holidays:",
            '    holidays:\n      "2026-11-24": x\n    public_holidays:',
        )
    )

    found = compare(DAYS, policy, holiday, now=NOW)

    assert moved(found) == {
        ("SD-1", "resolution", 1): ("due_moved", 0, 0),
        ("SD-2", "resolution", 1): ("no_longer_breached", HOUR, 0),
        ("SD-4", "resolution", 1): ("due_moved", 0, 0),
        ("SD-4", "response", 1): ("no_longer_breached", 5 * MINUTE, 0),
    }
    assert list(found.counts.values()) == [0, 2, 2, 0]
    assert (found.today.tickets, found.proposed.tickets) == (2, 0)
    assert (found.today.overrun_s, found.proposed.overrun_s) == (HOUR + 5 * MINUTE, 0)
    assert [(g.name, g.breaches_today, g.breaches_proposed) for g in found.by_priority] == [
        ("P1", 1, 0),
        ("P3", 1, 0),
    ]
    assert [group.name for group in found.by_agreement] == ["standard"]
    assert not found.same
    due = found.changed[0].targets[0]
    assert due.due_today == at("2026-11-25T10:00").timestamp()
    assert due.due_proposed == at("2026-11-26T10:00").timestamp()


def test_saturday_hours_break_what_was_answered_on_monday(policy: Policy) -> None:
    """An hour on Friday, four on Saturday, half of one on Monday, against two: over by 3 h 30."""
    saturday = policy_with(
        (
            '      fri: ["08:00-17:00"]\n',
            '      fri: ["08:00-17:00"]\n      sat: ["09:00-13:00"]\n',
        )
    )
    weekend = ticket_of("SD-5", "2026-11-27T16:00", "2026-11-30T08:30", "2026-11-30T09:00")

    missed = ticket_of(
        "SD-6", "2026-11-27T16:00", "2026-11-30T08:10", "2026-11-30T08:10", priority="P1"
    )

    found = compare([*DAYS, weekend, missed], policy, saturday, now=NOW)

    assert moved(found) == {
        ("SD-5", "resolution", 1): ("due_moved", 0, 0),
        ("SD-5", "response", 1): ("newly_breached", 0, 3 * HOUR + 30 * MINUTE),
        # Due on Friday as before; an hour and ten minutes become five hours and ten.
        ("SD-6", "resolution", 1): ("newly_breached", 0, HOUR + 10 * MINUTE),
        ("SD-6", "response", 1): ("overrun_changed", 55 * MINUTE, 4 * HOUR + 55 * MINUTE),
    }


def test_shorter_targets_and_who_would_have_heard(policy: Policy) -> None:
    """Answered after 90 minutes: a breach of one hour, with its alerts to the roles of the policy."""
    ticket = ticket_of("SD-1", "2026-11-23T10:00", "2026-11-23T11:30", "2026-11-23T12:00")

    found = compare([ticket], policy, policy_with(SHORTER), now=NOW)

    assert moved(found)["SD-1", "response", 1] == ("newly_breached", 0, 30 * MINUTE)
    assert found.today.alerts == {"warning": 0, "predicted": 0, "breach": 0}
    assert found.proposed.alerts == {"warning": 1, "predicted": 0, "breach": 1}
    assert found.proposed.heard == {"amara": {"breach": 1}, "chloe": {"breach": 1, "warning": 1}}


def test_each_cycle_of_a_reopened_ticket_counts(policy: Policy) -> None:
    """With new cycles the second stretch has a target of its own; it did not before (T9)."""
    ticket = ticket_of(
        "SD-1",
        "2026-11-23T10:00",
        "2026-11-23T10:30",
        "2026-11-23T15:00",
        ("2026-11-24T08:00", "2026-11-27T08:00"),
    )
    anew = policy_with(("alerts:\n", "on_reopen: new_cycle\nalerts:\n"))

    found = compare([ticket], policy, anew, now=NOW)

    # 5 h and 30 h are over 20 h by 15; anew the second cycle alone is over by 10, and unanswered.
    assert moved(found) == {
        ("SD-1", "resolution", 1): ("no_longer_breached", 15 * HOUR, 0),
        ("SD-1", "resolution", 2): ("newly_breached", 0, 10 * HOUR),
        ("SD-1", "response", 2): ("newly_breached", 0, 28 * HOUR),
    }


def test_the_period_takes_what_was_open_in_it(policy: Policy) -> None:
    """Opened before it and closed in it counts; closed before it, or opened after it, does not."""
    since, until = at("2026-11-24T00:00"), at("2026-11-25T00:00")

    found = compare(DAYS, policy, policy, now=NOW, since=since, until=until)

    assert found.tickets == 2  # SD-2 and SD-4; SD-1 was over, SD-3 had not begun


def test_another_matrix_is_told_and_priorities_stay(policy: Policy) -> None:
    """The priorities on record are kept; that the matrix differs is known."""
    other = policy_with(("  high: {high: P1,", "  high: {high: P2,"))

    found = compare(DAYS, policy, other, now=NOW)

    assert found.matrix_differs
    assert found.changed == ()
