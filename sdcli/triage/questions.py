"""Walking question trees: from answers to the next question, or to what they set (R1b.1c, R2a.5).

Nothing is remembered between two answers: a walk is its answers, followed anew each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import AnswerError, NoSuchEntryError
from sdcli.policy.questions import QUESTIONS
from sdcli.policy.trees import Course, ways
from sdcli.tickets.contact import CHOSEN, NEEDED, Answer, RequestDetails, Walk
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.suggest import Proposal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sdcli.policy.questions import Leaf, Question, Questions, QuestionTree
    from sdcli.tickets.words import RequestType

UNKNOWN_SIGN = "?"
"""What may be typed for `unknown`."""

_LEVELS = ("impact", "urgency")
_LEAF = ("type", "service", "feature", "queue", "procedure", "agreement")


class Asked(NamedTuple):
    """A question that waits for its answer, and its tree."""

    tree: str
    id: str
    question: Question


class Way(NamedTuple):
    """How far answers lead.

    Args:
        walk: the trees, their version and the answers that were asked for, in order.
        asks: the question that comes next; None if the walk is over.
        sets: what is known now of type, service, feature, queue, procedure, agreement, impact
            and urgency, each with its reason.
        request, fields: the details and the further fields that answers filled.
        unasked: ids of questions that were answered and not asked.
    """

    walk: Walk
    asks: Asked | None
    sets: dict[str, Proposal]
    request: RequestDetails
    fields: dict[str, str]
    unasked: tuple[str, ...]


class _Passage(NamedTuple):
    """One tree of a walk: its answers, and the leaf they led to or the question that is open."""

    name: str
    tree: QuestionTree
    answers: tuple[Answer, ...]
    leaf: Leaf | None
    open: str


def course(
    questions: Questions, type_: RequestType = UNKNOWN, service: str = "", tree: str = ""
) -> Course:
    """Where a walk begins, with what is known already; `tree` names one to begin with.

    Raises:
        NoSuchEntryError: there is no tree of that name.
    """
    plan = questions.first
    if tree:
        later = plan[plan.index(tree) + 1 :] if tree in plan else ()
        plan = (questions.require_tree(tree), *later)
    return Course(plan, type=type_, service="" if service == UNKNOWN else service, named=tree)


def follow(questions: Questions, given: Mapping[str, Answer], begin: Course) -> Way:
    """Follow answers from the beginning as far as they lead; `given` is by question.

    A choice that a list does not hold counts as no answer.
    """
    passages = list(_passages(questions, given, begin))
    answers = tuple(answer for passage in passages for answer in passage.answers)
    asked = [answer.question for answer in answers]
    last = passages[-1] if passages else None
    asks = None
    if last and last.open:
        asks = Asked(last.name, last.open, last.tree.questions[last.open])
    names = " > ".join(passage.name for passage in passages)
    return Way(
        walk=Walk(tree=names, version=questions.version, answers=answers),
        asks=asks,
        sets=_sets(passages),
        request=_details(passages),
        fields=_fields(passages),
        unasked=tuple(id_ for id_ in given if id_ not in asked),
    )


def finished(way: Way) -> Way:
    """A way that has come to its end.

    Raises:
        AnswerError: a question is open, or one was answered that is not asked on this way.
    """
    if way.asks:
        id_ = way.asks.id
        problem = (
            f"has no answer: add --answer {id_}=ANSWER, or --skip {id_}=REASON; --ask asks "
            "on a terminal"
        )
        raise answer_error(id_, way.asks.question, problem)
    if way.unasked:
        asked = ", ".join(answer.question for answer in way.walk.answers)
        raise AnswerError(
            f"`{way.unasked[0]}` is not asked on this way; asked are: {asked}.",
            question=way.unasked[0],
        )
    return way


def skip_rest(
    questions: Questions, given: Mapping[str, Answer], begin: Course, reason: str
) -> dict[str, Answer]:
    """The answers, and for every question that stays open the reason why it is skipped."""
    answers = dict(given)
    while (asks := follow(questions, answers, begin).asks) is not None:
        answers[asks.id] = Answer(asks.id, skipped=reason)
    return answers


def question(questions: Questions, id_: str) -> Question:
    """A question by its id, which is the only one of its name.

    Raises:
        NoSuchEntryError: no tree has it.
    """
    known = {
        name: each for tree in questions.trees.values() for name, each in tree.questions.items()
    }
    if id_ not in known:
        raise NoSuchEntryError("question", id_, known, QUESTIONS)
    return known[id_]


def answer(questions: Questions, id_: str, text: str) -> Answer:
    """An answer as a person gives it: a choice's id or label, `?` for unknown, or free text.

    Raises:
        NoSuchEntryError: there is no such question.
        AnswerError: it is none of the choices, or says nothing.
    """
    return answer_to(id_, question(questions, id_), text)


def answer_to(id_: str, asked: Question, text: str) -> Answer:
    """As `answer`, for a question that is at hand.

    Raises:
        AnswerError: it is none of the choices, or says nothing.
    """
    said = text.strip()
    if said == UNKNOWN_SIGN:
        return Answer(id_, UNKNOWN)
    if not asked.choices and said:
        return Answer(id_, said)
    folded = said.casefold()
    for choice, each in asked.choices.items():
        if folded in (choice, each.label.casefold()):
            return Answer(id_, choice)
    problem = f"has no answer {said!r}" if said else "needs an answer, or ? for unknown"
    raise answer_error(id_, asked, problem)


def in_words(questions: Questions, walk: Walk) -> list[tuple[str, str]]:
    """The answers of a walk as the caller read them: the question, and its answer or why none.

    What the trees no longer hold is told by its id.
    """
    known = {id_: each for tree in questions.trees.values() for id_, each in tree.questions.items()}
    told = []
    for said in walk.answers:
        asked = known.get(said.question)
        answer = _shown(asked, said) if asked else said.answer
        told.append((asked.ask if asked else said.question, answer or f"skipped: {said.skipped}"))
    return told


def answer_error(id_: str, asked: Question, problem: str) -> AnswerError:
    """What is wrong with an answer: the question, its place and its choices."""
    choices = {choice: each.label for choice, each in asked.choices.items()}
    listed = "; ".join(f"{choice} ({label})" for choice, label in choices.items())
    choose = f" Choose: {listed}." if choices else " Any text will do."
    return AnswerError(
        f"The question `{id_}`, \N{LEFT DOUBLE QUOTATION MARK}{asked.ask}"
        f"\N{RIGHT DOUBLE QUOTATION MARK} ({asked.place}), {problem}.{choose}",
        question=id_,
        choices=choices,
        place=asked.place,
    )


def _passages(
    questions: Questions, given: Mapping[str, Answer], begin: Course
) -> Iterator[_Passage]:
    name, under_way = begin.enter(questions.trees)
    while name:
        passage = _through(name, questions.trees[name], given)
        yield passage
        if passage.leaf is None:
            return
        name, under_way = under_way.leave(passage.leaf).enter(questions.trees)


def _through(name: str, tree: QuestionTree, given: Mapping[str, Answer]) -> _Passage:
    answers: list[Answer] = []
    at, leaf = tree.first, ""
    while at:
        asked = tree.questions[at]
        said = given.get(at)
        if said is None or not _answers(asked, said):
            return _Passage(name, tree, tuple(answers), None, at)
        answers.append(said)
        led = ways(asked)
        at, leaf = led.get(said.answer) or led[UNKNOWN]
    return _Passage(name, tree, tuple(answers), tree.leaves[leaf], "")


def _answers(asked: Question, said: Answer) -> bool:
    """Whether it is an answer to this question, or a reason for none."""
    held = said.answer in asked.choices if asked.choices else bool(said.answer)
    return bool(said.skipped) or held


def _sets(passages: Sequence[_Passage]) -> dict[str, Proposal]:
    """What trees, answers and leaves set; the later of two wins."""
    found: dict[str, Proposal] = {}
    for passage in passages:
        made = {"type": passage.tree.type, "service": passage.tree.service}
        _add(found, made, f"the tree {passage.name} is made for it")
        for said in passage.answers:
            asked = passage.tree.questions[said.question]
            if asked.fills in _LEVELS:
                _add(found, {asked.fills: said.answer}, _because(passage, said))
        if passage.leaf and passage.answers:
            leaf = {key: getattr(passage.leaf, key) for key in _LEAF}
            why = _because(passage, passage.answers[-1])
            if passage.leaf.type == UNKNOWN:  # said so, which is an answer (R1b.1d)
                found.setdefault("type", Proposal(UNKNOWN, why))
            _add(found, leaf, why)
    return found


def _add(found: dict[str, Proposal], values: Mapping[str, str], reason: str) -> None:
    """Add what is said and new; a feature does not outlive its service."""
    for key, value in values.items():
        if value in (None, "", UNKNOWN) or (key in found and found[key].value == value):
            continue
        if key == "service":
            found.pop("feature", None)
        found[key] = Proposal(value, reason)


def _because(passage: _Passage, said: Answer) -> str:
    asked = passage.tree.questions[said.question]
    told = f"skipped, {said.skipped}" if said.skipped else _shown(asked, said)
    return f"the tree {passage.name}, question {said.question}: {told}"


def _details(passages: Sequence[_Passage]) -> RequestDetails:
    filled: dict[str, str] = {
        asked.fills: _shown(asked, said) if asked.fills not in CHOSEN else said.answer
        for asked, said in _said(passages)
        if asked.fills
        and asked.fills not in _LEVELS
        and (said.answer != UNKNOWN or asked.fills in CHOSEN)
    }
    if any(passage.leaf and passage.leaf.approval for passage in passages):
        filled["approval"] = NEEDED
    return RequestDetails(**filled)


def _fields(passages: Sequence[_Passage]) -> dict[str, str]:
    return {
        asked.field: UNKNOWN if said.answer == UNKNOWN else _shown(asked, said)
        for asked, said in _said(passages)
        if asked.field
    }


def _said(passages: Sequence[_Passage]) -> Iterator[tuple[Question, Answer]]:
    """The questions that were answered rather than skipped, with their answers."""
    for passage in passages:
        for said in passage.answers:
            if said.answer:
                yield passage.tree.questions[said.question], said


def _shown(asked: Question, said: Answer) -> str:
    """An answer as the caller read or said it."""
    chosen = asked.choices.get(said.answer)
    return chosen.label if chosen else said.answer
