"""Which agreement and which calendar cover a ticket, and why (R2b.1, R2b.1a).

What somebody with the authority decided for something that the catalog does not hold comes
first; then what the question tree led to, while the service is still the one it led to; then
the rules of `coverage` for people, units, services and types, the most specific one; then the
agreement of the service; then that of the services which the component belongs to; and the
default at last. An agreement that the service levels do not hold covers nothing.

The calendar is that of the site, else of the service, else of the agreement, else the default one
(T5); an agreement may say that its own holds everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.policy.service_map import running_on
from sdcli.tickets.event import Classified, SlaReapplied, SupportDecided, Validated

if TYPE_CHECKING:
    from sdcli.policy.agreements import Agreement, Coverage, Site
    from sdcli.policy.levels import ServiceLevels
    from sdcli.tickets.contact import Support
    from sdcli.tickets.event import AnyEvent, Opened
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority, RequestType

Why: TypeAlias = Literal["override", "question-tree", "coverage", "service", "component", "default"]
CalendarWhy: TypeAlias = Literal["site", "service", "agreement", "default"]
TURNS = frozenset((Classified, SlaReapplied, SupportDecided, Validated))
"""The events that may bring a ticket under another agreement."""

_WEEK_S = 7 * 24 * 3600


class Agreed(NamedTuple):
    """The agreement that applies, and what made it apply; `place` is that of a rule of coverage."""

    name: str
    agreement: Agreement
    why: Why
    place: str = ""


class Cover(Struct, frozen=True):
    """What decides on the agreement of a ticket, between two turns.

    `policy`: the hash of the service levels that are pinned; empty for those of today. `mark`: what
    tells alerts from those before another calendar was applied.
    """

    opening: Opened
    service: str
    priority: Priority
    support: Support | None = None
    component: str = ""
    type: RequestType = "unknown"
    policy: str = ""
    mark: str = ""

    def after(self, event: AnyEvent) -> Cover:
        """The same after one of `TURNS`."""
        if type(event) is Classified:
            said = event.assessment.component if event.assessment else ""
            is_said = said or "component" in event.said  # what was taken back is not known
            support = self.support and self.support.classified(
                self.service, event.service, event.reason
            )
            component = said if is_said else self.component
            return Cover(
                self.opening,
                event.service,
                event.priority,
                support,
                component,
                event.type,
                self.policy,
                self.mark,
            )
        if type(event) is SupportDecided:
            return replace(self, support=event.support)
        if type(event) is SlaReapplied:
            return replace(self, policy=event.policy, mark=event.mark)
        if type(event) is Validated and "component" in event.corrections:
            return replace(self, component=event.corrections["component"].after)
        return self


def cover_at(opening: Opened) -> Cover:
    """What decides when a ticket is opened."""
    said = opening.assessment.component if opening.assessment else ""
    seen = opening.alert.component if opening.alert else ""
    return Cover(
        opening,
        opening.service,
        opening.priority,
        None,
        said or seen,
        opening.type,
        opening.policy,
    )


def cover_of(ticket: Ticket) -> Cover:
    """What decides now."""
    cover = cover_at(ticket.opening)
    for event in ticket.standing:
        if type(event) in TURNS:
            cover = cover.after(event)
    return cover


def agreement_of(levels: ServiceLevels, ticket: Ticket) -> Agreed:
    """The agreement that covers a ticket under these service levels (R2b.1)."""
    return agreed(levels, cover_of(ticket))


def agreed(levels: ServiceLevels, cover: Cover) -> Agreed:
    """The agreement that covers what is so, of those that the service levels hold."""
    known = levels.agreements
    support, leaf = cover.support, cover.opening.agreement
    if support and _promises(support):
        name = support.agreement or levels.override_agreement
        if name in known:
            return Agreed(name, known[name], "override")
    if leaf in known and cover.opening.service == cover.service:
        return Agreed(leaf, known[leaf], "question-tree")
    rule = _most_specific(levels.coverage, cover)
    if rule:
        return Agreed(rule.agreement, known[rule.agreement], "coverage", rule.place)
    service = levels.services.get(cover.service)
    if service:
        return Agreed(service.agreement, known[service.agreement], "service")
    components = {name: each.components for name, each in levels.services.items()}
    inherited = strictest(levels, running_on(cover.component, components), cover.priority)
    if inherited:
        return Agreed(inherited, known[inherited], "component")
    default = levels.default_agreement
    return Agreed(default, known[default], "default")


def _most_specific(rules: tuple[Coverage, ...], cover: Cover) -> Coverage | None:
    """Of the rules that fit the one that says most; `lint` sees to it that no two say the same."""
    return max((rule for rule in rules if _fits(rule, cover)), key=specificity, default=None)


def specificity(rule: Coverage) -> tuple[int, bool, bool, bool, bool]:
    """How much a rule says: how many kinds, then people before units, services and types."""
    kinds = bool(rule.people), bool(rule.units), bool(rule.services), bool(rule.types)
    return (sum(kinds), *kinds)


def _fits(rule: Coverage, cover: Cover) -> bool:
    opening = cover.opening
    people = {opening.requester.casefold(), opening.on_behalf_of.casefold()}
    unit = opening.unit.casefold()
    return (
        (not rule.people or not people.isdisjoint(each.casefold() for each in rule.people))
        and (not rule.units or unit in (each.casefold() for each in rule.units))
        and (not rule.services or cover.service in rule.services)
        and (not rule.types or cover.type in rule.types)
    )


def calendar_of(
    levels: ServiceLevels, cover: Cover, agreement: Agreement
) -> tuple[str, CalendarWhy]:
    """The calendar by which the clocks run, and what made it so (T5)."""
    if agreement.fixed_calendar and agreement.calendar:
        return agreement.calendar, "agreement"
    site = _site(levels, cover.opening.site)
    if site:
        return site.calendar, "site"
    service = levels.services.get(cover.service)
    if service and service.calendar:
        return service.calendar, "service"
    if agreement.calendar:
        return agreement.calendar, "agreement"
    return levels.default_calendar, "default"


def _site(levels: ServiceLevels, name: str) -> Site | None:
    """A site by its name, in capitals or not; as a person's or a unit's is."""
    if not name or not levels.sites:
        return None
    folded = name.casefold()
    alike = (site for known, site in levels.sites.items() if known.casefold() == folded)
    return levels.sites.get(name) or next(alike, None)


def gone_agreement(levels: ServiceLevels, ticket: Ticket) -> str:
    """The agreement that was decided for a ticket and is held no longer; else empty."""
    support = ticket.support
    if support is None or not _promises(support) or support.agreement in levels.agreements:
        return ""
    return support.agreement


def _promises(support: Support) -> bool:
    """Whether a decision comes with an agreement: an override's, which outlives the override."""
    ended = support.decision in ("decline", "shut-down") and bool(support.agreement)
    return not support.found and (ended or support.decision == "override")


def strictest(levels: ServiceLevels, services: tuple[str, ...], priority: Priority) -> str:
    """Of the agreements of these services the one that promises the soonest resolution.

    Working time is stretched by how much of the week its calendar is open; one that is open on
    special days only is taken for closed. Nothing if there are no services.
    """

    def passes(name: str) -> tuple[float, float, str]:
        targets = levels.granted(name, priority)
        calendar = levels.calendars[levels.agreements[name].calendar or levels.default_calendar]
        open_s = calendar.hours.seconds() or 1
        a_day = open_s / (sum(map(bool, calendar.hours.days())) or 1)
        last, first = (
            each.seconds or each.business_days * a_day
            for each in (targets.resolution, targets.response)
        )
        return last * _WEEK_S / open_s, first, name

    names = {levels.services[each].agreement for each in services}
    return min(names, key=passes, default="")
