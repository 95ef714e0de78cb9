"""`sdcli sla test-route`: a test message by one route, now (R5b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk
from sdcli.results.sla import RouteTested

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("test-route")
@click.argument("route", type=TEXT)
@click.option(
    "--to", "person", type=TEXT, help="The person it is for, or a mail address. [who acts]"
)
@pass_desk
def command(desk: Desk, route: str, person: str | None) -> RouteTested:
    """Send a test message by a route, and say what happened.

    It goes out at once, whatever the window of the route, and nothing is recorded. Exits 1 if it
    was not taken.

    \b
    Example:
        sdcli sla test-route mail --to amara
    """
    from sdcli.notices import Notices

    return RouteTested(Notices(desk).test_route(route, person or desk.by))
