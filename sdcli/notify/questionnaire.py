"""What callers are asked once it is over, in words for them: to be read out, or as a mail (R5a.2).

No code of the desk is in it but the number of the request. No line of it looks like an answer, so
that what a mail program quotes without a mark is not taken for one.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sdcli.intake.lines import one_line
from sdcli.policy.survey import HIGHEST, LOWEST

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.policy.survey import Survey
    from sdcli.tickets.ticket import Ticket

_WIDE = 76


def read_out(ticket: Ticket, survey: Survey, link: str = "") -> list[str]:
    """The questions in lines, and where they are answered if not here."""
    return [
        f"Your request {ticket.ref}: {ticket.summary}",
        f"Please answer each with a number from {LOWEST} (bad) to {HIGHEST} (good).",
        *_questions(survey),
        *([f"Or answer here: {link}"] if link else ()),
    ]


def mail_text(policy: Policy, ticket: Ticket, survey: Survey, *, token: str, link: str = "") -> str:
    """The text of a mail that can be answered as it is; the token tells the answer from others."""
    summary = textwrap.indent(textwrap.fill(one_line(ticket.summary), _WIDE - 2), "  ")
    several = len(survey.questions) > 1
    how = (
        "Answer this mail with a line for each question, its number first, as in "
        f'"1: {HIGHEST - 1}", or with the numbers alone in this order.'
        if several
        else "Answer this mail with the number."
    )
    scale = f"Please give {'each' if several else 'it'} a number from {LOWEST} (bad) to {HIGHEST} (good)."
    besides = "A person reads what you write besides. You will not be reminded."
    paragraphs = (
        "Hello,",
        "this request of yours is closed:" if ticket.is_closed else "this request is solved:",
        summary,
        textwrap.fill(f"How was it for you? {scale}", _WIDE),
        "\n".join(
            textwrap.fill(each, _WIDE, subsequent_indent="   ") for each in _questions(survey)
        ),
        textwrap.fill(f"{how} {besides}", _WIDE),
        *([f"Or answer here:\n{link}"] if link else ()),
        policy.intake.mail.name,
        f"Survey {ticket.ref} {token}",
    )
    return "\n\n".join(paragraphs) + "\n"


def _questions(survey: Survey) -> list[str]:
    asked = enumerate(survey.questions.values(), 1)
    return [f"{number}. {one_line(each.ask)}" for number, each in asked]
