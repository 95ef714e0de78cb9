"""The version of the schema that this program reads and writes, and a word about any other."""

from __future__ import annotations

from sdcli.errors import NewerFormatError, OlderSchemaError

VERSION = 1
"""As many as there are files in `migrations`."""


def require_known(place: str, found: int) -> None:
    """Refuse a ledger of another version than this program writes.

    Raises:
        NewerFormatError: a newer program has brought it there.
        OlderSchemaError: it is an older one.
    """
    if found > VERSION:
        raise NewerFormatError(place, found, VERSION)
    if found < VERSION:
        raise OlderSchemaError(place, found, VERSION)
