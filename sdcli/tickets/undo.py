"""What `sdcli undo` takes back: the last step that a person took, whole, on every ticket it changed.

A step is what one command did. What came from outside, and what the desk said by itself, is a fact
and no step: an alert that arrived has arrived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import IllegalStepError, RefusedError
from sdcli.tickets.event import (
    Acknowledged,
    AnyEvent,
    ArticleSent,
    ArticlesShown,
    Contacted,
    Correlated,
    Delivered,
    HookRan,
    Imported,
    Linked,
    Noted,
    Opened,
    Raised,
    Recovered,
    Repeated,
    SlaAlerted,
    Suppressed,
    SurveyAnswered,
    SurveySent,
    Undone,
    Viewed,
    Voided,
    act_of,
)
from sdcli.tickets.ticket import advance

if TYPE_CHECKING:
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket

_FACTS = (
    ArticlesShown,
    Correlated,
    Delivered,
    HookRan,
    Raised,
    Recovered,
    Repeated,
    SlaAlerted,
    Suppressed,
    Viewed,
)


class Step(Struct, frozen=True):
    """What one command did on one ticket: the events of one act that count, in order."""

    act: str
    events: tuple[AnyEvent, ...]

    @property
    def by(self) -> str:
        """Who took it."""
        return self.events[-1].by

    @property
    def is_opening(self) -> bool:
        """Whether the ticket came to be by it: what takes it back makes the ticket void."""
        return any(isinstance(event, Opened | Imported) for event in self.events)


def is_fact(event: AnyEvent) -> bool:
    """Whether an event came from outside, or was said by the desk itself."""
    if isinstance(event, Opened):
        return event.alert is not None or event.message is not None
    if isinstance(event, SurveyAnswered):
        return bool(event.via)
    return isinstance(event, _FACTS) or (isinstance(event, Contacted) and bool(event.message))


def last_step(ticket: Ticket) -> Step | None:
    """The last step that counts; None if nobody took one."""
    for event in reversed(ticket.standing):
        if not is_fact(event):
            return step_of(ticket, act_of(event))
    return None


def step_of(ticket: Ticket, act: str) -> Step | None:
    """What an act did on a ticket, of what counts; None if it did nothing."""
    found = tuple(e for e in ticket.standing if act_of(e) == act and not is_fact(e))
    return Step(act, found) if found else None


def take_back(ticket: Ticket, stamp: Stamp, step: Step, reason: str = "") -> tuple[AnyEvent, ...]:
    """Take a step back on one ticket; a ticket that came to be by it is void.

    Raises:
        RefusedError: something of it has left the desk, or what came later rests on it.
    """
    _require_here(ticket, step)
    if step.is_opening:
        return (Voided(*stamp.mark(), reason=reason), *_without_opening(stamp, step, reason))
    undone = Undone(*stamp.mark(), undoes=tuple(each.id for each in step.events), reason=reason)
    try:
        advance(ticket, (undone,))
    except IllegalStepError as error:
        raise RefusedError(
            f"What was done on {ticket.ref} cannot be taken back: what came later rests on it "
            f"({error.message}) `sdcli history {ticket.ref}` shows it.",
            ref=ticket.ref,
        ) from error
    return (undone,)


def _without_opening(stamp: Stamp, step: Step, reason: str) -> tuple[AnyEvent, ...]:
    """What else the command that opened a ticket did on it: that it is linked, say."""
    linked = tuple(event.id for event in step.events if isinstance(event, Linked))
    return (Undone(*stamp.mark(), undoes=linked, reason=reason),) if linked else ()


def _require_here(ticket: Ticket, step: Step) -> None:
    """Refuse to call back what went out.

    Raises:
        RefusedError: a mail or a survey of it has left the desk.
    """
    out = next((event for event in step.events if _left(event)), None)
    if out is not None:
        raise RefusedError(
            f"What was sent from {ticket.ref} cannot be called back; `sdcli note {ticket.ref} "
            "TEXT --visible` tells the caller what is right.",
            ref=ticket.ref,
            event=out.id,
        )


def _left(event: AnyEvent) -> bool:
    if isinstance(event, Acknowledged):
        return event.sent
    if isinstance(event, Noted):
        return bool(event.sent_to)
    return isinstance(event, ArticleSent | SurveySent) and bool(event.address)


def last_undone(ticket: Ticket) -> Undone | Voided | None:
    """What was taken back last, where nothing was done since; None if there is nothing."""
    gone = frozenset(ticket.undone)
    takers = {event.id for event in ticket.events if isinstance(event, Undone | Voided)}
    for event in reversed(ticket.events):
        if event.id in gone or is_fact(event):
            continue
        if isinstance(event, Undone) and takers.issuperset(event.undoes):
            continue  # it has brought something back itself
        return event if isinstance(event, Undone | Voided) else None
    return None


def bring_back(
    ticket: Ticket, stamp: Stamp, act: str, reason: str = ""
) -> tuple[tuple[AnyEvent, ...], tuple[AnyEvent, ...]]:
    """Bring back what an act has taken back on a ticket: the event that does, and what returns.

    Raises:
        RefusedError: what was done since does not go with it.
    """
    takers = _takers(ticket, act)
    if not takers:
        return (), ()
    undone = Undone(*stamp.mark(), undoes=tuple(each.id for each in takers), reason=reason)
    try:
        after = advance(ticket, (undone,))
    except IllegalStepError as error:
        raise RefusedError(
            f"What was taken back on {ticket.ref} cannot be brought back: what came since does not "
            f"go with it (`sdcli history {ticket.ref}`). Do it anew instead.",
            ref=ticket.ref,
        ) from error
    before = frozenset(event.id for event in ticket.standing)
    returned = tuple(event for event in after.standing if event.id not in before)
    opening = (ticket.opening,) if ticket.void and not after.void else ()
    return (undone,), (*opening, *returned)


def _takers(ticket: Ticket, act: str) -> tuple[AnyEvent, ...]:
    gone = frozenset(ticket.undone)
    return tuple(
        event
        for event in ticket.events
        if isinstance(event, Undone | Voided) and act_of(event) == act and event.id not in gone
    )


def is_touched_since(ticket: Ticket, step: Step) -> bool:
    """Whether somebody took a step on a ticket after the one that opened it."""
    return any(not is_fact(event) for event in _since(ticket, step))


def has_sent_since(ticket: Ticket, step: Step) -> bool:
    """Whether something has left the desk from a ticket after the step that opened it."""
    return any(_left(event) for event in _since(ticket, step))


def _since(ticket: Ticket, step: Step) -> list[AnyEvent]:
    ids = frozenset(event.id for event in step.events)
    first = next(i for i, event in enumerate(ticket.standing) if event.id in ids)
    return [event for event in ticket.standing[first:] if event.id not in ids]
