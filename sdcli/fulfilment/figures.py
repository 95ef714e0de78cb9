"""How procedures and standard changes do: runs, success, time, and what to do about them (R3b.1a).

A run is a walk, which counts in the period in which it was begun.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Literal, NamedTuple

from msgspec import Struct

from sdcli.fulfilment.walk import walks
from sdcli.knowledge.figures import Advice, Success, success
from sdcli.policy.procedures import Procedure, StandardChange
from sdcli.tickets.event import Closed, ProcedureSought

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sdcli.fulfilment.walk import Walk
    from sdcli.knowledge.figures import Step
    from sdcli.policy.procedures import Instructions
    from sdcli.tickets.ticket import Ticket

    Took = Callable[[Ticket, Walk], "int | None"]

_FEW = 5
"""From so many runs on, the rate of success says something."""
_POOR, _GOOD = 50.0, 80.0
_OFTEN = 3
_SOON = timedelta(days=30)


class Remark(Struct, frozen=True):
    """What somebody said at the end of a run."""

    ref: str
    at: datetime
    text: str


class Figures(Struct, frozen=True, kw_only=True):
    """What became of one procedure or standard change; each a number of runs.

    Args:
        title: empty if it is not there any more.
        begun: all of them; `running`: those that go on.
        success: how many of those that ended were fulfilled; what was left off says nothing.
        took_s: the median time from beginning to end of those that were fulfilled, in seconds of
            working time; `longest_s`: the longest; `estimate_s`: the median of what was estimated.
        in_time, late: whether they took no longer than that, as it was said or reckoned.
        accurate, inaccurate: whether the document was right, as far as it was said.
        ran, ran_badly: how often its program was started, and did not end well.
        caller_could: on how many closed tickets the caller could have done it without the desk.
        improvements, surprises: what was said at the end.
    """

    id: str
    title: str
    kind: Literal["procedure", "standard-change"] = "procedure"
    owner: str = ""
    expires: str = ""
    is_expired: bool = False
    begun: int = 0
    running: int = 0
    fulfilled: int = 0
    failed: int = 0
    abandoned: int = 0
    success: Success | None = None
    took_s: int | None = None
    longest_s: int | None = None
    estimate_s: int | None = None
    in_time: int = 0
    late: int = 0
    accurate: int = 0
    inaccurate: int = 0
    ran: int = 0
    ran_badly: int = 0
    caller_could: int = 0
    improvements: tuple[Remark, ...] = ()
    surprises: tuple[Remark, ...] = ()
    refs: tuple[str, ...] = ()


class Run(NamedTuple):
    """One walk of a ticket."""

    ticket: Ticket
    walk: Walk


def runs(
    tickets: Iterable[Ticket], *, since: datetime | None = None, until: datetime | None = None
) -> dict[str, list[Run]]:
    """The walks that were begun in a period, by what they follow."""
    found: dict[str, list[Run]] = defaultdict(list)
    for ticket in tickets:
        for walk in walks(ticket.standing):
            at = walk.started.at
            if (since is None or at >= since) and (until is None or at < until):
                found[walk.procedure.id].append(Run(ticket, walk))
    return dict(found)


def nothing_fitted(
    tickets: Iterable[Ticket], *, since: datetime | None = None, until: datetime | None = None
) -> list[Remark]:
    """The tickets for which no procedure fitted, with what was looked for (R3b.1)."""
    found = {}
    for ticket in tickets:
        for event in ticket.standing:
            if not isinstance(event, ProcedureSought) or event.chosen:
                continue
            if (since is None or event.at >= since) and (until is None or event.at < until):
                found[ticket.ref] = Remark(ticket.ref, event.at, event.query)
    return list(found.values())


def figures(
    runs_: Mapping[str, Sequence[Run]], offered: Mapping[str, Instructions], today: date, took: Took
) -> list[Figures]:
    """The figures of all that there is, and of all that was followed, by id.

    `took`: how long a walk took, in seconds of working time; None if nobody can say.
    """
    ids = sorted({*offered, *runs_})
    return [_figures(id_, runs_.get(id_, ()), offered.get(id_), today, took) for id_ in ids]


def _figures(
    id_: str, runs_: Sequence[Run], what: Instructions | None, today: date, took: Took
) -> Figures:
    ended = [run.walk.ended for run in runs_ if run.walk.ended]
    outcomes = [event.outcome for event in ended]
    times = [
        seconds
        for run in runs_
        if run.walk.ended
        and run.walk.ended.outcome == "fulfilled"
        and (seconds := took(run.ticket, run.walk)) is not None
    ]
    estimates = [run.walk.started.estimate_s for run in runs_ if run.walk.started.estimate_s]
    ran = [event for run in runs_ for event in run.walk.ran]  # each with how it ended
    is_change = isinstance(what, StandardChange) or any(
        run.walk.started.standard_change for run in runs_
    )
    fulfilled, failed = outcomes.count("fulfilled"), outcomes.count("failed")
    return Figures(
        id=id_,
        title=what.title if what else "",
        kind="standard-change" if is_change else "procedure",
        owner=what.owner if what else "",
        expires=what.expires if what else "",
        is_expired=bool(what and what.is_expired(str(today))),
        begun=len(runs_),
        running=len(runs_) - len(ended),
        fulfilled=fulfilled,
        failed=failed,
        abandoned=outcomes.count("abandoned"),
        success=success(fulfilled, failed),
        took_s=round(median(times)) if times else None,
        longest_s=max(times, default=None),
        estimate_s=round(median(estimates)) if estimates else None,
        in_time=sum(event.in_time == "yes" for event in ended),
        late=sum(event.in_time == "no" for event in ended),
        accurate=sum(event.accurate == "yes" for event in ended),
        inaccurate=sum(event.accurate == "no" for event in ended),
        ran=len(ran),
        ran_badly=sum(event.exit_code != 0 and not event.is_start for event in ran),
        caller_could=sum(
            _caller_could(ticket) for ticket in {r.ticket.ref: r.ticket for r in runs_}.values()
        ),
        improvements=_remarks(runs_, "improvement"),
        surprises=_remarks(runs_, "surprises"),
        refs=tuple(dict.fromkeys(run.ticket.ref for run in runs_)),
    )


def _caller_could(ticket: Ticket) -> bool:
    """Whether the caller could have done it without the desk, as it was said on closing (R4.5)."""
    closed = [event for event in ticket.standing if isinstance(event, Closed)]
    return bool(closed) and closed[-1].caller_could == "yes"


def _remarks(runs_: Sequence[Run], name: str) -> tuple[Remark, ...]:
    """What was said at the end, the newest first; each text once."""
    found: dict[str, Remark] = {}
    for run in runs_:
        ended = run.walk.ended
        if ended and (text := getattr(ended, name)):
            found[text] = Remark(run.ticket.ref, ended.at, text)
    return tuple(sorted(found.values(), key=lambda each: each.at, reverse=True))


def advice(
    found: Sequence[Figures], offered: Mapping[str, Instructions], today: date
) -> list[Advice]:
    """What to retire, to enhance and to publish, each with the reason (R3b.1a)."""
    told = [one for each in found if each.id in offered for one in _advice(each, offered, today)]
    order: tuple[Step, ...] = ("retire", "enhance", "publish")
    return sorted(told, key=lambda one: (order.index(one.step), one.id))


def _advice(found: Figures, offered: Mapping[str, Instructions], today: date) -> Iterator[Advice]:
    what = offered[found.id]

    def say(step: Step, reason: str) -> Advice:
        return Advice(step, what.id, what.title, what.owner, reason)

    if found.is_expired and not found.begun:
        yield say("retire", f"it expired on {what.expires}, and nobody followed it")
        return
    rate = found.success
    if rate and rate.of >= _FEW and rate.high < _POOR:
        yield say("retire", f"{found.fulfilled} of {rate.of} runs were fulfilled")
        return
    enhance = "; ".join(_to_enhance(found, what, today))
    if enhance:
        yield say("enhance", enhance)
    elif _is_for_callers(found, what):
        could = f", and {found.caller_could} callers could have done it themselves"
        told = could if found.caller_could else ""
        yield say("publish", f"{found.fulfilled} runs were fulfilled, and none failed{told}")


def _to_enhance(found: Figures, what: Instructions, today: date) -> Iterator[str]:
    rate = found.success
    if rate and rate.of >= _OFTEN and rate.percent < _GOOD:
        yield f"{found.fulfilled} of {rate.of} runs were fulfilled"
    if found.inaccurate:
        yield f"it was not right on {_runs(found.inaccurate)}"
    if found.late >= _OFTEN and found.late > found.in_time:
        yield f"it took longer than it says on {_runs(found.late)}"
    if found.ran_badly:
        yield f"its program did not end well on {_runs(found.ran_badly)}"
    if found.improvements:
        yield f"{len(found.improvements)} to improve: {found.improvements[0].text}"
    if found.begun and what.is_expired(str(today + _SOON)):
        yield f"it is in use, and its review is due on {what.expires}"


def _is_for_callers(found: Figures, what: Instructions) -> bool:
    """Whether callers could do it themselves: it is safe, needs nobody's leave, and always works."""
    return (
        isinstance(what, Procedure)
        and what.audience == "desk"
        and what.authorisation is None
        and not what.on_site
        and found.fulfilled >= _OFTEN
        and not found.failed
        and (found.caller_could > 0 or found.fulfilled >= _FEW)
    )


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"
