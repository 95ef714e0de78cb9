"""What the next team must know, and how often a ticket comes back."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.tickets.contact import RequestDetails
from sdcli.tickets.event import Assigned, Detailed, Escalated, Opened, Returned, Stamp, Undone
from sdcli.tickets.hand_over import (
    checklist,
    hand_over,
    lacks,
    ping_pong,
    queues_of,
    require_items,
    returned,
)
from sdcli.tickets.ticket import Ticket, advance, fold

if TYPE_CHECKING:
    from sdcli.tickets.event import AnyEvent

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
STAMP = Stamp(at=NOW, by="ben")
NEEDS = {"site": "where", "last-worked": "since when", "component": "which device"}
TIERS = {"desk": 1, "network": 2, "platform": 3}
QUEUES = st.sampled_from(sorted(TIERS))


def _ticket(*events: AnyEvent, **known: Any) -> Ticket:
    opened = Opened(*STAMP.mark(), summary="x", queue="desk", priority="P3", **known)
    return advance(fold("SD-1", [opened]), events)


def _moved(kind: type, to: str) -> AnyEvent:
    if kind is Assigned:
        return Assigned(*STAMP.mark(), to=None, queue=to)
    if kind is Returned:
        return Returned(*STAMP.mark(), to=to, reason="x")
    return Escalated(*STAMP.mark(), hand_over="transfer", to=to, reason="x")


def _handed(ticket: Ticket, to: str = "network", **said: Any) -> Ticket:
    wish = {"reason": "x", "said": {}, "needs": NEEDS, **said}
    return advance(ticket, hand_over(ticket, STAMP, to=to, tiers=TIERS.__getitem__, **wish))


@given(st.lists(st.tuples(st.sampled_from([Assigned, Escalated, Returned]), QUEUES), max_size=9))
def test_every_way_back_is_counted_once(moves: list[tuple[type, str]]) -> None:
    """However it moves: each stay in a queue that it had been in is one return of it (R3d2.1a)."""
    ticket = _ticket(*(_moved(kind, to) for kind, to in moves))
    expected, been, at = 0, {"desk"}, "desk"
    for _, to in moves:
        if to != at:
            expected += to in been
            been.add(to)
            at = to
    assert ping_pong(ticket) == expected
    assert queues_of(ticket)[-1] == ticket.queue == at


def test_what_was_taken_back_is_no_return() -> None:
    """A hand-over that was undone has never been, and its way back neither (R3d2.1a)."""
    away, back = _moved(Escalated, "network"), _moved(Assigned, "desk")
    ticket = _ticket(away, back)
    assert ping_pong(ticket) == 1
    ticket = advance(ticket, [Undone(*STAMP.mark(), undoes=(away.id, back.id))])
    assert ping_pong(ticket) == 0


def test_what_is_known_is_not_asked_again() -> None:
    """Caller, fields, details and earlier hand-overs fill the checklist, the newest last (R3d2.1)."""
    ticket = _ticket(site="London", fields={"Component": "gw-2", "last_worked": "unknown"})
    found = checklist(ticket, "network", NEEDS)
    assert (found.known, found.unsaid) == (
        {"site": "London", "component": "gw-2"},
        ("last-worked",),
    )

    ticket = advance(
        ticket, [Detailed(*STAMP.mark(), request=RequestDetails(last_worked="Monday"))]
    )
    ticket = _handed(ticket, said={"component": "gw-3"})
    assert ticket.events[-1].items == {  # type: ignore[union-attr]
        "site": "London",
        "last-worked": "Monday",
        "component": "gw-3",
    }
    again = _handed(ticket, "platform", needs={"component": "which"})
    assert again.events[-1].items == {"component": "gw-3"}  # type: ignore[union-attr]
    assert lacks(ticket, NEEDS) == ()


@given(
    st.dictionaries(st.sampled_from(sorted(NEEDS)), st.text(min_size=1).filter(str.strip)),
    st.sets(st.sampled_from(sorted(NEEDS))),
)
def test_every_item_is_known_or_missing(said: dict[str, str], unknown: set[str]) -> None:
    """Nothing of a checklist is lost: an item is known, or it is recorded as missing (R3d2.1)."""
    event = _handed(_ticket(), said=said, unknown=unknown).events[-1]
    assert isinstance(event, Escalated)
    assert set(event.items) | set(event.missing) == set(NEEDS)
    assert not set(event.items) & set(event.missing)
    assert unknown <= set(event.missing)


def test_a_desk_may_demand_that_every_item_is_spoken_of() -> None:
    """It is refused with the items and how to say them; that nobody knows is an answer (R3d2.1)."""
    with pytest.raises(RefusedError) as refusal:
        _handed(_ticket(site="London"), demands=True)
    assert "last-worked (since when); component (which device)" in refusal.value.message
    assert "--item last-worked=TEXT --item component=TEXT" in refusal.value.message
    ticket = _handed(
        _ticket(site="London"), demands=True, said={"component": "x"}, unknown=["last-worked"]
    )
    assert ticket.queue == "network"
    assert lacks(ticket, NEEDS) == ("last-worked",)


def test_what_a_team_returns_it_names() -> None:
    """Items are those of its checklist, in either spelling; another is refused (R3d2.1a)."""
    items = require_items("network", NEEDS, ["LAST_WORKED", "site", "site"])
    assert items == ("last-worked", "site")
    with pytest.raises(NoSuchEntryError, match="checklist of network"):
        require_items("network", NEEDS, ["floor"])
    [event] = returned(_handed(_ticket()), STAMP, reason="x", missing=items)
    assert isinstance(event, Returned)
    assert (event.to, event.missing) == ("desk", items)


def test_of_a_problem_nobody_is_asked() -> None:
    """It has no caller: what is said goes along, and nothing else is demanded (R3d2.1)."""
    problem = _ticket(record="problem")
    event = _handed(problem, demands=True, said={"component": "gw-2"}).events[-1]
    assert isinstance(event, Escalated)
    assert (event.items, event.missing) == ({"component": "gw-2"}, ())
