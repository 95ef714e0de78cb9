"""`sdcli calendar`: due times, working time, days drawn, and the coming year."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from wcwidth import wcswidth

from sdcli import errors
from sdcli.policy.load import read_policy
from sdcli.render.as_text import Screen, write
from sdcli.results.clocks import CalendarsChecked, CalendarShown
from sdcli.sla.agenda import agenda, outlook
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

CALENDAR = "business-hours"
MINE = """
calendars:
  mine:
    zone: America/New_York
    hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"], sun: ["22:00-06:00"]}
    holidays: {"2026-11-24": Founders' day, "12-24..01-02": Between the years}
    special_hours: {"2026-11-28": {name: Stock-taking, hours: ["08:00-12:00"]}}
    breaks: {"2026-11-30": ["12:00-13:00"]}
  spent:
    zone: UTC
    hours: {}
    special_hours: {"2020-04-01": ["08:00-12:00"]}
"""


@pytest.fixture(name="mine")
def _mine(desk_dir: Path) -> Path:
    """A desk with two more calendars."""
    path = desk_dir / "sla_policies.yaml"
    path.write_text(path.read_text().replace("\ncalendars:\n", MINE, 1))
    return desk_dir


@pytest.mark.parametrize(
    ("given", "seconds", "due"),
    [
        ("8h", 28800, "2026-11-23T18:00:00Z"),
        ("8h1s", 28801, "2026-11-24T08:00:01Z"),
        ("1h30m", 5400, "2026-11-23T11:30:00Z"),
        ("90m", 5400, "2026-11-23T11:30:00Z"),
        ("1.5h", 5400, "2026-11-23T11:30:00Z"),
        ("45s", 45, "2026-11-23T10:00:45Z"),
        ("0s", 0, "2026-11-23T10:00:00Z"),
        ("-2h", -7200, "2026-11-23T08:00:00Z"),
        ("-3h", -10800, "2026-11-20T16:00:00Z"),
        ("3bd", 108000, "2026-11-26T10:00:00Z"),
        ("3 business_days", 108000, "2026-11-26T10:00:00Z"),
        ("-1 business day", -32400, "2026-11-20T10:00:00Z"),
    ],
)
def test_due(sdj: JsonRunner, given: str, seconds: int, due: str) -> None:
    """When an amount of working time from now is over, forwards and backwards."""
    found = sdj("calendar", "due", CALENDAR, f"--for={given}")
    assert list(found)[:4] == ["calendar", "from", "for_s", "due"]
    assert (found["from"], found["for_s"], found["due"]) == (
        f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        seconds,
        due,
    )


@pytest.mark.parametrize(
    "given", ["1d", "2 years", "8", "h", "", "-", "0.5s", "9999999h", "1h 30m"]
)
def test_what_is_no_amount(sd: Runner, given: str) -> None:
    """Days, years and bare numbers are refused with what to write instead (T7)."""
    result = sd("calendar", "due", CALENDAR, f"--for={given}", expect=errors.USAGE)
    assert "--for" in result.stderr


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2026-11-23T09:30", "2026-11-23T14:30:00Z"),
        ("2026-11-23 09:30", "2026-11-23T14:30:00Z"),
        ("2026-11-23T09:30:15.75", "2026-11-23T14:30:15Z"),
        ("2026-11-23T09:30:00+05:30", "2026-11-23T04:00:00Z"),
        ("2026-11-23T09:30:00.5Z", "2026-11-23T09:30:00Z"),
        ("2026-11-01T01:30", "2026-11-01T05:30:00Z"),
        ("2026-03-08T02:30", "2026-03-08T07:30:00Z"),
    ],
)
def test_without_a_zone_it_is_the_calendars_own_time(sdj: JsonRunner, given: str, utc: str) -> None:
    """An instant is local to the calendar: the first of two, and as far after a gap."""
    found = sdj("calendar", "due", "mine", "--from", given, "--for", "1h")
    assert found["from"] == utc
    assert sdj("calendar", "between", "mine", given, given)["from"] == utc


def test_between(sdj: JsonRunner) -> None:
    """Working time between two instants; none if the end is earlier."""
    ends = ("2026-12-24T17:00Z", "2026-12-29T09:00Z")
    found = sdj("calendar", "between", CALENDAR, *ends)
    assert list(found)[:4] == ["calendar", "from", "to", "working_s"]
    assert found["working_s"] == 2 * 3600
    assert sdj("calendar", "between", CALENDAR, *reversed(ends))["working_s"] == 0


@pytest.mark.usefixtures("mine")
def test_days_have_their_hours_and_names(sdj: JsonRunner) -> None:
    """A holiday, special hours, a break and a night shift are where they belong, in UTC."""
    shown = sdj("calendar", "show", "mine", "--from", "2026-11-23", "--weeks", "1")
    days = {day["date"]: day for day in shown["days"]}
    assert list(days) == [f"2026-11-{day}" for day in range(23, 30)]
    assert days["2026-11-24"]["holiday"] == "Founders' day"
    assert days["2026-11-24"]["working"] == []
    assert days["2026-11-28"]["special"] == "Stock-taking"
    assert days["2026-11-28"]["working_s"] == 4 * 3600
    assert days["2026-11-29"]["working"] == [
        {"from": "2026-11-30T03:00:00Z", "to": "2026-11-30T05:00:00Z"}
    ]
    monday = sdj("calendar", "show", "mine", "--from", "2026-11-30", "--weeks", "1")["days"][0]
    assert [part["from"] for part in monday["working"]] == [
        *("2026-11-30T05:00:00Z", "2026-11-30T14:00:00Z", "2026-11-30T18:00:00Z"),
    ]


@pytest.mark.parametrize("weeks", [1, 3])
def test_days_add_up(sdj: JsonRunner, weeks: int) -> None:
    """The hours of the days are the working time from the first to the last, clocks changing."""
    shown = sdj("calendar", "show", CALENDAR, "--from", "2026-10-20", "--weeks", str(weeks))
    days = shown["days"]
    whole = sdj("calendar", "between", CALENDAR, days[0]["from"], days[-1]["to"])
    assert sum(day["working_s"] for day in days) == whole["working_s"]
    assert {day["day_s"] for day in days} == {86400, 90000}
    assert all(a["to"] == b["from"] for a, b in pairwise(days))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_what_is_drawn_fits(mine: Path, width: int) -> None:
    """No line is wider than the terminal, however long a name is, and every day is there."""
    path = mine / "sla_policies.yaml"
    path.write_text(path.read_text().replace("Founders' day", "Founders' day 記念日 " * 6))
    policies = read_policy(str(mine)).sla
    result = CalendarShown(agenda("mine", policies, 1_773_000_000, 300))
    drawn = list(write(result, Screen(width, colour=False)).out)
    assert all(wcswidth(line) <= width for line in drawn), max(drawn, key=wcswidth)
    assert (
        sum(line[:3] in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") for line in drawn) == 300
    )
    checked = CalendarsChecked([outlook("mine", policies, 1_773_000_000)], 1_773_000_000)
    assert all(wcswidth(line) <= width for line in write(checked, Screen(width, colour=False)).out)


def test_days_of_other_lengths_are_drawn_as_long_as_they_are(sd: Runner) -> None:
    """On the day clocks go back a bar has a cell more, and says 25 hours; in spring one less."""
    drawn = sd("calendar", "show", "around-the-clock", "--from", "2026-10-25").stdout
    assert "█" * 24 + "  00:00-24:00" in drawn
    autumn = sd("calendar", "show", CALENDAR, "--from", "2026-10-25T00:00").stdout
    spring = sd("calendar", "show", CALENDAR, "--from", "2027-03-28T12:00").stdout
    assert "·" * 25 + "  closed  25 h long" in autumn
    assert "·" * 23 + "   closed  23 h long" in spring


def test_without_a_name_the_calendars_are_listed(sdj: JsonRunner, sd: Runner) -> None:
    """Each calendar with its zone, its week and until when its holidays are known."""
    found = {each["calendar"]: each for each in sdj("calendar", "show")}
    assert found[CALENDAR]["holidays_until"] == "2101-01-01T00:00:00Z"
    assert found[CALENDAR]["public_holidays"] == ["GB-ENG"]
    assert found[CALENDAR]["library"].startswith("holidays ")
    assert found["around-the-clock"]["holidays_until"] is None
    assert found["around-the-clock"]["weekly_s"] == 7 * 86400
    assert "known until 2100-12-31" in sd("calendar", "show").stdout


@pytest.mark.usefixtures("mine")
def test_an_answer_beyond_the_list_of_holidays_says_so(sd: Runner, sdj: JsonRunner) -> None:
    """No silent end: on stderr for people, by a key for scripts, and nothing before the end (T4)."""
    late = ("calendar", "due", "mine", "--from", "2027-02-01T10:00", "--for", "1h")
    assert sdj(*late)["holidays_until"] == "2027-01-01T05:00:00Z"
    assert sdj(*late)["beyond_holidays"] is True
    assert "known until" in sd(*late).stderr
    early = ("calendar", "due", "mine", "--from", "2026-11-25T10:00", "--for", "1h")
    assert sdj(*early)["beyond_holidays"] is False
    assert not sd(*early).stderr


@pytest.mark.usefixtures("mine")
def test_lint_and_check_remark_on_a_list_that_ends_soon(sdj: JsonRunner, sd: Runner) -> None:
    """Less than twelve months ahead it is a remark; so is a calendar whose hours have run out."""
    remarks = [each["message"] for each in sdj("lint")["remarks"]]
    [ends] = [each for each in remarks if "`mine`" in each]
    assert "ends with 2026-12-31" in ends
    assert any("`spent` has no working time in the coming" in each for each in remarks)
    assert sdj("calendar", "check", "mine")[0]["remarks"] == [ends]
    assert "remark: the list of holidays" in sd("calendar", "check", "mine").stdout
    assert not [
        each for each in sdj("lint", at="2025-06-01T00:00:00Z")["remarks"] if "ends" in each
    ]


@pytest.mark.usefixtures("mine")
def test_special_hours_that_never_count_are_a_remark(sdj: JsonRunner, mine: Path) -> None:
    """An own holiday closes the day; hours that were given to it are told."""
    path = mine / "sla_policies.yaml"
    path.write_text(path.read_text().replace('"2026-11-28": {name', '"2026-12-28": {name'))
    [found] = sdj("calendar", "check", "mine")
    assert any("2026-12-28" in each and "own holidays" in each for each in found["remarks"])


def test_check_tells_the_coming_year(sdj: JsonRunner) -> None:
    """Working time a year, holidays by name, changes of the clock, days without hours."""
    [found] = sdj("calendar", "check", CALENDAR)
    assert [each["year"] for each in found["years"]] == [2026, 2027]
    assert {"date": "2026-12-25", "weekday": "fri", "name": "Christmas Day"} in found["holidays"]
    assert [each["at"] for each in found["clock_changes"]] == [
        *("2027-03-28T01:00:00Z", "2027-10-31T01:00:00Z"),
    ]
    assert found["closed_weekdays"] == ["sat", "sun"]
    assert len(sdj("calendar", "check")) == 3


@pytest.mark.usefixtures("mine")
def test_no_working_time_is_an_error_and_no_loop(sd: Runner) -> None:
    """Where nothing lies ahead, or behind, it is said and exits 5; between gives nothing (T8)."""
    for amount in ("1h", "-13h", "2bd", "-2bd"):
        asked = ("calendar", "due", "spent", f"--for={amount}", "--json")
        error = json.loads(sd(*asked, expect=errors.DATA_FILE).stderr.splitlines()[-1])["error"]
        assert error["code"] == "no_working_time"
        assert "`spent`" in error["message"]
    assert "0h" in sd("calendar", "between", "spent", "2026-01-01", "2027-01-01").stdout


@pytest.mark.parametrize("name", ["due", "between", "show", "check"])
def test_an_unknown_calendar_is_not_found(sd: Runner, name: str) -> None:
    """It exits 3 and says the nearest name."""
    more = {"due": ["--for", "1h"], "between": ["2026-01-01", "2026-01-02"]}.get(name, [])
    result = sd("calendar", name, "busines-hours", *more, "--json", expect=errors.NOT_FOUND)
    assert "Did you mean business-hours?" in result.stderr


_ASKED = (
    ("due", "mine", "--from", "2026-10-31T12:00", "--for", "20h"),
    ("between", "mine", "2026-03-01T00:00", "2026-11-30T00:00"),
    ("show", "mine", "--from", "2026-11-01"),
    ("check", "mine"),
)


def test_the_time_zone_of_the_machine_does_not_matter(mine: Path, tmp_path: Path) -> None:
    """The same bytes under any TZ, as text and as JSON, through the command itself."""
    printed: dict[Any, set[bytes]] = {}
    asked = [["calendar", *args, *more] for args in _ASKED for more in ([], ["--json"])]
    for zone in ("", "UTC", "America/New_York", "Pacific/Kiritimati", "no such zone"):
        settings = {"SDCLI_DESK": str(mine), "SDCLI_NOW": "2026-11-23T10:00:00Z", "TZ": zone}
        for args in asked:
            command = [sys.executable, "-m", "sdcli", *args]
            done = subprocess.run(
                command,
                env={**os.environ, **settings, "XDG_CACHE_HOME": str(tmp_path)},
                capture_output=True,
                check=True,
            )
            printed.setdefault(tuple(args), set()).add(done.stdout)
    assert all(len(outputs) == 1 for outputs in printed.values())
