"""`sdcli filter`: is something new let through, or refused by a rule (R3c1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, TEXT, as_command, pass_desk
from sdcli.results.tickets import Changed

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.changes import Filtering

_NO_RULE = "-"
"""What `--reject` without a rule stands for."""


@as_command("filter", writes=True)
@click.argument("ref", type=REF)
@click.option("--accept", is_flag=True, help="Let it through.")
@click.option(
    "--reject",
    metavar="[RULE]",
    is_flag=False,
    flag_value=_NO_RULE,
    type=TEXT,
    default=None,
    help="Refuse it, by a rule of catalog/changes/refused.yaml, or with --because.",
)
@click.option("--because", type=TEXT, default="", help="Why.")
@click.option("--tell", type=TEXT, default="", help="What the requester is told, instead.")
@pass_desk
def command(
    desk: Desk, ref: str, *, accept: bool, reject: str | None, because: str, tell: str
) -> Filtering | Changed:
    """Let a request for something new through, or refuse it.

    Without a decision: the rules that speak against it, and the requests that ask for the same.
    What is refused is resolved as declined with a word to the requester, and stays on record:
    `sdcli report filtered` counts it.

    \b
    Examples:
        sdcli filter SD-42
        sdcli filter SD-42 --accept
        sdcli filter SD-42 --reject private-cloud-storage
        sdcli filter SD-42 --reject --because 'the budget of this year is spent'
    """
    from sdcli.change_requests import ChangeRequests

    requests = ChangeRequests(desk)
    if accept and reject is not None:
        raise click.UsageError("Say one of --accept and --reject.")
    if not accept and reject is None:
        if because or tell:
            raise click.UsageError("--because and --tell go with --accept or --reject.")
        return requests.look(ref)
    if accept and tell:
        raise click.UsageError("--tell goes with --reject.")
    from sdcli.changes.new_services import Decision
    from sdcli.render.as_text.tickets import others
    from sdcli.tickets.event import RequestFiltered

    rule = "" if reject in (None, _NO_RULE) else reject
    wish = Decision(accept=accept, rule=rule or "", reason=because, tell=tell)
    found = requests.decide(ref, wish)
    seen = desk.see(found.ticket)
    told = seen.first_of(RequestFiltered)
    notes = others(seen, told) if found.is_new else [f"{ref} was let through already."]
    return Changed(
        seen,
        notes=notes,
        is_new=found.is_new,
        more={"decision": "accepted" if accept else "rejected", "duplicates": found.duplicates},
        event=told,
    )
