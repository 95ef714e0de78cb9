"""A TinyDB storage that keeps one JSON document in one file, whole at every moment.

`read` takes no lock: a commit replaces the file in one step, so a reader sees the ledger before
it or after it. `write` needs the lock and goes through a temporary file, fsync, rename and fsync
of the folder. The document has one ticket a line, so that `grep` and `diff` work; stock
`TinyDB(path)` reads it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec
from tinydb.storages import Storage

from sdcli.errors import LedgerDamagedError, MachineError

META, TICKETS = "meta", "tickets"
FORMAT = 1

Tables: TypeAlias = dict[str, Mapping[str, Any]]


class Rows(Mapping[str, dict[str, Any]]):
    """The documents of a table by their ids, each decoded only when it is asked for."""

    def __init__(self, raw: dict[str, msgspec.Raw]) -> None:
        self.raw = raw

    def __getitem__(self, key: str) -> dict[str, Any]:
        row: dict[str, Any] = msgspec.json.decode(self.raw[key])
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)


class WholeFileStorage(Storage):
    """The document at `path`.

    A missing file is an empty ledger only while `witness`, the lock file, has never existed: a
    ledger that was there and has gone is damage, not emptiness.
    """

    def __init__(self, path: str, witness: str) -> None:
        self._path = path
        self._witness = witness

    def read(self) -> Tables | None:  # type: ignore[override]  # rows are decoded lazily
        """The tables; None if this desk has never had a ledger.

        Raises:
            LedgerDamagedError: the file is empty, gone, or not this ledger's document.
            MachineError: the machine does not let it be read.
        """
        try:
            with open(self._path, "rb") as stream:
                raw = stream.read()
        except FileNotFoundError:
            if os.path.exists(self._witness):
                raise LedgerDamagedError(self._path, "the file is missing") from None
            return None
        except OSError as error:
            raise MachineError("Reading the ledger", self._path, error.strerror or "") from error
        return _checked(self._path, raw)

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the document in one step; it is on disk when this returns.

        Raises:
            MachineError: it could not be written; the ledger is as it was.
        """
        temporary = f"{self._path}.{os.getpid()}.tmp"
        try:
            try:
                _write_synced(temporary, _document(data), like=self._path)
                os.replace(temporary, self._path)
            except BaseException:
                _discard(temporary)
                raise
            _sync_folder(os.path.dirname(self._path))
        except OSError as error:
            raise MachineError("Writing the ledger", self._path, error.strerror or "") from error

    def begin(self) -> None:
        """Make an empty ledger if there is none yet; of two that try, one succeeds."""
        if os.path.exists(self._path) or os.path.exists(self._witness):
            return
        folder = os.path.dirname(self._path)
        temporary = f"{self._path}.{os.getpid()}.tmp"
        try:
            os.makedirs(folder, exist_ok=True)
            _write_synced(temporary, _document(empty()), like="")
            try:
                os.link(temporary, self._path)
            except FileExistsError:
                pass
            finally:
                _discard(temporary)
            _sync_folder(folder)
        except OSError as error:
            raise MachineError("Starting the ledger", self._path, error.strerror or "") from error


def empty() -> Tables:
    """The tables of a new ledger."""
    return {"_default": {}, META: {"1": {"format": FORMAT, "next": 1}}, TICKETS: Rows({})}


def _document(tables: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The document, one ticket a line."""
    encode = msgspec.json.encode
    parts = []
    for name, table in tables.items():
        raw = table.raw if isinstance(table, Rows) else table
        rows = b",\n".join(encode(key) + b":" + encode(row) for key, row in raw.items())
        parts.append(encode(name) + (b":{\n" + rows + b"\n}" if rows else b":{}"))
    return b"{" + b",\n".join(parts) + b"}\n"


def _checked(path: str, raw: bytes) -> Tables:
    if not raw.strip():
        raise LedgerDamagedError(path, "the file is empty")
    try:
        tables = msgspec.json.decode(raw, type=dict[str, dict[str, msgspec.Raw]])
        meta = msgspec.json.decode(tables.get(META, {}).get("1", msgspec.Raw(b"null")))
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LedgerDamagedError(path, _why(raw, error)) from error
    if not isinstance(meta, dict) or TICKETS not in tables:
        raise LedgerDamagedError(path, "it is not a ledger of tickets")
    if meta.get("format") != FORMAT:
        raise LedgerDamagedError(
            path,
            f"it has format {meta.get('format')!r} and this sdcli knows format {FORMAT}; "
            "a newer sdcli may have written it",
        )
    if not isinstance(meta.get("next"), int):
        raise LedgerDamagedError(path, "it does not say which reference is next")
    return {**{name: Rows(table) for name, table in tables.items()}, META: {"1": meta}}


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
