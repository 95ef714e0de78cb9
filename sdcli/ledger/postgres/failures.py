"""What a server or the way to it says when it fails, as an error for a person.

A server tells its failures by code. Of one that takes no connection the driver gives the words
alone: where they are not the English ones, the code is asked for (`Connection`). Words of a server
are hostile: they are shown on one line, cut, and without a password.
"""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003 - a table is typed by it
from typing import TYPE_CHECKING, Any

from sdcli.errors import (
    ConflictError,
    LedgerAddressError,
    LedgerBusyError,
    LedgerDamagedError,
    LedgerReadOnlyError,
    LedgerUnreachableError,
    MachineError,
    NoLedgerError,
    NoRightError,
    NotAllowedError,
    RefusedError,
    SdcliError,
)
from sdcli.ledger.postgres.address import secrets
from sdcli.ledger.postgres.version import other

if TYPE_CHECKING:
    from sdcli.ledger.postgres.address import Address

_MOST = 300
"""Characters of what a server says that are told."""

_CONFLICTS = ("40001", "40P01", "23505", "42P07")
"""The last one: two made the partition of a month at once."""
_ENDED = ("08", "57P", "25P03", "25P04")
"""So begin the codes of a connection that is over: by a shutdown, a crash or a limit of its time."""

_NO_DATABASE = re.compile(r'database "[^"]*" does not exist')
_UNENCRYPTED = re.compile(r"no encryption|SSL off|SSL was required|does not support SSL")
_REFUSED = re.compile(
    r"authentication failed|no password supplied|password|pg_hba\.conf|certificate"
    r'|role "[^"]*" does not exist|not permitted to log in|permission denied'
)
_READ_ONLY = re.compile(r"session is (?:not )?read-only|server is (?:not )?in hot standby")
_NOT_YET = re.compile(r"the database system is ")
_TAKEN = "all its connections are taken"
_FULL = re.compile(r"too many (?:clients|connections)|connection slots are reserved")
_BROKEN_OFF = "its server broke it off, as the `statement_timeout` of this user or an operator says"
_NO_SERVER = "what answers is no PostgreSQL server"
_NO_WAY = "one side wants encryption and the other has none"
_FOREIGN = re.compile(
    r"invalid response|expected authentication request|unexpected message|unsupported frontend"
    r"|invalid .*length|unexpected protocol|protocol version"
)
_BEGINS = re.compile(r"(?<![\w.])(?:\w+\.)?meta(?![\w.])")
"""What every question begins with; where it is there, all of a ledger is to be."""
_NO_NAME = re.compile(r"could not translate host name")
_FOR_NOW = "Temporary failure"
_ANSWERED = ":  "
"""What libpq puts behind how severe it is, in whatever language, where a server has answered."""
_CODE = re.compile(r":  ([0-9A-Z]{5}): ")
"""Where the code is in what libpq says at length."""


def said(error: Exception, address: Address) -> str:
    """What was said, for a message: one line of printable characters, no password, not too long."""
    diagnosis = getattr(error, "diag", None)
    text = (diagnosis and diagnosis.message_primary) or _words(error)
    text = text.partition("\n\tIs the server")[0].partition("\n\tThis probably")[0]
    for secret in sorted(secrets(address.url), key=len, reverse=True):
        text = text.replace(secret, "***")
    line = " ".join(text.split())
    plain = "".join(each if each.isprintable() else "\ufffd" for each in line).rstrip(".")
    return plain if len(plain) <= _MOST else f"{plain[:_MOST]}..."


def _words(error: Exception) -> str:
    """What was said; a server that has let nobody in yet may say it in letters that are not ours."""
    if isinstance(error, UnicodeDecodeError):
        return error.object.decode(errors="replace")
    return str(error)


def unread(error: Exception, address: Address) -> SdcliError:
    """The error for an address that the driver cannot read."""
    return LedgerAddressError(address.shown, said(error, address))


def code_in(error: Exception) -> str:
    """The code in what was said at length; empty if none is."""
    found = _CODE.findall(_words(error))
    return found[-1] if found else ""


def not_connected(
    error: Exception, address: Address, where: str = "", code_of: Callable[[], str] = str
) -> SdcliError:
    """The error for a connection that a host did not take; `again` if it may soon.

    Args:
        error: what the driver raised.
        address: where the ledger is.
        where: which of its hosts it is, if there are several.
        code_of: asks the server for its code, where its words are not known; empty if that fails.
    """
    place, text = address.shown, f"{where}{said(error, address)}"
    found = next((make for pattern, make in _WORDS if pattern.search(text)), None)
    if found is None and _ANSWERED in _words(error):
        code = code_of()
        found = _REFUSALS.get(code) or _REFUSALS.get(code[:2])
    if found is not None:
        return found(place, text)
    is_final = _NO_NAME.search(text) and _FOR_NOW not in text
    return LedgerUnreachableError(place, text, again=not is_final)


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
    if code == "25006":
        return LedgerReadOnlyError(place, text, again=not is_one)
    if code == "SD001":
        from sdcli.ledger import closed  # noqa: PLC0415 - hardly any ledger is closed

        return closed.error(place, error.diag.message_primary)
    if code in ("42P01", "42883") and not _BEGINS.search(text):
        return LedgerDamagedError(place, f"something of it is missing ({text})")
    if code in _FINAL:
        return _FINAL[code](place, text)
    if not code or code.startswith(_ENDED):
        return LedgerUnreachableError(place, text or "the connection was lost", again=True)
    return _by_class(code[:2], place, text)


def _by_class(first: str, place: str, text: str) -> SdcliError:
    """The error for a code of which only the class is known: its first two characters."""
    if first in ("53", "58"):
        return _machine(place, f"its server cannot go on ({text})")
    return SdcliError(f"The ledger {place} failed: {text}.")


def _machine(place: str, reason: str) -> MachineError:
    return MachineError("Writing the ledger", place, reason)


def _taken(place: str, text: str) -> SdcliError:
    return LedgerUnreachableError(place, f"{_TAKEN} ({text})", again=True)


def _no_database(place: str, _: str) -> SdcliError:
    return NoLedgerError(place, has_database=False)


_FINAL: dict[str, Callable[[str, str], SdcliError]] = {
    **dict.fromkeys(("42P01", "3F000", "42883", "3D000"), lambda place, _: NoLedgerError(place)),
    **dict.fromkeys(("XX001", "XX002"), LedgerDamagedError),
    "42501": NoRightError,
    "SD002": other,
    "SD003": lambda place, text: RefusedError(
        f"The ledger {place} takes nothing in that month: its table {text} is no part of the events "
        "any more. Nothing was changed. Ask whoever runs the database to attach it again."
    ),
    "53100": lambda place, text: _machine(place, f"the disk of its server is full ({text})"),
    "53300": _taken,
    "57014": lambda place, text: LedgerUnreachableError(place, f"{_BROKEN_OFF} ({text})"),
}
"""What codes mean that mean one thing alone."""

_WORDS: tuple[tuple[re.Pattern[str], Callable[[str, str], SdcliError]], ...] = (
    (_NO_DATABASE, _no_database),
    (_FULL, _taken),
    (_UNENCRYPTED, lambda place, text: NotAllowedError(place, f"{_NO_WAY} ({text})")),
    (_REFUSED, NotAllowedError),
    (_READ_ONLY, lambda place, text: LedgerReadOnlyError(place, text, again=True)),
    (_NOT_YET, lambda place, text: LedgerUnreachableError(place, text, again=True)),
    (_FOREIGN, lambda place, text: LedgerUnreachableError(place, f"{_NO_SERVER} ({text})")),
)
"""What words mean with which a connection is refused; the first that is found counts."""

_REFUSALS: dict[str, Callable[[str, str], SdcliError]] = {
    "3D000": _no_database,
    "53300": _taken,
    "28": NotAllowedError,
    "42501": NotAllowedError,
}
"""What codes mean with which a connection is refused, or their first two characters; all others,
such as those of a server that is about to start, may be over soon."""
