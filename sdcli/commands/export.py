"""`sdcli export`: every ticket with all its events, as JSON Lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import WhenType, as_command, pass_desk
from sdcli.results.imports import Exported
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.tickets.ticket import Ticket


@as_command("export")
@click.option("--since", type=WhenType(), help="Only tickets that changed at or after this.")
@pass_desk
def command(desk: Desk, since: datetime | None) -> Exported:
    """Print every ticket with all its events, one JSON object a line.

    In the order of references, closed ones too: the same ledger gives the same lines. What it
    prints is what `sdcli import` reads.

    \b
    Example:
        sdcli export > tickets.jsonl
    """
    query = Query(statuses=() if since else STATUSES, touched_since=since, record="", void=True)
    return Exported(_with_a_bar(desk.ledger.find(query), desk.ledger.count()))


def _with_a_bar(tickets: Iterator[Ticket], total: int) -> Iterator[Ticket]:
    """The tickets; a terminal sees how far they have got."""
    from sdcli.render.progress import shown

    with shown("Exporting") as progress:
        for done, ticket in enumerate(tickets, 1):
            yield ticket
            progress(done, total)
