"""What a ticket is linked to, and when it ends by itself: as rows, and as JSON (R7.3, T24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.words import instant
from sdcli.tickets.relations import OWED, SAYS, sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.results.shown import Shown
    from sdcli.tickets.relations import Link
    from sdcli.tickets.ticket import Ticket


def rows(result: Shown) -> list[tuple[str, str]]:
    """The links of a ticket with how the others stand, its merges, and its end by policy."""
    ticket, others = result.seen.ticket, result.others
    found = [("link", f"{SAYS[each.relation]} {_other(each, others)}") for each in ticket.links]
    if ticket.merged_into:
        found.append(("merged", f"into {named(ticket.merged_into, others)}"))
    found += [("merged", f"{named(ref, others)} goes on here") for ref in sources(ticket)]
    if result.closes_at:
        found.append(("closes", f"by policy {instant(result.closes_at)}, if nobody says anything"))
    return found


def as_json(result: Shown) -> dict[str, Any]:
    """The same for `show`: each link with the status and the summary of the other ticket."""
    ticket, others = result.seen.ticket, result.others
    return {
        "links": [link(each) | _facts(each.to, others) for each in ticket.links],
        "absorbed": [{"ref": ref} | _facts(ref, others) for ref in sources(ticket)],
        "closes_at": result.closes_at,
    }


def link(each: Link) -> dict[str, Any]:
    """One link of a ticket."""
    return {"relation": each.relation, "to": each.to, "why": each.why or None}


def named(ref: str, others: Mapping[str, Ticket]) -> str:
    """A reference with the status and the summary of its ticket, as far as they are known."""
    other = others.get(ref)
    return f"{ref} ({other.status}): {other.summary}" if other else ref


def _other(each: Link, others: Mapping[str, Ticket]) -> str:
    why = f", {OWED.get(each.why, each.why)}" if each.why else ""
    return f"{named(each.to, others)}{why}"


def _facts(ref: str, others: Mapping[str, Ticket]) -> dict[str, Any]:
    """Null for a change of the schedule, which is no ticket."""
    other = others.get(ref)
    return {"status": other and other.status, "summary": other and other.summary}
