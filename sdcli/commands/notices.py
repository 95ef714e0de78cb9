"""`sdcli notices`: what of the acting person's was found wrong (R3d1.5a, R4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import REF, TECHNICIAN, TEXT, as_command, pass_desk
from sdcli.results.triage import NoticesListed

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("notices", writes=True)
@click.option("--person", type=TECHNICIAN, help="What waits for somebody else.")
@click.option("--all-people", is_flag=True, help="What waits for anybody.")
@click.option("--seen", type=REF, multiple=True, help="You have seen this one; may be repeated.")
@click.option("--seen-all", is_flag=True, help="You have seen all that waits for you.")
@click.option("--note", type=TEXT, default="", help="With --seen: what you have to say to it.")
@pass_desk
def command(
    desk: Desk,
    person: str | None,
    all_people: bool,
    seen: tuple[str, ...],
    seen_all: bool,
    note: str,
) -> NoticesListed:
    """See which of your classifications and articles were found wrong, and say so.

    Who classified a request is told when somebody finds that it was something else: what it is
    now, who changed it, how that was discovered and what showed it. The desk's lead is told of
    every change. Who answers for an article is told when it made things worse. A notice waits
    until it was seen, on closed tickets too.

    \b
    Examples:
        sdcli notices
        sdcli notices --seen SD-42 --note 'I will ask since when it has worked'
        sdcli notices --all-people --json
    """
    from sdcli.notices import Notices

    takes = bool(seen or seen_all)
    if takes and (person or all_people):
        raise click.UsageError("--seen is for your own notices; --as NAME says who you are.")
    if person and all_people:
        raise click.UsageError("Say either --person or --all-people.")
    if note and not takes:
        raise click.UsageError("--note goes with --seen or --seen-all.")
    notices, whom = Notices(desk), "" if all_people else person or desk.by
    if not takes:
        return NoticesListed(notices.of(whom), whom)
    waiting = [row.ticket.ref for row in notices.of(whom)] if seen_all else []
    return NoticesListed(notices.take_notices([*seen, *waiting], note), whom, seen=True)
