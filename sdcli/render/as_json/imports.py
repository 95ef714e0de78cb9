"""What became of the tickets of another tool, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sdcli.results.imports import BroughtIn, Exported, Sketched

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.intake.account import Account
    from sdcli.intake.moved import Moved


def _moved(moved: Moved) -> dict[str, Any]:
    """What became of a ticket of an import; what was known of it is in the account."""
    return {
        "source": moved.source,
        "ref": moved.ref,
        "is_new": moved.is_new,
        "links_left_out": moved.links_left_out,
    }


def _told(result: BroughtIn, account: Account) -> dict[str, Any]:
    written = result.rejects
    problems = [problem._asdict() for problem in account.problems]
    return {
        "account": msgspec.structs.asdict(account) | {"problems": problems},
        "rejects": {"file": written.path if written.rows else None, "rows": written.rows}
        if written
        else None,
    }


SHAPES: dict[type, Callable[[Any], Any]] = {
    Exported: lambda result: result.tickets,
    BroughtIn: lambda result: {
        "dry_run": result.dry_run,
        "new": sum(each.is_new for each in result.moved),
        "known": sum(not each.is_new for each in result.moved),
        "tickets": [_moved(each) for each in result.moved],
        **(_told(result, result.account) if result.account else {}),
    },
    Sketched: lambda result: {"map": result.text},
}
STREAMS = {Exported}
"""What is told as a document for each of its parts."""
