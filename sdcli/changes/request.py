"""Requests for change: completed by a template, sent on their way, followed to their end (R3c3).

What a request for change says is the fold of the events of its ticket. A standard change that
needs an authority becomes a work order for the team that has it, and the desk keeps the request;
everything else goes to change control.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import NoSuchEntryError, RefusedError, listed
from sdcli.intake.before import Alike, alike
from sdcli.policy.changes import TEMPLATES
from sdcli.tickets import steps
from sdcli.tickets.event import ChangeFollowed, ChangeRequested, Linked, Noted
from sdcli.tickets.fulfilment import ChangeStatus, Route  # noqa: TC001 - msgspec reads them
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sdcli.policy.changes import Source, Templates
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

LOOK_BACK_DAYS = 730
"""Requests for change that have not changed for longer are not shown as earlier ones."""

STANDARD = "standard-change"
"""The category of a standard change that needs an authority, where no other is named."""

OVER: tuple[ChangeStatus, ...] = ("implemented", "rejected", "withdrawn")
"""What change control has done with."""

_NOT_DONE = {"declined": "rejected", "unsupported": "rejected", "withdrawn": "withdrawn"}
"""What a work order that was closed so means for the change; any other end is its making."""


class RequestForChange(Struct, frozen=True, kw_only=True):
    """The request for change of a ticket, as it stands.

    Args:
        at: when it was completed; `by`: by whom.
        work_order: the ticket that it is with the authorised team; empty without one.
        work_order_status, work_order_code: how that one stands, as far as it was looked at.
        status: what change control, or the work order, says; `reference`, `due`, `note`: what was
            heard of it; `followed_at`: when that was.
        similar: earlier ones that are alike.
    """

    ref: str
    summary: str
    category: str
    fields: dict[str, str]
    route: Route
    queue: str
    at: datetime
    by: str
    status: ChangeStatus
    standard_change: str = ""
    work_order: str = ""
    work_order_status: str = ""
    work_order_code: str = ""
    reference: str = ""
    due: datetime | None = None
    note: str = ""
    followed_at: datetime | None = None
    similar: tuple[str, ...] = ()


class Completed(Struct, frozen=True, kw_only=True):
    """What somebody says to complete a request for change.

    Args:
        category: its kind; empty for the one it has.
        fields: what the template asks for, by name.
        standard: the standard change that needed an authority.
        queue: the queue of the team that has it; or another queue than that for changes.
    """

    category: str = ""
    fields: Mapping[str, str] = {}
    standard: str = ""
    queue: str = ""


class Way(Struct, frozen=True):
    """Where a request for change goes, and whether it is sent there by this."""

    route: Route
    queue: str
    is_new: bool


def of_ticket(ticket: Ticket, order: Ticket | None = None) -> RequestForChange | None:
    """The request for change of a ticket; None if it has none. `order`: its work order.

    The status is what was heard last; that of a work order which is over since then.
    """
    asked = followed = None
    for event in ticket.standing:
        if isinstance(event, ChangeRequested):
            asked, followed = event, None
        elif isinstance(event, ChangeFollowed):
            followed = event
    if asked is None:
        return None
    status: ChangeStatus = followed.status if followed else "requested"
    ended = order.resolved_at if order else None
    if order and ended and status not in OVER and not (followed and followed.at > ended):
        status = _NOT_DONE.get(order.code, "implemented")  # type: ignore[assignment]
    return RequestForChange(
        ref=ticket.ref,
        summary=ticket.summary,
        category=asked.category,
        fields=asked.fields,
        route=asked.route,
        queue=asked.queue,
        at=asked.at,
        by=asked.by,
        status=status,
        standard_change=asked.standard_change,
        work_order=asked.work_order,
        work_order_status=order.status if order else "",
        work_order_code=order.code if order else "",
        reference=_heard(ticket, asked, "reference"),
        due=followed.due if followed else None,
        note=followed.note if followed else "",
        followed_at=followed.at if followed else None,
        similar=asked.similar,
    )


def _heard(ticket: Ticket, asked: ChangeRequested, name: str) -> str:
    """What was heard last under a name since it was asked for: a reference stays until another."""
    since = ticket.standing.index(asked)
    told = (
        getattr(each, name)
        for each in reversed(ticket.standing[since:])
        if isinstance(each, ChangeFollowed)
    )
    return str(next(filter(None, told), ""))


def filled(
    templates: Templates, category: str, ticket: Ticket, given: Mapping[str, str]
) -> dict[str, str]:
    """What the fields of a category say: what is given, was said before, or the ticket tells.

    Raises:
        NoSuchEntryError: something is given that the category does not ask for.
    """
    names = templates.categories[category].fields
    for name in given:
        if name not in names:
            raise NoSuchEntryError(f"field of {category}", name, names, TEMPLATES)
    before = of_ticket(ticket)
    is_other = before and before.standard_change and before.category != category
    known = before.fields if before and not is_other else {}  # a standard change's are its own
    said = {
        name: given.get(name) or known.get(name) or _told(ticket, templates.fields[name].source)
        for name in names
    }
    return {name: text for name, text in said.items() if text}


def _told(ticket: Ticket, source: Source | None) -> str:
    """What a ticket tells of a field; empty if nothing."""
    opening, request = ticket.opening, ticket.request
    if source is None:
        return ""
    if source == "service":
        return "" if ticket.service == UNKNOWN else ticket.service
    if source == "caller":
        who = opening.on_behalf_of or ticket.requester
        return "" if who == UNKNOWN else who
    if source == "summary":
        return ticket.summary
    said = str(getattr(request, source))
    return said or (ticket.summary if source == "wanted" else "")


def missing(templates: Templates, category: str, fields: Mapping[str, str]) -> tuple[str, ...]:
    """The fields that a category needs and that nobody has filled in."""
    return tuple(name for name in templates.categories[category].needs if name not in fields)


def similar(ticket: Ticket, others: Iterable[Ticket]) -> list[Alike]:
    """Earlier requests for change that are alike."""
    rest = (
        each
        for each in others
        if each.ref != ticket.ref and each.change_status and each.opened_at <= ticket.opened_at
    )
    return alike(rest, ticket.summary, UNKNOWN)


def way(ticket: Ticket, templates: Templates, wish: Completed, changes: str) -> Way:
    """Where a request for change goes; `changes`: the desk's queue for changes (R3c3.2).

    Raises:
        RefusedError: nobody says which team may make the standard change.
    """
    before = of_ticket(ticket)
    alive = before if before and before.status not in OVER else None
    if wish.standard:
        if alive and alive.standard_change == wish.standard:
            return Way(alive.route, alive.queue, is_new=False)
        if not wish.queue:
            raise RefusedError(
                f"{wish.standard} needs an authority that the desk does not have: --queue QUEUE "
                f"names the team that has it, and gets a work order for {ticket.ref}.",
                ref=ticket.ref,
                standard=wish.standard,
            )
        return Way("work-order", wish.queue, is_new=True)
    if alive and (not wish.queue or wish.queue == alive.queue):
        return Way(alive.route, alive.queue, is_new=False)
    category = templates.categories[_category(ticket, templates, wish)]
    return Way("change-queue", wish.queue or category.queue or changes, is_new=True)


def _category(ticket: Ticket, templates: Templates, wish: Completed) -> str:
    """The category that is named, else the one it has, that of standard changes, or the only one.

    Raises:
        RefusedError: there are several, and none is named.
        NoSuchEntryError: there is none of that name.
    """
    before = of_ticket(ticket)
    only = next(iter(templates.categories)) if len(templates.categories) == 1 else ""
    usual = STANDARD if wish.standard and STANDARD in templates.categories else ""
    given = wish.category or (before.category if before else "") or usual or only
    if not given:
        raise RefusedError(
            f"{ticket.ref} needs a category to be a request for change: --category, one of "
            f"{listed(templates.categories)} ({TEMPLATES}).",
            ref=ticket.ref,
            categories=list(templates.categories),
        )
    return templates.require(given)


def category_of(ticket: Ticket, templates: Templates, wish: Completed) -> str:
    """The category of what is being completed; see `complete` for what it raises."""
    steps.require("change_requested", ticket, "rfc")
    return _category(ticket, templates, wish)


def complete(
    ticket: Ticket,
    stamp: Stamp,
    *,
    templates: Templates,
    wish: Completed,
    goes: Way,
    earlier: tuple[str, ...] = (),
    order: Ticket | None = None,
    tiers: Callable[[str], int],
) -> tuple[AnyEvent, ...]:
    """Complete a request for change and send it on its way; nothing if all that is said already.

    `goes` as `way` gives it; `order`: the work order that was opened for it.

    Raises:
        IllegalStepError: the ticket is closed, or over where it would be handed on.
        RefusedError: something is missing that its category needs.
        NoSuchEntryError: there is no such category or field.
    """
    category = category_of(ticket, templates, wish)
    fields = filled(templates, category, ticket, wish.fields)
    require_complete(ticket, templates, category, fields)
    before = of_ticket(ticket)
    if before and not goes.is_new and (before.category, before.fields) == (category, fields):
        return ()
    work_order = order.ref if order else before.work_order if before and not goes.is_new else ""
    standard = wish.standard or (before.standard_change if before and not goes.is_new else "")
    asked = ChangeRequested(
        *stamp.mark(),
        category=category,
        fields=fields,
        standard_change=standard,
        route=goes.route,
        queue=goes.queue,
        work_order=work_order,
        similar=earlier,
    )
    link = () if order is None else (link_to(stamp, order, "work-order", standard),)
    away = goes.is_new and goes.route == "change-queue" and ticket.queue != goes.queue
    if not away:
        return (asked, *link)
    steps.require("escalated", ticket, "rfc")
    name = templates.categories[category].name
    reason = f"request for change: {name}"
    return (asked, *steps.escalate(ticket, stamp, to=goes.queue, reason=reason, tiers=tiers))


def require_complete(
    ticket: Ticket, templates: Templates, category: str, fields: Mapping[str, str]
) -> None:
    """Refuse a request for change that does not say what its category needs.

    Raises:
        RefusedError: it does not; it says which options say it.
    """
    lacks = missing(templates, category, fields)
    if lacks:
        told = "; ".join(f"{templates.fields[each].says}: --field {each}=TEXT" for each in lacks)
        raise RefusedError(
            f"{ticket.ref} is no complete request for change ({category}). {told} "
            f"({templates.categories[category].place or TEMPLATES}).",
            ref=ticket.ref,
            category=category,
            missing=list(lacks),
        )


def link_to(stamp: Stamp, other: Ticket, relation: str, why: str = "") -> Linked:
    """That another ticket is something to this one."""
    return Linked(
        *stamp.mark(),
        relation=relation,  # type: ignore[arg-type]
        to=other.ref,
        opening=other.opening.id,
        why=why,
    )


def follow(
    ticket: Ticket,
    stamp: Stamp,
    *,
    status: ChangeStatus,
    reference: str = "",
    due: datetime | None = None,
    note: str = "",
) -> tuple[AnyEvent, ...]:
    """Write down how far change control is with it (R3c3.3); nothing if that is known already.

    Raises:
        RefusedError: it has no request for change.
    """
    steps.require("change_followed", ticket, "rfc --status")
    known = require_requested(ticket)
    said = (status, reference or known.reference, due or known.due, note or known.note)
    if known.followed_at and said == (known.status, known.reference, known.due, known.note):
        return ()
    heard = ChangeFollowed(*stamp.mark(), status=status, reference=reference, due=due, note=note)
    return (heard,)


def require_followable(known: RequestForChange, status: ChangeStatus, note: str) -> None:
    """Refuse what contradicts the end that is on record, if nobody says why (R3c3.3).

    Raises:
        RefusedError: it had come to an end, and another status is said without a note.
    """
    if known.status not in OVER or known.status == status or note:
        return
    raise RefusedError(
        f"{known.ref} is {known.status} already: --note WHY says why it is {status} all the same.",
        ref=known.ref,
        status=known.status,
    )


def require_free(known: RequestForChange | None, goes: Way, category: str) -> None:
    """Refuse to send a request elsewhere while a team works on its work order (R3c3.2).

    Raises:
        RefusedError: it is with a team by a work order that is open.
    """
    if known is None or known.status in OVER or not is_ordered(known):
        return
    if not goes.is_new and category == known.category:
        return
    raise RefusedError(
        f"{known.ref} is with {known.queue} by work order {known.work_order}, which is open: `sdcli "
        f"rfc {known.ref} --status withdrawn --note WHY` takes it back first, and `sdcli show "
        f"{known.work_order}` tells how far it is.",
        ref=known.ref,
        work_order=known.work_order,
    )


def is_ordered(known: RequestForChange) -> bool:
    """Whether it has a work order that is not over."""
    return bool(known.work_order) and known.work_order_status not in ("", "resolved", "closed")


def called_off(
    order: Ticket, stamp: Stamp, *, change: RequestForChange, status: ChangeStatus, note: str
) -> tuple[AnyEvent, ...]:
    """Tell a work order that its change is not to be made any more: news for whoever makes it."""
    why = f": {note}" if note else ""
    text = f"The request for change {change.ref} is {status}{why}. Nothing is to be made for it."
    del order  # whatever it is, it is told
    return (Noted(*stamp.mark(), text=text, news=True),)


def require_requested(ticket: Ticket, order: Ticket | None = None) -> RequestForChange:
    """The request for change of a ticket.

    Raises:
        RefusedError: it has none.
    """
    found = of_ticket(ticket, order)
    if found is None:
        raise RefusedError(
            f"{ticket.ref} is no request for change yet: `sdcli rfc {ticket.ref} --category "
            "CATEGORY` completes one.",
            ref=ticket.ref,
        )
    return found
