"""Numbers of figures as people read them."""

from __future__ import annotations

import pytest

from sdcli.insight.figures import FIGURES
from sdcli.insight.reported import Number, Row
from sdcli.render.amounts import Change, amount, basis, change


@pytest.mark.parametrize(
    ("id_", "value", "said"),
    [
        ("opened", 1234.0, "1,234"),
        ("opened", None, "none"),
        ("fcr", 87.5, "87.5 %"),
        ("fcr", 80.0, "80 %"),
        ("survey.satisfaction", 4.0, "4.0"),
        ("survey.satisfaction", 4.25, "4.25"),
        ("respond", 0.0, "0 min"),
        ("respond", 40.0, "40 s"),
        ("respond", 5700.0, "1 h 35 min"),
        ("respond", 7200.0, "2 h"),
        ("respond", 59.9 * 60, "59 min"),
        ("resolve", 4445000.0, "1,234 h"),
        ("backlog.age", 273600.0, "3 d 4 h"),
        ("backlog.age", 12000.0, "3 h 20 min"),
        ("minutes", 95.0, "1 h 35 min"),
        ("review.score", 66.67, "66.7 %"),
    ],
)
def test_a_value_is_read_aloud(id_: str, value: float | None, said: str) -> None:
    """With its unit, and no more digits than anybody reads."""
    assert amount(value, FIGURES[id_]) == said


@pytest.mark.parametrize(
    ("id_", "now", "before", "told"),
    [
        ("opened", 110, 100, Change("▲", "10 more (+10 %)", "")),
        ("resolved", 90, 100, Change("▼", "10 fewer (-10 %)", "worse")),
        ("backlog", 1, 0, Change("▲", "1 more", "worse")),
        ("fcr", 62.5, 60, Change("▲", "2.5 points more", "better")),
        ("reopen_rate", 2, 3, Change("▼", "1 point less", "better")),
        ("respond", 600, 1320, Change("▼", "12 min shorter", "better")),
        ("minutes", 60, 120, Change("▼", "1 h less (-50 %)", "")),
        ("survey.satisfaction", 4.5, 4.25, Change("▲", "0.25 higher", "better")),
        ("opened", 5, 5, Change("=", "as before", "")),
        ("fcr", None, 60, Change("", "", "")),
    ],
)
def test_a_change_is_said_in_words(
    id_: str, now: float | None, before: float, told: Change
) -> None:
    """How much, which way, and whether that is for the better: no colour is needed for it."""
    row = Row(id=id_, now=Number(value=now), before=Number(value=before))
    assert change(row) == told


def test_a_number_says_what_it_is_made_of() -> None:
    """`100 %` of one is not `100 %` of a thousand."""
    assert basis(Number(value=50, of=48, counted=24), FIGURES["fcr"]) == "24 of 48"
    assert basis(Number(value=50, of=1048), FIGURES["respond"]) == "median of 1,048"
    assert basis(Number(value=4, of=3), FIGURES["survey.satisfaction"]) == "mean of 3"
    assert basis(Number(value=4, of=4), FIGURES["opened"]) == ""
