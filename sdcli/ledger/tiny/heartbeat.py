"""When the clocks were last checked: one small file beside the tickets, replaced by each check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sdcli.errors import LedgerDamagedError, MachineError
from sdcli.ledger.interface import Beat
from sdcli.ledger.tiny.files import replacing

if TYPE_CHECKING:
    from sdcli.ledger.tiny.image import Places


def path_of(places: Places) -> str:
    """Where it is: each ledger of a folder has its own, named by the rule of its locks."""
    return places.lock_of("heartbeat").removesuffix(".lock")


def beat(places: Places, heard: Beat) -> None:
    """Remember a check.

    Raises:
        MachineError: it could not be written.
    """
    path = path_of(places)
    try:
        with replacing(path, like=path) as stream:
            stream.write(msgspec.json.encode(heard))
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or str(error)) from error


def last(places: Places) -> Beat | None:
    """The newest check; None if there was none.

    Raises:
        LedgerDamagedError: the file cannot be read; the next check writes it anew.
    """
    path = path_of(places)
    try:
        with open(path, "rb") as stream:
            return msgspec.json.decode(stream.read(), type=Beat)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise LedgerDamagedError(path, f"it cannot be read: {error}") from error
