"""`sdcli procedure`: procedures and standard changes; each command has a module (R3b.1a, R3b.2a)."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("procedure", SUBCOMMANDS["procedure"])
def command() -> None:
    """See what procedures and standard changes there are, and how they do.

    They are files of catalog/procedures/ and catalog/changes/, one each. `sdcli fulfil` follows
    them, `sdcli search-kb` finds them, `sdcli lint` checks them. Each command takes --json.

    \b
    Examples:
        sdcli procedure list --service identity
        sdcli procedure show unlock-account
        sdcli procedure stats --since 90d
    """
