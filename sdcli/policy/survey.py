"""What `catalog/survey.yaml` says: what callers are asked once it is over, by type (R5a.2).

As in `model`, the classes are the schema. A desk may have no such file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct

from sdcli.errors import Problem
from sdcli.policy.scalars import Period
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
    """What the callers of one type of request are asked, by the ids of the questions.

    `every`: of so many tickets, `survey due` asks about one.
    """

    questions: dict[str, Question]
    every: int = 1
    place: str = ""


class Surveys(Struct, frozen=True, kw_only=True):
    """`catalog/survey.yaml`: a survey for each type of request that has one.

    Args:
        link: where callers answer, with {ref} and {token} in it; empty if they do so by mail alone.
        rest: for so many seconds nobody is asked again by `survey due`, about whatever ticket.
    """

    format: Literal[1]
    surveys: dict[RequestType, Survey] = {}
    link: str = ""
    rest: Period = Period(0)
    lines: dict[str, int] = {}


NONE = Surveys(format=1)
"""Of a desk that has no such file: nobody is asked."""


_BRACED = re.compile(r"\{([^{}]*)\}")
_LINKS = re.compile(r"(?:https://[^\s/@]+/|mailto:[^\s/]+@)[!-~]*")


def link_of(surveys: Surveys, ref: str, token: str) -> str:
    """Where the caller of a ticket answers; empty if the desk has no such place."""
    return surveys.link.replace("{ref}", ref).replace("{token}", token)


def wrong_surveys(found: Surveys) -> Iterator[Problem]:
    """Surveys that ask too much, or nothing, and a link that leads nowhere (R5a.2)."""
    yield from _wrong_link(found)
    for name, survey in found.surveys.items():
        file, _, line = survey.place.rpartition(":")
        if survey.every < 1:
            yield Problem(file, int(line), f"`every` of `{name}` must be 1 or more")
    yield from _too_long(found)


def _wrong_link(found: Surveys) -> Iterator[Problem]:
    names = _BRACED.findall(found.link)
    unbraced = _BRACED.sub("", found.link)
    if not found.link:
        return
    line = found.lines.get("link", 1)
    if not _LINKS.fullmatch(found.link):
        must = "it must begin with https://HOST/ or mailto:ADDRESS, without spaces"
        yield Problem(SURVEY, line, f"`link` is {found.link!r}: {must}")
    elif sorted(names) != ["ref", "token"] or "{" in unbraced or "}" in unbraced:
        must = "it must hold {ref} and {token}, each once, and nothing else in braces"
        yield Problem(SURVEY, line, f"`link` is {found.link!r}: {must}")


def _too_long(found: Surveys) -> Iterator[Problem]:
    for name, survey in found.surveys.items():
        file, _, line = survey.place.rpartition(":")
        count = len(survey.questions)
        if not 0 < count <= MOST_QUESTIONS:
            asks = "asks nothing" if not count else f"asks {count} questions"
            message = f"the survey of `{name}` {asks}; 1 to {MOST_QUESTIONS} are answered"
            yield Problem(file, int(line), message)
