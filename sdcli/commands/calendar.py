"""`sdcli calendar`: working time reckoned and looked over, apart from any ticket (R5b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdcli.params import CALENDAR, AmountType, CalendarWhenType, as_group, pass_desk
from sdcli.results.clocks import (
    CalendarBetween,
    CalendarDue,
    CalendarsChecked,
    CalendarShown,
    CalendarsListed,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.sla.agenda import Amount

_WEEKS = 2
_NAME = click.argument("name", type=CALENDAR, is_eager=True)
_MAY_NAME = click.argument("name", type=CALENDAR, is_eager=True, required=False, default=None)


@as_group("calendar")
def command() -> None:
    """Reckon with working hours and holidays, and look them over.

    The calendars are in sla_policies.yaml. An instant without a zone is in the calendar's own
    time; --json gives instants in UTC.

    \b
    Examples:
        sdcli calendar show business-hours
        sdcli calendar due business-hours --for 8h
        sdcli calendar between business-hours '2026-12-24 09:00' '2027-01-04 09:00'
        sdcli calendar check
    """


@command.command("due")
@_NAME
@click.option("--from", "start", type=CalendarWhenType(), metavar="WHEN", help="Since when. [now]")
@click.option(
    "--for",
    "amount",
    type=AmountType(),
    required=True,
    help="So much: 8h, 1h30m, 45s, 3bd; or -2h.",
)
@pass_desk
def due(desk: Desk, name: str, start: datetime | None, amount: Amount) -> CalendarDue:
    """Say when an amount of working time is over.

    Time that runs out exactly at closing time is over at closing time. `3bd`, or `3
    business_days`, is the same time of day three working days on; a start outside working time
    counts from the next opening. With a minus it is the instant from which so much passes until
    then: --for=-2h.

    \b
    Examples:
        sdcli calendar due business-hours --from 2026-12-23T16:00Z --for 4h
        sdcli calendar due business-hours --for '3 business_days' --json
    """
    from sdcli.sla.agenda import due as reckoned

    begin = int((start or desk.now).timestamp())
    return CalendarDue(reckoned(name, desk.policy.sla.calendars[name], begin, amount))


@command.command("between")
@_NAME
@click.argument("start", type=CalendarWhenType(), metavar="WHEN")
@click.argument("end", type=CalendarWhenType(), metavar="WHEN")
@pass_desk
def between(desk: Desk, name: str, start: datetime, end: datetime) -> CalendarBetween:
    """Say how much working time lies between two instants.

    An end that is not later than the start gives none.

    \b
    Examples:
        sdcli calendar between business-hours '2026-12-24 09:00' '2026-12-29 12:00'
        sdcli calendar between business-hours 2026-11-23T10:00Z 2026-11-24T10:00Z --json
    """
    from sdcli.sla.agenda import between as reckoned

    calendar = desk.policy.sla.calendars[name]
    begin, over = int(start.timestamp()), int(end.timestamp())
    return CalendarBetween(reckoned(name, calendar, begin, over))


@command.command("show")
@_MAY_NAME
@click.option("--weeks", type=click.IntRange(1, 110), help="So many weeks. [2]")
@click.option("--from", "start", type=CalendarWhenType(), metavar="WHEN", help="From then. [now]")
@pass_desk
def show(
    desk: Desk, name: str | None, weeks: int | None, start: datetime | None
) -> CalendarShown | CalendarsListed:
    """Draw the coming days of a calendar; without a name, list the calendars.

    A row a day: its hours as a bar and in words, holidays and special days by name, and the
    length of a day on which the clocks change.

    \b
    Examples:
        sdcli calendar show
        sdcli calendar show business-hours --from 2026-12-21 --weeks 3
    """
    from sdcli.sla.agenda import agenda, headline

    policies = desk.policy.sla
    if name is None:
        if start or weeks:
            given = "--from" if start else "--weeks"
            raise click.UsageError(f"{given} goes with the name of a calendar.")
        return CalendarsListed([headline(each, policies) for each in policies.calendars])
    begin = int((start or desk.now).timestamp())
    return CalendarShown(agenda(name, policies, begin, (weeks or _WEEKS) * 7))


@command.command("check")
@_MAY_NAME
@pass_desk
def check(desk: Desk, name: str | None) -> CalendarsChecked:
    """Look a calendar over, or all of them: what the next twelve months hold.

    Working time a year, holidays and special days by name, until when the holidays are known,
    days without hours, changes of the clock. What is worth a look is a remark; a file that is
    wrong exits 5 as ever.

    \b
    Examples:
        sdcli calendar check
        sdcli calendar check business-hours --json
    """
    from sdcli.sla.agenda import outlook

    policies, now = desk.policy.sla, int(desk.now.timestamp())
    names = [name] if name else list(policies.calendars)
    return CalendarsChecked([outlook(each, policies, now) for each in names], now)
