"""The witness: how far the journal had got, said outside it, in the lock file.

A journal that was cut at the end of a commit looks whole. Whoever commits writes here, after the
commit is on disk, how long the journal is and which reference comes next; a journal that is
shorter has lost commits that were acknowledged. The witness itself is not synced: after a crash
it may be behind, and never ahead.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

_AT, _LENGTH = 32, 64
"""Where it stands in the lock file, behind the name of the holder, and its length, in bytes."""


class Witness(NamedTuple):
    """A journal as it was: its generation, its length in bytes, the number of the next reference."""

    generation: int
    length: int
    next: int


def seen(lock: str) -> Witness | None:
    """What was written last; None if nothing that can be read was."""
    try:
        handle = os.open(lock, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        word, *numbers = os.pread(handle, _LENGTH, _AT).split()
        return Witness(*map(int, numbers)) if word == b"journal" else None
    except (OSError, ValueError, TypeError):
        return None
    finally:
        os.close(handle)


def bear(lock: str, witness: Witness) -> None:
    """Write it down; the caller holds the lock. What cannot be written is not there later."""
    line = "journal {} {} {}".format(*witness).ljust(_LENGTH - 1)
    with suppress(OSError):
        handle = os.open(lock, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(handle, f"{line}\n".encode(), _AT)
        finally:
            os.close(handle)
