"""`sdcli problem unlink`: incidents away from a problem, both ways (R3d1.7, R7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, TEXT, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemChanged


@as_command("unlink", writes=True)
@click.argument("problem", metavar="PROBLEM", type=REF)
@click.argument("incidents", metavar="INCIDENT...", type=REF, nargs=-1, required=True)
@click.option("--because", type=TEXT, required=True, help="Why they do not belong to it.")
@pass_desk
def command(desk: Desk, problem: str, incidents: tuple[str, ...], because: str) -> ProblemChanged:
    """Take incidents away from a problem.

    That they were linked stays in the history of both.

    \b
    Example:
        sdcli problem unlink SD-43 SD-9 --because 'another adapter'
    """
    from sdcli.problems import Problems

    return Problems(desk).unlink(problem, incidents, because)
