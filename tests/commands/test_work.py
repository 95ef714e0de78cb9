"""The commands between recording and closing: classify, assign, accept, return, wait, escalate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

pytestmark = pytest.mark.both_homes


@pytest.fixture(name="opened", autouse=True)
def _opened(sdj: JsonRunner) -> Any:
    """One open ticket, SD-1."""
    return sdj("open", "VPN drops every ten minutes", "--user", "ada")


def test_classify_sets_and_derives(sd: Runner, sdj: JsonRunner) -> None:
    """Flags set the fields; the priority follows from the matrix and says why (R2c.2)."""
    shown = sd(
        "classify", "1", *["--type", "incident", "--service", "vpn", "--impact", "medium"]
    ).stdout

    ticket = sdj("show", "1")
    assert (ticket["type"], ticket["service"], ticket["impact"]) == ("incident", "vpn", "medium")
    assert ticket["priority"] == "P2"
    assert "P2, impact medium (row) by urgency high (column) (sla_policies.yaml:" in shown
    assert "Agreement: extended" in shown
    assert "resolution: due" in shown


def test_classify_keeps_what_is_not_given(sdj: JsonRunner) -> None:
    """A second classification changes only what it names."""
    sdj("classify", "1", "--type", "incident", "--service", "vpn", "--impact", "low")

    ticket = sdj("classify", "1", "--urgency", "low", "--reason", "they have a way round")

    assert (ticket["type"], ticket["service"]) == ("incident", "vpn")
    assert (ticket["impact"], ticket["urgency"], ticket["priority"]) == ("low", "low", "P5")


def test_classify_suggests_and_changes_nothing(sd: Runner, sdj: JsonRunner) -> None:
    """Without flags and without a terminal a suggestion is printed, ready to be typed."""
    result = sd("classify", "1")

    assert "nothing was changed" in result.stdout
    assert "sdcli classify SD-1 --type incident --service vpn\n" in result.stderr
    assert sdj("show", "1")["events_count"] == 1


def test_assign_to_oneself_a_person_a_queue(sdj: JsonRunner) -> None:
    """Without options the ticket is the acting person's; else the named one's."""
    assert sdj("assign", "1")["assignee"] == "ben"
    assert sdj("assign", "1", "--to", "greta")["assignee"] == "greta"
    moved = sdj("assign", "1", "--queue", "network")
    assert (moved["queue"], moved["assignee"]) == ("network", None)


def test_as_says_who_acts(sdj: JsonRunner) -> None:
    """`--as` before or after the command says who acts."""
    ticket = sdj("accept", "1", "--as", "chloe")

    assert ticket["assignee"] == "chloe"
    assert sdj("--as", "greta", "note", "1", "x")["events_count"] == 3
    assert sdj("history", "1")[-1]["by"] == "greta"


def test_escalation_and_acceptance(sd: Runner, sdj: JsonRunner) -> None:
    """Escalating empties the assignee, names who is responsible, and waits to be accepted."""
    shown = sd("escalate", "1", "--to", "network", "--reason", "needs a trace").stdout

    assert "Now responsible: Network (tier 2), lead Greta Lindholm" in shown
    assert "on call: Hugo Silva" in shown
    assert "The desk (service-desk) stays owner" in shown
    ticket = sdj("show", "1")
    assert (ticket["queue"], ticket["assignee"]) == ("network", None)
    assert ticket["handed_from"] == "service-desk"
    accepted = sdj("accept", "1", "--as", "greta")
    assert (accepted["assignee"], accepted["handed_from"]) == ("greta", None)


def test_deeper_or_across_by_the_tiers(sdj: JsonRunner) -> None:
    """Without --kind the tiers say which of the two a hand-over is (R3d2.1)."""
    sdj("escalate", "1", "--to", "network", "--reason", "deeper")
    sdj("escalate", "1", "--to", "servers", "--reason", "across")

    kinds = [event.get("hand_over") for event in sdj("history", "1")[1:]]
    assert kinds == ["escalate", "transfer"]


def test_an_escalation_must_go_deeper(sd: Runner) -> None:
    """`--kind escalate` to a queue that is not deeper is refused and says what to do."""
    sd("escalate", "1", "--to", "network", "--reason", "x")

    args = ("escalate", "1", "--to", "onsite", "--kind", "escalate", "--reason", "x")
    assert "--kind transfer" in sd(*args, expect=4).stderr


def test_escalate_needs_a_reason(sd: Runner) -> None:
    """No hand-over without a reason, and an empty one is none."""
    sd("escalate", "1", "--to", "network", expect=2)
    sd("escalate", "1", "--to", "network", "--reason", "  ", expect=2)


def test_return_says_what_is_missing(sdj: JsonRunner, sd: Runner) -> None:
    """The receiving queue returns the ticket to where it came from (R3d2.1a)."""
    sdj("escalate", "1", "--to", "network", "--reason", "x")

    returned = sdj("return", "1", "--reason", "which building?", "--as", "greta")

    assert (returned["queue"], returned["assignee"]) == ("service-desk", None)
    assert "no hand-over" in sd("return", "1", "--reason", "x", expect=4).stderr


def test_wait_and_resume(sdj: JsonRunner) -> None:
    """Waiting pauses the resolution clock, resuming lets it run on."""
    waiting = sdj("wait", "1", "--for", "user", "--until", "2026-11-25 09:00", "--reason", "test")

    assert waiting["status"] == "waiting"
    assert waiting["waiting_until"] == "2026-11-25T09:00:00Z"
    assert waiting["sla"]["resolution"]["state"] == "paused"
    assert waiting["sla"]["response"]["state"] == "running"
    resumed = sdj("resume", "1", at="2026-11-24T10:00:00Z")
    assert (resumed["status"], resumed["waiting_until"]) == ("in_progress", None)
    assert resumed["sla"]["resolution"]["elapsed_s"] == 0


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("17:00", "2026-11-23T17:00:00Z"),
        ("5pm", "2026-11-23T17:00:00Z"),
        ("17:00 UTC", "2026-11-23T17:00:00Z"),
        ("17:00 +01:00", "2026-11-23T16:00:00Z"),
        ("17:00-05:00", "2026-11-23T22:00:00Z"),
        ("2026-12-07", "2026-12-07T00:00:00Z"),
        ("2026-12-07 17:00:30", "2026-12-07T17:00:30Z"),
        ("2026-12-07T17:00", "2026-12-07T17:00:00Z"),
        ("7 Dec 17:00", "2026-12-07T17:00:00Z"),
        ("December 7", "2026-12-07T00:00:00Z"),
        ("Friday 9:00", "2026-11-27T09:00:00Z"),
        ("in 2h", "2026-11-23T12:00:00Z"),
        ("in 90m", "2026-11-23T11:30:00Z"),
        ("in 1h30m", "2026-11-23T11:30:00Z"),
    ],
)
@pytest.mark.one_home
def test_a_time_is_read_as_it_can_only_be_meant(sdj: JsonRunner, text: str, at: str) -> None:
    """Times of day, whole dates and spans that say `in`."""
    assert sdj("wait", "1", "--for", "user", "--until", text)["waiting_until"] == at


@pytest.mark.parametrize(
    "text",
    [
        "15",
        "15.30",
        "17",
        "2h",
        "90m",
        "12/7/2026",
        "7/12",
        "07.12.2026",
        "07-12-2026 17:00",
        "17:00 XYZ",
        "17:00 CET",
        "17:00 EST",
        "Dec 17:00",
        "Friday",
        "2026-12",
        "2026",
        "in",
        "in x",
        "1:2:3:4",
        "2026-12-07 15",
        "in 99999999h",
        "10 11",
        "in 2h or so",
    ],
)
@pytest.mark.one_home
def test_no_time_is_guessed(sd: Runner, sdj: JsonRunner, text: str) -> None:
    """What can be read in two ways, or whose zone is not known, is refused with examples."""
    error = sd("wait", "1", "--for", "user", "--until", text, expect=2).stderr

    assert "2026-12-07" in error
    assert "Warning" not in error
    assert sdj("show", "1")["status"] != "waiting"


@pytest.mark.parametrize("until", ["2026-11-20", "2026-11-23T09:59:00Z"])
def test_waiting_until_the_past_is_refused(sd: Runner, until: str) -> None:
    """An end of the wait that has passed is refused."""
    assert "past" in sd("wait", "1", "--for", "vendor", "--until", until, expect=4).stderr


@pytest.mark.parametrize("until", ["soonish", "9999-01-01T00:00Z", "2026-02-30"])
def test_a_date_that_is_none_is_told(sd: Runner, until: str) -> None:
    """What is no date, or one that no clock shows, is misuse."""
    assert (
        "no date or time" in sd("wait", "1", "--for", "vendor", "--until", until, expect=2).stderr
    )


def test_a_visible_note_is_a_response(sdj: JsonRunner) -> None:
    """Only a note that the caller saw stops the response clock (T12)."""
    assert sdj("note", "1", "looking into it")["sla"]["response"]["state"] == "running"
    visible = sdj("note", "1", "we are on it", "--visible", at="2026-11-23T10:20:00Z")
    assert visible["sla"]["response"]["state"] == "met"
    assert visible["sla"]["response"]["elapsed_s"] == 1200


def test_minutes_add_up(sdj: JsonRunner) -> None:
    """Booked working time adds up over notes (R1a.1c)."""
    sdj("note", "1", "a", "--minutes", "5")

    assert sdj("note", "1", "b", "--minutes", "7")["minutes"] == 12


def test_log_is_one_line(sdj: JsonRunner, sd: Runner) -> None:
    """A quick contact is opened and closed in one go, with its minutes (R0.6)."""
    ticket = sdj("log", "how to set an absence note", "--minutes", "3")

    assert (ticket["status"], ticket["code"], ticket["minutes"]) == ("closed", "answered", 3)
    assert ticket["sla"]["response"]["state"] == "met"
    assert len(sdj("list")) == 1
    assert "SD-2" in sd("list", "--all").stdout


def test_list_filters(sdj: JsonRunner) -> None:
    """Each filter narrows the list; the most pressing come first."""
    sdj("open", "Shop is down", "--user", "bruno", "--impact", "high", "--urgency", "high")
    sdj("open", "Printer", "--user", "ada", "--service", "printing", "--type", "incident")
    sdj("assign", "2", "--to", "lena", "--queue", "applications")
    sdj("wait", "3", "--for", "vendor")

    def refs(*args: str) -> list[str]:
        return [ticket["ref"] for ticket in sdj("list", *args)]

    assert refs() == ["SD-2", "SD-1", "SD-3"]
    assert refs("--status", "waiting") == ["SD-3"]
    assert refs("--status", "waiting", "--status", "new") == ["SD-1", "SD-3"]
    assert refs("--queue", "applications") == ["SD-2"]
    assert refs("--assignee", "lena") == ["SD-2"]
    assert refs("--user", "ada") == ["SD-1", "SD-3"]
    assert refs("--type", "incident") == ["SD-3"]
    assert refs("--priority", "p1") == ["SD-2"]
    assert refs("--service", "printing") == ["SD-3"]
    assert refs("--query", "DROPS vpn") == ["SD-1"]
    assert refs("--limit", "1") == ["SD-2"]
    sdj("close", "2", "--code", "solved", "--unconfirmed", "drill")
    assert refs() == ["SD-1", "SD-3"]
    assert refs("--all") == ["SD-2", "SD-1", "SD-3"]
    assert refs("--status", "closed") == ["SD-2"]


def test_search_by_a_tickets_own_words(sdj: JsonRunner) -> None:
    """`--ticket` finds what fits the words of the ticket (R3d1.1)."""
    hits = sdj("search-kb", "--ticket", "1")

    assert "vpn" in hits[0]["title"].casefold()


def test_search_needs_something_to_search_for(sd: Runner) -> None:
    """No query and no ticket is a misuse that says what to give."""
    assert "--ticket" in sd("search-kb", expect=2).stderr
