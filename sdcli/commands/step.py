"""`sdcli step`: one step of looking for the cause (R3d1.2, R3d1.2b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TECHNICIAN, TEXT, as_command, pass_desk, with_at, with_minutes, with_ref
from sdcli.results.tickets import Changed
from sdcli.tickets.troubleshooting import TRY_RESULTS, TroubleshootingStepped
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.tickets.troubleshooting import TryResult


@as_command("step", writes=True)
@with_ref
@click.option("--hypothesis", type=TEXT, required=True, help="What is thought to be the cause.")
@click.option("--change", type=TEXT, required=True, help="The one thing changed or looked at.")
@click.option(
    "--result",
    type=click.Choice(TRY_RESULTS),
    default=UNKNOWN,
    help="What came of it.",
)
@click.option("--found", type=TEXT, default="", help="What was seen, in words.")
@with_minutes
@click.option("--mentor", type=TECHNICIAN, default=None, help="Who helped with it.")
@click.option("--skill", type=TEXT, default="", help="What they helped with.")
@with_at
@pass_desk
def command(
    desk: Desk,
    ref: str,
    hypothesis: str,
    change: str,
    result: TryResult,
    found: str,
    minutes: int,
    mentor: str | None,
    skill: str,
) -> Changed:
    """Write down one step of looking for the cause.

    One idea, one thing changed, what came of it. What was tried before is told, with by whom and
    when; `sdcli tried REF` shows all of it. --mentor and --skill say who helped with what was not
    known: `sdcli report skills` counts it.

    \b
    Examples:
        sdcli step SD-42 --hypothesis 'the driver' --change 'went back to 3.1' --result worked
        sdcli step SD-42 --hypothesis 'a loop' --change 'unplugged the dock' --result no-effect \\
            --mentor greta --skill 'reading spanning tree'
    """
    from sdcli.incidents import Incidents
    from sdcli.render.as_text.tickets import others

    done = Incidents(desk).step(
        ref,
        hypothesis=hypothesis,
        change=change,
        result=result,
        found=found,
        minutes=minutes,
        mentor=mentor or "",
        skill=skill,
    )
    seen = desk.see(done.ticket)
    told = seen.first_of(TroubleshootingStepped)
    return Changed(
        seen,
        notes=[*others(seen, told), *done.notes],
        more=done.more,
        event=told,
    )
