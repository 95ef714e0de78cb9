"""`sdcli return`: send a handed-over ticket back (R3d2.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_at, with_reason, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("return", writes=True)
@with_ref
@with_reason
@click.option(
    "--missing",
    metavar="ITEM",
    type=TEXT,
    multiple=True,
    help="An item of your queue's checklist that was not there; may be repeated.",
)
@with_at
@pass_desk
def command(desk: Desk, ref: str, reason: str, missing: tuple[str, ...]) -> Changed:
    """Send a handed-over ticket back, saying what is missing.

    It goes to the queue it came from. Only before it has been accepted.

    \b
    Examples:
        sdcli return SD-42 --reason 'which building, and since when?'
        sdcli return SD-42 --reason 'we cannot begin' --missing site
    """
    from sdcli.queues import Queues

    return Queues(desk).send_back(ref, reason=reason, missing=missing)
