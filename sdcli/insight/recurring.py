"""Incidents that come again and again: candidates for a problem (R3d1.7).

Each incident counts for one candidate: that of the strongest trait which enough others share.
The same alert is stronger than the same component, that than words alike about one feature, and
that than an article which only went round the fault. What is remembered of an incident is small,
and only so many of the newest are.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from msgspec import Struct

from sdcli.insight.counts import MOST_REFS
from sdcli.intake.before import is_enough, words
from sdcli.tickets.alerts import facts
from sdcli.tickets.event import Reopened
from sdcli.tickets.words import PLANNED_OUTAGE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from sdcli.tickets.ticket import Ticket

FEWEST = 3
"""From so many incidents on, something comes again and again."""

MOST = 50_000
"""So many incidents are compared, the newest."""

PASSED = ("workaround", "recovered")
"""Closure codes that leave the cause where it was."""

_FAILED = ("no-effect", "harmful")
_EXAMPLES = 3
_LONGEST = 200
_MOST_LEADERS = 400
"""In one feature: what is unlike all of them stays alone, however many there are."""

Trait: TypeAlias = Literal["alert", "component", "words", "article"]


class Candidate(Struct, frozen=True, kw_only=True):
    """Incidents that may have one cause.

    Args:
        trait: what they share, and `why`, in words.
        count: how many incidents; `times`: how often it happened, reopenings counted.
        refs: the first of them, in the order of their numbers.
        first, last: when the first and the last of them were opened, in UTC.
        service, feature: `unknown` where they differ.
        ended: how many are resolved or closed; `passed`: how many of those with a code that
            leaves the cause where it was; `passed_percent`: the share, None of nothing.
        minutes: what was booked on them, all in all.
        examples: some summaries, the newest first.
    """

    trait: Trait
    why: str
    count: int
    times: int
    refs: tuple[str, ...]
    first: datetime
    last: datetime
    service: str
    feature: str
    ended: int
    passed: int
    passed_percent: float | None
    minutes: int
    examples: tuple[str, ...]


class _Incident(NamedTuple):
    """What is remembered of one."""

    ref: str
    summary: str
    words: frozenset[str]
    key: str
    component: str
    service: str
    feature: str
    opened_at: datetime
    times: int
    code: str
    minutes: int
    articles: tuple[str, ...]


def candidates(
    tickets: Iterable[Ticket],
    *,
    since: datetime | None = None,
    fewest: int = FEWEST,
    is_taken: Callable[[Ticket], bool] = lambda _: False,
) -> tuple[Candidate, ...]:
    """What came again and again since then, the most incidents first.

    `tickets` in the order of their references; `is_taken` says that one has its problem already.
    """
    left: Collection[_Incident] = deque(_incidents(tickets, since, is_taken), maxlen=MOST)
    found: list[Candidate] = []
    for trait in _TRAITS:
        taken: set[str] = set()
        for why, group in trait.groups(left):
            if (sum(each.times for each in group) if trait.repeats else len(group)) >= fewest:
                found.append(_candidate(trait.name, why, group))
                taken |= {each.ref for each in group}
        left = [each for each in left if each.ref not in taken]
    return tuple(sorted(found, key=_rank))


def _rank(found: Candidate) -> tuple[int, int, int, str]:
    number = found.refs[0]
    return -found.count, -found.times, len(number), number


def _incidents(
    tickets: Iterable[Ticket], since: datetime | None, is_taken: Callable[[Ticket], bool]
) -> Iterator[_Incident]:
    for ticket in tickets:
        if _is_incident(ticket) and not is_taken(ticket):
            times = _times(ticket, since)
            if times:
                yield _remembered(ticket, times)


def _is_incident(ticket: Ticket) -> bool:
    """Whether it failed: an incident, or what monitoring reported and nobody has classified yet."""
    is_one = ticket.type == "incident" or (ticket.type == UNKNOWN and bool(ticket.key))
    opening = ticket.opening
    is_count = bool(opening.outage) or opening.rule == "limit-of-source"
    return is_one and not is_count and ticket.code not in (PLANNED_OUTAGE, "duplicate")


def _times(ticket: Ticket, since: datetime | None) -> int:
    """How often it happened in the period: opened, and taken up again."""

    def inside(at: datetime) -> bool:
        return since is None or at >= since

    again = sum(isinstance(e, Reopened) and inside(e.at) for e in ticket.standing)
    return inside(ticket.opened_at) + again


def _remembered(ticket: Ticket, times: int) -> _Incident:
    known = facts(ticket)
    failed = ticket.code in PASSED
    used = {u.id for u in ticket.articles if failed or u.outcome in _FAILED}
    return _Incident(
        ref=ticket.ref,
        summary=ticket.summary[:_LONGEST],
        words=frozenset(words(ticket.summary[:_LONGEST])),
        key=ticket.key,
        component=(known.component if known else "") or ticket.assessment.component,
        service=ticket.service,
        feature=ticket.feature,
        opened_at=ticket.opened_at,
        times=times,
        code=ticket.code,
        minutes=ticket.minutes,
        articles=tuple(sorted(used)),
    )


_Groups: TypeAlias = "Iterator[tuple[str, list[_Incident]]]"


def _by_alert(incidents: Iterable[_Incident]) -> _Groups:
    for key, group in _by(incidents, lambda each: [each.key]):
        yield f"the same alert, {key}", group


def _by_component(incidents: Iterable[_Incident]) -> _Groups:
    for name, group in _by(incidents, lambda each: [each.component.casefold()]):
        yield f"the same component, {name}", group


def _by_words(incidents: Iterable[_Incident]) -> _Groups:
    """Summaries alike about one feature of one service, each beside the first that it is like."""
    known = (each for each in incidents if each.service != UNKNOWN)
    for name, bucket in _by(known, lambda each: [f"{each.service} / {each.feature}"]):
        leaders: list[list[_Incident]] = []
        places: dict[str, list[int]] = defaultdict(list)
        for each in bucket:
            best = _nearest(each, leaders, places)
            if best is not None:
                leaders[best].append(each)
            elif each.words and len(leaders) < _MOST_LEADERS:
                for word in each.words:
                    places[word].append(len(leaders))
                leaders.append([each])
        for group in leaders:
            yield f"{name}, alike in: {', '.join(_shared(group))}", group


def _nearest(
    incident: _Incident, leaders: list[list[_Incident]], places: dict[str, list[int]]
) -> int | None:
    """The group whose first incident shares the most words, if those are enough."""
    shared = Counter(at for word in incident.words for at in places.get(word, ()))
    size = len(incident.words)
    enough = (
        (number, -at)
        for at, number in shared.items()
        if is_enough(number, size, len(leaders[at][0].words))
    )
    best = max(enough, default=None)
    return None if best is None else -best[1]


def _shared(group: list[_Incident]) -> list[str]:
    """The words that most of a group share, the most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for each in group:
        for word in each.words:
            counts[word] += 1
    often = [word for word, number in counts.items() if number * 2 >= len(group)]
    return sorted(often, key=lambda word: (-counts[word], word))[:6]


def _by_article(incidents: Iterable[_Incident]) -> _Groups:
    for article, group in _by(incidents, lambda each: each.articles):
        yield f"{article} was used, and the fault stayed", group


def _by(
    incidents: Iterable[_Incident], keys: Callable[[_Incident], Iterable[str]]
) -> Iterator[tuple[str, list[_Incident]]]:
    """Incidents by a key, each under its first; without one they are left out."""
    groups: dict[str, list[_Incident]] = defaultdict(list)
    for each in incidents:
        key = next(filter(None, keys(each)), "")
        if key:
            groups[key].append(each)
    yield from groups.items()


class _Grouping(NamedTuple):
    """A trait and how it groups; `repeats`: one incident that happened often enough will do."""

    name: Trait
    groups: Callable[[Iterable[_Incident]], _Groups]
    repeats: bool = False


_TRAITS = (
    _Grouping("alert", _by_alert, repeats=True),
    _Grouping("component", _by_component, repeats=True),
    _Grouping("words", _by_words),
    _Grouping("article", _by_article),
)
"""From the strongest to the weakest."""


def _candidate(trait: Trait, why: str, group: list[_Incident]) -> Candidate:
    times = [each.opened_at for each in group]
    ended = [each for each in group if each.code]
    passed = sum(each.code in PASSED for each in ended)
    examples = dict.fromkeys(each.summary for each in reversed(group))
    return Candidate(
        trait=trait,
        why=why,
        count=len(group),
        times=sum(each.times for each in group),
        refs=tuple(each.ref for each in group[:MOST_REFS]),
        first=min(times),
        last=max(times),
        service=_common(each.service for each in group),
        feature=_common(f"{each.service}/{each.feature}" for each in group).rpartition("/")[2],
        ended=len(ended),
        passed=passed,
        passed_percent=round(passed * 100 / len(ended), 1) if ended else None,
        minutes=sum(each.minutes for each in group),
        examples=tuple(examples)[:_EXAMPLES],
    )


def _common(values: Iterable[str]) -> str:
    """The value that all have; `unknown` where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else UNKNOWN
