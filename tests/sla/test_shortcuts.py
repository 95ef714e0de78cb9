"""What the check leaves out makes no difference: it agrees with the plain computation.

The reference reads whole clocks, second by second where it must, of the ticket as it was under
each classification, makes every alert there is, and only then asks which were said before. It
leaves nothing out, knows no bound, and begins with a fresh calendar each time.
"""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.sla.agreed import agreement_of
from sdcli.sla.calendar import WorkingTime
from sdcli.sla.check import Alert, Stage, alerts, recipients_of
from sdcli.sla.clock import Clocks
from sdcli.tickets.contact import Support
from sdcli.tickets.event import Classified, SlaAlerted, SupportDecided
from sdcli.tickets.ticket import advance, fold
from tests.sampling import examples
from tests.sla.test_calendar import Case, cases
from tests.sla.test_clock import (
    HOUR,
    MAKERS,
    MON,
    MOVES,
    classified,
    mark,
    moment,
    opened,
    seconds,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdcli.policy.model import Policy
    from sdcli.sla.runs import Target
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority, Status

MINUTE, DAY = 60, 24 * HOUR
BEGINS = seconds("2026-09-24T00:00")
"""Two months before the Monday of the other tests, with a change of clocks in London between them."""
ENDS = BEGINS + 65 * DAY

# The reference.


def plainly(ticket: Ticket, policy: Policy, now: int) -> list[Alert]:
    """Everything that should have been said by `now` and has not been, by the long way."""
    found: dict[str, Alert] = {}
    since = 0
    for was, until in classifications(ticket, now):
        passed = sorted(
            (
                replace(alert, on_arrival=now - alert.late_by_s < since)
                for alert in passed_by(was, ticket, policy, until, now)
            ),
            key=lambda each: -each.late_by_s,
        )
        since = until
        for alert in passed:
            found.setdefault(alert.id, alert)
    return [alert for id_, alert in found.items() if id_ not in ticket.sla_alerts]


def classifications(ticket: Ticket, now: int) -> Iterator[tuple[Ticket, int]]:
    """The ticket as it was under each, and when that ended."""
    for index, event in enumerate(ticket.events):
        if isinstance(event, (Classified, SupportDecided)):
            yield fold(ticket.ref, ticket.events[:index]), min(now, int(event.at.timestamp()))
    yield ticket, now


def passed_by(was: Ticket, ticket: Ticket, policy: Policy, until: int, now: int) -> Iterator[Alert]:
    """The alerts of a ticket as it was, by the end of that."""
    agreement = agreement_of(policy.levels, was).agreement
    time = WorkingTime(policy.sla.calendars[agreement.calendar])
    targets: tuple[Target, ...] = ("response", "resolution")
    for target in targets:
        ran, target_s = reading(was, policy, target, until)
        for threshold in (*policy.sla.alerts.warn_at, 100):
            needed = -(-target_s * threshold // 100)
            if ran > target_s if threshold == 100 else ran >= needed:
                at = first_second(was, policy, target, needed, until)
                stage: Stage = "breach" if threshold == 100 else "warning"
                key = f"{ticket.ref}|{target}|{threshold}|1|{target_s}"
                yield Alert(
                    id=sha256(key.encode()).hexdigest()[:16],
                    ref=ticket.ref,
                    target=target,
                    threshold=threshold,
                    percent=round(needed * 100 / target_s, 1),
                    due=time.after(at, target_s - needed),
                    elapsed_s=needed,
                    target_s=target_s,
                    late_by_s=now - at,
                    recipients=recipients_of(ticket, policy, stage, now),
                    stage=stage,
                )


def reading(ticket: Ticket, policy: Policy, target: Target, now: int) -> tuple[int, int]:
    """What a clock shows and what it must not exceed, in seconds of working time."""
    clock = Clocks(policy).read(ticket, now)[target]
    assert clock.elapsed_s is not None
    assert clock.target_s is not None
    return clock.elapsed_s, clock.target_s


def first_second(ticket: Ticket, policy: Policy, target: Target, needed: int, until: int) -> int:
    """The first instant at which a clock shows what is needed: halving, since it never runs back."""
    early, late = int(ticket.opened_at.timestamp()), until
    while late - early > 1:
        middle = (early + late) // 2
        if reading(ticket, policy, target, middle)[0] >= needed:
            late = middle
        else:
            early = middle
    return late


# Tickets of two months.


class History(NamedTuple):
    """A ticket of which some things have been said, and an instant to look at it."""

    ticket: Ticket
    now: int


PAUSES = st.one_of(
    st.builds(lambda minutes, by: minutes * MINUTE + by, st.integers(0, 20), st.integers(-1, 1)),
    st.integers(0, 5 * HOUR),
    st.integers(0, 20 * DAY),
    st.integers(-3 * HOUR, 0),
)
"""Seconds between two events: about where thresholds are, a night, weeks, or a clock set back."""
PRIORITIES: st.SearchStrategy[Priority] = st.sampled_from(("P1", "P1", "P2", "P3", "P4", "P5"))
SERVICES = st.sampled_from(("unknown", "erp", "email", "gone"))
DECISIONS = st.sampled_from(
    (
        Support(what="Dropbox"),
        Support(what="Dropbox", decision="override", agreement="goodwill"),
        Support(what="Dropbox", decision="override", agreement="critical"),
    )
)


@st.composite
def stories(draw: st.DrawFn) -> tuple[AnyEvent, ...]:
    """Legal steps over weeks, among them some that are stamped earlier than the one before."""
    at = draw(st.integers(BEGINS, ENDS))
    events: list[AnyEvent] = [opened(_text(at), draw(PRIORITIES), draw(SERVICES))]
    status: Status = "new"
    for _ in range(draw(st.integers(0, 6))):
        at += draw(PAUSES)
        legal = [move for move, leads in MOVES.items() if status in leads]
        move = draw(st.sampled_from([*legal, *(["classify"] * 2 if status != "closed" else [])]))
        if move == "classify" and draw(st.booleans()):
            events.append(classified(_text(at), draw(PRIORITIES), draw(SERVICES)))
        elif move == "classify":
            events.append(SupportDecided(*mark(moment(_text(at))), support=draw(DECISIONS)))
        else:
            status = MOVES[move][status]
            events.append(MAKERS[move](_text(at)))
    return tuple(events)


@st.composite
def histories(draw: st.DrawFn, policy: Policy) -> History:
    """A story, some of what a first look had to say on record, and a second look.

    Half of the looks are within a second of the instant at which something is passed.
    """
    ticket = fold("SD-1", draw(stories()))
    stamps = [int(event.at.timestamp()) for event in ticket.events]
    end = max(stamps) + 30 * DAY
    edges = [end - alert.late_by_s for alert in plainly(ticket, policy, end)] or stamps
    looks = st.one_of(
        st.builds(int.__add__, st.sampled_from(stamps), PAUSES),
        st.builds(int.__add__, st.sampled_from(edges), st.integers(-1, 1)),
    )
    first_look = draw(looks)
    for alert in plainly(ticket, policy, first_look):
        if draw(st.integers(0, 3)):
            ticket = advance(ticket, [_recorded(alert, first_look)])
    return History(ticket, draw(looks))


def _recorded(alert: Alert, at: int) -> SlaAlerted:
    return SlaAlerted(
        *mark(datetime.fromtimestamp(at, timezone.utc)),
        alert=alert.id,
        target=alert.target,
        threshold=alert.threshold,
        due=datetime.fromtimestamp(alert.due, timezone.utc),
        target_s=alert.target_s,
        late_by_s=alert.late_by_s,
    )


def _text(at: int) -> str:
    return datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None).isoformat()


def warning_at(policy: Policy, *percents: int) -> Policy:
    """The same policy with other warnings."""
    alerts_then = replace(policy.sla.alerts, warn_at=percents)
    return replace(policy, sla=replace(policy.sla, alerts=alerts_then))


WARNINGS = ((), (80,), (50, 80), (99, 25))


@hypothesis_settings(max_examples=examples(200))
@given(data=st.data(), percents=st.sampled_from(WARNINGS))
def test_the_check_says_what_the_plain_computation_says(
    policy: Policy, data: st.DataObject, percents: tuple[int, ...]
) -> None:
    """Alerts, figures and order are those of the long way, whatever has been said before."""
    adapted = warning_at(policy, *percents)
    ticket, now = data.draw(histories(adapted))
    assert alerts(ticket, adapted, Clocks(adapted), now) == plainly(ticket, adapted, now)


@hypothesis_settings(max_examples=examples(50))
@given(data=st.data())
def test_a_check_of_many_tickets_says_of_each_what_it_says_of_it_alone(
    policy: Policy, data: st.DataObject
) -> None:
    """What was worked out for one ticket serves the next one without a trace of the first."""
    clocks = Clocks(policy)
    for ticket, now in data.draw(st.lists(histories(policy), max_size=8)):
        assert alerts(ticket, policy, clocks, now) == alerts(ticket, policy, Clocks(policy), now)


@hypothesis_settings(max_examples=examples(100))
@given(data=st.data())
def test_a_ticket_of_which_all_is_said_has_no_more_to_say(
    policy: Policy, data: st.DataObject
) -> None:
    """With every alert on record the check is silent; without the last one it says that one."""
    ticket, now = data.draw(histories(policy))
    found = alerts(ticket, policy, Clocks(policy), now)
    said = advance(ticket, [_recorded(alert, now) for alert in found])
    assert alerts(said, policy, Clocks(policy), now) == []
    if found:
        all_but_one = advance(ticket, [_recorded(alert, now) for alert in found[:-1]])
        assert alerts(all_but_one, policy, Clocks(policy), now) == found[-1:]


# At the edges.


def test_a_threshold_passed_in_the_second_of_a_classification_was_passed(policy: Policy) -> None:
    """Twelve minutes as P1 make 80 % and are warned of; a second less is not."""
    for at, want in (("10:12:00", [80]), ("10:11:59", [])):
        ticket = fold("SD-1", (opened(f"{MON}T10:00", "P1"), classified(f"{MON}T{at}", "P5")))
        found = alerts(ticket, policy, Clocks(policy), seconds(f"{MON}T10:20"))
        assert [alert.threshold for alert in found] == want


def test_a_word_recorded_after_a_classification_does_not_undo_what_had_passed(
    policy: Policy,
) -> None:
    """Though it is stamped earlier: under the old priority nobody had heard of it."""
    story = (
        opened(f"{MON}T10:00", "P1"),
        classified(f"{MON}T10:14", "P5"),
        told(f"{MON}T10:05"),
    )
    found = alerts(fold("SD-1", story), policy, Clocks(policy), seconds(f"{MON}T10:20"))
    assert [(alert.target, alert.threshold) for alert in found] == [("response", 80)]


# Working time over long stretches.


@hypothesis_settings(max_examples=examples(60))
@given(case=cases(), days=st.integers(1, 250))
def test_a_long_stretch_is_worth_its_days(case: Case, days: int) -> None:
    """Over months, working time is the sum of that of each day, asked of a new calendar each."""
    begin = case.start - days * DAY // 2
    edges = [begin + day * DAY for day in range(days + 1)]
    single = [case.time.between(*pair) for pair in pairwise(edges)]
    assert case.time.between(begin, edges[-1]) == sum(single)


@hypothesis_settings(max_examples=examples(150))
@given(
    case=cases(),
    stretches=st.lists(
        st.tuples(
            st.one_of(st.integers(-90 * DAY, 90 * DAY), st.integers(-2 * DAY, 2 * DAY)),
            st.one_of(st.integers(0, 40 * DAY), st.integers(0, DAY)),
        ),
        max_size=8,
    ),
)
def test_a_calendar_answers_in_any_order(case: Case, stretches: list[tuple[int, int]]) -> None:
    """Whatever was asked before, earlier or later, the answer is that of a new calendar."""
    used = case.time
    for offset, length in stretches:
        start = case.start + offset
        assert used.between(start, start + length) == case.time.between(start, start + length)
