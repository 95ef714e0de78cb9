"""What every home of the ledger can do, in tickets and not in tables.

Reading takes no lock and sees only whole commits. Writing happens inside `write()`, which holds
the one lock from the first read to the commit: everything appended in the block is committed
together when the block ends, and nothing is when it raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.query import Query
    from sdcli.tickets.ticket import Ticket


class Reader(Protocol):
    """Looks tickets up.

    Every method raises LedgerDamagedError if the ledger cannot be read whole, and MachineError
    if the machine does not let it be read.
    """

    def get(self, ref: str) -> Ticket:
        """The ticket with this reference.

        Raises:
            NoSuchTicketError: there is none.
        """

    def find(self, query: Query) -> Iterator[Ticket]:
        """The tickets that match, in the order of their references."""

    def by_key(self, key: str) -> Ticket | None:
        """The newest ticket that is not closed and has this alert key."""

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """The ticket that was opened with this idempotency key, closed or not."""


class Writer(Reader, Protocol):
    """Looks tickets up and adds to them; sees what it has added itself."""

    def create(self, events: Sequence[AnyEvent]) -> Ticket:
        """A new ticket made by these events, under the next reference; none is used twice."""

    def append(self, ticket: Ticket, events: Sequence[AnyEvent]) -> Ticket:
        """The ticket with further events.

        Raises:
            IllegalStepError: an event is not legal in the ticket's state.
        """


class Ledger(Reader, Protocol):
    """One home of the ledger."""

    def write(self) -> AbstractContextManager[Writer]:
        """A unit of work: locked, and committed as a whole when the block ends without error.

        Raises:
            LedgerBusyError: the lock was not free in time.
        """
