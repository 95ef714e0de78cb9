"""A document of the ledger: a TinyDB file, one row a line, each table sorted by its numbers.

Snapshot and archives have this one form (drawn in docs/design/ledger.md). A row is found by
bisection, so a look-up reads a few blocks however large the file is. Every line carries its
checksum (`seal`), and the last line, `meta`, says where the tables lie, so that a file that was
cut is known at once. Stock `TinyDB(path)` reads it.
"""

from __future__ import annotations

import os
import stat
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, BinaryIO
from zlib import crc32

import msgspec

from sdcli.errors import LedgerDamagedError, MachineError, NewerFormatError
from sdcli.ledger.tiny.seal import is_sealed, sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = 2
NO_FILE = "it is not a file"
HEAD = b'{"_default":{},\n"tickets":{\n'
_KEYS = b'},\n"keys":{\n'
_META = b'},\n"meta":{'
_END = b"}}\n"
_WINDOW, _CHUNK = 4096, 1 << 20


class Extent(msgspec.Struct, frozen=True):
    """Where the lines of a table lie in the file, in bytes, how many they are, and their CRC-32."""

    start: int
    end: int
    rows: int
    sum: int = 0


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive as the snapshot names it.

    Args:
        file: its name in the folder `archive`.
        first: the lowest number in it; `last`: the highest.
        rows: how many tickets it holds, `stale` ones included.
        newest: the instant of the latest change in it.
        stale: numbers in it that have a newer row elsewhere, in order.
    """

    file: str
    first: int
    last: int
    rows: int
    newest: datetime
    stale: tuple[int, ...] = ()


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """What a document says of itself, in its last line.

    Args:
        format: the version of the file format.
        generation: grows by one with each snapshot; a journal belongs to one generation.
        next: the number of the next reference.
        tickets: where the tickets lie; `keys`: where the index of keys lies.
        closed: how many of the tickets are closed.
        archives: the archives that belong to this snapshot, by month.
        gaps: first and last of each run of numbers that no ticket has (lost, or never restored).
        after: the checksum of the snapshot whose journal was folded into this one, if any.
        sum: the checksum of this line.
    """

    format: int
    generation: int
    next: int
    tickets: Extent
    keys: Extent
    closed: int = 0
    archives: tuple[Archive, ...] = ()
    gaps: tuple[tuple[int, int], ...] = ()
    after: str = ""
    sum: str = ""


class _Format(msgspec.Struct):
    format: int


def ticket_line(number: int, row: bytes) -> bytes:
    """The sealed line of a ticket."""
    return sealed(b'"%d":%s' % (number, row))


def key_line(key: int, numbers: Iterable[int]) -> bytes:
    """The sealed line of the index that says which tickets have a key."""
    row = msgspec.json.encode(_Key(tuple(sorted(numbers))))
    return sealed(b'"%d":%s' % (key, row))


def numbers_in(line: bytes) -> tuple[int, ...]:
    """The tickets that a line of the index names."""
    return msgspec.json.decode(row_of(line), type=_Key).tickets


class _Key(msgspec.Struct):
    tickets: tuple[int, ...]


def key_number(key: str) -> int:
    """The number of a key in the index: 63 bits made from its text.

    Two keys may share a number, so whoever looks one up asks the ticket itself.
    """
    try:  # what hashlib gives, without the milliseconds that loading OpenSSL takes
        from _blake2 import blake2b  # noqa: PLC0415 - a ticket without keys does not pay for it
    except ImportError:  # an interpreter that is built otherwise
        from hashlib import blake2b  # noqa: PLC0415

    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


def number_of(line: bytes) -> int:
    """The number that a line begins with.

    Raises:
        ValueError: it does not begin with one.
    """
    digits = line[1 : line.index(b'":', 1)]
    if line[:1] != b'"' or not digits.isdigit():
        raise ValueError(line)
    return int(digits)


def holes(numbers: Iterable[int], end: int) -> Iterator[tuple[int, int]]:
    """First and last of each run of numbers from 1 to before `end` that are not among these.

    The numbers are in order.
    """
    before = 0
    for number in (*numbers, end):
        if number > before + 1:
            yield before + 1, number - 1
        before = number


def row_of(line: bytes) -> bytes:
    """The JSON object of a line."""
    return line[line.index(b":") + 1 :]


class DocumentWriter:
    """Writes a document from front to back; `tickets`, `keys` and `end`, in this order."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = stream.write(HEAD)
        self._tickets = self._keys = Extent(0, 0, 0)

    def tickets(self, lines: Iterable[bytes]) -> None:
        """Write the sealed lines of tickets, in the order of their numbers."""
        self._tickets = self._table(lines)
        self._at += self._stream.write(_KEYS)

    def keys(self, lines: Iterable[bytes]) -> None:
        """Write the sealed lines of the index, in the order of their numbers."""
        self._keys = self._table(lines)

    @property
    def rows(self) -> int:
        """How many tickets were written."""
        return self._tickets.rows

    def end(self, meta: Meta) -> Meta:
        """Write the last line; the meta row with what was counted and its checksum."""
        meta = msgspec.structs.replace(meta, tickets=self._tickets, keys=self._keys, sum="")
        row = msgspec.json.encode(meta)[: -len(b',"sum":""}')] + b"}"
        line = sealed(b'"1":' + row)
        self._stream.write(_META + line + _END)
        return msgspec.json.decode(row_of(line), type=Meta)

    def _table(self, lines: Iterable[bytes]) -> Extent:
        start, rows, summed = self._at, 0, 0
        for line in lines:
            written = b",\n" + line if rows else line
            summed = crc32(written, summed)
            self._at += self._stream.write(written)
            rows += 1
        if rows:
            summed = crc32(b"\n", summed)
            self._at += self._stream.write(b"\n")
        return Extent(start, self._at, rows, summed)


def empty() -> bytes:
    """The document of a ledger without tickets."""
    from io import BytesIO  # noqa: PLC0415 - a new ledger only

    stream, nothing = BytesIO(), Extent(0, 0, 0)
    writer = DocumentWriter(stream)
    writer.tickets(())
    writer.keys(())
    writer.end(Meta(format=FORMAT, generation=1, next=1, tickets=nothing, keys=nothing))
    return stream.getvalue()


class Document:
    """A document opened for reading; it stays readable when the file is replaced or removed.

    Raises:
        FileNotFoundError: it is not there.
        MachineError: the machine does not let it be read.
        LedgerDamagedError: it is not a whole document of this format.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._handle = _opened(path)
        about = os.fstat(self._handle)
        self.identity: tuple[int, ...] | None = (
            about.st_dev,
            about.st_ino,
            about.st_size,
            about.st_mtime_ns,
        )
        self.size = about.st_size
        self.meta = self._meta()

    def __del__(self) -> None:
        handle, self._handle = getattr(self, "_handle", -1), -1
        if handle >= 0:
            os.close(handle)

    def ticket(self, number: int) -> bytes | None:
        """The line of a ticket, checked; None if there certainly is none.

        Raises:
            LedgerDamagedError: the line, or one that should lie beside it, is damaged.
        """
        return self._line(self.meta.tickets, number)

    def tickets(self) -> Iterator[bytes]:
        """The lines of all tickets in order, not checked, in constant memory."""
        return self._lines(self.meta.tickets)

    def tickets_with(self, part: bytes) -> Iterator[bytes]:
        """The lines of tickets that `part` occurs in; the others cost next to nothing."""
        for block in self._blocks(self.meta.tickets):
            end = 0
            while (found := block.find(part, end)) >= 0:
                start = block.rfind(b"\n", 0, found) + 1
                end = block.find(b"\n", found) % (len(block) + 1)  # -1: the end of the block
                yield _line(block[start:end])

    def parts(self, size: int) -> Iterator[tuple[int, int, int]]:
        """The lines of tickets so many numbers at a time: which part, where it begins, and ends.

        Parts without a ticket are left out; the others lie one after another, and nothing between.

        Raises:
            LedgerDamagedError: a line has lost its number, or the lines are out of order.
        """
        table, at = self.meta.tickets, self.meta.tickets.start
        while at < table.end:
            part = self._number(self._line_at(at, at, table.end)[1]) // size
            end = self._first_from((part + 1) * size, at)
            if end <= at:
                raise LedgerDamagedError(self.path, "its lines are not in order")
            yield part, at, end
            at = end

    def lines_between(self, start: int, end: int) -> Iterator[bytes]:
        """The lines of tickets between two bytes that lines begin at, not checked."""
        return (_line(each) for each in self._read(start, end - start).split(b"\n") if each)

    def _first_from(self, number: int, low: int) -> int:
        """The byte at which the first ticket from this number on begins, or the table ends."""
        high = self.meta.tickets.end
        while low < high:
            start, line, after = self._line_at((low + high) // 2, low, high)
            if self._number(line) < number:
                low = after
            else:
                high = start
        return low

    def index(self) -> Iterator[bytes]:
        """The lines of the index in order, not checked, in constant memory."""
        return self._lines(self.meta.keys)

    def with_key(self, key: str) -> tuple[int, ...]:
        """The numbers of tickets that may have this key (see `tickets.keys`)."""
        line = self._line(self.meta.keys, key_number(key))
        return numbers_in(line) if line else ()

    def frame(self) -> Iterator[tuple[int, bytes]]:
        """What must stand between the tables, each with the byte it begins at."""
        yield 0, HEAD
        yield self.meta.tickets.end, _KEYS
        yield self.meta.keys.end, _META

    def require_whole(self) -> None:
        """Read every byte.

        Raises:
            LedgerDamagedError: one is not what was written.
        """
        for at, word in self.frame():
            if self.bytes_at(at, len(word)) != word:
                raise LedgerDamagedError(self.path, "the words between its tables were changed")
        for table in (self.meta.tickets, self.meta.keys):
            for _ in self._blocks(table):
                pass  # their checksum is compared at the end

    def stream(self) -> BinaryIO:
        """The whole file, to be read once from its beginning."""
        stream = os.fdopen(os.dup(self._handle), "rb")
        stream.seek(0)
        return stream

    def bytes_at(self, at: int, length: int) -> bytes:
        """So many bytes of the file."""
        return self._read(at, length)

    def raw_lines(self, table: Extent) -> Iterator[tuple[int, bytes]]:
        """The lines of a table as they are written, with the byte each begins at."""
        at = table.start
        for block in self._blocks(table, check=False):
            begin = 0
            while begin < len(block):
                end = block.find(b"\n", begin) + 1 or len(block)
                yield at + begin, block[begin:end]
                begin = end
            at += len(block)

    def _line(self, table: Extent, number: int) -> bytes | None:
        low, high = table.start, table.end
        bounds: dict[str, bytes] = {}
        while low < high:
            start, line, after = self._line_at((low + high) // 2, low, high)
            found = self._number(line)
            if found == number:
                return self.checked(line)
            if found < number:
                low, bounds["before"] = after, line
            else:
                high, bounds["behind"] = start, line
        # A damaged number can mislead the search only by ending up as one of its bounds.
        for line in bounds.values():
            self.checked(line)
        return None

    def _lines(self, table: Extent) -> Iterator[bytes]:
        for block in self._blocks(table):
            for line in filter(None, block.split(b"\n")):
                yield _line(line)

    def _blocks(self, table: Extent, *, check: bool = True) -> Iterator[bytes]:
        """The bytes of a table in pieces of whole lines; only a damaged last line has no end.

        Raises:
            LedgerDamagedError: when all have been given, they turn out not to be what was written.
        """
        rest, summed = b"", 0
        for at in range(table.start, table.end, _CHUNK):
            read = self._read(at, min(_CHUNK, table.end - at))
            summed = crc32(read, summed)
            block = rest + read
            end = block.rfind(b"\n") + 1
            rest = block[end:]
            if end:
                yield block[:end]
        if rest:  # the last line has lost its end
            yield rest
        if check and summed != table.sum:
            raise LedgerDamagedError(self.path, "its lines are not all as they were written")

    def checked(self, line: bytes) -> bytes:
        """The line, if its checksum is right.

        Raises:
            LedgerDamagedError: it is not.
        """
        if not is_sealed(line):
            raise LedgerDamagedError(self.path, f"{_named(line)} is damaged: its checksum is wrong")
        return line

    def _number(self, line: bytes) -> int:
        try:
            return number_of(line)
        except ValueError:
            raise LedgerDamagedError(self.path, "a line has lost its number") from None

    def _line_at(self, at: int, low: int, high: int) -> tuple[int, bytes, int]:
        """The line that covers the byte `at`, where it starts, and where the next one does."""
        window = _WINDOW
        while True:
            begin, end = max(low, at - window // 2), min(high, at + window)
            block = self._read(begin, end - begin)
            start = block.rfind(b"\n", 0, at - begin) + 1
            stop = block.find(b"\n", at - begin)
            if (start or begin == low) and (stop >= 0 or end == high):
                break
            window *= 8
        stop = len(block) if stop < 0 else stop
        return begin + start, _line(block[start:stop]), begin + stop + 1

    def _read(self, at: int, length: int) -> bytes:
        try:
            return os.pread(self._handle, length, at)
        except OSError as error:
            raise MachineError("Reading the ledger", self.path, error.strerror or "") from error

    def _meta(self) -> Meta:
        """The last line.

        Raises:
            LedgerDamagedError: there is no such line, or it is of another format.
        """
        window = _WINDOW
        while True:
            block = self._read(max(0, self.size - window), window)
            at = block.rfind(b"\n" + _META[3:])
            if at >= 0 or window >= self.size:
                break
            window *= 16
        line = block[at + len(_META) - 2 : -len(_END)] if at >= 0 else b""
        if not block.endswith(_END) or not is_sealed(line):
            raise LedgerDamagedError(self.path, "its last line is not the one it was written with")
        found = msgspec.json.decode(row_of(line), type=_Format).format
        if found != FORMAT:
            raise newer_format(self.path, found)
        meta = msgspec.json.decode(row_of(line), type=Meta)
        if meta.keys.end + len(_META) + len(line) + len(_END) != self.size:
            raise LedgerDamagedError(self.path, "its last line is not where it was written")
        return meta


def _line(written: bytes) -> bytes:
    """A line without the comma between it and the next."""
    return written[:-1] if written.endswith(b",") else written


def newer_format(path: str, found: int) -> NewerFormatError:
    """The refusal of a document that this version does not know."""
    return NewerFormatError(path, found, FORMAT)


def checksum(content: bytes) -> str:
    """The checksum of a document's last line."""
    return content[-len(b'00000000"}}}\n') :][:8].decode()


def _named(line: bytes) -> str:
    try:
        return f"the line of ticket SD-{number_of(line)}"
    except ValueError:
        return "a line"


def regular(path: str) -> int:
    """A handle to read a file with, which must be one: a pipe would keep its reader waiting.

    Raises:
        OSError: it cannot be opened.
        LedgerDamagedError: it is something else than a file.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise LedgerDamagedError(path, NO_FILE)


def _opened(path: str) -> int:
    try:
        return regular(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise MachineError("Reading the ledger", path, error.strerror or "") from error
