"""Which home a ledger has: the folder of the desk, or a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.ledger.host import Host
    from sdcli.ledger.interface import Home


def home(
    where: str,
    folder: str,
    wait_s: float,
    tell: Callable[[str], None],
    host: Host | None = None,
) -> Home:
    """The ledger at an address, or in the folder if there is none.

    Args:
        where: `postgresql://...`, or nothing.
        folder: the folder of the desk for it.
        wait_s: how many seconds a change may wait.
        tell: is told, in a sentence, what was done without being asked for.
        host: the machine that works on it.

    Raises:
        LedgerAddressError: it is no such address.
    """
    if not where:
        from sdcli.ledger.tiny.home import TinyLedger  # noqa: PLC0415 - one of the two

        return TinyLedger(folder, wait_s, tell)
    from sdcli.ledger.postgres.address import address  # noqa: PLC0415 - as above
    from sdcli.ledger.postgres.home import PostgresLedger  # noqa: PLC0415

    return PostgresLedger(address(where), wait_s, tell, host, folder)
