"""The filter for requests that ask for something new (R3c1.1).

Which rules of `catalog/changes/refused.yaml` a request meets, which requests ask for the same, and
the events by which it is let through or refused. Who decides is a person: nothing is refused by
itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.errors import RefusedError
from sdcli.intake.before import Alike, alike
from sdcli.tickets import steps
from sdcli.tickets.event import Noted, RequestFiltered
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.suggest import folded, holds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.policy.changes import Refusal, RefusedServices
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

DECLINED = "declined"
"""The closure code of what is refused."""

LOOK_BACK_DAYS = 365
"""Requests that have not changed for longer are no duplicates any more."""

_MOST_READ = 20_000
_TYPES = ("new-service", UNKNOWN)


class Met(Struct, frozen=True):
    """A rule that a request meets, and why it is thought so."""

    rule: str
    refusal: Refusal
    why: str


class Decision(Struct, frozen=True, kw_only=True):
    """What somebody decides about a request for something new.

    Args:
        accept: to let it through.
        rule: the rule that it is rejected by; `reason`: why, in words.
        tell: what the requester is told, in place of the usual words.
    """

    accept: bool
    rule: str = ""
    reason: str = ""
    tell: str = ""


def require_filterable(ticket: Ticket) -> None:
    """Refuse what asks for nothing new, or is over.

    Raises:
        IllegalStepError: it is closed.
        RefusedError: it is of another type.
    """
    steps.require("request_filtered", ticket, "filter")
    if ticket.type not in _TYPES:
        raise RefusedError(
            f"{ticket.ref} is of type {ticket.type}, and the filter is for what the catalog does "
            f"not offer: `sdcli classify {ticket.ref} --type new-service` with --discovered and "
            "--reason says that it asks for something new.",
            ref=ticket.ref,
            type=ticket.type,
        )


def met(rules: RefusedServices, ticket: Ticket) -> list[Met]:
    """The rules that a request meets, in the order of the file."""
    opening = ticket.opening
    said = (ticket.summary, opening.details, *ticket.request.told().values())
    text = folded("\n".join(said)[:_MOST_READ])
    found = ((name, rule, _why(rule, ticket, text)) for name, rule in rules.rules.items())
    return [Met(name, rule, why) for name, rule, why in found if why]


def _why(rule: Refusal, ticket: Ticket, text: str) -> str:
    """Why a request meets a rule; empty if it does not."""
    said = [each for each in rule.keywords if holds(text, each)]
    about = ticket.service if ticket.service in rule.services else ""
    if (rule.keywords and not said) or (rule.services and not about):
        return ""
    told = f"it says {said[0]}" if said else ""
    return " and ".join(filter(None, (told, f"it is about {about}" if about else "")))


def duplicates(ticket: Ticket, others: Iterable[Ticket]) -> list[Alike]:
    """Those of other requests for something new that seem to ask for the same."""
    rest = (each for each in others if each.ref != ticket.ref and not each.is_problem)
    return alike(rest, ticket.summary, UNKNOWN)


def last_decision(ticket: Ticket) -> RequestFiltered | None:
    """What was decided last; None if nobody has decided yet."""
    found = (each for each in reversed(ticket.standing) if isinstance(each, RequestFiltered))
    return next(found, None)


def decide(
    ticket: Ticket,
    stamp: Stamp,
    *,
    rules: RefusedServices,
    wish: Decision,
    same: tuple[str, ...] = (),
) -> tuple[AnyEvent, ...]:
    """Let a request through, or refuse it and tell the requester; nothing if it was let through.

    What is refused is resolved as declined, and stays on record.

    Raises:
        IllegalStepError: it is closed, or resolved already.
        RefusedError: it is of another type, or nobody says why.
    """
    require_filterable(ticket)
    against = [each.rule for each in met(rules, ticket)]
    if wish.accept:
        return _accepted(ticket, stamp, against, wish, same)
    if not (wish.rule or wish.reason):
        named = f" --reject {against[0]} names the rule that it meets." if against else ""
        raise RefusedError(
            f"{ticket.ref} is not rejected without a reason: --reject RULE, or --because WHY."
            f"{named}",
            ref=ticket.ref,
            rules=against,
        )
    steps.require("resolved", ticket, "filter --reject")
    told = wish.tell or _words(ticket, rules.rules.get(wish.rule), wish.reason)
    why = "; ".join(filter(None, (wish.rule, wish.reason)))
    return (
        RequestFiltered(
            *stamp.mark(),
            decision="rejected",
            rule=wish.rule,
            reason=wish.reason,
            duplicates=same,
            told=told,
        ),
        Noted(*stamp.mark(), text=told, visible=True),
        *steps.resolve(ticket, stamp, code=DECLINED, note=f"rejected by the filter: {why}"),
    )


def _accepted(
    ticket: Ticket,
    stamp: Stamp,
    against: list[str],
    wish: Decision,
    same: tuple[str, ...],
) -> tuple[AnyEvent, ...]:
    before = last_decision(ticket)
    if before and (before.decision, before.duplicates) == ("accepted", same) and not wish.reason:
        return ()
    if against and not wish.reason:
        raise RefusedError(
            f"{ticket.ref} meets {' and '.join(against)}: --because WHY says why it is let through "
            f"all the same, and `--reject {against[0]}` refuses it.",
            ref=ticket.ref,
            rules=against,
        )
    met_ = f"it meets {' and '.join(against)}" if against else ""
    why = "; ".join(filter(None, (wish.reason, met_)))
    accepted = RequestFiltered(*stamp.mark(), decision="accepted", reason=why, duplicates=same)
    return (accepted,)


def _words(ticket: Ticket, rule: Refusal | None, reason: str) -> str:
    """What the requester is told: what is refused, why, and what there is instead."""
    parts = (
        f"We cannot offer what you asked for ({ticket.summary})",
        f"{rule.says}; that was decided by {rule.decided_by}" if rule else "",
        f"The reason: {reason}" if reason else "",
        f"Instead: {rule.instead}" if rule and rule.instead else "",
    )
    return " ".join(f"{each.rstrip('. ')}." for each in parts if each)
