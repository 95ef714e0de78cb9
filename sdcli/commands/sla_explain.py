"""`sdcli sla explain`: a clock interval by interval, and why it is due when it is (R5b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import WhenType, as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.clocks import ClocksExplained
    from sdcli.sla.explain import Explained

_TARGETS = ("response", "update", "resolution", "operational", "underpinning")


@as_command("explain")
@with_ref
@click.option(
    "--target", type=click.Choice(_TARGETS), help="This one alone. [all, the most pressing in full]"
)
@click.option("--at", type=WhenType(), metavar="WHEN", help="As of then, past or to come. [now]")
@click.option("--all", "whole", is_flag=True, help="A row for every interval, none folded.")
@click.option(
    "--svg", type=click.Path(dir_okay=False), metavar="FILE", help="Write a picture; - is stdout."
)
@pass_desk
def command(
    desk: Desk,
    ref: str,
    target: Explained | None,
    at: datetime | None,
    whole: bool,
    svg: str | None,
) -> ClocksExplained:
    """Show every interval of a clock, what counted, and why.

    From opening to now: counted, closed, holidays by name, pauses with who and why, and the time
    after the stop. What counted adds up to what the clock shows. An instant to come shows what
    will be if nothing happens until then.

    \b
    Examples:
        sdcli sla explain SD-42
        sdcli sla explain SD-42 --target response --at '2026-11-23 12:00'
        sdcli sla explain SD-42 --svg timeline.svg
    """
    from sdcli.promises import Promises

    shown = Promises(desk).explain(ref, target, at).printed(whole=whole, picture=svg or "")
    if svg and svg != "-":
        from sdcli.render.timeline_svg import picture, save

        save(svg, picture(shown.found[shown.shown], shown.ticket.summary, shown.zone))
    return shown
