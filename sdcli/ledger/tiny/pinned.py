"""The service levels that tickets are pinned to, each kept once: `policies/HASH.json` (T11).

A file is called after the hash of what is in it, so every one can be proven with `sha256sum`. It is
on disk before the ticket that names it is committed; one that no ticket names is harmless.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from sdcli.errors import LedgerDamagedError, MachineError
from sdcli.ledger.folders import make_folder
from sdcli.ledger.tiny.files import make

if TYPE_CHECKING:
    from sdcli.ledger.tiny.image import Places

_NAMED = re.compile(rb'"policy":"([0-9a-f]{64})"')
MEMBER = re.compile(r"policies/[0-9a-f]{64}\.json")
"""What a file of service levels is called in a backup."""


def path_of(places: Places, policy: str) -> str:
    """Where the service levels of a hash are."""
    return os.path.join(places.policies, f"{policy}.json")


def keep(places: Places, policy: str, content: bytes) -> None:
    """Have the service levels of a hash on disk; nothing if they are there.

    Raises:
        MachineError: they could not be written.
    """
    path = path_of(places, policy)
    if os.path.exists(path):
        return
    try:
        for folder in (os.path.dirname(places.policies), places.policies):
            make_folder(folder)
        make(path, content)
    except OSError as error:
        raise MachineError("Keeping a policy in", path, error.strerror or str(error)) from error


def read(places: Places, policy: str) -> bytes:
    """The service levels of a hash, as they were kept.

    Raises:
        LedgerDamagedError: they are not there, or are not what they were.
    """
    path = path_of(places, policy)
    try:
        with open(path, "rb") as stream:
            content = stream.read()
    except OSError as error:
        raise LedgerDamagedError(path, _gone(error.strerror or str(error))) from error
    if hashlib.sha256(content).hexdigest() != policy:
        raise LedgerDamagedError(path, _gone("it is not what it was"))
    return content


def _gone(reason: str) -> str:
    return (
        f"the policy that tickets are pinned to cannot be read ({reason}); a backup has it, and "
        "`sdcli sla reapply` pins them to today's"
    )


def members(places: Places) -> list[tuple[str, str]]:
    """Every file of service levels that is there: its name in a backup, and its path."""
    try:
        names = sorted(os.listdir(places.policies))
    except OSError:
        return []
    found = ((f"policies/{name}", os.path.join(places.policies, name)) for name in names)
    return [(member, path) for member, path in found if MEMBER.fullmatch(member)]


def named_in(line: bytes) -> list[str]:
    """What the files are called in a backup of the service levels that a ticket's line names."""
    return [f"policies/{found.decode()}.json" for found in _NAMED.findall(line)]
