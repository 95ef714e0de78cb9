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
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from sdcli.errors import LedgerDamagedError, MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT, META, TICKETS = "_default", "meta", "tickets"
FORMAT = 1

Rows: TypeAlias = dict[str, msgspec.Raw]


class Meta(msgspec.Struct):
    """What the ledger says of itself: its format, and the number of the next reference."""

    format: int
    next: int


class Document:
    """One reading of the ledger file: its meta row, and the raw rows of tickets by number.

    `others` are tables that somebody else keeps in the same file; they are left as they are.
    """

    def __init__(self, meta: Meta, tickets: Rows, others: Mapping[str, Rows] | None = None) -> None:
        self.meta = meta
        self.tickets = tickets
        self._others = dict(others or {DEFAULT: {}})

    def encode(self) -> bytes:
        """The document, one ticket a line."""
        meta = {"1": msgspec.Raw(msgspec.json.encode(self.meta))}
        lines = [_table(name, rows, b",") for name, rows in {**self._others, META: meta}.items()]
        return b"{%s}\n" % b",\n".join([*lines, _table(TICKETS, self.tickets, b",\n")])


def _table(name: str, rows: Rows, between: bytes) -> bytes:
    """A table with its rows, and what stands between two of them."""
    line = between[1:]
    encoded = between.join(b'"%s":%s' % (key.encode(), row) for key, row in rows.items())
    return b'"%s":{%s%s%s}' % (name.encode(), line, encoded, line)


def empty() -> Document:
    """A ledger without tickets."""
    return Document(Meta(FORMAT, 1), {})


class LedgerFile:
    """The document at `path`.

    A missing file is an empty ledger only while `witness`, the lock file, has never existed: a
    ledger that was there and has gone is damage, not emptiness.
    """

    def __init__(self, path: str, witness: str) -> None:
        self._named = path
        self.path = os.path.realpath(path)  # a link stays one: its target is replaced
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
            self._require_beginning()
            return empty()
        except OSError as error:
            raise MachineError("Reading the ledger", self.path, error.strerror or "") from error
        return _decoded(self.path, raw)

    def _is_there(self) -> bool:
        try:
            os.stat(self.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise MachineError("Reading the ledger", self.path, error.strerror or "") from error
        return True

    def _require_beginning(self) -> None:
        """The file is not there: make sure that it never was.

        Raises:
            LedgerDamagedError: a lock file or a link says that there is, or was, a ledger.
        """
        if os.path.exists(self._witness):
            raise LedgerDamagedError(self.path, "the file is missing, and its lock file is there")
        for name in (os.path.dirname(self._named), self._named):
            if os.path.islink(name):
                reason = f"{name} is a link to where nothing is; is a volume not mounted?"
                raise LedgerDamagedError(self.path, reason)

    def replace(self, document: Document) -> None:
        """Replace the document in one step; it is on disk when this returns.

        Raises:
            MachineError: it could not be written; the ledger is as it was.
        """
        temporary = _temporary(self.path, "tmp")
        replaced = False
        try:
            _write_synced(temporary, document.encode(), like=self.path)
            os.replace(temporary, self.path)
            replaced = True
            _sync_folder(os.path.dirname(self.path))
            _sweep(self.path)
        except OSError as error:
            after = (
                "Whether it lasts is not certain: look before you try again." if replaced else ""
            )
            raise MachineError(
                "Writing the ledger", self.path, error.strerror or "", after=after
            ) from error
        finally:
            _discard(temporary)

    def begin(self) -> None:
        """Make an empty ledger if there is none yet; of two that try, one succeeds.

        Raises:
            MachineError: it could not be written.
        """
        if self._is_there():
            return
        self._require_beginning()
        folder = os.path.dirname(self.path)
        temporary = _temporary(self.path, "new")  # made without the lock: no sweep may take it
        try:
            os.makedirs(folder, exist_ok=True)
            _write_synced(temporary, empty().encode(), like="")
            with suppress(FileExistsError):
                os.link(temporary, self.path)
            _sync_folder(folder)
        except OSError as error:
            raise MachineError("Starting the ledger", self.path, error.strerror or "") from error
        finally:
            _discard(temporary)


def _decoded(path: str, raw: bytes) -> Document:
    if not raw.strip():
        raise LedgerDamagedError(path, "the file is empty")
    try:
        tables = msgspec.json.decode(raw, type=dict[str, dict[str, msgspec.Raw]])
        if TICKETS not in tables or "1" not in tables.get(META, {}):
            raise LedgerDamagedError(path, "it is not a ledger of tickets")
        meta = msgspec.json.decode(tables[META]["1"], type=Meta)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise LedgerDamagedError(path, _why(raw, error)) from error
    if meta.format != FORMAT:
        reason = (
            f"it has format {meta.format} and this sdcli knows format {FORMAT}; "
            "a newer sdcli may have written it"
        )
        raise LedgerDamagedError(path, reason)
    # One ticket a line, and no raw line end within a text: more lines than tickets are tickets lost.
    if raw.count(b'\n"') > len(tables[TICKETS]) + len(tables) - 1:
        raise LedgerDamagedError(path, "a ticket number is there twice")
    tickets = tables.pop(TICKETS)
    del tables[META]
    return Document(meta, tickets, tables)


def _why(raw: bytes, error: Exception) -> str:
    for number, line in enumerate(raw.splitlines(), 1):
        if line.startswith((b"<<<<<<< ", b"=======", b">>>>>>> ")):
            return f"line {number} is a merge conflict marker"
    return f"it is not whole JSON ({error})"


def _temporary(path: str, suffix: str) -> str:
    """A name beside `path` that no other process uses, however process numbers repeat."""
    return f"{path}.{os.getpid()}.{os.urandom(4).hex()}.{suffix}"


def _write_synced(path: str, content: bytes, *, like: str) -> None:
    """Write a file and have it on disk; give it the access rights of the file `like`."""
    with open(path, "xb") as stream:
        if like:
            before = os.stat(like)
            os.fchmod(stream.fileno(), before.st_mode & 0o777)
            with suppress(PermissionError):  # only root can give a file away, and only root must
                os.fchown(stream.fileno(), before.st_uid, before.st_gid)
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


def _sweep(path: str) -> None:
    """Take away what processes that were killed left behind; the caller holds the lock."""
    folder, name = os.path.split(path)
    for left in os.listdir(folder):
        if left.startswith(f"{name}.") and left.endswith(".tmp"):
            _discard(os.path.join(folder, left))


def _discard(path: str) -> None:
    """Take a temporary file away, if it is still there."""
    with suppress(OSError):
        os.unlink(path)
