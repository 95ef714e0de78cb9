"""What others expect of business-time arithmetic, where their expectations are at hand.

The folder lies outside the project. Every expectation that this engine can express is compared;
what it cannot express is counted by reason, and where it decides otherwise on purpose the case
is listed below with the reason. A listed case that comes to agree fails the test, too.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from sdcli.policy.calendars import Calendar, Week
from sdcli.policy.decode import window
from sdcli.policy.scalars import DateKey, Zone
from sdcli.sla.calendar import WorkingTime
from sdcli.sla.runs import elapsed, reaches, resolution_run, response_run
from sdcli.tickets.event import AnyEvent, Opened, Resolved, Resumed, Stamp, Waited
from tests.conftest import CASES

FOLDER = CASES / "sla"
YEARS_ON = 15

AT_ONCE = "nothing to wait for is over at once here, not at the next or the previous opening"
WALL_CLOCK = "the source counts 24 hours in a day that had 25"
SHIFT_OF_ITS_DAY = (
    "a shift belongs to the day it begins on, holiday or not; the source closes every hour of the "
    "holiday's own date and no other"
)

# Where this engine decides otherwise, on purpose.
DECIDED: dict[str, str] = {
    "sla-0347": AT_ONCE,
    "sla-0485": AT_ONCE,
    "sla-0474": WALL_CLOCK,
    "peer-0003": SHIFT_OF_ITS_DAY,
    "peer-0018": SHIFT_OF_ITS_DAY,
    "peer-0042": SHIFT_OF_ITS_DAY,
    "peer-0057": SHIFT_OF_ITS_DAY,
    "peer-0063": SHIFT_OF_ITS_DAY,
}

OPS = {
    "due",
    "elapsed",
    "is_open",
    "next_open",
    "due_with_pauses",
    "elapsed_with_pauses",
    "sla_timeline",
    "ticket_sla",
}
FEATURES = ("date_hours", "date_breaks", "holiday_ranges")


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


def not_expressible(case: dict[str, Any]) -> str:
    """Why this engine cannot be asked, or nothing."""
    calendar, tags = case["calendar"], case.get("tags", ())
    before = case.get("direction") == "before" or "subtracting" in case.get("name", "")
    reasons = {
        f"op {case['op']}": case["op"] not in OPS,
        "backward": "backward" in tags or before,
        **{feature: bool(calendar.get(feature)) for feature in FEATURES},
        "no working time": not any(calendar["weekly"].values()),
        "targets in days": "days" in case.get("target", ()),
        "steps of the source's own model": case["op"] == "ticket_sla" and _moves(case),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _moves(case: dict[str, Any]) -> bool:
    return any(event["ev"] != "customer_article" for event in case.get("events", ()))


@cache
def _working(text: str, year: int) -> WorkingTime:
    calendar = json.loads(text)
    days = [DateKey(day) for day in calendar.get("holidays", ())]
    for day in calendar.get("yearly_holidays", ()):
        days += [DateKey(f"{each}-{day}") for each in range(year - 1, year + YEARS_ON)]
    weekly = calendar["weekly"].items()
    week = Week(
        **{day: tuple(window(f"{opens}-{closes}") for opens, closes in of) for day, of in weekly}
    )
    holidays = dict.fromkeys(days, "closed")
    return WorkingTime(Calendar(zone=Zone(calendar["tz"]), hours=week, holidays=holidays))


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
    year = int((case.get("start") or case["at"])[:4])
    return Question(case, _working(json.dumps(case["calendar"], sort_keys=True), year))


def _due(ask: Question) -> list[Compared]:
    got = ask.time.after(ask.start, ask.case["duration_s"])
    return [ask.instant(got, ask.case["expected"]["due"])]


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
    run, target = run_of(events), case["target"]["minutes"] * 60
    later = ask.at(case["expected"]["due"]) + timedelta(days=1) // timedelta(seconds=1)
    paused = ask.time.between(ask.start, later) - elapsed(run, ask.time, later)
    return [
        ask.instant(reaches(run, ask.time, target, later), case["expected"]["due"]),
        ask.plain(paused, case["expected"]["paused_business_seconds"]),
    ]


def _ticket_sla(ask: Question) -> list[Compared]:
    """Due times of a ticket on which nothing has happened yet."""
    case, expected = ask.case, ask.case["expected"]
    seconds = dict(case.get("targets_s") or {})
    for name, target in (("first_response", "first_response"), ("solution", "close")):
        if (case.get("targets_min") or {}).get(name):
            seconds[target] = case["targets_min"][name] * 60
    return [
        ask.instant(ask.time.after(ask.start, wait), expected[f"{target}_due"])
        for target, wait in seconds.items()
    ]


_ASKED = {
    "due": _due,
    "elapsed": _elapsed,
    "is_open": _is_open,
    "next_open": _next_open,
    "due_with_pauses": _due_with_pauses,
    "elapsed_with_pauses": _elapsed_with_pauses,
    "sla_timeline": _sla_timeline,
    "ticket_sla": _ticket_sla,
}


def compared(name: str) -> tuple[list[Compared], Counter[str]]:
    """Every expectation of a file that can be compared, and why the others cannot."""
    found: list[Compared] = []
    skipped: Counter[str] = Counter()
    for case in cases(name):
        reason = not_expressible(case)
        if reason:
            skipped[reason] += 1
        else:
            found += _ASKED[case["op"]](question(case))
    return found, skipped


@pytest.mark.parametrize(
    ("name", "prefix", "at_least", "at_most_skipped"),
    [("vectors.jsonl", "sla-", 180, 85), ("peer-computed.jsonl", "peer-", 160, 0)],
)
def test_others_expect_the_same(
    name: str, prefix: str, at_least: int, at_most_skipped: int
) -> None:
    """Each expectation that can be expressed holds, but for those listed with their reason."""
    found, skipped = compared(name)
    known = {case for case in DECIDED if case.startswith(prefix)}
    other = {each.case: each for each in found if each.got != each.want}
    assert [other[case] for case in sorted(other) if case not in known] == []
    assert known <= set(other), f"agrees by now: {sorted(known - set(other))}"
    assert len(found) >= at_least, f"only {len(found)} compared; left out: {dict(skipped)}"
    assert skipped.total() <= at_most_skipped, f"left out: {dict(skipped)}"


def test_every_case_has_a_reader_or_a_reason() -> None:
    """No case is passed over in silence: compared and left out make up the file."""
    everything = cases("vectors.jsonl")
    found, skipped = compared("vectors.jsonl")
    assert len({each.case for each in found}) + skipped.total() == len(everything)
    assert set(_ASKED) == OPS
