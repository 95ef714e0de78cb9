"""`sdcli sla reapply`: put tickets under the service levels of today (T11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, TEXT, as_command, pass_desk
from sdcli.results.sla import Reapplied

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("reapply")
@click.argument("refs", type=REF, nargs=-1)
@click.option("--all-open", is_flag=True, help="Every ticket that is not closed.")
@click.option("--reason", type=TEXT, default="", help="Why; it goes on record.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@pass_desk
def command(
    desk: Desk, refs: tuple[str, ...], all_open: bool, reason: str, dry_run: bool
) -> Reapplied:
    """Put tickets under the service levels of today.

    A ticket keeps the service levels that it was opened under, whatever becomes of
    sla_policies.yaml and of what the catalog says of its service. This applies today's from the
    opening on, with all pauses, and puts that on record. What was said of the clocks stays said.

    \b
    Examples:
        sdcli sla reapply --all-open --dry-run
        sdcli sla reapply SD-42 --reason 'the new contract holds for this one too'
    """
    from sdcli.promises import Promises

    if bool(refs) == all_open:
        raise click.UsageError("Name tickets, or give --all-open.")
    if not (reason or dry_run):
        raise click.UsageError("Missing option '--reason': why they are to run under others.")
    pairs = Promises(desk).reapply(refs, reason=reason, record=not dry_run)
    return Reapplied(pairs, desk.policy.levels_hash, dry_run=dry_run)
