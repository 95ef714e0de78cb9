"""What is said on closing beside code and confirmation: asked, demanded, or unknown (R4.1-R4.5a)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.tickets.base import Stamp
from sdcli.tickets.event import Edition, FulfilmentEnded
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner

CLOSE = ("close", "1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone")
FIELDS = ("cause", "procedure_easy", "procedure_accurate", "caller_could", "improvement")


@pytest.fixture(name="incident", autouse=True)
def _incident(sdj: JsonRunner) -> Any:
    """One incident, SD-1."""
    return sdj("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


@pytest.fixture(name="terminal")
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person sits there."""
    monkeypatch.setattr("sdcli.commands.close.is_interactive", lambda: True)


def rules(desk_dir: Path, incident: str) -> None:
    """Let the desk say this of closing incidents."""
    path = desk_dir / "catalog" / "process.yaml"
    text = re.sub(r"(?s)(\nclosing:\n).*", rf"\1  incident: {incident}\n", path.read_text())
    path.write_text(text)


def closed(sdj: JsonRunner) -> dict[str, Any]:
    """The event that closed SD-1."""
    (found,) = [each for each in sdj("history", "1") if each["kind"] == "closed"]
    return dict(found)


def test_everything_can_be_said_by_options(sd: Runner, sdj: JsonRunner) -> None:
    """Cause, procedure, whether the caller could, what to improve: all on record (R4.5, R4.5a)."""
    said: tuple[str, ...] = (
        "--cause",
        "configuration",
        "--procedure-easy",
        "no",
        "--procedure-accurate",
        "yes",
    )
    said += ("--caller-could", "unknown", "--improvement", "name the gateway in the letter")

    told = sd(*CLOSE, *said, "--resumed-evidence", "Ada has mail again").stdout

    assert "Not said" not in told
    event = closed(sdj)
    values = ("configuration", "no", "yes", "unknown", "name the gateway in the letter")
    assert tuple(event[name] for name in FIELDS) == values
    text = sd("history", "1").stdout
    assert "cause: configuration" in text
    assert "caller could" not in text  # what is unknown is no news


def test_from_a_pipe_what_nobody_said_is_unknown(sd: Runner, sdj: JsonRunner) -> None:
    """The fixed call works without a terminal; one note names what is missing (R4.5a)."""
    told = sd(*CLOSE)

    notes = [each for each in told.stdout.splitlines() if "Not said" in each]
    assert len(notes) == 1
    assert "--cause, --procedure-accurate, --caller-could" in told.stdout
    assert closed(sdj)["cause"] == closed(sdj)["caller_could"] == "unknown"
    assert "procedure_easy" not in closed(sdj)  # the desk does not ask for it


def test_a_desk_without_rules_closes_as_before(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Nobody is asked and nothing is noted where there is no catalog/process.yaml."""
    (desk_dir / "catalog" / "process.yaml").unlink()

    assert "Not said" not in sd(*CLOSE).stdout
    assert not {*FIELDS} & {*closed(sdj)}


def test_a_desk_without_the_list_knows_unknown(sd: Runner, desk_dir: Path) -> None:
    """An old vocabulary has the one cause `unknown`; any other is refused with the list (R4.5a)."""
    path = desk_dir / "catalog" / "vocabulary.yaml"
    path.write_text(path.read_text().partition("\n# What a request came from")[0] + "\n")

    refused = sd(*CLOSE, "--cause", "hardware", expect=3)
    assert "unknown" in refused.stderr
    sd(*CLOSE, "--cause", "unknown")


def test_what_is_demanded_is_refused_once(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """One refusal names all that is missing, with the options, the causes and the place (R4.5a)."""
    rules(desk_dir, "{demand: [cause, caller_could]}")

    refused = sd("close", "1", "--code", "solved", "--json", expect=4).stderr

    for text in (
        "--confirmed-by",
        "--cause",
        "hardware",
        "--caller-could",
        "catalog/process.yaml:",
    ):
        assert text in refused
    assert sdj("show", "1")["status"] == "new"
    sd(*CLOSE, "--cause", "unknown", "--caller-could", "no")  # `unknown` is an answer
    assert closed(sdj)["cause"] == "unknown"


@pytest.mark.parametrize("how", ["demand", "ask"])
def test_what_articles_did(sd: Runner, sdj: JsonRunner, desk_dir: Path, how: str) -> None:
    """Articles that were shown wait for a word on what they did, if the desk wants it (R4.1)."""
    rules(desk_dir, f"{{{how}: [articles]}}")
    sd("search-kb", "--ticket", "1")

    if how == "demand":
        assert "sdcli kb used" in sd(*CLOSE, expect=4).stderr
        sd("kb", "used", "1", "--none", "--note", "asked a colleague")
        sd(*CLOSE)
    else:
        assert "--kb" in sd(*CLOSE).stdout
    assert sdj("show", "1")["status"] == "closed"


def test_an_article_that_is_judged_on_closing_is_enough(sd: Runner, desk_dir: Path) -> None:
    """`--kb` says it in the same command (R4.1)."""
    rules(desk_dir, "{demand: [articles]}")
    sd("search-kb", "--ticket", "1")

    sd(*CLOSE, "--kb", "KB-104:helped")


@pytest.mark.usefixtures("terminal")
def test_a_person_is_asked(sd: Runner, sdj: JsonRunner) -> None:
    """At a terminal what is missing is asked for before anything is locked (R4.2, R4.5)."""
    answers = "the probe is green\nhardware\nyes\n\nshorter cables\n"

    told = sd(*CLOSE, stdin=answers)

    assert "What did it come from?" in told.stderr
    event = closed(sdj)
    assert [event[name] for name in ("cause", "procedure_accurate", "caller_could")] == [
        "hardware",
        "yes",
        "unknown",
    ]
    assert event["improvement"] == "shorter cables"
    resumed = next(each for each in sdj("history", "1") if each["kind"] == "service_resumed")
    assert resumed["evidence"] == "the probe is green"


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("said", "meant"), [("y", "yes"), ("N", "no"), ("?", "unknown")])
def test_a_letter_answers_yes_or_no(sd: Runner, sdj: JsonRunner, said: str, meant: str) -> None:
    """Whoever types y or n is understood, in capitals too; another word is asked again (R4.5)."""
    told = sd(*CLOSE, stdin=f"the probe is green\nHARDWARE\nperhaps\n{said}\n{said}\n\n")

    assert told.stderr.count("Was the procedure right") == 2
    event = closed(sdj)
    assert (event["cause"], event["procedure_accurate"], event["caller_could"]) == (
        "hardware",
        meant,
        meant,
    )


@pytest.mark.usefixtures("terminal")
def test_what_was_said_is_not_asked(sd: Runner) -> None:
    """Who gives every option is asked nothing, at a terminal too."""
    said: tuple[str, ...] = (
        "--cause",
        "change",
        "--procedure-accurate",
        "yes",
        "--caller-could",
        "no",
    )
    said += ("--improvement", "none", "--resumed-evidence", "she said so")

    assert "?" not in sd(*CLOSE, *said).stderr


@pytest.mark.usefixtures("terminal")
def test_who_leaves_the_questions_closes_nothing(sd: Runner, sdj: JsonRunner) -> None:
    """An answer that does not come leaves the ticket as it was."""
    told = sd(*CLOSE, stdin="the probe is green\n", expect=130)

    assert "Nothing was closed." in told.stderr
    assert sdj("show", "1")["status"] == "new"


@pytest.mark.usefixtures("terminal")
def test_a_benefit_that_is_not_there_goes_back_to_work(sd: Runner, sdj: JsonRunner) -> None:
    """Where the caller does not have it, nothing is closed, and reopening is named (R4.4, R5a.1)."""
    sd("open", "A second screen", "--user", "ada", "--type", "fulfilment", "--new")
    sd("resolve", "2", "--code", "fulfilled")

    told = sd("close", "2", "--confirmed-by", "ada", "--via", "phone", stdin="no\n", expect=4)

    assert "sdcli reopen SD-2" in told.stderr
    assert sdj("show", "2")["status"] == "resolved"


def test_a_fulfilment_that_failed_its_check_is_told(sd: Runner, desk: Desk) -> None:
    """The last check of the caller speaks against closing, and is told (R4.4)."""
    ticket = desk.ledger.get("SD-1")
    ended = FulfilmentEnded(
        *Stamp(at=NOW, by="ben").mark(),
        procedure=Edition("PR-1", "a" * 12),
        outcome="fulfilled",
        user_check="no",
    )
    with desk.ledger.write() as writer:
        writer.append(ticket, (ended,))

    assert "did not have what they asked for" in sd(*CLOSE).stdout


def test_what_another_team_saw_confirms(sd: Runner, sdj: JsonRunner) -> None:
    """Evidence of another team stands for the caller's word, with who, when and how (R5a.1)."""
    told = sd("close", "1", "--code", "solved", "--confirmed-by", "network", "--via", "monitoring")

    assert "another team" in told.stdout
    event = closed(sdj)
    assert (event["confirmed_by"], event["via"], event["at"]) == (
        "network",
        "monitoring",
        "2026-11-23T10:00:00Z",
    )


def test_without_confirmation_reopening_is_named(sd: Runner) -> None:
    """Who has no confirmation for what is resolved learns how to go back to work (R5a.1)."""
    sd("resolve", "1", "--code", "solved")

    assert "sdcli reopen SD-1" in sd("close", "1", expect=4).stderr


@pytest.mark.usefixtures("terminal")
def test_nobody_is_asked_in_vain(sd: Runner) -> None:
    """What is refused anyhow is refused before the first question."""
    told = sd("close", "1", "--code", "solved", expect=4).stderr

    assert "--confirmed-by" in told
    assert "?" not in told
