"""What could not reach the ledger, kept on this machine until it can: in order, and within bounds.

Each file holds what is needed to take it in as if it had arrived when it did: the input as it
came and how it was to be read, by whom, when, and the act that its events will belong to. By that
act it is known whether it was recorded already, however delivery ended.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec import Struct

from sdcli.errors import LEDGER_BUSY, MachineError, SdcliError
from sdcli.intake.items import RequestItem  # noqa: TC001 - as above
from sdcli.ledger.folders import make_folder, sync_folder
from sdcli.ledger.tiny.lock import is_free, locked
from sdcli.tickets.event import new_id

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

FOLDER = "spool"
MOST_FILES = 10_000
MOST_BYTES = 256 * 1000**2
"""More is not kept: a server that is away for days must not fill the disk of every host."""

_SUFFIX = ".json"
_REFUSED = "refused"
_DIGITS = 12
_WAIT_S = 10.0


class SpoolFullError(SdcliError):
    """What could not reach the ledger could not be kept either: as much as may be is kept already.

    `why` tells what keeps it from the ledger.
    """

    code = "spool_full"
    exit_code = LEDGER_BUSY

    def __init__(self, folder: str, files: int, size: int, why: str) -> None:
        super().__init__(
            f"{why} It was not kept either: {files} inputs ({size // 1000} kB) wait in {folder}, "
            f"and no more than {MOST_FILES} ({MOST_BYTES // 1000**2} MB) may. Keep its source, and "
            "send it again when `sdcli intake deliver` has taken them in.",
            file=folder,
        )


class Spooled(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that waits to be taken in.

    Args:
        act: the act of its events; `at`: when it happened, in UTC; `by`: who acted.
        why: what kept it from the ledger.
        raw: what was piped in; `form`: how it is to be read; `key`: its idempotency key.
        request: the request that was typed, or what the options say of what was piped in.
        way, ref: where a typed request belongs, if an option said it.
        shown: the bulletins that were shown.
    """

    act: int
    at: datetime
    by: str
    request: RequestItem
    why: str = ""
    raw: bytes | None = None
    form: str = ""
    key: str = ""
    way: str = ""
    ref: str = ""
    shown: tuple[str, ...] = ()


class Waiting(NamedTuple):
    """A file of the spool, and what is in it; None if it cannot be read."""

    file: str
    size: int
    spooled: Spooled | None


class SpoolFolder:
    """The files of a spool, in a folder of the ledger."""

    def __init__(self, ledger: str) -> None:
        self._folder = os.path.join(ledger, FOLDER)

    def paths(self) -> list[str]:
        """The files that wait, the oldest first."""
        return [os.path.join(self._folder, name) for name, _ in self._found()]

    def waiting(self) -> list[Waiting]:
        """The files that wait and what is in them, the oldest first."""
        found = [(os.path.join(self._folder, name), size) for name, size in self._found()]
        return [Waiting(path, size, self.read(path)) for path, size in found]

    def _found(self) -> list[tuple[str, int]]:
        try:
            with os.scandir(self._folder) as each:
                found = [
                    (entry.name, entry.stat(follow_symlinks=False).st_size)
                    for entry in each
                    if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False)
                ]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise MachineError("Reading", self._folder, error.strerror or "") from error
        return sorted(found)

    def keep(self, spooled: Spooled) -> str:
        """Write it to disk, behind all others; the path of its file.

        Raises:
            SpoolFullError: as much as may be is kept already.
            MachineError: it could not be written.
        """
        try:
            for folder in (os.path.dirname(self._folder), self._folder):
                make_folder(folder)
            with locked(os.path.join(self._folder, "adding.lock"), _WAIT_S):
                return self._put(spooled)
        except OSError as error:
            raise MachineError("Keeping input in", self._folder, error.strerror or "") from error

    def _put(self, spooled: Spooled) -> str:
        content = msgspec.json.encode(spooled)
        found = self._found()
        size = sum(each for _, each in found)
        if len(found) >= MOST_FILES or size + len(content) > MOST_BYTES:
            raise SpoolFullError(self._folder, len(found), size, spooled.why)
        number = int(found[-1][0][:_DIGITS]) + 1 if found else 1
        path = os.path.join(self._folder, f"{number:0{_DIGITS}d}-{new_id(spooled.at)}")
        try:
            with open(f"{path}.new", "xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.rename(f"{path}.new", f"{path}{_SUFFIX}")
        except BaseException:
            with suppress(OSError):
                os.unlink(f"{path}.new")
            raise
        sync_folder(self._folder)
        return f"{path}{_SUFFIX}"

    def read(self, path: str) -> Spooled | None:
        """What is in a file; None if it cannot be read, or is gone."""
        try:
            with open(path, "rb") as stream:
                return msgspec.json.decode(stream.read(), type=Spooled)
        except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError):
            return None

    def remove(self, path: str) -> None:
        """Forget what was taken in.

        Raises:
            MachineError: its file could not be removed.
        """
        try:
            os.unlink(path)
            sync_folder(self._folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise MachineError("Removing", path, error.strerror or "") from error

    def set_aside(self, path: str) -> str:
        """Put what will never be taken in out of the way of the others; its new path.

        Raises:
            MachineError: it could not be moved.
        """
        folder = os.path.join(self._folder, _REFUSED)
        to = os.path.join(folder, os.path.basename(path))
        try:
            make_folder(folder)
            os.replace(path, to)
            sync_folder(folder)
        except OSError as error:
            raise MachineError("Putting away", path, error.strerror or "") from error
        return to

    def alone(self) -> AbstractContextManager[bool]:
        """Whether no other process takes in what waits; if so, none will for the block."""
        return is_free(os.path.join(self._folder, "delivering.lock"))
