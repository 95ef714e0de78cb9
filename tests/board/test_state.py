"""What the board shows, without a screen: columns, words, counting, time that goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from wcwidth import width as columns_of

from sdcli.board import state
from sdcli.board.state import Board, Place, Row
from tests.conftest import NOW

SECOND = int(NOW.timestamp())
ROW = Row(
    ref="SD-1",
    priority="P2",
    colour="running",
    target="response",
    due=SECOND + 90,
    opened_at=NOW - timedelta(hours=3),
    status="new",
    queue="network",
    summary="VPN drops",
    last="x",
)
BOARD = Board(
    rows=(ROW, replace(ROW, ref="SD-2", queue="servers", assignee="ben", colour="near")),
    queues=(
        Place(name="network", tier=2, open=1, unassigned=1, oldest_at=ROW.opened_at),
        Place(name="servers", tier=2, open=1, near=1, oldest_at=ROW.opened_at),
    ),
    by="ben",
    read_at=NOW,
)


@given(st.text(), st.integers(0, 60))
def test_a_cell_is_as_wide_as_its_column(text: str, width: int) -> None:
    """Whatever stands in it, wide characters too, a cell has exactly the columns of its column."""
    from sdcli.render.safe import line  # noqa: PLC0415 - what the board does with every text

    assert columns_of(state.fit(line(text), width)) == width


@given(st.integers(20, 300), st.booleans(), st.text())
def test_a_row_is_as_wide_as_the_table(width: int, with_queue: bool, summary: str) -> None:
    """At every width the most important columns are there, and a row fills the table (R3d2.1c).

    The time left needs room: a narrow table has more of the summary instead.
    """
    shown = state.columns(width, with_queue=with_queue)
    names = [each.name for each in shown]
    text = "".join(piece for piece, _ in state.cells(replace(ROW, summary=summary), shown, NOW))

    assert {"ref", "prio", "sla", "summary"} <= set(names)
    assert ("left" in names) == (width >= 48)
    assert columns_of(text) == max(width, columns_of(text) if width < 32 else width)
    assert "running" in text
    assert not {"\x1b", "\n", "\x07"} & set(text)


def test_a_wider_table_shows_more() -> None:
    """Status, assignee, age and queue come as there is room, and the queue only among several."""
    assert {each.name for each in state.columns(200, with_queue=True)} >= {"queue", "age"}
    assert "queue" not in {each.name for each in state.columns(200, with_queue=False)}
    assert len(state.columns(56, with_queue=True)) == 5


@pytest.mark.parametrize(
    ("later", "left", "colour"),
    [
        (0, "1m 30s", "running"),
        (60, "30s", "running"),
        (90, "0s", "running"),
        (91, "1s late", "breached"),
        (90 + 7200, "2h 00m late", "breached"),
        (-7200, "2h 01m", "running"),
    ],
)
def test_time_goes_on(later: int, left: str, colour: str) -> None:
    """The time left counts down by itself, and past the due time a ticket is breached (R5b.1)."""
    now = NOW + timedelta(seconds=later)

    assert (state.left(ROW, now), state.colour(ROW, now)) == (left, colour)


def test_what_pauses_does_not_count_down() -> None:
    """A paused clock has no time left to tell, and never breaches by looking at it."""
    row = replace(ROW, colour="paused", status="waiting")

    assert state.left(row, NOW + timedelta(days=1)) == "-"
    assert state.colour(row, NOW + timedelta(days=1)) == "paused"


def test_figures_go_on_with_the_clock() -> None:
    """A clock that runs out between two readings is counted as breached, and no longer as near."""
    before = {each.name: each for each in state.places(BOARD, NOW)}
    after = {each.name: each for each in state.places(BOARD, NOW + timedelta(minutes=2))}

    assert (before["servers"].near, before["servers"].breached) == (1, 0)
    assert (after["servers"].near, after["servers"].breached) == (0, 1)
    assert (after[state.ALL].open, after[state.ALL].breached) == (2, 2)
    assert (after[state.MINE].open, after[state.MINE].breached) == (1, 1)
    assert state.soonest(BOARD, NOW) == SECOND + 90
    assert state.soonest(BOARD, NOW + timedelta(minutes=2)) is None


def test_places_choose_tickets() -> None:
    """All, mine, one queue."""
    assert [row.ref for row in state.chosen(BOARD, state.ALL)] == ["SD-1", "SD-2"]
    assert [row.ref for row in state.chosen(BOARD, state.MINE)] == ["SD-2"]
    assert [row.ref for row in state.chosen(BOARD, "network")] == ["SD-1"]


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.sampled_from([23, 52]))
def test_a_queue_is_as_wide_as_the_side(open_: int, late: int, width: int) -> None:
    """However much lies in a queue, its line has the columns of the side."""
    place = Place(name="a-queue-with-a-very-long-name-indeed", tier=2, open=open_, breached=late)
    text = "".join(piece for piece, _ in state.place_cells(place, width, NOW))

    assert columns_of(text) == columns_of(state.places_head(width)) <= width


def test_the_top_says_whether_the_clocks_are_checked() -> None:
    """When it was read; that nobody checks the clocks, for how long by now; that it is not up to date."""
    later = NOW + timedelta(hours=1)

    def said(board: Board, trouble: str = "") -> str:
        return "".join(text for text, _ in state.top(board, later, trouble))

    assert "read 10:00:00 UTC" in said(BOARD)
    assert "clocks not checked for 2h 00m: run sla-check" in said(replace(BOARD, missed_s=3600))
    assert "clocks checked 1h 00m ago" in said(replace(BOARD, checked_at=NOW))
    assert "not up to date" in said(BOARD, "damaged")
