"""The survey that is being mailed: noted before the mail goes, so that no kill asks anybody twice.

A memo beside the tickets holds the event that will be recorded. While somebody sends it is theirs;
what lies there when nobody does was cut off between mail and record. It holds no token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from sdcli.errors import MachineError
from sdcli.tickets.troubleshooting import SurveySent  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from sdcli.ledger.interface import Ledger

NAME = "survey.sending"


class Sending(Struct, frozen=True):
    """A survey about a ticket, as it is recorded once the mail has gone."""

    ref: str
    event: SurveySent


class Underway:
    """The note about the one survey that is being mailed, on whichever host.

    Args:
        ledger: what it lies beside.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def read(self) -> Sending | None:
        """What is being mailed, or was cut off; None if nothing is.

        Raises:
            MachineError: the note cannot be read.
        """
        content = self._ledger.memo(NAME)
        if content is None:
            return None
        try:
            return msgspec.json.decode(content, type=Sending)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise MachineError("Reading", NAME, f"it is damaged: {error}") from error

    def note(self, sending: Sending) -> None:
        """That it is being mailed from now on; it is on disk then.

        Raises:
            MachineError: it cannot be written.
        """
        self._ledger.keep_memo(NAME, msgspec.json.encode(sending))

    def done(self) -> None:
        """It is on record, or was not sent.

        Raises:
            MachineError: the note cannot be taken away.
        """
        self._ledger.keep_memo(NAME, None)
