"""The first format: read as it is, migrated with the first commit, never lost on the way."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import (
    LEDGER_DAMAGED,
    LedgerDamagedError,
    MachineError,
    NoSuchTicketError,
)
from sdcli.ledger.tiny import image as images
from sdcli.ledger.tiny.seal import sealed, unsealed
from sdcli.ledger.tiny.storage import LedgerStorage
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import fold
from tests.ledger.making import (
    ALL,
    add,
    close,
    closing,
    compact,
    contents,
    former,
    formerly,
    heard,
    home,
    names,
    noted,
    opened,
    picture,
    put,
    read,
    tickets,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.tickets.ticket import Ticket

SUMMARIES = ["one", "zwei · 二\nline", "three", "long " * 3000, "five"]
MIGRATED = ["tickets.journal", "tickets.json", "tickets.json.format-1", "tickets.lock"]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """The place of a ledger of the first format."""
    return tmp_path / "ledger"


@pytest.fixture(name="made")
def _made(folder: Path) -> list[Ticket]:
    """Five tickets in a ledger of the first format: with keys, a note, and two that are closed."""
    openings = [
        opened(text, key=f"k{n}", idempotency_key=f"i{n}") for n, text in enumerate(SUMMARIES)
    ]
    made = [
        fold("SD-1", [openings[0], noted()]),
        fold("SD-2", [openings[1], *closing()]),
        *(fold(f"SD-{n + 1}", [openings[n]]) for n in (2, 3)),
        fold("SD-5", [openings[4], *closing(900)]),
    ]
    return formerly(folder, made)


@pytest.fixture(name="file")
def _file(folder: Path, made: list[Ticket]) -> Path:
    """The ledger file of those tickets."""
    assert made
    return folder / "tickets.json"


def test_it_is_read_as_it_is(folder: Path, made: list[Ticket]) -> None:
    """Every way of reading gives what was recorded, and touches no byte, file or time."""
    before = picture(folder)
    ledger = home(folder)
    assert list(ledger.find(ALL)) == made
    assert [ticket.ref for ticket in ledger.find(Query())] == ["SD-1", "SD-3", "SD-4"]
    assert [ledger.get(ticket.ref) for ticket in made] == made
    assert ledger.most_pressing(ALL, 2) == (made[:2], 3)
    assert ledger.by_key("k2") == made[2]
    assert ledger.by_key("k1") is None
    assert ledger.by_idempotency_key("i1") == made[1]
    with pytest.raises(NoSuchTicketError):
        ledger.get("SD-6")
    rows = LedgerStorage(str(folder)).read()["tickets"]
    assert [row["ref"] for row in rows.values()] == [ticket.ref for ticket in made]
    assert picture(folder) == before


def test_the_first_commit_migrates(folder: Path, file: Path, made: list[Ticket]) -> None:
    """With the first commit the ledger has the new format; it is told, and the old file is kept."""
    before, told = file.read_bytes(), list[str]()
    with home(folder, told.append).write() as writer:
        ticket = writer.create([opened("six")])
    assert ticket.ref == "SD-6"
    assert tickets(folder) == [*made, ticket]
    kept = folder / "tickets.json.format-1"
    assert kept.read_bytes() == before
    assert [str(kept) in sentence for sentence in told] == [True]
    assert names(folder) == MIGRATED
    assert b'"format":2' in file.read_bytes().splitlines()[-1]
    assert put(folder) == "SD-7"
    assert heard(folder)[1] == []
    assert kept.read_bytes() == before


def test_the_kept_file_is_a_ledger(folder: Path, file: Path, made: list[Ticket]) -> None:
    """The file as it was, put back without the others, is the ledger as it was."""
    before = file.read_bytes()
    put(folder, "six")
    old = folder.parent / "old"
    old.mkdir()
    shutil.copy(folder / "tickets.json.format-1", old / "tickets.json")
    assert tickets(old) == made
    assert (old / "tickets.json").read_bytes() == before


@pytest.mark.parametrize("way", ["append", "close", "two at once"])
def test_any_commit_migrates(folder: Path, made: list[Ticket], way: str) -> None:
    """Whatever the first commit does, it is in the new ledger with everything else."""
    ledger = home(folder)
    if way == "append":
        add(folder, "SD-3", noted())
    elif way == "close":
        close(folder, "SD-3")
    else:
        with ledger.write() as writer:
            writer.create([opened("six")])
            writer.append(writer.get("SD-2"), [])
            writer.append(writer.get("SD-1"), [noted()])
    assert [ticket.ref for ticket in tickets(folder)][:5] == [ticket.ref for ticket in made]
    unchanged = {"append": (0, 1, 3, 4), "close": (0, 1, 3, 4), "two at once": (1, 2, 3, 4)}[way]
    assert [home(folder).get(f"SD-{n + 1}") for n in unchanged] == [made[n] for n in unchanged]
    assert home(folder).by_idempotency_key("i1") == made[1]
    assert (home(folder).by_key("k2") is None) == (way == "close")
    compact(folder)
    assert home(folder).by_idempotency_key("i1") == made[1]


def test_looking_does_not_migrate(folder: Path, made: list[Ticket]) -> None:
    """A unit of work that adds nothing leaves the old format in its place."""
    before = contents(folder)
    with home(folder).write() as writer:
        assert writer.get("SD-1") == made[0]
        assert list(writer.find(ALL)) == made
    assert contents(folder) == before


def test_a_failing_unit_does_not_migrate(folder: Path, made: list[Ticket]) -> None:
    """A unit of work that raises leaves the file as it was."""
    before = contents(folder)

    def unit() -> None:
        with home(folder).write() as writer:
            writer.create([opened("never")])
            raise ValueError(len(made))

    with pytest.raises(ValueError, match="5"):
        unit()
    assert contents(folder) == before


def test_a_migration_keeps_rights_and_links(
    tmp_path: Path, made: list[Ticket], folder: Path
) -> None:
    """The new files have the rights of the old one, and a link leads where it led (T27)."""
    real = tmp_path / "volume"
    folder.rename(real)
    (real / "tickets.json").chmod(0o640)
    folder.mkdir()
    (folder / "tickets.json").symlink_to(real / "tickets.json")
    put(folder, "six")
    assert (folder / "tickets.json").is_symlink()
    assert tickets(folder)[:5] == made
    for name in MIGRATED[:3]:
        assert (real / name).stat().st_mode & 0o777 == 0o640


def test_an_empty_ledger_migrates(folder: Path) -> None:
    """A ledger that was begun and never used is a ledger of the first format too."""
    former(folder)
    assert read(folder) == []
    assert put(folder, "one") == "SD-1"
    assert read(folder) == ["one"]


def test_a_ledger_object_follows_a_migration(folder: Path, made: list[Ticket]) -> None:
    """One that stays open sees what others record while, and after, they migrate."""
    ledger = home(folder)
    assert list(ledger.find(ALL)) == made
    put(folder, "six")
    assert [ticket.summary for ticket in ledger.find(ALL)] == [*SUMMARIES, "six"]
    put(folder, "seven")
    assert len(list(ledger.find(ALL))) == 7


def test_a_reader_beside_a_migration(
    folder: Path, made: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads while another migrates sees the ledger before it or after it."""

    def opening(*args: Any) -> Any:
        monkeypatch.delattr(images, "open")
        put(folder, "six")
        return open(*args)

    monkeypatch.setattr(images, "open", opening, raising=False)
    seen = tickets(folder)
    assert seen[:5] == made


def test_a_compaction_that_migrates_keeps_the_old_file(folder: Path, file: Path) -> None:
    """However a ledger comes by the new format, the file as it was stays beside it."""
    before = file.read_bytes()
    compact(folder)
    assert (folder / "tickets.json.format-1").read_bytes() == before


def test_what_is_called_kept_is_what_was_migrated(folder: Path, file: Path) -> None:
    """An older file under the name of the kept one is not passed off as it."""
    before = file.read_bytes()
    (folder / "tickets.json.format-1").write_bytes(b"older")
    told: list[str] = []
    with home(folder, told.append).write() as writer:
        writer.create([opened("six")])
    (kept,) = re.findall(r"kept as (\S+)\.$", told[0])
    with open(kept, "rb") as stream:
        assert stream.read() == before


def test_a_migration_without_room_for_the_old_file(
    folder: Path, made: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the old file cannot be kept, nothing is migrated and nothing recorded."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = contents(folder)
    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(MachineError, match="Nothing was changed"):
        put(folder, "six")
    assert contents(folder) == before
    assert tickets(folder) == made


def with_meta(file: Path, pattern: bytes, by: bytes) -> None:
    """The same file saying something else of itself."""
    content, count = re.subn(pattern, by, file.read_bytes(), count=1)
    assert count
    file.write_bytes(content)


@pytest.mark.parametrize("version", [0, 2, 3, 99])
def test_another_format_in_the_first_layout_is_refused(
    folder: Path, file: Path, version: int
) -> None:
    """A document that says of itself to be of another format is left to that format's program."""
    with_meta(file, b'"format":1', b'"format":%d' % version)
    before = contents(folder)
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError) as refusal:
            attempt(folder)
        assert refusal.value.exit_code == LEDGER_DAMAGED
        assert (version < 3) or f"format {version}" in refusal.value.message
        assert (version < 3) or "newer sdcli" in refusal.value.message
    assert contents(folder) == before


@pytest.mark.parametrize("version", [0, 3, 99])
def test_another_format_in_the_present_layout_is_refused(tmp_path: Path, version: int) -> None:
    """A snapshot of a newer program is left to that program, with a word about it."""
    folder = tmp_path / "new"
    put(folder)
    compact(folder)
    file = folder / "tickets.json"
    *lines, last = file.read_bytes().splitlines(keepends=True)
    line = last.removeprefix(b'"meta":{').removesuffix(b"}}\n")
    changed = sealed(unsealed(line).replace(b'"format":2', b'"format":%d' % version))
    file.write_bytes(b"".join([*lines, b'"meta":{', changed, b"}}\n"]))
    before = contents(folder)
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError, match=f"format {version}.*newer sdcli"):
            attempt(folder)
    assert contents(folder) == before


@pytest.mark.parametrize("number", [0, 1, 2, 5])
def test_a_new_ticket_never_replaces_one(
    folder: Path, file: Path, made: list[Ticket], number: int
) -> None:
    """With a `next` that was given already, as after a bad merge, no ticket is overwritten."""
    with_meta(file, b'"next":6', b'"next":%d' % number)
    try:
        put(folder, "six")
    except LedgerDamagedError:
        assert names(folder) in (["tickets.json"], ["tickets.json", "tickets.lock"])
    else:
        assert tickets(folder)[:5] == made


def test_a_meta_row_without_the_next_number_is_damage(folder: Path, file: Path) -> None:
    """Without the number of the next reference a document is not whole."""
    with_meta(file, b',"next":6', b"")
    for attempt in (read, put):
        with pytest.raises(LedgerDamagedError):
            attempt(folder)


def cut_out(file: Path, number: int) -> None:
    """The ledger without the line of a ticket, as after an edit by hand."""
    lines = file.read_bytes().splitlines(keepends=True)
    rows = [line for line in lines if not line.startswith(b'"%d":' % number)]
    assert len(rows) == len(lines) - 1
    file.write_bytes(b"".join(rows).replace(b",\n}}", b"\n}}"))


def test_references_are_never_reused(folder: Path, file: Path) -> None:
    """The reference of a ticket that was cut out of the file by hand is not given again."""
    cut_out(file, 5)
    assert [ticket.ref for ticket in tickets(folder)] == ["SD-1", "SD-2", "SD-3", "SD-4"]
    assert [put(folder) for _ in range(3)] == ["SD-6", "SD-7", "SD-8"]
    assert [int(ticket.ref[3:]) for ticket in tickets(folder)] == [1, 2, 3, 4, 6, 7, 8]


@pytest.mark.parametrize("migrated", [False, True])
def test_a_ticket_that_was_cut_out_is_not_found(folder: Path, file: Path, migrated: bool) -> None:
    """What the first format does not hold was never there: not found, and no damage for ever."""
    cut_out(file, 3)
    if migrated:
        put(folder)
    with pytest.raises(NoSuchTicketError):
        home(folder).get("SD-3")
    assert len(LedgerStorage(str(folder)).read()["tickets"].values()) == 4 + migrated


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":")])
def test_a_ledger_that_another_program_wrote_anew(
    folder: Path, file: Path, made: list[Ticket], separators: tuple[str, str]
) -> None:
    """A file that a script of TinyDB's own has rewritten is listed the same, migrated or not."""
    tables = json.loads(file.read_bytes())
    tables["tickets"]["1"]["queue"] = "büro"
    tables["tickets"]["1"]["events"][0]["queue"] = "büro"
    file.write_text(json.dumps(tables, separators=separators))
    for migrating in (False, True):
        if migrating:
            put(folder, "six")
        ledger = home(folder)
        assert [t.ref for t in ledger.find(Query(queue="büro"))] == ["SD-1"]
        assert len(list(ledger.find(Query(statuses=("closed",))))) == 2
        assert tickets(folder)[1:5] == made[1:]


def test_a_ledger_that_was_printed_prettily(folder: Path, file: Path, made: list[Ticket]) -> None:
    """A file with line ends between its fields, as `jq .` writes it, is migrated whole."""
    file.write_text(json.dumps(json.loads(file.read_bytes()), indent=2))
    assert tickets(folder) == made
    put(folder, "six")
    assert tickets(folder)[:5] == made


def test_two_lines_with_one_number_are_not_made_one(folder: Path, file: Path) -> None:
    """A merge that kept both sides' ticket 2 is refused; neither is dropped silently."""
    (row,) = [line for line in file.read_bytes().splitlines() if line.startswith(b'"2":')]
    theirs = row.replace(b"zwei", b"deux")
    file.write_bytes(file.read_bytes().replace(row, row + b"\n" + theirs))
    before = contents(folder)
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError, match="twice"):
            attempt(folder)
    assert contents(folder) == before


def test_conflict_markers_are_named_with_their_line(folder: Path, file: Path) -> None:
    """A ledger that a merge left in conflict is refused, and the line is told (T29)."""
    lines = file.read_bytes().splitlines(keepends=True)
    marked = [b"<<<<<<< HEAD\n", lines[4], b"=======\n", lines[4], b">>>>>>> other\n"]
    file.write_bytes(b"".join([*lines[:4], *marked, *lines[5:]]))
    for attempt in (read, put):
        with pytest.raises(LedgerDamagedError, match="line 5 is a merge conflict marker"):
            attempt(folder)


def test_every_truncation_is_refused(folder: Path) -> None:
    """A file cut at any byte is refused and left alone; only the last line end may be missing."""
    former(folder, opened("zwei · 二"))
    file = folder / "tickets.json"
    whole = file.read_bytes()
    for end in range(len(whole) - 1):
        file.write_bytes(whole[:end])
        with pytest.raises(LedgerDamagedError):
            read(folder)
        assert file.stat().st_size == end
    file.write_bytes(whole[:-1])
    assert read(folder) == ["zwei · 二"]


@pytest.mark.parametrize(
    "row",
    [b"17", b"null", b"[]", b"{}", b'"text"', b'{"ref":"SD-2","summary":"only"}'],
)
def test_a_row_that_is_no_ticket_is_kept_as_it_is(folder: Path, file: Path, row: bytes) -> None:
    """A row that cannot be read is named, leaves the others readable, and is never migrated."""
    content = re.sub(rb'(?m)^"2":.*,$', b'"2":' + row + b",", file.read_bytes())
    file.write_bytes(content)
    ledger = home(folder)
    for attempt in (
        lambda: ledger.get("SD-2"),
        lambda: ledger.by_key("k"),
        lambda: ledger.by_idempotency_key("i"),
        lambda: put(folder),
        lambda: compact(folder),
    ):
        with pytest.raises(LedgerDamagedError, match="ticket SD-2 cannot be read"):
            attempt()
    assert ledger.get("SD-1").summary == "one"
    assert ledger.get("SD-3").summary == "three"
    assert file.read_bytes() == content


@pytest.mark.parametrize("number", ["0", "01", "x", "", "-1", "1e3", "\u0661"])
def test_a_row_without_a_number_is_damage(folder: Path, file: Path, number: str) -> None:
    """A row under anything but a number of ours is refused, and never renumbered."""
    content = file.read_bytes().replace(b'"2":{"ref"', f'"{number}":{{"ref"'.encode())
    file.write_bytes(content)
    for attempt in (read, put):
        with pytest.raises(LedgerDamagedError, match="has no number"):
            attempt(folder)
    assert file.read_bytes() == content
