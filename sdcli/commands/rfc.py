"""`sdcli rfc`: complete a request for change, send it on its way, follow it (R3c3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import QUEUE, REF, TEXT, PairType, WhenType, as_command, pass_desk
from sdcli.results.tickets import Changed
from sdcli.tickets.fulfilment import CHANGE_STATUSES

if TYPE_CHECKING:
    from sdcli.change_requests import ChangeRequests, Requested
    from sdcli.desk import Desk
    from sdcli.results import Result

_COMPLETES = ("category", "fields", "standard", "queue")
_FOLLOWS = ("status", "reference", "due", "note")


@as_command("rfc", writes=True)
@click.argument("ref", type=REF, required=False)
@click.option("--category", type=TEXT, default="", help="What kind of change it is.")
@click.option(
    "--field",
    "fields",
    metavar="K=V",
    type=PairType(),
    multiple=True,
    help="What the template asks for; may be given several times.",
)
@click.option(
    "--standard",
    metavar="CHANGE",
    type=TEXT,
    default="",
    help="The standard change that needs an authority; opens a work order.",
)
@click.option(
    "--queue",
    type=QUEUE,
    default=None,
    help="The team that may make it; without --standard, where it goes instead.",
)
@click.option(
    "--status", type=click.Choice(CHANGE_STATUSES), default=None, help="What change control says."
)
@click.option("--reference", metavar="NAME", type=TEXT, default="", help="How it is called there.")
@click.option(
    "--due", type=WhenType(), metavar="WHEN", default=None, help="For when it is planned."
)
@click.option("--note", type=TEXT, default="", help="What else was heard.")
@click.option(
    "--export", type=click.Choice(["json", "markdown"]), default=None, help="Print it whole."
)
@click.option(
    "--all", "everything", is_flag=True, help="Without REF: list those that are over too."
)
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    ref: str | None,
    *,
    export: str | None,
    everything: bool,
    **given: Any,
) -> Result:
    """Complete a request for change, and follow it.

    --category and --field complete it by its template (catalog/rfc.yaml), filled in from the
    ticket; at a terminal what is missing is asked. It goes to the queue for changes; with
    --standard a work order goes to the team with the authority, and the desk keeps the request.
    --status records what change control says. Without options: how it stands; without REF: those
    that are under way.

    \b
    Examples:
        sdcli rfc SD-42 --category new-service --field use='all of Sales'
        sdcli rfc SD-42 --standard SC-7 --queue identity
        sdcli rfc SD-42 --status approved --reference CHG-118 --due 2026-12-05
        sdcli rfc SD-42 --export markdown
    """
    from sdcli.change_requests import ChangeRequests

    requests = ChangeRequests(desk)
    completes = [name for name in _COMPLETES if given[name]]
    follows = [name for name in _FOLLOWS if given[name]]
    if ref is None:
        if completes or follows or export:
            raise click.UsageError("Missing argument 'REF'.")
        return requests.listed(everything=everything)
    if everything:
        raise click.UsageError("--all goes with the list, without REF.")
    if sum(map(bool, (completes, follows, export))) > 1:
        raise click.UsageError("Complete it, follow it with --status, or --export it: say one.")
    if export:
        return requests.exported(ref, as_markdown=export == "markdown")
    if follows:
        if not given["status"]:
            raise click.UsageError(f"--{follows[0]} goes with --status.")
        heard = {name: given[name] for name in _FOLLOWS}
        return _changed(desk, requests.follow(ref, **heard))
    return _completed(desk, requests, ctx, ref, given)


def _completed(
    desk: Desk, requests: ChangeRequests, ctx: click.Context, ref: str, given: dict[str, Any]
) -> Result:
    from sdcli.changes.request import Completed
    from sdcli.session import is_interactive

    asks = is_interactive() and not ctx.obj.json
    if not any(given[name] for name in _COMPLETES):
        shown = requests.show(ref)
        if shown.change or not asks:
            return shown
    wish = Completed(
        category=given["category"],
        fields=dict(given["fields"]),
        standard=given["standard"],
        queue=given["queue"] or "",
    )
    if asks:
        wish = _asked(requests, ref, wish)
    return _changed(desk, requests.complete(ref, wish))


def _asked(requests: ChangeRequests, ref: str, wish: Any) -> Any:
    """What is completed, with what a person at the terminal answers."""
    from sdcli.changes.request import Completed
    from sdcli.dialogue import ask_category, ask_fields
    from sdcli.tickets.lifecycle import require

    shown = requests.show(ref, wish.category)
    require(ref, shown.ticket.status, "change_requested", shown.ticket.record, "rfc")
    templates = requests.templates
    category = wish.category or shown.category or ask_category(shown.ticket, templates)
    known = {**requests.show(ref, category).fields, **wish.fields}
    needs = templates.categories[templates.require(category)].needs
    if all(name in known for name in needs) and wish.fields:
        return wish
    fields = ask_fields(templates, category, known, needs)
    return Completed(category=category, fields=fields, standard=wish.standard, queue=wish.queue)


def _changed(desk: Desk, found: Requested) -> Changed:
    from sdcli.render.as_json.changes import change_json
    from sdcli.render.as_text.changes import row
    from sdcli.render.as_text.tickets import others
    from sdcli.tickets.event import ChangeFollowed, ChangeRequested

    ticket, change = found.ticket, found.change
    seen = desk.see(ticket)
    told = seen.first_of(ChangeFollowed) or seen.first_of(ChangeRequested)
    notes = others(seen, told) if found.is_new else ["That is known already."]
    if found.was not in ("", "requested"):
        notes.append(f"  It was {found.was} as it was before: change control must decide anew.")
    notes.append(f"  The change {row(change)}.")
    notes += [f"  {note}" for note in found.notes]
    if change.similar:
        notes.append(f"  Earlier ones that are alike: {', '.join(change.similar)}.")
    hints = [f"Next: sdcli show {change.work_order}"] if change.work_order else []
    return Changed(
        seen,
        notes=notes,
        is_new=found.is_new,
        hints=hints,
        more={"change": change_json(change)},
        event=told,
    )
