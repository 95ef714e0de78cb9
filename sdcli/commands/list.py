"""`sdcli list`: tickets in a table, the most pressing first."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from sdcli.params import QUERY, QUEUE, SERVICE, TEXT, SecondsType, as_query_command, pass_desk
from sdcli.results.lists import MOST_NOTICES, Listed
from sdcli.tickets import keys
from sdcli.tickets.query import Query, cut, pressing
from sdcli.tickets.support import is_unsupported
from sdcli.tickets.words import OPEN_STATUSES, PRIORITIES, REQUEST_TYPES, STATUSES

if TYPE_CHECKING:
    from sdcli.desk import Desk

_SCREENFUL = 50
_ENOUGH = MOST_NOTICES + 1
_READ = 10 * _ENOUGH
"""So many tickets with notices are read: the desk's lead has those of who left among them."""


@as_query_command("list")
@click.argument("words", metavar="[QUERY]...", type=QUERY, nargs=-1)
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Only this status.")
@click.option("--queue", type=QUEUE, default=None, help="Only this queue.")
@click.option("--assignee", type=TEXT, default="", help="Only what this person works on.")
@click.option("--user", type=TEXT, default="", help="Only what this caller asked for.")
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), help="Only this type.")
@click.option("--priority", type=click.Choice(PRIORITIES, case_sensitive=False), help="Only this.")
@click.option("--service", type=SERVICE, default=None, help="Only this service.")
@click.option("--query", metavar="TEXT", type=TEXT, default="", help="Only with these words.")
@click.option("--news", is_flag=True, help="Only where somebody answered; closed ones too.")
@click.option("--unsupported", is_flag=True, help="Only what the catalog does not hold.")
@click.option("--needs-validation", is_flag=True, help="Only what a machine says, unconfirmed.")
@click.option("--all", "everything", is_flag=True, help="Closed tickets too.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"At most so many, 0 for all; {_SCREENFUL} on a terminal, all in a pipe.",
)
@click.option(
    "--watch",
    metavar="[SECONDS]",
    type=SecondsType(),
    is_flag=False,
    flag_value="2",
    default=None,
    help="Draw it anew when something changed, looking so often; 2 seconds if you say nothing.",
)
@click.pass_context
@pass_desk
def command(
    desk: Desk, ctx: click.Context, watch: float | None, limit: int | None, **wish: Any
) -> Listed:
    """List tickets, the most pressing first.

    Ordered by priority, then age. Closed tickets are left out unless --all or --status asks. A
    star marks news: somebody answered, and nobody at the desk has done anything since. What can be
    asked in a QUERY tells `sdcli query fields`; options narrow it further. --watch stands last.

    \b
    Examples:
        sdcli list --queue network --priority P1
        sdcli list --news
        sdcli list --unsupported --all
        sdcli list status:waiting 'age>3d' -queue:network
        sdcli list @mine --watch
    """
    most = _limit(limit, as_json=bool(ctx.obj.json))
    if watch is not None:
        from sdcli.board.watch import watched

        return watched(ctx, desk, lambda anew: _list(anew, most=most, **wish), watch)
    return _list(desk, most=most, **wish)


def _list(
    desk: Desk,
    *,
    most: int,
    words: tuple[str, ...],
    status: tuple[str, ...],
    everything: bool,
    news: bool,
    unsupported: bool,
    needs_validation: bool,
    **narrow: str | None,
) -> Listed:
    """The tickets that are asked for, as they stand now."""
    from sdcli.notices import Notices
    from sdcli.promises import Promises

    query = Query(
        statuses=status or (STATUSES if everything or news else OPEN_STATUSES),
        queue=narrow["queue"] or "",
        assignee=narrow["assignee"] or "",
        user=_caller(desk, narrow["user"] or ""),
        type=narrow["type_"] or "",
        priority=narrow["priority"] or "",
        service=narrow["service"] or "",
        text=narrow["query"] or "",
        needs_validation=needs_validation,
    )
    if words:
        flags = [*(["is:news"] if news else ()), *(["is:unsupported"] if unsupported else ())]
        text = " ".join((*words, *flags))
        return _asked(desk, text, query, most, everything=everything or news)
    answered = list(desk.ledger.having(keys.NEWS))
    if news or unsupported:
        kept = answered if news else desk.ledger.having(keys.UNSUPPORTED)
        fits = is_unsupported if unsupported else lambda _: True
        found = pressing(ticket for ticket in kept if query.matches(ticket) and fits(ticket))
        found, more = cut(found, most) if most else (found, 0)
    elif most:
        found, more = desk.ledger.most_pressing(query, most)
    else:
        found, more = pressing(desk.ledger.find(query)), 0
    unseen = 0 if news else sum("closed" not in query.statuses and t.is_closed for t in answered)
    waiting = sum(1 for _ in islice(Notices(desk).noticed(desk.by, most=_READ), _ENOUGH))
    rows, missed = [desk.see(ticket) for ticket in found], Promises(desk).missed_check()
    return Listed(rows, more, unseen, notices=waiting, missed_s=missed)


def _asked(desk: Desk, text: str, options: Query, most: int, *, everything: bool) -> Listed:
    """What a query asks for, narrowed by the options."""
    from sdcli.finding import Finding
    from sdcli.promises import Promises

    tickets = pressing(Finding(desk, text, everything=everything).within(options))
    found, more = cut(tickets, most) if most else (tickets, 0)
    rows = [desk.see(ticket) for ticket in found]
    return Listed(rows, more, missed_s=Promises(desk).missed_check())


def _caller(desk: Desk, given: str) -> str:
    """A known caller's id, however they were named."""
    if not given:
        return ""
    from sdcli.policy.people import known

    person = known(desk.policy, given)
    return person.id if person else given


def _limit(given: int | None, *, as_json: bool) -> int:
    if given is not None:
        return given
    return _SCREENFUL if sys.stdout.isatty() and not as_json else 0
