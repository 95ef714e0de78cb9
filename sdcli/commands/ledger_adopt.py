"""`sdcli ledger adopt`: make the service levels of this host those of all hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.sla import Adopted


@as_command("adopt")
@click.option("--dry-run", is_flag=True, help="Only show what would change, and for whom.")
@pass_desk
def command(desk: Desk, dry_run: bool) -> Adopted:
    """Make the service levels of this host those of all hosts.

    Hosts that share a ledger on a server must promise the same: what writes is refused on a host
    whose sla_policies.yaml and catalog say other service levels than the desk works by. Bring the
    files into line (`git pull`), or let the desk work by those of this host from now on; then the
    other hosts are refused until their files say the same. A host that is alone with its files
    needs nothing of it. Tickets stay pinned to what they were opened under.

    \b
    Examples:
        sdcli ledger adopt --dry-run
        sdcli ledger adopt
    """
    from sdcli.adopting import adopt

    return adopt(desk, dry_run=dry_run)
