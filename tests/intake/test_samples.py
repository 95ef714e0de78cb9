"""Samples of monitoring systems: each is recognised without a flag and read as it is meant.

Our own are in the folder beside this file: `FORMAT--CASE.json` or `.txt`, and beside each what
is expected of its items. Those from elsewhere are read where they are present.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest

from sdcli.intake.formats import Formats
from sdcli.intake.items import AlertItem, Ignored, Item, MailItem, RequestItem, Unreadable
from sdcli.intake.recognise import recognise
from sdcli.policy.load import read_formats
from tests.conftest import CASES, NOW, REPOSITORY

SAMPLES = Path(__file__).parent / "samples"
EXPECTED = sorted(SAMPLES.glob("*.expected.json"))
FORMATS = Formats(read_formats(str(REPOSITORY)))
KINDS: dict[type[Any], str] = {
    AlertItem: "alert",
    Ignored: "ignored",
    RequestItem: "request",
    Unreadable: "unreadable",
}


def sample_of(expected: Path) -> Path:
    """The sample that belongs to what is expected."""
    stem = expected.name.removesuffix(".expected.json")
    found = [path for path in SAMPLES.glob(f"{stem}.*") if path != expected]
    assert len(found) == 1, f"{expected.name} belongs to {found}"
    return found[0]


def told(item: Item) -> dict[str, Any]:
    """An item as plain values, as the files of what is expected write them.

    A notification mail stands for the alert that it brings.
    """
    if isinstance(item, MailItem) and item.alerts:
        item = item.alerts[0]
    values: dict[str, Any] = {
        **msgspec.to_builtins(item, builtin_types=(bytes,)),
        "kind": KINDS[type(item)],
    }
    if isinstance(item, AlertItem):
        values["status"] = "firing" if item.firing else "resolved"
    return values


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.split(".")[0])
def test_a_sample_is_read_as_it_is_meant(expected: Path) -> None:
    """Every field that is expected of every item is found in it."""
    items = recognise(sample_of(expected).read_bytes(), FORMATS, now=NOW)
    wanted = json.loads(expected.read_text(encoding="utf-8"))

    got = [told(item) for item in items]
    assert [
        {name: each.get(name) for name in want} for each, want in zip(got, wanted, strict=True)
    ] == wanted


def test_every_sample_says_what_is_expected() -> None:
    """No sample lies there without being looked at, and each is named after a format."""
    samples = {path for path in SAMPLES.iterdir() if not path.name.endswith(".expected.json")}

    assert {sample_of(path) for path in EXPECTED} == samples
    assert {path.name.split("--")[0] for path in samples} <= set(FORMATS.names)


@pytest.mark.parametrize("name", FORMATS.names)
def test_every_format_has_a_sample(name: str) -> None:
    """A format that nobody has tried is a guess."""
    assert list(SAMPLES.glob(f"{name}--*.expected.json"))


ALERTS = CASES / "alerts"
ROWS: list[dict[str, Any]] = (
    [json.loads(row) for row in (ALERTS / "alerts.jsonl").read_text("utf-8").splitlines()]
    if ALERTS.exists()
    else []
)
URGENCY = {
    "critical": "high",
    "high": "high",
    "error": "high",
    "warning": "medium",
    "medium": "medium",
    "low": "low",
    "informational": "low",
}
"""The words of the peers; `info`, `ok` and none at all are what they say where nothing is known."""
COMPUTED = 64
"""A peer's identity of so many letters is a hash of its own."""
DIFFERENT = {
    ("dynatrace-pagertree-create-request", "key"): (
        "the problem's own id (PID) is taken, which is unique; the peer takes the number shown"
    ),
    ("dynatrace-pagertree-other-request", "status"): (
        "one peer takes any state that is not RESOLVED for firing; the other one ignores it"
    ),
    ("pingdom-pagertree-other-request", "status"): (
        "one peer takes any state that is not UP for firing; the other one ignores it"
    ),
    ("keep-netbox-default", "status"): "a device that was added is no alert",
    ("uptime-kuma-pagertree-resolve-request", "status"): (
        "one peer reads the words of the message, the other one the heartbeat's state, which is up"
    ),
    ("freshservice-pagertree-create-request", "key"): (
        "the ticket's number is taken; the peer takes the link, which ends in it"
    ),
    ("honeybadger-pagertree-create-fault-request", "key"): (
        "the fault's number is taken; the peer takes the link, which ends in it"
    ),
    ("graylog-alerta-graylog-l192", "urgency"): "the payload has no severity; the peer sets one",
    ("gcp-stackdriver-alerta-stackdriver-l590", "urgency"): (
        "the payload has no severity; the peer takes any open incident for critical"
    ),
    ("azure-monitor-alerta-azuremonitor-classic-l76", "urgency"): (
        "the payload has no severity; the peer takes any activated alert for critical"
    ),
    ("azure-monitor-alerta-azuremonitor-new-l139", "urgency"): (
        "the payload has no severity; the peer takes one for given"
    ),
    ("grafana-alerta-grafana-l132", "urgency"): "the payload has no severity; the peer sets one",
    ("grafana-pagertree-resolve-request", "urgency"): "as above",
} | {
    (f"{name}-pagertree-other-request", "status"): (
        "a word that nobody documents is no reason to be silent: it fires; the peer ignores it"
    )
    for name in (
        "app-dynamics", "freshservice", "healthchecks", "hyperping", "logic-monitor", "new-relic",
        "server-guard24", "zabbix",
    )
}  # fmt: skip
"""Where we read a payload otherwise than a peer, and why."""


def peers(row: dict[str, Any]) -> dict[str, set[str]]:
    """What the peers say of a payload: its status, urgency and identity."""
    expected = row.get("expected", {})
    said: dict[str, set[str]] = {"status": set(), "urgency": set(), "key": set()}
    tree, keeps, alerta = (expected.get(name) or {} for name in ("pagertree", "keep", "alerta"))
    words = {"create": "firing", "resolve": "resolved", "other": "ignored"}
    said["status"] |= {words.get(tree.get("action", ""), "")}
    said["status"] |= {"ignored"} if tree.get("action") == "acknowledge" else set()
    said["key"] |= {str(tree.get("thirdparty_id") or "")}
    for keep in keeps:
        said["status"] |= {keep.get("status", "")}
        said["urgency"] |= {URGENCY.get(keep.get("severity"), "")}
        said["key"] |= {keep["fingerprint"]} if len(keep["fingerprint"]) < COMPUTED else set()
    said["urgency"] |= {URGENCY.get(str(each.get("urgency")), "") for each in (tree,)}
    said["urgency"] |= {URGENCY.get(alerta.get("severity", ""), "")}
    return {name: words - {""} for name, words in said.items()}


@pytest.mark.skipif(not ROWS, reason="the cases from outside are not here")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_real_payload_is_read_as_peers_read_it(row: dict[str, Any]) -> None:
    """Status, urgency and identity are the peers', or the table says why they are not."""
    items = recognise((ALERTS / row["file"]).read_bytes(), FORMATS, now=NOW)
    assert items
    assert not any(isinstance(item, Unreadable) for item in items)

    for item in map(told, items):
        ours = {
            "status": {"ignored" if item["kind"] == "ignored" else item.get("status", "")},
            "urgency": {item.get("urgency", "")},
        }
        for name, words in peers(row).items():
            agrees = (item["kind"] != "alert" and name != "status") or (
                words <= parts_of(item["key"]) if name == "key" else words <= ours[name]
            )
            assert agrees != ((row["id"], name) in DIFFERENT), (name, words, item)


def parts_of(key: str) -> set[str]:
    """The parts of a key, as the payload has them."""
    return {unquote(part) for part in key.split(":", 2)[2].split("/")}
