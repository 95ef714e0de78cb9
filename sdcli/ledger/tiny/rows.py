"""From lines to tickets: rows never leave this folder, they become frozen tickets at once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

import msgspec

from sdcli.errors import IllegalStepError, LedgerDamagedError
from sdcli.ledger.tiny.document import number_of, row_of
from sdcli.tickets.event import AnyEvent, Opened
from sdcli.tickets.query import Face
from sdcli.tickets.ticket import Ticket, advance, fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.ledger.tiny.journal import Change

_T = TypeVar("_T")
PREFIX = "SD-"


# Decoders are made when first wanted: making one takes as long as decoding a hundred rows.
@cache
def _tickets() -> msgspec.json.Decoder[Ticket]:
    return msgspec.json.Decoder(Ticket)


@cache
def _faces() -> msgspec.json.Decoder[Face]:
    return msgspec.json.Decoder(Face)


class _Sourced(msgspec.Struct):
    """Where a ticket came from; the rest of its row is skipped."""

    source: str = ""


@cache
def _sources() -> msgspec.json.Decoder[_Sourced]:
    return msgspec.json.Decoder(_Sourced)


@cache
def _events() -> msgspec.json.Decoder[AnyEvent]:
    return msgspec.json.Decoder(AnyEvent)


def ticket_of(line: bytes, path: str) -> Ticket:
    """The ticket of a line, which must say of itself what its place says.

    Raises:
        LedgerDamagedError: it cannot be read, or is another ticket.
    """
    ticket = _decoded(line, path, _tickets())
    ref = f"{PREFIX}{number_of(line)}"
    if ticket.ref != ref:
        raise LedgerDamagedError(path, f"ticket {ref} cannot be read: it calls itself {ticket.ref}")
    if not ticket.events or not isinstance(ticket.events[0], Opened):
        reason = f"ticket {ref} cannot be read: it does not begin with an opening event"
        raise LedgerDamagedError(path, reason)
    return ticket


def face_of(line: bytes, path: str) -> Face:
    """The folded fields of a line.

    Raises:
        LedgerDamagedError: it cannot be read.
    """
    return _decoded(line, path, _faces())


def source_of(line: bytes, path: str) -> str:
    """The source id of the ticket of a line; empty if it has none.

    Raises:
        LedgerDamagedError: it cannot be read.
    """
    return _decoded(line, path, _sources()).source


def row_bytes(ticket: Ticket) -> bytes:
    """A ticket as its row is stored."""
    return msgspec.json.encode(ticket)


def folded(before: Ticket | None, number: int, changes: Iterable[Change], path: str) -> Ticket:
    """The ticket after what the journal says of it; `before` is None if it begins there.

    Raises:
        LedgerDamagedError: the events cannot be read, or are not legal in this order.
    """
    ref = f"{PREFIX}{number}"
    try:
        every = iter(changes)
        # What a ticket came with is in order; what was entered late afterwards finds its place.
        ticket = fold(ref, events_of(next(every))) if before is None else before
        return advance(ticket, [event for change in every for event in events_of(change)])
    except (msgspec.MsgspecError, IllegalStepError, TypeError) as error:
        reason = f"ticket {ref} cannot be read: {error}"
        raise LedgerDamagedError(path, reason) from error


def events_of(change: Change) -> list[AnyEvent]:
    """The events of a change.

    Raises:
        MsgspecError: they cannot be read.
    """
    return [_events().decode(event) for event in change.events]


def _decoded(line: bytes, path: str, decoder: msgspec.json.Decoder[_T]) -> _T:
    try:
        return decoder.decode(row_of(line))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        reason = f"ticket {PREFIX}{number_of(line)} cannot be read: {error}"
        raise LedgerDamagedError(path, reason) from None
