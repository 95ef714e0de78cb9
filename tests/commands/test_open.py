"""`sdcli open`: from arguments, and from a pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

pytestmark = pytest.mark.both_homes


def test_the_caller_is_looked_up(sdj: JsonRunner) -> None:
    """A known caller, by id or mail, brings number and address along (R1a.1b)."""
    by_id = sdj("open", "one", "--user", "ada")
    by_mail = sdj("open", "two", "--user", "ADA@example.com")

    for ticket in (by_id, by_mail):
        assert ticket["requester"] == "ada"
        assert ticket["phone"] == "+44 20 7946 0201"
        assert ticket["mail"] == "ada@example.com"


@pytest.mark.parametrize("summary", ["first\nsecond", "x" * 500])
def test_a_summary_is_one_line(sdj: JsonRunner, summary: str) -> None:
    """What does not fit into one line of a list is kept whole in the details."""
    ticket = sdj("open", summary, "--user", "ada", "--details", "more")

    assert "\n" not in ticket["summary"]
    assert len(ticket["summary"]) <= 200
    assert ticket["details"] == f"{summary}\n\nmore"


def test_a_closed_standard_input_is_an_empty_one(desk_dir: Path) -> None:
    """Nothing can be read from what is closed, and that is no bug."""
    program = f"{sys.executable} -m sdcli open - --desk {desk_dir} <&-"

    ran = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "Nothing arrived on standard input.\n")


def test_a_stranger_can_be_served(sdj: JsonRunner) -> None:
    """Somebody who is not in the contacts is recorded as given."""
    ticket = sdj("open", "x", "--user", "zoe@partner.example", "--phone", "+49 30 1234")

    assert ticket["requester"] == "zoe@partner.example"
    assert ticket["mail"] == "zoe@partner.example"
    assert ticket["phone"] == "+49 30 1234"


def test_who_calls_must_be_said(sd: Runner) -> None:
    """Without --user and without a terminal the command says how to name the caller."""
    assert "--user" in sd("open", "x", expect=2).stderr


def test_every_option_is_kept(sdj: JsonRunner) -> None:
    """What is said on the command line is in the record (R1a.1, R1b.1)."""
    ticket = sdj(
        *("open", "Cannot print labels", "--user", "carmen", "--on-behalf-of", "bruno"),
        *("--phone", "112", "--mail", "c@example.com", "--channel", "walk-in"),
        *("--service", "printing", "--feature", "label-printing", "--type", "incident"),
        *("--impact", "medium", "--urgency", "high", "--details", "since noon"),
        *("--field", "asset=PR-7", "--field", "floor=2", "--minutes", "6"),
    )

    expected = {
        "summary": "Cannot print labels",
        "requester": "carmen",
        "on_behalf_of": "bruno",
        "phone": "112",
        "mail": "c@example.com",
        "channel": "walk-in",
        "service": "printing",
        "feature": "label-printing",
        "type": "incident",
        "impact": "medium",
        "urgency": "high",
        "priority": "P2",
        "details": "since noon",
        "fields": {"asset": "PR-7", "floor": "2"},
        "minutes": 6,
        "queue": "service-desk",
    }
    assert {name: ticket[name] for name in expected} == expected


def test_a_caller_is_never_asked_for_a_priority(sd: Runner) -> None:
    """There is no option for a priority: impact and urgency give it (R2c.2d)."""
    sd("open", "x", "--user", "ada", "--priority", "P1", expect=2)


def test_a_feature_must_belong_to_the_service(sd: Runner) -> None:
    """A feature of another service is refused and the right ones are named."""
    args = ("open", "x", "--user", "ada", "--service", "vpn", "--feature", "mailbox")

    assert "remote-work" in sd(*args, expect=3).stderr


def test_an_idempotency_key_makes_a_repetition_harmless(sdj: JsonRunner) -> None:
    """The same key again gives the same ticket, even after it was closed."""
    first = sdj("open", "x", "--user", "ada", "--idempotency-key", "job-7")
    again = sdj("open", "x", "--user", "ada", "--idempotency-key", "job-7")
    sdj("close", "1", "--code", "solved", "--unconfirmed", "drill")
    late = sdj("open", "x", "--user", "ada", "--idempotency-key", "job-7")

    assert [first["action"], again["action"], late["action"]] == ["created", "deduped", "deduped"]
    assert {first["ref"], again["ref"], late["ref"]} == {"SD-1"}
    assert len(sdj("list", "--all")) == 1


def test_the_answer_promises_a_response_time(sd: Runner) -> None:
    """Number and expected response time are in the answer (R1a.3d)."""
    shown = sd("open", "VPN drops", "--user", "ada").stdout

    assert "SD-1" in shown
    assert "response:   due 2026-11-23 12:00 UTC" in shown


def test_an_alert_becomes_a_record(sdj: JsonRunner, alerts: dict[str, Any], sd: Runner) -> None:
    """Source, key, service, severity, contact and payload are kept (R1a.2, R1a.2c)."""
    sd("open", "-", stdin=json.dumps(alerts))

    ticket = sdj("show", "1")

    assert ticket["type"] == "incident"
    assert ticket["service"] == "website"
    assert (ticket["impact"], ticket["urgency"], ticket["priority"]) == ("high", "high", "P1")
    assert ticket["channel"] == "monitoring"
    assert ticket["requester"] == "lena"
    assert ticket["fields"]["environment"] == "production"
    opened = ticket["events"][0]
    assert opened["source"] == "alertmanager"
    assert opened["payload"] == alerts["alerts"][0]
    assert set(opened["reasons"]) == {"type", "service", "urgency", "format"}


def test_the_same_alert_again_is_counted(
    sd: Runner, sdj: JsonRunner, alerts: dict[str, Any]
) -> None:
    """A second delivery opens nothing; it is counted on the first."""
    sd("open", "-", stdin=json.dumps(alerts))
    for _ in range(3):
        result = sd("open", "-", "--json", stdin=json.dumps(alerts))
        assert {json.loads(line)["action"] for line in result.stdout.splitlines()} == {"deduped"}

    assert [ticket["alert_count"] for ticket in sdj("list")] == [4, 4]


def test_a_resolved_alert_is_noted(sd: Runner, sdj: JsonRunner, alerts: dict[str, Any]) -> None:
    """A recovery is noted on its ticket, which stays open (R3d.0a)."""
    sd("open", "-", stdin=json.dumps(alerts))
    alerts["alerts"][0]["status"] = "resolved"
    alerts["alerts"] = alerts["alerts"][:1]

    result = sd("open", "-", "--json", stdin=json.dumps(alerts))

    line = json.loads(result.stdout)
    assert (line["action"], line["ref"]) == ("resumed", "SD-1")
    ticket = sdj("show", "1")
    assert ticket["status"] == "new"
    assert ticket["service_restored_at"] == "2026-11-23T10:00:00Z"


def test_a_recovery_of_nothing_opens_nothing(
    sd: Runner, sdj: JsonRunner, alerts: dict[str, Any]
) -> None:
    """A resolved alert that no open ticket knows is ignored, with exit 0 (T20)."""
    for alert in alerts["alerts"]:
        alert["status"] = "resolved"

    result = sd("open", "-", "--json", stdin=json.dumps(alerts))

    assert {json.loads(line)["action"] for line in result.stdout.splitlines()} == {"ignored"}
    assert sdj("list", "--all") == []


def test_an_alert_that_fires_long_after_the_closure_is_new(
    sd: Runner, sdj: JsonRunner, alerts: dict[str, Any]
) -> None:
    """A resolved ticket is reopened by its alert, a closed one only for two hours."""
    alerts["alerts"] = alerts["alerts"][:1]
    stream = json.dumps(alerts)
    sd("open", "-", stdin=stream)
    sd("resolve", "1", "--code", "solved")

    assert json.loads(sd("open", "-", "--json", stdin=stream).stdout)["action"] == "reopened"
    assert sdj("show", "1")["status"] == "in_progress"

    sd("close", "1", "--code", "solved", "--unconfirmed", "drill")
    late = "2026-11-23T12:30:00Z"
    last = json.loads(sd("open", "-", "--json", stdin=stream, at=late).stdout)
    assert (last["action"], last["ref"]) == ("created", "SD-2")


def test_plain_text(sd: Runner, sdj: JsonRunner) -> None:
    """The first line is the summary, all of it the details; who pipes it in is the requester."""
    sd("open", "-", stdin="Backup of fs1 failed\n\nexit code 2, see /var/log/backup.log\n")

    ticket = sdj("show", "1")
    assert ticket["summary"] == "Backup of fs1 failed"
    assert "exit code 2" in ticket["details"]
    assert (ticket["requester"], ticket["channel"]) == ("ben", "script")


def test_options_fill_what_a_pipe_does_not_say(sd: Runner, sdj: JsonRunner) -> None:
    """Options given with `-` apply where the input is silent, and never override it."""
    stream = '{"summary": "one", "service": "vpn"}\n{"summary": "two", "user": "bruno"}'
    sd("open", "-", "--user", "ada", "--service", "wifi", stdin=stream)

    first, second = sdj("list")
    assert (first["requester"], first["service"]) == ("ada", "vpn")
    assert (second["requester"], second["service"]) == ("bruno", "wifi")


def test_plain_fields(sdj: JsonRunner) -> None:
    """A JSON object uses the options' names; what is unknown is kept as a field."""
    item = {
        "summary": "Laptop for a joiner",
        "user": "dana@example.com",
        "type": "fulfilment",
        "service": "workstation",
        "impact": "enormous",
        "cost_centre": 4711,
        "idempotency_key": "form-9",
    }

    ticket = sdj("open", "-", stdin=json.dumps(item))

    assert (ticket["requester"], ticket["type"]) == ("dana", "fulfilment")
    assert ticket["impact"] == "unknown"
    assert ticket["fields"] == {"impact": "enormous", "cost_centre": "4711"}


@pytest.mark.parametrize(
    "raw",
    [b'{"alerts": [{"lab', b"\xff\xfe\x00binary", b"a\0b"],
    ids=["cut", "binary", "NUL"],
)
def test_what_cannot_be_read_is_kept(sd: Runner, desk_dir: Path, raw: bytes) -> None:
    """Unreadable input is kept whole with a note of why, said, and exits 8."""
    result = sd("open", "-", "--json", stdin=raw, expect=8)

    told = json.loads(result.stdout)
    assert (told["action"], told["ref"]) == ("quarantined", None)
    kept = desk_dir / "ledger" / "quarantine"
    assert told["file"].startswith(str(kept))
    note = json.loads(next(kept.glob("*.json")).read_text())
    assert note["reason"] == told["reason"]
    assert next(kept.glob("*.raw")).read_bytes() == raw


def test_nothing_on_standard_input(sd: Runner) -> None:
    """An empty pipe opens nothing, says so, and is no failure."""
    result = sd("open", "-", stdin="")

    assert not result.stdout
    assert "Nothing arrived" in result.stderr


def test_a_killed_script_may_simply_run_again(sd: Runner, sdj: JsonRunner) -> None:
    """One key for a whole stream: each item is taken in once, however often it is sent (T22)."""
    labels = {"alertname": "ProbeFailed", "instance": "shop"}
    alert = {
        "receiver": "desk",
        "groupKey": "{}",
        "alerts": [{"status": "firing", "labels": labels}],
    }
    stream = "\n".join(
        json.dumps(each) for each in ({"summary": "one"}, alert, {"summary": "two"}, alert)
    )
    take = ("open", "-", "--idempotency-key", "night-7")
    runs = [
        [json.loads(line) for line in sd(*take, "--json", stdin=stream).stdout.splitlines()]
        for _ in range(2)
    ]
    assert [told["action"] for told in runs[0]] == ["created", "created", "created", "deduped"]
    assert {told["rule"] for told in runs[1]} == {"idempotency-key"}
    assert [told["ref"] for told in runs[1]] == [told["ref"] for told in runs[0]]
    assert sdj("show", "2")["alert_count"] == 2
