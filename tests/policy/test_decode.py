"""Each mistake in a file gives exactly the expected problem, with the file and the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.policy import agreements, model, scalars, teams
from sdcli.policy.calendars import Window
from sdcli.policy.dates import WRITE_DATES
from sdcli.policy.decode import Decoder, duration, window
from sdcli.policy.load import read_file
from sdcli.policy.model import PEOPLE, SERVICES, SLA_POLICIES, TEAMS, VOCABULARY
from sdcli.policy.yamlfile import YamlFile
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from datetime import date

_SHAPES: dict[str, Any] = {
    SLA_POLICIES: agreements.SlaPolicies,
    SERVICES: model.Services,
    TEAMS: teams.Teams,
    PEOPLE: model.People,
    VOCABULARY: model.Vocabulary,
}
_DURATION = "write working time as 30m, 4h or 1h30m"
_AMOUNT = f"{_DURATION}, or working days as 3 business_days"
_WINDOW = 'write working hours as "09:00-17:30"'
_PRIORITIES = "P1, P2, P3, P4, P5"
_ROLES = "csr, resolver, incident-coordinator, problem-analyst, problem-manager, cs-manager"


class Case(NamedTuple):
    """An edit of a starter file and the problem it makes.

    The problem is on the first line that holds `at`; `old` is the first of its kind.
    """

    file: str
    old: str
    new: str
    at: str
    message: str


def _starter(file: str) -> str:
    """The text of a starter file."""
    return (REPOSITORY / file).read_text(encoding="utf-8")


def _edited(file: str, old: str, new: str) -> str:
    """A starter file with the first `old` replaced; it has to be there."""
    text = _starter(file)
    assert old in text, f"{file} no longer holds {old!r}"
    return text.replace(old, new, 1)


def _line(text: str, needle: str) -> int:
    """The first line of a text that holds the needle."""
    assert needle in text
    return text[: text.index(needle)].count("\n") + 1


def _said(file: str, text: str | bytes) -> list[str]:
    """All problems of a file, as a person reads them."""
    raw = text if isinstance(text, bytes) else text.encode()
    return [str(problem) for problem in read_file(file, raw, _SHAPES[file]).problems]


_CASES: dict[str, Case] = {
    # What YAML would quietly read as something else (T33).
    "time as number": Case(
        SLA_POLICIES,
        'mon: ["08:00-18:00"]',
        "mon: [17:30]",
        "17:30",
        "YAML reads the time `17:30` as the number 1050; put it in quotes",
    ),
    "time that stays text": Case(
        SLA_POLICIES, '"08:00-18:00"', "09:00", "09:00", "put the time `09:00` in quotes"
    ),
    "number as duration": Case(
        SLA_POLICIES,
        "response: 15m",
        "response: 15",
        "P1: {response: 15,",
        "YAML reads `15` as a number; put it in quotes",
    ),
    "number as text": Case(
        SERVICES,
        'keywords:\n      - website\n      - web site\n      - shop\n      - checkout\n      - http\n      - https\n      - "500"',
        "keywords:\n      - website\n      - web site\n      - shop\n      - checkout\n      - http\n      - https\n      - 500",
        "- 500",
        "YAML reads `500` as a number; put it in quotes",
    ),
    "phone as number": Case(
        PEOPLE,
        'phone: "+44 20 7946 0201"',
        "phone: +442079460201",
        "+442079460201",
        "YAML reads `+442079460201` as a number; put it in quotes",
    ),
    "date as text": Case(
        SERVICES,
        "limits: Up to 25 members",
        "limits: 2027-01-01",
        "2027-01-01",
        "YAML reads `2027-01-01` as a date; put it in quotes",
    ),
    "yes as text": Case(
        TEAMS,
        "focus: First contact, classification, known solutions, closing",
        "focus: yes",
        "focus: yes",
        "YAML reads `yes` as a truth value; put it in quotes",
    ),
    "no as id": Case(
        TEAMS,
        "members: [dmitri, ben]",
        "members: [dmitri, no]",
        "[dmitri, no]",
        "YAML reads `no` as a truth value; put it in quotes",
    ),
    "on as key": Case(
        VOCABULARY,
        "  chat: A chat message",
        "  on: A chat message",
        "  on:",
        "YAML reads `on` as a truth value; put it in quotes",
    ),
    "nothing as text": Case(
        PEOPLE,
        "unit: Finance",
        "unit:",
        "unit:\n",
        "`people.ada.unit` is empty",
    ),
    "empty text": Case(
        PEOPLE,
        "unit: Finance",
        'unit: " "',
        'unit: " "',
        "`people.ada.unit` is ' ': it must not be empty",
    ),
    # Keys.
    "unknown key, with suggestion": Case(
        SERVICES,
        "    owner: kofi\n",
        "    owner: kofi\n    componets: [mx3]\n",
        "componets",
        "`services.email` has no key `componets`; did you mean `components`?",
    ),
    "unknown key, nothing close": Case(
        TEAMS,
        "  manager: amara\n",
        "  manager: amara\n  zzz: x\n",
        "zzz",
        "`desk` has no key `zzz`; it may have queue, manager, duty_managers",
    ),
    "unknown key of a file": Case(
        VOCABULARY,
        "\nchannel:",
        "\nxyzzy: {a: b}\n\nchannel:",
        "xyzzy",
        (
            "`the file` has no key `xyzzy`; it may have format, type, impact, urgency, channel, "
            "waiting_for, closure_code, contact_method, article_outcome, discovered, breach_cause, cause"
        ),
    ),
    "place is no key": Case(
        SERVICES,
        "    owner: kofi\n",
        "    owner: kofi\n    place: here\n",
        "place: here",
        (
            "`services.email` has no key `place`; it may have name, owner, queue, agreement, "
            "hours, features, keywords, components, limits, presets, depends_on, goals and 3 more"
        ),
    ),
    "missing key": Case(
        SERVICES,
        "    hours: extended-hours\n",
        "",
        "name: E-mail and calendar",
        "`services.email` needs the key `hours`",
    ),
    "missing key of a file": Case(
        SLA_POLICIES,
        "default_agreement: standard\n",
        "",
        "format: 1",
        "`the file` needs the key `default_agreement`",
    ),
    "missing matrix cell": Case(
        SLA_POLICIES,
        "low: {high: P3, medium: P4, low: P5, unknown: P4}",
        "low: {high: P3, medium: P4, unknown: P4}",
        "  low: {high: P3",
        "`matrix.low` needs the key `low`",
    ),
    "missing matrix row": Case(
        SLA_POLICIES,
        "  unknown: {high: P2, medium: P3, low: P4, unknown: P3}\n",
        "",
        "  high: {high:",
        "`matrix` needs the key `unknown`",
    ),
    "missing target": Case(
        SLA_POLICIES,
        "P5: {response: 8h, resolution: 80h}",
        "P5: {response: 8h}",
        "P5: {response: 8h}",
        "`targets.P5` needs the key `resolution`",
    ),
    # Values out of a fixed list.
    "unknown priority": Case(
        SLA_POLICIES,
        "low: P5, unknown: P4",
        "low: P6, unknown: P4",
        "P6",
        f"`matrix.low.low` is 'P6'; it must be one of {_PRIORITIES}",
    ),
    "unknown priority as key": Case(
        SLA_POLICIES,
        "P1: {response: 10m",
        "P0: {response: 10m",
        "P0:",
        f"`agreements.critical.targets` is 'P0'; it must be one of {_PRIORITIES}",
    ),
    "unknown level": Case(
        SERVICES,
        "presets: {impact: medium, urgency: medium}",
        "presets: {impact: huge, urgency: medium}",
        "huge",
        "`services.email.presets.impact` is 'huge'; it must be one of high, medium, low, unknown",
    ),
    "unknown tier": Case(
        TEAMS,
        "tier: 1",
        "tier: 4",
        "tier: 4",
        "`queues.service-desk.tier` is 4; it must be one of 1, 2, 3",
    ),
    "tier as text": Case(
        TEAMS,
        "tier: 1",
        'tier: "1"',
        'tier: "1"',
        "`queues.service-desk.tier` must be a whole number, not `1`",
    ),
    "unknown role": Case(
        TEAMS,
        "roles: [csr]",
        "roles: [boss]",
        "[boss]",
        f"`technicians.ben.roles.0` is 'boss'; it must be one of {_ROLES}",
    ),
    "unknown recipient": Case(
        SLA_POLICIES,
        "warning: [owner,",
        "warning: [mum,",
        "[mum,",
        (
            "`alerts.warning.0` is 'mum'; it must be one of assignee, queue-lead, on-call, "
            "service-owner, desk-manager, owner, duty-manager, business"
        ),
    ),
    "unknown type of request": Case(
        VOCABULARY,
        "\n  information:",
        "\n  info:",
        "  info:",
        "`type` is 'info'; it must be one of incident, fulfilment, new-service, information, unknown",
    ),
    "format of the future": Case(
        VOCABULARY, "format: 1", "format: 2", "format: 2", "`format` is 2; it must be 1"
    ),
    # Values with a form of their own.
    "bad zone": Case(
        SLA_POLICIES,
        "zone: UTC",
        "zone: Mars/Olympus",
        "Mars",
        (
            "`calendars.around-the-clock.zone` is 'Mars/Olympus': there is no such IANA time zone; "
            "write one like Europe/Paris"
        ),
    ),
    "zone that leaves the folder": Case(
        SLA_POLICIES,
        "zone: UTC",
        "zone: ../../etc/passwd",
        "passwd",
        (
            "`calendars.around-the-clock.zone` is '../../etc/passwd': there is no such IANA time "
            "zone; write one like Europe/Paris"
        ),
    ),
    "bad duration": Case(
        SLA_POLICIES,
        "resolution: 4h",
        "resolution: 4 hours",
        "4 hours",
        f"`targets.P1.resolution` is '4 hours': {_AMOUNT}",
    ),
    "no duration": Case(
        SLA_POLICIES,
        "resolution: 4h",
        "resolution: 0m",
        "resolution: 0m",
        f"`targets.P1.resolution` is '0m': {_AMOUNT}",
    ),
    "bad hours": Case(
        SLA_POLICIES,
        '"08:00-18:00"',
        '"8-18"',
        '"8-18"',
        f"`calendars.business-hours.hours.mon.0` is '8-18': {_WINDOW}",
    ),
    "hours after midnight": Case(
        SLA_POLICIES,
        '"08:00-18:00"',
        '"08:00-24:30"',
        "24:30",
        (
            "`calendars.business-hours.hours.mon.0` is '08:00-24:30': that is no time of day; the "
            "day ends at 24:00"
        ),
    ),
    "bad holiday": Case(
        SLA_POLICIES,
        '# holidays: {"2027-05-28"',
        'holidays: {"2026-02-30"',
        "2026-02-30",
        f"`calendars.business-hours.holidays` is '2026-02-30': there is no such date; {WRITE_DATES}",
    ),
    "bad mail": Case(
        PEOPLE,
        "mail: ada@example.com",
        "mail: ada at example.com",
        "ada at",
        "`people.ada.mail` is 'ada at example.com': that is no mail address",
    ),
    "bad percent": Case(
        SLA_POLICIES,
        "warn_at: [80]",
        'warn_at: ["80"]',
        "warn_at",
        "`alerts.warn_at.0` must be a whole number, not `80`",
    ),
    "percent in other digits": Case(
        SLA_POLICIES,
        "warn_at: [80]",
        "warn_at: [0x50]",
        "warn_at",
        "`alerts.warn_at.0` is '0x50': write a whole number in plain digits",
    ),
    # One shape where another is expected.
    "list for a mapping": Case(
        SERVICES,
        (
            "features:\n      pages:\n        name: Reading and editing pages\n"
            "        keywords: [page, edit]\n      spaces:\n        name: Spaces for teams\n"
            "        keywords: [space]\n"
        ),
        "features: [pages, spaces]\n",
        "features: [pages",
        "`services.intranet.features` must be a mapping, not a list",
    ),
    "mapping for a list": Case(
        TEAMS,
        "members: [dmitri, ben]",
        "members: {dmitri: ben}",
        "{dmitri: ben}",
        "`queues.onsite.members` must be a list, not a mapping",
    ),
    "word for a list": Case(
        TEAMS,
        "members: [dmitri, ben]",
        "members: dmitri",
        "members: dmitri",
        "`queues.onsite.members` must be a list, not `dmitri`",
    ),
    "list for a text": Case(
        TEAMS,
        "name: On-site support",
        "name: [On-site, support]",
        "[On-site",
        "`queues.onsite.name` must be a text, not a list",
    ),
    "word for a section": Case(
        TEAMS,
        "desk:\n  queue: service-desk\n  manager: amara\n  duty_managers: duty-managers\n",
        "desk: amara\n",
        "desk: amara",
        "`desk` must be a mapping, not `amara`",
    ),
    # What desk files do not use.
    "alias": Case(
        SERVICES,
        "agreement: extended\n    hours: extended-hours\n    limits: Mailboxes",
        "agreement: &e extended\n    hours: *e\n    limits: Mailboxes",
        "&e",
        "anchors and aliases are not used in desk files",
    ),
    "tag": Case(
        PEOPLE,
        "unit: Finance",
        "unit: !!python/object:os.system id",
        "!!python",
        "the tag tag:yaml.org,2002:python/object:os.system is not used in desk files",
    ),
}


@pytest.mark.parametrize("case", _CASES.values(), ids=_CASES.keys())
def test_one_mistake_gives_one_problem(case: Case) -> None:
    """Each kind of mistake is named once, with file and line, and nothing else is said."""
    text = _edited(case.file, case.old, case.new)
    assert _said(case.file, text) == [f"{case.file}:{_line(text, case.at)}: {case.message}"]


def test_a_duplicate_key_is_named_with_both_lines() -> None:
    """Of two services with one id the second is reported, with the line of the first."""
    text = _edited(SERVICES, "\n  vpn:\n", "\n  email:\n")
    first = _line(text, "  email:\n")
    second = _line(text, "    name: Remote access") - 1
    assert _said(SERVICES, text) == [
        f"{SERVICES}:{second}: the key `email` is here twice; the first is on line {first}"
    ]


@pytest.mark.parametrize("file", _SHAPES)
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "1: the file is empty"),
        (b"# nothing\n", "1: the file is empty"),
        (b"- a\n- b\n", "1: `the file` must be a mapping, not a list"),
        (b"\nhello\n", "2: `the file` must be a mapping, not `hello`"),
        (b"format: 1\nname: caf\xe9\n", "2: the file is not UTF-8"),
        (b"\xff\xfef\x00o\x00", "1: the file is not UTF-8"),
        (b"format: 1\nname: x\n\x80", "3: the file is not UTF-8"),
    ],
)
def test_what_is_no_desk_file_is_said_so(file: str, raw: bytes, expected: str) -> None:
    """An empty file, one of another shape and one that is no text are each named at once."""
    assert _said(file, raw) == [f"{file}:{expected}"]


@pytest.mark.parametrize("file", _SHAPES)
def test_what_is_not_yaml_is_said_so(file: str) -> None:
    """A file that breaks off in the middle is named with the place where it breaks."""
    [said] = _said(file, f"{_starter(file)}\nx: [1, 2\n")
    end = _starter(file).count("\n") + 3
    assert said.startswith(f"{file}:{end}: this is not YAML: ")


@pytest.mark.parametrize("file", _SHAPES)
def test_starter_files_are_sound(file: str) -> None:
    """No starter file has a problem, also with the line ends and the mark of other editors."""
    text = _starter(file)
    assert not _said(file, text)
    assert not _said(file, text.replace("\n", "\r\n"))
    assert not _said(file, b"\xef\xbb\xbf" + text.encode())


def test_one_run_shows_all_mistakes_of_a_file() -> None:
    """Reading goes on after a mistake, to the end of the file."""
    text = _starter(TEAMS)
    edits = (
        ("tier: 1", "tier: 9"),
        ("lead: dmitri", "laed: dmitri"),
        ("mail: ben@example.org", "mail: ben"),
        ("roles: [problem-manager]", "roles: problem-manager"),
    )
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    onsite = _line(text, "name: On-site")
    assert sorted(_said(TEAMS, text), key=lambda said: int(said.split(":")[1])) == [
        f"{TEAMS}:{_line(text, 'tier: 9')}: `queues.service-desk.tier` is 9; it must be one of 1, 2, 3",
        f"{TEAMS}:{onsite}: `queues.onsite` needs the key `lead`",
        f"{TEAMS}:{_line(text, 'laed')}: `queues.onsite` has no key `laed`; did you mean `lead`?",
        f"{TEAMS}:{_line(text, 'mail: ben')}: `technicians.ben.mail` is 'ben': that is no mail address",
        f"{TEAMS}:{_line(text, 'roles: problem-m')}: `technicians.sven.roles` must be a list, not `problem-manager`",
    ]


def test_a_value_remembers_its_place() -> None:
    """A service, an agreement and a row of the matrix know the file and line they came from."""
    text = _starter(SLA_POLICIES)
    sla: agreements.SlaPolicies = read_file(
        SLA_POLICIES, text.encode(), agreements.SlaPolicies
    ).value
    assert sla.matrix.low.place == f"{SLA_POLICIES}:{_line(text, '  low: {high')}"
    first = _line(text, "name: Business-critical")
    assert sla.agreements["critical"].place == f"{SLA_POLICIES}:{first}"


def test_every_path_has_its_line() -> None:
    """The line of any value can be found by its path, for the checks between files."""
    text = _starter(TEAMS)
    places = read_file(TEAMS, text.encode(), teams.Teams).places
    for path, needle in (
        ("desk", "desk:"),
        ("desk.manager", "manager: amara"),
        ("queues.onsite", "  onsite:"),
        ("queues.onsite.members.1", "[dmitri, ben]"),
        ("technicians.sven.mail", "mail: sven"),
    ):
        assert places[path] == _line(text, needle), path


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m", 60), ("30m", 1800), ("4h", 14400), ("1h30m", 5400), ("0h1m", 60), ("90m", 5400)],
)
def test_durations(text: str, seconds: int) -> None:
    """Hours and minutes, or both, are seconds."""
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "h", "m", "0h", "0h0m", "1", "1d", "30m1h", "-1h", "1.5h", "1h 30m", " 1h", "1H"]
)
def test_what_is_no_duration(text: str) -> None:
    """Anything else is refused, also nothing at all."""
    with pytest.raises(ValueError, match=_DURATION):
        duration(text)


@pytest.mark.parametrize("text", ["15m\n", "09:00-17:00\n"])
def test_nothing_follows_a_form(text: str) -> None:
    """A duration or window ends where its form ends."""
    with pytest.raises(ValueError, match="write working"):
        (window if ":" in text else duration)(text)


@pytest.mark.parametrize("text", ["10001h", "999999h", "0h606000m"])
def test_no_target_lasts_for_years(text: str) -> None:
    """A duration that no clock should walk through is refused."""
    with pytest.raises(ValueError, match="10000h"):
        duration(text)


@given(st.integers(0, 10_000), st.integers(0, 59))
def test_durations_read_back(hours: int, minutes: int) -> None:
    """Whatever number of hours and minutes is written is what is read."""
    if hours + minutes:
        assert duration(f"{hours}h{minutes}m") == hours * 3600 + minutes * 60


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09:00-17:30", 32400, 63000),
        ("00:00-24:00", 0, 86400),
        ("00:00-00:00", 0, 86400),
        ("22:00-06:00", 79200, 108000),
        ("08:00-08:00", 28800, 115200),
        ("01:30:30-07:45:30", 5430, 27930),
        ("22:00-06:00:01", 79200, 108001),
    ],
)
def test_windows(text: str, start: int, end: int) -> None:
    """Working hours are seconds from midnight; an end that is not later is on the next day."""
    assert window(text) == Window(start, end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9:00-17:00",
        "09:00",
        "09:00-25:00",
        "09:00:60-17:00",
        "09:00-24:00:01",
        "9-17",
        "09:60-17:00",
        "24:00-25:00",
        "09:00 - 17:00",
    ],
)
def test_what_is_no_window(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match=r"write working hours|no time of day"):
        window(text)


@given(st.dates())
def test_dates_need_no_quotes_where_a_date_is_meant(day: date) -> None:
    """Where only a date can stand, it reads the same with and without quotes."""
    file = YamlFile("x.yaml")
    node = file.parse(f"a: {day.isoformat()}\nb: '{day.isoformat()}'\n")
    assert node is not None
    hint: Any = dict[str, scalars.Day]
    assert Decoder(file).decode(node, hint) == {"a": day.isoformat(), "b": day.isoformat()}
    assert not file.problems


def test_a_shape_that_no_file_can_hold_is_a_mistake_of_the_program() -> None:
    """A type the decoder does not know is refused loudly and blamed on the model."""
    file = YamlFile("x.yaml")
    node = file.parse("a: b\n")
    assert node is not None
    with pytest.raises(TypeError, match="no file can hold"):
        Decoder(file).decode(node, complex)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (PEOPLE, "mail: ada@example.com", "mail:"),
        (SERVICES, "name: E-mail and calendar", "name: no"),
        (TEAMS, "tier: 1", "tier: one"),
        (SLA_POLICIES, "high: P1", "high: 1"),
    ],
)
def test_a_value_is_complained_about_once(file: str, old: str, new: str) -> None:
    """A value of the wrong kind is not also said to be none of the known ones."""
    assert len(_said(file, _edited(file, old, new))) == 1
