"""The rows of another tool's file that were left out, as CSV that can be mended and imported (T25).

It is written as the map reads it, with one more column, for the reason. What nobody mended has one
cell too many or too few as before, or is refused for the same reason again.
"""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING

from sdcli.errors import MachineError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.intake.replay import Reject
    from sdcli.policy.imports import ImportMap

COLUMN = "left out because"


def content(header: Sequence[str], rejects: Sequence[Reject], how: ImportMap) -> bytes:
    """The file; a file of rejects that is read again keeps one column for the reason."""
    again = header[-1:] == [COLUMN]
    columns = header[:-1] if again else header
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=how.delimiter, lineterminator="\n")
    writer.writerow([*columns, COLUMN])
    for each in rejects:
        cells = each.cells[:-1] if again and len(each.cells) == len(header) else each.cells
        writer.writerow([*cells, each.reason])
    text = stream.getvalue()
    try:  # bytes that are no text in this encoding go back as they came
        return text.encode(how.encoding, "surrogateescape")
    except UnicodeError:
        return text.encode(how.encoding, "replace")


def require_free(path: str) -> None:
    """Refuse a file that is there, or a folder that is not, before anything is done.

    Raises:
        RefusedError: it cannot become the file.
    """
    if os.path.lexists(path):
        raise RefusedError(
            f"{path} is there already and stays as it is; name another file for --rejects.",
            path=path,
        )
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise RefusedError(
            f"There is no folder {folder}; make it, or name another file for --rejects.", path=path
        )


def write(path: str, raw: bytes) -> None:
    """Write the file, whole and for its owner alone, unless there is one.

    Raises:
        MachineError: it cannot be written, or somebody else was faster.
    """
    from sdcli.ledger.tiny.files import make  # noqa: PLC0415 - only a file pays for it

    after = "What could be read was imported: the same call with another file writes the rows."
    try:
        is_ours = make(os.path.abspath(path), raw, private=True)
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or str(error), after=after) from error
    if not is_ours:
        raise MachineError("Writing", path, "it is there by now", after=after)
