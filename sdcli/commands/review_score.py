"""`sdcli review score`: how well a ticket was dealt with (R5a.1, R6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import TEXT, PairType, as_command, pass_desk, session_of, with_ref
from sdcli.results.tickets import Changed
from sdcli.session import is_interactive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.desk import Desk
    from sdcli.tickets.quality import CheckAnswer


@as_command("score", writes=True)
@with_ref
@click.option(
    "--check",
    "given",
    metavar="ID=yes|no|n/a",
    type=PairType(),
    multiple=True,
    help="A check and its answer; n/a: it does not apply. May be given several times.",
)
@click.option("--note", type=TEXT, default="", help="What you saw besides.")
@click.option("--sample", type=TEXT, default="", help="The name of the sample it was drawn in.")
@click.pass_context
@pass_desk
def command(
    desk: Desk,
    ctx: click.Context,
    ref: str,
    given: tuple[tuple[str, str], ...],
    note: str,
    sample: str,
) -> Changed:
    """Record how well a ticket was dealt with, by the checklist.

    Every check of catalog/review.yaml for its type is answered; at a terminal you are asked for
    those that you left out. Somebody of catalog/teams.yaml reviews it who neither worked on it nor
    asked for it. What is said last counts. Nothing else of the ticket changes.

    \b
    Examples:
        sdcli review score SD-42
        sdcli review score SD-42 --check record=yes --check told=no --check confirmed=n/a
    """
    from sdcli.reviews import Reviews

    reviews, checks = Reviews(desk), _answers(given)
    if is_interactive() and not session_of(ctx).json:
        from sdcli.dialogue import ask_review

        ticket, open_ = reviews.to_score(ref, checks)
        asked, said = ask_review(ticket, open_, note) if open_ else ({}, note)
        checks, note = {**checks, **asked}, said
    ticket = reviews.score(ref, checks, sample=sample, note=note)
    return Changed(desk.see(ticket))


def _answers(given: tuple[tuple[str, str], ...]) -> Mapping[str, CheckAnswer]:
    """The answers by check, each once and one of the words."""
    from sdcli.tickets.quality import CHECK_ANSWERS

    found: dict[str, CheckAnswer] = {}
    for name, said in given:
        answer = next((each for each in CHECK_ANSWERS if each == said.casefold()), None)
        if answer is None:
            words = ", ".join(CHECK_ANSWERS)
            raise click.UsageError(f"--check {name} is {said!r}; it must be one of {words}.")
        if name in found:
            raise click.UsageError(f"--check {name} is given more than once: say one.")
        found[name] = answer
    return found
