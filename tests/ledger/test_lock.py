"""The lock: one writer at a time, waited for in bounds, never left behind (T27, T28)."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import LEDGER_BUSY, LedgerBusyError, MachineError, SdcliError
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.ledger.tiny.lock import is_free, locked
from sdcli.tickets.event import Opened, Stamp
from sdcli.tickets.query import Query
from tests.ledger.making import compact, contents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Runner

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)

HOLDER = """
import sys
from sdcli.ledger.tiny.lock import is_free, locked
with locked(sys.argv[1], 10):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(path: Path) -> Iterator[subprocess.Popen[str]]:
    """The lock in the hands of another process, which is gone when the block ends."""
    path.parent.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def put(folder: Path, wait_s: float) -> str:
    """A new ticket in a commit of its own."""
    with TinyLedger(str(folder), wait_s).write() as writer:
        mark = Stamp(at=NOW, by="ben").mark()
        return writer.create([Opened(*mark, summary="x", queue="q", priority="P3")]).ref


def enter(path: Path, wait_s: float) -> None:
    """Take the lock and let go of it."""
    with locked(str(path), wait_s):
        pass


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A ledger with one ticket."""
    put(tmp_path / "ledger", 5)
    return tmp_path / "ledger"


@pytest.fixture(name="lock")
def _lock(folder: Path) -> Path:
    """The lock file of that ledger."""
    return folder / "tickets.lock"


@pytest.mark.parametrize("wait_s", [0, 0.1, 0.5])
def test_a_held_lock_is_waited_for_in_bounds(folder: Path, lock: Path, wait_s: float) -> None:
    """After `wait_s` seconds, and not much later, the refusal names holder and ledger (T28)."""
    before = contents(folder)
    with held(lock) as holder:
        began = time.monotonic()
        with pytest.raises(LedgerBusyError) as busy:
            put(folder, wait_s)
        waited = time.monotonic() - began
    assert wait_s <= waited < wait_s + 2
    assert busy.value.exit_code == LEDGER_BUSY == 6
    assert f"process {holder.pid}" in busy.value.message
    assert f"{wait_s:g} s" in busy.value.message
    assert str(folder) in busy.value.message
    assert contents(folder) == before


def test_a_command_tells_a_busy_ledger(
    sd: Runner, desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that cannot have the lock in time says by whom it is held and exits with 6."""
    sd("open", "It is broken", "--user", "ada")
    monkeypatch.setenv("SDCLI_LOCK_WAIT", "0.05")
    with held(desk_dir / "ledger" / "tickets.lock") as holder:
        result = sd("note", "SD-1", "hello", expect=6)
        assert f"process {holder.pid}" in result.stderr
        assert "SD-1" in sd("list").stdout
    sd("note", "SD-1", "hello")


def test_readers_do_not_wait(folder: Path, lock: Path) -> None:
    """While somebody holds the lock the ledger is read at once (T28)."""
    with held(lock):
        assert [ticket.ref for ticket in TinyLedger(str(folder), 0).find(Query())] == ["SD-1"]


def test_a_killed_holder_leaves_no_lock(folder: Path, lock: Path) -> None:
    """The lock is free as soon as its holder was killed (T28)."""
    with held(lock) as holder:
        with pytest.raises(LedgerBusyError):
            put(folder, 0)
        holder.kill()
        holder.wait(timeout=10)
        assert put(folder, 0) == "SD-2"
    assert lock.exists()


def test_a_waiting_writer_gets_the_lock(folder: Path, lock: Path) -> None:
    """Who waits long enough gets the lock when the holder is done."""
    with held(lock) as holder:
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert put(folder, 10) == "SD-2"


def test_a_compaction_waits_for_the_lock(folder: Path, lock: Path) -> None:
    """Who compacts excludes writers, and is excluded by them, as writers are by one another."""
    before = contents(folder)
    with held(lock), pytest.raises(LedgerBusyError):
        TinyLedger(str(folder), 0).compact()
    assert contents(folder) == before
    TinyLedger(str(folder), 0).compact()


def test_a_lock_is_free_or_it_is_not(lock: Path) -> None:
    """Whoever asks if the lock is free has it for the block, and only if it was."""
    with is_free(str(lock)) as free, is_free(str(lock)) as again:
        assert (free, again) == (True, False)
    with held(lock), is_free(str(lock)) as free:
        assert not free
    with is_free(str(lock.parent)) as free:  # a folder cannot be locked
        assert not free
    enter(lock, 0)


def test_what_fails_while_the_lock_was_free_is_told(lock: Path) -> None:
    """An error in the block is the caller's, and not an answer about the lock."""

    def fail() -> None:
        with is_free(str(lock)):
            raise LedgerBusyError("elsewhere", 1, "")

    with pytest.raises(LedgerBusyError, match="elsewhere"):
        fail()
    enter(lock, 0)


def test_the_lock_is_held_inside_and_free_outside(folder: Path, lock: Path) -> None:
    """A unit of work excludes others from its first look to its commit, and no longer."""
    with TinyLedger(str(folder), 5).write():
        with pytest.raises(LedgerBusyError) as busy:
            put(folder, 0)
        assert f"process {os.getpid()}" in busy.value.message
    enter(lock, 0)


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_the_lock_is_free_after_a_failure(lock: Path, error: BaseException) -> None:
    """However the block ends, the lock is free again."""

    def fail() -> None:
        with locked(str(lock), 0):
            raise error

    with pytest.raises(type(error)):
        fail()
    enter(lock, 0)


def test_the_lock_file_is_never_replaced_or_removed(folder: Path, lock: Path) -> None:
    """Commits and compactions keep its inode, so that all who lock mean the same lock (T27)."""
    before = lock.stat().st_ino
    put(folder, 0)
    compact(folder)
    put(folder, 0)
    assert lock.stat().st_ino == before


def test_no_handle_is_left_open(lock: Path) -> None:
    """A thousand units of work, failed ones among them, leave no file handle behind."""
    before = len(os.listdir("/dev/fd"))
    for _ in range(500):
        enter(lock, 0)
    with held(lock):
        during = len(os.listdir("/dev/fd"))
        for _ in range(500):
            with pytest.raises(LedgerBusyError):
                enter(lock, 0)
        assert len(os.listdir("/dev/fd")) == during
    assert len(os.listdir("/dev/fd")) == before


def test_a_child_does_not_inherit_the_lock(lock: Path) -> None:
    """A program started inside a unit of work cannot keep the lock when that has ended."""
    program = "print('up', flush=True); input()"
    with locked(str(lock), 0):
        child = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
    with child:
        try:
            enter(lock, 0)
        finally:
            child.kill()


def test_an_unlockable_place_is_told(tmp_path: Path) -> None:
    """Where no lock file can be opened the machine refuses, with the path."""
    (tmp_path / "tickets.lock").mkdir()
    with pytest.raises(MachineError) as failure:
        enter(tmp_path / "tickets.lock", 0)
    assert str(tmp_path / "tickets.lock") in failure.value.message


def test_a_lock_without_a_note_is_held_all_the_same(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk without room for the note of who holds the lock does not stop the work."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sdcli.ledger.tiny.lock.os.pwrite", refuse)
    enter(lock, 0)


def test_a_lock_the_machine_refuses_is_told(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks is a failure of the machine, told as one."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("sdcli.ledger.tiny.lock.fcntl.flock", refuse)
    with pytest.raises(SdcliError):
        enter(lock, 0)


def test_one_process_does_a_thing_alone(tmp_path: Path) -> None:
    """Nobody waits for it, other things and writing go on meanwhile, and an end of any kind frees it."""
    put(tmp_path, 1)
    with TinyLedger(str(tmp_path), 5).alone("delivery") as alone:
        assert alone
        with TinyLedger(str(tmp_path), 5).alone("delivery") as second:
            assert not second
        with TinyLedger(str(tmp_path), 5).alone("other") as other:
            assert other
        put(tmp_path, 0)
    with held(tmp_path / "delivery.lock") as process:
        with TinyLedger(str(tmp_path), 5).alone("delivery") as alone:
            assert not alone
        process.kill()
        process.wait()
        with TinyLedger(str(tmp_path), 5).alone("delivery") as alone:
            assert alone
