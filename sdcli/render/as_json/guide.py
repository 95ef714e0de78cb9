"""What the guide asks next, as JSON (R6.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.render.as_text.guide import command

if TYPE_CHECKING:
    from sdcli.guidance import Blank, Question
    from sdcli.results.triage import Guided


def as_json(result: Guided) -> dict[str, Any]:
    """The same for scripts; `command` is null where an answer leads to a further question."""
    ticket = result.ticket
    return {
        "ref": ticket.ref,
        "summary": ticket.summary,
        "status": ticket.status,
        "type": ticket.type,
        "question": _question_json(result.question) if result.question else None,
    }


def _question_json(question: Question) -> dict[str, Any]:
    return {
        "id": question.id,
        "stage": question.stage,
        "asks": question.asks,
        "why": question.why,
        "choices": [
            {
                "answer": choice.word,
                "meaning": choice.meaning,
                "command": command(choice) or None,
                "leaves": choice.leaves,
                "blanks": [_blank_json(blank) for blank in choice.blanks],
            }
            for choice in question.choices
        ],
    }


def _blank_json(blank: Blank) -> dict[str, Any]:
    return {
        "name": blank.name,
        "asks": blank.asks,
        "words": list(blank.words) or None,
        "usual": blank.usual or None,
    }
