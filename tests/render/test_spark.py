"""Pictures in a line of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.render.spark import bar, spark

NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.none() | st.integers(-9, 9)


def test_a_series_rises() -> None:
    """The least is the lowest block, the most the highest, and what is not there is a dot."""
    assert spark([1, 2, None, 3, 4, 5, 6, 7, 8], ascii=False) == "▁▂·▃▄▅▆▇█"
    assert spark([1, 2, None, 3, 4, 5, 6, 7, 8], ascii=True) == "_-.~=+*%#"


def test_a_scale_can_be_given() -> None:
    """From 0 to 100 a share of 50 is in the middle, whatever else there is; beyond is at the end."""
    assert spark([50, 100, 200, -1], ascii=False, low=0, high=100) == "▅██▁"


@pytest.mark.parametrize(("values", "shown"), [([], ""), ([0, 0], "▁▁"), ([7], "▄"), ([None], "·")])
def test_what_does_not_change_is_flat(values: list[float | None], shown: str) -> None:
    """Nothing is the lowest block, something is in the middle."""
    assert spark(values, ascii=False) == shown


@given(values=st.lists(NUMBERS), ascii_only=st.booleans())
def test_a_character_a_value(values: list[float | None], ascii_only: bool) -> None:
    """However odd the numbers are, and no more than ASCII where no more can be shown."""
    shown = spark(values, ascii=ascii_only)
    assert len(shown) == len(values)
    assert not ascii_only or shown.isascii()


def test_bars_are_as_long_as_they_say() -> None:
    """In eighths of a column; in ASCII in whole ones."""
    assert bar(8, 8, 10, ascii=False) == "█" * 10
    assert bar(3, 8, 10, ascii=False) == "███▊"
    assert bar(3, 8, 10, ascii=True) == "####"


@pytest.mark.parametrize("value", [None, 0, -3, float("nan")])
def test_nothing_has_no_bar(value: float | None) -> None:
    """Neither has what is less than nothing."""
    assert bar(value, 8, 10, ascii=False) == ""


@given(value=NUMBERS, most=st.floats(-9, 9), width=st.integers(0, 200), ascii_only=st.booleans())
def test_a_bar_stays_in_its_room(
    value: float | None, most: float, width: int, ascii_only: bool
) -> None:
    """It is never wider, and never gone if there is something to show and room to show it."""
    shown = bar(value, most, width, ascii=ascii_only)
    assert len(shown) <= width
    assert not ascii_only or shown.isascii()
    if value is not None and 0 < value < float("inf") and most > 0 and width:
        assert shown
