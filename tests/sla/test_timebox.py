"""How long a tier may try before it escalates: shown, and said once a stay (R2c.2b).

A P1 may stay with the first tier for 15 minutes, with the second for an hour; a P3 for an hour
and for eight.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.sla.clock import Clocks
from sdcli.sla.overstay import overstayed
from sdcli.sla.timebox import time_box
from sdcli.tickets.event import Assigned, Escalated, Imported, Returned, SlaAlerted
from sdcli.tickets.ticket import advance, fold
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
    waited,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.policy.model import Policy
    from sdcli.sla.check import Alert
    from sdcli.sla.timebox import TimeBox
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority, Status

MINUTE = 60


def escalated(at: str, to: str = "network") -> Escalated:
    """Handed deeper."""
    return Escalated(*mark(moment(at)), hand_over="escalate", to=to, reason="x")


def said(policy: Policy, now: str, *events: AnyEvent) -> list[Alert]:
    """What there is to say of the stays."""
    return overstayed(fold("SD-1", events), policy, Clocks(policy), seconds(now))


def shown(policy: Policy, now: str, *events: AnyEvent) -> TimeBox:
    """How the clock of the queue stands."""
    found = time_box(fold("SD-1", events), policy, Clocks(policy), seconds(now))
    assert found
    return found


@pytest.mark.parametrize(("now", "count"), [("10:15:00", 0), ("10:15:01", 1), ("17:00:00", 1)])
def test_it_is_passed_a_second_after_it_is_full(policy: Policy, now: str, count: int) -> None:
    """As a target, a time box is kept up to and including its last second (R2c.2b)."""
    found = said(policy, f"{MON}T{now}", opened(f"{MON}T10:00", "P1"))
    assert [(each.target, each.threshold, each.target_s) for each in found] == [
        ("time-box", 100, 900)
    ] * count


def test_those_who_are_warned_hear_it(policy: Policy) -> None:
    """Assignee and lead of the queue, as for a warning; not the owner, nor the manager."""
    (alert,) = said(policy, f"{MON}T12:00", opened(f"{MON}T10:00", "P1"), accepted(f"{MON}T10:01"))
    assert alert.recipients == ("ben", "chloe")


def test_a_hand_over_begins_anew_with_the_box_of_the_next_tier(policy: Policy) -> None:
    """Each stay has a box of its own: 15 minutes for the desk, an hour for the network."""
    story = (opened(f"{MON}T10:00", "P1"), escalated(f"{MON}T10:10"))
    assert said(policy, f"{MON}T11:10", *story) == []
    (alert,) = said(policy, f"{MON}T11:10:01", *story)
    assert (alert.target_s, alert.late_by_s) == (HOUR, 1)
    found = shown(policy, f"{MON}T10:30", *story)
    assert (found.tier, found.elapsed_s, found.due) == (2, 20 * MINUTE, seconds(f"{MON}T11:10"))


def test_every_way_into_a_queue_begins_a_stay(policy: Policy) -> None:
    """Assigned to a queue and sent back both count; another person in the same queue does not."""
    start = opened(f"{MON}T10:00", "P1")
    moved = Assigned(*mark(moment(f"{MON}T10:10")), to="greta", queue="network")
    back = Returned(*mark(moment(f"{MON}T10:20")), to="service-desk", reason="x")
    same = Assigned(*mark(moment(f"{MON}T10:30")), to="chloe", queue="service-desk")
    found = shown(policy, f"{MON}T10:32", start, moved, back, same)
    assert (found.tier, found.elapsed_s) == (1, 12 * MINUTE)
    assert len(said(policy, f"{MON}T12:00", start, moved, back, same)) == 1


def test_it_pauses_while_the_ticket_waits(policy: Policy) -> None:
    """Also for a ticket that was handed over while it waited."""
    story = (
        opened(f"{MON}T10:00", "P1"),
        waited(f"{MON}T10:05"),
        escalated(f"{MON}T10:10"),
    )
    found = shown(policy, f"{MON}T12:00", *story)
    assert (found.state, found.elapsed_s, found.due) == ("paused", 0, seconds(f"{MON}T13:00"))
    assert said(policy, f"{TUE}T12:00", *story) == []
    going_on = (*story, resumed(f"{MON}T12:00"))
    assert shown(policy, f"{MON}T12:30", *going_on).elapsed_s == 30 * MINUTE


def test_the_resolution_ends_it(policy: Policy) -> None:
    """What was resolved in time is kept; reopening lets it run on."""
    story = (opened(f"{MON}T10:00", "P1"), resolved(f"{MON}T10:10"))
    assert shown(policy, f"{TUE}T10:00", *story).state == "met"
    assert said(policy, f"{TUE}T10:00", *story) == []
    again = (*story, reopened(f"{MON}T12:00"))
    found = shown(policy, f"{MON}T12:04", *again)
    assert (found.state, found.elapsed_s) == ("running", 14 * MINUTE)
    assert len(said(policy, f"{MON}T12:06", *again)) == 1


def test_another_priority_is_another_box(policy: Policy) -> None:
    """Each priority of a stay is said once; coming back to one says nothing again."""
    story = (
        opened(f"{MON}T10:00", "P1"),
        classified(f"{MON}T10:20", "P3"),
        classified(f"{MON}T11:30", "P1"),
    )
    found = said(policy, f"{MON}T12:00", *story)
    assert [each.target_s for each in found] == [900, HOUR]
    assert len({each.id for each in found}) == 2


def test_the_id_knows_ticket_entry_and_priority_alone(policy: Policy) -> None:
    """Neither the instant nor the length of the box makes it another alert (T14)."""
    start = opened(f"{MON}T10:00", "P1")
    first, later = (said(policy, f"{day}T15:00", start)[0].id for day in (MON, TUE))
    assert first == later
    box = replace(policy.classification.consequences.P1.time_box, tier_1=60)
    short = replace(policy.classification.consequences.P1, time_box=box)
    rules = replace(policy.classification.consequences, P1=short)
    other = replace(policy, classification=replace(policy.classification, consequences=rules))
    assert said(other, f"{MON}T15:00", start)[0].id == first
    again = replace(start, id="another")
    assert said(policy, f"{MON}T15:00", again)[0].id != first


def test_a_tier_without_a_limit_has_none(policy: Policy) -> None:
    """The second tier may try a P5 for as long as it takes."""
    ticket = fold("SD-1", (opened(f"{MON}T10:00", "P5"), escalated(f"{MON}T10:01")))
    assert time_box(ticket, policy, Clocks(policy), seconds(f"{TUE}T10:00")) is None
    assert said(policy, "2027-03-01T10:00", *ticket.events) == []


def test_what_was_too_long_before_an_import_is_not_said(policy: Policy) -> None:
    """An imported ticket says what passes after it came (T25)."""
    came = Imported(*mark(moment(f"{MON}T11:00")), source="zammad/7")
    assert said(policy, f"{TUE}T11:00", opened(f"{MON}T10:00", "P1"), came) == []
    assert len(said(policy, f"{TUE}T11:00", opened(f"{MON}T10:50", "P1"), came)) == 1


def check(policy: Policy, events: Iterable[AnyEvent], ticks: Iterable[int]) -> list[object]:
    """What checks at these instants say, each recording it; without what depends on the instant."""
    clocks, pending = Clocks(policy), list(events)
    ticket: Ticket | None = None
    found: list[object] = []
    for tick in ticks:
        while pending and pending[0].at.timestamp() <= tick:
            event = pending.pop(0)
            ticket = advance(ticket, (event,)) if ticket else fold("SD-1", (event,))
        for alert in overstayed(ticket, policy, clocks, tick) if ticket else ():
            assert alert.late_by_s >= 0
            found.append((tick - alert.late_by_s, replace(alert, late_by_s=0, recipients=())))
            assert ticket
            ticket = advance(ticket, (_recorded(alert, tick),))
    return found


def _recorded(alert: Alert, tick: int) -> SlaAlerted:
    due = datetime.fromtimestamp(alert.due, timezone.utc)
    at = datetime.fromtimestamp(tick, timezone.utc)
    return SlaAlerted(
        *mark(at),
        alert=alert.id,
        target=alert.target,
        threshold=100,
        due=due,
        target_s=alert.target_s,
        late_by_s=alert.late_by_s,
    )


@st.composite
def stories(draw: st.DrawFn) -> tuple[AnyEvent, ...]:
    """Legal steps over two days, among them hand-overs and other priorities."""
    at = seconds(f"{MON}T06:00") + 60 * draw(st.integers(0, 12 * 60))
    priorities: st.SearchStrategy[Priority] = st.sampled_from(("P1", "P2", "P3", "P5"))
    events: list[AnyEvent] = [opened(_text(at), draw(priorities))]
    status: Status = "new"
    for _ in range(draw(st.integers(0, 7))):
        at += draw(st.integers(1, 2 * HOUR))
        extra = {"classify", "move"} if status in ("new", "in_progress", "waiting") else set()
        legal = [*(move for move, leads in MOVES.items() if status in leads), *sorted(extra)]
        move = draw(st.sampled_from(legal))
        if move == "classify":
            events.append(classified(_text(at), draw(priorities)))
        elif move == "move":
            queue = draw(st.sampled_from(("service-desk", "network", "security")))
            events.append(escalated(_text(at), queue))
            status = "in_progress" if status == "new" else status
        else:
            status = MOVES[move][status]
            events.append(MAKERS[move](_text(at)))
    return tuple(events)


def _text(at: int) -> str:
    return datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None).isoformat()


@hypothesis_settings(max_examples=examples(120))
@given(story=stories())
def test_one_late_check_says_what_many_would_have_said(
    policy: Policy, story: tuple[AnyEvent, ...]
) -> None:
    """Each stay is said once, with the same figures, however often the check runs (R2c.2b)."""
    begins, ends = int(story[0].at.timestamp()), int(story[-1].at.timestamp()) + 30 * HOUR
    often = check(policy, story, range(begins, ends, 5 * MINUTE))
    once = check(policy, story, [begins + (ends - begins - 1) // (5 * MINUTE) * 5 * MINUTE])
    assert once == often
