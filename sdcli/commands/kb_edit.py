"""`sdcli kb edit`: another text for an article (R3a.2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import click

from sdcli.params import ARTICLE, as_command, pass_desk
from sdcli.session import has_editor

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.knowledge import ArticleWritten


@as_command("edit")
@click.argument("article", metavar="ID", type=ARTICLE)
@click.option(
    "--set",
    "changes",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Give a field a new value, without an editor; several times.",
)
@click.option(
    "--file", type=click.File("rb"), help="Take the whole new text from a file; - is the pipe."
)
@pass_desk
def command(
    desk: Desk, article: str, changes: tuple[str, ...], file: BinaryIO | None
) -> ArticleWritten:
    """Change an article.

    Your editor (VISUAL, EDITOR) opens a copy of its file. Only a sound text takes the file's place,
    and only if nobody else has changed it meanwhile; otherwise your text is kept, and it is said
    where.

    --set takes one entry of a list after another: `--set steps=A --set steps=B`. `steps+=C` adds
    one, `steps.2=B` puts it in the place of the second. Short lists may be written with commas:
    `--set keywords=vpn,sleep`. Nothing behind the sign takes the field out.

    \b
    Examples:
        sdcli kb edit KB-104
        sdcli kb edit KB-104 --set workaround='Disconnect before the lid is closed.'
        sdcli kb edit KB-104 --set keywords+=standby --set owner=network
    """
    from sdcli.authoring import Authoring
    from sdcli.editor import edited

    authoring = Authoring(desk)
    if changes and file:
        raise click.UsageError("--set and --file do not go together.")
    copy = authoring.copy(article)
    if changes:
        return authoring.change(copy, changes)
    if file:
        name = str(getattr(file, "name", "-")).replace("<stdin>", "-")
        return authoring.replace(copy, file.read(), name)
    if not has_editor():
        raise click.UsageError(
            "There is no terminal for an editor: --set FIELD=VALUE or --file FILE changes it."
        )
    id_ = copy.entry.article.id
    made = edited(
        copy.raw, id_, partial(authoring.replace, copy), f"sdcli kb edit {id_} --file {{}}".format
    )
    return made or authoring.replace(copy, copy.raw, copy.entry.file)
