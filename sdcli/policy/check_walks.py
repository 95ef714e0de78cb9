"""Where the walks through question trees lead: a proof over all of them, without walking each.

Two walks that stand at the same tree with the same things known go on alike, so one of them is
followed. Everything here needs trees whose every answer leads somewhere, and without circles.
"""

from __future__ import annotations

from collections import Counter, deque
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.trees import Course, following, ways

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sdcli.policy.questions import Leaf, QuestionFile, QuestionTree

MOST_BEFORE_QUEUE = 3
"""How many questions may be asked before a queue is known (R1a.1e)."""

_Step = tuple[str, str]  # a tree, and the leaf by which it was left


class _Known(NamedTuple):
    """What is known where a walk stands; a type that is stated to be unknown is known so."""

    type: bool = False
    queue: bool = False
    agreement: bool = False

    def after(self, leaf: Leaf, course: Course, services: Collection[str]) -> _Known:
        """What is known after a leaf; the course knows it already."""
        return _Known(
            type=self.type or leaf.type is not None or course.type != "unknown",
            queue=self.queue or bool(leaf.queue),
            agreement=self.agreement or bool(leaf.agreement) or course.service in services,
        )

    def missing(self) -> list[str]:
        """What a walk may not end without (R2a.5)."""
        return [name for name, known in zip(self._fields, self, strict=True) if not known]


class _Stand(NamedTuple):
    """Where a walk stands, and the leaves by which it came.

    `asked` are the questions until a queue was known, `before` those of them in earlier trees.
    """

    course: Course
    known: _Known
    asked: int
    before: int
    steps: tuple[_Step, ...]


def walk_problems(file: QuestionFile, services: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the walks through a file: the path of it there, and the message.

    An agreement follows from each of the `services` of the catalog.
    """
    walks = _Walks(file, services)
    yield from walks.unreached()
    yield from walks.deep()
    yield from walks.unfinished()


class _Walks:
    """All the walks through the trees of a file."""

    def __init__(self, file: QuestionFile, services: Collection[str]) -> None:
        self._trees = file.trees
        self._services = services
        self._depths = {name: _depths(tree) for name, tree in file.trees.items()}
        self._begin = _Stand(Course(file.first), _Known(), 0, 0, ())

    def unreached(self) -> Iterator[tuple[str, str]]:
        """Questions and leaves of a tree that no answer leads to."""
        for name, (questions, leaves) in self._depths.items():
            for id_, depth in questions.items():
                if not depth:
                    yield f"trees.{name}.questions.{id_}", f"no way leads to `{id_}`"
            for id_, depth in leaves.items():
                if not depth:
                    yield f"trees.{name}.leaves.{id_}", f"no way leads to the leaf `{id_}`"

    def deep(self) -> Iterator[tuple[str, str]]:
        """Leaves that too many questions lead to before a queue is known (R1a.1e)."""
        for alike, shared in _grouped([stand for stand in self._stands() if self._is_deep(stand)]):
            worst = max(alike, key=lambda stand: stand.asked)
            message = (
                f"up to {worst.asked} questions lead to the leaf `{worst.steps[-1][1]}` before a "
                f"queue is known; {MOST_BEFORE_QUEUE} must be enough"
            )
            yield self._told(worst, message, alike, shared)

    def _is_deep(self, stand: _Stand) -> bool:
        if not stand.steps or self._had_queue(stand) or stand.before >= MOST_BEFORE_QUEUE:
            return False  # a queue is known, or what came before was told already
        late = not self._leaf(stand.steps[-1]).queue
        return stand.asked + late > MOST_BEFORE_QUEUE

    def unfinished(self) -> Iterator[tuple[str, str]]:
        """Walks that end without a type, a queue or an agreement (R2a.5)."""
        ends = [stand for stand in self._stands() if self._is_end(stand)]
        for what in _Known._fields:
            for alike, shared in _grouped([each for each in ends if what in each.known.missing()]):
                first = min(alike, key=lambda stand: len(stand.steps))
                message = f"the leaf `{first.steps[-1][1]}` ends a walk, and no {what} is known"
                place, told = self._told(first, message, alike, shared)
                yield place, f"{told}. {_CURES[what]}"

    def _told(
        self, stand: _Stand, message: str, alike: list[_Stand], shared: _Step
    ) -> tuple[str, str]:
        """The place of a walk's last leaf, and the message with the answers that lead there."""
        name, id_ = stand.steps[-1]
        others = len({each.steps[-1] for each in alike} - {(name, id_)})
        leaves = "1 more leaf" if others == 1 else f"{others} more leaves"
        more = f"; so it is with {leaves} after `{shared[1]}` of `{shared[0]}`" if others else ""
        return f"trees.{name}.leaves.{id_}", f"{message}: {', '.join(self._answers(stand))}{more}"

    def _answers(self, stand: _Stand) -> Iterator[str]:
        """The answers that lead here, as they are typed after `--answer`."""
        for name, id_ in stand.steps:
            yield from _answers_to(self._trees[name], id_)

    def _leaf(self, step: _Step) -> Leaf:
        return self._trees[step[0]].leaves[step[1]]

    def _had_queue(self, stand: _Stand) -> bool:
        """Whether a queue was known before the leaf by which the walk came."""
        return any(self._leaf(step).queue for step in stand.steps[:-1])

    def _is_end(self, stand: _Stand) -> bool:
        return bool(stand.steps) and not stand.course.enter(self._trees)[0]

    def _stands(self) -> Iterator[_Stand]:
        """Where walks can stand after each leaf, the shortest way there first."""
        under_way = deque([self._begin])
        seen: dict[tuple[Course, _Known, _Step | None], int] = {}
        while under_way:
            stand = under_way.popleft()
            key = (stand.course, stand.known, stand.steps[-1] if stand.steps else None)
            if seen.get(key, -1) >= stand.asked:
                continue  # it goes on as one that has been followed, and asked no more
            seen[key] = stand.asked
            yield stand
            under_way.extend(self._on(stand))

    def _on(self, stand: _Stand) -> Iterator[_Stand]:
        name, course = stand.course.enter(self._trees)
        for id_, leaf in self._trees[name].leaves.items() if name else ():
            depth = self._depths[name][1][id_]
            if not depth:
                continue  # told already: no way leads there
            after = course.leave(leaf)
            known = stand.known.after(leaf, after, self._services)
            steps = (*stand.steps, (name, id_))
            asked = stand.asked if stand.known.queue else stand.asked + depth
            yield _Stand(after, known, asked, stand.asked, steps)


_CURES = {
    "type": "State it in a leaf; `type: unknown` says that nobody can know it yet",
    "queue": "State it in a leaf",
    "agreement": "State it in a leaf, or the service from which it follows",
}


def _grouped(stands: list[_Stand]) -> Iterator[tuple[list[_Stand], _Step]]:
    """Walks that are wrong because of one leaf, together, and that leaf.

    It is the one that most of them go through, and of two alike the one that comes later.
    """
    while stands:
        counts = Counter(step for stand in stands for step in stand.steps)
        shared = max(reversed(list(counts)), key=lambda step: counts[step])
        yield [stand for stand in stands if shared in stand.steps], shared
        stands = [stand for stand in stands if shared not in stand.steps]


def _depths(tree: QuestionTree) -> tuple[dict[str, int], dict[str, int]]:
    """For each question and each leaf: the most questions up to it, 0 if no way leads there."""
    graph = {id_: following(each) for id_, each in tree.questions.items()}
    questions, leaves = dict.fromkeys(graph, 0), dict.fromkeys(tree.leaves, 0)
    questions[tree.first] = 1
    for id_ in reversed([*TopologicalSorter(graph).static_order()]):
        asked = questions[id_]
        for next_, leaf in ways(tree.questions[id_]).values() if asked else ():
            if leaf:
                leaves[leaf] = max(leaves[leaf], asked)
            elif next_:
                questions[next_] = max(questions[next_], asked + 1)
    return questions, leaves


def _answers_to(tree: QuestionTree, leaf: str) -> list[str]:
    """The fewest answers that lead to a leaf of a tree."""
    under_way: deque[tuple[str, list[str]]] = deque([(tree.first, [])])
    while under_way:
        id_, before = under_way.popleft()
        for answer, (next_, found) in _ways_in_order(tree, id_):
            told = [*before, f"{id_}={answer}"]
            if found == leaf:
                return told
            if next_:
                under_way.append((next_, told))
    return []


def _ways_in_order(tree: QuestionTree, id_: str) -> list[tuple[str, tuple[str, str]]]:
    """The ways from a question, those in words before `unknown`; free text is three dots."""
    question = tree.questions[id_]
    found = ways(question)
    if not question.choices:
        return [("...", way) for way in found.values()]
    return [(choice, found[choice]) for choice in question.choices]
