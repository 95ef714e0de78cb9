"""Where unreadable input is kept: whole, as it came, with a note of why beside it."""

from __future__ import annotations

import os
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
        os.makedirs(folder, exist_ok=True)
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
