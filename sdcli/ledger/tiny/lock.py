"""One writer at a time: an advisory lock on a file beside the ledger.

The kernel holds the lock and lets go of it when the process ends, however it ends, so no lock
can be left behind. The lock file is never replaced or removed (T27, T28). `flock` is used
directly: it works between processes on local disks and, on Linux, on NFS, and costs no import.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from sdcli.errors import LedgerBusyError, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.02


_NAME = 32
"""Bytes at the beginning of the lock file that name the holder; others may use what follows."""


@contextmanager
def locked(path: str, wait_s: float) -> Iterator[None]:
    """Hold the lock file at `path` for the block; wait at most `wait_s` seconds for it.

    Raises:
        LedgerBusyError: it was not free in time.
        MachineError: the lock file cannot be opened for writing.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _acquire(handle, path, wait_s)
        except BaseException:
            os.close(handle)
            raise
    except OSError as error:
        raise MachineError("Locking the ledger with", path, error.strerror or "") from error
    try:
        _sign(handle)
        yield
    finally:
        os.close(handle)  # lets go of the lock


@contextmanager
def is_free(path: str) -> Iterator[bool]:
    """Whether nobody holds the lock file at `path`; if so, it is held for the block.

    A lock file that this process may not open counts as held.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path, 0))
            free = True
        except (LedgerBusyError, MachineError):
            free = False
        yield free


def _sign(handle: int) -> None:
    """Say who holds the lock; a disk without room for that does not make the lock less held."""
    with suppress(OSError):
        os.pwrite(handle, f"process {os.getpid()}".ljust(_NAME - 1).encode() + b"\n", 0)


def _acquire(handle: int, path: str, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    pause = _FIRST_PAUSE_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LedgerBusyError(os.path.dirname(path), wait_s, _holder(handle)) from None
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        else:
            return


def _holder(handle: int) -> str:
    return os.pread(handle, _NAME, 0).decode("ascii", "replace").strip()
