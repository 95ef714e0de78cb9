"""A second program that counts what `sdcli report` counts: slow, plain, and knowing nothing of it.

It reads what `sdcli export` prints and a JSON file of what the desk promises (calendars as hours of
weekdays, targets, agreements, tiers), and imports nothing but the standard library. Time is turned
minute by minute from UTC into local time; a status is looked up in a table of words. Where the
report and this disagree, one of them does not do what the figure is said to count.

    sdcli export | python tests/insight/recount.py policy.json --since S --until U [--as-of T]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Json: TypeAlias = "dict[str, Any]"

DAY = 86400
WEEK = 7 * DAY
FORTNIGHT = 14 * DAY
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

FIGURES: dict[str, tuple[str, str]] = {
    "opened": ("count", "type service channel unit priority"),
    "resolved": ("count", "type person service queue"),
    "closed": ("count", "type code"),
    "backlog": ("level", "queue person type priority service"),
    "backlog.age": ("spread", "queue type"),
    "unconfirmed": ("level", "type"),
    "self_service": ("share", "unit"),
    "fcr": ("share", "tier channel type service"),
    "fcr.net": ("share", "tier channel type service"),
    "respond": ("spread", "type priority service"),
    "restore": ("spread", "priority service"),
    "resolve": ("spread", "type priority service"),
    "sla": ("share", "target agreement priority service type"),
    "sla.response": ("share", "agreement priority"),
    "sla.update": ("share", "agreement priority"),
    "sla.resolution": ("share", "agreement priority"),
    "reopened": ("count", "type service"),
    "reopen_rate": ("share", "type service person"),
    "reassigned": ("count", "queue type"),
    "ping_pong": ("count", "queue"),
    "knowledge.used": ("share", "type service"),
    "knowledge.success": ("share", "service article"),
    "knowledge.harmful": ("count", "article"),
    "minutes": ("sum", "person type queue service"),
    "unsupported.minutes": ("sum", "thing unit"),
    "misclassified": ("share", "type service channel"),
    "new_service.met": ("share", ""),
    "new_service.filtered": ("share", "rule"),
    "changes.calls": ("count", "change"),
    "changes.unannounced": ("share", "change"),
    "changes.ignored": ("share", "change"),
    "survey.sent": ("count", "type"),
    "survey.answered": ("share", "type"),
    "survey.satisfaction": ("mean", "queue person type"),
    "survey.time-to-respond": ("mean", "queue person type"),
    "survey.time-to-resolve": ("mean", "queue person type"),
    "survey.solved-at-first": ("mean", "queue person type"),
    "survey.kept-informed": ("mean", "queue person type"),
    "survey.self-help": ("mean", "queue person type"),
    "confirmed": ("share", "type person"),
    "review.score": ("mean", "person queue"),
}
"""Every figure: what kind of number it is, and what it is split by."""
KINDS = {figure: kind for figure, (kind, _) in FIGURES.items()}

_FIRST_STEPS = {
    "assigned",
    "accepted",
    "returned",
    "escalated",
    "troubleshooting_step",
    "fix_applied",
    "fulfilment_started",
    "hook_ran",
    "fulfilment_step",
    "fulfilment_ended",
}
"""What makes a new request one in progress."""

_LEADS_TO = {
    "waited": "waiting",
    "resumed": "in_progress",
    "resolved": "resolved",
    "closed": "closed",
    "reopened": "in_progress",
    "merged": "closed",
    "voided": "closed",
}
OPEN = ("new", "in_progress", "waiting")
WORKED_ON = ("new", "in_progress")


class Item(NamedTuple):
    """One thing that is counted: when, how much, of which ticket, and what it can be split by."""

    at: int
    value: int
    ref: str
    by: dict[str, str]


class Span(NamedTuple):
    """A stretch of time in which a ticket was something; `end` is None while it still is."""

    start: int
    end: int | None
    ref: str
    by: dict[str, str]
    opened: int = 0

    def holds(self, at: int) -> bool:
        """Whether it was so at an instant."""
        return self.start <= at and (self.end is None or at < self.end)


def seconds(text: str) -> int:
    """An instant as it is written in an export, in seconds since 1970."""
    return math.floor(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def written(at: int) -> str:
    """The same back."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


# Working time, minute by minute.

_LATEST = 12 * 60
"""No night shift ends after noon."""


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


class Hours:
    """The minutes that a calendar is open: each minute of UTC is shown on a clock on the wall."""

    def __init__(self, calendar: Json) -> None:
        self._zone = ZoneInfo(calendar["zone"])
        self._week = {
            day: [(_clock(a), _clock(b)) for a, b in calendar["hours"].get(day, [])]
            for day in WEEKDAYS
        }
        self._holidays = set(calendar.get("holidays", []))
        self._special = {
            day: [(_clock(a), _clock(b)) for a, b in windows]
            for day, windows in calendar.get("special_hours", {}).items()
        }
        self._breaks = {
            day: [(_clock(a), _clock(b)) for a, b in windows]
            for day, windows in calendar.get("breaks", {}).items()
        }
        self._days: dict[int, list[int]] = {}
        self._dates: dict[date, list[tuple[int, int]]] = {}

    def windows(self, day: date) -> list[tuple[int, int]]:
        """The hours of a local date in minutes, one that ends on the next day beyond 1440."""
        if day not in self._dates:
            self._dates[day] = self._windows(day)
        return self._dates[day]

    def _windows(self, day: date) -> list[tuple[int, int]]:
        text = day.isoformat()
        if text in self._holidays:
            return []
        given = self._special.get(text, self._week[WEEKDAYS[day.weekday()]])
        return [(a, b if b > a else b + 1440) for a, b in given]

    def is_open(self, minute: int) -> bool:
        """Whether a minute since 1970 is working time."""
        shown = datetime.fromtimestamp(minute * 60, self._zone)
        today, time = shown.date(), shown.hour * 60 + shown.minute
        windows = [*self.windows(today)]
        if time < _LATEST:  # a night shift of yesterday
            windows += [(a - 1440, b - 1440) for a, b in self.windows(today - timedelta(days=1))]
        if not any(a <= time < b for a, b in windows):
            return False
        return not any(a <= time < b for a, b in self._breaks.get(today.isoformat(), []))

    def _day(self, day: int) -> list[int]:
        """For a day of UTC: how many of its minutes are open before each, and in all."""
        if day not in self._days:
            first = day * 1440
            open_ = (self.is_open(first + each) for each in range(1440))
            self._days[day] = [*accumulate(open_, initial=0)]
        return self._days[day]

    def at(self, second: int) -> bool:
        """Whether a second is working time."""
        minutes, minute = self._day(second // DAY), second % DAY // 60
        return minutes[minute + 1] > minutes[minute]

    def _by(self, day: int, second: int) -> int:
        """Seconds of working time in a day of UTC before a second of it."""
        minutes = self._day(day)[second // 60]
        rest = second % 60 if second % 60 and self.at(day * DAY + second) else 0
        return minutes * 60 + rest

    def between(self, start: int, end: int) -> int:
        """Seconds of working time from one instant up to another."""
        if end <= start:
            return 0
        first, last = start // DAY, end // DAY
        before = self._by(first, start % DAY)
        whole = sum(self._day(day)[-1] * 60 for day in range(first, last))
        return whole - before + self._by(last, end % DAY)

    def after(self, start: int, amount: int) -> int:
        """The first instant by which so many seconds of working time have passed."""
        while amount > 0:
            whole = self._day(start // DAY)[-1] * 60
            if start % DAY == 0 and whole < amount:
                start, amount = start + DAY, amount - whole
                continue
            until = (start // 60 + 1) * 60
            if self.at(start):
                step = min(until - start, amount)
                amount -= step
                start += step
            else:
                start = until
        return start

    def business_days(self, start: int, days: int) -> int:
        """The same time of day so many working days later; a night shift is of the day it began on."""
        while not self.at(start):
            start = (start // 60 + 1) * 60
        shown = datetime.fromtimestamp(start, self._zone)
        day, time = shown.date(), shown.hour * 60 + shown.minute + shown.second / 60
        if not any(a <= time < b for a, b in self.windows(day)):
            day, time = day - timedelta(days=1), time + 1440
        while days:
            day += timedelta(days=1)
            days -= bool(self.windows(day))
        wanted = None
        for a, b in sorted(self.windows(day)):
            if a <= time:
                wanted = min(time, b)
        if wanted is None:
            wanted = min(self.windows(day))[0]
        local = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        return math.floor((local + timedelta(minutes=wanted)).timestamp())


# What is promised.


class Cover(NamedTuple):
    """What decides by which agreement a ticket is covered, at one moment."""

    service: str
    type: str
    priority: str
    support: Json | None


class Policy:
    """What the desk promises, as the JSON file says it."""

    def __init__(self, said: Json) -> None:
        self.said = said
        self._hours: dict[str, Hours] = {}

    def hours(self, calendar: str) -> Hours:
        """The working time of a calendar."""
        if calendar not in self._hours:
            self._hours[calendar] = Hours(self.said["calendars"][calendar])
        return self._hours[calendar]

    def tier(self, queue: str) -> str:
        """The tier of a queue, in words."""
        return str(self.said["queues"].get(queue, "unknown"))

    def agreement(self, opening: Json, cover: Cover) -> str:
        """Override, question tree, coverage, service, default: the first that says anything."""
        support, known = cover.support, self.said["agreements"]
        if support and not support.get("found"):
            decision = support.get("decision", "undecided")
            ended = decision in ("decline", "shut-down") and support.get("agreement")
            if decision == "override" or ended:
                name = support.get("agreement") or self.said["override_agreement"]
                if name in known:
                    return str(name)
        leaf = opening.get("agreement", "")
        if leaf in known and opening.get("service", "unknown") == cover.service:
            return str(leaf)
        fitting = [rule for rule in self.said["coverage"] if _fits(rule, opening, cover)]
        if fitting:
            return str(max(fitting, key=_says)["agreement"])
        service = self.said["services"].get(cover.service)
        return str(service["agreement"] if service else self.said["default_agreement"])

    def calendar(self, opening: Json, cover: Cover) -> str:
        """That of the site, the service, the agreement, the default one."""
        agreement = self.said["agreements"][self.agreement(opening, cover)]
        if agreement.get("fixed_calendar"):
            return str(agreement["calendar"])
        sites = {name.casefold(): each for name, each in self.said["sites"].items()}
        site = sites.get(opening.get("site", "").casefold())
        service = self.said["services"].get(cover.service, {})
        return str(
            site
            or service.get("calendar")
            or agreement.get("calendar")
            or self.said["default_calendar"]
        )

    def targets(self, opening: Json, cover: Cover) -> Json:
        """What is granted by target: seconds, or `{"business_days": n}`."""
        granted = self.said["agreements"][self.agreement(opening, cover)]["targets"]
        return dict(granted[cover.priority])

    def on_reopen(self, opening: Json, cover: Cover) -> str:
        """What a reopening does to the clocks."""
        agreement = self.said["agreements"][self.agreement(opening, cover)]
        return str(agreement.get("on_reopen") or self.said["on_reopen"])


def _says(rule: Json) -> tuple[int, ...]:
    kinds = [bool(rule.get(name)) for name in ("people", "units", "services", "types")]
    return (sum(kinds), *map(int, kinds))


def _fits(rule: Json, opening: Json, cover: Cover) -> bool:
    people = {opening.get("requester", "unknown"), opening.get("on_behalf_of", "")}
    return (
        (not rule.get("people") or bool(people & set(rule["people"])))
        and (not rule.get("units") or opening.get("unit", "") in rule["units"])
        and (not rule.get("services") or cover.service in rule["services"])
        and (not rule.get("types") or cover.type in rule["types"])
    )


# A ticket, told again from its events.


class Step(NamedTuple):
    """An event with what was so before and after it."""

    event: Json
    at: int
    status: str
    queue: str
    who: str | None
    status_after: str
    queue_after: str
    who_after: str | None

    @property
    def kind(self) -> str:
        """The word for what happened."""
        return str(self.event["kind"])


def standing(events: list[Json]) -> list[Json]:
    """The events that count: read from the newest on, what is undone undoes nothing."""
    named: set[str] = set()
    for event in reversed(events):
        if event["kind"] == "undone" and event["id"] not in named:
            named |= set(event["undoes"])
    return [
        event
        for index, event in enumerate(events)
        if event["kind"] != "undone" and (index == 0 or event["id"] not in named)
    ]


def recorded(event: Json) -> int:
    """When an event was entered."""
    return seconds(event.get("entered") or event["at"])


def as_of(events: list[Json], instant: int) -> list[Json] | None:
    """The events that were there at an instant; None if the ticket was not."""
    arrivals = [recorded(event) for event in events if event["kind"] == "imported"]
    came = arrivals[-1] if arrivals else recorded(events[0])
    if came > instant:
        return None
    return [event for event in events if recorded(event) <= instant]


class Life:
    """A ticket: all that the figures ask of it."""

    def __init__(self, ref: str, events: list[Json]) -> None:
        self.ref = ref
        self.opening = events[0]
        self.events = standing(events)
        self.steps: list[Step] = []
        self.type = self.opening.get("type", "unknown")
        self.service = self.opening.get("service", "unknown")
        self.priority = self.opening["priority"]
        self.support: Json | None = None
        self.code = ""
        self.merged = self.void = False
        self.opened_at = seconds(self.opening["at"])
        self.resolved_at: int | None = None
        self.closed_at: int | None = None
        self.restored_at: int | None = None
        self.imported_at: int | None = None
        status, queue, who = "new", self.opening["queue"], None
        for event in self.events:
            before = status, queue, who
            status, queue, who = self._moved(event, *before)
            at = seconds(event["at"])
            self.steps.append(Step(event, at, *before, status, queue, who))
            self._learn(event, at, status)
        self.status, self.queue, self.who = status, queue, who

    @staticmethod
    def _moved(
        event: Json, status: str, queue: str, who: str | None
    ) -> tuple[str, str, str | None]:
        word = event["kind"]
        if word in _LEADS_TO:
            status = _LEADS_TO[word]
        elif word in _FIRST_STEPS and status == "new":
            status = "in_progress"
        if word == "assigned":
            queue, who = event["queue"], event.get("to")
        elif word == "accepted":
            who = event["by"]
        elif word in ("escalated", "returned"):
            queue, who = event["to"], None
        return status, queue, who

    def _learn(self, event: Json, at: int, status: str) -> None:
        """What an event says of the ticket beside where it is."""
        word = event["kind"]
        if word == "classified":
            if self.support:
                self.support = supported(self.support, self.service, event)
            self.type, self.service = event["type"], event["service"]
            self.priority = event["priority"]
        elif word == "support_decided":
            self.support = event["support"]
        elif word in ("resolved", "closed"):
            self.code = event["code"]
        elif word == "reopened":
            self.code = ""
        elif word == "merged":
            self.merged, self.code = True, "duplicate"
        elif word == "voided":
            self.void = True
        elif word == "imported":
            self.merged, self.imported_at = False, at
        self.restored_at = self._restored(event, at)
        over = status in ("resolved", "closed")
        self.resolved_at = (self.resolved_at or at) if over else None
        self.closed_at = (self.closed_at or at) if status == "closed" else None

    def _restored(self, event: Json, at: int) -> int | None:
        """Since when the service works again, as far as is known after an event."""
        word, before = event["kind"], self.restored_at
        if word in ("repeated", "correlated"):
            return None
        if word == "recovered":
            return (before or at) if event.get("all_clear", True) else None
        return (before or at) if word == "service_resumed" else before

    @property
    def first(self) -> int | None:
        """Which step resolved it first, by its place; None if none did."""
        for index, step in enumerate(self.steps):
            if step.kind in ("resolved", "closed"):
                return index
        return None

    @property
    def is_quick(self) -> bool:
        """Whether one command opened and closed it; the ids of its events end alike."""
        closed = [step.event for step in self.steps if step.kind == "closed"]
        again = any(step.kind == "reopened" for step in self.steps)
        return bool(closed) and not again and closed[-1]["id"][-8:] == self.opening["id"][-8:]

    @property
    def has_caller(self) -> bool:
        """Whether a person asked, and no machine."""
        return not self.opening.get("alert") and self.channel != "monitoring"

    @property
    def unit(self) -> str:
        """Where the caller works."""
        return self.opening.get("unit") or "unknown"

    @property
    def channel(self) -> str:
        """How it came in."""
        return str(self.opening.get("channel", "unknown"))

    @property
    def cover(self) -> Cover:
        """What decides on its agreement now."""
        return Cover(self.service, self.type, self.priority, self.support)

    def dims(self, *names: str) -> dict[str, str]:
        """What is known of it last, by name."""
        known = {
            "type": self.type,
            "service": self.service,
            "priority": self.priority,
            "channel": self.channel,
            "unit": self.unit,
        }
        return {name: known[name] for name in names}

    def uses(self) -> Iterator[tuple[int, Json]]:
        """Each use of an article, and when."""
        for step in self.steps:
            if step.kind in ("resolved", "closed", "articles_used"):
                for use in step.event.get("articles", []):
                    yield step.at, use


def supported(support: Json, service: str, event: Json) -> Json:
    """What is left of a decision about something unsupported, after another classification."""
    after = event["service"]
    if after == service:
        return support
    if after == "unknown":
        return {name: each for name, each in support.items() if name != "found"}
    undecided = support.get("decision", "undecided") == "undecided"
    corrects = service == "unknown" and bool(event.get("reason")) and undecided
    if support.get("found") or not support.get("device") or corrects:
        return {**support, "found": after}
    return support


def lives(rows: Iterable[Json], instant: int | None) -> Iterator[Life]:
    """The help requests of an export, as they were at an instant; None for all that is known."""
    for row in rows:
        events = row["events"]
        if instant is not None:
            events = as_of(events, instant)
        if events:
            life = Life(row["ref"], events)
            if life.opening.get("record", "request") == "request":
                yield life  # also what an outage is recorded by: it may have a bulletin


# What was promised, and whether it was kept.


class Run(NamedTuple):
    """One go of a clock: its stretches, and when it stopped; None if it has not."""

    began: str
    start: int
    spans: list[tuple[int, int | None]]
    stop: int | None


def _in_order(steps: list[Step]) -> list[tuple[int, Step]]:
    """Steps with a time that never goes back."""
    found, latest = [], steps[0].at if steps else 0
    for step in steps:
        latest = max(latest, step.at)
        found.append((latest, step))
    return found


def response_runs(steps: list[Step], *, anew: bool) -> list[Run]:
    """To the first visible word, or the resolution."""
    found: list[Run] = []
    start, began, is_open = 0, "", False
    for at, step in _in_order(steps):
        if step.kind == "opened" or (anew and step.kind == "reopened"):
            if is_open:
                found.append(Run(began, start, [(start, None)], None))
            start, began, is_open = at, step.event["id"] if found else "", True
        told = step.kind == "noted" and step.event.get("visible")
        if is_open and (told or step.kind in ("resolved", "merged", "voided")):
            found.append(Run(began, start, [(start, step.at)], step.at))
            is_open = False
    if is_open:
        found.append(Run(began, start, [(start, None)], None))
    return found


def resolution_runs(steps: list[Step], *, anew: bool) -> list[Run]:
    """While it is worked on, until it is resolved; waits are left out."""
    found: list[Run] = []
    start, began = 0, ""
    spans: list[tuple[int, int | None]] = []
    since: int | None = None
    stop: int | None = None
    for at, step in _in_order(steps):
        if step.kind == "opened":
            start = since = at
            continue
        if anew and step.kind == "reopened":
            found.append(Run(began, start, spans, stop))
            start, began, spans, since, stop = at, step.event["id"], [], None, None
        if step.status_after in WORKED_ON:
            stop = None
            since = at if since is None else since
        else:
            if since is not None:
                spans.append((since, at))
                since = None
            if step.status_after in ("resolved", "closed"):
                stop = at if stop is None else stop
    if since is not None:
        spans.append((since, None))
    return [*found, Run(began, start, spans, stop)]


def update_runs(steps: list[Step]) -> list[Run]:
    """From one visible word to the next; it pauses while the caller is waited for."""
    found: list[Run] = []
    begun: tuple[int, str] | None = None
    pauses = _pauses(steps)
    for at, step in _in_order(steps):
        over = step.status_after in ("resolved", "closed")
        told = step.kind == "noted" and step.event.get("visible")
        if not (over or told or step.kind == "reopened"):
            continue
        if begun:
            found.append(Run(begun[1], begun[0], _without(begun[0], at, pauses), at))
        begun = None if over else (at, step.event["id"])
    if begun:
        found.append(Run(begun[1], begun[0], _without(begun[0], None, pauses), None))
    return found


def _pauses(steps: list[Step]) -> list[tuple[int, int | None]]:
    """When the caller was waited for."""
    found: list[tuple[int, int | None]] = []
    since: int | None = None
    for at, step in _in_order(steps):
        if step.kind == "waited" or step.status_after != "waiting":
            waits = step.kind == "waited" and step.event["waiting_for"] == "user"
            if since is not None and not waits:
                found.append((since, at))
                since = None
            elif since is None and waits:
                since = at
    return found if since is None else [*found, (since, None)]


def _without(
    start: int, end: int | None, pauses: list[tuple[int, int | None]]
) -> list[tuple[int, int | None]]:
    """What is left of a stretch without the pauses."""
    found: list[tuple[int, int | None]] = []
    for begin, until in pauses:
        if until is not None and until <= start:
            continue
        if end is not None and begin >= end:
            break
        if begin > start:
            found.append((start, begin))
        if until is None:
            return found
        start = until
    if end is None or start < end:
        found.append((start, end))
    return found


def runs_of(target: str, steps: list[Step], *, anew: bool) -> list[Run]:
    """All goes of a clock."""
    if target == "update":
        return update_runs(steps)
    if target == "response":
        return response_runs(steps, anew=anew)
    return resolution_runs(steps, anew=anew)


def elapsed(run: Run, hours: Hours, until: int) -> int:
    """Seconds of working time that a clock has run."""
    return sum(
        hours.between(start, until if end is None else min(end, until)) for start, end in run.spans
    )


def reached(run: Run, hours: Hours, amount: int) -> int:
    """When a clock that ran for longer had run for so many seconds."""
    for start, end in run.spans:
        if end is not None:
            ran = hours.between(start, end)
            if ran < amount:
                amount -= ran
                continue
        return hours.after(start, amount)
    raise ValueError("it never ran so long")


class Ruled(NamedTuple):
    """What held for a ticket during some of its steps."""

    cover: Cover
    steps: list[Step]
    since: int
    until: int


def _rules(life: Life, now: int) -> list[Ruled]:
    """What held for a ticket, one after the other."""
    opening, found = life.opening, []
    cover = Cover(
        opening.get("service", "unknown"),
        opening.get("type", "unknown"),
        opening["priority"],
        None,
    )
    since = life.opened_at
    for index, step in enumerate(life.steps):
        if step.kind not in ("classified", "support_decided"):
            continue
        event, after = step.event, cover
        if step.kind == "support_decided":
            after = cover._replace(support=event["support"])
        else:
            support = cover.support and supported(cover.support, cover.service, event)
            after = Cover(event["service"], event["type"], event["priority"], support)
        if after != cover:
            found.append(Ruled(cover, life.steps[:index], since, min(now, step.at)))
            cover, since = after, step.at
    found.append(Ruled(cover, life.steps, since, now))
    return found


class Promise(NamedTuple):
    """What became of one promise."""

    target: str
    began: str
    at: int
    kept: bool
    agreement: str


def promises(life: Life, policy: Policy, now: int) -> list[Promise]:
    """Each promise to a caller that was kept or broken by now, once.

    It was broken when what held for the ticket had first run out; what held later moves nothing.
    """
    broken: dict[tuple[str, str], Promise] = {}
    kept: list[Promise] = []
    over_before: set[tuple[str, str]] = set()
    came = life.imported_at
    rules = _rules(life, now)
    for ruled in rules:
        hours = policy.hours(policy.calendar(life.opening, ruled.cover))
        granted = policy.targets(life.opening, ruled.cover)
        agreement = policy.agreement(life.opening, ruled.cover)
        anew = policy.on_reopen(life.opening, ruled.cover) == "new_cycle"
        for target, amount in granted.items():
            for run in runs_of(target, ruled.steps, anew=anew):
                key = target, run.began
                length = _length(amount, run, hours)
                ran_before = elapsed(run, hours, came - 1) if came is not None else 0
                if elapsed(run, hours, ruled.until) > length:
                    if ran_before > length:
                        over_before.add(key)
                        continue
                    at = reached(run, hours, length)
                    promise = Promise(target, run.began, at, False, agreement)
                    broken.setdefault(key, promise)
                elif ruled is rules[-1] and run.stop is not None:
                    if came is not None and run.stop < came:
                        continue
                    kept.append(Promise(target, run.began, run.stop, True, agreement))
    missed = set(broken) | over_before
    return [
        *broken.values(),
        *(each for each in kept if (each.target, each.began) not in missed),
    ]


def _length(amount: Any, run: Run, hours: Hours) -> int:
    """A target in seconds of working time."""
    if isinstance(amount, dict):
        end = hours.business_days(run.start, amount["business_days"])
        return max(1, hours.between(run.start, end))
    return int(amount)


# The figures.


def _concerns(bulletin: Json, service: str, site: str) -> bool:
    services = bulletin.get("services") or []
    about = service in ("unknown", "") or not services or service in services
    there = bulletin.get("site", "")
    return about and (not there or not site or there.casefold() == site.casefold())


class Stood(NamedTuple):
    """A bulletin, from when until when; None while it stands."""

    bulletin: Json
    start: int
    end: int | None


def bulletins(life: Life) -> list[Stood]:
    """The bulletins of a ticket."""
    found: list[Stood] = []
    for step in life.steps:
        if step.kind in ("announced", "withdrawn", "merged", "voided"):
            if found and found[-1].end is None:
                found[-1] = found[-1]._replace(end=step.at)
            if step.kind == "announced":
                found.append(Stood(step.event["bulletin"], step.at, None))
    return found


class Counted:
    """All items and spans of all figures, from which any period can be read.

    Args:
        rows: the tickets of an export.
        policy: what the desk promises.
        now: the instant at which it is asked, or that of `--as-of`.
        only: the references that count; all if it is None.
    """

    def __init__(
        self,
        rows: Iterable[Json],
        policy: Policy,
        now: int,
        *,
        instant: int | None = None,
        only: Callable[[Life], bool] | None = None,
    ) -> None:
        self.now = now
        self._policy = policy
        self.items: dict[str, list[Item]] = defaultdict(list)
        self.spans: dict[str, list[Span]] = defaultdict(list)
        self.cut: dict[str, list[Span]] = defaultdict(list)
        every = list(lives(rows, instant))
        self._stood = [each for life in every for each in bulletins(life)]
        requests = (life for life in every if not (life.void or life.opening.get("outage")))
        self.lives = [life for life in requests if only is None or only(life)]
        for life in self.lives:
            self._count(life)

    def _add(self, figure: str, life: Life, at: int, value: int, **by: str) -> None:
        self.items[figure].append(Item(at, value, life.ref, by))

    def _count(self, life: Life) -> None:
        """Everything of one ticket."""
        self._always(life)
        self._backlog(life)
        self._surveys(life)
        if life.merged:
            return
        self._answered_at_first(life)
        if not life.is_quick:
            self._times(life)
        self._promises(life)
        self._events(life)
        self._knowledge(life)
        self._changes(life)
        self._ends(life)

    def _always(self, life: Life) -> None:
        """What a merged one takes part in too."""
        dims = life.dims("type", "service", "channel", "unit", "priority")
        self._add("opened", life, life.opened_at, 1, **dims)
        if life.has_caller:
            by_portal = int(life.channel == "portal")
            self._add("self_service", life, life.opened_at, by_portal, unit=life.unit)
        been = {life.opening["queue"]}
        for step in life.steps:
            event = step.event
            if event.get("minutes"):
                dims = life.dims("type", "service") | {"person": event["by"], "queue": step.queue}
                self._add("minutes", life, step.at, event["minutes"], **dims)
            moved = step.kind == "assigned" and event["queue"] != step.queue
            given = step.kind == "assigned" and event.get("to") and step.who
            other = given and event["to"] != step.who
            taken = step.kind == "accepted" and step.who and event["by"] != step.who
            if step.kind in ("escalated", "returned") or moved or other or taken:
                self._add("reassigned", life, step.at, 1, queue=step.queue, type=life.type)
            if step.queue_after != step.queue:
                if step.queue_after in been:
                    self._add("ping_pong", life, step.at, 1, queue=step.queue_after)
                been.add(step.queue_after)
        self._unsupported(life)

    def _unsupported(self, life: Life) -> None:
        if not life.support:
            return
        what = " ".join(life.support["what"].split()).casefold()
        found, support, service = False, None, life.opening.get("service", "unknown")
        for step in life.steps:
            if step.event.get("minutes") and not found:
                minutes = step.event["minutes"]
                dims = {"thing": what, "unit": life.unit}
                self._add("unsupported.minutes", life, step.at, minutes, **dims)
            if step.kind == "support_decided":
                support = step.event["support"]
            elif step.kind == "classified":
                if support:
                    support = supported(support, service, step.event)
                service = step.event["service"]
            found = bool(support and support.get("found"))

    def _backlog(self, life: Life) -> None:
        dims = life.dims("type", "priority", "service")
        for figure, states in (("backlog", OPEN), ("unconfirmed", ("resolved",))):
            if figure == "unconfirmed" and life.merged:
                continue
            since: int | None = None
            for step in life.steps:
                if step.status_after in states and since is None:
                    since = step.at
                elif step.status_after not in states and since is not None:
                    self.spans[figure].append(Span(since, step.at, life.ref, dims, life.opened_at))
                    since = None
            if since is not None:
                self.spans[figure].append(Span(since, None, life.ref, dims, life.opened_at))
        for index, step in enumerate(life.steps):
            if step.status_after in OPEN:
                last = index + 1 == len(life.steps)
                end = None if last else life.steps[index + 1].at
                by = {"queue": step.queue_after, "person": step.who_after or "none"}
                self.cut["backlog"].append(Span(step.at, end, life.ref, by, life.opened_at))

    def _answered_at_first(self, life: Life) -> None:
        """What is asked of a request when it is first resolved."""
        if life.first is None:
            return
        step = life.steps[life.first]
        before = life.steps[: life.first]
        after = life.steps[life.first + 1 :]
        at, who = step.at, step.event["by"]
        self._add(
            "resolved", life, at, 1, person=who, queue=step.queue, **life.dims("type", "service")
        )
        back = [each.at for each in after if each.kind == "reopened"]
        self._add(
            "reopen_rate", life, at, int(bool(back)), person=who, **life.dims("type", "service")
        )
        if life.has_caller:
            hands = {who}
            alone = True
            for each in before:
                if each.kind in ("escalated", "returned", "waited", "contacted"):
                    alone = False
                elif each.kind == "assigned":
                    alone = alone and each.event["queue"] == each.queue
                    if each.event.get("to"):
                        hands.add(each.event["to"])
                elif each.kind == "accepted":
                    hands.add(each.event["by"])
            alone = alone and len(hands) == 1
            soon = any(when - at <= FORTNIGHT for when in back)
            dims = life.dims("channel", "type", "service")
            kept = life.opening.get("tier")
            dims["tier"] = str(kept) if kept else self._policy.tier(life.opening["queue"])
            self._add("fcr", life, at, int(alone), **dims)
            self._add("fcr.net", life, at, int(alone and not soon), **dims)
        classified = [each.event for each in life.steps if each.kind == "classified"]
        wrong = any(event.get("discovered") for event in classified)
        self._add("misclassified", life, at, int(wrong), **life.dims("type", "service", "channel"))
        used = any(True for _ in life.uses())
        self._add("knowledge.used", life, at, int(used), **life.dims("type", "service"))
        types = {life.opening.get("type", "unknown"), *(event["type"] for event in classified)}
        if "new-service" in types:
            self._add("new_service.met", life, at, int(life.type == "fulfilment"))

    def _times(self, life: Life) -> None:
        hours = self._policy.hours(self._policy.calendar(life.opening, life.cover))
        ended = False
        for step in life.steps:
            ended = ended or step.kind in ("merged", "voided")
            told = step.kind == "noted" and step.event.get("visible")
            if (told or step.kind == "resolved") and not ended:
                took = hours.between(life.opened_at, step.at)
                dims = life.dims("type", "priority", "service")
                self._add("respond", life, step.at, took, **dims)
                break
        if life.type == "incident":
            at = life.restored_at or life.resolved_at
            if at is not None:
                took = hours.between(life.opened_at, at)
                self._add("restore", life, at, took, **life.dims("priority", "service"))
        if life.resolved_at is not None:
            took = 0
            since: int | None = None
            latest = life.opened_at
            for step in life.steps:
                latest = max(latest, step.at)
                if step.status_after in WORKED_ON:
                    since = latest if since is None else since
                elif since is not None:
                    took += hours.between(since, latest)
                    since = None
            dims = life.dims("type", "priority", "service")
            self._add("resolve", life, life.resolved_at, took, **dims)

    def _promises(self, life: Life) -> None:
        for each in promises(life, self._policy, self.now):
            by = {"agreement": each.agreement, **life.dims("priority")}
            dims = {"target": each.target, **life.dims("service", "type")}
            self._add("sla", life, each.at, int(each.kept), **dims, **by)
            self._add(f"sla.{each.target}", life, each.at, int(each.kept), **by)

    def _events(self, life: Life) -> None:
        for step in life.steps:
            if step.kind == "reopened":
                self._add("reopened", life, step.at, 1, **life.dims("type", "service"))
            elif step.kind == "request_filtered":
                refused = step.event["decision"] == "rejected"
                rule = step.event.get("rule") or "unknown"
                self._add("new_service.filtered", life, step.at, int(refused), rule=rule)

    def _knowledge(self, life: Life) -> None:
        for at, use in life.uses():
            if use["outcome"] in ("helped", "no-effect", "harmful"):
                helped = int(use["outcome"] == "helped")
                by = {"service": life.service, "article": use["id"]}
                self._add("knowledge.success", life, at, helped, **by)
            if use["outcome"] == "harmful":
                self._add("knowledge.harmful", life, at, 1, article=use["id"])

    def _changes(self, life: Life) -> None:
        planned = life.status == "closed" and life.code == "planned-outage"
        if not planned:
            return
        last = [step.event for step in life.steps if step.kind == "closed"][-1:]
        change = (last[0].get("outage") if last else "") or "unknown"
        at = life.opened_at
        told = [
            each
            for each in self._stood
            if _concerns(each.bulletin, life.service, life.opening.get("site", ""))
        ]
        stands = any(each.start <= at and (each.end is None or at < each.end) for each in told)
        stood = any(
            each.start <= at and (each.end is None or each.end > at - WEEK) for each in told
        )
        self._add("changes.calls", life, at, 1, change=change)
        self._add("changes.unannounced", life, at, int(not stood), change=change)
        self._add("changes.ignored", life, at, int(stands), change=change)

    def _surveys(self, life: Life) -> None:
        last: dict[tuple[str, str], tuple[Step, str, int]] = {}
        stand_for = dict(self._policy.said["surveys"])
        for index, step in enumerate(life.steps):
            if step.kind == "survey_sent":
                name = step.event["survey"]
                usual = self._policy.said["surveys"].get(name, {})
                stand_for[name] = step.event.get("figures") or usual  # what was meant then
                self._add("survey.sent", life, step.at, 1, type=life.type)
                later = any(each.kind == "survey_answered" for each in life.steps[index:])
                self._add("survey.answered", life, step.at, int(later), type=life.type)
            elif step.kind == "survey_answered":
                name = step.event["survey"]
                for question, score in step.event["scores"].items():
                    figure = stand_for.get(name, {}).get(question, "")
                    last[name, question] = step, figure, score  # the others stand as they were
        for step, figure, score in last.values():
            if figure:
                dims = self._solver(life) | {"type": life.type}
                self._add(f"survey.{figure}", life, step.at, score, **dims)

    @staticmethod
    def _solver(life: Life) -> dict[str, str]:
        """Who resolved it first, and in which queue."""
        if life.first is None:
            return {"queue": "unknown", "person": "unknown"}
        step = life.steps[life.first]
        return {"queue": step.queue, "person": step.event["by"]}

    def _ends(self, life: Life) -> None:
        if life.closed_at is not None:
            self._add("closed", life, life.closed_at, 1, type=life.type, code=life.code)
            last = [step.event for step in life.steps if step.kind == "closed"][-1:]
            confirmed = int(bool(last and last[0].get("confirmed_by")))
            person = last[0]["by"] if last else "unknown"
            if not life.is_quick:
                by = {"type": life.type, "person": person}
                self._add("confirmed", life, life.closed_at, confirmed, **by)
        for step in [each for each in life.steps if each.kind == "reviewed"][-1:]:
            said = list(step.event["checks"].values())
            yes, no = said.count("yes"), said.count("no")
            if yes + no:
                score = round(Fraction(100 * yes, yes + no))
                self._add("review.score", life, step.at, score, **self._solver(life))

    # Of a period.

    def period(self, since: int, until: int) -> dict[str, Json]:
        """Every figure of a period, with its splits and the tickets behind it."""
        found = {}
        at = min(until, self.now)
        for figure, kind in KINDS.items():
            if kind == "level" or figure == "backlog.age":
                found[figure] = self._level(figure, at)
                continue
            items = [each for each in self.items[figure] if since <= each.at < until]
            found[figure] = {
                "now": number(kind, [each.value for each in items]),
                "by": _split(figure, [(each.by, each.value) for each in items]),
                "counted": sorted({each.ref for each in items if each.value}, key=_by_number),
                "of": sorted({each.ref for each in items}, key=_by_number),
                "items": sorted([each.ref, each.value, written(each.at)] for each in items),
                "parts": _parts(figure, [each.by for each in items]),
            }
        return found

    def _level(self, figure: str, at: int) -> Json:
        spans_of = "unconfirmed" if figure == "unconfirmed" else "backlog"
        whole = [each for each in self.spans[spans_of] if each.holds(at)]
        cut = [each for each in self.cut[spans_of] if each.holds(at)]
        kind = KINDS[figure]

        def value(span: Span) -> int:
            return at - span.opened if kind == "spread" else 1

        by = _split(figure, [(each.by, value(each)) for each in whole])
        by |= _split(figure, [(each.by, value(each)) for each in cut])
        refs = sorted({each.ref for each in whole}, key=_by_number)
        return {
            "now": number(kind, [value(each) for each in whole]),
            "by": by,
            "counted": refs,
            "of": refs,
            "items": sorted([each.ref, value(each)] for each in whole),
            "parts": _parts(figure, [each.by for each in whole])
            | _parts(figure, [each.by for each in cut]),
        }


def _by_number(ref: str) -> int:
    return int(ref.partition("-")[2])


def _split(figure: str, valued: list[tuple[dict[str, str], int]]) -> dict[str, Json]:
    kind, splits = FIGURES[figure]
    groups: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for by, value in valued:
        for dim, name in by.items():
            if dim not in splits.split():
                continue
            groups[dim][name].append(value)
    return {
        dim: {name: number(kind, values) for name, values in sorted(names.items())}
        for dim, names in groups.items()
    }


def _parts(figure: str, said: list[dict[str, str]]) -> dict[str, dict[str, int]]:
    """How many items there are of each part, by what a figure is split by."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for by in said:
        for dim, name in by.items():
            if dim in FIGURES[figure][1].split():
                found[dim][name] += 1
    return found


def number(kind: str, values: list[int]) -> Json:
    """The number that values make."""
    if kind in ("count", "sum", "level"):
        return {"value": sum(values)}
    if kind == "share":
        percent = round(100 * sum(values) / len(values), 2) if values else None
        return {"counted": sum(values), "of": len(values), "percent": percent}
    if kind == "mean":
        mean = round(sum(values) / len(values), 2) if values else None
        return {"of": len(values), "mean": mean}
    return {"of": len(values), "median_s": nearest(values, 50), "p90_s": nearest(values, 90)}


def nearest(values: list[int], percent: int) -> int | None:
    """The value at a percentile, by the nearest rank."""
    if not values:
        return None
    return sorted(values)[math.ceil(Fraction(percent * len(values), 100)) - 1]


def main() -> None:
    """Read an export from standard input, and print every figure of a period."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("policy", type=Path)
    parser.add_argument("--since", required=True)
    parser.add_argument("--until", required=True)
    parser.add_argument("--as-of")
    parser.add_argument("--now", default=datetime.now(timezone.utc).isoformat())
    given = parser.parse_args()
    instant = seconds(given.as_of) if given.as_of else None
    rows = [json.loads(line) for line in sys.stdin]
    policy = Policy(json.loads(given.policy.read_text()))
    now = seconds(given.now) if instant is None else instant
    counted = Counted(rows, policy, now, instant=instant)
    figures = counted.period(seconds(given.since), seconds(given.until))
    json.dump({"figures": figures}, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
