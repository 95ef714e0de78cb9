"""Whom to ask how it was: nobody twice, nobody too often, and one failure stops nothing (R5a.2)."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import LEDGER_BUSY, PARTLY_DONE, REFUSED
from tests.commands.test_survey_mail import sends_with
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

LATER = NOW + timedelta(hours=1)
DUE = ("survey", "due")


def _set(desk_dir: Path, before: str, after: str) -> None:
    path = desk_dir / "catalog" / "survey.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.fixture(name="closed")
def _closed(sd: Runner, sdj: JsonRunner) -> Any:
    """Opens and closes an incident of somebody's; gives its reference."""

    def closed(user: str, *more: str, at: Any = NOW) -> str:
        args = ("open", "VPN drops", "--user", user, "--type", "incident", "--new", *more)
        ref: str = sdj(*args, at=at)["ref"]
        sd("close", ref, "--code", "solved", "--unconfirmed", "gone home", at=at)
        return ref

    return closed


def _states(document: Any) -> dict[str, str]:
    return {row["ref"]: row["state"] for row in document["rows"]}


def test_who_is_asked(sd: Runner, sdj: JsonRunner, closed: Any, desk_dir: Path) -> None:
    """Once each, whose ticket is closed; not what is open, merged, void, a problem, of a machine (R5a.2)."""
    closed("ada")
    sd("open", "Open still", "--user", "bruno", "--type", "incident", "--new")
    sd("open", "Merged", "--user", "carmen", "--type", "incident", "--new")
    sd("merge", "3", "--into", "2")
    sd("open", "A slip", "--user", "dana", "--type", "incident", "--new")
    sd("undo", "4", "--reason", "a slip")
    sd("problem", "open", "The VPN")
    sd("problem", "close", "5", "--code", "duplicate")
    alert = '{"status": "firing", "labels": {"alertname": "Disk", "instance": "db1"}}'
    ref = sdj("open", "-", stdin=f'{{"alerts": [{alert}], "receiver": "d", "groupKey": "x"}}')[
        "ref"
    ]
    sd("classify", ref, "--type", "incident")
    sd("close", ref, "--code", "solved", "--confirmed-by", "servers", "--via", "monitoring")
    sends_with(desk_dir, "true")

    assert _states(sdj(*DUE, at=LATER)) == {"SD-1": "due"}
    assert _states(sdj(*DUE, "--send", at=LATER)) == {"SD-1": "asked"}
    assert _states(sdj(*DUE, "--send", at=LATER)) == {}
    sd("reopen", "1", "--reason", "it is back", at=LATER)
    sd("close", "1", "--code", "solved", "--unconfirmed", "gone", at=LATER)
    assert _states(sdj(*DUE, at=LATER)) == {}


def test_only_what_was_closed_since_then(sdj: JsonRunner, closed: Any) -> None:
    """What was closed before --since is not asked about, however it changed later (R5a.2)."""
    ref = closed("ada", at=NOW - timedelta(days=10))
    sdj("note", ref, "called back", at=NOW)

    assert _states(sdj(*DUE)) == {}
    assert _states(sdj(*DUE, "--since", "11d")) == {ref: "due"}


def test_callers_rest(sdj: JsonRunner, closed: Any, desk_dir: Path) -> None:
    """Within `rest` nobody is asked about a second ticket; then they are again (R5a.2)."""
    first, second = closed("ada"), closed("ada", at=LATER)
    sends_with(desk_dir, "true")

    listed = sdj(*DUE, at=LATER)
    assert _states(listed) == {first: "due", second: "resting"}
    assert _states(sdj(*DUE, "--send", at=LATER)) == {first: "asked", second: "resting"}
    soon, over = LATER + timedelta(days=13), LATER + timedelta(days=15)
    assert _states(sdj(*DUE, "--since", "20d", "--send", at=soon)) == {second: "resting"}
    assert _states(sdj(*DUE, "--since", "20d", "--send", at=over)) == {second: "asked"}


def test_a_person_may_ask_all_the_same(sd: Runner, sdj: JsonRunner, closed: Any) -> None:
    """`survey ask` tells that the caller was asked lately, and asks (R5a.2)."""
    first, second = closed("ada"), closed("ada")
    sd("survey", "ask", first, "--via", "phone")

    told = sd("survey", "ask", second, "--via", "phone")

    assert f"asked about {first} less than 14 days ago" in told.stderr
    assert sdj("history", second)[-1]["kind"] == "survey_sent"


def test_one_of_so_many(sdj: JsonRunner, closed: Any, desk_dir: Path) -> None:
    """With `every: 3` the same part of the tickets is asked about each time (R5a.2)."""
    _set(desk_dir, "rest: 14d\n", "")
    _set(desk_dir, "  incident:\n", "  incident:\n    every: 3\n")
    for _ in range(12):
        closed("ada")

    first, again = sdj(*DUE), sdj(*DUE)

    assert first == again
    assert 0 < len(first["rows"]) < 12
    assert len(first["rows"]) + first["left_out"] == 12


@pytest.mark.parametrize("first", [0, 1])
def test_a_busy_desk_is_waited_for_once(
    first: int, sd: Runner, closed: Any, monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    """Who sends meanwhile is waited for on one ticket, and not anew on each (R5a.2)."""
    for user in ("ada", "bruno", "carmen", "dana"):
        closed(user)
    sends_with(storage.desk, "true")
    free = iter([True] * first)
    waits: list[float] = []

    @contextmanager
    def alone(_: Any, purpose: str, wait_s: float = 0) -> Iterator[bool]:
        assert purpose == "survey"
        is_free = next(free, False)
        waits.extend([] if is_free else [wait_s])
        yield is_free

    monkeypatch.setattr(type(storage.ledger()), "alone", alone)

    ran = sd(*DUE, "--send", "--json", at=LATER, expect=PARTLY_DONE if first else LEDGER_BUSY)

    assert len(waits) == 1
    assert "another survey that is being sent" in ran.output
    if first:
        states = list(_states(json.loads(ran.stdout)).values())
        assert states == ["asked", "failed", "failed", "failed"]


def test_what_was_closed_elsewhere_is_not_asked_about(
    sd: Runner, sdj: JsonRunner, closed: Any, storage: Storage
) -> None:
    """Another desk has closed it; what is closed here after an import is this desk's (R5a.2)."""
    for user in ("ada", "bruno"):
        closed(user)
    exported = sd("export").stdout
    storage.begin_anew()
    sd("import", "-", stdin=exported, at=LATER)
    assert {row["status"] for row in sdj("list", "--all")} == {"closed"}
    assert _states(sdj(*DUE, at=LATER)) == {}

    soon = LATER + timedelta(hours=1)
    sd("reopen", "2", "--reason", "it is back", at=soon)
    sd("close", "2", "--code", "solved", "--unconfirmed", "gone", at=soon)

    assert _states(sdj(*DUE, at=soon)) == {"SD-2": "due"}


def test_many_who_rest_are_one_line(
    sd: Runner, sdj: JsonRunner, closed: Any, desk_dir: Path
) -> None:
    """Cron is told how many were left out, and the document which (R5a.2)."""
    for _ in range(5):
        closed("ada")
    for _ in range(3):
        closed("Stranger", "--no-contact", "hung up")
    sends_with(desk_dir, "true")

    told = sd(*DUE, "--send", at=LATER)

    assert "4 tickets left out for now, whose callers rest" in told.stderr
    assert len(told.stderr.splitlines()) == 2
    assert "rests" not in told.stdout
    again = sdj(*DUE, "--send", at=LATER)
    assert list(_states(again).values()).count("resting") == 4


_FAILS_FOR_ADA = """
import sys
sys.exit(b"To: ada@" in sys.stdin.buffer.read())
"""


def test_one_failure_stops_no_other(sdj: JsonRunner, closed: Any, desk_dir: Path) -> None:
    """It exits 8, says which and why, and that one is due again the next time (R5a.2)."""
    refs = [closed(user) for user in ("ada", "bruno")]
    none = closed("Stranger", "--no-contact", "hung up")
    sends_with(desk_dir, sys.executable, "-c", _FAILS_FOR_ADA)

    told = sdj(*DUE, "--send", at=LATER, expect=PARTLY_DONE)

    assert _states(told) == {refs[0]: "failed", refs[1]: "asked", none: "no-address"}
    assert "was not sent" in told["rows"][0]["reason"]
    sends_with(desk_dir, "true")
    assert _states(sdj(*DUE, "--send", at=LATER)) == {refs[0]: "asked", none: "no-address"}


def test_rehearsed_and_without_a_program(
    sd: Runner, sdj: JsonRunner, closed: Any, desk_dir: Path, tmp_path: Path
) -> None:
    """--dry-run shows what would be noted and sends nothing; without a program nobody is asked (R5a.2)."""
    closed("ada")
    assert "send_with" in sd(*DUE, "--send", expect=REFUSED).stderr
    sends_with(desk_dir, "tee", str(tmp_path / "out"))

    (event,) = sdj(*DUE, "--send", "--dry-run")["events"]

    assert event["kind"] == "survey_sent"
    shown = sd(*DUE, "--send", "--dry-run").stdout
    assert "SD-1 would ask ada" in shown
    assert "asked" not in shown
    assert not (tmp_path / "out").exists()
    assert _states(sdj(*DUE)) == {"SD-1": "due"}


def test_what_callers_said(sd: Runner, sdj: JsonRunner, closed: Any, desk_dir: Path) -> None:
    """Sent, answered, and the means by question, figure, queue and who resolved it first (R5a.2)."""
    first, second = closed("ada"), closed("bruno")
    sd("open", "No route", "--user", "carmen", "--type", "incident", "--new")
    sd("escalate", "3", "--to", "network", "--reason", "a trace")
    sd("resolve", "3", "--code", "solved", "--as", "greta")
    for ref in (first, second, "3"):
        sd("survey", "ask", ref, "--via", "phone")
    sd("survey", "answer", first, "--score", "again=5", "--score", "speed=2", "--remark", "Slow")
    sd("survey", "answer", "3", "--score", "again=2")
    _set(desk_dir, "figure: satisfaction", "figure: self-help")  # old answers keep their meaning

    report = sdj("survey", "report", "--since", "1d", at=LATER)

    assert (report["sent"]["count"], report["answered"], report["rate"]) == (3, 2, 66.67)
    assert report["figures"] == {
        "satisfaction": {"answers": 2, "mean": 3.5},
        "time-to-resolve": {"answers": 1, "mean": 2.0},
    }
    queues = {each["name"]: each for each in report["by_queue"]}
    assert queues["network"]["figures"] == {"satisfaction": {"answers": 1, "mean": 2.0}}
    assert queues["service-desk"]["rate"] == 50.0
    people = {each["name"]: each["answered"] for each in report["by_person"]}
    assert people == {"ben": 1, "greta": 1}
    assert [(each["ref"], each["remark"]) for each in report["remarks"]] == [(first, "Slow")]
    text = sd("survey", "report", at=LATER).stdout
    assert "3 surveys sent, 2 answered (66.7 %)." in text
    assert "| Slow" in text
    assert sdj("survey", "report", "--until", "2026-11-01")["sent"]["count"] == 0
