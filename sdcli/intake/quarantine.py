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
_SHORT = 16
"""Characters of the hash in a file's name."""


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
            return Kept(_keep(folder, "", reason, chunks, stamp), reason)
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

    Bytes that are there already are not written again. `name`: what the files are called, where
    a part of another file is kept again; else a new id.

    Raises:
        MachineError: they could not be written.
    """
    import hashlib  # noqa: PLC0415 - what can be read does not pay for it

    if not name:
        known = _known(folder, hashlib.sha256(item.raw).hexdigest(), item.key)
        if known:
            return known
    return _keep(folder, name, item.reason, (item.raw,), stamp, key=item.key)


def key_of(path: str) -> str:
    """The idempotency key that something kept was sent with; empty if there was none."""
    return _noted(path, "idempotency_key")


def _noted(path: str, name: str) -> str:
    """A word of the note of something kept; empty if it is not there."""
    try:
        with open(f"{os.path.splitext(path)[0]}.json", "rb") as stream:
            note = msgspec.json.decode(stream.read())
    except (OSError, msgspec.MsgspecError):  # a note is a convenience
        return ""
    said = note.get(name) if isinstance(note, dict) else ""
    return said if isinstance(said, str) else ""


def _known(folder: str, sha256: str, key: str) -> str:
    """The path of the file with these bytes, sent with this key; empty if there is none."""
    with suppress(OSError):
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if name.endswith(f".{sha256[:_SHORT]}.raw") and (
                (_noted(path, "sha256"), key_of(path)) == (sha256, key)
            ):
                return path
    return ""


def _keep(
    folder: str, name: str, reason: str, chunks: Iterable[bytes], stamp: Stamp, *, key: str = ""
) -> str:
    new = os.path.join(folder, name or new_id(stamp.at))
    stem = new
    try:
        for each in (os.path.dirname(folder), folder):
            make_folder(each)
        size, sha256 = _write(f"{new}.raw", chunks)
        if not name:
            known = _known(folder, sha256, key)
            if known:
                os.unlink(f"{new}.raw")
                return known
            stem = f"{new}.{sha256[:_SHORT]}"
            os.replace(f"{new}.raw", f"{stem}.raw")
        note = {"reason": reason, "at": stamp.at, "by": stamp.by, "bytes": size, "sha256": sha256}
        note |= {"idempotency_key": key} if key else {}
        _write(f"{stem}.json", (msgspec.json.encode(note),))
        sync_folder(folder)
    except OSError as error:
        for path in (f"{new}.raw", f"{stem}.json", f"{stem}.raw"):
            with suppress(OSError):
                os.unlink(path)
        raise MachineError("Keeping unreadable input in", folder, error.strerror or "") from error
    return f"{stem}.raw"


def keep_anywhere(folder: str, item: Unreadable, stamp: Stamp) -> str:
    """Keep it in `folder`, or else where the machine keeps temporary files; gives the path.

    The same bytes are kept each time: what came while the desk could not record it may have
    happened each time.

    Raises:
        MachineError: neither takes it.
    """
    name = new_id(stamp.at)
    try:
        return keep(folder, item, stamp, name)
    except MachineError:
        import tempfile  # noqa: PLC0415 - only a machine in trouble pays for it

        other = os.path.join(tempfile.gettempdir(), f"sdcli-{os.getuid()}")
        return keep(other, item, stamp, name)


def _write(path: str, chunks: Iterable[bytes]) -> tuple[int, str]:
    """Write to a new file, or over an earlier attempt; gives the number of bytes and their hash."""
    import hashlib  # noqa: PLC0415 - as above

    digest = hashlib.sha256()
    with open(path, "wb") as stream:
        for chunk in chunks:
            digest.update(chunk)
            stream.write(chunk)
        size = stream.tell()
        stream.flush()
        os.fsync(stream.fileno())
    return size, digest.hexdigest()
