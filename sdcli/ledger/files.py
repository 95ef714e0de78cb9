"""The files of tickets in a folder: each once, called after the SHA-256 of what is in it.

They lie in `attachments/ab/abcd…`. A file is there whole or not at all.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from sdcli.errors import MachineError
from sdcli.ledger.folders import make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = "attachments"
"""Beside the tickets, in the folder of the ledger."""
_HASH = re.compile(r"[0-9a-f]{64}")


class FolderFiles:
    """Keeps files in a folder.

    Args:
        folder: where they are; made when the first one is.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def keep(self, sha256: str, content: bytes) -> None:
        """See `Files.keep`: written beside its place, and then given its name."""
        path = self.path(sha256)
        if holds(path, content):
            return
        try:
            self._write(path, content)
        except OSError as error:
            raise MachineError("Keeping a file in", path, error.strerror or "") from error

    def _write(self, path: str, content: bytes) -> None:
        for folder in (os.path.dirname(self._folder), self._folder, os.path.dirname(path)):
            make_folder(folder)
        temporary = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.tmp"
        try:
            with open(temporary, "xb") as stream:
                around = os.stat(self._folder)
                os.fchmod(stream.fileno(), around.st_mode & 0o666)
                with suppress(PermissionError):  # as for folders
                    os.fchown(stream.fileno(), around.st_uid, around.st_gid)
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
            sync_folder(os.path.dirname(path))
        finally:
            if os.path.exists(temporary):
                os.unlink(temporary)

    def path(self, sha256: str) -> str:
        """See `Files.path`."""
        return os.path.join(self._folder, sha256[:2], sha256)

    def content(self, sha256: str) -> bytes | None:
        """See `Files.content`."""
        from hashlib import sha256 as digest  # noqa: PLC0415 - few commands read them

        try:
            with open(self.path(sha256), "rb") as stream:
                found = stream.read()
        except OSError:
            return None
        return found if digest(found).hexdigest() == sha256 else None

    def has(self, sha256: str) -> bool:
        """See `Files.has`."""
        return self.content(sha256) is not None

    def names(self) -> Iterator[str]:
        """See `Files.names`."""
        try:
            folders = sorted(os.listdir(self._folder))
        except OSError:  # nothing was ever kept
            return
        for folder in folders:
            with suppress(OSError):
                names = sorted(os.listdir(os.path.join(self._folder, folder)))
                yield from (n for n in names if _HASH.fullmatch(n) and n[:2] == folder)


def holds(path: str, content: bytes) -> bool:
    """Whether a file, and no link to one, has this content: what was damaged is written anew."""
    with suppress(OSError):
        about = os.lstat(path)
        if stat.S_ISREG(about.st_mode) and about.st_size == len(content):
            with open(path, "rb") as stream:
                return stream.read() == content
    return False
