"""The numbers of figures as people read them: `1 h 35 min`, `87.5 %`, `1,234`; and what changed.

A change is said in words and has a sign, so that nothing depends on a colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sdcli.insight.figures import Figure
    from sdcli.insight.reported import Number, Row

Verdict: TypeAlias = Literal["better", "worse", ""]

NOTHING = "none"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_LONG_HOURS = 100
"""From so many hours on, minutes say nothing more."""
_SIGNS = {True: "▲", False: "▼"}


class Change(NamedTuple):
    """What changed: a sign, the words, and whether it is for the better; all empty if unknown."""

    sign: str
    words: str
    verdict: Verdict


def amount(value: float | None, figure: Figure) -> str:
    """A value of a figure, with its unit where it has one."""
    if value is None:
        return NOTHING
    if figure.unit == "percent":
        return f"{_short(value)} %"
    if figure.unit == "score":
        return f"{value:.2f}".removesuffix("0")
    if figure.unit == "seconds":
        return days(int(value)) if figure.kind == "age" else hours(int(value))
    return hours(int(value) * _MINUTE) if figure.unit == "minutes" else f"{value:,.0f}"


def hours(seconds: int) -> str:
    """A duration in hours and minutes, as working time is told: `1 h 35 min`, `1,234 h`, `40 s`."""
    if abs(seconds) < _MINUTE:
        return f"{seconds} s" if seconds else "0 min"
    whole, minutes = divmod(abs(seconds) // _MINUTE, 60)
    sign = "-" if seconds < 0 else ""
    if whole >= _LONG_HOURS or not minutes:
        return f"{sign}{whole:,} h"
    return sign + (f"{whole} h {minutes} min" if whole else f"{minutes} min")


def days(seconds: int) -> str:
    """A duration by the calendar on the wall: `12 d 4 h`, `3 h 20 min`."""
    if abs(seconds) < _DAY:
        return hours(seconds)
    whole, rest = divmod(seconds // _HOUR, 24)
    return f"{whole:,} d {rest} h" if rest else f"{whole:,} d"


def basis(number: Number, figure: Figure) -> str:
    """What a number is made of: `42 of 48`, `median of 48`; empty where the number says it itself."""
    if figure.kind == "share":
        return f"{number.counted:,} of {number.of:,}"
    if figure.kind in {"spread", "age"}:
        return f"median of {number.of:,}"
    return f"mean of {number.of:,}" if figure.kind == "mean" else ""


def change(row: Row) -> Change:
    """What is different from the period before."""
    by = row.change
    if by is None:
        return Change("", "", "")
    if not by:
        return Change("=", "as before", "")
    figure, is_more = row.figure, by > 0
    better = {"more": is_more, "less": not is_more, "": None}[figure.better]
    verdict: Verdict = "" if better is None else "better" if better else "worse"
    return Change(_SIGNS[is_more], _by(abs(by), is_more, row), verdict)


def _by(by: float, is_more: bool, row: Row) -> str:
    figure = row.figure
    if figure.unit == "percent":
        points = _short(by)
        noun = "point" if points == "1" else "points"
        return f"{points} {noun} {'more' if is_more else 'less'}"
    if figure.unit == "score":
        return f"{by:.2f}".removesuffix("0") + (" higher" if is_more else " lower")
    if figure.unit == "seconds":
        return f"{amount(by, figure)} {'longer' if is_more else 'shorter'}"
    told = f"{amount(by, figure)} {'more' if is_more else 'less' if figure.unit == 'minutes' else 'fewer'}"
    before = row.before.value
    return f"{told} ({'+' if is_more else '-'}{_short(by * 100 / before)} %)" if before else told


def _short(value: float) -> str:
    """With a decimal place where it has one: `80`, `62.5`."""
    return f"{value:,.1f}".removesuffix(".0")
