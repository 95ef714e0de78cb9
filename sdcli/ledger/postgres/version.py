"""The version of the schema that this program reads and writes, and a word about any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.errors import NewerFormatError, OlderSchemaError

if TYPE_CHECKING:
    from sdcli.errors import SdcliError

VERSION = 1
"""As many as there are files in `migrations`."""


def other(place: str, found: str | int) -> SdcliError:
    """The refusal of a ledger of another version than this program writes."""
    if int(found) > VERSION:
        return NewerFormatError(place, int(found), VERSION)
    return OlderSchemaError(place, int(found), VERSION)


def first(schema: str) -> str:
    """What a new connection is asked first: nothing, unless something is to be said.

    With the name of the schema: who may not use it is told so, and not that nothing is there.
    """
    return (
        f"SELECT {schema}.greet(version, {VERSION}, closed) FROM (SELECT) AS one "
        f"LEFT JOIN {schema}.meta ON true WHERE version IS DISTINCT FROM {VERSION} OR closed <> ''"
    )
