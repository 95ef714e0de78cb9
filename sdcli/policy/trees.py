"""How question trees hang together: what follows an answer, and what follows a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdcli.policy.questions import Leaf, Question, QuestionTree
    from sdcli.tickets.words import RequestType


class Course(NamedTuple):
    """How far a walk has come: the trees planned and walked, and what is known by now.

    `named` is a tree that was asked for by name, and is not passed over.
    """

    plan: tuple[str, ...]
    walked: tuple[str, ...] = ()
    type: RequestType = UNKNOWN
    service: str = ""
    named: str = ""

    def enter(self, trees: Mapping[str, QuestionTree]) -> tuple[str, Course]:
        """The tree that comes now, and the course within it; no name if the walk is over.

        It is the next one planned that finds out something new, else the one made for the type
        and service. No tree is walked twice.
        """
        plan = [name for name in self.plan if name not in self.walked]
        while plan and plan[0] != self.named and self._knows(trees[plan[0]].finds):
            plan = plan[1:]
        name = plan[0] if plan else fitting(trees, self.type, self.service)
        if not name or name in self.walked:
            return "", self
        tree = trees[name]
        type_ = tree.type if self.type == UNKNOWN else self.type
        service = self.service or tree.service
        return name, Course(tuple(plan[1:]), (*self.walked, name), type_, service)

    def leave(self, leaf: Leaf) -> Course:
        """The course after a leaf: what it sets is known, and a tree that it names comes next."""
        plan = (leaf.tree,) if leaf.tree else self.plan
        type_ = self.type if leaf.type in (None, UNKNOWN) else leaf.type
        service = leaf.service or self.service
        return self._replace(plan=plan, type=type_, service=service, named=leaf.tree)

    def _knows(self, what: str | None) -> bool:
        return (what == "type" and self.type != UNKNOWN) or (
            what == "service" and bool(self.service)
        )


def fitting(trees: Mapping[str, QuestionTree], type_: RequestType, service: str) -> str:
    """The tree made for a type and a service, else for one of the two; empty if none is."""
    made = {(tree.type, tree.service): name for name, tree in trees.items()}
    wanted = ((type_, service), (type_, ""), (UNKNOWN, service))
    return next((made[each] for each in wanted if each in made and each != (UNKNOWN, "")), "")


def ways(question: Question) -> dict[str, tuple[str, str]]:
    """Where each answer leads: to the next question or to a leaf; one of the two is empty.

    What is in no list, and what is skipped, leads where `unknown` does.
    """
    own = (question.next, question.leaf)
    chosen = {id_: (each.next, each.leaf) for id_, each in question.choices.items()}
    return {UNKNOWN: own, **{id_: way if any(way) else own for id_, way in chosen.items()}}


def following(question: Question) -> list[str]:
    """The questions that come next, whatever is answered."""
    return [next_ for next_, _ in ways(question).values() if next_]


def free_questions(tree: QuestionTree) -> list[str]:
    """The ids of the questions that are answered in free text (R1a.3a)."""
    return [id_ for id_, question in tree.questions.items() if not question.choices]
