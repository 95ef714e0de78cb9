"""`sdcli problem link`: incidents under a problem, both ways (R3d1.7, R7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, TEXT, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemChanged


@as_command("link", writes=True)
@click.argument("problem", metavar="PROBLEM", type=REF)
@click.argument("incidents", metavar="INCIDENT...", type=REF, nargs=-1, required=True)
@click.option("--because", type=TEXT, default="", help="Why they belong to it.")
@pass_desk
def command(desk: Desk, problem: str, incidents: tuple[str, ...], because: str) -> ProblemChanged:
    """Say that incidents belong to a problem.

    Closed ones too. The problem names them and they name the problem; a ticket may belong to
    several. A request that is no incident needs --because.

    \b
    Example:
        sdcli problem link SD-43 SD-7 SD-9 --because 'the same driver version'
    """
    from sdcli.problems import Problems

    return Problems(desk).link(problem, incidents, because)
