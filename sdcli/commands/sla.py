"""`sdcli sla`: the clocks and what is said of them; each command has a module `sla_NAME`."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("sla", SUBCOMMANDS["sla"])
def command() -> None:
    """Explain the clocks.

    Each command takes --json.

    \b
    Example:
        sdcli sla explain SD-42
    """
