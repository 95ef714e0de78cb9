"""`sdcli guide`: led through the process, one question at a time (R6.1, R6.2, R0.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import PairType, as_command, pass_desk, with_ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.desk import Desk
    from sdcli.guidance import Case
    from sdcli.results.triage import Guided


@as_command("guide")
@with_ref
@click.option(
    "--answer",
    "answers",
    metavar="QUESTION=WORD",
    type=PairType(),
    multiple=True,
    help="An answer that leads on to a question, for --plan; may be repeated.",
)
@click.option(
    "--plan", is_flag=True, help="Say what would be asked, with the commands; ask nothing."
)
@click.pass_context
@pass_desk
def command(
    desk: Desk, ctx: click.Context, ref: str, answers: tuple[tuple[str, str], ...], plan: bool
) -> Guided:
    """Be led through the process, one question at a time.

    It begins where the ticket stands. Each answer says what it means. What it does is an ordinary command, which is shown before it
    runs, so that you know it the next time; each is done on its own. At any question < goes back
    and q leaves. Whoever has level 1 in catalog/teams.yaml gets safe answers only. Without a terminal,
    with --plan or with --json, the next question is printed with the command of each answer.

    \b
    Examples:
        sdcli guide SD-42
        sdcli guide SD-42 --plan
        sdcli guide SD-42 --plan --answer information=no --answer worked=yes
    """
    from functools import partial

    from sdcli import guided
    from sdcli.session import is_interactive

    if plan or answers or ctx.obj.json or not is_interactive():
        return guided.plan(desk, ref, dict(answers))
    from sdcli.dialogue import ask_blanks, ask_next, show_command
    from sdcli.results.triage import Guided

    group = ctx.find_root().command

    def look(answers: Mapping[str, str]) -> Case:
        return guided.case(desk, ref, answers)

    def run(arguments: list[str]) -> int:
        show_command(arguments)
        try:
            group.main(["--desk", desk.root, "--as", desk.by, *arguments], prog_name="sdcli")
        except SystemExit as left:
            return left.code if isinstance(left.code, int) else 1

    guided.lead(look, ask_next, partial(ask_blanks, ref=ref), run)
    after = guided.plan(desk, ref, {})
    return Guided(after.ticket, after.question, desk.now, was_led=True)
