"""What is legal on a ticket that follows a procedure, or is to follow one (R3c2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import RefusedError
from sdcli.fulfilment import walk
from sdcli.tickets.lifecycle import require
from sdcli.tickets.relations import require_unmerged

if TYPE_CHECKING:
    from sdcli.fulfilment.walk import Walk
    from sdcli.tickets.ticket import Ticket


def require_going_on(ticket: Ticket, *, runs: bool = False) -> None:
    """Refuse what is not legal now: a walk that is not over can end after the work (R3c2.4).

    Raises:
        RefusedError: it is not; or the ticket was merged.
    """
    goes_on = walk.running(ticket.standing) is not None and not runs
    kind = "fulfilment_step" if goes_on else "fulfilment_started"
    require(ticket.ref, ticket.status, kind, ticket.record, "fulfil")
    if goes_on:
        require_unmerged(ticket)


def require_at_work(ticket: Ticket) -> None:
    """Refuse to begin where nobody works.

    Raises:
        IllegalStepError: see above.
    """
    require(ticket.ref, ticket.status, "fulfilment_started", ticket.record, "fulfil")


def follows_none(ticket: Ticket) -> RefusedError:
    """That nothing is followed which could go on."""
    ref = ticket.ref
    return RefusedError(
        f"{ref} follows no procedure. `sdcli fulfil {ref} PROCEDURE` begins one.", ref=ref
    )


def require_nothing(ticket: Ticket) -> None:
    """Refuse what cannot be while something is followed.

    Raises:
        RefusedError: something is.
    """
    going = walk.running(ticket.standing)
    if going:
        raise RefusedError(
            f"{ticket.ref} follows {going.procedure.id}: `sdcli fulfil {ticket.ref} --abandon` "
            "ends that first.",
            ref=ticket.ref,
        )


def follows_already(ticket: Ticket, going: Walk, wanted: str) -> RefusedError:
    """That something else is followed than what is wanted."""
    own, ref = going.procedure.id, ticket.ref
    if own.casefold() == wanted.casefold():
        told = f"{own} as it was before: `sdcli fulfil {ref}` goes on with it."
        return RefusedError(f"{ref} follows {told}", ref=ref, procedure=own)
    return RefusedError(
        f"{ref} follows {own} already. `sdcli fulfil {ref} --abandon` ends that, before {wanted} "
        "begins.",
        ref=ref,
        procedure=own,
    )


def still(ticket: Ticket, seen: Walk) -> Walk:
    """The walk that was seen, as it is by now.

    Raises:
        RefusedError: somebody has ended it meanwhile.
    """
    going = walk.running(ticket.standing)
    if going is not None and going.started.id == seen.started.id:
        return going
    now = f"it follows {going.procedure.id} by now" if going else "it follows nothing any more"
    raise RefusedError(
        f"{ticket.ref} has left {seen.procedure.id} meanwhile: {now}. `sdcli show {ticket.ref}` "
        "shows it.",
        ref=ticket.ref,
        procedure=seen.procedure.id,
    )
