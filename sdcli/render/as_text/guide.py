"""Where a ticket stands, and what the guide asks next, with the command of each answer (R6.1)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sdcli.render.safe import line
from sdcli.render.wrap import fitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sdcli.guidance import Choice, Question
    from sdcli.results.triage import Guided
    from sdcli.tickets.ticket import Ticket


_IN = "      "


def typed(arguments: Sequence[str]) -> str:
    """A command as it would be typed."""
    return line(shlex.join(["sdcli", *arguments]))


def command(choice: Choice) -> str:
    """The command of an answer, with the names of what is to be filled in; empty if it has none."""
    names = {blank.before + blank.name for blank in choice.blanks}
    parts = choice.filled({})
    told = (part if part in names else shlex.quote(part) for part in parts)
    return line(" ".join(("sdcli", *told))) if parts else ""


def standing(ticket: Ticket) -> str:
    """Where it stands, in one line."""
    state = ticket.status.replace("_", " ")
    kind = "a problem" if ticket.is_problem else f"of type {ticket.type}"
    return f"{ticket.ref} is {state}, {kind}: {line(ticket.summary)}"


def lines(result: Guided, width: int | None) -> tuple[list[str], list[str]]:
    """The answer and the remarks."""
    ref = result.ticket.ref
    head = standing(result.ticket)
    if result.was_led:
        goes_on = [f"Next: sdcli guide {ref}   # goes on from here"]
        has_more = result.question is not None and not result.ticket.is_closed
        return fitted([head], width), goes_on if has_more else []
    if result.question is None:
        return fitted([head, f"  {nothing(result.ticket)}"], width), []
    asked = [head, "", *question_lines(result.question, with_commands=True)]
    return fitted(asked, width, len(_IN)), []


def nothing(ticket: Ticket) -> str:
    """Why there is nothing to ask."""
    if ticket.is_problem:
        return f"Problems have commands of their own: sdcli problem show {ticket.ref}"
    if ticket.merged_into:
        return f"It goes on in another one: sdcli guide {ticket.merged_into}"
    return "There is nothing to do."


def question_lines(question: Question, *, with_commands: bool) -> Iterable[str]:
    """A question, why it is asked, and its answers; with the commands, if those are wanted."""
    yield f"{question.stage}: {line(question.asks)}"
    yield f"  ({line(question.why)})"
    width = max(len(choice.word) for choice in question.choices)
    for number, choice in enumerate(question.choices, 1):
        yield f"  {number:>2}  {choice.word:<{width}}  {line(choice.meaning)}"
        if with_commands and choice.line:
            yield f"{_IN}$ {command(choice)}"
