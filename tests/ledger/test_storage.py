"""The file for people's own scripts: stock TinyDB reads it, and so does the storage class."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tinydb import TinyDB, where

from sdcli.errors import LedgerDamagedError, RefusedError
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.storage import LedgerStorage
from sdcli.tickets.event import Accepted, Noted, Opened, Stamp
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import Ticket, fold
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
SUMMARIES = ("It is broken", "Zürich 👋\nline\u2028two\x00", '"}}', "long " * 3000, "")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A ledger with some tickets, one of them accepted by mina."""
    folder = tmp_path / "ledger"
    with TinyLedger(str(folder), 5).write() as writer:
        for summary in SUMMARIES:
            mark = Stamp(at=NOW, by="ben").mark()
            event = Opened(*mark, summary=summary, queue="service-desk", priority="P3")
            ticket = writer.create([event])
        writer.append(
            ticket,
            [Accepted(*Stamp(NOW, "mina").mark()), Noted(*Stamp(NOW, "mina").mark(), text="x")],
        )
    return folder


@pytest.fixture(name="tickets")
def _tickets(folder: Path) -> list[Ticket]:
    """The tickets as the ledger gives them."""
    return list(TinyLedger(str(folder), 5).find(Query(statuses=STATUSES)))


def stock(folder: Path) -> TinyDB:
    """The file with TinyDB as it comes, read only."""
    return TinyDB(str(folder / "tickets.json"), access_mode="r")


def own(folder: Path) -> TinyDB:
    """The folder with the storage class of the ledger."""
    return TinyDB(str(folder), storage=LedgerStorage)


@pytest.mark.parametrize("opening", [stock, own])
def test_tinydb_reads_all_tickets(
    folder: Path, tickets: list[Ticket], opening: Callable[[Path], TinyDB]
) -> None:
    """Every ticket is a document under its number, with the fields of the ticket."""
    with opening(folder) as base:
        rows = base.table("tickets").all()
        assert [row.doc_id for row in rows] == [1, 2, 3, 4, 5]
        assert [row["ref"] for row in rows] == [ticket.ref for ticket in tickets]
        assert [row["summary"] for row in rows] == list(SUMMARIES)
        assert rows == [json.loads(msgspec.json.encode(ticket)) for ticket in tickets]
        assert base.tables() >= {"meta", "tickets"}
        assert base.table("meta").get(doc_id=1) == {"format": 1, "next": 6}


@pytest.mark.parametrize("opening", [stock, own])
def test_tinydb_queries_work(folder: Path, opening: Callable[[Path], TinyDB]) -> None:
    """TinyDB's own queries find tickets by their folded fields."""
    with opening(folder) as base:
        table = base.table("tickets")
        assert [row["ref"] for row in table.search(where("assignee") == "mina")] == ["SD-5"]
        assert table.count(where("status") == "new") == 4
        found: Any = table.get(doc_id=2)
        assert found["summary"] == SUMMARIES[1]
        assert table.get(doc_id=77) is None
        assert len(table) == 5


def test_stock_tinydb_opened_as_usual_reads(folder: Path) -> None:
    """Even opened without any option stock TinyDB reads the tickets and leaves them readable."""
    with TinyDB(folder / "tickets.json") as base:
        assert len(base.table("tickets").all()) == 5
    assert len(list(TinyLedger(str(folder), 5).find(Query(statuses=STATUSES)))) == 5


def test_events_make_the_stored_ticket(folder: Path) -> None:
    """The events of a stored row make the ticket that stands beside them."""
    with own(folder) as base:
        for row in base.table("tickets").all():
            ticket = msgspec.json.decode(json.dumps(row), type=Ticket)
            assert fold(ticket.ref, ticket.events) == ticket


def test_the_storage_reads_each_time(folder: Path) -> None:
    """A base that stays open sees the tickets of others at the next reading."""
    with own(folder) as base:
        table = base.table("tickets", cache_size=0)
        assert len(table.all()) == 5
        with TinyLedger(str(folder), 5).write() as writer:
            mark = Stamp(at=NOW, by="ben").mark()
            writer.create([Opened(*mark, summary="new", queue="q", priority="P3")])
        assert table.all()[-1]["summary"] == "new"


def test_the_storage_writes_nothing(folder: Path) -> None:
    """Every change through TinyDB is refused and leaves the file untouched."""
    before = (folder / "tickets.json").read_bytes()
    with own(folder) as base:
        table = base.table("tickets")
        changes: tuple[Callable[[], object], ...] = (
            lambda: table.insert({"ref": "SD-9"}),
            lambda: table.update({"status": "closed"}),
            lambda: table.remove(doc_ids=[1]),
            table.truncate,
            lambda: base.insert({"a": 1}),
            lambda: base.drop_table("tickets"),
            base.drop_tables,
        )
        for change in changes:
            with pytest.raises((RefusedError, TypeError)):
                change()
            assert (folder / "tickets.json").read_bytes() == before
    with pytest.raises(RefusedError, match="by events only"):
        LedgerStorage(str(folder)).write({})
    assert (folder / "tickets.json").read_bytes() == before


def test_the_storage_creates_nothing(tmp_path: Path) -> None:
    """A folder without a ledger is read as empty and stays as it is."""
    with own(tmp_path / "ledger") as base:
        assert base.table("tickets").all() == []
        assert base.table("tickets").count(where("ref") == "SD-1") == 0
    assert list(tmp_path.iterdir()) == []


def test_the_storage_refuses_a_damaged_ledger(folder: Path) -> None:
    """A zero-length file is damage to a script too, and not an empty base."""
    (folder / "tickets.json").write_bytes(b"")
    with pytest.raises(LedgerDamagedError), own(folder) as base:
        base.table("tickets").all()
    assert (folder / "tickets.json").read_bytes() == b""
