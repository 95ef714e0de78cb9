"""Where unreadable input is kept: whole, as it came, with a note of why beside it."""

from __future__ import annotations

import itertools
import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from sdcli.errors import MachineError
from sdcli.ledger.folders import make_folder, sync_folder
from sdcli.tickets.event import Stamp, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from sdcli.intake.items import Unreadable


class Kept(NamedTuple):
    """Something that was kept instead of being taken in: its file, and why."""

    file: str
    reason: str


_CHUNK = 1 << 20


def receive(stream: BinaryIO, most: int, folder: str, stamp: Stamp) -> bytes | Kept:
    """All of a stream; one of more than `most` bytes is kept whole without being held.

    Raises:
        MachineError: it could not be kept.
    """
    held: list[bytes] = []
    size = 0
    for chunk in _chunks(stream):
        held.append(chunk)
        size += len(chunk)
        if size > most:
            reason = f"the stream is larger than {most} bytes"
            chunks = itertools.chain(held, _chunks(stream))
            return Kept(_keep(folder, new_id(stamp.at), reason, chunks, stamp), reason)
    return b"".join(held)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """A stream in pieces. One that does not block gives None while there is nothing yet."""
    try:
        while (chunk := stream.read(_CHUNK)) != b"":
            if chunk is None:
                select.select([stream], [], [])
            else:
                yield chunk
    except OSError as error:
        raise MachineError("Reading", "standard input", error.strerror or str(error)) from error


def keep(folder: str, item: Unreadable, stamp: Stamp, name: str = "") -> str:
    """Write the bytes and the note to disk; gives the path of the bytes.

    `name`: what the files are called, where the same may be kept again; else a new id.

    Raises:
        MachineError: they could not be written.
    """
    return _keep(folder, name or new_id(stamp.at), item.reason, (item.raw,), stamp, key=item.key)


def key_of(path: str) -> str:
    """The idempotency key that something kept was sent with; empty if there was none."""
    try:
        with open(f"{os.path.splitext(path)[0]}.json", "rb") as stream:
            note = msgspec.json.decode(stream.read())
    except (OSError, msgspec.MsgspecError):  # a note is a convenience
        return ""
    key = note.get("idempotency_key") if isinstance(note, dict) else ""
    return key if isinstance(key, str) else ""


def _keep(
    folder: str, name: str, reason: str, chunks: Iterable[bytes], stamp: Stamp, *, key: str = ""
) -> str:
    stem = os.path.join(folder, name)
    try:
        for each in (os.path.dirname(folder), folder):
            make_folder(each)
        size = _write(f"{stem}.raw", chunks)
        note = {"reason": reason, "at": stamp.at, "by": stamp.by, "bytes": size}
        note |= {"idempotency_key": key} if key else {}
        _write(f"{stem}.json", (msgspec.json.encode(note),))
        sync_folder(folder)
    except OSError as error:
        for path in (f"{stem}.json", f"{stem}.raw"):
            with suppress(OSError):
                os.unlink(path)
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


def _write(path: str, chunks: Iterable[bytes]) -> int:
    """Write to a new file, or over an earlier attempt, and give the number of bytes."""
    with open(path, "wb") as stream:
        stream.writelines(chunks)
        size = stream.tell()
        stream.flush()
        os.fsync(stream.fileno())
    return size
