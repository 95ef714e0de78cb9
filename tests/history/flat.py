"""The rows of a CSV that another tool would have written, and what is counted on tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.tickets.event import Accepted, Assigned, Escalated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.tickets.ticket import Ticket


def servicenow(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of an incident, each with every column."""
    for each in raw["events"]:
        yield {
            "number": raw["id"],
            "sys_updated_at": each["at"],
            "sys_mod_count": each["mod"],
            "opened_at": raw["opened_at"],
            "caller_id": raw["caller"],
            "location": raw["location"],
            "contact_type": raw["contact_type"],
            "category": each["category"],
            "subcategory": each["subcategory"],
            "impact": each["impact"],
            "urgency": each["urgency"],
            "priority": each["priority"],
            "assignment_group": each["group"],
            "assigned_to": each["assignee"],
            "sys_updated_by": each["by"],
            "reopen_count": each["reopen_count"],
            "closed_code": raw["closed_code"],
            "incident_state": each["state"],
        }


def status_log(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rows of a service request, in the columns of that log."""
    for each in raw["events"]:
        yield {
            "SR Number": raw["id"],
            "Change Date+Time": each["at"],
            "Status": each["status"],
            "Sub Status": each["sub_status"],
            "Involved ST": each["team"],
            "Impact": raw["impact"],
            "Product": raw["product"],
            "Owner First Name": each["owner"],
        }


def moves(tickets: Iterable[Ticket]) -> tuple[int, int]:
    """How often tickets came into another queue, and how often into other hands at all."""
    moved = given = 0
    for ticket in tickets:
        queue, person = ticket.opening.queue, ""
        for event in ticket.standing:
            if isinstance(event, Escalated):
                moved, queue, person = moved + 1, event.to, ""
            elif isinstance(event, (Assigned, Accepted)):
                who = event.by if isinstance(event, Accepted) else event.to or ""
                where = queue if isinstance(event, Accepted) else event.queue
                moved += where != queue
                given += where == queue and bool(person and who) and person != who
                queue, person = where, who
    return moved, moved + given
