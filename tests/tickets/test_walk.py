"""Random walks over the state machine: no illegal state, no lost event, no dead end (R0.7)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.errors import RefusedError
from sdcli.tickets import undo
from sdcli.tickets.event import Merged, Stamp, Undone, act_of, kind
from sdcli.tickets.lifecycle import LIFECYCLE, PROBLEM_LIFECYCLE, commands, possible, table
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import STATUSES
from tests.sampling import examples
from tests.tickets.test_fold import NOW, opened
from tests.tickets.test_lifecycle import event_of, problem_in

if TYPE_CHECKING:
    from sdcli.tickets.event import AnyEvent

WORDS = sorted({*LIFECYCLE, *PROBLEM_LIFECYCLE} - {"undone"})
MOVES = st.lists(st.sampled_from([*WORDS, "undo", "redo"]), max_size=25)


def _begin(*, problem: bool) -> Ticket:
    return problem_in("new") if problem else fold("SD-7", [opened()])


def _event(word: str, number: int, ticket: Ticket) -> tuple[AnyEvent, ...]:
    """The events that a move makes; none where there is nothing to take back or bring back."""
    stamp = Stamp(at=NOW + timedelta(minutes=number), by="ben", act=number)
    if word == "undo":
        step = None if ticket.void else undo.last_step(ticket)
        return undo.take_back(ticket, stamp, step) if step and not step.is_opening else ()
    if word == "redo":
        taker = undo.last_undone(ticket)
        return undo.bring_back(ticket, stamp, act_of(taker))[0] if taker else ()
    return (event_of(word, stamp),)


@settings(max_examples=examples(150))
@given(problem=st.booleans(), moves=MOVES)
def test_a_walk_loses_nothing_and_never_gets_stuck(problem: bool, moves: list[str]) -> None:
    """Whatever is tried in whatever order, on a request or a problem.

    What is refused changes nothing; what is taken stays on record in its order; the state is one
    of the table; the ticket is what its events say; and some command can always move it.
    """
    ticket = _begin(problem=problem)
    for number, word in enumerate(moves, 1):
        before = ticket
        try:
            events = _event(word, number, ticket)
            ticket = advance(ticket, events)
        except RefusedError:
            assert ticket is before
            continue
        assert ticket.events == (*before.events, *events)
        assert ticket.status in STATUSES
        assert fold(ticket.ref, ticket.events) == ticket
        ids = [event.id for event in ticket.events]
        assert {event.id for event in ticket.standing} <= set(ids)
        assert len(set(ids)) == len(ids)
        _require_a_way_on(ticket)


def _require_a_way_on(ticket: Ticket) -> None:
    """Every command that is said to be possible is legal, and there is one; or it can be undone."""
    stamp = Stamp(at=NOW + timedelta(days=1), by="mina")
    if ticket.void:
        assert undo.last_undone(ticket) is not None
        return
    offered = possible(ticket.status, ticket.record)
    assert offered
    words = {command: word for word, command in commands(ticket.record).items()}
    for command in offered:
        further = advance(ticket, (event_of(words[command], stamp),))
        assert kind(further.events[-1]) == words[command]
        assert further.status == table(ticket.record)[words[command]][ticket.status]


@given(moves=MOVES)
def test_a_merge_is_taken_back_whatever_was_before(moves: list[str]) -> None:
    """The clocks of the source stop with it, and it is as it was once it is undone (T24)."""
    ticket = _begin(problem=False)
    for number, word in enumerate(moves, 1):
        try:
            ticket = advance(ticket, _event(word, number, ticket))
        except RefusedError:
            continue
    if ticket.is_closed:
        return
    stamp = Stamp(at=NOW + timedelta(days=1), by="mina", act=1000)
    merged = advance(ticket, (Merged(*stamp.mark(), into="SD-9"),))
    assert (merged.status, merged.merged_into) == ("closed", "SD-9")
    step = undo.last_step(merged)
    assert step is not None
    (undone,) = undo.take_back(merged, stamp, step)
    assert isinstance(undone, Undone)
    back = advance(merged, (undone,))
    assert (back.status, back.merged_into, back.standing) == (ticket.status, "", ticket.standing)
