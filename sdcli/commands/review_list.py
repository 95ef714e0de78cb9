"""`sdcli review list`: what was reviewed, and how it was (R5a.1, R6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, require_order, with_period

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.quality import ReviewsListed


@as_command("list")
@with_period
@pass_desk
def command(desk: Desk, since: datetime | None, until: datetime | None) -> ReviewsListed:
    """List what was reviewed.

    The last review of each ticket, if it was in the period, the newest first: how many percent of
    the checks that apply were answered with yes, and how often each check was. A ticket that was
    merged into another is left out, as in the figure `review.score`.

    \b
    Example:
        sdcli review list --since 30d
    """
    from sdcli.reviews import Reviews

    require_order(since, until)
    return Reviews(desk).listed(since, until)
