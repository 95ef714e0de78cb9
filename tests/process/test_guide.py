"""`sdcli guide`: what is asked, what each answer leads to, and how a run goes on."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from sdcli import guided
from sdcli.desk import Desk
from sdcli.guidance import Blank, Case, Choice, Question, ask
from sdcli.moves import Move
from tests.conftest import NOW
from tests.test_terminal import PLAIN, _on_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

ALERT = {"status": "firing", "labels": {"alertname": "ProbeFailed", "instance": "shop"}}
OPENED = ("open", "VPN drops", "--user", "ada")
INCIDENT = (*OPENED, "--type", "incident", "--service", "vpn")
PASSWORD = (*OPENED, "--type", "fulfilment", "--service", "identity", "--feature", "password")
LAPTOP = (*OPENED, "--type", "fulfilment", "--service", "workstation", "--feature", "hardware")
SITUATIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "unknown": (OPENED,),
    "no service": ((*OPENED, "--type", "incident"),),
    "not offered": (OPENED, ("support", "1", "--unsupported", "Dropbox")),
    "a device": (OPENED, ("support", "1", "--device", "a router")),
    "new": (INCIDENT,),
    "mine": (INCIDENT, ("accept", "1")),
    "searched": (INCIDENT, ("accept", "1"), ("search-kb", "--ticket", "1")),
    "known": (INCIDENT, ("accept", "1"), ("kb", "used", "1", "KB-104:applied")),
    "another's": (INCIDENT, ("assign", "1", "--to", "greta")),
    "handed": (INCIDENT, ("escalate", "1", "--to", "network", "--reason", "x")),
    "waiting": (INCIDENT, ("accept", "1"), ("wait", "1", "--for", "user")),
    "resolved": (INCIDENT, ("resolve", "1", "--code", "solved")),
    "owing": (
        INCIDENT,
        ("fix", "1", "--what", "a detour", "--workaround", "--result", "worked"),
        ("resolve", "1", "--code", "workaround"),
    ),
    "closed": (INCIDENT, ("close", "1", "--code", "solved", "--unconfirmed", "x")),
    "answering": ((*OPENED, "--type", "information", "--service", "vpn"), ("accept", "1")),
    "fulfilling": ((*OPENED, "--type", "fulfilment", "--service", "vpn"), ("accept", "1")),
    "a procedure": (PASSWORD, ("accept", "1")),
    "followed": (PASSWORD, ("accept", "1"), ("fulfil", "1", "unlock-account", "--met", "all")),
    "all done": (
        PASSWORD,
        ("accept", "1"),
        ("fulfil", "1", "unlock-account", "--met", "all", "--all-done"),
    ),
    "resolved too soon": (
        PASSWORD,
        ("fulfil", "1", "unlock-account", "--met", "all"),
        ("resolve", "1", "--code", "fulfilled"),
    ),
    "to be agreed": (LAPTOP, ("accept", "1")),
    "something new": ((*OPENED, "--type", "new-service", "--service", "vpn"), ("accept", "1")),
}
"""How a ticket comes into each situation that the guide asks about."""
LEAVE = Move.LEAVE
BEGINNER = "  nia: {name: Nia Osborne, mail: nia@example.org, roles: [csr], level: 1}\n"
SAID = {"WHEN": "in 2h", "PEOPLE": "3", "PERSON": "ada", "OTHER": "SD-2"}


def bring(sd: Runner, situation: str) -> None:
    """Make a ticket that stands so."""
    for line in SITUATIONS[situation]:
        sd(*line)
    sd("open", "another one", "--user", "bruno")


def said(blank: Blank, nth: int = 0) -> str:
    """Something that fits the blank."""
    words = list(blank.words)
    return words[nth % len(words)] if words else blank.usual or SAID.get(blank.name, "a reason")


def look(desk_dir: Path, answers: Mapping[str, str], by: str = "ben", ref: str = "SD-1") -> Case:
    """The ticket as the guide sees it."""
    return guided.case(Desk(str(desk_dir), by=by, now=NOW, cache="", wait_s=5), ref, answers)


def questions(desk_dir: Path, by: str = "ben") -> list[Question]:
    """Every question that can be reached from where the ticket stands without a command."""
    found: dict[tuple[str, str], Question] = {}
    waiting: list[dict[str, str]] = [{}]
    while waiting:
        answers = waiting.pop()
        asked = ask(look(desk_dir, answers, by))
        if asked is None or (asked.id, str(asked)) in found:
            continue
        found[asked.id, str(asked)] = asked
        waiting += [{**answers, asked.id: each.word} for each in asked.choices if each.goes_on][-3:]
    return list(found.values())


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_answer_leads_to_a_legal_command(situation: str, sd: Runner, desk_dir: Path) -> None:
    """Wherever a ticket stands there is a question, and each command it offers can be done (R6.1).

    Tried as a rehearsal. At each question one answer changes nothing. A beginner is offered nothing
    that closes without a word of the caller, or that others must decide (R0.2).
    """
    path = desk_dir / "catalog" / "teams.yaml"
    path.write_text(f"{path.read_text()}{BEGINNER}")
    bring(sd, situation)
    asked = questions(desk_dir)

    assert asked
    for question in asked:
        assert len({each.word for each in question.choices}) == len(question.choices)
        assert any(each.leaves or each.goes_on for each in question.choices) or len(asked) > 1
        for nth, choice in enumerate(question.choices):
            line = choice.filled({each.name: said(each, -nth) for each in choice.blanks})
            if line and "--run" not in line and line[:2] != ["kb", "show"]:  # nothing to rehearse
                sd(*line, "--dry-run")
    lines = [choice.filled({}) for each in questions(desk_dir, "nia") for choice in each.choices]
    forbidden = {"--unconfirmed", "--override", "--decline", "--reject", "bulk", "merge"}
    assert not [line for line in lines if forbidden & set(line)]


WALK = settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@WALK
@given(data=st.data())
def test_any_answers_make_a_legal_run(data: st.DataObject, sd: Runner, desk_dir: Path) -> None:
    """Whatever is answered, no command is refused, and q leaves at any question (R6.1, R0.7)."""
    ref = json.loads(sd(*OPENED, "--json").stdout)["ref"]
    left = data.draw(st.integers(0, 14), "answers before q")
    done: list[list[str]] = []

    def answer(_: Case, question: Question) -> Choice | Move:
        nonlocal left
        left -= 1
        ways: list[Choice | Move] = [*question.choices, Move.BACK]
        return data.draw(st.sampled_from(ways)) if left >= 0 else LEAVE

    def fill(choice: Choice) -> list[str]:
        return choice.filled(
            {each.name: said(each, data.draw(st.integers(0, 20))) for each in choice.blanks}
        )

    def run(line: list[str]) -> int:
        done.append(line)
        return sd(*line).exit_code

    guided.lead(lambda answers: look(desk_dir, answers, ref=ref), answer, fill, run)

    assert len(done) <= 14


def _usual(_: Case, question: Question) -> Choice | Move:
    """The answer of somebody who is at work and gets on."""
    first = ("yes", "go-on", "vpn", "none", "done")
    words = [each.word for each in question.choices]
    if question.id in ("information", "reported"):
        return question.choice("no" if question.id == "information" else "yes")
    return question.choice(next((word for word in first if word in words), words[0]))


def test_from_the_call_to_the_end(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Who follows it gets a request from its opening to its closing, with no step left out (R0.7)."""
    sd(*OPENED)
    done: list[str] = []

    def run(line: list[str]) -> int:
        done.append(shlex.join(line))
        return sd(*line).exit_code

    def fill(choice: Choice) -> list[str]:
        return choice.filled({each.name: each.usual or said(each) for each in choice.blanks})

    at = guided.lead(lambda answers: look(desk_dir, answers), _usual, fill, run)

    assert at.ticket.is_closed
    assert done[0] == (
        "classify SD-1 --type incident --ever-had yes --service vpn --people 1 --workaround none"
    )
    assert [line.split()[0] for line in done] == [
        *("classify", "accept", "search-kb", "kb", "resolve", "close")
    ]
    assert sdj("history", "1")[-1].get("skipped", []) == []


def test_a_refusal_asks_again(sd: Runner, desk_dir: Path) -> None:
    """A command that is refused changes nothing, and the same question comes again (R6.1)."""
    bring(sd, "mine")
    asked: list[str] = []

    def answer(_: Case, question: Question) -> Choice | Move:
        asked.append(question.id)
        return question.choice("yes") if len(asked) < 3 else LEAVE

    guided.lead(
        lambda answers: look(desk_dir, answers), answer, lambda c: c.filled({}), lambda _: 4
    )

    assert asked == ["looked", "looked", "looked"]


def test_a_text_is_never_taken_for_an_option(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What a person says stays what they said, however it begins (R6.1)."""
    bring(sd, "known")
    (work,) = (each for each in questions(desk_dir) if each.id == "work")

    sd(*work.choice("tell").filled({"TEXT": "--visible is no option here"}))

    assert sdj("history", "1")[-1]["text"] == "--visible is no option here"


def test_a_pipe_gets_the_plan(sd: Runner, sdj: JsonRunner) -> None:
    """Without a terminal, with --plan and with --json nothing is asked and nothing done (R6.1)."""
    bring(sd, "resolved")

    told = sd("guide", "1").stdout
    plan = sdj("guide", "1")

    assert told == sd("guide", "1", "--plan").stdout
    assert "      $ sdcli close SD-1 --confirmed-by PERSON --via METHOD\n" in told
    assert (plan["ref"], plan["status"], plan["question"]["id"]) == (
        "SD-1",
        "resolved",
        "confirmed",
    )
    closing = next(each for each in plan["question"]["choices"] if each["answer"] == "yes")
    assert [each["name"] for each in closing["blanks"]] == ["PERSON", "METHOD"]
    assert closing["blanks"][0]["usual"] == "ada"
    assert len(sdj("history", "1")) == 2


def test_answers_lead_on_without_a_terminal(sd: Runner, sdj: JsonRunner) -> None:
    """--answer takes what leads to a further question, and nothing else."""
    sd(*OPENED)
    given_ = ("--answer", "information=no", "--answer", "worked=yes", "--answer", "service=vpn")

    question = sdj("guide", "1", *given_)["question"]

    assert question["id"] == "hindered"
    assert question["choices"][0]["command"] == (
        "sdcli classify SD-1 --type incident --ever-had yes --service vpn --people PEOPLE "
        "--workaround none"
    )
    sd("guide", "1", "--answer", "information=perhaps", expect=2)
    sd("guide", "1", "--answer", "colour=red", expect=2)
    sd("guide", "1", "--answer", "service=none", *given_[:4], expect=2)


def test_nothing_to_ask(sd: Runner, sdj: JsonRunner) -> None:
    """A problem has commands of its own, and a number that is none is told (R3d1.7)."""
    sd(*INCIDENT)
    sd("problem", "open", "VPN drops", "--incident", "1")

    assert sdj("guide", "2")["question"] is None
    assert "sdcli problem show SD-2" in sd("guide", "2").stdout
    sd("guide", "99", expect=3)


def test_led_at_a_terminal(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Each command is shown before it runs; numbers and words answer; q leaves (R6.1)."""
    bring(sd, "mine")
    dialogue = (
        ("q leaves):", b"?\n"),
        ("$ sdcli search-kb --ticket SD-1", b""),
        ("q leaves):", b"9\n"),
        ("Choose a number from 1 to 2", b"2\n"),
        ("What do you do next?", b"tell\n"),
        ("What you tell them (< goes back, q leaves):", b"we look\n"),
        ("What do you do next?", b"wait\n"),
        ("Which (< goes back, q leaves)", b"<\n"),
        ("What do you do next?", b"q\n"),
    )

    shown = _on_terminal(desk_dir, "guide", "1", dialogue=dialogue, env=PLAIN)

    assert "$ sdcli note SD-1 'we look' --visible" in shown
    assert "Next: sdcli guide SD-1   # goes on from here" in shown
    assert [each["kind"] for each in sdj("history", "1")] == ["opened", "accepted", "noted"]


def _line_up(desk_dir: Path, *dialogue: tuple[str, bytes], columns: str = "60") -> str:
    """What a run at a narrow terminal shows."""
    return _on_terminal(
        desk_dir, "guide", "1", dialogue=dialogue, env={**PLAIN, "COLUMNS": columns}
    )


def test_q_leaves_at_any_question(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """At a list, at a text, and at what the command itself asks: q is no text, and no answer (R6.1)."""
    bring(sd, "known")
    hand = (("next?", b"hand\n"), ("Which (< goes back, q leaves):", b"network\n"))
    text = ("and what you know", b"q\n")

    shown = _line_up(desk_dir, ("next?", b"hand\n"), ("Which (< goes back", b"q\n"))
    assert "Next: sdcli guide SD-1" in shown
    shown = _line_up(desk_dir, *hand, text)
    assert "Next: sdcli guide SD-1" in shown
    shown = _line_up(desk_dir, *hand, (text[0], b"a trace\n"), ("component:", b"q\n"))
    assert "Interrupted. Nothing was handed over." in shown
    assert "Next: sdcli guide SD-1" in shown
    assert sdj("history", "1")[-1]["kind"] == "articles_used"


def test_going_back(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """< leads from each question to the one before, up to the first of this run (R6.1)."""
    sd(*OPENED)
    dialogue = (
        ("Answer (< goes back, q leaves):", b"<\n"),
        ("There is no question before this one", b""),
        ("how something is done?", b""),
        ("q leaves):", b"no\n"),
        ("Did it work for them before?", b""),
        ("q leaves):", b"<\n"),
        ("how something is done?", b""),
        ("q leaves):", b"no\n"),
        ("Did it work for them before?", b""),
        ("q leaves):", b"yes\n"),
        ("Which service is it about?", b""),
        ("q leaves):", b"vpn\n"),
        ("way round meanwhile?", b""),
        ("? shows the commands", b""),
        ("q leaves):", b"?\n"),
        ("$ sdcli classify", b""),
        ("Answer (< goes back, q leaves):", b"none\n"),
        ("[1]:", b"abc\n"),
        ("Type a whole number, 1 or more.", b""),
        ("[1]:", b"0\n"),
        ("Type a whole number, 1 or more.", b""),
        ("[1]:", b"<\n"),
        ("way round meanwhile?", b""),
        ("q leaves):", b"hard\n"),
        ("[1]:", b"3\n"),
        ("Do you take it on?", b""),
        ("q leaves):", b"q\n"),
    )

    shown = _line_up(desk_dir, *dialogue)

    assert "Next: sdcli guide SD-1" in shown
    assert sdj("show", "1")["assessment"]["people"] == 3
    assert sdj("show", "1")["assessment"]["workaround"] == "hard"
    told = shown.replace("\r", "").splitlines()
    assert not [text for text in told if wcswidth(text) > 60 and not text.startswith("$ ")]


def test_going_back_within_a_command(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Between what a command needs, and what it asks itself, < asks the one before again (R6.1)."""
    bring(sd, "known")
    dialogue = (
        ("next?", b"hand\n"),
        ("Which team?", b"network\n"),
        ("and what you know", b"<\n"),
        ("Which team?", b"network\n"),
        ("and what you know", b"a trace\n"),
        ("component:", b"a switch\n"),
        ("last-worked:", b"<\n"),
        ("component:", b"a router\n"),
        ("last-worked:", b"\n"),
        ("It is with network now", b"q\n"),
    )

    _line_up(desk_dir, *dialogue)

    handed = sdj("history", "1")[-1]
    assert (handed["reason"], handed["items"]["component"]) == ("a trace", "a router")


def test_answers_outlive_a_refusal(sd: Runner, desk_dir: Path) -> None:
    """Who is refused a command is not asked again what led to it (R6.1)."""
    sd(*OPENED)
    asked: list[str] = []
    way = {"information": "no", "worked": "yes", "service": "vpn", "hindered": "none"}

    def answer(_: Case, question: Question) -> Choice | Move:
        asked.append(question.id)
        return question.choice(way[question.id]) if len(asked) < 6 else LEAVE

    guided.lead(
        lambda answers: look(desk_dir, answers), answer, lambda c: c.filled({}), lambda _: 2
    )

    assert asked == [*way, "hindered", "hindered"]


def test_a_hand_over_is_judged_by_who_gets_it(sd: Runner, desk_dir: Path) -> None:
    """Its receiver accepts or returns it; the sender can add to it meanwhile (R3d2.1a)."""
    bring(sd, "handed")

    (sender,), (receiver,) = questions(desk_dir, "ben"), questions(desk_dir, "greta")

    assert "It is with network now" in sender.asks
    assert [each.word for each in sender.choices] == ["later", "note", "tell"]
    assert [each.word for each in receiver.choices] == ["yes", "no", "later"]


def test_what_came_back_is_told(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Who sent it back and why, and what they could not use is lacking until it is said (R3d2.1a)."""
    bring(sd, "mine")
    items = ("--item", "site=London", "--item", "component=that box", "--item", "last-worked=today")
    away = ("escalate", "1", "--to", "network", "--reason", "x")
    sd(*away, *items)
    sd("return", "1", "--reason", "which one?", "--missing", "component", "--as", "greta")

    (taken, *_) = questions(desk_dir)
    assert taken.why == "network sent it back (which one?); missing: component."
    assert list(sdj("show", "1")["lacking"]) == ["component"]
    assert sdj(*away, "--dry-run")["events"][-1]["missing"] == ["component"]
    sd(*away, "--item", "component=sw-7")
    assert sdj("show", "1")["lacking"] == {}


def test_a_slip_is_taken_back_at_once(sd: Runner, desk_dir: Path) -> None:
    """Who has just done something wrong finds the way back among the first answers (R6.1)."""
    bring(sd, "known")

    (work,) = (each for each in questions(desk_dir) if each.id == "work")

    assert work.choice("undo").filled({}) == ["undo", "SD-1", "--only"]


def test_nobody_is_asked_a_way_round_a_wish(sd: Runner, sdj: JsonRunner) -> None:
    """The question fits its answers, whatever kind of request it is (R6.1)."""
    sd(*OPENED, "--type", "fulfilment")

    question = sdj("guide", "1", "--answer", "service=vpn")["question"]

    assert question["asks"] == "Does somebody stand still until they have it?"


def test_articles_can_be_read(sd: Runner, desk_dir: Path) -> None:
    """Who is asked whether one fits can read it first (R6.1)."""
    bring(sd, "searched")

    (asked,) = (each for each in questions(desk_dir) if each.id == "article")

    (blank,) = asked.choice("read").blanks
    assert list(blank.words) == [each.word for each in asked.choices if each.word[:3] == "KB-"]
    assert asked.choice("read").filled({blank.name: "KB-104"}) == ["kb", "show", "KB-104"]


def test_leaving_leaves_nothing_half_done(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Ctrl-C at what a command needs: what was shown is recorded, and no more (R6.1)."""
    bring(sd, "resolved")
    dialogue = (("q leaves):", b"2\n"), ("Who confirmed it", b"\x03"))

    shown = _on_terminal(desk_dir, "guide", "1", dialogue=dialogue, env=PLAIN)

    assert "Interrupted. What was shown is recorded; `sdcli guide SD-1` goes on" in shown
    assert [each["kind"] for each in sdj("history", "1")] == ["opened", "resolved"]
