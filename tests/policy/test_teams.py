"""What must hold in the duty roster: each broken rule gives exactly its problem, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from sdcli.errors import DataFileError
from sdcli.policy.load import read_policy
from sdcli.policy.model import SERVICES, TEAMS
from sdcli.policy.teams import Absence, Override
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner

_SERVERS = "  servers-week:\n    zone: Europe/London\n    members: [jonas, ines]\n"
_HANDOVER = '    every: 1 week\n    at: "08:00"\n'
_STAFF = "\ntechnicians:\n"


class Case(NamedTuple):
    """An edit of the starter's teams, the text that ends on the line told, and the message."""

    old: str
    new: str
    at: str
    message: str
    file: str = TEAMS


def _added(text: str) -> tuple[str, str]:
    """An edit that puts a section before the technicians."""
    return _STAFF, f"\n{text}{_STAFF}"


CASES: dict[str, Case] = {
    "unknown rotation of a queue": Case(
        "rotation: network-week",
        "rotation: network-weeks",
        "network-weeks",
        "there is no rotation `network-weeks`; did you mean `network-week`?",
    ),
    "unknown rotation in a list": Case(
        "rotation: network-week",
        "rotations:\n      - network-week\n      - server-week",
        "- server-week",
        "there is no rotation `server-week`; did you mean `servers-week`?",
    ),
    "unknown rotation of duty managers": Case(
        "duty_managers: duty-managers",
        "duty_managers: duty-manager",
        "duty_managers: duty-manager",
        "there is no rotation `duty-manager`; did you mean `duty-managers`?",
    ),
    "two ways of being on call": Case(
        "    rotation: network-week",
        "    on_call: hugo\n    rotation: network-week",
        "    rotation: network-week",
        "the queue `network` says twice who is on call: `on_call` and `rotation`",
    ),
    "unknown member": Case(
        "members: [jonas, ines]\n    starts",
        "members: [jonas, inez]\n    starts",
        "inez",
        "there is no technician `inez`; did you mean `ines`?",
    ),
    "no members": Case(
        _SERVERS,
        _SERVERS.replace("[jonas, ines]", "[]"),
        "members: []",
        "the rotation `servers-week` has no members",
    ),
    "unknown alternate": Case(
        "alternate: lena",
        "alternate: lenna",
        "lenna",
        "there is no technician `lenna`; did you mean `lena`?",
    ),
    "unknown alternate of a queue": Case(
        "    rotation: network-week",
        "    rotation: network-week\n    alternate: omarr",
        "omarr",
        "there is no technician `omarr`; did you mean `omar`?",
    ),
    "unknown working hours": Case(
        "    alternate: lena",
        "    alternate: lena\n    working_hours: busines-hours",
        "busines-hours",
        "there is no calendar `busines-hours`; did you mean `business-hours`?",
    ),
    "unknown hours of a rotation": Case(
        _HANDOVER,
        f"{_HANDOVER}    hours: extended-hour\n",
        "hours: extended-hour",
        "there is no calendar `extended-hour`; did you mean `extended-hours`?",
    ),
    "hours that never come": Case(
        _HANDOVER,
        f"{_HANDOVER}    hours: {{mon: []}}\n",
        "hours: {",
        "nobody is ever on call in the rotation `duty-managers`",
    ),
    "hours that overlap": Case(
        _HANDOVER,
        f'{_HANDOVER}    hours:\n      tue: ["08:00-12:00", "11:00-13:00"]\n',
        "tue: [",
        "the hours of tue overlap",
    ),
    "their own alternate": Case(
        "alternate: lena", "alternate: kofi", "alternate: kofi", "`kofi` is their own alternate"
    ),
    "a circle of alternates": Case(
        '    phone: "+44 20 7946 0111"\n',
        '    phone: "+44 20 7946 0111"\n    alternate: greta\n',
        "    alternate: hugo",
        "alternates go round in a circle: greta -> hugo -> greta; leave one of them out",
    ),
    "somebody absent whom nobody knows": Case(
        *_added('absences:\n  - {who: gretta, from: "2026-12-01", to: "2026-12-02", reason: x}\n'),
        "gretta",
        "there is no technician `gretta`; did you mean `greta`?",
    ),
    "an absence that ends before it begins": Case(
        *_added(
            "absences:\n  - who: greta\n    reason: x\n    from: 2026-12-02\n    to: 2026-12-01\n"
        ),
        "to: 2026-12-01",
        "the absence of `greta` ends before it begins",
    ),
    "an absence across zones that ends before it begins": Case(
        *_added(
            'absences:\n  - who: greta\n    reason: x\n    from: "2026-12-02 12:00"\n'
            '    to: "2026-12-02T13:00:00+02:00"\n'
        ),
        "13:00:00+02:00",
        "the absence of `greta` ends before it begins",
    ),
    "an absence covered by the absent": Case(
        *_added(
            "absences:\n  - who: greta\n    reason: x\n    from: 2026-12-01\n    to: 2026-12-02\n"
            "    alternate: greta\n"
        ),
        "    alternate: greta",
        "`greta` is their own alternate",
    ),
    "an override of what is not there": Case(
        *_added("overrides:\n  - {rotation: week, who: ines, from: 2026-12-01, to: 2026-12-02}\n"),
        "rotation: week",
        "there is no rotation `week`; there are: network-week, servers-week, duty-managers",
    ),
    "an override that ends before it begins": Case(
        *_added(
            "overrides:\n"
            "  - {rotation: servers-week, who: ines, from: 2026-12-03, to: 2026-12-02}\n"
        ),
        "2026-12-02}",
        "the override for `ines` ends before it begins",
    ),
    "a time that is none": Case(
        'at: "08:00"',
        'at: "8:00"',
        'at: "8:00"',
        "`rotations.duty-managers.at` is '8:00': write a time of day as \"09:00\"",
    ),
    "a turn that is none": Case(
        "every: 1 week",
        "every: 1 month",
        "1 month",
        (
            "`rotations.network-week.every` is '1 month': write a turn as 1 day, 1 week or 2 "
            "weeks; none is longer than a year"
        ),
    ),
    "a moment that is none": Case(
        *_added('absences:\n  - {who: greta, from: soon, to: "2026-12-02", reason: x}\n'),
        "soon",
        (
            "`absences.0.from` is 'soon': write a day, a local time or an instant, like "
            '"2026-12-24", "2026-12-24 18:00" or, with its zone, "2026-12-24T18:00:00Z" '
            "(entry 1 of `absences`)"
        ),
    ),
    "an unknown contact for the business": Case(
        "    owner: kofi\n    queue: applications\n",
        "    owner: kofi\n    business: adda\n    queue: applications\n",
        "business: adda",
        "there is no contact `adda`; did you mean `ada`?",
        SERVICES,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_mistake_is_one_problem(desk_dir: Path, name: str) -> None:
    """The problem, and nothing else, with its file and line (R5b.2)."""
    case = CASES[name]
    path = desk_dir / case.file
    text = path.read_text(encoding="utf-8")
    assert case.old in text
    text = text.replace(case.old, case.new, 1)
    path.write_text(text, encoding="utf-8")
    line = text[: text.index(case.at) + len(case.at)].count("\n") + 1

    with pytest.raises(DataFileError) as caught:
        read_policy(str(desk_dir))

    assert [str(each) for each in caught.value.problems] == [f"{case.file}:{line}: {case.message}"]


def _with(desk_dir: Path, text: str) -> None:
    """Put a section before the technicians of a desk."""
    path = desk_dir / TEAMS
    path.write_text(path.read_text().replace(_STAFF, f"\n{text}{_STAFF}", 1))


def test_two_people_cannot_take_one_shift(desk_dir: Path) -> None:
    """Two overrides that overlap, in whatever zone they are written, must be of one person."""
    entry = "  - {{rotation: servers-week, who: {}, from: {}, to: {}}}\n"
    first = entry.format("ines", '"2026-07-01 18:00"', '"2026-07-02 09:00"')
    touching = entry.format("kofi", '"2026-07-02T08:00:00Z"', '"2026-07-02T12:00:00Z"')
    same = entry.format("ines", '"2026-07-01 20:00"', '"2026-07-01 22:00"')
    other = entry.format("omar", '"2026-07-02T07:59:00Z"', '"2026-07-02T08:00:00Z"')
    _with(desk_dir, "overrides:\n" + first + touching + same)
    read_policy(str(desk_dir))
    path = desk_dir / TEAMS
    path.write_text(path.read_text().replace(same, same + other))
    lines = path.read_text().splitlines(keepends=True)
    line = lines.index(first) + 1
    said = f"`omar` and `ines` (line {line}) both take the shift of `servers-week`"

    with pytest.raises(DataFileError) as caught:
        read_policy(str(desk_dir))

    assert [str(each) for each in caught.value.problems] == [
        f"{TEAMS}:{lines.index(other) + 1}: {said}"
    ]


def test_the_ways_to_write_a_moment(desk_dir: Path) -> None:
    """A bare or quoted date, a local time, an instant with any zone: each is kept in one form."""
    _with(
        desk_dir,
        'absences:\n  - {who: ben, from: 2026-12-01, to: "2026-12-01T18:00", reason: leave}\n'
        'overrides:\n  - {rotation: servers-week, who: ben, from: "2026-12-01 18:00", '
        'to: "2026-12-02T09:00:00+01:00"}\n',
    )

    teams = read_policy(str(desk_dir)).teams

    [absence], [override] = teams.absences, teams.overrides
    assert isinstance(absence, Absence)
    assert isinstance(override, Override)
    assert (absence.from_, absence.to) == ("2026-12-01", "2026-12-01T18:00")
    assert (override.from_, override.to) == ("2026-12-01T18:00", "2026-12-02T08:00:00Z")
    assert absence.place.startswith(f"{TEAMS}:")


@pytest.mark.parametrize("given", ["kofi", "ada", "finance@example.com"])
def test_the_business_is_anybody_who_can_be_told(desk_dir: Path, given: str) -> None:
    """A technician, a contact or a mail address (R5b.3)."""
    path = desk_dir / SERVICES
    text = path.read_text()
    path.write_text(
        text.replace("    owner: kofi\n", f"    owner: kofi\n    business: {given}\n", 1)
    )

    assert read_policy(str(desk_dir)).catalog.services["email"].business == given


def test_a_desk_without_a_roster_is_sound(desk_dir: Path) -> None:
    """Files from before there were rotations stay valid: a person on call, and nothing else."""
    path = desk_dir / TEAMS
    text = path.read_text()
    head, rest = text.split("# Turns are counted", 1)
    staff = rest.split(_STAFF, 1)[1]
    old = f"{head}{_STAFF}{staff}".replace("rotation: network-week", "on_call: hugo")
    old = old.replace("    rotation: servers-week\n", "").replace(
        "  duty_managers: duty-managers\n", ""
    )
    path.write_text(old)

    teams = read_policy(str(desk_dir)).teams

    assert teams.queues["network"].on_call == "hugo"
    assert (teams.rotations, teams.absences, teams.overrides) == ({}, (), ())
    assert teams.desk.layers == ()


# Remarks.


def _remarks(sdj: JsonRunner) -> list[tuple[int, str]]:
    return [(each["line"], each["message"]) for each in sdj("lint")["remarks"]]


def test_hours_without_anybody_are_a_remark(desk_dir: Path, sdj: JsonRunner) -> None:
    """The first gap of the next four weeks, where an agreement counts every hour."""
    path = desk_dir / TEAMS
    text = path.read_text().replace(_SERVERS, f"{_SERVERS}    hours: extended-hours\n")
    text = text.replace("every: 1 week", "every: 1 week\n    hours: extended-hours", 1)
    path.write_text(text)
    line = text[: text.index("rotation: servers-week")].count("\n") + 1

    found = _remarks(sdj)

    said = (
        "nobody is on call for `servers` from 2026-11-23 21:00 UTC to 2026-11-24 07:00 UTC, and "
        "the agreement of `"
    )
    [(at, message)] = [each for each in found if "`servers`" in each[1]]
    assert at == line
    assert message.startswith(said)
    assert message.endswith("` runs around the clock")


def test_a_rotation_that_nobody_goes_by_is_a_remark(desk_dir: Path, sdj: JsonRunner) -> None:
    """A slip in a queue would leave it unasked for good."""
    path = desk_dir / TEAMS
    text = path.read_text()
    before = "    rotation: servers-week\n"
    assert text.count(before) == 1
    path.write_text(text.replace(before, ""))
    line = text.replace(before, "").splitlines().index("  servers-week:") + 1

    [said] = _remarks(sdj)

    assert said == (
        line,
        "no queue goes by the rotation `servers-week`, nor do the desk's duty managers",
    )


def test_what_is_long_over_is_a_remark(desk_dir: Path, sdj: JsonRunner) -> None:
    """Absences and overrides that ended more than 90 days ago; younger ones are left alone."""
    _with(
        desk_dir,
        "absences:\n"
        "  - {who: ben, from: 2026-08-01, to: 2026-08-20, reason: leave}\n"
        "  - {who: ben, from: 2026-08-01, to: 2026-08-30, reason: leave}\n"
        "overrides:\n  - {rotation: servers-week, who: ben, from: 2026-08-01, to: 2026-08-02}\n",
    )

    assert [message for _, message in _remarks(sdj)] == [
        "the absence of `ben` has been over since 2026-08-20 23:00 UTC",
        "the override for `ben` has been over since 2026-08-02 23:00 UTC",
    ]


def test_the_examples_of_the_starter_are_sound(desk_dir: Path, sdj: JsonRunner) -> None:
    """The absence and the override in the comments can be taken as they are."""
    path = desk_dir / TEAMS
    examples = [
        line.removeprefix("# ")
        if line.startswith(("# absences:", "#   - {", "# overrides:"))
        else line
        for line in (REPOSITORY / TEAMS).read_text().splitlines()
    ]
    path.write_text("\n".join(examples) + "\n")

    teams = read_policy(str(desk_dir)).teams

    assert len(teams.absences) == len(teams.overrides) == 1
    assert _remarks(sdj) == []
