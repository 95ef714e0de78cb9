"""What is entered late counts as if it had been there from the first (trap T30, R5b.1)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.errors import IllegalStepError
from sdcli.tickets.event import Closed, Noted, Opened, Resolved, Resumed, Stamp, Waited
from sdcli.tickets.lifecycle import LIFECYCLE, START
from sdcli.tickets.ticket import advance, as_of, fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Status
    from tests.conftest import JsonRunner, Runner

START_AT = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)


def minute(number: int) -> datetime:
    """So many minutes after the opening."""
    return START_AT + timedelta(minutes=number)


def stamp(at: int, entered: int | None = None) -> tuple[str, datetime, str, datetime | None]:
    """The first fields of an event that happened at a minute, and was entered later if so said."""
    late = None if entered is None else minute(entered)
    return Stamp(at=minute(at), by="ben", entered=late).mark()


def opened() -> Opened:
    """The opening."""
    return Opened(*stamp(0), summary="x", queue="service-desk", priority="P3")


MAKERS: dict[str, Callable[[int, int | None], AnyEvent]] = {
    "noted": lambda at, entered: Noted(*stamp(at, entered), text="told", visible=True),
    "waited": lambda at, entered: Waited(*stamp(at, entered), waiting_for="user"),
    "resumed": lambda at, entered: Resumed(*stamp(at, entered)),
    "resolved": lambda at, entered: Resolved(*stamp(at, entered), code="solved"),
    "closed": lambda at, entered: Closed(*stamp(at, entered), code="solved", unconfirmed="no"),
}


@st.composite
def stories(draw: st.DrawFn) -> list[AnyEvent]:
    """A legal life of a ticket in order of time."""
    events: list[AnyEvent] = [opened()]
    status: Status = START
    at = 0
    for _ in range(draw(st.integers(1, 8))):
        at += draw(st.integers(1, 40))
        word = draw(st.sampled_from([each for each in MAKERS if status in LIFECYCLE[each]]))
        events.append(MAKERS[word](at, None))
        status = LIFECYCLE[word][status]
    return events


@given(stories(), st.data())
def test_a_late_entry_gives_the_ticket_that_a_timely_one_had_given(
    story: list[AnyEvent], data: st.DataObject
) -> None:
    """One event left out and entered at the end: the same ticket, but for when it was entered."""
    index = data.draw(st.integers(1, len(story) - 1))
    try:
        before = fold("SD-1", [*story[:index], *story[index + 1 :]])
    except IllegalStepError:
        return  # the rest could not have been entered without it
    late = replace(story[index], entered=minute(10_000))

    after = advance(before, (late,))

    assert after.events == (*story[:index], late, *story[index + 1 :])
    assert timeless(after) == timeless(fold("SD-1", story))
    assert after.updated_at == minute(10_000)
    assert fold("SD-1", after.events) == after


def timeless(ticket: Ticket) -> Ticket:
    """A ticket without what tells when something was entered."""
    return replace(ticket, events=(), updated_at=START_AT, entered_at=None)


def test_events_keep_their_record_of_when_they_were_entered() -> None:
    """Where it happened, with both instants; everything else keeps its order."""
    told = Noted(*stamp(30), text="later", visible=False)
    ticket = fold("SD-1", (opened(), told))

    after = advance(ticket, (Noted(*stamp(10, 60), text="earlier", visible=True),))

    assert [event.at for event in after.events] == [minute(0), minute(10), minute(30)]
    assert after.events[1].entered == minute(60)
    assert after.updated_at == minute(60)


def test_what_was_not_legal_then_is_refused() -> None:
    """A wait cannot be entered for a time at which the ticket was resolved."""
    ticket = fold("SD-1", (opened(), MAKERS["resolved"](20, None)))

    with pytest.raises(IllegalStepError):
        advance(ticket, (MAKERS["waited"](30, 60),))


def test_as_of_is_the_ticket_at_an_instant() -> None:
    """By what is known now, a late entry included; never less than the opening."""
    ticket = fold("SD-1", (opened(), MAKERS["waited"](20, None), MAKERS["resumed"](40, None)))

    assert as_of(ticket, minute(19)).status == "new"
    assert as_of(ticket, minute(20)).status == "waiting"
    assert as_of(ticket, minute(50)) == ticket
    assert as_of(ticket, minute(-5)).events == ticket.events[:1]


def test_a_word_entered_late_meets_the_response(sd: Runner, sdj: JsonRunner) -> None:
    """The clock stops when the word was said, not when it was written down."""
    sdj("open", "x", "--user", "ada", at="2026-11-23T10:00:00Z")
    assert sdj("show", "1", at="2026-11-23T14:00:00Z")["sla"]["response"]["state"] == "breached"

    sd("note", "1", "called", "--visible", "--at", "10:30", at="2026-11-23T14:00:00Z")

    shown = sdj("show", "1", at="2026-11-23T14:05:00Z")
    assert shown["sla"]["response"]["state"] == "met"
    assert shown["sla"]["response"]["elapsed_s"] == 1800
    assert shown["events"][1]["at"] == "2026-11-23T10:30:00Z"
    assert shown["events"][1]["entered"] == "2026-11-23T14:00:00Z"
    assert "(entered 2026-11-23 14:00 UTC)" in sd("history", "1").stdout
    assert sdj("doctor")["findings"] == []


def test_a_pause_entered_late_moves_the_due_time(sd: Runner, sdj: JsonRunner) -> None:
    """Two commands afterwards give the clock that the two commands in time had given."""
    for ref in ("1", "2"):
        sdj("open", f"x {ref}", "--user", "ada", at="2026-11-23T10:00:00Z")
    sd("wait", "1", "--for", "user", at="2026-11-23T11:00:00Z")
    sd("resume", "1", at="2026-11-23T12:30:00Z")
    sd("wait", "2", "--for", "user", "--at", "2026-11-23T11:00Z", at="2026-11-23T15:00:00Z")
    sd("resume", "2", "--at", "2026-11-23T12:30Z", at="2026-11-23T15:01:00Z")

    one, two = (sdj("show", ref, at="2026-11-23T16:00:00Z")["sla"] for ref in ("1", "2"))

    assert one == two
    assert one["resolution"]["due"] == "2026-11-25T11:30:00Z"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-23T09:59:59Z", "cannot take this as of 2026-11-23 09:59:59Z: it was opened at"),
        ("2026-11-23T12:00:00Z", "is resolved, so `wait` does not apply"),
        ("2026-11-23T15:00:00Z", "is still to come"),
    ],
)
def test_a_late_entry_that_does_not_fit_is_refused(
    sd: Runner, sdj: JsonRunner, at: str, said: str
) -> None:
    """Before the opening, against the state of that time, in the future: nothing is recorded."""
    sdj("open", "x", "--user", "ada", at="2026-11-23T10:00:00Z")
    sd("resolve", "1", "--code", "solved", at="2026-11-23T11:00:00Z")

    refused = sd("wait", "1", "--for", "user", "--at", at, at="2026-11-23T14:00:00Z", expect=4)

    assert said in refused.stderr
    assert sdj("show", "1")["events_count"] == 2


def test_what_came_after_must_stay_legal(sd: Runner, sdj: JsonRunner) -> None:
    """A resolution cannot be entered under a wait that was taken up later."""
    sdj("open", "x", "--user", "ada", at="2026-11-23T10:00:00Z")
    sd("wait", "1", "--for", "user", at="2026-11-23T11:00:00Z")
    sd("resume", "1", at="2026-11-23T12:00:00Z")

    late = ("resolve", "1", "--code", "solved", "--at", "2026-11-23T11:30Z")
    refused = sd(*late, at="2026-11-23T13:00:00Z", expect=4)

    assert "`resume` does not apply" in refused.stderr
    assert sdj("show", "1")["status"] == "in_progress"


def test_a_request_can_be_opened_late(sdj: JsonRunner) -> None:
    """Its clocks run from the call; lists show it as changed when it was entered."""
    document = sdj("open", "x", "--user", "ada", "--at", "09:00", at="2026-11-23T10:00:00Z")

    assert document["opened_at"] == "2026-11-23T09:00:00Z"
    assert document["updated_at"] == "2026-11-23T10:00:00Z"
    assert document["sla"]["response"]["elapsed_s"] == 3600


def test_a_stream_takes_no_time_of_its_own(sd: Runner) -> None:
    """`--at` is for one request."""
    refused = sd("open", "-", "--at", "09:00", stdin="x", expect=2)

    assert "--at is for one request" in refused.stderr


@pytest.mark.parametrize("compacted", [False, True])
def test_what_was_entered_late_is_read_back_where_it_happened(
    sd: Runner, sdj: JsonRunner, *, compacted: bool
) -> None:
    """A ledger gives the same ticket as the command that recorded it, folded or not yet."""
    sd("open", "x", "--user", "ada", at="2026-11-23T10:00:00Z")
    if compacted:
        sd("compact", at="2026-11-23T10:01:00Z")
    sd("resolve", "1", "--code", "solved", at="2026-11-23T14:00:00Z")
    late = ("--at", "2026-11-23T11:00:00Z")
    said = sdj("wait", "1", "--for", "user", *late, at="2026-11-23T14:10:00Z")

    read = sdj("show", "1", at="2026-11-23T14:10:00Z")

    kinds = [each["kind"] for each in sdj("history", "1")]
    assert kinds.index("waited") < kinds.index("resolved")
    assert read["sla"] == said["sla"]
    assert read["sla"]["resolution"]["elapsed_s"] == 3600
    assert sd("doctor").stderr == ""
