"""`sdcli undo`: take the last step back, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import TakenBack


@as_command("undo", writes=True)
@with_ref
@click.option("--reason", type=TEXT, default="", help="Why; needed where somebody else did it.")
@click.option("--event", metavar="ID", type=TEXT, default="", help="Only if this is of that step.")
@click.option("--redo", is_flag=True, help="Bring back what was taken back last.")
@click.option("--all", "everywhere", is_flag=True, help="On all tickets that it changed.")
@click.option("--only", is_flag=True, help="On this ticket alone.")
@click.option("--keep-going", is_flag=True, help="With --all: leave those where it cannot be.")
@pass_desk
def command(
    desk: Desk,
    ref: str,
    reason: str,
    event: str,
    redo: bool,
    everywhere: bool,
    only: bool,
    keep_going: bool,
) -> TakenBack:
    """Take the last step back.

    The ticket is as it was before, clocks and all; the history keeps the step and says that it was
    taken back. Once more takes back the step before. What arrived from outside, such as an alert or
    a mail, is no step, and what was sent cannot be called back. A ticket that was opened or imported
    by mistake becomes void: no list holds it any more.

    A merge is taken back on all its tickets. What `bulk` or `import` did says on how many tickets,
    and asks for --all or --only. Where one of all was worked on since, or something was sent from it,
    nothing is taken back; `--all --keep-going` leaves such tickets, names them, and ends with 8. A script names an event of the step that it means, by the id that
    the step's answer or `sdcli history --json` gave, so that it never takes back another one.

    \b
    Examples:
        sdcli undo SD-42
        sdcli undo SD-42 --redo
        sdcli undo SD-42 --all --reason 'the wrong file'
        sdcli undo SD-42 --all --keep-going
    """
    from sdcli.undoing import Undoing

    if everywhere and only:
        raise click.UsageError("--all and --only exclude each other.")
    if redo and event:
        raise click.UsageError("--event names what is taken back; --redo brings back.")
    if keep_going and (redo or not everywhere):
        raise click.UsageError("--keep-going goes with --all, and not with --redo.")
    undoing = Undoing(desk)
    if redo:
        return undoing.redo(ref, reason=reason, everywhere=everywhere, only=only)
    return undoing.undo(
        ref,
        reason=reason,
        event=event,
        everywhere=everywhere,
        only=only,
        keep_going=keep_going,
    )
