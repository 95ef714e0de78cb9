"""`sdcli ledger`: where the tickets are; each command has a module `ledger_NAME`."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("ledger", SUBCOMMANDS["ledger"])
def command() -> None:
    """Keep the ledger that many machines share.

    Each command takes --json.

    \b
    Example:
        sdcli ledger adopt --dry-run
    """
