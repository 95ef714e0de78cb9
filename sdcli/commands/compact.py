"""`sdcli compact`: fold what was recorded since the last snapshot into a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk
from sdcli.results.ledgers import Done

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("compact")
@pass_desk
def command(desk: Desk) -> Done:
    """Fold the journal into the snapshot now.

    It happens by itself as the journal grows; do it before other programs read tickets.json. What a
    killed process left beside the ledger is taken away, archives that no snapshot names are kept in
    its folder `damage`.

    \b
    Example:
        sdcli compact && jq '.tickets[].summary' ledger/tickets.json
    """
    desk.ledger.compact()
    return Done("The snapshot holds everything that was recorded.")
