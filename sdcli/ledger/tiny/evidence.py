"""The attached files of a ledger held against the hashes that its tickets name (R1b.1b).

A file is called after what is in it, so every one can be proven. A link is none: what it leads to
can change without anybody touching the ledger.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdcli.ledger.tiny.image import Places

_MEMBER = re.compile(r"attachments/[0-9a-f]{2}/[0-9a-f]{64}")
_NAMED = re.compile(
    rb'\{"name":"(?:[^"\\]|\\.)*","size":\d+,"sha256":"([0-9a-f]{64})"(?:,"mime":"(?:[^"\\]|\\.)*")?\}'
)

_CHUNK = 1 << 20


def path_of(places: Places, sha256: str) -> str:
    """Where the file with this hash is."""
    return os.path.join(places.attachments, sha256[:2], sha256)


def problem_of(path: str) -> str:
    """What is wrong with a file that is called after its hash, before any dot; empty if nothing is."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return "is no file of its own"
        named = os.path.basename(path).partition(".")[0]
        return "" if sha256_of(path) == named else "is not what it was"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def sha256_of(path: str) -> str:
    """The hash of a file.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def kept(places: Places) -> list[tuple[str, str]]:
    """Every attached file that is there: its name in a backup, and its path."""
    found = []
    for folder, _, names in os.walk(places.attachments):
        for name in names:
            member = f"attachments/{os.path.basename(folder)}/{name}"
            if _MEMBER.fullmatch(member):
                found.append((member, os.path.join(folder, name)))
    return sorted(found)


def is_member(name: str) -> bool:
    """Whether a member of a backup is an attached file."""
    return bool(_MEMBER.fullmatch(name))


def named_in(line: bytes) -> list[str]:
    """What the files that the tickets of a line name, and that are kept, are called in a backup."""
    found = (each.decode() for each in _NAMED.findall(line))
    return [f"attachments/{sha256[:2]}/{sha256}" for sha256 in found]
