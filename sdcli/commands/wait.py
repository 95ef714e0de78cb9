"""`sdcli wait`: pause until somebody else has acted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import (
    SUPPLIER,
    TEXT,
    WhenType,
    as_command,
    pass_desk,
    vocabulary,
    with_at,
    with_ref,
)
from sdcli.results.tickets import Changed
from sdcli.tickets import steps

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk


@as_command("wait", writes=True)
@with_ref
@click.option(
    "--for",
    "waiting_for",
    type=vocabulary("waiting_for"),
    required=True,
    metavar="user|vendor|change|other",
    help="Who must act.",
)
@click.option("--until", type=WhenType(), default=None, help="When to look again.")
@click.option("--reason", type=TEXT, default="", help="What they must do.")
@click.option("--supplier", type=SUPPLIER, help="Whose contract runs meanwhile.")
@with_at
@pass_desk
def command(
    desk: Desk,
    ref: str,
    waiting_for: str,
    until: datetime | None,
    reason: str,
    supplier: str | None,
) -> Changed:
    """Pause until somebody else has acted.

    The resolution clock stands still meanwhile; the response clock does not, and the caller is
    still to be kept informed unless it is they who must act.

    \b
    Example:
        sdcli wait SD-42 --for user --until 2026-11-25T09:00Z --reason 'must test at home'
    """
    ticket = desk.change(
        ref,
        steps.wait,
        waiting_for=waiting_for,
        until=until,
        reason=reason,
        supplier=supplier or "",
    )
    return Changed(desk.see(ticket))
