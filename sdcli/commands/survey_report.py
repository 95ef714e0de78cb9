"""`sdcli survey report`: who was asked and answered, and what they said (R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdcli.params import as_command, pass_desk, require_order, with_period

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.quality import SurveysReported


@as_command("report")
@with_period
@pass_desk
def command(desk: Desk, since: datetime | None, until: datetime | None) -> SurveysReported:
    """Count who was asked and answered, and what they said.

    How many surveys were sent in the period and are answered; the mean of each question, and of
    each figure by queue and by who resolved the request first; and the remarks. Scores count when
    they were given, the last to each question, also of a ticket that was merged since.

    \b
    Examples:
        sdcli survey report --since 30d
        sdcli survey report --since 2026-10-01 --until 2026-11-01 --json
    """
    from sdcli.surveys import Questionnaires

    require_order(since, until)
    return Questionnaires(desk).report(since, until)
