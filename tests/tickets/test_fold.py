"""Events and their fold: what happened is never lost, and makes the ticket."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from itertools import count
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.tickets import base as event_module
from sdcli.tickets import event as event_types
from sdcli.tickets import keys
from sdcli.tickets.event import (
    Accepted,
    Acknowledged,
    AnyEvent,
    ArticleSent,
    ArticlesShown,
    ArticleUse,
    Assigned,
    Classified,
    Closed,
    Delivered,
    Edition,
    Escalated,
    Imported,
    Noted,
    Opened,
    Recovered,
    Reopened,
    Repeated,
    Resolved,
    Resumed,
    Returned,
    SlaAlerted,
    Stamp,
    Waited,
    instant,
    kind,
    new_id,
)
from sdcli.tickets.lifecycle import table
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import HAND_OVERS, LEVELS, PRIORITIES, REQUEST_TYPES

if TYPE_CHECKING:
    from msgspec.structs import FieldInfo

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
EVENT = msgspec.json.Decoder(AnyEvent)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
instants = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - bounds carry no zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(timezone.utc),
)
counts = st.integers(0, 10_000)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
KNOWN: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: counts,
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    NoneType: st.none(),
    datetime: instants,
    "id": st.builds(new_id, instants),
    "type": st.sampled_from(REQUEST_TYPES),
    "impact": st.sampled_from(LEVELS),
    "urgency": st.sampled_from(LEVELS),
    "priority": st.sampled_from(PRIORITIES),
    "hand_over": st.sampled_from(HAND_OVERS),
    "payload": values,
    "fields": st.dictionaries(texts, texts, max_size=3),
    "reasons": st.dictionaries(texts, texts, max_size=3),
    "to": st.none() | texts,
    "would_open": st.none(),
    "until": st.none() | instants,
    "articles": st.lists(st.builds(ArticleUse, texts, texts, texts), max_size=2).map(tuple),
    "skipped": st.lists(texts, max_size=2).map(tuple),
    "recipients": st.lists(texts, max_size=2).map(tuple),
}


NAMED = (event_types.Linked, event_types.Unlinked, event_types.SurveySent)


def events_of(kind_: type[AnyEvent]) -> st.SearchStrategy[AnyEvent]:
    """Any event of one kind: every field from its name, else from its type."""
    fields = msgspec.structs.fields(kind_)
    told = {field.name: _strategy(field) for field in fields}
    if kind_ in (Returned, Escalated, Acknowledged, Delivered, ArticleSent, *NAMED):
        told["to"] = texts
    if kind_ is ArticlesShown:
        told["articles"] = st.lists(st.builds(Edition, texts, texts), max_size=2).map(tuple)
    return st.builds(kind_, **told)


def _strategy(field: FieldInfo) -> st.SearchStrategy[Any]:
    """Any value of a field: from its name, else its type, or from the parts of that type."""
    known = KNOWN.get(field.name, KNOWN.get(field.type))
    return _of_type(field.type) if known is None else known


def _of_type(hint: Any) -> st.SearchStrategy[Any]:
    if hint in KNOWN:
        return KNOWN[hint]
    parts = get_args(hint)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        return st.builds(hint, **{name: _of_type(each) for name, each in hints.items()})
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return st.one_of(*map(_of_type, parts))
    if origin is dict:
        return st.dictionaries(*map(_of_type, parts), max_size=2)
    if origin is Literal:
        return st.sampled_from(parts)
    assert origin is tuple
    return st.lists(_of_type(parts[0]), max_size=2).map(tuple)


def opened(**more: Any) -> Opened:
    """An opening event."""
    given_ = {"summary": "It is broken", "queue": "service-desk", "priority": "P3", **more}
    return Opened(*Stamp(at=NOW, by="ben").mark(), **given_)


def mark(hours: int = 1, by: str = "mina") -> tuple[str, datetime, str, datetime | None]:
    """The first fields of an event some hours after the opening."""
    return Stamp(at=NOW + timedelta(hours=hours), by=by).mark()


@pytest.mark.parametrize("kind_", get_args(AnyEvent), ids=lambda kind_: kind_.__name__)
@given(data=st.data())
def test_events_survive_json(kind_: type[AnyEvent], data: st.DataObject) -> None:
    """An event of any kind, with any text, is the same after being written and read."""
    event = data.draw(events_of(kind_))
    written = msgspec.json.encode(event)
    assert EVENT.decode(written) == event
    told = json.loads(written)
    assert list(told)[:4] == ["kind", "id", "at", "by"]
    assert told["kind"] == kind(event)


def test_unknown_fields_and_kinds_are_refused() -> None:
    """An event that this program does not know whole is not taken for one that it knows."""
    told = json.loads(msgspec.json.encode(Accepted(*mark())))
    for wrong in ({**told, "mood": "good"}, {**told, "kind": "vanished"}, {"kind": "accepted"}):
        with pytest.raises(msgspec.ValidationError):
            EVENT.decode(json.dumps(wrong))


def test_events_cannot_be_changed() -> None:
    """What happened has happened: events and tickets are frozen."""
    event, ticket = opened(), fold("SD-1", [opened()])
    with pytest.raises(AttributeError):
        event.summary = "another"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        ticket.status = "closed"  # type: ignore[misc]


def test_ids_sort_in_the_order_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids of one instant are unique and sort as they were made; later instants sort later."""
    monkeypatch.setattr(event_module, "_sequence", count())
    same = [new_id(NOW) for _ in range(5000)]
    later = [new_id(NOW + timedelta(milliseconds=step)) for step in range(1, 200)]
    assert same + later == sorted(same + later)
    assert len({*same, *later}) == 5199
    assert {len(made) for made in (*same, *later)} == {26}
    assert {*"".join(same)} <= {*"0123456789ABCDEFGHJKMNPQRSTVWXYZ"}


def test_ids_of_two_processes_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that begin at the same instant make different ids."""
    made = []
    for _ in range(2):
        monkeypatch.setattr(event_module, "_sequence", count())
        made += [new_id(NOW) for _ in range(500)]
    assert len(set(made)) == 1000


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-23T10:00:00Z", 10),
        ("2026-11-23T10:00:00z", 10),
        (" 2026-11-23T10:00:00.999+00:00 ", 10),
        ("2026-11-23T10:00:00+02:00", 8),
        ("2026-11-23T04:30:00-05:30", 10),
    ],
)
def test_instants_are_utc_in_whole_seconds(text: str, hour: int) -> None:
    """Any offset is read and becomes UTC."""
    assert instant(text) == NOW.replace(hour=hour)
    assert instant(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "soon", "2026-11-23", "2026-11-23T10:00:00", "2026-13-01Z"])
def test_instants_without_a_zone_are_refused(text: str) -> None:
    """An instant that could mean two moments is none."""
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is Python's
        instant(text)


def test_opening_makes_a_new_ticket() -> None:
    """A ticket begins new, with what was known and nothing else."""
    ticket = fold("SD-1", [opened(minutes=5, key="k", idempotency_key="i", requester="ada")])
    assert (ticket.ref, ticket.status, ticket.assignee) == ("SD-1", "new", None)
    assert (ticket.opened_at, ticket.updated_at) == (NOW, NOW)
    assert (ticket.minutes, ticket.alert_count, ticket.requester) == (5, 1, "ada")
    assert (ticket.key, ticket.idempotency_key) == ("k", "i")
    assert ticket.opening == ticket.events[0]
    assert fold("SD-1", [opened()]).alert_count == 0


@pytest.mark.parametrize("events", [[], [Accepted(*mark())], [Accepted(*mark()), opened()]])
def test_a_ticket_begins_with_its_opening(events: list[AnyEvent]) -> None:
    """Events that do not begin with an opening make no ticket."""
    with pytest.raises(TypeError, match="SD-9 does not begin with an opening"):
        fold("SD-9", events)


def test_times_follow_the_state() -> None:
    """Resolved and closed are kept from their first moment and void after reopening (R3d1.8)."""
    ticket = advance(fold("SD-1", [opened()]), (Resolved(*mark(1), code="fixed"),))
    assert (ticket.resolved_at, ticket.closed_at) == (NOW + timedelta(hours=1), None)
    ticket = advance(ticket, (Closed(*mark(2), code="fixed", unconfirmed="gone"),))
    assert ticket.resolved_at == NOW + timedelta(hours=1)
    assert ticket.closed_at == NOW + timedelta(hours=2)
    ticket = advance(ticket, (Noted(*mark(3), text="archived"),))
    assert ticket.closed_at == NOW + timedelta(hours=2)
    ticket = advance(ticket, (Reopened(*mark(4), reason="again"),))
    assert (ticket.resolved_at, ticket.closed_at, ticket.code) == (None, None, "")
    assert ticket.reopened == 1


def test_telling_the_clock_changes_no_ticket() -> None:
    """What the desk said of its own clock leaves the time of the last change alone (T15)."""
    ticket = fold("SD-1", [opened()])
    said = SlaAlerted(
        *mark(5), alert="a", target="response", threshold=80, due=NOW, target_s=1, late_by_s=0
    )
    after = advance(ticket, (said,))
    assert after.updated_at == ticket.updated_at
    assert after.sla_alerts == ("a",)
    assert advance(after, (Noted(*mark(6), text="x"),)).updated_at == NOW + timedelta(hours=6)


def test_what_is_owed_follows_from_what_was_said_and_tried() -> None:
    """An alert is owed to each person by each route until it is taken there, or given up (R5b.2)."""
    said = SlaAlerted(
        *mark(1),
        alert="a",
        target="response",
        threshold=80,
        due=NOW,
        target_s=1,
        late_by_s=0,
        routes=("mail ben", "mail amara", "pager Ada Lindqvist"),
    )
    owing = advance(fold("SD-1", [opened()]), (said,))
    assert owing.undelivered == ("a mail ben", "a mail amara", "a pager Ada Lindqvist")
    assert keys.UNDELIVERED in keys.keys_of(owing)

    def tried(to: str, **how: Any) -> Delivered:
        facts = {"route": "mail", "attempt": 1, **how}
        return Delivered(*mark(2), alert="a", to=to, **facts)

    moved = advance(owing, (Imported(*mark(3), source="elsewhere/1"),))
    assert moved.undelivered == ()  # that desk owes it, this one does not (T25)
    failed = advance(owing, (tried("ben", ok=False, next_at=NOW),))
    assert failed.undelivered == owing.undelivered
    ended = advance(
        failed,
        (
            tried("ben", ok=True),
            tried("amara", ok=False, reason="refused"),
            tried("Ada Lindqvist", ok=True, route="pager"),
        ),
    )
    assert (ended.undelivered, ended.given_up) == ((), ("a mail amara",))
    assert advance(ended, (tried("amara", ok=True, attempt=2),)).given_up == ()
    assert ended.updated_at == NOW
    assert keys.UNDELIVERED not in keys.keys_of(ended)


def test_minutes_add_up() -> None:
    """The effort of the opening and of every note is the effort of the ticket (R1a.1c)."""
    notes = [Noted(*mark(), text="x", minutes=minutes) for minutes in (1, 0, 30)]
    assert fold("SD-1", [opened(minutes=4), *notes]).minutes == 35


def test_hand_overs_are_followed() -> None:
    """A hand-over waits for acceptance or return, and both are counted (R3d2.1a)."""
    ticket = fold("SD-1", [opened(), Accepted(*mark())])
    assert (ticket.assignee, ticket.handed_from) == ("mina", "")
    moved = advance(
        ticket, (Escalated(*mark(), hand_over="escalate", to="network", reason="skill"),)
    )
    assert (moved.queue, moved.assignee, moved.handed_from) == ("network", None, "service-desk")
    assert moved.escalations == 1
    back = advance(moved, (Returned(*mark(), to="service-desk", reason="no host"),))
    assert (back.queue, back.assignee, back.handed_from) == ("service-desk", None, "")
    assert back.returns == 1
    taken = advance(moved, (Accepted(*mark(by="kofi")),))
    assert (taken.queue, taken.assignee, taken.handed_from) == ("network", "kofi", "")


def test_assigning_moves_between_queues_or_not() -> None:
    """Assigning inside the queue is no hand-over; assigning into another is one."""
    ticket = fold("SD-1", [opened()])
    inside = advance(ticket, (Assigned(*mark(), to="ben", queue="service-desk"),))
    assert (inside.assignee, inside.handed_from) == ("ben", "")
    outside = advance(inside, (Assigned(*mark(), to=None, queue="network"),))
    assert (outside.assignee, outside.queue, outside.handed_from) == (
        None,
        "network",
        "service-desk",
    )


def test_waits_end() -> None:
    """A wait is kept until it is resumed or the ticket resolved."""
    until = NOW + timedelta(days=1)
    waiting = fold("SD-1", [opened(), Waited(*mark(), waiting_for="caller", until=until)])
    assert (waiting.waiting_for, waiting.waiting_until) == ("caller", until)
    for ending in (Resumed(*mark()), Resolved(*mark(), code="fixed")):
        ended = advance(waiting, (ending,))
        assert (ended.waiting_for, ended.waiting_until) == ("", None)


def test_classification_is_replaced_whole() -> None:
    """What was decided stands on the ticket, priority included (R2c.2)."""
    event = Classified(
        *mark(),
        type="incident",
        service="vpn",
        feature="client",
        impact="high",
        urgency="low",
        priority="P2",
    )
    ticket = fold("SD-1", [opened(), event])
    decided = (ticket.type, ticket.service, ticket.feature, ticket.impact, ticket.urgency)
    assert decided == ("incident", "vpn", "client", "high", "low")
    assert ticket.priority == "P2"


def test_alerts_are_counted_and_recovery_kept_apart() -> None:
    """A service that works again is not a resolved ticket, and may fail again (R3d.0a)."""
    ticket = fold("SD-1", [opened(key="k"), Repeated(*mark(1), key="k")])
    up = advance(ticket, (Recovered(*mark(2), key="k"),))
    assert (up.alert_count, up.status, up.resolved_at) == (2, "new", None)
    assert up.service_restored_at == NOW + timedelta(hours=2)
    down = advance(up, (Repeated(*mark(3), key="k"),))
    assert (down.alert_count, down.service_restored_at) == (3, None)


def test_articles_and_codes_are_kept() -> None:
    """Articles of resolving and closing add up, and closing may correct the code (R3a.4)."""
    first, second = ArticleUse("KB-1", "solved", "r1"), ArticleUse("KB-2", "no-help")
    ticket = fold(
        "SD-1",
        [
            opened(),
            Resolved(*mark(), code="fixed", articles=(first,)),
            Closed(*mark(), code="advice", unconfirmed="gone", articles=(second,)),
        ],
    )
    assert (ticket.code, ticket.articles) == ("advice", (first, second))


@given(data=st.data())
def test_random_walks_refold_to_the_same_ticket(data: st.DataObject) -> None:
    """However a ticket came about: its events make it again, and JSON gives it back."""
    ticket = fold("SD-1", [data.draw(events_of(Opened))])
    kinds = {str(kind_.__struct_config__.tag): kind_ for kind_ in get_args(AnyEvent)}
    for _ in range(data.draw(st.integers(0, 12))):
        if ticket.void:
            break  # nothing more can be done on it
        legal = [w for w, states in table(ticket.record).items() if ticket.status in states]
        event = data.draw(st.sampled_from(legal).flatmap(lambda word: events_of(kinds[word])))
        event = replace(event, entered=None)  # what is entered late has tests of its own
        further = advance(ticket, (event,))
        assert further.events == (*ticket.events, event)
        ticket = further
    assert fold(ticket.ref, ticket.events) == ticket
    written = msgspec.json.encode(ticket)
    assert msgspec.json.decode(written, type=Ticket) == ticket
    assert b"\n" not in written


def test_a_ticket_row_without_an_opening_says_so() -> None:
    """A ticket whose first event is another is refused by name when its opening is asked for."""
    ticket = msgspec.structs.replace(fold("SD-3", [opened()]), events=(Accepted(*mark()),))
    with pytest.raises(TypeError, match="SD-3"):
        assert ticket.opening


def test_the_id_alphabet_sorts_as_it_reads() -> None:
    """Ids sort the same by bytes, by code point and by time, up to the year 2200."""
    moments = [NOW + timedelta(days=400 * step) for step in range(100)]
    made = [new_id(moment) for moment in moments]
    assert made == sorted(made) == sorted(made, key=lambda each: each.encode())
