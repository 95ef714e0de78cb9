"""What `sla-check` has to say: warnings and breaches, each once, whenever it is run.

An alert exists because at some instant the clock of the ticket, as the ticket then was, had run
past a threshold. That depends on events and policy alone, so one run after three hours gives the
same alerts as a run every minute, told apart by `late_by_s`, and goes to whoever has the ticket
by then. The id of an alert depends on the ticket, the target, the threshold, what began the run, and
what the policy grants: the target's length, and its calendar if another policy was applied (T14).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from sdcli.sla.duty import told
from sdcli.sla.runs import Target, elapsed, reaches, runs_of, utc_seconds
from sdcli.sla.stretch import nobody_from
from sdcli.tickets.event import SlaAlerted
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from sdcli.policy.agreements import Recipient
    from sdcli.policy.model import Policy
    from sdcli.sla.agreed import Cover
    from sdcli.sla.calendar import WorkingTime
    from sdcli.sla.clock import Clocks
    from sdcli.sla.runs import Run
    from sdcli.sla.stretch import Stretch
    from sdcli.sla.terms import Face, Goal, Terms, Threshold
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket


_NOTHING: frozenset[Face] = frozenset()
Stage: TypeAlias = Literal["warning", "predicted", "breach"]
OwnTarget: TypeAlias = Literal["time-box", "operational", "underpinning"]
"""What the desk holds itself, its queues and its suppliers to."""


class Alert(Struct, frozen=True, kw_only=True):
    """One thing to say. Figures are those of the instant the threshold was passed.

    Args:
        threshold: the percentage; of a breach that is foreseen, what had passed by then.
        due: in seconds of UTC, as it was at that instant.
        began, mark: see `SlaAlerted`.
        late_by_s: how long ago the threshold was passed.
        on_arrival: it was past already when the target came to hold (T10).
    """

    id: str
    ref: str
    target: Target | OwnTarget
    threshold: int
    percent: float
    due: int
    elapsed_s: int
    target_s: int
    late_by_s: int
    recipients: tuple[str, ...]
    stage: Stage
    cycle: int = 1
    began: str = ""
    mark: str = ""
    on_arrival: bool = False


def alerts(
    ticket: Ticket, policy: Policy, clocks: Clocks, now: int, parts: Sequence[Stretch] = ()
) -> list[Alert]:
    """Everything that should have been said about a ticket's targets by `now` and has not been.

    `clocks` are those of the policy, `now` is in seconds of UTC; `parts` are the stretches of the
    ticket, if they are known already.
    """
    found: dict[str, Alert] = {}
    said = said_of(ticket)
    for state in states(ticket, clocks, parts or clocks.parts(ticket, now)):
        for passing in passings(ticket, state, said):
            id_ = alert_id(ticket, passing.threshold)
            if id_ not in found:
                found[id_] = _alert(ticket, policy, now, state, passing)
    return list(found.values())


class State(Struct, frozen=True):
    """A ticket under one of its agreements and priorities, from when until when, in seconds of UTC."""

    events: tuple[AnyEvent, ...]
    cover: Cover
    terms: Terms
    since: int
    until: int


def states(ticket: Ticket, clocks: Clocks, parts: Sequence[Stretch]) -> list[State]:
    """What a ticket has been granted, turn by turn, without those too short to pass a threshold.

    No clock has run for longer than the ticket existed: most need no look at any calendar.
    """
    found: list[State] = []
    opened = utc_seconds(ticket.standing[0].at)
    following = None
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index]
        # Another queue changes nothing of what is granted.
        if part.cover is not following:
            following = part.cover
            terms = clocks.terms(following)
            if part.until - opened >= terms.soonest_s:
                since = since_of(parts, index)
                found.append(
                    State(ticket.standing[: part.events], following, terms, since, part.until)
                )
    found.reverse()
    return found


def since_of(parts: Sequence[Stretch], index: int) -> int:
    """When what is granted in a stretch came to hold; 0 if it did from the opening."""
    while index and parts[index - 1].cover is parts[index].cover:
        index -= 1
    return parts[index - 1].until if index else 0


class Passing(NamedTuple):
    """A threshold that one cycle of a target has passed, and when, in seconds of UTC."""

    run: Run
    goal: Goal
    threshold: Threshold
    at: int

    @property
    def stage(self) -> Stage:
        """What is said of it."""
        if self.threshold.predicted:
            return "predicted"
        return "warning" if self.threshold.percent < BREACH else "breach"


def passings(ticket: Ticket, state: State, said: AbstractSet[Face] = _NOTHING) -> list[Passing]:
    """The thresholds passed in one state, but for what was `said`; the earliest first."""
    return sorted(_passed(ticket, state, said), key=_when)


def _when(passing: Passing) -> int:
    return passing.at


def _passed(ticket: Ticket, state: State, said: AbstractSet[Face]) -> Iterator[Passing]:
    terms = state.terms
    for goal in terms.goals:
        is_single = goal.target_s and goal.target != "update" and terms.on_reopen != "new_cycle"
        if said and is_single and not _unsaid(goal, said):
            continue
        for run in runs_of(goal.target, state.events, terms.on_reopen):
            timed = goal.for_run(run, terms.time)
            for threshold, at in _passed_in(ticket, state, run, timed, said):
                yield Passing(run, timed, threshold, at)


def _passed_in(
    ticket: Ticket, state: State, run: Run, goal: Goal, said: AbstractSet[Face]
) -> Iterator[tuple[Threshold, int]]:
    """What one cycle has passed and nobody has said, and when, in seconds of UTC."""
    unsaid = _unsaid(goal, said) if said else goal.thresholds
    if not unsaid:
        return
    time = state.terms.time
    ran = elapsed(run, time, state.until)
    # What was late before a ticket was imported is not said here (T25).
    silent_until = utc_seconds(ticket.imported_at) if ticket.imported_at else 0
    ran_elsewhere = elapsed(run, time, silent_until - 1) if silent_until else -1
    for threshold in unsaid:
        if ran >= threshold.passed_s and threshold.passed_s > ran_elsewhere:
            at = reaches(run, time, threshold.needed_s, state.until)
            alone = nobody_from(state.events, at) if threshold.predicted else at
            if alone is not None and (alone == at or _still_runs(run, time, alone, goal, state)):
                yield threshold, alone


def _still_runs(run: Run, time: WorkingTime, at: int, goal: Goal, state: State) -> bool:
    """Whether a clock goes on at an instant, and its target is not missed by then."""
    ends = (span.start <= at and (span.end is None or at < span.end) for span in run.spans)
    return at <= state.until and any(ends) and elapsed(run, time, at) <= goal.target_s


def _alert(ticket: Ticket, policy: Policy, now: int, state: State, passing: Passing) -> Alert:
    """What is said of a threshold that was passed."""
    run, goal, threshold, at = passing
    time, needed = state.terms.time, threshold.needed_s
    if threshold.predicted:
        needed = elapsed(run, time, at)
    return Alert(
        id=alert_id(ticket, threshold),
        ref=ticket.ref,
        target=goal.target,
        threshold=threshold.percent,
        percent=round(needed * 100 / goal.target_s, 1) if goal.target_s else float(BREACH),
        due=time.after(at, goal.target_s - needed),
        elapsed_s=needed,
        target_s=goal.target_s,
        late_by_s=now - at,
        recipients=recipients_of(ticket, policy, passing.stage, now),
        stage=passing.stage,
        cycle=run.cycle,
        began=run.began,
        mark=goal.mark,
        on_arrival=at < state.since,
    )


def said_of(ticket: Ticket) -> AbstractSet[Face]:
    """What has been said of a ticket, by what its records say."""
    if not ticket.sla_alerts:
        return _NOTHING
    return {
        (
            event.target,
            0 if event.stage == "predicted" else event.threshold,
            event.began,
            event.target_s,
            event.stage == "predicted",
            event.mark,
        )
        for event in ticket.standing
        if type(event) is SlaAlerted
    }


def _unsaid(goal: Goal, said: AbstractSet[Face]) -> list[Threshold]:
    """The thresholds that nobody has said."""
    return [each for each in goal.thresholds if each.face not in said]


def alert_id(ticket: Ticket, threshold: Threshold) -> str:
    """The id of what is said when a threshold is passed."""
    return sha256(f"{ticket.ref}|{threshold.key}".encode()).hexdigest()[:16]


def recipients_of(ticket: Ticket, policy: Policy, stage: Stage, now: int) -> tuple[str, ...]:
    """Who should hear it now, each once, by the roles of the policy (R5b.2-3)."""
    rules = policy.sla.alerts
    roles = rules.breach if stage == "breach" else rules.warning
    if stage == "predicted" and rules.predicted:
        roles = rules.predicted
    return recipients_for(ticket, policy, roles, now)


def recipients_for(
    ticket: Ticket, policy: Policy, roles: Sequence[Recipient], now: int
) -> tuple[str, ...]:
    """Who has these roles for a ticket at an instant in seconds of UTC, each once."""
    return told(
        policy,
        roles,
        assignee=ticket.assignee,
        queue=ticket.queue,
        service=ticket.service,
        at=now,
    )
