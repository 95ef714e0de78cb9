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
from sdcli.ledger.pins import TOLD, gone, is_hash, no_hash
from sdcli.ledger.tiny.evidence import problem_of
from sdcli.ledger.tiny.files import make, replacing
from sdcli.tickets.event import Opened, SlaReapplied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.ledger.tiny.image import Places
    from sdcli.tickets.event import AnyEvent

_LIKELY = re.compile(rb'"policy":"([0-9a-f]{64})"')
_PINNING = (Opened, SlaReapplied)
"""What pins a ticket to service levels."""
MEMBER = re.compile(r"policies/[0-9a-f]{64}\.json")
"""What a file of service levels is called in a backup."""


def path_of(places: Places, policy: str) -> str:
    """Where the service levels of a hash are.

    Raises:
        LedgerDamagedError: it is no hash.
    """
    if not is_hash(policy):
        raise LedgerDamagedError(places.policies, no_hash(policy))
    return os.path.join(places.policies, f"{policy}.json")


def is_kept(places: Places, policy: str) -> bool:
    """Whether the service levels of a hash are on disk, as they were; no other name ever is."""
    return is_hash(policy) and not problem_of(path_of(places, policy))


def keep(places: Places, policy: str, content: bytes) -> None:
    """Have the service levels of a hash on disk; nothing if they are there.

    A file that is not what it was is replaced by what it was.

    Raises:
        LedgerDamagedError: it is no hash.
        MachineError: they could not be written.
    """
    path = path_of(places, policy)
    if is_kept(places, policy):
        return
    try:
        for folder in (os.path.dirname(places.policies), places.policies):
            make_folder(folder)
        make(path, content)
        if not is_kept(places, policy):
            with replacing(path, like=path) as stream:
                stream.write(content)
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
        raise LedgerDamagedError(path, gone(error.strerror or str(error))) from error
    if hashlib.sha256(content).hexdigest() != policy:
        raise LedgerDamagedError(path, gone("it is not what it was"))
    return content


def examined(places: Places, policy: str) -> tuple[str, str]:
    """Where the service levels of a pin are, and what is wrong with them; nothing if nothing is."""
    from msgspec import MsgspecError  # noqa: PLC0415 - only an examination decodes them

    from sdcli.policy.levels import read as decoded  # noqa: PLC0415

    if not is_hash(policy):
        return places.policies, f"is no hash: {policy[:TOLD]!r}"
    path = path_of(places, policy)
    problem = problem_of(path)
    if not problem:
        try:
            decoded(read(places, policy))
        except (MsgspecError, UnicodeDecodeError, RecursionError, LedgerDamagedError) as error:
            problem = f"cannot be decoded: {error}"
    return path, problem


def members(places: Places) -> list[tuple[str, str]]:
    """Every file of service levels that is there: its name in a backup, and its path."""
    try:
        names = sorted(os.listdir(places.policies))
    except OSError:
        return []
    found = ((f"policies/{name}", os.path.join(places.policies, name)) for name in names)
    return [(member, path) for member, path in found if MEMBER.fullmatch(member)]


def pins_of(events: Iterable[AnyEvent]) -> Iterator[str]:
    """What the events of a ticket pin it to, one after the other: hashes, if all is well."""
    for event in events:
        if isinstance(event, _PINNING) and event.policy:
            yield event.policy


def likely_in(line: bytes) -> list[str]:
    """What a ticket's line may be pinned to; text of others in it can look the same.

    Whoever misses one of these asks `pins_of` the ticket itself.
    """
    return [found.decode() for found in _LIKELY.findall(line)]


def member_of(policy: str) -> str:
    """What the file of a hash is called in a backup."""
    return f"policies/{policy}.json"
