"""What `settings.yaml` says: where this desk keeps its ledger.

As in `model`, the class is the schema. A desk without the file keeps its ledger in its folder.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from msgspec import Struct

SETTINGS = "settings.yaml"
"""The settings; a desk may have none."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the desk keeps what is not versioned.

    Args:
        ledger: `postgresql://...`, where many machines share it; empty for `ledger/` in the desk.
    """

    ledger: str = ""


DEFAULTS = Settings()


def wrong(settings: Settings) -> str:
    """What no settings may say, or nothing: a versioned file is no place for a password."""
    try:
        parts = urlsplit(settings.ledger)
        names = [name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        has_password = bool(parts.password) or any(name.endswith("password") for name in names)
    except ValueError as error:
        return f"`ledger` is no address ({error})"
    if not has_password:
        return ""
    return (
        "`ledger` holds a password, which belongs in ~/.pgpass or in SDCLI_LEDGER: write "
        "postgresql://user@host/database"
    )
