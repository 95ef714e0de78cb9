"""What `catalog/survey.yaml` says: what callers are asked once it is over, by type (R5a.2).

As in `model`, the classes are the schema. A desk may have no such file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.errors import Problem
from sdcli.tickets.words import RequestType

if TYPE_CHECKING:
    from collections.abc import Iterator

SURVEY = "catalog/survey.yaml"
"""The surveys of the desk; a desk may have none."""

MOST_QUESTIONS = 4
"""Who is asked more does not answer."""

LOWEST, HIGHEST = 1, 5
"""What an answer may be."""

Figure: TypeAlias = Literal[
    "satisfaction",
    "time-to-respond",
    "time-to-resolve",
    "solved-at-first",
    "kept-informed",
    "self-help",
]
"""The figures of the desk that a question is asked for: what nobody counts is not asked."""


class Question(Struct, frozen=True, kw_only=True):
    """One question, and the figure that its scores go into."""

    ask: str
    figure: Figure


class Survey(Struct, frozen=True, kw_only=True):
    """What the callers of one type of request are asked, by the ids of the questions."""

    questions: dict[str, Question]
    place: str = ""


class Surveys(Struct, frozen=True, kw_only=True):
    """`catalog/survey.yaml`: a survey for each type of request that has one."""

    format: Literal[1]
    surveys: dict[RequestType, Survey] = {}


NONE = Surveys(format=1)
"""Of a desk that has no such file: nobody is asked."""


def too_long(found: Surveys) -> Iterator[Problem]:
    """The surveys that ask too much, or nothing (R5a.2)."""
    for name, survey in found.surveys.items():
        file, _, line = survey.place.rpartition(":")
        count = len(survey.questions)
        if not 0 < count <= MOST_QUESTIONS:
            asks = "asks nothing" if not count else f"asks {count} questions"
            message = f"the survey of `{name}` {asks}; 1 to {MOST_QUESTIONS} are answered"
            yield Problem(file, int(line), message)
