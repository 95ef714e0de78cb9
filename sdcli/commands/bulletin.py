"""`sdcli bulletin`: what callers are told of a known failure (R1a.1f, R1a.1g)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import REF, SERVICE, TEXT, WhenType, as_group, pass_desk, with_ref
from sdcli.results.callers import BulletinsListed, FrontPage
from sdcli.results.tickets import Changed
from sdcli.tickets import steps
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sdcli.desk import Desk


class _PromisedType(click.ParamType["datetime | str"]):
    """An instant, or `unknown`, which takes a promise back."""

    name = "when"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | str:
        """The instant in UTC, or the word."""
        given = str(value).strip().casefold()
        return UNKNOWN if given == UNKNOWN else WhenType().convert(value, param, ctx)


def _with_facts(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say more than the text."""
    for option in reversed(_FACTS):
        function = option(function)
    return function


_FACTS = (
    click.option("--state", type=TEXT, help="How far the work on it is, in a few words."),
    click.option(
        "--service",
        "services",
        type=SERVICE,
        multiple=True,
        help="Whom it concerns, instead of the ticket's service; `unknown` for everybody.",
    ),
    click.option("--site", type=TEXT, help="Only callers there; `unknown` for everywhere."),
    click.option(
        "--until", type=_PromisedType(), metavar="WHEN", help="The expected end, or `unknown`."
    ),
    click.option(
        "--next-update",
        type=_PromisedType(),
        metavar="WHEN",
        help="When there will be more to say, or `unknown`.",
    ),
)


@as_group("bulletin")
def command() -> None:
    """Tell callers of a known failure, and count who saw it.

    A bulletin belongs to the ticket of the failure. It is shown before a request is opened, and
    by `show` on a web page or a screen. It ends with its ticket. Each command takes --json.

    \b
    Examples:
        sdcli bulletin post SD-7 'Mail is slow. Messages arrive late; none is lost.' --until 14:00
        sdcli bulletin show --format html > /var/www/html/known.html
    """


@command.command("post", writes=True)
@with_ref
@click.argument("text", type=TEXT)
@_with_facts
@pass_desk
def post(desk: Desk, ref: str, text: str, **facts: Any) -> Changed:
    """Post the bulletin of a ticket, or replace its text.

    Write for callers: what does not work, what they can do meanwhile. Without --service it
    concerns the ticket's service. What an earlier bulletin said and is not said anew stays.

    \b
    Example:
        sdcli bulletin post SD-7 'Mail is slow.' --state 'cause found' --next-update 12:30
    """
    return _announced(desk, ref, {"text": text, **facts}, must_stand=False)


@command.command("update", writes=True)
@with_ref
@click.option("--text", type=TEXT, help="What callers are told.")
@_with_facts
@pass_desk
def update(desk: Desk, ref: str, **facts: Any) -> Changed:
    """Say something new in a bulletin that stands; the rest stays.

    \b
    Example:
        sdcli bulletin update SD-7 --state 'being mended' --until 16:00 --next-update unknown
    """
    if not any(facts.values()):
        raise click.UsageError("Say what is new: --text, --state, --service, --site, --until …")
    return _announced(desk, ref, facts, must_stand=True)


def _announced(desk: Desk, ref: str, facts: dict[str, Any], *, must_stand: bool) -> Changed:
    change = {name: value for name, value in facts.items() if value}
    if change.get("site"):
        change["site"] = _site(desk, change["site"])
    return Changed(desk.see(desk.change(ref, steps.announce, facts=change, must_stand=must_stand)))


def _site(desk: Desk, given: str) -> str:
    """A site as the contacts spell it: a bulletin for one that nobody is at would reach nobody."""
    from sdcli.policy.people import require_site

    known = require_site(desk.policy, given) if given != UNKNOWN else given
    if not known:
        click.echo("No contact has a site, so it cannot be checked.", err=True)
    return known or given


@command.command("end", writes=True)
@with_ref
@click.option("--reason", type=TEXT, default="", help="Why.")
@pass_desk
def end(desk: Desk, ref: str, reason: str) -> Changed:
    """End the bulletin of a ticket; its counts stay.

    \b
    Example:
        sdcli bulletin end SD-7 --reason 'mail flows again'
    """
    return Changed(desk.see(desk.change(ref, steps.withdraw, reason=reason)))


@command.command("list")
@pass_desk
def list_(desk: Desk) -> BulletinsListed:
    """List the bulletins that stand, for the desk: with tickets, counts and what is overdue.

    \b
    Example:
        sdcli bulletin list
    """
    from sdcli.bulletins import Bulletins

    return BulletinsListed(Bulletins(desk).listed(), desk.now)


@command.command("show")
@click.argument("ref", type=REF, required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    help="What it is for: a terminal, a program, a web page.",
)
@click.option("--count", is_flag=True, help="Count that it was shown to a caller.")
@click.option(
    "--times", type=click.IntRange(1, 1_000_000), default=None, help="With --count: so many times."
)
@click.pass_context
@pass_desk
def show(
    desk: Desk, ctx: click.Context, ref: str | None, form: str, count: bool, times: int | None
) -> FrontPage:
    """Print what callers are told: in their words, with no internal codes.

    The bulletin of one ticket, or all that stand. A web page that shows it calls this with
    --count, for each view or now and then with --times.

    \b
    Examples:
        sdcli bulletin show
        sdcli bulletin show SD-7 --format html --count --times 250 > known.html
    """
    from sdcli.bulletins import Bulletins

    if times and not count:
        raise click.UsageError("--times goes with --count.")
    ctx.obj.json = ctx.obj.json or form == "json"
    bulletins = Bulletins(desk)
    shown = bulletins.listed(ref or "")
    if count:
        bulletins.count_views([ticket.ref for ticket in shown], times or 1)
    return bulletins.front_page(shown, form)
