"""Procedures and standard changes as a search sees them (R3b.1, R3c2.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.knowledge.beside import Beside
from sdcli.policy.procedures import Procedure, StandardChange

if TYPE_CHECKING:
    from sdcli.policy.procedures import Instructions


def as_searched(each: Instructions) -> Beside:
    """What one is found by: its name, what it is for, its steps and whatever else it tells."""
    is_change = isinstance(each, StandardChange)
    more = [each.done, *each.rfc.fields.values()] if isinstance(each, StandardChange) else []
    return Beside(
        id=each.id,
        kind="standard-change" if is_change else "procedure",
        type=each.type if isinstance(each, (Procedure, StandardChange)) else "unknown",
        title=each.title,
        describes=each.describes,
        keywords=(*each.keywords, each.id.replace("-", " ")),
        body=(*each.prerequisites.values(), *each.steps, each.verification, *more),
        services=each.services,
        audience=each.audience if isinstance(each, Procedure) else "desk",
        revision=each.revision,
        expires=each.expires,
    )
