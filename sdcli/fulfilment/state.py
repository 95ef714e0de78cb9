"""How far the fulfilment of a ticket is, for whoever looks at it (R3b.2, R3c2.3)."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sdcli.fulfilment import walk as walks
from sdcli.fulfilment.choose import texts as texts_of
from sdcli.policy.procedures import StandardChange
from sdcli.tickets.event import ApprovalDecided, HookRan
from sdcli.tickets.words import YesNo  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.fulfilment.walk import Stand, Walk
    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.fulfilment import StepResult
    from sdcli.tickets.ticket import Ticket


class StepState(Struct, frozen=True, kw_only=True):
    """One step, and what became of it; `result` is None where nothing did yet."""

    number: int
    step: str
    result: StepResult | None = None
    note: str = ""


class Fulfilment(Struct, frozen=True, kw_only=True):
    """How far the fulfilment of a ticket is.

    Args:
        procedure: what is followed, at the `revision` that it was begun with; `title`: its title,
            empty if its file is gone.
        state: how far it is.
        step: the number of the next step, None if there is none; `total`: how many there are.
        approval: what was decided on it; `outdated`: at another revision than that of now.
        needs_approval: whether somebody must agree before it begins.
        expected_at: when it should be done; `estimate_s`, `effort_s`: see `FulfilmentStarted`.
        changed: its file says something else by now than when it was begun.
        ran: what its program did last.
        gone: it goes on, and its file is gone, or wrong just now.
        prerequisites: whether each is met, as far as somebody has said.
    """

    procedure: str
    revision: str = ""
    kind: Literal["procedure", "standard-change"] = "procedure"
    title: str = ""
    state: Stand
    step: int | None = None
    total: int = 0
    steps: tuple[StepState, ...] = ()
    needs_approval: bool = False
    approval: ApprovalDecided | None = None
    outdated: bool = False
    started_at: datetime | None = None
    by: str = ""
    scheduled: datetime | None = None
    estimate_s: int | None = None
    effort_s: int | None = None
    expected_at: datetime | None = None
    ended_at: datetime | None = None
    changed: bool = False
    ran: HookRan | None = None
    gone: bool = False
    prerequisites: dict[str, YesNo] = {}


def unfinished_note(ref: str, found: Fulfilment) -> str:
    """That a walk is not over though the request is, and the two ways to end it."""
    left = [each.number for each in found.steps if each.result in (None, "failed")]
    if not left:
        told = f"all steps of {found.procedure} are taken, and nobody has said that it is done"
    else:
        are = "step is" if len(left) == 1 else "steps are"
        told = f"{len(left)} of {found.total} {are} open in {found.procedure}"
        told += f": {', '.join(map(str, left))}"
    done = "--all-done --done" if left else "--done"
    return (
        f"Its procedure is not over: {told}. `sdcli fulfil {ref} {done}` records that it was done, "
        f"`sdcli fulfil {ref} --abandon` that it was left off."
    )


def followed(ticket: Ticket) -> str:
    """The id of what is followed, was followed last, or was chosen; empty if nothing was."""
    events = ticket.standing
    found, chosen = walks.last(events), walks.sought(events)
    if found and (not chosen or not chosen.chosen or chosen.at <= found.started.at):
        return found.procedure.id
    if chosen and chosen.chosen:
        return chosen.chosen
    decided = [event for event in events if isinstance(event, ApprovalDecided)]
    return decided[-1].procedure.id if decided else ""


def state_of(
    ticket: Ticket, what: Instructions | None, now: datetime, expected_at: datetime | None
) -> Fulfilment | None:
    """How far it is at an instant; None if nothing was ever looked for.

    `what`: what it follows, as its file says now; None if that is gone.
    """
    id_ = followed(ticket)
    if not id_:
        return None
    events = ticket.standing
    found = walks.last(events)
    walk = found if found and found.procedure.id == id_ else None
    decided = walks.decision(events, id_)
    is_change = walk.started.standard_change if walk else isinstance(what, StandardChange)
    texts = list(texts_of(what)) if what else _known_texts(walk)
    revision = walk.procedure.revision if walk else what.revision if what else ""
    started = walk.started if walk else None
    return Fulfilment(
        procedure=id_,
        revision=revision,
        kind="standard-change" if is_change else "procedure",
        title=what.title if what else "",
        state=_stand(walk, decided, now),
        step=walk.next_of(texts) if walk and not walk.ended else None,
        total=len(texts),
        steps=_steps(walk, texts),
        needs_approval=bool(what and what.authorisation),
        approval=decided,
        outdated=bool(decided and what and decided.procedure.revision != what.revision),
        started_at=started.at if started else None,
        by=started.by if started else "",
        scheduled=started.scheduled if started else None,
        estimate_s=started.estimate_s if started else None,
        effort_s=started.effort_s if started else None,
        expected_at=expected_at if walk and not walk.ended else None,
        ended_at=walk.ended.at if walk and walk.ended else None,
        changed=bool(walk and what and not walk.ended and revision != what.revision),
        ran=walk.program if walk else None,
        gone=bool(walk and not walk.ended and what is None),
        prerequisites=started.prerequisites if started else {},
    )


def _known_texts(walk: Walk | None) -> list[str]:
    """The steps as far as a walk knows them, where the file is gone."""
    steps = walk.steps if walk else {}
    return [
        steps[number].step if number in steps else ""
        for number in range(1, max(steps, default=0) + 1)
    ]


def _stand(walk: Walk | None, decided: ApprovalDecided | None, now: datetime) -> Stand:
    if walk is None:
        return decided.decision if decided else "sought"
    if walk.ended is not None:
        return walk.ended.outcome
    is_to_come = walk.started.scheduled is not None and walk.started.scheduled > now
    return "scheduled" if is_to_come and not walk.steps else "running"


def _steps(walk: Walk | None, texts: Sequence[str]) -> tuple[StepState, ...]:
    """Each step, with what became of it since it says what it says now."""
    found = []
    for number, text in enumerate(texts, 1):
        done = walk.of(number, text) if walk else None
        found.append(
            StepState(
                number=number,
                step=text,
                result=done.result if done else None,
                note=done.note if done else "",
            )
        )
    return tuple(found)
