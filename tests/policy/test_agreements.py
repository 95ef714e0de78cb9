"""What is promised, as `lint` sees it: each mistake is named once, with its line (R2b.1, T5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli.errors import DataFileError
from sdcli.policy.load import read_policy
from sdcli.policy.model import PEOPLE, SERVICES, SLA_POLICIES
from tests.conftest import REPOSITORY, plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner

_WHOLE = plain((REPOSITORY / SLA_POLICIES).read_bytes()).decode()
TEXT = re.sub(r"(?m)^ *#.*$", "#", _WHOLE)  # its comments show the same examples
SOUND = """
coverage:
  - {agreement: extended, units: [Finance]}
  - {agreement: critical, people: [dana, ben]}
  - {agreement: goodwill, units: [Finance], types: [information]}
sites:
  London: {calendar: extended-hours}
operational_levels:
  network: {targets: {P1: 1h, P3: 2 business_days}, calendar: around-the-clock}
underpinning_contracts:
  carrier: {name: Carrier, services: [vpn], targets: {P1: 4h}}
"""


class Mistake(NamedTuple):
    """A text in place of another, the text of the line that is named, and what is said of it."""

    old: str
    new: str
    at: str
    said: str


MISTAKES: dict[str, Mistake] = {
    "no such agreement": Mistake(
        "{agreement: extended, units",
        "{agreement: gold, units",
        "agreement: gold",
        "there is no agreement `gold`; there are: standard, extended, critical, goodwill",
    ),
    "no such unit": Mistake(
        "units: [Finance]}",
        "units: [Finanz]}",
        "[Finanz]",
        "there is no unit `Finanz`; did you mean `Finance`?",
    ),
    "nobody": Mistake(
        "people: [dana, ben]",
        "people: [dana, bne]",
        "bne",
        "there is no person `bne`; did you mean `ben`?",
    ),
    "for everybody": Mistake(
        "{agreement: extended, units: [Finance]}",
        "{agreement: extended}",
        "- {agreement: extended}",
        ("the rule names none of people, units, services, types; `default_agreement` is for all"),
    ),
    "rivals": Mistake(
        "  - {agreement: critical, people",
        "  - {agreement: goodwill, units: [Sales, Finance]}\n  - {agreement: critical, people",
        "[Sales, Finance]",
        "are as specific as each other and may both hold, for different agreements",
    ),
    "a site of nobody": Mistake(
        "  London: {",
        "  Londn: {",
        "Londn",
        "there is no site of any contact `Londn`; did you mean",
    ),
    "a site without its calendar": Mistake(
        "{calendar: extended-hours}",
        "{calendar: late}",
        "calendar: late",
        "there is no calendar `late`; there are: business-hours",
    ),
    "no such queue": Mistake(
        "  network: {targets",
        "  netwrk: {targets",
        "netwrk",
        "there is no queue `netwrk`; did you mean `network`?",
    ),
    "a queue without targets": Mistake(
        "targets: {P1: 1h, P3: 2 business_days}",
        "targets: {}",
        "targets: {}",
        "it has no targets; give at least one priority a time",
    ),
    "a supplier of nothing": Mistake(
        "services: [vpn]",
        "services: [vnp]",
        "vnp",
        "there is no service `vnp`; did you mean `vpn`?",
    ),
    "two suppliers": Mistake(
        "  carrier: {",
        "  other: {name: Other, services: [vpn], targets: {P1: 1h}}\n  carrier: {",
        "  carrier: {",
        "`vpn` has the supplier `other` already",
    ),
    "a first word after the solution": Mistake(
        "P1: {response: 15m, resolution: 4h}",
        "P1: {response: 5h, resolution: 4h}",
        "response: 5h",
        "`response` is longer than `resolution`",
    ),
    "foreseen at once": Mistake(
        "P1: {response: 15m, resolution: 4h}",
        "P1: {response: 15m, resolution: 4h, usual: 4h}",
        "usual: 4h",
        "`usual` is not shorter than `resolution`",
    ),
    "foreseen nowhere": Mistake(
        "P2: {response: 30m, resolution: 8h}",
        "P2: {response: 30m, resolution: 8h, usual: 6h}",
        "P2: {response: 20m, resolution: 6h}",
        "the `usual` of P2 in `targets` is not shorter than this `resolution`",
    ),
    "no calendar at all": Mistake(
        "    name: Best effort, business hours\n    calendar: business-hours\n",
        "    name: Best effort, business hours\n",
        "goodwill:",
        "the agreement `goodwill` needs a calendar, or the file a default_calendar",
    ),
    "no such default": Mistake(
        "default_agreement: standard",
        "default_calendar: late\ndefault_agreement: standard",
        "default_calendar: late",
        "there is no calendar `late`",
    ),
    "business days that are none": Mistake(
        "2 business_days", "0 business_days", "0 business_days", "write 1 to 400 business_days"
    ),
    "another way to reopen": Mistake(
        "default_agreement: standard",
        "on_reopen: restart\ndefault_agreement: standard",
        "restart",
        "it must be one of resume, new_cycle, new_ticket",
    ),
}


def problems(text: str) -> list[str]:
    """What is wrong with a text for `sla_policies.yaml`, as `FILE:LINE: MESSAGE`."""
    try:
        read_policy(str(REPOSITORY), {SLA_POLICIES: text.encode()})
    except DataFileError as error:
        return [str(each) for each in error.problems]
    return []


def test_the_sound_ones_are_sound() -> None:
    """The file that the mistakes are made in has none."""
    assert problems(TEXT + SOUND) == []


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_is_one_problem(name: str) -> None:
    """Named once, with its file and line, and what to do."""
    mistake, whole = MISTAKES[name], TEXT + SOUND
    assert whole.count(mistake.old) == 1
    text = whole.replace(mistake.old, mistake.new)
    line = text[: text.rindex(mistake.at)].count("\n") + 1

    [said] = problems(text)

    assert said.startswith(f"{SLA_POLICIES}:{line}: ")
    assert mistake.said in said


def test_rivals_are_found_whatever_their_case() -> None:
    """The clock takes `Finance` and `FINANCE` for one unit, and so do the rules."""
    people = (REPOSITORY / PEOPLE).read_text(encoding="utf-8")
    shouted = people.replace("unit: Finance", "unit: FINANCE", 1) + (
        "  zed:\n    name: Zed\n    mail: zed@example.com\n    unit: Finance\n"
    )
    rules = "  - {agreement: extended, units: [Finance]}\n  - {agreement: critical, units: [%s]}\n"
    for other, count in (("Sales", 0), ("FINANCE", 1)):
        text = f"{TEXT}\ncoverage:\n{rules % other}"
        try:
            read_policy(str(REPOSITORY), {SLA_POLICIES: text.encode(), PEOPLE: shouted.encode()})
            found = []
        except DataFileError as error:
            found = [str(each) for each in error.problems]
        assert len(found) == count
        assert all("are as specific as each other" in each for each in found)


@pytest.mark.parametrize(
    "user",
    [
        "default_calendar: fair",
        "sites: {London: {calendar: fair}}",
        "operational_levels: {network: {targets: {P1: 1h}, calendar: fair}}",
        "underpinning_contracts: {carrier: {name: C, targets: {P1: 1h}, calendar: fair}}",
    ],
)
def test_what_is_promised_for_good_needs_hours_for_good(user: str) -> None:
    """Hours of single dates are over one day: then nothing would fall due (T4)."""
    fair = 'calendars:\n  fair:\n    zone: UTC\n    special_hours: {"%s": ["09:00-17:00"]}\n'
    text = TEXT + user + "\n"
    for day, count in (("2026-03-01", 1), ("2099-03-01", 1), ("03-01", 0)):
        found = problems(text.replace("calendars:\n", fair % day, 1))
        assert len(found) == count
        assert all("`fair` has hours on single dates only" in each for each in found)
    assert problems(TEXT.replace("calendars:\n", fair % "2026-03-01", 1)) == []


def remarks(desk_dir: Path, sdj: JsonRunner, *changes: tuple[str, str]) -> list[tuple[str, str]]:
    """What `lint` remarks of a desk with other service levels: the text of its line, and why."""
    path = desk_dir / SLA_POLICIES
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    return [(lines[each["line"] - 1], each["message"]) for each in sdj("lint")["remarks"]]


def test_an_update_after_the_solution_is_a_remark(desk_dir: Path, sdj: JsonRunner) -> None:
    """None ever falls due: where it is written, or where it meets a shorter resolution."""
    table, own = "P1: {response: 15m, resolution: 4h}", "P1: {response: 10m, resolution: 2h}"
    found = remarks(desk_dir, sdj, (table, table.replace("}", ", update: 3h}")))
    assert [each for each, _ in found] == [f"      {own}"]
    assert "the `update` of P1 is longer than its `resolution`" in found[0][1]

    found = remarks(desk_dir, sdj, ("update: 3h", "update: 5h"))
    assert len(found) == 2


_HOURS = 'zone: UTC\n    hours: {mon: ["22:00-06:00"], tue: ["09:00-17:00"]}\n    special_hours: '


@pytest.mark.parametrize(
    ("special", "said"),
    [
        ('{"2026-12-01": ["05:00-12:00"]}', "shift that began the day before, on 2026-11-30"),
        ('{"2026-12-01": ["06:00-12:00"]}', ""),
        ('{"2026-11-30": ["22:00-10:00"]}', "hours of the day after, 2026-12-01"),
        (
            '{"2026-12-24": ["20:00-02:00"], "2026-12-25": ["01:00-09:00"]}',
            "2026-12-25 overlap with the shift that began the day before, on 2026-12-24",
        ),
        ('{"2026-12-24": ["20:00-02:00"], "2026-12-25": ["02:00-09:00"]}', ""),
        ('{"2026-12-25": ["01:00-09:00", "20:00-02:00"]}', ""),
        ('{"12-24..12-26": ["01:00-09:00", "20:00-02:00"]}', "on 2026-12-24"),
    ],
)
def test_special_hours_that_run_into_another_day_are_a_remark(
    desk_dir: Path, sdj: JsonRunner, special: str, said: str
) -> None:
    """Those of a date and the shift of the day before, whichever of them is special; once."""
    found = remarks(
        desk_dir, sdj, ("calendars:\n", f"calendars:\n  night:\n    {_HOURS}{special}\n")
    )

    assert [said in message for _, message in found] == [True] * bool(said)


def test_a_service_may_have_a_calendar_of_its_own() -> None:
    """One that is there; else it is named with its line."""
    services = (REPOSITORY / SERVICES).read_text(encoding="utf-8")
    for calendar, count in (("extended-hours", 0), ("late", 1)):
        text = services.replace(
            "    area: service\n", f"    area: service\n    calendar: {calendar}\n", 1
        )
        try:
            read_policy(str(REPOSITORY), {SERVICES: text.encode()})
            found = []
        except DataFileError as error:
            found = [str(each) for each in error.problems]
        assert len(found) == count
        assert all("there is no calendar `late`" in each for each in found)
