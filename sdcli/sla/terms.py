"""What service levels grant to a ticket: its targets in working time, and what to pass on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct

from sdcli.policy.levels import said_by
from sdcli.sla.agreed import Agreed, CalendarWhy, agreed, calendar_of
from sdcli.sla.calendar import WorkingTime
from sdcli.tickets.words import BREACH

if TYPE_CHECKING:
    from sdcli.policy.agreements import OnReopen
    from sdcli.policy.levels import ServiceLevels
    from sdcli.policy.scalars import Amount
    from sdcli.sla.agreed import Cover
    from sdcli.sla.runs import Run, Target
    from sdcli.tickets.words import Priority


Face: TypeAlias = tuple[str, int, str, int, bool, str]
"""By which an alert is known from its record: target, percentage (none where a breach is foreseen),
what began the run, length, whether it is foreseen, and mark. It is as good as the id, unhashed."""


class Threshold(Struct, frozen=True):
    """A percentage of a target; `key` tells its alerts from others of the same ticket (T14).

    `needed_s` is the working time that makes the percentage. A clock that has run for `passed_s`
    has passed it: that is a second more for a breach, since the last second meets the target.
    `predicted`: it counts only while nobody is at it.
    """

    percent: int
    needed_s: int
    passed_s: int
    key: str
    face: Face
    predicted: bool = False


class Goal(Struct, frozen=True):
    """A target in seconds of working time, and what there is to pass on the way to it.

    The seconds of a target in business days depend on when the clock starts: see `for_run`.
    """

    target: Target
    amount: Amount
    warn_at: tuple[int, ...]
    usual_s: int = 0
    mark: str = ""
    target_s: int = 0
    thresholds: tuple[Threshold, ...] = ()

    def for_run(self, run: Run, time: WorkingTime) -> Goal:
        """The same in seconds, for one cycle."""
        if not run.began and self.target_s:
            return self
        return self.lasting(length(self.amount, run.start, time), run.began)

    def lasting(self, target_s: int, began: str = "") -> Goal:
        """The same with so many seconds, for a cycle that this event began."""
        what = Which(self.target, target_s, began, self.mark)
        found = [threshold_at(what, each) for each in (*self.warn_at, BREACH)]
        if 0 < self.usual_s < target_s:
            found.append(foreseen_at(what, target_s - self.usual_s + 1))
        return Goal(
            self.target,
            self.amount,
            self.warn_at,
            self.usual_s,
            self.mark,
            target_s,
            tuple(found),
        )


def length(amount: Amount, start: int, time: WorkingTime) -> int:
    """An amount in seconds of working time, for a clock that starts at an instant (T7).

    Business days of which special hours leave nothing are a second long: over at once.
    """
    if not amount.business_days:
        return amount.seconds
    return max(1, time.between(start, time.business_days(start, amount.business_days)))


class Which(NamedTuple):
    """A target of so many seconds, in the run that an event began; see `Threshold`."""

    target: str
    target_s: int
    began: str = ""
    mark: str = ""


def threshold_at(what: Which, percent: int) -> Threshold:
    """The threshold at a percentage of a target."""
    needed = -(-what.target_s * percent // 100)
    passed = needed + 1 if percent == BREACH else needed
    face = what.target, percent, what.began, what.target_s, False, what.mark
    return Threshold(percent, needed, passed, _key(what, str(percent)), face)


def foreseen_at(what: Which, needed: int) -> Threshold:
    """The threshold beyond which a breach is foreseen while nobody is at it."""
    face = what.target, 0, what.began, what.target_s, True, what.mark
    percent = needed * 100 // what.target_s
    return Threshold(percent, needed, needed, _key(what, "predicted"), face, predicted=True)


def _key(what: Which, threshold: str) -> str:
    mark = f"|{what.mark}" if what.mark else ""
    return f"{what.target}|{threshold}|{what.began or 1}|{what.target_s}{mark}"


class Terms(Struct, frozen=True):
    """What is granted to a ticket, by its agreement and priority.

    No threshold is passed before a clock has run for `soonest_s` seconds of working time.
    """

    goals: tuple[Goal, ...]
    time: WorkingTime
    soonest_s: int
    on_reopen: OnReopen


class Held(NamedTuple):
    """What holds for a ticket, and why."""

    agreed: Agreed
    calendar: str
    calendar_why: CalendarWhy


class Book:
    """Service levels with what follows from them, each worked out once.

    Args:
        levels: the service levels.
        times: working time by calendar, shared with other books.
    """

    def __init__(
        self,
        levels: ServiceLevels,
        times: dict[bytes, WorkingTime],
    ) -> None:
        self.levels = levels
        self.has_backing = bool(levels.operational_levels or levels.underpinning_contracts)
        self._times = times
        self._calendars: dict[str, WorkingTime] = {}
        self._terms: dict[tuple[str, str, Priority, str], Terms] = {}
        self._shared: dict[tuple[str, str, Priority], Terms] = {}
        self._is_plain = not (levels.coverage or levels.sites)

    def held(self, cover: Cover) -> Held:
        """The agreement and the calendar for a ticket so covered."""
        found = agreed(self.levels, cover)
        return Held(found, *calendar_of(self.levels, cover, found.agreement))

    def terms(self, cover: Cover) -> Terms:
        """What is granted to a ticket so covered; most share it with others."""
        if cover.support or cover.opening.agreement or not self._is_plain:
            return self.marked_terms(cover, "")
        key = cover.service, cover.component, cover.priority
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = self.marked_terms(cover, "")
        return found

    def marked_terms(self, cover: Cover, mark: str) -> Terms:
        """The same; `mark` tells its alerts from those under other service levels."""
        held = self.held(cover)
        key = held.agreed.name, held.calendar, cover.priority, mark
        found = self._terms.get(key)
        if found is None:
            found = self._terms[key] = self._granted(held, cover.priority, mark)
        return found

    def working_time(self, calendar: str) -> WorkingTime:
        """The working time of a calendar."""
        found = self._calendars.get(calendar)
        if found is None:
            says = said_by(self.levels.calendars[calendar])
            if says not in self._times:
                self._times[says] = WorkingTime(self.levels.calendars[calendar], calendar)
            found = self._calendars[calendar] = self._times[says]
        return found

    def _granted(self, held: Held, priority: Priority, mark: str) -> Terms:
        own = self.levels.granted(held.agreed.name, priority)
        amounts: tuple[tuple[Target, Amount | None, int], ...] = (
            ("response", own.response, 0),
            ("update", own.update, 0),
            ("resolution", own.resolution, own.usual or 0),
        )
        goals = tuple(
            _goal(target, amount, self.levels.warn_at, usual, mark)
            for target, amount, usual in amounts
            if amount
        )
        # How soon a target in business days may be passed is not known before the clock starts.
        timed = [[each.passed_s for each in goal.thresholds] or [0] for goal in goals]
        soonest_s = min(map(min, timed))
        on_reopen = held.agreed.agreement.on_reopen or self.levels.on_reopen
        return Terms(goals, self.working_time(held.calendar), soonest_s, on_reopen)


def _goal(target: Target, amount: Amount, warn_at: tuple[int, ...], usual: int, mark: str) -> Goal:
    goal = Goal(target, amount, warn_at, usual, mark)
    return goal if amount.business_days else goal.lasting(amount.seconds)
