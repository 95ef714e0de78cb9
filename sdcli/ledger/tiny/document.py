"""The ledger file: one JSON document in TinyDB's format, whole at every moment.

Reading takes no lock: a commit replaces the file in one step, so a reader sees the ledger before
it or after it. Replacing needs the lock and goes through a temporary file, fsync, rename and
fsync of the folder. The document has one ticket a line, so that `grep` and `diff` work, and rows
stay undecoded until they are asked for; stock `TinyDB(path)` reads it.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress

import msgspec

from sdcli.errors import LedgerDamagedError, MachineError

META, TICKETS = "meta", "tickets"
FORMAT = 1


class Meta(msgspec.Struct):
    """What the ledger says of itself: its format, and the number of the next reference."""

    format: int
    next: int


class Document:
    """One reading of the ledger file: its meta row, and the raw rows of tickets by number."""

    def __init__(self, meta: Meta, tickets: dict[str, msgspec.Raw]) -> None:
        self.meta = meta
        self.tickets = tickets

    def encode(self) -> bytes:
        """The document, one ticket a line."""
        encode = msgspec.json.encode
        rows = b",\n".join(b'"%s":%s' % (key.encode(), row) for key, row in self.tickets.items())
        meta = encode({"1": self.meta})
        return b'{"_default":{},\n"%s":%s,\n"%s":{\n%s\n}}\n' % (
            META.encode(),
            meta,
            TICKETS.encode(),
            rows,
        )


def empty() -> Document:
    """A ledger without tickets."""
    return Document(Meta(FORMAT, 1), {})


class LedgerFile:
    """The document at `path`.

    A missing file is an empty ledger only while `witness`, the lock file, has never existed: a
    ledger that was there and has gone is damage, not emptiness.
    """

    def __init__(self, path: str, witness: str) -> None:
        self.path = path
        self._witness = witness

    def read(self) -> Document:
        """The document; an empty one if this desk has never had a ledger.

        Raises:
            LedgerDamagedError: the file is empty, gone, or not this ledger's document.
            MachineError: the machine does not let it be read.
        """
        try:
            with open(self.path, "rb") as stream:
                raw = stream.read()
        except FileNotFoundError:
            if os.path.exists(self._witness):
                raise LedgerDamagedError(self.path, "the file is missing") from None
            return empty()
        except OSError as error:
            raise MachineError("Reading the ledger", self.path, error.strerror or "") from error
        return _decoded(self.path, raw)

    def replace(self, document: Document) -> None:
        """Replace the document in one step; it is on disk when this returns.

        Raises:
            MachineError: it could not be written; the ledger is as it was.
        """
        temporary = f"{self.path}.{os.getpid()}.tmp"
        try:
            try:
                _write_synced(temporary, document.encode(), like=self.path)
                os.replace(temporary, self.path)
            except BaseException:
                _discard(temporary)
                raise
            _sync_folder(os.path.dirname(self.path))
        except OSError as error:
            raise MachineError("Writing the ledger", self.path, error.strerror or "") from error

    def begin(self) -> None:
        """Make an empty ledger if there is none yet; of two that try, one succeeds.

        Raises:
            MachineError: it could not be written.
        """
        if os.path.exists(self.path) or os.path.exists(self._witness):
            return
        folder = os.path.dirname(self.path)
        temporary = f"{self.path}.{os.getpid()}.tmp"
        try:
            os.makedirs(folder, exist_ok=True)
            _write_synced(temporary, empty().encode(), like="")
            with suppress(FileExistsError):
                os.link(temporary, self.path)
            _discard(temporary)
            _sync_folder(folder)
        except OSError as error:
            raise MachineError("Starting the ledger", self.path, error.strerror or "") from error


def _decoded(path: str, raw: bytes) -> Document:
    if not raw.strip():
        raise LedgerDamagedError(path, "the file is empty")
    try:
        tables = msgspec.json.decode(raw, type=dict[str, dict[str, msgspec.Raw]])
        if TICKETS not in tables or "1" not in tables.get(META, {}):
            raise LedgerDamagedError(path, "it is not a ledger of tickets")
        meta = msgspec.json.decode(tables[META]["1"], type=Meta)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LedgerDamagedError(path, _why(raw, error)) from error
    if meta.format != FORMAT:
        reason = (
            f"it has format {meta.format} and this sdcli knows format {FORMAT}; "
            "a newer sdcli may have written it"
        )
        raise LedgerDamagedError(path, reason)
    return Document(meta, tables[TICKETS])


def _why(raw: bytes, error: Exception) -> str:
    for number, line in enumerate(raw.splitlines(), 1):
        if line.startswith((b"<<<<<<< ", b"=======", b">>>>>>> ")):
            return f"line {number} is a merge conflict marker"
    return f"it is not whole JSON ({error})"


def _write_synced(path: str, content: bytes, *, like: str) -> None:
    """Write a file and have it on disk; give it the access rights of the file `like`."""
    with open(path, "wb") as stream:
        if like:
            os.fchmod(stream.fileno(), os.stat(like).st_mode & 0o777)
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot sync a folder
            raise
    finally:
        os.close(handle)


def _discard(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
