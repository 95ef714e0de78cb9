"""The snapshot: whole at every moment, refused when damaged, and never made worse."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import LEDGER_DAMAGED, LedgerDamagedError, MachineError
from sdcli.ledger.tiny import compact as compaction
from sdcli.ledger.tiny.document import FORMAT
from sdcli.ledger.tiny.seal import sealed, unsealed
from sdcli.tickets.query import Query
from tests.ledger.making import (
    ALL,
    NAMES,
    close,
    compact,
    contents,
    former,
    home,
    lines_of,
    names,
    opened,
    overwrite,
    put,
    read,
    snapshot_of,
    tickets,
)
from tests.sampling import some

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.ledger.tiny.home import TinyLedger
    from sdcli.tickets.ticket import Ticket

SUMMARIES = ["one", "zwei · 二", "three"]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A ledger with three tickets in its snapshot."""
    folder = tmp_path / "ledger"
    for summary in SUMMARIES:
        put(folder, summary)
    compact(folder)
    return folder


@pytest.fixture(name="file")
def _file(folder: Path) -> Path:
    """The snapshot with three tickets."""
    return folder / "tickets.json"


def refused(file: Path, content: bytes) -> str:
    """Reading and writing are both refused and leave all files alone; gives the sentence."""
    file.write_bytes(content)
    before, said = contents(file.parent), ""
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError) as refusal:
            attempt(file.parent)
        said = refusal.value.message
        assert refusal.value.exit_code == LEDGER_DAMAGED == 7
        assert str(file) in said
        assert "Nothing was changed" in said
    assert contents(file.parent) == before
    assert names(file.parent) == NAMES
    return said


def test_one_ticket_a_line(file: Path) -> None:
    """Each ticket is one line that begins with its number, so `grep` and `diff` work."""
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if re.match(r'"\d+":', line)]
    assert [row.partition(":")[0] for row in rows] == ['"1"', '"2"', '"3"']
    assert [json.loads(f"{{{row.rstrip(',')}}}") for row in rows]
    assert "zwei · 二" in rows[1]
    assert lines[-1].startswith('"meta":{"1":')
    assert file.read_bytes().endswith(b"}}\n")


def test_line_ends_in_texts_do_not_break_lines(folder: Path, file: Path) -> None:
    """A ticket with line ends in its texts is one line of journal and snapshot nevertheless."""
    journal = folder / "tickets.journal"
    before = [path.read_bytes().count(b"\n") for path in (journal, file)]
    put(folder, "a\nb\r\nc")
    assert journal.read_bytes().count(b"\n") == before[0] + 1
    compact(folder)
    assert file.read_bytes().count(b"\n") == before[1] + 1
    assert read(folder)[-1] == "a\nb\r\nc"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_access_rights_are_preserved(
    folder: Path, file: Path, mode: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No commit and no compaction opens a ledger to more, or to fewer, than it was (T27)."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 0)
    file.chmod(mode)
    put(folder)
    close(folder, "SD-1")
    assert stat.S_IMODE(file.stat().st_mode) == mode
    compact(folder)
    made = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert len(made) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {mode}


def test_what_is_kept_aside_has_the_rights_of_the_ledger(folder: Path) -> None:
    """The rest of a commit is no more readable than the ledger that it was cut from (T27)."""
    put(folder, "secret")
    for path in folder.iterdir():
        path.chmod(0o600)
    journal = folder / "tickets.journal"
    journal.write_bytes(journal.read_bytes()[:-5])
    read(folder)
    (kept,) = (folder / "damage").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_the_first_ledger_follows_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new ledger gets the access rights that the person's umask gives, in all its files."""
    monkeypatch.setattr(compaction, "_MOST_CLOSED", 0)
    folder = tmp_path / "ledger"
    before = os.umask(0o077)
    try:
        put(folder)
        first = list(folder.rglob("*"))
        assert {path.stat().st_mode & 0o077 for path in first} == {0}
        close(folder, put(folder))
        compact(folder)
    finally:
        os.umask(before)
    made = list(folder.rglob("*"))
    assert len(made) == 5
    assert {path.stat().st_mode & 0o077 for path in made} == {0}


@pytest.mark.parametrize("linked", ["the snapshot", "the folder"])
def test_a_linked_ledger_stays_linked(folder: Path, tmp_path: Path, linked: str) -> None:
    """A ledger behind a symbolic link is still there after a commit, with all its files (T27)."""
    real = tmp_path / "volume"
    folder.rename(real)
    if linked == "the folder":
        folder.symlink_to(real)
    else:
        folder.mkdir()
        (folder / "tickets.json").symlink_to(real / "tickets.json")
    link = folder if linked == "the folder" else folder / "tickets.json"
    put(folder, "four")
    assert b"four" in (real / "tickets.journal").read_bytes()
    compact(folder)
    assert b"four" in (real / "tickets.json").read_bytes()
    assert link.is_symlink()
    assert read(folder) == [*SUMMARIES, "four"] == read(real)


def test_two_ledgers_linked_into_one_folder_stay_apart(tmp_path: Path) -> None:
    """Desks whose ledgers are links to two files of one folder never mix what they record."""
    volume = tmp_path / "volume"
    volume.mkdir()
    desks = {name: tmp_path / name for name in ("a", "b")}
    for name, desk in desks.items():
        former(desk, opened(name))
        (desk / "tickets.json").rename(volume / f"{name}.json")
        (desk / "tickets.json").symlink_to(volume / f"{name}.json")
    for _ in range(2):
        for name, desk in desks.items():
            put(desk, name)
    assert {name: read(desk) for name, desk in desks.items()} == {"a": ["a"] * 3, "b": ["b"] * 3}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b" \n\t", "the file is empty"),
        (b"\0" * 512, "it is not whole JSON"),
        (b"null", "it is not whole JSON"),
        (b"[]", "it is not whole JSON"),
        (b'[{"ref":"SD-1"}]', "it is not whole JSON"),
        (b"{}", "it is not a ledger of tickets"),
        (b'{"_default":{}}', "it is not a ledger of tickets"),
        (b'{"name":"app","version":1}', "it is not whole JSON"),
        (b'{"dependencies":{"left-pad":"1"}}', "it is not a ledger of tickets"),
        (b'{"meta":{"1":{"format":1,"next":1}}}', "it is not a ledger of tickets"),
        (b'{"tickets":{}}', "it is not a ledger of tickets"),
        (b'{"meta":{},"tickets":{}}', "it is not a ledger of tickets"),
        (b'{"meta":{"1":{}},"tickets":{}}', "it is not whole JSON"),
        (b'{"meta":{"1":{"format":"1","next":1}},"tickets":{}}', "it is not whole JSON"),
        (b'{"meta":{"1":{"format":1,"next":1}},"tickets":[]}', "it is not whole JSON"),
        (b"\xff\xfe{\0}\0", "it is not whole JSON"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is not whole JSON"),
        (b"}}\n", "it is not whole JSON"),
        (b'"meta":{"1":{}}}\n', "it is not whole JSON"),
    ],
)
def test_what_is_no_ledger_is_refused(file: Path, content: bytes, reason: str) -> None:
    """An empty file, another program's file, a list: damage, never an empty ledger (T27)."""
    assert reason in refused(file, content)


def test_conflict_markers_are_named_with_their_line(file: Path) -> None:
    """A ledger that a merge left in conflict is refused, and the line is told (T29).

    Two sides never agree on the last line, so a merge has marked that one in any case.
    """
    *lines, last = file.read_bytes().splitlines(keepends=True)
    theirs = last.replace(b'"next":4', b'"next":5')
    marked = [b"<<<<<<< HEAD\n", last, b"=======\n", theirs, b">>>>>>> other\n"]
    said = refused(file, b"".join([*lines, *marked]))
    assert f"line {len(lines) + 1} is a merge conflict marker" in said


@pytest.mark.parametrize("extra", [b"<<<<<<< HEAD\n", b"\n", b"x"])
def test_what_was_put_between_is_refused(file: Path, extra: bytes) -> None:
    """Bytes added between the lines shift them: damage to writers too, as a cut would be."""
    lines = file.read_bytes().splitlines(keepends=True)
    refused(file, b"".join([*lines[:3], extra, *lines[3:]]))


def test_every_truncation_is_refused(folder: Path, file: Path) -> None:
    """A file cut at any byte is refused and left alone."""
    whole = file.read_bytes()
    for end in range(len(whole)):
        overwrite(file, whole[:end])
        for attempt in (read, put):
            with pytest.raises(LedgerDamagedError):
                attempt(folder)
        assert file.stat().st_size == end
    file.write_bytes(whole)
    assert read(folder) == SUMMARIES


def changed(whole: bytes, at: int) -> list[bytes]:
    """The file with one byte changed in several ways."""
    others = {whole[at] ^ 1, whole[at] ^ 0x20, whole[at] ^ 0x80, 0, 10, ord('"')} - {whole[at]}
    return [whole[:at] + bytes([other]) + whole[at + 1 :] for other in sorted(others)]


def answers(folder: Path) -> list[str] | None:
    """The summaries one by one; None if the ledger is refused."""
    ledger = home(folder)
    try:
        return [ledger.get(f"SD-{number}").summary for number in (1, 2, 3)]
    except LedgerDamagedError:
        return None


def test_a_changed_byte_never_changes_a_ticket(folder: Path, file: Path) -> None:
    """With any byte of the file changed, each ticket is what it was, or the ledger is refused."""
    whole = file.read_bytes()
    for at in some(range(len(whole)), 4):
        for content in changed(whole, at):
            overwrite(file, content)
            assert answers(folder) in (None, SUMMARIES), f"byte {at}"
            assert file.read_bytes() == content


def listed(folder: Path, query: Query) -> list[str] | None:
    """The references that a list shows; None if the ledger is refused."""
    try:
        return [ticket.ref for ticket in home(folder).find(query)]
    except LedgerDamagedError:
        return None


@pytest.mark.parametrize(
    "query",
    [ALL, Query(), Query(statuses=("new",)), Query(queue="service-desk"), Query(priority="P3")],
)
def test_a_changed_byte_never_empties_a_list(folder: Path, file: Path, query: Query) -> None:
    """With any byte of the file changed, a list shows all its tickets, or the ledger is refused."""
    whole, refs = file.read_bytes(), ["SD-1", "SD-2", "SD-3"]
    for at in some(range(len(whole)), 5):
        for content in changed(whole, at):
            overwrite(file, content)
            assert listed(folder, query) in (None, refs), f"byte {at}"


def test_a_changed_byte_never_goes_into_a_new_snapshot(folder: Path, file: Path) -> None:
    """A damaged line is not carried over: compaction refuses, and says which ticket it is."""
    whole = file.read_bytes()
    at = whole.index(b"zwei")
    put(folder, "four")
    file.write_bytes(changed(whole, at)[0])
    before = contents(folder)
    with pytest.raises(LedgerDamagedError, match="ticket SD-2 is damaged"):
        compact(folder)
    assert contents(folder) == before


def test_trailing_bytes_are_refused(file: Path) -> None:
    """Bytes behind the document, as an old writer leaves them, are damage (T27)."""
    for extra in (b'9999"}]}\n}}\n', b"\n", b"\0", b"}}\n"):
        refused(file, file.read_bytes() + extra)


def test_a_lost_file_is_not_an_empty_ledger(file: Path) -> None:
    """Where a ledger was, as the lock file tells, a missing file is damage; none is begun."""
    file.unlink()
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError, match="the file is missing"):
            attempt(file.parent)
    assert names(file.parent) == ["tickets.journal", "tickets.lock"]


def test_a_journal_alone_is_not_an_empty_ledger(folder: Path, file: Path) -> None:
    """Where a journal continues a snapshot that has gone, with its lock file, that is damage."""
    put(folder, "four")
    file.unlink()
    (folder / "tickets.lock").unlink()
    for attempt in (read, put):
        with pytest.raises(LedgerDamagedError):
            attempt(folder)
        assert names(folder) == ["tickets.journal"]


def test_a_ledger_without_its_lock_file_is_whole(folder: Path) -> None:
    """A ledger that came by copy, without the lock file, is read and written."""
    (folder / "tickets.lock").unlink()
    assert read(folder) == SUMMARIES
    assert put(folder) == "SD-4"


def test_a_ledger_may_be_moved(folder: Path, tmp_path: Path) -> None:
    """A ledger that was copied with all its files is the same ledger."""
    folder.rename(tmp_path / "elsewhere")
    assert read(tmp_path / "elsewhere") == SUMMARIES
    assert put(tmp_path / "elsewhere") == "SD-4"


def rewritten(folder: Path, number: int, row: bytes) -> None:
    """The ledger written anew with another JSON object, sealed, as the row of a ticket."""
    lines = [line for line in lines_of(folder / "tickets.json") if re.match(rb'"\d+":', line)]
    lines[number - 1] = sealed(b'"%d":%s' % (number, row))
    snapshot_of(folder, lines, next_number=4)


@pytest.mark.parametrize("row", [b'{"a":1}', b'{"ref":"SD-2","summary":"only"}'])
def test_a_row_that_is_no_ticket_is_named(folder: Path, row: bytes) -> None:
    """A row that is JSON and no ticket is refused by its number, in look-ups and by compaction."""
    rewritten(folder, 2, row)
    before = contents(folder)
    with pytest.raises(LedgerDamagedError, match="ticket SD-2 cannot be read"):
        home(folder).get("SD-2")
    assert contents(folder) == before


@pytest.mark.parametrize("row", [b"17", b"null", b"[]", b"{}", b'"text"'])
def test_a_row_written_by_hand_is_named(file: Path, row: bytes) -> None:
    """A row that somebody has typed over is refused by its number, and kept as it is."""
    whole = file.read_bytes()
    (line,) = [line for line in lines_of(file) if line.startswith(b'"2":')]
    typed = b'"2":' + row
    content = whole.replace(line, typed + b" " * (len(line) - len(typed)))
    file.write_bytes(content)
    with pytest.raises(LedgerDamagedError, match="ticket SD-2 is damaged"):
        home(file.parent).get("SD-2")
    assert file.read_bytes() == content


def test_a_damaged_row_leaves_the_others_readable(folder: Path) -> None:
    """Beside a damaged row the other tickets can still be seen."""
    rewritten(folder, 2, b'{"a":1}')
    ledger = home(folder)
    assert ledger.get("SD-1").summary == "one"
    assert ledger.get("SD-3").summary == "three"


def all_of(ledger: TinyLedger) -> list[Ticket]:
    """Every ticket of a list."""
    return list(ledger.find(ALL))


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        pytest.param(rb"one", b"o\xffe", id="a byte that is no UTF-8"),
        pytest.param(rb'"events":\[.*\]', b'"events":[]', id="no events"),
        pytest.param(rb'"ref":"SD-1"', b'"ref":"SD-3"', id="the reference of another"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(folder: Path, pattern: bytes, by: bytes) -> None:
    """A row that cannot be a ticket of its number is refused by whoever lists it or asks for it."""
    (line,) = [line for line in lines_of(folder / "tickets.json") if line.startswith(b'"1":')]
    row, changes = re.subn(pattern, by, unsealed(line)[4:])
    assert changes
    rewritten(folder, 1, row)
    for attempt in (all_of, lambda ledger: ledger.get("SD-1")):
        with pytest.raises(LedgerDamagedError, match="ticket SD-1 cannot be read"):
            attempt(home(folder))


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_row_that_is_not_there_is_missed(folder: Path, missing: int) -> None:
    """A number that was given out has a ticket; where its row is not, that is damage."""
    lines = [line for line in lines_of(folder / "tickets.json") if re.match(rb'"\d+":', line)]
    del lines[missing - 1]
    snapshot_of(folder, lines, next_number=4)
    with pytest.raises(LedgerDamagedError, match=f"SD-{missing} was recorded and is not there"):
        home(folder).get(f"SD-{missing}")


def test_the_format_is_the_second(file: Path) -> None:
    """The snapshot says of itself which format it has; its first line is that of a TinyDB file."""
    assert FORMAT == 2
    assert file.read_bytes().startswith(b'{"_default":{},\n"tickets":{\n"1":')
    assert b'"meta":{"1":{"format":2,' in file.read_bytes().splitlines()[-1]


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """What is no file is damage, and is left as it is."""
    file = tmp_path / "ledger" / "tickets.json"
    file.mkdir(parents=True)
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError) as failure:
            attempt(file.parent)
        assert str(file) in failure.value.message
        assert "it is not a file" in failure.value.message
        assert "Nothing was changed" in failure.value.message
    assert file.is_dir()


def test_a_pipe_in_place_of_the_journal_keeps_nobody_waiting(folder: Path) -> None:
    """A named pipe, whose reader would wait for a writer for ever, is told like a folder."""
    (folder / "tickets.journal").unlink()
    os.mkfifo(folder / "tickets.journal")
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError, match="it is not a file"):
            attempt(folder)


def test_archives_alone_are_no_new_ledger(folder: Path) -> None:
    """Where only archives are left, a ledger has gone: none is begun, and they are left alone."""
    for name in ("tickets.json", "tickets.journal", "tickets.lock"):
        (folder / name).unlink(missing_ok=True)
    (folder / "archive").mkdir(exist_ok=True)
    archive = folder / "archive" / "2025-01.2.json"
    archive.write_bytes(b"what was closed")
    for attempt in (read, put, compact):
        with pytest.raises(LedgerDamagedError, match="archives beside it"):
            attempt(folder)
    assert archive.read_bytes() == b"what was closed"


@pytest.mark.parametrize("place", ["tickets.journal", "archive", "damage"])
def test_something_in_place_of_another_file_is_told(folder: Path, place: str) -> None:
    """A folder or a file that stands where the ledger wants to write is a failure told as one."""
    put(folder, "four")
    journal = folder / "tickets.journal"
    close(folder, "SD-1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "_MOST_CLOSED", 0)
        if place == "tickets.journal":
            journal.unlink()
            journal.mkdir()
        else:
            (folder / place).write_text("mine")
        if place == "damage":
            journal.write_bytes(journal.read_bytes()[:-7])
        told = (MachineError, LedgerDamagedError)
        with pytest.raises(told, match=re.escape(str(folder))):
            compact(folder)


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """Where a file stands in the folder's place, nothing is read or written, and that is said."""
    (tmp_path / "ledger").write_text("mine")
    for attempt in (read, put):
        with pytest.raises(MachineError, match="Nothing was changed"):
            attempt(tmp_path / "ledger")
    assert (tmp_path / "ledger").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_missing_access_is_told(folder: Path, file: Path) -> None:
    """Without the right to read or to write a person is told so, and nothing changes."""
    journal = folder / "tickets.journal"
    put(folder, "four")
    before = contents(folder)
    for path in (file, journal):
        path.chmod(0)
        with pytest.raises(MachineError, match="Reading the ledger"):
            read(folder)
        path.chmod(0o444)
    with pytest.raises(MachineError, match="Writing the ledger"):
        put(folder)
    folder.chmod(0o555)
    try:
        with pytest.raises(MachineError, match="Writing the ledger"):
            compact(folder)
    finally:
        folder.chmod(0o755)
    assert contents(folder) == before
    assert names(folder) == NAMES


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_person_who_may_only_read_reads(folder: Path) -> None:
    """Without the right to write anything the ledger is read, torn tail or not."""
    put(folder, "four")
    journal = folder / "tickets.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    try:
        assert read(folder) == SUMMARIES
    finally:
        folder.chmod(0o755)
    assert names(folder) == NAMES


def test_every_ticket_is_found_by_bisection(tmp_path: Path) -> None:
    """Each ticket of a snapshot is found, whatever the lengths of lines around it."""
    folder = tmp_path / "ledger"
    with home(folder).write() as writer:
        for number in range(1, 200):
            writer.create([opened("long " * (2000 if number % 17 == 0 else number % 5))])
    compact(folder)
    ledger = home(folder)
    assert [ledger.get(f"SD-{number}").ref for number in range(1, 200)] == [
        ticket.ref for ticket in tickets(folder)
    ]
