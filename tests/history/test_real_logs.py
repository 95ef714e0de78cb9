"""Two real event logs, imported by the example maps, against a count that knows nothing of sdcli.

The logs are not part of the project; the tests are skipped where they are not.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from sdcli.cli import cli
from sdcli.desk import Desk
from sdcli.tickets.event import Assigned, Closed, Reopened, Resolved, Waited
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import as_of
from sdcli.tickets.words import STATUSES
from tests.conftest import CASES, NOW, REPOSITORY
from tests.history import recount
from tests.history.flat import moves, servicenow, status_log

if TYPE_CHECKING:
    from sdcli.tickets.ticket import Ticket

_LOGS = CASES / "history"
_MAPS = REPOSITORY / "examples" / "maps"
_FILES = {
    "servicenow-events": "uci_sample_400.jsonl",
    "status-log": "bpic2013_sample_200.jsonl",
}
_OPEN = ("new", "in_progress", "waiting")
_PRIORITIES = {"P1": "1", "P2": "2", "P3": "3", "P4": "4"}
_CHANNELS = {"phone": "Phone", "portal": "Self service", "mail": "Email", "unknown": ""}

pytestmark = pytest.mark.skipif(not _LOGS.is_dir(), reason="the logs are not here")


_ROWS = {"servicenow-events": servicenow, "status-log": status_log}


class Replayed:
    """A log on a desk: what the import said, and the tickets as they are there."""

    def __init__(
        self, name: str, root: str, account: dict[str, Any], tickets: list[Ticket]
    ) -> None:
        self.root = root
        self.cases = recount.read(_LOGS / _FILES[name])
        self.figures = recount.figures(self.cases)
        self.account, self.tickets = account, tickets

    def times(self, kind: type) -> int:
        """How many events of a kind there are."""
        return sum(isinstance(event, kind) for each in self.tickets for event in each.standing)


@pytest.fixture(name="replayed", params=sorted(_FILES), scope="module")
def _replayed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """A log, flattened to a CSV of one row an event, and imported into a desk of its own."""
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    lines = (_LOGS / _FILES[name]).read_text(encoding="utf-8").splitlines()
    rows = [row for line in lines for row in _ROWS[name](json.loads(line))]
    if name == "servicenow-events":
        rows.reverse()  # a sequence says what came first of one minute
    file = folder / f"{name}.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    root = str(folder / "desk")
    given = ("import", "--from", "csv", "--map", str(_MAPS / f"{name}.yaml"), str(file))
    _run("init", root)
    told = json.loads(_run("--desk", root, *given, "--json"))
    assert json.loads(_run("--desk", root, *given, "--json"))["new"] == 0, "it was taken already"
    desk = Desk(root, by="ben", now=NOW, cache="", wait_s=5)
    tickets = list(desk.ledger.find(Query(statuses=STATUSES)))
    return Replayed(name, root, told["account"], tickets)


def _run(*args: str) -> str:
    settings = {"SDCLI_USER": "ben", "SDCLI_NOW": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
    result = CliRunner().invoke(cli, args, env=settings, prog_name="sdcli")
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_real_log_is_what_it_was(replayed: Replayed) -> None:
    """Tickets, levels, channels, moves, reopenings, times and backlog are those of the log (T25)."""
    expected, tickets = replayed.figures, replayed.tickets
    openings = [each.opening for each in tickets]

    assert len(tickets) == expected["tickets"] == replayed.account["tickets"]
    assert Counter(each.impact for each in tickets) == expected["impact"]
    assert Counter(_CHANNELS[each.channel] for each in openings) == expected["channel"]
    if "" not in expected["priority"]:
        assert Counter(_PRIORITIES[each.priority] for each in tickets) == expected["priority"]
    assert replayed.times(Reopened) == expected["reopened"]
    assert moves(tickets) == (expected["moved"], expected["reassigned"])
    assert sum(_waited(each) for each in tickets) == expected["waited_for_caller"]
    groups = Counter("" if each.queue == "unknown" else each.queue for each in tickets)
    assert groups == expected["group"]


def test_a_real_log_takes_as_long_as_it_took(replayed: Replayed) -> None:
    """From opening to the first resolution and to the end, in seconds; and the backlog then (T25)."""
    expected, tickets = replayed.figures, replayed.tickets
    first = [found for each in tickets if (found := _first_resolution(each)) is not None]
    ends = [_seconds(each, each.closed_at) for each in tickets if each.closed_at]

    assert recount.spread(first) == expected["first_resolution"]
    assert recount.spread(ends) == expected["closing"]
    assert len(ends) == expected["closed"]
    for at, count in expected["backlog"].items():
        when = datetime.fromtimestamp(at, timezone.utc)
        known = [as_of(each, when) for each in tickets if each.opened_at <= when]
        assert sum(each.status in _OPEN for each in known) == count


def test_a_report_counts_what_the_log_shows(replayed: Replayed) -> None:
    """`sdcli report` gives the figures of six periods as they are counted without it (T25)."""
    ends = recount.instants(replayed.cases)
    step = ends[1] - ends[0]
    wanted = [word for figure in _FIGURES for word in ("--figure", figure)]
    for until in ends:
        since = until - step
        expected = recount.within(replayed.cases, since, until)
        period = ("--since", _iso(since), "--until", _iso(until))
        told = json.loads(_run("--desk", replayed.root, "report", *period, *wanted, "--json"))
        figures = {each["id"]: each for each in told["figures"]}

        for name in (
            "opened",
            "resolved",
            "closed",
            "backlog",
            "reopened",
            "reassigned",
            "ping_pong",
        ):
            assert figures[name]["now"]["value"] == expected[name], name
        assert figures["unconfirmed"]["now"]["value"] == expected.get("unconfirmed", 0)
        for name in ("fcr", "fcr.net", "reopen_rate"):
            now = figures[name]["now"]
            assert (now["counted"], now["of"]) == (expected.get(name, 0), expected["resolved"]), (
                name
            )
        age = figures["backlog.age"]["now"]
        assert {"median": age["median_s"], "p90": age["p90_s"]} == (
            expected["age"] or {"median": None, "p90": None}
        )
        for split, labels in expected.items():
            name, _, part = split.partition(".")
            if part and split not in figures and (part != "priority" or "" not in labels):
                parts = figures[name]["by"][part]
                assert {
                    _theirs(each["name"]): each["now"]["value"]
                    for each in parts
                    if each["now"]["value"]
                } == {_theirs(label): count for label, count in labels.items() if count}, split


_FIGURES = (
    *("opened", "resolved", "closed", "backlog", "backlog.age", "unconfirmed", "reopened"),
    *("reassigned", "ping_pong", "fcr", "fcr.net", "reopen_rate"),
)


def _theirs(label: str) -> str:
    """A label in the words of the log; what it does not say is unknown in either."""
    return {**_PRIORITIES, **_CHANNELS, "": "unknown"}.get(label, label) or "unknown"


def _iso(at: int) -> str:
    return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def test_what_the_logs_count_themselves(replayed: Replayed) -> None:
    """Reopenings agree with the count in the log itself, and so do moves in nearly every ticket.

    The ServiceNow log counts ten moves more, one in each of ten tickets. In nine its count rises on a
    row that names the group that the row before names: something in between was not logged. In one
    it is moved when it is resolved already, which is no hand-over here and is told as not taken.
    """
    figures = replayed.figures
    if figures["reopened_as_counted_there"]:
        assert figures["reopened"] == figures["reopened_as_counted_there"]
    assert figures["moved_as_counted_there"] - figures["moved"] in (0, 10)
    assert figures["tickets"] - figures["moved_alike"] in (0, 10)


def test_the_account_says_what_was_put_in(replayed: Replayed) -> None:
    """Every event is counted, and none is there that is neither shown by a row nor accounted for."""
    account = replayed.account
    kinds = {"resolved": Resolved, "closed": Closed, "reopened": Reopened, "assigned": Assigned}

    assert account["problems"] == []
    assert account["rows"] == sum(len(case.rows) for case in replayed.cases)
    for name, kind in kinds.items():
        assert account["events"].get(name, 0) == replayed.times(kind)
    inserted = Counter[str]()
    for what, count in account["inserted"].items():
        inserted[what.partition(":")[0]] += count
    shown = sum(
        len(recount.course(case).resolved) for case in replayed.cases
    )  # a row that ends the open states is one resolution, whether it closes as well or not
    assert account["events"]["resolved"] == shown
    assert inserted["resolved"] <= shown


def _first_resolution(ticket: Ticket) -> int | None:
    for event in ticket.standing:
        if isinstance(event, (Resolved, Closed)):
            return _seconds(ticket, event.at)
    return None


def _seconds(ticket: Ticket, at: datetime | None) -> int:
    assert at is not None
    return round((at - ticket.opened_at).total_seconds())


def _waited(ticket: Ticket) -> bool:
    waits = (event for event in ticket.standing if isinstance(event, Waited))
    return any(event.waiting_for == "user" for event in waits)
