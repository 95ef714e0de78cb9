"""New services and requests for change of one desk: filtered, completed, followed (R3c1, R3c3).

What the commands `filter` and `rfc` call. The rules are in `sdcli.changes`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec.structs import replace

from sdcli.arrivals import Arrivals
from sdcli.changes import new_services, request
from sdcli.errors import RefusedError
from sdcli.fulfilment.permission import made_for, require_entitled
from sdcli.ledger.again import wholly_again
from sdcli.policy.authority import require_may
from sdcli.policy.changes import read_refused, read_templates
from sdcli.policy.model import require
from sdcli.results.changes import ChangeExported, ChangeShown, ChangesListed, Filtering
from sdcli.tickets import keys
from sdcli.tickets.base import of_act
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


_CALLED_OFF: tuple[ChangeStatus, ...] = ("rejected", "withdrawn")
"""What makes a work order needless."""


class Decided(NamedTuple):
    """A ticket after a decision of the filter: whether it is new, and the duplicates it was for."""

    ticket: Ticket
    is_new: bool
    duplicates: tuple[str, ...]


class Requested(NamedTuple):
    """A ticket after a step of its request for change; `was`: its status, if that is void now.

    `notes`: sentences about what else is so, or is left to do.
    """

    ticket: Ticket
    change: RequestForChange
    is_new: bool
    was: ChangeStatus | Literal[""] = ""
    notes: Sequence[str] = ()


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
            self._require_not_made(found.ticket)
            desk.policy.require_word("closure_code", new_services.DECLINED)
        same = tuple(each.ticket.ref for each in found.duplicates)
        ticket = desk.change(ref, new_services.decide, rules=self.refused, wish=wish, same=same)
        return Decided(ticket, bool(of_act(ticket.events, desk.act)), same)

    def _require_not_made(self, ticket: Ticket) -> None:
        """Refuse to reject what is there already.

        Raises:
            RefusedError: its request for change is implemented.
        """
        change = self.of(ticket)
        if change is not None and change.status == "implemented":
            raise RefusedError(
                f"{ticket.ref} is not rejected: its change is implemented. `sdcli rfc {ticket.ref} "
                "--status withdrawn --note WHY` says first that it was taken back.",
                ref=ticket.ref,
                status=change.status,
            )

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

    @wholly_again
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
        wish = self._prefilled(desk.ledger.get(ref), wish)
        with desk.together(), desk.ledger.write() as writer:  # so that no two open a work order
            before = writer.get(ref)
            category = request.category_of(before, templates, wish)
            fields = request.filled(templates, category, before, wish.fields)
            request.require_complete(before, templates, category, fields)
            goes = request.way(before, templates, wish, policy.classification.support.changes)
            policy.require_queue(goes.queue)
            request.require_free(self.of(before), goes, category)
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
        is_new = bool(of_act(ticket.events, desk.act))
        found = request.require_requested(ticket, order or self._order_of(ticket))
        return Requested(ticket, found, is_new, before.change_status if is_new else "")

    def _prefilled(self, ticket: Ticket, wish: Completed) -> Completed:
        """What a standard change fills in, where nothing else is said (R3c2.1a, R3c3.2).

        A request that is for the same one already keeps its category.

        Raises:
            NoSuchEntryError: there is no such standard change.
            DataFileError: its file is wrong.
            RefusedError: whoever gets it is known not to be entitled to it (R3c2.3).
        """
        if not wish.standard:
            return wish
        from sdcli.policy.load import offered  # noqa: PLC0415 - few requests name one

        files = offered(self._desk.root, self._desk.derived("offered"))
        changes = files.changes
        files.require_readable(wish.standard.casefold())
        found = changes[require(wish.standard, "standard change", changes, "catalog/changes")]
        gets = made_for(ticket, self._desk.ledger.get)
        require_entitled(self._desk.policy, gets, found)
        known = request.of_ticket(ticket)
        is_known = known is not None and known.standard_change == wish.standard
        category = wish.category or (known.category if known and is_known else found.rfc.category)
        same = category == found.rfc.category  # else its fields are those of another
        return replace(
            wish,
            category=category,
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
        opened = Arrivals(self._desk).take_in([item])[0].ticket
        if opened is None:
            raise TypeError(f"a work order became no ticket: {item.summary}")
        return opened

    @wholly_again
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
        first = request.require_requested(desk.ledger.get(ref))
        require_may(desk.policy, desk.process, desk.by, "follow-change", "follow a change")
        self._require_to_come(first, due)
        with desk.together(), desk.ledger.write() as writer:
            ticket = writer.get(ref)
            before = request.require_requested(ticket, self._order_of(ticket))
            request.require_followable(before, status, note)
            ticket = desk.change(
                ref, request.follow, status=status, reference=reference, due=due, note=note
            )
            is_new = bool(of_act(ticket.events, desk.act))
            ends = is_new and status in _CALLED_OFF and request.is_ordered(before)
            if ends:
                order = before.work_order
                desk.change(order, request.called_off, change=before, status=status, note=note)
        found = request.require_requested(ticket, self._order_of(ticket))
        return Requested(ticket, found, is_new, notes=_beside(ticket, before, found, told=ends))

    def _require_to_come(self, known: RequestForChange, due: datetime | None) -> None:
        """Refuse a day that is over as that for which a change is planned.

        Raises:
            RefusedError: it is, and was not said before.
        """
        if due is None or due == known.due:
            return
        from sdcli.policy.local import local  # noqa: PLC0415 - only dates pay for it

        if local(int(due.timestamp()), self._desk.zone).date() < self._desk.today:
            raise RefusedError(
                f"{known.ref} cannot be planned for {due:%Y-%m-%d %H:%M}Z: that is already past. "
                "--due takes what is still to come; --note tells the rest.",
                ref=known.ref,
            )

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


def _beside(
    ticket: Ticket, before: RequestForChange, after: RequestForChange, *, told: bool
) -> list[str]:
    """What a status contradicts, and what it leaves to do."""
    notes = []
    if before.status in request.OVER and after.status != before.status:
        notes.append(f"It was {before.status} before.")
    if ticket.is_closed:
        notes.append(f"{ticket.ref} is closed, and stays so.")
    if told:
        order = before.work_order
        notes.append(
            f"Its work order {order} is still open, and was told: `sdcli close {order} --code "
            "withdrawn --unconfirmed WHY` ends it."
        )
    return notes


def _is_order_of(
    order: Ticket, stamp: Stamp, ticket: Ticket, standard: str
) -> tuple[AnyEvent, ...]:
    del order  # whatever it is, it is that
    return (request.link_to(stamp, ticket, "work-order-of", standard),)
