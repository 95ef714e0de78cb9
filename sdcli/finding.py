"""Finding tickets of an open desk by a query: what `list`, `bulk` and `report` share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.querying.fields import Frame, checked, narrowed
from sdcli.querying.language import expanded, parse
from sdcli.querying.saved import read_queries
from sdcli.sla.runs import utc_seconds
from sdcli.tickets.words import OPEN_STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Reader
    from sdcli.querying.saved import SavedQuery
    from sdcli.sla.clock import Clock
    from sdcli.tickets.query import Query
    from sdcli.tickets.ticket import Ticket


class Finding:
    """A query, read for an open desk.

    Args:
        desk: the desk.
        text: the query; an empty one asks for all open tickets.
        everything: whether closed tickets are wanted too, where the query does not say so.
        now: the instant at which ages and clocks are read, in UTC; now if it is None.

    Raises:
        QueryError: it cannot be read, or asks for what there is not.
        DataFileError: the file of saved queries is wrong.
    """

    def __init__(
        self, desk: Desk, text: str, *, everything: bool = False, now: datetime | None = None
    ) -> None:
        self._desk = desk
        self._now = now or desk.now
        terms = expanded(parse(text), self._saved_text, text)
        frame = Frame(desk.policy, self._now, desk.by, self._clocks)
        self._conditions = checked(terms, text, frame)
        self.query = narrowed(terms, text, frame, everything=everything)
        self._seen: dict[str, tuple[Ticket, Mapping[str, Clock]]] = {}

    @classmethod
    def saved_as(cls, desk: Desk, name: str, text: str, about: str) -> Mapping[str, SavedQuery]:
        """Save a query that can be read under a name; gives that one.

        Raises:
            QueryError: it cannot be read.
            RefusedError: the name is none, or is taken.
        """
        from sdcli.querying.saved import save  # noqa: PLC0415 - one command's

        name = name.removeprefix("@")
        cls(desk, text)
        save(desk.root, name, text, about)
        return {name: read_queries(desk.root)[name]}

    @cached_property
    def saved(self) -> Mapping[str, SavedQuery]:
        """The desk's saved queries."""
        return read_queries(self._desk.root)

    def _saved_text(self, name: str) -> str | None:
        found = self.saved.get(name)
        return found.query if found else None

    def _clocks(self, ticket: Ticket) -> Mapping[str, Clock]:
        """A ticket's clocks; several terms ask for them, and they are read once."""
        known = self._seen.get(ticket.ref)
        if known is None or known[0] is not ticket:
            clocks = self._desk.clocks.read(ticket, utc_seconds(self._now))
            known = (ticket, {str(name): clock for name, clock in clocks.items()})
            self._seen = {ticket.ref: known}  # only the newest: there may be many tickets
        return known[1]

    def holds(self, ticket: Ticket) -> bool:
        """Whether a ticket is as the query says, whatever its status."""
        return all(holds(ticket) for holds in self._conditions)

    def matches(self, ticket: Ticket) -> bool:
        """Whether a ticket is wanted."""
        return self.query.matches(ticket) and self.holds(ticket)

    def tickets(self, reader: Reader | None = None) -> Iterator[Ticket]:
        """The tickets that are wanted, in the order of their references."""
        found = (reader or self._desk.ledger).find(self.query)
        return (ticket for ticket in found if self.holds(ticket))

    def within(self, options: Query) -> Iterator[Ticket]:
        """The tickets that are wanted and that other options let through too."""
        if options.statuses != OPEN_STATUSES:  # they say so: that is what is looked through
            return (each for each in self._desk.ledger.find(options) if self.holds(each))
        wanted = replace(options, statuses=self.query.statuses)
        return (each for each in self.tickets() if wanted.matches(each))

    @property
    def predicate(self) -> Callable[[Ticket], bool]:
        """What tells which tickets of others count."""
        return self.holds
