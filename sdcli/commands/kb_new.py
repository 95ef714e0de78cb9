"""`sdcli kb new`: a new article (R3a.2), or one drafted from a ticket (R6.3)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, get_args

import click

from sdcli.params import PERIOD, REF, SERVICE, TEXT, WhenType, as_command, pass_desk
from sdcli.params import QUEUE as A_QUEUE
from sdcli.policy.teams import Role
from sdcli.session import is_interactive
from sdcli.tickets.words import REQUEST_TYPES

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.authoring import Authoring
    from sdcli.desk import Desk
    from sdcli.results.knowledge import ArticleDrafted, ArticleWritten


@as_command("new")
@click.argument("title", type=TEXT, required=False, default="")
@click.option("--from-ticket", metavar="REF", type=REF, help="Draft it from what a ticket says.")
@click.option(
    "--file", type=click.File("rb"), help="Take the whole text from a YAML file; - is the pipe."
)
@click.option(
    "--type", "type_", type=click.Choice(REQUEST_TYPES), help="The kind of request it answers."
)
@click.option(
    "--area",
    type=click.Choice(["service", "technology"]),
    help="What it is about. [the service's own]",
)
@click.option(
    "--service", "services", type=SERVICE, multiple=True, help="A service; several times."
)
@click.option(
    "--audience",
    type=click.Choice(["user", "desk", "restricted"]),
    help="Who may read it. [desk]",
)
@click.option(
    "--role",
    "roles",
    type=click.Choice(get_args(Role)),
    multiple=True,
    help="A role that may read a restricted one; several times.",
)
@click.option(
    "--symptom", "symptoms", type=TEXT, multiple=True, help="What callers say; several times."
)
@click.option("--cause", type=TEXT, default="", help="Why it happens.")
@click.option("--step", "steps", type=TEXT, multiple=True, help="A step, in order; several times.")
@click.option("--workaround", type=TEXT, default="", help="How to go on working meanwhile.")
@click.option("--verification", type=TEXT, default="", help="How to see that it is solved.")
@click.option(
    "--keyword", "keywords", type=TEXT, multiple=True, help="Another word for it. [the title's]"
)
@click.option(
    "--owner", type=A_QUEUE, default=None, help="The queue that keeps it. [the service's]"
)
@click.option("--second-owner", type=A_QUEUE, default=None, help="Another queue. [the desk]")
@click.option("--expires", type=WhenType(), help="When it is to be looked through again. [in 1y]")
@click.option("--for", "period", type=PERIOD, help="Until then in other words: 30d, 6m, 1y.")
@click.option(
    "--supersedes", type=TEXT, multiple=True, help="An article whose place it takes; several times."
)
@click.option("--vendor-link", type=TEXT, default="", help="A page of the vendor.")
@click.option("--known-error", is_flag=True, help="Its cause is known, and not yet gone.")
@click.option("--problem", type=TEXT, default="", help="The problem record of a known error.")
@click.option(
    "--edit/--no-edit", default=None, help="Open the editor, or never. [if it lacks some]"
)
@click.option("--dry-run", is_flag=True, help="Print the YAML and write nothing.")
@pass_desk
def command(
    desk: Desk,
    from_ticket: str | None,
    file: BinaryIO | None,
    period: str | None,
    expires: datetime | None,
    edit: bool | None,
    dry_run: bool,
    **given: Any,
) -> ArticleWritten | ArticleDrafted:
    """Write a new article, by options, in an editor, or from a ticket.

    It gets the next free id and a file in kb/. What the options leave out comes from the catalog
    where it can. What is missing then is asked for in your editor (VISUAL, EDITOR) if there is a
    terminal; a text that is not sound can be edited again, and is never lost.

    --from-ticket takes the symptoms from what failed, the steps from the notes and the solution.
    The caller's name, number and address do not get into it; read it through all the same.

    \b
    Examples:
        sdcli kb new
        sdcli kb new --from-ticket SD-42
        sdcli kb new 'Scanner sends empty pages' --type incident --service printing \\
            --symptom 'The mail has no attachment' --step 'Clean the glass' --step 'Scan again'
        sdcli kb new --file article.yaml
    """
    from sdcli.authoring import Authoring

    authoring = Authoring(desk)
    if file is not None:
        if from_ticket or expires or period or any(given.values()):
            raise click.UsageError("--file is the whole text: it goes with --dry-run only.")
        return authoring.create_text(file.read(), _name(file), dry_run=dry_run)
    fields = {("type" if name == "type_" else name): value for name, value in given.items()}
    fields["expires"] = _expires(authoring, expires, period)
    remarks = []
    if from_ticket:
        drafted = authoring.from_ticket(from_ticket)
        fields = {**drafted, **{name: value for name, value in fields.items() if value}}
        remarks = [f"Drafted from {from_ticket} on {authoring.today} by {desk.by}."]
    fields = authoring.completed(fields)
    if dry_run:
        return authoring.drafted(fields, remarks)
    missing = authoring.missing(fields)
    if edit or (edit is None and missing and is_interactive()):
        return _in_editor(authoring, fields, remarks)
    if missing:
        where = "give them, or leave --no-edit out" if edit is False else "there is no terminal"
        raise click.UsageError(f"An article needs {', '.join(missing)}: {where}.")
    return authoring.create(fields, remarks)


def _name(file: BinaryIO) -> str:
    return str(getattr(file, "name", "-")).replace("<stdin>", "-")


def _expires(authoring: Authoring, expires: datetime | None, period: str | None) -> str:
    from datetime import date

    from sdcli.knowledge.terms import later

    if expires and period:
        raise click.UsageError("--expires and --for say the same: give one of them.")
    if period:
        return str(later(date.fromisoformat(authoring.today), period))
    return authoring.day_of(int(expires.timestamp())) if expires else ""


def _in_editor(
    authoring: Authoring, fields: dict[str, Any], remarks: list[str]
) -> ArticleWritten | ArticleDrafted:
    from sdcli.editor import edited
    from sdcli.errors import RefusedError

    text = authoring.template(fields, remarks)
    write = partial(authoring.create_text)
    made = edited(text.encode(), "new", write, "sdcli kb new --file {}".format)
    if made is None:
        raise RefusedError("Nothing was written: the text came back from the editor as it was.")
    return made
