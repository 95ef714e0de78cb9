"""The file for people's own scripts: stock TinyDB reads it, and so does the storage class."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tinydb import TinyDB, where

from sdcli.errors import LedgerDamagedError, RefusedError
from sdcli.ledger.tiny import compact as compaction
from sdcli.ledger.tiny.storage import LedgerStorage
from sdcli.tickets.event import Accepted, Noted
from sdcli.tickets.ticket import Ticket, fold
from tests.ledger.making import (
    add,
    close,
    compact,
    home,
    mark,
    noted,
    opened,
    picture,
    put,
    reopening,
    tickets,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


SUMMARIES = ("It is broken", "Zürich 👋\nline\u2028two\x00", '"}}', "long " * 3000, "")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A ledger with some tickets in its snapshot, one of them accepted by mina."""
    folder = tmp_path / "ledger"
    with home(folder).write() as writer:
        for summary in SUMMARIES:
            ticket = writer.create([opened(summary, key=f"k {summary[:9]}")])
        writer.append(ticket, [Accepted(*mark(by="mina")), Noted(*mark(by="mina"), text="x")])
    compact(folder)
    return folder


@pytest.fixture(name="mixed")
def _mixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger in all its files: 1 archived, 2 stale in an archive, 3 changed and 4 new since."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 0)
    folder = tmp_path / "mixed"
    for number in (1, 2, 3):
        put(folder, f"number {number}")
    close(folder, "SD-1", "SD-2")
    compact(folder)
    add(folder, "SD-2", reopening())
    compact(folder)
    add(folder, "SD-3", noted())
    put(folder, "number 4")
    return folder


def stock(folder: Path) -> TinyDB:
    """The file with TinyDB as it comes, read only."""
    return TinyDB(str(folder / "tickets.json"), access_mode="r")


def own(folder: Path) -> TinyDB:
    """The folder with the storage class of the ledger."""
    return TinyDB(str(folder), storage=LedgerStorage)


@pytest.mark.parametrize("opening", [stock, own])
def test_tinydb_reads_all_tickets(folder: Path, opening: Callable[[Path], TinyDB]) -> None:
    """Every ticket is a document under its number, with the fields of the ticket.

    Stock TinyDB sees the seal of each line too.
    """
    recorded = tickets(folder)
    with opening(folder) as base:
        rows = base.table("tickets").all()
        assert [row.doc_id for row in rows] == [1, 2, 3, 4, 5]
        assert [row["ref"] for row in rows] == [ticket.ref for ticket in recorded]
        assert [row["summary"] for row in rows] == list(SUMMARIES)
        seals = {len(row.pop("sum", "")) for row in rows}
        assert seals == {8 if opening is stock else 0}
        assert rows == [json.loads(msgspec.json.encode(ticket)) for ticket in recorded]
        assert base.tables() >= {"meta", "tickets"}
        meta: Any = base.table("meta").get(doc_id=1)
        assert (meta["format"], meta["next"]) == (2, 6)


def test_the_storage_gives_every_ticket_as_it_is_now(mixed: Path) -> None:
    """Snapshot, journal and archives together are one table, each ticket there once."""
    recorded = tickets(mixed)
    with own(mixed) as base:
        rows = json.loads(json.dumps(base.table("tickets").all()))
        assert rows == [json.loads(msgspec.json.encode(ticket)) for ticket in recorded]
        assert [row.doc_id for row in base.table("tickets")] == [1, 2, 3, 4]
        assert [row["status"] for row in rows] == ["closed", "in_progress", "new", "new"]
        assert len(base.table("tickets")) == 4
        meta: Any = base.table("meta").get(doc_id=1)
        assert meta["next"] == 5


def test_stock_tinydb_reads_archives(mixed: Path) -> None:
    """Each archive is a TinyDB document of its own; what the snapshot names stale is so there."""
    (archive,) = (mixed / "archive").iterdir()
    with TinyDB(str(archive), access_mode="r") as base:
        table = base.table("tickets")
        assert [(row.doc_id, row["ref"]) for row in table.all()] == [(1, "SD-1"), (2, "SD-2")]
        assert table.count(where("status") == "closed") == 2
    with stock(mixed) as base:
        assert [row["ref"] for row in base.table("tickets").all()] == ["SD-2", "SD-3"]
        meta: Any = base.table("meta").get(doc_id=1)
        assert [(a["file"], a["stale"]) for a in meta["archives"]] == [(archive.name, [2])]


def test_all_files_are_json(mixed: Path) -> None:
    """Documents are JSON as a whole, and the journal is JSON line by line, for any tool."""
    for path in (mixed / "tickets.json", *(mixed / "archive").iterdir()):
        assert set(json.loads(path.read_bytes())) == {"_default", "tickets", "keys", "meta"}
    lines = (mixed / "tickets.journal").read_bytes().splitlines()
    header, *commits = [json.loads(line) for line in lines]
    assert (header["format"], header["generation"]) == (2, 3)
    assert [[c["ref"] for c in commit["tickets"]] for commit in commits] == [["SD-3"], ["SD-4"]]


@pytest.mark.parametrize("opening", [stock, own])
def test_tinydb_queries_work(folder: Path, opening: Callable[[Path], TinyDB]) -> None:
    """TinyDB's own queries find tickets by their folded fields."""
    with opening(folder) as base:
        table = base.table("tickets")
        assert [row["ref"] for row in table.search(where("assignee") == "mina")] == ["SD-5"]
        assert table.count(where("status") == "new") == 4
        found: Any = table.get(doc_id=2)
        assert found["summary"] == SUMMARIES[1]
        assert len(table) == 5


@pytest.mark.parametrize("opening", [stock, own])
def test_tinydb_is_told_of_what_is_not_there(
    folder: Path, opening: Callable[[Path], TinyDB]
) -> None:
    """A document that is not there is None, as in any base."""
    with opening(folder) as base:
        table = base.table("tickets")
        assert table.get(doc_id=77) is None
        assert not table.contains(doc_id=6)
        assert table.contains(doc_id=5)


def test_stock_tinydb_opened_as_usual_reads(folder: Path) -> None:
    """Even opened without any option stock TinyDB reads the tickets and leaves them readable."""
    with TinyDB(folder / "tickets.json") as base:
        assert len(base.table("tickets").all()) == 5
    assert len(tickets(folder)) == 5


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
        put(folder, "new")
        assert table.all()[-1]["summary"] == "new"
        compact(folder)
        assert table.all()[-1]["summary"] == "new"


def test_the_storage_writes_nothing(folder: Path) -> None:
    """Every change through TinyDB is refused and leaves the files untouched."""
    before = picture(folder)
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
            assert picture(folder) == before
    with pytest.raises(RefusedError, match="by events only"):
        LedgerStorage(str(folder)).write({})
    assert picture(folder) == before


def test_the_storage_creates_nothing(tmp_path: Path) -> None:
    """A folder without a ledger is read as empty and stays as it is."""
    with own(tmp_path / "ledger") as base:
        assert base.table("tickets").all() == []
        assert base.table("tickets").count(where("ref") == "SD-1") == 0
    assert list(tmp_path.iterdir()) == []


def test_the_storage_refuses_a_damaged_ledger(folder: Path) -> None:
    """A zero-length file is damage to a script too, and not an empty base; so is no journal."""
    (folder / "tickets.journal").unlink()
    with pytest.raises(LedgerDamagedError), own(folder) as base:
        base.table("tickets").all()
    (folder / "tickets.json").write_bytes(b"")
    with pytest.raises(LedgerDamagedError), own(folder) as base:
        base.table("tickets").all()
    assert (folder / "tickets.json").read_bytes() == b""
