"""Where unreadable input is kept: whole, as it came, with a note of why beside it."""

from __future__ import annotations

import os
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
    path = os.path.join(folder, f"{new_id(stamp.at)}.raw")
    note = {"reason": item.reason, "at": stamp.at, "by": stamp.by, "bytes": len(item.raw)}
    try:
        os.makedirs(folder, exist_ok=True)
        _write(path, item.raw)
        _write(f"{path[:-4]}.json", msgspec.json.encode(note))
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise MachineError("Keeping unreadable input in", folder, error.strerror or "") from error
    return path


def _write(path: str, content: bytes) -> None:
    with open(path, "xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
