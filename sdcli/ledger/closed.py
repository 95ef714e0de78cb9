"""The mark of a ledger that takes no changes, and why it takes none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sdcli.errors import ClosedLedgerError
from sdcli.ledger.interface import Mark

if TYPE_CHECKING:
    from collections.abc import Callable


def written(mark: Mark | None) -> str:
    """A mark as it is stored; nothing if there is none."""
    return msgspec.json.encode(mark).decode() if mark else ""


def read(text: str | bytes) -> Mark | None:
    """A mark as it was stored; one that cannot be read closes the ledger all the same."""
    if not text.strip():
        return None
    try:
        return msgspec.json.decode(text, type=Mark)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Mark(other="somewhere else", moved=True)


def error(place: str, text: str | bytes) -> ClosedLedgerError:
    """The refusal of a change."""
    mark = read(text) or Mark(other="somewhere else", moved=True)
    return ClosedLedgerError(place, mark.other, is_moved=mark.moved)


def tell_reader(place: str, text: str | bytes, tell: Callable[[str], None]) -> None:
    """Say to whoever reads a ledger that has moved, or is no whole copy, what they see."""
    mark = read(text)
    if mark and mark.moved:
        tell(f"{place} has moved to {mark.other}: what was recorded since then is there.")
    elif mark:
        tell(f"{place} is no whole ledger: a copy of {mark.other} into it has not been finished.")
