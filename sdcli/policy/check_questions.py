"""What must hold within question trees, and between them and the desk's other files.

Each rule is a generator of problems, with the line of what is wrong. A tree that passes can be
walked: every answer leads somewhere, every walk ends, and a queue is known soon (R1a.1e).
"""

from __future__ import annotations

import re
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from sdcli.errors import Problem, alternatives, listed
from sdcli.policy.check_walks import walk_problems
from sdcli.policy.questions import QUESTIONS
from sdcli.policy.trees import following, free_questions, ways
from sdcli.tickets.contact import CHOSEN
from sdcli.tickets.words import LEVELS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sdcli.policy.model import Policy
    from sdcli.policy.questions import Leaf, Question, QuestionFile
    from sdcli.tickets.words import RequestType

MOST_FREE = 3
"""How many questions of one tree may be answered in free text (R1a.3a)."""

_ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_TREE = re.compile(rf"{_ID.pattern}(?:/{_ID.pattern})?")
_TOKEN = re.compile(r"\w+(?:[-_/]\w+)+")
_WORD = re.compile(r"\w+(?:[-_/]\w+)*")
_CODE = re.compile(r"\b(?:(?:KB|SD|kb|sd)-\d+|P[1-5])\b")
_ORDINARY = frozenset(
    ["content", "declined", "duplicate", "hardware", "information", "reporting", UNKNOWN]
)
"""Ids of usual lists that callers say as well; what is refused must surely be a code."""

_FIXED = {"impact": LEVELS, "urgency": LEVELS, **CHOSEN}


class _File:
    """The file with its places, and what the rules need of it."""

    def __init__(self, file: QuestionFile, places: Mapping[str, int], policy: Policy) -> None:
        self.first = file.first
        self.trees = file.trees
        self.policy = policy
        self._places = places

    def problem(self, path: str, message: str) -> Problem:
        """A problem at a path of the file."""
        return Problem(QUESTIONS, self._places.get(path, 1), message)

    def dangling(self, path: str, given: str, known: Iterable[str], kind: str) -> Iterator[Problem]:
        """A problem if something is given and not one of `known`."""
        names = list(known)
        if given and given not in names:
            yield self.problem(path, f"there is no {kind} `{given}`; {alternatives(given, names)}")

    def questions(self) -> Iterator[tuple[str, str, Question]]:
        """Every question with its id and its path."""
        for name, tree in self.trees.items():
            for id_, question in tree.questions.items():
                yield id_, f"trees.{name}.questions.{id_}", question

    @cached_property
    def codes(self) -> frozenset[str]:
        """The ids of the desk's lists that nobody would take for words."""
        words, catalog = self.policy.vocabulary, self.policy.catalog.services
        lists = (getattr(words, name) for name in words.__struct_fields__)
        named = {
            *catalog,
            *(feature for service in catalog.values() for feature in service.features),
            *self.policy.teams.queues,
            *words.type,
            *words.closure_code,
        }
        ids = {
            *named,
            *(id_ for each in lists if isinstance(each, dict) for id_ in each),
            *self.policy.sla.agreements,
            *self.policy.sla.calendars,
            *self.trees,
        }
        pairs = {f"{name}/{each}" for name, service in catalog.items() for each in service.features}
        spoken = self._spoken
        return frozenset(
            {id_ for id_ in ids if _TOKEN.fullmatch(id_)}
            | pairs
            | {id_ for id_ in named - _ORDINARY if id_.isalpha() and _stem(id_) not in spoken}
        )

    @cached_property
    def _spoken(self) -> frozenset[str]:
        """The words that the desk's own files speak: an id that is one of them is no code."""
        words, policy = self.policy.vocabulary, self.policy
        lists = (getattr(words, name) for name in words.__struct_fields__)
        texts = [text for each in lists if isinstance(each, dict) for text in each.values()]
        texts += [f"{queue.name} {queue.focus}" for queue in policy.teams.queues.values()]
        for service in policy.catalog.services.values():
            texts += [service.name, service.limits, *service.keywords]
            for feature in service.features.values():
                texts += [feature.name, feature.limits, *feature.keywords]
        return frozenset(_stem(word) for text in texts for word in re.findall(r"\w+", text))

    def codes_in(self, text: str) -> set[str]:
        """The codes that a text for callers holds: ids, references, articles and priorities."""
        tokens = {token.casefold() for token in _WORD.findall(text)}
        tokens |= {part for token in tokens for part in token.split("/")}
        return (tokens & self.codes) | set(_CODE.findall(text))


def _stem(word: str) -> str:
    """A word without what makes it many: `campaigns` and `campaign` are one."""
    return word.casefold().removesuffix("s")


def question_problems(
    file: QuestionFile, places: Mapping[str, int], policy: Policy
) -> list[Problem]:
    """Everything wrong in question trees, in the order of lines."""
    whole = _File(file, places, policy)
    found = [problem for rule in _SHAPE for problem in rule(whole)]
    found = found or list(_circles(whole))
    if not found:  # only where every way leads somewhere, and ends, can they be followed
        told = walk_problems(file, frozenset(policy.catalog.services))
        found = [whole.problem(path, message) for path, message in told]
        found += _filled_twice(whole)
    return sorted(set(found))


def _names(file: _File) -> Iterator[Problem]:
    for name, tree in file.trees.items():
        at = f"trees.{name}"
        if not _TREE.fullmatch(name):
            yield file.problem(at, f"write the name of a tree as `vpn` or `incident/vpn`: {name!r}")
        ids = [(f"{at}.questions.{id_}", id_) for id_ in tree.questions]
        ids += [(f"{at}.leaves.{id_}", id_) for id_ in tree.leaves]
        ids += [
            (f"{at}.questions.{id_}.choices.{choice}", choice)
            for id_, question in tree.questions.items()
            for choice in question.choices
        ]
        for path, id_ in ids:
            if not _ID.fullmatch(id_):
                message = f"write an id in small letters, figures and dashes, not {id_!r}"
                yield file.problem(path, message)


def _unique(file: _File) -> Iterator[Problem]:
    """An answer names its question without its tree; a kind of request has one tree."""
    seen: dict[str, str] = {}
    for id_, path, _ in file.questions():
        if id_ in seen:
            yield file.problem(path, f"the id `{id_}` is taken by {seen[id_]}; choose another")
        seen.setdefault(id_, f"another question, in the tree `{path.split('.')[1]}`")
    made: dict[tuple[RequestType, str], str] = {}
    for name, tree in file.trees.items():
        for_ = (tree.type, tree.service)
        if for_ in made and for_ != (UNKNOWN, ""):
            message = f"`{name}` is made for the same type and service as `{made[for_]}`"
            key = "service" if tree.type == UNKNOWN else "type"
            yield file.problem(f"trees.{name}.{key}", message)
        made.setdefault(for_, name)


def _references(file: _File) -> Iterator[Problem]:
    services, trees = file.policy.catalog.services, file.trees
    for index, name in enumerate(file.first):
        yield from file.dangling(f"first.{index}", name, trees, "tree")
    if not file.first:
        yield file.problem("first", "`first` must name the tree that a walk begins with")
    for name, tree in trees.items():
        at = f"trees.{name}"
        yield from file.dangling(f"{at}.service", tree.service, services, "service")
        yield from file.dangling(f"{at}.first", tree.first, tree.questions, "question")
        for id_, leaf in tree.leaves.items():
            yield from _leaf(file, f"{at}.leaves.{id_}", leaf, leaf.service or tree.service)


def _leaf(file: _File, at: str, leaf: Leaf, service: str) -> Iterator[Problem]:
    policy = file.policy
    found = policy.service(service)
    references = (
        ("service", leaf.service, policy.catalog.services, "service"),
        ("queue", leaf.queue, policy.teams.queues, "queue"),
        ("agreement", leaf.agreement, policy.sla.agreements, "agreement"),
        ("tree", leaf.tree, file.trees, "tree"),
    )
    for key, given, known, kind in references:
        yield from file.dangling(f"{at}.{key}", given, known, kind)
    if leaf.feature and not service:
        yield file.problem(f"{at}.feature", "a feature needs the service that it belongs to")
    elif leaf.feature and found:
        kind = f"feature of `{service}`"
        yield from file.dangling(f"{at}.feature", leaf.feature, found.features, kind)


def _choices(file: _File) -> Iterator[Problem]:
    """A list has `unknown` (R1b.1d), and an answer names one choice by its id or its label."""
    for id_, path, question in file.questions():
        choices = question.choices
        if choices and UNKNOWN not in choices:
            message = f"the choices of `{id_}` need `unknown`, for who does not know"
            yield file.problem(f"{path}.choices", message)
        names = [*choices, *(each.label.casefold() for each in choices.values())]
        for choice, each in choices.items():
            label = each.label.casefold()
            if names.count(label) > (2 if label == choice else 1):
                message = f"the label of `{choice}` also names another choice"
                yield file.problem(f"{path}.choices.{choice}.label", message)


def _fixed(file: _File) -> Iterator[Problem]:
    """What has a list of its own is asked with the entries of that list."""
    for _, path, question in file.questions():
        known = _FIXED.get(question.fills or "", ())
        if known and not question.choices:
            message = f"`{question.fills}` needs the choices {listed(known)}"
            yield file.problem(f"{path}.fills", message)
        for choice in question.choices if known else ():
            if choice not in known:
                message = f"`{question.fills}` has the choices {listed(known)}, not `{choice}`"
                yield file.problem(f"{path}.choices.{choice}", message)


def _leads(file: _File) -> Iterator[Problem]:
    """Each answer leads to one question or one leaf of its tree."""
    for name, tree in file.trees.items():
        for id_, question in tree.questions.items():
            at = f"trees.{name}.questions.{id_}"
            for answer, (next_, leaf) in ways(question).items():
                chosen = f"{at}.choices.{answer}" if answer in question.choices else at
                if question.choices and answer not in question.choices:
                    continue  # told by the rule about choices
                if bool(next_) == bool(leaf):
                    of = f" for `{answer}`" if answer in question.choices else ""
                    message = f"`{id_}` must lead to either `next` or `leaf`{of}"
                    yield file.problem(chosen, message)
                own = question.choices.get(answer)
                says = chosen if own and (own.next or own.leaf) else at
                yield from file.dangling(
                    f"{says}.next", next_, tree.questions, f"question in `{name}`"
                )
                yield from file.dangling(f"{says}.leaf", leaf, tree.leaves, f"leaf in `{name}`")


def _words(file: _File) -> Iterator[Problem]:
    """Callers read words, never the desk's own codes (R1b.1e)."""
    texts = [(f"trees.{name}.name", tree.name) for name, tree in file.trees.items()]
    for _, path, question in file.questions():
        texts += [(f"{path}.ask", question.ask), (f"{path}.help", question.help)]
        choices = question.choices.items()
        texts += [(f"{path}.choices.{id_}.label", each.label) for id_, each in choices]
    for path, text in texts:
        for code in file.codes_in(text):
            message = f"`{code}` is a code of the desk's; say it in words: {text!r}"
            yield file.problem(path, message)


def _few_free(file: _File) -> Iterator[Problem]:
    for name, tree in file.trees.items():
        free = free_questions(tree)
        if len(free) > MOST_FREE:
            message = (
                f"`{name}` asks {len(free)} questions without choices ({listed(free)}); "
                f"{MOST_FREE} are enough"
            )
            yield file.problem(f"trees.{name}.questions.{free[MOST_FREE]}", message)


def _circles(file: _File) -> Iterator[Problem]:
    """No question and no tree leads back to itself."""
    for name, tree in file.trees.items():
        circle = _circle({id_: following(each) for id_, each in tree.questions.items()})
        if circle:
            message = f"the questions go round in a circle: {' > '.join(circle)}"
            yield file.problem(f"trees.{name}.questions.{circle[0]}", message)
    graph = {
        name: [leaf.tree for leaf in tree.leaves.values() if leaf.tree]
        for name, tree in file.trees.items()
    }
    circle = _circle(graph)
    if circle:
        message = f"the trees go round in a circle: {' > '.join(circle)}"
        yield file.problem(f"trees.{circle[0]}", message)


def _filled_twice(file: _File) -> Iterator[Problem]:
    """No question of a tree fills what one on the way to it has filled already."""
    for name, tree in file.trees.items():
        graph = {id_: following(each) for id_, each in tree.questions.items()}
        before: dict[str, dict[str, str]] = {id_: {} for id_ in graph}
        for id_ in reversed([*TopologicalSorter(graph).static_order()]):
            question = tree.questions[id_]
            filled = before[id_]
            for key, what in (("fills", question.fills), ("field", question.field)):
                if what and what in filled:
                    message = f"`{id_}` fills `{what}`, which `{filled[what]}` has filled by then"
                    yield file.problem(f"trees.{name}.questions.{id_}.{key}", message)
            own = {what: id_ for what in (question.fills, question.field) if what}
            for next_ in graph[id_]:
                before[next_] |= {**filled, **own}


def _circle(graph: Mapping[str, list[str]]) -> list[str]:
    """A way that comes back to where it began; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][::-1]
        return circle
    return []


_SHAPE: tuple[Callable[[_File], Iterator[Problem]], ...] = (
    _names,
    _unique,
    _references,
    _choices,
    _fixed,
    _leads,
    _words,
    _few_free,
)
