"""When a caller may expect it, and whether they know."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import RefusedError
from sdcli.tickets.event import EtaGiven, Noted, Opened, Resolved, Stamp
from sdcli.tickets.expectation import due, due_said, expect, expectation
from sdcli.tickets.ticket import Ticket, advance, fold

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
STAMP = Stamp(at=NOW, by="ben")


def _opened() -> Ticket:
    return fold("SD-1", [Opened(*STAMP.mark(), summary="x", queue="desk", priority="P3")])


def _later(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=8))
def test_a_caller_knows_only_what_they_were_told(said: list[tuple[int, bool]]) -> None:
    """Whatever was said in which order: they know the time that holds if they were told it since (R3d3.2)."""
    ticket = advance(
        _opened(), [EtaGiven(*STAMP.mark(), eta=_later(hours), told=told) for hours, told in said]
    )
    found = expectation(ticket)
    assert found is not None
    last, known = said[-1][0], False
    for hours, told in reversed(said):
        if hours != last:
            break
        known = known or told
    assert (found.eta, found.told) == (ticket.eta, known) == (_later(last), known)
    assert found.changes == sum(a[0] != b[0] for a, b in pairwise(said))
    assert due(ticket, NOW) == (None if known else "untold")
    assert due(ticket, _later(last)) == "passed"
    over = advance(ticket, [Resolved(*STAMP.mark(), code="solved")])
    assert due(over, _later(9)) is None
    assert due_said(over, _later(9)) == ""


def test_a_change_needs_a_reason_and_a_word() -> None:
    """Another time is refused without a reason, and nobody knows it before they are told (R3d3.2)."""
    ticket = advance(_opened(), expect(_opened(), STAMP, eta=_later(1), told=True, via="phone"))
    assert isinstance(ticket.events[-2], Noted)
    assert due(ticket, NOW) is None
    with pytest.raises(RefusedError, match="needs --reason"):
        expect(ticket, STAMP, eta=_later(2))
    ticket = advance(ticket, expect(ticket, STAMP, eta=_later(2), reason="the part is late"))
    assert due(ticket, NOW) == "untold"
    assert "not been told anew" in due_said(ticket, NOW)
    ticket = advance(ticket, expect(ticket, STAMP, eta=None, told=True))
    assert due(ticket, NOW) is None
    found = expectation(ticket)
    assert found
    assert (found.changes, found.reason) == (1, "the part is late")


def test_what_says_nothing_new_is_refused() -> None:
    """A time that is past, the same again, and a word on a time that nobody said (R3d3.2)."""
    ticket = advance(_opened(), expect(_opened(), STAMP, eta=_later(1)))
    for eta, told in ((_later(0), False), (_later(-1), True), (_later(1), False)):
        with pytest.raises(RefusedError):
            expect(ticket, STAMP, eta=eta, told=told, reason="x")
    with pytest.raises(RefusedError, match="no expected time yet"):
        expect(_opened(), STAMP, eta=None, told=True)
