"""`sdcli classify`: what kind of request, which service, how much it matters (R2a, R2c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli import results
from sdcli.params import SERVICE, TEXT, as_command, pass_desk, with_ref
from sdcli.tickets.words import LEVELS, REQUEST_TYPES

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("classify")
@with_ref
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), help="What kind of request.")
@click.option("--service", type=SERVICE, help="The service it concerns.")
@click.option("--feature", type=TEXT, help="The feature of that service.")
@click.option("--impact", type=click.Choice(LEVELS), help="How many are hindered.")
@click.option("--urgency", type=click.Choice(LEVELS), help="How much it hinders them.")
@click.option("--reason", type=TEXT, default="", help="Why, for whoever reads it later.")
@click.pass_context
@pass_desk
def command(
    desk: Desk, ctx: click.Context, ref: str, reason: str, **given: Any
) -> results.Changed | results.Suggested:
    """Set type, service, impact and urgency; derive the priority.

    The priority comes from impact and urgency, never from a wish, and the answer says why. On a
    terminal without options every field is asked for. Elsewhere without options a suggestion is
    printed, with the reason for each field, and nothing is changed.

    \b
    Example:
        sdcli classify SD-42 --type incident --service vpn --impact low --urgency high
    """
    from sdcli.session import is_interactive
    from sdcli.triage.classify import decide, propose

    if not any(given.values()):
        ticket = desk.ledger.get(ref)
        proposals = propose(desk.policy, ticket)
        if ctx.obj.json or not is_interactive():
            return results.Suggested(ref, proposals)
        from sdcli.dialogue import ask_classification

        given = ask_classification(desk.policy, ticket, proposals)
    ticket = desk.change(ref, decide, policy=desk.policy, reason=reason, **given)
    return results.Changed(desk.see(ticket), notes=_why(desk, ticket))


def _why(desk: Desk, ticket: Any) -> list[str]:
    from sdcli.triage.priority import derive

    seen = desk.see(ticket)
    name = desk.policy.sla.agreements[seen.agreement].name
    return [
        f"  Priority: {derive(desk.policy, ticket.impact, ticket.urgency).reason}.",
        f"  Agreement: {seen.agreement}, {name}.",
    ]
