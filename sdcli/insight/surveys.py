"""How it was for callers: how many were asked and answered, and what they said (R5a.2).

What was sent counts in the period in which it was sent, whenever it is answered; scores count when
they were given, and of several to one question the last. A score stands for the figure that its
question stood for when it was asked. It makes no difference that a request was merged since.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotations
from datetime import datetime  # noqa: TC003 - as above
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.insight.counts import Count, Tally
from sdcli.insight.filtered import within
from sdcli.insight.first import first_resolution
from sdcli.tickets.event import SurveyAnswered, SurveySent
from sdcli.tickets.surveying import last_said
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.tickets.ticket import Ticket


class Mean(Struct, frozen=True):
    """The mean of so many scores, rounded to two decimals; None of none."""

    answers: int
    mean: float | None


class Group(Struct, frozen=True, kw_only=True):
    """What was asked and answered about the requests of one queue, person or type.

    `rate`: how many of those who were asked answered, in percent; None of none.
    """

    name: str
    sent: Count
    answered: int
    rate: float | None
    figures: Mapping[str, Mean]


class QuestionMean(Struct, frozen=True, kw_only=True):
    """The scores of one question of one survey; `figure` is empty where nobody kept what it was."""

    survey: str
    question: str
    figure: str
    answers: int
    mean: float | None


class Remark(Struct, frozen=True, kw_only=True):
    """What somebody wrote besides."""

    ref: str
    at: datetime
    scores: Mapping[str, int]
    remark: str


class SurveyReport(Struct, frozen=True, kw_only=True):
    """How it was for callers from `since` on and before `until`; groups by name, remarks by time.

    `by_queue` and `by_person`: where the request lay when it was first resolved, and who did it.
    """

    since: datetime | None
    until: datetime | None
    sent: Count
    answered: int
    rate: float | None
    questions: tuple[QuestionMean, ...]
    figures: Mapping[str, Mean]
    by_type: tuple[Group, ...]
    by_queue: tuple[Group, ...]
    by_person: tuple[Group, ...]
    remarks: tuple[Remark, ...]


class _Scores:
    """Scores, summed up."""

    def __init__(self) -> None:
        self.sum = self.count = 0

    def add(self, score: int) -> None:
        """One more."""
        self.sum += score
        self.count += 1

    def done(self) -> Mean:
        """Their mean."""
        return Mean(self.count, round(self.sum / self.count, 2) if self.count else None)


class _Group:
    """What is counted of one group."""

    def __init__(self) -> None:
        self.sent, self.asked, self.answered = Tally(), 0, 0
        self.figures: dict[str, _Scores] = {}

    def ask(self, ref: str, *, answered: bool) -> None:
        """One more was asked."""
        self.sent.add(ref)
        self.asked += 1
        self.answered += answered

    def score(self, figure: str, score: int) -> None:
        """One more score that stands for a figure."""
        if figure:
            self.figures.setdefault(figure, _Scores()).add(score)

    @property
    def rate(self) -> float | None:
        """How many of those who were asked answered, in percent."""
        return round(100 * self.answered / self.asked, 2) if self.asked else None

    def means(self) -> dict[str, Mean]:
        """The mean of each figure."""
        return {name: scores.done() for name, scores in sorted(self.figures.items())}

    def done(self, name: str) -> Group:
        """What was counted."""
        return Group(
            name=name,
            sent=self.sent.done(),
            answered=self.answered,
            rate=self.rate,
            figures=self.means(),
        )


class _Groups:
    """All groups of one ticket's kind, queue and person, and the whole."""

    def __init__(self) -> None:
        self.whole = _Group()
        self.parts: dict[str, dict[str, _Group]] = {"type": {}, "queue": {}, "person": {}}

    def of(self, ticket: Ticket) -> Iterator[_Group]:
        """The groups that a ticket belongs to."""
        first = first_resolution(ticket)
        names = {
            "type": ticket.type,
            "queue": first.queue if first else UNKNOWN,
            "person": first.person if first else UNKNOWN,
        }
        yield self.whole
        for part, name in names.items():
            yield self.parts[part].setdefault(name, _Group())

    def done(self, part: str) -> tuple[Group, ...]:
        """The groups of one part, by name."""
        return tuple(group.done(name) for name, group in sorted(self.parts[part].items()))


def surveys(
    tickets: Iterable[Ticket], *, since: datetime | None, until: datetime | None
) -> SurveyReport:
    """How it was for the callers of these tickets, in a period."""
    groups = _Groups()
    questions: dict[tuple[str, str, str], _Scores] = {}
    remarks: list[Remark] = []
    for ticket in sorted(tickets, key=lambda each: (len(each.ref), each.ref)):
        parts = list(groups.of(ticket))
        for at, answered in _asked(ticket):
            if within(at, since, until):
                for group in parts:
                    group.ask(ticket.ref, answered=answered)
        for question, score, said, sent in last_said(ticket.standing):
            if not within(said.at, since, until):
                continue
            figure = sent.figures.get(question, "") if sent else ""
            questions.setdefault((said.survey, question, figure), _Scores()).add(score)
            for group in parts:
                group.score(figure, score)
        remarks += (each for each in _remarks(ticket) if within(each.at, since, until))
    return SurveyReport(
        since=since,
        until=until,
        sent=groups.whole.sent.done(),
        answered=groups.whole.answered,
        rate=groups.whole.rate,
        questions=tuple(_questions(questions)),
        figures=groups.whole.means(),
        by_type=groups.done("type"),
        by_queue=groups.done("queue"),
        by_person=groups.done("person"),
        remarks=tuple(sorted(remarks, key=lambda each: (each.at, len(each.ref), each.ref))),
    )


def _asked(ticket: Ticket) -> list[tuple[datetime, bool]]:
    """When the caller was asked, and whether they have answered since."""
    found: list[tuple[datetime, bool]] = []
    for event in ticket.standing:
        if isinstance(event, SurveySent):
            found.append((event.at, False))
        elif isinstance(event, SurveyAnswered):
            found = [(at, True) for at, _ in found]
    return found


def _remarks(ticket: Ticket) -> Iterator[Remark]:
    """Everything that the caller wrote besides, with the scores of the same answer."""
    for event in ticket.standing:
        if isinstance(event, SurveyAnswered) and event.remark:
            yield Remark(ref=ticket.ref, at=event.at, scores=event.scores, remark=event.remark)


def _questions(found: Mapping[tuple[str, str, str], _Scores]) -> Iterator[QuestionMean]:
    for (survey, question, figure), scores in sorted(found.items()):
        done = scores.done()
        yield QuestionMean(
            survey=survey, question=question, figure=figure, answers=done.answers, mean=done.mean
        )
