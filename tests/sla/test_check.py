"""What the check has to say: each warning and breach once, however often and however late it runs.

The starter's policy warns at 80 %; its business hours are those of London, on UTC in winter, and
2026-11-23 is a Monday.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.checking import LOOK_BACK_S, Checks
from sdcli.desk import Desk
from sdcli.sla.check import Alert, alerts, recipients_of
from sdcli.sla.clock import Clocks
from sdcli.tickets import steps
from sdcli.tickets.event import Assigned, Imported, SlaAlerted
from sdcli.tickets.ticket import advance, fold
from tests.conftest import NOW
from tests.sampling import examples
from tests.sla.test_clock import (
    HOUR,
    MAKERS,
    MON,
    MOVES,
    TUE,
    assigned,
    classified,
    closed,
    mark,
    moment,
    opened,
    reopened,
    resolved,
    resumed,
    seconds,
    told,
    waited,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from sdcli.tickets.words import Priority, Status
    from tests.homes import Storage


AT = seconds(f"{MON}T10:30")


class Said(NamedTuple):
    """An alert and the instant of the check that said it."""

    at: int
    alert: Alert

    @property
    def what(self) -> tuple[str, int]:
        """The target and the threshold."""
        return self.alert.target, self.alert.threshold

    @property
    def figures(self) -> tuple[object, ...]:
        """All that must not depend on when it is said.

        Recipients are those who have the ticket when it is said.
        """
        alert = self.alert
        passed = self.at - alert.late_by_s
        return (
            alert.id,
            alert.ref,
            alert.target,
            alert.threshold,
            alert.percent,
            alert.due,
            alert.elapsed_s,
            alert.target_s,
            passed,
        )


def check(policy: Policy, events: Iterable[AnyEvent], ticks: Iterable[int]) -> list[Said]:
    """Everything that checks at these instants say, each recording what it said."""
    clocks, pending = Clocks(policy), list(events)
    ticket: Ticket | None = None
    found: list[Said] = []
    for tick in ticks:
        while pending and pending[0].at.timestamp() <= tick:
            event = pending.pop(0)
            ticket = advance(ticket, (event,)) if ticket else fold("SD-1", (event,))
        if ticket is not None:
            new = alerts(ticket, policy, clocks, tick)
            found += [Said(tick, alert) for alert in new]
            ticket = advance(ticket, [_recorded(alert, tick) for alert in new])
    return found


def _recorded(alert: Alert, tick: int) -> SlaAlerted:
    return SlaAlerted(
        *mark(datetime.fromtimestamp(tick, timezone.utc)),
        alert=alert.id,
        target=alert.target,
        threshold=alert.threshold,
        due=datetime.fromtimestamp(alert.due, timezone.utc),
        target_s=alert.target_s,
        late_by_s=alert.late_by_s,
    )


def once(policy: Policy, now: str, *events: AnyEvent) -> list[Said]:
    """What a single check says of a ticket of which nothing has been said."""
    return check(policy, events, [seconds(now)])


def words(found: Iterable[Said]) -> list[tuple[str, int]]:
    """Targets and thresholds, in order."""
    return [each.what for each in found]


ALL_FOUR = [("response", 80), ("response", 100), ("resolution", 80), ("resolution", 100)]


@pytest.mark.parametrize(
    ("now", "count"),
    [
        ("10:11:59", 0),
        ("10:12:00", 1),
        ("10:15:00", 1),
        ("10:15:01", 2),
        ("13:11:59", 2),
        ("13:12:00", 3),
        ("14:00:00", 3),
        ("14:00:01", 4),
        ("17:00:00", 4),
    ],
)
def test_thresholds_pass_at_their_second(policy: Policy, now: str, count: int) -> None:
    """A warning is due with the second that makes 80 %, a breach with the one after the target."""
    found = once(policy, f"{MON}T{now}", opened(f"{MON}T10:00", "P1"))
    assert words(found) == ALL_FOUR[:count]


def test_an_alert_tells_the_figures_of_its_threshold(policy: Policy) -> None:
    """Percent, due and elapsed are of the instant it passed; `late_by_s` is how long ago."""
    warning, breach = once(policy, f"{MON}T12:12", opened(f"{MON}T10:00", "P1"))
    told_of = Alert(
        id=warning.alert.id,
        ref="SD-1",
        target="response",
        threshold=80,
        percent=80.0,
        due=seconds(f"{MON}T10:15"),
        elapsed_s=720,
        target_s=900,
        late_by_s=2 * HOUR,
        recipients=("chloe",),
        stage="warning",
    )
    assert warning.alert == told_of
    assert (breach.alert.percent, breach.alert.elapsed_s) == (100.0, 900)
    assert breach.alert.late_by_s == 2 * HOUR - 180


def test_ids_tell_alerts_apart_and_nothing_else(policy: Policy) -> None:
    """Another threshold, target, length or ticket is another id; another instant is not."""
    start = opened(f"{MON}T10:00", "P1")
    first = [each.alert.id for each in once(policy, f"{MON}T15:00", start)]
    assert len(set(first)) == 4
    assert [each.alert.id for each in once(policy, f"{TUE}T15:00", start)] == first
    longer = once(policy, f"{TUE}T15:00", opened(f"{MON}T10:00", "P3"))
    assert not {each.alert.id for each in longer} & set(first)
    other = alerts(fold("SD-2", (start,)), policy, Clocks(policy), seconds(f"{TUE}T15:00"))
    assert not {alert.id for alert in other} & set(first)


def test_every_warning_and_breach_is_said_once(policy: Policy) -> None:
    """Of checks every minute for two days, four say one thing each."""
    ticks = range(seconds(f"{MON}T09:00"), seconds(f"{TUE}T18:00"), 60)
    found = check(policy, (opened(f"{MON}T10:00", "P1"),), ticks)
    assert words(found) == ALL_FOUR
    assert len({each.at for each in found}) == 4


def test_a_word_or_a_resolution_in_time_leaves_nothing_to_say(policy: Policy) -> None:
    """What was answered before 80 % and resolved before 80 % is never mentioned."""
    story = (opened(f"{MON}T10:00", "P1"), told(f"{MON}T10:11"), resolved(f"{MON}T13:00"))
    assert once(policy, f"{TUE}T12:00", *story) == []


def test_a_wait_holds_back_the_resolution_but_not_the_response(policy: Policy) -> None:
    """The caller is waited for: the desk still owes the first word."""
    story = (opened(f"{MON}T10:00", "P1"), waited(f"{MON}T10:05"))
    assert words(once(policy, f"{TUE}T12:00", *story)) == ALL_FOUR[:2]


def test_what_happened_between_two_checks_is_still_said(policy: Policy) -> None:
    """A breach over before the check comes by, by resolution and closing, was a breach."""
    story = (opened(f"{MON}T10:00", "P1"), resolved(f"{MON}T14:30"), closed(f"{MON}T14:31"))
    assert words(once(policy, f"{TUE}T12:00", *story)) == ALL_FOUR


def test_another_priority_is_said_under_both(policy: Policy) -> None:
    """What passed before the change is said of the old target, the rest of the new one."""
    story = (opened(f"{MON}T10:00", "P1"), classified(f"{MON}T10:13", "P3"))
    found = once(policy, f"{MON}T12:01", *story)
    want = [("response", 80, 900), ("response", 80, 7200), ("response", 100, 7200)]
    assert [(*each.what, each.alert.target_s) for each in found] == want


def test_a_classification_that_changes_nothing_says_nothing_twice(policy: Policy) -> None:
    """The same targets are the same alerts, whatever else was decided."""
    story = (opened(f"{MON}T10:00", "P1"), classified(f"{MON}T10:30", "P1"))
    assert words(once(policy, f"{MON}T10:40", *story)) == ALL_FOUR[:2]


def test_an_alert_is_of_the_first_state_in_which_it_passed(policy: Policy) -> None:
    """A service found later, with the same targets and longer hours, does not date it back."""
    story = (opened(f"{MON}T06:00", "P3"), classified(f"{MON}T09:40", "P3", "email"))
    found = once(policy, f"{MON}T10:00", *story)
    assert words(found) == ALL_FOUR[:2]
    assert found[0].alert.late_by_s == 24 * 60


def test_reopening_says_nothing_twice(policy: Policy) -> None:
    """The clock that runs on after reopening has warned already."""
    story = (
        opened(f"{MON}T10:00", "P1"),
        resolved(f"{MON}T13:30"),
        reopened(f"{MON}T15:00"),
    )
    ticks = range(seconds(f"{MON}T10:00"), seconds(f"{MON}T17:00"), 60)
    assert words(check(policy, story, ticks)) == ALL_FOUR


# Asleep for three hours, or awake every minute.

SLEEP_S = 3 * HOUR
SERVICES = ("unknown", "erp", "email")


class Night(NamedTuple):
    """A ticket, and a stretch of three hours in which the check may sleep."""

    events: tuple[AnyEvent, ...]
    begins: int

    def awake(self, policy: Policy) -> list[Said]:
        """What is said by a check every minute."""
        return check(policy, self.events, range(self.begins, self.begins + SLEEP_S + 1, 60))

    def asleep(self, policy: Policy) -> list[Said]:
        """What is said by one check before and one after."""
        return check(policy, self.events, (self.begins, self.begins + SLEEP_S))


@st.composite
def nights(draw: st.DrawFn) -> Night:
    """A ticket opened before or in the stretch, and legal steps to the second within it."""
    begins = seconds(f"{MON}T06:00") + 60 * draw(st.integers(0, 14 * 60))
    priority: Priority = draw(st.sampled_from(("P1", "P1", "P2", "P3", "P4")))
    service = draw(st.sampled_from(SERVICES))
    at = begins + draw(st.one_of(st.integers(-4 * HOUR, HOUR), st.integers(-30 * HOUR, HOUR)))
    events: list[AnyEvent] = [opened(_text(at), priority, service)]
    status: Status = "new"
    for _ in range(draw(st.integers(0, 6))):
        at = max(at, begins) + draw(st.integers(1, HOUR))
        if at > begins + SLEEP_S:
            break
        legal = [move for move, leads in MOVES.items() if status in leads]
        move = draw(st.sampled_from([*legal, *(["classify"] if status != "closed" else [])]))
        if move == "classify":
            priority = draw(st.sampled_from(("P1", "P2", "P3", "P4", "P5")))
            events.append(classified(_text(at), priority, service))
        else:
            status = MOVES[move][status]
            events.append(MAKERS[move](_text(at)))
    return Night(tuple(events), begins)


def _text(at: int) -> str:
    return datetime.fromtimestamp(at, timezone.utc).replace(tzinfo=None).isoformat()


@hypothesis_settings(max_examples=examples(150))
@given(night=nights())
def test_a_check_that_slept_says_what_it_would_have_said(policy: Policy, night: Night) -> None:
    """After three hours asleep: the same alerts, figures and order as with a check a minute."""
    awake, asleep = night.awake(policy), night.asleep(policy)
    assert [each.figures for each in asleep] == [each.figures for each in awake]
    assert all(each.alert.late_by_s >= 0 for each in (*awake, *asleep))


@hypothesis_settings(max_examples=examples(50))
@given(night=nights())
def test_nothing_is_said_twice(policy: Policy, night: Night) -> None:
    """No check repeats an alert of an earlier one, and a second look at once says nothing."""
    found = check(
        policy,
        night.events,
        (tick for hour in range(5) for tick in (night.begins + hour * HOUR,) * 2),
    )
    ids = [each.alert.id for each in found]
    assert len(ids) == len(set(ids))


def test_a_change_of_priority_and_a_close_while_asleep(policy: Policy) -> None:
    """The story of one afternoon, told at once: the old warning, the new breaches, in order."""
    story = (
        opened(f"{MON}T10:00", "P2"),
        classified(f"{MON}T10:25", "P1"),
        told(f"{MON}T10:40"),
        resolved(f"{MON}T14:05"),
        closed(f"{MON}T14:06"),
    )
    night = Night(story, seconds(f"{MON}T10:00"))
    late = check(policy, story, [seconds(f"{MON}T18:00")])
    soon = check(policy, story, range(night.begins, seconds(f"{MON}T18:00") + 1, 60))
    want = [("response", 80, 1800), *((*each, 900) for each in ALL_FOUR[:2])]
    assert [(*each.what, each.alert.target_s) for each in late[:3]] == want
    assert words(late[3:]) == ALL_FOUR[2:]
    assert [each.figures for each in late] == [each.figures for each in soon]


@pytest.mark.parametrize("moves", [(waited,), (waited, resumed), (resolved, reopened)])
def test_the_due_time_of_an_alert_does_not_depend_on_when_it_is_said(
    policy: Policy, moves: tuple[Callable[[str], AnyEvent], ...]
) -> None:
    """A wait or a resolution after the threshold leaves the due time as it was when it passed."""
    later = [make(f"{MON}T13:{30 + 10 * step}") for step, make in enumerate(moves)]
    night = Night((opened(f"{MON}T10:00", "P1"), *later), seconds(f"{MON}T11:30"))
    awake, asleep = (
        next(each.alert for each in found if each.what == ("resolution", 80))
        for found in (night.awake(policy), night.asleep(policy))
    )
    assert awake.due == seconds(f"{MON}T14:00")
    assert asleep.due == awake.due


def test_alerts_of_a_ticket_come_in_the_order_in_which_they_passed(policy: Policy) -> None:
    """Where both targets are alike, both warnings come before both breaches, also after sleep."""
    short = replace(policy.sla.targets.P1, response=policy.sla.targets.P1.resolution)
    sla = replace(policy.sla, targets=replace(policy.sla.targets, P1=short))
    night = Night((opened(f"{MON}T10:00", "P1"),), seconds(f"{MON}T12:00"))
    same = replace(policy, sla=sla)
    assert words(night.asleep(same)) == words(night.awake(same))


def test_what_was_late_before_an_import_is_not_said(policy: Policy) -> None:
    """An imported ticket says what passes after it came, and nothing of before (T25)."""
    came = Imported(*mark(moment(f"{MON}T11:00")), source="zammad/7")
    found = once(policy, f"{MON}T17:00", opened(f"{MON}T10:00", "P1"), came)
    assert words(found) == ALL_FOUR[2:]


def test_no_alert_comes_before_its_instant_where_clocks_disagree(policy: Policy) -> None:
    """Events stamped out of order do not make an alert that is late by less than nothing."""
    story = (opened(f"{MON}T10:00", "P1"), waited(f"{MON}T14:00"), resumed(f"{MON}T11:00"))
    ticket = fold("SD-1", story)
    found = alerts(ticket, policy, Clocks(policy), seconds(f"{MON}T12:30"))
    assert all(alert.late_by_s >= 0 for alert in found)


# Who should hear it.


def test_warning_and_breach_go_to_the_roles_of_the_policy(policy: Policy) -> None:
    """A warning goes to those at work, a breach also to those who answer for it."""
    ticket = fold("SD-1", (opened(f"{MON}T10:00", "P1", "erp"),))
    assert recipients_of(ticket, policy, "warning", AT) == ("chloe",)
    assert recipients_of(ticket, policy, "breach", AT) == ("chloe", "kofi", "amara")


def test_the_assignee_hears_it_first(policy: Policy) -> None:
    """Whoever works on it is named before the lead of the queue."""
    given_to = Assigned(*mark(moment(f"{MON}T10:01")), to="greta", queue="databases")
    ticket = fold("SD-1", (opened(f"{MON}T10:00"), given_to))
    assert recipients_of(ticket, policy, "warning", AT) == ("greta", "petra")


def test_nobody_hears_it_twice(policy: Policy) -> None:
    """Who is assignee and lead, or lead and owner, is named once."""
    ticket = fold("SD-1", (opened(f"{MON}T10:00"), assigned(f"{MON}T10:01")))
    assert recipients_of(ticket, policy, "warning", AT) == ("chloe",)
    given_to = Assigned(*mark(moment(f"{MON}T10:01")), to="kofi", queue="applications")
    ticket = fold("SD-1", (opened(f"{MON}T10:00", "P1", "erp"), given_to))
    assert recipients_of(ticket, policy, "breach", AT) == ("kofi", "amara")


def test_on_call_hears_it_where_there_is_one(policy: Policy) -> None:
    """A queue without anybody on call has nobody in that role: the duty manager hears it."""
    sla = replace(policy.sla, alerts=replace(policy.sla.alerts, warning=("on-call",)))
    with_on_call = replace(policy, sla=sla)
    for queue, want in (("network", ("hugo",)), ("onsite", ("amara",))):
        ticket = fold("SD-1", (replace(opened(f"{MON}T10:00"), queue=queue),))
        assert recipients_of(ticket, with_on_call, "warning", AT) == want


def test_the_desk_manager_hears_it_for_a_queue_that_has_left(policy: Policy) -> None:
    """A ticket in a queue that the files no longer have is nobody's; the manager hears it."""
    ticket = fold("SD-1", (replace(opened(f"{MON}T10:00"), queue="gone"),))
    assert recipients_of(ticket, policy, "warning", AT) == ("amara",)


def test_an_alert_goes_to_those_who_have_the_ticket_now(policy: Policy) -> None:
    """After a reassignment, the one who works on it now should hear what passed before."""
    given_to = Assigned(*mark(moment(f"{MON}T11:00")), to="greta", queue="network")
    story = (opened(f"{MON}T10:00", "P1"), given_to, classified(f"{MON}T11:05", "P2"))
    found = once(policy, f"{MON}T11:10", *story)
    assert {each.alert.recipients for each in found if each.alert.threshold == 80} == {("greta",)}


# The desk.


def said_by(desk: Desk, *, record: bool = True) -> list[tuple[Ticket, Alert]]:
    """What a check has to say, once it has been heard."""
    checks = Checks(desk)
    if not record:
        return checks.rehearsed()
    found, settle = checks.alerts()
    settle(True)
    return found


def later(desk: Desk, **passed: float) -> Desk:
    """The same desk some time after `NOW`."""
    return Desk(desk.root, by="ben", now=NOW + timedelta(**passed), cache="", wait_s=5)


def open_at_desk(desk: Desk, priority: Priority = "P1", service: str = "unknown") -> Ticket:
    """A ticket in the desk's ledger, opened at `NOW`."""
    with desk.ledger.write() as writer:
        return writer.create((opened(f"{MON}T10:00", priority, service),))


def heard(desk: Desk, *, record: bool = True, **passed: float) -> list[tuple[str, str, int]]:
    """What the desk's check says some time after `NOW`: ticket, target, threshold."""
    found = said_by(later(desk, **passed), record=record)
    return [(ticket.ref, alert.target, alert.threshold) for ticket, alert in found]


def test_the_desk_says_each_alert_once(desk: Desk) -> None:
    """One warning and one breach a target, each by the first check after it, none by the next."""
    ref = open_at_desk(desk).ref
    assert heard(desk, minutes=11) == []
    assert heard(desk, minutes=12) == [(ref, "response", 80)]
    assert heard(desk, minutes=12) == []
    assert heard(desk, minutes=16) == [(ref, "response", 100)]
    assert heard(desk, minutes=16) == []
    assert heard(desk, hours=5) == [(ref, "resolution", 80), (ref, "resolution", 100)]
    assert heard(desk, hours=5) == []
    assert heard(desk, days=3) == []


def test_a_dry_run_says_everything_and_records_nothing(desk: Desk, storage: Storage) -> None:
    """It says the same again and again, and leaves every byte of the ledger as it was."""
    ref = open_at_desk(desk).ref
    before = storage.content()
    want = [(ref, target, threshold) for target, threshold in ALL_FOUR]
    assert heard(desk, record=False, hours=5) == want
    assert heard(desk, record=False, hours=5) == want
    assert storage.content() == before
    assert heard(desk, hours=5) == want


def test_a_desk_that_slept_says_the_same_in_the_same_order(desk: Desk) -> None:
    """One dry run after five hours is what checks every four minutes say, ticket by ticket."""
    refs = [open_at_desk(desk, priority).ref for priority in ("P1", "P2", "P3")]
    at_once = said_by(later(desk, hours=5), record=False)
    one_by_one = [
        said for minutes in range(0, 301, 4) for said in said_by(later(desk, minutes=minutes))
    ]
    assert [ticket.ref for ticket, _ in at_once] == sorted(ticket.ref for ticket, _ in at_once)
    for ref in refs:
        slept = [replace(alert, late_by_s=0) for ticket, alert in at_once if ticket.ref == ref]
        awake = [replace(alert, late_by_s=0) for ticket, alert in one_by_one if ticket.ref == ref]
        assert slept == awake
        assert slept


def test_a_check_with_nothing_to_say_writes_nothing(desk: Desk, storage: Storage) -> None:
    """The ledger is left alone byte for byte, but for the heartbeat of the check itself."""
    open_at_desk(desk)
    before = storage.content()
    assert heard(desk, minutes=5) == []
    assert desk.ledger.last_beat()
    assert storage.content() == before


def test_an_alert_is_recorded_as_it_was_said(desk: Desk) -> None:
    """The event on the ticket holds the alert's id and figures, and who should hear it."""
    ref = open_at_desk(desk).ref
    ((_, alert),) = said_by(later(desk, minutes=13))
    event = desk.ledger.get(ref).events[-1]
    assert isinstance(event, SlaAlerted)
    assert (event.at, event.by) == (NOW + timedelta(minutes=13), "ben")
    assert event.due == NOW + timedelta(minutes=15)
    assert (event.alert, event.target, event.threshold) == (alert.id, "response", 80)
    assert (event.target_s, event.late_by_s, event.recipients) == (900, 60, ("chloe",))
    assert desk.ledger.get(ref).sla_alerts == (alert.id,)


def test_what_the_check_says_is_no_change_of_the_request(desk: Desk) -> None:
    """State, assignee and the time of the last change stay as they were."""
    before = open_at_desk(desk)
    assert heard(desk, hours=5)
    after = desk.ledger.get(before.ref)
    assert after.updated_at == before.updated_at == NOW
    assert replace(after, sla_alerts=(), events=before.events) == before


def test_a_ticket_closed_between_two_checks_is_still_said(desk: Desk) -> None:
    """Closing does not hide a breach from a check that comes later."""
    ref = open_at_desk(desk).ref
    assert heard(desk, minutes=1) == []
    closing = later(desk, hours=4.5)
    closing.change(ref, steps.close, code="solved", unconfirmed="no answer")
    assert heard(desk, hours=7) == [(ref, target, threshold) for target, threshold in ALL_FOUR]
    assert heard(desk, hours=7) == []


def test_a_closed_ticket_is_looked_at_for_a_week(desk: Desk) -> None:
    """To the second a week after its last change, and not after that; saying is no change."""
    ref = open_at_desk(desk).ref
    desk_then = later(desk, hours=5)
    desk_then.change(ref, steps.close, code="solved", unconfirmed="no answer")
    week = 5 * HOUR + LOOK_BACK_S
    assert heard(desk, record=False, seconds=week + 1) == []
    assert len(heard(desk, seconds=week)) == 4


def test_an_open_ticket_is_looked_at_however_old(desk: Desk) -> None:
    """A breach of long ago is said while the ticket is not closed."""
    ref = open_at_desk(desk).ref
    assert len(heard(desk, days=60)) == 4
    later(desk, days=60).change(ref, steps.resolve, code="solved")
    assert heard(desk, days=120) == []
