"""Problems as records: their steps, their links both ways, and rows that stay what they were."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import IllegalStepError, RefusedError
from sdcli.tickets import problems
from sdcli.tickets.event import (
    Closed,
    Event,
    Imported,
    Opened,
    ProblemTold,
    Resolved,
    Stamp,
)
from sdcli.tickets.keys import idempotency, keys_of
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import Ticket, advance, fold

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
STAMP = Stamp(at=NOW, by="ben")


def request(ref: str, type_: str = "incident", **facts: object) -> Ticket:
    """A help request that was just opened."""
    opened = {"summary": "VPN drops", "queue": "service-desk", "priority": "P3", "type": type_}
    return fold(ref, [Opened(*STAMP.mark(), **opened | facts)])  # type: ignore[arg-type]


def problem(ref: str = "SD-9", **facts: object) -> Ticket:
    """A problem that was just opened."""
    opened = {"summary": "VPN", "queue": "network", "priority": "P3", "record": "problem"}
    return fold(ref, [Opened(*STAMP.mark(), **opened | facts)])  # type: ignore[arg-type]


def closed(ticket: Ticket) -> Ticket:
    """The same request, closed."""
    events = (
        Resolved(*STAMP.mark(), code="solved"),
        Closed(*STAMP.mark(), code="solved", unconfirmed="gone"),
    )
    return advance(ticket, events)


def test_the_row_of_a_request_is_what_it_was() -> None:
    """Nothing of problems is stored with a request that has none, so old ledgers stay (R3d1.7)."""
    row = msgspec.json.decode(msgspec.json.encode(closed(request("SD-1"))))
    new = {"record", "problems", "incidents", "cause", "workaround", "known_error"}
    assert not new & row.keys()
    assert not new & row["events"][0].keys()
    stored = (
        b'{"ref":"SD-1","summary":"x","status":"new","type":"unknown","service":"unknown",'
        b'"feature":"unknown","impact":"unknown","urgency":"unknown","priority":"P3","queue":"q",'
        b'"requester":"unknown","opened_at":"2026-11-23T10:00:00Z",'
        b'"updated_at":"2026-11-23T10:00:00Z","events":[{"kind":"opened","id":"1",'
        b'"at":"2026-11-23T10:00:00Z","by":"ben","summary":"x","queue":"q","priority":"P3"}]}'
    )
    ticket = msgspec.json.decode(stored, type=Ticket)
    assert msgspec.json.encode(ticket) == stored
    assert fold("SD-1", ticket.events) == ticket


def test_the_keys_of_a_request_are_what_they_were() -> None:
    """A problem opened with a key is not found by that key of a request, nor the reverse."""
    assert keys_of(request("SD-1", idempotency_key="k")) == (idempotency("k"),)
    assert keys_of(problem(idempotency_key="k")) == ("problem k",)


@pytest.mark.parametrize(
    ("record", "found"), [("request", [True, False]), ("problem", [False, True]), ("", [True] * 2)]
)
def test_a_query_means_requests_unless_it_says_so(record: str, found: list[bool]) -> None:
    """Lists, clocks and reports see no problem; who wants them asks for them (R3d1.7)."""
    query = Query(record=record) if record != "request" else Query()  # type: ignore[arg-type]
    assert [query.matches(each) for each in (request("SD-1"), problem())] == found


def test_what_is_said_replaces_what_was_said() -> None:
    """Cause and workaround are known apart; `unknown` is a word about one, and takes the other back."""
    known = problem()
    for cause, workaround, expected in (
        ("a driver", "", ("a driver", "")),
        ("", "restart it", ("a driver", "restart it")),
        ("Unknown", "", ("unknown", "restart it")),
        ("", "UNKNOWN", ("unknown", "")),
    ):
        events = problems.analyse(known, STAMP, cause=cause, workaround=workaround)
        known = advance(known, events)
        assert (known.cause, known.workaround, known.status) == (*expected, "in_progress")
    assert problems.analyse(known, STAMP, cause="unknown") == ()


@pytest.mark.parametrize("type_", ["information", "fulfilment", "new-service"])
def test_what_is_no_incident_needs_a_reason(type_: str) -> None:
    """A request of another type is linked only with a reason; an unclassified one at once."""
    with pytest.raises(RefusedError, match="--because WHY"):
        problems.link(problem(), request("SD-1", type_), STAMP)
    assert all(problems.link(problem(), request("SD-1", type_), STAMP, why="it is one"))
    assert all(problems.link(problem(), request("SD-1", "unknown"), STAMP))
    assert all(problems.link(problem(), closed(request("SD-1")), STAMP))


def test_problems_are_no_incidents() -> None:
    """Neither itself nor another problem is linked, and no request is a problem."""
    with pytest.raises(RefusedError, match="cannot be linked to itself"):
        problems.link(problem(), problem(), STAMP)
    with pytest.raises(RefusedError, match="--code duplicate"):
        problems.link(problem(), problem("SD-8"), STAMP)
    with pytest.raises(IllegalStepError, match="SD-1 is a help request"):
        problems.link(request("SD-1"), request("SD-2"), STAMP)
    with pytest.raises(RefusedError, match="SD-1 is no incident of SD-9"):
        problems.unlink(problem(), request("SD-1"), STAMP, why="x")


@pytest.mark.parametrize("code", problems.NO_CAUSE_NEEDED)
def test_closing_needs_a_cause(code: str) -> None:
    """It is known, did not matter, or was left for a reason; it is not both removed and left."""
    unknown = advance(problem(), problems.analyse(problem(), STAMP, cause="unknown"))
    for each in (problem(), unknown):
        with pytest.raises(RefusedError, match="without a cause"):
            problems.close(each, STAMP, code="solved")
        assert problems.close(each, STAMP, code=code)
        assert problems.close(each, STAMP, code="workaround", unfixed="the maker is gone")
    known = advance(problem(), problems.analyse(problem(), STAMP, cause="a driver"))
    with pytest.raises(RefusedError, match="say one"):
        problems.close(known, STAMP, code="solved", unfixed="x")
    after = advance(known, problems.close(known, STAMP, code="solved"))
    assert (after.status, after.code, after.closed_at) == ("closed", "solved", NOW)
    again = advance(after, problems.reopen(after, STAMP, reason="it is back"))
    assert (again.status, again.code, again.closed_at) == ("in_progress", "", None)


def test_an_open_ticket_has_news_and_a_closed_one_is_left_alone() -> None:
    """What is told is told once, and only to those who still work on it."""
    told = {"problem": "SD-9", "what": "closed", "text": "as solved"}
    (event,) = problems.tell(request("SD-1"), STAMP, **told)  # type: ignore[arg-type]
    ticket = advance(request("SD-1"), (event,))
    assert ticket.news
    assert problems.tell(ticket, STAMP, **told) == ()  # type: ignore[arg-type]
    assert problems.tell(closed(request("SD-1")), STAMP, **told) == ()  # type: ignore[arg-type]
    late = advance(closed(request("SD-1")), (ProblemTold(*STAMP.mark(), **told),))  # type: ignore[arg-type]
    assert not late.news


def test_what_is_found_out_does_not_change_the_request() -> None:
    """To gather last month's incidents does not make them this month's (T15)."""
    later = Stamp(at=NOW + timedelta(days=40), by="ben")
    before = closed(request("SD-1"))
    after = advance(before, problems.link(problem(), before, later).of_incident)
    assert (after.problems, after.updated_at) == (("SD-9",), before.updated_at)


def test_an_import_forgets_the_references_of_elsewhere() -> None:
    """They mean other tickets here; whoever imports links anew (T25)."""
    pair = problems.link(problem(), request("SD-1"), STAMP)
    moved = (Imported(*STAMP.mark(), source="sdcli:1"),)
    assert advance(request("SD-1"), (*pair.of_incident, *moved)).problems == ()
    assert advance(problem(), (*pair.of_problem, *moved)).incidents == ()


STEP = st.tuples(
    st.sampled_from(["link", "unlink", "close", "reopen", "close-incident"]),
    st.sampled_from(["SD-8", "SD-9"]),
    st.sampled_from(["SD-1", "SD-2", "SD-3"]),
)


@given(steps=st.lists(STEP, max_size=25))
def test_links_are_always_both_ways(steps: list[tuple[str, str, str]]) -> None:
    """After any steps, who names a problem is named by it, and what is stored refolds (R7.3)."""
    known = {ref: request(ref) for ref in ("SD-1", "SD-2", "SD-3")}
    known |= {ref: problem(ref) for ref in ("SD-8", "SD-9")}
    for word, one, other in steps:
        try:
            if word in ("link", "unlink"):
                do = problems.link if word == "link" else problems.unlink
                pair = do(known[one], known[other], STAMP, why="x")
                known[one] = advance(known[one], pair.of_problem)
                known[other] = advance(known[other], pair.of_incident)
            elif word == "close-incident":
                known[other] = closed(known[other])
            else:
                events: tuple[Event, ...] = (
                    problems.close(known[one], STAMP, code="declined")
                    if word == "close"
                    else problems.reopen(known[one], STAMP, reason="x")
                )
                known[one] = advance(known[one], events)  # type: ignore[arg-type]
        except RefusedError:
            pass
    named = {(p.ref, ref) for p in known.values() for ref in p.incidents}
    assert named == {(ref, t.ref) for t in known.values() for ref in t.problems}
    for each in known.values():
        assert fold(each.ref, each.events) == each
        assert msgspec.json.decode(msgspec.json.encode(each), type=Ticket) == each
