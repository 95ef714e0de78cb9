"""`sdcli report`: figures of the desk's own work, each with the tickets behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli import results
from sdcli.params import QUERY, WhenType, as_group, pass_desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.insight.partings import Class
    from sdcli.tickets.ticket import Ticket

_PERIOD = (
    click.option("--since", type=WhenType(), metavar="WHEN", help="Only what changed from then."),
    click.option("--until", type=WhenType(), metavar="WHEN", help="Only what changed before then."),
    click.option("--query", type=QUERY, default="", help="Only tickets as a query says."),
    click.option("--refs", is_flag=True, help="Show the newest tickets behind each number."),
)


def _with_period(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all reports share."""
    for option in reversed(_PERIOD):
        function = option(function)
    return function


@as_group("report")
def command() -> None:
    """Count how classification went, what is asked again, and what is missing.

    For `classification` and `information` a ticket counts in the period in which it last changed;
    for `unsupported` minutes and decisions count when they were booked and made. --refs names the
    tickets behind the numbers, and --json always does. --query counts only some of them.

    \b
    Examples:
        sdcli report classification --since 2026-11-01 --until 2026-12-01
        sdcli report information --refs
        sdcli report classification --query 'unit:Finance -channel:monitoring'
        sdcli report unsupported --draft-changes
    """


@command.command("classification")
@click.option(
    "--by", type=click.Choice(["type", "service"]), default="type", help="What to compare. [type]"
)
@_with_period
@pass_desk
def classification(
    desk: Desk,
    by: Class,
    since: datetime | None,
    until: datetime | None,
    query: str,
    refs: bool,
) -> results.ClassificationReported:
    """Show what requests were taken for at first, and what they were in the end.

    First against final class, how mistakes were discovered, what was left unknown by whom, flips
    between incident and fulfilment, and for each confusion the question of your trees that,
    asked earlier, would have told the two apart.

    \b
    Examples:
        sdcli report classification --by service
        sdcli report classification --since 2026-11-01 --json
    """
    _require_order(since, until)
    report = desk.classification_report(by, since, until, _only(desk, query))
    return results.ClassificationReported(report, refs)


@command.command("information")
@click.option(
    "--from", "fewest", type=click.IntRange(1), default=2, help="Asked at least so often. [2]"
)
@_with_period
@pass_desk
def information(
    desk: Desk,
    fewest: int,
    since: datetime | None,
    until: datetime | None,
    query: str,
    refs: bool,
) -> results.InformationReported:
    """Show what callers ask again and again: candidates for the list of frequent questions.

    Requests for information, by service, feature and the articles that answered them, and by
    area: technology or service.

    \b
    Example:
        sdcli report information --since 2026-11-01 --from 3
    """
    _require_order(since, until)
    report = desk.information_report(since, until, fewest, _only(desk, query))
    return results.InformationReported(report, refs)


@command.command("unsupported")
@click.option("--since", type=WhenType(), metavar="WHEN", help="Only what was done from then.")
@click.option("--until", type=WhenType(), metavar="WHEN", help="Only what was done before then.")
@click.option("--query", type=QUERY, default="", help="Only tickets as a query says.")
@click.option("--refs", is_flag=True, help="Show the tickets behind each number.")
@click.option("--draft-changes", is_flag=True, help="Open a request for change for each new gap.")
@pass_desk
def unsupported(
    desk: Desk,
    since: datetime | None,
    until: datetime | None,
    *,
    query: str,
    refs: bool,
    draft_changes: bool,
) -> results.UnsupportedReported:
    """Show what was spent on things that the catalog does not hold, and what it lacks.

    Minutes, tickets and decisions, by name and by unit; minutes count when they were booked.
    What was asked for often enough (catalog/classification.yaml, support: gap_from) is a gap:
    --draft-changes opens a request for change for it, with the evidence, and only once; the report
    names the one that is there. Tickets that nobody has decided on are counted as undecided.

    \b
    Examples:
        sdcli report unsupported --since 2026-11-01
        sdcli report unsupported --draft-changes
    """
    _require_order(since, until)
    report = desk.unsupported_report(since, until, _only(desk, query))
    changes = desk.draft_changes(report) if draft_changes else ()
    return results.UnsupportedReported(report, changes, refs)


def _only(desk: Desk, query: str) -> Callable[[Ticket], bool] | None:
    """What tells which tickets count, by a query; None if all do."""
    if not query:
        return None
    from sdcli.finding import Finding

    return Finding(desk, query).predicate


def _require_order(since: datetime | None, until: datetime | None) -> None:
    if since and until and until <= since:
        raise click.UsageError("--until must be later than --since.")
