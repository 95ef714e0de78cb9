"""Judging a request by the rules of the catalog and by the closed tickets together.

Both are evidence. How sure a judgement is depends on who spoke, on whether they agree and on how
clearly history spoke: it is the share of such judgements that were right when tickets were closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdcli.learning import learner
from sdcli.learning.memory import FIELDS
from sdcli.learning.tally import Outcome, Situation, Voice
from sdcli.tickets.words import LEVELS, REQUEST_TYPES, UNKNOWN
from sdcli.triage.suggest import Known, Proposal, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sdcli.learning.learner import Cell
    from sdcli.learning.memory import Memory, Remembered
    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

MOST_READ = 20_000
"""How many characters of a summary, or of details, are read."""
MOST_ALIKE = 400
_LEAST_SHARED = 0.05
"""Tickets that share less than this part of the known words are not called similar."""
_MOST_WORDS = 3
_MOST_SHOWN = 3
LEAST_LESSONS = 20
"""With fewer lessons in a field, history contradicts no rule."""
_LEAST_OF_CLASS = 3
"""With fewer lessons of its class history contradicts no rule, and of the rule's it hardly does."""
_SLASH = "/"


class Guess(NamedTuple):
    """What history says of a field: its first class, and its lead over the second."""

    value: str
    lead: float
    id_: int = 0


class Judged(NamedTuple):
    """A judgement of one field, before it is held against a threshold.

    Args:
        value: the better founded value; empty if nobody speaks.
        confidence: how sure it is; `outcome`: where it is counted.
        rule: what the rules say; `guess`: what history says; empty values for silence.
        other: where the other voice is counted, if there are two that differ.
    """

    value: str
    confidence: float
    rule: Proposal
    guess: Guess
    outcome: Outcome | None = None
    other: Outcome | None = None


class Text(NamedTuple):
    """A request's words, as history reads them."""

    words: str
    places: dict[int, float]
    vector: dict[int, float]
    cells: Mapping[int, Cell]
    scores: dict[int, float]


def words_of(ticket: Ticket) -> str:
    """What was known of a request when it was opened."""
    opening = ticket.opening
    details = opening.request.told().values() if opening.request else ()
    return "\n".join(said[:MOST_READ] for said in (ticket.summary, opening.details, *details))


def read(memory: Memory, text: str) -> Text:
    """A text with what history knows of its words."""
    places = learner.terms(text)
    cells = memory.cells(places)
    vector = learner.vector(places, cells, memory.state.lessons)
    return Text(text, places, vector, cells, learner.scores(vector, cells))


def judge(
    policy: Policy, memory: Memory, text: Text, known: Known, threshold: float
) -> dict[str, Judged]:
    """A judgement of each field, `known` ones left out; later fields build on earlier ones.

    History contradicts a rule only if it has something to say: enough lessons, some of them of the
    class that it names. A few closed tickets must not silence the catalog.
    """
    rules = suggest(policy, text.words, known)
    found: dict[str, Judged] = {}
    if known.type == UNKNOWN and not known.is_alert:
        found["type"] = _weighed(memory, "type", rules, _guess(policy, memory, text, "type", ""))
    service = known.service
    if service == UNKNOWN:
        guess = _guess(policy, memory, text, "service", "")
        judged = found["service"] = _weighed(memory, "service", rules, guess)
        service = _settled(judged, threshold)
        if service not in (UNKNOWN, rules["service"].value):
            rules = suggest(policy, text.words, known._replace(service=service))
    if known.feature == UNKNOWN:
        guess = _guess(policy, memory, text, "feature", service)
        judged = found["feature"] = _weighed(memory, "feature", rules, guess, service)
        feature = _settled(judged, threshold)
        if feature not in (UNKNOWN, rules["feature"].value):
            rules = suggest(policy, text.words, known._replace(service=service, feature=feature))
    for name in ("impact", "urgency"):
        found[name] = _weighed(memory, name, rules, _guess(policy, memory, text, name, service))
    return found


def classes_of(ticket: Ticket) -> dict[str, str]:
    """The classes a ticket has now, as history knows them; what is unknown is left out."""
    said = {name: str(getattr(ticket, name)) for name in FIELDS}
    if said["service"] == UNKNOWN:
        said["feature"] = UNKNOWN
    found = {name: value for name, value in said.items() if value != UNKNOWN}
    if "feature" in found:
        found["feature"] = f"{found['service']}{_SLASH}{found['feature']}"
    return found


def is_right(name: str, value: str, classes: Mapping[str, str], service: str) -> bool:
    """Whether a judgement is what the ticket became; a feature is right within its service only."""
    return classes[name] == (f"{service}{_SLASH}{value}" if name == "feature" else value)


def similar(
    alike: Iterable[Remembered], name: str, value: str, service: str, own: str
) -> tuple[str, ...]:
    """References of the tickets that have this value, the most alike first."""
    wanted = f"{service}{_SLASH}{value}" if name == "feature" else value
    refs = [each.ref for each in alike if each.classes.get(name) == wanted and each.ref != own]
    return tuple(refs[:_MOST_SHOWN])


def alike(memory: Memory, text: Text) -> list[Remembered]:
    """The closed tickets that are most like a text, best first."""
    best = learner.alike(text.vector, text.cells, MOST_ALIKE)
    close = [id_ for id_, shared in best if shared >= _LEAST_SHARED]
    remembered = memory.by_id(close)
    return [remembered[id_] for id_ in close if id_ in remembered]


def words_for(text: Text, guess: Guess) -> tuple[str, ...]:
    """The words of a request by which history came to its guess, those that say most first.

    Of a pair and its words only those that come first are named.
    """
    if not guess.value:
        return ()
    said, named = learner.words(text.words), list[str]()
    for place in learner.spoke(text.vector, text.cells, guess.id_):
        parts = set(said.get(place, "").split())
        if parts and not any(parts & set(other.split()) for other in named):
            named.append(said[place])
    return tuple(named[:_MOST_WORDS])


def _settled(judged: Judged, threshold: float) -> str:
    return judged.value if judged.value and judged.confidence >= threshold else UNKNOWN


def _guess(policy: Policy, memory: Memory, text: Text, name: str, service: str) -> Guess:
    """The class that fits best, among those that the desk's files still know."""
    ids = memory.ids[name]
    scored = sorted(
        (
            (text.scores[id_], value, id_)
            for value, id_ in ids.items()
            if id_ in text.scores and _is_known(policy, name, value, service)
        ),
        reverse=True,
    )
    if not scored:
        return Guess("", 0.0)
    (best, value, id_), *others = scored
    second = max(others[0][0], 0.0) if others else 0.0
    return Guess(value.rpartition(_SLASH)[2], best - second, id_)


def _is_known(policy: Policy, name: str, value: str, service: str) -> bool:
    if name == "service":
        return value in policy.catalog.services
    if name == "feature":
        at, _, feature = value.partition(_SLASH)
        found = policy.service(at)
        return at == service and found is not None and feature in found.features
    return value in (REQUEST_TYPES if name == "type" else LEVELS)


def _against(memory: Memory, name: str, rule: str, guess: Guess, service: str) -> Situation:
    """How history, which says something else, stands to a rule; "rules" if it has to be silent."""
    ids = memory.ids[name]
    prefix = f"{service}{_SLASH}" if name == "feature" else ""
    seen = {
        value: memory.seen.get(ids.get(f"{prefix}{value}", -1), 0) for value in (rule, guess.value)
    }
    few = sum(memory.seen.get(id_, 0) for id_ in ids.values()) < LEAST_LESSONS
    if few or seen[guess.value] < _LEAST_OF_CLASS:
        return "rules"
    return "differ" if seen[rule] >= _LEAST_OF_CLASS else "new"


def _weighed(
    memory: Memory, name: str, rules: Mapping[str, Proposal], guess: Guess, service: str = ""
) -> Judged:
    """The two voices on a field, weighed by how often each was right in such a situation."""
    rule = rules[name]
    spoken = rule.value if rule.value != UNKNOWN else ""
    if not spoken and not guess.value:
        return Judged("", 0.0, rule, guess)
    situation: Situation = "agree"
    if not (spoken and guess.value):
        situation = "rules" if spoken else "history"
    elif spoken != guess.value:
        situation = _against(memory, name, spoken, guess, service)
    if situation == "rules":
        guess = Guess("", 0.0)
    values: dict[Voice, str] = {"rules": spoken, "history": guess.value}
    voices: tuple[Voice, ...] = ("rules", "history")
    if situation == "agree":
        voices = ("rules",)
    heard = [
        (memory.tally.confidence(outcome), outcome)
        for voice in voices
        if values[voice]
        for outcome in [Outcome(name, situation, voice, guess.lead)]
    ]
    heard.sort(key=lambda pair: pair[0], reverse=True)
    confidence, outcome = heard[0]
    other = heard[1][1] if len(heard) > 1 else None
    return Judged(values[outcome.voice], confidence, rule, guess, outcome, other)
