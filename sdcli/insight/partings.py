"""Which question tells two classes apart: by how the trees are built, and by what was answered.

A question parts two classes where one of its answers still leads to the one and not to the other,
and another answer the other way round.
"""

from __future__ import annotations

from collections import deque
from graphlib import TopologicalSorter
from math import log2
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sdcli.policy.trees import Course, ways
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sdcli.policy.questions import Question, Questions
    from sdcli.tickets.words import RequestType

Class: TypeAlias = Literal["type", "service"]

MOST_STATES = 20_000
"""How far trees are followed; the questions next to the start come first."""


class State(NamedTuple):
    """A question that is asked in the course of a walk."""

    course: Course
    tree: str
    question: str


class End(NamedTuple):
    """What is known where a walk ends."""

    type: RequestType
    service: str


class Place(NamedTuple):
    """A question, the how-many-th it is on its way, and the classes that each answer leads to."""

    tree: str
    id: str
    question: Question
    nth: int
    leads: Mapping[str, frozenset[str]]

    def parts(self, one: str, other: str) -> bool:
        """Whether its answers tell two classes apart."""
        only_one = any(one in found and other not in found for found in self.leads.values())
        only_other = any(other in found and one not in found for found in self.leads.values())
        return only_one and only_other


def places(questions: Questions, of: Class) -> list[Place]:
    """Every question of every walk with the types, or services, behind it; the soonest first."""
    depths, graph = _explored(questions)
    behind: dict[State | End, frozenset[str]] = {}
    for node in TopologicalSorter(
        {each: led.values() for each, led in graph.items()}
    ).static_order():
        if isinstance(node, End):
            behind[node] = frozenset([getattr(node, of)]) - {UNKNOWN}
        else:  # beyond `MOST_STATES` nothing is known of what an answer leads to
            after = (behind[each] for each in graph.get(node, {}).values())
            behind[node] = frozenset().union(*after)
    found = [
        Place(
            tree=state.tree,
            id=state.question,
            question=questions.trees[state.tree].questions[state.question],
            nth=depths[state],
            leads={answer: behind[each] for answer, each in led.items()},
        )
        for state, led in graph.items()
    ]
    return sorted(found, key=lambda place: place.nth)


def parting(found: Iterable[Place], one: str, other: str, most: int) -> list[Place]:
    """The first few questions that tell two classes apart, each once."""
    chosen: dict[str, Place] = {}
    for place in found:
        if len(chosen) < most and place.id not in chosen and place.parts(one, other):
            chosen[place.id] = place
    return list(chosen.values())


def _explored(questions: Questions) -> tuple[dict[State, int], dict[State, dict[str, State | End]]]:
    """Every question in every course, how soon it is asked, and where each answer leads."""
    start = _enter(questions, Course(questions.first))
    if isinstance(start, End):
        return {}, {}
    depths, under_way = {start: 1}, deque([start])
    graph: dict[State, dict[str, State | End]] = {}
    while under_way:
        state = under_way.popleft()
        led = graph[state] = _answers(questions, state)
        for after in led.values():
            if isinstance(after, State) and after not in depths and len(depths) < MOST_STATES:
                depths[after] = depths[state] + 1
                under_way.append(after)
    return depths, graph


def _answers(questions: Questions, state: State) -> dict[str, State | End]:
    """Where each answer to a question leads."""
    tree = questions.trees[state.tree]
    return {
        answer: state._replace(question=next_)
        if next_
        else _enter(questions, state.course.leave(tree.leaves[leaf]))
        for answer, (next_, leaf) in ways(tree.questions[state.question]).items()
    }


def _enter(questions: Questions, course: Course) -> State | End:
    name, within = course.enter(questions.trees)
    if name:
        return State(within, name, questions.trees[name].first)
    return End(course.type, course.service or UNKNOWN)


def gain(answers: Collection[tuple[int, int]]) -> float:
    """How much the answers say about which tickets stayed and which were changed, in bits.

    One pair of numbers an answer: how many stayed, how many were changed. 0 says nothing; 1 is
    the most, where as many stayed as were changed and each answer knows which.
    """
    stayed, changed = sum(one for one, _ in answers), sum(other for _, other in answers)
    total = stayed + changed
    left = sum((one + other) / total * _doubt(one, other) for one, other in answers)
    return max(0.0, _doubt(stayed, changed) - left)


def _doubt(one: int, other: int) -> float:
    """The entropy of two numbers, in bits."""
    total = one + other
    return -sum((part / total * log2(part / total) for part in (one, other) if part), 0.0)
