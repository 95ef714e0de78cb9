"""`sdcli bulk`: one command on many tickets, on all of them or on none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.errors import REFUSED, USAGE

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

pytestmark = pytest.mark.both_homes


@pytest.fixture(name="three", autouse=True)
def _three(sd: Runner) -> None:
    for summary in ("VPN drops", "VPN is slow", "Printer is offline"):
        sd("open", summary, "--user", "ada", "--type", "incident", "--service", "vpn")


def test_all_change_in_one_unit_of_work(sd: Runner, sdj: JsonRunner) -> None:
    """Every ticket of the query has the step, by one act, and one undo takes it back."""
    done = sdj("bulk", "service:vpn", "--yes", "--", "assign", "--to", "greta")
    assert done["tickets"] == ["SD-1", "SD-2", "SD-3"]
    acts = {event["id"][-8:] for event in done["events"]}
    assert len(acts) == 1
    assert {row["assignee"] for row in sdj("list")} == {"greta"}
    assert "2 other tickets" in sd("undo", "1", expect=REFUSED).stderr
    assert len(sdj("undo", "1", "--all")["events"]) == 3
    assert {row["assignee"] for row in sdj("list")} == {None}
    assert len(sdj("undo", "2", "--redo", "--all")["events"]) == 3


def test_one_refusal_stops_all(sd: Runner, sdj: JsonRunner) -> None:
    """Nothing is changed on any, each refusal is named, and can be left out (R0.7)."""
    sd("wait", "2", "--for", "user")
    said = sd("bulk", "service:vpn", "--yes", "--", "resume", expect=REFUSED).stderr
    assert "2 of 3 tickets refuse it, so nothing was changed" in said
    assert "SD-1: SD-1 is new" in said
    assert sdj("show", "2")["status"] == "waiting"
    done = sdj("bulk", "service:vpn", "--yes", "--skip-refused", "--", "resume")
    assert done["tickets"] == ["SD-2"]


def test_without_a_word_nothing_happens(sd: Runner, sdj: JsonRunner) -> None:
    """In a script it must be said that it is meant; a rehearsal shows what would happen."""
    said = sd("bulk", "service:vpn", "--", "note", "x", expect=REFUSED).stderr
    assert "would change 3 tickets" in said
    preview = sdj("bulk", "service:vpn", "--dry-run", "--", "note", "x")
    assert (preview["dry_run"], len(preview["events"])) == (True, 3)
    assert {row["events_count"] for row in sdj("list")} == {1}


def test_a_query_that_finds_nothing_changes_nothing(sd: Runner) -> None:
    """That is no mistake."""
    result = sd("bulk", "status:waiting", "--yes", "--", "resume")
    assert "No ticket matches" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("open", "x", "--user", "ada"),
        ("bulk", "x"),
        ("undo",),
        ("nonsense",),
        ("ack", "--send"),
        ("sla-check",),
        ("problem",),
    ],
)
def test_what_cannot_be_run_on_many_is_refused(sd: Runner, words: tuple[str, ...]) -> None:
    """What makes tickets, sends mail or only looks is not run while everything is locked (T28)."""
    sd("bulk", "service:vpn", "--yes", "--", *words, expect=USAGE)


def test_the_reference_may_stand_anywhere(sd: Runner, sdj: JsonRunner) -> None:
    """{} stands for it; commands of groups are found too."""
    sd("problem", "open", "VPN", "--service", "vpn")
    done = sdj("bulk", "ref:1,2", "--yes", "--", "problem", "link", "SD-4", "{}")
    assert sorted(done["tickets"]) == ["SD-1", "SD-2", "SD-4"]
    assert sorted(sdj("problem", "show", "4")["incidents"][0]) != []
    sdj("bulk", "ref:3", "--yes", "--", "kb", "used", "{}", "KB-104:applied")


def test_a_wrong_option_is_told_once(sd: Runner) -> None:
    """A command line that cannot be meant is no refusal of a ticket."""
    said = sd("bulk", "service:vpn", "--yes", "--", "assign", "--too", "greta", expect=USAGE).stderr
    assert said.count("--too") == 1


def test_a_beginner_does_not_change_many_at_once(sd: Runner) -> None:
    """Whose level is said to be 1 has no destructive rights, and hears who has (R6.1, R0.2)."""
    words = ("bulk", "service:vpn", "--yes", "--as", "tariq", "--", "note", "x")
    said = sd(*words, expect=REFUSED).stderr
    assert "tariq may not change many tickets at once" in said
