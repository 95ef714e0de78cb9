"""The clocks of a ticket: a pure function of its events, its service levels and an instant.

A clock counts what its runs (`runs`) hold of its calendar's working time. A change of priority,
service or policy counts from the start, with all pauses (T10). A target is met up to and
including its last second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import LedgerDamagedError
from sdcli.policy.levels import is_same_time
from sdcli.sla.agreed import cover_of
from sdcli.sla.runs import TARGETS, elapsed, reaches, runs_of
from sdcli.sla.stretch import stretches
from sdcli.sla.terms import Book
from sdcli.tickets.event import SlaReapplied

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.policy.levels import ServiceLevels
    from sdcli.policy.model import Policy
    from sdcli.sla.agreed import Agreed, Cover
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.runs import Run, Target
    from sdcli.sla.stretch import Stretch
    from sdcli.sla.terms import Held, Terms
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority

_Named: TypeAlias = tuple[str, str]
State: TypeAlias = Literal["running", "paused", "met", "breached", "none"]


class Clock(Struct, frozen=True):
    """One target at one instant. Seconds of working time; `due` in seconds of UTC.

    While the clock is paused, `due` is what it would be if work went on now.
    """

    state: State
    due: int | None = None
    target_s: int | None = None
    elapsed_s: int | None = None
    percent: float | None = None


class Clocks:
    """Reads the clocks of tickets; what does not change is worked out once.

    Args:
        policy: the desk's files as they are today.
        pinned: gives the service levels of a hash, for tickets that are pinned to others.
    """

    def __init__(
        self, policy: Policy, pinned: Callable[[str], ServiceLevels] | None = None
    ) -> None:
        self._policy = policy
        self._pinned = pinned
        self._times: dict[bytes, WorkingTime] = {}
        self._books: dict[str, Book] = {}
        self._same: dict[tuple[_Named, _Named], bool] = {}
        self._boxes: dict[tuple[str, Priority], int | None] = {}

    def read(self, ticket: Ticket, now: int) -> dict[Target, Clock]:
        """Every target of a ticket at an instant in seconds of UTC, in its last cycle.

        Nobody was promised anything about a problem: it has none (R3d1.7).
        """
        found = dict.fromkeys(TARGETS, Clock("none"))
        if ticket.is_problem:
            return found
        terms = self.terms(cover_of(ticket))
        for goal in terms.goals:
            runs = runs_of(goal.target, ticket.standing, terms.on_reopen)
            if runs:
                target_s = goal.for_run(runs[-1], terms.time).target_s
                found[goal.target] = clock(runs[-1], target_s, terms.time, now)
        return found

    def book(self, policy: str) -> Book:
        """The service levels of a hash; those of today if it is empty, or theirs."""
        found = self._books.get(policy)
        if found is None:
            found = self._books[policy] = self._opened(policy)
        return found

    def _opened(self, policy: str) -> Book:
        is_today = policy == self._policy.levels_hash or self._pinned is None
        if policy and is_today:
            return self.book("")
        levels = self._pinned(policy) if policy and self._pinned else self._policy.levels
        return Book(levels, self._times)

    def held(self, cover: Cover) -> Held:
        """The agreement and the calendar that hold for a ticket so covered, and why."""
        return self.book(cover.policy).held(cover)

    def agreement(self, ticket: Ticket) -> Agreed:
        """The agreement that covers a ticket now, and why (R2b.1)."""
        return self.held(cover_of(ticket)).agreed

    def terms(self, cover: Cover) -> Terms:
        """What is granted to a ticket so covered."""
        book = self.book(cover.policy)
        return book.marked_terms(cover, cover.mark) if cover.mark else book.terms(cover)

    def mark_for(self, ticket: Ticket, policy: str) -> str:
        """What tells alerts under these service levels from those that were said so far.

        Only another calendar needs to be told: another length of a target tells itself (T14). What
        was pinned before with the same calendar lends its mark, so that to take a change back says
        nothing again.
        """
        cover = cover_of(ticket)
        pins = [
            (event.policy, event.mark) for event in ticket.standing if type(event) is SlaReapplied
        ]
        after = policy, self.held(replace(cover, policy=policy)).calendar
        for pinned, mark in ((ticket.opening.policy, ""), *pins):
            if self._is_known(pinned):
                before = pinned, self.held(replace(cover, policy=pinned)).calendar
                if self._is_same_time(before, after):
                    return mark
        # Of a ticket that was never pinned nothing is known but that today's were in force.
        return policy[:16] if ticket.policy else ""

    def _is_same_time(self, one: _Named, other: _Named) -> bool:
        """Whether two calendars, each with the hash of its service levels, count the same time."""
        pair = one, other
        if pair not in self._same:
            found = (self.book(policy).levels.calendars[name] for policy, name in pair)
            self._same[pair] = is_same_time(*found)
        return self._same[pair]

    def parts(self, ticket: Ticket, now: int) -> list[Stretch]:
        """The stretches of a ticket up to an instant in seconds of UTC.

        Those are left out of which nobody knows any more what was granted: the service levels that
        the ticket was pinned to then are gone, and others were applied since.
        """
        found = stretches(ticket, now)
        pinned = ticket.policy
        for part in found:
            if part.cover.policy != pinned:
                return [each for each in found if self._is_told(each.cover.policy, pinned)]
        return found

    def _is_told(self, policy: str, pinned: str) -> bool:
        return policy == pinned or self._is_known(policy)

    def _is_known(self, policy: str) -> bool:
        try:
            self.book(policy)
        except LedgerDamagedError:
            return False
        return True

    def time_box(self, queue: str, priority: Priority) -> int | None:
        """How long the tier of a queue may try, in seconds of working time (R2c.2b).

        None if it may try for as long as it takes.
        """
        key = queue, priority
        if key not in self._boxes:
            box = self._policy.classification.consequences.of(priority).time_box
            self._boxes[key] = box.of(self._policy.tier(queue))
        return self._boxes[key]


def clock(run: Run, target_s: int, time: WorkingTime, now: int) -> Clock:
    """One cycle of a target at an instant."""
    ran = elapsed(run, time, now)
    return Clock(
        state=state_of(run, ran, target_s),
        due=reaches(run, time, target_s, now),
        target_s=target_s,
        elapsed_s=ran,
        percent=round(ran * 100 / target_s, 1) if target_s else 0.0,
    )


def state_of(run: Run, ran: int, target_s: int) -> State:
    """How a cycle stands that has run for so many seconds of working time."""
    if ran > target_s:
        return "breached"
    if run.stopped:
        return "met"
    return "running" if run.spans and run.spans[-1].end is None else "paused"
