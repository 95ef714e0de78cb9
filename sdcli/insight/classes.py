"""Whether there are more classes than people can tell apart, or than are used (R7.4).

Too many are problems, because the desk has stated the limits itself. What is unused, out of reach
or alike is a remark: the desk knows whether it is right so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.policy.model import CLASSIFICATION, SERVICES, VOCABULARY
from sdcli.policy.questions import QUESTIONS
from sdcli.tickets.event import Classified, Closed, Contacted, Resolved, Waited
from sdcli.tickets.words import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sdcli.policy.model import Feature, Policy, Service
    from sdcli.policy.questions import Questions
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket

_FIXED = ("type", "impact", "urgency")
"""Lists whose words are those of the program: the desk cannot shorten them."""


class Finding(NamedTuple):
    """Something about an entry of a file; `path` is the dotted path to it."""

    file: str
    path: str
    message: str


def too_many(policy: Policy, questions: Questions) -> Iterator[Finding]:
    """The lists that are longer than the desk's own limits."""
    limits, services = policy.classification.limits, policy.catalog.services
    of = f"`limits` of {CLASSIFICATION}"
    if len(services) > limits.services:
        message = f"there are {len(services)} services; {limits.services} are the most ({of})"
        yield Finding(SERVICES, "services", message)
    for name, service in services.items():
        if len(service.features) > limits.features:
            many = f"the service `{name}` has {len(service.features)} features"
            message = f"{many}; {limits.features} are the most ({of})"
            yield Finding(SERVICES, f"services.{name}.features", message)
    for field, words in _lists(policy).items():
        if len(words) > limits.words:
            message = (
                f"the list `{field}` has {len(words)} words; {limits.words} are the most ({of})"
            )
            yield Finding(VOCABULARY, field, message)
    for path, id_, choices in _choices(questions):
        if len(choices) > limits.choices:
            many = f"the question `{id_}` has {len(choices)} choices"
            yield Finding(QUESTIONS, path, f"{many}; {limits.choices} are the most ({of})")


def unclear(policy: Policy, questions: Questions) -> Iterator[Finding]:
    """Services and features that nothing leads to, or that cannot be told apart by their words."""
    reached = _reached(questions)
    services = policy.catalog.services
    for name, service in services.items():
        if not (service.keywords or (name, "") in reached):
            yield Finding(SERVICES, f"services.{name}", _out_of_reach(f"service `{name}`"))
        for id_, feature in service.features.items():
            if not (_words(feature) or (name, id_) in reached):
                at = f"services.{name}.features.{id_}"
                yield Finding(SERVICES, at, _out_of_reach(f"feature `{id_}` of `{name}`"))
    yield from _alike("services", "service", {id_: each.keywords for id_, each in services.items()})
    for name, service in services.items():
        words = {id_: tuple(_words(each)) for id_, each in service.features.items()}
        yield from _alike(f"services.{name}.features", f"feature of `{name}`", words)


def _out_of_reach(what: str) -> str:
    return f"no question leads to the {what}, and it has no keywords: nothing will propose it"


def _words(feature: Feature) -> list[str]:
    """The words of a feature, and of what is asked of it."""
    asked = (word for request in feature.requests.values() for word in request.keywords)
    return [*feature.keywords, *asked]


def _alike(at: str, kind: str, words: Mapping[str, Iterable[str]]) -> Iterator[Finding]:
    """Entries whose words are those of another one."""
    seen: dict[frozenset[str], str] = {}
    for name, each in words.items():
        folded = frozenset(word.casefold() for word in each)
        if folded and folded in seen:
            message = (
                f"the {kind} `{name}` has the same keywords as `{seen[folded]}`: no words tell"
            )
            yield Finding(SERVICES, f"{at}.{name}", f"{message} one from the other")
        seen.setdefault(folded, name)


def _reached(questions: Questions) -> set[tuple[str, str]]:
    """The services and features that questions lead to; a service alone has an empty feature."""
    found = set()
    for tree in questions.trees.values():
        found.add((tree.service, ""))
        for leaf in tree.leaves.values():
            service = leaf.service or tree.service
            found |= {(service, ""), (service, leaf.feature)}
    return found


class Used:
    """The classes that tickets have used; its size is bounded by how many classes there are."""

    def __init__(self) -> None:
        self.tickets = 0
        self.walks = 0
        self.features: set[tuple[str, str]] = set()
        self.words: set[tuple[str, str]] = set()
        self.answers: set[tuple[str, str]] = set()

    def add(self, ticket: Ticket) -> None:
        """Note what a ticket uses, now or before its class was changed."""
        self.tickets += 1
        opening = ticket.opening
        self.features |= {(opening.service, opening.feature), (ticket.service, ticket.feature)}
        self.words.add(("channel", opening.channel))
        self.words |= {("article_outcome", use.outcome) for use in ticket.articles}
        for event in ticket.standing:
            self.words |= _spoken(event)
            if type(event) is Classified:
                self.features.add((event.service, event.feature))
        if opening.walk:
            self.walks += 1
            self.answers |= {(said.question, said.answer) for said in opening.walk.answers}


def _spoken(event: AnyEvent) -> set[tuple[str, str]]:
    """The words of the desk's lists that an event holds."""
    if isinstance(event, Closed):
        return {
            ("closure_code", event.code),
            ("contact_method", event.via),
            ("cause", event.cause),
        }
    if isinstance(event, Resolved):
        return {("closure_code", event.code)}
    if isinstance(event, Waited):
        return {("waiting_for", event.waiting_for)}
    if isinstance(event, Contacted):
        return {("channel", event.channel)}
    return {("discovered", event.discovered)} if isinstance(event, Classified) else set()


def unused(
    tickets: Iterable[Ticket], policy: Policy, questions: Questions, period: str
) -> Iterator[Finding]:
    """The classes that no ticket has used; `period` says in words which tickets were looked at."""
    used = Used()
    for ticket in tickets:
        used.add(ticket)
    if not used.tickets:
        yield Finding(
            SERVICES, "services", f"there is no ticket {period}: nothing says what is used"
        )
        return
    for name, service in policy.catalog.services.items():
        yield from _unused_of(name, service, used, period)
    for field, words in _lists(policy).items():
        for word in words:
            if word != UNKNOWN and (field, word) not in used.words:
                message = f"`{word}` of the list `{field}` was not used {period}"
                yield Finding(VOCABULARY, f"{field}.{word}", message)
    yield from _unasked(questions, used, period)


def _unused_of(name: str, service: Service, used: Used, period: str) -> Iterator[Finding]:
    """A service that was not used, or those of its features that were not."""
    at = f"services.{name}"
    if not any(each == name for each, _ in used.features):
        yield Finding(SERVICES, at, f"no ticket {period} was about the service `{name}`")
        return
    for id_ in service.features:
        if (name, id_) not in used.features:
            message = f"no ticket {period} was about the feature `{id_}` of `{name}`"
            yield Finding(SERVICES, f"{at}.features.{id_}", message)


def _unasked(questions: Questions, used: Used, period: str) -> Iterator[Finding]:
    """Questions that were not asked, and choices that nobody made."""
    if questions.trees and not used.walks:
        message = f"no ticket {period} holds answers: nothing says which choices are used"
        yield Finding(QUESTIONS, "trees", message)
        return
    asked = {question for question, _ in used.answers}
    for path, id_, choices in _choices(questions):
        if id_ not in asked:
            yield Finding(QUESTIONS, path, f"the question `{id_}` was not asked {period}")
            continue
        for choice in choices:
            if choice != UNKNOWN and (id_, choice) not in used.answers:
                message = f"nobody chose `{choice}` of the question `{id_}` {period}"
                yield Finding(QUESTIONS, f"{path}.choices.{choice}", message)


def _choices(questions: Questions) -> Iterator[tuple[str, str, list[str]]]:
    """Every question of every tree: its path, its id and its choices."""
    for name, tree in questions.trees.items():
        for id_, question in tree.questions.items():
            yield f"trees.{name}.questions.{id_}", id_, list(question.choices)


def _lists(policy: Policy) -> dict[str, dict[str, str]]:
    """The drop-down lists that the desk can change."""
    vocabulary = policy.vocabulary
    found = {name: getattr(vocabulary, name) for name in vocabulary.__struct_fields__}
    return {
        name: words
        for name, words in found.items()
        if isinstance(words, dict) and name not in _FIXED
    }
