"""`sdcli ledger status`: where the ledger is, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.ledgers import LedgerStatus


@as_command("status")
@pass_desk
def command(desk: Desk) -> LedgerStatus:
    """Show where the ledger is, how large, who uses it, and what waits.

    On a server: its version, primary or standby and how far behind, who is connected to the database
    from where. A ledger that the desk has in its folder as well is told of.

    \b
    Examples:
        sdcli ledger status
        sdcli ledger status --json | jq .lag_s
    """
    from sdcli.ledgers import Ledgers

    return Ledgers(desk).status()
