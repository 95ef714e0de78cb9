"""What kind of request it is, as a person sees it: questions, catalog, changes, frequent questions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import NOT_FOUND, REFUSED, USAGE
from sdcli.knowledge.articles import articles

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

OPEN = ("open", "The monthly reports", "--user", "ada")


def _walk(sdj: JsonRunner, **answers: str) -> Any:
    told = [part for id_, said in answers.items() for part in ("--answer", f"{id_}={said}")]
    return sdj(*OPEN, *(each.replace("_", "-") for each in told), "--skip-rest", "drill")


@pytest.mark.parametrize(
    ("had", "type_", "approval"),
    [
        ("yes", "incident", None),
        ("no", "fulfilment", None),
        ("taken", "fulfilment", "needed"),
        ("unknown", "incident", None),
    ],
)
def test_whether_it_was_ever_there_decides(
    sd: Runner, sdj: JsonRunner, had: str, type_: str, approval: str | None
) -> None:
    """The answer routes before anything is called a failure, and is kept (R2a.2a, R2a.4a, R2a.5)."""
    opened = _walk(sdj, need="broken", ever_had=had, about="program", program="orders")

    assert (opened["type"], opened["service"]) == (type_, "erp")
    assert opened["request"]["ever_had"] == had
    assert opened["request"]["approval"] == approval
    assert opened["queue"] == "applications"
    reasons = sdj("history", "1")[0]["reasons"]
    assert reasons["type"].startswith("the tree kind, question ever-had: ")
    assert f"had before: {had}\n" in sd("show", "1").stdout


def test_a_failure_is_asked_about(sdj: JsonRunner) -> None:
    """When it last worked, whether others have it and what has changed, each kept apart (R2a.4)."""
    opened = _walk(
        sdj,
        need="broken",
        ever_had="yes",
        about="files",
        last_worked="today",
        others="no",
        changed="moved",
    )

    known = {name: text for name, text in opened["request"].items() if text}
    assert known == {
        "ever_had": "yes",
        "last_worked": "Earlier today",
        "others": "no",
        "changed": "moved",
    }


def test_something_new_is_asked_about(sdj: JsonRunner) -> None:
    """What, what for, by when, what is like it, and whether it was asked for before (R2a.3)."""
    opened = _walk(
        sdj,
        need="new",
        alike="more",
        usual="no",
        asked_already="yes",
        new_when="quarter",
        new_wanted="sign contracts on a tablet",
        new_why="two days less for each contract",
    )

    assert (opened["type"], opened["queue"], opened["procedure"]) == (
        "new-service",
        "service-desk",
        "KB-135",
    )
    known = {name: text for name, text in opened["request"].items() if text}
    assert known == {
        "similar": "Yes, but for more people, or bigger",
        "standard_change": "no",
        "asked_before": "yes",
        "wanted_by": "Within three months",
        "wanted": "sign contracts on a tablet",
        "justification": "two days less for each contract",
    }


def test_a_foreign_device_goes_to_security(sdj: JsonRunner) -> None:
    """A device that nobody has authorised leads to the queue of security (R2b.2d)."""
    opened = _walk(sdj, need="dangerous", danger="foreign")
    assert opened["queue"] == "security"


def test_an_honest_unknown_is_kept_with_its_reason(sdj: JsonRunner) -> None:
    """A type that nobody can know yet is stated, with the question that led there (R2a.5)."""
    opened = _walk(sdj, need="unknown", about="mail")

    assert opened["type"] == "unknown"
    assert sdj("history", "1")[0]["reasons"]["type"] == "the tree kind, question need: I don't know"


def test_forms_and_options_say_the_same(sd: Runner, sdj: JsonRunner) -> None:
    """Each detail is an option of `open` and `detail`, and a key of a form (R2a.3, R2a.4)."""
    said = {
        "ever_had": "no",
        "last_worked": "Friday",
        "others": "yes",
        "changed": "machine",
        "justification": "an audit",
        "wanted_by": "2026-12-24",
        "similar": "the old one",
        "standard_change": "yes",
        "rfc": "RFC 17",
        "approval": "Mina agreed",
    }
    options = [part for name, t in said.items() for part in (f"--{name.replace('_', '-')}", t)]
    form = json.dumps({"summary": "s", "user": "ada", **said})

    opened = sdj(*OPEN, *options)["request"]
    sent = sdj("open", "-", stdin=form)
    sdj(*OPEN, "--new")
    later = sdj("detail", "3", *options)["request"]

    assert opened == sent["request"] == later
    assert {name: text for name, text in opened.items() if text} == said
    assert sent["fields"] == {}
    shown = sd("show", "1").stdout
    for text in said.values():
        assert f" {text}\n" in shown
    odd = json.dumps({"summary": "s", "user": "ada", "changed": "yesterday"})
    assert sdj("open", "-", stdin=odd)["fields"] == {"changed": "yesterday"}


def test_the_catalog_decides_with_its_line(sd: Runner, sdj: JsonRunner) -> None:
    """Nobody states a type: the catalog does, and says by which rule (R2a.2, R2a.5)."""
    sd(*OPEN, "--service", "erp", "--ever-had", "no")

    told = sd("classify", "1", "--impact", "low").stdout

    assert "fulfilment, ERP is offered, and the caller never had it (catalog/services.yaml:" in told
    event = sdj("history", "1")[-1]
    assert event["type"] == "fulfilment"
    assert event["grounds"][0]["place"].startswith("catalog/services.yaml:")


def test_what_to_ask_first_is_told(sd: Runner, sdj: JsonRunner) -> None:
    """A suggestion of a failure says what to ask before, until it was asked (R2a.2a)."""
    sd("open", "I cannot open the reports", "--user", "ada", "--service", "erp")
    told = sd("classify", "1").stderr
    assert "Next: sdcli detail SD-1 --ever-had ANSWER  # did the caller ever have it" in told

    sd("detail", "1", "--ever-had", "no")
    assert "did the caller" not in sd("classify", "1").stderr
    assert sdj("classify", "1")["suggestion"]["type"]["value"] == "fulfilment"


def test_refusals_are_told(sd: Runner) -> None:
    """Beyond a capacity, within a goal, and a goal that is not there: each has its exit code."""
    sd(*OPEN, "--service", "virtual-desktop", "--feature", "design-desktop")
    more = ("classify", "1", "--type", "fulfilment", "--amount", "3")
    assert "--type new-service" in sd(*more, expect=REFUSED).stderr
    sd(*more, "--reason", "two leave tomorrow")
    sd("open", "The shop is slow", "--user", "ada", "--service", "website")
    quick = ("classify", "2", "--goal", "page-time", "--measured", "2.5")
    assert "at most 3 seconds" in sd(*quick, expect=REFUSED).stderr
    wrong = sd("classify", "2", "--goal", "page", "--measured", "9", expect=NOT_FOUND).stderr
    assert "Did you mean page-time?" in wrong


def test_recent_changes_are_told(sd: Runner, sdj: JsonRunner) -> None:
    """`open` and `classify` tell what was changed not long before (R2a.4a)."""
    told = sd("open", "No wireless", "--user", "carmen", "--service", "wifi")
    sentence = "Changed recently: 2026-11-19 19:00 UTC wireless-controllers, New software"
    assert sentence in told.stderr
    assert sentence not in told.stdout
    assert sentence in sd("classify", "1").stdout
    expected = {
        "id": "wireless-controllers",
        "summary": "New software on the controllers of the wireless network",
        "at": "2026-11-19T19:00:00Z",
        "removes": False,
        "reference": "the approved change of 2026-11-12",
        "touches": "it touches wifi",
    }
    assert sdj("classify", "1")["changes"] == [expected]
    assert sdj("classify", "1", "--impact", "low")["changes"] == [expected]
    opened = sdj("open", "Again", "--user", "bruno", "--service", "wifi", "--new")
    assert [each["id"] for each in opened["changes"]] == ["wireless-controllers"]
    later = sd("classify", "1", at="2026-12-20T10:00:00Z").stdout
    assert "Changed recently" not in later


def test_the_catalog_answers_at_once(sd: Runner, sdj: JsonRunner) -> None:
    """What is offered comes with limits and agreement; what is not, with the next step (R2b.1)."""
    told = sd("catalog", "remote access for a partner").stdout
    assert told.startswith("vpn/partner-access/partner  Access for a partner")
    assert "recognise: A unit sponsors somebody" in told

    nothing = sd("catalog", "blockchain")
    assert nothing.stdout.startswith("Nothing in the catalog fits 'blockchain'")
    assert "--type new-service" in nothing.stderr
    assert "sdcli support" in nothing.stderr
    assert sdj("catalog", "blockchain") == []
    kinds = {each["kind"] for each in sdj("catalog", "--type", "fulfilment")}
    assert kinds == {"fulfilment"}
    assert "more; `--limit 0`" in sd("catalog", "mail", "--limit", "1").stderr


def test_the_frequent_questions_are_listed(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """All articles of type information, from the command and from a question's prompt (R2a.1)."""
    shelf = articles(str(desk_dir)).values()
    wanted = {each.id for each in shelf if each.type == "information"}

    assert {each["id"] for each in sdj("search-kb", "--faq")} == wanted
    assert sd("search-kb", "--faq", "vpn", expect=USAGE).stderr


def test_services_have_an_area(sdj: JsonRunner) -> None:
    """Each service says whether requests about it are about technology or a service (R2a.1a)."""
    areas = {each["facts"].get("area") for each in sdj("catalog", "--type", "service")}
    assert areas == {"technology", "service"}
