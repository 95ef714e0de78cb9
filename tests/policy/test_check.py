"""What must hold between the files: each broken rule gives exactly its problem, with its place."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdcli.errors import DataFileError, alternatives
from sdcli.lint import lint
from sdcli.policy import load
from sdcli.policy.load import read_policy
from sdcli.policy.model import (
    FILES,
    INTAKE,
    PEOPLE,
    SCHEDULE,
    SERVICES,
    SLA_POLICIES,
    TEAMS,
    VOCABULARY,
)
from tests.conftest import REPOSITORY, plain
from tests.sampling import examples, some

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sdcli.errors import Problem

_STARTER = {name: (REPOSITORY / name).read_text(encoding="utf-8") for name in FILES}
_STARTER[SLA_POLICIES] = plain(_STARTER[SLA_POLICIES].encode()).decode()
_WRITINGS = (
    *("", "[]", "{}", "[[]]", "[{}]", "{a: b}", "null", "0", "-1", "100", "1e9", "17:30", "no"),
    *("2026-01-01", "'", '"', "|", "&a", "*a", "!t x", "!!set {a}", "@", "unknown", "nobody"),
    *("[unknown, unknown]", "99999999999999999999h", "[-5]", "{high: P1}", "\u2028", "- x"),
)


class Case(NamedTuple):
    """An edit of a starter file and the problem it makes; `at` is text on the problem's line."""

    file: str
    old: str
    new: str
    at: str
    message: str


_WEEK = _STARTER[SLA_POLICIES].split("    hours:\n", 1)[1].split("    #", 1)[0]
_CASES: dict[str, Case] = {
    # What becomes of alerts, and the forward schedule.
    "recovery code": Case(
        INTAKE,
        "recovery_code: recovered",
        "recovery_code: recoverd",
        "recovery_code: recoverd",
        "there is no closure code `recoverd`; did you mean `recovered`?",
    ),
    "flapping": Case(
        INTAKE,
        "ends_at: 2",
        "ends_at: 6",
        "flapping:",
        "flapping ends below 6 changes, not at 6",
    ),
    "outage backwards": Case(
        SCHEDULE,
        '"2026-10-03T22:00:00Z"',
        '"2026-10-03T02:00:00Z"',
        "end: ",
        "the outage `mail-gateway-update` ends before it begins",
    ),
    "outage of no service": Case(
        SCHEDULE,
        "[email]",
        "[e-mail]",
        "[e-mail]",
        "there is no service `e-mail`; did you mean `email`?",
    ),
    "outage without its code": Case(
        VOCABULARY,
        "  planned-outage: It was a planned outage",
        "  planned: It was a planned outage",
        "closure_code:",
        "planned outages need the closure code `planned-outage`",
    ),
    # References that lead nowhere (R2b.1a).
    "owner": Case(
        SERVICES,
        "owner: mina",
        "owner: minna",
        "owner: minna",
        "there is no technician `minna`; did you mean `mina`?",
    ),
    "queue": Case(
        SERVICES,
        "queue: identity",
        "queue: identiti",
        "identiti\n",
        "there is no queue `identiti`; did you mean `identity`?",
    ),
    "agreement": Case(
        SERVICES,
        "agreement: extended",
        "agreement: zzz",
        "zzz",
        "there is no agreement `zzz`; there are: standard, extended, critical, goodwill",
    ),
    "hours": Case(
        SERVICES,
        "hours: around-the-clock",
        "hours: round-the-clock",
        "hours: round",
        "there is no calendar `round-the-clock`; did you mean `around-the-clock`?",
    ),
    "calendar": Case(
        SLA_POLICIES,
        "calendar: extended-hours",
        "calendar: extendedhours",
        "extendedhours",
        "there is no calendar `extendedhours`; did you mean `extended-hours`?",
    ),
    "default agreement": Case(
        SLA_POLICIES,
        "default_agreement: standard",
        "default_agreement: zzz",
        "zzz",
        "there is no agreement `zzz`; there are: standard, extended, critical, goodwill",
    ),
    "lead": Case(
        TEAMS,
        "lead: dmitri",
        "lead: dmitry",
        "dmitry",
        "there is no technician `dmitry`; did you mean `dmitri`?",
    ),
    "on call": Case(
        TEAMS,
        "on_call: lena",
        "on_call: lenna",
        "lenna",
        "there is no technician `lenna`; did you mean `lena`?",
    ),
    "member": Case(
        TEAMS,
        "members: [greta, hugo]",
        "members:\n      - greta\n      - hugoo",
        "hugoo",
        "there is no technician `hugoo`; did you mean `hugo`?",
    ),
    "desk queue": Case(
        TEAMS,
        "queue: service-desk",
        "queue: servicedesk",
        "servicedesk",
        "there is no queue `servicedesk`; did you mean `service-desk`?",
    ),
    "desk manager": Case(
        TEAMS,
        "manager: amara",
        "manager: amarra",
        "amarra",
        "there is no technician `amarra`; did you mean `amara`?",
    ),
    # Calendars and alerts.
    "calendar without working time": Case(
        SLA_POLICIES,
        f"hours:\n{_WEEK}",
        "hours: {}\n",
        "    hours: {",
        "the calendar `business-hours` has no working time",
    ),
    "calendar with empty days": Case(
        SLA_POLICIES,
        f"hours:\n{_WEEK}",
        "hours: {mon: [], sun: []}\n",
        "    hours: {",
        "the calendar `business-hours` has no working time",
    ),
    "overlapping hours": Case(
        SLA_POLICIES,
        'tue: ["08:00-18:00"]',
        'tue: ["12:00-18:00", "08:00-12:30"]',
        "12:30",
        "working hours of tue overlap",
    ),
    "overlap with a night": Case(
        SLA_POLICIES,
        'sat: ["09:00-17:00"]',
        'sat: ["20:00-04:00", "22:00-23:00"]',
        "20:00",
        "working hours of sat overlap",
    ),
    "warning at nothing": Case(
        SLA_POLICIES, "warn_at: [80]", "warn_at: [0]", "[0]", "warn at 1 to 99 percent, not 0"
    ),
    "warning at the end": Case(
        SLA_POLICIES,
        "warn_at: [80]",
        "warn_at:\n    - 50\n    - 100",
        "- 100",
        "warn at 1 to 99 percent, not 100",
    ),
    # Teams, people, lists.
    "queue without members": Case(
        TEAMS,
        "members: [dmitri, ben]",
        "members: []",
        "members: []",
        "the queue `onsite` has no members",
    ),
    "duplicate mail": Case(
        PEOPLE,
        "mail: carmen@example.com",
        "mail: Bruno@Example.com",
        "Bruno@Example.com",
        "`carmen` has the same mail address as `bruno`",
    ),
    "caller with the id of a technician": Case(
        PEOPLE,
        "\n  carmen:\n",
        "\n  Amara:\n",
        "  Amara:",
        "`Amara` is the id of a technician in catalog/teams.yaml; use another id",
    ),
    "service called unknown": Case(
        SERVICES,
        "\n  workstation:",
        "\n  unknown:",
        "  unknown:",
        "`unknown` is what is not known yet; use another id",
    ),
    "feature called unknown": Case(
        SERVICES,
        "\n      hotline:",
        "\n      unknown:",
        "  unknown:",
        "`unknown` is what is not known yet; use another id",
    ),
    "list without a needed word": Case(
        VOCABULARY,
        "  fulfilment: Access to something the catalog offers\n",
        "",
        "type:",
        "the list `type` needs `fulfilment`",
    ),
    "list without a level": Case(
        VOCABULARY,
        "  low: It can wait for a planned moment\n",
        "",
        "urgency:",
        "the list `urgency` needs `low`",
    ),
}


def _edit(root: Path, file: str, old: str, new: str) -> str:
    """Replace the first `old` in a file of the desk; gives the new text."""
    text = (root / file).read_text(encoding="utf-8")
    assert old in text, f"{file} no longer holds {old!r}"
    text = text.replace(old, new, 1)
    (root / file).write_text(text, encoding="utf-8")
    return text


def _line(text: str, needle: str) -> int:
    """The first line of a text that holds the needle."""
    assert needle in text
    return text[: text.index(needle)].count("\n") + 1


def _said(root: Path) -> list[str]:
    """All problems between and in the files of a desk, as a person reads them."""
    try:
        read_policy(str(root))
    except DataFileError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
def test_one_broken_rule_gives_one_problem(desk_dir: Path, case: Case) -> None:
    """Each rule is reported once, with file and line, and nothing else is said."""
    text = _edit(desk_dir, case.file, case.old, case.new)
    assert _said(desk_dir) == [f"{case.file}:{_line(text, case.at)}: {case.message}"]


def test_where_nothing_is_there_it_is_said() -> None:
    """What does not exist is told with the nearest name, with all names, or that there are none."""
    assert alternatives("emial", ["email", "vpn"]) == "did you mean `email`?"
    assert alternatives("zzz", ["email", "vpn"]) == "there are: email, vpn"
    assert alternatives("zzz", []) == "there are none"


@pytest.mark.parametrize(
    "field",
    [
        *("type", "impact", "urgency", "channel"),
        *("waiting_for", "closure_code", "contact_method", "article_outcome"),
    ],
)
def test_every_list_needs_unknown(desk_dir: Path, field: str) -> None:
    """A drop-down list without `unknown` is refused, whichever it is (R1b.1d)."""
    path = desk_dir / VOCABULARY
    before, after = path.read_text(encoding="utf-8").split(f"\n{field}:\n", 1)
    start = after.index("  unknown:")
    after = after[:start] + after[after.index("\n", start) + 1 :]
    path.write_text(f"{before}\n{field}:\n{after}", encoding="utf-8")
    line = before.count("\n") + 2
    message = f"the list `{field}` needs the entry `unknown`"
    assert _said(desk_dir) == [f"{VOCABULARY}:{line}: {message}"]


def _missing(file: str) -> str:
    """What is said of a file that is not there."""
    return f"the file is missing; `sdcli init DIR` starts a desk from which to copy {file}"


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(desk_dir: Path, file: str) -> None:
    """A file that is not there is one problem, and does not make others."""
    (desk_dir / file).unlink()
    assert _said(desk_dir) == [f"{file}:1: {_missing(file)}"]


def test_an_empty_directory_names_all_files(tmp_path: Path) -> None:
    """Without any file each of them is named."""
    assert _said(tmp_path) == [f"{file}:1: {_missing(file)}" for file in FILES]


def test_a_directory_in_place_of_a_file_is_named(desk_dir: Path) -> None:
    """What cannot be read as a file is a problem like any other."""
    (desk_dir / PEOPLE).unlink()
    (desk_dir / PEOPLE).mkdir()
    assert _said(desk_dir) == [f"{PEOPLE}:1: the file cannot be read: Is a directory"]


def test_a_broken_file_does_not_make_references_to_it_wrong(desk_dir: Path) -> None:
    """What points into a file that cannot be read is not reported as dangling."""
    (desk_dir / TEAMS).write_text("nonsense", encoding="utf-8")
    assert _said(desk_dir) == [f"{TEAMS}:1: `the file` must be a mapping, not `nonsense`"]


def test_a_broken_entry_can_still_be_pointed_to(desk_dir: Path) -> None:
    """A technician who misses a key is there all the same: only the key is reported."""
    text = _edit(desk_dir, TEAMS, "    mail: amara@example.org\n", "")
    line = _line(text, "name: Amara")
    assert _said(desk_dir) == [f"{TEAMS}:{line}: `technicians.amara` needs the key `mail`"]


def test_one_run_shows_the_mistakes_of_all_files(desk_dir: Path) -> None:
    """Mistakes in several files, articles too, are all reported by one `lint`."""
    sla = _edit(desk_dir, SLA_POLICIES, "response: 15m", "response: soon")
    services = _edit(desk_dir, SERVICES, "owner: mina", "owner: nobody-here")
    services = _edit(desk_dir, SERVICES, "queue: workplace", "queue: workplaces")
    teams = _edit(desk_dir, TEAMS, "lead: petra", "lead: petro")
    people = _edit(desk_dir, PEOPLE, "mail: bruno@example.com", "mail: ada@example.com")
    words = _edit(desk_dir, VOCABULARY, "  shared: The caller", "  shared: 7 # The caller")
    name = "kb/KB-110-printer-offline.yaml"
    article = _edit(desk_dir, name, "type: incident", "type: accident")
    with pytest.raises(DataFileError) as caught:
        lint(str(desk_dir))
    found = {(problem.file, problem.line) for problem in caught.value.problems}
    assert found == {
        (SLA_POLICIES, _line(sla, "soon")),
        (SERVICES, _line(services, "nobody-here")),
        (SERVICES, _line(services, "queue: workplaces")),
        (TEAMS, _line(teams, "petro")),
        (PEOPLE, _line(people, "name: Bruno") + 1),
        (VOCABULARY, _line(words, "shared: 7")),
        (name, _line(article, "accident")),
    }
    assert len(caught.value.problems) == len(found)
    for problem in caught.value.problems:
        assert str(problem) in caught.value.message


_BROKEN_SECTIONS = (
    (
        TEAMS,
        "desk:\n  queue: service-desk\n  manager: amara\n  duty_managers: duty-managers\n",
        "desk: []\n",
    ),
    (TEAMS, "  manager: amara\n", ""),
    (SLA_POLICIES, _STARTER[SLA_POLICIES].split("\nalerts:\n")[1], "  []\n"),
    (SLA_POLICIES, "  warn_at: [80]\n", ""),
    (SLA_POLICIES, f"hours:\n{_WEEK}", "hours: []\n"),
)


@pytest.mark.parametrize(("file", "old", "new"), _BROKEN_SECTIONS)
def test_a_broken_section_is_one_problem(desk_dir: Path, file: str, old: str, new: str) -> None:
    """A section of another shape, or without one of its keys, is reported and nothing breaks."""
    _edit(desk_dir, file, old, new)
    [said] = _said(desk_dir)
    assert said.startswith(f"{file}:")


@pytest.mark.parametrize(
    ("file", "edits", "problems"),
    [
        (SLA_POLICIES, (("warn_at: [80]", "warn_at: [abc]"),), 1),
        (
            PEOPLE,
            (("mail: ada@example.com", "mail: ada"), ("mail: bruno@example.com", "mail: bruno")),
            2,
        ),
        (SLA_POLICIES, (('mon: ["08:00-18:00"]', 'mon: ["8-12", "13-17"]'),), 2),
    ],
)
def test_a_reported_value_is_not_reported_again(
    desk_dir: Path, file: str, edits: tuple[tuple[str, str], ...], problems: int
) -> None:
    """What could not be decoded breaks no further rule."""
    for old, new in edits:
        _edit(desk_dir, file, old, new)
    assert len(_said(desk_dir)) == problems


@pytest.fixture(name="scratch", scope="module")
def _scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A desk for many small changes: what has been read once is not decoded again."""
    root = tmp_path_factory.mktemp("scratch")
    (root / "catalog").mkdir()
    for name, text in _STARTER.items():
        (root / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(load, "read_file", lru_cache(64)(load.read_file))
        yield root


def _with(root: Path, file: str, raw: bytes) -> bool:
    """Whether the starter with other content in one file is sound; if not, it is said why."""
    problems: tuple[Problem, ...] = ()
    try:
        (root / file).write_bytes(raw)
        policy = read_policy(str(root))
    except DataFileError as error:
        policy, problems = None, error.problems
    finally:
        (root / file).write_text(_STARTER[file], encoding="utf-8")
    assert (policy is None) == bool(problems)
    for problem in problems:
        assert problem.file in FILES
        assert problem.line >= 1
        assert problem.message
    return policy is not None


@pytest.mark.parametrize("file", FILES)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_policy_or_problems(scratch: Path, file: str, raw: bytes) -> None:
    """Whatever a file holds, reading gives a policy or says what is wrong."""
    assert not _with(scratch, file, raw)


@st.composite
def _mutated(draw: st.DrawFn) -> tuple[str, bytes]:
    """A starter file after a few mutations of its lines and bytes."""
    file = draw(st.sampled_from(FILES))
    lines = _STARTER[file].splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        key, colon, _rest = line.rstrip("\n").partition(":")
        writing = draw(st.sampled_from(_WRITINGS))
        lines[at] = draw(
            st.sampled_from(
                (
                    "",
                    line * 2,
                    f" {line}",
                    line[1:],
                    f"{key}{colon} {writing}\n",
                    f"{key[: len(key) - len(key.lstrip())]}{writing}: {line.strip()}\n",
                    line.replace(",", f", {writing},", 1),
                    lines[draw(st.integers(0, len(lines) - 1))],
                )
            )
        )
    raw = "".join(lines).encode()
    if draw(st.booleans()):
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=2)) + raw[at + 1 :]
    return file, raw


_SHORT = {**_STARTER, SERVICES: _STARTER[SERVICES].split("  vpn:\n")[0]}
"""The starter's files; of the services only the first, since all have the same shape."""


@pytest.mark.parametrize("file", [SLA_POLICIES, TEAMS])
@pytest.mark.parametrize("writing", ["", "[]", "{}"])
def test_a_spoilt_line_of_a_section_is_a_problem(scratch: Path, file: str, writing: str) -> None:
    """Whichever line has another value, reading gives a policy or says what is wrong."""
    _spoil_each_line(scratch, file, writing)


@pytest.mark.parametrize("file", [SERVICES, PEOPLE, VOCABULARY])
@pytest.mark.parametrize("writing", ["", "[]", "{}"])
def test_a_spoilt_line_is_a_problem(scratch: Path, file: str, writing: str) -> None:
    """Whichever line has another value, reading gives a policy or says what is wrong."""
    _spoil_each_line(scratch, file, writing)


def _spoil_each_line(root: Path, file: str, writing: str) -> None:
    """Put another value, or none, in place of each line of a file and what is indented below."""
    lines = _SHORT[file].splitlines(keepends=True)
    first = ("", "[]", "{}").index(writing)  # of three lines each has another value
    for at, line in some([*enumerate(lines)], 3, first):
        indent = len(line) - len(line.lstrip())
        end = at + 1
        while end < len(lines) and lines[end].startswith(" " * (indent + 1)):
            end += 1
        key = line.split(":")[0].rstrip()
        spoilt = f"{key}: {writing}\n" if writing else ""
        _with(root, file, "".join((*lines[:at], spoilt, *lines[end:])).encode())


@settings(max_examples=examples(500), suppress_health_check=[HealthCheck.too_slow])
@given(mutated=_mutated())
def test_any_mutation_is_a_policy_or_problems(scratch: Path, mutated: tuple[str, bytes]) -> None:
    """However a starter file is spoilt, reading gives a policy or says what is wrong."""
    _with(scratch, *mutated)
