"""The engine against a second-by-second reading of ten thousand random calendars.

`make prove` tries all of them, the usual run some. Each case lies round a change of clocks of one
of sixteen zones, and has overnight shifts, holidays, ranges, special hours and breaks.
"""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta, timezone
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sdcli.sla.calendar import WorkingTime
from tests.sla import oracle
from tests.sla.oracle import DAY_S, YEARS, Case, changes

HOUR = 3600
FULL = bool(os.environ.get("SDCLI_TORTURE"))
EACH = hypothesis_settings(
    max_examples=10_000 if FULL else 60,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
HOT = (0, 60, 90, 105, 120, 135, 150, 180, 1380, 1425, 1440)
"""Minutes of the day near which zones change their clocks."""


@st.composite
def hours(draw: st.DrawFn, most: int = 6) -> oracle.Hours:
    """Hours of a day on a grid of a quarter, a minute or a second; the last may run overnight."""
    grid = draw(st.sampled_from((900, 900, 60, 1)))
    hot = st.sampled_from(HOT).map(lambda minute: minute * 60)
    anywhere = st.integers(0, DAY_S // grid).map(lambda step: step * grid)
    ends = draw(
        st.lists(st.one_of(anywhere, hot), min_size=0, max_size=most, unique=True).map(sorted)
    )
    found = list(zip(ends[::2], ends[1::2], strict=False))
    if len(ends) % 2 and ends[-1] < DAY_S:
        until = draw(st.integers(0, ends[-1]))
        found.append((ends[-1], DAY_S + until // grid * grid))
    return tuple(found)


@st.composite
def keys(draw: st.DrawFn, near: date) -> str:
    """A date near another one, one of each year, or a range of either."""
    first = near + timedelta(days=draw(st.integers(-4, 4)))
    last = first + timedelta(days=draw(st.sampled_from((0, 0, 1, 2, 40))))
    is_range, is_yearly = draw(st.booleans()), draw(st.booleans())
    text = f"{first.isoformat()}..{last.isoformat()}" if is_range else first.isoformat()
    return text.replace(f"{first.year}-", "").replace(f"{last.year}-", "") if is_yearly else text


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Anything within two days of a change of clocks."""
    zone = draw(st.sampled_from(sorted(YEARS)))
    centre = draw(st.sampled_from(changes(zone)))
    near = datetime.fromtimestamp(centre * 60, timezone.utc).date()
    usual = draw(st.tuples(*(hours() for _ in oracle.DAYS)))
    assume(any(usual))
    few: Any = {"max_size": 2}
    dates = keys(near)
    start = centre * 60 + draw(st.integers(-2 * DAY_S, DAY_S))
    return Case(
        zone,
        centre,
        usual,
        {key: f"holiday {key}" for key in draw(st.lists(dates, **few))},
        draw(st.dictionaries(dates, hours(4), **few)),
        draw(st.dictionaries(dates, hours(4), **few)),
        start,
        start + draw(st.integers(0, 2 * DAY_S)),
    )


def _is_told(case: Case) -> bool:
    """Whether each date has one entry that counts; of two of one rank either may."""
    for entries in (case.holidays, case.special):
        ranks = [oracle.rank(key) for key in entries]
        if len(set(ranks)) < len(ranks):
            return False
    return True


@EACH
@given(case=cases(), wait=st.integers(1, 20 * HOUR))
def test_the_engine_agrees_with_the_seconds(case: Case, wait: int) -> None:
    """Working time, due times forwards and backwards, and parts are those counted by the second."""
    assume(_is_told(case))
    row, time = oracle.read(case), WorkingTime(case.calendar)
    assert time.between(case.start, case.end) == oracle.between(row, case.start, case.end)
    assert list(time.parts(case.start, case.end)) == oracle.parts(row, case.start, case.end)
    due = oracle.after(row, case.start, wait)
    if due is not None and due < row.origin + len(row.kinds) - 2 * DAY_S:
        assert time.after(case.start, wait) == due
    begun = oracle.before(row, case.end, wait)
    if begun is not None and begun > row.origin + 2 * DAY_S:
        assert time.before(case.end, wait) == begun


@EACH
@given(case=cases(), days=st.sampled_from((1, 2, 3, -1, -2)))
def test_business_days_agree_with_the_dates(case: Case, days: int) -> None:
    """So many dates on which seconds are open by their own hours, at the same time of day."""
    assume(_is_told(case))
    row = oracle.read(case)
    want = oracle.business_days(case, row, case.start, days)
    if want is not None and abs(want - case.centre * 60) < 3 * DAY_S:
        assert WorkingTime(case.calendar).business_days(case.start, days) == want
