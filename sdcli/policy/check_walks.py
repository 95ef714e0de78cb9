"""Where the walks through question trees lead: a proof over all of them, without walking each.

Two walks that stand at the same tree with the same things known go on alike, so one of them is
followed. Everything here needs trees whose every answer leads somewhere, and without circles.
"""

from __future__ import annotations

from collections import deque
from functools import cached_property
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.trees import Course, following, ways
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

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

    `asked` are the questions until a queue was known.
    """

    course: Course
    known: _Known
    asked: int
    steps: tuple[_Step, ...]


def walk_problems(file: QuestionFile, services: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the walks through a file: the path of it there, and the message.

    An agreement follows from each of the `services` of the catalog.
    """
    walks = _Walks(file, services)
    yield from walks.unreached()
    if misled := list(walks.misled()):  # where these walks end says nothing more
        yield from misled
    else:
        yield from walks.deep()
        yield from walks.unfinished()


class _Walks:
    """All the walks through the trees of a file."""

    def __init__(self, file: QuestionFile, services: Collection[str]) -> None:
        self._trees = file.trees
        self._services = services
        self._depths = {name: _depths(tree) for name, tree in file.trees.items()}
        self._begin = _Stand(Course(file.first), _Known(), 0, ())

    def unreached(self) -> Iterator[tuple[str, str]]:
        """Questions and leaves of a tree that no answer leads to."""
        for name, (questions, leaves) in self._depths.items():
            for id_, depth in questions.items():
                if not depth:
                    yield f"trees.{name}.questions.{id_}", f"no way leads to `{id_}`"
            for id_, depth in leaves.items():
                if not depth:
                    yield f"trees.{name}.leaves.{id_}", f"no way leads to the leaf `{id_}`"

    def misled(self) -> Iterator[tuple[str, str]]:
        """Leaves that lead to a tree that was walked by then, or is made for another type."""
        told: set[_Step] = set()
        for stand in self._stood:
            wrong = self._wrong_tree(stand) if stand.steps else ""
            if wrong and stand.steps[-1] not in told:
                told.add(stand.steps[-1])
                message = f"the leaf `{stand.steps[-1][1]}` leads to {wrong}"
                yield (
                    f"{_at(stand.steps[-1])}.tree",
                    f"{message}: {', '.join(self._answers(stand))}",
                )

    def _wrong_tree(self, stand: _Stand) -> str:
        """The tree that the last leaf should not lead to, and why; empty if it leads well."""
        course, name = stand.course, self._leaf(stand.steps[-1]).tree
        if not name:
            return ""
        if name in course.walked:
            return f"`{name}`, which was walked already"
        if UNKNOWN not in (for_ := {self._trees[name].type, course.type}) and len(for_) > 1:
            made = self._trees[name].type
            return f"`{name}`, which is for {made}, and by then it is known to be {course.type}"
        return ""

    def deep(self) -> Iterator[tuple[str, str]]:
        """Leaves that too many questions lead to before a queue is known (R1a.1e).

        A walk that ends without any queue is told by `unfinished` alone.
        """
        endless = {self._lacking(stand, "queue") for stand in self._ends_without("queue")}
        for step, alike in self._by_fault(filter(self._is_deep, self._stood), "queue").items():
            if step in endless:
                continue
            worst = max(alike, key=lambda stand: stand.asked)
            name, id_ = worst.steps[-1]
            message = (
                f"up to {worst.asked} questions lead to the leaf `{id_}` of `{name}` before a "
                f"queue is known; {MOST_BEFORE_QUEUE} must be enough"
            )
            told = self._told(worst, message, alike, step)
            where = f"State one in the leaf `{step[1]}` of `{step[0]}`"
            cure = "Ask fewer before it" if self._has_queue(step) else where
            yield _at(step), f"{told}. {cure}"

    def _is_deep(self, stand: _Stand) -> bool:
        """Whether the last leaf was the first to tell a queue, and came too late."""
        is_first = stand.known.queue and not any(map(self._has_queue, stand.steps[:-1]))
        return is_first and stand.asked > MOST_BEFORE_QUEUE

    def unfinished(self) -> Iterator[tuple[str, str]]:
        """Walks that end without a type, a queue or an agreement (R2a.5).

        Told is the leaf that most plausibly lacks it, and one where such a walk ends.
        """
        for what in _Known._fields:
            for step, alike in self._by_fault(self._ends_without(what), what).items():
                first = min(alike, key=lambda stand: len(stand.steps))
                name, id_ = first.steps[-1]
                message = f"the leaf `{id_}` of `{name}` ends a walk, and no {what} is known"
                told = self._told(first, message, alike, step)
                cure = f"State it in the leaf `{step[1]}` of `{step[0]}`{_CURES[what]}"
                yield _at(step), f"{told}. {cure}"

    def _ends_without(self, what: str) -> list[_Stand]:
        ends = (stand for stand in self._stood if self._is_end(stand))
        return [stand for stand in ends if what in stand.known.missing()]

    def _by_fault(self, stands: Iterable[_Stand], what: str) -> dict[_Step, list[_Stand]]:
        """Walks that are wrong because of one leaf, together."""
        found: dict[_Step, list[_Stand]] = {}
        for stand in stands:
            found.setdefault(self._lacking(stand, what), []).append(stand)
        return found

    def _lacking(self, stand: _Stand, what: str) -> _Step:
        """The leaf of a walk that most plausibly lacks something.

        Of those that do not state it, it is the one in whose tree most others do; of two alike
        the one that comes later.
        """
        lacking = [step for step in stand.steps if not _states(self._leaf(step), what)]
        return max(
            reversed(lacking), key=lambda step: self._share(step, what), default=stand.steps[-1]
        )

    def _share(self, step: _Step, what: str) -> float:
        """The share of the other leaves of a tree that state something."""
        others = [leaf for id_, leaf in self._trees[step[0]].leaves.items() if id_ != step[1]]
        return sum(_states(leaf, what) for leaf in others) / (len(others) or 1)

    def _told(self, stand: _Stand, message: str, alike: list[_Stand], fault: _Step) -> str:
        """A message with the answers that lead to a walk's last leaf, and how many are like it."""
        others = len({each.steps[-1] for each in alike} - {stand.steps[-1]})
        leaves = "1 more leaf" if others == 1 else f"{others} more leaves"
        more = f"; so it is with {leaves} after `{fault[1]}` of `{fault[0]}`" if others else ""
        return f"{message}: {', '.join(self._answers(stand))}{more}"

    def _answers(self, stand: _Stand) -> Iterator[str]:
        """The answers that lead here, as they are typed after `--answer`."""
        for name, id_ in stand.steps:
            yield from _answers_to(self._trees[name], id_)

    def _leaf(self, step: _Step) -> Leaf:
        return self._trees[step[0]].leaves[step[1]]

    def _has_queue(self, step: _Step) -> bool:
        return bool(self._leaf(step).queue)

    def _is_end(self, stand: _Stand) -> bool:
        return bool(stand.steps) and not stand.course.enter(self._trees)[0]

    @cached_property
    def _stood(self) -> list[_Stand]:
        """The same, found once for all rules."""
        return list(self._stands())

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
            yield _Stand(after, known, asked, steps)


_CURES = {
    "type": "; `type: unknown` says that nobody can know it yet",
    "queue": "",
    "agreement": ", or the service from which it follows",
}


def _at(step: _Step) -> str:
    """The path of a leaf in the file."""
    return f"trees.{step[0]}.leaves.{step[1]}"


def _states(leaf: Leaf, what: str) -> bool:
    """Whether a leaf states something by itself; an agreement follows from a service."""
    if what == "type":
        return leaf.type is not None
    return bool(getattr(leaf, what) or (what == "agreement" and leaf.service))


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
