"""A draft of an article holds what was done, and nothing that tells for whom."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from sdcli.knowledge.draft import of_ticket, scrubber
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


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Rang Ada Lindqvist's desk", "Rang [caller]'s desk"),
        ("ADA said; LINDQVIST, too", "[caller] said; [caller], too"),
        ("mail ada@example.com now", "mail [mail address] now"),
        ("mail some.one+x@sub.example.co.uk.", "mail [mail address]."),
        ("on +44 20 7946 0201 or 020 7946-0201", "on [phone number] or [phone number]"),
        ("at 7946 0201 all day", "at [phone number] all day"),
        ("on (0049) 30 1234567", "on [phone number]"),
        ("adapter, Adam and canada stay", "adapter, Adam and canada stay"),
        (
            "event 4740 at 2026-11-23 10:00 on 10.0.0.15",
            "event 4740 at 2026-11-23 10:00 on 10.0.0.15",
        ),
        ("error 0x80070005, build 10.0.19045.3803", "error 0x80070005, build 10.0.19045.3803"),
        ("driver 3.1.4 with 4740 4776 4771", "driver 3.1.4 with 4740 4776 4771"),
    ],
)
def test_no_trace_of_the_caller(policy: Policy, text: str, clean: str) -> None:
    """Names, addresses and numbers give way to a word; technical words and numbers stay (R6.3)."""
    assert scrubber(_ticket(), policy)(text) == clean


def test_a_stranger_leaves_no_trace_either(policy: Policy) -> None:
    """Whoever is in no list of contacts is known by what the ticket says of them."""
    ticket = _ticket(
        requester="Zoë van Dijk",
        on_behalf_of="bruno",
        phone="555 0199 22",
        mail="zoe@elsewhere.example",
    )
    clean = scrubber(ticket, policy)
    told = clean("Zoë van Dijk (zoe@elsewhere.example, 555019922) for Bruno Keller; Dijk and van")
    assert told == "[caller] ([mail address], [phone number]) for [caller]; [caller] and van"


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
