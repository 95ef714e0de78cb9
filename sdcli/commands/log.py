"""`sdcli log`: a quick contact, opened and closed in one go (R0.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.intake.items import RequestItem
from sdcli.params import PHONE, SERVICE, TEXT, as_command, pass_desk, vocabulary, with_minutes
from sdcli.results.tickets import Changed
from sdcli.tickets.words import REQUEST_TYPES

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("log", writes=True)
@click.argument("summary", type=TEXT)
@with_minutes
@click.option(
    "--user", metavar="ID|MAIL|NUMBER|NAME", type=TEXT, default="unknown", help="Who called."
)
@click.option("--phone", type=PHONE, default="", help="The number they called from.")
@click.option("--channel", type=vocabulary("channel"), default="phone", help="How.")
@click.option("--service", type=SERVICE, default="unknown", help="The service it concerned.")
@click.option(
    "--type",
    "type_",
    type=click.Choice(REQUEST_TYPES),
    default="information",
    help="What kind of request it was.",
)
@click.option("--code", type=vocabulary("closure_code"), default="answered", help="How it ended.")
@pass_desk
def command(
    desk: Desk,
    summary: str,
    minutes: int,
    user: str,
    phone: str,
    channel: str,
    service: str,
    type_: str,
    code: str,
) -> Changed:
    """Log a quick contact that is already over.

    One line for the short question that would otherwise not be counted. Who called need not be
    known; a number that is in the contacts says it.

    \b
    Examples:
        sdcli log 'which form for a new badge'
        sdcli log 'how to set an absence note' --minutes 3 --user ada
    """
    from sdcli.arrivals import Arrivals

    item = RequestItem(
        summary=summary,
        minutes=minutes,
        user=user,
        phone=phone,
        channel=channel,
        service=service,
        type=type_,
    )
    arrivals = Arrivals(desk)
    arrivals.require_caller(item, opens=False)
    return Changed(desk.see(arrivals.quick_contact(item, code)))
