"""Do we support this: what the catalog holds, and what comes near where it does not (R2b.1)."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING
from unicodedata import normalize

from sdcli.policy.service_map import services_with
from sdcli.tickets.support import is_unsupported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.policy.model import Policy, Service
    from sdcli.tickets.ticket import Ticket

_WORDS = re.compile(r"[^\W_]+")
_ALIKE = 0.8
_SHORT = 3
_NEAREST = 3
_MOST_READ = 4000


def held(policy: Policy, given: str) -> tuple[str, str] | None:
    """The service that somebody names, and the feature if it was one; None if there is none.

    Ids and names count, in any case; a word that only describes a service does not make it one.
    """
    wanted = _folded(given)
    for name, service in policy.catalog.services.items():
        if wanted in (_folded(name), _folded(service.name)):
            return name, ""
    for name, service in policy.catalog.services.items():
        for feature, offered in service.features.items():
            if wanted in (_folded(feature), _folded(offered.name)):
                return name, feature
    return None


def named(policy: Policy, given: str) -> str:
    """The service that has this name, or a feature or component of this name; empty if none has."""
    found = held(policy, given)
    if found:
        return found[0]
    return next(iter(services_with(policy, given)), "")


def held_by_now(policy: Policy, ticket: Ticket) -> str:
    """The service that holds what a ticket is about, though nobody has classified it so."""
    known = ticket.support
    is_open_question = known and is_unsupported(ticket) and not known.device
    return named(policy, known.what) if known and is_open_question else ""


def nearest(policy: Policy, text: str) -> tuple[str, ...]:
    """The services that come near to what is named, the nearest first; none if nothing does."""
    words = frozenset(_WORDS.findall(text[:_MOST_READ].casefold()))
    scores = {name: _score(words, each, name) for name, each in policy.catalog.services.items()}
    ranked = sorted((name for name in scores if scores[name]), key=lambda name: -scores[name])
    return tuple(ranked[:_NEAREST])


def _score(words: frozenset[str], service: Service, name: str) -> float:
    """How many words of a service are said, or nearly said."""
    own = frozenset(word for text in _texts(service, name) for word in _WORDS.findall(text))
    telling = frozenset(word for word in own if len(word) > _SHORT or word == name)
    exact = words & own
    return len(exact) + 0.5 * sum(_nearly(word, telling) for word in words - exact)


def _nearly(word: str, known: Iterable[str]) -> bool:
    return len(word) > _SHORT and any(
        SequenceMatcher(None, word, each).quick_ratio() >= _ALIKE
        and SequenceMatcher(None, word, each).ratio() >= _ALIKE
        for each in known
    )


def _texts(service: Service, name: str) -> Iterator[str]:
    yield name.casefold()
    for text in (service.name, *service.keywords, *service.components):
        yield text.casefold()
    for feature in service.features.values():
        for text in (feature.name, *feature.keywords):
            yield text.casefold()


def _folded(text: str) -> str:
    return " ".join(_WORDS.findall(normalize("NFC", text).casefold()))
