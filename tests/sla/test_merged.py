"""A merge stops every clock of what is merged, and taken back it has never been (T24)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.sla.check import alerts
from sdcli.sla.clock import Clocks
from sdcli.sla.runs import TARGETS, runs_of, utc_seconds
from sdcli.tickets.event import Merged, Undone
from sdcli.tickets.ticket import Ticket, advance
from tests.sampling import examples
from tests.sla.histories import NOW, RICH, histories, mark, policy_with

POLICY = policy_with(*RICH)
CLOCKS = Clocks(POLICY)
OPEN = histories().filter(lambda ticket: ticket.status in ("new", "in_progress", "waiting"))


def merged(ticket: Ticket, minutes: int) -> Ticket:
    """The same ticket, merged so long after its last event."""
    when = max(each.at for each in ticket.events) + timedelta(minutes=minutes)
    return advance(ticket, [Merged(*mark(when), into="SD-99")])


@given(OPEN, st.integers(0, 3000))
@settings(max_examples=examples(60))
def test_no_clock_runs_after_a_merge(ticket: Ticket, minutes: int) -> None:
    """Every run has stopped by then, and time changes no clock any more (T24)."""
    after = merged(replace(ticket, policy=""), minutes)
    at = utc_seconds(after.standing[-1].at)
    for target in TARGETS:
        for run in runs_of(target, after.standing, "new_cycle"):
            assert run.stopped
            assert all(span.end is not None and span.end <= at for span in run.spans)

    soon, late = (CLOCKS.read(after, at + seconds) for seconds in (0, 90 * 24 * 3600))

    assert {name: (each.state, each.elapsed_s) for name, each in soon.items()} == {
        name: (each.state, each.elapsed_s) for name, each in late.items()
    }
    assert {each.state for each in late.values()} <= {"met", "breached", "none"}


@given(OPEN, st.integers(0, 3000))
@settings(max_examples=examples(60))
def test_a_merge_taken_back_leaves_no_trace(ticket: Ticket, minutes: int) -> None:
    """Folded without it, the ticket, its clocks and what is said of them are as before (T24)."""
    ticket = replace(ticket, policy="")
    after = merged(ticket, minutes)
    merge = after.standing[-1]
    back = advance(after, [Undone(*mark(NOW), undoes=(merge.id,))])
    now = utc_seconds(NOW + timedelta(days=40))

    assert back.standing == ticket.standing
    own = {"events": (), "undone": (), "updated_at": NOW, "policy": ""}
    assert replace(back, **own) == replace(ticket, **own)
    assert CLOCKS.read(replace(back, policy=""), now) == CLOCKS.read(ticket, now)
    assert alerts(replace(back, policy=""), POLICY, CLOCKS, now) == alerts(
        ticket, POLICY, CLOCKS, now
    )
