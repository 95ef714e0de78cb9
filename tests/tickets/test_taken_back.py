"""What is taken back stays on record and counts no longer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.errors import IllegalStepError
from sdcli.tickets.event import Noted, Reopened, Resolved, Stamp, Undone, Voided, act_of
from sdcli.tickets.keys import keys_of
from sdcli.tickets.lifecycle import LIFECYCLE
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import Ticket, advance, as_of, fold
from sdcli.tickets.words import STATUSES
from tests.tickets.test_fold import opened
from tests.tickets.test_lifecycle import WAYS, event_of

if TYPE_CHECKING:
    from random import Random

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
STAMP = Stamp(at=NOW, by="ben")


def same(ticket: Ticket) -> Ticket:
    """A ticket without the record and the time of its last change."""
    return replace(ticket, events=(), undone=(), updated_at=NOW)


def undo(ticket: Ticket, *ids: str) -> Ticket:
    """The ticket after these events were taken back."""
    return advance(ticket, [Undone(*STAMP.mark(), undoes=ids)])


@given(chance=st.randoms(use_true_random=False), steps=st.integers(0, 12))
def test_taking_back_gives_the_ticket_before(chance: Random, steps: int) -> None:
    """After any legal walk, the last event taken back gives the ticket without it; and again.

    Taking that back brings it again, and the record keeps all of it.
    """
    ticket, before = fold("SD-1", [opened()]), fold("SD-1", [opened()])
    for _ in range(steps):
        if ticket.void:
            break
        legal = [word for word in LIFECYCLE if WAYS[word][ticket.status] != "-"]
        event = event_of(chance.choice(sorted(set(legal) - {"undone"})))
        before, ticket = ticket, advance(ticket, [event])
    if len(ticket.events) == 1:
        return
    back = undo(ticket, ticket.events[-1].id)
    assert same(back) == same(before)
    assert back.events[:-1] == ticket.events
    assert back.standing == before.standing
    again = undo(back, back.events[-1].id)
    assert same(again) == same(ticket)
    assert again.standing == ticket.standing
    assert fold("SD-1", again.events) == again


def test_what_came_later_must_still_be_legal() -> None:
    """What something else rests on is not taken back without that."""
    resolved, reopened = Resolved(*STAMP.mark(), code="solved"), Reopened(*STAMP.mark(), reason="x")
    ticket = fold("SD-1", [opened(), resolved, reopened])
    with pytest.raises(IllegalStepError):
        undo(ticket, resolved.id)
    assert undo(ticket, resolved.id, reopened.id).status == "new"


def test_the_past_is_what_is_known_now() -> None:
    """A ticket as it was then is one without what was taken back since."""
    note, resolved = Noted(*STAMP.mark(), text="x"), Resolved(*STAMP.mark(), code="solved")
    later = Stamp(at=NOW + timedelta(hours=2), by="ben")
    ticket = fold("SD-1", [opened(), note, resolved])
    ticket = advance(ticket, [Undone(*later.mark(), undoes=(resolved.id,))])
    assert as_of(ticket, NOW + timedelta(hours=1)).status == "new"


def test_a_void_ticket_is_found_by_nothing() -> None:
    """What should never have been is in no list and has no key, but can be asked for (T26)."""
    ticket = fold("SD-1", [opened(key="probe", idempotency_key="once")])
    void = advance(ticket, [Voided(*STAMP.mark(), reason="the wrong desk")])
    assert keys_of(ticket)
    assert not keys_of(void)
    assert void.status == "closed"
    assert not Query(statuses=STATUSES).matches(void)
    assert Query(statuses=STATUSES, void=True).matches(void)
    back = undo(void, void.events[-1].id)
    assert (back.status, back.void, keys_of(back)) == ("new", False, keys_of(ticket))


def test_events_of_one_act_are_known_by_their_ids() -> None:
    """All events of one command end alike, and those of no other do."""
    one, other = Stamp(at=NOW, by="ben", act=7), Stamp(at=NOW, by="ben", act=8)
    notes = [Noted(*stamp.mark(), text="x") for stamp in (one, one, other, STAMP, STAMP)]
    acts = [act_of(note) for note in notes]
    assert acts[0] == acts[1]
    assert len(set(acts)) == 4
    assert len({note.id for note in notes}) == 5
