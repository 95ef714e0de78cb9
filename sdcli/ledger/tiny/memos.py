"""What is written down beside the tickets for whoever goes on with it: a small file for each."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sdcli.errors import MachineError
from sdcli.ledger.folders import make_folder, sync_folder

if TYPE_CHECKING:
    from sdcli.ledger.tiny.image import Places


def _path(places: Places, name: str) -> str:
    return os.path.join(places.folder, name)


def read(places: Places, name: str) -> bytes | None:
    """What is written down under a name; None if nothing is.

    Raises:
        MachineError: it cannot be read.
    """
    path = _path(places, name)
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MachineError("Reading", path, error.strerror or "") from error


def keep(places: Places, name: str, content: bytes) -> None:
    """Write it down; it is on disk then.

    Raises:
        MachineError: it cannot be written.
    """
    path = _path(places, name)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        make_folder(places.folder)
        with open(temporary, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
        sync_folder(places.folder)
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or "") from error


def remove(places: Places, name: str) -> None:
    """Take it away.

    Raises:
        MachineError: it cannot be taken away.
    """
    path = _path(places, name)
    try:
        with suppress(FileNotFoundError):
            os.remove(path)
    except OSError as error:
        raise MachineError("Removing", path, error.strerror or "") from error
