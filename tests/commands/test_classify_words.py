"""What is typed at `classify` counts as it is meant: taken back, refused with a sentence, or kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import REFUSED, USAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

_OPEN = ("open", "Stock cannot be booked", "--user", "carmen", "--new")
_ERP = ("--type", "incident", "--service", "erp", "--ever-had", "yes")


def _words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("people", "500"),
        ("process", "warehousing"),
        ("who", "executive"),
        ("workaround", "none"),
        ("component", "erp-db1"),
    ],
)
def test_an_answer_can_be_taken_back(sd: Runner, sdj: JsonRunner, option: str, value: str) -> None:
    """`unknown` takes an answer back: the ticket is as if it had not been said (R2c.2d, R1b.1d)."""
    sdj(*_OPEN)
    plain = sdj("show", "1")
    said = sdj("classify", "1", f"--{option}", value)
    assert said["assessment"][option]
    back = sdj("classify", "1", f"--{option}", "unknown")
    assert not back["assessment"] or not back["assessment"][option]
    assert [back[name] for name in ("impact", "urgency", "priority")] == [
        plain[name] for name in ("impact", "urgency", "priority")
    ]
    assert option in sdj("history", "1")[-1]["said"]
    assert f"not known any more: {option}" in sd("history", "1").stdout
    told = sdj("classify", "1", "--explain")
    assert option not in {each["name"] for each in told["said"]}


def test_what_else_was_said_stays(sdj: JsonRunner) -> None:
    """Taking one answer back leaves the others, and one can be given anew (R2c.2d)."""
    sdj(*_OPEN)
    sdj("classify", "1", "--people", "500", "--workaround", "hard")
    back = sdj("classify", "1", "--people", "unknown")
    assert (back["impact"], back["urgency"]) == ("unknown", "medium")
    assert sdj("classify", "1", "--people", "1")["impact"] == "low"


def test_a_stated_level_can_be_derived_again(sdj: JsonRunner) -> None:
    """`--impact derived` takes a stated level back: answers and presets count again (R2c.2e)."""
    sdj(*_OPEN, *_ERP)
    sdj("classify", "1", "--impact", "low", "--reason", "one shelf only")
    assert sdj("classify", "1", "--impact", "derived")["impact"] == "high"
    assert "impact" not in {each["name"] for each in sdj("classify", "1", "--explain")["said"]}


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_what_is_measured_is_a_number(sd: Runner, sdj: JsonRunner, value: str) -> None:
    """No goal can be held against what is no number; nothing is recorded (R3d.0)."""
    sdj(*_OPEN, *_ERP)
    options = ("--goal", "posting-time", f"--measured={value}")
    refused = sd("classify", "1", *options, expect=USAGE)
    assert "was not measured; give a number" in refused.stderr
    assert sdj("show", "1")["events_count"] == 1


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--people", "10000001", "10000000"), ("--wish", "x" * 501, "500 characters are the most")],
)
def test_too_much_is_refused(
    sd: Runner, sdj: JsonRunner, option: str, value: str, said: str
) -> None:
    """More people than there are, and letters in place of a wish, are refused with a sentence."""
    sdj(*_OPEN)
    for command in (("classify", "1"), _OPEN):
        assert said.split(maxsplit=1)[0] in sd(*command, option, value, expect=USAGE).stderr
    piped = sdj("open", "-", stdin=json.dumps({"summary": "x", "people": 10_000_001}))
    assert piped["fields"]["people"] == "10000001"


def test_a_wish_classifies_nothing(sdj: JsonRunner) -> None:
    """A wish alone is only recorded: no type by the catalog, nothing derived anew (R2c.2d)."""
    sdj("open", "How do I book stock?", "--user", "carmen", "--service", "erp", "--new")
    before = sdj("show", "1")
    after = sdj("classify", "1", "--wish", "P1")
    assert after["wish"] == "P1"
    names = ("type", "service", "feature", "impact", "urgency", "priority")
    assert [after[name] for name in names] == [before[name] for name in names]
    assert sdj("history", "1")[-1]["kind"] == "detailed"
    assert sdj("classify", "1", "--explain")["classified"] is None


@pytest.mark.parametrize("more", [(), ("--wish", "P1")])
@pytest.mark.parametrize("option", [("--reason", "x"), ("--discovered", "diagnosis")])
def test_why_needs_what(
    sd: Runner, sdj: JsonRunner, option: tuple[str, str], more: tuple[str, ...]
) -> None:
    """A reason or how it was found, for nothing that changes, is refused: it says what to add."""
    sdj(*_OPEN)
    refused = sd("classify", "1", *option, *more, expect=USAGE)
    assert "goes with what is changed: add --type" in refused.stderr
    assert sdj("show", "1")["events_count"] == 1


def test_capacity_counts_whenever_the_feature_comes(sd: Runner, sdj: JsonRunner) -> None:
    """An amount said first is held against the feature that is chosen later (R2a.3a)."""
    sdj("open", "More space", "--user", "ada", "--new", "--type", "fulfilment")
    sdj("classify", "1", "--amount", "80")
    later = ("classify", "1", "--service", "email", "--feature", "mailbox")
    assert "was built for 50 GB" in sd(*later, expect=REFUSED).stderr
    assert sdj(*later, "--reason", "agreed for a year")["feature"] == "mailbox"


def test_an_amount_belongs_to_its_feature(sd: Runner, sdj: JsonRunner) -> None:
    """What was asked for of one feature is not asked for of another, which is told (R2a.3a)."""
    sdj("open", "More space", "--user", "ada", "--new", "--service", "email")
    sdj("classify", "1", "--feature", "mailbox", "--amount", "40", "--type", "fulfilment")
    why = ("--reason", "the caller said so", "--discovered", "diagnosis")
    moved = sd("classify", "1", "--feature", "shared-mailbox", *why)
    assert "40 were asked for of email/mailbox; say --amount anew" in _words(moved.stdout)
    assert not (sdj("show", "1")["assessment"] or {}).get("amount")


def test_ask_first_whether_it_was_ever_there(sd: Runner, sdj: JsonRunner) -> None:
    """A failure is stated: whether the caller ever had it is asked for until it is known (R2a.2a)."""
    sdj(*_OPEN)
    stated = ("classify", "1", "--type", "incident", "--service", "erp")
    assert "did the caller ever have it" in sd(*stated).stderr
    answered = sd(*stated, "--ever-had", "yes")
    assert "did the caller" not in answered.stderr
    assert [each["kind"] for each in sdj("history", "1")[-2:]] == ["detailed", "classified"]
    assert sdj("show", "1")["request"]["ever_had"] == "yes"


def test_ever_had_decides_at_once(sdj: JsonRunner) -> None:
    """The answer counts in the very classification that it is given with (R2a.2a, R2a.4a)."""
    sdj(*_OPEN)
    asked = sdj("classify", "1", "--service", "erp", "--ever-had", "taken")
    assert (asked["type"], asked["request"]["approval"]) == ("fulfilment", "needed")


def test_a_goal_and_its_value_go_together(sd: Runner, sdj: JsonRunner) -> None:
    """Half a measurement is refused; the only goal of a service need not be named (R3d.0)."""
    sdj(*_OPEN, *_ERP)
    lone = sd("classify", "1", "--goal", "posting-time", expect=USAGE)
    assert "add --measured NUMBER" in lone.stderr
    assert sdj("classify", "1", "--measured", "20")["assessment"]["goal"] == "posting-time"
    sdj("open", "Slow", "--user", "ada", "--new", "--service", "vpn")
    which = sd("classify", "2", "--measured", "2", expect=USAGE)
    assert "connecting, speed" in which.stderr


def test_closed_tickets_are_not_classified(sd: Runner, sdj: JsonRunner) -> None:
    """Nothing is proposed to be typed that would be refused."""
    sdj(*_OPEN, *_ERP)
    sd("resolve", "1", "--code", "solved")
    sd("close", "1", "--confirmed-by", "carmen", "--via", "phone")
    assert "Next: sdcli classify" not in sd("classify", "1").stderr
    assert sd("classify", "1", "--type", "information", expect=REFUSED)


def test_the_explanation_tells_why_it_has_its_type(sd: Runner, sdj: JsonRunner) -> None:
    """Type with file and line, who gave it, and everything that was said (R2a.2a, R2c.2e)."""
    sdj("open", "Pages are slow", "--user", "ada", "--new")
    sdj("classify", "1", "--service", "website", "--measured", "9", "--ever-had", "yes")
    sdj("classify", "1", "--people", "3")
    told = _words(sd("classify", "1", "--explain").stdout)
    assert "Type: incident > measured 9 seconds against the goal" in told
    assert "catalog/services.yaml:" in told.partition("Type: incident")[2].partition("Impact:")[0]
    assert "goal page-time" in told
    assert "measured 9.0" in told
    assert "ever had yes" in told
    assert "type incident" in told.partition("the desk's rules,")[2]
    said = {each["name"]: each["by"] for each in sdj("classify", "1", "--explain")["said"]}
    assert (said["type"], said["service"]) == (None, "ben")


def test_a_stated_type_is_said_by_who_stated_it(sd: Runner, sdj: JsonRunner) -> None:
    """What a person states is theirs, though the catalog says the same (R2a.1)."""
    sdj(*_OPEN)
    sdj("classify", "1", *_ERP)
    assert {each["name"]: each["by"] for each in sdj("classify", "1", "--explain")["said"]}[
        "type"
    ] == "ben"
    assert "the desk's rules" not in sd("classify", "1", "--explain").stdout


def test_nobody_said_what_a_rule_gave(sd: Runner, sdj: JsonRunner) -> None:
    """Type and service of an alert come from the desk's rules, and are told so (R1a.2)."""
    labels = {"alertname": "Slow", "instance": "print1:9100", "severity": "critical"}
    alert = {"receiver": "d", "groupKey": "{}", "alerts": [{"status": "firing", "labels": labels}]}
    sdj("open", "-", stdin=json.dumps(alert))
    said = {each["name"]: each["by"] for each in sdj("classify", "1", "--explain")["said"]}
    assert (said["type"], said["service"]) == (None, None)
    assert "the desk's rules, " in sd("classify", "1", "--explain").stdout


def test_a_component_that_nothing_has_is_told(sd: Runner, sdj: JsonRunner) -> None:
    """A component that no service has says nothing of the impact, and that is told (R2c.1)."""
    sdj(*_OPEN, *_ERP)
    note = "no service of the catalog has erp-db99 (catalog/services.yaml)"
    assert note in _words(sd("classify", "1", "--component", "erp-db99").stdout)
    assert note in _words(sd("classify", "1", "--explain").stdout)


def test_an_answer_that_left_the_files_is_told(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """An answer that today's files do not hold counts for nothing, and that is told (R2c.2d)."""
    sdj(*_OPEN)
    sdj("classify", "1", "--process", "selling")
    file = desk_dir / "catalog/classification.yaml"
    file.write_text(file.read_text().replace("  selling:\n", "  marketing:\n"))
    assert sdj("classify", "1", "--explain")["no_longer_counts"] == ["process"]
    assert "has none of that id any more" in _words(sd("classify", "1", "--explain").stdout)
    assert "selling" in _words(sd("classify", "1", "--people", "3").stdout)


def test_the_catalog_speaks_against_a_failure(sd: Runner, sdj: JsonRunner) -> None:
    """What was never had or was taken away is told to be no failure, and what to type (R2a.2a)."""
    erp = ("--type", "incident", "--service", "erp", "--ever-had", "taken")
    opened = sd(*_OPEN, *erp)
    assert "though the catalog says fulfilment" in opened.stderr
    assert "sdcli classify SD-1 --type fulfilment --discovered HOW" in opened.stderr
    assert sdj("show", "1")["type"] == "incident"
    sdj(*_OPEN, "--type", "incident", "--service", "erp")
    assert "says fulfilment" in sd("detail", "2", "--ever-had", "no").stderr


def test_a_missed_goal_is_a_ground_of_an_incident(sdj: JsonRunner) -> None:
    """What was measured of a known incident is kept as a ground of its type (R3d.0)."""
    sdj(*_OPEN, *_ERP)
    sdj("classify", "1", "--measured", "20")
    grounds = sdj("history", "1")[-1]["grounds"]
    assert any("which is missed" in each["reason"] for each in grounds if each["field"] == "type")


@pytest.mark.parametrize(
    ("name", "value"),
    [("people", -3), ("people", 1.5), ("process", "sshd"), ("who", "us"), ("workaround", "no")],
)
def test_a_piped_word_that_counts_for_nothing_is_told(
    sdj: JsonRunner, name: str, value: object
) -> None:
    """What is no answer is kept as a field, and the outcome says that it does not count (R2c.2d)."""
    ticket = sdj("open", "-", stdin=json.dumps({"summary": "x", name: value}))
    assert ticket["fields"][name] == str(value)
    assert ticket["reason"] == f"{name} {str(value)!r} is kept as a field and does not count"


def test_nothing_is_due_when_the_work_is_done(sd: Runner, sdj: JsonRunner) -> None:
    """A change of what is resolved promises nothing to the caller (R3d1.5)."""
    sdj(*_OPEN, *_ERP)
    sd("resolve", "1", "--code", "solved")
    why = ("--reason", "it was asked for", "--discovered", "diagnosis")
    told = sd("classify", "1", "--type", "fulfilment", *why).stdout
    assert "By the change" in told
    assert "is due" not in told.partition("By the change")[2]
    assert "Tell the caller" not in told


def test_evaluate_and_limit_are_obeyed(sd: Runner, sdj: JsonRunner) -> None:
    """`--evaluate` stands alone; `--limit` holds with and without a text."""
    sdj(*_OPEN)
    assert "give it alone" in sd("classify", "1", "--evaluate", expect=USAGE).stderr
    assert len(sdj("catalog", "--type", "fulfilment", "--limit", "1")) == 1
    assert len(sdj("catalog", "--type", "fulfilment")) > 10


def test_show_calls_each_answer_by_what_it_is(sd: Runner, sdj: JsonRunner) -> None:
    """What was measured hinders nobody: it has a row of its own."""
    sdj(*_OPEN, *_ERP)
    sdj("classify", "1", "--measured", "20", "--people", "3")
    shown = _words(sd("show", "1").stdout)
    assert "hindered: people 3 " in shown
    assert "measured: 20 against posting-time" in shown
