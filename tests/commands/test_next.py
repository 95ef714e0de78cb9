"""`sdcli next`: the ticket to work on now, why, and that nobody else gets it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.conftest import NOW
from tests.test_terminal import _environment, _program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

GRETA = ("--as", "greta")


def _open(sd: Runner, *more: str, service: str = "vpn") -> None:
    sd(
        "open",
        f"{service} drops",
        "--user",
        "ada",
        "--type",
        "incident",
        "--service",
        service,
        *more,
    )


def test_the_order_of_work(sd: Runner, sdj: JsonRunner) -> None:
    """What stops her work, her work at risk, what was handed over, what nobody has (R2c.2a)."""
    _open(sd, "--impact", "low", "--urgency", "low")
    sd("assign", "1", "--queue", "network", "--to", "greta")
    sd("accept", "1", *GRETA)
    assert sdj("next", *GRETA)["rule"] == "own"

    _open(sd, "--impact", "low", "--urgency", "low")
    sd("escalate", "2", "--to", "network", "--reason", "deeper")
    found = sdj("next", *GRETA)
    assert (found["rule"], found["ref"], found["behind"]) == ("hand-over", "SD-2", 1)
    assert found["why"][0] == "service-desk handed it to network, and nobody has accepted it"
    assert found["lacking"].keys() == {"component", "last-worked"}

    at_risk = sdj("next", *GRETA, at=NOW + timedelta(days=30))
    assert (at_risk["rule"], at_risk["ref"]) == ("own-at-risk", "SD-1")
    assert any("was missed" in each for each in at_risk["why"])

    _open(sd, "--impact", "high", "--urgency", "high")
    sd("escalate", "3", "--to", "network", "--reason", "all of them")
    found = sdj("next", *GRETA, at=NOW + timedelta(days=30))
    assert (found["rule"], found["ref"], found["gives_way"]) == ("pre-empts", "SD-3", ["SD-1"])
    assert "catalog/classification.yaml:" in found["why"][0]
    assert found["taken"] is False


def test_what_waits_and_what_is_undecided_is_left_out(sd: Runner, sdj: JsonRunner) -> None:
    """Nobody is sent to a ticket that waits, nor to what nobody has decided to support (R2c.2a)."""
    _open(sd)
    sd("wait", "1", "--for", "user")
    sd("open", "Dropbox", "--user", "ada")
    sd("support", "2", "--unsupported", "Dropbox")
    nothing = sdj("next", "--take")
    assert (nothing["ref"], nothing["rule"], nothing["why"], nothing["ticket"]) == (
        None,
        None,
        [],
        None,
    )
    assert "There is nothing for ben" in sd("next").stderr
    sd("resume", "1")
    assert sdj("next")["ref"] == "SD-1"
    found = sdj("next", "--queue", "network")
    assert (found["ref"], found["queues"]) == (None, ["network"])


def test_an_untold_time_is_work_at_risk(sd: Runner, sdj: JsonRunner) -> None:
    """Whoever works on it hears that the caller does not know when to expect it (R3d3.2)."""
    _open(sd)
    sd("accept", "1")
    assert sdj("next")["rule"] == "own"
    sd("eta", "1", "in 4h")
    found = sdj("next")
    assert found["rule"] == "own-at-risk"
    assert any("has not been told" in each for each in found["why"])


def test_to_take_is_to_accept(sd: Runner, sdj: JsonRunner) -> None:
    """It is hers afterwards; a second time it is told as hers, and nothing is recorded (R2c.2a)."""
    _open(sd)
    sd("escalate", "1", "--to", "network", "--reason", "deeper")
    rehearsed = sdj("next", "--take", "--dry-run", *GRETA)
    assert [each["kind"] for each in rehearsed["events"]] == ["accepted"]
    assert sdj("show", "1")["assignee"] is None
    taken = sdj("next", "--take", *GRETA)
    assert (taken["taken"], taken["ticket"]["assignee"]) == (True, "greta")
    assert taken["ticket"]["handed_from"] is None
    again = sdj("next", "--take", *GRETA)
    assert (again["ref"], again["taken"], again["rule"]) == ("SD-1", False, "own")
    assert len(sdj("history", "1")) == 3


def test_somebody_of_no_team_looks_in_the_queue_of_the_desk(sd: Runner, sdj: JsonRunner) -> None:
    """Every request starts there (R2c.2a)."""
    _open(sd)
    found = sdj("next", "--take", "--as", "zed")
    assert (found["queues"], found["ticket"]["assignee"]) == (["service-desk"], "zed")


@pytest.mark.parametrize("tickets", [1, 6])
def test_two_shells_never_get_the_same_ticket(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, tickets: int
) -> None:
    """Six processes at once: each ticket has one taker, and whoever came late has nothing (R2c.2a)."""
    for _ in range(tickets):
        _open(sd)
    people = [f"p{number}" for number in range(6)]
    running = [
        subprocess.Popen(
            _program("next", "--take", "--json", "--as", person),
            env=_environment(desk_dir),
            stdout=subprocess.PIPE,
            text=True,
        )
        for person in people
    ]
    told = {
        person: json.loads(each.communicate(timeout=60)[0])
        for person, each in zip(people, running, strict=True)
    }
    assert all(each.returncode == 0 for each in running), sys.argv
    taken = [each["ref"] for each in told.values() if each["taken"]]
    assert len(taken) == len(set(taken)) == tickets
    for person, each in told.items():
        if each["taken"]:
            assert sdj("show", each["ref"])["assignee"] == person
