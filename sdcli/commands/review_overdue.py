"""`sdcli review overdue`: what nobody has confirmed (R5a.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import SinceType, as_command, pass_desk

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.quality import ConfirmationsOverdue


@as_command("overdue")
@click.option(
    "--since",
    type=SinceType(),
    metavar="WHEN",
    default="30d",
    help="Of what is closed: closed from then on. [30d]",
)
@pass_desk
def command(desk: Desk, since: datetime) -> ConfirmationsOverdue:
    """List what nobody has confirmed.

    What has been resolved for longer than catalog/review.yaml allows (working time, anew after each
    word between the desk and the caller), the oldest first, with the caller, how to reach them and
    what comes next. And what was closed without a confirmation, a reason that somebody gave, or
    the evidence of another team.

    \b
    Example:
        sdcli review overdue
    """
    from sdcli.reviews import Reviews

    return Reviews(desk).overdue(since)
