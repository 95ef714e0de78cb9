"""How good the suggestions are, measured on the desk's own closed tickets by a split in time.

The older part is learned as it was closed; then each ticket of the newer part is judged by the
words it was opened with, nothing else being known, and held against the classes it was closed
with. Nothing of the newer part is learned, so the figures tell of tickets never seen.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from sdcli.learning import judge
from sdcli.learning.history import learn, teaches
from sdcli.learning.memory import FIELDS, Memory
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.suggest import Known

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sdcli.ledger.interface import Progress, Reader
    from sdcli.policy.model import Policy
    from sdcli.tickets.ticket import Ticket

SHARE = 0.8
"""The part of the tickets, the older one, that is learned."""
MOST = 20_000
"""How many closed tickets are evaluated, the newest ones."""
LEAST = 50
"""With fewer closed tickets the figures would say nothing."""
_BINS = 10
_AT_ONCE = 200


class Bin(Struct, frozen=True):
    """Proposals of about the same confidence: how sure they were, and which share was right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


class Score(Struct, frozen=True, kw_only=True):
    """How good the proposals for one field were.

    Args:
        count: how many tickets had a class to hold them against.
        answered: how many proposals reached the threshold; `coverage`: their share.
        accuracy_answered: the share of those that was right; None if there were none.
        accuracy: the share that would be right if the best guess were always given.
        macro_f1: the mean of the F1 of each class, likewise.
        calibration_error: by how much confidence and share of right ones differ, on average
            over all guesses (ECE); `brier`: the mean square of what was missed.
        bins: the same, by confidence; those without guesses are left out.
    """

    count: int
    answered: int
    coverage: float
    accuracy_answered: float | None
    accuracy: float
    macro_f1: float
    calibration_error: float
    brier: float
    bins: tuple[Bin, ...]


class Evaluation(Struct, frozen=True, kw_only=True):
    """What came of it.

    Args:
        learned, tested: how many tickets were learned, and held against; 0 if there are too few.
        found: how many closed tickets can teach; `split_at`: when the first tested was closed.
        fields: the scores by field; fields without a class in either part are left out.
    """

    found: int
    learned: int = 0
    tested: int = 0
    split_at: datetime | None = None
    threshold: float
    fields: dict[str, Score] = {}


class Guessed(NamedTuple):
    """A judgement, what was right, and how sure it was; `unknown` where nobody spoke."""

    value: str
    right: str
    confidence: float

    @property
    def is_right(self) -> bool:
        """Whether it was the class at closing."""
        return self.value == self.right


def evaluate(policy: Policy, reader: Reader, progress: Progress) -> Evaluation:
    """Measure the suggestions on the newest closed tickets, in the order of their closing."""
    found = sorted(_closed(reader), key=lambda t: (t.closed_at or t.updated_at, len(t.ref), t.ref))
    threshold = policy.classification.suggest_from / 100
    if len(found) < LEAST:
        return Evaluation(found=len(found), threshold=threshold)
    progress(0, len(found))
    split = int(len(found) * SHARE)
    memory = Memory()
    for first in range(0, split, _AT_ONCE):
        with memory.learning():
            for ticket in found[first : min(first + _AT_ONCE, split)]:
                learn(memory, policy, ticket)
        progress(first, len(found))
    answers: dict[str, list[Guessed]] = {name: [] for name in FIELDS}
    for number, ticket in enumerate(found[split:], split + 1):
        for name, answer in _answers(policy, memory, ticket, threshold):
            answers[name].append(answer)
        progress(number, len(found))
    return Evaluation(
        found=len(found),
        learned=split,
        tested=len(found) - split,
        split_at=found[split].closed_at,
        threshold=threshold,
        fields={name: score(given, threshold) for name, given in answers.items() if given},
    )


def _closed(reader: Reader) -> list[Ticket]:
    """The newest closed tickets that teach something."""
    found: list[Ticket] = []
    than = ""
    while len(found) < MOST and (piece := reader.older(than, _AT_ONCE)):
        found += [ticket for ticket in piece if teaches(ticket)]
        than = piece[-1].ref
    return found[:MOST]


def _answers(
    policy: Policy, memory: Memory, ticket: Ticket, threshold: float
) -> Iterator[tuple[str, Guessed]]:
    classes = judge.classes_of(ticket)
    text = judge.read(memory, judge.words_of(ticket))
    judged = judge.judge(policy, memory, text, Known(), threshold)
    service = judged["service"].value
    for name, each in judged.items():
        if name in classes:
            value = f"{service}/{each.value}" if name == "feature" and each.value else each.value
            yield name, Guessed(value or UNKNOWN, classes[name], each.confidence)


def score(answers: Sequence[Guessed], threshold: float) -> Score:
    """The figures of one field."""
    count = len(answers)
    answered = [each for each in answers if each.confidence >= threshold]
    guesses = [each for each in answers if each.value != UNKNOWN]
    bins = tuple(_bins(guesses))
    missed = sum(each.count * abs(each.confidence - each.right) for each in bins)
    return Score(
        count=count,
        answered=len(answered),
        coverage=len(answered) / count,
        accuracy_answered=_share(answered) if answered else None,
        accuracy=_share(answers),
        macro_f1=_macro_f1(answers),
        calibration_error=missed / len(guesses) if guesses else 0.0,
        brier=sum((each.confidence - each.is_right) ** 2 for each in answers) / count,
        bins=bins,
    )


def _share(answers: Sequence[Guessed]) -> float:
    return sum(each.is_right for each in answers) / len(answers)


def _macro_f1(answers: Sequence[Guessed]) -> float:
    """The mean over the classes that occur of twice the hits by proposed plus actual."""
    found = []
    for name in {each.right for each in answers}:
        hits = sum(each.is_right for each in answers if each.right == name)
        named = sum((each.right == name) + (each.value == name) for each in answers)
        found.append(2 * hits / named)
    return sum(found) / len(found)


def _bins(guesses: Sequence[Guessed]) -> Iterator[Bin]:
    for number in range(_BINS):
        inside = [
            each for each in guesses if min(int(each.confidence * _BINS), _BINS - 1) == number
        ]
        if inside:
            yield Bin(
                low=number / _BINS,
                high=(number + 1) / _BINS,
                count=len(inside),
                confidence=sum(each.confidence for each in inside) / len(inside),
                right=_share(inside),
            )
