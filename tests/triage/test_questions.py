"""Walking question trees: every answer leads on, and a walk is its answers (R1b.1c, R2a.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import USAGE, AnswerError, NoSuchEntryError
from sdcli.policy.load import read_questions
from sdcli.policy.questions import Choice, Leaf, Question, Questions, QuestionTree
from sdcli.policy.trees import Course
from sdcli.tickets.contact import Answer, RequestDetails
from sdcli.tickets.words import REQUEST_TYPES, UNKNOWN
from sdcli.triage import questions as walking
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from sdcli.policy.model import Policy

PLACE = "catalog/questions.yaml:1"
WORDS = ("one", "two", UNKNOWN)


@pytest.fixture(name="questions", scope="module")
def _questions(policy: Policy) -> Questions:
    """The starter's trees."""
    return read_questions(str(REPOSITORY), policy)


@st.composite
def _trees(draw: Any) -> Questions:
    """Any sound trees: questions lead to later questions or to leaves, leaves to later trees."""
    names = [f"tree{index}" for index in range(draw(st.integers(1, 4)))]
    trees = {}
    for number, name in enumerate(names):
        ids = [f"{name}-q{index}" for index in range(draw(st.integers(1, 4)))]
        leaves = {
            f"leaf{index}": Leaf(
                type=draw(st.sampled_from(REQUEST_TYPES)),
                service=draw(st.sampled_from(["", "vpn", "email"])),
                queue=draw(st.sampled_from(["", "network"])),
                tree=draw(st.sampled_from(["", *names[number + 1 :]])),
                place=PLACE,
            )
            for index in range(draw(st.integers(1, 3)))
        }
        trees[name] = QuestionTree(
            name=name,
            type=draw(st.sampled_from(REQUEST_TYPES)),
            service=draw(st.sampled_from(["", "vpn"])),
            finds=draw(st.sampled_from([None, "type", "service"])),
            first=ids[0],
            questions={
                id_: _question(draw, ids[index + 1 :], list(leaves))
                for index, id_ in enumerate(ids)
            },
            leaves=leaves,
            place=PLACE,
        )
    first = st.lists(st.sampled_from(names), min_size=1, max_size=3).map(tuple)
    return Questions(version="1", first=draw(first), trees=trees)


def _question(draw: Any, later: list[str], leaves: list[str]) -> Question:
    def way() -> dict[str, str]:
        if later and draw(st.booleans()):
            return {"next": draw(st.sampled_from(later))}
        return {"leaf": draw(st.sampled_from(leaves))}

    choices = {word: Choice(label=word.title(), **way()) for word in WORDS}
    return Question(
        ask="What?",
        choices=choices if draw(st.booleans()) else {},
        fills=draw(st.sampled_from([None, "wanted", "failed"])),
        field=draw(st.sampled_from(["", "since"])),
        place=PLACE,
        **way(),
    )


@st.composite
def _answered(draw: st.DrawFn) -> tuple[Questions, dict[str, Answer]]:
    """Any trees, and any answers to some of their questions."""
    questions = draw(_trees())
    given_: dict[str, Answer] = {}
    for tree in questions.trees.values():
        for id_ in tree.questions:
            said = draw(st.sampled_from([*WORDS, "none of them", "", "skip"]))
            if said:
                given_[id_] = (
                    Answer(id_, skipped="no time") if said == "skip" else Answer(id_, said)
                )
    return questions, given_


@given(made=_answered())
def test_answers_lead_to_the_end_or_to_a_question(
    made: tuple[Questions, dict[str, Answer]],
) -> None:
    """Any answers on any trees end at a leaf, or name the next question; none is asked twice."""
    questions, given_ = made
    way = walking.follow(questions, given_, walking.course(questions))

    asked = [answer.question for answer in way.walk.answers]
    assert len(set(asked)) == len(asked)
    assert set(asked) | set(way.unasked) == set(given_)
    if way.asks:
        assert way.asks.id not in asked
        assert questions.trees[way.asks.tree].questions[way.asks.id] == way.asks.question
        said = given_.get(way.asks.id)
        assert said is None or said.answer not in way.asks.question.choices
    elif not way.unasked:
        assert walking.finished(way) is way


@given(made=_answered())
def test_a_walk_is_its_answers(made: tuple[Questions, dict[str, Answer]]) -> None:
    """The answers of a walk alone lead the same way again, to the same values and reasons."""
    questions, given_ = made
    begin = walking.course(questions)
    way = walking.follow(questions, given_, begin)

    again = walking.follow(questions, {each.question: each for each in way.walk.answers}, begin)

    assert again == way._replace(unasked=())


@given(made=_answered())
def test_every_question_can_be_skipped(made: tuple[Questions, dict[str, Answer]]) -> None:
    """Skipping what is open ends every walk, and each skip is kept with its reason (R1b.1c)."""
    questions, given_ = made
    begin = walking.course(questions)

    rest = walking.skip_rest(questions, given_, begin, "she had to go")
    way = walking.follow(questions, rest, begin)

    assert way.asks is None
    for answer in way.walk.answers:
        if answer.question not in given_:
            assert answer == Answer(answer.question, skipped="she had to go")


def _given(**said: str) -> dict[str, Answer]:
    names = {name.replace("_", "-"): text for name, text in said.items()}
    return {name: Answer(name, text) for name, text in names.items()}


DROPS = _given(
    need="broken", ever_had="yes", about="connection", connection="home", vpn_when="dropping"
)


def test_leaves_set_what_is_known(questions: Questions) -> None:
    """Type, service, feature, queue and procedure come from the leaves, each with its reason."""
    way = walking.follow(questions, DROPS, walking.course(questions))

    assert {name: found.value for name, found in way.sets.items()} == {
        "type": "incident",
        "service": "vpn",
        "queue": "service-desk",
        "feature": "remote-work",
        "procedure": "KB-104",
    }
    reason = "the tree incident/vpn, question vpn-when: Later, it drops again and again"
    assert way.sets["feature"].reason == reason
    assert way.walk.tree == "kind > area > incident/vpn > incident"
    assert way.walk.version == questions.version
    assert way.asks is not None
    assert way.asks.id == "hindered"


def test_what_is_known_is_not_asked(questions: Questions) -> None:
    """A type or a service that was said passes its tree over; a tree can be named."""
    begun = {
        ("incident", "vpn", ""): "vpn-when",
        ("incident", UNKNOWN, ""): "about",
        (UNKNOWN, "crm", ""): "need",
        ("incident", "crm", ""): "hindered",
        (UNKNOWN, UNKNOWN, "new-service"): "for-how-many",
    }
    for (type_, service, tree), first in begun.items():
        begin = walking.course(questions, type_, service, tree)  # type: ignore[arg-type]
        asks = walking.follow(questions, {}, begin).asks
        assert asks is not None
        assert asks.id == first


def test_answers_fill_details_and_fields(questions: Questions) -> None:
    """What was chosen is kept in the caller's words; unknown and skipped fill nothing (R1b.1)."""
    said = _given(
        need="how", about="unknown", looked="colleagues", how_wanted="merge two calendars"
    )
    way = walking.finished(walking.follow(questions, said, walking.course(questions)))
    assert way.request == RequestDetails(wanted="merge two calendars")
    assert way.fields == {"looked": "I asked colleagues"}
    assert {each.value for each in way.sets.values()} == {"information", "service-desk", "standard"}

    said = {**said, **_given(looked="unknown", how_wanted=UNKNOWN)}
    way = walking.finished(walking.follow(questions, said, walking.course(questions)))
    assert way.request == RequestDetails()
    assert way.fields == {"looked": UNKNOWN}


def test_how_much_it_matters_can_be_asked(questions: Questions) -> None:
    """Who is hindered and how much give impact and urgency, never a priority (R2c.2d)."""
    said = {**DROPS, **_given(hindered="low", stopped="high", before="yes")}
    said |= _given(last_worked="today", others="no", changed="software")

    way = walking.follow(questions, said, walking.course(questions))

    assert (way.sets["impact"].value, way.sets["urgency"].value) == ("low", "high")
    assert way.request.asked_before == "yes"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("broken", "broken"),
        (" Broken ", "broken"),
        ("something does NOT work as it should", "broken"),
        ("?", UNKNOWN),
        ("I don't know", UNKNOWN),
    ],
)
def test_a_choice_is_named_by_id_or_label(questions: Questions, text: str, expected: str) -> None:
    """Whatever the case of its letters; a question mark is unknown (R1b.1d)."""
    assert walking.answer(questions, "need", text) == Answer("need", expected)


@pytest.mark.parametrize("text", ["brocken", "", "  ", "1", "-"])
def test_a_wrong_answer_is_told(questions: Questions, text: str) -> None:
    """The question, its place and its choices are named."""
    with pytest.raises(AnswerError) as caught:
        walking.answer(questions, "need", text)

    error = caught.value
    assert error.exit_code == USAGE
    assert "`need`" in error.message
    assert "catalog/questions.yaml:" in error.message
    assert "broken (Something does not work as it should)" in error.message
    assert set(error.details["choices"]) == set(walking.question(questions, "need").choices)


def test_what_is_open_or_not_asked_is_told(questions: Questions) -> None:
    """A walk that is to be finished names its next question, or the answer that has no place."""
    begin = walking.course(questions)
    with pytest.raises(AnswerError, match=r"`about`.*--answer about=ANSWER, or --skip about"):
        walking.finished(walking.follow(questions, _given(need="broken", ever_had="yes"), begin))

    rest = walking.skip_rest(questions, _given(need="new", vpn_when="slow"), begin, "why")
    with pytest.raises(AnswerError, match="`vpn-when` is not asked on this way; asked are: need"):
        walking.finished(walking.follow(questions, rest, begin))

    with pytest.raises(NoSuchEntryError, match="connection"):
        walking.answer(questions, "conection", "home")
    with pytest.raises(NoSuchEntryError, match="incident/vpn"):
        walking.course(questions, tree="incident/vpm")


def test_a_feature_does_not_outlive_its_service() -> None:
    """A later leaf with another service takes the feature of the former one away."""
    free = Question(ask="What?", leaf="end", place=PLACE)
    trees = {
        name: QuestionTree(
            name=name, first=name, questions={name: free}, leaves={"end": leaf}, place=PLACE
        )
        for name, leaf in {
            "a": Leaf(service="vpn", feature="remote-work", tree="b", place=PLACE),
            "b": Leaf(service="email", place=PLACE),
        }.items()
    }
    questions = Questions(version="1", first=("a",), trees=trees)

    way = walking.follow(questions, _given(a="x", b="y"), Course(("a",)))

    assert {name: found.value for name, found in way.sets.items()} == {"service": "email"}
