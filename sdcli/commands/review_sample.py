"""`sdcli review sample`: some of the closed tickets, always the same ones (R5a.1, R6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUERY, TEXT, as_command, pass_desk, require_order, with_period

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.quality import ReviewSampled


@as_command("sample")
@with_period
@click.option("--query", type=QUERY, default="", help="Only tickets as a query says.")
@click.option("--size", type=click.IntRange(1), help="So many tickets.")
@click.option(
    "--percent",
    type=click.IntRange(1, 100),
    help="So many of a hundred; else as catalog/review.yaml says.",
)
@click.option("--seed", type=TEXT, default="", help="Draws others of the same; else the period.")
@pass_desk
def command(
    desk: Desk,
    since: datetime | None,
    until: datetime | None,
    query: str,
    size: int | None,
    percent: int | None,
    seed: str,
) -> ReviewSampled:
    """Draw some of the closed tickets, always the same ones.

    Of those that were closed in the period; in the last whole month without --since. The same
    period, query, size and seed draw the same tickets for everybody. Tickets are ranked by a hash
    of the seed and of what opened them. First come tickets of people who have none in the sample
    yet, then of queues that have none, then the others. What was reviewed says so.

    \b
    Examples:
        sdcli review sample --since 2026-10-01 --until 2026-11-01
        sdcli review sample --since 30d --query 'queue:network' --size 5 --seed november
    """
    from sdcli.reviews import Reviews, Wanted

    require_order(since, until)
    if until and not since:
        raise click.UsageError("--until goes with --since.")
    if size and percent:
        raise click.UsageError("Say one of --size and --percent.")
    only = None
    if query:
        from sdcli.finding import Finding

        only = Finding(desk, query, everything=True).predicate
    return Reviews(desk).sample(
        Wanted(
            since=since,
            until=until,
            query=query,
            only=only,
            size=size,
            percent=percent,
            seed=seed,
        )
    )
