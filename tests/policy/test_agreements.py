"""What is promised, as `lint` sees it: each mistake is named once, with its line (R2b.1, T5)."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from sdcli.errors import DataFileError
from sdcli.policy.load import read_policy
from sdcli.policy.model import SERVICES, SLA_POLICIES
from tests.conftest import REPOSITORY, plain

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
