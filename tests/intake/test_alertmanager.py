"""Alertmanager's documents: each alert an item, each with a key of its own (R1a.2, T18)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.alertmanager import alert_key, is_alertmanager, read_alertmanager
from sdcli.intake.items import AlertItem, Item, RequestItem, Unreadable
from sdcli.intake.recognise import recognise

LABELS = {"alertname": "DiskFull", "instance": "fs1:9100", "severity": "warning"}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
labels_of = st.dictionaries(texts, texts, min_size=1, max_size=6)


def document(*alerts: Any, **more: Any) -> dict[str, Any]:
    """A document with these alerts."""
    told = {"receiver": "desk", "version": "4", "groupKey": "{}", "status": "firing"}
    return {**told, "alerts": list(alerts), **more}


def alert(status: str | None = "firing", **more: Any) -> dict[str, Any]:
    """One alert of a full disk."""
    told = {} if status is None else {"status": status}
    return {**told, "labels": LABELS, "annotations": {"summary": "Disk full"}, **more}


def read(told: Any) -> list[Item]:
    """The items of a document that arrives as JSON."""
    return recognise(json.dumps(told).encode())


def one(told: Any) -> AlertItem:
    """The only item of a document, which is an alert."""
    (item,) = read(told)
    assert isinstance(item, AlertItem)
    return item


def test_the_example_is_two_alerts(alerts: dict[str, Any]) -> None:
    """Each alert of a document is an item with source, key, severity and payload (R1a.2)."""
    first, second = (item for item in read(alerts) if isinstance(item, AlertItem))
    assert (first.source, second.source) == ("alertmanager", "alertmanager")
    assert first.summary == "The shop's checkout answers with HTTP 503"
    assert (first.urgency, first.severity, first.firing) == ("high", "critical", True)
    assert (second.urgency, second.severity, second.firing) == ("medium", "warning", True)
    assert first.labels == alerts["alerts"][0]["labels"]
    assert [first.payload, second.payload] == alerts["alerts"]
    assert first.key != second.key
    assert first.key.startswith("alertmanager:ProbeHttpFailure:")


def test_the_details_say_what_a_person_needs(alerts: dict[str, Any]) -> None:
    """Description, runbook, source, since when, and every label in the order of names."""
    lines = read(alerts)[0].details.splitlines()  # type: ignore[union-attr]
    assert lines[0].startswith("The probe of https://shop.example.org/checkout has failed")
    assert lines[1] == "Runbook: https://runbooks.example.org/probe-http-failure"
    assert lines[2].startswith("Source: http://prometheus.example.org:9090/")
    assert lines[3] == "Since: 2026-11-23T09:54:12.413Z"
    assert lines[4].startswith("Labels: alertname=ProbeHttpFailure, environment=production")


def test_firing_and_resolved_in_one_document() -> None:
    """Each alert has a state of its own, whatever the document as a whole has."""
    items = read(document(alert("firing"), alert("resolved"), alert(None), status="resolved"))
    assert [item.firing for item in items if isinstance(item, AlertItem)] == [True, False, False]


def test_the_documents_state_counts_for_an_alert_without() -> None:
    """An alert that says nothing of its state has the state of its document."""
    assert one(document(alert(None), status="firing")).firing
    assert not one(document(alert(None), status="resolved")).firing


@pytest.mark.parametrize("status", ["", "ok", "FIRING", None, 1, [], {"a": 1}])
def test_an_unknown_state_is_unreadable(status: Any) -> None:
    """Neither firing nor resolved: neither a ticket nor a recovery may be made of it."""
    told = {**alert(None), "status": status}
    (item,) = read(document(told, status="firing"))
    assert isinstance(item, Unreadable)
    assert json.loads(item.raw) == told
    assert "status" in item.reason


def test_a_state_that_nobody_tells_is_unreadable() -> None:
    """Without a state in alert and document it is unknown whether it fires."""
    told = document(alert(None))
    del told["status"]
    (item,) = read(told)
    assert isinstance(item, Unreadable)


@pytest.mark.parametrize(
    "broken", [{"status": "firing"}, {"labels": {}}, {"labels": []}, {"labels": None}, 5, None, []]
)
def test_an_alert_without_labels_leaves_the_others_alone(broken: Any) -> None:
    """An alert that cannot have a key is kept as unreadable; those beside it are read."""
    first, middle, last = read(document(alert(), broken, alert("resolved")))
    assert isinstance(first, AlertItem)
    assert isinstance(last, AlertItem)
    assert isinstance(middle, Unreadable)
    assert json.loads(middle.raw) == broken
    assert middle.reason == "an alert has no labels"


@pytest.mark.parametrize("alerts_", [None, {}, "none", 5])
def test_alerts_that_are_no_list(alerts_: Any) -> None:
    """Promised as Alertmanager's it is unreadable; else it is a request kept whole."""
    told = {**document(), "alerts": alerts_}
    (item,) = recognise(json.dumps(told).encode(), "alertmanager")
    assert isinstance(item, Unreadable)
    assert json.loads(item.raw) == told
    (guessed,) = read(told)
    assert isinstance(guessed, RequestItem)
    assert guessed.payload == told


def test_a_document_without_alerts_is_kept() -> None:
    """A document that holds no alerts says something else: it is kept, not dropped."""
    [item] = read(document())
    assert isinstance(item, Unreadable)
    assert item.reason == "it holds no alerts"


@pytest.mark.parametrize("mark", ["groupKey", "groupLabels", "commonLabels", "receiver"])
def test_any_mark_makes_the_document(mark: str) -> None:
    """Alertmanager's marks, together with a list of alerts, tell the document."""
    assert is_alertmanager({"alerts": [], mark: ""})
    assert not is_alertmanager({"alerts": []})
    assert not is_alertmanager({"alerts": {}, mark: ""})
    assert not is_alertmanager({mark: ""})


def test_a_list_of_documents() -> None:
    """Documents in a list, or one a line, are read one after another."""
    told = [document(alert()), document(alert("resolved"))]
    assert [type(item) for item in read(told)] == [AlertItem, AlertItem]
    lines = "\n".join(json.dumps(each) for each in told).encode()
    assert recognise(lines) == read(told)


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [
        ("critical", "high"),
        ("CRITICAL", "high"),
        ("page", "high"),
        ("error", "high"),
        ("warning", "medium"),
        ("info", "low"),
        ("none", "low"),
        ("odd", "unknown"),
        (None, "unknown"),
    ],
)
def test_severity_gives_urgency(severity: str | None, urgency: str) -> None:
    """The severity's rule gives the urgency; without a rule it is honestly unknown (R1a.2c)."""
    labels = {"alertname": "x"} if severity is None else {"alertname": "x", "severity": severity}
    item = one(document(alert(labels=labels)))
    assert (item.urgency, item.severity) == (urgency, severity or "")


@pytest.mark.parametrize(
    ("annotations", "labels", "summary"),
    [
        ({"summary": "S", "message": "M", "title": "T"}, LABELS, "S"),
        ({"message": "M", "title": "T"}, LABELS, "M"),
        ({"title": "T"}, LABELS, "T"),
        ({}, LABELS, "DiskFull fs1:9100"),
        (None, {"alertname": "A", "host": "h"}, "A h"),
        ({}, {"alertname": "A", "job": "j"}, "A j"),
        ({}, {"alertname": "A"}, "A"),
        ({}, {"x": "y"}, "alert"),
        ({"summary": "two\n  lines"}, LABELS, "two lines"),
        ({"summary": 5}, LABELS, "5"),
        ({"summary": "x" * 200}, LABELS, "x" * 200),
        ({"summary": "x" * 201}, LABELS, "x" * 199 + "…"),
        ([], LABELS, "DiskFull fs1:9100"),
    ],
)
def test_the_summary_is_one_line(annotations: Any, labels: dict[str, str], summary: str) -> None:
    """What the alert says of itself, else its name and place, on one line of 200 characters."""
    assert one(document(alert(annotations=annotations, labels=labels))).summary == summary


@pytest.mark.parametrize(
    "told",
    [alert(annotations={"summary": " "}), alert(annotations={}, labels={"alertname": ""})],
)
def test_no_alert_is_without_a_summary(told: dict[str, Any]) -> None:
    """A blank annotation or name does not make a ticket without a summary."""
    assert one(document(told)).summary


def test_labels_of_other_kinds_are_written_as_json() -> None:
    """A label that is no text is read as the JSON that it is."""
    item = one(document(alert(labels={"a": 1, "b": None, "c": ["x"]})))
    assert item.labels == {"a": "1", "b": "null", "c": '["x"]'}


@given(labels=labels_of, data=st.data())
def test_the_key_is_the_same_in_any_order(labels: dict[str, str], data: st.DataObject) -> None:
    """The key depends on what the labels are and not on their order (T18)."""
    shuffled = dict(data.draw(st.permutations(list(labels.items()))))
    assert alert_key(shuffled) == alert_key(labels)
    assert re.fullmatch(r"alertmanager:[^:\s]*:[0-9a-f]{16}", alert_key(labels))


@given(first=labels_of, second=labels_of)
def test_the_key_differs_for_other_labels(first: dict[str, str], second: dict[str, str]) -> None:
    """Other labels, another key: instances and environments are kept apart (T18)."""
    assert (alert_key(first) == alert_key(second)) == (first == second)


@pytest.mark.parametrize(
    "other",
    [
        {**LABELS, "environment": "test"},
        {**LABELS, "instance": "fs2:9100"},
        {"alertname": "DiskFull", "instance": "fs1:9100"},
        {"alertname": "DiskFull", "instance": 'fs1:9100","severity":"warning'},
    ],
)
def test_the_key_knows_near_neighbours_apart(other: dict[str, str]) -> None:
    """One label more, fewer or different is another alert (T18)."""
    assert alert_key(other) != alert_key(LABELS)


def test_the_key_ignores_what_changes_between_firings() -> None:
    """Times, values and texts do not belong to the key; firing and resolved share it (T18)."""
    again = alert(
        "resolved",
        annotations={"summary": "Disk full: 99 %"},
        startsAt="2026-11-23T11:00:00Z",
        generatorURL="http://x",
        fingerprint="ff",
    )
    assert one(document(alert())).key == one(document(again, groupKey="{other}")).key


@given(value=st.dictionaries(texts, texts | st.lists(texts) | st.none(), max_size=4))
def test_any_alert_is_an_item(value: dict[str, Any]) -> None:
    """Whatever stands in the list of alerts, it is one item each."""
    for told in (value, {"labels": value}, {"labels": value, "annotations": value}):
        assert len(read_alertmanager(document(told))) == 1
