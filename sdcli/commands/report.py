"""`sdcli report`: figures of the desk's own work, each with the tickets behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli import results
from sdcli.params import WhenType, as_group, pass_desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.insight.partings import Class

_PERIOD = (
    click.option("--since", type=WhenType(), metavar="WHEN", help="Only what changed from then."),
    click.option("--until", type=WhenType(), metavar="WHEN", help="Only what changed before then."),
    click.option("--refs", is_flag=True, help="Show the newest tickets behind each number."),
)


def _with_period(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all reports share."""
    for option in reversed(_PERIOD):
        function = option(function)
    return function


@as_group("report")
def command() -> None:
    """Count how classification went, and what callers ask again.

    A ticket counts in the period in which it last changed, so in one of two periods that follow
    one another. Every number can name its tickets: --refs, and --json always. Each command takes
    --json.

    \b
    Examples:
        sdcli report classification --since 2026-11-01 --until 2026-12-01
        sdcli report information --refs
    """


@command.command("classification")
@click.option(
    "--by", type=click.Choice(["type", "service"]), default="type", help="What to compare. [type]"
)
@_with_period
@pass_desk
def classification(
    desk: Desk, by: Class, since: datetime | None, until: datetime | None, refs: bool
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
    return results.ClassificationReported(desk.classification_report(by, since, until), refs)


@command.command("information")
@click.option(
    "--from", "fewest", type=click.IntRange(1), default=2, help="Asked at least so often. [2]"
)
@_with_period
@pass_desk
def information(
    desk: Desk, fewest: int, since: datetime | None, until: datetime | None, refs: bool
) -> results.InformationReported:
    """Show what callers ask again and again: candidates for the list of frequent questions.

    Requests for information, by service, feature and the articles that answered them, and by
    area: technology or service.

    \b
    Example:
        sdcli report information --since 2026-11-01 --from 3
    """
    _require_order(since, until)
    return results.InformationReported(desk.information_report(since, until, fewest), refs)


def _require_order(since: datetime | None, until: datetime | None) -> None:
    if since and until and until <= since:
        raise click.UsageError("--until must be later than --since.")
