"""`sdcli backup`: the whole ledger as one file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk
from sdcli.results.ledgers import BackedUp

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("backup")
@click.argument("file", type=click.Path(dir_okay=False))
@pass_desk
def command(desk: Desk, file: str) -> BackedUp:
    """Write the whole ledger to a new file, while others go on working.

    FILE is a tar file, compressed if its name ends in .gz, .bz2 or .xz; one that is there
    already is not overwritten. The desk's own files are not in it: keep those in a repository.

    \b
    Example:
        sdcli backup /srv/backup/desk-$(date +%F).tar.gz
    """
    from sdcli.render.progress import shown

    with shown("Writing the backup") as progress:
        tickets = desk.ledger.back_up(os.path.abspath(file), progress)
    return BackedUp(os.path.abspath(file), tickets)
