"""Due dates in working time: beside a package for it, and beside loops over the days.

All of them reckon with the same hours and the same holidays, and must give the same answers. Warm is
a calendar that has been asked before, as in a check over many tickets; cold is the first question
of all, with the calendar built for it. `make bench` runs this in the environment of the installed
wheel; it prints Markdown and writes it into docs/benchmarks.md between two marks.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from measure import Row, Target, facts, stopwatch, table
from msgspec.structs import replace

from sdcli.policy.calendars import Calendar, PublicHolidays, Week, Window
from sdcli.policy.public_holidays import YEARS, of_year
from sdcli.sla.calendar import WorkingTime
from sdcli.sla.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- what was measured of calendars -->", "<!-- end of calendars -->"
ZONE = "Europe/London"
OPENS, CLOSES = 8, 18
HOUR = 3600
YEAR_H = 2400
"""Hours of working time that take about a year."""
ROUNDS = 15
ENGLAND = PublicHolidays(country="GB", subdivision="ENG")
DAYS = ("mon", "tue", "wed", "thu", "fri")
PACKAGE = "businesstimedelta"
LOOP = "a loop over the days"


def calendar() -> Calendar:
    """The calendar as a desk's policy has it: the holidays looked up beforehand."""
    known = replace(ENGLAND, known={year: of_year(ENGLAND, year) for year in YEARS}, until=2101)
    hours = Week(**dict.fromkeys(DAYS, (Window(OPENS * HOUR, CLOSES * HOUR),)))
    return Calendar(zone=ZONE, hours=hours, public_holidays=(known,))  # type: ignore[arg-type]


class Walking:
    """A plain loop over the days, with the standard library."""

    def __init__(self, closed: frozenset[date]) -> None:
        self._closed, self._zone = closed, ZoneInfo(ZONE)

    def after(self, start: int, seconds: int) -> int:
        """When so much working time has passed."""
        day, left = datetime.fromtimestamp(start, self._zone).date(), seconds
        while True:
            if day.weekday() < len(DAYS) and day not in self._closed:
                opens = datetime.combine(day, time(OPENS), self._zone).timestamp()
                closes = datetime.combine(day, time(CLOSES), self._zone).timestamp()
                begin = max(opens, start)
                if closes - begin >= left:
                    return int(begin + left)
                left -= max(0, closes - begin)
            day += timedelta(days=1)


class WalkingByTheRules:
    """The same loop, with the rules of the engine for local times that are doubtful or missing."""

    def __init__(self, closed: frozenset[date]) -> None:
        self._closed, self._wall = frozenset(day.toordinal() for day in closed), Wall(ZONE)

    def after(self, start: int, seconds: int) -> int:
        """When so much working time has passed."""
        day, left = self._wall.day(start), seconds
        while True:
            if (day - 1) % 7 < len(DAYS) and day not in self._closed and self._wall.has(day):
                opens = self._wall.begin(day, OPENS * HOUR)
                closes = self._wall.end(day, CLOSES * HOUR)
                begin = max(opens, start)
                if closes - begin >= left:
                    return begin + left
                left -= max(0, closes - begin)
            day += 1


class Package:
    """The package `businesstimedelta`, with its rules for working days and holidays."""

    def __init__(self, closed: frozenset[date]) -> None:
        import businesstimedelta as package  # noqa: PLC0415 - may be absent
        import pytz  # noqa: PLC0415

        zone = pytz.timezone(ZONE)
        days = package.WorkDayRule(time(OPENS), time(CLOSES), [0, 1, 2, 3, 4], tz=zone)
        self._package = package
        self._rules = package.Rules([days, package.HolidayRule(closed, tz=zone)])

    def after(self, start: int, seconds: int) -> int:
        """When so much working time has passed."""
        wait = self._package.BusinessTimeDelta(self._rules, seconds=seconds)
        over = datetime.fromtimestamp(start, timezone.utc) + wait
        return int(over.timestamp())


def questions(count: int) -> list[tuple[int, int]]:
    """Starts in a year and times to wait, from an hour to about a year."""
    chance = random.Random(11)  # noqa: S311 - the same questions each time
    begin = int(datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp())
    spread = [
        (chance.randrange(365 * 24 * HOUR), chance.randrange(1, YEAR_H)) for _ in range(count)
    ]
    return [(begin + at, hours * HOUR) for at, hours in spread]


def measured() -> Iterator[Row]:
    """The rows: cold, then warm, each beside the others in turn."""
    ours = calendar()
    closed = frozenset(
        date.fromisoformat(day) for year in YEARS for day in ours.public_holidays[0].known[year]
    )
    makers: dict[str, Callable[[], Any]] = {
        "sdcli": lambda: WorkingTime(ours),
        LOOP: lambda: WalkingByTheRules(closed),
        "a plain loop, without the rules for doubtful times": lambda: Walking(closed),
    }
    try:
        Package(closed)
    except ImportError:
        yield Row(f"`{PACKAGE}`", None)
    else:
        makers[f"`{PACKAGE}`"] = lambda: Package(closed)
    begin = int(datetime(2026, 1, 5, 9, tzinfo=timezone.utc).timestamp())
    a_year = (begin, YEAR_H * HOUR)
    _require_agreement(makers)
    cold = _in_turn(
        {name: lambda make=make: make().after(*a_year) for name, make in makers.items()}
    )
    yield from _rows("a year, cold", cold)
    ready = {name: make() for name, make in makers.items()}
    for each in ready.values():
        each.after(*a_year)
    warm = _in_turn({name: lambda each=each: each.after(*a_year) for name, each in ready.items()})
    yield from _rows("a year, warm", warm)


def _require_agreement(makers: dict[str, Callable[[], Any]]) -> None:
    """Stop if they do not give the same answers: then their times could not be compared."""
    made = {name: make() for name, make in makers.items()}
    for start, seconds in questions(40):
        found = {name: each.after(start, seconds) for name, each in made.items()}
        if len(set(found.values())) > 1:
            raise RuntimeError(f"from {start} for {seconds}: {found}")


def _in_turn(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median seconds of each action, all of them in turn, so that noise hits them alike."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(ROUNDS):
        for name, action in actions.items():
            taken[name].append(stopwatch(action))
    return {name: statistics.median(times) for name, times in taken.items()}


def _rows(what: str, taken: dict[str, float]) -> Iterator[Row]:
    floor = taken["sdcli"]
    for name, seconds in taken.items():
        limit = {LOOP: 5, f"`{PACKAGE}`": 20}.get(name)
        target = Target(limit, at_least=True) if limit else None
        yield Row(f"{what}: {name}", seconds * 1e6, "µs", seconds / floor, target)


def main() -> None:
    """Measure everything and write the page."""
    try:
        from importlib.metadata import version  # noqa: PLC0415

        found: str | None = version(PACKAGE)
    except ModuleNotFoundError:
        found = None
    about = facts(Path(tempfile.gettempdir()), {PACKAGE: found})
    said = f"{about}\n\n{table(measured())}"
    print(said)
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{said}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
