"""Searching the catalog: do we offer this, do we support it, and what is promised (R2b.1, R2a.2b)?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from sdcli.tickets.words import PRIORITIES
from sdcli.triage.category import bound
from sdcli.triage.suggest import folded, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.policy.model import Capacity, Feature, Policy, Service
    from sdcli.policy.scalars import Amount

EntryKind: TypeAlias = Literal["service", "feature", "fulfilment", "agreement"]
KINDS: tuple[EntryKind, ...] = ("service", "feature", "fulfilment", "agreement")

_NAME, _KEYWORD, _REST = 6, 4, 1


class Promise(Struct, frozen=True):
    """What is promised for one priority."""

    response: Amount
    resolution: Amount


class Entry(Struct, frozen=True, kw_only=True):
    """Something that the catalog holds.

    Args:
        id: `vpn`, `vpn/partner-access`, `vpn/partner-access/partner`, or an agreement.
        says: what it is or how to recognise it; `limits`: how far it goes.
        not_for: what it was not made for; `refused`: the words of the search that are among that.
        facts: what else there is to say, by name.
        targets: of an agreement, what it promises for each priority.
        place: its file and line; `score`: how well it fits, higher is better.
    """

    kind: EntryKind
    id: str
    name: str
    says: str = ""
    limits: tuple[str, ...] = ()
    not_for: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    facts: dict[str, str] = {}
    targets: dict[str, Promise] = {}
    place: str = ""
    score: int = 0


class _Words(Struct, frozen=True):
    """An entry, and the texts that it is found by: names, keywords, and the rest."""

    entry: Entry
    names: tuple[str, ...]
    keywords: tuple[str, ...] = ()


def look(policy: Policy, text: str, kind: str = "") -> list[Entry]:
    """The entries of the catalog that fit a text, best first; all of them for no text.

    Every word counts and none is required.
    """
    words = folded(text)
    asked = [word for word in dict.fromkeys(words.split()) if word not in _EMPTY]
    found = [each for each in _entries(policy) if not kind or each.entry.kind == kind]
    if not words.strip():
        return [each.entry for each in found]
    scored = [_scored(each, words, asked) for each in found]
    return sorted((each for each in scored if each.score), key=lambda each: -each.score)


_EMPTY = frozenset(
    [
        "a",
        "an",
        "and",
        "can",
        "do",
        "does",
        "for",
        "i",
        "in",
        "is",
        "my",
        "of",
        "offer",
        "on",
        "or",
        "our",
        "support",
        "the",
        "there",
        "to",
        "us",
        "we",
        "with",
        "you",
    ]
)


def _scored(each: _Words, words: str, asked: list[str]) -> Entry:
    """An entry with its score: whole phrases of it in the text, and words of the text in it."""
    entry = each.entry
    refused = tuple(phrase for phrase in entry.not_for if holds(words, phrase))
    score = sum(_NAME * len(name.split()) for name in each.names if holds(words, name))
    score += sum(_KEYWORD * len(key.split()) for key in each.keywords if holds(words, key))
    own = _own_words(entry, each)
    score += sum(_REST for word in asked if word in own or word.removesuffix("s") in own)
    score += _REST * len(refused)
    return replace(entry, score=score, refused=refused)


def _own_words(entry: Entry, each: _Words) -> set[str]:
    texts = (*each.names, *each.keywords, entry.says, *entry.limits, *entry.not_for, entry.id)
    whole = {word for text in texts for word in folded(text.replace("/", " ")).split()}
    return whole | {word.removesuffix("s") for word in whole}


def _entries(policy: Policy) -> Iterator[_Words]:
    for name, service in policy.catalog.services.items():
        yield _service(policy, name, service)
        for id_, feature in service.features.items():
            yield from _feature(f"{name}/{id_}", service, feature)
    for name, agreement in policy.sla.agreements.items():
        entry = Entry(
            kind="agreement",
            id=name,
            name=agreement.name,
            facts={"calendar": agreement.calendar},
            targets=_targets(policy, name),
            place=agreement.place,
        )
        yield _Words(entry, (name, agreement.name))


def _targets(policy: Policy, agreement: str) -> dict[str, Promise]:
    found = {each: policy.sla.agreement_targets(agreement, each) for each in PRIORITIES}
    return {name: Promise(each.response, each.resolution) for name, each in found.items()}


def _service(policy: Policy, name: str, service: Service) -> _Words:
    owner = policy.teams.technicians[service.owner].name
    facts = {
        "agreement": service.agreement,
        "hours": service.hours,
        "owner": owner,
        "queue": service.queue,
        "area": service.area,
        "needs": ", ".join(service.depends_on),
        "goals": "; ".join(bound(goal) for goal in service.goals.values()),
    }
    entry = Entry(
        kind="service",
        id=name,
        name=service.name,
        limits=_told(service.limits),
        facts={key: text for key, text in facts.items() if text},
        place=service.place,
    )
    return _Words(entry, (name, service.name), (*service.keywords, *service.components))


def _feature(id_: str, service: Service, feature: Feature) -> Iterator[_Words]:
    own = id_.partition("/")[2]
    limits = _told(feature.limits, capacity(feature.capacity) if feature.capacity else "")
    entry = Entry(
        kind="feature",
        id=id_,
        name=feature.name,
        says=f"part of {service.name}",
        limits=limits,
        not_for=feature.not_for,
        place=feature.place,
    )
    yield _Words(entry, (own, feature.name), feature.keywords)
    for name, request in feature.requests.items():
        facts = {
            "procedure": request.procedure,
            "approval": "needed" if request.approval else "",
            "queue": service.queue,
            "agreement": service.agreement,
        }
        entry = Entry(
            kind="fulfilment",
            id=f"{id_}/{name}",
            name=request.name,
            says=request.recognise,
            limits=limits,
            not_for=feature.not_for,
            facts={key: text for key, text in facts.items() if text},
            place=request.place,
        )
        yield _Words(entry, (name, request.name), request.keywords)


def capacity(found: Capacity) -> str:
    """A capacity in words, with what is left of it."""
    if found.each:
        return f"{found.most} {found.unit} for each request"
    left = found.most - found.in_use
    return f"{found.most} {found.unit} for all together, {left} of them left"


def _told(*texts: str) -> tuple[str, ...]:
    return tuple(_said(texts))


def _said(texts: Iterable[str]) -> Iterator[str]:
    return (text for text in texts if text)
