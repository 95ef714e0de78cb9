"""`sdcli fix`: try a fix or workaround, put it off, or have others do it (R3d3.1, R3d.0a)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import (
    QUEUE,
    TEXT,
    WhenType,
    as_command,
    pass_desk,
    with_at,
    with_minutes,
    with_ref,
)
from sdcli.results.tickets import Changed
from sdcli.tickets.troubleshooting import DISRUPTIONS, FIX_DECISIONS, TRY_RESULTS, FixApplied
from sdcli.tickets.words import UNKNOWN, YES_NO

if TYPE_CHECKING:
    from sdcli.desk import Desk

_KINDS = ("back-out", "spare")
_NEEDS = {"defer": "until", "engage": "queue"}


@as_command("fix", writes=True)
@with_ref
@click.option("--what", type=TEXT, default="", help="The fix.")
@click.option("--workaround", is_flag=True, help="Work goes on, and the fault stays.")
@click.option(
    "--prerequisites-met",
    "prerequisites",
    type=click.Choice(YES_NO),
    default=UNKNOWN,
    help="Whether what it needs is there.",
)
@click.option("--missing", type=TEXT, multiple=True, help="What it needs and is not there.")
@click.option(
    "--disruption",
    type=click.Choice(DISRUPTIONS),
    default=UNKNOWN,
    help="How much it disturbs, beside the fault.",
)
@click.option(
    "--permission",
    metavar="PERSON",
    type=TEXT,
    default="",
    help="Who permitted it: anybody but who makes it, by id, mail address or name.",
)
@click.option(
    "--do",
    "decision",
    type=click.Choice(FIX_DECISIONS),
    default="attempt",
    help="Try it now, put it off, or have another team do it. [attempt]",
)
@click.option("--until", type=WhenType(), metavar="WHEN", help="Until when it is put off.")
@click.option("--queue", type=QUEUE, default=None, help="The team that is to do it.")
@click.option("--result", type=click.Choice(TRY_RESULTS), default=UNKNOWN, help="What came of it.")
@click.option(
    "--configuration",
    type=click.Choice(YES_NO),
    default=UNKNOWN,
    help="Whether it altered the configuration; then a request for change is owed.",
)
@click.option(
    "--owes",
    metavar="back-out|spare[:TEXT]",
    type=TEXT,
    multiple=True,
    help="What must be taken back or replaced afterwards.",
)
@with_minutes
@click.option("--resumed", is_flag=True, help="The service works again.")
@click.option("--evidence", type=TEXT, default="", help="What shows that it works.")
@with_at
@pass_desk
def command(desk: Desk, ref: str, **given: Any) -> Changed:
    """Try a fix or workaround, put it off, or have others do it.

    A fix that disturbs more than the fault needs a permission. What it leaves to do gets a ticket
    each, in the same act: the fault behind a workaround, the request for change of an altered
    configuration, what is to be taken back, a spare part. --resumed says that the caller can work
    again, apart from whether the incident is resolved; it may be given alone.

    \b
    Examples:
        sdcli fix SD-42 --what 'restarted the gateway' --result worked --resumed
        sdcli fix SD-42 --what 'route by vpn2' --workaround --result worked --owes back-out
        sdcli fix SD-42 --what 'new firmware' --disruption more --do defer --until 2026-12-05
        sdcli fix SD-42 --resumed --evidence 'ada can log in'
    """
    from sdcli.incidents import Incidents
    from sdcli.render.as_text.tickets import others
    from sdcli.tickets.incident import Fix

    _require_whole(given)
    given |= {"owes": tuple(_owed(each, given["what"]) for each in given["owes"])}
    given["queue"] = given["queue"] or ""
    done = Incidents(desk).fix(ref, Fix(**given))
    seen = desk.see(done.ticket)
    told = seen.first_of(FixApplied) if given["what"] else None
    is_new = bool(given["what"]) or not done.notes
    notes = [*(others(seen, told) if is_new else ()), *done.notes]
    return Changed(
        seen,
        notes=notes,
        is_new=is_new,
        hints=done.hints,
        more=done.more,
        event=told,
    )


def _require_whole(given: dict[str, Any]) -> None:
    """Refuse half a fix, and what does not go together."""
    if not given["what"] and not given["resumed"]:
        raise click.UsageError("Say what was done (--what TEXT), or that it works (--resumed).")
    if not given["what"]:
        spare = [name for name, value in given.items() if _is_said(name, value)]
        if spare:
            raise click.UsageError(f"--{spare[0]} goes with --what.")
    if given["evidence"] and not given["resumed"]:
        raise click.UsageError("--evidence goes with --resumed.")
    if given["missing"] and given["prerequisites"] == "yes":
        raise click.UsageError("--missing does not go with --prerequisites-met yes.")
    _require_decided(given, given["decision"])


def _require_decided(given: dict[str, Any], decision: str) -> None:
    """Refuse a decision without what it needs, or with what belongs to another one."""
    needed = _NEEDS.get(decision, "")
    if needed and not given[needed]:
        raise click.UsageError(f"--do {decision} needs --{needed}.")
    for other, name in _NEEDS.items():
        if given[name] and decision != other:
            raise click.UsageError(f"--{name} goes with --do {other}.")
    if decision == "attempt":
        return
    for name in ("result", "configuration", "owes", "resumed"):
        if given[name] not in (UNKNOWN, (), False):
            raise click.UsageError(f"--{name} goes with a fix that was tried (--do attempt).")


def _is_said(name: str, value: object) -> bool:
    silent = ("resumed", "evidence", "what")
    return name not in silent and value not in (UNKNOWN, "", (), False, None, 0, "attempt")


def _owed(text: str, what: str) -> Any:
    """What is owed: `back-out`, or `spare:a power supply`."""
    from sdcli.tickets.incident import Debt

    kind, _, about = text.partition(":")
    if kind.strip() not in _KINDS:
        raise click.UsageError(f"--owes {text!r}: write back-out or spare, or spare:TEXT.")
    return Debt(kind.strip(), about.strip() or what)  # type: ignore[arg-type]
