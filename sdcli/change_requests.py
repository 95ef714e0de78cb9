"""New services and requests for change of one desk: filtered, completed, followed (R3c1, R3c3).

What the commands `filter` and `rfc` call. The rules are in `sdcli.changes`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec.structs import replace

from sdcli.changes import new_services, request
from sdcli.fulfilment.permission import made_for, require_entitled
from sdcli.policy.authority import require_may
from sdcli.policy.changes import read_refused, read_templates
from sdcli.policy.model import require
from sdcli.results import ChangeExported, ChangeShown, ChangesListed, Filtering
from sdcli.tickets import keys
from sdcli.tickets.query import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sdcli.changes.new_services import Decision
    from sdcli.changes.request import Completed, RequestForChange
    from sdcli.desk import Desk
    from sdcli.insight.filtered import FilteredReport
    from sdcli.policy.changes import RefusedServices, Templates
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.fulfilment import ChangeStatus
    from sdcli.tickets.ticket import Ticket


class Decided(NamedTuple):
    """A ticket after a decision of the filter: whether it is new, and the duplicates it was for."""

    ticket: Ticket
    is_new: bool
    duplicates: tuple[str, ...]


class Requested(NamedTuple):
    """A ticket after a step of its request for change; `was`: its status, if that is void now."""

    ticket: Ticket
    change: RequestForChange
    is_new: bool
    was: ChangeStatus | Literal[""] = ""


class ChangeRequests:
    """The requests for new services, and for change, of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @cached_property
    def refused(self) -> RefusedServices:
        """The new services that the desk refuses.

        Raises:
            DataFileError: their file is wrong.
        """
        return read_refused(self._desk.root, self._desk.policy)

    @cached_property
    def templates(self) -> Templates:
        """The templates of requests for change.

        Raises:
            DataFileError: their file is wrong.
        """
        return read_templates(self._desk.root, self._desk.policy)

    def look(self, ref: str) -> Filtering:
        """The rules that a request for something new meets, and those that ask for the same.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is of another type, or over.
        """
        ticket = self._desk.ledger.get(ref)
        new_services.require_filterable(ticket)
        return Filtering(
            ticket,
            new_services.met(self.refused, ticket),
            new_services.duplicates(ticket, self._new_services()),
            new_services.last_decision(ticket),
        )

    def _new_services(self) -> Iterator[Ticket]:
        """The requests for something new that are open, or changed within a year."""
        since = self._desk.now - timedelta(days=new_services.LOOK_BACK_DAYS)
        return self._desk.ledger.find(Query(type="new-service", touched_since=since))

    def decide(self, ref: str, wish: Decision) -> Decided:
        """Let a request through, or refuse it (R3c1.1).

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, rule or closure code.
            RefusedError: the acting person may not, or it is of another type, or nobody says why.
        """
        desk = self._desk
        found = self.look(ref)
        require_may(desk.policy, desk.process, desk.by, "filter", "filter requests")
        if wish.rule:
            self.refused.require(wish.rule)
        if not wish.accept:
            desk.policy.require_word("closure_code", new_services.DECLINED)
        same = tuple(each.ticket.ref for each in found.duplicates)
        before = len(found.ticket.events)
        ticket = desk.change(ref, new_services.decide, rules=self.refused, wish=wish, same=same)
        return Decided(ticket, len(ticket.events) > before, same)

    def filtered(
        self,
        since: datetime | None,
        until: datetime | None,
        only: Callable[[Ticket], bool] | None = None,
    ) -> FilteredReport:
        """What the filter let through and refused in a period, by rule (R3c1.1, R0.3)."""
        from sdcli.insight.filtered import filtered  # noqa: PLC0415 - one report's

        found = filter(only, self._desk.touched(since))
        return filtered(found, self.refused, since=since, until=until)

    def complete(self, ref: str, wish: Completed) -> Requested:
        """Complete a request for change and send it on its way, in one unit of work (R3c3.2).

        A standard change that needs an authority becomes a work order for the team that has it.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket, category, field or queue.
            RefusedError: the acting person may not, or something is missing, or it is over.
        """
        desk, templates = self._desk, self.templates
        policy = desk.policy
        require_may(policy, desk.process, desk.by, "request-change", "request a change")
        wish = self._prefilled(ref, wish)
        with desk.together(), desk.ledger.write() as writer:  # so that no two open a work order
            before = writer.get(ref)
            category = request.category_of(before, templates, wish)
            fields = request.filled(templates, category, before, wish.fields)
            request.require_complete(before, templates, category, fields)
            goes = request.way(before, templates, wish, policy.classification.support.changes)
            policy.require_queue(goes.queue)
            earlier = tuple(each.ticket.ref for each in request.similar(before, self._changes()))
            sends = goes.is_new and goes.route == "work-order"
            order = self._order(before, goes.queue, wish.standard, fields) if sends else None
            ticket = desk.change(
                ref,
                request.complete,
                templates=templates,
                wish=wish,
                goes=goes,
                earlier=earlier,
                order=order,
                tiers=policy.tier,
            )
            if order is not None:
                order = desk.change(order.ref, _is_order_of, ticket, wish.standard)
        is_new = len(ticket.events) > len(before.events)
        found = request.require_requested(ticket, order or self._order_of(ticket))
        return Requested(ticket, found, is_new, before.change_status if is_new else "")

    def _prefilled(self, ref: str, wish: Completed) -> Completed:
        """What a standard change fills in, where nothing else is said (R3c2.1a, R3c3.2).

        Raises:
            NoSuchEntryError: there is no such standard change.
            DataFileError: its file is wrong.
            RefusedError: whoever gets it is known not to be entitled to it (R3c2.3).
        """
        if not wish.standard:
            return wish
        from sdcli.policy.load import offered  # noqa: PLC0415 - few requests name one

        known = offered(self._desk.root, self._desk.derived("offered"))
        changes = known.changes
        known.require_readable(wish.standard.casefold())
        found = changes[require(wish.standard, "standard change", changes, "catalog/changes")]
        ticket = made_for(self._desk.ledger.get(ref), self._desk.ledger.get)
        require_entitled(self._desk.policy, ticket, found)
        same = wish.category in ("", found.rfc.category)  # else its fields are those of another
        return replace(
            wish,
            category=wish.category or found.rfc.category,
            fields={**found.rfc.fields, **wish.fields} if same else wish.fields,
            queue=wish.queue or next(iter(found.authorised.queues), ""),
        )

    def _order(self, ticket: Ticket, queue: str, standard: str, fields: dict[str, str]) -> Ticket:
        """The work order for the team that may make a standard change."""
        from sdcli.intake.items import RequestItem  # noqa: PLC0415 - few requests need one

        said = "\n".join(
            f"{self.templates.fields[name].says}: {text}" for name, text in fields.items()
        )
        item = RequestItem(
            summary=f"Work order: {standard} for {ticket.ref}",
            user=self._desk.by,
            channel="script",
            type="fulfilment",
            service=ticket.service,
            feature=ticket.feature,
            queue=queue,
            details=f"{ticket.summary}\n\n{said}",
        )
        opened = self._desk.take_in([item])[0].ticket
        if opened is None:
            raise TypeError(f"a work order became no ticket: {item.summary}")
        return opened

    def follow(
        self,
        ref: str,
        *,
        status: ChangeStatus,
        reference: str,
        due: datetime | None,
        note: str,
    ) -> Requested:
        """Write down how far change control is with a request (R3c3.3).

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: the acting person may not, or it is no request for change.
        """
        desk = self._desk
        before = desk.ledger.get(ref)
        request.require_requested(before)
        require_may(desk.policy, desk.process, desk.by, "follow-change", "follow a change")
        ticket = desk.change(
            ref, request.follow, status=status, reference=reference, due=due, note=note
        )
        found = self.of(ticket)
        if found is None:
            raise TypeError(f"{ref} has lost its request for change")
        is_new = len(ticket.events) > len(before.events)
        return Requested(ticket, found, is_new)

    def show(self, ref: str, category: str = "") -> ChangeShown:
        """A request for change as it stands, or what one of a category would say.

        Raises:
            NoSuchTicketError, NoSuchEntryError: there is no such ticket or category.
        """
        from sdcli.tickets.steps import require  # noqa: PLC0415 - as above

        ticket, templates = self._desk.ledger.get(ref), self.templates
        require("change_followed", ticket, "rfc")
        change = self.of(ticket)
        chosen = templates.require(category) if category else change.category if change else ""
        known = chosen in templates.categories
        fields = request.filled(templates, chosen, ticket, {}) if known else {}
        return ChangeShown(
            ticket=ticket,
            templates=templates,
            change=change,
            category=chosen,
            fields=change.fields if change else fields,
            missing=request.missing(templates, chosen, fields) if known else (),
            similar=request.similar(ticket, self._changes()),
        )

    def of(self, ticket: Ticket) -> RequestForChange | None:
        """The request for change of a ticket, with how its work order stands; None without one."""
        return request.of_ticket(ticket, self._order_of(ticket)) if ticket.change_status else None

    def _order_of(self, ticket: Ticket) -> Ticket | None:
        found = request.of_ticket(ticket)
        return self._desk.ledger.get(found.work_order) if found and found.work_order else None

    def _changes(self) -> Iterator[Ticket]:
        """The tickets with a request for change that changed within two years, the newest first."""
        since = self._desk.now - timedelta(days=request.LOOK_BACK_DAYS)
        return self._desk.ledger.having(keys.CHANGES, since)

    def listed(self, *, everything: bool = False) -> ChangesListed:
        """The requests for change that are under way, or all, the oldest first (R3c3.3)."""
        found: Sequence[Ticket] = sorted(self._changes(), key=lambda each: each.opened_at)
        rows = [(ticket, change) for ticket in found if (change := self.of(ticket))]
        shown = [row for row in rows if everything or row[1].status not in request.OVER]
        return ChangesListed(shown, self._desk.now)

    def exported(self, ref: str, *, as_markdown: bool) -> ChangeExported:
        """A request for change as a document of its own.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: it is no request for change.
        """
        ticket = self._desk.ledger.get(ref)
        change = request.require_requested(ticket, self._order_of(ticket))
        return ChangeExported(change, ticket, self.templates, as_markdown)


def _is_order_of(
    order: Ticket, stamp: Stamp, ticket: Ticket, standard: str
) -> tuple[AnyEvent, ...]:
    del order  # whatever it is, it is that
    return (request.link_to(stamp, ticket, "work-order-of", standard),)
