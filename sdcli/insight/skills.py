"""Which skills were missing: who was helped with what, and by whom (R3d1.2b)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING

from msgspec import Struct

from sdcli.insight.counts import Count, Tally
from sdcli.insight.filtered import within
from sdcli.tickets.event import Mentored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sdcli.tickets.ticket import Ticket


class Gap(Struct, frozen=True, kw_only=True):
    """A skill that somebody, or several, were helped with.

    Args:
        name: the person, or the skill as it is mostly written.
        helped: how often; `others`: the skills of the person, or the people without the skill, and
            how often; `mentors`: who helped, and how often.
    """

    name: str
    helped: Count
    others: dict[str, int]
    mentors: dict[str, int]


class SkillsReport(Struct, frozen=True, kw_only=True):
    """Who was helped with what in a period, by person and by skill, the most often first."""

    since: datetime | None
    until: datetime | None
    helped: Count
    by_person: tuple[Gap, ...]
    by_skill: tuple[Gap, ...]


class _Group:
    """What is counted of one person or skill."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.names, self.others, self.mentors = Counter[str](), Counter[str](), Counter[str]()

    def add(self, ref: str, name: str, other: str, mentor: str) -> None:
        """Count one more."""
        self.tally.add(ref)
        self.names[name] += 1
        self.others[other] += 1
        self.mentors[mentor] += 1

    def done(self) -> Gap:
        """What was counted."""
        return Gap(
            name=self.names.most_common(1)[0][0],
            helped=self.tally.done(),
            others=dict(self.others.most_common()),
            mentors=dict(self.mentors.most_common()),
        )


def skills(
    tickets: Iterable[Ticket], *, since: datetime | None, until: datetime | None
) -> SkillsReport:
    """Who was helped with what from `since` on and before `until`."""
    every = Tally()
    people: dict[str, _Group] = {}
    known: dict[str, _Group] = {}
    for ticket in sorted(tickets, key=lambda each: (len(each.ref), each.ref)):
        for event in ticket.standing:
            if not isinstance(event, Mentored) or not within(event.at, since, until):
                continue
            skill = " ".join(event.skill.split())
            folded = skill.casefold()
            every.add(ticket.ref)
            people.setdefault(event.by, _Group()).add(ticket.ref, event.by, skill, event.mentor)
            known.setdefault(folded, _Group()).add(ticket.ref, skill, event.by, event.mentor)
    return SkillsReport(
        since=since,
        until=until,
        helped=every.done(),
        by_person=_sorted(people),
        by_skill=_sorted(known),
    )


def _sorted(groups: dict[str, _Group]) -> tuple[Gap, ...]:
    found = (group.done() for group in groups.values())
    return tuple(sorted(found, key=lambda each: (-each.helped.count, each.name)))
