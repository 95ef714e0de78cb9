"""How often proposals were right, counted before each lesson; confidence is read from that.

Each closed ticket is judged before it is learned, as if it had just been opened, and the outcome
is counted by field, by who spoke and by how clearly history spoke. A young desk has counted
nothing yet, so each situation begins as if it had been seen a few times.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Voice: TypeAlias = Literal["rules", "history"]
Situation: TypeAlias = Literal["agree", "differ", "new", "history", "rules"]
"""Both say the same, both speak and differ, so does what the rules say and history has hardly
seen, or only one of them speaks."""

EDGES = (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.1)
"""Leads of the first class over the second at which a bin ends."""
BINS = len(EDGES) + 1
MOST_COUNTED = 1000
"""When a situation has been counted more often, all its counts are halved: the newest say most."""

PRIOR_WEIGHT = 6.0
"""A situation begins as if it had been seen so often in each bin."""
PRIORS: dict[tuple[Situation, Voice], float] = {
    ("agree", "rules"): 0.75,
    ("differ", "rules"): 0.35,
    ("differ", "history"): 0.35,
    ("new", "rules"): 0.7,
    ("new", "history"): 0.25,
    ("history", "history"): 0.45,
    ("rules", "rules"): 0.7,
}
"""The share that is taken to be right before anything was counted.

History alone begins below any sensible threshold: it has to show that it is right before it is
heard. Rules alone begin above it, as somebody has written them for this desk; so do they where
history knows nothing of what they say.
"""


class Outcome(NamedTuple):
    """Where a judgement is counted: `lead` is that of history, 0 where it is silent."""

    field: str
    situation: Situation
    voice: Voice
    lead: float

    @property
    def key(self) -> str:
        """The name of its row of bins."""
        return f"{self.field}/{self.situation}/{self.voice}"

    @property
    def bin(self) -> int:
        """Its bin, from 0."""
        return bisect_right(EDGES, self.lead)


class Tally:
    """The counts of all situations: by key, how often each bin was seen, and was right.

    Args:
        counts: as `counts` gives them.

    Raises:
        ValueError: they cannot be counts.
    """

    def __init__(self, counts: dict[str, list[list[float]]] | None = None) -> None:
        self.counts = counts or {}
        for bins in self.counts.values():
            if len(bins) != BINS or not all(0 <= right <= seen for seen, right in bins):
                raise ValueError("these are no counts")

    def count(self, outcome: Outcome, *, right: bool) -> None:
        """Count one outcome."""
        bins = self.counts.setdefault(outcome.key, [[0.0, 0.0] for _ in range(BINS)])
        bins[outcome.bin][0] += 1
        bins[outcome.bin][1] += right
        if sum(seen for seen, _ in bins) > MOST_COUNTED:
            for each in bins:
                each[:] = each[0] / 2, each[1] / 2

    def confidence(self, outcome: Outcome) -> float:
        """How sure a proposal is, from 0 to 1: the share of those like it that were right.

        A clearer lead never makes history less sure, nor rules that contradict it surer.
        """
        bins = self.counts.get(outcome.key, [[0.0, 0.0]] * BINS)
        priors = [PRIORS[outcome.situation, outcome.voice]] * BINS
        if (outcome.situation, outcome.voice) == ("differ", "rules"):
            priors[0] = PRIORS["rules", "rules"]  # history has hardly any lead: it says nothing
        shares = [
            _share(seen, right, prior) for (seen, right), prior in zip(bins, priors, strict=True)
        ]
        weights = [seen + 1 for seen, _ in bins]  # what was seen outweighs what is assumed
        if outcome.situation in ("differ", "new") and outcome.voice == "rules":
            return rising(shares[::-1], weights[::-1])[::-1][outcome.bin]
        return rising(shares, weights)[outcome.bin]


def _share(seen: float, right: float, prior: float) -> float:
    """The share that was right; what is only assumed never lifts it above one more success."""
    return min((right + PRIOR_WEIGHT * prior) / (seen + PRIOR_WEIGHT), (right + 1) / (seen + 1))


def rising(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The rising sequence that is nearest to these values: falling neighbours are averaged."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        block = (value * weight, weight, 1)
        while blocks and blocks[-1][0] * block[1] > block[0] * blocks[-1][1]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    found = [total / weight for total, weight, size in blocks for _ in range(size)]
    return list(accumulate(found, max))  # rounding must not make it fall
