"""`sdcli classify`: what kind of request, which service, how much it matters (R2a, R2c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli import results
from sdcli.params import (
    GROUP,
    PROCESS,
    REF,
    SERVICE,
    TEXT,
    as_command,
    pass_desk,
    vocabulary,
)
from sdcli.tickets.contact import Assessment
from sdcli.tickets.words import LEVELS, PRIORITIES, REQUEST_TYPES, WORKAROUNDS

if TYPE_CHECKING:
    from sdcli.desk import Desk

_ASSESSED = Assessment.__struct_fields__


@as_command("classify")
@click.argument("ref", type=REF, required=False)
@click.option("--evaluate", is_flag=True, help="Measure the suggestions on closed tickets.")
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), help="What kind of request.")
@click.option("--service", type=SERVICE, help="The service it concerns.")
@click.option("--feature", type=TEXT, help="The feature of that service.")
@click.option("--people", type=click.IntRange(1), help="How many people cannot work.")
@click.option("--process", type=PROCESS, help="The business process that stands still.")
@click.option("--who", type=GROUP, help="Who is hindered.")
@click.option("--workaround", type=click.Choice(WORKAROUNDS), help="Is there a way round.")
@click.option("--component", type=TEXT, help="What has failed; what needs it is hit as well.")
@click.option("--goal", type=TEXT, help="The goal of the service that is missed.")
@click.option("--measured", type=float, help="The value measured, in the goal's unit.")
@click.option("--amount", type=click.IntRange(1), help="How much is asked for.")
@click.option("--impact", type=click.Choice(LEVELS), help="How many are hindered, in one word.")
@click.option("--urgency", type=click.Choice(LEVELS), help="How much it hinders them.")
@click.option(
    "--priority",
    type=click.Choice(PRIORITIES, case_sensitive=False),
    help="Set it by hand, against the rules; needs --reason.",
)
@click.option("--wish", type=TEXT, default="", help="What the caller wishes; only a remark.")
@click.option("--discovered", type=vocabulary("discovered"), help="How the mistake was found.")
@click.option("--reason", type=TEXT, default="", help="Why, or what showed the mistake.")
@click.pass_context
@pass_desk
def command(
    desk: Desk, ctx: click.Context, ref: str | None, *, evaluate: bool, **given: Any
) -> results.Result:
    """Set type, service, impact and urgency; derive the priority.

    The priority comes from impact and urgency, never from a wish, and the answer says why. On a
    terminal without options every field is asked for. Elsewhere without options a suggestion is
    printed, with the reason for each field, and nothing is changed: it rests on the catalog's
    words and on the closed tickets, and says how sure it is. --evaluate needs no REF.

    What was decided before is changed only with --discovered and --reason: both classes are
    kept, and who chose the first one is told.

    \b
    Example:
        sdcli classify SD-42 --type incident --service vpn --people 1 --workaround none
    """
    from sdcli.session import is_interactive
    from sdcli.triage.classify import Wish, decide

    if evaluate or ref is None:
        return _evaluated(desk, evaluate=evaluate)
    if not any(value not in (None, "") for value in given.values()):
        ticket = desk.ledger.get(ref)
        changes = desk.changes_about(ticket)
        proposals = desk.proposals(ticket)
        if ctx.obj.json or not is_interactive():
            first = _ask_first(ticket, proposals["type"].value)
            return results.Suggested(ref, proposals, changes=changes, notes=first)
        from sdcli.dialogue import ask_classification

        given |= ask_classification(desk.policy, ticket, proposals)
    said = {name: given.pop(name) for name in _ASSESSED}
    assessment = Assessment(**{name: value for name, value in said.items() if value is not None})
    wish = Wish(assessment=assessment, **{**given, "discovered": given["discovered"] or ""})
    ticket = desk.change(ref, decide, policy=desk.policy, wish=wish)
    changes = desk.changes_about(ticket)
    effect = desk.effect(ticket)
    seen, notes = desk.see(ticket), _why(desk, ticket)
    return results.Changed(seen, notes=notes, changes=changes, effect=effect)


def _ask_first(ticket: Any, type_: str) -> list[str]:
    """What nobody has asked yet and must, before something is taken for a failure (R2a.2a)."""
    if type_ != "incident" or ticket.type != "unknown" or ticket.key or ticket.request.ever_had:
        return []
    step = f"sdcli detail {ticket.ref} --ever-had yes, no or taken"
    return [f"Ask first whether the caller ever had it: {step}"]


def _evaluated(desk: Desk, *, evaluate: bool) -> results.Evaluated:
    from sdcli.render.progress import shown

    if not evaluate:
        raise click.UsageError("Missing argument 'REF'.")
    with shown("Evaluating") as progress:
        return results.Evaluated(desk.evaluation(progress))


def _why(desk: Desk, ticket: Any) -> list[str]:
    from sdcli.triage.category import told
    from sdcli.triage.priority import derive

    seen = desk.see(ticket)
    name = desk.policy.sla.agreements[seen.agreement].name
    grounds = ticket.events[-1].grounds
    kind = [told(ground) for ground in grounds if ground.field == "type"]
    return [
        *(f"  Type: {reason}." for reason in kind),
        f"  Priority: {derive(desk.policy, ticket.impact, ticket.urgency).reason}.",
        f"  Agreement: {seen.agreement}, {name}.",
    ]
