"""`sdcli lint`: check all files of the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli import results
from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("lint")
@pass_desk
def command(desk: Desk) -> results.Linted:
    """Check all files of the desk.

    Reads the catalog, the teams, the vocabulary, the SLA policies and every knowledge article,
    and reports everything that is wrong at once, with file and line. Exits 5 if anything is.

    \b
    Example:
        sdcli lint
    """
    from sdcli.lint import lint

    return results.Linted(lint(desk.root))
