"""Alerts of systems that have no file of their own: which are the same, and which are over (T18).

A different thing must never take another one's place, and a recovery that is none would close what
still burns.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.intake.formats import Document, Formats
from sdcli.intake.identity import headline, identity
from sdcli.intake.items import AlertItem
from sdcli.policy.load import read_formats
from tests.conftest import REPOSITORY

FORMATS = Formats(read_formats(str(REPOSITORY)))
ALERT = {"title": "Disk full", "severity": "critical", "status": "firing"}


def read(document: dict[str, Any]) -> AlertItem:
    """The one alert of a document of an unknown system."""
    readings = FORMATS.read(Document("json", document, document), "generic") or []
    assert len(readings) == 1
    item = readings[0].item
    assert isinstance(item, AlertItem)
    return item


@pytest.mark.parametrize(
    "said",
    [
        {"eventType": "UNRECOVERABLE_ERROR"},
        {"type": "unresolved"},
        {"event": "door_not_closed"},
        {"eventType": "recovery_failed"},
        {"event_type": "close error"},
        {"type": "clearance failure"},
        {"event": "DoorClosed"},
        {"status": "not ok"},
        {"title": "Temperature is up"},
        {"title": "Firewall rules have been cleared"},
        {"title": "Resolved: the name server does not answer"},
        {"resolved_at": "0001-01-01T00:00:00Z"},
        {"resolved_at": 0},
        {"status": "info"},
        {},
    ],
)
@pytest.mark.parametrize("severity", ["critical", "high", "error"])
def test_what_burns_is_not_taken_for_over(said: dict[str, Any], severity: str) -> None:
    """Only whole words of a status tell a recovery; a title never does."""
    assert read({"title": "Door of rack 5", "host": "a", "severity": severity, **said}).firing


@pytest.mark.parametrize(
    "said",
    [
        {"status": "resolved"},
        {"eventType": "ALERT_RESOLVED"},
        {"event": "monitor.recovered"},
        {"type": "AlertCleared"},
        {"state": "OK"},
        {"resolved": True},
        {"resolvedAt": "2026-11-22T10:00:00Z"},
    ],
)
def test_a_recovery_is_found(said: dict[str, Any]) -> None:
    """And has the key of the alert that it ends."""
    alert = {"title": "Disk full", "host": "a", "severity": "critical"}
    assert not read({**alert, **said}).firing
    assert read({**alert, **said}).key == read(alert).key


@pytest.mark.parametrize(
    "name",
    ["vm", "pod", "namespace", "container", "database", "region", "zone", "endpoint", "app",
     "application", "jobName", "device", "interface", "volume", "mount", "path", "queue", "topic",
     "service", "url", "host", "cluster", "alert_id", "incident_id", "fingerprint", "uuid",
     "dedup_key", "incidentNumber", "whatever"],
)  # fmt: skip
@pytest.mark.parametrize("more", [{}, {"hostname": "nas"}])
def test_each_stable_field_tells_alerts_apart(name: str, more: dict[str, Any]) -> None:
    """Two alerts of one title on different things are two; each is still ended by its own end."""
    if more and name in ("host", "device", "whatever"):
        return
    one, other = ({**ALERT, **more, name: value} for value in ("things/a", "things/b"))
    assert read(one).key != read(other).key
    end = {**one, "status": "resolved", "severity": "ok", "time": "2026-11-22T10:00:00Z"}
    assert (read(end).key, read(end).firing) == (read(one).key, False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"tags": ["host:a", "x:1"]}, {"tags": ["host:b", "x:1"]}),
        ({"labels": {"pod": "a"}}, {"labels": {"pod": "b"}}),
        ({"properties": {"incidentNumber": 55}}, {"properties": {"incidentNumber": 56}}),
        ({"incident": {"id": 55}}, {"incident": {"id": 56}}),
        (
            {"title": "Replica 3 of 5 down"},
            {"title": "Replica 4 of 5 down"},
        ),
    ],
)
def test_what_lies_deeper_tells_alerts_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Tags, labels and the incident's own number count as well."""
    assert read({**ALERT, **one}).key != read({**ALERT, **other}).key


def test_an_alert_without_a_title_is_told_by_its_class() -> None:
    """What a storage box tells: two kinds of trouble on one host are two alerts."""
    one = {"hostname": "nas", "level": "CRITICAL", "klass": "PoolDegraded", "formatted": "Pool x"}
    assert read(one).key != read({**one, "klass": "SMART"}).key


@pytest.mark.parametrize(
    "volatile",
    [
        {"value": 97.3},
        {"message": "97.3 % used"},
        {"timestamp": "2026-11-22T10:00:00Z"},
        {"severity": "warning"},
        {"count": 12},
        {"id": "e-17"},
        {"disk": 93},
    ],
)
@pytest.mark.parametrize("more", [{}, {"host": "a"}])
def test_what_changes_does_not_make_another_alert(
    volatile: dict[str, Any], more: dict[str, Any]
) -> None:
    """Values, times, severities and the ids of messages are no identity."""
    assert read({**ALERT, **more, **volatile}).key == read({**ALERT, **more}).key


def test_the_own_id_alone_is_the_identity() -> None:
    """Where there is one, nothing else has to stay the same."""
    one = {**ALERT, "alert_id": "A-7", "host": "a", "pod": "b"}
    assert read(one).key == read({**one, "host": "a.example.com", "title": "Was full"}).key


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        ({"check": "disk", "host": "web1"}, "disk on web1"),
        ({"title": "disk of web1 is full", "host": "web1.example.com"}, "disk of web1 is full"),
        ({"host": "web1"}, "web1"),
        ({"title": "disk"}, "disk"),
        ({}, ""),
    ],
)
def test_the_summary_names_the_host(document: dict[str, Any], summary: str) -> None:
    """Else the same check on many hosts would give as many equal rows."""
    assert headline(document) == summary


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["alert", "tags", "incident", "id", "url", "host"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(anything)
def test_any_document_can_be_asked(document: Any) -> None:
    """Whatever it is, its parts are texts."""
    for what in ("where", "what"):
        assert isinstance(identity(document, what), str)
    assert isinstance(headline(document), str)


@pytest.mark.parametrize("word", ["prod", "PRD", "live", "Production", " production "])
def test_an_environment_is_one_in_any_word(word: str) -> None:
    """`prod` and `Production` give one key, else the end of an alert would not find it."""
    alert = {**ALERT, "host": "a", "environment": word}
    assert read(alert).environment == "production"
    assert read(alert).key == read({**alert, "environment": "production"}).key
