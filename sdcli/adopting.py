"""Making the service levels of one host those by which all hosts of a desk work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.results.sla import Adopted

if TYPE_CHECKING:
    from sdcli.desk import Desk


def adopt(desk: Desk, *, dry_run: bool) -> Adopted:
    """Let the desk work by the service levels of the files here, on every host.

    Raises:
        DataFileError: the files are wrong.
        AdoptedError: another host has done so at the same time.
    """
    policy = desk.policy.levels_hash
    shared = bool(desk.ledger_address)
    before = desk.ledger.agreed() if shared else None
    if shared and not dry_run and (before is None or before.hash != policy):
        desk.keep_levels()
        desk.ledger.adopt(before)
    return Adopted(policy=policy, host=desk.host, before=before, shared=shared, dry_run=dry_run)
