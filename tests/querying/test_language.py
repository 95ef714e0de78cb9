"""Queries: how they are read, what they find, and how their mistakes are told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import USAGE, QueryError
from sdcli.querying.fields import FIELDS, FLAGS
from sdcli.querying.language import WORDS, Term, expanded, parse
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

READ = {
    "status:waiting": [Term("status", ":", ("waiting",))],
    "Priority:P1,P2": [Term("priority", ":", ("P1", "P2"))],
    "-queue:network": [Term("queue", ":", ("network",), negated=True)],
    "age>3d": [Term("age", ">", ("3d",))],
    "sla>=80%": [Term("sla", ">=", ("80%",))],
    "type=incident": [Term("type", ":", ("incident",))],
    '"vpn drops"': [Term(WORDS, ":", ("vpn drops",))],
    "10.0.0.1:443": [Term(WORDS, ":", ("10.0.0.1:443",))],
    'unit:"Human Resources",IT': [Term("unit", ":", ("Human Resources", "IT"))],
    "a  b": [Term(WORDS, ":", ("a",)), Term(WORDS, ":", ("b",))],
    "": [],
}


@pytest.mark.parametrize("text", READ)
def test_a_query_is_read(text: str) -> None:
    """Fields, comparisons, lists, phrases, words, and what is not wanted."""
    plain = [Term(t.field, t.op, t.values, t.negated) for t in parse(text)]
    assert plain == READ[text]


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever is typed is read, or refused with a column that lies in it."""
    columns: list[int] = []
    try:
        columns += [term.column for term in parse(text)]
    except QueryError as error:
        columns.append(error.details["column"])
    assert all(1 <= column <= len(text) + 1 for column in columns)


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(sorted(FIELDS)),
            st.sampled_from([":", "<", "<=", ">", ">="]),
            st.lists(st.from_regex(r"[a-z0-9_.-]{1,8}", fullmatch=True), min_size=1, max_size=3),
        ),
        max_size=6,
    )
)
def test_what_is_written_is_read_back(
    given_: list[tuple[bool, str, str, list[str]]],
) -> None:
    """Terms in any order and number are read as they were written."""
    text = "  ".join(f"{'-' * no}{name}{op}{','.join(vs)}" for no, name, op, vs in given_)
    read = [(t.negated, t.field, t.op, list(t.values)) for t in parse(text)]
    assert read == given_


WRONG = {
    "prio:P1": (1, "there is no field `prio`; did you mean priority:?"),
    "status:new  service:vp": (21, "did you mean vpn?"),
    'vpn "drops': (5, "a quotation mark has no second one"),
    "status:": (8, "status: needs a value"),
    "age>soon": (5, "'soon' is no length of time"),
    "opened>1.2.": (8, "'1.2.' is no time"),
    "minutes>many": (9, "'many' is no number"),
    "priority>P2": (1, "`priority` is compared with a colon"),
    "is:late": (4, "`is` cannot be 'late'"),
    "@nothing": (1, "there is no saved query @nothing"),
    "status:new,gone": (12, "`status` cannot be 'gone'"),
}


@pytest.mark.parametrize("query", WRONG)
def test_a_mistake_is_pointed_at(sd: Runner, query: str) -> None:
    """The error names the column, and a mark stands below it."""
    column, said = WRONG[query]
    result = sd("list", query, expect=USAGE)
    lines = result.stderr.splitlines()
    assert said in result.stderr
    assert f"In column {column} of the query" in lines[0]
    assert lines[1] == f"  {query}"
    assert lines[2] == f"  {' ' * (column - 1)}^"


def test_saved_queries_stand_for_their_text() -> None:
    """Also within one another; one that leads to itself is refused."""
    saved = {"a": "status:new @b", "b": "-queue:network", "c": "@d", "d": "@c"}.get
    terms = expanded(parse("x @a"), saved, "x @a")
    assert [(t.field, t.negated) for t in terms] == [
        (WORDS, False),
        ("status", False),
        ("queue", True),
    ]
    with pytest.raises(QueryError):
        expanded(parse("-@a"), saved, "-@a")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("@loop", "the saved query @loop leads to itself"),
        ("@c", "the saved query @c leads to itself by @d"),
        ("x @before", "the saved query @loop leads to itself"),
    ],
)
def test_a_circle_of_saved_queries_is_told_once(query: str, says: str) -> None:
    """Which one leads to itself, and by which others, without the way that was gone."""
    saved = {"loop": "@loop", "c": "@d", "d": "@c", "before": "@loop"}.get
    with pytest.raises(QueryError) as caught:
        expanded(parse(query), saved, query)
    assert caught.value.reason == says


def test_saved_queries_end_somewhere() -> None:
    """A long way of saved queries is refused as that, and is no circle."""
    with pytest.raises(QueryError, match="more than 8 deep"):
        expanded(parse("@q1"), lambda name: f"@q{int(name[1:]) + 1}", "@q1")


@pytest.fixture(name="week")
def _week(sd: Runner) -> None:
    """Tickets of some days, in several states."""
    sd("open", "VPN drops after standby", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("open", "Printer is offline", "--user", "ada", "--service", "printing", at=NOW - DAY * 5)
    sd("open", "New laptop", "--user", "bruno", "--type", "fulfilment", at=NOW - DAY * 2)
    sd("open", "drops of the VPN", "--user", "bruno", "--type", "incident", "--service", "vpn")
    sd("assign", "1", "--to", "greta", "--queue", "network")
    sd("resolve", "3", "--code", "solved")
    sd("close", "3", "--confirmed-by", "bruno", "--via", "phone")
    sd("wait", "4", "--for", "user")


DAY = timedelta(days=1)
ASKED = {
    "": ["SD-1", "SD-2", "SD-4"],
    "status:waiting": ["SD-4"],
    "status:closed": ["SD-3"],
    "status:open": ["SD-1", "SD-2", "SD-4"],
    "closed>1d": ["SD-3"],
    "-status:waiting service:vpn": ["SD-1"],
    "service:vpn,printing -is:unassigned": ["SD-1"],
    "age>3d": ["SD-2"],
    "age<=3d": ["SD-1", "SD-4"],
    "opened:today": ["SD-1", "SD-4"],
    "opened<2026-11-20": ["SD-2"],
    '"vpn drops"': ["SD-1"],
    "vpn drops": ["SD-1", "SD-4"],
    "user:bruno": ["SD-4"],
    "assignee:greta": ["SD-1"],
    "assignee:none": ["SD-2", "SD-4"],
    "assignee:me": [],
    "is:unassigned type:incident": ["SD-4"],
    "sla:paused": ["SD-4"],
    "sla>100": ["SD-2"],
    "is:breached": ["SD-2"],
    "ref:1,sd-4": ["SD-1", "SD-4"],
    "has:problem": [],
    "priority:p2": ["SD-1", "SD-4"],
    "waiting:user": ["SD-4"],
}


@pytest.mark.parametrize("query", ASKED)
@pytest.mark.usefixtures("week")
def test_what_a_query_finds(sdj: JsonRunner, query: str) -> None:
    """Each kind of condition finds the tickets that are so, and no others."""
    found = sdj("list", query) if query else sdj("list")
    assert sorted(row["ref"] for row in found) == ASKED[query]


@pytest.mark.parametrize("query", [query for query in ASKED if query])
@pytest.mark.usefixtures("week")
def test_a_condition_and_its_opposite_are_everything(sdj: JsonRunner, query: str) -> None:
    """What is as a term says, and what is not, are together all tickets and never the same."""
    if len(parse(query)) > 1:
        return
    asked = {row["ref"] for row in sdj("list", query, "--all")}
    others = {row["ref"] for row in sdj("list", "--all", f"-{query}")}
    assert asked | others == {"SD-1", "SD-2", "SD-3", "SD-4"}
    assert not asked & others


@pytest.mark.usefixtures("week")
def test_options_narrow_a_query(sdj: JsonRunner) -> None:
    """`list` takes both, and both must hold."""
    assert [r["ref"] for r in sdj("list", "vpn", "--status", "waiting")] == ["SD-4"]
    assert [r["ref"] for r in sdj("list", "vpn", "--queue", "network")] == ["SD-1"]
    assert sdj("list", "is:news", "--news") == []


@pytest.mark.usefixtures("week")
def test_the_same_is_found_once_everything_is_folded(sd: Runner, sdj: JsonRunner) -> None:
    """Where tickets rest makes no difference to what is found."""
    before = {query: sdj("list", query) for query in ASKED if query}
    sd("compact")
    assert {query: sdj("list", query) for query in ASKED if query} == before


@pytest.mark.usefixtures("week")
def test_queries_are_saved_and_asked_by_name(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What is saved is read before, stands in the desk's files, and is asked as @NAME."""
    sd("query", "save", "late", "age>3d is:open", "--about", 'What "lies"')
    assert [row["ref"] for row in sdj("list", "@late")] == ["SD-2"]
    assert [row["ref"] for row in sdj("list", "@late", "printing")] == []
    (row,) = [each for each in sdj("query", "list") if each["name"] == "late"]
    assert (row["query"], row["about"]) == ("age>3d is:open", 'What "lies"')
    assert "late:" in (desk_dir / "catalog" / "queries.yaml").read_text()
    assert "already" in sd("query", "save", "late", "x", expect=4).stderr
    sd("query", "save", "wrong", "agee>3d", expect=USAGE)
    sd("lint")


def test_a_saved_query_that_cannot_be_asked_is_found_by_lint(sd: Runner, desk_dir: Path) -> None:
    """With its file and line."""
    file = desk_dir / "catalog" / "queries.yaml"
    file.write_text(file.read_text() + '  broken:\n    query: "servce:vpn"\n')
    said = sd("lint", expect=5).stderr
    assert "catalog/queries.yaml:" in said
    assert "there is no field `servce`" in said


def test_everything_that_can_be_asked_is_told(sdj: JsonRunner) -> None:
    """Each field and flag has a line that says what it is."""
    rows = sdj("query", "fields")
    told = {row["written"] for row in rows}
    assert {f"{group}:{flag}" for group, flags in FLAGS.items() for flag in flags} <= told
    assert all(row["about"] for row in rows)


@pytest.mark.usefixtures("week")
def test_reports_count_what_a_query_asks_for(sd: Runner, sdj: JsonRunner) -> None:
    """Closed tickets too: a report is about what was."""
    everything = sdj("report", "classification")
    some = sdj("report", "classification", "--query", "user:bruno")
    assert (everything["tickets"]["count"], some["tickets"]["count"]) == (4, 2)
    sd("report", "information", "--query", "service:vpn")
    sd("report", "unsupported", "--query", "-service:vpn")
    sd("report", "unsupported", "--query", "servce:vpn", expect=USAGE)
