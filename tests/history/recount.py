"""Figures of two real event logs, counted from their JSON Lines alone.

It imports nothing of the program and shares no idea with it but the definition of each figure, so
that what `sdcli import` and `sdcli report` make of the same logs can be held against it:

    python tests/history/recount.py uci_sample_400.jsonl

Two logs are known: incidents of ServiceNow (times local, to the minute) and of a car maker (times
with their offset). A row of either shows the whole ticket as it was from then on.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

ZONE = "Europe/Lisbon"
"""Whose clocks are taken to have shown the local times; the log does not say."""

_WAITS_FOR_CALLER = ("Awaiting User Info", "Wait - User", "Wait - Customer")
_WAITS = ("Await", "Wait")
_NO_WAIT = "Awaiting Assignment"
_RESOLVED = ("Resolved",)
_CLOSED = ("Closed", "In Call", "Cancelled")


class Row(NamedTuple):
    """One row: when, whether it is over by then (`open`, `resolved`, `closed`), and who has it.

    `by`: who did what it shows; `waits`: work rests from then on, and `for_caller`: for the caller.
    """

    at: int
    state: str
    group: str
    person: str
    by: str
    waits: bool
    for_caller: bool
    priority: str


class Case(NamedTuple):
    """One ticket of a log, with its rows in order; instants are seconds since 1970."""

    name: str
    opened: int
    impact: str
    channel: str
    rows: list[Row]
    counted_reopenings: int | None
    counted_moves: int


def read(path: Path) -> list[Case]:
    """The tickets of a log."""
    raws = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [case(raw) for raw in raws]


def case(raw: dict[str, Any]) -> Case:
    """A ticket of either log."""
    return _uci(raw) if "contact_type" in raw else _bpi(raw)


def _uci(raw: dict[str, Any]) -> Case:
    rows = [
        Row(
            _local(each["at"]),
            _state(each["state"]),
            each["group"] or "",
            each["assignee"] or "",
            each["by"],
            each["state"].startswith(_WAITS),
            each["state"] in _WAITS_FOR_CALLER,
            each["priority"],
        )
        for each in raw["events"]
    ]
    return Case(
        raw["id"],
        _local(raw["opened_at"]),
        {"1": "high", "2": "medium", "3": "low"}[raw["events"][-1]["impact"]],
        raw["contact_type"],
        rows,
        raw["final"]["reopen_count"],
        raw["final"]["reassignment_count"],
    )


def _bpi(raw: dict[str, Any]) -> Case:
    rows = [
        Row(
            int(datetime.fromisoformat(each["at"]).timestamp()),
            _state(each["sub_status"]),
            each["team"],
            each["owner"],
            each["owner"],
            each["sub_status"].startswith(_WAITS) and each["sub_status"] != _NO_WAIT,
            each["sub_status"] in _WAITS_FOR_CALLER,
            "",
        )
        for each in raw["events"]
    ]
    impact = {"Major": "high", "High": "high", "Medium": "medium", "Low": "low"}[raw["impact"]]
    return Case(raw["id"], rows[0].at, impact, "", rows, None, raw["team_changes"])


def _local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp())


def _state(word: str) -> str:
    return "resolved" if word in _RESOLVED else "closed" if word in _CLOSED else "open"


class Course(NamedTuple):
    """What happened to a ticket: (instant, label) for each of a kind."""

    resolved: list[int]
    closed: list[int]
    reopened: list[int]
    moved: list[tuple[int, str, str]]
    regiven: list[int]
    open_spans: list[tuple[int, int | None]]
    group: str


def course(case: Case) -> Course:
    """Walk through the rows of a ticket.

    A row that leads out of the open states still counts for who had it; what is changed on a row
    while it is over anyway counts nowhere.
    """
    found = Course([], [], [], [], [], [], "")
    state, group, person = "open", case.rows[0].group, ""
    begun: int | None = min(case.opened, case.rows[0].at)
    for row in case.rows:
        back = (state, row.state) == ("closed", "resolved")  # taken up again, and resolved at once
        if state != "open" and (row.state == "open" or back):
            found.reopened.append(row.at)
            state, begun = "open", row.at
        if state == "open":
            if row.group != group:
                found.moved.append((row.at, group, row.group))
            elif person and row.person and row.person != person:
                found.regiven.append(row.at)
            group, person = row.group, row.person
        if row.state == state:
            continue
        if state == "open" and begun is not None:
            found.open_spans.append((begun, row.at))
            found.resolved.append(row.at)
            begun = None
        if row.state == "closed":
            found.closed.append(row.at)
        state = row.state
    if begun is not None:
        found.open_spans.append((begun, None))
    return found._replace(group=group)


def spread(numbers: list[int]) -> dict[str, int]:
    """The median and the ninth decile by nearest rank."""
    ranked = sorted(numbers)
    return {
        name: ranked[ceil(share * len(ranked)) - 1]
        for name, share in (("median", 0.5), ("p90", 0.9))
        if ranked
    }


def instants(cases: list[Case]) -> list[int]:
    """Five instants that divide the time of a log, each at full seconds."""
    first = min(case.opened for case in cases)
    last = max(case.rows[-1].at for case in cases)
    return [first + (last - first) * part // 6 for part in range(1, 6)]


def level(cases: list[Case], at: int) -> int:
    """How many tickets were open at an instant."""
    return sum(
        any(begin <= at and (end is None or at < end) for begin, end in course(case).open_spans)
        for case in cases
    )


def figures(cases: list[Case]) -> dict[str, Any]:
    """Every figure of a log."""
    courses = {case.name: course(case) for case in cases}
    last = [course_.closed[-1] for course_ in courses.values() if course_.closed]
    pairs = [(case, courses[case.name]) for case in cases]
    return {
        "tickets": len(cases),
        "priority": Counter(case.rows[-1].priority for case in cases),
        "impact": Counter(case.impact for case in cases),
        "channel": Counter(case.channel for case in cases),
        "reopened": sum(len(c.reopened) for c in courses.values()),
        "reopened_as_counted_there": sum(case.counted_reopenings or 0 for case in cases),
        "moved": sum(len(c.moved) for c in courses.values()),
        "moved_as_counted_there": sum(case.counted_moves for case in cases),
        "moved_alike": sum(len(c.moved) == case.counted_moves for case, c in pairs),
        "reassigned": sum(len(c.moved) + len(c.regiven) for c in courses.values()),
        "first_resolution": spread(
            [c.resolved[0] - case.opened for case, c in pairs if c.resolved]
        ),
        "closing": spread([c.closed[-1] - case.opened for case, c in pairs if c.closed]),
        "closed": len(last),
        "backlog": {at: level(cases, at) for at in instants(cases)},
        "group": Counter(c.group for c in courses.values()),
        "waited_for_caller": sum(any(row.for_caller for row in case.rows) for case in cases),
    }


def within(cases: list[Case], since: int, until: int) -> dict[str, Any]:
    """How much of each kind fell into a period, its first instant and not its last."""
    found: Counter[str] = Counter()
    split: dict[str, Counter[str]] = {name: Counter() for name in _SPLITS}
    ages: list[int] = []

    def count(name: str, label: str, points: list[int]) -> None:
        split[name][label] += sum(since <= at < until for at in points)

    for case in cases:
        told = course(case)
        priority = case.rows[-1].priority
        count("opened.priority", priority, [case.opened])
        count("opened.channel", case.channel, [case.opened])
        count("closed", "", told.closed[-1:])
        count("reopened", "", told.reopened)
        for at, before, _ in told.moved:
            count("reassigned.queue", before, [at])
        for at in told.regiven:
            count("reassigned.queue", _where(case, told, at), [at])
        for at, to in _came_back(case, told):
            count("ping_pong.queue", to, [at])
        if told.resolved:
            first = told.resolved[0]
            count("resolved.queue", _where(case, told, first), [first])
            if since <= first < until:
                found["fcr"] += _at_first(case)
                found["fcr.net"] += _at_first(case) and not any(
                    first <= at <= first + 14 * 86400 for at in told.reopened
                )
                found["reopen_rate"] += bool(told.reopened)
        if any(begin <= until and (end is None or until < end) for begin, end in told.open_spans):
            count("backlog.queue", _where(case, told, until), [since])
            ages.append(until - case.opened)
        elif case.opened <= until and _state_at(case, until) == "resolved":
            found["unconfirmed"] += 1
    sums = {name.partition(".")[0]: sum(labels.values()) for name, labels in split.items()}
    return {**split, **sums, **found, "age": spread(ages)}


_SPLITS = (
    *("opened.priority", "opened.channel", "closed", "reopened", "reassigned.queue"),
    *("ping_pong.queue", "resolved.queue", "backlog.queue"),
)


def _where(case: Case, told: Course, at: int) -> str:
    """The group that a ticket lay with at an instant, after what happened then."""
    groups = [to for when, _, to in told.moved if when <= at]
    return groups[-1] if groups else case.rows[0].group


def _state_at(case: Case, at: int) -> str:
    states = [row.state for row in case.rows if row.at <= at]
    return states[-1] if states else "open"


def _came_back(case: Case, told: Course) -> list[tuple[int, str]]:
    """Each move into a group that had the ticket before, and to which."""
    seen, found = {case.rows[0].group}, []
    for at, _, to in told.moved:
        if to in seen:
            found.append((at, to))
        seen.add(to)
    return found


def _at_first(case: Case) -> bool:
    """Whether one person solved it at the first go: never moved, never waiting, one name on it."""
    first = next(index for index, row in enumerate(case.rows) if row.state != "open")
    until = case.rows[: first + 1]
    waited = any(row.waits for row in until[:-1])
    moved = any(row.group != case.rows[0].group for row in until)
    people = {row.person for row in until if row.person} | {until[-1].by}
    return not waited and not moved and len(people) == 1


def main() -> None:
    """Print the figures of the logs that are named."""
    for name in sys.argv[1:]:
        sys.stdout.write(json.dumps(figures(read(Path(name))), indent=2) + "\n")


if __name__ == "__main__":
    main()
