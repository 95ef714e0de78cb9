"""What callers ask for again and again: candidates for a list of frequent questions (R2a.1a)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sdcli.insight.classification import is_in
from sdcli.insight.counts import Count, Tally, together
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

FEWEST = 2
"""From so many requests on, something is asked again and again."""


class Topic(NamedTuple):
    """What was asked about, and the articles that answered it; no article is an empty tuple."""

    service: str
    feature: str
    articles: tuple[str, ...]


class Candidate(Struct, frozen=True, kw_only=True):
    """Questions that belong on the list of frequent ones.

    Args:
        area: whether they are about technology or a service (R2a.1a).
        articles: what answered them; with none, an article is worth writing.
        minutes: what answering them took, all in all.
        example: the summary of the newest.
    """

    area: str
    service: str
    feature: str
    articles: tuple[str, ...]
    tickets: Count
    minutes: int
    example: str


class Area(Struct, frozen=True):
    """Information requests of one area."""

    area: str
    tickets: Count


class InformationReport(Struct, frozen=True, kw_only=True):
    """Information requests of a period: how many, by area, and what is asked again and again.

    Args:
        fewest: from so many requests on, a topic is a candidate.
        others: requests whose topics came up less often.
    """

    since: datetime | None
    until: datetime | None
    fewest: int
    tickets: Count
    areas: tuple[Area, ...]
    candidates: tuple[Candidate, ...]
    others: Count


class _Asked:
    """Requests about one topic."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.minutes = 0
        self.example = ""


def information(
    tickets: Iterable[Ticket],
    policy: Policy,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    fewest: int = FEWEST,
) -> InformationReport:
    """The information requests that last changed from `since` on and before `until`."""
    every, areas = Tally(), defaultdict[str, Tally](Tally)
    topics: dict[Topic, _Asked] = defaultdict(_Asked)
    for ticket in tickets:
        if ticket.type != "information" or not is_in(ticket, since, until):
            continue
        every.add(ticket.ref)
        areas[_area(policy, ticket.service)].add(ticket.ref)
        asked = topics[_topic(ticket)]
        asked.tally.add(ticket.ref)
        asked.minutes += ticket.minutes
        asked.example = ticket.summary
    found = sorted(
        (_candidate(policy, topic, asked) for topic, asked in topics.items()),
        key=lambda each: (-each.tickets.count, each.service, each.feature, each.articles),
    )
    repeated = tuple(each for each in found if each.tickets.count >= fewest)
    return InformationReport(
        since=since,
        until=until,
        fewest=fewest,
        tickets=every.done(),
        areas=tuple(Area(name, tally.done()) for name, tally in sorted(areas.items())),
        candidates=repeated,
        others=together(each.tickets for each in found[len(repeated) :]),
    )


def _topic(ticket: Ticket) -> Topic:
    used = {use.id for use in ticket.articles}
    if ticket.opening.procedure:
        used.add(ticket.opening.procedure)
    return Topic(ticket.service, ticket.feature, tuple(sorted(used)))


def _candidate(policy: Policy, topic: Topic, asked: _Asked) -> Candidate:
    return Candidate(
        area=_area(policy, topic.service),
        service=topic.service,
        feature=topic.feature,
        articles=topic.articles,
        tickets=asked.tally.done(),
        minutes=asked.minutes,
        example=asked.example,
    )


def _area(policy: Policy, service: str) -> str:
    found = policy.service(service)
    return found.area if found else UNKNOWN
