"""`sdcli restore`: the ledger of a backup in the place of the present one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk
from sdcli.results.ledgers import BroughtBack

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@pass_desk
def command(desk: Desk, file: str) -> BroughtBack:
    """Put the ledger of a backup in the place of the present one, which is kept.

    The backup is examined first, and refused if it is damaged. Others may go on working: they
    see the ledger before it or after it. References given out since the backup are not used
    again.

    \b
    Example:
        sdcli restore /srv/backup/desk-2026-11-22.tar.gz
    """
    from sdcli.render.progress import shown

    with shown("Examining the backup") as progress:
        return BroughtBack(desk.ledger.restore(os.path.abspath(file), progress))
