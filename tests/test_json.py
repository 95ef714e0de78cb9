"""The JSON that scripts rely on: whole documents, key by key."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

TICKET_KEYS = {
    "ref",
    "summary",
    "status",
    "type",
    "service",
    "feature",
    "impact",
    "urgency",
    "priority",
    "queue",
    "assignee",
    "requester",
    "reclassified",
    "first_class",
    "notices",
    "problems",
    "channel",
    "opened_at",
    "updated_at",
    "sla",
    "events_count",
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _opened(sdj: JsonRunner) -> Any:
    return sdj("open", "VPN drops", "--user", "ada", "--service", "vpn", "--type", "incident")


def test_open(sdj: JsonRunner) -> None:
    """`open` tells the action and the ticket, with every key a ticket has."""
    document = _opened(sdj)

    assert document["action"] == "created"
    assert document.keys() >= TICKET_KEYS
    assert document["ref"] == "SD-1"
    assert document["requester"] == "ada"
    assert document["events_count"] == 1


def test_instants_and_durations(sdj: JsonRunner) -> None:
    """Instants are ISO 8601 UTC ending in Z; durations are whole seconds ending in _s."""
    document = _opened(sdj)

    assert INSTANT.fullmatch(document["opened_at"])
    clock = document["sla"]["resolution"]
    assert INSTANT.fullmatch(clock["due"])
    assert isinstance(clock["target_s"], int)
    assert isinstance(clock["elapsed_s"], int)


def test_sla_has_every_target(sdj: JsonRunner) -> None:
    """`sla` maps each target to its clock; a target that is not agreed has the state none."""
    sla = _opened(sdj)["sla"]

    assert list(sla) == ["response", "update", "resolution"]
    keys = ["state", "due", "target_s", "elapsed_s", "percent"]
    assert all(list(clock) == keys for clock in sla.values())
    assert sla["update"] == dict.fromkeys(keys) | {"state": "none"}
    assert sla["response"] == {
        "state": "running",
        "due": "2026-11-23T10:30:00Z",
        "target_s": 1800,
        "elapsed_s": 0,
        "percent": 0.0,
    }


def test_show_adds_the_events(sdj: JsonRunner) -> None:
    """`show` is the ticket and its events, each with id, at, by and kind first."""
    _opened(sdj)
    sdj("note", "SD-1", "called back", "--visible", "--minutes", "4")

    document = sdj("show", "sd-1")

    assert document.keys() >= TICKET_KEYS
    assert [event["kind"] for event in document["events"]] == ["opened", "noted"]
    assert all(list(event)[:4] == ["id", "at", "by", "kind"] for event in document["events"])
    noted = document["events"][1]
    assert noted | {"id": "", "at": ""} == {
        "id": "",
        "at": "",
        "by": "ben",
        "kind": "noted",
        "text": "called back",
        "minutes": 4,
        "visible": True,
    }


def test_history_is_a_list_of_events(sdj: JsonRunner) -> None:
    """`history` prints the events that `show` prints."""
    _opened(sdj)

    assert sdj("history", "1") == sdj("show", "1")["events"]


def test_list_is_a_list_of_tickets(sdj: JsonRunner) -> None:
    """`list` prints ticket objects, and an empty list where there are none."""
    assert sdj("list") == []

    opened = _opened(sdj)

    for name in ("action", "rule", "caller_open", "similar", "bulletins", "changes"):
        opened.pop(name)
    assert sdj("list") == [opened]


def test_empty_results_are_empty_lists(sdj: JsonRunner) -> None:
    """Nothing found is `[]` and exit 0, never a sentence."""
    assert sdj("list", "--all") == []
    assert sdj("sla-check") == []
    assert sdj("search-kb", "qqqqzzzz") == []


def test_open_from_a_stream_prints_a_line_an_item(sd: Runner, alerts: dict[str, Any]) -> None:
    """`open -` prints JSON Lines, one result an input item, each naming its alert key."""
    result = sd("open", "-", "--json", stdin=json.dumps(alerts))

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["action"] for line in lines] == ["created", "created"]
    assert [line["ref"] for line in lines] == ["SD-1", "SD-2"]
    assert all(line["key"].startswith("alertmanager:") for line in lines)


def test_changes_print_the_ticket_after_them(sdj: JsonRunner) -> None:
    """Each step prints the ticket as it stands after it."""
    _opened(sdj)

    assert sdj("accept", "1")["assignee"] == "ben"
    assert sdj("escalate", "1", "--to", "network", "--reason", "trace")["queue"] == "network"
    assert sdj("wait", "1", "--for", "vendor")["waiting_for"] == "vendor"
    assert sdj("resume", "1")["status"] == "in_progress"
    assert sdj("resolve", "1", "--code", "solved")["status"] == "resolved"
    closed = sdj("close", "1", "--confirmed-by", "ada", "--via", "phone")
    assert (closed["status"], closed["code"]) == ("closed", "solved")
    assert sdj("reopen", "1", "--reason", "back again")["reopened"] == 1


def test_classify_without_flags_suggests(sdj: JsonRunner) -> None:
    """A suggestion has a value and a reason for each field and says that nothing changed."""
    _opened(sdj)

    document = sdj("classify", "1")

    assert document["changed"] is False
    assert set(document["suggestion"]) == {
        "type",
        "service",
        "feature",
        "impact",
        "urgency",
        "priority",
    }
    assert all(field["value"] and field["reason"] for field in document["suggestion"].values())
    assert sdj("show", "1")["events_count"] == 1


def test_search_kb(sdj: JsonRunner) -> None:
    """Hits come best first with the keys that scripts rely on, and without marks in the text."""
    hits = sdj("search-kb", "printer offline", "--limit", "3")

    assert len(hits) == 3
    keys = {"id", "title", "score", "snippet", "type", "area", "audience", "revision"}
    assert all(hit.keys() >= keys for hit in hits)
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert hits[0]["id"] == "KB-110"
    assert not re.search("[\ue000\ue001]", json.dumps(hits, ensure_ascii=False))


def test_sla_check(sdj: JsonRunner) -> None:
    """An alert has the keys that scripts rely on, with the figures of the passed threshold."""
    _opened(sdj)

    alerts = sdj("sla-check", at="2026-11-23T10:25:00Z")

    assert alerts == [
        {
            "id": alerts[0]["id"],
            "ref": "SD-1",
            "target": "response",
            "threshold": 80,
            "percent": 80.0,
            "due": "2026-11-23T10:30:00Z",
            "elapsed_s": 1440,
            "target_s": 1800,
            "late_by_s": 60,
            "recipients": ["chloe"],
            "stage": "warning",
            "cycle": 1,
            "began": "",
            "mark": "",
            "on_arrival": False,
        }
    ]


def test_json_after_the_command_and_nothing_else(sd: Runner) -> None:
    """With --json stdout is one document and stderr is silent."""
    result = sd("open", "x y", "--user", "ada", "--json")

    json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    assert not result.stderr
