"""A machine that works on a ledger which many share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Host(NamedTuple):
    """A machine that works on the ledger.

    Args:
        name: what it is called; empty if nobody knows, and then its files are compared with none.
        levels: gives the hash of the service levels that its files say; empty if they are wrong.
        tell: is told where these are not the desk's, by whoever only reads; nobody if it is None.
    """

    name: str = ""
    levels: Callable[[], str] = str
    tell: Callable[[str], None] | None = None
