"""`sdcli import`: tickets from another desk or system, with their times and authors."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Literal

import click

from sdcli.params import as_command, pass_desk
from sdcli.results.imports import BroughtIn, Sketched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sdcli.desk import Desk


@as_command("import")
@click.argument("file", type=click.File("rb"))
@click.option(
    "--from",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    help="What FILE is: what `sdcli export` writes, or the CSV of another tool. [jsonl]",
)
@click.option(
    "--map", "map_", type=click.File("rb"), metavar="FILE", help="How the rows of CSV are read."
)
@click.option("--sketch-map", is_flag=True, help="Write a first map for the CSV in FILE instead.")
@click.option("--keep-going", is_flag=True, help="Leave out what cannot be read, and list it.")
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write what was left out to FILE, as CSV with the reasons.",
)
@click.option("--dry-run", is_flag=True, help="Say what would happen and record nothing.")
@pass_desk
def command(
    desk: Desk,
    file: BinaryIO,
    form: Literal["jsonl", "csv"] | None,
    map_: BinaryIO | None,
    sketch_map: bool,
    keep_going: bool,
    rejects: str | None,
    dry_run: bool,
) -> BroughtIn | Sketched:
    """Take over tickets from elsewhere, with their times and authors.

    FILE, or standard input if it is `-`, has one JSON object a line: `events` as `sdcli export`
    writes them, and `source`, which names the ticket where it comes from. Each source is taken
    once, so it may be run again. All lines are taken or none; nobody is told about targets
    missed before.

    With `--from csv` it is what another tool exports: a row for each ticket, or for each event of
    one. A map says which column is what, in which zone its times are, and what its states and
    levels are called here; `--sketch-map` writes a first one, and `examples/maps` has more. Steps
    that the states of other tools skip are put in, and counted. `--keep-going` takes what can be
    read, and ends with 8 if something was left out; `--rejects` keeps that in a new file, which can
    be mended and imported with the same map.

    \b
    Examples:
        sdcli --desk old export | sdcli import - --dry-run
        sdcli import --sketch-map incidents.csv > map.yaml
        sdcli import --from csv --map map.yaml incidents.csv --dry-run
    """
    from sdcli.arrivals import Arrivals

    name = getattr(file, "name", "-")
    if sketch_map:
        if keep_going or dry_run or rejects:
            raise click.UsageError(
                "--sketch-map writes a map and imports nothing: leave out "
                "--keep-going, --rejects and --dry-run."
            )
        return _sketch(desk, file, form, map_)
    if rejects and (dry_run or not keep_going):
        raise click.UsageError(
            "--rejects goes with --keep-going, and not with --dry-run, which writes nothing."
        )
    if map_ is not None and form != "csv":
        raise click.UsageError("--map says how CSV is read; add --from csv.")
    if form == "csv":
        if map_ is None:
            raise click.UsageError(
                "--from csv needs --map FILE; `sdcli import --sketch-map FILE.csv` writes a first one."
            )
        return _replay(desk, file, map_, keep_going=keep_going, rejects=rejects, dry_run=dry_run)
    if keep_going:
        raise click.UsageError("--keep-going goes with --from csv.")
    from sdcli.intake.moved import read
    from sdcli.render.progress import shown

    with shown("Reading") as progress:
        arrivals = read(_with_a_bar(file, progress), name)
    with shown("Importing") as progress:
        moved = Arrivals(desk).bring_in(arrivals, dry_run=dry_run, progress=progress)
    return BroughtIn(moved, dry_run)


def _sketch(desk: Desk, file: BinaryIO, form: str | None, map_: BinaryIO | None) -> Sketched:
    from sdcli.intake.sketch import sketch
    from sdcli.policy.imports import words

    if map_ is not None or form == "jsonl":
        raise click.UsageError("--sketch-map writes a map for CSV; it takes FILE.csv alone.")
    name = getattr(file, "name", "-")
    return Sketched(sketch(file, name, words(desk.policy.vocabulary), desk.zone))


def _replay(
    desk: Desk,
    file: BinaryIO,
    map_: BinaryIO,
    *,
    keep_going: bool,
    rejects: str | None,
    dry_run: bool,
) -> BroughtIn:
    from sdcli.intake.rejects import require_free
    from sdcli.policy.inside import LARGEST
    from sdcli.render.progress import shown
    from sdcli.replaying import Replaying

    if rejects:
        require_free(rejects)
    replaying, size = Replaying(desk), _size(file)
    map_file = replaying.map(map_.read(LARGEST + 1), getattr(map_, "name", "-"))
    with shown("Reading") as bar:
        found = replaying.read(
            file,
            getattr(file, "name", "-"),
            map_file,
            keep_going=keep_going,
            keeps_rows=bool(rejects),
            progress=lambda done: bar(min(done, size), size) if size else None,
        )
    with shown("Importing") as progress:
        brought = replaying.bring(found, dry_run=dry_run, progress=progress)
    return replaying.set_apart(brought, found, map_file.map, rejects) if rejects else brought


def _with_a_bar(file: BinaryIO, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    """The lines; a terminal sees how much of a file has been read."""
    size, done = _size(file), 0
    for line in file:
        yield line
        done += len(line)
        if size:
            progress(done, size)


def _size(file: BinaryIO) -> int:
    """How many bytes will come, where that is known."""
    with suppress(OSError):  # a pipe does not tell
        return os.fstat(file.fileno()).st_size
    return 0
