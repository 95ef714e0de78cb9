"""`sdcli survey ask`: what the caller is asked once it is over (R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import as_command, pass_desk, vocabulary, with_ref
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.quality import SurveyAsked


@as_command("ask", writes=True)
@with_ref
@click.option("--send", is_flag=True, help="Mail it to the caller.")
@click.option(
    "--via", metavar="METHOD", type=vocabulary("contact_method"), default=None, help="How."
)
@pass_desk
def command(desk: Desk, ref: str, *, send: bool, via: str | None) -> SurveyAsked:
    """Write what the caller is asked, or mail it, and note that they were.

    The ticket is resolved or closed. What is printed can be read out. With --send it goes to the
    caller by mail, who answers the mail itself, or by the link of catalog/survey.yaml; nothing is
    noted if it could not be sent.

    \b
    Examples:
        sdcli survey ask SD-42 --send
        sdcli survey ask SD-42 --via phone
    """
    from sdcli.surveys import Questionnaires

    if send and via:
        raise click.UsageError("--send asks by mail; --via goes without it.")
    return Questionnaires(desk).ask(ref, via or UNKNOWN, send=send)
