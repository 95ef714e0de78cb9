"""`sdcli procedure list`: what procedures and standard changes there are (R3b.2a, R3c2.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import SERVICE, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.fulfilment import ProceduresListed

_KINDS = ("procedure", "standard-change")


@as_command("list")
@click.option("--service", type=SERVICE, default=None, help="Only for this service.")
@click.option("--kind", type=click.Choice(_KINDS), default=None, help="Only these.")
@pass_desk
def command(desk: Desk, service: str | None, kind: str | None) -> ProceduresListed:
    """List the procedures and standard changes.

    \b
    Example:
        sdcli procedure list --kind standard-change
    """
    from sdcli.fulfilments.procedures import Procedures

    return Procedures(desk).listed(service or "", kind or "")
