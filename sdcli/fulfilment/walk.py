"""The walk through a procedure or a standard change, as the events of a ticket tell it.

Nothing of it is stored beside the events, so a walk goes on wherever it stands, for whoever takes
it up, and what is taken back was never done (R3b.2, R3c2.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.tickets.event import (
    ApprovalDecided,
    Edition,
    FulfilmentEnded,
    FulfilmentStarted,
    FulfilmentStepped,
    HookRan,
    ProcedureSought,
)
from sdcli.tickets.words import UNKNOWN, YesNo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.fulfilment import Fulfilled, StepResult

Stand: TypeAlias = Literal[
    "named",
    "sought",
    "rejected",
    "approved",
    "scheduled",
    "running",
    "fulfilled",
    "failed",
    "abandoned",
]
"""How far it is: named by the catalog, looked for, agreed to or not, begun for later or now, ended."""


class StepDone(NamedTuple):
    """What became of one step, by its number from 1."""

    number: int
    result: StepResult
    note: str = ""


class Verified(Struct, frozen=True, kw_only=True):
    """What is said at the end (R3c2.4, R4.4): see `FulfilmentEnded`."""

    tool_check: YesNo = UNKNOWN
    user_check: YesNo = UNKNOWN
    accurate: YesNo = UNKNOWN
    in_time: YesNo = UNKNOWN
    surprises: str = ""
    improvement: str = ""


class Walk(Struct, frozen=True):
    """One walk.

    Args:
        started: how it began; `ended`: how it ended, None while it goes on.
        steps: the last that became of each step, by its number.
        ran: what its program did, each time; how it ended takes the place of that it was started.
    """

    started: FulfilmentStarted
    steps: dict[int, FulfilmentStepped]
    ran: tuple[HookRan, ...] = ()
    ended: FulfilmentEnded | None = None

    @property
    def procedure(self) -> Edition:
        """What is followed, at the revision that it was begun with."""
        return self.started.procedure

    @property
    def begins(self) -> datetime:
        """When it begins or began, in UTC: when it was scheduled for, if it was."""
        return max(self.started.at, self.started.scheduled or self.started.at)

    @property
    def program(self) -> HookRan | None:
        """What its program did last; None if it was never started."""
        return self.ran[-1] if self.ran else None

    def of(self, number: int, text: str) -> FulfilmentStepped | None:
        """The last that became of a step; None if nothing did since it says this."""
        found = self.steps.get(number)
        return found if found and found.step == text else None

    def left(self, texts: Sequence[str]) -> list[int]:
        """The steps that have no result, or failed, by what they say now."""
        found = enumerate((self.of(n, text) for n, text in enumerate(texts, 1)), 1)
        return [number for number, done in found if done is None or done.result == "failed"]

    def next_of(self, texts: Sequence[str]) -> int | None:
        """The first step that has no result, or failed; None if there is none."""
        return next(iter(self.left(texts)), None)


def walks(events: Iterable[AnyEvent]) -> list[Walk]:
    """Every walk of a ticket, in order, by its events that count."""
    found: list[Walk] = []
    for event in events:
        if isinstance(event, FulfilmentStarted) and not event.goes_on:
            found.append(Walk(event, {}))
        elif isinstance(event, HookRan) and event.started:
            found = [_with_outcome(each, event) for each in found]
        elif found and found[-1].ended is None:
            found[-1] = _went_on(found[-1], event)
    return found


def _with_outcome(walk: Walk, outcome: HookRan) -> Walk:
    """The walk with how a program ended in place of that it was started, if it was started there."""
    ran = tuple(outcome if each.id == outcome.started else each for each in walk.ran)
    return replace(walk, ran=ran)


def _went_on(walk: Walk, event: AnyEvent) -> Walk:
    """The walk after one more event of its ticket."""
    if isinstance(event, FulfilmentStarted) and event.procedure == walk.procedure:
        said = {**walk.started.prerequisites, **event.prerequisites}
        return replace(walk, started=replace(walk.started, prerequisites=said))
    if isinstance(event, FulfilmentStepped):
        return replace(walk, steps={**walk.steps, event.number: event})
    if isinstance(event, HookRan):
        return replace(walk, ran=(*walk.ran, event))
    if isinstance(event, FulfilmentEnded):
        return replace(walk, ended=event)
    return walk


def last(events: Iterable[AnyEvent]) -> Walk | None:
    """The walk that was begun last; None if none was."""
    found = walks(events)
    return found[-1] if found else None


def running(events: Iterable[AnyEvent]) -> Walk | None:
    """The walk that goes on; None if none does."""
    found = last(events)
    return found if found and found.ended is None else None


def sought(events: Sequence[AnyEvent]) -> ProcedureSought | None:
    """What was looked for last; None if nothing was."""
    found = (event for event in reversed(events) if isinstance(event, ProcedureSought))
    return next(found, None)


def decision(events: Sequence[AnyEvent], procedure: str) -> ApprovalDecided | None:
    """What was decided last on a procedure, whatever its revision; None if nothing was."""
    found = (
        event
        for event in reversed(events)
        if isinstance(event, ApprovalDecided) and event.procedure.id == procedure
    )
    return next(found, None)


def edition(what: Instructions) -> Edition:
    """What is followed, at the revision that it has now."""
    return Edition(what.id, what.revision)


def seek(
    stamp: Stamp, query: str, found: Sequence[Edition], chosen: str, before: Sequence[AnyEvent]
) -> tuple[AnyEvent, ...]:
    """Note what was looked for; nothing if just that was noted last (R3b.1)."""
    known = sought(before)
    if known and (known.query, known.found, known.chosen) == (query, tuple(found), chosen):
        return ()
    return (ProcedureSought(*stamp.mark(), query=query, found=tuple(found), chosen=chosen),)


def step(
    stamp: Stamp,
    walk: Walk,
    texts: Sequence[str],
    done: Sequence[StepDone],
    *,
    ref: str,
    minutes: int = 0,
) -> tuple[AnyEvent, ...]:
    """Note what became of steps; the minutes are booked on the first of them.

    Raises:
        RefusedError: there is no such step.
    """
    events: list[AnyEvent] = []
    for each in done:
        if not 1 <= each.number <= len(texts):
            raise RefusedError(
                f"{walk.procedure.id} has no step {each.number}: it has {len(texts)}. "
                f"`sdcli procedure show {walk.procedure.id}` shows them.",
                ref=ref,
                step=each.number,
            )
        events.append(
            FulfilmentStepped(
                *stamp.mark(),
                procedure=walk.procedure,
                number=each.number,
                step=texts[each.number - 1],
                result=each.result,
                note=each.note,
                minutes=0 if events else minutes,
            )
        )
    return tuple(events)


def remaining(walk: Walk, texts: Sequence[str]) -> list[StepDone]:
    """The steps that have no result yet, or failed, as done."""
    return [StepDone(number, "done") for number in walk.left(texts)]


def end(
    stamp: Stamp,
    walk: Walk,
    outcome: Fulfilled,
    said: Verified,
    *,
    ref: str,
    texts: Sequence[str],
) -> tuple[AnyEvent, ...]:
    """End a walk.

    Raises:
        RefusedError: it is called fulfilled, and steps are left, or a check says otherwise.
    """
    if outcome == "fulfilled":
        _require_complete(walk, said, ref, texts)
    facts: dict[str, Any] = {name: getattr(said, name) for name in said.__struct_fields__}
    return (FulfilmentEnded(*stamp.mark(), procedure=walk.procedure, outcome=outcome, **facts),)


def _require_complete(walk: Walk, said: Verified, ref: str, texts: Sequence[str]) -> None:
    open_ = walk.left(texts)
    bad = [n for n in open_ if walk.of(n, texts[n - 1])]
    other = [n for n in open_ if n not in bad and n in walk.steps]
    left = [n for n in open_ if n not in bad]
    if open_:
        told = [
            *([f"without a result: {', '.join(map(str, left))}"] if left else ()),
            *([f"changed since they were answered: {', '.join(map(str, other))}"] if other else ()),
            *([f"failed: {', '.join(map(str, bad))}"] if bad else ()),
        ]
        raise RefusedError(
            f"{ref} is not fulfilled by {walk.procedure.id} yet. Steps {'; '.join(told)}. "
            f"`sdcli fulfil {ref} --step N:done` or --all-done says what became of them; --failed "
            "ends it all the same.",
            ref=ref,
            left=left,
            failed=bad,
        )
    against = [name for name in ("tool_check", "user_check") if getattr(said, name) == "no"]
    if against:
        checks = " and ".join(f"--{name.replace('_', '-')} no" for name in against)
        raise RefusedError(
            f"{ref} cannot be fulfilled with {checks}: mend it, or end it with --failed.",
            ref=ref,
            checks=against,
        )
