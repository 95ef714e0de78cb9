"""A word that a format does not know never makes an alert disappear (R1a.2).

Every value of every sample that fires is replaced in turn, so that it does not matter which of
them a format looks at.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.intake.formats import Document, Formats
from sdcli.intake.items import AlertItem, Ignored
from sdcli.intake.recognise import recognise
from sdcli.policy.load import read_formats
from tests.conftest import NOW, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parent / "samples"
PATHS = sorted(p for p in SAMPLES.iterdir() if not p.name.endswith(".expected.json"))
FORMATS = Formats(read_formats(str(REPOSITORY)))
WORD = "wibble"
SELECT = {
    ("github-workflow", "action"): "GitHub sends dozens of events; only a completed run counts",
    ("gitlab", "object_kind"): "GitLab sends all that happens in a project",
    ("jira", "webhookEvent"): "Jira sends all that happens to an issue and in a project",
    ("netbox", "data.status.value"): "NetBox sends each change of its inventory",
    ("opsgenie-webhook", "action"): "Opsgenie sends each step of an alert that it has told before",
    ("pagerduty-webhook", "event.event_type"): "PagerDuty sends each step of an incident, as above",
    ("pagerduty-webhook-v2", "messages.0.event"): "as above",
}
"""Fields that name one of many events at the same address: only some of them are alerts."""


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The single values of a document with their paths."""
    if isinstance(value, (dict, list)):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, name))
    elif isinstance(value, (str, int)):
        yield path, value


def put(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy of a document with an unknown word at a path."""
    changed = copy.deepcopy(value)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = WORD
    return changed


def variants(path: Path) -> Iterator[tuple[str, bytes]]:
    """A sample with each of its values replaced in turn, and the name of what is replaced."""
    raw = path.read_bytes()
    try:
        document = json.loads(raw)
    except ValueError:
        yield from lines(raw.decode())
        return
    for at, _ in leaves(document):
        name = ".".join(map(str, at[1:] if isinstance(document, list) else at))
        yield name, json.dumps(put(document, at)).encode()


def lines(text: str) -> Iterator[tuple[str, bytes]]:
    """The same of `NAME=value` and `Name: value` lines."""
    several = text.split("\n")
    for index, line in enumerate(several):
        for separator in ("=", ": "):
            name, found, value = line.partition(separator)
            if found and value and name.replace("_", "").replace(" ", "").isalnum():
                changed = [*several[:index], f"{name}{separator}{WORD}", *several[index + 1 :]]
                yield name, "\n".join(changed).encode()


def fires(raw: bytes) -> bool:
    """Whether all that a text holds are alerts that fire."""
    items = recognise(raw, FORMATS, now=NOW)
    return bool(items) and all(isinstance(item, AlertItem) and item.firing for item in items)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_an_unknown_word_is_no_reason_for_silence(path: Path) -> None:
    """Whatever word of an alert that fires is unknown, it is neither ignored nor recovered."""
    if not fires(path.read_bytes()):
        return
    for name, raw in variants(path):
        for item in recognise(raw, FORMATS, now=NOW):
            if isinstance(item, Ignored):
                assert (item.format, name) in SELECT, (name, item)
            assert not isinstance(item, AlertItem) or item.firing, (name, item)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_an_unknown_status_is_told_as_missing(path: Path) -> None:
    """Where the status is a field of its own, an unknown word in it fires and is told."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return
    found = FORMATS.read(Document("json", document, document)) if document else None
    for reading in found or ():
        status = reading.facts.get("status")
        if not status or not isinstance(status.given, str) or "." in status.by:
            continue
        if document.get(status.by) != status.given:
            continue
        name = reading.item.format if isinstance(reading.item, AlertItem) else ""
        for each in FORMATS.read(Document("json", *[put(document, (status.by,))] * 2), name) or ():
            if isinstance(each.item, AlertItem) and each.facts["status"].by == status.by:
                assert each.item.firing
                assert "status" in each.item.missing


def test_what_is_selected_by_event_is_still_so() -> None:
    """Each entry of the table is needed: it is about a field that a sample really has."""
    for format_, name in SELECT:
        samples = [path for path in PATHS if path.name.startswith(f"{format_}--")]
        assert any(name == found for path in samples for found, _ in variants(path)), name
