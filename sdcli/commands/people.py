"""`sdcli people`: who may call: looked up, and taken over from a list (R1a.1b)."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from sdcli.params import TEXT, as_group, pass_desk
from sdcli.results.people import PeopleFound, PeopleImported

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_group("people")
def command() -> None:
    """Find contacts, or take them over from a list.

    Who may call is in catalog/people.yaml: number, mail address, unit, site, time zone and
    class. Each command takes --json.

    \b
    Examples:
        sdcli people find 'ada london'
        sdcli people import hr.csv --dry-run
    """


@command.command("find")
@click.argument("words", metavar="TEXT...", type=TEXT, nargs=-1, required=True)
@click.option(
    "--limit", type=click.IntRange(0), default=20, help="At most so many; 0 for all. [20]"
)
@pass_desk
def find(desk: Desk, words: tuple[str, ...], limit: int) -> PeopleFound:
    """Find contacts and technicians by id, name, mail address, unit, site or phone number.

    All words must fit, wherever they stand; accents do not matter. A number may be written in
    any way, or be a part of one.

    \b
    Examples:
        sdcli people find lindqvist
        sdcli people find london finance
        sdcli people find '020 7946 0201' --json
    """
    from sdcli.policy.people import find as fitting

    text = " ".join(words)
    found = fitting(desk.policy, text)
    shown = found[:limit] if limit else found
    return PeopleFound(text, shown, len(found) - len(shown))


@command.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@pass_desk
def import_(desk: Desk, file: BinaryIO, dry_run: bool) -> PeopleImported:
    """Take contacts over from a CSV file into catalog/people.yaml.

    The first line names the columns: name, or first and last name; mail; and, where there are
    any, id, phone, unit, site, zone and class. Somebody with the same id or mail address is
    updated, others are added, nobody is removed, and an empty cell takes nothing away. All rows
    are taken or none.

    \b
    Example:
        sdcli people import hr.csv --dry-run
    """
    from sdcli.arrivals import Arrivals

    most = desk.policy.intake.sizes.stream
    raw = file.read(most + 1)
    if len(raw) > most:
        raise click.UsageError(f"It is larger than {most} bytes (`sizes` in catalog/intake.yaml).")
    name = getattr(file, "name", "-")
    return PeopleImported(Arrivals(desk).import_people(raw, name, dry_run=dry_run), dry_run)
