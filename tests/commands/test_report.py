"""`sdcli report`: figures for people and for scripts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import USAGE
from tests.conftest import NOW

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner

HOW = ("--discovered", "caller-said", "--reason", "never had it")


@pytest.fixture(name="history")
def _history(sd: Runner) -> None:
    """Three incidents; one was a fulfilment, one was about another service. Two questions."""
    for number in range(3):
        sd("open", f"x{number}", "--user", "ada", "--type", "incident", "--service", "vpn")
    later = NOW + timedelta(days=2)
    sd("classify", "1", "--type", "fulfilment", *HOW, at=later)
    sd("classify", "2", "--service", "wifi", "--discovered", "diagnosis", "--reason", "y", at=later)
    for text in ("how to", "how do I"):
        sd("log", text, "--type", "information", "--service", "email", "--minutes", "2")


@pytest.mark.usefixtures("history")
def test_classification_by_type(sd: Runner, sdj: JsonRunner) -> None:
    """The matrix, the flips and the question that parts them; JSON has the same (R3d1.5, R2a.2a)."""
    told = sd("report", "classification", "--refs").stdout
    assert "Classification of 5 tickets, all that there are." in told
    assert "Reclassified: 2 of 5 (40 %) [SD-1 SD-2] of those classified." in told
    assert "incident → fulfilment: 1 [SD-1]" in told
    assert "What can we do for you? (need, catalog/questions.yaml:" in told
    report = sdj("report", "classification")
    cells = {(c["first"], c["final"]): c["tickets"]["refs"] for c in report["cells"]}
    assert cells["incident", "fulfilment"] == ["SD-1"]
    assert cells["incident", "incident"] == ["SD-2", "SD-3"]
    assert {d["how"]: d["changes"]["count"] for d in report["discovered"]} == {
        "caller-said": 1,
        "diagnosis": 1,
    }
    assert [flip["changes"]["refs"] for flip in report["flips"]] == [["SD-1"]]


@pytest.mark.usefixtures("history")
def test_classification_by_service(sd: Runner, sdj: JsonRunner) -> None:
    """For services only what was taken for another is listed, with totals (R3d1.5)."""
    report = sdj("report", "classification", "--by", "service")
    assert [(c["first"], c["final"]) for c in report["cells"]] == [("vpn", "wifi")]
    assert {t["name"]: t["stayed"]["count"] for t in report["totals"]}["vpn"] == 2
    assert "vpn → wifi: 1" in sd("report", "classification", "--by", "service").stdout


@pytest.mark.usefixtures("history")
def test_a_period(sd: Runner, sdj: JsonRunner) -> None:
    """Only what last changed in the period counts, and the report says which period."""
    since = f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%MZ}"
    assert sdj("report", "classification", "--since", since)["tickets"]["refs"] == ["SD-1", "SD-2"]
    assert sdj("report", "classification", "--until", since)["tickets"]["count"] == 3
    assert "last changed from 2026-11-" in sd("report", "classification", "--since", since).stdout
    said = sd("report", "classification", "--since", since, "--until", since, expect=USAGE).stderr
    assert "--until must be later than --since" in said


@pytest.mark.usefixtures("history")
def test_information(sd: Runner, sdj: JsonRunner) -> None:
    """What was asked twice is a candidate for the frequent questions (R2a.1a)."""
    [found] = sdj("report", "information")["candidates"]
    assert (found["service"], found["tickets"]["refs"]) == ("email", ["SD-4", "SD-5"])
    assert found["example"] == "how do I"
    told = sd("report", "information").stdout
    assert "no article was used: write one" in told
    assert sdj("report", "information", "--from", "3")["candidates"] == []


def test_an_empty_desk(sd: Runner, sdj: JsonRunner) -> None:
    """No tickets give a sentence and empty lists, never a failure."""
    assert "Classification of 0 tickets" in sd("report", "classification").stdout
    assert "0 requests for information" in sd("report", "information").stdout
    assert sdj("report", "classification")["share"] is None


def test_control_characters_stay_out(sd: Runner) -> None:
    """What a stranger wrote cannot steer the terminal."""
    for _ in range(2):
        sd("log", "how \x1b[2J to", "--type", "information")
    assert "\x1b" not in sd("report", "information").stdout
