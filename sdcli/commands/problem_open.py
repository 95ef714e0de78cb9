"""`sdcli problem open`: a problem, with the incidents that it is behind (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import QUEUE, REF, SERVICE, TEXT, as_command, pass_desk
from sdcli.tickets.words import LEVELS

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemChanged


@as_command("open", writes=True)
@click.argument("summary", type=TEXT)
@click.option(
    "--incident", "incidents", type=REF, multiple=True, help="One of its incidents; several."
)
@click.option("--service", type=SERVICE, help="The service; else that of its incidents.")
@click.option("--feature", type=TEXT, default="", help="The feature of that service.")
@click.option("--impact", type=click.Choice(LEVELS), help="Else the highest of its incidents.")
@click.option("--urgency", type=click.Choice(LEVELS), help="Else the highest of its incidents.")
@click.option("--queue", type=QUEUE, help="Who looks into it; else the queue of the service.")
@click.option("--cause", type=TEXT, default="", help="The root cause, or `unknown`.")
@click.option("--workaround", type=TEXT, default="", help="How work goes on meanwhile.")
@click.option("--because", type=TEXT, default="", help="Why these are its incidents.")
@click.option("--idempotency-key", type=TEXT, default="", help="Open it only once per key.")
@pass_desk
def command(desk: Desk, **given: Any) -> ProblemChanged:
    """Open a problem, with the incidents that it is behind.

    Its priority comes from impact and urgency, by the matrix, as that of a ticket does. What is
    not stated comes from its incidents: the highest impact and urgency, and the service, if they
    agree on it.

    \b
    Example:
        sdcli problem open 'VPN drops after sleep' --incident SD-7 --incident SD-9
    """
    from sdcli.problems import NewProblem, Problems

    told = {name: value for name, value in given.items() if value}
    return Problems(desk).open(NewProblem(**told))
