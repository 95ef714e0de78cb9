"""`sdcli split`: a request that is two becomes two tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUEUE, SERVICE, TEXT, as_command, pass_desk, vocabulary, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("split", writes=True)
@with_ref
@click.argument("summary", type=TEXT)
@click.option("--type", "type_", type=vocabulary("type"), default=None, help="What kind it is.")
@click.option("--service", type=SERVICE, default=None, help="What it is about.")
@click.option("--queue", type=QUEUE, default=None, help="Who deals with it.")
@click.option("--details", type=TEXT, default="", help="Everything that helps.")
@pass_desk
def command(
    desk: Desk,
    ref: str,
    summary: str,
    type_: str | None,
    service: str | None,
    queue: str | None,
    details: str,
) -> Changed:
    """Open a ticket for a part of a request.

    The caller and how they are reached are copied; class and queue are those of the request where
    nothing else is said. Each names the other.

    \b
    Example:
        sdcli split SD-42 'and the scanner needs a new account' --type fulfilment
    """
    from sdcli.relating import Part, Relating

    part = Part(
        summary=summary,
        type=type_ or "",
        service=service or "",
        queue=queue or "",
        details=details,
    )
    return Relating(desk).split(ref, part)
