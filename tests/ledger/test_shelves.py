"""Shelves on a server: every request lies in one, and what is in a shelf of a name never changes."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from sdcli.apart import apart
from sdcli.ledger.postgres.address import address
from sdcli.ledger.postgres.home import PostgresLedger
from sdcli.tickets.event import Closed, Reopened, Resolved, Stamp
from tests.ledger.making import NOW, opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.ledger.interface import Shelf


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
