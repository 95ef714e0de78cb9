"""Tickets from elsewhere: whole histories, each taken once, and never half a file."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.errors import DATA_FILE, ImportFileError
from sdcli.intake.moved import Arrival, bring, known_here, read
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.render.as_json import dump
from sdcli.tickets.contact import (
    AlertFacts,
    Assessment,
    Attachment,
    Bulletin,
    Correction,
    Ground,
    RequestDetails,
    Support,
)
from sdcli.tickets.event import (
    Absorbed,
    Accepted,
    Acknowledged,
    AlsoAffected,
    Announced,
    AnyEvent,
    ApprovalDecided,
    ArticleReceived,
    ArticleSent,
    ArticlesShown,
    ArticlesUsed,
    ArticleUse,
    Assigned,
    Attached,
    BreachExplained,
    ChangeFollowed,
    ChangeRequested,
    Classified,
    Closed,
    Contacted,
    Correlated,
    Delivered,
    Detailed,
    Edition,
    Escalated,
    EtaGiven,
    FixApplied,
    FulfilmentEnded,
    FulfilmentStarted,
    FulfilmentStepped,
    HookRan,
    Imported,
    Linked,
    Mentored,
    Merged,
    Noted,
    NoticeTaken,
    Opened,
    ProblemLinked,
    ProblemTold,
    ProblemUnlinked,
    ProcedureSought,
    Raised,
    Receipt,
    Recovered,
    Reopened,
    Repeated,
    RequestFiltered,
    Resolved,
    Resumed,
    Returned,
    Reviewed,
    ServiceResumed,
    SlaAlerted,
    SlaReapplied,
    Stamp,
    SupportDecided,
    Suppressed,
    SurveyAnswered,
    SurveySent,
    TroubleshootingStepped,
    Undone,
    Unlinked,
    Validated,
    Viewed,
    Voided,
    Waited,
    Withdrawn,
    kind,
    new_id,
)
from sdcli.tickets.fulfilment import CHANGE_STATUSES, FULFILLED, STEP_RESULTS
from sdcli.tickets.lifecycle import LIFECYCLE
from sdcli.tickets.quality import CHECK_ANSWERS
from sdcli.tickets.query import Query
from sdcli.tickets.relations import RELATIONS
from sdcli.tickets.ticket import advance, fold
from sdcli.tickets.words import LEVELS, PRIORITIES, REQUEST_TYPES, SHARINGS, STATUSES
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.intake.moved import Moved
    from sdcli.tickets.ticket import Ticket

ALL = Query(statuses=STATUSES, void=True)
STAMP = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by="mover")
MARK = {"at": "2026-11-20T10:00:00Z", "by": "ada"}
OPENED = {"kind": "opened", **MARK, "summary": "x", "queue": "network", "priority": "P3"}
NOTED = {"kind": "noted", **MARK, "text": "a note"}


def line(*events: Any, source: Any = "old/1", **more: Any) -> bytes:
    """A line of a file to import."""
    return json.dumps({"source": source, "events": events, **more}).encode()


def one(*events: Any, **more: Any) -> Arrival:
    """The ticket of a file with one line."""
    (arrival,) = read([line(*events, **more)], "file")
    return arrival


def problems(*lines: bytes) -> list[tuple[int, str]]:
    """What is wrong with the lines of a file, by number; nothing of it is taken."""
    with pytest.raises(ImportFileError) as refusal:
        read(lines, "tickets.jsonl")
    error = refusal.value
    assert error.exit_code == DATA_FILE == 5
    assert "Nothing was imported" in error.message
    told = error.details["problems"]
    assert {each["file"] for each in told} == {"tickets.jsonl"}
    for each in told[:20]:
        assert f"tickets.jsonl:{each['line']}: {each['message']}" in error.message
    return [(each["line"], each["message"]) for each in told]


def unheard(done: int, total: int) -> None:
    """Progress that nobody looks at."""
    del done, total


def record(folder: Path, arrivals: list[Arrival]) -> list[Moved]:
    """Bring tickets into the ledger in a folder."""
    with TinyLedger(str(folder), 5).write() as writer:
        return bring(writer, arrivals, STAMP, unheard)


def tickets(folder: Path) -> list[Ticket]:
    """All tickets of a ledger."""
    return list(TinyLedger(str(folder), 5).find(ALL))


def exported(folder: Path) -> list[bytes]:
    """All tickets of a ledger as lines of a file."""
    return [dump(ticket).encode() for ticket in tickets(folder)]


def test_times_authors_and_ids_stay() -> None:
    """An event comes as it was: who, when, and under which id."""
    arrival = one({**OPENED, "id": "first"}, {**NOTED, "id": "second", "by": "zoë"})
    opened, note = arrival.events
    assert (opened.id, opened.by) == ("first", "ada")
    assert (note.id, note.by) == ("second", "zoë")
    assert opened.at == datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


def test_instants_become_utc_in_whole_seconds() -> None:
    """An offset and a fraction are reckoned with, in every field that is an instant."""
    far = "2026-11-20T12:30:15.999+02:30"
    wait = {**NOTED, "kind": "waited", "waiting_for": "user", "until": far, "at": far}
    wait.pop("text")
    _, waited = one(OPENED, wait).events
    assert isinstance(waited, Waited)
    assert waited.at == waited.until == datetime(2026, 11, 20, 10, 0, 15, tzinfo=timezone.utc)


def test_ids_are_given_where_there_are_none() -> None:
    """Events without an id get one each, which sorts by the event's own time."""
    arrival = one({**OPENED, "at": "2020-01-01T00:00:00Z"}, NOTED, NOTED)
    ids = [event.id for event in arrival.events]
    assert len(set(ids)) == 3
    assert ids == sorted(ids)
    assert ids[0][:8] == new_id(datetime(2020, 1, 1, tzinfo=timezone.utc))[:8]


def test_a_source_names_a_ticket_once(tmp_path: Path) -> None:
    """What was brought in is known by its source, in the same run and in any later one."""
    folder, arrivals = tmp_path, [one(OPENED, source="old/1"), one(OPENED, source="old/2")]
    assert [(each.ref, each.is_new) for each in record(folder, arrivals)] == [
        ("SD-1", True),
        ("SD-2", True),
    ]
    before = tickets(folder)
    assert [(each.ref, each.is_new) for each in record(folder, arrivals)] == [
        ("SD-1", False),
        ("SD-2", False),
    ]
    assert tickets(folder) == before
    (found,) = [each for each in before if each.source == "old/2"]
    assert TinyLedger(str(folder), 5).by_source("old/2") == found


def test_an_import_is_marked(tmp_path: Path) -> None:
    """The last event says from where, when and by whom; the ticket's own times stay."""
    record(tmp_path, [one(OPENED, NOTED)])
    (ticket,) = tickets(tmp_path)
    last = ticket.events[-1]
    assert isinstance(last, Imported)
    assert (last.source, last.at, last.by) == ("old/1", STAMP.at, "mover")
    assert ticket.updated_at == datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
    assert ticket.imported_at == STAMP.at


def test_a_source_may_come_from_the_first_id() -> None:
    """Without a source the id of the first event names the ticket, as in an export."""
    row = {"events": [{**OPENED, "id": "abc"}, NOTED]}
    (arrival,) = read([json.dumps(row).encode()], "file")
    assert arrival.source == "sdcli:abc"
    assert "no source" in problems(json.dumps({"events": [OPENED]}).encode())[0][1]


def test_empty_lines_are_passed_over() -> None:
    """Blank lines and carriage returns count as lines and mean nothing."""
    lines = [b"\n", line(OPENED) + b"\r\n", b"  \t\n", line(OPENED, source="old/2")]
    assert [arrival.source for arrival in read(lines, "file")] == ["old/1", "old/2"]
    assert [number for number, _ in problems(*lines, b"{", b"\n", b"[")] == [5, 7]
    assert read([], "file") == []


def test_every_wrong_line_is_listed() -> None:
    """Each wrong line has its number and its reason, though others are right."""
    lines = [b"nonsense", line(OPENED), line({**OPENED, "priority": "P9"}), line(source="old/3")]
    told = problems(*lines)
    assert [number for number, _ in told] == [1, 3, 4]
    assert "priority" in told[1][1]
    assert len(problems(*[b"{"] * 50)) == 50


def test_a_source_twice_in_a_file_is_refused() -> None:
    """Two tickets of one source cannot both be meant."""
    lines = [line(OPENED), line(OPENED, source="old/2"), line(OPENED, NOTED, source=" old/1 ")]
    assert problems(*lines) == [(3, "the source 'old/1' is there twice")]


HOSTILE: dict[str, bytes] = {
    "no JSON": b"{{{",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "no UTF-8": line(OPENED).replace(b'"x"', b'"\xff\xfe"'),
    "half a surrogate": line(OPENED).replace(b'"x"', b'"\\ud800"'),
    "a byte order mark": b"\xef\xbb\xbf" + line(OPENED),
    "a raw control character": line(OPENED).replace(b'"x"', b'"\x01"'),
    "a raw NUL": line(OPENED).replace(b'"x"', b'"\x00"'),
    "no number": line(OPENED).replace(b'"x"', b'"x","payload":NaN'),
    "a number beyond all": line(OPENED).replace(b'"x"', b'"x","minutes":1e999'),
    "5000 digits": line(OPENED).replace(b'"x"', b'"x","minutes":' + b"9" * 5000),
    "half a minute": line({**OPENED, "minutes": 0.5}),
    "no events": json.dumps({"source": "x"}).encode(),
    "events that are no list": json.dumps({"source": "x", "events": {}}).encode(),
    "an event that is no object": line(1),
    "an event that is a list": line([]),
    "nothing that happened": line(),
    "no kind": line({name: value for name, value in OPENED.items() if name != "kind"}),
    "an unknown kind": line(OPENED, {**NOTED, "kind": "exploded"}),
    "a kind that is a number": line({**OPENED, "kind": 1}),
    "an unknown field": line({**OPENED, "colour": "blue"}),
    "no time": line({name: value for name, value in OPENED.items() if name != "at"}),
    "a time without a zone": line({**OPENED, "at": "2026-11-20T10:00:00"}),
    "a day": line({**OPENED, "at": "2026-11-20"}),
    "no time at all": line({**OPENED, "at": "yesterday"}),
    "a year before clocks": line({**OPENED, "at": "0001-01-01T00:00:00Z"}),
    "a year behind clocks": line({**OPENED, "at": "9999-12-31T23:59:59-12:00"}),
    "a wait without a zone": line(
        OPENED, {**MARK, "kind": "waited", "waiting_for": "user", "until": "2026-11-20T10:00:00"}
    ),
    "an id that is a number": line({**OPENED, "id": 5}),
    "a summary that is a list": line({**OPENED, "summary": []}),
    "fields that are numbers": line({**OPENED, "fields": {"a": 1}}),
    "an unknown level": line({**OPENED, "impact": "huge"}),
    "a note at the start": line(NOTED),
    "opened twice": line(OPENED, OPENED),
    "closed before it was solved": line(OPENED, {**MARK, "kind": "closed", "code": "x"}),
    "resumed without a wait": line(OPENED, {**MARK, "kind": "resumed"}),
    "a source that is a list": line(OPENED, source=["x"]),
    "a blank source": line(OPENED, source="  "),
    "nested beyond reading": line(OPENED).replace(
        b'"x"', b'"x","payload":' + b"[" * 99_999 + b"]" * 99_999
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_ticket_is_refused(what: str) -> None:
    """Hostile, broken or impossible: the line is listed, with a reason, and others are not."""
    told = problems(line(OPENED, source="right"), HOSTILE[what])
    assert [number for number, _ in told] == [2]
    assert told[0][1].strip()


@pytest.mark.parametrize("value", [5, 1.5, True, [1], {"a": 1}])
@pytest.mark.parametrize("field", ["at", "until", "due"])
def test_an_instant_that_is_no_text_is_refused(field: str, value: Any) -> None:
    """A number, a list or a truth in place of an instant is listed like anything else."""
    assert [number for number, _ in problems(line({**OPENED, field: value}))] == [1]


def test_a_wrong_instant_is_told_in_words() -> None:
    """Whoever wrote a time without a zone is told what is missing."""
    ((_, reason),) = problems(line({**OPENED, "at": "2026-11-20T10:00:00"}))
    assert reason != "2026-11-20T10:00:00"


@pytest.mark.parametrize("at", ["2200-12-31T23:59:59-14:00", "1971-01-01T00:00:00+14:00"])
def test_what_is_taken_can_be_taken_again(tmp_path: Path, at: str) -> None:
    """An instant at the edge of time is refused, or its export can be imported."""
    try:
        record(tmp_path, [one({**OPENED, "at": at})])
    except ImportFileError:
        return
    assert len(read(exported(tmp_path), "file")) == 1


@pytest.mark.parametrize("wrong", ["same", ""])
def test_ids_must_tell_events_apart(wrong: str) -> None:
    """Two events of one id, or an empty one, are refused."""
    assert problems(line({**OPENED, "id": wrong}, {**NOTED, "id": wrong}))


def test_whatever_the_bytes_a_file_is_taken_or_its_lines_are_listed() -> None:
    """Lines with some bytes changed, left out or doubled: never anything but the one or the other."""
    chance, whole, fates = Random(11), line(OPENED, NOTED, {**MARK, "kind": "accepted"}), set()
    for _ in range(2000):
        raw = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randrange(2)] = chance.choice(
                [b"", b"0", b"-", b'"', b"[", b"{", b"\\", b"\xff", b"\0", raw[at : at + 9]]
            )
        try:
            fates.add(len(read([bytes(raw)], "file")))
        except ImportFileError:
            fates.add(-1)
    assert fates == {-1, 1}


def deeper(frames: int, question: Callable[[], Any]) -> Any:
    """The answer as somebody gets it who asks from further down."""
    return deeper(frames - 1, question) if frames else question()


def test_what_is_taken_can_be_read_by_all(tmp_path: Path) -> None:
    """However deep a line is nested: it is refused, or whoever reads the ledger can read it."""

    def nested(depth: int) -> bytes:
        return line(OPENED).replace(b'"x"', b'"x","payload":' + b"[" * depth + b"]" * depth)

    possible, impossible = 1, 100_000
    while impossible - possible > 1:
        depth = (possible + impossible) // 2
        try:
            read([nested(depth)], "file")
            possible = depth
        except ImportFileError:
            impossible = depth
    record(tmp_path, read([nested(possible)], "file"))
    assert len(deeper(40, lambda: tickets(tmp_path))) == 1
    deeper(40, TinyLedger(str(tmp_path), 5).compact)
    assert len(deeper(40, lambda: exported(tmp_path))) == 1


CONTROL = "\x00\x1b[31m\x7f\u202e\u2028\ufeff"
ODD: dict[str, dict[str, Any]] = {
    "control characters": {**OPENED, "summary": CONTROL, "details": CONTROL, "by": CONTROL},
    "nobody, nowhere": {**OPENED, "by": "", "queue": "", "service": "", "summary": ""},
    "2 to the 70th": {**OPENED, "payload": {"a": 2**70 + 1}, "minutes": 2**70 + 1},
    "less than nothing": {**OPENED, "minutes": -5},
    "unknown words": {**OPENED, "queue": "?", "service": "?", "feature": "?", "channel": "?"},
    "a payload of any kind": {**OPENED, "payload": [None, 1.5, {"": []}, "x" * 99_999]},
    "90 deep": {**OPENED, "payload": json.loads("[" * 90 + "]" * 90)},
    "the edge of time": {**OPENED, "at": "2200-12-31T23:59:59Z"},
    "long ago": {**OPENED, "at": "1971-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("what", ODD)
def test_odd_tickets_are_kept_to_the_letter(tmp_path: Path, what: str) -> None:
    """What is odd but possible comes back as it was, from the journal and from a snapshot."""
    arrival = one(ODD[what], {**NOTED, "at": "2019-01-01T00:00:00Z"}, ref=5)
    record(tmp_path, [arrival])
    for _ in range(2):
        (ticket,) = tickets(tmp_path)
        assert ticket.events[:-1] == arrival.events
        assert ticket == fold("SD-1", ticket.events)
        (again,) = read(exported(tmp_path), "file")
        assert again.events == ticket.events
        TinyLedger(str(tmp_path), 5).compact()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.sampled_from(["network", "windows", "Zoë ☕", "a b", "-"])
instants = st.datetimes(datetime(1972, 1, 1), datetime(2199, 1, 1)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0, tzinfo=timezone.utc)
)
payloads = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
articles = st.lists(st.builds(ArticleUse, id=names, outcome=texts, revision=texts), max_size=2).map(
    tuple
)
edition = st.builds(Edition, texts, texts)
editions = st.lists(edition, max_size=2).map(tuple)
levels, priorities = st.sampled_from(LEVELS), st.sampled_from(PRIORITIES)

OPENINGS: dict[str, st.SearchStrategy[Any]] = {
    "summary": texts,
    "queue": names,
    "priority": priorities,
    "channel": names,
    "requester": texts,
    "on_behalf_of": texts,
    "mail": texts,
    "type": st.sampled_from(REQUEST_TYPES),
    "service": names,
    "impact": levels,
    "urgency": levels,
    "reasons": st.dictionaries(texts, texts, max_size=2),
    "details": texts,
    "fields": st.dictionaries(texts, texts, max_size=2),
    "minutes": st.integers(0, 10**6),
    "key": texts,
    "idempotency_key": texts,
    "payload": payloads,
}
STEPS: dict[type[AnyEvent], dict[str, st.SearchStrategy[Any]]] = {
    Noted: {"text": texts, "minutes": st.integers(0, 99), "visible": st.booleans()},
    Classified: {
        "type": st.sampled_from(REQUEST_TYPES),
        "service": names,
        "feature": names,
        "impact": levels,
        "urgency": levels,
        "priority": priorities,
        "reason": texts,
        "discovered": names | st.just(""),
        "assessment": st.none() | st.builds(Assessment, people=st.none() | st.integers(0, 10**6)),
        "grounds": st.lists(st.builds(Ground, names, texts, texts), max_size=2).map(tuple),
        "tell": st.lists(names, max_size=2).map(tuple),
    },
    NoticeTaken: {"note": texts},
    SlaReapplied: {"policy": st.just("0" * 64), "before": names, "reason": texts},
    BreachExplained: {"target": names, "cause": names, "note": texts},
    SupportDecided: {"support": st.builds(Support, what=texts, until=st.none() | instants)},
    Assigned: {"to": st.none() | names, "queue": names},
    Accepted: {},
    Returned: {"to": names, "reason": texts},
    Waited: {"waiting_for": names, "until": st.none() | instants, "reason": texts},
    Resumed: {"reason": texts},
    Escalated: {
        "hand_over": st.sampled_from(["escalate", "transfer"]),
        "to": names,
        "reason": texts,
    },
    Resolved: {"code": names, "note": texts, "articles": articles},
    Closed: {
        "code": names,
        "unconfirmed": texts,
        "skipped": st.lists(texts, max_size=2).map(tuple),
    },
    Reopened: {"reason": texts},
    Repeated: {"key": texts, "times": st.integers(0, 99), "flapping": st.booleans()},
    Recovered: {"key": texts, "all_clear": st.booleans(), "flapping": st.booleans()},
    Correlated: {
        "key": texts,
        "summary": texts,
        "alert": st.builds(AlertFacts, source=names, key=texts, starts_at=st.none() | instants),
        "rule": names,
    },
    Suppressed: {"key": texts, "firing": st.booleans(), "times": st.integers(0, 99)},
    Raised: {"key": texts, "ref": names},
    Validated: {"corrections": st.dictionaries(names, st.builds(Correction, texts, texts))},
    Contacted: {"text": texts, "minutes": st.integers(0, 99), "channel": names},
    Acknowledged: {"to": texts, "message_id": texts, "sent": st.booleans()},
    Attached: {"attachments": st.just((Attachment(name="a.log", size=3, sha256="0" * 64),))},
    Announced: {"bulletin": st.builds(Bulletin, text=texts, until=st.none() | instants)},
    Withdrawn: {"reason": texts},
    Viewed: {"times": st.integers(0, 99)},
    AlsoAffected: {"contact": names, "minutes": st.integers(0, 99)},
    Detailed: {"request": st.builds(RequestDetails, wanted=texts, failed=texts)},
    Delivered: {
        "alert": texts,
        "route": names,
        "to": names,
        "ok": st.booleans(),
        "attempt": st.integers(1, 99),
        "reason": texts,
        "next_at": st.none() | instants,
    },
    ProblemLinked: {"problem": names, "opening": texts, "why": texts},
    ProblemUnlinked: {"problem": names, "why": texts},
    ProblemTold: {"problem": names, "what": st.sampled_from(["known-error", "closed"])},
    ArticlesShown: {"articles": editions, "query": texts},
    ArticlesUsed: {"articles": articles, "note": texts, "tell": st.lists(names).map(tuple)},
    ArticleSent: {"article": edition, "decision": st.sampled_from(SHARINGS), "link": texts},
    ArticleReceived: {"article": edition, "receipt": st.builds(Receipt, remote=texts)},
    Undone: {"undoes": st.just(("none of these",)), "reason": texts},
    Voided: {"reason": texts},
    Linked: {"relation": st.sampled_from(RELATIONS), "to": names, "why": texts},
    Unlinked: {"relation": st.sampled_from(RELATIONS), "to": names},
    Merged: {"into": names, "why": texts},
    Absorbed: {"source": names},
    TroubleshootingStepped: {"hypothesis": texts, "change": texts, "minutes": st.integers(0, 9)},
    FixApplied: {"what": texts, "until": st.none() | instants},
    ServiceResumed: {"how": texts},
    Mentored: {"mentor": names, "skill": texts},
    EtaGiven: {"eta": instants, "told": st.booleans()},
    ProcedureSought: {"query": texts, "found": editions},
    ApprovalDecided: {
        "procedure": edition,
        "decision": st.sampled_from(["approved", "rejected"]),
        "person": names,
    },
    FulfilmentStarted: {"procedure": edition, "scheduled": st.none() | instants},
    FulfilmentStepped: {
        "procedure": edition,
        "number": st.integers(1, 9),
        "step": texts,
        "result": st.sampled_from(STEP_RESULTS),
    },
    HookRan: {"procedure": edition, "command": st.lists(texts).map(tuple), "output": texts},
    FulfilmentEnded: {"procedure": edition, "outcome": st.sampled_from(FULFILLED)},
    RequestFiltered: {"decision": st.sampled_from(["accepted", "rejected"]), "rule": names},
    ChangeRequested: {"category": names, "fields": st.dictionaries(names, texts, max_size=2)},
    ChangeFollowed: {"status": st.sampled_from(CHANGE_STATUSES), "due": st.none() | instants},
    SurveySent: {
        "survey": names,
        "to": names,
        "figures": st.dictionaries(names, names, max_size=2),
        "message_id": texts,
        "token_hash": texts,
    },
    SurveyAnswered: {"survey": names, "scores": st.dictionaries(names, st.integers(0, 5))},
    Reviewed: {
        "checks": st.dictionaries(names, st.sampled_from(CHECK_ANSWERS)),
        "checklist": texts,
        "note": texts,
    },
    SlaAlerted: {
        "alert": texts,
        "target": names,
        "threshold": st.integers(0, 100),
        "due": instants,
        "target_s": st.integers(0, 10**9),
        "late_by_s": st.integers(-(10**9), 10**9),
        "recipients": st.lists(names, max_size=2).map(tuple),
    },
}


@st.composite
def histories(draw: st.DrawFn) -> list[AnyEvent]:
    """Events that may follow one another, of every kind, at any times."""

    def mark() -> tuple[str, datetime, str]:
        at = draw(instants)
        return new_id(at), at, draw(names)

    given_ = {name: draw(strategy) for name, strategy in OPENINGS.items() if draw(st.booleans())}
    needed = {name: draw(OPENINGS[name]) for name in ("summary", "queue", "priority")}
    ticket = fold("SD-1", [Opened(*mark(), **{**needed, **given_})])
    for _ in range(draw(st.integers(0, 8))):
        if ticket.void:
            break  # nothing more can be done on it
        legal = [cls for cls in STEPS if ticket.status in LIFECYCLE[str(cls.__struct_config__.tag)]]
        cls = draw(st.sampled_from(legal))
        fields = {name: draw(strategy) for name, strategy in STEPS[cls].items()}
        ticket = advance(ticket, [cls(*mark(), **fields)])
    return list(ticket.events)


def test_every_kind_of_event_is_tried() -> None:
    """The histories below are made of all kinds of events that there are."""
    assert {str(cls.__struct_config__.tag) for cls in STEPS} == LIFECYCLE.keys() - {"imported"}


@settings(max_examples=examples(60))
@given(made=st.lists(histories(), min_size=1, max_size=4), folded=st.booleans())
def test_export_and_import_are_inverse(
    tmp_path_factory: pytest.TempPathFactory, made: list[list[AnyEvent]], folded: bool
) -> None:
    """Any tickets, exported and imported elsewhere, have the same events and the same folded fields.

    Doing it again adds nothing, there or here, and a third desk gets the same again.
    """
    here, there, third = (tmp_path_factory.mktemp(name) for name in ("here", "there", "third"))
    with TinyLedger(str(here), 5).write() as writer:
        for events in made:
            writer.create(events)
    if folded:
        TinyLedger(str(here), 5).compact()
    originals, lines = tickets(here), exported(here)
    assert [list(ticket.events) for ticket in originals] == made
    assert exported(here) == lines

    arrivals = read(lines, "file")
    assert all(each.is_new for each in record(there, arrivals))
    copies = tickets(there)
    for original, copy in zip(originals, copies, strict=True):
        assert copy.events[:-1] == original.events
        assert isinstance(copy.events[-1], Imported)
        source, at = copy.source, copy.imported_at
        nothing: dict[str, Any] = {"undelivered": (), "given_up": (), "problems": ()}
        owes = {**nothing, "links": (), "merged_into": ""}
        expected = msgspec.structs.replace(original, source=source, imported_at=at, **owes)
        assert msgspec.structs.replace(copy, events=original.events) == expected

    assert not any(each.is_new for each in record(there, read(lines, "file")))
    assert not any(each.is_new for each in record(here, arrivals))
    assert (tickets(here), tickets(there)) == (originals, copies)

    record(third, read(exported(there), "file"))
    for copy, again in zip(copies, tickets(third), strict=True):
        assert again.events[:-1] == copy.events
        assert again.source == copy.source


def test_a_ticket_that_comes_home_is_known(tmp_path: Path) -> None:
    """Exported, imported elsewhere under another reference, and back: it is here already."""
    here, there = tmp_path / "here", tmp_path / "there"
    record(there, [one(OPENED, source="theirs")])
    with TinyLedger(str(here), 5).write() as writer:
        writer.create(one({**OPENED, "id": "ours"}).events)
    record(there, read(exported(here), "file"))
    assert [each.is_new for each in record(here, read(exported(there), "file"))] == [True, False]


def test_another_ticket_under_the_same_reference_is_new(tmp_path: Path) -> None:
    """A reference alone proves nothing: two desks both have an SD-1."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        with TinyLedger(str(folder), 5).write() as writer:
            writer.create([Opened(*STAMP.mark(), summary=folder.name, queue="q", priority="P3")])
    (moved,) = record(here, read(exported(there), "file"))
    assert (moved.is_new, moved.ref) == (True, "SD-2")
    assert [ticket.summary for ticket in tickets(here)] == ["here", "there"]


def test_keys_are_known_after_an_import(tmp_path: Path) -> None:
    """An imported alert counts on, and a request that was sent before is not recorded again."""
    record(tmp_path, [one({**OPENED, "key": "probe", "idempotency_key": "id-1"})])
    for _ in range(2):
        ledger = TinyLedger(str(tmp_path), 5)
        (ticket,) = tickets(tmp_path)
        assert ledger.by_key("probe") == ledger.by_idempotency_key("id-1") == ticket
        ledger.compact()


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """If recording stops half-way, no ticket of the file is there."""
    arrivals = [one(OPENED, source=f"old/{number}") for number in range(5)]

    def stop(done: int, total: int) -> None:
        assert total == 10  # each is looked for, and then recorded
        if done == 8:
            raise KeyboardInterrupt

    ledger = TinyLedger(str(tmp_path), 5)
    with pytest.raises(KeyboardInterrupt), ledger.write() as writer:
        bring(writer, arrivals, STAMP, stop)
    assert tickets(tmp_path) == []


def test_progress_counts_tickets(tmp_path: Path) -> None:
    """Whoever waits is told each ticket, when it was looked for and when it was recorded."""
    arrivals = [one(OPENED, source=f"old/{number}") for number in range(3)]
    for _ in range(2):
        told: list[tuple[int, int]] = []
        with TinyLedger(str(tmp_path), 5).write() as writer:
            bring(writer, arrivals, STAMP, lambda done, total: told.append((done, total)))  # noqa: B023
        assert told == [(done, 6) for done in range(1, 7)]


@pytest.mark.parametrize(("here", "come", "passes"), [(40, 2, 0), (40, 30, 1), (0, 3, 1)])
def test_many_are_looked_for_in_one_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: int, come: int, passes: int
) -> None:
    """A large file costs one look at every ticket, a small one a look-up for each of its own (T25)."""
    record(tmp_path, [one(OPENED, source=f"old/{number}") for number in range(here)])
    calls: list[str] = []

    def counted(name: str) -> Callable[..., Any]:
        whole = getattr(TinyLedger, name)

        def count(*args: Any) -> Any:
            calls.append(name)
            return whole(*args)

        return count

    for name in ("by_source", "by_sources"):
        monkeypatch.setattr(TinyLedger, name, counted(name))
    arrivals = [one(OPENED, source=f"old/{here - 1 + number}") for number in range(come)]
    found = known_here(TinyLedger(str(tmp_path), 5), arrivals, lambda _done, _total: None)

    assert calls == (["by_sources"] if passes else ["by_source"] * come)
    refs = [known.ref for _, known in found]
    assert refs == [f"SD-{here}" if here else "", *[""] * (come - 1)]


def test_times_may_run_backwards(tmp_path: Path) -> None:
    """Clocks elsewhere were wrong: the order of the file is the order of events."""
    at = datetime(2026, 1, 1, tzinfo=timezone.utc)
    later = [
        {**NOTED, "text": str(day), "at": (at - timedelta(days=day)).isoformat()}
        for day in range(4)
    ]
    record(tmp_path, [one(OPENED, *later)])
    (ticket,) = tickets(tmp_path)
    assert [event.text for event in ticket.events if isinstance(event, Noted)] == list("0123")
    assert [kind(event) for event in ticket.events] == ["opened", *["noted"] * 4, "imported"]


def test_links_come_with_their_tickets(tmp_path: Path) -> None:
    """What belongs together elsewhere does so here, under the references of here (R7.3, T25)."""
    here, there = tmp_path / "here", tmp_path / "there"
    with TinyLedger(str(here), 5).write() as writer:
        one, two, three = (
            writer.create(
                [Opened(*STAMP.mark(), summary=f"t{number}", queue="network", priority="P3")]
            )
            for number in range(3)
        )
        for a, relation, b in ((one, "follow-up", two), (two, "follow-up-of", one)):
            link = Linked(*STAMP.mark(), relation=relation, to=b.ref, opening=b.opening.id)  # type: ignore[arg-type]
            writer.append(writer.get(a.ref), [link])
        merged = Merged(*STAMP.mark(), into=one.ref, opening=one.opening.id)
        writer.append(three, [merged])
    record(there, [one_line := Arrival("x/1", (OTHER,))])
    assert one_line.source == "x/1"
    lines = exported(here)
    record(there, read(lines, "file"))
    links = {
        t.ref: [(each.relation, each.to) for each in t.links] for t in tickets(there) if t.links
    }
    assert links == {
        "SD-2": [("follow-up", "SD-3"), ("duplicated-by", "SD-4")],
        "SD-3": [("follow-up-of", "SD-2")],
        "SD-4": [("duplicate-of", "SD-2")],
    }
    alone = tmp_path / "alone"
    (moved,) = record(alone, read(lines[1:2], "file"))
    assert moved.links_left_out == 1


OTHER = Opened(*STAMP.mark(), summary="another", queue="network", priority="P3")
