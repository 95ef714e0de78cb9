"""`sdcli doctor`: hold everything in the ledger against what it must be, and save what can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk
from sdcli.results.ledgers import Examined, Repaired

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("doctor")
@click.option("--repair", is_flag=True, help="Save what can be read into a sound ledger.")
@pass_desk
def command(desk: Desk, repair: bool) -> Examined | Repaired:
    """Examine the ledger, byte by byte and ticket by ticket.

    Checks every checksum, folds every ticket anew from its events, and looks for every reference
    that was given out. Exits 7 if anything is wrong, and names file and ticket. With --repair
    damaged bytes are kept aside, everything that can be read is written anew, and what cannot
    is told.

    \b
    Example:
        sdcli doctor || sdcli doctor --repair
    """
    from sdcli.care import Care
    from sdcli.checking import Checks
    from sdcli.render.progress import shown

    resting = Checks(desk).resting()
    with shown("Examining the ledger") as progress:
        if repair:
            return Repaired(Care(desk).repair(progress, resting))
        return Examined(Care(desk).examine(progress, resting))
