"""What kind of request it is, by the catalog: what is offered, how far it goes, what it promises.

Facts decide, each with the file and line of its rule: whether the caller ever had it, how much is
asked for, what was measured. Words decide only where they can mean one thing; what neither facts
nor words decide is `unknown` (R2a.1-R2a.4).
"""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import RefusedError
from sdcli.policy.model import SERVICES, require
from sdcli.tickets.contact import Assessment, Ground, RequestDetails
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.suggest import folded, holds, is_failure, is_question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.policy.model import Feature, FulfilmentRequest, Goal, Policy, Service
    from sdcli.tickets.words import RequestType
    from sdcli.triage.changes import RecentChange


class Case(NamedTuple):
    """A request, as far as its kind goes.

    Args:
        text: what was said, in the caller's words.
        request: the details, above all whether the caller ever had it (R2a.2a).
        assessment: how much is asked for, and what was measured.
        changes: the recent changes that touch it (R2a.4a).
    """

    service: str = UNKNOWN
    feature: str = UNKNOWN
    text: str = ""
    request: RequestDetails = RequestDetails()
    assessment: Assessment = Assessment()
    changes: Sequence[RecentChange] = ()


class Category(NamedTuple):
    """A kind of request and its grounds; `approval`: somebody must agree first (R2a.4a)."""

    type: RequestType = UNKNOWN
    grounds: tuple[Ground, ...] = ()
    approval: bool = False

    @property
    def reason(self) -> str:
        """The grounds in one line, with their places."""
        return "; ".join(told(each) for each in self.grounds)


def told(ground: Ground) -> str:
    """A ground in one line, with the file and line of its rule."""
    return f"{ground.reason} ({ground.place})" if ground.place else ground.reason


def categorise(policy: Policy, case: Case) -> Category:
    """The kind of a request by the catalog; `unknown` if the catalog does not tell.

    The first rule that says something decides: a goal that is missed, something that was taken
    away on purpose, something that was had and lost, what goes beyond a feature, a question, and
    what is offered.

    Raises:
        NoSuchEntryError: the service has no such goal.
        RefusedError: something was measured, and it is not said against which goal.
    """
    service = policy.service(case.service)
    feature = service.features.get(case.feature) if service else None
    rules = (
        _missed(policy, case),
        _taken(case),
        _lost(case, service),
        _beyond(case, feature),
        _asked(case, service),
        _offered(policy, case, service, feature),
    )
    return next((found for found in rules if found), Category())


# The goals of a service (R3d.0).


class Measured(NamedTuple):
    """A goal of a service, and whether what was measured is within it."""

    goal: Goal
    within: bool
    said: str


def measured(policy: Policy, service: str, assessment: Assessment) -> Measured | None:
    """What was measured against a goal of the service; None if nothing was (R3d.0).

    Raises:
        NoSuchEntryError: the service has no such goal.
        RefusedError: something was measured, and it is not said against which goal; or it is
            no number.
    """
    found = policy.service(service)
    goals = found.goals if found else {}
    if assessment.measured is not None and not isfinite(assessment.measured):
        raise RefusedError(f"{assessment.measured} was not measured: give a number, such as 4.5.")
    if not assessment.goal:
        if assessment.measured is None:
            return None
        known = ", ".join(goals) or "none"
        raise RefusedError(
            f"What was measured needs its goal: add --goal GOAL. The goals of {service} are: "
            f"{known} ({SERVICES}).",
            goals=list(goals),
        )
    name = require(assessment.goal, f"goal of {service}", goals, SERVICES)
    goal, value = goals[name], assessment.measured
    if value is None:
        return None
    if goal.at_most is not None:
        return Measured(goal, value <= goal.at_most, _compared(goal, value))
    return Measured(goal, value >= (goal.at_least or 0), _compared(goal, value))


def bound(goal: Goal) -> str:
    """What a goal promises: `A page of the shop is shown: at most 3 seconds`."""
    side, limit = ("at least", goal.at_least) if goal.at_most is None else ("at most", goal.at_most)
    return f"{goal.says}: {side} {plain(limit or 0)} {goal.unit}".strip()


def plain(value: float) -> str:
    """A number in plain digits, without an exponent and without noughts at its end."""
    from decimal import Decimal  # noqa: PLC0415 - only what was measured pays for it

    digits = f"{Decimal(repr(value)):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _compared(goal: Goal, value: float) -> str:
    return (
        f"measured {plain(value)} {goal.unit}".strip()
        + f" against the goal \u201c{bound(goal)}\u201d"
    )


def require_missed(policy: Policy, service: str, assessment: Assessment) -> None:
    """Refuse to take for an incident what is within the goal that was named (R3d.0).

    Raises:
        NoSuchEntryError: the service has no such goal.
        RefusedError: the goal is met, so nothing has failed.
    """
    found = measured(policy, service, assessment)
    if found is not None and found.within:
        raise RefusedError(
            f"That is no incident: {found.said} of {service} ({found.goal.place}), which is met. "
            "Choose --type information to explain what is promised, or --type new-service if more "
            "is wanted than that.",
            goal=assessment.goal,
            measured=assessment.measured,
            place=found.goal.place,
        )


def _missed(policy: Policy, case: Case) -> Category | None:
    found = measured(policy, case.service, case.assessment)
    if found is None or found.within:
        return None
    return _category("incident", f"{found.said}, which is missed", found.goal.place)


# What the caller had (R2a.2a, R2a.4, R2a.4a).


def _taken(case: Case) -> Category | None:
    """Who wants back what was removed on purpose needs somebody's approval."""
    removal = next((each for each in case.changes if each.removes and each.is_theirs), None)
    if case.request.ever_had == "taken":
        reason = "it was taken away on purpose"
    elif removal and case.request.ever_had == "yes":
        reason = f"the change {removal.id} took it away on purpose"
    else:
        return None
    place = removal.place if removal else ""
    reference = f", {removal.reference}" if removal and removal.reference else ""
    category = _category("fulfilment", f"{reason}{reference}: approval is needed", place)
    return category._replace(approval=True)


def _lost(case: Case, service: Service | None) -> Category | None:
    if case.request.ever_had != "yes":
        return None
    place = service.place if service else ""
    return _category("incident", "the caller had it and lost it", place)


# How far a feature goes (R2a.3a).


def beyond_capacity(feature: Feature | None, amount: int | None) -> str:
    """Why an amount is more than a feature was built for; empty if it is not.

    What all share counts with what is in use already; the ground names both.
    """
    capacity = feature.capacity if feature else None
    if feature is None or capacity is None or amount is None:
        return ""
    taken = 0 if capacity.each else capacity.in_use
    if taken + amount <= capacity.most:
        return ""
    for_ = "for each request" if capacity.each else "for all together"
    in_use = f", {taken} of them in use" if taken else ""
    return (
        f"{feature.name} was built for {capacity.most} {capacity.unit} {for_}{in_use}, and "
        f"{amount} are asked for"
    )


def require_within(feature: Feature | None, amount: int | None) -> None:
    """Refuse to fulfil more than a feature was built for (R2a.3a).

    Raises:
        RefusedError: it is beyond its capacity, and so a request for a new service.
    """
    beyond = beyond_capacity(feature, amount)
    if beyond and feature and feature.capacity:
        raise RefusedError(
            f"{beyond} ({feature.capacity.place}). That is a new service: --type new-service, or "
            "add --reason WHY it can be fulfilled all the same.",
            amount=amount,
            place=feature.capacity.place,
        )


def _beyond(case: Case, feature: Feature | None) -> Category | None:
    """More than a feature can give, or what it was not made for, is something new."""
    beyond = beyond_capacity(feature, case.assessment.amount)
    if beyond and feature and feature.capacity:
        return _category("new-service", beyond, feature.capacity.place)
    words = folded(case.text)
    if feature is None or is_question(words):
        return None
    purpose = next((each for each in feature.not_for if holds(words, each)), "")
    if not purpose or _is_doubtful(words, purpose):
        return None
    return _category("new-service", f"{feature.name} was not made for {purpose!r}", feature.place)


# What is asked, and what is offered (R2a.1, R2a.2, R2a.3).


_NEAR = 5  # words
_NEGATION = re.compile(
    r"no|not|none|nothing|nobody|never|neither|nor|without|stop\w*|cannot"
    r"|(?:is|are|was|were|do|does|did|has|have|had|wo|ca|could|would|should)nt"
)
_TROUBLE = re.compile(
    r" (?:stolen|stole|theft|missing|gone|disappear\w*|vanish\w*|nothing|stop\w*|unsubscribe"
    r"|get rid of|unwanted|any ?more|dead|broke|breaks|unusable|unavailable|impossible|useless"
    r"|refus\w*|reject\w*|denied|block\w*|stuck|frozen|interrupt\w*|corrupt\w*|damaged"
    r"|hack\w*|compromised|virus\w*|malware|ransom\w*|phish\w*|suspicious|scam\w*"
    r"|problems?|troubles?|faults?|faulty|cant work|(?:can|could|did|will|would) ?not)(?= )"
)
"""What tells of a failure, of harm or of not wanting, besides the turns of phrase of a failure."""


def _is_doubtful(words: str, phrase: str) -> bool:
    """Whether a phrase in a folded text can mean something else than it says (R2a.1).

    The text tells of a failure or of not wanting as well, or a negation stands near the phrase.
    """
    parts = words.split(folded(phrase))
    if is_failure(words) or any(_TROUBLE.search(f" {part} ") for part in parts):
        return True
    before = (word for part in parts[:-1] for word in part.split()[-_NEAR:])
    after = (word for part in parts[1:] for word in part.split()[:_NEAR])
    return any(_NEGATION.fullmatch(word) for word in (*before, *after))


def _asked(case: Case, service: Service | None) -> Category | None:
    """Words that ask how something is done, and tell of nothing else.

    Who asks how to get what is on the list may want to know or to have it: that is left open.
    """
    words = folded(case.text)
    phrase = is_question(words)
    if case.request.ever_had or not phrase or _is_doubtful(words, phrase):
        return None
    if next(_requests(service, words), None):
        return None
    return _category("information", f"the words {phrase!r} ask how it is done")


def _offered(
    policy: Policy, case: Case, service: Service | None, feature: Feature | None
) -> Category | None:
    """What the catalog offers and the caller never had, or wants more of, is fulfilled."""
    words = folded(case.text)
    named = next(_requests(service, words), None) if not is_question(words) else None
    if named and service:
        approval = ", which needs approval" if named.approval else ""
        reason = f"the catalog has the request \u201c{named.name}\u201d{approval}"
        return _category("fulfilment", reason, named.place)._replace(approval=named.approval)
    if service is None:
        return _nowhere(policy, case, words)
    place = feature.place if feature else service.place
    what = feature.name if feature else service.name
    if case.request.ever_had == "no":
        return _category("fulfilment", f"{what} is offered, and the caller never had it", place)
    amount, capacity = case.assessment.amount, feature.capacity if feature else None
    if amount is not None and capacity:
        reason = f"{amount} {capacity.unit} are within what {what} was built for"
        return _category("fulfilment", reason, capacity.place)
    return None


def _requests(service: Service | None, words: str) -> Iterator[FulfilmentRequest]:
    """The requests of a service whose words occur, and leave no doubt."""
    for feature in service.features.values() if service else ():
        for request in feature.requests.values():
            said = [each for each in request.keywords if holds(words, each)]
            if said and not any(_is_doubtful(words, each) for each in said):
                yield request


def _nowhere(policy: Policy, case: Case, words: str) -> Category | None:
    """What the caller never had and the catalog does not know by any word is something new."""
    services = policy.catalog.services.values()
    if case.request.ever_had != "no" or any(_known_by(each, words) for each in services):
        return None
    return _category("new-service", "nothing in the catalog fits the words", SERVICES)


def _known_by(service: Service, words: str) -> bool:
    """Whether any word of a service or its features occurs."""
    features = service.features.values()
    names = (service.name, *service.keywords, *service.components)
    own = (each for feature in features for each in (feature.name, *feature.keywords))
    return any(holds(words, each) for each in (*names, *own))


def _category(type_: RequestType, reason: str, place: str = "") -> Category:
    return Category(type_, (Ground("type", type_, reason, place),))
