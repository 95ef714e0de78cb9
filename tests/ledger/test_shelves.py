"""Shelves on a server: every request lies in one, and what is in a shelf of a name never changes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from sdcli.apart import apart
from sdcli.errors import LedgerDamagedError
from sdcli.ledger.interface import BLOCK
from sdcli.ledger.postgres import shelved
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.connection import Connection
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Closed, Noted, Reopened, Resolved, Stamp
from tests.ledger.making import NOW, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.ledger.interface import Block, Ledger, Shelf


def _closed(at: datetime) -> list[Resolved | Closed]:
    mark = Stamp(at=at, by="ben").mark
    return [Resolved(*mark(), code="fixed"), Closed(*mark(), code="fixed", unconfirmed="gone")]


@pytest.fixture(name="ledger")
def _ledger(new_ledger: Callable[[], str]) -> PostgresLedger:
    """A ledger with two open requests, and two that were closed in each of three months."""
    ledger = PostgresLedger(address(new_ledger()), 5)
    with ledger.write() as writer:
        for month in (7, 8, 9):
            for day in (1, 30):
                at = datetime(2026, month, day, tzinfo=timezone.utc)
                hours = (at - NOW).total_seconds() / 3600
                writer.create([opened(f"{month}-{day}", hours=hours), *_closed(at)])
        writer.create([opened("one")])
        writer.create([opened("another")])
    return ledger


def _mark(hours: float) -> tuple[str, datetime, str, datetime | None]:
    return Stamp(at=NOW + timedelta(hours=hours), by="ben").mark()


def _told(shelves: list[Shelf]) -> list[list[str]]:
    return [[ticket.summary for ticket in shelf.tickets()] for shelf in shelves]


def test_every_request_lies_in_one_shelf(ledger: PostgresLedger) -> None:
    """What is not closed is one shelf, and each month of closed ones another; old ones are left out."""
    whole = ledger.shelves()
    september = ledger.shelves(datetime(2026, 9, 15, tzinfo=timezone.utc))

    assert _told(whole) == [["one", "another"], ["7-1", "7-30"], ["8-1", "8-30"], ["9-1", "9-30"]]
    assert [shelf.rows for shelf in whole] == [2, 2, 2, 2]
    assert [shelf.newest and shelf.newest.day for shelf in whole] == [None, 30, 30, 30]
    assert _told(september) == [["one", "another"], ["9-1", "9-30"]]


def test_a_name_says_what_is_in_it(ledger: PostgresLedger) -> None:
    """A ticket that leaves a month or enters it gives that month another name, and no other month."""
    before = ledger.shelves()
    with ledger.write() as writer:
        late = datetime(2026, 8, 31, tzinfo=timezone.utc)
        writer.append(writer.get("SD-3"), [Reopened(*Stamp(at=late, by="ben").mark(), reason="no")])
    left = ledger.shelves()
    with ledger.write() as writer:
        writer.append(writer.get("SD-3"), _closed(late + timedelta(hours=1)))
    entered = ledger.shelves()

    assert before[0].name == left[0].name == ""
    for earlier, later in ((before, left), (left, entered), (before, entered)):
        same = [one.name == other.name for one, other in zip(earlier[1:], later[1:], strict=True)]
        assert same == [True, False, True]
    assert [shelf.name for shelf in ledger.shelves()] == [shelf.name for shelf in entered]


def test_all_shelves_show_one_instant(ledger: PostgresLedger) -> None:
    """What is written after shelves were given is in none of them, nor missing in any."""
    shelves = ledger.shelves()
    before = _told(shelves)
    with ledger.write() as writer:
        writer.append(writer.get("SD-7"), _closed(NOW + timedelta(hours=1)))
        writer.create([opened("new")])

    assert _told(shelves) == before


def test_several_processes_read_shelves(ledger: PostgresLedger) -> None:
    """A copy of the process reads a shelf, and asks the ledger, by connections of its own."""
    shelves = ledger.shelves()

    def job(index: int) -> bytes:
        summaries = ",".join(ticket.summary for ticket in shelves[index].tickets())
        return f"{summaries} {ledger.get('SD-1').summary}".encode()

    found = dict(apart(job, len(shelves)))

    assert found == {
        0: b"one,another 7-1", 1: b"7-1,7-30 7-1", 2: b"8-1,8-30 7-1", 3: b"9-1,9-30 7-1"
    }  # fmt: skip
    assert ledger.get("SD-2").summary == "7-30"


def test_a_server_that_was_set_back_gives_no_name_again(ledger: PostgresLedger) -> None:
    """Where the last events of tickets were lost and others came instead, the month has a new name."""
    late = datetime(2026, 8, 31, tzinfo=timezone.utc)
    with ledger.write() as writer:
        writer.append(writer.get("SD-3"), [Reopened(*Stamp(at=late, by="ben").mark(), reason="no")])
    names, ask = list[list[str]](), Connection(ledger._connection.address, 5).ask  # noqa: SLF001 - its server's
    for minutes in (1, 2):
        ask("CREATE TABLE saved AS TABLE tickets")
        with ledger.write() as writer:
            closed = _closed(late + timedelta(minutes=minutes))
            writer.append(writer.get("SD-3"), closed)
        names.append([shelf.name for shelf in ledger.shelves()])
        ask(
            "SET session_replication_role TO replica; DELETE FROM events WHERE ticket = 3 AND seq > 4; "
            "DELETE FROM tickets; INSERT INTO tickets TABLE saved; DROP TABLE saved"
        )

    same = [one == other for one, other in zip(*names, strict=True)]
    assert same == [True, True, False, True]


def test_names_are_told_by_an_index_alone(ledger: PostgresLedger) -> None:
    """To name the months, and the blocks of what is open, no ticket is read."""
    connection = Connection(ledger._connection.address, 5)  # noqa: SLF001 - how it is asked
    connection.ask("VACUUM ANALYZE tickets")
    connection.ask("SET enable_seqscan TO off; SET enable_bitmapscan TO off")
    plan = connection.ask(f"EXPLAIN {shelved._MONTHS}", "-infinity")  # noqa: SLF001 - as above
    assert any("Index Only Scan using tickets_closed" in line for [line] in plan)
    plan = connection.ask(f"EXPLAIN {shelved._BLOCKS}")  # noqa: SLF001 - as above
    assert any("Index Only Scan using tickets_open" in line for [line] in plan)


def _blocks(ledger: Ledger) -> list[Block]:
    shelf = ledger.shelves()[0]
    assert shelf.blocks is not None
    return shelf.blocks()


@pytest.fixture(name="either", params=["tiny", "postgresql"])
def _either(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A ledger in files or on a server, of which nothing has been written."""
    if request.param == "tiny":
        return TinyLedger(str(tmp_path / "ledger"), 5, lambda _: None)
    return PostgresLedger(address(request.getfixturevalue("new_ledger")()), 5)


def test_a_mark_changes_with_its_ticket(either: Ledger) -> None:
    """Each open request is in one block, under a mark that changes when the ticket does, and only then."""
    count = BLOCK + 5
    with either.write() as writer:
        for number in range(1, count + 1):
            writer.create([opened(f"{number}")])
    either.compact()
    before = _blocks(either)
    marks = [block.marks() for block in before]
    with either.write() as writer:
        writer.append(writer.get("SD-7"), [Noted(*_mark(1), text="looked")])
        writer.append(writer.get(f"SD-{count}"), [Noted(*_mark(2), text="looked")])
        new = writer.create([opened("new")])
    after = _blocks(either)
    later = [block.marks() for block in after]

    assert [block.number for block in before] == [block.number for block in after] == [0, 1]
    assert sorted(number for each in marks for number in each) == list(range(1, count + 1))
    assert all(abs(b.rows - len(each)) <= count / 20 for b, each in zip(before, marks, strict=True))
    changed = [
        number
        for earlier, each in zip(marks, later, strict=True)
        for number, mark in each.items()
        if earlier.get(number) != mark
    ]
    assert changed == [7, count, count + 1]
    names = [[block.name() for block in each] for each in (before, after, _blocks(either))]
    assert all(one != other for one, other in zip(*names[:2], strict=True))
    assert names[1] == names[2]
    wanted = [3, 7, 9]
    assert [ticket.ref for ticket in after[0].tickets(wanted)] == ["SD-3", "SD-7", "SD-9"]
    assert [len(t.events) for t in after[0].tickets(wanted)] == [1, 2, 1]
    assert [t.ref for t in after[1].tickets([count, count + 1])] == [f"SD-{count}", new.ref]


def test_a_block_with_a_damaged_line_is_told(tmp_path: Path) -> None:
    """No mark is made of what is not as it was written."""
    ledger = TinyLedger(str(tmp_path / "ledger"), 5, lambda _: None)
    with ledger.write() as writer:
        for number in range(1, 60):
            writer.create([opened(f"case {number}")])
    ledger.compact()
    path = tmp_path / "ledger" / "tickets.json"
    path.write_bytes(path.read_bytes().replace(b"case 41", b"case 14", 1))
    again = TinyLedger(str(tmp_path / "ledger"), 5, lambda _: None)

    (block,) = _blocks(again)
    with pytest.raises(LedgerDamagedError, match="SD-41"):
        block.marks()
