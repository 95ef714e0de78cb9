"""`sdcli tell`: what the caller may be told now (R7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import MAIL, as_command, pass_desk, vocabulary, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.callers import CallerTold


@as_command("tell", writes=True)
@with_ref
@click.option("--note", is_flag=True, help="You told the caller this: note it as a word to them.")
@click.option("--send", is_flag=True, help="Mail it to the caller, and note it.")
@click.option("--to", metavar="MAIL", type=MAIL, default="", help="Where, if not to the caller.")
@click.option(
    "--via", metavar="METHOD", type=vocabulary("contact_method"), help="With --note: how."
)
@pass_desk
def command(
    desk: Desk, ref: str, *, note: bool, send: bool, to: str, via: str | None
) -> CallerTold:
    """Write what the caller may be told now, in plain words.

    Where the request stands, what happens next, when it is expected, and when they will hear again, in
    the caller's own time; and how to go on meanwhile, if an article for callers says so. Nothing that was
    written for the desk is in it. With --note or --send it counts as a word to the caller.

    \b
    Examples:
        sdcli tell SD-42
        sdcli tell SD-42 --note --via phone
        sdcli tell SD-42 --send
    """
    from sdcli.expectations import Expectations

    if note and send:
        raise click.UsageError("--send notes it as well; say one of --note and --send.")
    if to and not send:
        raise click.UsageError("--to goes with --send.")
    if via and not note:
        raise click.UsageError("--via goes with --note.")
    return Expectations(desk).tell(ref, note=note, send=send, to=to, via=via or "")
