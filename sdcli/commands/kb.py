"""`sdcli kb`: the knowledge articles; each command has a module `kb_NAME` (R3a, R4.1)."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("kb", SUBCOMMANDS["kb"])
def command() -> None:
    """Read and keep the knowledge articles, and what became of their advice.

    Articles are YAML files in `kb/`; `sdcli search-kb` finds them. Each command takes --json.

    \b
    Examples:
        sdcli kb show KB-104
        sdcli kb new --from-ticket SD-42
        sdcli kb review --due
        sdcli kb publish /var/www/html/help
    """
