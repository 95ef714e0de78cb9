"""`classify` weighs what was answered, explains itself, and takes no wish for a reason."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import REFUSED, USAGE
from tests.conftest import REPOSITORY
from tools.intake_page import CLASSIFICATION_PAGE, generated

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

_OPEN = ("open", "Stock cannot be booked", "--user", "carmen", "--new")
_ERP = ("--type", "incident", "--service", "erp")


def test_the_page_is_as_it_should_be() -> None:
    """The transcripts of docs/classification.md are what the commands print."""
    text = CLASSIFICATION_PAGE.read_text(encoding="utf-8")
    assert generated(text) == text


def test_answers_give_the_priority(sdj: JsonRunner) -> None:
    """Answers about the business give impact and urgency, and are kept (R2c.2, R2c.2d)."""
    sdj(*_OPEN)
    answers = ("--people", "40", "--process", "paying-staff", "--who", "external")
    ticket = sdj("classify", "1", *answers, "--workaround", "good", "--component", "erp-db1")
    assert (ticket["impact"], ticket["urgency"], ticket["priority"]) == ("high", "low", "P3")
    assert ticket["assessment"] == {
        **dict.fromkeys(("goal", "measured", "amount")),
        "people": 40,
        "process": "paying-staff",
        "who": "external",
        "workaround": "good",
        "component": "erp-db1",
    }
    event = sdj("history", "1")[-1]
    assert event["said"] == ["people", "process", "who", "workaround", "component"]
    assert {ground["field"] for ground in event["grounds"]} >= {"impact", "urgency", "priority"}


def test_open_takes_the_answers(sdj: JsonRunner) -> None:
    """The answers can be given as the request is opened; presets fill what nobody said (R2c.2e)."""
    ticket = sdj(*_OPEN, *_ERP, "--people", "1", "--workaround", "hard", "--process", "selling")
    assert (ticket["impact"], ticket["urgency"], ticket["priority"]) == ("medium", "medium", "P3")
    plain = sdj(*_OPEN, *_ERP)
    assert (plain["impact"], plain["urgency"], plain["priority"]) == ("high", "high", "P1")
    assert [each["field"] for each in sdj("history", "2")[0]["grounds"]] == ["impact", "urgency"]


def test_presets_by_unit_hold_for_whoever_calls(sd: Runner, sdj: JsonRunner) -> None:
    """Where the caller belongs decides with service and feature, by phone and by mail (R2c.2e)."""
    wifi = ("--type", "incident", "--service", "wifi")
    assert sdj("open", "No signal", "--user", "dana", *wifi)["impact"] == "medium"
    assert sdj("open", "No signal", "--user", "ada", *wifi)["impact"] == "unknown"
    mail = "From: dana@example.com\nTo: desk@example.com\nSubject: No signal\n\nNone at all.\n"
    sd("open", "-", *wifi, stdin=mail)
    assert sdj("show", "3")["impact"] == "medium"
    stock = sdj(*_OPEN, *_ERP, "--feature", "logistics")
    assert stock["priority"] == "P1"


def test_a_wish_is_a_remark(sd: Runner, sdj: JsonRunner) -> None:
    """What is wished for is shown everywhere, and the priority is as it is without (R2c.2d)."""
    plain = sdj(*_OPEN, *_ERP)
    wished = sdj(*_OPEN, *_ERP, "--wish", "P5 will do")
    assert wished["wish"] == "P5 will do"
    assert wished["priority"] == plain["priority"]
    assert "wish:       P5 will do (a remark)" in sd("show", "2").stdout
    assert "wished for: P5 will do" in sd("history", "2").stdout
    later = sdj("classify", "2", "--wish", "P4, please")
    assert (later["wish"], later["priority"]) == ("P4, please", plain["priority"])
    assert sdj("classify", "2", "--explain")["wish"] == "P4, please"


def test_a_piped_request_sets_no_priority(sdj: JsonRunner) -> None:
    """A priority in a JSON request is a wish; answers are answers; nothing is lost (R2c.2d)."""
    document = {
        "summary": "No stock",
        "user": "carmen",
        "priority": "P1",
        "wish": "quickly",
        "people": 7,
        "process": "warehousing",
        "who": "the whole shift",
        "workaround": "Hard",
    }
    ticket = sdj("open", "-", stdin=json.dumps(document))
    assert ticket["wish"] == "P1; quickly"
    assert ticket["fields"] == {"who": "the whole shift"}
    assert (ticket["assessment"]["people"], ticket["assessment"]["workaround"]) == (7, "hard")
    assert ticket["priority"] == "P2"
    odd = {"summary": "x", "people": ["ada", "bruno"], "process": "sshd", "priority": {"level": 1}}
    kept = sdj("open", "-", stdin=json.dumps(odd))
    assert kept["fields"] == {"people": '["ada","bruno"]', "process": "sshd"}
    assert (kept["wish"], kept["priority"]) == ('{"level":1}', "P3")


@pytest.mark.parametrize("people", ["0", "-3", "1.5", "9" * 30, "\u0663", "many", "1e3", True])
def test_people_that_are_no_number_are_kept(sdj: JsonRunner, people: Any) -> None:
    """What is no number of people stays among the fields, whatever it is."""
    ticket = sdj("open", "-", stdin=json.dumps({"summary": "x", "people": people}))
    assert ticket["assessment"]["people"] is None
    assert ticket["fields"]["people"] == (people if isinstance(people, str) else "true")


def test_an_alert_weighs_what_hangs_on_its_component(sdj: JsonRunner) -> None:
    """The component of a critical alert makes the impact at least that of what needs it (R2c.1)."""
    labels = {"alertname": "Slow", "instance": "print1:9100", "severity": "critical"}
    alert = {"receiver": "d", "groupKey": "{}", "alerts": [{"status": "firing", "labels": labels}]}
    ticket = sdj("open", "-", stdin=json.dumps(alert))
    assert (ticket["service"], ticket["impact"]) == ("printing", "high")
    told = sdj("classify", "1", "--explain")
    assert told["services"]["processes"] == {"warehousing": "high"}
    first = next(each for each in told["grounds"] if each["field"] == "impact")
    assert "print1" in first["reason"]
    assert first["rule"] == "criticality: high"


def test_a_priority_by_hand(sd: Runner, sdj: JsonRunner) -> None:
    """It needs a reason, is marked, is explained, and can be taken back (R2c.2e)."""
    sdj(*_OPEN, *_ERP)
    refused = sd("classify", "1", "--priority", "p4", expect=REFUSED)
    assert "--reason" in refused.stderr
    assert sdj("show", "1")["events_count"] == 1
    shown = sd("classify", "1", "--priority", "p4", "--reason", "only a drill").stdout
    assert "P4 by hand (only a drill)" in shown
    told = sdj("classify", "1", "--explain")
    assert (told["priority"], told["by_hand"]) == ("P4", True)
    assert told["derived"] == {
        "impact": "high",
        "urgency": "high",
        "priority": "P1",
        "is_current": True,
    }
    assert "P4: set by hand by ben: only a drill. The rules give P1." in _words(
        sd("classify", "1", "--explain").stdout
    )
    back = sd("classify", "1", "--priority", "derived").stdout
    assert "P4 was set by hand before; the priority is derived anew." in back
    assert sdj("show", "1")["priority"] == "P1"


def _words(text: str) -> str:
    return " ".join(text.split())


def test_the_explanation_quotes_the_files(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Every rule is told with its file, its line and the very words that stand there (R2c.2)."""
    sd(*_OPEN, *_ERP)
    sd("classify", "1", "--people", "3", "--process", "order-to-cash", "--workaround", "hard")
    told = sdj("classify", "1", "--explain")
    placed = [each for each in told["grounds"] if each["place"]]
    assert len(placed) >= 4
    for each in placed:
        file, number = each["place"].split(":")
        line = (desk_dir / file).read_text(encoding="utf-8").splitlines()[int(number) - 1]
        assert each["rule"] == line.strip()
    said = {each["name"]: (each["value"], each["by"], each["at"]) for each in told["said"]}
    assert said["people"] == (3, "ben", "2026-11-23T10:00:00Z")
    shown = sd("classify", "1", "--explain").stdout
    for each in placed:
        assert each["place"] in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_explanation_of_what_was_never_classified(sd: Runner, sdj: JsonRunner) -> None:
    """It explains from what is known, and says that it was never classified."""
    sd("open", "It is odd", "--user", "farah")
    shown = _words(sd("classify", "1", "--explain").stdout)
    assert "P3: impact unknown, urgency unknown. It was never classified" in shown
    assert "Impact: unknown nobody has said, and no preset says so" in shown
    told = sdj("classify", "1", "--explain")
    assert (told["classified"], told["time_box"]["tier"]) == (None, 1)
    assert sdj("show", "1")["events_count"] == 1


def test_other_files_since_are_told(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """If today's files give another priority, it is said, with what to type (R2c.2)."""
    sd(*_OPEN, *_ERP)
    path = desk_dir / "sla_policies.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("{high: P1, medium: P2", "{high: P3, medium: P3", 1))
    shown = sd("classify", "1", "--explain")
    assert "Today's files give P3" in _words(shown.stdout)
    assert "Next: sdcli classify SD-1 --priority derived" in shown.stderr
    assert sdj("classify", "1", "--explain")["derived"]["is_current"] is False
    assert sdj("classify", "1", "--priority", "derived")["priority"] == "P3"
    assert "Next" not in sd("classify", "1", "--explain").stderr


def test_whose_work_stops(sd: Runner, sdj: JsonRunner) -> None:
    """The work in progress of the assignee that gives way is named, by the rules (R2c.2a)."""
    for summary, priority in (("one", "P4"), ("two", "P2"), ("three", "P5")):
        sd("open", summary, "--user", "ada", "--new")
        ref = str({"one": 1, "two": 2, "three": 3}[summary])
        sd("classify", ref, "--priority", priority, "--reason", "x")
        sd("accept", ref, "--as", "kofi")
    sd(*_OPEN, *_ERP, "--people", "5")
    sd("assign", "4", "--to", "kofi", "--queue", "applications")
    told = sdj("classify", "4", "--explain")["pre_empts"]
    assert (told["priorities"], told["stop"]) == (["P4", "P5"], True)
    assert [each["ref"] for each in told["tickets"]] == ["SD-1", "SD-3"]
    assert "kofi stops SD-1 (P4), SD-3 (P5)" in sd("classify", "4", "--explain").stdout
    sd("assign", "4", "--to", "lena")
    free = sd("classify", "4", "--explain").stdout
    assert "lena has nothing in progress that must give way" in free
    none = _words(sd("classify", "1", "--explain").stdout)
    assert "nothing stops for a P4" in none


def test_with_nobody_on_it_the_queue_is_looked_at(sd: Runner, sdj: JsonRunner) -> None:
    """With nobody assigned, what it may interrupt is named (R2c.2a)."""
    sd("open", "one", "--user", "ada")
    sd("classify", "1", "--priority", "P4", "--reason", "x")
    sd("accept", "1", "--as", "chloe")
    sd(*_OPEN, *_ERP)
    told = sdj("classify", "2", "--explain")["pre_empts"]
    assert (told["assignee"], [each["assignee"] for each in told["tickets"]]) == (None, ["chloe"])
    shown = _words(sd("classify", "2", "--explain").stdout)
    assert "nobody is on it; whoever takes it may stop SD-1 (P4, chloe)" in shown


def test_how_long_and_who_must_be_told(sd: Runner, sdj: JsonRunner) -> None:
    """How long this tier may try, and who must be told and how they are reached (R2c.2b-c)."""
    sd(*_OPEN, *_ERP, "--people", "150")
    told = sdj("classify", "1", "--explain", at="2026-11-23T10:05:00Z")
    assert told["time_box"] == {
        "tier": 1,
        "target_s": 900,
        "elapsed_s": 300,
        "due": "2026-11-23T10:15:00Z",
        "state": "running",
    }
    assert [each["name"] for each in told["tell"]] == [
        *("Chloe Martin", "Ben Carter", "Kofi Mensah", "Amara Osei")
    ]
    assert told["tell"][0]["reach"] == "+44 20 7946 0102, chloe@example.org"
    assert (told["communication"]["state"], told["continuity"]["state"]) == ("due", "due")
    shown = sd("classify", "1", "--explain", at="2026-11-23T11:00:00Z").stdout
    assert "passed 2026-11-23 10:15 UTC: escalate it" in _words(shown)
    for step in (*told["communication"]["checklist"], *told["continuity"]["checklist"]):
        assert f"[ ] {step}" in _words(shown)


def test_what_is_closed_asks_for_nothing(sd: Runner, sdj: JsonRunner) -> None:
    """The priority of a closed request is explained, and nothing follows from it any more."""
    sd(*_OPEN, *_ERP, "--people", "150")
    sd("close", "1", "--code", "solved", "--unconfirmed", "they left")
    assert "asks for" not in sd("classify", "1", "--explain").stdout
    told = sdj("classify", "1", "--explain")
    assert (told["time_box"], told["tell"], told["pre_empts"]["tickets"]) == (None, [], [])


def test_explain_stands_alone(sd: Runner) -> None:
    """An explanation changes nothing, so it takes no other option."""
    sd(*_OPEN)
    assert "--explain" in sd("classify", "1", "--explain", "--people", "3", expect=USAGE).stderr


def test_nothing_that_is_said_while_joining_is_lost(sd: Runner) -> None:
    """Answers and wishes that come with `--add-to` are in what is added."""
    sd(*_OPEN)
    said = ("--people", "12", "--workaround", "none", "--wish", "today")
    sd("open", "It is worse", "--user", "ada", "--add-to", "1", *said)
    shown = sd("show", "1").stdout
    assert re.search(r"people: 12.*workaround: none.*wish: today", shown, re.DOTALL)


@pytest.mark.parametrize("option", ["--people", "--process", "--who", "--workaround", "--wish"])
def test_each_question_has_its_option(option: str, sd: Runner) -> None:
    """No question about the impact needs a prompt, when opening and when classifying (R2c.2d)."""
    for command in ("open", "classify"):
        assert option in sd(command, "--help").stdout
    page = (REPOSITORY / "docs" / "classification.md").read_text(encoding="utf-8")
    assert option in page
