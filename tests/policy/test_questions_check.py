"""What must hold in question trees: each broken rule gives exactly its problem, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdcli.errors import DATA_FILE, DataFileError
from sdcli.lint import lint
from sdcli.policy import load
from sdcli.policy.check_questions import MOST_FREE
from sdcli.policy.load import read_questions
from sdcli.policy.questions import QUESTIONS, Questions
from sdcli.policy.trees import free_questions
from sdcli.tickets.words import UNKNOWN
from tests.conftest import REPOSITORY
from tests.sampling import examples

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Policy
    from tests.conftest import Runner

SOUND = """\
format: 1
version: "1"
first: [start]
trees:
  start:
    name: What it is
    first: kind
    questions:
      kind:
        ask: What is it?
        choices:
          broken: {label: It is broken, leaf: broken}
          other: {label: Something else, next: more}
          unknown: {label: I don't know, leaf: desk}
      more:
        ask: Please tell us more
        fills: wanted
        leaf: desk
    leaves:
      broken: {type: incident, tree: incident}
      desk: {queue: service-desk, type: unknown, agreement: standard}
  incident:
    name: It is broken
    type: incident
    first: hindered
    questions:
      hindered:
        ask: Who cannot work?
        fills: impact
        choices:
          high: {label: Many}
          unknown: {label: I don't know}
        leaf: end
    leaves:
      end: {queue: service-desk, service: vpn, feature: remote-work}
"""


class Case(NamedTuple):
    """An edit of the sound file and the problem it makes; `at` is text on the problem's line."""

    old: str
    new: str
    at: str
    message: str


CASES: dict[str, Case] = {
    "no first tree": Case(
        "first: [start]", "first: [begin]", "[begin]", "there is no tree `begin`; there are: start"
    ),
    "nothing to begin with": Case(
        "first: [start]", "first: []", "first: []", "`first` must name the tree"
    ),
    "no first question": Case(
        "first: kind", "first: kinds", "kinds", "there is no question `kinds`; did you mean `kind`?"
    ),
    "no next question": Case(
        "next: more", "next: mroe", "mroe", "there is no question in `start` `mroe`"
    ),
    "no leaf": Case(
        "leaf: broken}", "leaf: brokn}", "brokn", "there is no leaf in `start` `brokn`"
    ),
    "no queue": Case(
        "desk: {queue: service-desk,",
        "desk: {queue: service-dsk,",
        "desk: {",
        "there is no queue `service-dsk`; did you mean `service-desk`?",
    ),
    "no service": Case("service: vpn", "service: vpm", "vpm", "there is no service `vpm`"),
    "no feature": Case(
        "feature: remote-work",
        "feature: remote",
        "end: {",
        "there is no feature of `vpn` `remote`; did you mean `remote-work`?",
    ),
    "feature without service": Case(
        "service: vpn, ", "", "end: {", "a feature needs the service that it belongs to"
    ),
    "no agreement": Case(
        "agreement: standard",
        "agreement: gold",
        "gold",
        "there is no agreement `gold`",
    ),
    "no tree": Case(
        "tree: incident}", "tree: incidents}", "incidents", "there is no tree `incidents`"
    ),
    "no such type": Case(
        "type: incident, tree", "type: accident, tree", "accident", "is 'accident'; it must be one"
    ),
    "list without unknown": Case(
        "          unknown: {label: I don't know, leaf: desk}\n",
        "",
        "choices:",
        "the choices of `kind` need `unknown`",
    ),
    "same label": Case(
        "It is broken, leaf", "something ELSE, leaf", "ELSE", "of `broken` also names another"
    ),
    "label that is an id": Case(
        "label: It is broken", "label: Other", "Other", "of `broken` also names another choice"
    ),
    "both ways": Case(
        "leaf: broken}", "leaf: broken, next: more}", "broken: {l", "or `leaf` for `broken`"
    ),
    "no way": Case(
        "wanted\n        leaf: desk\n",
        "wanted\n",
        "more:",
        "`more` must lead to either `next` or `leaf`",
    ),
    "a circle": Case(
        "wanted\n        leaf: desk\n",
        "wanted\n        next: kind\n",
        "kind:",
        "the questions go round in a circle: kind > more > kind",
    ),
    "a circle of trees": Case(
        "end: {", "end: {tree: start, ", "  start:", "the trees go round in a circle"
    ),
    "a leaf that no way leads to": Case(
        "    leaves:\n      broken",
        "    leaves:\n      lost: {queue: network}\n      broken",
        "lost",
        "no way leads to the leaf `lost`",
    ),
    "a question that no way leads to": Case(
        "      more:",
        "      lost: {ask: Who?, leaf: desk}\n      more:",
        "lost",
        "no way leads to `lost`",
    ),
    "a walk without a queue": Case(
        "end: {queue: service-desk, ",
        "end: {",
        "broken: {type",
        "`end` of `incident` ends a walk, and no queue is known: kind=broken, hindered=high. State it in the leaf `broken` of `start`",
    ),
    "a walk without a type": Case(
        "type: unknown, ",
        "",
        "desk: {",
        "`desk` of `start` ends a walk, and no type is known: kind=unknown. State it in the leaf `desk` of `start`; `type: unkn",
    ),
    "a walk without an agreement": Case(
        ", agreement: standard",
        "",
        "desk: {",
        "`desk` of `start` ends a walk, and no agreement is known: kind=unknown. State it in the leaf `desk` of `start`, or the",
    ),
    "a code": Case(
        "ask: Who cannot work",
        "ask: Who cannot use Remote-Work",
        "Remote",
        "`remote-work` is a code of the desk's; say it in words",
    ),
    "an article on a label": Case(
        "label: Many", "label: As in KB-111", "As in", "`KB-111` is a code"
    ),
    "a priority on a label": Case("label: Many", "label: P1", "label: P1", "`P1` is a code"),
    "a ticket on a label": Case("label: Many", "label: As SD-7", "SD-7", "`SD-7` is a code"),
    "service and feature on a label": Case(
        "label: Many", "label: All of email/calendar", "All of", "`email/calendar` is a code"
    ),
    "a type on a label": Case(
        "label: Many", "label: An incident of many", "An inc", "`incident` is a code"
    ),
    "a queue on a label": Case("label: Many", "label: Onsite", "Onsite", "`onsite` is a code"),
    "a code on a label": Case(
        "label: Many", "label: All of service-desk", "All of", "`service-desk` is a code"
    ),
    "an id twice": Case(
        "first: hindered\n    questions:\n      hindered:",
        "first: kind\n    questions:\n      kind:",
        "      kind:\n        ask: Who",
        "the id `kind` is taken by another question, in the tree `start`",
    ),
    "two trees for one kind": Case(
        "    name: What it is\n",
        "    name: What it is\n    type: incident\n",
        "    type: incident\n    first: hindered",
        "`incident` is made for the same type and service as `start`",
    ),
    "a list of its own": Case(
        "high: {label: Many}", "huge: {label: Many}", "huge", "`impact` has the choices high,"
    ),
    "a free question for a list": Case(
        "fills: wanted", "fills: urgency", "urgency", "`urgency` needs the choices high, medium"
    ),
    "an id that cannot be typed": Case(
        "other: {", "'an other': {", "an other", "write an id in small letters"
    ),
    "a misspelt key": Case(
        "ask: Who cannot", "aks: Who cannot", "aks", "has no key `aks`; did you mean `ask`?"
    ),
}


def _write(root: Path, text: str) -> None:
    (root / QUESTIONS).write_text(text, encoding="utf-8")


def _said(root: Path, policy: Policy) -> list[str]:
    try:
        read_questions(str(root), policy)
    except DataFileError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_the_sound_file_is_sound(desk_dir: Path, policy: Policy) -> None:
    """What the cases below are made from has no problem, so each has only its own."""
    _write(desk_dir, SOUND)
    assert _said(desk_dir, policy) == []


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_broken_rule_is_told(desk_dir: Path, policy: Policy, case: Case) -> None:
    """A broken rule is told with the line it is on."""
    assert SOUND.count(case.old) == 1
    text = SOUND.replace(case.old, case.new)
    _write(desk_dir, text)

    said = _said(desk_dir, policy)

    line = text[: text.index(case.at)].count("\n") + 1
    line += case.at.startswith("\n")
    place = f"{QUESTIONS}:{line}: "
    assert any(each.startswith(place) and case.message in each for each in said), said


def test_a_queue_is_known_after_three_questions(desk_dir: Path, policy: Policy) -> None:
    """Three questions before a queue are allowed, a fourth is not, also across trees (R1a.1e)."""
    deeper = SOUND.replace("leaf: broken}", "next: third}").replace(
        "      more:", "      third: {ask: Where?, leaf: broken}\n      more:"
    )
    _write(desk_dir, deeper)
    assert _said(desk_dir, policy) == []

    _write(
        desk_dir,
        deeper.replace("leaf: broken}", "next: fourth}").replace(
            "      more:", "      fourth: {ask: When?, leaf: broken}\n      more:"
        ),
    )
    (said,) = _said(desk_dir, policy)
    assert "the leaf `end` of `incident` before a queue is known; 3 must be enough" in said
    assert "State one in the leaf `broken` of `start`" in said


def test_few_questions_are_free(desk_dir: Path, policy: Policy) -> None:
    """A tree asks three questions without a list at most (R1a.3a)."""
    free = "".join(f"      free{n}: {{ask: What?, next: free{n + 1}}}\n" for n in range(MOST_FREE))
    last = f"      free{MOST_FREE}: {{ask: What?, leaf: end}}\n"
    text = SOUND.replace("        leaf: end\n", f"        next: free0\n{free}{last}")
    _write(desk_dir, text)

    (said,) = _said(desk_dir, policy)

    assert "asks 4 questions without choices (free0, free1, free2, free3); 3 are enough" in said


def test_the_starter_is_in_the_callers_words(policy: Policy) -> None:
    """The starter has a tree for each type, lists with `unknown`, and few free questions."""
    questions = read_questions(str(REPOSITORY), policy)
    types = {tree.type for tree in questions.trees.values()}
    assert types == {"incident", "fulfilment", "information", "new-service", UNKNOWN}
    asked = [each for tree in questions.trees.values() for each in tree.questions.values()]
    assert all(UNKNOWN in each.choices for each in asked if each.choices)
    assert sum(bool(each.choices) for each in asked) * 4 >= len(asked) * 3
    assert {each.fills for each in asked} >= {"wanted", "success", "failed", "expected"}
    named = {leaf.service for tree in questions.trees.values() for leaf in tree.leaves.values()}
    assert named - {""} >= set(policy.catalog.services) - {"unknown"}


@pytest.mark.parametrize(
    "label",
    [
        "The wifi or his/her phone",
        "More information",
        "Campaigns and content",
        "VPN, e-mail",
        "P10",
    ],
)
def test_ordinary_words_are_no_codes(desk_dir: Path, policy: Policy, label: str) -> None:
    """What the catalog itself says in its names, and what anybody says, is in callers' words."""
    _write(desk_dir, SOUND.replace("{label: Many}", f'{{label: "{label}"}}'))
    assert _said(desk_dir, policy) == []


def test_lint_counts_and_checks_questions(sd: Runner, desk_dir: Path, policy: Policy) -> None:
    """`lint` counts trees and free questions, and finds what is wrong in them and about them."""
    trees = read_questions(str(desk_dir), policy).trees.values()
    counts = lint(str(desk_dir))
    assert counts["question_trees"] == len(trees)
    assert counts["free_text_questions"] == sum(len(free_questions(tree)) for tree in trees) > 0
    assert f"{counts['free_text_questions']} free text questions" in sd("lint").stdout

    _write(desk_dir, SOUND.replace("desk: {queue", "desk: {procedure: KB-999, queue"))
    said = sd("lint", expect=DATA_FILE).stderr
    assert (
        f"{QUESTIONS}:21: the leaf `desk` of `start` names no procedure or article: `KB-999`"
        in said
    )


def test_a_desk_may_have_no_questions(desk_dir: Path, policy: Policy) -> None:
    """Without the file there are no trees, and nothing is wrong."""
    (desk_dir / QUESTIONS).unlink()

    assert read_questions(str(desk_dir), policy) == Questions()
    assert lint(str(desk_dir))["question_trees"] == 0


def test_the_version_tells_the_content(desk_dir: Path, policy: Policy) -> None:
    """The version is the file's own and changes with its content, so a walk names what was asked."""
    _write(desk_dir, SOUND)
    before = read_questions(str(desk_dir), policy).version
    _write(desk_dir, SOUND.replace("Many", "Very many"))
    after = read_questions(str(desk_dir), policy).version

    assert before.split()[0] == after.split()[0] == "1"
    assert before != after


def test_the_cache_follows_all_files(
    desk_dir: Path, policy: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cached file is read again once it, or a file that it refers to, has changed."""
    monkeypatch.setattr(load, "_SETTLED_NS", -(10**12))
    cache = str(tmp_path / "cache.json")
    first = load.questions(str(desk_dir), policy, cache)
    calls: list[str] = []
    read = load.read_questions

    def count(root: str, policy: Policy) -> Questions:
        calls.append(root)
        return read(root, policy)

    monkeypatch.setattr(load, "read_questions", count)
    assert load.questions(str(desk_dir), policy, cache) == first
    assert not calls
    for file in (QUESTIONS, "catalog/services.yaml"):
        path = desk_dir / file
        path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
        load.questions(str(desk_dir), policy, cache)
    assert len(calls) == 2


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    line=st.integers(0, SOUND.count("\n") - 1),
    writing=st.sampled_from(
        [
            "",
            "[]",
            "x: {}",
            "  unknown: {}",
            "{",
            "- x",
            "        next: kind",
            "    first: more",
            "\x00",
        ]
    ),
    keep=st.booleans(),
)
def test_any_mutation_is_trees_or_problems(
    desk_dir: Path, policy: Policy, line: int, writing: str, keep: bool
) -> None:
    """A spoilt line gives trees or problems in this file, never anything else."""
    lines = SOUND.splitlines()
    lines[line : line + 1] = [*lines[line : line + keep], writing]
    _write(desk_dir, "\n".join(lines))

    assert all(each.startswith(f"{QUESTIONS}:") for each in _said(desk_dir, policy))
