"""A proposal for each field of the classification, with the reason for it; never a silent guess.

Rules look at the words of a request: components and keywords of the catalog name the service and
the feature, turns of phrase name the type, presets give impact and urgency. What no rule decides,
or two decide alike, stays `unknown`, and the reason says so.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sdcli.tickets.words import UNKNOWN
from sdcli.triage.priority import derive, presets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdcli.policy.model import Policy
    from sdcli.tickets.words import Level, RequestType

_WORDS = re.compile(r"[\w@.-]+")
_COMPONENT_WEIGHT, _NAME_WEIGHT = 4, 2

# Turns of phrase in the caller's own words, in the order in which the guide asks (R2a.1-R2a.4).
_TYPES: tuple[tuple[RequestType, str], ...] = (
    ("information", r"how (?:do|can|to|would)|where (?:do|can|is)|what is|question about"),
    (
        "incident",
        (
            r"errors?|fail\w*|down|broken|crash\w*|cannot|cant|can not|unable|not working|do(?:es)? not"
            r"|doesnt|dont|wont|isnt"
            r"|stopped|slow|lost|locked out|unreachable|offline|timeout|timed out|no longer|outage"
            r"|degraded|expired|full|drops?|freezes|hangs|wrong"
        ),
    ),
    (
        "fulfilment",
        (
            r"access to|request\w*|need\w* (?:a|an|access)|please (?:create|add|install|set up|order)"
            r"|new (?:account|laptop|phone|user|starter|mailbox)|install|order|joiner"
        ),
    ),
)


class Candidate(NamedTuple):
    """A value that is not sure enough to be proposed, and how sure it is, from 0 to 1."""

    value: str
    confidence: float


class Proposal(NamedTuple):
    """A proposed value and the reason for it.

    Args:
        confidence: the share of proposals like it that were right, from 0 to 1; None for a fact.
        similar: references of the closed tickets most like it that have this value.
        words: the words of the request by which closed tickets speak for it, if they do.
        candidate: what would be proposed if it were sure enough; `value` is `unknown` then.
    """

    value: str
    reason: str
    confidence: float | None = None
    similar: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    candidate: Candidate | None = None


def percent(share: float) -> str:
    """A share in whole percent, never rounded up to what it has not reached."""
    return f"{int(share * 100 + 1e-9)} %"


class Known(NamedTuple):
    """What is known of a request already; `is_alert`: a monitoring system reports it."""

    type: RequestType = UNKNOWN
    service: str = UNKNOWN
    feature: str = UNKNOWN
    is_alert: bool = False


ALREADY = "it is classified so already"
_NOTHING = Known()


def suggest(policy: Policy, text: str, known: Known = _NOTHING) -> dict[str, Proposal]:
    """A proposal for type, service, feature, impact, urgency and priority.

    What is known stays, and the rest is looked for within it.
    """
    words = folded(text)
    type_, why = _type(words, known)
    service = _kept(known.service) or _service(policy, words)
    feature = _kept(known.feature) or _feature(policy, service.value, words)
    found = presets(policy, type_, service.value, feature.value)
    derived = derive(policy, found.impact, found.urgency)
    return {
        "type": Proposal(type_, why),
        "service": service,
        "feature": feature,
        "impact": _preset(found.impact, service.value, feature.value),
        "urgency": _preset(found.urgency, service.value, feature.value),
        "priority": Proposal(derived.priority, derived.reason),
    }


def _kept(value: str) -> Proposal | None:
    return None if value == UNKNOWN else Proposal(value, ALREADY)


def holds(words: str, phrase: str) -> bool:
    """Whether a phrase occurs in a folded text."""
    wanted = _phrase(phrase)
    return bool(wanted.strip()) and wanted in words


def is_question(words: str) -> str:
    """The turn of phrase by which a folded text asks how something is done; empty if none."""
    return _turn("information", words)


def is_failure(words: str) -> str:
    """The turn of phrase by which a folded text tells of a failure; empty if none."""
    return _turn("incident", words)


def _turn(type_: RequestType, words: str) -> str:
    found = re.search(rf" ({dict(_TYPES)[type_]})(?= )", words)
    return found.group(1) if found else ""


def folded(text: str) -> str:
    """Lower case words with single blanks between and around, so that phrases can be found.

    An apostrophe is left out, so that "can't" is one word however it is typed.
    """
    plain = re.sub("['\u2019]", "", text.casefold())
    stripped = (word.strip(".-") for word in _WORDS.findall(plain))
    return f" {' '.join(word for word in stripped if word)} "


def _type(words: str, known: Known) -> tuple[RequestType, str]:
    if known.type != UNKNOWN:
        return known.type, ALREADY
    if known.is_alert:
        return "incident", "a monitoring system reports a failure"
    for type_, phrases in _TYPES:
        found = re.search(rf" ({phrases})(?= )", words)
        if found:
            return type_, f"the words {found.group(1)!r}"
    return UNKNOWN, "no phrase tells what kind of request it is"


def _service(policy: Policy, words: str) -> Proposal:
    scores: dict[str, list[tuple[int, str]]] = {}
    for name, service in policy.catalog.services.items():
        hits = [
            *_hits(words, service.components, _COMPONENT_WEIGHT),
            *_hits(words, service.keywords, 1),
            *_hits(words, (name, service.name), _NAME_WEIGHT),
        ]
        if hits:
            scores[name] = hits
    return _best(scores, "service", "no component or keyword of the catalog occurs")


def _feature(policy: Policy, service: str, words: str) -> Proposal:
    found = policy.service(service)
    if found is None:
        return Proposal(UNKNOWN, "the service is not known")
    scores = {
        name: hits
        for name, feature in found.features.items()
        if (hits := [*_hits(words, feature.keywords, 1), *_hits(words, (name, feature.name), 2)])
    }
    return _best(scores, "feature", f"no keyword of a feature of {service} occurs")


def _hits(words: str, phrases: Iterable[str], weight: int) -> list[tuple[int, str]]:
    """The phrases that occur, each weighing more the more words it has."""
    folded = dict.fromkeys(map(_phrase, phrases))
    return [
        (weight * len(phrase.split()), phrase.strip())
        for phrase in folded
        if phrase in words and phrase.strip()
    ]


@lru_cache(maxsize=10_000)
def _phrase(phrase: str) -> str:
    """A phrase of the catalog, folded once for the thousands of texts it is looked for in."""
    return folded(phrase)


def _best(scores: Mapping[str, list[tuple[int, str]]], kind: str, nothing: str) -> Proposal:
    if not scores:
        return Proposal(UNKNOWN, nothing)
    totals = {name: sum(weight for weight, _ in hits) for name, hits in scores.items()}
    ranked = sorted(totals, key=lambda name: -totals[name])
    first = ranked[0]
    tied = [name for name in ranked if totals[name] == totals[first]]
    if len(tied) > 1:
        return Proposal(UNKNOWN, f"the words fit more than one {kind}: {', '.join(tied)}")
    phrases = ", ".join(dict.fromkeys(repr(phrase) for _, phrase in scores[first]))
    return Proposal(first, f"the words {phrases}")


def _preset(level: Level, service: str, feature: str) -> Proposal:
    if level == UNKNOWN:
        return Proposal(UNKNOWN, "no preset says so; ask who and what is hindered")
    at = service if feature == UNKNOWN else f"{service}, {feature}"
    return Proposal(level, f"the preset of {at}")
