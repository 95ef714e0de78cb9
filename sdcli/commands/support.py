"""`sdcli support`: is it in the catalog, and what becomes of what is not (R2b.1, R2b.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import (
    AGREEMENT,
    REF,
    SERVICE,
    TECHNICIAN,
    TEXT,
    WhenType,
    as_command,
    pass_desk,
    vocabulary,
)
from sdcli.results.tickets import Changed

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.results import Result
    from sdcli.tickets.ticket import Ticket


class _AnyService(click.ParamType[str]):
    """A service as people name it; the catalog need not hold it."""

    name = "service"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it was given."""
        return TEXT.convert(value, param, ctx)

    shell_complete = SERVICE.shell_complete


@as_command("support", writes=True)
@click.argument("ref", type=REF, required=False)
@click.option("--service", type=_AnyService(), help="Ask about a service, without a ticket.")
@click.option("--component", type=TEXT, help="Ask about a component, without a ticket.")
@click.option("--unsupported", metavar="NAME", type=TEXT, help="It is this, no service of ours.")
@click.option("--device", metavar="NAME", type=TEXT, help="It is a device nobody authorised.")
@click.option("--override", is_flag=True, help="Work on it all the same.")
@click.option("--decline", is_flag=True, help="Do not work on it; closes the ticket.")
@click.option("--shut-down", is_flag=True, help="Have it shut down; hands it to security.")
@click.option("--by", type=TECHNICIAN, help="Who decides; needs the authority for it.")
@click.option("--reason", type=TEXT, default="", help="Why.")
@click.option("--until", type=WhenType(), metavar="WHEN", help="When the override ends.")
@click.option("--for-good", is_flag=True, help="The override does not end.")
@click.option("--agreement", type=AGREEMENT, help="What is promised for it.")
@click.option("--impact", type=TEXT, default="", help="What working on it means for the desk.")
@click.option("--violates", type=TEXT, default="", help="The policy that it goes against.")
@click.option(
    "--discovered", type=vocabulary("discovered"), help="How it was found to be no service."
)
@pass_desk
def command(desk: Desk, ref: str | None, **given: Any) -> Result:
    """Say whether it is supported, and decide on what is not.

    Without options: whether the catalog holds what the ticket is about, the agreement that applies
    and why, and how long it may take. Nobody works on what the catalog does not hold before
    somebody with the authority (catalog/teams.yaml) has overridden that, nor after its end.

    \b
    Examples:
        sdcli support SD-42
        sdcli support --service Dropbox
        sdcli support SD-42 --unsupported Dropbox
        sdcli support SD-42 --override --by amara --reason 'the fair needs it' --until 2026-12-05
        sdcli support SD-42 --decline --reason 'file-storage does the same'
    """
    from sdcli.classifying import Classification
    from sdcli.supporting import Support

    asked = {name: value for name in ("service", "component") if (value := given.pop(name))}
    said = {name: value for name, value in given.items() if value}
    if ref is None:
        if said or len(asked) != 1:
            raise click.UsageError("Name a ticket, or ask with --service or --component alone.")
        return Support(desk).in_catalog(**asked)
    if asked:
        raise click.UsageError("--service and --component ask without a ticket.")
    if not said:
        return Support(desk).of(desk.ledger.get(ref))
    from sdcli.triage.support import Decision

    _require_whole(said)
    if said.get("by", desk.by) != desk.by:
        from sdcli.policy.authority import require_may

        what = f"record what {said['by']} decides"
        require_may(desk.policy, desk.process, desk.by, "decide-for-others", what)
    wish = Decision(
        decision=_decision(said),
        what=said.get("unsupported") or said.get("device", ""),
        device="device" in said,
        **{name: said[name] for name in _AS_SAID if name in said},
    )
    ticket = Support(desk).decide(ref, wish)
    return Changed(
        desk.see(ticket), notes=_decided(ticket), effect=Classification(desk).effect(ticket)
    )


def _decided(ticket: Ticket) -> list[str]:
    """What was decided, where the steps that followed from it are told first."""
    from sdcli.render.history import sentence
    from sdcli.tickets.event import SupportDecided

    *_, decision = (event for event in ticket.standing if isinstance(event, SupportDecided))
    return [] if decision is ticket.standing[-1] else [f"  {sentence(decision)}"]


_AS_SAID = ("by", "reason", "until", "agreement", "impact", "violates", "discovered")
_DECISIONS = ("override", "decline", "shut_down")
_FACTS = ("unsupported", "device", "impact", "violates")
_NEEDED = {"override": ("by", "reason"), "decline": ("reason",), "shut_down": ("by", "reason")}


def _decision(said: dict[str, Any]) -> Any:
    chosen = next((name for name in _DECISIONS if name in said), "undecided")
    return chosen.replace("_", "-")


def _require_whole(said: dict[str, Any]) -> None:
    """Refuse half a decision: it must say who, why, and for how long."""
    chosen = [name for name in _DECISIONS if name in said]
    if len(chosen) > 1 or ("unsupported" in said and "device" in said):
        raise click.UsageError(
            "Say one of --override, --decline and --shut-down, and one of --unsupported and --device."
        )
    if not chosen and not any(name in said for name in _FACTS):
        raise click.UsageError(
            "Say what it is (--unsupported NAME, --device NAME), what it means (--impact, "
            "--violates), or decide: --override, --decline or --shut-down."
        )
    kind = chosen[0] if chosen else ""
    missing = [f"--{name}" for name in _NEEDED.get(kind, ()) if name not in said]
    if kind == "override" and ("until" in said) == ("for_good" in said):
        missing.append("one of --until WHEN and --for-good")
    if missing:
        raise click.UsageError(f"--{kind.replace('_', '-')} needs {' and '.join(missing)}.")
    if "by" in said and not (kind or "device" in said):
        raise click.UsageError("--by goes with --override, --decline, --shut-down and --device.")
    spare = [name for name in ("until", "for_good", "agreement") if name in said]
    if kind != "override" and spare:
        raise click.UsageError(f"--{spare[0].replace('_', '-')} goes with --override.")
