"""Deciding on what the catalog does not hold: who may, for how long, and what follows (R2b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import RefusedError, listed
from sdcli.policy.model import SERVICES
from sdcli.tickets import steps
from sdcli.tickets.contact import Support
from sdcli.tickets.event import AnyEvent, Noted, SupportDecided
from sdcli.tickets.support import state
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.classify import decide
from sdcli.triage.supported import named
from sdcli.triage.wish import Wish

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.policy.model import Policy
    from sdcli.policy.teams import Authority
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


def judge(
    ticket: Ticket, stamp: Stamp, *, policy: Policy, wish: Decision, held: str = ""
) -> tuple[AnyEvent, ...]:
    """Record what was decided, and take the steps that follow from it.

    What is declined is closed, what is to be shut down and what is an unauthorised device goes
    to the queue for those (R2b.2d). `held` is the agreement that has covered it: what was
    promised does not become stricter because work on it ends.

    Raises:
        RefusedError: nobody said what it is; the catalog holds it; the person lacks the
            authority; the end is past.
        IllegalStepError: the ticket is closed.
    """
    steps.require("support_decided", ticket, "support")
    known = ticket.support and replace(ticket.support, found="")
    _require_leave(policy, ticket, stamp.at, wish, known)
    if wish.what and not wish.device:
        _require_foreign(policy, ticket, wish.what)
    if wish.until is not None and wish.until <= stamp.at:
        raise RefusedError(
            f"An override of {ticket.ref} cannot end {wish.until:%Y-%m-%d %H:%M}Z: that is "
            "already past.",
            ref=ticket.ref,
        )
    is_device = wish.device or (known is not None and known.device and not _corrects(wish))
    reclassified = () if is_device else _unclassified(ticket, stamp, policy, wish)
    support = _support(ticket, policy, wish, known)
    if wish.decision in ("decline", "shut-down"):
        support = replace(support, agreement=support.agreement or held)
    decided = SupportDecided(*stamp.mark(), support=support)
    # The standing decision has its own reason; why a fact was added is kept beside it.
    why = wish.reason if _adds(wish, known) else ""
    noted = (Noted(*stamp.mark(), text=f"{support.what}: {why}"),) if why else ()
    return (*reclassified, decided, *noted, *_what_follows(ticket, stamp, policy, support))


def _adds(wish: Decision, known: Support | None) -> bool:
    """Whether only facts are added to a decision that stands; a new device needs one of its own."""
    if known is None or wish.decision != "undecided" or known.decision == "undecided":
        return False
    return not wish.device or known.device or known.decision == "shut-down"


def _corrects(wish: Decision) -> bool:
    """Whether what was taken for a device is said to be something else."""
    return bool(wish.decision == "undecided" and wish.what and wish.reason and not wish.device)


def _require_leave(
    policy: Policy, ticket: Ticket, now: datetime, wish: Decision, known: Support | None
) -> None:
    """Refuse what is not this person's to decide, also to undo what somebody with authority did.

    Raises:
        RefusedError: the authority is missing, or nobody is named who has it.
    """
    needed = _NEEDS.get(wish.decision)
    if needed:
        require_authority(policy, wish.by, needed)
        return
    stands = state(known, now) if known else ""
    binding = stands in ("unsupported-overridden", "unsupported-shut-down")
    if known and binding and not _adds(wish, known) and not wish.by:
        people = (
            listed(dict.fromkeys((*able(policy, OVERRIDE), *able(policy, SHUT_DOWN)))) or "nobody"
        )
        done = "ordered to be shut down" if known.decision == "shut-down" else "overridden"
        raise RefusedError(
            f"{known.what} was {done} by authority of {known.authorised_by}: to undo that for "
            f"{ticket.ref}, add --by PERSON, who has the authority ({people}).",
            ref=ticket.ref,
            support=stands,
        )
    if wish.by:
        require_authority(policy, wish.by, OVERRIDE, SHUT_DOWN)


def _require_foreign(policy: Policy, ticket: Ticket, what: str) -> None:
    """Refuse to call something unsupported that the catalog holds.

    Raises:
        RefusedError: a service, a feature or a component has that name.
    """
    service = named(policy, what)
    if service:
        raise RefusedError(
            f"{SERVICES} holds {what!r} with {service}, so it is supported: `sdcli classify "
            f"{ticket.ref} --service {service}` says that {ticket.ref} is about it.",
            ref=ticket.ref,
            service=service,
        )


def able(policy: Policy, authority: Authority) -> tuple[str, ...]:
    """The technicians who have an authority, by id."""
    staff = policy.teams.technicians
    return tuple(name for name, each in staff.items() if authority in each.authority)


def require_authority(policy: Policy, person: str, *authorities: Authority) -> None:
    """Refuse a decision that is not this person's to make: it needs one of these (R2b.2).

    Raises:
        RefusedError: they lack the authority; it names the file and line, and who has it.
    """
    found = policy.teams.technicians[person]
    if any(each in found.authority for each in authorities):
        return
    others = tuple(dict.fromkeys(name for each in authorities for name in able(policy, each)))
    needed = " or ".join(f"`{each}`" for each in authorities)
    who = f"{listed(others)} can" if others else "nobody can"
    raise RefusedError(
        f"{person} may not decide this: {found.place} gives no {needed} to {person}; {who}.",
        person=person,
        authority=" or ".join(authorities),
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
    if known and _adds(wish, known):
        return replace(
            known,
            what=what,
            device=wish.device or known.device,
            impact=wish.impact or known.impact,
            violates=wish.violates or known.violates,
        )
    said = Support(
        what=what,
        decision=wish.decision,
        device=wish.device or (known is not None and known.device and not _corrects(wish)),
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
