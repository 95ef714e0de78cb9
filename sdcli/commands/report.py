"""`sdcli report`: figures of the desk's own work, each with the tickets behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli import results
from sdcli.params import WhenType, as_group, pass_desk

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk


@as_group("report")
def command() -> None:
    """Count what the desk does, and what its files should learn from that.

    Each command takes --json.

    \b
    Examples:
        sdcli report unsupported --since 2026-11-01 --until 2026-12-01
    """


@command.command("unsupported")
@click.option("--since", type=WhenType(), metavar="WHEN", help="Only what was done from then.")
@click.option("--until", type=WhenType(), metavar="WHEN", help="Only what was done before then.")
@click.option("--draft-changes", is_flag=True, help="Open a request for change for each gap.")
@pass_desk
def unsupported(
    desk: Desk, since: datetime | None, until: datetime | None, draft_changes: bool
) -> results.UnsupportedReported:
    """Show what was spent on things that the catalog does not hold, and what it lacks.

    Minutes, tickets and decisions, by name and by unit; minutes count when they were booked.
    What was asked for often enough (catalog/classification.yaml, support: gap_from) is a gap:
    --draft-changes opens a request for change for it, with the evidence, and only once.

    \b
    Examples:
        sdcli report unsupported --since 2026-11-01
        sdcli report unsupported --draft-changes
    """
    if since and until and until <= since:
        raise click.UsageError("--until must be later than --since.")
    report = desk.unsupported_report(since, until)
    changes = desk.draft_changes(report) if draft_changes else ()
    return results.UnsupportedReported(report, changes)
