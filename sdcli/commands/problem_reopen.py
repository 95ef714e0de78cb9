"""`sdcli problem reopen`: the problem is there again (R3d1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, with_reason, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.problems import ProblemChanged


@as_command("reopen", writes=True)
@with_ref
@with_reason
@pass_desk
def command(desk: Desk, ref: str, reason: str) -> ProblemChanged:
    """Take a problem up again.

    Linked tickets that are open are told.

    \b
    Example:
        sdcli problem reopen SD-43 --reason 'driver 3.2 does it too'
    """
    from sdcli.problems import Problems

    return Problems(desk).reopen(ref, reason)
