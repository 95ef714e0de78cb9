"""`sdcli detail`: add what has become known about a request (R1b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import as_command, details_of, pass_desk, with_details, with_ref
from sdcli.results.tickets import Changed
from sdcli.tickets import steps

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("detail", writes=True)
@with_ref
@with_details
@pass_desk
def command(desk: Desk, ref: str, **given: Any) -> Changed:
    """Add what has become known about a request.

    Each detail is kept apart, and a later word on it replaces an earlier one; the history keeps
    both.

    \b
    Example:
        sdcli detail SD-42 --reproduced yes --where 'the laptop of the desk'
    """
    from sdcli.classifying import Classification

    request = details_of(given)
    if not request.told():
        raise click.UsageError("Say what is known now, such as --failed TEXT.")
    before = len(desk.ledger.get(ref).events)
    ticket = desk.change(ref, steps.detail, request=request)
    notes = ["  All of it was known already."] if len(ticket.events) == before else []
    hints = Classification(desk).against_catalog(ticket) if request.ever_had else ()
    return Changed(desk.see(ticket), notes=notes, hints=hints)
