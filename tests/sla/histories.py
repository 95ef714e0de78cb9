"""Tickets of every kind for properties: legal walks with all that moves a clock, and rich policies."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from sdcli.policy.load import read_instead
from sdcli.tickets.event import (
    Accepted,
    Classified,
    Closed,
    Escalated,
    Imported,
    Merged,
    Noted,
    Opened,
    Reopened,
    Resolved,
    Resumed,
    SlaReapplied,
    Stamp,
    Waited,
)
from sdcli.tickets.ticket import advance, fold
from tests.conftest import REPOSITORY, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority

TEXT = plain((REPOSITORY / "sla_policies.yaml").read_bytes()).decode()
MONDAY = datetime(2026, 11, 23, tzinfo=timezone.utc)
NOW = MONDAY + timedelta(days=21)
RICH = (
    (
        "P1: {response: 15m, resolution: 4h}",
        "P1: {response: 15m, update: 30m, resolution: 4h, usual: 1h}",
    ),
    (
        "P3: {response: 2h, resolution: 20h}",
        "P3: {response: 2h, update: 4h, resolution: 2 business_days, usual: 3h}",
    ),
    (
        "alerts:\n",
        """on_reopen: new_cycle
operational_levels:
  network:
    targets: {P1: 30m, P3: 2h}
underpinning_contracts:
  carrier:
    name: The carrier
    targets: {P1: 1h, P3: 5h}
    services: [vpn]
alerts:
""",
    ),
)
"""Updates, business days, foreseen breaches, cycles of reopening, and what stands behind it all."""

SHORTER = ("P3: {response: 2h, resolution: 20h}", "P3: {response: 1h, resolution: 10h}")


@cache
def policy_with(*changes: tuple[str, str], remark: str = "") -> Policy:
    """The starter's policy with these words of sla_policies.yaml changed."""
    text = TEXT
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return read_instead(str(REPOSITORY), f"{remark}{text}".encode(), "other.yaml")


def at(text: str) -> datetime:
    """An instant of UTC: `2026-11-23T10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def mark(when: datetime) -> tuple[str, datetime, str, datetime | None]:
    """The first fields of an event."""
    return Stamp(at=when, by="ben").mark()


_NEXT = {
    "new": ("accept", "note", "tell", "wait", "vendor", "classify", "escalate", "resolve", "merge"),
    "in_progress": (
        "note",
        "tell",
        "wait",
        "vendor",
        "classify",
        "escalate",
        "resolve",
        "apply",
        "merge",
    ),
    "waiting": ("resume", "tell", "vendor", "escalate", "resolve", "merge"),
    "resolved": ("close", "reopen", "tell"),
    "closed": ("reopen", "tell"),
}


def _made(move: str, when: datetime, priority: Priority) -> AnyEvent:
    said = mark(when)
    made: dict[str, AnyEvent] = {
        "accept": Accepted(*said),
        "note": Noted(*said, text="looked"),
        "tell": Noted(*said, text="on it", visible=True),
        "wait": Waited(*said, waiting_for="user"),
        "vendor": Waited(*said, waiting_for="vendor", supplier="carrier"),
        "resume": Resumed(*said),
        "classify": Classified(
            *said,
            type="incident",
            service="vpn",
            feature="unknown",
            impact="low",
            urgency="low",
            priority=priority,
        ),
        "escalate": Escalated(*said, to="network", reason="deeper", hand_over="escalate"),
        "resolve": Resolved(*said, code="solved"),
        "close": Closed(*said, code="solved", unconfirmed="no answer"),
        "merge": Merged(*said, into="SD-99"),
        "reopen": Reopened(*said, reason="again"),
        "apply": SlaReapplied(*said, policy="f" * 64),
    }
    return made[move]


@st.composite
def histories(draw: st.DrawFn, ref: str = "SD-1") -> Ticket:
    """A ticket that lived for some days: reclassified, reopened, imported, entered late."""
    when = MONDAY + timedelta(minutes=draw(st.integers(0, 7 * 24 * 60)))
    priorities: st.SearchStrategy[Priority] = st.sampled_from(("P1", "P3", "P5"))
    first = Opened(
        *mark(when),
        summary="x",
        queue="service-desk",
        priority=draw(priorities),
        service=draw(st.sampled_from(("vpn", "erp", "unknown"))),
        policy=draw(st.sampled_from(("", "f" * 64))),
    )
    ticket = fold(ref, [first])
    for _ in range(draw(st.integers(0, 9))):
        if ticket.merged_into:  # work goes on elsewhere
            break
        when += timedelta(minutes=draw(st.one_of(st.integers(1, 90), st.integers(1, 3000))))
        move = draw(st.sampled_from(_NEXT[ticket.status]))
        ticket = advance(ticket, [_made(move, when, draw(priorities))])
    if draw(st.booleans()):
        late = ticket.opened_at + timedelta(minutes=draw(st.integers(0, 3000)))
        stamp = Stamp(at=late, by="ben", entered=NOW - timedelta(minutes=1))
        ticket = advance(ticket, [Noted(*stamp.mark(), text="told before", visible=True)])
    if draw(st.integers(0, 4)) == 0:
        ticket = advance(ticket, [Imported(*mark(when), source="old/1")])
    return ticket


def several(least: int = 0) -> st.SearchStrategy[Sequence[Ticket]]:
    """Some tickets."""
    return st.lists(histories(), min_size=least, max_size=4)
