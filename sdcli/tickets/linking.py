"""The steps by which tickets come to belong together: links, merges, what is owed (R7.3, T24).

Each gives the events of both tickets, which are recorded together or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import RefusedError
from sdcli.tickets.event import Absorbed, AnyEvent, Linked, Merged, Stamp, Unlinked, Withdrawn
from sdcli.tickets.relations import (
    INVERSE,
    SAYS,
    Link,
    Relation,
    goes_on,
    linked,
    require_unmerged,
)
from sdcli.tickets.steps import require

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.tickets.ticket import Ticket

TYPED: tuple[Relation, ...] = (
    "parent",
    "child",
    "duplicate-of",
    "duplicated-by",
    "depends-on",
    "needed-by",
    "caused-by-change",
    "caused",
)
"""The relations that a person states; the others come with a command of their own."""

_ACYCLIC: tuple[Relation, ...] = ("parent", "depends-on", "duplicate-of")


class Pair(NamedTuple):
    """What happens to a ticket, and to the other one; nothing if it is so already."""

    of_one: tuple[AnyEvent, ...] = ()
    of_other: tuple[AnyEvent, ...] = ()


def link(one: Ticket, other: Ticket, stamp: Stamp, *, relation: Relation, why: str = "") -> Pair:
    """Say what another ticket is to this one; the other says the inverse (R7.3).

    Raises:
        RefusedError: a ticket is nothing to itself, was merged, or is a problem.
    """
    for each in (one, other):
        require("linked", each, "link")
        require_unmerged(each)
    if one.ref == other.ref:
        raise RefusedError(f"{one.ref} cannot be linked to itself: name two tickets.", ref=one.ref)
    if other.ref in linked(one, relation):
        return Pair()
    return Pair((_link(stamp, relation, other, why),), (_link(stamp, INVERSE[relation], one, why),))


def link_change(
    one: Ticket, change: str, stamp: Stamp, *, relation: Relation, why: str = ""
) -> tuple[AnyEvent, ...]:
    """Say that a change of the schedule caused it; nothing if that is said already (R7.3).

    Raises:
        RefusedError: a change of the schedule can be nothing else to a ticket.
    """
    require("linked", one, "link")
    require_unmerged(one)
    if relation != "caused-by-change":
        raise RefusedError(
            f"{change} is a change of catalog/schedule.yaml and no ticket: `sdcli link {one.ref} "
            f"caused-by-change {change}` is what can be said of it.",
            ref=one.ref,
            relation=relation,
        )
    if change in linked(one, relation):
        return ()
    return (Linked(*stamp.mark(), relation=relation, to=change, why=why),)


def unlink(one: Ticket, to: str, stamp: Stamp, *, relation: Relation, why: str = "") -> AnyEvent:
    """Take back what another is to a ticket.

    Raises:
        RefusedError: it is not.
    """
    require_linked(one, relation, to)
    return Unlinked(*stamp.mark(), relation=relation, to=to, why=why)


def require_linked(one: Ticket, relation: Relation, to: str) -> None:
    """Refuse what is not so.

    Raises:
        RefusedError: the other is not that to the ticket; it names what it has.
    """
    require("unlinked", one, "unlink")
    require_unmerged(one)
    if to not in linked(one, relation):
        known = "; ".join(f"it {SAYS[each.relation]} {each.to}" for each in one.links)
        raise RefusedError(
            f"Nobody has said that {one.ref} {SAYS[relation]} {to}: {known or 'it has no links'}.",
            ref=one.ref,
            relation=relation,
            to=to,
        )


def require_no_circle(
    one: Ticket, relation: Relation, other: Ticket, get: Callable[[str], Ticket]
) -> None:
    """Refuse a link by which a ticket would be a part of itself, or depend on itself.

    And a second parent. `get` gives the ticket with a reference.

    Raises:
        RefusedError: it would; it names the way round.
    """
    if relation in ("child", "needed-by", "duplicated-by"):
        one, relation, other = other, INVERSE[relation], one
    if relation not in _ACYCLIC or other.ref in linked(one, relation):
        return
    parents = linked(one, "parent") if relation == "parent" else ()
    if parents:
        raise RefusedError(
            f"{one.ref} {SAYS['parent']} {parents[0]} already: `sdcli unlink {one.ref} parent "
            f"{parents[0]}` comes first.",
            ref=one.ref,
            parent=parents[0],
        )
    way = _way(other, one.ref, relation, get)
    if way:
        round_ = f" {SAYS[relation]} ".join((one.ref, *way))
        raise RefusedError(f"That would be a circle: {round_}.", ref=one.ref, circle=way)


def _way(
    start: Ticket, goal: str, relation: Relation, get: Callable[[str], Ticket]
) -> tuple[str, ...]:
    """The references from one ticket to another along a relation; nothing if there is no way."""
    ways: dict[str, tuple[str, ...]] = {start.ref: (start.ref,)}
    waiting = [start]
    while waiting:
        at = waiting.pop()
        if at.ref == goal:
            return ways[goal]
        for to in linked(at, relation):
            if to not in ways:
                ways[to] = (*ways[at.ref], to)
                waiting.append(get(to))
    return ()


def owe(one: Ticket, new: Ticket, stamp: Stamp, *, owed: str) -> Pair:
    """Say that a new ticket is a follow-up of this one; `owed` says what is owed (R3d1.6).

    Raises:
        RefusedError: the ticket was merged, or is a problem.
    """
    return link(one, new, stamp, relation="follow-up", why=owed)


def spin_off(one: Ticket, other: Ticket, stamp: Stamp, *, why: str = "") -> Pair:
    """Let a follow-up go its own way: its ticket can be closed without it (R4.3).

    Raises:
        RefusedError: the other ticket is no follow-up of this one.
    """
    owed = next((each.why for each in one.links if _is(each, "follow-up", other.ref)), "")
    said = why or owed
    return Pair(
        (
            unlink(one, other.ref, stamp, relation="follow-up", why=why),
            _link(stamp, "spun-off", other, said),
        ),
        (
            Unlinked(*stamp.mark(), relation="follow-up-of", to=one.ref, why=why),
            _link(stamp, "spun-off-from", one, said),
        ),
    )


def split(one: Ticket, new: Ticket, stamp: Stamp) -> Pair:
    """Say that a new ticket takes a part of what this one asked for."""
    return link(one, new, stamp, relation="split-into")


def merge(
    source: Ticket, into: Ticket, stamp: Stamp, get: Callable[[str], Ticket], *, why: str = ""
) -> Pair:
    """Let a ticket go on in another one (T24).

    Its clocks stop, its bulletin ends, and what comes for it goes to the other one.

    Raises:
        RefusedError: one of them is a problem, is over, was merged, or both are the same.
    """
    for each in (source, into):
        require("linked", each, "merge")  # a problem is told apart before its state is looked at
        require_unmerged(each)
    if source.ref == into.ref or goes_on(into, get).ref == source.ref:
        raise RefusedError(f"{source.ref} cannot be merged into itself.", ref=source.ref)
    for each, other in ((source, into), (into, source)):
        if each.is_closed:
            raise RefusedError(
                f"{each.ref} is closed, and only open tickets are merged: `sdcli link {each.ref} "
                f"duplicate-of {other.ref}` says that they are the same.",
                ref=each.ref,
                status=each.status,
            )
    ended = (Withdrawn(*stamp.mark(), reason="its ticket was merged"),) if source.bulletin else ()
    merged = Merged(*stamp.mark(), into=into.ref, opening=into.opening.id, why=why)
    absorbed = Absorbed(
        *stamp.mark(),
        source=source.ref,
        opening=source.opening.id,
        requester=source.requester,
        summary=source.summary,
        why=why,
        alerts=alerts_of(source),
    )
    return Pair((*ended, merged), (absorbed,))


def alerts_of(ticket: Ticket) -> tuple[str, ...]:
    """The keys of all alerts that are counted on a ticket, and of what goes on in it."""
    taken = (
        key for event in ticket.standing if isinstance(event, Absorbed) for key in event.alerts
    )
    own = (ticket.key,) if ticket.key else ()
    return tuple(dict.fromkeys((*own, *ticket.joined, *taken)))


def _is(each: Link, relation: Relation, to: str) -> bool:
    return (each.relation, each.to) == (relation, to)


def _link(stamp: Stamp, relation: Relation, other: Ticket, why: str) -> Linked:
    return Linked(*stamp.mark(), relation=relation, to=other.ref, opening=other.opening.id, why=why)
