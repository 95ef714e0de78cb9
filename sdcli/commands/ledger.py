"""`sdcli ledger`: the ledger as a whole; each command has a module `ledger_NAME`."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("ledger", SUBCOMMANDS["ledger"])
def command() -> None:
    """Share the ledger on a server, look it over, and move it.

    A desk keeps its tickets in its folder `ledger/`. Where many machines share them, they are in a
    schema of a PostgreSQL database: settings.yaml, or SDCLI_LEDGER, names it. Each command takes
    --json.

    \b
    Examples:
        sdcli ledger status
        sdcli ledger copy --to postgresql://desk@db.example/desk
        SDCLI_LEDGER=postgresql://desk@db.example/desk sdcli ledger init --writer technicians
    """
