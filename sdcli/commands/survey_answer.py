"""`sdcli survey answer`: what the caller said to a survey (R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, PairType, as_command, pass_desk, with_ref
from sdcli.results.tickets import Changed

if TYPE_CHECKING:
    from sdcli.desk import Desk


@as_command("answer", writes=True)
@with_ref
@click.option(
    "--score",
    "scores",
    metavar="QUESTION=1..5",
    type=PairType(),
    multiple=True,
    required=True,
    help="A question and its score, from 1 (bad) to 5 (good); may be given several times.",
)
@click.option("--remark", type=TEXT, default="", help="What they said besides.")
@click.option(
    "--token",
    metavar="TOKEN",
    type=TEXT,
    default="",
    help="The token of the survey's link: it is refused if it is another one.",
)
@pass_desk
def command(
    desk: Desk, ref: str, scores: tuple[tuple[str, str], ...], remark: str, token: str
) -> Changed:
    """Record what the caller said to the survey.

    A question that nobody answered is left out, or stays as it was answered before: what is said
    last to each counts. A page of yours that
    the survey's link leads to calls it with --token, so that only who was asked is heard.

    \b
    Examples:
        sdcli survey answer SD-42 --score speed=2 --remark 'three days without a printer'
        sdcli survey answer SD-42 --score speed=5 --token 3f1c9a5be0d24f6788c1a2b3c4d5e6f7
    """
    from sdcli.surveys import Questionnaires

    names = [name for name, _ in scores]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.UsageError(f"--score {twice} is given more than once: say one.")
    answered = Questionnaires(desk).answer(ref, dict(scores), remark, token)
    return Changed(desk.see(answered))
