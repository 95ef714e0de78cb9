"""A draft of an article holds what was done, and nothing that tells for whom."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from sdcli.knowledge.draft import of_ticket
from sdcli.tickets.contact import RequestDetails
from sdcli.tickets.event import Closed, Noted, Opened, Resolved, Stamp
from sdcli.tickets.ticket import Ticket, fold

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent

_STAMP = Stamp(at=datetime(2026, 11, 23, 10, tzinfo=timezone.utc), by="ben")


def _ticket(*notes: str, summary: str = "VPN drops", **given: object) -> Ticket:
    opened = Opened(
        *_STAMP.mark(),
        summary=summary,
        queue="network",
        priority="P3",
        **{"requester": "ada", "type": "incident", "service": "vpn", **given},  # type: ignore[arg-type]
    )
    noted: list[AnyEvent] = [Noted(*_STAMP.mark(), text=each) for each in notes]
    return fold("SD-1", [opened, *noted])


def test_the_steps_are_what_was_done(policy: Policy) -> None:
    """Notes, the solution and the closing words become the steps, in order (R6.3)."""
    ticket = _ticket(
        "Looked at the driver",
        "Rolled it back",
        "Rolled it back",
        request=RequestDetails(failed="It drops", expected="It stays", success="A day without"),
    )
    events: list[AnyEvent] = [
        Resolved(*_STAMP.mark(), code="solved", note="Driver 2.9 holds"),
        Closed(*_STAMP.mark(), code="solved", confirmed_by="ada", via="phone", note="Told them"),
    ]
    found = of_ticket(fold("SD-1", [*ticket.events, *events]), policy)
    assert found == {
        "title": "VPN drops",
        "type": "incident",
        "services": ("vpn",),
        "area": "technology",
        "owner": "network",
        "symptoms": ("It drops", "Expected: It stays"),
        "steps": ("Looked at the driver", "Rolled it back", "Driver 2.9 holds", "Told them"),
        "verification": "A day without",
    }


def test_what_nobody_said_is_not_made_up(policy: Policy) -> None:
    """A ticket without a class gives none; its own words are the symptom."""
    found = of_ticket(_ticket(type="unknown", service="unknown"), policy)
    assert found == {"title": "VPN drops", "owner": "network", "symptoms": ("VPN drops",)}


def test_every_text_is_clean(policy: Policy) -> None:
    """No field of a draft holds the caller's name, address or number."""
    trace = "Ada Lindqvist ada@example.com +44 20 7946 0201"
    ticket = _ticket(
        trace,
        summary=trace,
        details=trace,
        request=RequestDetails(
            failed=trace, expected=trace, evidence=trace, steps=trace, success=trace
        ),
    )
    told = str(of_ticket(ticket, policy)).casefold()
    assert not [each for each in ("ada", "lindqvist", "example.com", "7946") if each in told]
