"""One look at each event of a ticket: where it lay, with whom, and what was done on it.

Instants are seconds of UTC. A report walks over every ticket there is, so events are told apart by
their class: `isinstance` would ask the metaclass about each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sdcli.sla.runs import LEADS, utc_seconds
from sdcli.tickets.event import (
    Accepted,
    ArticlesUsed,
    Assigned,
    Classified,
    Closed,
    Contacted,
    Escalated,
    Reopened,
    RequestFiltered,
    Resolved,
    Returned,
    SurveyAnswered,
    SurveySent,
    Waited,
    act_of,
)
from sdcli.tickets.lifecycle import START

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sdcli.tickets.event import AnyEvent, Opened
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Status

NOBODY = "none"
"""Who has what nobody has."""
_AT_WORK = frozenset(("new", "in_progress", "waiting"))
_OUTCOMES = frozenset(("helped", "no-effect", "harmful"))


class Stay(NamedTuple):
    """A time in which a request was somebody's work, in one queue and with one person.

    `end` is None if it still is.
    """

    start: int
    end: int | None
    queue: str
    person: str


class Walk:
    """What was seen on the way; for the names see `insight.facts.Fact`."""

    def __init__(self, opening: Opened) -> None:
        self.opened = utc_seconds(opening.at)
        self.stays: list[Stay] = []
        self.rests: list[tuple[int, int | None]] = []
        self.moves: list[tuple[int, str]] = []
        self.comebacks: list[tuple[int, str]] = []
        self.booked: list[tuple[int, int, str, str]] = []
        self.reopenings: list[int] = []
        self.solved: int | None = None
        self.solver = self.solved_in = ""
        self.at_first = True
        self.uses: list[tuple[int, str, str]] = []
        self.used = False
        self.closing: Closed | None = None
        self._opening = act_of(opening)
        self.mistaken = False
        self.was_new = opening.type == "new-service"
        self.filtered: list[tuple[int, int, str]] = []
        self.surveys: list[AnyEvent] = []
        self._queue, self._person = opening.queue, NOBODY
        self._status: Status = START
        self._been = {opening.queue}
        self._people: set[str] = set()
        self._begun: int | None = self.opened
        self._resting: int | None = None
        if opening.minutes:
            self.booked.append((self.opened, opening.minutes, opening.by, opening.queue))

    def take(self, event: Any) -> None:
        """One event further."""
        at, kind = utc_seconds(event.at), type(event)
        step = _STEPS.get(kind)
        if step is not None:
            step(self, event, at)
        minutes = getattr(event, "minutes", 0)
        if minutes:
            self.booked.append((at, minutes, event.by, self._queue))
        before, status = self._status, LEADS[kind][self._status]
        if status != before:
            self._status = status
            self._went(at)

    def done(self) -> Walk:
        """The walk, with what is not over yet."""
        if self._begun is not None:
            self.stays.append(Stay(self._begun, None, self._queue, self._person))
        if self._resting is not None:
            self.rests.append((self._resting, None))
        return self

    @property
    def quick(self) -> bool:
        """Whether one command opened and closed it: a contact that was over when it was logged."""
        closing = self.closing
        return closing is not None and not self.reopenings and act_of(closing) == self._opening

    def solve(self, event: Any, at: int) -> None:
        """It was resolved, or closed; the first time counts (R3d1.8)."""
        if self.solved is None:
            self._people.add(event.by)
            self.solved, self.solver, self.solved_in = at, event.by, self._queue
            self.at_first = self.at_first and len(self._people) == 1
        self.use(event, at)

    def close(self, event: Any, at: int) -> None:
        """It was closed."""
        self.solve(event, at)
        self.closing = event

    def use(self, event: Any, at: int) -> None:
        """Articles were used, with an outcome or not (R3a.4)."""
        for each in event.articles:
            self.used = True
            if each.outcome in _OUTCOMES:
                self.uses.append((at, each.outcome, each.id))

    def linger(self, _: Any, __: int) -> None:
        """It waited, or the caller had to come again: that was no first contact."""
        if self.solved is None:
            self.at_first = False

    def reopen(self, _: Any, at: int) -> None:
        """It was reopened."""
        self.reopenings.append(at)

    def classify(self, event: Any, _: int) -> None:
        """It was classified, perhaps since it had been found wrong (R3d1.5)."""
        self.mistaken = self.mistaken or bool(event.discovered)
        self.was_new = self.was_new or event.type == "new-service"

    def sift(self, event: Any, at: int) -> None:
        """Something new was let through, or not (R3c1.1)."""
        self.filtered.append((at, int(event.decision == "rejected"), event.rule))

    def survey(self, event: Any, _: int) -> None:
        """The caller was asked how it was, or answered (R5a.2)."""
        self.surveys.append(event)

    def hand_on(self, event: Any, at: int) -> None:
        """It went to another queue."""
        self._move(at, event.to, NOBODY, moved=True)
        if self.solved is None:
            self.at_first = False

    def assign(self, event: Any, at: int) -> None:
        """It was given to somebody, or put into a queue."""
        person, elsewhere = event.to or NOBODY, event.queue != self._queue
        self._move(at, event.queue, person, moved=elsewhere or self._is_taken_by(person))
        if self.solved is None:
            self.at_first = self.at_first and not elsewhere
            self._people.update((event.to,) if event.to else ())

    def accept(self, event: Any, at: int) -> None:
        """Somebody took it on."""
        self._move(at, self._queue, event.by, moved=self._is_taken_by(event.by))
        if self.solved is None:
            self._people.add(event.by)

    def _is_taken_by(self, person: str) -> bool:
        """Whether somebody takes it from another."""
        return person != NOBODY and self._person not in (NOBODY, person)

    def _move(self, at: int, queue: str, person: str, *, moved: bool) -> None:
        if moved:
            self.moves.append((at, self._queue))
        if queue != self._queue:
            if queue in self._been:
                self.comebacks.append((at, queue))
            self._been.add(queue)
        if self._begun is not None and (queue, person) != (self._queue, self._person):
            self.stays.append(Stay(self._begun, at, self._queue, self._person))
            self._begun = at
        self._queue, self._person = queue, person

    def _went(self, at: int) -> None:
        """The status is another one: work, or rest, ends or begins."""
        if self._begun is not None and self._status not in _AT_WORK:
            self.stays.append(Stay(self._begun, at, self._queue, self._person))
            self._begun = None
        elif self._begun is None and self._status in _AT_WORK:
            self._begun = at
        if self._resting is not None:
            self.rests.append((self._resting, at))
            self._resting = None
        if self._status == "resolved":
            self._resting = at


_STEPS: Mapping[type, Callable[[Walk, Any, int], None]] = {
    Accepted: Walk.accept,
    ArticlesUsed: Walk.use,
    Assigned: Walk.assign,
    Classified: Walk.classify,
    Closed: Walk.close,
    Contacted: Walk.linger,
    Escalated: Walk.hand_on,
    Reopened: Walk.reopen,
    RequestFiltered: Walk.sift,
    Resolved: Walk.solve,
    Returned: Walk.hand_on,
    SurveyAnswered: Walk.survey,
    SurveySent: Walk.survey,
    Waited: Walk.linger,
}


def walked(ticket: Ticket) -> Walk:
    """The walk over everything that counts of a ticket."""
    events = ticket.standing
    walk = Walk(ticket.opening)
    for event in events[1:]:
        walk.take(event)
    return walk.done()
