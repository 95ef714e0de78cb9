"""Histories from other tools: legal whatever jumps, all or nothing, and nothing silently (T25)."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import DATA_FILE, ImportFileError, MapError
from sdcli.intake.course import House
from sdcli.intake.replay import Here, Replay, replay
from sdcli.intake.table import LONGEST_CELL, LONGEST_ROW
from sdcli.policy.imports import MapFile, read_map, words
from sdcli.tickets.event import Classified, Closed, Noted, Opened, Waited, kind
from sdcli.tickets.ticket import fold
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

LOG = """format: 1
rows: event
source: "old:{id}"
ticket: "{id}"
at: "{at}"
sequence: "{no}"
times: {formats: [iso, "%d/%m/%Y %H:%M"], zone: Europe/Paris}
fields:
  summary: "{id} in braces {{x}}"
  opened: "{opened}"
  queue: "{queue}"
  assignee: {from: "{who}", empty: none}
  by: "{by}"
  impact: {from: "{impact}", values: {"1": high, "2": medium}}
  urgency: medium
  priority: {from: "{prio}", values: {"1": P1, "3": P3}}
  reopened: "{again}"
  code: {from: "{code}", values: {done: solved}}
  note: "{note}"
  visible: {from: "{seen}", values: {x: "yes"}}
  minutes: {from: "{hours}", in: hours}
  state:
    from: "{state}"
    values:
      New: new
      Active: in_progress
      Asked: {status: waiting, for: user}
      Vendor: {status: waiting, for: vendor}
      Resolved: resolved
      Closed: closed
"""
COLUMNS = (
    *("id", "at", "no", "opened", "queue", "who", "by", "impact", "prio", "again", "code"),
    *("note", "seen", "hours", "state"),
)
LIST = """format: 1
rows: ticket
source: "old:{id}"
times: {formats: ["%Y-%m-%d %H:%M"], zone: UTC}
fields:
  summary: "{id}"
  assignee: "{who}"
  opened: "{opened}"
  responded: "{responded}"
  reopened: "{reopened}"
  resolved: "{resolved}"
  closed: "{closed}"
  updated: "{updated}"
  state:
    from: "{state}"
    values:
      New: new
      Active: in_progress
      Asked: {status: waiting, for: user}
      Resolved: resolved
      Closed: closed
      Void: {status: closed, code: withdrawn}
"""
OF_LIST = ("id", "who", "opened", "responded", "reopened", "resolved", "closed", "updated", "state")
WORDS = ("New", "Active", "Asked", "Vendor", "Resolved", "Closed")


class Desk:
    """What reads files for the desk of a test."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        queues = {name: queue.tier for name, queue in policy.teams.queues.items()}
        house = House(policy.teams.desk.queue, queues, policy.sla.matrix.priority)
        services = set(policy.catalog.services)
        self.here = Here(house, services, words(policy.vocabulary), NOW)

    def map(self, text: str) -> MapFile:
        """A map that is sound."""
        return read_map(text.encode(), "map.yaml", self.policy.vocabulary)

    def read(self, raw: bytes, text: str = LOG, *, keep_going: bool = False) -> Replay:
        """What a file tells."""
        return replay(io.BytesIO(raw), "f.csv", self.map(text), self.here, keep_going=keep_going)

    def log(self, *rows: dict[str, Any], keep_going: bool = False) -> Replay:
        """What rows of an event log tell; a row without a time is a minute after the one before."""
        return self.read(log(*rows), keep_going=keep_going)

    def refusal(self, raw: bytes, text: str = LOG) -> list[tuple[int, str]]:
        """Why a file is refused: the lines and what is wrong with them."""
        with pytest.raises(ImportFileError) as caught:
            self.read(raw, text)
        assert caught.value.exit_code == DATA_FILE
        assert all(each["file"] == "f.csv" for each in caught.value.details["problems"])
        return [(each["line"], each["message"]) for each in caught.value.details["problems"]]


@pytest.fixture(name="here")
def _here(policy: Policy) -> Desk:
    return Desk(policy)


def log(*rows: dict[str, Any]) -> bytes:
    """Rows of an event log as a file."""
    at = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
    filled = []
    for number, row in enumerate(rows):
        when = f"{at + timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}"
        filled.append({"id": "A1", "at": when, "no": number, **row})
    return table(COLUMNS, filled)


def table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> bytes:
    """Rows as a CSV file."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def one(found: Replay) -> Ticket:
    """The only ticket of a file."""
    (arrival,) = found.arrivals
    return fold("SD-1", arrival.events)


def kinds(events: Sequence[AnyEvent]) -> list[str]:
    """What happened, in a word each."""
    return [kind(event) for event in events]


JUMPS: dict[str, tuple[Sequence[str], Sequence[str], dict[str, int]]] = {
    "straight on": (
        ("New", "Active", "Asked", "Active", "Resolved", "Closed"),
        ("opened", "assigned", "waited", "resumed", "resolved", "closed"),
        {},
    ),
    "resolved at once": (("New", "Resolved"), ("opened", "resolved"), {}),
    "from waiting to resolved": (("Asked", "Resolved"), ("opened", "waited", "resolved"), {}),
    "from one wait to another": (("Asked", "Vendor"), ("opened", "waited", "waited"), {}),
    "closed at once": (
        ("New", "Closed"),
        ("opened", "resolved", "closed"),
        {"resolved: it went from new to closed": 1},
    ),
    "back to work": (
        ("Active", "Resolved", "Active", "Resolved"),
        ("opened", "assigned", "resolved", "reopened", "resolved"),
        {},
    ),
    "closed and back to work": (
        ("Resolved", "Closed", "Active"),
        ("opened", "resolved", "closed", "reopened"),
        {},
    ),
    "from resolved to waiting": (
        ("Resolved", "Asked"),
        ("opened", "resolved", "reopened", "waited"),
        {"reopened: it went from resolved to waiting": 1},
    ),
    "from closed to resolved": (
        ("Closed", "Resolved"),
        ("opened", "resolved", "closed", "reopened", "resolved"),
        {
            "resolved: it went from new to closed": 1,
            "reopened: it went back from closed to resolved": 1,
        },
    ),
    "the same again": (
        ("Active", "Active", "Resolved", "Resolved"),
        ("opened", "assigned", "resolved"),
        {},
    ),
}


@pytest.mark.parametrize("name", JUMPS)
def test_jumps_become_steps(here: Desk, name: str) -> None:
    """What must lie between two states is put in at the same instant, and counted (T25)."""
    states, expected, inserted = JUMPS[name]
    found = here.log(*({"state": state, "prio": "3", "impact": "2"} for state in states))

    assert tuple(kinds(found.arrivals[0].events)) == tuple(expected)
    assert found.account().inserted == inserted
    instants = {event.at for event in found.arrivals[0].events}
    assert len(instants) <= len(states), "every step is at the instant of a row"


_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(WORDS),
            "queue": st.sampled_from(("", "network", "workplace", "service-desk", "elsewhere")),
            "who": st.sampled_from(("", "ann", "bob")),
            "by": st.sampled_from(("", "ann", "bob")),
            "impact": st.sampled_from(("", "1", "2")),
            "prio": st.sampled_from(("", "1", "3")),
            "again": st.sampled_from(("", "0", "1", "2", "yes")),
            "hours": st.sampled_from(("", "0.5")),
            "at": st.sampled_from([f"2026-03-02T10:0{minute}:00Z" for minute in range(4)]),
        }
    ),
    min_size=1,
    max_size=8,
)


@given(_ROWS)
def test_whatever_the_rows_the_history_is_legal(policy: Policy, rows: list[dict[str, str]]) -> None:
    """Any order of states, queues, people and marks is taken, and ends as the last row says (T25)."""
    found = Desk(policy).log(*rows)
    ticket = one(found)
    ordered = sorted(enumerate(rows), key=lambda each: (each[1]["at"], each[0]))
    last = ordered[-1][1]["state"]

    expected = {"Active": "in_progress", "Asked": "waiting", "Vendor": "waiting"}
    if last != "New":
        assert ticket.status == expected.get(last, last.lower())
    else:
        assert ticket.status in ("new", "in_progress")
    assert [e.at for e in ticket.events] == sorted(e.at for e in ticket.events)
    assert sum(found.account().events.values()) == len(ticket.events)
    assert ticket.minutes == 30 * sum(bool(row["hours"]) for row in rows)
    assert ticket.reopened == kinds(ticket.events).count("reopened")


def test_the_order_in_the_file_means_nothing(here: Desk) -> None:
    """Rows are sorted by time, and those of one instant by their sequence, as numbers."""
    at = "2026-03-02T10:00:00Z"
    rows = [
        {"at": at, "no": "10", "state": "Closed"},
        {"at": at, "no": "9", "state": "Resolved"},
        {"at": "2026-03-02T09:00:00Z", "no": "11", "state": "Active"},
    ]
    found = here.log(*rows)

    assert kinds(found.arrivals[0].events)[-3:] == ["assigned", "resolved", "closed"]
    assert found.account().inserted.keys() <= {
        "classified: the priority is not what the desk's matrix gives"
    }


def test_who_and_where(here: Desk) -> None:
    """Deeper is escalated, sideways and back is a transfer, and whoever acts for himself accepts."""
    found = here.log(
        {"state": "New", "queue": "service-desk"},
        {"state": "Active", "queue": "service-desk", "who": "ann", "by": "ann"},
        {"state": "Active", "queue": "network", "who": "bob", "by": "ann"},
        {"state": "Active", "queue": "workplace", "who": "", "by": "bob"},
        {"state": "Active", "queue": "elsewhere", "who": "cy", "by": "bob"},
        {"state": "Active", "queue": "elsewhere", "who": "cy", "by": "cy"},
    )
    events = found.arrivals[0].events
    told = [(kind(e), getattr(e, "hand_over", getattr(e, "to", e.by))) for e in events]

    assert told == [
        ("opened", "unknown"),
        ("accepted", "ann"),
        ("escalated", "escalate"),
        ("assigned", "bob"),
        ("escalated", "transfer"),
        ("assigned", "cy"),
        ("accepted", "cy"),
    ]
    assert [(each.value, each.tickets) for each in found.account().not_here] == [("elsewhere", 1)]
    assert one(found).queue == "elsewhere"
    assert sum(found.account().inserted.values()) == 1


def test_what_changes_when_it_is_over_is_told(here: Desk) -> None:
    """A resolved ticket is not moved, and the account says so; once it is reopened, it is."""
    resolved = {"state": "Resolved", "queue": "network", "who": "ann", "prio": "3", "impact": "2"}
    moved = {**resolved, "queue": "workplace", "who": "bob"}
    left = here.log(resolved, moved)
    again = here.log(resolved, moved, {**moved, "state": "Active"})

    assert one(left).queue == "network"
    assert sorted(left.account().adjusted) == [
        "given to somebody else after it was resolved: left as it was",
        "moved to another queue after it was resolved: left where it was",
    ]
    assert (one(again).queue, one(again).assignee) == ("workplace", "bob")


def test_a_mark_reopens(here: Desk) -> None:
    """A count that rises, or a word, reopens what the states alone would not show."""
    for mark in ("1", "yes", "Reopened"):
        found = here.log({"state": "Resolved", "again": "0"}, {"state": "Resolved", "again": mark})
        assert kinds(found.arrivals[0].events)[-3:] == ["resolved", "reopened", "resolved"]
    once = here.log({"state": "Active", "again": "3"}, {"state": "Active", "again": "3"})
    assert one(once).reopened == 0, "what was counted before the first row has no instant"


def test_a_priority_is_what_it_was(here: Desk) -> None:
    """One that the matrix would not give is set by hand, by the name of the source; no other is."""
    other = one(here.log({"state": "Active", "impact": "2", "prio": "1"}))
    matrix = here.policy.sla.matrix.priority("medium", "medium")
    same = one(here.log({"state": "Active", "impact": "2"}))
    (decided,) = (event for event in other.events if isinstance(event, Classified))

    assert (other.priority, same.priority) == ("P1", matrix)
    assert (decided.priority, decided.impact, decided.urgency) == ("P1", "medium", "medium")
    assert (decided.by_hand, decided.reason) == (True, "as it was in old:A1")
    assert (decided.at, decided.discovered) == (other.opened_at, "")
    assert "classified" not in kinds(same.events)


def test_notes_minutes_and_ends(here: Desk) -> None:
    """Notes are seen or not, effort adds up, a code is kept, and nobody is said to have confirmed."""
    ticket = one(
        here.log(
            {"state": "Active", "note": "Hello,\nworld\x07", "seen": "x", "hours": "1.5"},
            {"state": "Active", "note": "inside", "seen": "no"},
            {"state": "Closed", "code": "DONE", "hours": "0.25"},
        )
    )
    notes = [event for event in ticket.events if isinstance(event, Noted)]
    (closed,) = (event for event in ticket.events if isinstance(event, Closed))

    assert [(note.text, note.visible, note.minutes) for note in notes] == [
        ("Hello,\nworld", True, 90),
        ("inside", False, 0),
        ("Effort booked in old:A1", False, 15),
    ]
    assert (closed.code, closed.confirmed_by, ticket.minutes) == ("solved", "", 105)
    assert closed.unconfirmed == "closed in old:A1, which says no more"
    assert ticket.summary == "A1 in braces {x}"


def test_rows_that_show_the_whole_ticket(here: Desk) -> None:
    """A note that is on every row is told once, and effort that is a sum is not added up again."""
    rows = [{"state": "Active", "note": "Cable", "hours": hours} for hours in ("", "1", "1", "1.5")]
    text = LOG.replace("in: hours", "in: hours, counts: total")
    found = here.read(log(*rows), text)
    notes = [event for event in one(found).events if isinstance(event, Noted)]

    assert [(note.text, note.minutes) for note in notes] == [
        ("Cable", 0),
        ("Effort booked in old:A1", 60),
        ("Effort booked in old:A1", 30),
    ]
    assert found.account().adjusted == {"the same note as on the row before: told once": 1}


def test_values_that_the_map_does_not_list_are_counted(here: Desk) -> None:
    """They are unknown, or what the matrix gives, and each is reported with how often (T25)."""
    found = here.log(
        {"state": "Active", "impact": "9", "prio": "7", "code": "odd"},
        {"state": "Closed", "impact": "9", "prio": "7", "code": "odd"},
    )
    told = {(u.field, u.value, u.taken_for, u.times) for u in found.account().unmapped}

    assert told == {
        ("impact", "9", "unknown", 2),
        ("priority", "7", "", 2),
        ("code", "odd", "unknown", 2),
    }
    assert one(found).code == "unknown"


def test_a_state_that_the_map_does_not_list_is_refused(here: Desk) -> None:
    """Nobody can guess where a ticket is; `otherwise` says it, and then it is counted."""
    raw = log({"state": "Lost"})
    ((line, message), *_) = here.refusal(raw)
    found = here.read(raw, LOG + "    otherwise: in_progress\n")

    assert line == 2
    assert message.startswith(
        "the state 'Lost' is not among the `values` of `fields.state` (map.yaml:"
    )
    assert [(u.value, u.taken_for) for u in found.account().unmapped] == [("Lost", "in_progress")]


TIMES: dict[str, tuple[str, str]] = {
    "2026-03-02 10:00": ("2026-03-02T09:00:00", ""),
    "02/03/2026 10:00": ("2026-03-02T09:00:00", ""),
    "2026-03-02T10:00:00+0500": ("2026-03-02T05:00:00", ""),
    "2026-03-02T10:00:00.999Z": ("2026-03-02T10:00:00", ""),
    "2026-03-29 02:30": ("2026-03-29T01:30:00", "left out"),
    "2025-10-26 02:30": ("2025-10-26T00:30:00", "twice"),
}


@pytest.mark.parametrize("text", TIMES)
def test_times_are_those_of_the_zone(here: Desk, text: str) -> None:
    """Local times are the zone's: the first of two, as far after a gap; each guess is counted (T3)."""
    expected, guess = TIMES[text]
    found = here.log({"state": "New", "at": text})

    assert f"{one(found).opened_at:%Y-%m-%dT%H:%M:%S}" == expected
    assert [guess in each for each in found.account().adjusted] == ([True] if guess else [])


NO_TIMES = {
    "1969-12-31T23:59:59Z": "in the year 1969",
    "9999-12-31T23:59:59Z": "in the year 9999",
    "0001-01-01T00:00:00Z": "in the year 1",
    "2026-11-23T10:00:01Z": "lies in the future",
    "2026": "is no instant",
    "31/02/2026 10:00": "is no instant",
    "": "no instant for `at`",
    "9" * 5000: "is no instant",
}


@pytest.mark.parametrize("text", NO_TIMES, ids=lambda text: text[:20])
def test_what_is_no_time_is_refused(here: Desk, text: str) -> None:
    """Its line is named, with what is wrong, and nothing is guessed."""
    ((line, message), *_) = here.refusal(log({"state": "New", "at": text}))

    assert line == 2
    assert NO_TIMES[text] in message
    assert len(message) < 300


def test_a_local_time_needs_a_zone(here: Desk) -> None:
    """Without one it is nobody's time."""
    text = LOG.replace(", zone: Europe/Paris", "")
    ((_, message), *_) = here.refusal(log({"state": "New", "at": "2026-03-02 10:00"}), text)

    assert "does not say its zone; write `zone` in `times` of the map" in message


def test_opened_is_before_the_first_row(here: Desk) -> None:
    """A column may say when it was opened; later than its first row it cannot have been."""
    early = here.log({"state": "Active", "opened": "2026-03-01 10:00"})
    late = here.log({"state": "Active", "opened": "2026-03-03 10:00"})

    assert f"{one(early).opened_at:%d %H:%M}" == "01 09:00"
    assert one(late).opened_at == one(here.log({"state": "Active"})).opened_at
    assert list(late.account().adjusted) == ["opened after its first row: opened as of that"]


def _listed(**cells: str) -> bytes:
    return table(OF_LIST, [{"id": "1", "opened": "2026-03-02 09:00", **cells}])


LISTS: dict[str, tuple[dict[str, str], Sequence[str]]] = {
    "new": ({"state": "New"}, ("opened",)),
    "given to somebody": ({"state": "Active", "who": "ann"}, ("opened", "accepted")),
    "waiting since": (
        {"state": "Asked", "updated": "2026-03-03 09:00"},
        ("opened", "waited"),
    ),
    "the whole way": (
        {
            "state": "Closed",
            "who": "ann",
            "responded": "2026-03-02 10:00",
            "resolved": "2026-03-02 11:00",
            "closed": "2026-03-07 11:00",
        },
        ("opened", "noted", "accepted", "resolved", "closed"),
    ),
    "closed only": (
        {"state": "Closed", "closed": "2026-03-03 09:00"},
        ("opened", "resolved", "closed"),
    ),
    "closed as of its last change": (
        {"state": "Void", "updated": "2026-03-03 09:00"},
        ("opened", "resolved", "closed"),
    ),
    "reopened and resolved": (
        {"state": "Resolved", "reopened": "2026-03-03 09:00", "resolved": "2026-03-04 09:00"},
        ("opened", "resolved", "reopened", "resolved"),
    ),
    "resolved and reopened": (
        {"state": "Active", "reopened": "2026-03-05 09:00", "resolved": "2026-03-04 09:00"},
        ("opened", "resolved", "reopened"),
    ),
    "resolved once and at work": (
        {"state": "Active", "resolved": "2026-03-04 09:00"},
        ("opened", "resolved", "reopened"),
    ),
    "closed though its state says resolved": (
        {"state": "Resolved", "closed": "2026-03-04 09:00"},
        ("opened", "resolved", "closed"),
    ),
    "by its instants alone": ({"resolved": "2026-03-04 09:00"}, ("opened", "resolved")),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_row_that_is_a_ticket(here: Desk, name: str) -> None:
    """Its instants and its last state make its history; what lies between is not made up (T25)."""
    cells, expected = LISTS[name]
    ticket = one(here.read(_listed(**cells), LIST))

    assert tuple(kinds(ticket.events)) == tuple(expected)
    if "closed" in cells and "resolved" in cells:
        assert ticket.resolved_at != ticket.closed_at
    if cells.get("state") == "Void":
        assert ticket.code == "withdrawn"


NO_LISTS: dict[str, dict[str, str]] = {
    "it is closed, and nothing says since when; map `closed` or `updated`": {"state": "Closed"},
    "it was resolved before it was opened": {"resolved": "2026-03-01 09:00"},
    "it was closed before it was resolved": {
        "resolved": "2026-03-05 09:00",
        "closed": "2026-03-04 09:00",
    },
    "it has no instant for `opened`": {"opened": ""},
}


@pytest.mark.parametrize("message", NO_LISTS)
def test_a_row_that_cannot_have_been(here: Desk, message: str) -> None:
    """It is refused with its line and the reason."""
    assert here.refusal(_listed(**NO_LISTS[message]), LIST) == [(2, message)]


def test_a_source_is_there_once(here: Desk) -> None:
    """The second row of a ticket is no ticket, and says so."""
    row = {"id": "1", "opened": "2026-03-02 09:00", "state": "New"}

    assert here.refusal(table(OF_LIST, [row, row]), LIST) == [
        (3, "the source 'old:1' is there twice")
    ]


def test_a_source_is_a_name_of_another_tool(here: Desk) -> None:
    """It has one, which is not endless, and does not stand for a ticket that went from a desk."""
    row = {"opened": "2026-03-02 09:00", "state": "New"}
    text = LIST.replace("old:{id}", "{id}")
    for name, message in {"": "`source`", "sdcli:1": "'sdcli:1'", "x" * 300: "is long"}.items():
        ((line, told),) = here.refusal(table(OF_LIST, [{"id": name, **row}]), text)
        assert line == 2
        assert message in told


def test_very_many_values_are_counted_together(here: Desk) -> None:
    """A column that is no list of words does not fill the account."""
    rows = [{"id": f"A{at}", "state": "New", "code": f"odd {at}"} for at in range(1100)]
    found = here.log(*rows)
    told = [each for each in found.account().unmapped if each.field == "code"]

    assert len(told) == 1001
    assert (told[0].value, told[0].times) == ("(other values)", 100)
    assert sum(each.times for each in told) == 1100


def test_all_lines_are_listed_or_the_others_taken(here: Desk) -> None:
    """A wrong row takes the other rows of its ticket with it, and no other ticket (T25)."""
    rows = (
        {"id": "A", "state": "New"},
        {"id": "A", "state": "Lost"},
        {"id": "B", "state": "New"},
        {"id": "", "state": "New"},
        {"id": "C", "state": "New", "hours": "many"},
        {"id": "D", "state": "New", "no": "first"},
    )
    told = here.refusal(log(*rows))
    found = here.log(*rows, keep_going=True)

    assert [line for line, _ in told] == [3, 5, 6, 7, 3]
    assert told[1][1] == "it does not say whose event it is"
    assert told[2][1] == "the effort 'many' is no plain number, like 15 or 1.5"
    assert told[4][1] == "the other rows of A are left out with this one: 1"
    assert [each.source for each in found.arrivals] == ["old:B"]
    assert [(each.line, each.message) for each in found.account().problems] == told
    assert found.account().left_out == 5


HEAD = (",".join(COLUMNS) + "\n").encode()
CELLS = "A1,2026-03-02T10:00:00Z,1,,,,,,,,,%s,,,New\n"
HOSTILE: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 1, "it is empty"),
    "a NUL byte": (HEAD + (CELLS % "a\0b").encode(), 2, "NUL"),
    "another encoding": (HEAD + (CELLS % "fünf").encode("latin-1"), 2, "cell 12 is no utf-8 text"),
    "too few cells": (HEAD + b"A1,x\n", 2, "it has 2 cells, and there are 15 columns"),
    "too many cells": (HEAD + (CELLS % "x,y").encode(), 2, "it has 16 cells"),
    "a large cell": (HEAD + (CELLS % ("x" * (LONGEST_CELL + 1))).encode(), 2, "100,001 characters"),
    "a huge cell": (
        HEAD + (CELLS % ("x" * 200_000)).encode(),
        2,
        "200,000 characters, and 100,000",
    ),
    "a stray quote": (
        HEAD + (CELLS % '"a"b').encode(),
        2,
        "write a quote within a quoted cell twice",
    ),
    "an open quote": (HEAD + (CELLS % '"a').encode(), 2, "begins with is never closed; close it"),
    "an endless line": (HEAD + b"x" * (LONGEST_ROW + 2), 2, "a row has more than 4,000,000"),
    "an endless quote": (HEAD + b'"' + b"x\n" * LONGEST_ROW, 2, "characters"),
    "an endless number of short cells": (HEAD + b"," * (LONGEST_ROW + 2), 2, "a row has more"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(here: Desk, name: str) -> None:
    """What is no text, no table, or endless, is told with its line, in bounded memory."""
    raw, line, message = HOSTILE[name]
    told = here.refusal(raw)

    assert told[0][0] >= line
    assert message in told[0][1]


def test_odd_files_are_taken(here: Desk) -> None:
    """A byte order mark, other line ends, breaks within quotes and blank lines mean nothing."""
    row = (CELLS % '"two\r\nlines"').encode()
    found = here.read(b"\xef\xbb\xbf" + HEAD.replace(b"\n", b"\r\n\r\n") + row)
    wide = here.read(
        (HEAD + row).decode().replace(",", ";").encode("utf-16"),
        LOG + 'encoding: utf-16\ndelimiter: ";"\n',
    )

    for each in (found, wide):
        (note,) = (e for e in each.arrivals[0].events if isinstance(e, Noted))
        assert note.text == "two\nlines"


def test_control_characters_do_not_come_in(here: Desk) -> None:
    """No name and no text brings an escape, a mark that turns text round, or a line end."""
    found = here.log(
        {"state": "New", "id": "A\x1b[31m\u202e1", "queue": "a\r\nb\x85c", "note": "x\x9b1m"}
    )
    ticket = one(found)
    (note,) = (event for event in ticket.events if isinstance(event, Noted))

    assert found.arrivals[0].source == "old:A [31m 1"
    assert (ticket.queue, note.text) == ("a b c", "x 1m")


@given(st.binary(max_size=300))
def test_whatever_the_bytes_they_are_taken_or_refused(policy: Policy, raw: bytes) -> None:
    """No file ends in anything but tickets or lines that are wrong."""
    for before in (b"", HEAD):
        try:
            Desk(policy).read(before + raw)
        except (ImportFileError, MapError) as error:
            assert error.exit_code == DATA_FILE  # noqa: PT017 - either is right


def test_the_first_row_says_what_the_opening_lacks(here: Desk) -> None:
    """What the first row does not say of the caller, a later one does; a wait keeps its `for`."""
    text = LOG.replace("  summary:", '  requester: "{code}"\n  details: from {id}\n  summary:')
    text = text.replace('  code: {from: "{code}", values: {done: solved}}\n', "")
    ticket = one(here.read(log({"state": "New"}, {"state": "Asked", "code": "ada"}), text))
    opened, waited = ticket.opening, ticket.events[-1]

    assert isinstance(opened, Opened)
    assert isinstance(waited, Waited)
    assert (opened.requester, opened.details) == ("ada", "from {id}".replace("{id}", "A1"))
    assert waited.waiting_for == "user"


WRONG_MAPS: dict[str, tuple[str, str, int, str]] = {
    "an unknown key": ("format: 1", "format: 1\ncolour: red", 2, "has no key `colour`"),
    "an unknown field": ("  note:", "  notes:", 19, "did you mean `note`?"),
    "an unknown word": ("New: new", "New: nwe", 25, "did you mean `new`?"),
    "no such wait": ("for: user", "for: godot", 27, "which the desk does not know"),
    "a wait that is none": (
        "Closed: closed",
        "Closed: {status: closed, for: user}",
        30,
        "goes with",
    ),
    "a word no list has": (
        "urgency: medium",
        "urgency: some",
        15,
        "it must be one of high, medium",
    ),
    "no such zone": ("Europe/Paris", "Europe/Atlantis", 7, "there is no such IANA time zone"),
    "half a date": ("%d/%m/%Y %H:%M", "%d/%m", 7, "write iso, epoch, epoch-ms, or a format"),
    "a date by locale": ("%d/%m/%Y %H:%M", "%x %H:%M", 7, "write iso, epoch"),
    "no such encoding": ("format: 1", "format: 1\nencoding: base64", 2, "Python does not know"),
    "no delimiter": ("format: 1", "format: 1\ndelimiter: tab", 2, "write one character"),
    "a brace": ('"{id} in braces {{x}}"', '"{id"', 9, "a brace stands alone"),
    "endless": ('"{id} in braces {{x}}"', '"' + "{id}" * 51 + '"', 9, "more than 50 parts"),
    "no name": ('"{id} in braces {{x}}"', '"{}"', 9, "names no column"),
    "of tickets": ("  note:", '  closed: "{at}"\n  note:', 19, "is for `rows: ticket`"),
    "no key": ('ticket: "{id}"\n', "", 2, "a log of events needs the key `ticket`"),
    "otherwise than what": (
        '  by: "{by}"',
        '  by: {from: "{by}", otherwise: x}',
        13,
        "has `otherwise` and no `values`",
    ),
    "not YAML": ("format: 1", "format: [", 3, "this is not YAML"),
    "a number": ("New: new", "1: new", 25, "put it in quotes"),
    "an anchor": ("format: 1", "format: &a 1", 1, "anchors and aliases"),
}


@pytest.mark.parametrize("name", WRONG_MAPS)
def test_a_wrong_map_is_told_with_its_line(here: Desk, name: str) -> None:
    """Every rule of a map, broken once, gives its place and what to write instead."""
    old, new, line, message = WRONG_MAPS[name]
    assert old in LOG
    with pytest.raises(MapError) as caught:
        here.map(LOG.replace(old, new))

    told = [(each["file"], each["line"]) for each in caught.value.details["problems"]]
    assert ("map.yaml", line) in told, caught.value.message
    assert message in caught.value.message
    assert "--sketch-map" in caught.value.message


NO_COLUMNS = {
    "{0.__class__}": "no column `0.__class__`",
    "{id.__class__.__mro__}": "no column `id.__class__.__mro__`",
    "{id!r}": "no column `id!r`",
    "{id:>1000000000}": "no column `id:>1000000000`",
    "{ID}": "did you mean `id`?",
    "id": "a column is called so; write {id}",
}


@pytest.mark.parametrize("template", NO_COLUMNS)
def test_templates_are_names_of_columns_and_nothing_else(here: Desk, template: str) -> None:
    """A template reaches no attribute, formats nothing, and is held against the header (T25)."""
    with pytest.raises(MapError) as caught:
        here.read(log({"state": "New"}), LOG.replace('"{note}"', f'"{template}"'))

    assert NO_COLUMNS[template] in caught.value.message
    assert caught.value.details["problems"][0]["line"] == 19


def test_a_column_that_is_there_twice_is_nobodys(here: Desk) -> None:
    """It is refused if the map uses it, and means nothing if not."""
    raw = log({"state": "New"})
    with pytest.raises(MapError, match="2 columns `id`; rename one"):
        here.read(raw.replace(b"id,at,no,opened", b"id,at,no,id"), LOG.replace("{opened}", "{at}"))
    assert here.read(raw.replace(b"id,at", b"id,at", 1)).arrivals


def test_a_map_is_no_larger_than_a_file_of_the_desk(here: Desk) -> None:
    """What has a million bytes and more is not read."""
    with pytest.raises(MapError, match="1,000,000 are the most"):
        here.map(LOG + "#" * 1_000_000)
