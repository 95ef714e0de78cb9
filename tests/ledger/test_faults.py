"""The machine fails or the process dies at any moment: the ledger is the old or the new one."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import MachineError, SdcliError
from sdcli.ledger.tiny import compact as compaction
from sdcli.ledger.tiny import document, files
from sdcli.ledger.tiny import home as homes
from sdcli.ledger.tiny.image import Places
from tests.ledger.making import (
    NAMES,
    add,
    close,
    compact,
    contents,
    former,
    heard,
    home,
    names,
    noted,
    opened,
    put,
    read,
    reopening,
    tickets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SUMMARIES = ["one", "two", "three", "four"]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A ledger with two tickets in its snapshot and two in its journal."""
    folder = tmp_path / "ledger"
    for summary in SUMMARIES[:2]:
        put(folder, summary)
    compact(folder)
    for summary in SUMMARIES[2:]:
        put(folder, summary)
    return folder


FULL_DISK = """
import resource, signal, sys
sys.dont_write_bytecode = True  # a compiled module that is cut short breaks every later run
from datetime import datetime, timezone
from sdcli.errors import MachineError
from sdcli.ledger.tiny import home
from sdcli.tickets.event import Opened, Stamp
folder, way, space = sys.argv[1], sys.argv[2], int(sys.argv[3])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (space, space))
mark = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by="ben").mark()
ledger = home.TinyLedger(folder, 5, print)
try:
    if way == "compact":
        ledger.compact()
    else:
        home._LEAST_JOURNAL = home._MOST_JOURNAL = 0 if way == "fold" else 1 << 20
        with ledger.write() as writer:
            writer.create([Opened(*mark, summary="never " * 50, queue="q", priority="P3")])
        print("done")
except MachineError as error:
    print(error.message)
"""


def on_full_disk(folder: Path, way: str, space: int) -> str:
    """What a process says that may write no file longer than `space`.

    The way is `put` for a new ticket, `fold` for one that makes the journal too long, and
    `compact`.
    """
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder), way, str(space)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Error" not in done.stderr, done.stderr.splitlines()[-1]
    return done.stdout


@pytest.mark.parametrize("spare", [-100, -1, 0, 1, 100])
def test_a_full_disk_changes_nothing(folder: Path, spare: int) -> None:
    """Without space for a commit the journal is as it was, to the byte (T27)."""
    before = contents(folder)
    said = on_full_disk(folder, "put", len(before["tickets.journal"]) + spare)
    assert said.startswith(f"Writing the ledger {folder / 'tickets.journal'} failed: ")
    assert "Nothing was changed" in said
    assert contents(folder) == before
    assert names(folder) == NAMES
    assert put(folder) == "SD-5"


@pytest.mark.parametrize("spare", [-1000, -1, 0, 100])
def test_a_full_disk_stops_a_compaction(folder: Path, spare: int) -> None:
    """Without space for a snapshot the old one stays, and no rest of the new one (T27)."""
    before = contents(folder)
    said = on_full_disk(folder, "compact", max(0, len(before["tickets.json"]) + spare))
    assert said.startswith(f"Writing the ledger {folder / 'tickets.json'} failed: ")
    assert "Nothing was changed" in said
    assert contents(folder) == before
    assert names(folder) == NAMES
    assert read(folder) == SUMMARIES


def test_a_full_disk_does_not_stop_the_commit_that_would_fold(folder: Path) -> None:
    """A commit for which the journal has room is recorded, though folding fails, which is said."""
    before = contents(folder)
    put(folder, "much " * 200)
    journal = (folder / "tickets.journal").stat().st_size
    assert len(before["tickets.json"]) + 1000 < journal + 800
    said = on_full_disk(folder, "fold", journal + 800)
    assert said.startswith("The journal could not be folded into a new snapshot: Writing the ")
    assert said.endswith("done\n")
    assert (folder / "tickets.json").read_bytes() == before["tickets.json"]
    assert names(folder) == NAMES
    assert len(read(folder)) == 6


def test_a_disk_full_to_the_last_byte_is_told(folder: Path) -> None:
    """Not even the lock's note fits on the disk: a failure of the machine, told as one."""
    before = contents(folder)
    for way in ("put", "fold", "compact"):
        assert "Nothing was changed" in on_full_disk(folder, way, 0)
        assert contents(folder) == before


@pytest.mark.parametrize("space", [0, 40])
def test_a_full_disk_leaves_no_half_begun_ledger(tmp_path: Path, space: int) -> None:
    """A ledger that cannot be begun leaves no file behind."""
    said = on_full_disk(tmp_path / "ledger", "put", space)
    assert "Nothing was changed" in said
    assert [path.name for path in (tmp_path / "ledger").glob("tickets*")] == []


@pytest.mark.parametrize("space", [0, 80, 120, 180, 240])
def test_a_full_disk_does_not_keep_a_ledger_from_beginning(tmp_path: Path, space: int) -> None:
    """However much of a beginning found room, the desk has no tickets and can begin again."""
    assert "Nothing was changed" in on_full_disk(tmp_path / "ledger", "put", space)
    assert read(tmp_path / "ledger") == []
    assert put(tmp_path / "ledger") == "SD-1"


class Fault:
    """Lets the machine fail at the n-th call, before or after it is done; or from there on."""

    def __init__(
        self, at: int, error: BaseException, *, late: bool = False, lasting: bool = False
    ) -> None:
        self.left = at
        self.error = error
        self.late = late
        self.lasting = lasting
        self.struck = ""

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        """The call, counted, and failing when its turn comes."""

        def call(*args: Any, **how: Any) -> Any:
            self.left -= 1
            if self.left == 0 or (self.lasting and self.left < 0):
                self.struck = self.struck or name
                if self.late:
                    _let_go(real(*args, **how))
                raise self.error
            return real(*args, **how)

        return call


def _let_go(result: Any) -> None:
    """Close what a call has opened, as the end of a process would."""
    if isinstance(result, int) and result > 2:
        try:
            os.close(result)
        except OSError:  # the number of bytes that a write took, and no handle
            return
    elif hasattr(result, "close"):
        result.close()


CALLS = (
    "fchmod",
    "fchown",
    "stat",
    "fsync",
    "replace",
    "open",
    "link",
    "unlink",
    "makedirs",
    "mkdir",
    "listdir",
    "ftruncate",
    "write",
)
"""What a commit asks of the system that can fail. `write`: see `Fault` on late ones."""


def _write_of(fault: Fault) -> Callable[..., int]:
    """A counted `os.write`; a late failure has written everything."""
    real = os.write

    def write(handle: int, content: bytes) -> int:
        fault.left -= 1
        if fault.left == 0 or (fault.lasting and fault.left < 0):
            fault.struck = fault.struck or "write"
            if fault.late:
                real(handle, content)
            raise fault.error
        return real(handle, content)

    return write


def commit_with(action: Callable[[], object], fault: Fault) -> BaseException | None:
    """An action with that fault; gives what it ended with."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            wrapped = _write_of(fault) if name == "write" else fault.wrap(name, getattr(os, name))
            patch.setattr(os, name, wrapped)
        patch.setattr(files, "open", fault.wrap("creating", open), raising=False)
        try:
            action()
        except (SdcliError, OSError, KeyboardInterrupt) as error:
            return error
    return None


class Scene:
    """A ledger, what is done to it, and the summaries before and after."""

    def __init__(self, folder: Path, action: Callable[[Path], object], *, grows: bool) -> None:
        self.folder = folder
        self.action = action
        self.old = read(folder)
        self.new = [*self.old, "new"] if grows else self.old

    def at_each_moment(self, work: Path, error: BaseException, *, late: bool) -> Iterator[Moment]:
        """The scene played again and again, each time with the fault at a later call."""
        for at in range(1, 200):
            place = work / str(at)
            if self.folder.exists():
                shutil.copytree(self.folder, place)
            fault = Fault(at, error, late=late)
            ended = commit_with(lambda where=place: self.action(where), fault)  # type: ignore[misc]
            yield Moment(place, fault.struck, ended)
            if not fault.struck:
                return


class Moment:
    """A moment at which the machine failed: the ledger's folder, the call, and what was said."""

    def __init__(self, folder: Path, struck: str, ended: BaseException | None) -> None:
        self.folder = folder
        self.struck = struck
        self.ended = ended


def archiving(folder: Path) -> None:
    """A compaction that moves all closed tickets to archives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "_MOST_CLOSED", 0)
        compact(folder)


def folding(folder: Path) -> None:
    """A commit that finds the journal too long, and closed tickets too many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compaction, "_MOST_CLOSED", 0)
        patch.setattr(homes, "_LEAST_JOURNAL", 0)
        patch.setattr(homes, "_MOST_JOURNAL", 0)
        put(folder, "new")


def committing(folder: Path) -> None:
    """A commit into the journal."""
    put(folder, "new")


ACTIONS = {"commit": committing, "compaction": archiving, "folding": folding}


def stored(folder: Path) -> None:
    """A ledger with everything: archives with a stale row, a snapshot and a journal."""
    for summary in SUMMARIES:
        put(folder, summary, idempotency_key=summary)
    close(folder, "SD-1", "SD-2")
    archiving(folder)
    add(folder, "SD-1", reopening())
    archiving(folder)
    close(folder, "SD-3")
    add(folder, "SD-4", noted())


VITAL = {
    "commit": {"write", "fsync", "open"},
    "compaction": {"creating", "fchmod", "fsync", "replace", "unlink", "listdir"},
    "folding": {"creating", "fchmod", "fsync", "replace", "unlink", "listdir"},
    "migration": {"creating", "fchmod", "fsync", "replace", "link", "unlink", "listdir"},
    "beginning": {"creating", "makedirs", "link", "fsync", "write"},
}


def scene(name: str, folder: Path) -> Scene:
    """The scene of that name, set in a folder."""
    if name == "migration":
        former(folder, opened("one"), opened("two"))
        return Scene(folder, committing, grows=True)
    if name == "beginning":
        return Scene(folder, committing, grows=True)
    stored(folder)
    return Scene(folder, ACTIONS[name], grows=name != "compaction")


def judge(played: Scene, moment: Moment) -> None:
    """Nothing was lost, what was said is true, and the next commit works."""
    now, said = read(moment.folder), getattr(moment.ended, "message", "")
    assert now in (played.old, played.new), moment.struck
    if moment.ended is None:
        assert now == played.new, moment.struck
    elif "Nothing was changed" in said:
        assert now == played.old, moment.struck
    ref = put(moment.folder, "next")
    assert ref == f"SD-{len(now) + 1}", moment.struck
    assert read(moment.folder) == [*now, "next"], moment.struck
    compact(moment.folder)
    assert read(moment.folder) == [*now, "next"], moment.struck


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("interrupted", [False, True], ids=["failing", "interrupted"])
@pytest.mark.parametrize("name", list(VITAL))
def test_every_moment(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupted: bool, late: bool
) -> None:
    """Whatever call fails or is interrupted, the ledger is the old or the new one (T27).

    A failure is one of the machine, told as one; where it says that nothing was changed, nothing
    was. The next commit succeeds, and no temporary file is left.
    """
    played, struck = scene(name, tmp_path / "ledger"), set()
    monkeypatch.setattr(os, "fsync", lambda _: None)  # a simulated disk is always in time
    error = KeyboardInterrupt() if interrupted else OSError(errno.EIO, "no disk")
    expected = KeyboardInterrupt if interrupted else MachineError
    for moment in played.at_each_moment(tmp_path / "work", error, late=late):
        assert moment.ended is None or isinstance(moment.ended, expected)
        if moment.struck not in ("open", "unlink"):  # a handle or a name may be left
            found = moment.folder.rglob("*.tmp") if moment.folder.exists() else ()
            assert list(found) == []
        judge(played, moment)
        struck.add(moment.struck)
    assert struck >= {"", *VITAL[name]}


CRASHER = """
import os, shutil, sys
from tests.ledger import test_faults
from sdcli.ledger.tiny import files
pristine, work, name = sys.argv[1:]
test_faults.os.fsync = lambda _: None

class Death(test_faults.Fault):
    def wrap(self, name, real):
        def call(*args, **how):
            self.left -= 1
            if self.left == 0 and not self.late:
                os._exit(9)
            done = real(*args, **how)
            if self.left == 0:
                os._exit(9)
            return done
        return call

def run(place, death):
    for name_ in (*test_faults.CALLS, "close"):
        setattr(os, name_, death.wrap(name_, getattr(os, name_)))
    files.open = death.wrap("creating", open)
    action = test_faults.ACTIONS.get(name, test_faults.committing)
    action(test_faults.path(place))

for late in (False, True):
    for at in range(1, 300):
        place = os.path.join(work, f"{at}-{late}")
        if os.path.exists(pristine):
            shutil.copytree(pristine, place)
        child = os.fork()
        if not child:
            run(place, Death(at, None, late=late))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            break
        assert status == 9
        print(place, flush=True)
    else:
        sys.exit(1)
"""


def path(name: str) -> Path:
    """A path of its name."""
    from pathlib import Path  # noqa: PLC0415 - the child process asks for it

    return Path(name)


@pytest.mark.parametrize("name", list(VITAL))
def test_death_at_every_moment(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies before or after any call leaves the old ledger or the new one (T27).

    It leaves no lock, the next commit succeeds, and compaction sweeps away what was left.
    """
    played = scene(name, tmp_path / "ledger")
    work = tmp_path / "work"
    work.mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", CRASHER, str(played.folder), str(work), name],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stderr
    places = [path(line) for line in ran.stdout.splitlines()]
    assert len(places) > 15
    monkeypatch.setattr(os, "fsync", lambda _: None)
    seen = set()
    for place in places:
        now, told = heard(place) if place.exists() else ([], [])
        assert told == [], place.name  # what was written whole needs no mending
        summaries = [ticket.summary for ticket in now]
        assert summaries in (played.old, played.new), place.name
        judge(played, Moment(place, place.name, KeyboardInterrupt()))
        assert list(place.rglob("*.tmp")) == []
        seen.add(len(summaries))
    assert seen == {len(played.old), len(played.new)}


@pytest.mark.parametrize("second", ["fails", "dies"])
def test_a_migration_that_fails_twice(tmp_path: Path, second: str) -> None:
    """A migration that failed, tried again with another commit and cut off, loses nothing."""
    folder = tmp_path / "ledger"
    former(folder, opened("one"), opened("two"))
    real = os.replace

    def failing_at(name: str, error: BaseException) -> Callable[[str, str], None]:
        def replace(source: str, target: str) -> None:
            if target.endswith(name):
                raise error
            real(source, target)

        return replace

    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", failing_at("tickets.json", full))
        with pytest.raises(MachineError, match="Nothing was changed"):
            put(folder, "three")
        assert read(folder) == ["one", "two"]
        error = full if second == "fails" else KeyboardInterrupt()
        patch.setattr(os, "replace", failing_at("tickets.journal", error))
        try:
            put(folder, "three, in other words")
        except (MachineError, KeyboardInterrupt):
            expected = ["one", "two"]
        else:
            expected = ["one", "two", "three, in other words"]
    assert read(folder)[: len(expected)] == expected
    assert put(folder, "next") == f"SD-{len(read(folder))}"


def test_a_disk_that_is_gone_from_some_moment_on(folder: Path) -> None:
    """Where every call fails from one on, the ledger is the old or the new one afterwards."""
    before = contents(folder)
    for at in range(1, 40):
        fault = Fault(at, OSError(errno.EROFS, "Read-only file system"), lasting=True)
        ended = commit_with(lambda: put(folder, "new"), fault)
        assert read(folder) in (SUMMARIES, [*SUMMARIES, "new"])
        if not fault.struck:
            assert ended is None
            return
        assert isinstance(ended, MachineError) or read(folder) == [*SUMMARIES, "new"]
        for name, content in before.items():
            (folder / name).write_bytes(content)
    pytest.fail("it never ends")


def test_a_commit_that_cannot_be_taken_back_is_not_denied(folder: Path) -> None:
    """When the disk goes after the line was written, it is not said that nothing was changed."""

    def fail(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        patch.setattr(os, "ftruncate", fail)
        with pytest.raises(MachineError) as failure:
            put(folder, "new")
    assert "Nothing was changed" not in failure.value.message or read(folder) == SUMMARIES


def test_a_journal_that_cannot_be_closed_has_the_commit(folder: Path) -> None:
    """What is on disk is acknowledged, whatever the machine says when the file is closed."""
    real, journal = os.close, os.stat(folder / "tickets.journal").st_ino

    def close_(handle: int) -> None:
        writes = os.fstat(handle).st_ino == journal and synced
        real(handle)
        if writes:
            raise OSError(errno.EIO, "Input/output error")

    synced: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", synced.append)
        patch.setattr(os, "close", close_)
        assert put(folder, "new") == "SD-5"
    assert read(folder) == [*SUMMARIES, "new"]


def test_a_ledger_object_survives_an_interrupt(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes on after an interrupt during a commit never gives a reference twice."""
    ledger = home(folder)
    assert ledger.get("SD-4").summary == "four"
    with monkeypatch.context() as patch:

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("sdcli.ledger.tiny.image.Image.take", interrupt)
        with pytest.raises(KeyboardInterrupt), ledger.write() as writer:
            writer.create([opened("new")])
    with ledger.write() as writer:
        writer.create([opened("next")])
    assert read(folder) in ([*SUMMARIES, "next"], [*SUMMARIES, "new", "next"])


@pytest.mark.parametrize("kept", [0, 1, 200])
def test_a_torn_append_is_never_seen(
    folder: Path, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An append that breaks off in the middle leaves the journal as it was."""
    before, real, seen = contents(folder), os.write, list[list[str]]()

    def write(handle: int, content: bytes) -> int:
        real(handle, bytes(content)[:kept])
        seen.append(read(folder))  # while the lock is held, nobody mends anything
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(MachineError, match=r"No space left on device\. Nothing was changed"):
        put(folder)
    monkeypatch.undo()
    assert seen == [SUMMARIES]
    assert contents(folder) == before


def test_an_append_in_many_pieces_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes a line byte by byte has all of it when the commit is acknowledged."""
    real, before = os.write, (folder / "tickets.journal").stat().st_size
    monkeypatch.setattr(os, "write", lambda handle, content: real(handle, bytes(content)[:1]))
    put(folder, "five")
    monkeypatch.undo()
    assert (folder / "tickets.journal").stat().st_size > before + 100
    assert heard(folder)[1] == []
    assert read(folder) == [*SUMMARIES, "five"]


@pytest.mark.parametrize("kept", [0, 1, 200, 5000])
def test_a_torn_snapshot_is_never_seen(
    folder: Path, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot that breaks off in the middle leaves the old one and no temporary file."""

    class Torn(io.FileIO):
        """A file on a disk that is full after some bytes."""

        def write(self, content: Any, /) -> int:
            super().write(bytes(content)[:kept])
            raise OSError(errno.ENOSPC, "No space left on device")

    before = contents(folder)
    monkeypatch.setattr(files, "open", lambda name, _: Torn(name, "x"), raising=False)
    with pytest.raises(MachineError, match=r"No space left on device\. Nothing was changed"):
        compact(folder)
    monkeypatch.undo()
    assert contents(folder) == before
    assert names(folder) == NAMES


def unsynced(monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    """Let no folder be synced."""
    real = os.fsync

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise error
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)


def test_nothing_was_changed_is_true(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that says that nothing was changed has changed nothing: one may try again."""
    before = contents(folder)
    unsynced(monkeypatch, OSError(errno.EIO, "Input/output error"))
    with pytest.raises(MachineError) as failure:
        compact(folder)
    assert "Nothing was changed" not in failure.value.message or contents(folder) == before
    assert read(folder) == SUMMARIES


def test_a_folding_that_may_not_last_is_not_acknowledged(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit in a snapshot whose name is perhaps not on disk is told as uncertain, once."""
    unsynced(monkeypatch, OSError(errno.EIO, "Input/output error"))
    with pytest.raises(MachineError, match="not certain"):
        folding(folder)
    monkeypatch.undo()
    assert read(folder) == [*SUMMARIES, "new"]
    assert put(folder, "next") == "SD-6"


def test_a_folder_that_cannot_be_synced_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system that cannot sync a folder, ledgers begin, grow and fold all the same."""
    unsynced(monkeypatch, OSError(errno.EINVAL, "Invalid argument"))
    stored(tmp_path / "ledger")
    assert put(tmp_path / "ledger", "five") == "SD-5"
    assert read(tmp_path / "ledger") == [*SUMMARIES, "five"]


class Log:
    """The order in which things reach the disk."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self._folder = str(folder)
        fsync, replace, write = os.fsync, os.replace, os.write

        def synced(handle: int) -> None:
            self.done.append(f"sync {self._name(os.readlink(f'/proc/self/fd/{handle}'))}")
            fsync(handle)

        def replaced(source: str, target: str) -> None:
            self.done.append(f"replace {self._name(target)}")
            replace(source, target)

        def written(handle: int, content: bytes) -> int:
            self.done.append(f"write {self._name(os.readlink(f'/proc/self/fd/{handle}'))}")
            return write(handle, content)

        monkeypatch.setattr(os, "fsync", synced)
        monkeypatch.setattr(os, "replace", replaced)
        monkeypatch.setattr(os, "write", written)

    def _name(self, where: str) -> str:
        """The path in the ledger, without what makes a temporary name unique."""
        parts = os.path.relpath(where, self._folder).split(".")
        return ".".join(parts[:-3]) if parts[-1] == "tmp" else ".".join(parts)


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs names of open files")
def test_a_commit_is_on_disk_before_it_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of a commit: the line written, then the journal synced, and nothing else (T27)."""
    log = Log(folder, monkeypatch)
    put(folder)
    assert log.done == ["write tickets.journal", "sync tickets.journal"]


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs names of open files")
def test_a_snapshot_is_on_disk_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file synced, then replaced, then its folder: archives, the snapshot, the journal."""
    stored(tmp_path / "ledger")
    log = Log(tmp_path / "ledger", monkeypatch)
    archiving(tmp_path / "ledger")
    generation = "archive/2026-11.4.json"
    assert log.done == [
        *(f"sync {generation}", f"replace {generation}", "sync archive"),
        *("sync tickets.json", "replace tickets.json", "sync ."),
        *("sync tickets.journal", "replace tickets.journal", "sync ."),
    ]


@pytest.mark.parametrize("suffix", ["tmp", "new"])
def test_the_rest_of_a_dead_process_is_harmless(tmp_path: Path, suffix: str) -> None:
    """A second name of the ledger, left by a beginner that died, never empties the ledger.

    In a container the next process may well have the same id.
    """
    folder, seen = tmp_path / "ledger", []
    folder.mkdir()
    put(tmp_path / "model")
    compact(tmp_path / "model")
    for name in ("tickets.json", "tickets.journal"):
        shutil.copy(tmp_path / "model" / name, folder / name)
        os.link(folder / name, folder / f"{name}.{os.getpid()}.{suffix}")

    def opening(name: str, mode: str) -> Any:
        stream = io.open(name, mode)  # noqa: UP020, SIM115 - the caller closes it
        seen.append((folder / "tickets.json").read_bytes())
        return stream

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "open", opening, raising=False)
        put(folder)
        compact(folder)
    assert seen
    assert b"" not in seen
    assert len(tickets(folder)) == 2


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    """The next compaction takes old temporary files away, those of archives too."""
    folder = tmp_path / "ledger"
    stored(folder)
    left = [
        folder / "tickets.json.4711.deadbeef.tmp",
        folder / "tickets.journal.4711.deadbeef.tmp",
        folder / "archive" / "2026-11.9.json.4711.deadbeef.tmp",
    ]
    for each in left:
        each.write_bytes(b"half a ledger")
    archiving(folder)
    assert [each.exists() for each in left] == [False] * 3
    assert read(folder) == SUMMARIES


def test_what_others_keep_beside_the_ledger_is_left_alone(folder: Path) -> None:
    """No sweep takes a file that this program cannot have made."""
    (folder / "mine.tmp").write_text("not ours")
    compact(folder)
    assert (folder / "mine.tmp").exists()


@pytest.mark.parametrize("attempt", [read, put, compact])
def test_a_ledger_that_another_begins_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt: Callable[[Path], object]
) -> None:
    """Of two that come to a desk without a ledger at once, neither takes it for a lost one."""
    folder, real = tmp_path / "ledger", Places.require_beginning

    def require_beginning(places: Places) -> None:
        monkeypatch.setattr(Places, "require_beginning", real)
        put(folder, "other")
        real(places)

    monkeypatch.setattr(Places, "require_beginning", require_beginning)
    attempt(folder)
    assert read(folder)[0] == "other"


def test_an_empty_document_is_whole(tmp_path: Path) -> None:
    """What a beginning writes is the same for all who try, and reads as no tickets."""
    assert document.empty() == document.empty()
    put(tmp_path / "ledger")
    assert (tmp_path / "ledger" / "tickets.json").read_bytes() == document.empty()
