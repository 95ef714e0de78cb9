"""`sdcli sla`: the clocks and what is said of them; each command has a module `sla_NAME`."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("sla", SUBCOMMANDS["sla"])
def command() -> None:
    """Explain clocks, account for breaches, try other policies, and bring alerts to people.

    `sla-check` says which targets are near or past. Why a clock stands as it does, what was
    missed and why, what other targets would have made of it, and what did not reach anybody is
    told here. Each command takes --json.

    \b
    Examples:
        sdcli sla explain SD-42
        sdcli sla breaches --since 30d
        sdcli sla cause SD-42 --target resolution --cause supplier
        sdcli sla simulate --policy new.yaml --since 90d
        sdcli sla deliveries --failed
    """
