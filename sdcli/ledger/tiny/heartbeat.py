"""When the clocks were last checked: one small file beside the tickets, replaced by each check."""

from __future__ import annotations

import os

import msgspec

from sdcli.errors import LedgerDamagedError, MachineError
from sdcli.ledger.interface import Beat
from sdcli.ledger.tiny.files import replacing

NAME = "heartbeat"


def beat(folder: str, heard: Beat) -> None:
    """Remember a check.

    Raises:
        MachineError: it could not be written.
    """
    path = os.path.join(folder, NAME)
    try:
        with replacing(path, like=path) as stream:
            stream.write(msgspec.json.encode(heard))
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or str(error)) from error


def last(folder: str) -> Beat | None:
    """The newest check; None if there was none.

    Raises:
        LedgerDamagedError: the file cannot be read; the next check writes it anew.
    """
    path = os.path.join(folder, NAME)
    try:
        with open(path, "rb") as stream:
            return msgspec.json.decode(stream.read(), type=Beat)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise LedgerDamagedError(path, f"it cannot be read: {error}") from error
