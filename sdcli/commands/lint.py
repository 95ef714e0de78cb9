"""`sdcli lint`: check all files of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk
from sdcli.results.ledgers import Linted

if TYPE_CHECKING:
    from sdcli.desk import Desk

_YEAR = 365


@as_command("lint")
@click.option("--unused", is_flag=True, help="Also name the classes that no ticket has used.")
@click.option(
    "--days", type=click.IntRange(1, 36_500), help="With --unused: look back so far. [365]"
)
@pass_desk
def command(desk: Desk, unused: bool, days: int | None) -> Linted:
    """Check all files of the desk.

    Reads the catalog, the teams, the vocabulary, the SLA policies, every procedure, standard change
    and knowledge article, and reports everything that is wrong at once, with file and line. Exits 5
    if anything is.

    More classes than the desk's own limits are wrong: nobody can tell so many apart. What nothing
    leads to, what is alike, hours without anybody on call, a list of holidays that ends within a
    year, and with --unused what tickets never use, is a remark.

    \b
    Examples:
        sdcli lint
        sdcli lint --unused --days 90
    """
    from datetime import timedelta

    from sdcli.lint import lint, remarks

    if days and not unused:
        raise click.UsageError("--days goes with --unused.")
    counts = lint(desk.root)
    back = days or _YEAR
    used_by = desk.touched(desk.now - timedelta(days=back)) if unused else None
    period = f"in the last {back} days"
    now = int(desk.now.timestamp())
    told = remarks(desk.root, desk.policy, desk.questions, used_by=used_by, period=period, now=now)
    return Linted(counts, remarks=told)
