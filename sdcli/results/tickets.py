"""A ticket after a step, a step that was taken back, and what a step would have done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from sdcli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import TypeVar

    from sdcli.fulfilment.state import Fulfilment
    from sdcli.sla.clock import Clock
    from sdcli.sla.runs import Target
    from sdcli.tickets.base import Event
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.support import Rooms
    from sdcli.tickets.ticket import Ticket
    from sdcli.triage.changes import RecentChange
    from sdcli.triage.reclassify import Change

    ClockFace = Mapping[Target, Clock]
    E = TypeVar("E", bound=Event)


class Seen(Struct, frozen=True):
    """A ticket with its clocks, as of `now`.

    `rooms`: where it may go before anybody has decided, if the catalog does not hold it.
    `calendar`: by which its clocks run. `owner`: the desk's queue, which keeps it to its end,
    wherever it lies (R3d2.1b). `act`: what the command that looks has recorded; see `added`.
    """

    ticket: Ticket
    sla: ClockFace
    agreement: str
    now: datetime
    rooms: Rooms | None = None
    calendar: str = ""
    owner: str = ""
    act: str = ""

    @property
    def added(self) -> list[AnyEvent]:
        """The events that this command has added to the ticket, and nobody else's."""
        from sdcli.tickets.base import of_act  # noqa: PLC0415 - a search shows no events

        return of_act(self.ticket.events, self.act)

    @property
    def newest(self) -> AnyEvent:
        """The last event that this command has added; the newest of all if it added none."""
        return (self.added or self.ticket.events)[-1]

    def first_of(self, kind: type[E]) -> E | None:
        """The first event of a kind that this command has added; None if it added none."""
        return next((each for each in self.added if isinstance(each, kind)), None)

    def differs(self, other: Seen) -> bool:
        """Whether the agreement, or the due time or state of a target, is another one."""

        def of(seen: Seen) -> list[object]:
            return [(face.due, face.state, face.target_s) for face in seen.sla.values()]

        return self.agreement != other.agreement or of(self) != of(other)


class Effect(Struct, frozen=True):
    """What a decision on the class of a ticket did to its clocks (R3d1.5).

    Args:
        before: the ticket as it would stand now without the decision.
        change: what had been decided and was changed; None if it was decided for the first time.
        hand_to: the queue that the service belongs to, where the ticket lies in another one
            that is not the desk's; else empty.
    """

    before: Seen
    change: Change | None = None
    hand_to: str = ""


class Changed(Struct, frozen=True):
    """A ticket after a step; `notes` are sentences about what happened beyond the events.

    `changes`: the recent ones that touch it, where the command looked for them (R2a.4a).
    `hints`: what to do or ask beside what usually comes next.
    `deduped`: what was there already; if that was all, it is not new. `effect`: what a change of
    its classification did to its clocks. `more`: what else the document says of the step.
    `event`: what is told first, if that is not the last one. `fulfilment`: how far it is, after a
    step of that.
    """

    seen: Seen
    notes: Sequence[str] = ()
    exit_code: int = DONE
    deduped: Sequence[str] = ()
    is_new: bool = True
    changes: Sequence[RecentChange] | None = None
    effect: Effect | None = None
    hints: Sequence[str] = ()
    more: Mapping[str, Any] = {}
    event: AnyEvent | None = None
    fulfilment: Fulfilment | None = None


class Rehearsed(Struct, frozen=True):
    """The events that a command would have added, each with its ticket as it would be then."""

    added: Sequence[tuple[Ticket, AnyEvent]]
    exit_code: int = DONE


class TakenBack(Struct, frozen=True):
    """A ticket after a step was taken back, or brought back; the events that it was, by ticket.

    `left`: the other tickets on which it stays, each with the reason.
    """

    seen: Seen
    events: Sequence[tuple[str, AnyEvent]]
    brought_back: bool = False
    notes: Sequence[str] = ()
    left: Sequence[tuple[str, str]] = ()
    exit_code: int = DONE
