"""`sdcli sla cause`: why a target was missed (R5b.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_cause, with_ref
from sdcli.results.tickets import Changed
from sdcli.tickets.words import SLA_TARGETS

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("cause", writes=True)
@with_ref
@click.option("--target", type=click.Choice(SLA_TARGETS), required=True, help="What was missed.")
@click.option("--cycle", type=click.IntRange(1), help="Which run of it. [the last one missed]")
@with_cause
@click.option("--note", type=TEXT, default="", help="What is to be said about it.")
@pass_desk
def command(desk: Desk, ref: str, target: str, cycle: int | None, cause: str, note: str) -> Changed:
    """Record why a target was missed.

    In a word of the desk's list breach_cause (catalog/vocabulary.yaml); `unknown` is counted
    apart. It may be said again: the last word holds, and all stay on record.

    \b
    Example:
        sdcli sla cause SD-42 --target resolution --cause supplier --note 'part came late'
    """
    from sdcli.promises import Promises

    ticket = Promises(desk).explain_breach(ref, target=target, cycle=cycle, cause=cause, note=note)
    return Changed(desk.see(ticket))
