"""Files that are there whole or not at all: temporary, fsync, rename, fsync of the folder."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from sdcli.ledger.folders import make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator


_OWN = re.compile(r"\.(json|journal)\.\d+\.[0-9a-f]{8}\.tmp$")


@contextmanager
def replacing(path: str, *, like: str, settle: bool = True) -> Iterator[BinaryIO]:
    """A stream that becomes the file at `path`, in one step and on disk, when the block ends.

    It has the access rights of the file `like`, if that is there. If the block raises, nothing
    changes. With `settle` its name is on disk as well; who writes many settles the last one only.

    Raises:
        OSError: it could not be written.
    """
    temporary = _temporary(path, "tmp")
    try:
        with _synced(temporary, like) as stream:
            yield stream
        os.replace(temporary, path)
        if settle:
            sync_folder(os.path.dirname(path))
    finally:
        _discard(temporary)


def make(path: str, content: bytes, *, settle: bool = True, private: bool = False) -> bool:
    """Make the file, whole and on disk, unless there is one: of two that try, one succeeds.

    Gives whether it is this one. `settle` is as in `replacing`; nobody but its owner reads what is
    `private`.

    Raises:
        OSError: it could not be written.
    """
    temporary = _temporary(path, "new")  # made without the lock: no sweep may take it
    try:
        with _synced(temporary, "", private=private) as stream:
            stream.write(content)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            if settle:
                sync_folder(os.path.dirname(path))
    finally:
        _discard(temporary)
    return True


def _open_private(path: str) -> BinaryIO:
    """A new file that nobody but its owner can read at any moment."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def _synced(path: str, like: str, *, private: bool = False) -> Iterator[BinaryIO]:
    with _open_private(path) if private else open(path, "xb") as stream:
        if like and os.path.exists(like):
            before = os.stat(like)
            os.fchmod(stream.fileno(), before.st_mode & 0o777)
            with suppress(PermissionError):  # only root can give a file away, and only root must
                os.fchown(stream.fileno(), before.st_uid, before.st_gid)
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def set_aside(folder: str, name: str, content: bytes, *, like: str) -> str:
    """Keep bytes for whoever may look at the file `like`; the path of the new file.

    Raises:
        OSError: it could not be written.
    """
    make_folder(folder)
    path, number = os.path.join(folder, name), 1
    while os.path.exists(path):
        number += 1
        path = os.path.join(folder, f"{name}-{number}")
    with _synced(path, like) as stream:
        stream.write(content)
    sync_folder(folder)
    return path


def sweep(folder: str) -> None:
    """Take away what processes that were killed left behind; the caller holds the lock."""
    for name in os.listdir(folder):
        if is_own(name):
            _discard(os.path.join(folder, name))


def is_own(path: str) -> bool:
    """Whether a file is what a killed process was writing: `sweep` takes it away."""
    return bool(_OWN.search(path))


def _temporary(path: str, suffix: str) -> str:
    """A name beside `path` that no other process uses, however process numbers repeat."""
    return f"{path}.{os.getpid()}.{os.urandom(4).hex()}.{suffix}"


def _discard(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
