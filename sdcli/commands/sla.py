"""`sdcli sla`: the clocks and what is said of them; each command has a module `sla_NAME`."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("sla", SUBCOMMANDS["sla"])
def command() -> None:
    """Say what was missed and why, and try other targets on what happened.

    `sla-check` says which targets are near or past; what was missed is in the register of
    breaches, with who was told and why it happened. Each command takes --json.

    \b
    Examples:
        sdcli sla breaches --since 30d
        sdcli sla cause SD-42 --target resolution --cause supplier
        sdcli sla simulate --policy new.yaml --since 90d
    """
