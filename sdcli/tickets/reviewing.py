"""The review of a request: who may take it, and the step (R5a.1, R6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import RefusedError, listed
from sdcli.tickets import lifecycle
from sdcli.tickets.event import (
    Accepted,
    Acknowledged,
    ApprovalDecided,
    ArticleSent,
    ArticlesUsed,
    Assigned,
    Classified,
    Closed,
    Detailed,
    Escalated,
    EtaGiven,
    FixApplied,
    FulfilmentEnded,
    FulfilmentStarted,
    FulfilmentStepped,
    Mentored,
    Noted,
    Opened,
    Reopened,
    RequestFiltered,
    Resolved,
    Resumed,
    Returned,
    Reviewed,
    ServiceResumed,
    SupportDecided,
    TroubleshootingStepped,
    Validated,
    Waited,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.quality import CheckAnswer
    from sdcli.tickets.ticket import Ticket

_WORK = (
    Accepted,
    Acknowledged,
    ApprovalDecided,
    ArticleSent,
    ArticlesUsed,
    Classified,
    Detailed,
    Escalated,
    EtaGiven,
    FixApplied,
    FulfilmentEnded,
    FulfilmentStarted,
    FulfilmentStepped,
    Mentored,
    Noted,
    Reopened,
    RequestFiltered,
    Resolved,
    Resumed,
    Returned,
    ServiceResumed,
    SupportDecided,
    TroubleshootingStepped,
    Validated,
    Waited,
)
"""Who did one of these has worked on a request."""


def workers(ticket: Ticket) -> tuple[str, ...]:
    """Who worked on a request: took it in, did something on it, or had it; each once.

    Whoever gave it to others has not, nor whoever ran the program that closed it by policy.
    """
    found = (person for event in ticket.standing for person in _worked(event))
    return tuple(dict.fromkeys(filter(None, found)))


def _worked(event: AnyEvent) -> tuple[str, ...]:
    if isinstance(event, Assigned):
        return (event.to or "",)
    if isinstance(event, Opened):
        came = event.alert is not None or event.message is not None
        return () if came else (event.by,)
    if isinstance(event, Closed):
        return () if event.by_policy else (event.by,)
    if isinstance(event, Mentored):
        return event.by, event.mentor
    if isinstance(event, Noted) and event.news:
        return ()  # said on another ticket
    return (event.by,) if isinstance(event, _WORK) else ()


def require_reviewer(
    ticket: Ticket, person: str, team: Iterable[str], *, callers: Iterable[str] = ()
) -> None:
    """Refuse a review where nothing is over yet, or by somebody who worked on it or asked for it.

    Args:
        ticket: what is reviewed.
        person: who would review it.
        team: those who could otherwise; nobody else can, unless it is empty.
        callers: what the requester, and whom it was for, are known by.

    Raises:
        IllegalStepError: it is not resolved, or is a problem.
        RefusedError: the person worked on it, asked for it, or is in no team; it names who could.
    """
    lifecycle.require(ticket.ref, ticket.status, "reviewed", ticket.record, "review score")
    known, team = {name.casefold() for name in workers(ticket)}, tuple(team)
    asked = {ticket.requester, ticket.opening.on_behalf_of, *callers}
    served = {name.casefold() for name in asked if name}
    own = person.casefold()
    if own in known:
        why = f"worked on {ticket.ref}"
    elif own in served:
        why = f"asked for {ticket.ref}, or it was for them,"
    elif team and own not in {name.casefold() for name in team}:
        why = "is in no team of catalog/teams.yaml"
    else:
        return
    able = [name for name in team if name.casefold() not in known | served]
    who = f"{listed(able)} can" if able else "nobody of catalog/teams.yaml can"
    raise RefusedError(
        f"{person} {why} and may not review {'it' if ticket.ref in why else ticket.ref}; {who}.",
        ref=ticket.ref,
        person=person,
        able=able,
    )


def review(
    ticket: Ticket,
    stamp: Stamp,
    *,
    checks: Mapping[str, CheckAnswer],
    checklist: str,
    team: Iterable[str],
    callers: Iterable[str] = (),
    sample: str = "",
    note: str = "",
) -> tuple[AnyEvent, ...]:
    """Say how well a request was dealt with; what is said last counts.

    Raises:
        RefusedError: see `require_reviewer`.
    """
    require_reviewer(ticket, stamp.by, team, callers=callers)
    said = Reviewed(
        *stamp.mark(), checks=dict(checks), checklist=checklist, sample=sample, note=note
    )
    return (said,)


def last_review(ticket: Ticket) -> Reviewed | None:
    """The review that counts; None if there is none."""
    return next((e for e in reversed(ticket.standing) if isinstance(e, Reviewed)), None)
