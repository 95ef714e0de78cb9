"""`sdcli eta`: when the caller may expect it, and whether they know (R3d3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, TEXT, WhenType, as_command, pass_desk, vocabulary

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.callers import ExpectationsDue
    from sdcli.results.tickets import Changed


@as_command("eta", writes=True)
@click.argument("ref", type=REF, required=False)
@click.argument("when", metavar="[WHEN]", type=WhenType(), required=False)
@click.option("--reason", type=TEXT, default="", help="Why it is another time than before.")
@click.option("--told", is_flag=True, help="The caller was told: it counts as a word to them.")
@click.option("--via", metavar="METHOD", type=vocabulary("contact_method"), help="How.")
@click.option("--due", is_flag=True, help="List what has passed, or was not told.")
@pass_desk
def command(
    desk: Desk,
    ref: str | None,
    when: datetime | None,
    *,
    reason: str,
    told: bool,
    via: str | None,
    due: bool,
) -> Changed | ExpectationsDue:
    """Say when the caller may expect it, and whether they were told.

    Another time than before needs --reason, and must be told anew: until somebody does, show, list
    and next say so. Without WHEN, --told says that the caller knows the time that holds. --due lists
    the requests whose time has passed or was not told, each with who at the desk follows it up.

    \b
    Examples:
        sdcli eta SD-42 'in 4h' --told --via phone
        sdcli eta SD-42 2026-12-07T15:00Z --reason 'the spare part is late'
        sdcli eta --due
    """
    from sdcli.expectations import Expectations

    if due:
        if ref or reason or told or via:
            raise click.UsageError("--due lists all of them; give it alone.")
        return Expectations(desk).due()
    if ref is None:
        raise click.UsageError("Missing argument 'REF'; --due lists what has passed.")
    if when is None and not told:
        raise click.UsageError("Say WHEN, or --told: the caller knows the time that holds.")
    if via and not told:
        raise click.UsageError("--via goes with --told: how the caller was told.")
    return Expectations(desk).expect(ref, when, reason=reason, told=told, via=via or "")
