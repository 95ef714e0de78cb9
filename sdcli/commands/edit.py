"""`sdcli edit`: a ticket in an editor."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from sdcli.params import PairType, as_command, pass_desk, with_ref
from sdcli.session import has_editor

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.tickets import Changed


@as_command("edit", writes=True)
@with_ref
@click.option(
    "--set", "changes", type=PairType(), multiple=True, help="Give a field a value; several times."
)
@click.option(
    "--file", type=click.File("rb"), help="Take the whole text from a file; - is the pipe."
)
@pass_desk
def command(
    desk: Desk, ref: str, changes: tuple[tuple[str, str], ...], file: BinaryIO | None
) -> Changed:
    """Change a ticket in your editor.

    Your editor (VISUAL, EDITOR) opens its summary, class, queue, assignee and details as a text.
    What you change becomes ordinary steps, all at once; if the process refuses one, none is taken
    and your text is kept. Nothing is locked while you edit: if the ticket was changed meanwhile, you
    are told.

    \b
    Examples:
        sdcli edit SD-42
        sdcli edit SD-42 --set summary='VPN drops after standby' --set failed='the tunnel'
    """
    from sdcli.editing import Editing
    from sdcli.editor import edited

    if changes and file:
        raise click.UsageError("--set and --file do not go together.")
    editing = Editing(desk, ref)
    if changes:
        return editing.set(dict(changes))
    if file:
        name = str(getattr(file, "name", "-")).replace("<stdin>", "-")
        return editing.apply(file.read(), name)
    if not has_editor():
        raise click.UsageError(
            "There is no terminal for an editor: --set FIELD=VALUE or --file FILE changes it."
        )
    text = editing.text()
    made = edited(text, ref, editing.apply, f"sdcli edit {ref} --file {{}}".format)
    return made or editing.apply(text, ref)
