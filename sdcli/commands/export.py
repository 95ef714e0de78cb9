"""`sdcli export`: every ticket with all its events, as JSON Lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import WhenType, as_command, pass_desk
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk


@as_command("export")
@click.option("--since", type=WhenType(), help="Only tickets that changed at or after this.")
@pass_desk
def command(desk: Desk, since: datetime | None) -> results.Exported:
    """Print every ticket with all its events, one JSON object a line.

    In the order of references, closed ones too: the same ledger gives the same lines. What it
    prints is what `sdcli import` reads.

    \b
    Example:
        sdcli export > tickets.jsonl
    """
    query = Query(statuses=(), touched_since=since) if since else Query(statuses=STATUSES)
    return results.Exported(desk.ledger.find(query))
