"""The board from its opening to its end: what `sdcli board` calls (R6.4)."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from sdcli.errors import MissingExtraError, SdcliError
from sdcli.results.lists import BoardLeft

if TYPE_CHECKING:
    from sdcli.desk import Desk


def run(desk: Desk) -> BoardLeft:
    """Show the board until it is left; what was done from it.

    The ledger is read once before, so that what is wrong is said as by every other command.

    Raises:
        MissingExtraError: the library of the screen is not installed.
        LedgerDamagedError: the ledger cannot be read whole.
        DataFileError: a file of the desk is wrong.
        SdcliError: the screen failed.
    """
    try:
        from sdcli.board.app import BoardApp  # noqa: PLC0415 - only the board loads it
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "textual":
            raise
        raise MissingExtraError("sdcli board", "textual", "board") from error
    from sdcli.board import look  # noqa: PLC0415 - as above
    from sdcli.board.acts import Acts  # noqa: PLC0415

    def fresh() -> Desk:
        return desk.anew(_silent)

    gc.enable()  # unlike a command it stays: each look opens files, which are in cycles
    acts = Acts(desk)
    app = BoardApp(desk, fresh, acts, look.read(desk))
    app.run()
    if app.ended_by:
        return BoardLeft(acts.done, exit_code=128 + app.ended_by)
    if app.return_code:
        raise SdcliError(
            "The board ended unexpectedly. This is a bug: tell us what stands above. What was done "
            "is recorded; `sdcli list` shows it."
        )
    return BoardLeft(acts.done)


def _silent(_: str) -> None:
    """A remark on the screen would be written across it; the next command makes it again."""
