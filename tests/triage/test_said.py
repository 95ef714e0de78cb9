"""What was said counts until something else is said; what a rule gave is derived anew."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.policy.load import read_policy
from sdcli.tickets.contact import Assessment
from sdcli.tickets.event import Classified, Opened, Stamp
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import LEVELS, PRIORITIES, REQUEST_TYPES, UNKNOWN, WORKAROUNDS
from sdcli.triage.classify import decide
from sdcli.triage.reasons import notes_of, reasons_of
from sdcli.triage.said import said_of
from sdcli.triage.wish import Wish
from tests.conftest import REPOSITORY

_POLICY = read_policy(str(REPOSITORY))
_AT = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def _stamp(minute: int = 0, by: str = "ben") -> Stamp:
    return Stamp(at=_AT + timedelta(minutes=minute), by=by)


def _ticket(**known: Any) -> Ticket:
    """A new ticket of which the given fields are known."""
    fields = {"summary": "x", "queue": "service-desk", "priority": "P3", **known}
    return fold("SD-1", (Opened(*_stamp().mark(), **fields),))


def _after(ticket: Ticket, minute: int, by: str = "ben", **given_: Any) -> Ticket:
    """The ticket after somebody has said something more; answers are by their names."""
    answers = {n: given_.pop(n) for n in Assessment.__struct_fields__ if n in given_}
    wish = Wish(assessment=Assessment(**answers), **given_)
    return advance(ticket, decide(ticket, _stamp(minute, by), policy=_POLICY, wish=wish))


def test_the_latest_word_counts() -> None:
    """An answer after a stated level counts, and so does a level that is stated after it (R2c.2d)."""
    ticket = _ticket(impact="low", type="incident")
    ticket = _after(ticket, 1, people=500)
    assert ticket.impact == "high"
    ticket = _after(ticket, 2, impact="medium", reason="most of them work elsewhere")
    assert ticket.impact == "medium"
    ticket = _after(ticket, 3, workaround="none")
    assert (ticket.impact, ticket.urgency) == ("medium", "high")
    assert _after(ticket, 4, people=600).impact == "high"


def test_a_group_raises_what_was_stated() -> None:
    """Who is hindered makes the impact at least theirs, whatever was stated before."""
    ticket = _after(_ticket(impact="low"), 1, who="executive")
    assert ticket.impact == "medium"
    assert _after(ticket, 2, workaround="good").impact == "medium"
    assert _after(_ticket(impact="high"), 1, who="back-office").impact == "high"


def test_a_preset_goes_with_its_service() -> None:
    """What a preset gave is derived anew for another service; what was stated stays (R2c.2e)."""
    ticket = _after(_ticket(), 1, type_="incident", service="erp", urgency="low", reason="x")
    assert (ticket.impact, ticket.urgency) == ("high", "low")
    moved = _after(ticket, 2, service="printing", discovered="diagnosis", reason="its printer")
    assert (moved.impact, moved.urgency) == ("low", "low")


def test_each_saying_has_its_voice() -> None:
    """Who said it and when is known of each answer, also after others have said more."""
    ticket = _ticket(impact="low", type="incident", assessment=Assessment(people=2))
    ticket = _after(ticket, 5, "chloe", process="selling")
    ticket = _after(ticket, 9, "amara", people=30)
    said = said_of(ticket)
    told = {name: (each.value, each.by, each.at) for name, each in said.items()}
    assert told["type"] == ("incident", "ben", _AT)
    assert told["process"] == ("selling", "chloe", _AT + timedelta(minutes=5))
    assert told["people"] == (30, "amara", _AT + timedelta(minutes=9))
    assert told["impact"][1] == "ben"


_WISHES = st.builds(
    Wish,
    type_=st.sampled_from((None, *REQUEST_TYPES)),
    service=st.sampled_from((None, UNKNOWN, "erp", "vpn", "wifi")),
    impact=st.sampled_from((None, None, *LEVELS)),
    urgency=st.sampled_from((None, None, *LEVELS)),
    priority=st.sampled_from((None, None, None, "derived", *PRIORITIES)),
    assessment=st.builds(
        Assessment,
        people=st.none() | st.sampled_from((1, 9, 99)),
        process=st.sampled_from(("", "selling", "warehousing")),
        who=st.sampled_from(("", "executive", "back-office")),
        workaround=st.sampled_from(("", *WORKAROUNDS)),
        component=st.sampled_from(("", "erp-db1")),
    ),
    reason=st.just("seen"),
    discovered=st.just("review"),
)


def _course(wishes: list[Wish]) -> Ticket:
    ticket = _ticket()
    for minute, wish in enumerate(wishes):
        events = decide(ticket, _stamp(minute), policy=_POLICY, wish=wish)
        ticket = advance(ticket, events)
    return ticket


@given(wishes=st.lists(_WISHES, min_size=1, max_size=5))
def test_who_says_nothing_changes_nothing(wishes: list[Wish]) -> None:
    """To weigh again what was said, with the same files, gives what it gave (R2c.2)."""
    ticket = _course(wishes)
    again = advance(ticket, decide(ticket, _stamp(60), policy=_POLICY, wish=Wish(wish="now!")))
    for field in ("type", "service", "feature", "impact", "urgency", "priority", "assessment"):
        assert getattr(again, field) == getattr(ticket, field), field
    assert not reasons_of(_POLICY, ticket).stale


@given(
    wishes=st.lists(_WISHES, min_size=1, max_size=3),
    text=st.sampled_from(PRIORITIES) | st.text(min_size=1),
    opened=st.text(),
)
def test_no_wish_has_ever_changed_a_priority(wishes: list[Wish], text: str, opened: str) -> None:
    """Whatever anybody wishes for is a remark: everything else is as it is without (R2c.2d)."""
    without = _course(wishes)
    ticket = _ticket(wish=opened)
    for minute, wish in enumerate(wishes):
        events = decide(ticket, _stamp(minute), policy=_POLICY, wish=replace(wish, wish=text))
        ticket = advance(ticket, events)
    assert ticket.wish == text
    for field in ("type", "service", "feature", "impact", "urgency", "priority", "assessment"):
        assert getattr(ticket, field) == getattr(without, field), field


def test_a_priority_by_hand_needs_a_reason() -> None:
    """Nobody sets a priority against the rules without saying why (R2c.2e)."""
    ticket = _ticket(type="incident", service="vpn")
    with pytest.raises(RefusedError, match="--reason") as caught:
        _after(ticket, 1, priority="P1")
    assert caught.value.exit_code == 4
    [event] = _after(ticket, 1, priority="P1", reason="the board meets today").events[1:]
    assert isinstance(event, Classified)
    assert (event.priority, event.by_hand) == ("P1", True)
    assert event.grounds[0].reason == "set by hand by ben: the board meets today"


def test_a_priority_by_hand_stays_until_something_changes() -> None:
    """It stays while impact, urgency, type and service do, else it is derived anew (R2c.2e)."""
    ticket = _after(_ticket(type="incident", service="vpn"), 1, people=5)
    ticket = _after(ticket, 2, priority="P5", reason="a drill")
    kept = _after(ticket, 3, "chloe", people=6, wish="P1")
    assert kept.priority == "P5"
    assert notes_of(kept)[-1] == "  Priority:  P5, set by hand by ben: a drill."
    anew = _after(kept, 4, "chloe", people=60)
    assert anew.priority == "P1"
    assert "P5 was set by hand before; the priority is derived anew." in notes_of(anew)[-1]
    back = _after(kept, 4, priority="derived")
    assert back.priority == "P2"


def test_a_level_against_a_preset_needs_a_reason() -> None:
    """A stated level that is not the preset's is a change by hand; an answer is none (R2c.2e)."""
    ticket = _ticket(type="incident", service="erp")
    with pytest.raises(RefusedError, match="preset for this is impact high"):
        _after(ticket, 1, impact="low")
    assert _after(ticket, 1, impact="high").impact == "high"
    assert _after(ticket, 1, impact="low", reason="only a test system").impact == "low"
    assert _after(ticket, 1, people=1, workaround="good").priority == "P5"
    fulfilment = _ticket(type="fulfilment", service="erp")
    assert _after(fulfilment, 1, impact="low").impact == "low"


def test_answers_change_a_decided_level_freely() -> None:
    """Who answers that more people are hindered need not say how that was discovered (R2c.2d)."""
    ticket = _after(_ticket(type="incident", service="vpn"), 1, people=1)
    assert _after(ticket, 2, people=500).impact == "high"
    stated = _after(_ticket(type="incident", service="wifi"), 1, impact="low")
    with pytest.raises(RefusedError, match="impact low"):
        _after(stated, 2, impact="high")
