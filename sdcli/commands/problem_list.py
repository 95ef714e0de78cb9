"""`sdcli problem list`: problems, the most pressing first (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUEUE, SERVICE, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemsListed


@as_command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones too.")
@click.option("--service", type=SERVICE, help="Only this service.")
@click.option("--queue", type=QUEUE, help="Only this queue.")
@click.option("--known-errors", is_flag=True, help="Only those that an article tells of.")
@pass_desk
def command(
    desk: Desk, *, everything: bool, service: str | None, queue: str | None, known_errors: bool
) -> ProblemsListed:
    """List problems, the most pressing first.

    \b
    Example:
        sdcli problem list --known-errors
    """
    from sdcli.problems import Problems

    return Problems(desk).listed(
        everything=everything,
        service=service or "",
        queue=queue or "",
        known_errors=known_errors,
    )
