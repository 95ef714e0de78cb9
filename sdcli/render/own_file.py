"""A file that only an earlier one of the same kind gives way to: pictures and pages of reports."""

from __future__ import annotations

import os

from sdcli.errors import MachineError, RefusedError

_HEAD_BYTES = 4096
"""So far into a file it says what it is."""


def save(path: str, content: str, *, mark: str, kind: str) -> None:
    """Write a file whole or not at all; only one that has the mark near its beginning is written over.

    `kind` is what it is in words, as in "is no picture of `sdcli sla explain`".

    Raises:
        RefusedError: the file is something else.
        MachineError: it cannot be written.
    """
    from sdcli.ledger.tiny.files import replacing  # noqa: PLC0415 - only a file pays for it

    whole = os.path.abspath(path)
    try:
        if os.path.lexists(whole) and not _has(whole, mark.encode()):
            raise RefusedError(
                f"{path} is there already and is no {kind}: it stays as it is. Name another file.",
                path=path,
            )
        with replacing(whole, like=whole) as stream:
            stream.write(content.encode())
    except OSError as error:
        raise MachineError("Writing", path, error.strerror or str(error)) from error


def _has(path: str, mark: bytes) -> bool:
    if not os.path.isfile(path) or os.path.islink(path):
        return False
    with open(path, "rb") as stream:
        return mark in stream.read(_HEAD_BYTES)
