"""`sdcli kb import`: a folder of documents as articles (R3a.2)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from sdcli.params import ENCODING, PERIOD, QUEUE, SERVICE, TEXT, WhenType, as_command, pass_desk
from sdcli.tickets.words import REQUEST_TYPES

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results.knowledge import ArticlesImported


@as_command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, readable=True))
@click.option(
    "--type",
    "type_",
    type=click.Choice(REQUEST_TYPES),
    default="unknown",
    help="The kind of request. [unknown]",
)
@click.option(
    "--area",
    type=click.Choice(["service", "technology"]),
    help="What they are about. [the service's own, else technology]",
)
@click.option("--service", "services", type=SERVICE, multiple=True, help="A service of theirs.")
@click.option(
    "--audience", type=click.Choice(["user", "desk"]), default="desk", help="Who reads them. [desk]"
)
@click.option("--owner", type=QUEUE, default=None, help="The queue that keeps them. [the desk]")
@click.option("--second-owner", type=QUEUE, default=None, help="Another queue. [the desk]")
@click.option("--expires", type=WhenType(), help="When they are to be looked through. [in 1y]")
@click.option("--for", "period", type=PERIOD, help="Until then in other words: 30d, 6m, 1y.")
@click.option("--encoding", type=ENCODING, default="", help="That of files that are not UTF-8.")
@click.option("--name", type=TEXT, default="", help="What the folder is called. [its own name]")
@click.option("--overwrite", is_flag=True, help="Take a file's text over what was edited here.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@pass_desk
def command(
    desk: Desk,
    folder: str,
    type_: str,
    area: str | None,
    services: tuple[str, ...],
    audience: str,
    owner: str | None,
    second_owner: str | None,
    expires: datetime | None,
    period: str | None,
    encoding: str,
    name: str,
    overwrite: bool,
    dry_run: bool,
) -> ArticlesImported:
    """Bring in a folder of Markdown or HTML.

    Each file becomes an article: the first heading is the title, and headings such as Symptoms,
    Impact, Cause, Diagnosis, Steps, Resolution, Workaround and Verification say what belongs where.
    Other sections become steps with their heading; a front matter may give the template's fields,
    and what else it holds becomes a remark in the article's file. The options fill in the rest.

    A second run takes only what has changed since, and leaves alone what was edited here. Files
    that cannot be read are listed, and the exit code is 8. Links are not followed out of the folder.

    \b
    Examples:
        sdcli kb import ../runbooks --type incident --owner servers --dry-run
        sdcli kb import old-wiki --service intranet --for 6m
    """
    from datetime import date

    from sdcli.authoring import GOOD_FOR, Authoring
    from sdcli.knowledge.bring import Wish
    from sdcli.knowledge.foreign import Defaults
    from sdcli.knowledge.terms import later
    from sdcli.render.progress import shown

    authoring = Authoring(desk)
    if expires and period:
        raise click.UsageError("--expires and --for say the same: give one of them.")
    today = authoring.today
    until = str(later(date.fromisoformat(today), period or GOOD_FOR))
    until = authoring.day_of(int(expires.timestamp())) if expires else until
    if until <= today:
        raise click.UsageError(f"--expires is {until}: it must be later than today.")
    queue = desk.policy.teams.desk.queue
    defaults = Defaults(
        type=type_,
        area=area or "",
        services=services,
        audience=audience,
        roles=(),
        owner=owner or queue,
        second_owner=second_owner or queue,
        reviewed=today,
        expires=until,
    )
    called = " ".join((name or os.path.basename(os.path.realpath(folder))).split())
    wish = Wish(folder, called, encoding, overwrite, dry_run)
    with shown("Importing") as progress:
        return authoring.bring(wish, defaults, progress)
