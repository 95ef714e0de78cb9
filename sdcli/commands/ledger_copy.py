"""`sdcli ledger copy`: a ledger moved to another home, and proven to be the same there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.ledgers import LedgerCopied


@as_command("copy")
@click.option("--to", metavar="URL|FOLDER", required=True, help="Where it goes.")
@click.option(
    "--from", "source", metavar="URL|FOLDER", default="", help="What is copied. [this desk's]"
)
@click.option("--retire", is_flag=True, help="Let the old one take no changes from then on.")
@pass_desk
def command(desk: Desk, to: str, source: str, retire: bool) -> LedgerCopied:
    """Copy the ledger to a server, or back into a folder, and prove it.

    Tickets, events, references, attached files, service levels. Both are read again at the end, and
    the hash of all tickets and events of each is printed. Run again, it brings what is new, goes on
    after an interruption, or finds that there is nothing to do. A place that holds anything else is
    refused. The old one stays; others may write to it unless --retire closes it, which names the
    new one to whoever tries.

    \b
    Examples:
        sdcli ledger copy --to postgresql://desk@db.example/desk --retire
        sdcli ledger copy --to /srv/backup/ledger
        sdcli ledger copy --from postgresql://desk@db.example/desk --to /srv/desk
    """
    if not to:
        raise click.BadParameter("it names no place.", param_hint="--to")
    from sdcli.ledgers import Ledgers
    from sdcli.render.progress import shown

    return Ledgers(desk).copy(to, source, retire=retire, bar=shown)
