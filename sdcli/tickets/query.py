"""What to list: a frozen query that any home of the ledger can answer the same way."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.tickets.words import OPEN_STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.tickets.ticket import Ticket


class Query(Struct, frozen=True, kw_only=True):
    """Which tickets: empty fields do not narrow. `text` matches summary and details.

    `touched_since` also lets in closed tickets that changed at or after that instant, so that
    a check that slept misses nothing.
    """

    statuses: tuple[str, ...] = OPEN_STATUSES
    queue: str = ""
    assignee: str = ""
    user: str = ""
    type: str = ""
    priority: str = ""
    service: str = ""
    text: str = ""
    touched_since: datetime | None = None

    def matches(self, ticket: Ticket) -> bool:
        """Whether the ticket is wanted."""
        return self._state(ticket) and self._fields(ticket) and self._words(ticket)

    def _state(self, ticket: Ticket) -> bool:
        touched = self.touched_since is not None and ticket.updated_at >= self.touched_since
        return ticket.status in self.statuses or touched

    def _fields(self, ticket: Ticket) -> bool:
        wanted = (
            (self.queue, ticket.queue),
            (self.assignee, ticket.assignee),
            (self.type, ticket.type),
            (self.priority, ticket.priority),
            (self.service, ticket.service),
        )
        return all(not want or want == has for want, has in wanted) and self._person(ticket)

    def _person(self, ticket: Ticket) -> bool:
        opening = ticket.opening
        return not self.user or self.user in (
            ticket.requester,
            opening.on_behalf_of,
            opening.mail,
        )

    def _words(self, ticket: Ticket) -> bool:
        text = f"{ticket.summary}\n{ticket.opening.details}".casefold()
        return all(word in text for word in self.text.casefold().split())


def pressing(tickets: Iterable[Ticket]) -> list[Ticket]:
    """The most pressing first: by priority, then the oldest."""
    return sorted(tickets, key=_urgent_then_old)


def _urgent_then_old(ticket: Ticket) -> tuple[str, datetime, int, str]:
    return ticket.priority, ticket.opened_at, len(ticket.ref), ticket.ref
