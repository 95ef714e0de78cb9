"""`sdcli undo`: the last step taken back, on every ticket it changed, and nothing lost."""

from __future__ import annotations

import json
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import PARTLY_DONE, REFUSED, USAGE
from sdcli.tickets.event import SurveySent
from tests.conftest import NOW
from tests.homes import tickets_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

pytestmark = pytest.mark.both_homes

_OPEN = ("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


def state(sdj: JsonRunner, ref: str = "SD-1") -> dict[str, Any]:
    """A ticket as scripts see it, without what says that something happened."""
    shown: dict[str, Any] = sdj("show", ref)
    return {k: v for k, v in shown.items() if k not in ("events", "events_count", "updated_at")}


STEPS: list[tuple[str, ...]] = [
    ("assign", "1", "--to", "greta", "--queue", "network"),
    ("accept", "1"),
    ("escalate", "1", "--to", "network", "--reason", "a trace"),
    ("return", "1", "--reason", "which building?"),
    ("note", "1", "called back", "--minutes", "5", "--visible"),
    (
        "classify",
        "1",
        "--type",
        "incident",
        "--service",
        "vpn",
        "--impact",
        "high",
        "--reason",
        "x",
    ),
    ("wait", "1", "--for", "user", "--until", "2026-12-24T10:00Z"),
    ("resume", "1"),
    ("detail", "1", "--failed", "it drops"),
    ("resolve", "1", "--code", "solved", "--kb", "KB-104:helped"),
    ("close", "1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone"),
    ("reopen", "1", "--reason", "it is back"),
    ("kb", "used", "1", "KB-104:applied"),
    ("support", "1", "--device", "a wireless router"),
]


@pytest.mark.parametrize("seed", range(4))
def test_undo_after_any_legal_sequence_restores_the_ticket(
    sd: Runner, sdj: JsonRunner, seed: int
) -> None:
    """Whatever was done, in whatever order: undone step by step, each time it is as it was."""
    chance = Random(seed)
    sd(*_OPEN)
    stack = [state(sdj)]
    for _ in range(9):
        command = chance.choice(STEPS)
        before = sdj("show", "1")["events_count"]
        with suppress(AssertionError):  # it is not legal now, and changes nothing
            sd(*command)
        if sdj("show", "1")["events_count"] > before:
            stack.append(state(sdj))
    undone = []
    for expected in reversed(stack[:-1]):
        undone += sdj("undo", "1")["events"]
        assert state(sdj) == expected
    sd("doctor")
    for expected in stack[1:]:
        sd("undo", "1", "--redo")
        assert state(sdj) == expected
    sd("doctor")


def test_history_keeps_what_was_taken_back(sd: Runner, sdj: JsonRunner) -> None:
    """Nothing is deleted: the step is there, and says that it was taken back."""
    sd(*_OPEN)
    sd("note", "1", "the wrong ticket")
    sd("undo", "1", "--reason", "the wrong ticket")
    told = sd("history", "1").stdout.splitlines()
    assert told[-2].endswith("noted: the wrong ticket [taken back]")
    assert told[-1].endswith("took back 1 event (the wrong ticket)")
    marks = [each.get("taken_back") for each in sdj("history", "1")]
    assert marks == [None, True, None]


def test_nothing_to_take_back_is_said(sd: Runner) -> None:
    """What arrived has arrived: an alert's ticket has no step until somebody takes one."""
    alert = {"status": "firing", "labels": {"alertname": "Probe", "instance": "shop"}}
    sd("open", "-", stdin=json.dumps({"alerts": [alert], "receiver": "desk", "groupKey": "{}"}))
    result = sd("undo", "1", expect=REFUSED)
    assert "what arrived has arrived" in result.stderr
    sd("undo", "1", "--redo", expect=REFUSED)


def test_a_ticket_opened_by_mistake_is_void(sd: Runner, sdj: JsonRunner) -> None:
    """It is in no list, takes no step, and can be brought back; its number is not used again."""
    sd(*_OPEN, "--idempotency-key", "once")
    sd("undo", "1")
    assert sdj("list", "--all") == []
    refused = sd("reopen", "1", "--reason", "x", expect=REFUSED)
    assert "SD-1 is void" in refused.stderr
    assert sdj(*_OPEN, "--idempotency-key", "once")["ref"] == "SD-2"
    sd("undo", "2")
    sd("undo", "1", "--redo")
    assert [row["ref"] for row in sdj("list")] == ["SD-1"]


def test_somebody_elses_step_needs_a_reason(sd: Runner) -> None:
    """Who takes back what another did says why, and must not be a beginner (R6.1, R0.2)."""
    sd(*_OPEN, "--as", "ben")
    sd("note", "1", "x", "--as", "ben")
    result = sd("undo", "1", "--as", "greta", expect=REFUSED)
    assert "was taken by ben" in result.stderr
    sd("undo", "1", "--as", "greta", "--reason", "agreed")


def test_both_ends_of_a_link_go_together(sd: Runner, sdj: JsonRunner) -> None:
    """What stands on two tickets is taken back on both (R7.3)."""
    sd(*_OPEN)
    sd("problem", "open", "VPN", "--service", "vpn")
    sd("problem", "link", "2", "1")
    sd("undo", "1", "--only", expect=REFUSED)
    assert len(sdj("undo", "1")["events"]) == 2
    assert sdj("show", "1")["problem_records"] == []
    assert sdj("problem", "show", "2")["incidents"] == []
    assert len(sdj("undo", "2", "--redo")["events"]) == 2
    assert [each["ref"] for each in sdj("show", "1")["problem_records"]] == ["SD-2"]


def test_an_import_is_taken_back_whole(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """On all its tickets or on one, as is said; and it can be brought in again (T25)."""
    mark = {"at": "2026-11-20T10:00:00Z", "by": "zoë"}
    opening = {"kind": "opened", **mark, "summary": "x", "queue": "network", "priority": "P3"}
    lines = [json.dumps({"source": f"a/{n}", "events": [opening]}) for n in range(3)]
    file = tmp_path / "tickets.jsonl"
    file.write_text("\n".join(lines))
    sd("import", str(file))
    asked = sd("undo", "1", expect=REFUSED)
    assert "2 other tickets: SD-2, SD-3" in asked.stderr
    sd("undo", "1", "--only")
    sd("note", "2", "at work")
    sd("undo", "3", "--all", expect=REFUSED)  # SD-2 was worked on
    sd("undo", "2")
    sd("undo", "3", "--all")
    assert sdj("list", "--all") == []
    assert sdj("import", str(file))["new"] == 3
    sd("doctor")


def test_an_import_is_taken_back_where_nobody_was_told_of_it(
    sd: Runner, sdj: JsonRunner, tmp_path: Path, storage: Storage
) -> None:
    """What was sent from one ticket keeps that one, and the refusal names the way for all others (T25)."""
    mark = {"at": "2026-11-20T10:00:00Z", "by": "zoë"}
    opening = {"kind": "opened", **mark, "summary": "x", "queue": "network", "priority": "P3"}
    lines = [json.dumps({"source": f"a/{n}", "events": [opening]}) for n in range(4)]
    file = tmp_path / "tickets.jsonl"
    file.write_text("\n".join(lines))
    sd("import", str(file))
    sd("note", "2", "at work")
    with storage.ledger().write() as writer:
        sent = SurveySent(
            id="survey.1", at=NOW, by="amara", to="ada", address="ada@example.org", survey="s"
        )
        writer.append(writer.get("SD-1"), [sent])
    refused = sd("undo", "3", "--all", expect=REFUSED).stderr
    assert len(sdj("list", "--all")) == 4
    tried = sdj("undo", "3", "--all", "--keep-going", "--dry-run", expect=PARTLY_DONE)
    told = sdj("undo", "3", "--all", "--keep-going", expect=PARTLY_DONE)
    text = sd("show", "1").stdout

    assert "SD-1 was worked on after it was opened" in refused
    assert "what was sent from it cannot be called back" in refused
    assert "`sdcli undo SD-3 --all --keep-going` leaves such tickets" in refused
    assert {each["ref"] for each in tried["events"]} == {"SD-3", "SD-4"}
    assert [each["ref"] for each in told["left"]] == ["SD-1", "SD-2"]
    assert "take that back first, or close it" in told["left"][1]["why"]
    assert [each["ref"] for each in sdj("list", "--all")] == ["SD-1", "SD-2"]
    assert "SD-1" in text
    assert sdj("import", str(file))["new"] == 2
    sd("undo", "3", "--redo", "--all", expect=REFUSED)  # they have come again
    sd("doctor")


def test_going_on_is_for_all_that_do_not_hang_together(sd: Runner) -> None:
    """A merge is taken back whole or not at all, and one ticket has no others to leave."""
    sd(*_OPEN)
    sd(*_OPEN)
    sd("merge", "2", "--into", "1")
    refused = sd("undo", "2", "--all", "--keep-going", expect=REFUSED).stderr
    assert "on all of them or on none" in refused
    assert "goes with --all" in sd("undo", "2", "--keep-going", expect=USAGE).stderr
    assert (
        "goes with --all" in sd("undo", "2", "--redo", "--all", "--keep-going", expect=USAGE).stderr
    )


def test_a_rehearsed_undo_shows_what_it_would_take_back(sd: Runner, sdj: JsonRunner) -> None:
    """--dry-run records nothing, of an undo either."""
    sd(*_OPEN)
    sd("resolve", "1", "--code", "solved")
    (event,) = sdj("undo", "1", "--dry-run")["events"]
    assert event["kind"] == "undone"
    assert sdj("show", "1")["status"] == "resolved"


def test_what_is_undone_teaches_and_warns_no_longer(
    sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """A harmful article that was not used after all leaves no notice, and no use in figures."""
    sd(*_OPEN)
    sd("kb", "used", "1", "KB-104:harmful", "--note", "it broke")
    [stored] = tickets_of(storage)
    assert stored.notices
    sd("undo", "1")
    [stored] = tickets_of(storage)
    assert not stored.notices
    assert sdj("show", "1")["articles"] == []


def test_a_rehearsed_known_error_writes_no_article(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """The events name the article that would be written, and no file is there."""
    sd(*_OPEN)
    sd("problem", "open", "VPN", "--service", "vpn", "--incident", "1")
    sd("problem", "analyse", "2", "--cause", "a driver", "--workaround", "restart it")
    files = sorted(desk_dir.joinpath("kb").iterdir())
    events = sdj("problem", "known-error", "2", "--dry-run")["events"]
    assert [event["kind"] for event in events] == ["known_error_declared", "problem_told"]
    assert sorted(desk_dir.joinpath("kb").iterdir()) == files


def test_what_has_come_again_is_not_brought_back(
    sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """A source and a key are one ticket each, whatever was taken back and brought back (T25)."""
    mark = {"at": "2026-11-20T10:00:00Z", "by": "zoë"}
    opening = {"kind": "opened", **mark, "summary": "x", "queue": "network", "priority": "P3"}
    file = tmp_path / "tickets.jsonl"
    file.write_text(json.dumps({"source": "a/1", "events": [opening]}))
    sd("import", str(file))
    sd("undo", "1")
    sd("import", str(file))
    assert "is SD-2 now" in sd("undo", "1", "--redo", expect=REFUSED).stderr
    sd(*_OPEN, "--idempotency-key", "once")
    sd("undo", "3")
    sd(*_OPEN, "--idempotency-key", "once")
    assert "is SD-4 now" in sd("undo", "3", "--redo", expect=REFUSED).stderr
    assert len(sdj("list", "--all")) == 2


def test_a_late_reopening_is_taken_back_on_both(sd: Runner, sdj: JsonRunner) -> None:
    """The ticket that continues another and that one name each other, and go back together (T9)."""
    sd(*_OPEN)
    sd("close", "1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone")
    later = "2027-02-24T11:00:00Z"
    sd("reopen", "1", "--reason", "it is back", at=later)
    links = [(ref, sdj("show", ref)["links"][0]["relation"]) for ref in ("1", "2")]
    assert links == [("1", "continued-by"), ("2", "continues")]
    sd("undo", "1", at=later)
    assert sdj("show", "1")["status"] == "closed"
    assert [row["ref"] for row in sdj("list", "--all")] == ["SD-1"]


def test_to_bring_back_needs_the_same_right(sd: Runner) -> None:
    """Who may not take back what others did may not bring it back either (R0.2, R6.1)."""
    sd(*_OPEN)
    sd("note", "1", "x")
    sd("undo", "1")
    said = sd("undo", "1", "--redo", "--as", "tariq", "--reason", "x", expect=REFUSED).stderr
    assert "tariq may not bring back what ben took back" in said


def test_a_problem_comes_back_with_its_incidents(sd: Runner, sdj: JsonRunner) -> None:
    """The hint that is given is the command that works (R3d1.7)."""
    sd(*_OPEN)
    sd("problem", "open", "VPN", "--service", "vpn", "--incident", "1")
    sd("undo", "2")
    assert sdj("show", "1")["problem_records"] == []
    back = sdj("undo", "2", "--redo")["events"]
    assert {each["ref"] for each in back} == {"SD-1", "SD-2"}
    assert sdj("problem", "show", "2")["incidents"]


def test_what_is_owed_again_is_said(sd: Runner) -> None:
    """A follow-up that is open again though its ticket is closed is told (R4.3)."""
    sd(*_OPEN)
    sd("follow-up", "1", "put the spare back", "--owes", "spare")
    for ref in ("2", "1"):
        sd("close", ref, "--code", "solved", "--confirmed-by", "ada", "--via", "phone")
    assert "SD-1 is closed, and this is still owed for it." in sd("undo", "2").stderr


def test_an_automatic_closing_that_is_taken_back_stays_so(sd: Runner, sdj: JsonRunner) -> None:
    """The period begins anew, and other tickets of the same run are not asked about (R4.5a)."""
    for _ in range(2):
        sd(*_OPEN)
    sd("resolve", "1", "--code", "solved")
    later = "2026-12-14T10:00:00Z"
    sd("sla-check", at=later)
    assert sdj("show", "1", at=later)["status"] == "closed"
    sd("undo", "1", "--reason", "not yet", at=later)
    sd("sla-check", at="2026-12-14T10:05:00Z")
    assert sdj("show", "1", at=later)["status"] == "resolved"


def test_a_script_names_the_step_it_means(sd: Runner, sdj: JsonRunner) -> None:
    """Two that mean the same step take one back, and never the one before it."""
    sd(*_OPEN)
    sd("note", "1", "first")
    sd("note", "1", "second")
    second = sdj("history", "1")[-1]["id"]
    sd("undo", "1", "--event", second)
    said = sd("undo", "1", "--event", second, expect=REFUSED).stderr
    assert "it was taken back already, or something was done since" in said
    assert [each.get("taken_back") for each in sdj("history", "1")] == [None, None, True, None]


def test_a_trial_check_tells_what_would_be_closed(sd: Runner, sdj: JsonRunner) -> None:
    """`sla-check --dry-run` names the tickets that a run would close, and closes none (R4.5a)."""
    sd(*_OPEN)
    sd("resolve", "1", "--code", "solved")
    later = "2026-12-14T10:00:00Z"
    assert "SD-1 would be closed by policy" in sd("sla-check", "--dry-run", at=later).stderr
    assert sdj("show", "1", at=later)["status"] == "resolved"
    assert "SD-1 was closed by policy" in sd("sla-check", at=later).stderr
