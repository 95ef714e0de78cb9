"""`sdcli procedure show`: one procedure or standard change (R3b.2a, R3c2.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import PROCEDURE, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.fulfilment import ProcedureShown


@as_command("show")
@click.argument("procedure", type=PROCEDURE)
@pass_desk
def command(desk: Desk, procedure: str) -> ProcedureShown:
    """Show a procedure or a standard change.

    \b
    Example:
        sdcli procedure show unlock-account
    """
    from sdcli.fulfilments.procedures import Procedures

    return Procedures(desk).shown(procedure)
