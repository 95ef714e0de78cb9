"""What is wrong with a calendar is said with its line; what is allowed is read as documented."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import DataFileError
from sdcli.policy.dates import read_dates
from sdcli.policy.load import read_policy
from sdcli.policy.model import SLA_POLICIES
from sdcli.policy.public_holidays import YEARS, of_year
from tests.conftest import REPOSITORY
from tests.sla import oracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.calendars import Calendar

_HEAD = "  late-shift:\n    zone: Europe/London\n"
_STARTER = (REPOSITORY / SLA_POLICIES).read_text(encoding="utf-8")


def _with(body: str) -> str:
    """The starter's file with one more calendar."""
    return _STARTER.replace("calendars:\n", f"calendars:\n{_HEAD}{body}", 1)


def _calendar(body: str) -> Calendar:
    text = _with(body).encode()
    return read_policy(str(REPOSITORY), {SLA_POLICIES: text}).sla.calendars["late-shift"]


def _problems(body: str) -> Iterator[tuple[str, str]]:
    """The text of the line of each problem, and what it says."""
    text = _with(body)
    try:
        read_policy(str(REPOSITORY), {SLA_POLICIES: text.encode()})
    except DataFileError as error:
        for problem in error.problems:
            assert problem.file == SLA_POLICIES
            yield text.splitlines()[problem.line - 1].strip(), problem.message


_OPEN = '    hours: {mon: ["09:00-17:00"]}\n'
_PUBLIC = "    public_holidays: "
_WRONG = {
    "country": (
        f"{_OPEN}{_PUBLIC}{{country: UK}}\n",
        "public_holidays",
        "no public holidays are known for the country `UK`; did you mean `GB`?",
    ),
    "subdivision": (
        f"{_OPEN}{_PUBLIC}\n      - country: GB\n        subdivision: ENGL\n",
        "subdivision: ENGL",
        "`GB` has no subdivision `ENGL`; did you mean `ENG`?",
    ),
    "category": (
        f"{_OPEN}{_PUBLIC}{{country: GB, categories: [bank]}}\n",
        "public_holidays",
        "`GB` has no holidays of the category `bank`; there are: public",
    ),
    "exception": (
        f"{_OPEN}{_PUBLIC}\n      country: GB\n      subdivision: ENG\n      except: [Boxin Day]\n",
        "except: [Boxin Day]",
        "no public holiday of `GB` is called `Boxin Day`; did you mean `Boxing Day`?",
    ),
    "what a file may not say": (
        f"{_OPEN}{_PUBLIC}{{country: GB, known: {{}}}}\n",
        "public_holidays",
        "`calendars.late-shift.public_holidays.0` has no key `known`",
    ),
    "a range that ends before it begins": (
        f'{_OPEN}    holidays:\n      "2027-01-02..2026-12-24": closed\n',
        '"2027-01-02..2026-12-24": closed',
        "the range ends before it begins",
    ),
    "half a year": (
        f'{_OPEN}    holidays:\n      "2026-12-24..01-02": closed\n',
        '"2026-12-24..01-02": closed',
        "a range names the year at both its ends or at neither",
    ),
    "a night shift into the next day": (
        '    hours:\n      mon: ["22:00-06:00"]\n      tue: ["05:00-12:00"]\n',
        'tue: ["05:00-12:00"]',
        "working hours of tue overlap with the shift that began on mon",
    ),
    "a night shift into the next week": (
        '    hours:\n      mon: ["05:00-12:00"]\n      sun: ["22:00-06:00"]\n',
        'mon: ["05:00-12:00"]',
        "working hours of mon overlap with the shift that began on sun",
    ),
    "special hours that overlap": (
        f'{_OPEN}    special_hours:\n      "12-24": ["08:00-12:00", "11:00-13:00"]\n',
        '"12-24": ["08:00-12:00", "11:00-13:00"]',
        "special hours of 12-24 overlap",
    ),
    "special hours of which neither is nearer": (
        f'{_OPEN}    special_hours:\n      "12-20..12-24": []\n      "12-24..12-28": []\n',
        '"12-24..12-28": []',
        "special hours of 12-20..12-24 and 12-24..12-28 name the same date",
    ),
    "breaks that overlap": (
        f'{_OPEN}    breaks:\n      "12-24": ["08:00-12:00", "11:00-13:00"]\n',
        '"12-24": ["08:00-12:00", "11:00-13:00"]',
        "breaks of 12-24 overlap",
    ),
    "closed all year": (
        f'{_OPEN}    holidays:\n      "01-01..12-31": closed\n',
        _OPEN.strip(),
        "the calendar `late-shift` has no working time",
    ),
    "no hours": (
        "    holidays: {}\n",
        "late-shift:",
        "the calendar `late-shift` has no working time",
    ),
}


@pytest.mark.parametrize(("body", "line", "message"), _WRONG.values(), ids=_WRONG.keys())
def test_what_is_wrong_is_one_problem_at_its_line(body: str, line: str, message: str) -> None:
    """Each mistake is reported once, at its line, and says what to write instead."""
    [(at, said)] = _problems(body)
    assert line in at
    assert message in said


@pytest.mark.parametrize(
    ("given", "meant"),
    [("gb", "GB"), ("GBR", "GB"), ("Germany", "DE"), ("Grmany", "DE"), ("united states", "US")],
)
def test_a_country_is_found_by_its_name(given: str, meant: str) -> None:
    """Who writes a name or a longer code is told the code."""
    [(_, said)] = _problems(f"{_OPEN}{_PUBLIC}{{country: {given}}}\n")
    assert said.startswith(f"no public holidays are known for the country `{given}`; ")
    assert said.split(" (entry")[0].endswith(f"did you mean `{meant}`?")


def test_everything_that_can_be_written_is_read() -> None:
    """Windows to the second, ranges, special hours in both shapes, breaks, a list of countries."""
    calendar = _calendar(
        '    hours: {mon: ["01:30:30-07:45:30", "22:00-24:00"], fri: ["22:00-06:00"]}\n'
        "    public_holidays:\n"
        "      - {country: GB, subdivision: SCT, except: [Saint Andrew's Day]}\n"
        "      - {country: DE, subdivision: BY, categories: [public, catholic]}\n"
        '    holidays: {"2026-12-25": one, "12-24": each year, "12-24..01-02": across New Year}\n'
        '    special_hours: {"12-23": {name: Half day, hours: ["08:00-12:00"]}, "12-22": []}\n'
        '    breaks: {"2026-12-11..2026-12-12": ["12:00-14:00"]}\n'
    )
    assert calendar.hours.seconds() == 6 * 3600 + 900 + 2 * 3600 + 8 * 3600
    assert [entry.country for entry in calendar.public_holidays] == ["GB", "DE"]
    assert calendar.special_hours["12-23"].name == "Half day"  # type: ignore[index]
    assert calendar.special_hours["12-22"].hours == ()  # type: ignore[index]
    assert all(entry.library.startswith("holidays ") for entry in calendar.public_holidays)


def test_a_calendar_may_be_open_on_special_days_only() -> None:
    """Hours of single dates are working time, too."""
    calendar = _calendar('    hours: {}\n    special_hours: {"2020-04-01": ["01:30-07:45"]}\n')
    assert calendar.hours.seconds() == 0


def test_public_holidays_are_looked_up_when_the_file_is_read() -> None:
    """Those of many years are kept, in English, without the excepted ones; others are asked for."""
    excepted = _calendar(f"{_OPEN}{_PUBLIC}{{country: GB, subdivision: ENG, except: [May Day]}}\n")
    [entry] = excepted.public_holidays
    assert set(entry.known) == set(YEARS)
    assert entry.known[2026]["2026-12-28"] == "Boxing Day (observed)"
    assert "2026-05-04" not in entry.known[2026]
    assert of_year(entry, 2050)["2050-12-26"] == "Boxing Day"
    assert not of_year(entry, entry.until)


@given(
    first=st.dates(date(2023, 1, 1), date(2029, 12, 31)),
    days=st.integers(0, 400),
    asked=st.dates(date(2023, 1, 1), date(2031, 12, 31)),
    yearly=st.booleans(),
)
def test_a_range_names_the_dates_between_its_ends(
    first: date, days: int, asked: date, yearly: bool
) -> None:
    """A range holds what lies between its ends as texts, each year without a year (T4)."""
    last = date.fromordinal(first.toordinal() + days)
    text = f"{first:%m-%d}..{last:%m-%d}" if yearly else f"{first}..{last}"
    found = asked.toordinal() in read_dates(text).in_year(asked.year)
    assert found == oracle.names(text, asked)


@pytest.mark.parametrize("year", [2026, 2028])
def test_the_leap_day_is_there_in_leap_years(year: int) -> None:
    """`02-29` names no date in other years, and never another date."""
    days = [date.fromordinal(day) for day in read_dates("02-29").in_year(year)]
    assert days == ([date(2028, 2, 29)] if year == 2028 else [])
