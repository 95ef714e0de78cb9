"""What a server or the way to it says when it fails, as an error for a person.

A server tells its failures by code; one that takes no connection tells them in words alone. Words
of a server are hostile: they are shown on one line, cut, and without a password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from sdcli.errors import (
    ConflictError,
    LedgerAddressError,
    LedgerBusyError,
    LedgerDamagedError,
    LedgerReadOnlyError,
    LedgerUnreachableError,
    MachineError,
    NoLedgerError,
    NotAllowedError,
    SdcliError,
)

if TYPE_CHECKING:
    from sdcli.ledger.postgres.address import Address

_MOST = 300
"""Characters of what a server says that are told."""

_CONFLICTS = ("40001", "40P01", "23505")
_NO_LEDGER = ("42P01", "3F000", "42883", "3D000")
_DAMAGED = ("XX001", "XX002")
_ENDED = ("08", "57P", "25P03", "25P04")
"""So begin the codes of a connection that is over: by a shutdown, a crash or a limit of its time."""

_NO_DATABASE = re.compile(r'database "[^"]*" does not exist')
_UNENCRYPTED = re.compile(r"no encryption|SSL off|SSL was required|does not support SSL")
_REFUSED = re.compile(
    r"authentication failed|no password supplied|password|pg_hba\.conf|certificate"
    r'|role "[^"]*" does not exist|not permitted to log in|permission denied'
)
_READ_ONLY = re.compile(r"session is (?:not )?read-only|server is (?:not )?in hot standby")
_FULL = re.compile(r"too many (?:clients|connections)|connection slots are reserved")
_FOREIGN = re.compile(
    r"invalid response|expected authentication request|unexpected message|unsupported frontend"
    r"|invalid .*length|unexpected protocol|protocol version"
)
_NO_NAME = re.compile(r"could not translate host name")
_FOR_NOW = "Temporary failure"


def said(error: Exception, address: Address) -> str:
    """What was said, for a message: one line of printable characters, no password, not too long."""
    diagnosis = getattr(error, "diag", None)
    text = (diagnosis and diagnosis.message_primary) or str(error)
    text = text.partition("\n\tIs the server")[0].partition("\n\tThis probably")[0]
    if password := urlsplit(address.url).password:
        for secret in {password, unquote(password)}:
            text = text.replace(secret, "***")
    line = " ".join(text.split())
    plain = "".join(each if each.isprintable() else "\ufffd" for each in line).rstrip(".")
    return plain if len(plain) <= _MOST else f"{plain[:_MOST]}..."


def unread(error: Exception, address: Address) -> SdcliError:
    """The error for an address that the driver cannot read."""
    return LedgerAddressError(address.shown, said(error, address))


def not_connected(error: Exception, address: Address, where: str = "") -> SdcliError:
    """The error for a connection that a host did not take; `again` if it may soon.

    `where` tells which one, if there are several.
    """
    place, text = address.shown, f"{where}{said(error, address)}"
    if _NO_DATABASE.search(text):
        return NoLedgerError(place, has_database=False)
    if _FULL.search(text):
        return LedgerUnreachableError(place, f"all its connections are taken ({text})", again=True)
    if _UNENCRYPTED.search(text):
        return NotAllowedError(place, f"one of us wants encryption and the other has none ({text})")
    if _REFUSED.search(text):
        return NotAllowedError(place, text)
    if _READ_ONLY.search(text):
        return LedgerReadOnlyError(place, text, again=True)
    if _FOREIGN.search(text):
        return LedgerUnreachableError(place, f"what answers is no PostgreSQL server ({text})")
    return LedgerUnreachableError(
        place, text, again=not _NO_NAME.search(text) or _FOR_NOW in text
    )


def told(  # noqa: PLR0911 - one for each way to fail
    error: Any, address: Address, wait_s: float, *, is_one: bool
) -> SdcliError:
    """The error for a statement that failed.

    Args:
        error: what the driver raised.
        address: where the ledger is.
        wait_s: how long a lock was waited for.
        is_one: the address names one host, so that no other one can be the primary.
    """
    code, place, text = error.pgcode or "", address.shown, said(error, address)
    if code in _CONFLICTS:
        return ConflictError(place, text)
    if code == "55P03":
        return LedgerBusyError(place, wait_s, "")
    if code in _NO_LEDGER:
        return NoLedgerError(place)
    if code == "42501":
        return NotAllowedError(place, text)
    if code == "25006":
        return LedgerReadOnlyError(place, text, again=not is_one)
    if code == "53300":
        return LedgerUnreachableError(place, f"all its connections are taken ({text})", again=True)
    if code == "57014":
        return LedgerUnreachableError(place, f"its server broke it off ({text})")
    if code == "53100":
        return MachineError("Writing the ledger", place, f"the disk of its server is full ({text})")
    if code.startswith(("53", "58")):
        return MachineError("Writing the ledger", place, f"its server cannot go on ({text})")
    if code in _DAMAGED:
        return LedgerDamagedError(place, text)
    if not code or code.startswith(_ENDED):
        return LedgerUnreachableError(place, text or "the connection was lost", again=True)
    return SdcliError(f"The ledger {place} failed: {text}")
