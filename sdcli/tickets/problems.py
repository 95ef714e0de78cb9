"""The steps of problem management: from a problem and what a person asks, the events (R3d1.7).

A link is two events, one on the problem and one on the incident, and both are appended in one
unit of work: who is named by the other names the other (R7.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import RefusedError, WrongRecordError
from sdcli.tickets.event import (
    AnyEvent,
    IncidentLinked,
    IncidentUnlinked,
    KnownErrorDeclared,
    ProblemAnalysed,
    ProblemClosed,
    ProblemLinked,
    ProblemReopened,
    ProblemTold,
    ProblemUnlinked,
)
from sdcli.tickets.steps import require
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from typing import Literal

    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket

NO_CAUSE_NEEDED = ("declined", "withdrawn", "no-fault-found", "duplicate")
"""The closure codes that say that there was no cause to be found."""

REMOVED = "solved"
"""The closure code that says that the cause was removed."""


class Pair(NamedTuple):
    """The events of one link: those of the problem, and those of the incident; none if it stands."""

    of_problem: tuple[AnyEvent, ...] = ()
    of_incident: tuple[AnyEvent, ...] = ()


def require_problem(ticket: Ticket, command: str) -> None:
    """Refuse a step of problems on a help request.

    Raises:
        WrongRecordError: it is a help request.
    """
    if not ticket.is_problem:
        from sdcli.tickets.lifecycle import possible  # noqa: PLC0415 - only a mistake pays for it

        can = possible(ticket.status)
        raise WrongRecordError(ticket.ref, ticket.status, command, can, ticket.record)


def analyse(
    problem: Ticket, stamp: Stamp, *, cause: str = "", workaround: str = ""
) -> tuple[AnyEvent, ...]:
    """Say what is known of a problem; nothing if it is known already.

    Raises:
        IllegalStepError: the problem is closed, or no problem.
    """
    require("problem_analysed", problem)
    cause, workaround = _word(cause), _word(workaround)
    now = "" if workaround == UNKNOWN else workaround or problem.workaround
    if (cause or problem.cause, now) == (problem.cause, problem.workaround):
        return ()
    return (ProblemAnalysed(*stamp.mark(), cause=cause, workaround=workaround),)


def _word(text: str) -> str:
    """What was said, with `unknown` in one spelling."""
    return UNKNOWN if text.casefold() == UNKNOWN else text


def link(problem: Ticket, incident: Ticket, stamp: Stamp, *, why: str = "") -> Pair:
    """Gather an incident under a problem; nothing if it is there already.

    A closed incident is as good as an open one, and so is one that came after the problem was
    closed.

    Raises:
        RefusedError: it is the problem itself, another problem, or a request of another type
            without a reason.
        IllegalStepError: the first is no problem.
    """
    require("incident_linked", problem)
    _require_incident(problem, incident, why)
    if incident.ref in problem.incidents and problem.ref in incident.problems:
        return Pair()
    return Pair(
        (
            IncidentLinked(
                *stamp.mark(), incident=incident.ref, opening=incident.opening.id, why=why
            ),
        ),
        (ProblemLinked(*stamp.mark(), problem=problem.ref, opening=problem.opening.id, why=why),),
    )


def _require_incident(problem: Ticket, incident: Ticket, why: str) -> None:
    if incident.ref == problem.ref:
        raise RefusedError(f"{problem.ref} cannot be linked to itself.", ref=problem.ref)
    if incident.is_problem:
        raise RefusedError(
            f"{incident.ref} is a problem itself: link its incidents to {problem.ref}, and close "
            f"it with `sdcli problem close {incident.ref} --code duplicate`.",
            ref=incident.ref,
        )
    if incident.type not in ("incident", UNKNOWN) and not why:
        raise RefusedError(
            f"{incident.ref} is no incident but of type {incident.type}: `sdcli classify "
            f"{incident.ref} --type incident` corrects that; --because WHY links it all the same.",
            ref=incident.ref,
            type=incident.type,
        )


def unlink(problem: Ticket, incident: Ticket, stamp: Stamp, *, why: str) -> Pair:
    """Take an incident away from a problem.

    Raises:
        RefusedError: it is none of its incidents.
        IllegalStepError: the first is no problem.
    """
    require("incident_unlinked", problem)
    if incident.ref not in problem.incidents:
        raise RefusedError(
            f"{incident.ref} is no incident of {problem.ref}; `sdcli problem show {problem.ref}` "
            "lists them.",
            ref=incident.ref,
            problem=problem.ref,
        )
    return Pair(
        (IncidentUnlinked(*stamp.mark(), incident=incident.ref, why=why),),
        (ProblemUnlinked(*stamp.mark(), problem=problem.ref, why=why),),
    )


def require_known(problem: Ticket, cause: str, workaround: str) -> None:
    """Refuse to call a problem a known error of which too little is known.

    Raises:
        RefusedError: the cause was not even said to be unknown, or there is no workaround.
        IllegalStepError: the problem is closed, or no problem.
    """
    require("known_error_declared", problem)
    missing = []
    if not cause:
        missing.append("a cause (--cause TEXT, or --cause unknown if nobody knows it)")
    if not workaround:
        missing.append("a workaround (--workaround TEXT)")
    if missing:
        raise RefusedError(
            f"{problem.ref} is no known error without {' and '.join(missing)}: `sdcli problem "
            f"analyse {problem.ref}` says what is known.",
            ref=problem.ref,
            missing=missing,
        )


def declare(
    problem: Ticket, stamp: Stamp, *, article: str, revision: str, cause: str, workaround: str
) -> tuple[AnyEvent, ...]:
    """Mark a problem as a known error; nothing if just that was said last, and still holds."""
    said = (article, revision, cause, workaround)
    last = next((e for e in reversed(problem.standing) if isinstance(e, KnownErrorDeclared)), None)
    holds = (problem.cause, problem.workaround) == (cause, workaround)
    if last and holds and (last.article, last.revision, last.cause, last.workaround) == said:
        return ()
    event = KnownErrorDeclared(
        *stamp.mark(), article=article, revision=revision, cause=cause, workaround=workaround
    )
    return (event,)


def tell(
    incident: Ticket,
    stamp: Stamp,
    *,
    problem: str,
    what: Literal["known-error", "closed", "reopened"],
    text: str,
) -> tuple[AnyEvent, ...]:
    """Tell an incident what became of the problem behind it; nothing if it is over or was told.

    Who works on an open one is shown it as news.
    """
    if incident.is_closed:
        return ()
    told = [e for e in incident.standing if isinstance(e, ProblemTold) and e.problem == problem]
    if told and (told[-1].what, told[-1].text) == (what, text):
        return ()
    return (ProblemTold(*stamp.mark(), problem=problem, what=what, text=text),)


def close(
    problem: Ticket, stamp: Stamp, *, code: str, note: str = "", unfixed: str = ""
) -> tuple[AnyEvent, ...]:
    """Close a problem whose cause is known, or was left for a stated reason.

    Raises:
        RefusedError: nobody said what the cause was, and neither the code nor `unfixed` says
            that it did not matter; or it was both removed and left.
        IllegalStepError: the problem is closed, or no problem.
    """
    require("problem_closed", problem)
    if unfixed and code == REMOVED:
        raise RefusedError(
            f"{problem.ref} was either {REMOVED}, so that its cause is gone, or left --unfixed: "
            "say one.",
            ref=problem.ref,
        )
    is_known = problem.cause not in ("", UNKNOWN)
    if not (is_known or unfixed or code in NO_CAUSE_NEEDED):
        raise RefusedError(
            f"{problem.ref} cannot be closed as {code} without a cause: `sdcli problem analyse "
            f"{problem.ref} --cause TEXT` says it, --unfixed REASON why nobody looks for it any "
            f"more; {', '.join(NO_CAUSE_NEEDED)} need none.",
            ref=problem.ref,
            code=code,
        )
    return (ProblemClosed(*stamp.mark(), code=code, note=note, unfixed=unfixed),)


def reopen(problem: Ticket, stamp: Stamp, *, reason: str) -> tuple[AnyEvent, ...]:
    """Take a problem up again.

    Raises:
        IllegalStepError: it is not closed, or no problem.
    """
    require("problem_reopened", problem)
    return (ProblemReopened(*stamp.mark(), reason=reason),)
