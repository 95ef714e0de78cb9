"""Taking back the last step of a ticket, on every ticket that the same command changed.

What `sdcli undo` calls. Which step that is, and what takes it back, is in `sdcli.tickets.undo`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import DONE, PARTLY_DONE, RefusedError, listed
from sdcli.ledger.again import again
from sdcli.results.tickets import TakenBack
from sdcli.tickets.event import (
    Absorbed,
    Imported,
    IncidentLinked,
    IncidentUnlinked,
    KnownErrorDeclared,
    Linked,
    Merged,
    ProblemClosed,
    ProblemLinked,
    ProblemReopened,
    ProblemTold,
    ProblemUnlinked,
    Unlinked,
    act_of,
)
from sdcli.tickets.query import Query
from sdcli.tickets.relations import linked
from sdcli.tickets.undo import (
    Step,
    bring_back,
    has_sent_since,
    is_touched_since,
    last_step,
    last_undone,
    step_of,
    take_back,
)
from sdcli.tickets.words import OPEN_STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Reader, Writer
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

_SHOWN = 12
"""So many references are named in a sentence; there may be thousands."""


class Undoing:
    """Steps of an open desk, taken back or brought back."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @again
    def undo(
        self,
        ref: str,
        *,
        reason: str,
        everywhere: bool,
        only: bool,
        event: str = "",
        keep_going: bool = False,
    ) -> TakenBack:
        """Take the last step of a ticket back.

        Args:
            ref: the ticket.
            event: the id of an event of the step that is meant; any step if it is empty.
            reason: why; demanded where somebody else took it.
            everywhere: on all tickets that the same command changed.
            only: on this ticket alone, where they do not hang together.
            keep_going: leave it on those of the others where it cannot be taken back, and name them.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: there is nothing to take back, or what came later rests on it, or it is
                not said on which tickets.
        """
        _ = self._desk.policy  # the answer needs it: fail before recording
        with self._desk.ledger.write() as writer:
            ticket = writer.get(ref)
            step = _require_step(ticket)
            _require_meant(ticket, step, event)
            self._require_may(ref, step, reason)
            every = _others(writer, ticket, step.act, step.events)
            every = [each for each in every if step_of(each, step.act) and not each.void]
            others, bound = [] if only else every, _is_bound(step.events)
            if only and bound and every:
                raise RefusedError(
                    f"What was done on {ref} belongs to what was done on another ticket: both are "
                    "taken back together, without --only.",
                    ref=ref,
                )
            if others and not (everywhere or bound):
                raise _which(ref, others, "take it back")
            if keep_going and bound:
                raise RefusedError(
                    f"What was done on {ref} belongs to what was done on another ticket: it is taken "
                    "back on all of them or on none, without --keep-going.",
                    ref=ref,
                )
            every = [ticket, *others]
            gone, left = self._take_back(
                writer, every, step.act, reason=reason, keep_going=keep_going
            )
            after = writer.get(ref)
            notes = _left_open(writer, after)
        if left and self._desk.rehearses:  # a rehearsal shows events, and these have none
            names = [each for each, _ in left]
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            self._desk.tell(f"Would stay as they are: {listed(names[:_SHOWN])}{more}.")
        code = PARTLY_DONE if left else DONE
        return TakenBack(self._desk.see(after), gone, notes=notes, left=left, exit_code=code)

    @again
    def redo(self, ref: str, *, reason: str, everywhere: bool, only: bool) -> TakenBack:
        """Bring back what was taken back last, if nothing was done since; see `undo`.

        Raises:
            NoSuchTicketError: there is no such ticket.
            RefusedError: nothing was taken back last, or what was done since does not go with it.
        """
        stamp, _ = self._desk.stamp, self._desk.policy
        with self._desk.ledger.write() as writer:
            ticket = writer.get(ref)
            taker = last_undone(ticket)
            if taker is None:
                raise RefusedError(
                    f"{ref} has nothing to bring back: the last step on it was not `undo`; `sdcli "
                    f"history {ref}` shows what happened.",
                    ref=ref,
                )
            self._require_may_bring_back(ref, taker, reason)
            act = act_of(taker)
            others = [] if only else _others(writer, ticket, act, ())
            bound = any(_is_bound(bring_back(each, stamp, act)[1]) for each in (ticket, *others))
            if others and not (everywhere or bound):
                raise _which(ref, others, "bring it back")
            back: list[tuple[str, AnyEvent]] = []
            for each in (ticket, *others):
                events, returned = bring_back(each, stamp, act, reason)
                if events:
                    _require_alone(writer, each)
                    writer.append(each, events)
                    back += [(each.ref, event) for event in returned]
            after = writer.get(ref)
        return TakenBack(self._desk.see(after), back, brought_back=True)

    def _require_may(self, ref: str, step: Step, reason: str) -> None:
        what = f"take back what {step.by} did on {ref}"
        why = f"The last step on {ref} was taken by {step.by}: say why it is taken back"
        self._require_right(ref, step.by, reason, what, why)

    def _require_may_bring_back(self, ref: str, taker: AnyEvent, reason: str) -> None:
        what = f"bring back what {taker.by} took back on {ref}"
        why = f"The last step on {ref} was taken back by {taker.by}: say why it is brought back"
        self._require_right(ref, taker.by, reason, what, why)

    def _require_right(self, ref: str, by: str, reason: str, what: str, why: str) -> None:
        """Refuse to meddle with what somebody else did, without the right to or a reason.

        Raises:
            RefusedError: the right, or the reason, is missing.
        """
        if by == self._desk.by:
            return
        from sdcli.policy.authority import require_may  # noqa: PLC0415 - few undo for others

        require_may(self._desk.policy, self._desk.process, self._desk.by, "undo-others", what)
        if not reason:
            raise RefusedError(f"{why}, with --reason TEXT.", ref=ref, by=by)

    def _take_back(
        self,
        writer: Writer,
        tickets: Sequence[Ticket],
        act: str,
        *,
        reason: str,
        keep_going: bool,
    ) -> tuple[list[tuple[str, AnyEvent]], list[tuple[str, str]]]:
        """Take an act back on these tickets, of which the first is the one that is meant.

        Gives what counts no longer, with its ticket; and the others on which it stays, with why.
        """
        gone: list[tuple[str, AnyEvent]] = []
        left: list[tuple[str, str]] = []
        meant = tickets[0]
        for each in tickets:
            step = step_of(each, act)
            if step is None or each.void:  # it was taken back there already
                continue
            try:
                _require_untouched(each, step)
                taken = take_back(each, self._desk.stamp, step, reason)
            except RefusedError as error:
                if each is meant or _is_bound(step.events):
                    raise
                if not keep_going:
                    error.also(
                        f"`sdcli undo {meant.ref} --all --keep-going` leaves such tickets as they "
                        "are and takes it back on the others."
                    )
                    raise
                left.append((each.ref, error.message))
                continue
            writer.append(each, taken)
            gone += [(each.ref, event) for event in step.events]
        return gone, left


def _require_untouched(ticket: Ticket, step: Step) -> None:
    """Refuse to make a ticket void on which somebody worked.

    Raises:
        RefusedError: somebody did; it says what can be done.
    """
    if not (step.is_opening and is_touched_since(ticket, step)):
        return
    if has_sent_since(ticket, step):
        then = ", and what was sent from it cannot be called back: it stays"
    else:
        then = ": take that back first"
    close = f"`sdcli close {ticket.ref} --code withdrawn --unconfirmed WHY`"
    other = "" if ticket.is_closed else f", or close it ({close})"
    raise RefusedError(
        f"{ticket.ref} was worked on after it was opened{then}{other}.", ref=ticket.ref
    )


def _require_meant(ticket: Ticket, step: Step, event: str) -> None:
    """Refuse to take back another step than the one that is meant.

    Raises:
        RefusedError: the event is of another step, or of none.
    """
    if event and event not in {each.id for each in step.events}:
        raise RefusedError(
            f"The last step on {ticket.ref} is not the one of the event {event}: it was taken back "
            f"already, or something was done since; `sdcli history {ticket.ref}` shows it.",
            ref=ticket.ref,
            event=event,
        )


def _require_step(ticket: Ticket) -> Step:
    step = None if ticket.void else last_step(ticket)
    if step is not None:
        return step
    why = "it is void" if ticket.void else "nobody took a step on it, and what arrived has arrived"
    close = f" `sdcli close {ticket.ref} --code CODE --unconfirmed WHY` ends it."
    raise RefusedError(
        f"{ticket.ref} has nothing to take back: {why}.{'' if ticket.is_closed else close}",
        ref=ticket.ref,
    )


def _left_open(reader: Reader, ticket: Ticket) -> list[str]:
    """That a ticket is owed something again though what it is owed to is closed."""
    owed_to = [reader.get(each) for each in linked(ticket, "follow-up-of")]
    closed = [each.ref for each in owed_to if each.is_closed]
    if ticket.is_closed or not closed:
        return []
    return [f"{listed(closed)} is closed, and this is still owed for it."]


def _require_alone(reader: Reader, ticket: Ticket) -> None:
    """Refuse to bring a ticket back while another one has taken its place.

    Raises:
        RefusedError: what it came from has come again; it names the other ticket.
    """
    if not ticket.void:
        return
    sources = [each.source for each in ticket.events if isinstance(each, Imported)]
    found = [reader.by_source(each) for each in sources]
    if ticket.idempotency_key:
        found.append(reader.by_idempotency_key(ticket.idempotency_key))
    for other in found:
        if other is not None and other.ref != ticket.ref:
            raise RefusedError(
                f"{ticket.ref} cannot be brought back: what it came from has come again, and is "
                f"{other.ref} now. `sdcli undo {other.ref}` comes first.",
                ref=ticket.ref,
                other=other.ref,
            )


def _is_bound(events: Sequence[AnyEvent]) -> bool:
    """Whether what was done on one ticket makes no sense without what was done on another."""
    return any(isinstance(event, _BOUND) or _named(event) for event in events)


_BOUND = (KnownErrorDeclared, ProblemClosed, ProblemReopened, ProblemTold)


def _named(event: AnyEvent) -> str:
    """The other ticket that an event is about too; empty if there is none."""
    if isinstance(event, Linked | Unlinked):
        return event.to if event.to.startswith("SD-") else ""
    if isinstance(event, ProblemLinked | ProblemUnlinked):
        return event.problem
    if isinstance(event, IncidentLinked | IncidentUnlinked):
        return event.incident
    if isinstance(event, Merged):
        return event.into
    return event.source if isinstance(event, Absorbed) else ""


def _others(reader: Reader, ticket: Ticket, act: str, events: Sequence[AnyEvent]) -> list[Ticket]:
    """The other tickets on which an act did something, in the order of their references.

    They are looked for among what changed since; what is named by the events is looked at in any
    case, since to be linked changes no closed ticket.
    """
    since = _began(ticket, act)
    query = Query(statuses=OPEN_STATUSES, touched_since=since, record="", void=True, act=act)
    found = {each.ref: each for each in reader.find(query)}
    for ref in filter(None, map(_named, events)):
        other = reader.get(ref)
        if any(act_of(event) == act for event in other.events):
            found[ref] = other
    found.pop(ticket.ref, None)
    return list(found.values())


def _began(ticket: Ticket, act: str) -> datetime:
    """When an act was entered."""
    return min(e.entered or e.at for e in ticket.events if act_of(e) == act)


def _which(ref: str, others: Sequence[Ticket], do: str) -> RefusedError:
    """That it is not said on which tickets."""
    names = [each.ref for each in others]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    number = "1 other ticket" if len(names) == 1 else f"{len(names)} other tickets"
    return RefusedError(
        f"The same command changed {number}: {listed(names[:_SHOWN])}{more}. --all would {do} on "
        f"all of them, --only on {ref} alone.",
        ref=ref,
        others=names,
    )
