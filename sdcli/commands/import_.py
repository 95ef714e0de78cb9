"""`sdcli import`: tickets from another desk or system, with their times and authors."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import click

from sdcli import results
from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.desk import Desk


@as_command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Say what would happen and record nothing.")
@pass_desk
def command(desk: Desk, file: BinaryIO, dry_run: bool) -> results.BroughtIn:
    """Take over tickets from elsewhere, with their times and authors.

    FILE, or standard input if it is `-`, has one JSON object a line: `events` as `sdcli export`
    writes them, and `source`, which names the ticket where it comes from. Each source is taken
    once, so it may be run again. All lines are taken or none; nobody is told about targets
    missed before.

    \b
    Example:
        sdcli --desk old export | sdcli import - --dry-run
    """
    from sdcli.intake.moved import read
    from sdcli.render.progress import shown

    with shown("Reading") as progress:
        arrivals = read(_with_a_bar(file, progress), getattr(file, "name", "-"))
    with shown("Importing") as progress:
        moved = desk.bring_in(arrivals, dry_run=dry_run, progress=progress)
    return results.BroughtIn(moved, dry_run)


def _with_a_bar(file: BinaryIO, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    """The lines; a terminal sees how much of a file has been read."""
    size = done = 0
    with suppress(OSError):  # a pipe does not tell how much will come
        size = os.fstat(file.fileno()).st_size
    for line in file:
        yield line
        done += len(line)
        if size:
            progress(done, size)
