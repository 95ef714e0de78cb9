"""`sdcli kb publish`: the self-help site (R3a.2, R1a.1g, R0.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import as_command, pass_desk

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results.knowledge import SitePublished


class _PlaceType(click.ParamType[str]):
    """Where callers turn to: a mail address, or a form on the web."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address."""
        from sdcli.publish.report import is_place

        given = str(value).strip()
        if not is_place(given):
            self.fail(f"{given!r} is neither a mail address nor http(s)://…", param, ctx)
        return given


@as_command("publish")
@click.argument("directory", metavar="[DIR]", default="", type=click.Path(file_okay=False))
@click.option(
    "--report-to",
    metavar="MAIL|URL",
    type=_PlaceType(),
    default=None,
    help="Where callers turn to if nothing helped; else the desk's mail address.",
)
@click.option("--with-expired", is_flag=True, help="Publish expired articles, with a note.")
@click.option("--check", is_flag=True, help="Write nothing; say what would be left out, and why.")
@pass_desk
def command(
    desk: Desk, directory: str, report_to: str | None, *, with_expired: bool, check: bool
) -> SitePublished:
    """Write the self-help site of what callers may read.

    The site is a folder of plain files for any web server, or to be opened as it is: articles for
    callers, bulletins that stand, and a search that needs no server. It loads nothing from
    elsewhere. Articles for the desk, restricted, retired, expired or faulty ones are not in it.

    DIR is replaced as a whole and in one step. It must be empty, not there yet, or a site that was
    written before. Run it again after each change, for instance every five minutes: what has not
    changed keeps its time.

    A caller whom it did not help writes to --report-to. A form on the web gets the articles read
    as `?read=KB-110@REVISION,KB-102@REVISION`; a mail names them on a line that `sdcli open -`
    records with the request.

    \b
    Examples:
        sdcli kb publish /var/www/html/help
        sdcli kb publish site --report-to https://intranet.example.com/request
        sdcli kb publish --check --json
    """
    from sdcli.knowledge_base import KnowledgeBase

    if not directory and not check:
        raise click.UsageError("Name the folder to write: `sdcli kb publish DIR`, or --check.")
    return KnowledgeBase(desk).publish(
        directory, report_to=report_to or "", with_expired=with_expired, check=check
    )
