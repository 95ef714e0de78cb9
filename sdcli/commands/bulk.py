"""`sdcli bulk`: one command on every ticket that a query asks for, all or none."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from sdcli.params import QUERY, SdCommand, as_query_command, pass_desk, session_of
from sdcli.results.ledgers import Done
from sdcli.results.lists import BulkDone, BulkPreview
from sdcli.session import is_interactive, unasked

if TYPE_CHECKING:
    from sdcli.desk import Desk

_NOT_HERE = ("bulk", "open", "log", "undo", "edit", "guide", "ack", "tell", "fulfil", "next")
"""What makes tickets, asks questions, or sends something while everything would be locked."""
_PLACE = "{}"


@as_query_command("bulk", writes=True)
@click.argument("query", type=QUERY)
@click.argument("words", metavar="-- COMMAND [OPTION]...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do it without being asked.")
@click.option("--skip-refused", is_flag=True, help="Leave out tickets on which it does not apply.")
@click.option("--all", "everything", is_flag=True, help="Closed tickets too.")
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    query: str,
    words: tuple[str, ...],
    yes: bool,
    skip_refused: bool,
    everything: bool,
) -> BulkDone | BulkPreview | Done:
    """Run one command on every ticket that a query asks for: on all of them, or on none.

    The command stands behind `--`, without its reference, or with {} in its place. First it is tried
    on each ticket, and what would happen is shown; at a terminal you are asked, in a script --yes
    does it. If one ticket refuses, nothing is changed on any; --skip-refused leaves it out. `sdcli
    undo` takes all of it back.

    \b
    Examples:
        sdcli bulk 'queue:network is:unassigned' -- assign --to greta
        sdcli bulk 'status:resolved idle>30d' --yes -- close --unconfirmed 'nobody answered'
        sdcli bulk @stale --dry-run -- note 'looked at in the weekly meeting'
    """
    from sdcli.bulk import Bulk, require_all

    session = session_of(ctx)
    parts = _command(ctx, words)

    def run(ref: str) -> object:
        return _run(ctx, parts, words, ref)

    bulk = Bulk(desk, query, run, everything=everything)
    with unasked():
        preview = bulk.rehearse()
    require_all(preview, skip=skip_refused)
    if session.dry_run:
        return preview
    if not preview.tickets:
        return BulkDone((), refused=preview.refused)
    if not (yes or _agrees(preview, words)):
        return Done("Nothing was changed.")
    with unasked():
        return bulk.do(preview.tickets, preview.refused)


_OF_BULK = ("--as", "--desk", "--dry-run")


def _command(ctx: click.Context, words: tuple[str, ...]) -> list[click.Command]:
    """The command that is meant, below its groups."""
    own = [word for word in words if word.partition("=")[0] in _OF_BULK]
    if own:
        raise click.UsageError(f"{own[0]} goes before the `--`: it is for all tickets alike.")
    at: click.Command = ctx.find_root().command
    found: list[click.Command] = []
    for word in words:
        if not isinstance(at, click.Group):
            break
        inner = at.get_command(ctx, word)
        if inner is None:
            raise click.UsageError(f"There is no command {word!r} to run on tickets.")
        found.append(inner)
        at = inner
    takes_ref = any(param.name == "ref" for param in at.params)
    writes = isinstance(at, SdCommand) and at.writes
    if words[0] in _NOT_HERE or not (writes and (takes_ref or _PLACE in words)):
        raise click.UsageError(
            f"`{' '.join(words[: len(found)])}` cannot be run on many tickets: only what changes the "
            "ticket that it names, and sends nothing."
        )
    return found


def _run(
    ctx: click.Context, parts: list[click.Command], words: tuple[str, ...], ref: str
) -> object:
    """Run the command on one ticket, as if it had been typed."""
    count, last = len(parts), parts[-1]
    if _PLACE in words:
        args = [ref if word == _PLACE else word for word in words[count:]]
    else:
        args = [ref, *words[count:]]
    name = " ".join(words[:count])
    with last.make_context(name, args, parent=ctx) as inner:
        return last.invoke(inner)


def _agrees(preview: BulkPreview, words: tuple[str, ...]) -> bool:
    """Show what would happen, and ask; without a terminal nobody can be.

    Raises:
        RefusedError: there is no terminal, and no --yes.
    """
    from sdcli.errors import RefusedError
    from sdcli.render.as_text.bulk import preview_lines

    number = len(preview.tickets)
    told = "1 ticket" if number == 1 else f"{number} tickets"
    if not is_interactive():
        raise RefusedError(
            f"`{shlex.join(words)}` would change {told}: --yes does it, and --dry-run shows what "
            "would happen.",
            tickets=[ticket.ref for ticket in preview.tickets],
        )
    for line in preview_lines(preview):
        click.echo(line, err=True)
    return click.confirm(f"Change {told}?", default=False, err=True)
