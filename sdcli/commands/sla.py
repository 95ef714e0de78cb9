"""`sdcli sla`: the clocks and what is said of them; each command has a module `sla_NAME`."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("sla", SUBCOMMANDS["sla"])
def command() -> None:
    """Explain clocks, try other policies, and bring alerts to people.

    `sla-check` says which targets are near or past; what it says is brought to people by the
    routes of sla_policies.yaml. Each command takes --json.

    \b
    Examples:
        sdcli sla explain SD-42
        sdcli sla deliveries --failed
    """
