"""The proof over all walks holds: what it passes can be walked, however trees are cut (R2a.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.policy.check_questions import question_problems
from sdcli.policy.load import read_policy, read_questions
from sdcli.policy.questions import QuestionFile, Questions, QuestionTree
from sdcli.tickets.contact import Answer
from sdcli.tickets.words import UNKNOWN
from sdcli.triage import questions as walking
from tests.conftest import REPOSITORY
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

_POLICY = read_policy(str(REPOSITORY))
_STARTER = read_questions(str(REPOSITORY), _POLICY)
_MOST_ASKED = 3


def _file(trees: dict[str, QuestionTree]) -> QuestionFile:
    return QuestionFile(format=1, version="1", first=_STARTER.first, trees=trees)


def _problems(trees: dict[str, QuestionTree]) -> list[str]:
    found = question_problems(_file(trees), {}, _POLICY)
    return [problem.message for problem in found]


def _parts() -> Iterator[tuple[str, ...]]:
    """Everything that can be taken out: leaves, what a leaf sets, questions, choices, trees."""
    for name, tree in _STARTER.trees.items():
        yield (name,)
        for id_, leaf in tree.leaves.items():
            yield name, "leaves", id_
            sets = ("type", "service", "queue", "agreement", "tree")
            yield from ((name, "leaves", id_, key) for key in sets if getattr(leaf, key))
        for id_, question in tree.questions.items():
            yield name, "questions", id_
            yield from ((name, "questions", id_, choice) for choice in question.choices)


_PARTS = list(_parts())


def _without(trees: dict[str, QuestionTree], part: tuple[str, ...]) -> dict[str, QuestionTree]:
    """The trees without one part; as they are if it is gone already."""
    name, *inner = part
    if not inner:
        return {each: tree for each, tree in trees.items() if each != name}
    tree = trees.get(name)
    kept: dict[str, Any] = dict(getattr(tree, inner[0])) if tree else {}
    if tree is None or inner[1] not in kept:
        return trees
    if len(inner) == 2:
        del kept[inner[1]]
    else:
        kept[inner[1]] = _less(inner[0], kept[inner[1]], inner[2])
    return {**trees, name: replace(tree, **{inner[0]: kept})}


def _less(kind: str, whole: Any, key: str) -> Any:
    """A leaf that sets one thing less, or a question with one choice less."""
    if kind == "leaves":
        return replace(whole, **{key: None if key == "type" else ""})
    return replace(whole, choices={id_: c for id_, c in whole.choices.items() if id_ != key})


def _walk(draw: Any, trees: dict[str, QuestionTree]) -> walking.Way:
    """Any walk to its end; each answer is drawn."""
    questions = Questions(version="1", first=_STARTER.first, trees=trees)
    given_: dict[str, Answer] = {}
    begin = walking.course(questions)
    while (asks := walking.follow(questions, given_, begin).asks) is not None:
        said = draw(st.sampled_from([*asks.question.choices, "?"]))
        given_[asks.id] = (
            Answer(asks.id, skipped="no time")
            if said == "?"
            else Answer(asks.id, said if asks.question.choices else "some words")
        )
    return walking.follow(questions, given_, begin)


def _asked_before_a_queue(way: walking.Way, trees: dict[str, QuestionTree]) -> int:
    """How many questions were asked until a queue was known, by walking ever longer beginnings."""
    questions = Questions(version="1", first=_STARTER.first, trees=trees)
    begin = walking.course(questions)
    for count in range(len(way.walk.answers) + 1):
        said = {each.question: each for each in way.walk.answers[:count]}
        if "queue" in walking.follow(questions, said, begin).sets:
            return count
    return len(way.walk.answers) + 1


@settings(max_examples=examples(400))
@given(data=st.data(), parts=st.lists(st.sampled_from(_PARTS), max_size=3))
def test_a_cut_tree_is_proven_or_reported(
    data: st.DataObject, parts: list[tuple[str, ...]]
) -> None:
    """Without any of its parts, lint finds something, or each walk still ends as it must.

    It ends in a type that is known or stated to be unknown, a queue after three questions at
    most, and an agreement (R2a.5, R1a.1e).
    """
    trees = dict(_STARTER.trees)
    for part in parts:
        trees = _without(trees, part)
    if _problems(trees):
        return

    way = _walk(data.draw, trees)

    assert "type" in way.sets
    assert _asked_before_a_queue(way, trees) <= _MOST_ASKED
    service = way.sets.get("service")
    assert "agreement" in way.sets or (service and service.value in _POLICY.catalog.services)


@pytest.mark.parametrize("part", _PARTS, ids="/".join)
def test_each_single_cut_is_told_once_or_harmless(part: tuple[str, ...]) -> None:
    """Any one part can be taken out: what is said then is no flood, and the rest stays provable."""
    assert len(_problems(_without(dict(_STARTER.trees), part))) <= _MOST_TOLD


_MOST_TOLD = 30


def test_the_starter_has_no_problem() -> None:
    """What the cuts begin from is sound."""
    assert _problems(dict(_STARTER.trees)) == []


def test_whether_it_was_ever_there_comes_before_a_failure(data_walks: list[walking.Way]) -> None:
    """No walk from the beginning calls something an incident before that was asked (R2a.2a).

    What looks dangerous goes to security at once, whoever had what.
    """
    for way in data_walks:
        found = way.sets["type"].value
        said = {each.question: each.answer for each in way.walk.answers}
        asked = said.get("ever-had") or said.get("used-before") or ""
        if found == "incident" and said["need"] != "dangerous":
            assert asked in ("yes", UNKNOWN)
        if asked in ("no", "taken"):
            assert found == "fulfilment"
        assert way.request.approval == ("needed" if asked == "taken" else "")
        if asked == "taken":
            assert "fulfilment" in way.walk.tree


@pytest.fixture(name="data_walks", scope="module")
def _data_walks() -> list[walking.Way]:
    """Every way through the first questions, with the rest skipped."""
    trees = _STARTER.trees["kind"].questions
    ways = []
    for need in trees["need"].choices:
        for had in trees["ever-had"].choices:
            said = {"need": Answer("need", need)}
            said |= {id_: Answer(id_, had) for id_ in ("ever-had", "used-before")}
            begin = walking.course(_STARTER)
            whole = walking.skip_rest(_STARTER, said, begin, "no time")
            ways.append(walking.follow(_STARTER, whole, begin))
    return ways
