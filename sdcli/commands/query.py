"""`sdcli query`: what can be asked of tickets, and queries with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import QUERY, TEXT, QueryCommand, as_group, pass_desk
from sdcli.results.lists import QueriesListed, QueryFields

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_group("query")
def command() -> None:
    """See what can be asked of tickets, and keep queries under a name.

    A query is one line: words that the ticket says, and conditions, all of which must hold.

    \b
        status:waiting,new        one of these
        -queue:network            not this
        age>3d  due<2h  idle>1w   lengths of time: m, h, d, w
        opened>2026-11-01         days of the desk, instants, or 3d for three days ago
        sla>80  sla:breached      percent of a target gone, or a clock's state
        is:unassigned has:problem flags
        "vpn drops"               these words in this order
        @mine                     a saved query

    Closed tickets are left out unless the query speaks of them (status:closed, closed>7d, code:...)
    or --all is given. `list`, `bulk` and `report --query` take queries.

    \b
    Examples:
        sdcli query fields
        sdcli query save old 'age>14d -is:paused' --about 'What lies too long'
        sdcli list @old --json
    """


@command.command("fields")
@pass_desk
def fields(desk: Desk) -> QueryFields:
    """List everything that can be asked.

    \b
    Example:
        sdcli query fields
    """
    from sdcli.querying.fields import told

    return QueryFields(told(desk.policy))


@command.command("list")
@pass_desk
def listed(desk: Desk) -> QueriesListed:
    """List the saved queries.

    \b
    Example:
        sdcli query list
    """
    from sdcli.querying.saved import read_queries

    return QueriesListed(read_queries(desk.root))


@command.command("save", cls=QueryCommand)
@click.argument("name", type=TEXT)
@click.argument("words", metavar="QUERY...", type=QUERY, nargs=-1, required=True)
@click.option("--about", type=TEXT, default="", help="What it is for.")
@pass_desk
def save(desk: Desk, name: str, words: tuple[str, ...], about: str) -> QueriesListed:
    """Save a query under a name, in catalog/queries.yaml.

    It is read before it is saved. To change it or take it out, edit the file.

    \b
    Example:
        sdcli query save mine 'assignee:me' --about 'What I work on'
    """
    from sdcli.finding import Finding

    return QueriesListed(Finding.saved_as(desk, name, " ".join(words), about))
