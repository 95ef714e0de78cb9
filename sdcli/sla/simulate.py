"""What other service levels would have made of the desk's own tickets: values in, values out.

Both are applied to the whole life of every ticket, whatever it is pinned to, so the same service
levels never make a difference. What was decided once stays: priorities are those on record.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

from sdcli.sla.check import recipients_of
from sdcli.sla.clock import Clocks
from sdcli.sla.promises import Key, faces, outcome, overruns
from sdcli.sla.runs import utc_seconds
from sdcli.sla.stretch import stretches
from sdcli.tickets.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sdcli.policy.model import Policy
    from sdcli.sla.promises import Faces, Miss, Outcome
    from sdcli.sla.stretch import Stretch
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority

Difference: TypeAlias = Literal[
    "newly_breached", "no_longer_breached", "due_moved", "overrun_changed"
]
NOBODY = "nobody"


class Sum(Struct, frozen=True, kw_only=True):
    """What one policy makes of the tickets.

    Args:
        tickets: how many have a breach.
        breaches: by target; each cycle counts.
        overrun_s: seconds of working time beyond the targets, all in all.
        alerts: how many of each stage would have been said.
        heard: by person, how many of each stage they would have heard.
    """

    tickets: int
    breaches: dict[str, int]
    overrun_s: int
    alerts: dict[str, int]
    heard: dict[str, dict[str, int]]


class Moved(Struct, frozen=True, kw_only=True):
    """One target of a ticket that makes a difference. Overruns are in seconds of working time.

    `due`: in seconds of UTC; None where there is no such target.
    """

    target: str
    cycle: int
    whose: str
    what: Difference
    due_today: int | None
    due_proposed: int | None
    overrun_today_s: int
    overrun_proposed_s: int


class Changed(Struct, frozen=True, kw_only=True):
    """A ticket that would have fared otherwise."""

    ref: str
    summary: str
    service: str
    priority: str
    agreement_today: str
    agreement_proposed: str
    targets: tuple[Moved, ...]


class Group(Struct, frozen=True, kw_only=True):
    """Breaches and overrun of one agreement, priority or service, under both."""

    name: str
    breaches_today: int
    breaches_proposed: int
    overrun_today_s: int
    overrun_proposed_s: int


class Comparison(Struct, frozen=True, kw_only=True):
    """Today's service levels and others, side by side on the tickets of a period.

    Args:
        since, until: the period in UTC; `as_of`: up to when clocks were read.
        tickets: how many were open in it.
        matrix_differs: priorities would be given otherwise; those on record stay.
        pinned: tickets whose clocks really run under others than today's, the newest fifty.
        pinned_count: how many those are.
        counts: how many targets make which difference.
        changed: the tickets that make any.
    """

    since: datetime | None
    until: datetime | None
    as_of: datetime
    tickets: int
    matrix_differs: bool
    pinned_count: int
    pinned: tuple[str, ...]
    today: Sum
    proposed: Sum
    counts: dict[Difference, int]
    by_agreement: tuple[Group, ...]
    by_priority: tuple[Group, ...]
    by_service: tuple[Group, ...]
    changed: tuple[Changed, ...]

    @property
    def same(self) -> bool:
        """Whether it makes no difference at all: neither to a ticket nor to who hears what."""
        return not self.changed and self.today == self.proposed


MOST_PINNED = 50


class _Side:
    """One policy, and what has come together under it."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.clocks = Clocks(policy)  # no pins: both sides are applied from the opening on
        self.tickets = 0
        self.overrun_s = 0
        self.breaches: Counter[str] = Counter()
        self.alerts: Counter[str] = Counter(warning=0, predicted=0, breach=0)
        self.heard: dict[str, Counter[str]] = {}

    def add(self, ticket: Ticket, found: Outcome, now: int) -> None:
        """Count what there was to say of a ticket, and what was missed."""
        self.tickets += bool(found.missed)
        for miss in found.missed:
            self.breaches[miss.key.target] += 1
        self.overrun_s += sum(overruns(found.missed).values())
        for stage, number in Counter(each.stage for each in found.said).items():
            self.alerts[stage] += number
            for person in recipients_of(ticket, self.policy, stage, now) or (NOBODY,):
                self.heard.setdefault(person, Counter())[stage] += number

    def done(self) -> Sum:
        """What has come together."""
        return Sum(
            tickets=self.tickets,
            breaches=dict(sorted(self.breaches.items())),
            overrun_s=self.overrun_s,
            alerts=dict(self.alerts),
            heard={name: dict(sorted(told.items())) for name, told in sorted(self.heard.items())},
        )


class _Groups:
    """Breaches and overrun by name, under both."""

    def __init__(self) -> None:
        self._found: dict[str, list[int]] = {}

    def add(self, name: str, side: int, overrun_s: int) -> None:
        """One breach under today's (0) or the other one (1)."""
        row = self._found.setdefault(name, [0, 0, 0, 0])
        row[side] += 1
        row[2 + side] += overrun_s

    def done(self) -> tuple[Group, ...]:
        """In the order of their names."""
        return tuple(
            Group(
                name=name,
                breaches_today=row[0],
                breaches_proposed=row[1],
                overrun_today_s=row[2],
                overrun_proposed_s=row[3],
            )
            for name, row in sorted(self._found.items())
        )


class _View(NamedTuple):
    """A ticket under one policy."""

    outcome: Outcome
    faces: Faces
    agreement: str


def compare(
    tickets: Iterable[Ticket],
    today: Policy,
    proposed: Policy,
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Comparison:
    """What `proposed` would have made of the tickets that were open in the period, beside `today`.

    Tickets are looked at one after the other; only what differs is kept. Policies are those of
    one desk but for `sla_policies.yaml`.
    """
    sides = _Side(today), _Side(proposed)
    groups = _Groups(), _Groups(), _Groups()
    counts: dict[Difference, int] = dict.fromkeys(get_args(Difference), 0)
    changed: list[Changed] = []
    pinned, count, at = list[str](), 0, utc_seconds(now)
    for ticket in tickets:
        if not is_within(ticket, since, until):
            continue
        count += 1
        if ticket.policy not in ("", today.levels_hash):
            pinned.append(ticket.ref)
        views = _both(ticket, sides, groups, at)
        moved = _moved(*views)
        if moved:
            for each in moved:
                counts[each.what] += 1
            changed.append(_changed(ticket, views, moved))
    return Comparison(
        since=since,
        until=until,
        as_of=now,
        tickets=count,
        matrix_differs=_matrix(today) != _matrix(proposed),
        pinned_count=len(pinned),
        pinned=tuple(pinned[-MOST_PINNED:]),
        today=sides[0].done(),
        proposed=sides[1].done(),
        counts=counts,
        by_agreement=groups[0].done(),
        by_priority=groups[1].done(),
        by_service=groups[2].done(),
        changed=tuple(changed),
    )


def _matrix(policy: Policy) -> list[Priority]:
    """Every cell, without the lines on which they stand."""
    return [policy.sla.matrix.priority(impact, each) for impact in LEVELS for each in LEVELS]


def is_within(ticket: Ticket, since: datetime | None, until: datetime | None) -> bool:
    """Whether a ticket was open at any time from `since` on and before `until`."""
    begun = until is None or ticket.opened_at < until
    return begun and (since is None or ticket.closed_at is None or ticket.closed_at >= since)


def _both(
    ticket: Ticket, sides: tuple[_Side, _Side], groups: tuple[_Groups, ...], now: int
) -> tuple[_View, _View]:
    """A ticket under both, counted there."""
    parts = stretches(ticket, now)
    first, second = (_view(ticket, side, now, parts) for side in sides)
    for number, view in enumerate((first, second)):
        sides[number].add(ticket, view.outcome, now)
        beyond = overruns(view.outcome.missed)
        for miss in view.outcome.missed:
            names = miss.agreement, miss.priority, miss.service
            for group, name in zip(groups, names, strict=True):
                group.add(name, number, beyond[miss.id])
    return first, second


def _view(ticket: Ticket, side: _Side, now: int, parts: Sequence[Stretch]) -> _View:
    return _View(
        outcome(ticket, side.clocks, now, parts),
        faces(ticket, side.clocks, now, parts),
        side.clocks.held(parts[-1].cover).agreed.name,
    )


def _moved(before: _View, after: _View) -> tuple[Moved, ...]:
    """Every target of a ticket that differs, in a fixed order."""
    if before.outcome.missed == after.outcome.missed and before.faces == after.faces:
        return ()
    missed, would = _by_key(before.outcome.missed), _by_key(after.outcome.missed)
    every = sorted({*before.faces, *after.faces, *missed, *would})
    found = (_target(key, before, after, (missed.get(key), would.get(key))) for key in every)
    return tuple(each for each in found if each)


def _by_key(missed: Iterable[Miss]) -> dict[Key, list[Miss]]:
    found: dict[Key, list[Miss]] = {}
    for miss in missed:
        found.setdefault(miss.key, []).append(miss)
    return found


def _target(
    key: Key, before: _View, after: _View, missed: tuple[list[Miss] | None, list[Miss] | None]
) -> Moved | None:
    """What becomes of one target; None if nothing does."""
    dues = tuple(view.faces[key].due if key in view.faces else None for view in (before, after))
    beyond = tuple(max((miss.overrun_s for miss in each or ()), default=0) for each in missed)
    what: Difference = "due_moved"
    if bool(missed[0]) != bool(missed[1]):
        what = "newly_breached" if missed[1] else "no_longer_breached"
    elif dues[0] == dues[1]:
        if beyond[0] == beyond[1]:
            return None
        what = "overrun_changed"
    return Moved(
        target=key.target,
        cycle=key.cycle,
        whose=key.whose,
        what=what,
        due_today=dues[0],
        due_proposed=dues[1],
        overrun_today_s=beyond[0],
        overrun_proposed_s=beyond[1],
    )


def _changed(ticket: Ticket, views: tuple[_View, _View], moved: tuple[Moved, ...]) -> Changed:
    return Changed(
        ref=ticket.ref,
        summary=ticket.summary,
        service=ticket.service,
        priority=ticket.priority,
        agreement_today=views[0].agreement,
        agreement_proposed=views[1].agreement,
        targets=moved,
    )
