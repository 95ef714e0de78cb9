"""The ledger as its users see it: tickets in, tickets out, one commit a unit of work."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.errors import (
    NOT_FOUND,
    IllegalStepError,
    LedgerDamagedError,
    NoSuchTicketError,
)
from sdcli.intake.convert import DEEPEST
from sdcli.intake.items import RequestItem, Unreadable
from sdcli.intake.recognise import recognise
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import (
    Accepted,
    AnyEvent,
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
from tests.ledger.making import ALL, NAMES, mark, opened, picture
from tests.sampling import examples

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.tickets.ticket import Ticket

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
awkward = st.sampled_from(
    [
        "\x00\x01\x1b[31mred\x7f",
        "line\nline\r\n\ttab",
        "\u2028\u2029\u0085",
        "👩‍👩‍👧‍👦 🇨🇭 e\u0301",
        "\u202eright to left\u202c",
        '"}},"tickets":{"1":',
        "\\u0000 \\ud800 \\",
        "<<<<<<< HEAD",
        "long " * 5000,
        "\U0010ffff\ufeff",
    ]
)
anything = texts | awkward


def put(ledger: TinyLedger, *events: AnyEvent) -> Ticket:
    """A new ticket in a commit of its own."""
    with ledger.write() as writer:
        return writer.create(events or (opened(),))


def add(ledger: TinyLedger, ref: str, *events: AnyEvent) -> Ticket:
    """Further events on a ticket in a commit of their own."""
    with ledger.write() as writer:
        return writer.append(writer.get(ref), events)


def close(ledger: TinyLedger, ref: str) -> Ticket:
    """A ticket resolved and closed in one commit."""
    return add(
        ledger,
        ref,
        Resolved(*mark(1), code="fixed"),
        Closed(*mark(1), code="fixed", unconfirmed="gone"),
    )


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A place for a ledger that does not exist yet."""
    return tmp_path / "ledger"


@pytest.fixture(name="ledger")
def _ledger(folder: Path) -> TinyLedger:
    """A ledger that has not begun."""
    return TinyLedger(str(folder), wait_s=5)


@settings(max_examples=examples(60))
@given(data=st.data())
def test_every_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """What is written is read back equal, event by event, whatever the text holds."""
    ledger = TinyLedger(str(tmp_path_factory.mktemp("desk") / "ledger"), wait_s=5)
    written = []
    for _ in range(data.draw(st.integers(1, 3))):
        event = opened(
            data.draw(anything),
            details=data.draw(anything),
            fields=data.draw(st.dictionaries(anything, anything, max_size=3)),
            key=data.draw(texts),
            idempotency_key=data.draw(texts),
            payload=data.draw(st.none() | st.lists(anything, max_size=2)),
        )
        ticket = put(ledger, event, Noted(*mark(), text=data.draw(anything)))
        assert ticket.events[0] == event
        written.append(ticket)
    assert list(ledger.find(ALL)) == written
    assert [ledger.get(ticket.ref) for ticket in written] == written


def test_references_count_up_from_one(ledger: TinyLedger) -> None:
    """References strictly increase, in one commit and over several, and lists keep the order."""
    with ledger.write() as writer:
        refs = [writer.create([opened()]).ref for _ in range(3)]
    refs += [put(ledger).ref for _ in range(9)]
    assert refs == [f"SD-{number}" for number in range(1, 13)]
    assert [ticket.ref for ticket in ledger.find(ALL)] == refs


def test_references_are_never_reused(ledger: TinyLedger, folder: Path) -> None:
    """The reference of a ticket that was cut out of the file by hand is not given again."""
    for _ in range(3):
        put(ledger)
    ledger.compact()
    file = folder / "tickets.json"
    lines = file.read_bytes().splitlines(keepends=True)
    rows = [line for line in lines if line.startswith(b'"3":')]
    assert len(rows) == 1
    file.write_bytes(b"".join(lines).replace(b",\n" + rows[0], b"\n"))
    with suppress(LedgerDamagedError):
        assert put(TinyLedger(str(folder), wait_s=5)).ref == "SD-4"
    with pytest.raises(LedgerDamagedError):
        list(TinyLedger(str(folder), wait_s=5).find(ALL))


def test_a_failed_unit_uses_no_reference(ledger: TinyLedger) -> None:
    """References have no holes from units of work that failed."""
    put(ledger)
    fail_inside(ledger, ValueError("no"))
    assert put(ledger).ref == "SD-2"


def fail_inside(ledger: TinyLedger, error: BaseException) -> None:
    """A unit of work that creates, appends, and then fails."""

    def unit() -> None:
        with ledger.write() as writer:
            ticket = writer.create([opened("never")])
            writer.append(ticket, [Accepted(*mark())])
            raise error

    with pytest.raises(type(error)):
        unit()


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failing_block_changes_nothing(
    ledger: TinyLedger, folder: Path, error: BaseException
) -> None:
    """A unit of work that ends in any error leaves the files untouched: bytes, inode and time."""
    put(ledger)
    before = untouched(folder)
    fail_inside(ledger, error)
    assert untouched(folder) == before
    assert sorted(os.listdir(folder)) == NAMES
    assert len(list(ledger.find(ALL))) == 1


def untouched(folder: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything below a folder, but for the lock file, in which each holder signs."""
    found = picture(folder)
    del found[str(folder / "tickets.lock")]
    return found


def test_an_illegal_step_takes_the_whole_unit_back(ledger: TinyLedger, folder: Path) -> None:
    """A refused event undoes what the same unit of work did before it."""
    put(ledger)
    before = untouched(folder)

    def unit() -> None:
        with ledger.write() as writer:
            writer.create([opened("never")])
            writer.append(writer.get("SD-1"), [Resumed(*mark())])

    with pytest.raises(IllegalStepError):
        unit()
    assert untouched(folder) == before


def test_nothing_is_written_when_nothing_changed(ledger: TinyLedger, folder: Path) -> None:
    """A unit of work that only looks leaves bytes, inode and time of the files alone."""
    put(ledger)
    before = untouched(folder)
    with ledger.write() as writer:
        assert writer.get("SD-1").ref == "SD-1"
        assert writer.by_key("none") is None
        assert len(list(writer.find(ALL))) == 1
    assert untouched(folder) == before


def test_reading_touches_nothing(ledger: TinyLedger, folder: Path) -> None:
    """Reading writes no byte, no file and no time of change, and takes no lock."""
    put(ledger, opened(key="k", idempotency_key="i"))
    before = picture(folder)
    read_all(ledger)
    assert picture(folder) == before


def test_reading_creates_nothing(ledger: TinyLedger, folder: Path, tmp_path: Path) -> None:
    """A desk without a ledger is read as empty, and has none afterwards either."""
    before = picture(tmp_path)
    read_all(ledger)
    assert list(ledger.find(ALL)) == []
    assert not folder.exists()
    assert picture(tmp_path) == before


def read_all(ledger: TinyLedger) -> None:
    """Read in every way there is."""
    list(ledger.find(ALL))
    ledger.by_key("k")
    ledger.by_idempotency_key("i")
    with pytest.raises(NoSuchTicketError):
        ledger.get("SD-99")


@pytest.mark.parametrize(
    "ref",
    [
        "SD-2",
        "SD-0",
        "SD-01",
        "sd-1",
        "1",
        "",
        "SD-",
        "SD--1",
        "SD-1 ",
        "SD-1\n",
        "XX-1",
        "SD-1e0",
        "SD-" + "9" * 40,
        "meta",
        "../SD-1",
        "SD-1\u0661",
    ],
)
def test_unknown_references_are_refused(ledger: TinyLedger, ref: str) -> None:
    """What is no reference of this ledger is not found, whatever it looks like."""
    put(ledger)
    with pytest.raises(NoSuchTicketError) as refusal:
        ledger.get(ref)
    assert refusal.value.exit_code == NOT_FOUND
    assert refusal.value.details["ref"] == ref


def test_one_ticket_has_one_reference(ledger: TinyLedger) -> None:
    """A reference in Arabic-Indic digits is not a second name of a ticket."""
    for _ in range(11):
        put(ledger)
    with pytest.raises(NoSuchTicketError):
        ledger.get("SD-1\u0661")


def test_by_key_finds_only_what_is_not_closed(ledger: TinyLedger) -> None:
    """An alert key leads to a ticket as long as that is not closed, and again when reopened."""
    put(ledger, opened(key="k"))
    found = ledger.by_key("k")
    assert found is not None
    assert found.ref == "SD-1"
    add(ledger, "SD-1", Resolved(*mark(), code="fixed"))
    assert ledger.by_key("k") is not None
    add(ledger, "SD-1", Closed(*mark(), code="fixed", unconfirmed="gone"))
    assert ledger.by_key("k") is None
    add(ledger, "SD-1", Reopened(*mark(), reason="again"))
    assert ledger.by_key("k") == ledger.get("SD-1")


def test_by_key_keeps_two_keys_apart(ledger: TinyLedger) -> None:
    """Each key leads to its own ticket; no key and an unknown one lead to none."""
    put(ledger, opened(key="one"))
    put(ledger, opened(key="two"))
    put(ledger, opened())
    assert ledger.by_key("one") == ledger.get("SD-1")
    assert ledger.by_key("two") == ledger.get("SD-2")
    assert ledger.by_key("") is None
    assert ledger.by_key("on") is None
    assert ledger.by_idempotency_key("one") is None


def test_by_key_gives_the_newest(ledger: TinyLedger) -> None:
    """Of two open tickets with one key the newer counts; the older when that is closed."""
    put(ledger, opened(key="k"))
    put(ledger, opened(key="k"))
    assert ledger.by_key("k") == ledger.get("SD-2")
    close(ledger, "SD-2")
    assert ledger.by_key("k") == ledger.get("SD-1")


def test_by_idempotency_key_finds_closed_ones(ledger: TinyLedger) -> None:
    """A request was recorded once, whatever became of it: closed tickets are found."""
    put(ledger, opened(idempotency_key="one"))
    put(ledger, opened(idempotency_key="two"))
    put(ledger, opened())
    close(ledger, "SD-1")
    assert ledger.by_idempotency_key("one") == ledger.get("SD-1")
    assert ledger.by_idempotency_key("two") == ledger.get("SD-2")
    assert ledger.by_idempotency_key("") is None
    assert ledger.by_key("one") is None


@pytest.mark.parametrize("looked_before", [False, True])
def test_a_writer_sees_what_it_added(ledger: TinyLedger, looked_before: bool) -> None:
    """Look-ups inside a unit of work see its own tickets, and its own closures."""
    with ledger.write() as writer:
        if looked_before:
            assert writer.by_key("k") is None
            assert writer.by_idempotency_key("i") is None
        ticket = writer.create([opened(key="k", idempotency_key="i")])
        assert writer.by_key("k") == writer.by_idempotency_key("i") == ticket
        assert writer.get(ticket.ref) == ticket
        assert list(writer.find(ALL)) == [ticket]
        after = writer.append(
            ticket,
            [Resolved(*mark(), code="fixed"), Closed(*mark(), code="fixed", unconfirmed="x")],
        )
        assert writer.by_key("k") is None
        assert writer.by_idempotency_key("i") == after
        assert list(ledger.find(ALL)) == []
    assert list(ledger.find(ALL)) == [after]


@pytest.mark.parametrize("way", ["close the newer", "note on the older"])
def test_a_writer_answers_as_a_reader_would(ledger: TinyLedger, way: str) -> None:
    """With two open tickets of one key a writer names the same one as a fresh reading."""
    put(ledger, opened(key="k"))
    put(ledger, opened(key="k"))
    with ledger.write() as writer:
        assert writer.by_key("k") == writer.get("SD-2")
        if way == "close the newer":
            ending = Closed(*mark(), code="fixed", unconfirmed="x")
            writer.append(writer.get("SD-2"), [Resolved(*mark(), code="fixed"), ending])
        else:
            writer.append(writer.get("SD-1"), [Noted(*mark(), text="x")])
        seen = writer.by_key("k")
    assert seen == ledger.by_key("k")


def test_a_reading_stands_still(ledger: TinyLedger) -> None:
    """A list that is being read shows one moment, while others write."""
    for _ in range(3):
        put(ledger)
    reading = ledger.find(ALL)
    first = next(reading)
    put(ledger)
    close(ledger, "SD-3")
    rest = list(reading)
    assert [ticket.ref for ticket in (first, *rest)] == ["SD-1", "SD-2", "SD-3"]
    assert rest[-1].status == "new"


def test_append_keeps_the_other_tickets(ledger: TinyLedger, folder: Path) -> None:
    """A further event changes its ticket's line of the next snapshot and, of others, the last."""
    for _ in range(4):
        put(ledger)
    ledger.compact()
    before = (folder / "tickets.json").read_bytes().splitlines()
    add(ledger, "SD-2", Noted(*mark(), text="x"))
    ledger.compact()
    after = (folder / "tickets.json").read_bytes().splitlines()
    changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    assert changed == [3, len(before) - 1]
    assert b'"SD-2"' in after[3]


def test_deep_payloads_can_be_read_back(ledger: TinyLedger) -> None:
    """What intake lets in can be read by any caller; a payload too deep for that it keeps out."""

    def read_from(frames: int) -> int:
        return read_from(frames - 1) if frames else len(list(ledger.find(ALL)))

    deep = "[" * DEEPEST + "1" + "]" * DEEPEST
    [item] = recognise(f'{{"odd": {deep[1:-1]}}}'.encode())
    assert isinstance(item, RequestItem)
    put(ledger, opened(payload=item.payload))
    assert read_from(200) == 1
    [deeper] = recognise(f'{{"odd": {deep}}}'.encode())
    assert isinstance(deeper, Unreadable)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_new_ticket_never_replaces_one(ledger: TinyLedger, folder: Path, number: int) -> None:
    """With a `next` that was given already, as after a bad merge, no ticket is overwritten."""
    put(ledger, opened("first"))
    put(ledger, opened("second"))
    ledger.compact()
    file = folder / "tickets.json"
    content = file.read_bytes()
    assert b'"next":3' in content
    file.write_bytes(content.replace(b'"next":3', b'"next":%d' % number))
    before = file.read_bytes()
    with pytest.raises(LedgerDamagedError):
        put(ledger, opened("third"))
    assert file.read_bytes() == before


def test_two_lines_with_one_number_are_not_made_one(ledger: TinyLedger, folder: Path) -> None:
    """A merge that kept both sides' ticket 2 is refused; neither is dropped silently."""
    put(ledger, opened("first"))
    put(ledger, opened("ours"))
    ledger.compact()
    file = folder / "tickets.json"
    row = file.read_bytes().splitlines()[3]
    assert b"ours" in row
    theirs = row.replace(b"ours", b"theirs")
    file.write_bytes(file.read_bytes().replace(row, row + b",\n" + theirs))
    before = file.read_bytes()
    with pytest.raises(LedgerDamagedError):
        list(ledger.find(ALL))
    with pytest.raises(LedgerDamagedError):
        ledger.compact()
    assert file.read_bytes() == before


@pytest.mark.parametrize("before", ["snapshot", "journal"])
def test_by_source_finds_closed_ones(ledger: TinyLedger, before: str) -> None:
    """A ticket that was imported is known by its source for ever, and no other is."""
    for number in (1, 2):
        put(ledger, opened(), Imported(*mark(), source=f"old-{number}"))
    put(ledger)
    close(ledger, "SD-1")
    if before == "snapshot":
        ledger.compact()
    assert ledger.by_source("old-1") == ledger.get("SD-1")
    assert ledger.by_source("old-2") == ledger.get("SD-2")
    assert ledger.by_source("old-3") is None
    assert ledger.by_source("") is None
    with ledger.write() as writer:
        ticket = writer.create([opened(), Imported(*mark(), source="old-3")])
        assert writer.by_source("old-3") == ticket


def test_a_late_entry_in_the_commit_of_the_opening_is_read_back(
    ledger: TinyLedger, folder: Path
) -> None:
    """What one unit of work opened, ended and completed late is read as it was written (T30)."""
    begun = opened()
    later = Stamp(at=begun.at + timedelta(hours=3), by="ben")
    late = Stamp(at=begun.at + timedelta(hours=1), by="ben", entered=later.at)
    with ledger.write() as writer:
        ticket = writer.create((begun,))
        ticket = writer.append(ticket, (Resolved(*later.mark(), code="solved"),))
        ticket = writer.append(ticket, (Closed(*later.mark(), code="solved"),))
        ticket = writer.append(ticket, (Waited(*late.mark(), waiting_for="user"),))

    assert [type(event) for event in ticket.events] == [Opened, Waited, Resolved, Closed]
    assert TinyLedger(str(folder), 5).get(ticket.ref) == ticket
    ledger.compact()
    assert TinyLedger(str(folder), 5).get(ticket.ref) == ticket
