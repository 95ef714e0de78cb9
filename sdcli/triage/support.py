"""Deciding on what the catalog does not hold: who may, for how long, and what follows (R2b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError, listed
from sdcli.policy.model import SERVICES
from sdcli.tickets import steps
from sdcli.tickets.contact import Support
from sdcli.tickets.event import AnyEvent, SupportDecided
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.classify import decide
from sdcli.triage.wish import Wish

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.policy.model import Authority, Policy
    from sdcli.tickets.contact import SupportDecision
    from sdcli.tickets.event import Stamp
    from sdcli.tickets.ticket import Ticket

OVERRIDE: Authority = "override-unsupported"
SHUT_DOWN: Authority = "shut-down-unsupported"
_NEEDS: dict[SupportDecision, Authority] = {"override": OVERRIDE, "shut-down": SHUT_DOWN}


class Decision(Struct, frozen=True, kw_only=True):
    """What somebody decides, or only says: what is empty is known already, or is not said.

    Args:
        decision: what becomes of it; `undecided` says only what it is.
        what: what the request is about; `device`: that it is a device that nobody authorised.
        by: who has the authority; `reason`: why.
        until: when an override ends, in UTC; None if it is for good.
        agreement: what is promised for it, instead of what the desk's rules say.
        impact: what working on it means; `violates`: the policy it goes against.
        discovered: how it was found out that it is no service of the catalog, if it was taken
            for one (R3d1.5).
    """

    decision: SupportDecision
    what: str = ""
    device: bool = False
    by: str = ""
    reason: str = ""
    until: datetime | None = None
    agreement: str = ""
    impact: str = ""
    violates: str = ""
    discovered: str = ""


def judge(ticket: Ticket, stamp: Stamp, *, policy: Policy, wish: Decision) -> tuple[AnyEvent, ...]:
    """Record what was decided, and take the steps that follow from it.

    What is declined is closed, what is to be shut down and what is an unauthorised device goes
    to the queue for those (R2b.2d).

    Raises:
        RefusedError: nobody said what it is; the catalog holds it; the person lacks the
            authority; the end is past.
        IllegalStepError: the ticket is closed.
    """
    steps.require("support_decided", ticket, "support")
    needed = _NEEDS.get(wish.decision)
    if needed:
        require_authority(policy, wish.by, needed)
    if wish.until is not None and wish.until <= stamp.at:
        raise RefusedError(
            f"An override of {ticket.ref} cannot end {wish.until:%Y-%m-%d %H:%M}Z: that is "
            "already past.",
            ref=ticket.ref,
        )
    known = ticket.support and replace(ticket.support, found="")
    is_device = wish.device or (known is not None and known.device)
    reclassified = () if is_device else _unclassified(ticket, stamp, policy, wish)
    support = _support(ticket, policy, wish, known)
    decided = SupportDecided(*stamp.mark(), support=support)
    return (*reclassified, decided, *_what_follows(ticket, stamp, policy, support))


def able(policy: Policy, authority: Authority) -> tuple[str, ...]:
    """The technicians who have an authority, by id."""
    staff = policy.teams.technicians
    return tuple(name for name, each in staff.items() if authority in each.authority)


def require_authority(policy: Policy, person: str, authority: Authority) -> None:
    """Refuse a decision that is not this person's to make (R2b.2).

    Raises:
        RefusedError: they lack the authority; it names the file and line, and who has it.
    """
    found = policy.teams.technicians[person]
    if authority in found.authority:
        return
    others = able(policy, authority)
    who = f"{listed(others)} can" if others else "nobody can"
    raise RefusedError(
        f"{person} may not decide this: {found.place} gives no `{authority}` to {person}; {who}.",
        person=person,
        authority=authority,
        place=found.place,
        able=others,
    )


def _support(ticket: Ticket, policy: Policy, wish: Decision, known: Support | None) -> Support:
    """What is known of the thing by now, with what was decided."""
    what = wish.what or (known.what if known else ticket.opening.fields.get("service", ""))
    if not what:
        raise RefusedError(
            f"Nobody has said yet what {ticket.ref} is about: add --unsupported NAME, or --device "
            "NAME for a device that nobody authorised.",
            ref=ticket.ref,
        )
    said = Support(
        what=what,
        decision=wish.decision,
        device=wish.device or (known.device if known else False),
        authorised_by=wish.by,
        reason=wish.reason,
        impact=wish.impact or (known.impact if known else ""),
        violates=wish.violates or (known.violates if known else ""),
        until=wish.until,
    )
    if wish.decision != "override":
        return said
    return replace(said, agreement=wish.agreement or policy.classification.support.agreement)


def _unclassified(
    ticket: Ticket, stamp: Stamp, policy: Policy, wish: Decision
) -> tuple[AnyEvent, ...]:
    """What takes the ticket off the service of the catalog that it was held for."""
    if policy.service(ticket.service) is None:
        return ()
    if not (wish.discovered and wish.reason):
        raise RefusedError(
            f"{ticket.ref} is about {ticket.service}, which {SERVICES} holds, so it is supported. "
            "If it is about something else, add --unsupported NAME, --discovered HOW that was "
            "found and --reason WHAT-SHOWS-IT.",
            ref=ticket.ref,
            service=ticket.service,
        )
    other = Wish(service=UNKNOWN, discovered=wish.discovered, reason=wish.reason)
    return decide(ticket, stamp, policy=policy, wish=other)


def _what_follows(
    ticket: Ticket, stamp: Stamp, policy: Policy, support: Support
) -> tuple[AnyEvent, ...]:
    rules = policy.classification.support
    if support.decision == "decline":
        reason = f"{support.what} is not in the catalog: {support.reason}"
        return steps.close(ticket, stamp, code=rules.code, unconfirmed=reason)
    new_device = support.device and support.decision == "undecided"
    if ticket.queue == rules.devices or not (new_device or support.decision == "shut-down"):
        return ()
    reason = support.reason or "a device that nobody authorised"
    told = f"{support.what}: {reason}"
    return steps.escalate(ticket, stamp, to=rules.devices, reason=told, tiers=policy.tier)
