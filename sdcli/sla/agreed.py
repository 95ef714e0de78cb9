"""Which agreement covers a ticket, and why (R2b.1, R2b.1a).

What somebody with the authority decided for something that the catalog does not hold comes
first; then what the question tree led to, while the service is still the one it led to; then
the agreement of the service; then that of the services which the component belongs to; and the
default at last. An agreement that has left the desk's files covers nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.policy.service_map import services_with
from sdcli.tickets.event import Classified, SupportDecided, Validated

if TYPE_CHECKING:
    from sdcli.policy.agreements import Agreement
    from sdcli.policy.model import Policy
    from sdcli.tickets.contact import Support
    from sdcli.tickets.event import AnyEvent, Opened
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority

Why: TypeAlias = Literal["override", "question-tree", "service", "component", "default"]
TURNS = frozenset((Classified, SupportDecided, Validated))
"""The events that may bring a ticket under another agreement."""

_WEEK_S = 7 * 24 * 3600


class Agreed(NamedTuple):
    """The agreement that applies, and what made it apply."""

    name: str
    agreement: Agreement
    why: Why


class Cover(Struct, frozen=True):
    """What decides on the agreement of a ticket, between two turns."""

    opening: Opened
    service: str
    priority: Priority
    support: Support | None = None
    component: str = ""

    def after(self, event: AnyEvent) -> Cover:
        """The same after one of `TURNS`."""
        if type(event) is Classified:
            said = event.assessment.component if event.assessment else ""
            is_said = said or "component" in event.said  # what was taken back is not known
            support = self.support and self.support.classified(
                self.service, event.service, event.reason
            )
            component = said if is_said else self.component
            return Cover(self.opening, event.service, event.priority, support, component)
        if type(event) is SupportDecided:
            return replace(self, support=event.support)
        if type(event) is Validated and "component" in event.corrections:
            return replace(self, component=event.corrections["component"].after)
        return self


def cover_at(opening: Opened) -> Cover:
    """What decides when a ticket is opened."""
    said = opening.assessment.component if opening.assessment else ""
    seen = opening.alert.component if opening.alert else ""
    return Cover(opening, opening.service, opening.priority, None, said or seen)


def cover_of(ticket: Ticket) -> Cover:
    """What decides now."""
    cover = cover_at(ticket.opening)
    for event in ticket.events:
        if type(event) in TURNS:
            cover = cover.after(event)
    return cover


def agreement_of(policy: Policy, ticket: Ticket) -> Agreed:
    """The agreement that covers a ticket (R2b.1)."""
    return agreed(policy, cover_of(ticket))


def agreed(policy: Policy, cover: Cover) -> Agreed:
    """The agreement that covers what is so, of those that the desk's files hold."""
    known = policy.sla.agreements
    support, leaf = cover.support, cover.opening.agreement
    if support and _promises(support):
        name = support.agreement or policy.classification.support.agreement
        if name in known:
            return Agreed(name, known[name], "override")
    if leaf in known and cover.opening.service == cover.service:
        return Agreed(leaf, known[leaf], "question-tree")
    service = policy.service(cover.service)
    if service:
        return Agreed(service.agreement, known[service.agreement], "service")
    inherited = strictest(policy, services_with(policy, cover.component), cover.priority)
    if inherited:
        return Agreed(inherited, known[inherited], "component")
    default = policy.sla.default_agreement
    return Agreed(default, known[default], "default")


def gone_agreement(policy: Policy, ticket: Ticket) -> str:
    """The agreement that was decided for a ticket and has left the desk's files; else empty."""
    support = ticket.support
    if support is None or not _promises(support) or support.agreement in policy.sla.agreements:
        return ""
    return support.agreement


def _promises(support: Support) -> bool:
    """Whether a decision comes with an agreement: an override's, which outlives the override."""
    ended = support.decision in ("decline", "shut-down") and bool(support.agreement)
    return not support.found and (ended or support.decision == "override")


def strictest(policy: Policy, services: tuple[str, ...], priority: Priority) -> str:
    """Of the agreements of these services the one that promises the soonest resolution.

    Working time is stretched by how much of the week its calendar is open; one that is open on
    special days only is taken for closed. Nothing if there are no services.
    """

    def passes(name: str) -> tuple[float, int, str]:
        targets = policy.sla.agreement_targets(name, priority)
        calendar = policy.sla.calendars[policy.sla.agreements[name].calendar]
        stretched = targets.resolution * _WEEK_S / (calendar.hours.seconds() or 1)
        return stretched, targets.response, name

    names = {policy.catalog.services[each].agreement for each in services}
    return min(names, key=passes, default="")
