"""Everything that was promised to a ticket, and what became of it: as if nothing had been said.

The check says what is new; a register and a comparison need all of it, over the whole life of a
ticket. Both are made of the same passings, so they never disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.sla.agreed import cover_of
from sdcli.sla.backing import alert_id as leg_id
from sdcli.sla.backing import legs, passed
from sdcli.sla.check import alert_id, passings, states
from sdcli.sla.clock import clock
from sdcli.sla.runs import elapsed, runs_of
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sdcli.sla.backing import Leg
    from sdcli.sla.check import Passing, Stage, State
    from sdcli.sla.clock import Clock, Clocks
    from sdcli.sla.stretch import Stretch
    from sdcli.tickets.ticket import Ticket


class Key(NamedTuple):
    """Which promise: the target, which run of it, and whose it is if not the desk's own.

    `began`: the id of the event that began the run; empty if the opening did.
    """

    target: str
    cycle: int
    whose: str = ""
    began: str = ""


class Miss(Struct, frozen=True, kw_only=True):
    """A target that was missed. Seconds of working time; instants in seconds of UTC.

    Args:
        id: the id of the alert that says it; `mark`: see `SlaAlerted`.
        agreement, priority, service: what held for the ticket then.
        missed_at: when its time was over; `due` is the same but for a target that came to hold late.
        on_arrival: it was over already when the target came to hold (T10).
        overrun_s: how much longer it took, or has taken so far, while the target held.
        running: whether that still grows.
    """

    id: str
    key: Key
    mark: str
    agreement: str
    priority: str
    service: str
    due: int
    target_s: int
    missed_at: int
    on_arrival: bool
    overrun_s: int
    running: bool


class Said(NamedTuple):
    """Something that should have been said by now, whether or not it was."""

    id: str
    key: Key
    stage: Stage


class Outcome(NamedTuple):
    """What became of the promises to a ticket: all there was to say, and what was missed."""

    said: list[Said]
    missed: list[Miss]


Faces: TypeAlias = "dict[Key, Clock]"


def unsaid(ticket: Ticket) -> Ticket:
    """The ticket as if nothing had been said of its clocks."""
    return replace(ticket, sla_alerts=()) if ticket.sla_alerts else ticket


def outcome(ticket: Ticket, clocks: Clocks, now: int, parts: Sequence[Stretch] = ()) -> Outcome:
    """All there was to say of a ticket by `now`, in seconds of UTC, and what of it was a breach.

    Time boxes are left out: a tier that was too slow has broken no promise (R2c.2b).
    """
    bare, known = unsaid(ticket), parts or clocks.parts(ticket, now)
    said: dict[str, Said] = {}
    missed: dict[str, Miss] = {}
    for state in states(bare, clocks, known):
        for passing in passings(bare, state):
            id_ = alert_id(ticket, passing.threshold)
            key = Key(passing.goal.target, passing.run.cycle, began=passing.run.began)
            said.setdefault(id_, Said(id_, key, passing.stage))
            if passing.stage == "breach":
                missed[id_] = _missed(id_, clocks, (state, passing), missed.get(id_), now)
    for leg in legs(ticket, clocks, now, known):
        for one, miss in _of_leg(bare, clocks, leg):
            said.setdefault(one.id, one)
            if miss:
                missed[one.id] = miss
    return Outcome(list(said.values()), list(missed.values()))


def _missed(
    id_: str, clocks: Clocks, where: tuple[State, Passing], before: Miss | None, now: int
) -> Miss:
    """A breach; if it was one before, what it has come to since then."""
    state, passing = where
    run, goal, time = passing.run, passing.goal, state.terms.time
    ran = elapsed(run, time, state.until) - goal.target_s
    running = state.until == now and not run.stopped
    if before is not None:
        return replace(before, overrun_s=max(ran, before.overrun_s), running=running)
    return Miss(
        id=id_,
        key=Key(goal.target, run.cycle, began=run.began),
        mark=goal.mark,
        agreement=clocks.held(state.cover).agreed.name,
        priority=state.cover.priority,
        service=state.cover.service,
        due=time.after(passing.at, goal.target_s - passing.threshold.needed_s),
        target_s=goal.target_s,
        missed_at=passing.at,
        on_arrival=passing.at < state.since,
        overrun_s=ran,
        running=running,
    )


def _of_leg(ticket: Ticket, clocks: Clocks, leg: Leg) -> Iterator[tuple[Said, Miss | None]]:
    """What there was to say of a stay in a queue or a wait for a supplier."""
    for percent in (*leg.warn_at, BREACH):
        at = passed(ticket, leg, percent)
        if at is None:
            continue
        id_ = leg_id(ticket, leg, percent)
        if percent < BREACH:
            yield Said(id_, _key(leg), "warning"), None
        else:
            yield Said(id_, _key(leg), "breach"), _missed_leg(id_, clocks, leg, at)


def _key(leg: Leg) -> Key:
    return Key(leg.target, leg.cycle, leg.whose, leg.entry.id)


def _missed_leg(id_: str, clocks: Clocks, leg: Leg, at: int) -> Miss:
    return Miss(
        id=id_,
        key=_key(leg),
        mark="",
        agreement=clocks.held(leg.cover).agreed.name,
        priority=leg.cover.priority,
        service=leg.cover.service,
        due=at,
        target_s=leg.target_s,
        missed_at=at,
        on_arrival=at < leg.since,
        overrun_s=elapsed(leg.run, leg.time, leg.until) - leg.target_s,
        running=leg.is_last and not leg.run.stopped,
    )


def faces(ticket: Ticket, clocks: Clocks, now: int, parts: Sequence[Stretch] = ()) -> Faces:
    """How every cycle of every target stands under what holds now for the ticket."""
    terms = clocks.terms(parts[-1].cover if parts else cover_of(ticket))
    found: Faces = {}
    for goal in terms.goals:
        for run in runs_of(goal.target, ticket.standing, terms.on_reopen):
            target_s = goal.for_run(run, terms.time).target_s
            found[Key(goal.target, run.cycle, began=run.began)] = clock(
                run, target_s, terms.time, now
            )
    for leg in legs(ticket, clocks, now, parts):
        face = clock(leg.run, leg.target_s, leg.time, leg.until)
        found[_key(leg)] = face
    return found


def overruns(missed: Iterable[Miss]) -> dict[str, int]:
    """By alert, in seconds: the time beyond the targets of a ticket, none of it counted twice.

    Where a run missed a target, and another one after its priority changed, the larger overrun
    holds the other.
    """
    every = list(missed)
    worst: dict[Key, Miss] = {}
    for miss in every:
        if miss.key not in worst or miss.overrun_s > worst[miss.key].overrun_s:
            worst[miss.key] = miss
    return {each.id: each.overrun_s if worst[each.key] is each else 0 for each in every}
