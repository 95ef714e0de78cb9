"""Formats as data: what they recognise, what they read, and the key of an alert (R1a.2, T18)."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.format_check import pattern_problem, wrong
from sdcli.intake.formats import Document, Formats, alert_key
from sdcli.intake.items import AlertItem, Item, RequestItem
from sdcli.intake.recognise import recognise
from sdcli.policy.formats import AlertFormat
from sdcli.policy.load import read_file, read_formats
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

FORMATS = Formats(read_formats(str(REPOSITORY)))
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
    return recognise(json.dumps(told).encode(), FORMATS)


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
    assert first.key.startswith("alertmanager:production:ProbeHttpFailure/")


def test_the_details_say_what_a_person_needs(alerts: dict[str, Any]) -> None:
    """Description and runbook; the link and since when are facts of their own (R1a.2a)."""
    (item, _) = read(alerts)
    assert isinstance(item, AlertItem)
    lines = item.details.splitlines()
    assert lines[0].startswith("The probe of https://shop.example.org/checkout has failed")
    assert lines[1] == "Runbook: https://runbooks.example.org/probe-http-failure"
    assert item.link.startswith("http://prometheus.example.org:9090/")
    assert item.starts_at == datetime(2026, 11, 23, 9, 54, 12, tzinfo=timezone.utc)
    assert (item.environment, item.service) == ("production", "website")


def test_firing_and_resolved_in_one_document() -> None:
    """Each alert has a state of its own, whatever the document as a whole has."""
    items = read(document(alert("firing"), alert("resolved"), alert(None), status="resolved"))
    assert [item.firing for item in items if isinstance(item, AlertItem)] == [True, False, False]


def test_the_documents_state_counts_for_an_alert_without() -> None:
    """An alert that says nothing of its state has the state of its document."""
    assert one(document(alert(None), status="firing")).firing
    assert not one(document(alert(None), status="resolved")).firing


@pytest.mark.parametrize("status", ["odd", 1, ["x"], {"a": 1}])
def test_an_unknown_state_fires_and_is_told(status: Any) -> None:
    """A word that nobody knows closes nothing; that it is not known is told (R1a.2a)."""
    item = one(document({**alert(None), "status": status}))
    assert item.firing
    assert "status" in item.missing


def test_a_state_that_nobody_tells_fires() -> None:
    """Without a state in alert and document it fires, and the state is missing."""
    told = document(alert(None))
    del told["status"]
    item = one(told)
    assert item.firing
    assert "status" in item.missing


@pytest.mark.parametrize("broken", [{"status": "firing"}, {"labels": {}}, 5, None, []])
def test_an_alert_that_says_nothing_leaves_the_others_alone(broken: Any) -> None:
    """What cannot be an alert is a request of type unknown; those beside it are read."""
    first, middle, last = read(document(alert(), broken, alert("resolved")))
    assert isinstance(first, AlertItem)
    assert isinstance(last, AlertItem)
    assert isinstance(middle, RequestItem)
    assert middle.payload == broken
    assert middle.unrecognised.startswith("it reads as Alertmanager, but says neither")
    assert middle.unrecognised in middle.details


@pytest.mark.parametrize("alerts_", [None, {}, "none", 5, []])
def test_alerts_that_are_no_list(alerts_: Any) -> None:
    """Promised or guessed, it is a request of type unknown that is kept whole."""
    told = {**document(), "alerts": alerts_}
    for form in ("alertmanager", None):
        (item,) = recognise(json.dumps(told).encode(), FORMATS, form)
        assert isinstance(item, RequestItem)
        assert item.unrecognised
        assert item.payload == told


@pytest.mark.parametrize("mark", ["groupKey", "groupLabels", "commonLabels", "receiver"])
def test_any_mark_makes_the_document(mark: str) -> None:
    """Alertmanager's marks, together with a list of alerts, tell the document."""
    assert fits({"alerts": [], mark: ""}) == "alertmanager"
    assert not fits({"alerts": []})
    assert not fits({"alerts": {}, mark: ""})
    assert not fits({mark: ""})


def fits(value: dict[str, Any]) -> str:
    """The name of the format that reads a JSON object."""
    fit = FORMATS.recognise(Document("json", value, value))
    return fit.format if fit else ""


def test_a_list_of_documents() -> None:
    """Documents in a list, or one a line, are read one after another."""
    told = [document(alert()), document(alert("resolved"))]
    assert [type(item) for item in read(told)] == [AlertItem, AlertItem]
    lines = "\n".join(json.dumps(each) for each in told).encode()
    assert recognise(lines, FORMATS) == read(told)


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
        ({}, {"x": "y"}, "Alertmanager: an alert"),
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
    assert item.labels == {"a": "1", "c": '["x"]'}


@given(labels=labels_of, data=st.data())
def test_the_key_is_the_same_in_any_order(labels: dict[str, str], data: st.DataObject) -> None:
    """The key depends on what the labels are and not on their order (T18)."""
    shuffled = dict(data.draw(st.permutations(list(labels.items()))))
    assert alert_key("s", "e", [shuffled]) == alert_key("s", "e", [labels])
    assert re.fullmatch(r"s:e:#[0-9a-f]{16}", alert_key("s", "e", [labels]))


parts_of = st.tuples(texts, texts, st.lists(texts | labels_of, min_size=1, max_size=3))


@given(first=parts_of, second=parts_of)
def test_no_two_alerts_share_a_key(first: Any, second: Any) -> None:
    """Another source, environment or part, another key; blanks count as nothing (T18)."""
    said = [
        (
            source.strip(),
            environment.strip(),
            [p.strip() if isinstance(p, str) else p for p in parts],
        )
        for source, environment, parts in (first, second)
    ]
    assert (alert_key(*first) == alert_key(*second)) == (said[0] == said[1])


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
    assert one(document(alert(labels=other))).key != one(document(alert())).key


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
        assert len(read(document(told))) == 1


MINE = """# A first line.
format: 1
name: Mine
recognise: {keys: [mine]}
fields:
  status: {otherwise: firing}
  summary:
    at:
      - stabel(mine)
      - length(mine, mine)
      - part(mine, '(')
      - part(mine, '^(a+)+$')
      - part(mine, other)
      - "!mine.other && mine"
  key: [mine]
"""


@pytest.mark.parametrize("command", [("lint",), ("open", "-"), ("intake", "test", "-")])
def test_what_an_expression_cannot_do_is_told(
    sd: Runner, desk_dir: Path, command: tuple[str, ...]
) -> None:
    """It is named with file and line by all that reads the file; nothing runs with it."""
    (desk_dir / "catalog" / "intake" / "mine.yaml").write_text(MINE, encoding="utf-8")
    told = sd(*command, expect=5, stdin='{"mine": 1}').stderr
    for line, said in (
        (9, "there is no function `stabel`; did you mean `stable`?"),
        (10, "`length` takes 1 arguments, not 2"),
        (11, "'(' is no regular expression"),
        (12, "can take for ever"),
        (13, "must stand in the file"),
        (14, "write !(a.b)"),
    ):
        (found,) = (each for each in told.splitlines() if f"mine.yaml:{line}:" in each)
        assert said in found


@pytest.mark.parametrize("when", ["`true`", "'x'", "@", "`1` == `1`"])
def test_a_format_that_would_fit_anything_is_refused(sd: Runner, desk_dir: Path, when: str) -> None:
    """A condition that looks at nothing is none."""
    file = desk_dir / "catalog" / "intake" / "mine.yaml"
    file.write_text(MINE[: MINE.index("recognise")] + f'recognise: {{when: "{when}"}}\n'
                    "ignore: mine\n", encoding="utf-8")  # fmt: skip
    assert "mine.yaml:4: `when` looks at nothing" in sd("lint", expect=5).stderr


def test_a_file_with_another_ending_is_told(sd: Runner, desk_dir: Path) -> None:
    """Nobody has to find out that their file is never read."""
    (desk_dir / "catalog" / "intake" / "mine.yml").write_text("format: 1\n", encoding="utf-8")
    told = sd("open", "-", expect=5, stdin="{}").stderr
    assert "mine.yml:1: only .yaml is read: rename it to `catalog/intake/mine.yaml`" in told


@pytest.mark.parametrize(
    ("pattern", "is_fine"),
    [
        ("^(a+)+$", False),
        ("(a|aa)+x", False),
        ("(?:a?)*b", False),
        ("(.*a){20}", False),
        ("(?=(a*)*)b", False),
        ("^[a-z]+ (?:one|two) .*$", True),
        ("(?:[0-9]{1}x){3}", True),
        ("(?i)is (up|down)", True),
    ],
)
def test_a_regular_expression_ends(pattern: str, is_fine: bool) -> None:
    """What could take for ever on a text that does not fit is refused."""
    assert (pattern_problem(pattern) == "") is is_fine


def test_the_catalog_passes_the_check() -> None:
    """All formats that it brings are sound."""
    read_formats(str(REPOSITORY), wrong)


def test_inner_documents_are_read_by_what_fits_them() -> None:
    """A document in a document is read instead; what is not read is not lost."""
    formats = Formats(
        {
            "outer": format_of("name: Outer\nrecognise: {keys: [box]}\ninner: box\n"),
            "alertmanager": read_formats(str(REPOSITORY))["alertmanager"],
        }
    )
    inside = document(alert())
    (one_item,) = recognise(json.dumps({"box": json.dumps(inside)}).encode(), formats)
    assert isinstance(one_item, AlertItem)
    assert one_item.format == "alertmanager"
    assert one_item.why.startswith("inside outer: ")
    first, second = recognise(json.dumps({"box": [inside, "text"]}).encode(), formats)
    assert isinstance(first, AlertItem)
    assert isinstance(second, RequestItem)
    assert second.payload == "text"
    (neither,) = recognise(b'{"box": {"a": 1}}', formats)
    assert isinstance(neither, RequestItem)
    assert neither.payload == {"box": {"a": 1}}


def format_of(text: str) -> AlertFormat:
    """A format written as YAML."""
    read_ = read_file("x.yaml", f"format: 1\n{text}".encode(), AlertFormat)
    assert not read_.problems
    format_: AlertFormat = read_.value
    return format_


FIELDS = "fields: {status: {otherwise: firing}, summary: {at: [a]}, key: [a]}\n"


def test_the_highest_rank_reads_then_the_first_name() -> None:
    """Of formats that fit the rank decides, then the name; all that fit can be told."""
    formats = Formats(
        {
            "c": format_of(f"name: C\nrecognise: {{keys: [a]}}\n{FIELDS}"),
            "b": format_of(f"name: B\nrecognise: {{keys: [a]}}\n{FIELDS}"),
            "a": format_of(f"name: A\nrank: 10\nrecognise: {{keys: [a]}}\n{FIELDS}"),
            "z": format_of(f"name: Z\nrank: 90\nrecognise: {{keys: [a], when: b}}\n{FIELDS}"),
        }
    )
    value = {"a": "x"}
    assert [fit.format for fit in formats.fitting(Document("json", value, value))] == [
        "b",
        "c",
        "a",
    ]
    value = {"a": "x", "b": "y"}
    fit = formats.recognise(Document("json", value, value))
    assert fit
    assert (fit.format, fit.rank) == ("z", 90)
    assert fit.why == "it has a, and `when` of x.yaml:1 holds"


def test_what_a_format_ignores_opens_nothing(sdj: JsonRunner, desk_dir: Path) -> None:
    """A test or an acknowledgement is told as ignored, with the reason."""
    (desk_dir / "catalog" / "intake" / "mine.yaml").write_text(
        f"format: 1\nname: Mine\nrecognise: {{keys: [a]}}\nignore: test\n{FIELDS}"
    )
    told = sdj("open", "-", stdin='{"a": "x", "test": true}')
    assert (told["action"], told["ref"]) == ("ignored", None)
    assert "Mine" in told["reason"]
    assert sdj("list") == []


def test_intake_test_says_what_gave_each_value(sd: Runner, alerts: dict[str, Any]) -> None:
    """Format, reason, each value with its expression and its word in the payload, what is missing."""
    del alerts["alerts"][0]["labels"]["environment"]
    shown = sd("intake", "test", "-", stdin=json.dumps(alerts)).stdout
    assert "alertmanager, because it has alerts" in shown
    assert "high (critical)  <- item.labels.severity" in shown
    assert "missing:      environment" in shown


def test_intake_test_as_json(sdj: JsonRunner, desk_dir: Path) -> None:
    """Also the formats that fit with a lower rank, and what is not recognised; no ledger."""
    (desk_dir / "catalog" / "intake" / "mine.yaml").write_text(
        f"format: 1\nname: Mine\nrecognise: {{keys: [host]}}\n{FIELDS}"
    )
    told = sdj(
        "intake",
        "test",
        "-",
        stdin='{"host": "h", "a": "b", "check": "c", "state": "critical"}\n{"odd": 1}\n{"cut',
    )
    assert [each["kind"] for each in told] == ["alert", "request", "unreadable"]
    assert [fit["format"] for fit in told[0]["also"]] == ["generic"]
    assert told[0]["facts"]["summary"] == {"value": "b", "given": "b", "by": "a"}
    assert told[0]["item"]["key"] == "mine:-:b"
    assert "no file of catalog/intake fits it" in told[1]["item"]["unrecognised"]
    assert told[2]["bytes"] == 5
    assert not (desk_dir / "ledger").exists()


def test_from_names_any_format(sd: Runner, sdj: JsonRunner) -> None:
    """A format can be promised; one that the desk does not have is named with those it has."""
    told = sdj("intake", "test", "-", "--from", "syslog", stdin="Oct 11 22:14:15 h1 a: b")
    assert told[0]["item"]["component"] == "h1"
    told = sdj("intake", "test", "-", "--from", "text", stdin="Oct 11 22:14:15 h1 a: b")
    assert told[0]["kind"] == "request"
    said = sd("intake", "test", "-", "--from", "nonsense", stdin="x", expect=3).stderr
    assert "There is no format 'nonsense'" in said
    assert "alertmanager" in said


@pytest.mark.parametrize(
    ("sample", "path"),
    [
        ("aws-sns--alarm.json", ("MessageId",)),
        ("pagerduty-webhook--firing.json", ("event", "id")),
        ("cloudevents--firing.json", ("id",)),
    ],
)
def test_a_delivery_made_twice_is_known(sample: str, path: tuple[str, ...]) -> None:
    """Its id is the idempotency key; an id that is used for another alert hides nothing."""
    raw = (Path(__file__).parent / "samples" / sample).read_bytes()
    (first,) = recognise(raw, FORMATS)
    (again,) = recognise(raw, FORMATS)
    assert isinstance(first, AlertItem)
    assert isinstance(again, AlertItem)
    assert first.idempotency_key == again.idempotency_key != ""
    changed = json.loads(raw)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = "another"
    (other,) = recognise(json.dumps(changed).encode(), FORMATS)
    assert isinstance(other, AlertItem)
    assert (other.key, other.idempotency_key) != (first.key, first.idempotency_key)
    assert other.key == first.key


def test_an_id_used_for_the_end_too_hides_no_end() -> None:
    """Only what says the same is a repetition."""
    samples = Path(__file__).parent / "samples"
    names = ("aws-sns--alarm.json", "aws-sns--alarm-over.json")
    documents = [json.loads((samples / name).read_bytes()) for name in names]
    assert documents[0]["MessageId"] == documents[1]["MessageId"]
    items = [item for each in documents for item in recognise(json.dumps(each).encode(), FORMATS)]
    assert len({item.idempotency_key for item in items if isinstance(item, AlertItem)}) == 2
