"""`sdcli fulfil`: follow a procedure or a standard change (R3b.1, R3b.2, R3c2.1-R3c2.4, R3d3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdcli.params import PROCEDURE, TEXT, StepDoneType, WhenType, as_command, pass_desk, with_ref
from sdcli.tickets.words import YES_NO

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.fulfilments.asked import Asked
    from sdcli.fulfilments.offers import Offers
    from sdcli.fulfilments.walks import Walks
    from sdcli.results.tickets import Changed
    from sdcli.tickets.fulfilment import Fulfilled

_CHECK = click.Choice(YES_NO)
_VERIFIED = ("tool_check", "user_check", "accurate", "in_time", "surprises", "improvement")
_ENDS: dict[str, Fulfilled] = {"done": "fulfilled", "failed": "failed", "abandon": "abandoned"}
_MOST_MINUTES = 60 * 24


@as_command("fulfil", writes=True)
@with_ref
@click.argument("procedure", type=PROCEDURE, required=False, default="")
@click.option("--none", is_flag=True, help="No procedure fits: it asks for something new.")
@click.option("--reason", type=TEXT, default="", help="With --none: why.")
@click.option("--met", metavar="NAME", type=TEXT, multiple=True, help="It is so, or `all`.")
@click.option("--not-met", metavar="NAME", type=TEXT, multiple=True, help="It is not so.")
@click.option("--at", "scheduled", type=WhenType(), help="Schedule it for then.")
@click.option(
    "--step",
    "steps",
    metavar="N:RESULT",
    type=StepDoneType(),
    multiple=True,
    help="What became of step N: done, failed or skipped, and a note behind another colon.",
)
@click.option("--all-done", is_flag=True, help="All steps that are left were done.")
@click.option("--run", is_flag=True, help="Start its program.")
@click.option("--again", is_flag=True, help="With --run: though it has done its part already.")
@click.option("--done", is_flag=True, help="End it: it is there.")
@click.option("--failed", is_flag=True, help="End it: it did not work.")
@click.option("--abandon", is_flag=True, help="End it: it is left off.")
@click.option("--tool-check", type=_CHECK, help="Whether a tool shows that it works.")
@click.option("--user-check", type=_CHECK, help="Whether the caller says that it works.")
@click.option("--accurate", type=_CHECK, help="Whether the document was right.")
@click.option("--in-time", type=_CHECK, help="Whether it took no longer; reckoned if not said.")
@click.option("--surprises", type=TEXT, help="What nobody expected.")
@click.option("--improvement", type=TEXT, help="What should be changed in the document.")
@click.option(
    "--minutes",
    type=click.IntRange(0, _MOST_MINUTES),
    default=0,
    help="Working time to book, in minutes, with --step or --all-done.",
)
@click.pass_context
@pass_desk
def command(
    desk: Desk, ctx: click.Context, ref: str, scheduled: datetime | None, **given: Any
) -> Changed:
    """Follow a procedure or a standard change, step by step.

    Without PROCEDURE it is what the catalog names for the request, or what search-kb finds and is
    clearly meant. What must be so before it begins is looked at: whether somebody has agreed who
    may (`sdcli approve`), whether the caller is entitled, whether it has expired, and for a standard
    change whether you may carry it out. Each call goes on where the last one stopped; at a terminal
    the steps are asked for one by one. If none fits, the request becomes one for something new.

    \b
    Examples:
        sdcli fulfil SD-42 unlock-account --met identity-checked --met account-active
        sdcli fulfil SD-42 --step 1:done --step '2:skipped:was not locked' --run
        sdcli fulfil SD-42 --all-done --done --user-check yes --accurate yes
    """
    from sdcli.fulfilments.asked import Asked
    from sdcli.fulfilments.walks import Walks
    from sdcli.session import is_interactive

    given["end"] = _end({name: given.pop(name) for name in _ENDS})
    _require_sense(given, scheduled)
    verified = {name: given.pop(name) for name in _VERIFIED}
    asked = Asked(scheduled=scheduled, verified=_verified(verified), **given)
    walks = Walks(desk)
    does_more = any(given[name] for name in ("none", "steps", "all_done", "run", "end"))
    if ctx.obj.json or not is_interactive():
        return walks.fulfil(ref, asked)
    asked = _with_answers(desk, walks.offers, ref, asked)
    told = walks.fulfil(ref, asked)
    return told if does_more or asked.none else _walked(desk, walks, ref, told)


def _end(said: dict[str, bool]) -> Fulfilled | None:
    """How it is to end; None if it is not."""
    chosen = [name for name, is_said in said.items() if is_said]
    if len(chosen) > 1:
        options = " and ".join(f"--{name}" for name in chosen)
        raise click.UsageError(f"{options}: it ends in one way, say one.")
    return _ENDS[chosen[0]] if chosen else None


def _require_sense(given: dict[str, Any], scheduled: datetime | None) -> None:
    """Refuse what goes with nothing, or with nothing else."""
    end = given["end"]
    if given["reason"] and not given["none"]:
        raise click.UsageError(
            "--reason goes with --none; a step or the end has a note of its own."
        )
    others = ("procedure", "met", "not_met", "steps", "all_done", "run", "end")
    if given["none"] and (scheduled or any(given[name] for name in others)):
        raise click.UsageError("--none goes with --reason only.")
    said = [name for name in _VERIFIED if given[name] is not None]
    if said and not end:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in said)
        raise click.UsageError(f"{options}: said at the end, with --done, --failed or --abandon.")
    if given["again"] and not given["run"]:
        raise click.UsageError("--again goes with --run.")
    if given["minutes"] and not (given["steps"] or given["all_done"]):
        raise click.UsageError("--minutes goes with --step or --all-done.")
    twice = set(given["met"]) & set(given["not_met"])
    if twice:
        raise click.UsageError(f"{', '.join(sorted(twice))} is either met or not: say one.")
    numbers = [each.number for each in given["steps"]]
    if len(set(numbers)) < len(numbers):
        raise click.UsageError("--step says of each step once what became of it.")


def _verified(said: dict[str, Any]) -> Any:
    """What is said at the end, by the options."""
    from sdcli.fulfilment.walk import Verified

    return Verified(**{name: value for name, value in said.items() if value is not None})


def _with_answers(desk: Desk, offers: Offers, ref: str, asked: Asked) -> Asked:
    """The same, with what a person at the terminal says to what is open."""
    from sdcli.dialogue import ask_prerequisites, ask_procedure
    from sdcli.fulfilments.asked import amended
    from sdcli.fulfilments.leave import Leave
    from sdcli.fulfilments.search import Search

    if asked.none:
        return asked
    plan = Search(desk, offers).plan(ref, asked.procedure)
    if plan.walk is not None:
        return asked
    what = plan.what
    if what is None:
        if not plan.found:
            return asked
        chosen = ask_procedure(plan.ticket, plan.found)
        if not chosen:
            return amended(asked, none=True)
        what = offers.named(chosen)
        asked = amended(asked, procedure=chosen)
    Leave(desk).require_ready(plan.ticket, what)  # before anybody answers for nothing
    said = {*asked.met, *asked.not_met}
    if "all" in said:
        return asked
    open_ = {name: text for name, text in what.prerequisites.items() if name not in said}
    answers = ask_prerequisites(what.title, open_)
    met = (*asked.met, *(name for name, answer in answers.items() if answer == "yes"))
    not_met = (*asked.not_met, *(name for name, answer in answers.items() if answer == "no"))
    return amended(asked, met=met, not_met=not_met)


def _checks(answer: dict[str, str]) -> tuple[str, ...]:
    """What a tool and the caller say."""
    return answer["tool_check"], answer["user_check"]


def _walked(desk: Desk, walks: Walks, ref: str, told: Changed) -> Changed:
    """The walk with a person at the terminal: each step is recorded as it is answered."""
    from sdcli.dialogue import ask_step, ask_verified, tell
    from sdcli.fulfilment.walk import StepDone
    from sdcli.fulfilments.asked import Asked
    from sdcli.fulfilments.program import Program

    tell(told.notes)
    while (now := told.fulfilment) is not None and now.state == "running":
        if now.step is None:
            answer = ask_verified()
            if answer is None:
                return told
            end: Fulfilled = "failed" if "no" in _checks(answer) else "fulfilled"
            ended = Asked(
                procedure=now.procedure, goes_on=True, end=end, verified=_verified(answer)
            )
            return walks.fulfil(ref, ended)
        text = now.steps[now.step - 1].step
        said = ask_step(now.step, now.total, text, runs=Program(desk, walks.offers).runs(now))
        if said is None:
            return told
        if said.result == "run":
            told = walks.fulfil(ref, Asked(procedure=now.procedure, goes_on=True, run=True))
            tell(told.notes)
        else:
            done = StepDone(now.step, said.result, said.note)
            stepped = Asked(procedure=now.procedure, goes_on=True, steps=(done,))
            told = walks.fulfil(ref, stepped)
    return told
