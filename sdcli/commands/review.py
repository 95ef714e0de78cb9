"""`sdcli review`: how closed tickets were dealt with; each command has a module `review_NAME` (R5a.1)."""

from __future__ import annotations

from sdcli.commands import SUBCOMMANDS
from sdcli.params import as_lazy_group


@as_lazy_group("review", SUBCOMMANDS["review"])
def command() -> None:
    """Look at how closed tickets were dealt with, and what is unconfirmed.

    A few of the closed tickets are drawn, and somebody who did not work on them answers the checklist
    of catalog/review.yaml. `overdue` lists what no caller has confirmed. Each command takes --json.

    \b
    Examples:
        sdcli review sample --since 2026-10-01 --until 2026-11-01
        sdcli review score SD-42 --check record=yes --check told=no --check confirmed=n/a
        sdcli review list --since 30d
        sdcli review overdue
    """
