"""What others expect of business-time arithmetic, where their expectations are at hand.

The folder lies outside the project. Every case is compared;
where it decides otherwise on purpose the case is listed below with the reason. A listed case that comes to agree fails the test, too. The page
docs/design/sla.md tells people the same list.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import click
import pytest

from sdcli.params import AmountType
from sdcli.policy.calendars import Calendar, SpecialHours, Week, Window
from sdcli.policy.decode import window
from sdcli.policy.scalars import DateKey, Zone
from sdcli.sla.calendar import WorkingTime
from sdcli.sla.runs import elapsed, reaches, resolution_run, response_run
from sdcli.tickets.event import AnyEvent, Noted, Opened, Resolved, Resumed, Stamp, Waited
from tests.conftest import CASES, REPOSITORY

FOLDER = CASES / "sla"

AT_ONCE = "nothing to wait for is over at once here, not at the next or the previous opening"
WALL_CLOCK = "the source counts 24 hours in a day that had 25"
SHIFT_OF_ITS_DAY = (
    "a shift belongs to the day it begins on, holiday or not; the source closes every hour of the "
    "holiday's own date and no other"
)

FIRST_WORD = "the first word to the caller stops the clock here, whatever it is called there"

# Where this engine decides otherwise, on purpose.
DECIDED: dict[str, str] = {
    "sla-0345": AT_ONCE,
    "sla-0347": AT_ONCE,
    "sla-0349": AT_ONCE,
    "sla-0353": AT_ONCE,
    "sla-0485": AT_ONCE,
    "sla-0486": AT_ONCE,
    "sla-0474": WALL_CLOCK,
    "sla-0608": FIRST_WORD,
    "sla-0612": FIRST_WORD,
    "peer-0003": SHIFT_OF_ITS_DAY,
    "peer-0018": SHIFT_OF_ITS_DAY,
    "peer-0042": SHIFT_OF_ITS_DAY,
    "peer-0057": SHIFT_OF_ITS_DAY,
    "peer-0063": SHIFT_OF_ITS_DAY,
}

PAGE = REPOSITORY / "docs" / "design" / "sla.md"
SECTION = "### Where others decide otherwise"


class Compared(NamedTuple):
    """One expectation: what this engine gives, and what the source wants."""

    case: str
    got: Any
    want: Any


def cases(name: str) -> list[dict[str, Any]]:
    """The cases of a file; without it the test is skipped."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _windows(spans: list[list[str]]) -> tuple[Window, ...]:
    return tuple(window(f"{opens}-{closes}") for opens, closes in spans)


def _range(of: dict[str, Any]) -> DateKey:
    begin, end = of["begin"], of["end"]
    return DateKey(f"{begin[5:]}..{end[5:]}" if of["perpetual"] else f"{begin}..{end}")


@cache
def _working(text: str) -> WorkingTime:
    calendar = json.loads(text)
    closed = (*calendar.get("holidays", ()), *calendar.get("yearly_holidays", ()))
    keys = (*map(DateKey, closed), *map(_range, calendar.get("holiday_ranges", ())))
    special = {
        DateKey(day): SpecialHours(hours=_windows(hours))
        for day, hours in calendar.get("date_hours", {}).items()
    }
    breaks = {
        DateKey(day): _windows(hours) for day, hours in calendar.get("date_breaks", {}).items()
    }
    return WorkingTime(
        Calendar(
            zone=Zone(calendar["tz"]),
            hours=Week(**{day: _windows(hours) for day, hours in calendar["weekly"].items()}),
            holidays=dict.fromkeys(keys, "closed"),
            special_hours=special,
            breaks=breaks,
        )
    )


class Question(NamedTuple):
    """A case with its calendar read."""

    case: dict[str, Any]
    time: WorkingTime

    def at(self, text: str) -> int:
        """An instant in seconds; without an offset it is local to the calendar."""
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(self.case["calendar"]["tz"]))
        return int(moment.timestamp())

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.at(self.case["start"])

    def instant(self, got: int, want: str) -> Compared:
        """An expected instant."""
        return Compared(self.case["id"], got, self.at(want))

    def plain(self, got: object, want: object) -> Compared:
        """An expected figure."""
        return Compared(self.case["id"], got, want)


def question(case: dict[str, Any]) -> Question:
    """The case, ready to be asked."""
    return Question(case, _working(json.dumps(case["calendar"], sort_keys=True)))


def _due(ask: Question) -> list[Compared]:
    seconds = int(ask.case["duration_s"])
    if ask.case.get("direction") == "before":
        seconds = -abs(seconds)
    past = ask.time.before(ask.start, -seconds)
    got = past if seconds < 0 else ask.time.after(ask.start, seconds)
    return [ask.instant(got, ask.case["expected"]["due"])]


def _due_invalid(ask: Question) -> list[Compared]:
    [(unit, number)] = ask.case["duration"].items()
    try:
        AmountType().convert(f"{number} {unit}", None, None)
    except click.BadParameter:
        return [ask.plain(True, ask.case["expected"]["error"])]
    return [ask.plain(False, ask.case["expected"]["error"])]


def _add_business_days(ask: Question) -> list[Compared]:
    got = ask.time.business_days(ask.start, ask.case["days"])
    return [ask.instant(got, ask.case["expected"]["due"])]


def _is_holiday(ask: Question) -> list[Compared]:
    day = date.fromisoformat(ask.case["date"]).toordinal()
    return [ask.plain(bool(ask.time.plan(day).holiday), ask.case["expected"]["holiday"])]


def _open_windows(ask: Question) -> list[Compared]:
    """The first windows after the origin, or the last before it, newest first."""
    origin, want = ask.at(ask.case["origin"]), ask.case["expected"]["windows"]
    ends = [ask.at(end) for pair in want for end in pair]
    week = 7 * 24 * 3600
    parts = ask.time.parts(min(*ends, origin) - week, max(*ends, origin) + week)
    if ask.case["op"] == "open_windows_after":
        parts = ask.time.parts(origin, max(ends) + week)
        found = [part for part in parts if part.kind == "working"]
    else:
        parts = ask.time.parts(min(ends) - week, origin)
        found = [part for part in parts if part.kind == "working"][::-1]
    got = [(part.start, part.end) for part in found[: len(want)]]
    return [ask.plain(got, [(ask.at(begin), ask.at(end)) for begin, end in want])]


def _next_day_start(ask: Question) -> list[Compared]:
    """The next opening; in working time, the one after that."""
    parts = ask.time.parts(ask.start, ask.start + 60 * 24 * 3600)
    opens = (part.start for part in parts if part.kind == "working" and part.start > ask.start)
    return [ask.instant(next(opens), ask.case["expected"]["next"])]


def _elapsed(ask: Question) -> list[Compared]:
    start, end, expected = ask.start, ask.at(ask.case["end"]), ask.case["expected"]
    if "abs_seconds" in expected:
        got = ask.time.between(min(start, end), max(start, end))
        return [ask.plain(got, expected["abs_seconds"])]
    return [ask.plain(ask.time.between(start, end), expected["seconds"])]


def _is_open(ask: Question) -> list[Compared]:
    at = ask.at(ask.case["at"])
    return [ask.plain(ask.time.between(at, at + 1) == 1, ask.case["expected"]["open"])]


def _next_open(ask: Question) -> list[Compared]:
    return [ask.instant(ask.time.after(ask.start, 1) - 1, ask.case["expected"]["next"])]


def _stamp(at: int) -> tuple[str, datetime, str, datetime | None]:
    return Stamp(at=datetime.fromtimestamp(at, timezone.utc), by="ben").mark()


def _opened(ask: Question) -> Opened:
    return Opened(*_stamp(ask.start), summary="x", queue="service-desk", priority="P3")


def _story(ask: Question) -> tuple[AnyEvent, ...]:
    """The events of a ticket whose states the source names: pending waits, closed resolves."""
    events: list[AnyEvent] = [_opened(ask)]
    for event in ask.case["events"]:
        at = ask.at(event["at"])
        if at < ask.start:
            continue
        if event["to"].startswith("pending"):
            events.append(Waited(*_stamp(at), waiting_for="user"))
        elif event["to"] == "closed" and at > ask.start:
            events.append(Resolved(*_stamp(at), code="solved"))
    return tuple(events)


def _due_with_pauses(ask: Question) -> list[Compared]:
    run, now = resolution_run(_story(ask)), ask.start + 3600
    got = reaches(run, ask.time, ask.case["duration_s"], now)
    return [ask.instant(got, ask.case["expected"]["due"])]


def _elapsed_with_pauses(ask: Question) -> list[Compared]:
    ran = elapsed(resolution_run(_story(ask)), ask.time, ask.at(ask.case["end"]))
    return [ask.plain(ran // 60, ask.case["expected"]["minutes"])]


def _sla_timeline(ask: Question) -> list[Compared]:
    case = ask.case
    events: list[AnyEvent] = [_opened(ask)]
    for pause in case["pauses"]:
        events.append(Waited(*_stamp(ask.at(pause["from"])), waiting_for="user"))
        events.append(Resumed(*_stamp(ask.at(pause["to"]))))
    run_of = response_run if case["sla_type"] == "response" else resolution_run
    run, target = run_of(events), _target(ask)
    later = ask.at(case["expected"]["due"]) + timedelta(days=1) // timedelta(seconds=1)
    paused = ask.time.between(ask.start, later) - elapsed(run, ask.time, later)
    return [
        ask.instant(reaches(run, ask.time, target, later), case["expected"]["due"]),
        ask.plain(paused, case["expected"]["paused_business_seconds"]),
    ]


def _target(ask: Question) -> int:
    """A target in seconds of working time; of days it is what lies before their end."""
    target = ask.case["target"]
    if "days" not in target:
        return int(target["minutes"]) * 60
    due = ask.time.business_days(ask.start, target["days"])
    if ask.case["end_of_working_day"]:
        zone = ZoneInfo(ask.case["calendar"]["tz"])
        ends = ask.time.day(datetime.fromtimestamp(due, zone).toordinal())
        due = ends[1] if ends else due
    return ask.time.between(ask.start, due)


def _told(ask: Question) -> list[AnyEvent]:
    """The events of a ticket in the source's words, in the order in which they happened."""
    events: list[tuple[int, AnyEvent]] = []
    for event in ask.case.get("events", ()):
        at, word = ask.at(event["at"]), event.get("to", event["ev"])
        mark = _stamp(at)
        if word in ("first_response", "agent_contact", "agent_article"):
            events.append((at, Noted(*mark, text="x", visible=True)))
        elif word.startswith("pending"):
            events.append((at, Waited(*mark, waiting_for="user")))
        elif word == "open":
            events.append((at, Resumed(*mark)))
        elif word in ("close", "closed"):
            events.append((at, Resolved(*mark, code="solved")))
    return [_opened(ask), *(event for _, event in sorted(events, key=lambda pair: pair[0]))]


def _ticket_sla(ask: Question) -> list[Compared]:
    """Due times and minutes used; what is over or waits has no due time in the source."""
    case, expected = ask.case, ask.case["expected"]
    minutes = {name: value for name, value in (case.get("targets_min") or {}).items() if value}
    seconds = {name: value * 60 for name, value in minutes.items()} | (case.get("targets_s") or {})
    events = _told(ask)
    later = max(ask.start, *(int(event.at.timestamp()) for event in events)) + 3600
    first, last = response_run(events), resolution_run(events)
    found = []
    for name, target, run in (
        ("first_response", "first_response", first),
        ("response", "response", first),
        ("solution", "close", last),
        ("resolution", "resolution", last),
    ):
        if name in seconds and expected.get(f"{target}_due"):
            due = reaches(run, ask.time, seconds[name], later)
            found.append(ask.instant(due, expected[f"{target}_due"]))
    for name, run in (("first_response", first), ("close", last)):
        used = expected.get(f"{name}_in_min")
        if used is not None:
            found.append(ask.plain(elapsed(run, ask.time, later) // 60, used))
    return found or [ask.plain(first.stopped, not expected["first_response_due"])]


_ASKED = {
    "due": _due,
    "elapsed": _elapsed,
    "is_open": _is_open,
    "next_open": _next_open,
    "due_with_pauses": _due_with_pauses,
    "elapsed_with_pauses": _elapsed_with_pauses,
    "sla_timeline": _sla_timeline,
    "ticket_sla": _ticket_sla,
    "due_invalid": _due_invalid,
    "add_business_days": _add_business_days,
    "is_holiday": _is_holiday,
    "open_windows_after": _open_windows,
    "open_windows_before": _open_windows,
    "next_day_start": _next_day_start,
}


def compared(name: str) -> list[Compared]:
    """Every expectation of a file."""
    return [found for case in cases(name) for found in _ASKED[case["op"]](question(case))]


@pytest.mark.parametrize(
    ("name", "prefix", "at_least"),
    [("vectors.jsonl", "sla-", 256), ("peer-computed.jsonl", "peer-", 160)],
)
def test_others_expect_the_same(name: str, prefix: str, at_least: int) -> None:
    """Each expectation holds, but for those that are listed with their reason."""
    found = compared(name)
    known = {case for case in DECIDED if case.startswith(prefix)}
    other = {each.case: each for each in found if each.got != each.want}
    assert [other[case] for case in sorted(other) if case not in known] == []
    assert known <= set(other), f"agrees by now: {sorted(known - set(other))}"
    assert len(found) >= at_least, f"only {len(found)} compared"


def test_every_case_is_compared() -> None:
    """No case is passed over in silence."""
    everything = {case["id"] for case in cases("vectors.jsonl")}
    assert {each.case for each in compared("vectors.jsonl")} == everything


def test_the_page_tells_the_same_list() -> None:
    """Each case in which this engine decides otherwise is on the page, and no other one is."""
    section = PAGE.read_text(encoding="utf-8").split(SECTION, 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"\b(?:sla|peer)-\d{4}\b", section)) == set(DECIDED)
