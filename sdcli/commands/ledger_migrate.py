"""`sdcli ledger migrate`: the schema of a ledger on a server brought to this version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.ledgers import LedgerMigrated


@as_command("migrate")
@pass_desk
def command(desk: Desk) -> LedgerMigrated:
    """Bring the ledger on its server to this version.

    In one transaction: all of it, or nothing. Nobody writes meanwhile. A ledger that a newer sdcli
    has written is refused.

    \b
    Example:
        sdcli ledger migrate
    """
    from sdcli.ledgers import Ledgers

    return Ledgers(desk).migrate()
