"""The desk's files and its ledger, as JSON: made, examined, kept and moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.render import words
from sdcli.results.ledgers import (
    BackedUp,
    BroughtBack,
    Done,
    Examined,
    LedgerCopied,
    LedgerMigrated,
    LedgerPrepared,
    LedgerStatus,
    Linted,
    Repaired,
    Started,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _prepared(result: LedgerPrepared) -> dict[str, Any]:
    """As `text`."""
    found = result.prepared
    return {
        "ledger": result.place,
        "needed": found is not None,
        "made": bool(found and found.made),
        "version": found.format if found else None,
        "writer": (found.writer if found else "") or None,
        "reader": (found.reader if found else "") or None,
        "roles_made": list(found.roles) if found else [],
    }


def _migrated(result: LedgerMigrated) -> dict[str, Any]:
    """As `text`."""
    found = result.migrated
    return {
        "ledger": result.place,
        "needed": found is not None,
        "before": found.before if found else None,
        "after": found.after if found else None,
        "scripts": list(found.scripts) if found else [],
    }


def _status(result: LedgerStatus) -> dict[str, Any]:
    """As `text`."""
    found, last, other = result.standing, result.last_check, result.other
    return {
        "home": found.home,
        "ledger": found.place,
        "version": found.format,
        "server": found.server or None,
        "role": found.role or None,
        "lag_s": found.lag_s,
        "tickets": found.tickets,
        "events": found.events,
        "about": found.about,
        "bytes": found.size,
        "months": found.months,
        "newest": words.exact(found.newest) if found.newest else None,
        "connected": [msgspec.structs.asdict(each) for each in found.connected],
        "standbys": [{"host": host, "lag_s": lag} for host, lag in found.standbys],
        "closed": msgspec.structs.asdict(found.closed) if found.closed else None,
        "levels": result.levels,
        "levels_kept": result.levels_kept,
        "last_check": words.exact(last.at) if last else None,
        "checked_by": last.by if last else None,
        "age_s": result.age_s,
        "quarantined": result.quarantined,
        "spooled": result.spooled,
        "other": {"ledger": other.place, "tickets": other.tickets, "moved": other.moved}
        if other
        else None,
    }


def _copied(result: LedgerCopied) -> dict[str, Any]:
    """As `text`."""
    return {
        **msgspec.structs.asdict(result),
        "missing": list(result.missing),
        "equal": result.is_equal,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    Linted: lambda result: {
        "ok": True,
        "counts": dict(result.counts),
        "remarks": [each._asdict() for each in result.remarks],
    },
    Started: lambda result: {"desk": result.root, "files": result.files},
    Done: lambda result: {"done": result.said},
    Examined: lambda result: {
        "sound": not result.examination.findings,
        **msgspec.to_builtins(result.examination),
    },
    Repaired: lambda result: result.mended,
    BackedUp: lambda result: {"file": result.file, "tickets": result.tickets},
    BroughtBack: lambda result: result.restored,
    LedgerPrepared: _prepared,
    LedgerMigrated: _migrated,
    LedgerStatus: _status,
    LedgerCopied: _copied,
}
