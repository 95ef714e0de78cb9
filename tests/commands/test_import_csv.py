"""`sdcli import --from csv`: another tool's history by a map, rehearsed, all or nothing, once (T25)."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import DATA_FILE, DONE, PARTLY_DONE, REFUSED, USAGE, ImportFileError
from sdcli.intake.sketch import sketch
from sdcli.policy.imports import read_map, words
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy
    from tests.conftest import JsonRunner, Runner

MAPS = REPOSITORY / "examples" / "maps"
SERVICENOW = """number,sys_updated_at,sys_mod_count,opened_at,caller_id,location,contact_type,category,\
subcategory,impact,urgency,priority,assignment_group,assigned_to,sys_updated_by,reopen_count,\
closed_code,incident_state
INC1,2026-03-02T09:10:00,0,2026-03-02T09:00:00,ada,Lisbon,Phone,42,31,2,2,3,24,,340,0,6,New
INC1,02/03/2026 09:20,1,2026-03-02T09:00:00,ada,Lisbon,Phone,42,31,2,2,3,24,89,340,0,6,Active
INC1,2026-03-02T09:20:00,2,2026-03-02T09:00:00,ada,Lisbon,Phone,42,31,2,2,3,25,57,340,0,6,Awaiting User Info
INC2,2026-03-02T10:00:00,0,,bo,Porto,Email,9,1,1,1,1,,,340,0,,New
INC1,2026-03-03T09:00:00,3,2026-03-02T09:00:00,ada,Lisbon,Phone,42,31,2,2,3,25,57,340,0,6,Resolved
INC1,2026-03-04T09:00:00,4,2026-03-02T09:00:00,ada,Lisbon,Phone,42,31,2,2,3,25,57,340,1,6,Active
INC1,2026-03-05T09:00:00,5,2026-03-02T09:00:00,ada,Lisbon,Phone,42,31,2,2,3,25,57,340,1,6,Resolved
INC1,2026-03-10T09:00:00,6,2026-03-02T09:00:00,ada,Lisbon,Phone,42,31,2,2,3,25,57,908,1,6,Closed
"""
STATUSES = """SR Number,Change Date+Time,Status,Sub Status,Involved ST,Impact,Product,Owner First Name
1-7,2026-03-02T09:50:04+01:00,Accepted,In Progress,network,Medium,vpn,jan
1-7,2026-03-02T10:53:44+01:00,Queued,Awaiting Assignment,workplace,Medium,vpn,jan
1-7,2026-03-02T11:33:45+01:00,Accepted,Wait - User,workplace,Medium,vpn,eva
1-7,2026-03-02T12:33:45+01:00,Completed,In Call,workplace,Medium,vpn,eva
"""
TICKETS = """Number;Title;Body;Customer;Organization;Created via;Type;Category;Priority;Group;Owner;\
Created at;First response at;Solved at;Closed at;Updated at;Solution;Time spent;State
17;Printer;"It is
offline";ada;sales;phone;Incident;printing;2 normal;Users;ben;2026-03-02 09:00:00;2026-03-02 09:10:00;\
2026-03-02 10:00:00;2026-03-04 10:00:00;2026-03-04 10:00:00;New cable;900;closed
18;VPN;;bo;sales;web;Question;vpn;3 high;2nd level;;2026-03-03 09:00:00;;;;2026-03-03 11:00:00;;;pending reminder
"""
EXAMPLES = {"servicenow-events": SERVICENOW, "status-log": STATUSES, "tickets": TICKETS}
WRONG = "INC3,yesterday,0,,,,,,,,,,,,,,,New\n"


@pytest.fixture(name="given")
def _given(tmp_path: Path) -> dict[str, tuple[str, ...]]:
    """The arguments that import each example."""
    found: dict[str, tuple[str, ...]] = {}
    for name, text in EXAMPLES.items():
        file = tmp_path / f"{name}.csv"
        file.write_text(text, encoding="utf-8")
        found[name] = ("import", "--from", "csv", "--map", str(MAPS / f"{name}.yaml"), str(file))
    return found


def test_there_is_a_small_file_for_every_example() -> None:
    """Every map of `examples/maps` is tried here."""
    assert {path.stem for path in MAPS.iterdir()} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_fits_its_file(
    name: str, given: dict[str, tuple[str, ...]], sdj: JsonRunner
) -> None:
    """It is sound for the starter desk, reads its file whole, and guesses nothing (T25)."""
    told = sdj(*given[name])
    account = told["account"]

    assert told["new"] == account["tickets"] == len(told["tickets"])
    assert account["problems"] == []
    assert {each["field"] for each in account["unmapped"]} <= {"code"}
    assert {each["value"] for each in account["not_here"]} <= {"24", "25", "unknown"}
    again = sdj(*given[name])
    assert (again["new"], again["known"]) == (0, told["new"])
    assert sdj("doctor")["findings"] == []


def test_a_history_is_what_it_was(given: dict[str, tuple[str, ...]], sdj: JsonRunner) -> None:
    """Its ticket shows who had it, when it waited, was reopened and closed, in UTC (T25)."""
    sdj(*given["servicenow-events"])
    ticket = sdj("show", "SD-1")
    events = [(each["kind"], each["at"]) for each in sdj("history", "SD-1")]

    assert (ticket["summary"], ticket["queue"]) == ("INC1: category 42, 31", "25")
    assert (ticket["channel"], ticket["status"]) == ("phone", "closed")
    assert events[:-1] == [
        ("opened", "2026-03-02T09:00:00Z"),
        ("assigned", "2026-03-02T09:20:00Z"),
        ("assigned", "2026-03-02T09:20:00Z"),
        ("waited", "2026-03-02T09:20:00Z"),
        ("accepted", "2026-03-03T09:00:00Z"),  # it went on with whoever has it there
        ("resolved", "2026-03-03T09:00:00Z"),
        ("reopened", "2026-03-04T09:00:00Z"),
        ("resolved", "2026-03-05T09:00:00Z"),
        ("closed", "2026-03-10T09:00:00Z"),
    ]
    assert events[-1][0] == "imported"


def test_nobody_is_told_of_what_was_missed(
    given: dict[str, tuple[str, ...]], sd: Runner, sdj: JsonRunner
) -> None:
    """An open ticket of last spring is late, and no alert is raised for it (T25)."""
    sd(*given["tickets"])
    assert sdj("sla-check", "--dry-run") == []


def test_a_rehearsal_says_everything_and_records_nothing(
    given: dict[str, tuple[str, ...]], sd: Runner, sdj: JsonRunner
) -> None:
    """--dry-run gives the account that the import then gives, and no ticket is there (T25)."""
    name = "servicenow-events"
    tried = sdj(*given[name], "--dry-run")
    text = sd(*given[name], "--dry-run").stdout
    none = sdj("list", "--all")
    done = sdj(*given[name])

    assert tried["account"] == done["account"]
    assert none == []
    assert "2 tickets would be new; 0 known already." in text
    assert "8 rows, 2 tickets, 10 events, 2026-03-02 to 2026-03-10." in text
    assert "  code '6', 7 times: taken for solved" in text
    assert "  queue 24, 1 ticket" in text


def test_all_or_nothing_or_going_on(
    given: dict[str, tuple[str, ...]], tmp_path: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A wrong line refuses the file with 5; --keep-going takes the others, lists it, ends with 8."""
    args = given["servicenow-events"]
    (tmp_path / "servicenow-events.csv").write_text(SERVICENOW + WRONG, encoding="utf-8")
    refused = sd(*args, expect=DATA_FILE)
    assert sdj("list", "--all") == []
    told = sdj(*args, "--keep-going", "--dry-run", expect=PARTLY_DONE)
    text = sd(*args, "--keep-going", expect=PARTLY_DONE).stdout

    place = f"{tmp_path / 'servicenow-events.csv'}:10: `at`: 'yesterday' is no instant"
    assert place in refused.stderr
    assert "--keep-going" in refused.stderr
    assert [each["line"] for each in told["account"]["problems"]] == [10]
    assert "Left out, 1 mishap:" in text
    assert place in text
    assert len(sdj("list", "--all")) == 2


def test_standard_input_is_taken(given: dict[str, tuple[str, ...]], sdj: JsonRunner) -> None:
    """`-` is what another program writes."""
    *args, _ = given["tickets"]
    told = sdj(*args, "-", stdin=TICKETS.encode())
    assert told["new"] == 2


USES: dict[str, tuple[tuple[str, ...], str]] = {
    "no map": (("--from", "csv", "-"), "--from csv needs --map FILE"),
    "a map for nothing": (("--map", "-", "-"), "add --from csv"),
    "going on with JSON": (("--keep-going", "-"), "--keep-going goes with --from csv"),
    "a sketch with a map": (("--sketch-map", "--map", "-", "-"), "takes FILE.csv alone"),
    "a sketch of JSON": (("--sketch-map", "--from", "jsonl", "-"), "takes FILE.csv alone"),
    "a sketch of a rehearsal": (("--sketch-map", "--dry-run", "-"), "imports nothing"),
    "a sketch that goes on": (("--sketch-map", "--keep-going", "-"), "imports nothing"),
    "a sketch of rejects": (("--sketch-map", "--rejects", "x.csv", "-"), "imports nothing"),
    "rejects of nothing": (
        ("--from", "csv", "--map", "-", "--rejects", "x.csv", "-"),
        "--rejects goes with --keep-going",
    ),
    "rejects of a rehearsal": (
        ("--from", "csv", "--map", "-", "--keep-going", "--dry-run", "--rejects", "x.csv", "-"),
        "which writes nothing",
    ),
}


@pytest.mark.parametrize("name", USES)
def test_options_that_do_not_go_together(name: str, sd: Runner) -> None:
    """They are refused with what to write instead."""
    args, message = USES[name]
    assert message in sd("import", *args, expect=USAGE).stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_first_map_reads_its_file(
    name: str, given: dict[str, tuple[str, ...]], tmp_path: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What --sketch-map writes is sound, and takes every row of the file that it was made for (T25)."""
    file = given[name][-1]
    sketched = sd("import", "--sketch-map", file)
    path = tmp_path / "first.yaml"
    path.write_text(sketched.stdout, encoding="utf-8")
    told = sdj("import", "--from", "csv", "--map", str(path), file, "--dry-run")

    assert told["new"] == len({line.split(",")[0] for line in file_rows(name)})
    assert "Next: mend it" in sketched.stderr
    assert sdj("import", "--sketch-map", file)["map"] == sketched.stdout
    if name == "servicenow-events":
        assert '"Awaiting User Info": {status: waiting, for: user}  # 1' in sketched.stdout
        assert 'formats: ["%d/%m/%Y %H:%M", "iso"]' in sketched.stdout


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_sketch_is_imported_whatever_stands_between_cells(
    delimiter: str, tmp_path: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """Comma, semicolon, tab and pipe: a sketch names what it found, and an import takes it (T25)."""
    file, path = tmp_path / "f.csv", tmp_path / "map.yaml"
    rows = [
        ("Number", "Title", "Created at", "Solved at", "State"),
        ("17", "Printer, offline; | again", "2026-03-02 09:00", "2026-03-02 10:00", "solved"),
        ("18", "VPN", "2026-03-02 09:00", "", "new"),
    ]
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)
    path.write_text(sd("import", "--sketch-map", str(file)).stdout, encoding="utf-8")
    told = sdj("import", "--from", "csv", "--map", str(path), str(file))

    assert (told["new"], told["account"]["left_out"]) == (2, 0)
    assert sdj("show", "SD-1")["summary"] == "Printer, offline; | again"


def file_rows(name: str) -> list[str]:
    """The rows of an example by the name of their ticket, without the header."""
    delimiter = ";" if name == "tickets" else ","
    rows = csv.reader(io.StringIO(EXAMPLES[name]), delimiter=delimiter)
    return [row[0] for row in rows][1:]


NAMES = (
    "Number",
    "State",
    "Priority",
    "Created at",
    "Updated",
    "at",
    "Group",
    "x",
    'a"b',
    "{}",
    "a:b",
    "#",
    "",
)
CELLS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ("2026-03-02", "New", "1", "yes", "null", "- x", "*a", "{a}", "'", '"', "\\", "\x85", "\ufeff")
)


@given(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=6),
    st.lists(st.lists(CELLS, max_size=6), max_size=6),
)
def test_whatever_the_file_its_first_map_can_be_read(
    policy: Policy, header: list[str], rows: list[list[str]]
) -> None:
    """No name of a column and no value makes a sketch that is no map, or none of this file."""
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header, *rows])
    known = words(policy.vocabulary)
    try:
        text = sketch(io.BytesIO(stream.getvalue().encode()), "f.csv", known, "Europe/Paris")
    except ImportFileError:
        return
    assert read_map(text.encode(), "first.yaml", policy.vocabulary).map.format == 1


def test_a_sketch_of_nothing_is_refused(sd: Runner) -> None:
    """A file without a header has no columns to guess by."""
    assert "it is empty" in sd("import", "--sketch-map", "-", expect=DATA_FILE).stderr


def test_jsonl_stays_as_it_is(sd: Runner, sdj: JsonRunner) -> None:
    """Without --from, and with `--from jsonl`, it is what `sdcli export` writes (T25)."""
    event: dict[str, Any] = {"kind": "opened", "at": "2026-11-20T10:00:00Z", "by": "ada"}
    event |= {"summary": "x", "queue": "network", "priority": "P3"}
    line = json.dumps({"source": "a/1", "events": [event]})
    told = sdj("import", "-", stdin=line)

    assert set(told) == {"dry_run", "new", "known", "tickets"}
    assert sd("import", "--from", "jsonl", "-", stdin=line, expect=DONE).stdout == (
        "0 tickets are new; 1 known already.\n"
    )


HEADER, *ROWS = SERVICENOW.splitlines(keepends=True)


def test_a_second_import_speaks_of_what_is_new(
    given: dict[str, tuple[str, ...]], tmp_path: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What is known is counted, and named where the file tells more of it than was taken (T25)."""
    args, file = given["servicenow-events"], tmp_path / "servicenow-events.csv"
    file.write_text(HEADER + "".join(ROWS[:5]), encoding="utf-8")
    first = sdj(*args)["account"]
    same = sdj(*args)["account"]
    new = "INC3,2026-03-11T10:00:00,0,,bo,Porto,Email,9,1,1,1,1,,,340,0,,New\n"
    file.write_text(SERVICENOW + new, encoding="utf-8")
    sd("note", "SD-1", "we go on here", "--minutes", "5")
    grown, text = sdj(*args, "--dry-run")["account"], sd(*args, "--dry-run").stdout

    assert (first["tickets"], first["known"], first["gone_on"]) == (2, 0, [])
    assert [name for name, said in same.items() if said] == ["rows", "known"]
    assert (same["rows"], same["known"]) == (5, 2)
    assert (grown["tickets"], grown["known"]) == (1, 2)
    assert (grown["events"], grown["statuses"]) == ({"opened": 1}, {"new": 1})
    assert (grown["inserted"], grown["unmapped"]) == ({}, [])
    assert grown["gone_on"] == [
        {"source": "snow:INC1", "ref": "SD-1", "until": "2026-03-10T09:00:00Z"}
    ]
    assert "2 tickets are known already: their histories were not looked at again." in text
    assert "Since then 1 of them has gone on there, and that is not taken:" in text
    assert "  SD-1 snow:INC1, until 2026-03-10 09:00 UTC" in text
    assert "9 rows, 1 new ticket, 1 new event" in text


def test_blanks_around_a_cell_make_no_second_ticket(tmp_path: Path, sdj: JsonRunner) -> None:
    """A name is the same with blanks before or after its cell, in a text or alone (T25)."""
    file = tmp_path / "f.csv"
    args = ("import", "--from", "csv", "--map", str(MAPS / "tickets.yaml"), str(file))
    file.write_text(TICKETS, encoding="utf-8")
    assert sdj(*args)["new"] == 2
    file.write_text(TICKETS.replace("17;", " 17\t;").replace("18;", "\u00a018 ;"), encoding="utf-8")
    assert (again := sdj(*args))["new"] == 0, again["tickets"]


def test_a_csv_file_taken_for_json_is_told_once(tmp_path: Path, sd: Runner) -> None:
    """Without --from csv, what is said is how to import it, and not a line for each of its rows."""
    file = tmp_path / "ok.csv"
    file.write_text(SERVICENOW, encoding="utf-8")
    refused = sd("import", str(file), expect=DATA_FILE).stderr

    assert refused.count("ok.csv:") == 1
    assert "--from csv --map MAP.yaml" in refused
    assert "malformed" not in refused


def test_the_first_answer_is_called_what_it_is(
    given: dict[str, tuple[str, ...]], sd: Runner, sdj: JsonRunner
) -> None:
    """An instant of a first answer becomes a note that says where it was given (T25)."""
    sd(*given["tickets"])
    texts = [each.get("text") for each in sdj("history", "SD-1")]
    assert "Answered there (first response in the source)" in texts


def rejected(path: Path, delimiter: str = ",") -> list[list[str]]:
    """The rows of a file of rejects."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def test_what_was_left_out_can_be_mended_and_imported(
    given: dict[str, tuple[str, ...]], tmp_path: Path, sdj: JsonRunner
) -> None:
    """--rejects keeps every row of what was left out, with the reason, for the same map (T25)."""
    *args, source = given["servicenow-events"]
    bad = WRONG + "INC3,2026-03-11T10:00:00,1,,,,,,,,,,,,,,,Closed\n" + "INC4,too short\n"
    file = tmp_path / "servicenow-events.csv"
    file.write_text(SERVICENOW + bad, encoding="utf-8")
    out, again = tmp_path / "rejects.csv", tmp_path / "again.csv"
    told = sdj(*args, source, "--keep-going", "--rejects", str(out), expect=PARTLY_DONE)
    header, *rows = rejected(out)

    assert told["rejects"] == {"file": str(out), "rows": 3}
    assert out.stat().st_mode & 0o777 == 0o600
    assert header == [*next(csv.reader([HEADER])), "left out because"]
    assert [(row[0], row[-1].split(":")[0]) for row in rows] == [
        ("INC3", "`at`"),
        ("INC3", "left out with line 10"),
        ("INC4", "it has 2 cells, and there are 18 columns; whose event it is cannot be told"),
    ]
    unmended = (*args, str(out), "--keep-going", "--rejects", str(again))
    assert sdj(*unmended, expect=PARTLY_DONE)["new"] == 0
    assert rejected(again)[:2] == rejected(out)[:2]
    text = out.read_text(encoding="utf-8").replace("yesterday", "2026-03-11T09:00:00")
    out.write_text("".join(text.splitlines(keepends=True)[:-1]), encoding="utf-8")
    assert sdj(*args, str(out))["new"] == 1
    assert sdj("doctor")["findings"] == []


def test_rejects_overwrite_nothing_and_are_only_written_where_there_are_any(
    given: dict[str, tuple[str, ...]], tmp_path: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A file that is there refuses the import before it is done; one for nothing is not made."""
    out = tmp_path / "there.csv"
    out.write_text("mine", encoding="utf-8")
    args = (*given["tickets"], "--keep-going", "--rejects")
    refused = sd(*args, str(out), expect=REFUSED)
    nowhere = sd(*args, str(tmp_path / "no" / "x.csv"), expect=REFUSED)

    assert "is there already and stays as it is" in refused.stderr
    assert "There is no folder" in nowhere.stderr
    assert out.read_text(encoding="utf-8") == "mine"
    assert sdj("list", "--all") == []
    told = sdj(*args, str(tmp_path / "none.csv"))
    assert (told["new"], told["rejects"]) == (2, {"file": None, "rows": 0})
    assert not (tmp_path / "none.csv").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_rejects_are_written_as_they_were_read(
    encoding: str, tmp_path: Path, sdj: JsonRunner
) -> None:
    """Their encoding and delimiter are those of the map, and bytes that are no text come back."""
    text = (MAPS / "tickets.yaml").read_text(encoding="utf-8")
    map_, file, out = (tmp_path / name for name in ("map.yaml", "f.csv", "out.csv"))
    map_.write_text(text.replace("encoding: utf-8", f"encoding: {encoding}"), encoding="utf-8")
    raw = TICKETS.replace("2026-03-02 09:00:00", "früher").encode(encoding)
    if encoding == "utf-8":
        raw = raw.replace(b"Printer", b"Dr\xfccker")
    file.write_bytes(raw)
    args = ("import", "--from", "csv", "--map", str(map_), str(file), "--keep-going")
    told = sdj(*args, "--rejects", str(out), expect=PARTLY_DONE)

    assert (told["new"], told["rejects"]["rows"]) == (1, 1)
    if encoding == "utf-8":
        assert b"17;Dr\xfccker;" in out.read_bytes()
    else:
        assert "17;Printer;" in out.read_bytes().decode(encoding)
        assert "früher" in out.read_bytes().decode(encoding)


def test_a_huge_cell_leaves_out_its_ticket_alone(
    given: dict[str, tuple[str, ...]], tmp_path: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A cell of any size up to a row's is told with its line; the rows of other tickets are taken."""
    args = given["servicenow-events"]
    file = tmp_path / "servicenow-events.csv"
    huge = ROWS[1].replace("Phone", "x" * 140_000)
    file.write_text(HEADER + ROWS[0] + huge + "".join(ROWS[2:]), encoding="utf-8")
    refused = sd(*args, expect=DATA_FILE).stderr
    told = sdj(*args, "--keep-going", expect=PARTLY_DONE)

    assert "csv:3: cell 7 has 140,000 characters, and 100,000 are the most; shorten it" in refused
    assert "field" not in refused
    assert [each["source"] for each in told["tickets"]] == ["snow:INC2"]
    assert [each["line"] for each in told["account"]["problems"]] == [3, 3]
    assert "the other rows of INC1" in told["account"]["problems"][1]["message"]
