"""Queries: which tickets a list shows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sdcli.tickets.event import (
    Accepted,
    AnyEvent,
    Classified,
    Closed,
    Opened,
    Resolved,
    Stamp,
)
from sdcli.tickets.query import Query, pressing
from sdcli.tickets.ticket import Ticket, fold
from sdcli.tickets.words import OPEN_STATUSES, STATUSES, Priority

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def ticket(*further: AnyEvent, ref: str = "SD-1", at: datetime = NOW, **more: Any) -> Ticket:
    """A ticket of Ada's about the VPN, with further events."""
    told: dict[str, Any] = {
        "summary": "VPN drops in Zürich",
        "details": "Every ten minutes since the STRASSE office moved",
        "queue": "service-desk",
        "priority": "P2",
        "requester": "ada",
        "on_behalf_of": "finn",
        "mail": "ada@example.org",
        "type": "incident",
        "service": "vpn",
        **more,
    }
    return fold(ref, [Opened(*Stamp(at=at, by="ben").mark(), **told), *further])


def mark(hours: int = 1) -> tuple[str, datetime, str, datetime | None]:
    """The first fields of a later event by mina."""
    return Stamp(at=NOW + timedelta(hours=hours), by="mina").mark()


def closed(hours: int) -> Ticket:
    """A ticket closed some hours after `NOW`."""
    return ticket(
        Resolved(*mark(1), code="fixed"), Closed(*mark(hours), code="fixed", unconfirmed="gone")
    )


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ({}, True),
        ({"queue": "service-desk"}, True),
        ({"queue": "network"}, False),
        ({"queue": "service"}, False),
        ({"assignee": "mina"}, True),
        ({"assignee": "ben"}, False),
        ({"type": "incident"}, True),
        ({"type": "information"}, False),
        ({"priority": "P2"}, True),
        ({"priority": "P1"}, False),
        ({"service": "vpn"}, True),
        ({"service": "email"}, False),
        ({"user": "ada"}, True),
        ({"user": "finn"}, True),
        ({"user": "ada@example.org"}, True),
        ({"user": "ben"}, False),
        ({"user": "ad"}, False),
        ({"text": "vpn"}, True),
        ({"text": "DROPS Vpn"}, True),
        ({"text": "zürich MINUTES"}, True),
        ({"text": "straße"}, True),
        ({"text": "  "}, True),
        ({"text": "vpn printer"}, False),
        ({"text": "ada"}, False),
        ({"statuses": ("in_progress",)}, True),
        ({"statuses": ("new", "waiting")}, False),
        ({"statuses": ()}, False),
        ({"queue": "service-desk", "user": "ada", "text": "ten", "priority": "P2"}, True),
        ({"queue": "service-desk", "user": "ada", "text": "ten", "priority": "P3"}, False),
    ],
)
def test_each_field_narrows(wanted: dict[str, Any], matches: bool) -> None:
    """A field that is given must be met, all of them together; an empty one does not narrow."""
    assert Query(**wanted).matches(ticket(Accepted(*mark()))) is matches


def test_an_unassigned_ticket_is_nobodys() -> None:
    """A ticket without an assignee matches no person, and does match when none is asked for."""
    assert not Query(assignee="mina").matches(ticket())
    assert Query().matches(ticket())


def test_fields_follow_the_fold_and_not_the_opening() -> None:
    """A list asks for what a ticket is now: a new classification counts."""
    event = Classified(
        *mark(),
        type="fulfilment",
        service="email",
        feature="unknown",
        impact="low",
        urgency="low",
        priority="P5",
    )
    moved = ticket(event)
    assert Query(service="email", type="fulfilment", priority="P5").matches(moved)
    assert not Query(service="vpn").matches(moved)


def test_open_is_everything_but_closed() -> None:
    """Without a stated state the open tickets are wanted, resolved ones included."""
    assert {*OPEN_STATUSES} == {*STATUSES} - {"closed"}
    assert Query().matches(ticket(Resolved(*mark(), code="fixed")))
    assert not Query().matches(closed(2))
    assert Query(statuses=STATUSES).matches(closed(2))


@pytest.mark.parametrize(("hours", "matches"), [(1, True), (2, True), (3, False)])
def test_recently_touched_tickets_are_let_in(hours: int, matches: bool) -> None:
    """A closed ticket is wanted if it changed at or after the instant, and not before."""
    since = NOW + timedelta(hours=hours)
    assert Query(touched_since=since).matches(closed(2)) is matches
    assert Query(touched_since=since).matches(ticket())
    assert not Query(touched_since=since, queue="network").matches(closed(2))


def test_the_most_pressing_comes_first() -> None:
    """By priority, then the oldest, then the reference; the same for any order given."""
    plan: list[tuple[str, Priority, int]] = [
        ("SD-4", "P1", 2),
        ("SD-2", "P2", 0),
        ("SD-3", "P2", 0),
        ("SD-1", "P2", 1),
        ("SD-5", "P5", -9),
    ]
    tickets = [
        ticket(ref=ref, priority=priority, at=NOW + timedelta(hours=hours))
        for ref, priority, hours in plan
    ]
    for given in (tickets, tickets[::-1], tickets[2:] + tickets[:2]):
        assert [each.ref for each in pressing(given)] == [ref for ref, _, _ in plan]
