"""Which procedure fits a ticket: what is named, or what a search finds and is clearly meant (R3b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sdcli.errors import NoSuchEntryError, RefusedError, listed
from sdcli.fulfilment import choose, walk
from sdcli.fulfilment.legal import require_going_on
from sdcli.fulfilments.offers import Offers
from sdcli.tickets.event import Edition

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.fulfilment.walk import Walk
    from sdcli.knowledge.hits import Hit
    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.ticket import Ticket

MOST_FOUND = 5
"""So many of what was found are recorded, and told."""


class Plan(Struct, frozen=True, kw_only=True):
    """What `fulfil` would do, for whoever is to be asked.

    Args:
        what: what is to be followed, None if that is not sure; `walk`: the one that goes on.
        found: what a search found, the best fit first.
    """

    ticket: Ticket
    what: Instructions | None = None
    walk: Walk | None = None
    found: tuple[tuple[str, str], ...] = ()


class Sought(NamedTuple):
    """What was looked for, what was found, and what is followed; None if nothing fits.

    `warning`: what is to be told of it. `going`: the walk that was seen, which goes on.
    """

    query: str
    found: tuple[Edition, ...]
    what: Instructions | None
    warning: str = ""
    going: Walk | None = None


class Search:
    """The search for what is to be followed on an open desk."""

    def __init__(self, desk: Desk, offers: Offers | None = None) -> None:
        self._desk = desk
        self._offers = offers or Offers(desk)

    def plan(self, ref: str, given: str = "") -> Plan:
        """What `fulfil` would follow; nothing is recorded.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, or procedure.
            IllegalStepError: nobody works on it any more.
        """
        ticket = self.to_follow_on(ref)
        going = walk.running(ticket.standing)
        if going:
            return Plan(ticket=ticket, what=self._offers.followed(ticket, going), walk=going)
        sure = self._sure(ticket, given)
        if sure is not None:
            return Plan(ticket=ticket, what=sure.what)
        hits = self.hits(ticket)
        id_ = choose.certain(ticket, hits, self._offers.offered.all)
        if id_:
            return Plan(ticket=ticket, what=self._offers.named(id_))
        found = tuple((hit.id, hit.title) for hit in hits[:MOST_FOUND])
        return Plan(ticket=ticket, found=found)

    def to_follow_on(self, ref: str, *, runs: bool = False) -> Ticket:
        """A ticket that somebody works on, or on which a walk is not over: that can end afterwards.

        A program is started only while somebody works on it.
        """
        ticket = self._desk.ledger.get(ref)
        require_going_on(ticket, runs=runs)
        return ticket

    def sought(self, ticket: Ticket, given: str, command: str = "fulfil") -> Sought:
        """What is followed: what is sure, or what a search finds and is clearly meant.

        `command`: what was typed, and is to be typed again.

        Raises:
            RefusedError: several fit, and somebody must say which.
        """
        sure = self._sure(ticket, given)
        if sure is not None:
            return sure
        hits = self.hits(ticket)
        found = tuple(Edition(hit.id, hit.revision) for hit in hits[:MOST_FOUND])
        if not hits:
            return Sought(ticket.summary, (), None)
        id_ = choose.certain(ticket, hits, self._offers.offered.all)
        if id_:
            return Sought(ticket.summary, found, self._offers.named(id_))
        names = [hit.id for hit in hits[:MOST_FOUND]]
        none = ", or say that none fits, with --none" if command == "fulfil" else ""
        raise RefusedError(
            f"It is not sure which procedure fits {ticket.ref}: {listed(names)}. Name it, "
            f"`sdcli {command} {ticket.ref} {names[0]}`{none}.",
            ref=ticket.ref,
            found=names,
        )

    def _sure(self, ticket: Ticket, given: str) -> Sought | None:
        """What is followed without a search: what is named here, by the catalog or by questions."""
        if given:
            what = self._offers.named(given)
            return Sought(given, (walk.edition(what),), what)
        found = choose.named(self._desk.policy, ticket)
        if found is None:
            return None
        try:
            what = self._offers.named(found.id)
        except (NoSuchEntryError, RefusedError) as error:
            self._desk.tell(f"{found.by} names {found.id}: {error.message}")
            return None
        warning = ""
        if found.approval and what.authorisation is None:
            warning = "the catalog says that somebody must agree, and it does not say who"
        return Sought(f"named by {found.by}", (walk.edition(what),), what, warning)

    def hits(self, ticket: Ticket) -> list[Hit]:
        """What `search-kb` finds for a ticket, of procedures, standard changes and the like."""
        from sdcli.knowledge_base import KnowledgeBase  # noqa: PLC0415 - only a search

        asks = ("fulfilment", "new-service")  # what is offered may be a standard change as well
        types = asks if ticket.type in asks else ()
        hits = KnowledgeBase(self._desk).find_offered("", ticket.ref, types=types)
        return choose.fitting(ticket, hits, self._offers.offered.all)
