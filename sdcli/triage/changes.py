"""Recent changes that may be behind a request: most failures follow a change (R2a.4a)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sdcli.policy.service_map import hosts, needed_by
from sdcli.tickets.alerts import facts
from sdcli.tickets.event import instant
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.policy.model import Change, Policy
    from sdcli.tickets.ticket import Ticket


class About(NamedTuple):
    """What a request is about and whom it concerns; what is not known is empty."""

    service: str = ""
    components: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    unit: str = ""
    site: str = ""


class RecentChange(Struct, frozen=True, kw_only=True):
    """A change or planned outage that began not long before.

    Args:
        id: its key in the schedule; `at`: when it began, in UTC.
        removes: it took something away on purpose, so having that back needs approval.
        reference: where it was approved; `place`: its file and line.
        touches: how it touches the request, in a phrase.
        is_theirs: it was made for just these people, and for the service if it names any.
    """

    id: str
    summary: str
    at: datetime
    touches: str
    removes: bool = False
    reference: str = ""
    place: str = ""
    is_theirs: bool = False


def about(ticket: Ticket, service: str = UNKNOWN) -> About:
    """What a ticket is about, as far as changes go; a `service` that is given is its service."""
    known = ticket.service if service == UNKNOWN else service
    opening, alert = ticket.opening, facts(ticket)
    named = (ticket.assessment.component, alert.component if alert else "")
    whom = (ticket.requester, opening.on_behalf_of)
    return About(
        service="" if known == UNKNOWN else known,
        components=tuple(each for each in named if each),
        people=tuple(each for each in whom if each),
        unit=opening.unit,
        site=opening.site,
    )


def recent(policy: Policy, subject: About, now: datetime) -> list[RecentChange]:
    """The changes and outages that touch a request, the newest first.

    They began within `recent_days` before `now`, in UTC, or are running.
    """
    since = now - timedelta(days=policy.classification.recent_days)
    changes = [each for each in _changes(policy, subject) if since <= each.at <= now]
    found = [*changes, *_outages(policy, subject, now, since)]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def _changes(policy: Policy, subject: About) -> Iterator[RecentChange]:
    for id_, change in policy.schedule.changes.items():
        touched = _touched(policy, subject, change.services, change.components)
        whom = _whom(subject, change, is_touched=bool(touched))
        if touched or whom:
            yield RecentChange(
                id=id_,
                summary=change.summary,
                at=instant(change.at),
                touches=whom or touched,
                removes=change.removes,
                reference=change.reference,
                place=change.place,
                is_theirs=bool(whom) and (bool(touched) or not change.services),
            )


def _outages(
    policy: Policy, subject: About, now: datetime, since: datetime
) -> Iterator[RecentChange]:
    for id_, outage in policy.schedule.outages.items():
        start, runs = instant(outage.start), now < instant(outage.end)
        touched = _touched(policy, subject, outage.services, outage.components)
        if touched and start <= now and (runs or start >= since):
            yield RecentChange(
                id=id_,
                summary=outage.summary,
                at=start,
                touches=f"{touched}, and it is running now" if runs else touched,
                reference=outage.change,
                place=outage.place,
            )


def _whom(subject: About, change: Change, *, is_touched: bool) -> str:
    """How a change touches the people of a request; empty if it does not.

    One for a whole unit or site touches them only in the services that it names, if it names any.
    """
    people = {each.casefold() for each in change.people}
    for person in subject.people:
        if person.casefold() in people:
            return f"it was made for {person}"
    if change.services and not is_touched:
        return ""
    for kind, names, own in (
        ("unit", change.units, subject.unit),
        ("site", change.sites, subject.site),
    ):
        if own and own.casefold() in {each.casefold() for each in names}:
            return f"it was made for the {kind} {own}"
    return ""


def _touched(
    policy: Policy, subject: About, services: Iterable[str], components: Iterable[str]
) -> str:
    """How something touches what a request is about; empty if it does not."""
    ours = needed_by(policy, subject.service)
    touched = {name for each in components for name in hosts(each)}
    if subject.service in services:
        return f"it touches {subject.service}"
    for component in subject.components:
        if not hosts(component).isdisjoint(touched):
            return f"it touches {component}"
    for name in ours:
        found = policy.service(name)
        if found and not touched.isdisjoint(each.casefold() for each in found.components):
            whose = name if name == subject.service else f"{name}, which {subject.service} needs"
            return f"it touches what belongs to {whose}"
        if name in services:
            return f"it touches {name}, which {subject.service} needs"
    return ""
