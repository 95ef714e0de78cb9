"""Ten days of a real desk, each from the first word to the last (R0.7).

Each says where it ends, what its clocks show, and that its history tells all of it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from tests.conftest import Runner

HOUR = 3600


class Life(Protocol):
    """Somebody does something at some time on the desk of the test."""

    def __call__(self, who: str, at: str, *args: str, expect: int = 0, stdin: str = "") -> Any:
        """Run a command; gives its document, or the error's where it is refused."""


@pytest.fixture(name="life")
def _life(sd: Runner) -> Life:
    """Times are `MM-DD HH:MM` in UTC, of 2026."""

    def live(who: str, at: str, *args: str, expect: int = 0, stdin: str = "") -> Any:
        day, _, time = at.partition(" ")
        ran = sd(
            *args,
            "--json",
            at=f"2026-{day}T{time}:00Z",
            env={"SDCLI_USER": who},
            expect=expect,
            stdin=stdin,
        )
        return json.loads((ran.stdout or ran.stderr).splitlines()[-1])

    return live


def told(sd: Runner, ref: str, *parts: str) -> None:
    """The history of a ticket says all of these, in this order."""
    history = sd("history", ref).stdout
    at = 0
    for part in parts:
        found = history.find(part, at)
        assert found >= 0, f"{part!r} is not told there:\n{history[at:]}"
        at = found + len(part)


def test_an_unsupported_device(life: Life, sd: Runner) -> None:
    """Security has it at once, nobody else works on it, and it ends as decided (R2b.2, R2b.2d)."""
    life("ben", "11-23 10:00", "open", "My router does not get in", "--user", "bruno")
    handed = life("ben", "11-23 10:05", "support", "1", "--device", "a private router")
    assert (handed["queue"], handed["handed_from"]) == ("security", "service-desk")

    life("omar", "11-23 10:20", "accept", "1")
    reason = ("--reason", "private devices may not be on the wire")
    refused = life(
        "omar", "11-23 10:25", "support", "1", "--shut-down", "--by", "omar", *reason, expect=4
    )
    assert "nadia" in refused["error"]["message"]
    life("nadia", "11-23 10:30", "support", "1", "--shut-down", "--by", "nadia", *reason)
    closing = ("--code", "unsupported", "--confirmed-by", "bruno", "--via", "phone")
    ended = life("omar", "11-23 11:00", "close", "1", *closing)

    assert (ended["status"], ended["code"]) == ("closed", "unsupported")
    assert ended["support"]["decision"] == "shut-down"
    told(sd, "1", "opened by", "a private router", "escalated to security", "accepted by omar")
    told(sd, "1", "by authority of nadia", "closed")


def test_a_wrong_class_found_by_the_second_tier(life: Life, sd: Runner) -> None:
    """It is returned, classified again with what showed it, and who erred is told (R3d1.5, R3d2.1a)."""
    life("ben", "11-23 09:00", "open", "VPN is slow", "--user", "ada")
    life("ben", "11-23 09:05", "classify", "1", "--type", "incident", "--service", "vpn")
    life("ben", "11-23 09:10", "escalate", "1", "--to", "network", "--reason", "a trace is needed")

    back = life("greta", "11-23 09:40", "return", "1", "--reason", "on the wire it is slow as well")
    assert (back["queue"], back["assignee"]) == ("service-desk", None)
    found = ("--discovered", "screening", "--reason", "slow without VPN: the disk is full")
    again = life("greta", "11-23 09:45", "classify", "1", "--service", "workstation", *found)
    assert (again["reclassified"], again["first_class"]["service"]["value"]) == (1, "vpn")

    assert [each["ref"] for each in life("ben", "11-23 10:00", "notices")] == ["SD-1"]
    life("ben", "11-23 10:01", "notices", "--seen", "1", "--note", "I will ask about the disk")
    assert life("ben", "11-23 10:02", "notices") == []
    life("ben", "11-23 10:05", "resolve", "1", "--code", "solved", "--note", "emptied the disk")
    ended = life("ben", "11-23 10:30", "close", "1", "--confirmed-by", "ada", "--via", "chat")

    assert (ended["status"], ended["service"]) == ("closed", "workstation")
    told(sd, "1", "escalated to network", "returned to service-desk", "(screening)")
    told(sd, "1", "the disk is full", "I will ask about the disk", "resolved as solved", "closed")


def test_reopened_twice(life: Life, sd: Runner) -> None:
    """The clock goes on where it stood, both times; three ends and their reasons are told (R3d1.8)."""
    what = ("--type", "incident", "--service", "printing", "--impact", "low", "--urgency", "medium")
    life("ben", "11-23 09:00", "open", "The printer jams", "--user", "ada", *what)
    life("ben", "11-23 09:30", "accept", "1")
    life("ben", "11-23 11:00", "resolve", "1", "--code", "no-fault-found")
    first = life("ben", "11-24 09:00", "reopen", "1", "--reason", "it jams again")
    assert first["sla"]["resolution"]["elapsed_s"] == 2 * HOUR
    life("ben", "11-24 10:00", "resolve", "1", "--code", "workaround", "--note", "the other tray")
    life("ben", "11-24 10:30", "close", "1", "--confirmed-by", "ada", "--via", "phone")
    second = life("ben", "11-25 09:00", "reopen", "1", "--reason", "now the other tray jams")
    assert second["sla"]["resolution"]["elapsed_s"] == 3 * HOUR
    life("ben", "11-25 09:10", "escalate", "1", "--to", "onsite", "--reason", "needs a new roller")
    life("dmitri", "11-25 09:30", "accept", "1")
    life("dmitri", "11-25 11:00", "resolve", "1", "--code", "solved", "--note", "new roller")
    ended = life("ben", "11-25 15:00", "close", "1", "--confirmed-by", "ada", "--via", "in-person")

    assert (ended["status"], ended["reopened"], ended["code"]) == ("closed", 2, "solved")
    assert ended["sla"]["resolution"]["elapsed_s"] == 5 * HOUR
    assert ended["sla"]["resolution"]["state"] == "met"
    told(sd, "1", "resolved as no-fault-found", "it jams again", "resolved as workaround", "closed")
    told(sd, "1", "closed", "now the other tray jams", "onsite", "accepted by dmitri", "new roller")


def test_a_supplier_is_waited_for_over_a_holiday(life: Life, sd: Runner) -> None:
    """The clock of the solution stands, holidays or not, and goes on when the part is there (T8)."""
    what = ("--type", "incident", "--service", "printing", "--impact", "low", "--urgency", "medium")
    life("ben", "12-23 09:00", "open", "The scanner jams", "--user", "ada", *what)
    life("ben", "12-23 09:10", "accept", "1")
    life("ben", "12-23 09:30", "note", "1", "I have ordered the part", "--visible")
    part = ("--for", "vendor", "--until", "2026-12-29T10:00Z", "--reason", "a new roller")
    waits = life("ben", "12-23 13:00", "wait", "1", *part)
    assert waits["sla"]["resolution"]["state"] == "paused"
    assert waits["sla"]["resolution"]["elapsed_s"] == 4 * HOUR

    idle = life("ben", "12-28 12:00", "show", "1")
    assert idle["sla"]["resolution"]["elapsed_s"] == 4 * HOUR
    life("ben", "12-29 10:00", "resume", "1", "--reason", "the roller has come")
    life("ben", "12-29 12:00", "resolve", "1", "--code", "third-party", "--note", "roller changed")
    ended = life("ben", "12-29 12:30", "close", "1", "--confirmed-by", "ada", "--via", "phone")

    assert ended["sla"]["resolution"]["state"] == "met"
    assert ended["sla"]["resolution"]["elapsed_s"] == 6 * HOUR
    explained = life("ben", "12-29 13:00", "sla", "explain", "1", "--target", "resolution")
    pauses = [e for e in explained["targets"]["resolution"]["intervals"] if e["kind"] == "paused"]
    assert sum(each["counted_s"] for each in pauses) == 0
    assert pauses[0]["lasted_s"] == 6 * 24 * HOUR - 3 * HOUR
    told(sd, "1", "ordered the part", "waits for vendor until 2026-12-29", "a new roller")
    told(sd, "1", "the roller has come", "resolved as third-party", "closed")
