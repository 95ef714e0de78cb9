"""`sdcli problem candidates`: incidents that come again and again (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import SinceType, as_command, pass_desk

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.problems import CandidatesFound


@as_command("candidates")
@click.option(
    "--since",
    type=SinceType(),
    metavar="WHEN",
    default="30d",
    help="Opened, or taken up again, from then on. [30d]",
)
@click.option("--fewest", type=click.IntRange(2), default=3, help="At least so often. [3]")
@pass_desk
def command(desk: Desk, since: datetime, fewest: int) -> CandidatesFound:
    """Find incidents that come again and again.

    Those that are linked to no open problem, by what they share: the same alert, the same
    component, words alike about one feature, or an article that only went round the fault. Each
    candidate comes with the command that opens a problem for it.

    \b
    Example:
        sdcli problem candidates --since 90d --fewest 5
    """
    from sdcli.problems import Problems

    return Problems(desk).candidates(since, fewest)
