"""From tickets to rows and back: rows never leave this folder.

What the columns of the tables are, and what a ticket has in them, is said here alone. It is written
in three ways: by `append`, which adds to a ticket (`writer`); by COPY, many tickets at once
(`fill`); and anew, of a ticket whose rows are wrong (`doctor`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from sdcli.errors import IllegalStepError, LedgerDamagedError
from sdcli.ledger.postgres.words import new_words
from sdcli.tickets import lifecycle
from sdcli.tickets.base import kind
from sdcli.tickets.contact import MailFacts
from sdcli.tickets.event import Opened, SlaAlerted
from sdcli.tickets.keys import idempotency, keys_of, problem, source
from sdcli.tickets.query import has_articles
from sdcli.tickets.taken_back import Undone
from sdcli.tickets.ticket import Ticket, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.words import Record, Status

PREFIX = "SD-"
_INSTEAD = "\ufffd"
"""Stands for what no text of a database can hold."""
_LONGEST = 500
"""Characters of a text, or bytes of a key, that an index takes: no more than some 2,700 bytes."""


TICKET_COLUMNS = (
    *("number", "version", "record", "status", "type", "service", "priority", "queue", "assignee"),
    *("opened_at", "touched_at", "void", "needs_validation", "articles", "first_recorded"),
    *("last_recorded", "state"),
)
"""The columns of a ticket, in the order of `row_of`."""

EVENT_COLUMNS = (
    *("ticket", "seq", "recorded", "id", "at", "by", "kind", "record", "before", "after", "body"),
)
"""The columns of an event."""


class Derived(NamedTuple):
    """What the tables hold of a ticket beside its events: all of it can be made anew.

    Args:
        row: its columns in `tickets`.
        keys, once: its keys in the tables of these names.
        words: what it says, for `texts` and the lexicon.
    """

    row: dict[str, Any]
    keys: list[str]
    once: list[str]
    words: list[str]


class Stored(NamedTuple):
    """The row of a ticket, and its events, as JSON texts."""

    number: int
    version: int
    state: str
    events: Sequence[str]


@cache
def _tickets() -> msgspec.json.Decoder[Ticket]:
    return msgspec.json.Decoder(Ticket)


def ticket_of(stored: Stored, place: str) -> Ticket:
    """The ticket of a row.

    Raises:
        LedgerDamagedError: it cannot be read, or lacks events.
    """
    ref = f"{PREFIX}{stored.number}"
    if len(stored.events) != stored.version:
        reason = f"ticket {ref} has {len(stored.events)} of its {stored.version} events"
        raise LedgerDamagedError(place, reason)
    if not stored.state.endswith('"events":[]}'):
        raise LedgerDamagedError(place, f"ticket {ref} cannot be read: its row ends early")
    try:
        ticket = _tickets().decode(f"{stored.state[:-2]}{','.join(stored.events)}]}}")
        if ticket.ref == ref and any(event.entered for event in ticket.events[1:]):
            ticket = fold(ref, ticket.events)  # what was entered late stands where it happened
    except (msgspec.MsgspecError, UnicodeError, RecursionError, IllegalStepError) as error:
        raise LedgerDamagedError(place, f"ticket {ref} cannot be read: {error}") from None
    if ticket.ref != ref:
        raise LedgerDamagedError(
            place, f"ticket {ref} cannot be read: it calls itself {ticket.ref}"
        )
    if not isinstance(ticket.events[0], Opened):
        reason = f"ticket {ref} cannot be read: it does not begin with an opening event"
        raise LedgerDamagedError(place, reason)
    return ticket


def state_of(ticket: Ticket) -> str:
    """A ticket without its events, as its row keeps it."""
    return msgspec.json.encode(replace(ticket, events=())).decode()


def row_of(ticket: Ticket, new: Sequence[AnyEvent]) -> dict[str, Any]:
    """The columns of a ticket's row, after these new events."""
    recorded = [recorded_at(event) for event in new]
    return {
        "number": int(ticket.ref.removeprefix(PREFIX)),
        "version": len(ticket.events),
        "record": ticket.record,
        "status": ticket.status,
        "type": plain(ticket.type),
        "service": plain(ticket.service),
        "priority": ticket.priority,
        "queue": plain(ticket.queue),
        "assignee": plain(ticket.assignee or ""),
        "opened_at": ticket.opened_at,
        "touched_at": ticket.touched_at,
        "void": ticket.void,
        "needs_validation": ticket.needs_validation,
        "articles": has_articles(ticket),
        "first_recorded": min(recorded),
        "last_recorded": max(recorded),
        "state": state_of(ticket),
    }


def right_row(ticket: Ticket, recorded: Sequence[datetime]) -> dict[str, Any]:
    """The columns of a ticket's row, whose events have rows that were recorded at these instants."""
    bounds = {"first_recorded": min(recorded), "last_recorded": max(recorded)}
    return row_of(ticket, ticket.events) | bounds


def derived(ticket: Ticket, recorded: Sequence[datetime] = ()) -> Derived:
    """What follows from the events of a ticket; `recorded` as for `right_row`, if they have rows."""
    return Derived(
        row=right_row(ticket, recorded) if recorded else row_of(ticket, ticket.events),
        keys=sorted(stored_keys(ticket)),
        once=sorted(once_of(ticket, ticket.events)),
        words=new_words(None, ticket),
    )


def event_rows(before: Ticket | None, new: Sequence[AnyEvent]) -> tuple[list[dict[str, Any]], bool]:
    """The rows of new events, and whether everything was folded again because of them."""
    further = new if before else new[1:]
    refolded = any(event.entered or isinstance(event, Undone) for event in further)
    status: Status | Literal[""] = before.status if before else ""
    record: Record = before.record if before else _record(new)
    rows: list[dict[str, Any]] = []
    for event in new:
        was = status
        if not was:
            status = lifecycle.START
        elif not refolded:
            status = lifecycle.after("", was, event, record)
        says = not refolded or isinstance(event, Opened)
        rows.append(
            {
                "recorded": recorded_at(event),
                "id": event.id,
                "at": event.at,
                "by": plain(event.by),
                "kind": kind(event),
                "before": was if says else "",
                "after": status if says else "",
                "body": msgspec.json.encode(event).decode(),
            }
        )
    return rows, refolded


def _record(events: Sequence[AnyEvent]) -> Record:
    first = events[0]
    return first.record if isinstance(first, Opened) else "request"


def recorded_at(event: AnyEvent) -> datetime:
    """When an event was entered."""
    return event.entered or event.at


def stored_keys(ticket: Ticket) -> frozenset[str]:
    """What a ticket can be found by: its keys, and the people it was opened for."""
    opening = ticket.opening
    people = (ticket.requester, opening.on_behalf_of, opening.mail)
    return frozenset(map(key_of, (*keys_of(ticket), *(person(p) for p in people if p))))


def person(name: str) -> str:
    """The key of the tickets that a query for somebody finds."""
    return f"person {name}"


def once_of(ticket: Ticket, events: Iterable[AnyEvent]) -> frozenset[str]:
    """What there may be once in the whole ledger, of a ticket and of these events of it."""
    events = tuple(events)
    found = {f"said {event.alert}" for event in events if type(event) is SlaAlerted}
    found |= mails_of(events)
    if ticket.source:
        found.add(source(ticket.source))
    if ticket.idempotency_key and not ticket.void:
        of = problem if ticket.is_problem else idempotency
        found.add(of(ticket.idempotency_key))
    return frozenset(map(key_of, found))


def mails_of(events: Iterable[AnyEvent]) -> frozenset[str]:
    """What these events bring of mails: some programs use an id twice, so what is said counts too.

    Nothing takes it back: what has arrived has arrived (T22).
    """
    mails = (getattr(event, "message", None) for event in events)
    return frozenset(
        key_of(f"mail {mail.digest} {mail.id}")
        for mail in mails
        if isinstance(mail, MailFacts) and mail.id and mail.digest
    )


def key_of(key: str) -> str:
    """A key as it is stored: one that no index or text takes is stored as its hash."""
    raw = key.encode("utf-8", "surrogatepass")
    if len(raw) <= _LONGEST and is_plain(key):
        return key
    from hashlib import sha256  # noqa: PLC0415 - hardly any key needs it

    return f"{key.partition(' ')[0]} sha256:{sha256(raw).hexdigest()}"


def plain(text: str) -> str:
    """A text as a column and its index take it; the ticket itself keeps it as it is."""
    sound = text[:_LONGEST].encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return sound.replace("\0", _INSTEAD)


def is_plain(text: str) -> bool:
    """Whether a column that holds this holds nothing else that is written alike."""
    return len(text) < _LONGEST and _INSTEAD not in plain(text)


def encoded(changes: Sequence[dict[str, Any]]) -> str:
    """What `append` takes."""
    return msgspec.json.encode(changes).decode()
