"""What kind of request it is: as somebody states it, or by the catalog (R2a.1-R2a.4, R3d.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sdcli.tickets.contact import Ground, RequestDetails
from sdcli.tickets.words import UNKNOWN, RequestType
from sdcli.triage.category import (
    Case,
    Category,
    beyond_capacity,
    categorise,
    require_missed,
    require_within,
    told,
)
from sdcli.triage.changes import about, recent
from sdcli.triage.suggest import Known, Proposal, suggest
from sdcli.triage.wish import NOTHING, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange


def text_of(ticket: Ticket) -> str:
    """The words that came in: summary and details."""
    return f"{ticket.summary}\n{ticket.opening.details}"


def by_catalog(
    policy: Policy,
    ticket: Ticket,
    found: Mapping[str, Proposal],
    changes: Sequence[RecentChange],
    *,
    is_learned: bool,
) -> dict[str, Proposal]:
    """The type that the catalog gives, with the levels that it starts with; nothing if none.

    Levels that closed tickets speak for stay as they are: no preset is more than a beginning.
    It goes before a mere turn of phrase. What closed tickets say yields to facts alone.
    """
    if ticket.type != UNKNOWN or ticket.key:
        return {}
    service, feature = found["service"].value, found["feature"].value
    case = case_of(policy, ticket, NOTHING, service=service, feature=feature)
    category = categorise(policy, case._replace(changes=changes))
    is_fact = case.request.ever_had not in ("", UNKNOWN) or case.assessment.told()
    sure = is_fact or not is_learned or found["type"].value == UNKNOWN
    is_same = category.type == found["type"].value and not is_fact
    if category.type == UNKNOWN or is_same or not sure:
        return {}
    again = suggest(policy, case.text, Known(category.type, service, feature))
    levels = {n: again[n] for n in ("impact", "urgency") if not found[n].words}  # not learned ones
    return {**levels, "type": Proposal(category.type, category.reason)}


def case_of(policy: Policy, ticket: Ticket, wish: Wish, *, service: str, feature: str) -> Case:
    """A ticket as the catalog looks at it; a goal of the service it had before is left out."""
    assessment = ticket.assessment.without(wish.taken_back).overlaid(wish.assessment)
    found = policy.service(service)
    if not wish.assessment.goal and assessment.goal not in (found.goals if found else ()):
        measured = wish.assessment.measured
        assessment = replace(assessment, goal="", measured=measured)
    return Case(
        service=service,
        feature=feature,
        text=text_of(ticket),
        request=ticket.request.overlaid(RequestDetails(ever_had=wish.ever_had)),
        assessment=assessment,
    )


def kind(policy: Policy, ticket: Ticket, wish: Wish, case: Case, stamp: Stamp) -> Category:
    """What kind of request it is: as it was said, else as it is known, else by the catalog.

    Raises:
        NoSuchEntryError: the service has no such goal.
        RefusedError: it is measured and no failure, or more than a feature can give (R3d.0,
            R2a.3a).
    """
    changes = recent(policy, about(ticket, case.service), stamp.at)
    found = Category() if ticket.key else categorise(policy, case._replace(changes=changes))
    stated = wish.type_ or _word(ticket.type)
    if stated in (None, "incident", UNKNOWN) and wish.assessment.measured is not None:
        require_missed(policy, case.service, case.assessment)
    if stated is None:
        if found.type == "incident":
            require_missed(policy, case.service, case.assessment)
        beyond = _beyond(policy, wish, case, found.type, before=ticket.type)
        return found._replace(grounds=(*found.grounds, *beyond))
    against = _against(found, stated) if wish.type_ else []
    grounds = [*against, *_beyond(policy, wish, case, stated, before=ticket.type)]
    approval = found.approval and found.type == stated
    again = wish.type_ or wish.assessment.measured is not None
    kept = found.grounds if found.type == stated and again else ()
    return Category(stated, (*kept, *grounds), approval)


def against_catalog(policy: Policy, ticket: Ticket, now: datetime) -> str:
    """A remark where a failure was stated and what was never had, or was taken, is none (R2a.2a)."""
    had = ticket.request.ever_had
    if ticket.type != "incident" or had not in ("no", "taken") or ticket.key or ticket.is_closed:
        return ""
    case = case_of(policy, ticket, NOTHING, service=ticket.service, feature=ticket.feature)
    found = categorise(policy, case._replace(changes=recent(policy, about(ticket), now)))
    if found.type in ("incident", UNKNOWN):
        return ""
    return (
        f"It is an incident, though the catalog says {found.type}: {told(found.grounds[0])}. "
        f"If that is so: sdcli classify {ticket.ref} --type {found.type} --discovered HOW "
        "--reason WHY"
    )


def _word(type_: RequestType) -> RequestType | None:
    return None if type_ == UNKNOWN else type_


def _against(found: Category, stated: RequestType) -> list[Ground]:
    """What speaks against a type that was stated: it stays, and the catalog's word is kept."""
    if UNKNOWN in (stated, found.type) or found.type == stated:
        return []
    reason = f"stated, though the catalog says {found.type}: {told(found.grounds[0])}"
    return [Ground("type", stated, reason)]


def _beyond(
    policy: Policy, wish: Wish, case: Case, stated: RequestType, *, before: RequestType
) -> list[Ground]:
    """More than a feature was built for is fulfilled for a reason only, which is a ground.

    It is asked wherever type, service, feature or amount are said or become another.

    Raises:
        RefusedError: no reason is given.
    """
    service = policy.service(case.service)
    feature = service.features.get(case.feature) if service else None
    amount = case.assessment.amount
    new = (wish.type_, wish.service, wish.feature, wish.assessment.amount)
    asked = stated != before or any(each is not None for each in new)
    beyond = beyond_capacity(feature, amount) if asked and stated == "fulfilment" else ""
    if not (beyond and feature and feature.capacity):
        return []
    if not wish.reason:
        require_within(feature, amount)
    reason = f"{beyond}, and it is fulfilled all the same: {wish.reason}"
    return [Ground("type", stated, reason, feature.capacity.place)]
