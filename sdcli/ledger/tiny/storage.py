"""The ledger as a TinyDB storage, for people's own scripts: the only module that knows TinyDB.

    from tinydb import TinyDB
    from sdcli.ledger.tiny.storage import LedgerStorage

    tickets = TinyDB("ledger", storage=LedgerStorage).table("tickets")

Unlike the stock storage it never creates or touches a file, takes a damaged ledger for what it
is, and gives every ticket as it is now: those of the snapshot, of the journal and of the archives.
Stock `TinyDB("ledger/tickets.json")` reads each snapshot, and each archive, as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from tinydb.storages import Storage

from sdcli.errors import NoSuchTicketError, RefusedError
from sdcli.ledger.tiny.image import Image, Places, settled
from sdcli.ledger.tiny.reader import TinyReader
from sdcli.ledger.tiny.rows import PREFIX, row_bytes


class Rows(Mapping[str, dict[str, Any]]):
    """The documents of a table by their ids, each decoded only when it is asked for."""

    def __init__(self, image: Image) -> None:
        self._reader = TinyReader(image)
        self._numbers = [str(n) for n in range(1, image.next) if not image.is_gap(n)]

    def __getitem__(self, key: str) -> dict[str, Any]:
        try:
            ticket = self._reader.get(f"{PREFIX}{key}")
        except NoSuchTicketError:
            raise KeyError(key) from None
        row: dict[str, Any] = msgspec.json.decode(row_bytes(ticket))
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class LedgerStorage(Storage):
    """Reads the ledger in a folder, as it is at each reading; writes nothing."""

    def __init__(self, folder: str) -> None:
        self._places = Places(folder)

    def read(self) -> dict[str, Mapping[str, Any]]:  # type: ignore[override]  # decoded lazily
        """The tables.

        Raises:
            LedgerDamagedError: the ledger cannot be read whole.
        """
        image = settled(self._places, _opened)
        meta = msgspec.to_builtins(image.document.meta)
        return {"meta": {"1": {**meta, "next": image.next}}, "tickets": Rows(image)}

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Tickets change by events only.

        Raises:
            RefusedError: always.
        """
        del data
        raise RefusedError("The ledger changes by events only; use the commands of sdcli.")


def _opened(image: Image) -> Image:
    """The image with all its files open, so that it stays readable as it is."""
    image.require_sound()
    for entry in image.document.meta.archives:
        image.archive(entry)
    return image
