"""Why a clock stands as it does, and working time, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdcli.results.clocks import (
    CalendarBetween,
    CalendarDue,
    CalendarsChecked,
    CalendarShown,
    CalendarsListed,
    ClocksExplained,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdcli.render.as_text import Lines, Screen
    from sdcli.results import Result


def _calendar(result: Result, screen: Screen) -> Lines:
    from sdcli.render.as_text.calendar import text  # noqa: PLC0415 - only calendars pay for it

    return text(result, screen)


def _clocks_explained(result: ClocksExplained, screen: Screen) -> Lines:
    from sdcli.render.as_text.explain import text  # noqa: PLC0415 - one command alone needs it

    return text(result, screen)


SHAPES: dict[type, Callable[[Any, Screen], Lines]] = {
    ClocksExplained: _clocks_explained,
    CalendarDue: _calendar,
    CalendarBetween: _calendar,
    CalendarShown: _calendar,
    CalendarsListed: _calendar,
    CalendarsChecked: _calendar,
}
