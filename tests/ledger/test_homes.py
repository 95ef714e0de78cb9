"""How a ledger behaves, whichever home it has: the same look-ups, refusals and promises on both."""

from __future__ import annotations

from base64 import b85encode
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import NOT_FOUND, IllegalStepError, LedgerBusyError, NoSuchTicketError
from sdcli.ledger.interface import Beat
from sdcli.ledger.unit import Unit
from sdcli.tickets import keys
from sdcli.tickets.event import (
    Accepted,
    Closed,
    Imported,
    Noted,
    Opened,
    Reopened,
    Resolved,
    Resumed,
    Stamp,
    Waited,
)
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.ledger.making import ALL, NOW, closing, mark, noted, opened, reopening

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.ledger.interface import Ledger
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from tests.homes import Storage

pytestmark = pytest.mark.both_homes


@pytest.fixture(name="storage")
def _storage(bare_storage: Storage) -> Storage:
    """A ledger without tickets, on one home or the other."""
    return bare_storage


@pytest.fixture(name="ledger")
def _ledger(storage: Storage) -> Ledger:
    """The ledger, opened once."""
    return storage.ledger()


def put(ledger: Ledger, *events: AnyEvent) -> Ticket:
    """A new ticket in a commit of its own."""
    with ledger.write() as writer:
        return writer.create(events or (opened(),))


def add(ledger: Ledger, ref: str, *events: AnyEvent) -> Ticket:
    """Further events on a ticket in a commit of their own."""
    with ledger.write() as writer:
        return writer.append(writer.get(ref), events)


def refs(tickets: object) -> list[str]:
    """The references of tickets."""
    return [ticket.ref for ticket in tickets]  # type: ignore[attr-defined]


AWKWARD = {
    "controls": "\x00\x01\x1b[31mred\x7f",
    "nul in words": "a\x00b \\u0000 \\\\u0000",
    "lines": "line\nline\r\n\ttab\u2028\u2029\u0085",
    "families": "👩\u200d👩\u200d👧\u200d👦 🇨🇭 e\u0301",
    "backwards": "\u202eright to left\u202c",
    "quotes": '"}},"tickets":{"1": $$ \' %s %(a)s {} \\',
    "the last ones": "\U0010ffff\ufeff\ufffd",
    "long": "long " * 5000,
}


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD.keys())
def test_every_text_comes_back(storage: Storage, text: str) -> None:
    """What is written is read back equal wherever it stands: in fields, keys, names and notes."""
    event = opened(
        text,
        details=text,
        fields={text: text},
        key=text,
        idempotency_key=text,
        payload=[text],
        on_behalf_of=text,
        queue=text,
        service=text,
    )
    ticket = put(storage.ledger(), event, Noted(*mark(by=text), text=text))

    reader = storage.ledger()
    assert list(reader.find(ALL)) == [ticket]
    assert ticket.events[0] == event
    assert reader.get("SD-1") == ticket
    assert reader.by_key(text) == ticket
    assert reader.by_idempotency_key(text) == ticket
    assert list(reader.find(Query(queue=text))) == [ticket]
    assert list(reader.find(Query(service=text, statuses=STATUSES))) == [ticket]


def test_a_megabyte_comes_back(storage: Storage) -> None:
    """Details of a megabyte, NULs among them, are kept as they are, and change nothing for others."""
    large = "☕\x00 'x" * 200_000
    ticket = put(storage.ledger(), opened(details=large))
    put(storage.ledger(), opened("small"))
    assert storage.ledger().get("SD-1") == ticket
    assert refs(storage.ledger().find(ALL)) == ["SD-1", "SD-2"]


def test_keys_that_begin_alike_are_two(ledger: Ledger) -> None:
    """Keys longer than an index takes are told apart by their last character."""
    for end in "ab":
        put(ledger, opened(key="k" * 9000 + end, idempotency_key="i" * 9000 + end))
    for number, end in enumerate("ab", 1):
        for found in (
            ledger.by_key("k" * 9000 + end),
            ledger.by_idempotency_key("i" * 9000 + end),
        ):
            assert found == ledger.get(f"SD-{number}")
    assert ledger.by_key("k" * 9000) is None


def test_long_names_are_told_apart(ledger: Ledger) -> None:
    """A queue longer than an index takes is found, and is another than one that begins alike."""
    long = b85encode(bytes(Random(4).randbytes(9000))).decode()
    nul, other = "a\x00b", "a\ufffdb"
    for queue in (long + "a", long + "b", nul, other):
        put(ledger, opened(queue=queue, service=queue))
    for number, queue in enumerate((long + "a", long + "b", nul, other), 1):
        for query in (Query(queue=queue), Query(service=queue)):
            assert refs(ledger.find(query)) == [f"SD-{number}"]
            assert refs(ledger.most_pressing(query, 9)[0]) == [f"SD-{number}"]
            assert ledger.most_pressing(query, 0) == ([], 1)


def test_half_a_character_is_refused(ledger: Ledger) -> None:
    """A lone surrogate is no text: nothing is written of it, or of what was with it."""

    def unit() -> None:
        with ledger.write() as writer:
            writer.create([opened()])
            writer.create([opened("\ud800")])

    with pytest.raises(UnicodeError):
        unit()
    assert list(ledger.find(ALL)) == []


def test_references_count_up_from_one(ledger: Ledger) -> None:
    """References strictly increase, in one commit and over several, and lists keep the order."""
    with ledger.write() as writer:
        made = [writer.create([opened()]).ref for _ in range(3)]
    made += [put(ledger).ref for _ in range(9)]
    assert made == [f"SD-{number}" for number in range(1, 13)]
    assert refs(ledger.find(ALL)) == made


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failing_block_changes_nothing(
    ledger: Ledger, storage: Storage, error: BaseException
) -> None:
    """A unit of work that ends in any error leaves nothing, and the ledger is free at once."""
    put(ledger)
    before = storage.content()

    def unit() -> None:
        with ledger.write() as writer:
            ticket = writer.create([opened("never", key="k", idempotency_key="i")])
            writer.append(ticket, [Accepted(*mark())])
            writer.append(writer.get("SD-1"), [noted()])
            assert writer.by_key("k")
            raise error

    with pytest.raises(type(error)):
        unit()
    assert len(list(ledger.find(ALL))) == 1
    after = storage.content()
    if isinstance(before, tuple):  # a server gives each number once, to whoever asks for it
        before, after = before[0], after[0]
    assert after == before
    assert put(storage.ledger(0), opened(key="k", idempotency_key="i")).key == "k"


def test_an_illegal_step_takes_the_whole_unit_back(ledger: Ledger) -> None:
    """A refused event undoes what the same unit of work did before it."""
    put(ledger)

    def unit() -> None:
        with ledger.write() as writer:
            writer.create([opened("never")])
            writer.append(writer.get("SD-1"), [Resumed(*mark())])

    with pytest.raises(IllegalStepError):
        unit()
    assert refs(ledger.find(ALL)) == ["SD-1"]
    assert len(ledger.get("SD-1").events) == 1


def test_nothing_is_written_when_nothing_changed(ledger: Ledger, storage: Storage) -> None:
    """A unit of work that only looks, and reading, leave everything as it is."""
    put(ledger, opened(key="k"))
    before, version = storage.content(), ledger.version()
    with ledger.write() as writer:
        assert writer.get("SD-1").ref == "SD-1"
        assert writer.by_key("none") is None
        assert len(list(writer.find(ALL))) == 1
    assert ledger.by_key("k")
    assert storage.content() == before
    assert ledger.version() == version


@pytest.mark.parametrize(
    "ref",
    ["SD-2", "SD-0", "SD-01", "sd-1", "1", "", "SD-", "SD--1", "SD-1 ", "SD-1\n", "XX-1",
     "SD-1e0", "SD-" + "9" * 15, "SD-" + "9" * 40, "meta", "../SD-1", "SD-1\u0661", "SD-1\x00"],
)  # fmt: skip
def test_unknown_references_are_refused(ledger: Ledger, ref: str) -> None:
    """What is no reference of this ledger is not found, whatever it looks like, nor in a unit."""
    for _ in range(11):
        put(ledger)
    with pytest.raises(NoSuchTicketError) as refusal:
        ledger.get(ref if ref != "SD-2" else "SD-12")
    assert refusal.value.exit_code == NOT_FOUND
    with suppress(NoSuchTicketError), ledger.write() as writer:
        writer.get(ref if ref != "SD-2" else "SD-12")
        raise AssertionError


def test_by_key_finds_only_what_is_not_closed(ledger: Ledger) -> None:
    """An alert key leads to a ticket as long as that is not closed, and again when reopened."""
    put(ledger, opened(key="k"))
    assert ledger.by_key("k") == ledger.get("SD-1")
    add(ledger, "SD-1", Resolved(*mark(), code="fixed"))
    assert ledger.by_key("k") == ledger.get("SD-1")
    add(ledger, "SD-1", Closed(*mark(), code="fixed", unconfirmed="gone"))
    assert ledger.by_key("k") is None
    add(ledger, "SD-1", Reopened(*mark(), reason="again"))
    assert ledger.by_key("k") == ledger.get("SD-1")


def test_keys_are_kept_apart(ledger: Ledger) -> None:
    """Each key leads to its own ticket; no key and an unknown one lead to none."""
    put(ledger, opened(key="one"))
    put(ledger, opened(key="two", idempotency_key="three"))
    put(ledger, opened())
    assert ledger.by_key("one") == ledger.get("SD-1")
    assert ledger.by_key("two") == ledger.get("SD-2")
    for none in ("", "on", "three"):
        assert ledger.by_key(none) is None
    for none in ("", "one"):
        assert ledger.by_idempotency_key(none) is None


def test_by_key_gives_the_newest(ledger: Ledger) -> None:
    """Of two open tickets with one key the newer counts; the older when that is closed."""
    put(ledger, opened(key="k"))
    put(ledger, opened(key="k"))
    assert ledger.by_key("k") == ledger.get("SD-2")
    assert refs(ledger.having(keys.alert("k"))) == ["SD-2", "SD-1"]
    assert refs(ledger.having(keys.alert("k"), most=1)) == ["SD-2"]
    add(ledger, "SD-2", *closing())
    assert ledger.by_key("k") == ledger.get("SD-1")
    assert ledger.how_many(keys.alert("k")) >= 1


def test_what_was_recorded_once_is_found_for_good(ledger: Ledger, storage: Storage) -> None:
    """A request and an import are known whatever became of them: closed tickets are found."""
    for n in "12":
        put(ledger, opened(idempotency_key=f"i{n}"), Imported(*mark(), source=f"old-{n}"))
    put(ledger)
    add(ledger, "SD-1", *closing())
    for _ in range(2):
        for n in "12":
            ticket = ledger.get(f"SD-{n}")
            assert ledger.by_idempotency_key(f"i{n}") == ledger.by_source(f"old-{n}") == ticket
        assert refs(ledger.by_sources(["old-2", "old-1", "", "old-9"])) == ["SD-1", "SD-2"]
        assert ledger.by_source("old-3") is None
        assert ledger.by_source("") is None
        ledger.compact()
        ledger = storage.ledger()


@pytest.mark.parametrize("looked_before", [False, True])
def test_a_writer_sees_what_it_added(ledger: Ledger, *, looked_before: bool) -> None:
    """Look-ups inside a unit of work see its own tickets and closures; others see none of them."""
    with ledger.write() as writer:
        if looked_before:
            assert writer.by_key("k") is None
            assert writer.by_idempotency_key("i") is None
        ticket = writer.create(
            [opened(key="k", idempotency_key="i"), Imported(*mark(), source="s")]
        )
        assert writer.by_key("k") == writer.by_idempotency_key("i") == ticket
        assert writer.by_source("s") == writer.get(ticket.ref) == ticket
        assert list(writer.find(ALL)) == [ticket]
        after = writer.append(ticket, closing())
        assert writer.by_key("k") is None
        assert writer.by_idempotency_key("i") == after
        assert writer.count() == 1
        assert writer.most_pressing(Query(), 9) == ([], 0)
    assert list(ledger.find(ALL)) == [after]


@pytest.mark.parametrize("way", ["close the newer", "note on the older"])
def test_a_writer_answers_as_a_reader_would(ledger: Ledger, way: str) -> None:
    """With two open tickets of one key a writer names the same one as a fresh reading."""
    put(ledger, opened(key="k"))
    put(ledger, opened(key="k"))
    with ledger.write() as writer:
        assert writer.by_key("k") == writer.get("SD-2")
        if way == "close the newer":
            writer.append(writer.get("SD-2"), closing())
        else:
            writer.append(writer.get("SD-1"), [noted()])
        seen = writer.by_key("k")
    assert seen == ledger.by_key("k")


def test_nobody_sees_half_a_unit(ledger: Ledger, storage: Storage) -> None:
    """What a unit of work has written is not there for others until it ends, and then all of it."""
    put(ledger)
    with ledger.write() as writer:
        writer.append(writer.get("SD-1"), [noted()])
        writer.create([opened(key="k")])
        assert writer.by_key("k")
        assert refs(storage.ledger().find(ALL)) == ["SD-1"]
        assert len(storage.ledger().get("SD-1").events) == 1
    assert refs(storage.ledger().find(ALL)) == ["SD-1", "SD-2"]
    assert len(storage.ledger().get("SD-1").events) == 2


@pytest.mark.parametrize("many", [3, 600])
def test_a_reading_stands_still(ledger: Ledger, storage: Storage, many: int) -> None:
    """A list that is being read shows one moment, while others write."""
    with ledger.write() as writer:
        for _ in range(many):
            writer.create([opened()])
    reading = ledger.find(ALL)
    first = next(reading)
    other = storage.ledger()
    put(other)
    add(other, f"SD-{many}", *closing())
    rest = list(reading)
    assert refs((first, *rest)) == [f"SD-{n}" for n in range(1, many + 1)]
    assert rest[-1].status == "new"
    assert len(list(ledger.find(ALL))) == many + 1


def test_what_was_entered_late_stands_where_it_happened(ledger: Ledger, storage: Storage) -> None:
    """Opened, ended and completed late in one unit or in several, it is read as written (T30)."""
    begun = opened()
    later = Stamp(at=begun.at + timedelta(hours=3), by="ben")
    late = Stamp(at=begun.at + timedelta(hours=1), by="ben", entered=later.at)
    with ledger.write() as writer:
        ticket = writer.create((begun,))
        ticket = writer.append(ticket, (Resolved(*later.mark(), code="solved"),))
        ticket = writer.append(ticket, (Closed(*later.mark(), code="solved"),))
        ticket = writer.append(ticket, (Waited(*late.mark(), waiting_for="user"),))
    assert [type(event) for event in ticket.events] == [Opened, Waited, Resolved, Closed]
    assert storage.ledger().get(ticket.ref) == ticket

    put(ledger, begun)
    add(ledger, "SD-2", Resolved(*later.mark(), code="solved"))
    after = add(ledger, "SD-2", Waited(*late.mark(), waiting_for="user"))
    ledger.compact()
    assert storage.ledger().get("SD-2") == after
    assert [type(event) for event in after.events] == [Opened, Waited, Resolved]
    assert refs(ledger.find(Query(statuses=("resolved",)))) == ["SD-2"]


def test_older_and_closed_go_page_by_page(ledger: Ledger) -> None:
    """Pages of what is older, or was closed since, join without a gap and without an overlap."""
    for number in range(1, 8):
        put(ledger, opened(hours=number / 10))
        if number % 2:
            add(ledger, f"SD-{number}", *closing(number))
    assert refs(ledger.older("", 3)) == ["SD-7", "SD-6", "SD-5"]
    assert refs(ledger.older("SD-5", 3)) == ["SD-4", "SD-3", "SD-2"]
    assert refs(ledger.older("SD-5", 9, "SD-2")) == ["SD-4", "SD-3"]
    since = NOW + timedelta(hours=3)
    assert refs(ledger.closed_since(since, 2)) == ["SD-3", "SD-5"]
    assert refs(ledger.closed_since(since, 2, "SD-5")) == ["SD-7"]
    assert refs(ledger.find(Query(touched_since=since))) == [f"SD-{n}" for n in (2, 3, 4, 5, 6, 7)]
    assert ledger.count() == 7


def test_the_most_pressing_come_first(ledger: Ledger) -> None:
    """By priority, then by age, then by reference; and how many more there are."""
    for priority, hours in (("P3", 0), ("P1", 2), ("P3", -1), ("P1", 2), ("P5", -9)):
        put(ledger, opened(priority=priority, hours=hours))
    for most in range(6):
        first, more = ledger.most_pressing(Query(), most)
        assert refs(first) == ["SD-2", "SD-4", "SD-3", "SD-1", "SD-5"][:most]
        assert more == 5 - most


def test_a_version_tells_each_state_from_the_others(ledger: Ledger, storage: Storage) -> None:
    """Every commit and every check of the clocks makes another version; reading and trials none."""
    seen = [ledger.version()]

    def is_another() -> bool:
        seen.append(storage.ledger().version())
        return seen[-1] not in seen[:-1]

    put(ledger)
    assert is_another()
    add(ledger, "SD-1", noted())
    assert is_another()
    ledger.beat(Beat(at=NOW, by="ben"))
    assert is_another()
    assert len(list(ledger.find(ALL))) == 1
    assert not is_another()


def test_a_unit_under_way_makes_another_version_when_it_ends(
    ledger: Ledger, storage: Storage
) -> None:
    """Whoever asked for the version while it was written asks again, and reads what is new."""
    put(ledger)
    with ledger.write() as writer:
        writer.append(writer.get("SD-1"), [noted()])
        assert writer.find(ALL)
        assert list(writer.find(ALL))  # by now a server has it
        asked = storage.ledger()
        version = asked.version()
        assert len(asked.get("SD-1").events) == 1
    assert asked.version() != version
    assert len(asked.get("SD-1").events) == 2


def test_a_rehearsal_uses_nothing_up(ledger: Ledger, storage: Storage) -> None:
    """What is rehearsed is seen by who rehearses it, takes no reference, and is not there after."""
    put(ledger)
    before, version = storage.content(), ledger.version()
    for _ in range(3):
        unit = Unit(ledger, rehearses=True)
        with unit.write() as writer:
            made = [writer.create([opened(key="k")]).ref for _ in range(2)]
            writer.append(writer.get("SD-1"), [noted()])
            found = writer.by_key("k")
        assert made == ["SD-2", "SD-3"]
        assert found is not None
        assert found.ref == "SD-3"
        assert len(unit.get("SD-1").events) == 2
        unit.abandon()
    assert storage.content() == before
    assert ledger.version() == version
    assert put(ledger).ref == "SD-2"


def test_who_cannot_write_in_time_is_told(storage: Storage) -> None:
    """While another holds all of it nothing is written, reading goes on, and afterwards writing."""
    put(storage.ledger())
    busy = storage.ledger(0.02)
    with storage.held():
        with pytest.raises(LedgerBusyError):
            put(busy)
        assert refs(busy.find(ALL)) == ["SD-1"]
    assert put(busy).ref == "SD-2"


def test_one_at_a_time_is_alone(ledger: Ledger, storage: Storage) -> None:
    """While a process does something alone no other does the same, and others are not held up."""
    put(ledger)
    with ledger.alone("survey") as first, storage.ledger().alone("survey") as second:
        assert (bool(first), bool(second)) == (True, False)
        with storage.ledger().alone("deliver") as other:
            assert other
        assert put(storage.ledger(0)).ref == "SD-2"
    with storage.ledger().alone("survey") as third:
        assert third


def test_service_levels_are_kept_for_good(ledger: Ledger, storage: Storage) -> None:
    """They are there for every process by their hash, as often as they are kept."""
    from hashlib import sha256  # noqa: PLC0415 - here only

    content = b'{"calendars": {}}\x00\xff'
    policy = sha256(content).hexdigest()
    assert not ledger.has_levels(policy)
    for _ in range(2):
        ledger.keep_levels(policy, content)
    assert storage.ledger().has_levels(policy)
    assert storage.ledger().levels(policy) == content
    assert storage.pins() == {policy: content}


def test_a_beat_is_heard_by_all(ledger: Ledger, storage: Storage) -> None:
    """The last check of the clocks is known to every process, and only the last."""
    put(ledger)
    assert ledger.last_beat() is None
    for hours in (0, 1):
        ledger.beat(Beat(at=NOW + timedelta(hours=hours), by="zoë"))
    assert storage.ledger().last_beat() == Beat(at=NOW + timedelta(hours=1), by="zoë")


def test_compacting_changes_nothing_that_can_be_asked(ledger: Ledger, storage: Storage) -> None:
    """Lists and look-ups are the same before and after, and so is what comes next."""
    for number in range(4):
        put(ledger, opened(key=f"k{number}", idempotency_key=f"i{number}"))
    add(ledger, "SD-2", *closing())
    add(ledger, "SD-3", *closing())
    add(ledger, "SD-3", reopening())

    def asked(of: Ledger) -> Callable[[], object] | object:
        return (
            list(of.find(ALL)),
            [of.by_key(f"k{n}") for n in range(4)],
            [of.by_idempotency_key(f"i{n}") for n in range(4)],
            of.most_pressing(Query(), 2),
            of.older("SD-4", 9),
            of.count(),
        )

    before = asked(ledger)
    ledger.compact()
    assert asked(ledger) == asked(storage.ledger()) == before
    assert put(ledger).ref == "SD-5"


def test_a_ticket_that_was_kept_from_before_is_not_set_back(
    ledger: Ledger, storage: Storage
) -> None:
    """Who appends twice to what was read once has appended both, in a unit of work and after it."""
    put(ledger)
    with ledger.write() as writer:
        stale = writer.get("SD-1")
        notes = noted("first"), noted("second")
        writer.append(stale, notes[:1])
        after = writer.append(stale, notes[1:])
        assert after.events[1:] == notes
        assert list(writer.find(ALL)) == [after]
        last = writer.append(stale, closing(2))
        with pytest.raises(IllegalStepError):
            writer.append(stale, [Accepted(*mark(3))])
        assert writer.get("SD-1") == last
        new = writer.create((opened("another"),))
        writer.append(new, [noted("first")])
        writer.append(new, [noted("second")])
    assert ledger.get("SD-1") == storage.ledger().get("SD-1") == last
    assert len(storage.ledger().get(new.ref).events) == 3
    assert storage.ledger().examine(lambda *_: None).findings == ()
