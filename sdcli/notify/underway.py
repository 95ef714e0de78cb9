"""The survey that is being mailed: noted before the mail goes, so that no kill asks anybody twice.

A file beside the ledger holds the event that will be recorded. While somebody sends it is theirs;
what lies there when nobody does was cut off between mail and record. It holds no token.
"""

from __future__ import annotations

import os
from contextlib import suppress

import msgspec
from msgspec import Struct

from sdcli.errors import MachineError
from sdcli.ledger.folders import make_folder, sync_folder
from sdcli.tickets.troubleshooting import SurveySent  # noqa: TC001 - msgspec reads the annotations

NAME = "survey.sending"


class Sending(Struct, frozen=True):
    """A survey about a ticket, as it is recorded once the mail has gone."""

    ref: str
    event: SurveySent


class Underway:
    """The note about the one survey that is being mailed.

    Args:
        folder: the folder of the ledger.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.path = os.path.join(folder, NAME)

    def read(self) -> Sending | None:
        """What is being mailed, or was cut off; None if nothing is.

        Raises:
            MachineError: the note cannot be read.
        """
        try:
            with open(self.path, "rb") as stream:
                return msgspec.json.decode(stream.read(), type=Sending)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MachineError("Reading", self.path, error.strerror or "") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise MachineError("Reading", self.path, f"it is damaged: {error}") from error

    def note(self, sending: Sending) -> None:
        """That it is being mailed from now on; it is on disk then.

        Raises:
            MachineError: it cannot be written.
        """
        temporary = f"{self.path}.{os.getpid()}.tmp"
        try:
            make_folder(self._folder)
            with open(temporary, "wb") as stream:
                stream.write(msgspec.json.encode(sending))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self.path)
            sync_folder(self._folder)
        except OSError as error:
            raise MachineError("Writing", self.path, error.strerror or "") from error

    def done(self) -> None:
        """It is on record, or was not sent.

        Raises:
            MachineError: the note cannot be taken away.
        """
        try:
            with suppress(FileNotFoundError):
                os.remove(self.path)
        except OSError as error:
            raise MachineError("Removing", self.path, error.strerror or "") from error
