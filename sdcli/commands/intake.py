"""`sdcli intake`: how what arrives is read, and what could not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import FORMAT, as_group, pass_desk, with_ref
from sdcli.results.intake import Delivered, Explained, TakenAgain, Tried

if TYPE_CHECKING:
    from typing import BinaryIO

    from sdcli.desk import Desk


@as_group("intake")
def command() -> None:
    """Try how alerts are read, explain what became of them, take in what was kept.

    \b
    Examples:
        sdcli intake test payload.json
        sdcli intake test --json - < payload.json
        sdcli intake explain SD-42
        sdcli intake retry
        sdcli intake deliver
    """


@command.command("test")
@click.argument("file", type=click.File("rb"))
@click.option("--from", "form", type=FORMAT, help="What the file holds, if that is not plain.")
@pass_desk
def test(desk: Desk, file: BinaryIO, form: str | None) -> Tried:
    """Show what would come out of a payload, field by field; nothing is recorded.

    FILE is a payload as a monitoring system sends it, or `-` for standard input. For each alert
    in it: the format that reads it and why it fits, the other formats that would, every value
    with the expression that gave it, and the facts that are missing.

    \b
    Example:
        sdcli intake test payload.json
    """
    from sdcli.arrivals import Arrivals

    readings = Arrivals(desk).read(file.read(), form)
    fitting = desk.formats.fitting
    return Tried([(each, fitting(each.document) if each.document else []) for each in readings])


@command.command("explain")
@with_ref
@pass_desk
def explain(desk: Desk, ref: str) -> Explained:
    """Account for every event of monitoring that a ticket has counted.

    Each alert of the ticket with how often it fired and recovered, then each decision with the
    rule behind it. The numbers add up to everything that arrived here.

    \b
    Example:
        sdcli intake explain SD-42
    """
    return Explained(desk.ledger.get(ref))


@command.command("retry")
@click.argument("files", metavar="[FILE]...", nargs=-1)
@pass_desk
def retry(desk: Desk, files: tuple[str, ...]) -> TakenAgain:
    """Take in again what was kept as unreadable, now that a format or a limit has changed.

    FILE is a file of ledger/quarantine/, or its name; all of them if none is given. What has
    become readable is recorded and its files go to ledger/quarantine/done/; what has not stays,
    and the exit code is 8. It may be repeated at any time: nothing is recorded twice. A mail of
    ledger/ignored/ is taken in if it is named, whatever wrote it.

    \b
    Examples:
        sdcli intake retry
        sdcli intake retry 06GMW8V34XW1MZXFSK9M5DQC.raw
    """
    from sdcli.arrivals import Arrivals

    arrivals = Arrivals(desk)
    again = arrivals.retry(files)
    return TakenAgain([(each, arrivals.see_all(each.outcomes)) for each in again])


@command.command("deliver")
@click.option("--list", "lists", is_flag=True, help="Only show what waits.")
@pass_desk
def deliver(desk: Desk, lists: bool) -> Delivered:
    """Take in what could not reach the ledger and waits on this machine.

    `open --spool` keeps such input in ledger/spool/. It is taken in here, in order, each once, as of
    when it arrived; whoever opened it is named as ever. It stops where the ledger is out of
    reach, and the exit code is 6. What is refused goes to ledger/spool/refused/, and the exit
    code is 8. Two that run at once do not get in each other's way.

    \b
    Examples:
        sdcli intake deliver
        sdcli intake deliver --list --json
    """
    from sdcli.spooling import Spool

    spool = Spool(desk)
    return Delivered([] if lists else spool.deliver(), spool.waiting())
