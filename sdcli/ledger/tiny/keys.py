"""What a ticket can be found by besides its number: its alert, what sent it, where it came from.

In the index of a document a key is a number of 63 bits made from its text. Two keys may share a
number, so whoever looks one up asks the ticket itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket


def alert(key: str) -> str:
    """The key of an alert; only tickets that are not closed are found by it."""
    return f"alert {key}"


def idempotency(key: str) -> str:
    """The key that makes a repeated request harmless."""
    return f"idempotency {key}"


def source(key: str) -> str:
    """The key of a ticket's place in the system it was imported from."""
    return f"source {key}"


def keys_of(ticket: Ticket) -> tuple[str, ...]:
    """Every key that a ticket has now."""
    return (
        *([alert(ticket.key)] if ticket.key and not ticket.is_closed else ()),
        *([idempotency(ticket.idempotency_key)] if ticket.idempotency_key else ()),
        *([source(ticket.source)] if ticket.source else ()),
    )


def key_number(key: str) -> int:
    """The number of a key in the index."""
    from hashlib import blake2b  # noqa: PLC0415 - a ticket without keys does not pay for it

    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") >> 1
