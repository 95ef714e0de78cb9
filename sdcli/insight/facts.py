"""What there is to count of one ticket: everything that the figures of a report take, in one walk.

Facts are made of events alone, but for working time, which is that of the calendar that the
ticket's own clocks run by. Instants are seconds of UTC. A request that was merged into another is
solved there: what is counted of solutions is empty here. What its caller was asked and said stays.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import NoWorkingTimeError
from sdcli.insight.outages import came_from
from sdcli.insight.unsupported import folded
from sdcli.insight.walk import Stay, walked
from sdcli.sla.promises import outcome
from sdcli.sla.runs import elapsed, resolution_run, response_run, runs_of, utc_seconds
from sdcli.tickets.event import (
    Closed,
    Merged,
    Noted,
    Reopened,
    Resolved,
    SurveyAnswered,
    SurveySent,
    Voided,
)
from sdcli.tickets.reviewing import last_review
from sdcli.tickets.support import minutes_on
from sdcli.tickets.surveying import last_said
from sdcli.tickets.words import PLANNED_OUTAGE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sdcli.insight.walk import Walk
    from sdcli.sla.agreed import Cover
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.clock import Clocks
    from sdcli.sla.promises import Miss
    from sdcli.sla.runs import Run
    from sdcli.sla.terms import Goal, Terms
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket


_ENDS = frozenset((Closed, Merged, Reopened, Resolved, Voided))
"""What ends an update, beside the next word to the caller."""
MONITORING = "monitoring"
"""The channel on which machines report; nobody calls on it."""


class Promise(NamedTuple):
    """A promise that was kept or broken, and when that was known."""

    at: int
    kept: int
    target: str
    agreement: str


class Fact(Struct, frozen=True, kw_only=True, array_like=True):
    """What is counted of a ticket.

    Args:
        tier: of the queue that it was opened in; `called`: a person asked, no machine did.
        solved: when it was first resolved, or closed, by `solver` in the queue `solved_in`.
        at_first: whether that was at the first contact (R3d1.8).
        resolved: when it was last resolved; `closed`: when it was closed, by `closer`.
        quick: one command opened and closed it, when it was over: nobody measured how long it took.
        stays: when it was work, and whose; `rests`: when it was resolved and not closed.
        moves: when it was handed on, and from which queue; `comebacks`: when it came back to a
            queue, and which.
        respond, restore, resolve: when that was, and how much working time it took.
        uses: when an article with an outcome was used; `used`: whether any was.
        booked: when minutes were booked, by whom, in which queue.
        thing: what the catalog does not hold, and `spent`: the minutes on it.
        mistaken: a classification was found wrong; `was_new`: it was taken for something new.
        filtered: when something new was let through (0) or refused (1), and by which rule.
        outage: the planned outage that a call came from; empty if it came from none.
        asked: when the caller was asked how it was, and whether they answered; `scores`: what they
            said last to each question, by the figure that it stands for; `reviews`: when it was
            looked over last, and the percent.
    """

    ref: str
    type: str
    service: str
    feature: str
    priority: str
    channel: str
    unit: str
    site: str
    tier: str
    called: bool
    merged: bool
    opened: int
    code: str = ""
    solved: int | None = None
    solver: str = ""
    solved_in: str = ""
    at_first: bool = False
    resolved: int | None = None
    closed: int | None = None
    closer: str = ""
    confirmed: bool = False
    quick: bool = False
    reopenings: tuple[int, ...] = ()
    stays: tuple[Stay, ...] = ()
    rests: tuple[tuple[int, int | None], ...] = ()
    moves: tuple[tuple[int, str], ...] = ()
    comebacks: tuple[tuple[int, str], ...] = ()
    respond: tuple[int, int] | None = None
    restore: tuple[int, int] | None = None
    resolve: tuple[int, int] | None = None
    promises: tuple[Promise, ...] = ()
    uses: tuple[tuple[int, str, str], ...] = ()
    used: bool = False
    booked: tuple[tuple[int, int, str, str], ...] = ()
    thing: str = ""
    spent: tuple[tuple[int, int], ...] = ()
    mistaken: bool = False
    was_new: bool = False
    filtered: tuple[tuple[int, int, str], ...] = ()
    outage: str = ""
    asked: tuple[tuple[int, int], ...] = ()
    scores: tuple[tuple[int, int, str], ...] = ()
    reviews: tuple[tuple[int, int], ...] = ()


class Basis:
    """What facts need beside events: working time, the tiers of queues, what surveys ask for.

    Args:
        clocks: read working time and targets.
        tiers: the tier of each queue.
        figures: by type of request, which figure a question stands for, where the answer does not
            say it itself.
    """

    def __init__(
        self,
        clocks: Clocks,
        tiers: Mapping[str, int],
        figures: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.clocks = clocks
        self.tiers = tiers
        self.figures = figures
        self._agreements: dict[int, str] = {}

    def agreement(self, cover: Cover, terms: Terms) -> str:
        """The agreement of a ticket so covered; all that have the same terms have the same one."""
        found = self._agreements.get(id(terms))
        if found is None:
            found = self._agreements[id(terms)] = self.clocks.held(cover).agreed.name
        return found


class Lasting(NamedTuple):
    """Facts, and from when on and before when they are these, in seconds of UTC.

    Only an event changes them otherwise. At no other instant are they known to be others.
    """

    fact: Fact
    since: int
    until: int


FOREVER = 2**62
"""An instant that does not come."""
_DAY_S = 24 * 3600


def facts_of(ticket: Ticket, basis: Basis, now: int) -> Fact:
    """What is counted of a help request, as it stands at an instant in seconds of UTC."""
    return _facts(ticket, basis, now)[0]


def lasting_facts(ticket: Ticket, basis: Basis, now: int) -> Lasting:
    """The same, and how long they last.

    A clock that runs breaks its promise at an instant that is known. Where one is broken already, or
    was elsewhere, it is not asked when that was known first.
    """
    fact, clocked = _facts(ticket, basis, now)
    since = settled_at(ticket)
    if clocked is None:
        return Lasting(fact, since, FOREVER)
    if ticket.imported_at or not all(kept for _, _, kept in clocked.every):
        since = max(since, now)
    return Lasting(fact, since, _until(clocked))


def settled_at(ticket: Ticket) -> int:
    """The first second after everything that is recorded of a ticket, in seconds of UTC."""
    latest = max(max(event.at, event.entered or event.at) for event in ticket.events)
    if ticket.imported_at:
        latest = max(latest, ticket.imported_at)
    return utc_seconds(latest) + 1


def _until(clocked: _Clocked) -> int:
    """When the first clock that runs will have run for longer than it may."""
    time, now, found = clocked.time, clocked.now, FOREVER
    for goal, run, kept in clocked.every:
        if kept and not run.stopped and run.spans and run.spans[-1].end is None:
            left = goal.for_run(run, time).target_s + 1 - clocked.ran(run)
            try:
                found = min(found, time.after(now, left))
            except NoWorkingTimeError:  # not for years, by what is known of the calendar today
                found = min(found, now + _DAY_S)
    return found


def _facts(ticket: Ticket, basis: Basis, now: int) -> tuple[Fact, _Clocked | None]:
    """What is counted of a help request, and its clocks if they matter for that."""
    walk, opening = walked(ticket), ticket.opening
    merged = bool(ticket.merged_into)
    thing, spent = _unsupported(ticket)
    asked, scores = _surveyed(walk.surveys, basis) if walk.surveys else ((), ())
    fact = Fact(
        ref=ticket.ref,
        type=ticket.type,
        service=ticket.service,
        feature=ticket.feature,
        priority=ticket.priority,
        channel=opening.channel,
        unit=opening.unit or UNKNOWN,
        site=opening.site,
        tier=str(opening.tier or basis.tiers.get(opening.queue) or UNKNOWN),
        called=opening.alert is None and opening.channel != MONITORING,
        merged=merged,
        opened=walk.opened,
        solver=walk.solver,
        solved_in=walk.solved_in,
        stays=tuple(walk.stays),
        moves=tuple(walk.moves),
        comebacks=tuple(walk.comebacks),
        booked=tuple(walk.booked),
        thing=thing,
        spent=spent,
        asked=asked,
        scores=scores,
    )
    if merged:
        return fact, None
    clocked = _Clocked(ticket, basis, now)
    return _with_solution(fact, ticket, walk, clocked), clocked


def _unsupported(ticket: Ticket) -> tuple[str, tuple[tuple[int, int], ...]]:
    """What the catalog does not hold, and when minutes were booked on it, and how many."""
    if ticket.support is None:
        return "", ()
    spent = tuple((utc_seconds(at), minutes) for at, minutes in minutes_on(ticket))
    return folded(ticket.support.what), spent


class _Clocked:
    """The clocks of a ticket as it stands: each is read once."""

    def __init__(self, ticket: Ticket, basis: Basis, now: int) -> None:
        self.ticket, self.basis, self.now = ticket, basis, now
        self.parts = basis.clocks.parts(ticket, now)
        self.cover = self.parts[-1].cover
        self.terms = basis.clocks.terms(self.cover)
        self.time = self.terms.time
        self.runs = [
            (goal, runs_of(goal.target, ticket.standing, self.terms.on_reopen))
            for goal in self.terms.goals
        ]

    def whole(self, target: str, otherwise: Callable[[Sequence[AnyEvent]], Run]) -> Run:
        """The clock of a target over the whole life of the ticket, whatever a reopening does."""
        for goal, runs in self.runs:
            if goal.target == target and len(runs) == 1:
                return runs[0]
        return otherwise(self.ticket.standing)

    def ran(self, run: Run) -> int:
        """Seconds of working time that a clock has run."""
        return elapsed(run, self.time, self.now)

    def is_kept(self, goal: Goal, run: Run) -> bool:
        """Whether no more time has gone than there was, under what holds now."""
        return self.ran(run) <= goal.for_run(run, self.time).target_s

    @cached_property
    def every(self) -> list[tuple[Goal, Run, bool]]:
        """Every cycle of every target under what holds now, and whether it is kept so far."""
        return [(goal, run, self.is_kept(goal, run)) for goal, runs in self.runs for run in runs]

    @property
    def never_changed(self) -> bool:
        """Whether the same was granted to it from the first."""
        return all(part.cover is self.cover for part in self.parts)


def _with_solution(fact: Fact, ticket: Ticket, walk: Walk, clocked: _Clocked) -> Fact:
    """The same with what is counted of solutions, of promises and of what followed."""
    closing = walk.closing if ticket.closed_at else None
    return replace(
        fact,
        code=ticket.code,
        solved=walk.solved,
        at_first=walk.at_first and walk.solved is not None,
        resolved=utc_seconds(ticket.resolved_at) if ticket.resolved_at else None,
        closed=utc_seconds(ticket.closed_at) if ticket.closed_at else None,
        closer=closing.by if closing else "",
        confirmed=bool(closing and closing.confirmed_by),
        quick=walk.quick,
        reopenings=tuple(walk.reopenings),
        rests=tuple(walk.rests),
        respond=None if walk.quick else _respond(clocked),
        restore=None if walk.quick else _restore(ticket, clocked.time, walk.opened),
        resolve=None if walk.quick else _resolve(clocked),
        promises=tuple(_promises(clocked)),
        uses=tuple(walk.uses),
        used=walk.used,
        mistaken=walk.mistaken,
        was_new=walk.was_new,
        filtered=tuple(walk.filtered),
        outage=came_from(ticket) if ticket.code == PLANNED_OUTAGE else "",
    )


def reviewed_fact(ticket: Ticket, basis: Basis, now: int) -> Fact:
    """The facts of a ticket with its last review, which is apart: it is no change of it (R5a.1)."""
    last = None if ticket.merged_into else last_review(ticket)
    found = () if last is None or last.percent is None else ((utc_seconds(last.at), last.percent),)
    return replace(facts_of(ticket, basis, now), reviews=found)


def _respond(clocked: _Clocked) -> tuple[int, int] | None:
    """When the caller had the first word, or the solution, and after how long.

    What was merged elsewhere before that, and is here on its own, was answered there.
    """
    run = clocked.whole("response", response_run)
    end = run.spans[-1].end
    if end is None or (clocked.ticket.imported_at and _was_merged(clocked.ticket)):
        return None
    return end, clocked.ran(run)


def _was_merged(ticket: Ticket) -> bool:
    """Whether it was merged before anybody answered it."""
    for event in ticket.standing:
        if type(event) is Resolved or (type(event) is Noted and event.visible):
            return False
        if type(event) is Merged:
            return True
    return False


def _restore(ticket: Ticket, time: WorkingTime, opened: int) -> tuple[int, int] | None:
    """When the service worked again after an incident, and after how long (R0.3)."""
    at = ticket.service_restored_at or ticket.resolved_at
    if ticket.type != "incident" or at is None:
        return None
    end = utc_seconds(at)
    return end, time.between(opened, end)


def _resolve(clocked: _Clocked) -> tuple[int, int] | None:
    """When it was resolved last, and how long it was at work in all."""
    at = clocked.ticket.resolved_at
    if at is None:
        return None
    return utc_seconds(at), clocked.ran(clocked.whole("resolution", resolution_run))


def _promises(clocked: _Clocked) -> Iterator[Promise]:
    """Every promise of the desk that was kept or broken by now; what was over elsewhere is none."""
    ticket = clocked.ticket
    every = clocked.every
    missed: dict[tuple[str, str], Promise | None] = {}
    # Most keep everything, and were granted the same all the time: nothing can have been missed.
    if not (clocked.never_changed and all(kept for _, _, kept in every)):
        missed = _missed(clocked)
        yield from filter(None, missed.values())
    arrived = utc_seconds(ticket.imported_at) if ticket.imported_at else 0
    for goal, run, kept in every:
        if not run.stopped or (goal.target, run.began) in missed:
            continue
        at = _stop(ticket.standing, goal.target, run) if kept else 0
        if kept and at >= arrived:
            agreement = clocked.basis.agreement(clocked.cover, clocked.terms)
            yield Promise(at, 1, goal.target, agreement)


def _stop(events: Sequence[AnyEvent], target: str, run: Run) -> int:
    """When a clock was stopped for good; one that waited then had paused before that."""
    at = (run.spans[-1].end or run.start) if run.spans else run.start
    if target != "update":
        return at
    has_begun = False
    for event in events:
        if has_begun and (type(event) in _ENDS or (type(event) is Noted and event.visible)):
            return max(at, utc_seconds(event.at))
        has_begun = has_begun or event.id == run.began
    return at


def _missed(clocked: _Clocked) -> dict[tuple[str, str], Promise | None]:
    """What was missed, by target and run; None if that was elsewhere, before it was imported.

    Of several misses of one run it is the one under what held first: what a ticket came under later
    moves no instant at which something was missed before.
    """
    found: dict[tuple[str, str], Promise | None] = {}
    for miss in _misses(clocked, clocked.ticket):
        promise = Promise(miss.missed_at, 0, miss.key.target, miss.agreement)
        found.setdefault((miss.key.target, miss.key.began), promise)
    if clocked.ticket.imported_at:
        for miss in _misses(clocked, replace(clocked.ticket, imported_at=None)):
            found.setdefault((miss.key.target, miss.key.began), None)
    return found


def _misses(clocked: _Clocked, ticket: Ticket) -> list[Miss]:
    """The breaches of the desk's own targets."""
    result = outcome(ticket, clocked.basis.clocks, clocked.now, clocked.parts)
    return [miss for miss in result.missed if not miss.key.whose]


def _surveyed(
    surveys: Sequence[AnyEvent], basis: Basis
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int, str], ...]]:
    """When the caller was asked, and whether they answered; and what they said last to what."""
    asked: list[tuple[int, int]] = []
    for event in surveys:
        if isinstance(event, SurveySent):
            asked.append((utc_seconds(event.at), 0))
        elif isinstance(event, SurveyAnswered):
            asked = [(at, 1) for at, _ in asked]
    scores: list[tuple[int, int, str]] = []
    for question, score, answer, sent in last_said(surveys):
        figures = (sent.figures if sent else {}) or basis.figures.get(answer.survey, {})
        if question in figures:
            scores.append((utc_seconds(answer.at), score, figures[question]))
    return tuple(asked), tuple(scores)
