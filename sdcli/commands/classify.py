"""`sdcli classify`: what kind of request, which service, how much it matters (R2a, R2c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import (
    GROUP,
    NUMBER,
    PEOPLE,
    PROCESS,
    REF,
    SERVICE,
    TEXT,
    WISH,
    OrUnknown,
    as_command,
    pass_desk,
    vocabulary,
)
from sdcli.results.tickets import Changed
from sdcli.results.triage import Evaluated, Suggested
from sdcli.tickets.contact import Assessment
from sdcli.tickets.words import EVER_HAD, LEVELS, PRIORITIES, REQUEST_TYPES, UNKNOWN, WORKAROUNDS

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results import Result

_ASSESSED = Assessment.__struct_fields__
_LEVEL = click.Choice((*LEVELS, "derived"))
_TAKEN_BACK = ("people", "process", "who", "workaround", "component")


@as_command("classify", writes=True)
@click.argument("ref", type=REF, required=False)
@click.option("--evaluate", is_flag=True, help="Measure the suggestions on closed tickets.")
@click.option("--type", "type_", type=click.Choice(REQUEST_TYPES), help="What kind of request.")
@click.option("--service", type=SERVICE, help="The service it concerns.")
@click.option("--feature", type=TEXT, help="The feature of that service.")
@click.option("--people", type=OrUnknown(PEOPLE), help="How many people cannot work.")
@click.option("--process", type=OrUnknown(PROCESS), help="The business process that stands still.")
@click.option("--who", type=OrUnknown(GROUP), help="Who is hindered.")
@click.option("--workaround", type=click.Choice(WORKAROUNDS), help="Is there a way round.")
@click.option("--component", type=TEXT, help="What has failed; what needs it is hit as well.")
@click.option("--goal", type=TEXT, help="The goal of the service that is missed.")
@click.option("--measured", type=NUMBER, help="The value measured, in the goal's unit.")
@click.option("--ever-had", type=click.Choice(EVER_HAD), help="Whether the caller ever had it.")
@click.option("--amount", type=click.IntRange(1), help="How much is asked for.")
@click.option("--impact", type=_LEVEL, help="How many are hindered, in one word.")
@click.option("--urgency", type=_LEVEL, help="How much it hinders them.")
@click.option(
    "--priority",
    type=click.Choice((*PRIORITIES, "derived"), case_sensitive=False),
    help="Set it by hand, against the rules; needs --reason. `derived`: by the rules again.",
)
@click.option("--wish", type=WISH, default="", help="What the caller wishes; only a remark.")
@click.option("--discovered", type=vocabulary("discovered"), help="How the mistake was found.")
@click.option("--reason", type=TEXT, default="", help="Why, or what showed the mistake.")
@click.option("--explain", is_flag=True, help="Tell why it has its priority; change nothing.")
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    ref: str | None,
    *,
    evaluate: bool,
    explain: bool,
    **given: Any,
) -> Result:
    """Set type, service, impact and urgency; derive the priority.

    The priority is never asked for, and never a wish: it comes from how many cannot work, which
    business process stands still, who is hindered and whether there is a way round, and the
    answer says by which rules. --explain tells it line by line, with what follows from it. On a
    terminal without options every field is asked for. Elsewhere without options a suggestion is
    printed, with the reason for each field, and nothing is changed: it rests on the catalog's
    words and on the closed tickets, and says how sure it is. --evaluate needs no REF.

    What was decided before is changed only with --discovered and --reason: both classes are
    kept, and who chose the first one is told.

    \b
    Examples:
        sdcli classify SD-42 --type incident --service vpn --people 1 --workaround none
        sdcli classify SD-42 --explain
    """
    from sdcli.changes import planned
    from sdcli.classifying import Classification
    from sdcli.session import is_interactive
    from sdcli.triage.classify import decide

    is_said = any(value not in (None, "") for value in given.values())
    if evaluate and (ref or is_said or explain):
        raise click.UsageError("--evaluate measures all closed tickets; give it alone.")
    if evaluate or ref is None:
        return _evaluated(desk, evaluate=evaluate)
    if explain:
        if is_said:
            raise click.UsageError("--explain changes nothing; give it without other options.")
        return Classification(desk).reasons(ref)
    _require_whole(desk, ref, given)
    if not is_said:
        if ctx.obj.json or not is_interactive():
            return _suggested(desk, ref)
        given |= _asked(desk, ref, given)
    if given["priority"]:
        from sdcli.policy.authority import require_may

        require_may(desk.policy, desk.process, desk.by, "set-priority", "set a priority by hand")
    ticket = desk.change(ref, decide, policy=desk.policy, wish=_wish(given))
    classes = Classification(desk)
    changes, effect = classes.changes_about(ticket), classes.effect(ticket)
    return Changed(
        desk.see(ticket),
        notes=[*_notes(desk, ticket), *planned.remarks(desk.policy, ticket, desk.now)],
        changes=changes,
        effect=effect,
        hints=[
            *(_ask_first(ticket) if given["type_"] == "incident" else ()),
            *_realign(ticket, effect),
            *planned.hints(desk.policy, ticket, desk.now),
        ],
    )


def _realign(ticket: Any, effect: Any) -> list[str]:
    """That the caller may expect it at another time now, where they were told one (R3d2.1b)."""
    moved = effect and effect.change and "priority" in effect.change.fields
    if not (moved and ticket.eta) or ticket.status in ("resolved", "closed"):
        return []
    step = f"sdcli eta {ticket.ref} WHEN --reason WHY --told"
    return [f"Next: {step}   # if it is expected at another time now"]


def _suggested(desk: Desk, ref: str) -> Suggested:
    """What is proposed for a ticket; nothing is changed."""
    from sdcli.classifying import Classification

    ticket, classes = desk.ledger.get(ref), Classification(desk)
    proposals = classes.proposals(ticket)
    is_new = ticket.type == UNKNOWN and not ticket.is_closed
    about = is_new and proposals["type"].value == "incident"
    return Suggested(
        ref,
        proposals,
        changes=classes.changes_about(ticket),
        notes=_ask_first(ticket) if about else (),
        is_closed=ticket.is_closed,
        learning=classes.learning,
    )


def _asked(desk: Desk, ref: str, given: dict[str, Any]) -> dict[str, Any]:
    """The options as a person at the terminal answers them, beginning with the proposals."""
    from sdcli.classifying import Classification
    from sdcli.dialogue import ask_classification, ask_mistake
    from sdcli.tickets.lifecycle import require

    ticket = desk.ledger.get(ref)
    require(ref, ticket.status, "classified")
    classes = Classification(desk)
    proposals = classes.proposals(ticket)
    classes.tell_learning()
    answers = ask_classification(
        desk.policy, ticket, proposals, lambda had: classes.proposals(_with_had(desk, ticket, had))
    )
    return answers | ask_mistake(desk.policy, ticket, _wish(given | answers), desk.stamp)


def _with_had(desk: Desk, ticket: Any, had: str) -> Any:
    """The ticket as it would be once it is known whether the caller ever had it."""
    from sdcli.tickets.contact import RequestDetails
    from sdcli.tickets.event import Detailed
    from sdcli.tickets.ticket import advance

    request = RequestDetails(ever_had=had)
    return advance(ticket, (Detailed(*desk.stamp.mark(), request=request),))


def _require_whole(desk: Desk, ref: str, given: dict[str, Any]) -> None:
    """Refuse half of something: why or how without what, a goal without a value or the reverse."""
    said = {name for name, value in given.items() if value not in (None, "")}
    because = sorted(said & {"reason", "discovered"})
    if because and said <= {"reason", "discovered", "wish"}:
        options = " and ".join(f"--{name}" for name in because)
        raise click.UsageError(
            f"{options} goes with what is changed: add --type, --service, --people or another."
        )
    if "goal" in said and "measured" not in said:
        raise click.UsageError("--goal needs what was measured: add --measured NUMBER.")
    if "measured" in said and "goal" not in said:
        _require_goal(desk, desk.ledger.get(ref), given)


def _require_goal(desk: Desk, ticket: Any, given: dict[str, Any]) -> None:
    """The goal that something was measured against: the only one of the service, or refused."""
    service = desk.policy.service(given["service"] or ticket.service)
    goals = list(service.goals) if service else []
    if ticket.assessment.goal in goals:
        return
    if len(goals) != 1:
        told = f" The goals of {service.name} are: {', '.join(goals)}." if service and goals else ""
        raise click.UsageError(f"--measured needs its goal: add --goal GOAL.{told}")
    given["goal"] = goals[0]


def _ask_first(ticket: Any) -> list[str]:
    """What nobody has asked yet and must, before something is taken for a failure (R2a.2a)."""
    if ticket.key or ticket.request.ever_had not in ("", UNKNOWN):
        return []
    step = f"Next: sdcli detail {ticket.ref} --ever-had ANSWER"
    return [f"{step}  # did the caller ever have it: yes, no, taken or unknown"]


def _evaluated(desk: Desk, *, evaluate: bool) -> Evaluated:
    from sdcli.classifying import Classification
    from sdcli.render.progress import shown

    if not evaluate:
        raise click.UsageError("Missing argument 'REF'.")
    with shown("Evaluating") as progress:
        return Evaluated(Classification(desk).evaluation(progress))


def _wish(given: dict[str, Any]) -> Any:
    """What is asked of the classification, by the options."""
    from sdcli.triage.wish import Wish

    said = {name: value for name, value in given.items() if value is not None}
    answers = {name: said.pop(name) for name in _ASSESSED if name in said}
    back = tuple(name for name in _TAKEN_BACK if answers.get(name) == UNKNOWN)
    known = {name: value for name, value in answers.items() if name not in back}
    return Wish(assessment=Assessment(**known), taken_back=back, **said)


def _notes(desk: Desk, ticket: Any) -> list[str]:
    """What is told beside a decision, in a sentence each: why, and what it brings about."""
    from sdcli.triage.reasons import gone, notes_of

    seen = desk.see(ticket)
    name = desk.policy.sla.agreements[seen.agreement].name
    known = ticket.assessment
    left = [
        f"  Note: {name} {getattr(known, name)} is not in catalog/classification.yaml any more; "
        "it does not count."
        for name in gone(desk.policy, known)
    ]
    return [*notes_of(ticket), *left, f"  Agreement: {seen.agreement}, {name}."]
