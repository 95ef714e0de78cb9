"""The ledger file: whole at every moment, refused when damaged, and never made worse."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import stat
import subprocess
import sys
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import LEDGER_DAMAGED, UNEXPECTED, LedgerDamagedError, MachineError, SdcliError
from sdcli.ledger.tiny import document
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Opened, Stamp
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
ALL = Query(statuses=STATUSES)
NAMES = ["tickets.json", "tickets.lock"]


def put(folder: Path, summary: str = "It is broken") -> str:
    """A new ticket in a commit of its own."""
    with TinyLedger(str(folder), 5).write() as writer:
        event = Opened(
            *Stamp(at=NOW, by="ben").mark(), summary=summary, queue="service-desk", priority="P3"
        )
        return writer.create([event]).ref


def read(folder: Path) -> list[str]:
    """The summaries of all tickets."""
    return [ticket.summary for ticket in TinyLedger(str(folder), 5).find(ALL)]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A ledger with three tickets."""
    folder = tmp_path / "ledger"
    for summary in ("one", "zwei · 二", "three"):
        put(folder, summary)
    return folder


@pytest.fixture(name="file")
def _file(folder: Path) -> Path:
    """The ledger file with three tickets."""
    return folder / "tickets.json"


def refused(file: Path, content: bytes) -> str:
    """Reading and writing are both refused and leave these bytes alone; gives the sentence."""
    file.write_bytes(content)
    said = ""
    for attempt in (read, put):
        with pytest.raises(LedgerDamagedError) as refusal:
            attempt(file.parent)
        said = refusal.value.message
        assert refusal.value.exit_code == LEDGER_DAMAGED == 7
        assert str(file) in said
        assert "Nothing was changed" in said
    assert file.read_bytes() == content
    assert sorted(os.listdir(file.parent)) == NAMES
    return said


def test_one_ticket_a_line(file: Path) -> None:
    """Each ticket is one line that begins with its number, so `grep` and `diff` work."""
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if re.match(r'"\d+":', line)]
    assert [row.partition(":")[0] for row in rows] == ['"1"', '"2"', '"3"']
    assert [json.loads(f"{{{row.rstrip(',')}}}") for row in rows]
    assert "zwei · 二" in rows[1]
    assert file.read_bytes().endswith(b"\n}}\n")


def test_line_ends_in_texts_do_not_break_lines(folder: Path, file: Path) -> None:
    """A ticket with line ends in its texts is one line of the file nevertheless."""
    before = file.read_bytes().count(b"\n")
    put(folder, "a\nb\r\nc")
    assert file.read_bytes().count(b"\n") == before + 1
    assert read(folder)[-1] == "a\nb\r\nc"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_access_rights_are_preserved(folder: Path, file: Path, mode: int) -> None:
    """A commit leaves the access rights of the file as somebody has set them (T27)."""
    file.chmod(mode)
    put(folder)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_the_first_ledger_follows_the_umask(tmp_path: Path) -> None:
    """A new ledger gets the access rights that the person's umask gives."""
    before = os.umask(0o077)
    try:
        put(tmp_path / "ledger")
        put(tmp_path / "ledger")
    finally:
        os.umask(before)
    for name in NAMES:
        assert (tmp_path / "ledger" / name).stat().st_mode & 0o077 == 0


def test_a_linked_ledger_stays_linked(folder: Path, file: Path, tmp_path: Path) -> None:
    """A ledger that is a symbolic link is still one after a commit, and its target has it (T27)."""
    real = tmp_path / "real.json"
    file.rename(real)
    file.symlink_to(real)
    put(folder, "four")
    assert file.is_symlink()
    assert b"four" in real.read_bytes()


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
    ],
)
def test_what_is_no_ledger_is_refused(file: Path, content: bytes, reason: str) -> None:
    """An empty file, another program's file, a list: damage, never an empty ledger (T27)."""
    assert reason in refused(file, content)


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_format_is_refused(file: Path, version: int) -> None:
    """A ledger of a newer program is left to that program, with a word about it."""
    content = file.read_bytes().replace(b'"format":1', b'"format":%d' % version)
    said = refused(file, content)
    assert f"format {version}" in said
    assert "newer sdcli" in said


def test_conflict_markers_are_named_with_their_line(file: Path) -> None:
    """A ledger that a merge left in conflict is refused, and the line is told (T29)."""
    lines = file.read_bytes().splitlines(keepends=True)
    ours, theirs = lines[4], lines[4].replace(b"zwei", b"deux")
    marked = [b"<<<<<<< HEAD\n", ours, b"=======\n", theirs, b">>>>>>> other\n"]
    said = refused(file, b"".join([*lines[:4], *marked, *lines[5:]]))
    assert "line 5 is a merge conflict marker" in said


@given(data=st.data())
def test_every_truncation_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """A file cut at any byte is refused and left alone; only the last line end may be missing."""
    folder = tmp_path_factory.mktemp("desk") / "ledger"
    put(folder, "zwei · 二")
    file = folder / "tickets.json"
    whole = file.read_bytes()
    refused(file, whole[: data.draw(st.integers(0, len(whole) - 2))])
    file.write_bytes(whole[:-1])
    assert read(folder) == ["zwei · 二"]


@given(data=st.data())
def test_a_changed_byte_is_never_an_empty_ledger(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """After a stroke of bad luck in one byte the ticket is there, or the ledger is refused."""
    folder = tmp_path_factory.mktemp("desk") / "ledger"
    put(folder, "one")
    file = folder / "tickets.json"
    whole = bytearray(file.read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 127))
    file.write_bytes(whole)
    with suppress(LedgerDamagedError):
        assert len(read(folder)) == 1
    assert file.read_bytes() == whole


def test_trailing_bytes_are_refused(file: Path) -> None:
    """Bytes behind the document, as an old writer leaves them, are damage (T27)."""
    refused(file, file.read_bytes() + b'9999"}]}\n}}\n')


def test_a_lost_file_is_not_an_empty_ledger(file: Path) -> None:
    """Where a ledger was, as the lock file tells, a missing file is damage; none is begun."""
    file.unlink()
    for attempt in (read, put):
        with pytest.raises(LedgerDamagedError, match="the file is missing"):
            attempt(file.parent)
    assert os.listdir(file.parent) == ["tickets.lock"]


def test_a_ledger_without_its_lock_file_is_whole(folder: Path) -> None:
    """A ledger that came by copy, without the lock file, is read and written."""
    (folder / "tickets.lock").unlink()
    assert len(read(folder)) == 3
    assert put(folder) == "SD-4"


ROW = b'"2":{"ref":"SD-2"'


@pytest.mark.parametrize(
    "row",
    [b"17", b"null", b"[]", b"{}", b'"text"', b'{"ref":"SD-2","summary":"only"}'],
)
def test_a_row_that_is_no_ticket_is_named(file: Path, row: bytes) -> None:
    """A row that is JSON and no ticket is refused by its number, in lists and look-ups."""
    content = _with_row(file, row)
    for look in (
        lambda ledger: list(ledger.find(ALL)),
        lambda ledger: ledger.get("SD-2"),
        lambda ledger: ledger.by_key("k"),
        lambda ledger: ledger.by_idempotency_key("k"),
    ):
        with pytest.raises(LedgerDamagedError, match="ticket SD-2 cannot be read"):
            look(TinyLedger(str(file.parent), 5))
    assert file.read_bytes() == content


def test_a_damaged_row_leaves_the_others_readable(file: Path) -> None:
    """Beside a damaged row the other tickets can still be seen, and the row is kept as it is."""
    _with_row(file, b"17")
    ledger = TinyLedger(str(file.parent), 5)
    assert ledger.get("SD-1").summary == "one"
    assert ledger.get("SD-3").summary == "three"


def _with_row(file: Path, row: bytes) -> bytes:
    """Ticket 2 replaced by another JSON value."""
    content = re.sub(rb'(?m)^"2":.*,$', b'"2":' + row + b",", file.read_bytes())
    assert b'"2":' + row in content
    file.write_bytes(content)
    return content


@pytest.mark.parametrize(
    ("pattern", "by"),
    [
        pytest.param(rb"one", b"o\xffe", id="a byte that is no UTF-8"),
        pytest.param(rb'"events":\[.*\]', b'"events":[]', id="no events"),
        pytest.param(rb'"ref":"SD-1"', b'"ref":"SD-3"', id="the reference of another"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(file: Path, pattern: bytes, by: bytes) -> None:
    """A row that cannot be a ticket of its number is refused as damage by whoever lists it."""
    lines = file.read_bytes().splitlines(keepends=True)
    lines[3], changes = re.subn(pattern, by, lines[3])
    assert changes
    file.write_bytes(b"".join(lines))
    with pytest.raises(LedgerDamagedError):
        assert [ticket.opening for ticket in TinyLedger(str(file.parent), 5).find(ALL)]


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """What the machine does not let be read is a failure of the machine, not of the ledger."""
    file = tmp_path / "ledger" / "tickets.json"
    file.mkdir(parents=True)
    for attempt in (read, put):
        with pytest.raises(MachineError) as failure:
            attempt(file.parent)
        assert failure.value.exit_code == UNEXPECTED
        assert str(file) in failure.value.message
        assert "Nothing was changed" in failure.value.message
    assert file.is_dir()


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
    before = file.read_bytes()
    file.chmod(0)
    with pytest.raises(MachineError, match="Reading the ledger"):
        read(folder)
    file.chmod(0o644)
    folder.chmod(0o555)
    try:
        with pytest.raises(MachineError, match="Writing the ledger"):
            put(folder)
    finally:
        folder.chmod(0o755)
    assert file.read_bytes() == before
    assert sorted(os.listdir(folder)) == NAMES


FULL_DISK = """
import resource, signal, sys
from datetime import datetime, timezone
from sdcli.errors import MachineError
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets.event import Opened, Stamp
folder, space = sys.argv[1], int(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (space, space))
mark = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by="ben").mark()
try:
    with TinyLedger(folder, 5).write() as writer:
        writer.create([Opened(*mark, summary="never " * 50, queue="q", priority="P3")])
except MachineError as error:
    print(error.message)
"""


def on_full_disk(folder: Path, space: int) -> str:
    """A process that may write no file longer than `space` opens a ticket; gives its refusal."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder), str(space)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Error" not in done.stderr, done.stderr.splitlines()[-1]
    return done.stdout


@pytest.mark.parametrize("spare", [-1000, -1, 0, 100])
def test_a_full_disk_changes_nothing(folder: Path, file: Path, spare: int) -> None:
    """Without space for the new ledger the old one stays, and no rest of the new one (T27)."""
    before = file.read_bytes()
    said = on_full_disk(folder, len(before) + spare)
    assert said.startswith(f"Writing the ledger {file} failed: ")
    assert "Nothing was changed" in said
    assert file.read_bytes() == before
    assert sorted(os.listdir(folder)) == NAMES
    assert put(folder) == "SD-4"


def test_a_disk_full_to_the_last_byte_is_told(folder: Path, file: Path) -> None:
    """Not even the lock's note fits on the disk: a failure of the machine, told as one."""
    before = file.read_bytes()
    assert "Nothing was changed" in on_full_disk(folder, 0)
    assert file.read_bytes() == before


@pytest.mark.parametrize("space", [0, 40])
def test_a_full_disk_leaves_no_half_begun_ledger(tmp_path: Path, space: int) -> None:
    """A ledger that cannot be begun leaves no file behind."""
    said = on_full_disk(tmp_path / "ledger", space)
    assert "Nothing was changed" in said
    assert [path.name for path in (tmp_path / "ledger").glob("tickets*")] == []


class Fault:
    """Lets the machine fail at the n-th call of a commit, before or after it is done."""

    def __init__(self, at: int, error: BaseException, *, late: bool) -> None:
        self.left = at
        self.error = error
        self.late = late
        self.struck = ""

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """The call, counted, and failing when its turn comes."""

        def call(*args: Any, **how: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.struck = name
                if self.late:
                    _let_go(real(*args, **how))
                raise self.error
            return real(*args, **how)

        return call


def _let_go(result: Any) -> None:
    """Close what a call has opened, as the end of a process would."""
    if isinstance(result, int):
        os.close(result)
    elif hasattr(result, "close"):
        result.close()


CALLS = ("fchmod", "stat", "fsync", "replace", "open", "link", "makedirs")


def commit_with(folder: Path, fault: Fault) -> BaseException | None:
    """A commit with that fault; gives what it ended with."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, fault.wrap(name, getattr(os, name)))
        patch.setattr(document, "open", fault.wrap("creating", open), raising=False)
        try:
            put(folder, "four")
        except (SdcliError, OSError, KeyboardInterrupt) as error:
            return error
    return None


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("interrupted", [False, True], ids=["failing", "interrupted"])
def test_every_moment_of_a_commit(folder: Path, file: Path, interrupted: bool, late: bool) -> None:
    """Whatever call fails or is interrupted, the ledger is the old or the new one (T27)."""
    old, struck = ["one", "zwei · 二", "three"], set()
    before = file.read_bytes()
    for at in range(1, 40):
        error = KeyboardInterrupt() if interrupted else OSError(errno.EIO, "no disk")
        fault = Fault(at, error, late=late)
        ended = commit_with(folder, fault)
        assert isinstance(ended, KeyboardInterrupt if interrupted else MachineError | None) or (
            fault.struck in ("", "stat") and ended is None  # whether a file exists is not vital
        )
        assert read(folder) in ([*old, "four"], *([] if ended is None else [old]))
        if fault.struck != "open":  # the folder or the lock: a handle may be left, no file
            assert sorted(os.listdir(folder)) == NAMES
        file.write_bytes(before)
        struck.add(fault.struck)
        if not fault.struck:
            break
    assert struck >= {"", "fchmod", "fsync", "replace", "creating"}
    assert put(folder) == "SD-4"


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
def test_every_moment_of_a_beginning(tmp_path: Path, late: bool) -> None:
    """A first commit that is cut off anywhere leaves a desk that can begin again."""
    struck = set()
    for at in range(1, 40):
        folder = tmp_path / str(at)
        fault = Fault(at, KeyboardInterrupt(), late=late)
        commit_with(folder, fault)
        assert read(folder) in ([], ["four"])
        assert put(folder, "five") in ("SD-1", "SD-2")
        assert read(folder)[-1] == "five"
        struck.add(fault.struck)
        if not fault.struck:
            break
    assert struck >= {"", "makedirs", "link", "fsync", "replace"}


@pytest.mark.parametrize("kept", [0, 1, 200, 5000])
def test_a_torn_write_is_never_seen(
    folder: Path, file: Path, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that breaks off in the middle leaves the old ledger and no temporary file."""

    class Torn(io.FileIO):
        """A file on a disk that is full after some bytes."""

        def write(self, content: Any, /) -> int:
            super().write(bytes(content)[:kept])
            raise OSError(errno.ENOSPC, "No space left on device")

    def opening(path: str, mode: str) -> Any:
        return Torn(path, "x") if mode == "xb" else io.open(path, mode)  # noqa: UP020

    before = file.read_bytes()
    monkeypatch.setattr(document, "open", opening, raising=False)
    with pytest.raises(MachineError, match=r"No space left on device\. Nothing was changed"):
        put(folder)
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert sorted(os.listdir(folder)) == NAMES


def test_nothing_was_changed_is_true(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure that says that nothing was changed has changed nothing: one may try again."""
    before, real = file.read_bytes(), os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(MachineError) as failure:
        put(folder)
    assert "Nothing was changed" not in failure.value.message or file.read_bytes() == before


def test_a_folder_that_cannot_be_synced_is_accepted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system that cannot sync a folder a commit succeeds all the same."""
    real = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    assert put(folder, "four") == "SD-4"
    assert read(folder)[-1] == "four"


def test_the_new_ledger_is_on_disk_before_it_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of a commit: file synced, then replaced, then the folder synced (T27)."""
    done = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def replaced(source: str, target: str) -> None:
        done.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    put(folder)
    assert done == ["file", "replace", "folder"]


def test_the_rest_of_a_dead_process_is_harmless(tmp_path: Path) -> None:
    """A second name of the ledger, left by a beginner that died, never empties the ledger.

    In a container the next process may well have the same id.
    """
    folder, seen = tmp_path / "ledger", []
    folder.mkdir()
    (folder / "tickets.json").write_bytes(document.empty().encode())
    os.link(folder / "tickets.json", folder / f"tickets.json.{os.getpid()}.tmp")

    def opening(path: str, mode: str) -> Any:
        stream = io.open(path, mode)  # noqa: UP020, SIM115 - the caller closes it
        seen.append((folder / "tickets.json").read_bytes())
        return stream

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "open", opening, raising=False)
        put(folder)
    assert b"" not in seen


def test_what_a_killed_process_left_is_swept_away(folder: Path, file: Path) -> None:
    """The next commit takes old temporary files away, and nothing else."""
    left = folder / "tickets.json.4711.deadbeef.tmp"
    left.write_bytes(b"half a ledger")
    (folder / "mine.tmp").write_text("not ours")
    assert put(folder) == "SD-4"
    assert not left.exists()
    assert (folder / "mine.tmp").exists()
    assert file.exists()
