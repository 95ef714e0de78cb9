"""`sdcli survey due`: whom to ask how it was, and asking them (R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import SinceType, as_command, pass_desk

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.quality import SurveysDue


@as_command("due", writes=True)
@click.option(
    "--since", type=SinceType(), metavar="WHEN", default="7d", help="Closed from then on. [7d]"
)
@click.option("--send", is_flag=True, help="Mail the questions to them.")
@pass_desk
def command(desk: Desk, since: datetime, *, send: bool) -> SurveysDue:
    """List whom to ask of those whose tickets were closed, or ask them.

    Those of a type with a survey, who have not been asked about the ticket; not about one that was
    merged, is void or was closed before it was imported, and nobody whom catalog/survey.yaml lets
    rest. For cron with --send: each ticket by itself, so that what cannot be sent is due again the
    next time; then it exits 8. While another process is sending, it waits once, and gives up.

    \b
    Examples:
        sdcli survey due
        sdcli survey due --since 7d --send
    """
    from sdcli.surveys import Questionnaires

    return Questionnaires(desk).due(since, send=send)
