"""`sdcli problem`: what is behind incidents; each command has a module `problem_NAME` (R3d1.7)."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("problem", SUBCOMMANDS["problem"])
def command() -> None:
    """Find what is behind incidents that come again and again.

    A problem gathers incidents, and carries their root cause and the workaround. It becomes a
    known error when an article tells both, so that `sdcli search-kb` finds it. It has a number
    like a ticket, but no caller and no clocks: `sdcli list` and the reports leave it out. note,
    attach, assign, accept, return, escalate, show and history work on it as on a ticket. Each
    command takes --json.

    \b
    Examples:
        sdcli problem candidates --since 30d
        sdcli problem open 'VPN drops after sleep' --incident SD-7 --incident SD-9
        sdcli problem known-error SD-43
    """
