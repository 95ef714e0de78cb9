"""Export, import, compact: tickets leave as lines, come in as lines, and other programs read them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tinydb import TinyDB, where

from sdcli.errors import DATA_FILE, LEDGER_BUSY, LEDGER_DAMAGED, PARTLY_DONE, USAGE
from sdcli.intake.convert import DEEPEST
from sdcli.ledger.tiny import compact as compaction
from sdcli.ledger.tiny import home as homes
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.rows import ticket_of
from sdcli.results.imports import Exported
from sdcli.tickets.event import Closed, Noted, Opened, Resolved, Stamp
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.conftest import NOW
from tests.homes import TinyStorage, storage_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Ledger
    from tests.conftest import JsonRunner, Runner

ALL = Query(statuses=STATUSES)
MARK = {"at": "2026-11-20T10:00:00Z", "by": "ada"}
OPENED = {"kind": "opened", **MARK, "summary": "x", "queue": "network", "priority": "P3"}


def rows(output: str) -> list[Any]:
    """What lines of JSON say."""
    return [json.loads(line) for line in output.splitlines()]


def line(source: str, *events: dict[str, Any]) -> str:
    """A line of a file to import."""
    return json.dumps({"source": source, "events": events or [OPENED]}) + "\n"


@pytest.fixture(name="busy_desk")
def _busy_desk(desk_dir: Path, sd: Runner, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with tickets in snapshot, archive and journal; the folder of its ledger, if it has one."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 1)
    for number in range(1, 7):
        sd("open", f"the {number}th ☕", "--user", "ada", at=f"2026-11-1{number}T10:00:00Z")
    for ref in ("2", "4", "5"):
        sd("close", ref, "--code", "solved", "--unconfirmed", "x", at=f"2026-11-2{ref}T10:00:00Z")
    sd("compact")
    sd("reopen", "4", "--reason", "again", at="2026-11-26T10:00:00Z")
    sd("open", "the 7th", "--user", "ada", at="2026-11-27T10:00:00Z")
    if isinstance(storage_in(desk_dir), TinyStorage):
        assert len(list((desk_dir / "ledger" / "archive").iterdir())) == 1
    return desk_dir / "ledger"


@pytest.mark.usefixtures("busy_desk")
def test_every_ticket_is_a_line(sd: Runner) -> None:
    """An export has all tickets in the order of references, closed and archived ones, as stored."""
    told = rows(sd("export").stdout)
    assert [row["ref"] for row in told] == [f"SD-{number}" for number in range(1, 8)]
    assert [row["status"] for row in told].count("closed") == 2
    for row in told:
        ref = row["ref"]
        assert row["events"] == json.loads(sd("history", ref, "--json").stdout)
        assert row["summary"] == json.loads(sd("show", ref, "--json").stdout)["summary"]


@pytest.mark.usefixtures("busy_desk")
def test_an_export_is_the_same_each_time(sd: Runner) -> None:
    """The same tickets give the same bytes, whenever, wherever they rest, and with --json."""
    first = sd("export").stdout
    assert sd("export", at="2027-01-01T00:00:00Z").stdout == first
    assert sd("export", "--json").stdout == first
    sd("compact")
    assert sd("export").stdout == first
    assert len(first.splitlines()) == 7


def test_an_empty_desk_has_nothing_to_export(sd: Runner, desk_dir: Path) -> None:
    """No tickets, no lines, no ledger."""
    assert sd("export").stdout == ""
    assert not (desk_dir / "ledger").exists()


@pytest.mark.usefixtures("busy_desk")
@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2026-11-01T00:00:00Z", "1234567"),
        ("2026-11-14T10:00:00Z", "24567"),
        ("2026-11-16T10:00:00Z", "24567"),
        ("2026-11-16T10:00:01Z", "2457"),
        ("2026-11-25T10:00:00Z", "457"),
        ("2026-11-25T10:00:01Z", "47"),
        ("2026-11-27T10:00:00Z", "7"),
        ("2026-11-28T00:00:00Z", ""),
    ],
)
def test_an_export_since(sd: Runner, since: str, expected: str) -> None:
    """--since leaves out what did not change at or after it, wherever it rests."""
    for _ in range(2):
        told = rows(sd("export", "--since", since).stdout)
        assert "".join(row["ref"][3:] for row in told) == expected
        sd("compact")


def test_an_export_since_never_is_a_mistake(sd: Runner) -> None:
    """A --since that is no instant exits 2."""
    sd("export", "--since", "soon", expect=USAGE)


def many(ledger: Ledger, count: int, size: int) -> None:
    """A ledger with many tickets, put where they are read fastest."""
    stamp = Stamp(at=NOW, by="ben")
    with ledger.write() as writer:
        for number in range(count):
            summary = f"{number} {'x' * size}"
            writer.create([Opened(*stamp.mark(), summary=summary, queue="q", priority="P3")])
    ledger.compact()


@pytest.mark.tiny_home
def test_an_export_is_read_as_it_is_printed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line needs one ticket, not all of them."""
    many(desk.ledger, 50, 10)
    decoded: list[bytes] = []

    def counted(row: bytes, path: str) -> Any:
        decoded.append(row)
        return ticket_of(row, path)

    monkeypatch.setattr("sdcli.ledger.tiny.reader.ticket_of", counted)
    result = Exported(desk.ledger.find(ALL))
    tickets: Iterator[Any] = iter(result.tickets)
    assert next(tickets).ref == "SD-1"
    assert len(decoded) < 4
    assert len(list(tickets)) == 49


@pytest.mark.tiny_home
def test_an_export_takes_no_more_memory_than_some_lines(desk: Desk) -> None:
    """A ledger of 24 MB is gone through in a fraction of that."""
    folder = Path(desk.root) / "ledger"
    many(desk.ledger, 1200, 10_000)
    assert (folder / "tickets.json").stat().st_size > 24_000_000
    tracemalloc.start()
    try:
        count = sum(1 for _ in desk.ledger.find(ALL))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 1200
    assert peak < 10_000_000


def test_an_export_into_head_ends_quietly(desk_dir: Path) -> None:
    """Who has seen enough of an export gets exit 0 and no complaint."""
    many(storage_in(desk_dir).ledger(), 400, 1000)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(desk_dir),
        "SDCLI_DESK": str(desk_dir),
        "PYTHONPATH": ":".join(sys.path),
    }
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m sdcli export | head -n 2"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [row["ref"] for row in rows(ran.stdout)] == ["SD-1", "SD-2"]


@pytest.mark.tiny_home
def test_an_export_meets_damage(busy_desk: Path, sd: Runner) -> None:
    """A damaged ticket ends an export with exit 7; the lines before it are whole."""
    sd("compact")
    file = busy_desk / "tickets.json"
    raw = file.read_bytes()
    file.write_bytes(raw.replace(b"the 6th", b"the 9th", 1))
    ran = sd("export", expect=LEDGER_DAMAGED)
    told = [row["ref"] for row in rows(ran.stdout)]
    assert told == [f"SD-{number}" for number in range(1, len(told) + 1)]
    assert 3 <= len(told) < 6
    assert "SD-6" in ran.stderr


@pytest.mark.tiny_home
def test_an_export_outlives_what_others_fold(busy_desk: Path, desk: Desk) -> None:
    """While lines are printed, archives are replaced: the export goes on as it began."""
    since = Query(statuses=(), touched_since=NOW.replace(day=26))
    expected = [ticket.ref for ticket in desk.ledger.find(since)]
    tickets = desk.ledger.find(since)
    other, stamp = TinyLedger(str(busy_desk), 5), Stamp(at=NOW, by="ben")
    with other.write() as writer:
        for ref in ("SD-1", "SD-3", "SD-6"):
            end = Resolved(*stamp.mark(), code="x"), Closed(*stamp.mark(), code="x")
            writer.append(writer.get(ref), end)
    other.compact()
    assert [ticket.ref for ticket in tickets] == expected == ["SD-4", "SD-7"]


def test_an_import_says_what_became_of_each(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """Counts as text, each ticket as JSON; a second run is a no-op and says so."""
    file = tmp_path / "old.jsonl"
    file.write_text(line("old/1") + line("old/2"))
    assert "2 tickets are new; 0 known already." in sd("import", str(file)).stdout
    file.write_text(line("old/1") + line("old/2") + line("old/3"))
    assert sdj("import", str(file)) == {
        "dry_run": False,
        "new": 1,
        "known": 2,
        "tickets": [
            {"source": "old/1", "ref": "SD-1", "is_new": False, "links_left_out": 0},
            {"source": "old/2", "ref": "SD-2", "is_new": False, "links_left_out": 0},
            {"source": "old/3", "ref": "SD-3", "is_new": True, "links_left_out": 0},
        ],
    }


def test_an_import_keeps_times_and_authors(sd: Runner) -> None:
    """The history reads as if it had happened here, and ends with where it is from."""
    note = {**MARK, "kind": "noted", "text": "hello", "by": "zoë", "at": "2026-11-20T11:00:00Z"}
    sd("import", "-", stdin=line("old/1", OPENED, note))
    told = rows(sd("history", "1", "--json").stdout)[0]
    assert [(each["by"], each["at"]) for each in told] == [
        ("ada", "2026-11-20T10:00:00Z"),
        ("zoë", "2026-11-20T11:00:00Z"),
        ("ben", "2026-11-23T10:00:00Z"),
    ]
    assert told[-1]["source"] == "old/1"
    assert "old/1" in sd("history", "1").stdout


def test_an_import_says_nothing_to_anybody(sd: Runner) -> None:
    """Targets missed long ago elsewhere are no alerts here."""
    sd("import", "-", stdin=line("old/1", {**OPENED, "priority": "P1"}))
    assert rows(sd("sla-check", "--json").stdout) == [[]]


def test_an_own_export_brings_nothing_new(busy_desk: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Exported and imported on the same desk: no ticket is new, and no byte changes."""
    told = sd("export").stdout
    before = storage_in(busy_desk.parent).content()
    brought = sdj("import", "-", stdin=told)
    assert (brought["new"], brought["known"]) == (0, 7)
    assert [each["ref"] for each in brought["tickets"]] == [f"SD-{n}" for n in range(1, 8)]
    assert storage_in(busy_desk.parent).content() == before


def test_an_import_is_all_or_nothing(sd: Runner, desk_dir: Path, tmp_path: Path) -> None:
    """One wrong line among right ones: exit 5, every wrong one as file:line, no ledger is made."""
    file = tmp_path / "old.jsonl"
    wrong = line("old/2", {**OPENED, "priority": "P9"})
    file.write_text(line("old/1") + wrong + "\n{\n" + line("old/3") + line("old/1"))
    told = sd("import", str(file), "--json", expect=DATA_FILE).stderr
    for number in (2, 4, 6):
        assert f"{file}:{number}: " in told
    error = json.loads(told.splitlines()[-1])["error"]
    assert [each["line"] for each in error["problems"]] == [2, 4, 6]
    assert not (desk_dir / "ledger").exists()
    assert "-:1: " in sd("import", "-", stdin="{\n", expect=DATA_FILE).stderr


def test_many_wrong_lines_are_counted(sd: Runner) -> None:
    """Text shows the first twenty of very many and how many more there are; JSON has all."""
    ran = sd("import", "-", "--json", stdin="{\n" * 500, expect=DATA_FILE)
    *text, document = ran.stderr.splitlines()
    assert len([each for each in text if each.startswith("  -:")]) == 20
    assert "and 480 more" in text[-1]
    assert len(json.loads(document)["error"]["problems"]) == 500


@pytest.mark.usefixtures("busy_desk")
def test_a_dry_run_writes_nothing(sd: Runner, desk_dir: Path) -> None:
    """--dry-run says what would be new and what is known, and leaves every file as it is."""
    storage = storage_in(desk_dir)
    before = {path: path.stat().st_mtime_ns for path in desk_dir.rglob("*")}, storage.content()
    stream = line("old/1") + sd("export").stdout
    told = sd("import", "-", "--dry-run", stdin=stream)
    assert "1 ticket would be new; 7 known already." in told.stdout
    after = {path: path.stat().st_mtime_ns for path in desk_dir.rglob("*")}, storage.content()
    assert after == before
    sd("import", "-", "--dry-run", stdin="{", expect=DATA_FILE)


def test_a_dry_run_begins_no_ledger(sd: Runner, desk_dir: Path) -> None:
    """On a desk without tickets --dry-run makes no file at all."""
    assert "1 ticket would be new" in sd("import", "-", "--dry-run", stdin=line("old/1")).stdout
    assert not (desk_dir / "ledger").exists()


def test_a_dry_run_needs_no_lock(sd: Runner, busy_desk: Path) -> None:
    """While another writes, --dry-run works and a real import exits 6."""
    with storage_in(busy_desk.parent).held():
        wait = {"SDCLI_LOCK_WAIT": "0"}
        sd("import", "-", "--dry-run", stdin=line("old/1"), env=wait)
        sd("import", "-", stdin=line("old/1"), env=wait, expect=LEDGER_BUSY)


def test_an_import_of_nothing(sd: Runner) -> None:
    """An empty file is no mistake."""
    assert "0 tickets are new" in sd("import", "-", stdin="\n \n").stdout
    assert sd("list", "--json").stdout == "[]\n"


def test_a_missing_file_is_a_mistake(sd: Runner, tmp_path: Path) -> None:
    """A file that is not there exits 2."""
    assert "No such file" in sd("import", str(tmp_path / "no"), expect=USAGE).stderr


def test_hostile_lines_are_told_without_control_characters(sd: Runner) -> None:
    """What is wrong with a line is shown, and steers no terminal."""
    hostile = line("\x1b[31m\x07\u202e", OPENED) * 2
    told = sd("import", "-", stdin=hostile, expect=DATA_FILE).stderr
    assert "there twice" in told
    assert not any(each in told for each in ("\x1b", "\x07", "\u202e"))


def test_odd_tickets_harm_no_command(sd: Runner) -> None:
    """Imported tickets that no policy of this desk knows are shown and worked on like any other."""
    odd = {**OPENED, "queue": "?", "service": "?", "channel": "?", "summary": "\x00\x1b", "by": ""}
    backwards = {**MARK, "kind": "resolved", "code": "?", "at": "1999-01-01T00:00:00Z"}
    sd("import", "-", stdin=line("a", odd) + line("b", odd, backwards))
    for args in (
        ("list", "--all"),
        ("list", "--all", "--json"),
        ("show", "1"),
        ("show", "2", "--json"),
        ("history", "2"),
        ("sla-check", "--dry-run"),
        ("doctor",),
        ("compact",),
        ("doctor",),
        ("export",),
        ("accept", "1"),
        ("reopen", "2", "--reason", "x"),
    ):
        ran = sd(*args)
        assert "\x1b" not in ran.output


@pytest.mark.tiny_home
def test_a_large_import_is_one_commit(
    sd: Runner, desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More tickets than a journal holds go straight into a snapshot, all at once."""
    monkeypatch.setattr(homes, "_LEAST_JOURNAL", 1000)
    sd("import", "-", stdin="".join(line(f"old/{number}") for number in range(500)))
    journal = (desk_dir / "ledger" / "tickets.journal").read_bytes()
    assert journal.count(b"\n") == 1
    assert len(rows(sd("export").stdout)) == 500
    assert "sound: 500 tickets" in sd("doctor").stdout


def test_import_of_the_pipe_of_an_export(busy_desk: Path, sd: Runner, tmp_path: Path) -> None:
    """`sdcli --desk old export | sdcli import -`, as processes."""
    sd("init", str(tmp_path / "new"))
    shutil.copy(busy_desk.parent / "sla_policies.yaml", tmp_path / "new")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": ":".join(sys.path),
        "SDCLI_USER": "ben",
    }
    program = f"{sys.executable} -m sdcli --desk"
    pipe = f"{program} {busy_desk.parent} export | {program} {tmp_path / 'new'} import -"
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {pipe}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "7 tickets are new" in ran.stdout
    there = {"SDCLI_DESK": str(tmp_path / "new")}
    old, new = rows(sd("export").stdout), rows(sd("export", env=there).stdout)
    assert [row["events"] for row in old] == [row["events"][:-1] for row in new]
    assert [row["status"] for row in old] == [row["status"] for row in new]


def test_what_open_took_in_can_be_moved(sd: Runner, alerts: dict[str, Any]) -> None:
    """The deepest alert that is recorded comes back in by its export."""
    first = alerts["alerts"][0]
    depth = DEEPEST - 3  # within a list, a table and the document
    extra = json.loads("[" * depth + "]" * depth)
    deepest = {**alerts, "alerts": [{**first, "extra": extra}]}
    deeper = {**alerts, "alerts": [{**first, "extra": [extra]}]}
    sd("open", "-", stdin=json.dumps(deepest))
    sd("open", "-", stdin=json.dumps(deeper), expect=PARTLY_DONE)
    sd("import", "-", "--dry-run", stdin=sd("export").stdout)


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The tickets that stock TinyDB finds in a document."""
    with TinyDB(file, access_mode="r") as base:
        return [dict(row) for row in base.table("tickets").all()]


@pytest.mark.tiny_home
def test_stock_tinydb_reads_what_was_folded(busy_desk: Path, sd: Runner) -> None:
    """After `compact` snapshot and archives together are the export, ticket by ticket."""
    before = rows_of(busy_desk / "tickets.json")
    assert "SD-7" not in [row["ref"] for row in before]
    assert "snapshot holds everything" in sd("compact").stdout
    current = {row["ref"]: row for row in rows_of(busy_desk / "tickets.json")}
    assert {"SD-4", "SD-7"} <= current.keys()
    archived = {
        row["ref"]: row for file in (busy_desk / "archive").iterdir() for row in rows_of(file)
    }
    assert {"SD-2", "SD-5"} <= archived.keys()
    stored = {**archived, **current}
    assert len(stored) == 7
    for row in rows(sd("export").stdout):
        kept = stored[row["ref"]]
        kept.pop("sum")
        assert kept == row


@pytest.mark.tiny_home
def test_stock_tinydb_finds_tickets(busy_desk: Path, sd: Runner) -> None:
    """TinyDB's own queries and document ids work on a snapshot, and change nothing in it."""
    sd("compact")
    raw = (busy_desk / "tickets.json").read_bytes()
    with TinyDB(busy_desk / "tickets.json", access_mode="r") as base:
        table = base.table("tickets")
        (found,) = table.search(where("summary") == "the 6th ☕")
        assert (found["ref"], found.doc_id) == ("SD-6", 6)
        seventh: Any = table.get(doc_id=7)
        assert seventh["ref"] == "SD-7"
        assert {"tickets", "keys", "meta"} <= base.tables()
    assert (busy_desk / "tickets.json").read_bytes() == raw


def test_compacting_changes_nothing_that_can_be_asked(busy_desk: Path, sd: Runner) -> None:
    """Lists, tickets and histories are the same before and after, and after once more."""
    asked = [("list", "--all", "--json"), ("show", "4", "--json"), ("history", "5", "--json")]
    before = [sd(*args).stdout for args in asked]
    for _ in range(2):
        sd("compact")
        assert [sd(*args).stdout for args in asked] == before
    storage = storage_in(busy_desk.parent)
    if isinstance(storage, TinyStorage):
        assert (storage.folder / "tickets.journal").read_bytes().count(b"\n") == 1
    assert sd("note", "7", "x").exit_code == 0


def test_compact_waits_for_the_lock(busy_desk: Path, sd: Runner) -> None:
    """While another writes, `compact` exits 6 and leaves snapshot and journal alone."""
    storage = storage_in(busy_desk.parent)
    before = storage.content()
    with storage.held():
        sd("compact", env={"SDCLI_LOCK_WAIT": "0"}, expect=LEDGER_BUSY)
    assert storage.content() == before


def test_what_comes_in_with_a_note_is_one_ticket(sd: Runner) -> None:
    """A ticket that was brought in is worked on, exported and known under its source for good."""
    sd("import", "-", stdin=line("old/1"))
    sd("note", "1", "seen")
    (row,) = rows(sd("export").stdout)
    assert [event["kind"] for event in row["events"]] == ["opened", "imported", "noted"]
    assert (row["source"], row["ref"]) == ("old/1", "SD-1")
    assert "0 tickets are new; 1 known" in sd("import", "-", stdin=line("old/1")).stdout
    assert "0 tickets are new; 1 known" in sd("import", "-", stdin=json.dumps(row)).stdout
    assert Noted.__struct_config__.tag == row["events"][-1]["kind"]
    assert os.linesep == "\n"
