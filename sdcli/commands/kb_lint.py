"""`sdcli kb lint`: articles checked (R3a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import ARTICLE, as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.knowledge import ArticlesLinted


@as_command("lint")
@click.argument("ids", metavar="[ID]...", type=ARTICLE, nargs=-1)
@pass_desk
def command(desk: Desk, ids: tuple[str, ...]) -> ArticlesLinted:
    """Check articles for what is wrong, and what is worth a look.

    Exits 5 if anything is wrong, and names every problem with file and line: fields that do not
    fit the template, services, queues, articles, links and files that are not there, blocks of
    code that are not closed, and in articles for callers passwords and text of restricted ones.

    Worth a look is what has expired or will within 30 days, what lacks an owner or a field, names
    a retired article, is nearly the same as another one, or tells callers of internal addresses.

    \b
    Examples:
        sdcli kb lint
        sdcli kb lint KB-104 KB-110
    """
    from sdcli.authoring import Authoring

    return Authoring(desk).lint(ids)
