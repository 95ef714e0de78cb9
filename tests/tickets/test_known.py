"""A ticket as it was known: what was entered, taken back or brought here later is not in it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.errors import RefusedError
from sdcli.tickets import undo
from sdcli.tickets.event import Imported, Stamp, act_of
from sdcli.tickets.lifecycle import LIFECYCLE
from sdcli.tickets.ticket import Ticket, advance, fold, known_at
from tests.sampling import examples
from tests.tickets.test_fold import NOW, opened
from tests.tickets.test_lifecycle import event_of

WORDS = sorted({*LIFECYCLE} - {"undone", "imported"})
MOVES = st.lists(
    st.tuples(st.sampled_from([*WORDS, "undo", "redo"]), st.booleans()), min_size=1, max_size=20
)


def _after(ticket: Ticket, word: str, number: int, *, late: bool) -> Ticket:
    """The ticket after a move, which is entered late if so said; as it was if nothing can be done."""
    now = NOW + timedelta(minutes=number)
    if word in ("undo", "redo"):
        stamp = Stamp(at=now, by="ben", act=number)
        step = undo.last_step(ticket) if word == "undo" and not ticket.void else None
        if step and not step.is_opening:
            return advance(ticket, undo.take_back(ticket, stamp, step))
        taker = undo.last_undone(ticket) if word == "redo" else None
        return (
            advance(ticket, undo.bring_back(ticket, stamp, act_of(taker))[0]) if taker else ticket
        )
    happened = now - timedelta(seconds=90) if late else now
    stamp = Stamp(at=happened, by="ben", act=number, entered=now if late else None)
    return advance(ticket, (event_of(word, stamp),))


@settings(max_examples=examples(60))
@given(moves=MOVES)
def test_it_is_what_the_ledger_held_at_each_instant(moves: list[tuple[str, bool]]) -> None:
    """Whatever came later, late entries and undoing among it, each instant has its own ticket."""
    ticket = fold("SD-7", [opened()])
    held = [(NOW, ticket)]
    for number, (word, late) in enumerate(moves, 1):
        try:
            ticket = _after(ticket, word, number, late=late)
        except RefusedError:
            continue
        held.append((NOW + timedelta(minutes=number), ticket))

    for at, before in held:
        assert known_at(ticket, at) == before
    assert known_at(ticket, NOW - timedelta(seconds=1)) is None


def test_what_was_imported_was_not_here_before() -> None:
    """A history that happened long ago is known from the moment it came, and all of it then."""
    old = NOW - timedelta(days=400)
    first = opened()
    came = Imported(*Stamp(at=NOW + timedelta(days=1), by="ben").mark(), source="x:1")
    ticket = fold("SD-7", [first, event_of("resolved", Stamp(at=NOW, by="ben")), came])

    assert known_at(ticket, old) is None
    assert known_at(ticket, NOW + timedelta(hours=1)) is None
    assert known_at(ticket, NOW + timedelta(days=1)) == ticket
