"""How it was for the caller: asked once, shortly, and each answer for a figure (R5a.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.policy.load import read_surveys
from sdcli.policy.survey import MOST_QUESTIONS
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

ASK = ("survey", "ask", "1")


@pytest.fixture(name="request_", autouse=True)
def _request(sd: Runner) -> None:
    """SD-1, an incident of Ada's."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


def test_the_starter_asks_little() -> None:
    """At most four questions by type, each for a figure (R5a.2)."""
    for survey in read_surveys(str(REPOSITORY)).surveys.values():
        assert 0 < len(survey.questions) <= MOST_QUESTIONS
        assert all(question.figure for question in survey.questions.values())


def test_a_caller_is_asked_once_it_is_over(sd: Runner, sdj: JsonRunner) -> None:
    """Not before, then once; who, how and what was asked is on record (R5a.2)."""
    assert "not over" in sd(*ASK, expect=4).stderr
    sd("resolve", "1", "--code", "solved")

    told = sd(*ASK, "--via", "phone").stdout

    assert "Was it fast enough for your work?" in told
    sent = sdj("history", "1")[-1]
    assert (sent["kind"], sent["to"], sent["via"]) == ("survey_sent", "ada", "phone")
    assert sent["questions"] == ["again", "speed", "informed"]
    assert "before" in sd(*ASK, expect=4).stderr


def test_what_they_say(sd: Runner, sdj: JsonRunner) -> None:
    """Scores from 1 to 5 for what was asked, and a remark; the rest is refused (R5a.2)."""
    sd("resolve", "1", "--code", "solved")
    answer = ("survey", "answer", "1", "--score")
    assert "survey ask" in sd(*answer, "speed=4", expect=4).stderr
    sd(*ASK)

    for wrong, code in (("speed=6", 4), ("speed=0", 4), ("speed=x", 4), ("price=3", 3)):
        sd(*answer, wrong, expect=code)
    sd(*answer, "speed=2", "--score", "again=5", "--remark", "it took long")

    said = sdj("history", "1")[-1]
    assert (said["scores"], said["remark"]) == ({"speed": 2, "again": 5}, "it took long")


def test_never_after_a_merge(sd: Runner) -> None:
    """Who asked for what was merged is asked about where it went on (R5a.2, T24)."""
    sd("open", "VPN is down", "--user", "ada", "--new")
    sd("merge", "1", "--into", "2")

    assert "merged into SD-2" in sd(*ASK, expect=4).stderr


def test_nobody_is_asked_where_nobody_called(sd: Runner, sdj: JsonRunner) -> None:
    """Neither a machine, nor about a problem, nor of a type without a survey (R5a.2)."""
    alert = '{"status": "firing", "labels": {"alertname": "Disk", "instance": "db1"}}'
    ref = sdj("open", "-", stdin=f'{{"alerts": [{alert}], "receiver": "d", "groupKey": "x"}}')[
        "ref"
    ]
    sd("resolve", ref, "--code", "solved")
    sd("kb", "used", ref, "--none", "--note", "x")
    assert "no caller" in sd("survey", "ask", ref, expect=4).stderr
    sd("problem", "open", "The VPN")
    sd("survey", "ask", "3", expect=4)
    sd("open", "Something", "--user", "ada", "--new")
    sd("resolve", "4", "--code", "solved")
    assert "catalog/survey.yaml" in sd("survey", "ask", "4", expect=3).stderr


@pytest.mark.parametrize(
    ("questions", "told"),
    [
        (", ".join(f"q{n}: {{ask: Well?, figure: satisfaction}}" for n in range(5)), "5 questions"),
        ("", "asks nothing"),
        ("q: {ask: Well?}", "figure"),
        ("q: {ask: Well?, figure: price}", "figure"),
    ],
)
def test_lint_refuses_a_long_survey(sd: Runner, desk_dir: Path, questions: str, told: str) -> None:
    """More than four questions, none, or one for no figure is told with its line (R5a.2)."""
    path = desk_dir / "catalog" / "survey.yaml"
    path.write_text(f"format: 1\nsurveys:\n  incident:\n    questions: {{{questions}}}\n")

    refused = sd("lint", expect=5).stderr

    assert told in refused
    assert "catalog/survey.yaml:" in refused


def test_a_desk_without_surveys_asks_nobody(sd: Runner, desk_dir: Path) -> None:
    """The file may be missing: `lint` is content, and `survey ask` says which it is."""
    (desk_dir / "catalog" / "survey.yaml").unlink()
    sd("lint")
    sd("resolve", "1", "--code", "solved")

    assert "catalog/survey.yaml" in sd(*ASK, expect=3).stderr


def test_a_question_has_one_score(sd: Runner) -> None:
    """The same question twice in one command is not understood: nobody knows which holds (R5a.2)."""
    twice = ("--score", "speed=2", "--score", "speed=5")
    assert "--score speed is given more than once" in (
        sd("survey", "answer", "1", *twice, expect=2).stderr
    )
