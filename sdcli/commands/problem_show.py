"""`sdcli problem show`: a problem with its incidents (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemShown


@as_command("show")
@with_ref
@pass_desk
def command(desk: Desk, ref: str) -> ProblemShown:
    """Show a problem with its incidents.

    Root cause, workaround and known error; how many incidents there are, since when, and what
    they took; and what happened to it.

    \b
    Example:
        sdcli problem show SD-43
    """
    from sdcli.problems import Problems

    return Problems(desk).show(ref)
