"""Confidence is what was counted: rising with the lead, and never above what the bins have shown."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.learning.tally import BINS, EDGES, MOST_COUNTED, PRIORS, Outcome, Tally, rising

_LEADS = [0.0, *EDGES]
_COUNTS = st.lists(st.tuples(st.sampled_from(_LEADS), st.booleans()), max_size=200)
_VALUES = st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 100)), min_size=1, max_size=12)


def _tally(outcomes: list[tuple[float, bool]], situation: str = "history") -> Tally:
    tally = Tally()
    for lead, right in outcomes:
        voice = "history" if situation == "history" else "rules"
        tally.count(Outcome("type", situation, voice, lead), right=right)  # type: ignore[arg-type]
    return tally


def _confidences(tally: Tally) -> list[float]:
    return [tally.confidence(Outcome("type", "history", "history", lead)) for lead in _LEADS]


@given(_COUNTS)
def test_a_clearer_lead_is_never_less_sure(outcomes: list[tuple[float, bool]]) -> None:
    """Whatever was counted, confidence rises from bin to bin and is a share."""
    found = _confidences(_tally(outcomes))
    assert len(found) == BINS
    assert all(0 <= first <= second <= 1 for first, second in pairwise(found))


@given(_COUNTS)
def test_confidence_keeps_to_what_was_shown(outcomes: list[tuple[float, bool]]) -> None:
    """No bin is surer than the best share that any bin up to it has shown, with one more success."""
    tally = _tally(outcomes)
    bins = tally.counts.get("type/history/history", [[0.0, 0.0]] * BINS)
    shown = [(right + 1) / (seen + 1) for seen, right in bins]
    for number, confidence in enumerate(_confidences(tally)):
        assert confidence <= max(shown[: number + 1]) + 1e-9


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_confidence_becomes_the_share_that_was_right(share: float) -> None:
    """Of many proposals of one kind, about as many are right as the confidence says."""
    chance = random.Random(3)
    outcomes = [(0.5, chance.random() < share) for _ in range(700)]
    found = _tally(outcomes).confidence(Outcome("type", "history", "history", 0.5))
    assert found == pytest.approx(share, abs=0.04)


def test_a_young_desk_has_its_rules() -> None:
    """With nothing counted, rules are believed and history is not; agreement is believed most."""
    sure = {key: Tally().confidence(Outcome("type", *key, 0.5)) for key in PRIORS}
    assert sure["history", "history"] < 0.6 <= sure["rules", "rules"] < sure["agree", "rules"]
    assert sure["differ", "rules"] < sure["rules", "rules"]


def test_rules_that_are_wrong_fall_silent() -> None:
    """Five wrong answers of a rule bring its kind of proposal below the threshold."""
    tally = _tally([(0.0, False)] * 5, "rules")
    assert tally.confidence(Outcome("type", "rules", "rules", 0.0)) < 0.35


def test_the_newest_outcomes_say_most() -> None:
    """A share that changes is followed, and the counts stay bounded."""
    tally = _tally([(0.5, True)] * 5 * MOST_COUNTED)
    for _ in range(MOST_COUNTED):
        tally.count(Outcome("type", "history", "history", 0.5), right=False)
    seen, _ = map(sum, zip(*tally.counts["type/history/history"], strict=True))
    assert seen <= MOST_COUNTED
    assert tally.confidence(Outcome("type", "history", "history", 0.5)) < 0.4


@given(_VALUES)
def test_rising_keeps_the_mean_and_what_rises_already(pairs: list[tuple[float, float]]) -> None:
    """The nearest rising sequence has the same weighted mean, and leaves a rising one alone."""
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
    found = rising(values, weights)
    total = sum(v * w for v, w in zip(values, weights, strict=True))
    assert sum(v * w for v, w in zip(found, weights, strict=True)) == pytest.approx(total)
    assert all(first <= second for first, second in pairwise(found))
    assert rising(sorted(values), weights) == pytest.approx(sorted(values))


def test_every_situation_has_a_prior() -> None:
    """Nobody can be counted for whom nothing is assumed."""
    assert {situation for situation, _ in PRIORS} == set(
        get_args(Outcome.__annotations__["situation"])
        or {"agree", "differ", "new", "history", "rules"}
    )
