"""`intake explain` accounts for every event; `validate` keeps what was wrong (R1a.2b, R1b.2)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from sdcli.errors import REFUSED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


def _stream(*statuses: str, instance: str = "shop") -> str:
    """An Alertmanager document with one alert in these states."""
    labels = {"alertname": "ProbeFailed", "instance": instance, "severity": "warning"}
    alerts = [{"status": status, "labels": labels} for status in statuses]
    return json.dumps({"receiver": "desk", "groupKey": "{}", "alerts": alerts})


def test_explain_adds_up(sd: Runner, sdj: JsonRunner) -> None:
    """What is explained is what was sent, decision by decision, each with its rule."""
    sd("open", "-", stdin=_stream("firing", "firing", "firing"))
    sd("open", "-", stdin=_stream("resolved", "firing"))

    told = sdj("intake", "explain", "1")

    assert (told["total"], told["firing"], told["resolved"], told["suppressed"]) == (5, 4, 1, 0)
    assert sum(each["times"] for each in told["decisions"]) == 5
    assert [(each["rule"], each["times"]) for each in told["decisions"]] == [
        ("first-sighting", 1),
        ("same-alert", 2),
        ("recovery", 1),
        ("fires-again", 1),
    ]
    (alert,) = told["alerts"]
    assert (alert["status"], alert["flips"]) == ("firing", 2)
    text = sd("intake", "explain", "1").stdout
    assert "accounts for 5 events of monitoring: 4 firing and 1 resolved" in text


def test_explain_of_a_request(sd: Runner) -> None:
    """A ticket without alerts says so."""
    sd("open", "It is slow", "--user", "ada")
    assert sd("intake", "explain", "1").stdout == "SD-1 has counted no alert.\n"


def test_an_alert_is_marked_until_it_is_validated(sd: Runner, sdj: JsonRunner) -> None:
    """Corrections are kept as before and after, and change what is known (R1b.2)."""
    sd("open", "-", stdin=_stream("firing"))
    sd("open", "It is slow", "--user", "ada")
    before = sdj("show", "1")
    assert before["needs_validation"]
    assert [each["ref"] for each in sdj("list", "--needs-validation")] == ["SD-1"]
    assert "environment" in before["alert"]["missing"]

    words = ("--against", "asset register", "--component", "web1", "--environment", "test")
    after = sdj("validate", "1", *words, "--service", "website", "--urgency", "high")

    assert not after["needs_validation"]
    assert sdj("list", "--needs-validation") == []
    assert (after["alert"]["component"], after["alert"]["environment"]) == ("web1", "test")
    assert "environment" not in after["alert"]["missing"]
    assert (after["service"], after["urgency"]) == ("website", "high")
    happened = sdj("history", "1")[-1]
    assert happened["against"] == "asset register"
    assert happened["corrections"]["component"] == {"before": "shop", "after": "web1"}
    assert happened["corrections"]["urgency"] == {"before": "medium", "after": "high"}


def test_only_what_a_machine_said_is_validated_and_once(sd: Runner) -> None:
    """Requests need none; a second time needs something new; nothing is recorded otherwise."""
    sd("open", "It is slow", "--user", "ada")
    assert "was not opened by an alert" in sd("validate", "1", expect=REFUSED).stderr
    sd("open", "-", stdin=_stream("firing"))
    sd("validate", "2")
    assert "validated already" in sd("validate", "2", expect=REFUSED).stderr
    sd("validate", "2", "--component", "web2")


def test_a_planned_outage_at_the_desk(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """From schedule to sla-check: counted while it lasts, raised once by whoever comes first."""
    (desk_dir / "catalog" / "schedule.yaml").write_text(
        "format: 1\noutages:\n  probe:\n    summary: New probe\n    components: [shop]\n"
        '    start: "2026-11-23T09:00:00Z"\n    end: "2026-11-23T11:00:00Z"\n'
    )
    sent = json.loads(sd("open", "-", "--json", stdin=_stream("firing")).stdout)
    assert (sent["action"], sent["rule"]) == ("suppressed", "planned-outage")
    assert sdj("list") == []
    late = "2026-11-23T11:00:00Z"
    raised = sd("sla-check", at=late)
    assert "it still fires after the end of SD-1" in raised.stderr
    (ticket,) = sdj("list", at=late)
    assert ticket["alert_count"] == 1
    sd("sla-check", at=late)
    assert len(sdj("list", at=late)) == 1
    record = sdj("intake", "explain", "1")
    assert (record["total"], record["suppressed"]) == (1, 1)


def test_the_same_unknown_payload_is_counted(sd: Runner, sdj: JsonRunner) -> None:
    """What no format knows opens one ticket of type unknown, however often it comes."""
    stream = "\n".join(json.dumps({"foo": "bar", "n": n}) for n in (1, 2, 1, 1))
    told = [json.loads(row) for row in sd("open", "-", "--json", stdin=stream).stdout.splitlines()]
    assert [each["rule"] for each in told] == [
        "unrecognised",
        "unrecognised",
        "same-alert",
        "same-alert",
    ]
    assert [ticket["type"] for ticket in sdj("list")] == ["unknown", "unknown"]
    assert sdj("intake", "explain", "1")["total"] == 3
    assert sdj("history", "1")[0]["payload"] == {"foo": "bar", "n": 1}


def test_unknown_payloads_are_limited_too(sd: Runner, sdj: JsonRunner) -> None:
    """Payloads that no format knows and that always differ stop at the limit, all counted (T17)."""
    stream = "\n".join(json.dumps({"foo": n}) for n in range(100))
    told = [json.loads(row) for row in sd("open", "-", "--json", stdin=stream).stdout.splitlines()]
    assert Counter(each["rule"] for each in told) == {"unrecognised": 25, "limit-of-source": 75}
    refs = [ticket["ref"] for ticket in sdj("list")]
    assert len(refs) == 26
    assert sum(sdj("intake", "explain", ref)["total"] for ref in refs) == 100


def test_a_bad_line_holds_nothing_back(sd: Runner, sdj: JsonRunner) -> None:
    """Of a stream of objects each line stands for itself, whatever the others are."""
    stream = '{"summary": "one"}\nnull\ncurl: (28) timeout\n\ufeff{"summary": "two"}\n}{\n'
    told = sd("open", "-", "--json", stdin=stream, expect=8)
    actions = [json.loads(row)["action"] for row in told.stdout.splitlines()]
    assert Counter(actions)["quarantined"] == 2
    assert {"one", "two"} <= {ticket["summary"] for ticket in sdj("list")}


def test_options_go_with_an_alert(sd: Runner, sdj: JsonRunner) -> None:
    """What the options say where an alert says nothing is used, and the rest is kept."""
    words = ("--service", "vpn", "--field", "rack=7", "--details", "see the log", "--user", "ada")
    sd("open", "-", *words, stdin=_stream("firing"))
    ticket = sdj("show", "1")
    assert (ticket["service"], ticket["fields"]["rack"]) == ("vpn", "7")
    assert ticket["fields"]["user"] == "ada"
    assert "see the log" in ticket["details"]


def test_a_retry_knows_what_was_sent_again(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What was kept while the desk was broken, and sent again with its key, is taken in once."""
    teams = desk_dir / "catalog" / "teams.yaml"
    sound = teams.read_text()
    take = ("open", "-", "--idempotency-key", "run-1")
    teams.write_text("format: 1\n")
    assert "intake retry" in sd(*take, stdin=_stream("firing"), expect=5).stderr
    teams.write_text(sound)
    assert "1 input that was kept waits" in sd("doctor").stderr
    sd(*take, stdin=_stream("firing"))
    sd("intake", "retry")
    assert sdj("show", "1")["alert_count"] == 1


def test_many_processes_with_one_alert(desk_dir: Path) -> None:
    """64 processes at once with the same alert leave one ticket that counts 64 (T17)."""
    command = [sys.executable, "-m", "sdcli", "--desk", str(desk_dir), "open", "-", "--json"]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(64)
    ]
    for process in started:  # all of them wait for their input by now, and get it together
        assert process.stdin
        process.stdin.write(_stream("firing"))
    answers: list[dict[str, Any]] = [
        json.loads(process.communicate(timeout=300)[0]) for process in started
    ]
    assert Counter(answer["action"] for answer in answers) == {"created": 1, "deduped": 63}
    assert {answer["ref"] for answer in answers} == {"SD-1"}
    assert max(answer["alert_count"] for answer in answers) == 64
