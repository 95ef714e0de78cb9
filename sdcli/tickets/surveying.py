"""What a caller said last to each question of a survey (R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.tickets.event import SurveyAnswered, SurveySent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sdcli.tickets.event import AnyEvent


class Said(NamedTuple):
    """The score of one question that counts, the answer that gave it, and what had asked.

    `sent` is None where the asking is not on record, or was taken back.
    """

    question: str
    score: int
    answer: SurveyAnswered
    sent: SurveySent | None


def last_said(events: Iterable[AnyEvent]) -> Sequence[Said]:
    """The last score of each question, each of the answer that gave it; in the order of the answers.

    Who answers one question anew has said nothing about the others.
    """
    asked: dict[str, SurveySent] = {}
    found: dict[tuple[str, str], Said] = {}
    for event in events:
        if isinstance(event, SurveySent):
            asked[event.survey] = event
        elif isinstance(event, SurveyAnswered):
            for question, score in event.scores.items():
                found.pop((event.survey, question), None)
                said = Said(question, score, event, asked.get(event.survey))
                found[event.survey, question] = said
    return tuple(found.values())
