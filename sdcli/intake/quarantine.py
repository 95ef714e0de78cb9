"""Where unreadable input is kept: whole, as it came, with a note of why beside it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from sdcli.errors import MachineError
from sdcli.tickets.event import Stamp, new_id

if TYPE_CHECKING:
    from sdcli.intake.items import Unreadable


def keep(folder: str, item: Unreadable, stamp: Stamp) -> str:
    """Write the bytes and the note to disk; gives the path of the bytes.

    Raises:
        MachineError: they could not be written.
    """
    stem = os.path.join(folder, new_id(stamp.at))
    note = {"reason": item.reason, "at": stamp.at, "by": stamp.by, "bytes": len(item.raw)}
    try:
        _make(folder)
        _write(f"{stem}.json", msgspec.json.encode(note))
        _write(f"{stem}.raw", item.raw)
        _sync(folder)
    except OSError as error:
        for name in (f"{stem}.json", f"{stem}.raw"):
            with suppress(OSError):
                os.unlink(name)
        raise MachineError("Keeping unreadable input in", folder, error.strerror or "") from error
    return f"{stem}.raw"


def keep_anywhere(folder: str, item: Unreadable, stamp: Stamp) -> str:
    """Keep it in `folder`, or else where the machine keeps temporary files; gives the path.

    Raises:
        MachineError: neither takes it.
    """
    try:
        return keep(folder, item, stamp)
    except MachineError:
        import tempfile  # noqa: PLC0415 - only a machine in trouble pays for it

        return keep(os.path.join(tempfile.gettempdir(), f"sdcli-{os.getuid()}"), item, stamp)


def _make(folder: str) -> None:
    """Make the folder, for those who may use the one it is in."""
    if os.path.isdir(folder):
        return
    os.makedirs(folder)
    around = os.stat(os.path.dirname(folder))
    if around.st_mode & stat.S_ISVTX:  # everybody's, such as /tmp
        os.chmod(folder, 0o700)
        return
    with suppress(PermissionError):
        os.chown(folder, around.st_uid, around.st_gid)
    os.chmod(folder, around.st_mode & 0o7777)


def _write(path: str, content: bytes) -> None:
    with open(path, "xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
