"""The care of the ledger of one desk, and of what waits beside it to be taken in.

What `sdcli doctor` calls. What the homes of a ledger can do is in `sdcli.ledger.interface`; what is
done to them as a whole is in `sdcli.ledgers`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from sdcli.errors import DataFileError, MachineError, SdcliError

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.ledger.interface import Examination, Mended, Progress, Resting


class Care:
    """The care of the ledger of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def examine(self, progress: Progress, resting: Resting | None = None) -> Examination:
        """Look at everything the ledger holds, and at what waits beside it to be taken in."""
        from msgspec.structs import replace  # noqa: PLC0415 - most only count what waits

        spooled = self.spooled()
        spool = "1 input waits" if spooled == 1 else f"{spooled} inputs wait"
        spool = (
            f"{spool} for the ledger; `sdcli intake deliver` takes in what does." if spooled else ""
        )
        try:
            found = self._desk.ledger.examine(progress, resting)
        except SdcliError as error:
            if spool:
                error.also(spool)
            raise
        folder, waiting = self._desk.quarantine_folder, self.quarantined()
        inputs = "1 input that was kept waits" if waiting == 1 else f"{waiting} kept inputs wait"
        kept = f"{inputs} in {folder}; `sdcli intake retry` takes in what can be read now."
        told = (*((kept,) if waiting else ()), *((spool,) if spool else ()))
        return replace(found, remarks=(*found.remarks, *told))

    def repair(self, progress: Progress, resting: Resting | None = None) -> Mended:
        """Save what can be saved of the ledger; service levels that these files say are put back."""
        if self._desk.ledger_address:
            with suppress(DataFileError):
                self._desk.keep_levels()
        return self._desk.ledger.repair(self._desk.stamp, progress, resting)

    def spooled(self) -> int:
        """How many inputs could not reach the ledger and wait to be taken in.

        Raises:
            MachineError: the machine does not let their folder be read.
        """
        if not os.path.isdir(os.path.join(self._desk.ledger_folder, "spool")):
            return 0  # as on most desks: nothing is imported for it
        from sdcli.intake.spool import SpoolFolder  # noqa: PLC0415 - only what waits

        return len(SpoolFolder(self._desk.ledger_folder).paths())

    def quarantined(self) -> int:
        """How many inputs that could not be read wait to be taken in again.

        Raises:
            MachineError: the machine does not let their folder be read.
        """
        folder = self._desk.quarantine_folder
        try:
            names = os.listdir(folder)
        except FileNotFoundError:  # nothing was ever kept
            return 0
        except OSError as error:
            raise MachineError("Reading", folder, error.strerror or "") from error
        return sum(name.endswith(".raw") for name in names)
