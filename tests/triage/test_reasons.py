"""What follows from a priority, and which conditions decide about it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.policy.load import read_policy
from sdcli.tickets.contact import Assessment
from sdcli.tickets.event import AlsoAffected, Opened, Stamp
from sdcli.tickets.ticket import advance, fold
from sdcli.triage.reasons import reasons_of
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket

_POLICY = read_policy(str(REPOSITORY))
_STAMP = Stamp(at=datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc), by="ben")


def _ticket(priority: str = "P1", **known: Any) -> Ticket:
    fields = {"type": "incident", "service": "erp", "priority": priority, **known}
    opened = Opened(*_STAMP.mark(), summary="x", queue="service-desk", **fields)
    return fold("SD-1", (opened,))


@pytest.mark.parametrize(
    ("priority", "people", "service", "message", "continuity"),
    [
        ("P1", 100, "erp", "due", "due"),
        ("P1", 99, "erp", "due", "not-due"),
        ("P1", 19, "erp", "not-due", "not-due"),
        ("P1", 20, "crm", "due", "not-due"),
        ("P1", None, "erp", "ask", "ask"),
        ("P1", None, "crm", "ask", "not-due"),
        ("P2", 500, "erp", "due", "not-due"),
        ("P3", 500, "erp", "not-due", "not-due"),
        ("P1", 500, "unknown", "due", "ask"),
    ],
)
def test_when_more_than_the_usual_is_due(
    priority: str, people: int | None, service: str, message: str, continuity: str
) -> None:
    """Every stated condition must hold; one that nobody knows is asked for (R2c.2c)."""
    ticket = _ticket(priority, service=service, assessment=Assessment(people=people))
    found = reasons_of(_POLICY, ticket)
    assert (found.communication.state, found.continuity.state) == (message, continuity)
    rules = _POLICY.classification
    assert found.communication.checklist == rules.communication.checklist
    assert found.continuity.checklist == rules.continuity.checklist


def test_who_called_counts_among_the_people() -> None:
    """As many are hindered as have said that they have it too (R2c.2)."""
    ticket = _ticket()
    for number in range(19):
        event = AlsoAffected(*_STAMP.mark(), contact=f"caller-{number}")
        ticket = advance(ticket, (event,))
    people = reasons_of(_POLICY, ticket).communication.conditions[1]
    assert (people.actual, people.met) == ("20", True)


def test_an_incident_names_what_it_hits() -> None:
    """The service, what depends on it, and the business processes with how critical (R2c.1)."""
    hit = reasons_of(_POLICY, _ticket(service="erp")).services
    assert hit.affected == ("erp",)
    assert hit.processes["order-to-cash"] == "high"
    asked = reasons_of(_POLICY, _ticket(type="fulfilment")).services
    assert (asked.affected, asked.processes) == ((), {})


def test_what_is_stale_is_told() -> None:
    """A priority that today's files would not give is known to be another (R2c.2)."""
    ticket = _ticket("P4", impact="high", urgency="high")
    found = reasons_of(_POLICY, ticket)
    assert (found.stale, found.priority, found.classified) == (True, "P1", None)
    assert not reasons_of(_POLICY, _ticket("P1", impact="high", urgency="high")).stale
