"""Working time: how much of it lies between two instants, and when some of it has passed.

Instants are whole seconds of UTC since 1970. Days are built by local date, and each end of a
working window is turned into UTC on its own, so a day with a change of clocks is 23 or 25 hours
long as it really is (T3). A local time that does not exist counts as the same distance after
the gap, and a date that does not exist has no hours. Of a stretch that exists twice a window
takes in both passes: it starts at the first, and ends after the second if the last moment
before its end exists twice. Windows that come to overlap so count once. An overnight shift
belongs to the day it begins on, holiday or not; a break is taken out of the time of its own date,
whichever shift that belongs to. The time zone of the process is never read or set.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date
from itertools import accumulate, islice
from operator import ge, sub
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sdcli.errors import NoWorkingTimeError
from sdcli.sla.days import DayPlan, Days, Spans, merged, without
from sdcli.sla.wall import DAY_S, EPOCH, Wall, local, utc_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sdcli.policy.calendars import Calendar, Window

__all__ = ["Kind", "Part", "WorkingTime", "local"]

Ends: TypeAlias = "tuple[list[int], list[int]]"
"""Stretches in order: when each begins, and when each ends."""

Kind: TypeAlias = Literal["working", "closed", "holiday"]

_WEEK_S = 7 * DAY_S
_AHEAD_S = 14 * DAY_S  # so much is summed up at least
_LONGEST_YEARS = 12  # 29 February can be eight years away
_LONGEST_S = _LONGEST_YEARS * 366 * DAY_S
_FIRST_DAY, _LAST_DAY = date(1800, 1, 1).toordinal(), date(9900, 1, 1).toordinal()
_FIRST_S, _LAST_S = (_FIRST_DAY - EPOCH) * DAY_S, (_LAST_DAY - EPOCH) * DAY_S


class Part(NamedTuple):
    """A stretch of time of one kind, in seconds of UTC; `name` is that of the holiday, if any."""

    start: int
    end: int
    kind: Kind
    name: str = ""


class WorkingTime:
    """The working time of one calendar, whose name is said where it has none."""

    def __init__(self, calendar: Calendar, name: str = "") -> None:
        self._name = name
        self._calendar = calendar
        self._wall = Wall(calendar.zone)
        self._days = Days(calendar)
        # The windows from the first to the last known instant: when each opens, and the seconds
        # of working time before it. Nothing is known at first.
        self._first, self._last = 1, 0
        self._opens: list[int] = []
        self._worked: list[int] = []

    def between(self, start: int, end: int) -> int:
        """Seconds of working time in `start <= t < end`; none if the end is not later."""
        if end <= start:
            return 0
        if start < self._first or end > self._last:
            self._learn(start, end)
        return self._until(end) - self._until(start)

    def after(self, start: int, seconds: int) -> int:
        """The first instant at which `seconds` of working time have passed since `start`.

        Time that runs out exactly at closing time is over at closing time. Nothing to wait for
        is over at once.

        Raises:
            NoWorkingTimeError: there is not so much.
        """
        if seconds <= 0:
            return start
        if start < self._first or start > self._last:
            self._learn(start, min(start + self._stretch_of(seconds), _LAST_S))
        while (wanted := self._until(start) + seconds) > self._worked[-1]:
            closed = max(self._close(len(self._opens) - 1), start)
            if self._last - closed > _LONGEST_S or self._last >= _LAST_S:
                raise NoWorkingTimeError(
                    self._name, self._calendar.zone, _day_text(closed), "after"
                )
            self._learn(self._first, min(self._last + self._stretch_of(seconds), _LAST_S))
        index = bisect_left(self._worked, wanted) - 1
        return self._opens[index] + wanted - self._worked[index]

    def before(self, start: int, seconds: int) -> int:
        """The last instant from which `seconds` of working time pass until `start`.

        Time that reaches back exactly to an opening begins with it. Nothing to go back is `start`.

        Raises:
            NoWorkingTimeError: there is not so much.
        """
        if seconds <= 0:
            return start
        if start < self._first or start > self._last:
            self._learn(max(start - self._stretch_of(seconds), _FIRST_S), start)
        while (wanted := self._until(start) - seconds) < 0:
            opened = min(self._opens[1] if len(self._opens) > 1 else start, start)
            if opened - self._first > _LONGEST_S or self._first <= _FIRST_S:
                raise NoWorkingTimeError(
                    self._name, self._calendar.zone, _day_text(opened), "before"
                )
            self._learn(max(self._first - self._stretch_of(seconds), _FIRST_S), self._last)
        index = bisect_right(self._worked, wanted) - 1
        return self._opens[index] + wanted - self._worked[index]

    def business_days(self, start: int, days: int) -> int:
        """The instant so many working days after `start`, at the same local time of day.

        A working day is a date on which working hours begin that are not all taken by breaks. A
        start outside working time counts from the next opening. Where the other day is not open
        at that time it is the nearest moment that is: its opening, if it opens later, else the
        closing before. Days before the start, from the closing before it, if `days` is negative.
        As a target in working time, `days` stand for what lies between the two (T7).

        Raises:
            NoWorkingTimeError: there are not so many.
        """
        if not days:
            return start
        at = self._open_at(start, ahead=days > 0)
        within = at if self.between(at, at + 1) else at - 1
        day, step, left = self._working_day_of(within), 1 if days > 0 else -1, abs(days)
        clock = self._wall.shows(at)
        time_of_day = (clock.toordinal() - day) * DAY_S
        time_of_day += clock.hour * 3600 + clock.minute * 60 + clock.second
        found, passed = day, 0
        while left:
            found, passed = found + step, passed + 1
            if self._windows_of(found):
                left, passed = left - 1, 0
            elif passed * DAY_S > _LONGEST_S or not _FIRST_DAY < found < _LAST_DAY:
                where = "after" if step > 0 else "before"
                day_text = date.fromordinal(found - step * passed).isoformat()
                raise NoWorkingTimeError(self._name, self._calendar.zone, day_text, where)
        return self._nearest(found, self._wall.begin(found, time_of_day))

    def parts(self, start: int, end: int) -> Iterator[Part]:
        """The time from `start` to `end` in stretches of one kind, each as long as it can be.

        They follow one another without gap or overlap, and the working ones add up to `between`.
        What is closed on the date of a holiday, and what of its hours would have run into the
        next, is `holiday`.
        """
        waiting: Part | None = None
        for part in self._parts(start, end):
            if waiting and (waiting.kind, waiting.name) == (part.kind, part.name):
                waiting = waiting._replace(end=part.end)
                continue
            if waiting:
                yield waiting
            waiting = part
        if waiting:
            yield waiting

    def plan(self, day: int) -> DayPlan:
        """What holds on a local date, an ordinal."""
        return self._days.plan(day)

    def day(self, day: int) -> tuple[int, int] | None:
        """When a local date begins and ends, in seconds of UTC; None where there is no such date."""
        if not self._wall.has(day):
            return None
        return self._wall.begin(day, 0), self._wall.end(day, DAY_S)

    @property
    def known_until(self) -> int | None:
        """The instant until which the holidays are known; None if they are known for good.

        Public holidays are known as long as the library knows them, a list of dates until the end
        of the last year that it names.
        """
        calendar = self._calendar
        if calendar.public_holidays:
            year = min(entry.until for entry in calendar.public_holidays)
        else:
            year = self._days.last_year + 1 if self._days.last_year else 0
        return self._wall.begin(date(year, 1, 1).toordinal(), 0) if year else None

    def _until(self, at: int) -> int:
        """Seconds of working time from the first known instant until another one."""
        index = bisect_right(self._opens, at)
        running, closed = self._worked[index - 1] + at - self._opens[index - 1], self._worked[index]
        return running if running < closed else closed  # noqa: FURB136 - a call costs as much again

    def _close(self, index: int) -> int:
        """When a known window closes."""
        return self._opens[index] + self._worked[index + 1] - self._worked[index]

    def _stretch_of(self, seconds: int) -> int:
        """About how long so much working time takes."""
        weekly = sum(closes - opens for opens, closes in self._days.pattern) or DAY_S
        return min(seconds * _WEEK_S // weekly * 17 // 16, _LAST_S) + _AHEAD_S

    def _learn(self, start: int, end: int) -> None:
        """Sum up the windows from `start` to `end`, in one stretch with those known before.

        A stretch that is known grows by its own length at least: tickets that come in the order
        of their age, newest first, would have it summed up anew for each of them.
        """
        if self._opens:
            length = self._last - self._first
            start = self._first if start >= self._first else min(start, self._first - length)
            end = self._last if end <= self._last else max(end, self._last + length)
            start, end = max(start, min(_FIRST_S, self._first)), min(end, max(_LAST_S, self._last))
        opens, closes = self._open(start, end)
        self._opens = [start, *opens]  # so that one opens before every instant
        self._worked = list(accumulate(map(sub, closes, opens), initial=0))
        self._worked.insert(0, 0)
        self._first, self._last = start, end

    def _open(self, start: int, end: int) -> Ends:
        """The stretches of working time from `start` to `end`, in order and without overlap."""
        # A night shift may have begun the day before, and a date may be missing.
        first, last = utc_day(start) - 3, utc_day(end) + 2
        first -= (first - 1) % 7
        plans = self._days.between(first, last)
        opens, closes = self._laid_out(first, last, plans)
        if any(map(ge, closes, islice(opens, 1, None))):
            opens, closes = _ends(merged(zip(opens, closes, strict=True)))
        breaks = self._breaks(plans)
        if breaks:
            opens, closes = _ends(without(zip(opens, closes, strict=True), breaks))
        here = slice(bisect_right(closes, start), bisect_left(opens, end))
        opens, closes = opens[here], closes[here]
        if opens:
            opens[0], closes[-1] = max(opens[0], start), min(closes[-1], end)
        return opens, closes

    def _laid_out(self, first: int, last: int, plans: Mapping[int, DayPlan]) -> Ends:
        """The working windows that begin in the weeks from the first to the last day.

        Most weeks are as the other weeks are, and are laid out by addition alone.
        """
        opens: list[int] = []
        closes: list[int] = []
        begin, end = (first - 4 - EPOCH) * DAY_S, (last + 14 - EPOCH) * DAY_S
        steady = self._wall.steady(begin, end)
        busy = {(day - 1) // 7 for day in plans}
        alike: list[int] = []
        for monday in range(first, last + 1, 7):
            offset = steady.offset(monday, monday + 6)
            if offset is not None and (monday - 1) // 7 not in busy:
                alike.append((monday - EPOCH) * DAY_S - offset)
                continue
            self._lay_out(alike, opens, closes)
            alike = []
            for day in range(monday, monday + 7):
                plan = plans.get(day) or self._days.usual(day)
                of_day = steady.offset(day, day) if offset is None else offset
                for begins, ends in self._spans_of(day, plan, of_day):
                    opens.append(begins)
                    closes.append(ends)
        self._lay_out(alike, opens, closes)
        return opens, closes

    def _lay_out(self, mondays: list[int], opens: list[int], closes: list[int]) -> None:
        """Add the usual windows of some weeks, which begin at these instants."""
        pattern = self._days.pattern
        opens += [monday + begin for monday in mondays for begin, _ in pattern]
        closes += [monday + end for monday in mondays for _, end in pattern]

    def _spans_of(self, day: int, plan: DayPlan, offset: int | None) -> Spans:
        """The windows that begin on a local date; `offset`: how far the clock is ahead, if known."""
        windows = plan.windows
        if not windows:
            return []
        if offset is not None:
            base = (day - EPOCH) * DAY_S - offset
            return [(base + each.opens, base + each.closes) for each in windows]
        spans = (self._span(day, window) for window in windows) if self._wall.has(day) else ()
        return [span for span in spans if span[0] < span[1]]

    def _span(self, day: int, window: Window) -> tuple[int, int]:
        return self._wall.begin(day, window.opens), self._wall.end(day, window.closes)

    def _windows_of(self, day: int) -> Spans:
        """The stretches of working time that begin on a local date, without its breaks."""
        spans = merged(self._spans_of(day, self._days.plan(day), self._wall.steady_day(day)))
        if not spans:
            return []
        breaks = self._breaks({each: self._days.plan(each) for each in range(day - 1, day + 3)})
        return without(spans, breaks) if breaks else spans

    def _breaks(self, plans: Mapping[int, DayPlan]) -> Spans:
        """The breaks of some dates; one of which a gap of the clock leaves nothing is none."""
        spans = (
            self._span(day, window)
            for day, plan in plans.items()
            for window in plan.breaks
            if self._wall.has(day)
        )
        return merged(span for span in spans if span[0] < span[1])

    def _open_at(self, start: int, *, ahead: bool) -> int:
        """The instant itself if it is working time, else the next opening or closing before."""
        if self.between(start, start + 1):
            return start
        return self.after(start, 1) - 1 if ahead else self.before(start, 1) + 1

    def _working_day_of(self, at: int) -> int:
        """The local date on which the window began that an instant lies in."""
        day = self._wall.day(at)
        for each in (day, day - 1, day - 2):
            if any(opens <= at < closes for opens, closes in self._windows_of(each)):
                return each
        return day

    def _nearest(self, day: int, at: int) -> int:
        """The working moment of a local date that is nearest to an instant."""
        windows = self._windows_of(day)
        earlier = [min(at, closes) for opens, closes in windows if opens <= at]
        return earlier[-1] if earlier else windows[0][0]

    def _parts(self, start: int, end: int) -> Iterator[Part]:
        """The parts, of which neighbours may be of the same kind."""
        if end <= start:
            return
        if start < self._first or end > self._last:
            self._learn(start, end)
        reached = start
        for index in range(max(bisect_right(self._opens, start) - 1, 0), len(self._opens)):
            opens, closes = max(self._opens[index], start), min(self._close(index), end)
            if opens >= end:
                break
            if closes > opens:
                yield from self._shut(reached, opens)
                yield Part(opens, closes, "working")
                reached = closes
        yield from self._shut(reached, end)

    def _shut(self, start: int, end: int) -> Iterator[Part]:
        """The parts of a stretch without working time."""
        if end <= start:
            return
        for day in range(self._wall.day(start) - 2, self._wall.day(end) + 1):
            plan = self._days.plan(day)
            if plan.holiday and self._wall.has(day):
                begin = max(start, self._wall.begin(day, 0))
                over = min(end, self._wall.end(day, max(DAY_S, plan.lost)))
                if begin < over:
                    if begin > start:
                        yield Part(start, begin, "closed")
                    yield Part(begin, over, "holiday", plan.holiday)
                    start = over
        if start < end:
            yield Part(start, end, "closed")


def _ends(spans: Spans) -> Ends:
    return [begin for begin, _ in spans], [end for _, end in spans]


def _day_text(at: int) -> str:
    return date.fromordinal(utc_day(at)).isoformat()
