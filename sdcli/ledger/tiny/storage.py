"""The ledger as a TinyDB storage, for people's own scripts: the only module that knows TinyDB.

    from tinydb import TinyDB
    from sdcli.ledger.tiny.storage import LedgerStorage

    tickets = TinyDB("ledger", storage=LedgerStorage).table("tickets")

Unlike the stock storage it never creates or touches the file, and takes a damaged ledger for
what it is. Stock `TinyDB("ledger/tickets.json")` reads the file too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from tinydb.storages import Storage

from sdcli.errors import RefusedError
from sdcli.ledger.tiny.document import META, TICKETS
from sdcli.ledger.tiny.home import ledger_file


class Rows(Mapping[str, dict[str, Any]]):
    """The documents of a table by their ids, each decoded only when it is asked for."""

    def __init__(self, raw: Mapping[str, msgspec.Raw]) -> None:
        self._raw = raw

    def __getitem__(self, key: str) -> dict[str, Any]:
        row: dict[str, Any] = msgspec.json.decode(self._raw[key])
        return row

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)


class LedgerStorage(Storage):
    """Reads the ledger in a folder, as it is at each reading; writes nothing."""

    def __init__(self, folder: str) -> None:
        self._file = ledger_file(folder)

    def read(self) -> dict[str, Mapping[str, Any]]:  # type: ignore[override]  # decoded lazily
        """The tables.

        Raises:
            LedgerDamagedError: the ledger cannot be read whole.
        """
        document = self._file.read()
        return {META: {"1": msgspec.to_builtins(document.meta)}, TICKETS: Rows(document.tickets)}

    def write(self, data: Mapping[str, Mapping[str, Any]]) -> None:
        """Tickets change by events only.

        Raises:
            RefusedError: always.
        """
        del data
        raise RefusedError("The ledger changes by events only; use the commands of sdcli.")
