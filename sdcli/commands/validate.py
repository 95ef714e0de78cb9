"""`sdcli validate`: confirm or correct what a machine reported (R1b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, SERVICE, TEXT, as_command, pass_desk
from sdcli.results.tickets import Changed
from sdcli.tickets.words import LEVELS, REQUEST_TYPES

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("validate", writes=True)
@click.argument("ref", type=REF)
@click.option("--against", type=TEXT, default="", help="The record it was compared with.")
@click.option("--summary", type=TEXT, help="What it should have said.")
@click.option("--component", type=TEXT, help="The host or component it is really about.")
@click.option("--environment", type=TEXT, help="Where that is: production, test …")
@click.option("--severity", type=TEXT, help="How severe it really is, as the system would say it.")
@click.option("--link", type=TEXT, help="Where to look.")
@click.option("--service", type=SERVICE, help="The service it really concerns.")
@click.option("--feature", type=TEXT, help="The feature of that service.")
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), help="What it really is.")
@click.option("--impact", type=click.Choice(LEVELS), help="How many are hindered.")
@click.option("--urgency", type=click.Choice(LEVELS), help="How much it hinders them.")
@click.option("--note", type=TEXT, default="", help="What was looked at, or what showed a mistake.")
@pass_desk
def command(
    desk: Desk, ref: str, against: str, note: str, type_: str | None, **given: str | None
) -> Changed:
    """Confirm or correct what a machine reported.

    A ticket that an alert opened is marked until somebody has looked whether it is true. What
    was wrong is kept as before and after; a corrected classification is one of its own, for the
    reason that --note gives: it is needed if a person had stated the class.

    \b
    Examples:
        sdcli validate SD-42 --against 'asset register'
        sdcli validate SD-42 --component db2 --service erp --note 'the label was stale'
    """
    from sdcli.classifying import Classification

    corrections = {name: value for name, value in {**given, "type": type_}.items() if value}
    classes = Classification(desk)
    ticket = classes.validate(ref, corrections, against=against, note=note)
    return Changed(desk.see(ticket), effect=classes.effect(ticket))
