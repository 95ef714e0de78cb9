"""A long history can be walked in pieces: by reference from the newest, and by what has changed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.ledger.tiny.home import TinyLedger
from sdcli.tickets import steps
from sdcli.tickets.event import Closed, Opened, Resolved, Stamp

if TYPE_CHECKING:
    from pathlib import Path

_BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)


def _at(days: int) -> datetime:
    return _BEGIN + timedelta(days=days)


@pytest.fixture(name="ledger", scope="module")
def _ledger(tmp_path_factory: pytest.TempPathFactory) -> TinyLedger:
    """Forty tickets over eight months, most of them closed, in snapshot, archives and journal.

    `SD-n` was touched on day 6 n; every fifth is open.
    """
    ledger = TinyLedger(str(tmp_path_factory.mktemp("desk") / "ledger"), 5)
    for number in range(1, 41):
        stamp = Stamp(at=_at(6 * number), by="ben")
        opened = Opened(*stamp.mark(), summary="s", queue="service-desk", priority="P3")
        with ledger.write() as writer:
            ticket = writer.create((opened,))
            if number % 5:
                resolved = Resolved(*stamp.mark(), code="solved", note="")
                closed = Closed(*stamp.mark(), code="solved", confirmed_by="a", via="phone")
                writer.append(ticket, (resolved, closed))
        if number in (10, 20, 30):
            ledger.compact()
    return ledger


def _numbers(tickets: list[object]) -> list[int]:
    return [int(str(ticket.ref).partition("-")[2]) for ticket in tickets]  # type: ignore[attr-defined]


@given(than=st.integers(0, 40), down_to=st.integers(0, 40), most=st.integers(0, 45))
def test_older_gives_the_next_piece(ledger: TinyLedger, than: int, down_to: int, most: int) -> None:
    """Every ticket between two references, the newest first, and no more than asked for."""
    found = ledger.older(f"SD-{than}" if than else "", most, f"SD-{down_to}" if down_to else "")
    numbers = range((than or 41) - 1, down_to, -1)
    assert _numbers(list(found)) == list(numbers)[:most]


@given(day=st.integers(0, 260), after=st.integers(0, 40), most=st.integers(0, 45))
def test_closed_since_gives_what_changed(
    ledger: TinyLedger, day: int, after: int, most: int
) -> None:
    """Every closed ticket that changed at or after an instant, wherever it rests, by reference."""
    found = ledger.closed_since(_at(day), most, f"SD-{after}" if after else "")
    wanted = [n for n in range(after + 1, 41) if n % 5 and 6 * n >= day]
    assert _numbers(list(found)) == wanted[:most]


def test_a_reopened_ticket_is_not_closed(tmp_path: Path) -> None:
    """What was reopened is left out until it is closed again, wherever its row is."""
    ledger = TinyLedger(str(tmp_path / "ledger"), 5)
    stamp = Stamp(at=_at(1), by="ben")
    with ledger.write() as writer:
        ticket = writer.create(
            (
                Opened(*stamp.mark(), summary="s", queue="service-desk", priority="P3"),
                Resolved(*stamp.mark(), code="solved", note=""),
                Closed(*stamp.mark(), code="solved", confirmed_by="a", via="phone"),
            )
        )
    ledger.compact()
    assert [each.ref for each in ledger.closed_since(_at(0), 9)] == [ticket.ref]
    with ledger.write() as writer:
        writer.append(ticket, steps.reopen(ticket, Stamp(at=_at(2), by="ben"), reason="again"))
    assert ledger.closed_since(_at(0), 9) == []
