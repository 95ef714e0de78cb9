"""Figures of what the catalog does not hold: they add up, and the gaps show (R2b.2b, R2b.2c)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.insight.unsupported import evidence, folded, unsupported
from sdcli.tickets.contact import Support
from sdcli.tickets.event import Noted
from sdcli.tickets.ticket import Ticket, fold
from tests.tickets.test_support import NOW, classified, decided, mark, opened

if TYPE_CHECKING:
    from sdcli.tickets.event import AnyEvent

NAMES = st.sampled_from(("Dropbox", " dropbox", "DROP  BOX", "drop box", "Trello"))
UNITS = st.sampled_from(("", "Finance", "Sales"))
DAY_S = 24 * 3600


@st.composite
def tickets(draw: st.DrawFn) -> list[Ticket]:
    """Tickets about things that the catalog does not hold, with notes over a week."""
    found = []
    for number in range(draw(st.integers(0, 8))):
        start = replace(opened(), unit=draw(UNITS), requester=draw(st.sampled_from("ab")))
        said = Support(what=draw(NAMES), device=draw(st.integers(0, 4)) == 0)
        booked = draw(st.lists(st.tuples(st.integers(0, 7 * DAY_S), st.integers(0, 90))))
        notes = [Noted(*mark(at), text="x", minutes=m) for at, m in sorted(booked)]
        events: list[AnyEvent] = [start, decided(said), *notes]
        if draw(st.integers(0, 3)) == 0 and not said.device:
            events += [classified("vpn", 8 * DAY_S), Noted(*mark(9 * DAY_S), text="x", minutes=5)]
        found.append(fold(f"SD-{number + 1}", events))
    return found


def booked(found: list[Ticket]) -> int:
    """The minutes of the notes that were written while the catalog did not hold it."""
    ended = NOW + timedelta(days=8)
    notes = (event for ticket in found for event in ticket.events if isinstance(event, Noted))
    return sum(note.minutes for note in notes if note.at < ended)


@given(found=tickets(), gap_from=st.integers(1, 4))
def test_sums_are_those_of_the_notes(found: list[Ticket], gap_from: int) -> None:
    """By name and by unit, the minutes are those of the notes, and each ticket counts once."""
    report = unsupported(found, gap_from, None, None)

    assert report.minutes == booked(found)
    assert report.tickets == len(found)
    for rows in (report.by_name, report.by_unit):
        assert sum(row.minutes for row in rows) == report.minutes
        assert sum(row.tickets for row in rows) == report.tickets
        assert sorted(ref for row in rows for ref in row.refs) == sorted(t.ref for t in found)
    assert len({folded(row.name) for row in report.by_name}) == len(report.by_name)


@given(found=tickets(), cut=st.integers(0, 10 * DAY_S))
def test_periods_that_follow_one_another_add_up(found: list[Ticket], cut: int) -> None:
    """Whatever instant parts them, no minute and no decision is lost or counted twice."""
    at = NOW + timedelta(seconds=cut)
    whole, before, after = (
        unsupported(found, 1, *period) for period in ((None, None), (None, at), (at, None))
    )
    assert before.minutes + after.minutes == whole.minutes
    decided_ = [sum(each.decisions.values()) for each in (before, after, whole)]
    assert decided_[0] + decided_[1] == decided_[2]


@given(found=tickets(), gap_from=st.integers(1, 4))
def test_a_gap_is_asked_for_often_enough(found: list[Ticket], gap_from: int) -> None:
    """A gap has so many tickets under one name however spelt; devices and services are none."""
    gaps = {folded(gap.name) for gap in unsupported(found, gap_from, None, None).gaps}
    wanted = [
        folded(ticket.support.what)
        for ticket in found
        if ticket.support and not ticket.support.device and not ticket.support.found
    ]
    assert gaps == {name for name in wanted if wanted.count(name) >= gap_from}


def test_the_evidence_says_who_needs_it() -> None:
    """Tickets, minutes, units and callers are in the request for change (R2b.2c)."""
    start = replace(opened(), unit="Finance", requester="ada")
    note = Noted(*mark(), text="x", minutes=25)
    found = [fold("SD-7", (start, decided(Support(what="Dropbox", violates="data policy")), note))]
    (gap,) = unsupported(found, 1, None, None).gaps
    told = evidence(gap)
    for word in ("Dropbox", "SD-7", "25", "Finance (1)", "ada (1)", "data policy"):
        assert word in told


@pytest.mark.parametrize("other", ["Ma\u0308rkte", "M\u00c4RKTE ", "ma\u0308rkte"])
def test_a_name_is_one_however_it_is_written(other: str) -> None:
    """Composed or not, in any case, with any blanks (R2b.2c)."""
    assert folded("M\u00e4rkte") == folded(other)
