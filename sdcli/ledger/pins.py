"""What tickets are pinned to: service levels by their hash, the same wherever a ledger is (T11)."""

from __future__ import annotations

import re

_HASH = re.compile(r"[0-9a-f]{64}")

TOLD = 80
"""How much of something that is no hash is repeated."""


def is_hash(policy: str) -> bool:
    """Whether a text can be the hash of service levels: whoever wrote it, it leads nowhere else."""
    return bool(_HASH.fullmatch(policy))


def gone(reason: str) -> str:
    """What is damaged where service levels that tickets are pinned to cannot be read."""
    return (
        f"the policy that tickets are pinned to cannot be read ({reason}); a backup has it, and "
        "`sdcli sla reapply` pins them to today's"
    )


def no_hash(policy: str) -> str:
    """What is damaged where a ticket is pinned to something that is no hash."""
    return gone(f"{policy[:TOLD]!r} is no hash of one")
