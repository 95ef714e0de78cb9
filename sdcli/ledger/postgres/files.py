"""The files of tickets on a server: there on every host, and in a folder here once they are wanted."""

from __future__ import annotations

from hashlib import sha256 as digest
from typing import TYPE_CHECKING

from sdcli.errors import LedgerDamagedError
from sdcli.ledger.files import FolderFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.ledger.postgres.connection import Connection

_PAGE = 5000


class ServerFiles:
    """Keeps files in the table `files`.

    Args:
        folder: where a file is put that somebody wants the path of.
    """

    def __init__(self, connection: Connection, folder: str) -> None:
        self._connection = connection
        self._here = FolderFiles(folder)

    def keep(self, sha256: str, content: bytes) -> None:
        """See `Files.keep`."""
        if not self.has(sha256):
            self._connection.ask("SELECT keep_file(%s, %s)", sha256, content)

    def path(self, sha256: str) -> str:
        """See `Files.path`: it is brought here if it is not here, as it was."""
        if self._here.content(sha256) is None:
            content = self.content(sha256)
            if content is None:
                place = self._connection.address.shown
                raise LedgerDamagedError(place, f"the attached file {sha256} is missing")
            self._here.keep(sha256, content)
        return self._here.path(sha256)

    def content(self, sha256: str) -> bytes | None:
        """See `Files.content`."""
        found = self._connection.ask("SELECT content FROM files WHERE hash = %s", sha256)
        content = bytes(found[0][0]) if found else None
        return content if content is not None and digest(content).hexdigest() == sha256 else None

    def has(self, sha256: str) -> bool:
        """See `Files.has`: the server has let nothing in that is not what it is called."""
        return bool(self._connection.ask("SELECT 1 FROM files WHERE hash = %s", sha256))

    def names(self) -> Iterator[str]:
        """See `Files.names`."""
        for page in self._connection.pages("SELECT hash FROM files ORDER BY hash", (), _PAGE):
            yield from (name for (name,) in page)
