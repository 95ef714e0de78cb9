"""`sdcli ledger init`: the schema of a ledger on a server, and who may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.ledgers import LedgerPrepared


@as_command("init")
@click.option("--writer", metavar="ROLE", help="A role that may append.")
@click.option("--reader", metavar="ROLE", help="A role that may read.")
@pass_desk
def command(desk: Desk, writer: str | None, reader: str | None) -> LedgerPrepared:
    """Make the ledger on its server, and let roles use it.

    What is there already stays. A writer can append events to tickets, keep files and service levels
    under their hash, and share the work on the clocks; it can change or remove nothing of the record,
    not even by hand. It is trusted about what it appends: `sdcli doctor` finds what does not follow
    from the events. A reader can read. A role that is not there is made, as one that nobody logs in
    as: people become its members. Whoever runs this owns the ledger.

    \b
    Example:
        sdcli ledger init --writer technicians --reader auditors
    """
    if "" in {writer, reader}:
        raise click.UsageError("--writer and --reader take the name of a role.")
    from sdcli.ledgers import Ledgers

    return Ledgers(desk).prepare(writer or "", reader or "")
