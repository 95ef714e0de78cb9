"""The TinyDB home of the ledger: tickets in, tickets out, one commit a unit of work.

Rows never leave this module: they become frozen tickets at once. A stored row holds the events and, beside them, the folded fields
that people grep for and look-ups need; the events are the truth.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, NoReturn, TypeVar

import msgspec

from sdcli.errors import LedgerDamagedError, NoSuchTicketError
from sdcli.ledger.tiny.document import LedgerFile
from sdcli.ledger.tiny.lock import locked
from sdcli.tickets.event import Opened
from sdcli.tickets.ticket import Ticket, advance, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.ledger.tiny.document import Document
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.query import Query

_T = TypeVar("_T")

_PREFIX = "SD-"


class Keys(msgspec.Struct):
    """The part of a stored ticket that look-ups by key need."""

    status: str
    key: str = ""
    idempotency_key: str = ""


@cache
def _tickets() -> msgspec.json.Decoder[Ticket]:
    """Decodes a row; made when first wanted, since making it takes as long as a hundred rows."""
    return msgspec.json.Decoder(Ticket)


@cache
def _only_keys() -> msgspec.json.Decoder[Keys]:
    """Decodes of a row what look-ups by key need."""
    return msgspec.json.Decoder(Keys)


class TinyReader:
    """One reading of the ledger: it shows the state at the moment it was made."""

    def __init__(self, document: Document, path: str) -> None:
        self.document = document
        self._raw = document.tickets
        self._path = path

    def get(self, ref: str) -> Ticket:
        """See `Reader.get`."""
        number = str(_number(ref))
        if number not in self._raw:
            raise NoSuchTicketError(ref)
        return self._ticket(number)

    def find(self, query: Query) -> Iterator[Ticket]:
        """See `Reader.find`."""
        tickets = (self._ticket(number) for number in self._raw)
        return (ticket for ticket in tickets if query.matches(ticket))

    def by_key(self, key: str) -> Ticket | None:
        """See `Reader.by_key`."""
        numbers = self._open_keys.get(key)
        return self._ticket(str(max(numbers))) if numbers else None

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """See `Reader.by_idempotency_key`."""
        number = self._idempotency_keys.get(key)
        return self._ticket(number) if number else None

    @cached_property
    def _keys(self) -> dict[str, Keys]:
        return {number: self._decoded(number, _only_keys()) for number in self._raw}

    @cached_property
    def _open_keys(self) -> dict[str, set[int]]:
        """The numbers of tickets that are not closed, by alert key."""
        found: dict[str, set[int]] = {}
        for number, row in self._keys.items():
            if row.key and row.status != "closed":
                found.setdefault(row.key, set()).add(int(number))
        return found

    @cached_property
    def _idempotency_keys(self) -> dict[str, str]:
        keys = self._keys.items()
        return {row.idempotency_key: number for number, row in keys if row.idempotency_key}

    def _ticket(self, number: str) -> Ticket:
        """The ticket of a row, which must say of itself what its place says."""
        ticket = self._decoded(number, _tickets())
        if ticket.ref != _PREFIX + number:
            self._damaged(number, f"it calls itself {ticket.ref}")
        if not ticket.events or not isinstance(ticket.events[0], Opened):
            self._damaged(number, "it does not begin with an opening event")
        return ticket

    def _decoded(self, number: str, decoder: msgspec.json.Decoder[_T]) -> _T:
        try:
            return decoder.decode(self._raw[number])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            self._damaged(number, str(error))

    def _damaged(self, number: str, reason: str) -> NoReturn:
        raise LedgerDamagedError(
            self._path, f"ticket {_PREFIX}{number} cannot be read: {reason}"
        ) from None


class TinyWriter(TinyReader):
    """A unit of work: a reading that can be added to. The caller holds the lock."""

    changed = False

    @cached_property
    def _highest(self) -> int:
        """The highest number in use; a number in another form is no number of ours."""
        try:
            return max(map(int, self._raw), default=0)
        except ValueError:
            raise LedgerDamagedError(self._path, "a row of tickets has no number") from None

    def create(self, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.create`."""
        number = str(self.document.meta.next)
        if self.document.meta.next <= self._highest:
            raise LedgerDamagedError(
                self._path,
                f"the next reference would be {_PREFIX}{number}, but {_PREFIX}{self._highest} exists",
            )
        ticket = fold(_PREFIX + number, events)
        self._highest = self.document.meta.next
        self.document.meta.next += 1
        self._put(number, ticket)
        if ticket.idempotency_key:
            self._idempotency_keys[ticket.idempotency_key] = number
        return ticket

    def append(self, ticket: Ticket, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.append`."""
        after = advance(ticket, events)
        self._put(str(_number(ticket.ref)), after)
        return after

    def _put(self, number: str, ticket: Ticket) -> None:
        """Store the ticket; what is known of open keys follows its state."""
        self._raw[number] = msgspec.Raw(msgspec.json.encode(ticket))
        self.changed = True
        if not ticket.key:
            return
        numbers = self._open_keys.setdefault(ticket.key, set())
        (numbers.discard if ticket.is_closed else numbers.add)(int(number))


def ledger_file(folder: str) -> LedgerFile:
    """The ledger file of a folder."""
    return LedgerFile(os.path.join(folder, "tickets.json"), _lock_path(folder))


def _lock_path(folder: str) -> str:
    return os.path.join(folder, "tickets.lock")


class TinyLedger:
    """The ledger in a folder. `wait_s`: how many seconds to wait for the lock."""

    def __init__(self, folder: str, wait_s: float) -> None:
        self._file = ledger_file(folder)
        self._lock = _lock_path(folder)
        self._wait_s = wait_s

    def get(self, ref: str) -> Ticket:
        """See `Reader.get`."""
        return self._reader().get(ref)

    def find(self, query: Query) -> Iterator[Ticket]:
        """See `Reader.find`."""
        return self._reader().find(query)

    def by_key(self, key: str) -> Ticket | None:
        """See `Reader.by_key`."""
        return self._reader().by_key(key)

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """See `Reader.by_idempotency_key`."""
        return self._reader().by_idempotency_key(key)

    @contextmanager
    def write(self) -> Iterator[TinyWriter]:
        """See `Ledger.write`. An exception inside the block leaves the file untouched."""
        self._file.begin()
        with locked(self._lock, self._wait_s):
            writer = TinyWriter(self._file.read(), self._file.path)
            yield writer
            if writer.changed:
                self._file.replace(writer.document)

    def _reader(self) -> TinyReader:
        return TinyReader(self._file.read(), self._file.path)


def _number(ref: str) -> int:
    """The number of a reference: `SD-42` to 42.

    Raises:
        NoSuchTicketError: it is no reference of this ledger.
    """
    if not re.fullmatch(r"SD-[1-9][0-9]{0,15}", ref):
        raise NoSuchTicketError(ref)
    return int(ref[len(_PREFIX) :])
