"""What becomes of alerts: once, flaps, storms, planned outages; every one is accounted for."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.arrivals import Arrivals
from sdcli.intake.items import AlertItem
from sdcli.intake.record import Recorder
from sdcli.ledger.tiny.home import TinyLedger
from sdcli.policy.load import read_policy
from sdcli.policy.model import Flapping, Limits, Outage, Schedule
from sdcli.policy.scalars import Instant, Span
from sdcli.tickets import steps
from sdcli.tickets.alerts import facts, standings, totals
from sdcli.tickets.event import Stamp, kind
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import fold
from sdcli.tickets.words import STATUSES
from sdcli.triage.classify import decide
from sdcli.triage.wish import Wish
from tests.conftest import NOW, REPOSITORY
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sdcli.desk import Desk
    from sdcli.intake.outcome import Outcome
    from sdcli.ledger.interface import Ledger
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.ticket import Ticket
    from tests.homes import Storage

pytestmark = pytest.mark.both_homes

ALL = Query(statuses=STATUSES)


class Monitor:
    """A ledger with the desk's rules, and a clock that the test sets."""

    def __init__(self, ledger: Ledger, policy: Policy) -> None:
        self.ledger = ledger
        self.policy = policy
        self.minutes = 0.0

    @property
    def stamp(self) -> Stamp:
        """Now, as the test set it."""
        return Stamp(at=NOW + timedelta(minutes=self.minutes), by="monitor")

    def rules(self, **change: Any) -> None:
        """Other rules for alerts."""
        rules = replace(self.policy.intake.alerts, **change)
        self.policy = replace(self.policy, intake=replace(self.policy.intake, alerts=rules))

    def plan(self, **outages: Outage) -> None:
        """Planned outages."""
        self.policy = replace(self.policy, schedule=Schedule(format=1, outages=outages))

    def send(self, *items: AlertItem, at: float | None = None) -> list[Outcome]:
        """What becomes of these alerts, in one unit of work."""
        self.minutes = self.minutes if at is None else at
        with self.ledger.write() as writer:
            recorder = Recorder(writer, self.policy, self.stamp, lambda _: "kept")
            return [*recorder.record(items), *recorder.catch_up()]

    def tickets(self) -> list[Ticket]:
        """All tickets, which must be what their events say."""
        found = list(self.ledger.find(ALL))
        assert all(fold(ticket.ref, ticket.events) == ticket for ticket in found)
        return found

    def change(self, ref: str, step: Any, **wish: Any) -> None:
        """A step of a person."""
        with self.ledger.write() as writer:
            ticket = writer.get(ref)
            writer.append(ticket, step(ticket, self.stamp, **wish))


@pytest.fixture(name="monitor")
def _monitor(bare_storage: Storage, policy: Policy) -> Monitor:
    return Monitor(bare_storage.ledger(), policy)


def alert(key: str = "disk", *, firing: bool = True, **more: Any) -> AlertItem:
    """One alert, of nothing that the catalog knows."""
    given_ = {
        "source": "checks",
        "summary": f"{key} on a machine",
        "details": "",
        "urgency": "medium",
        "severity": "warning",
        "labels": {},
        "payload": {"key": key},
        **more,
    }
    return AlertItem(key=key, firing=firing, **given_)


def over(key: str = "disk", **more: Any) -> AlertItem:
    """The same alert, resolved."""
    return alert(key, firing=False, **more)


def told(outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    """Action and rule of each."""
    return [(outcome.action, outcome.rule) for outcome in outcomes]


def counted(tickets: Iterable[Ticket]) -> Counter[str]:
    """What all tickets together account for."""
    return totals(each for ticket in tickets for each in standings(ticket.events).values())


def test_a_repeat_in_one_stream_is_one_event(monitor: Monitor) -> None:
    """A thousand repeats between other things cost one event, which says how many (T17)."""
    outcomes = monitor.send(*[alert("a"), alert("b")] * 500)

    assert Counter(told(outcomes)) == {
        ("created", "first-sighting"): 2,
        ("deduped", "same-alert"): 998,
    }
    for ticket in monitor.tickets():
        assert [kind(event) for event in ticket.events] == ["opened", "repeated"]
        assert ticket.alert_count == 500
    assert counted(monitor.tickets())["firing"] == 1000


def test_all_answers_show_the_ticket_as_it_is_in_the_end(monitor: Monitor) -> None:
    """Answers of one stream agree with one another and with the ledger."""
    outcomes = monitor.send(alert(), alert(), over())

    (ticket,) = monitor.tickets()
    assert [outcome.ticket for outcome in outcomes] == [ticket] * 3


def test_a_recovery_resolves_where_the_rule_says_so(monitor: Monitor) -> None:
    """The last recovery resolves with the desk's code, and firing soon after reopens (T20)."""
    monitor.rules(on_recovery="resolve")
    monitor.send(alert())
    assert told(monitor.send(over(), at=5)) == [("resumed", "recovery-resolves")]
    (ticket,) = monitor.tickets()
    assert (ticket.status, ticket.code) == ("resolved", "recovered")
    assert told(monitor.send(alert(), at=9)) == [("reopened", "fires-again")]
    (ticket,) = monitor.tickets()
    assert (ticket.status, ticket.reopened, ticket.alert_count) == ("in_progress", 1, 2)
    assert ticket.service_restored_at is None


def test_beyond_the_window_it_is_a_new_ticket(monitor: Monitor) -> None:
    """What ended long ago is not reopened; the new ticket names the one before."""
    monitor.send(alert())
    monitor.change("SD-1", steps.resolve, code="solved")
    assert told(monitor.send(alert(), at=121)) == [("created", "first-sighting")]
    assert monitor.tickets()[1].opening.previous == "SD-1"
    assert told(monitor.send(alert(), at=122)) == [("deduped", "same-alert")]
    assert [ticket.alert_count for ticket in monitor.tickets()] == [1, 2]


def test_a_flapping_alert_is_held_open(monitor: Monitor) -> None:
    """From six changes in an hour on it is held open, its flips counted, no recovery believed (T16)."""
    monitor.rules(on_recovery="resolve")
    sequence = [alert() if step % 2 == 0 else over() for step in range(12)]
    outcomes = [monitor.send(item, at=step * 2)[0] for step, item in enumerate(sequence)]

    assert told(outcomes[:6]) == [
        ("created", "first-sighting"),
        ("resumed", "recovery-resolves"),
        ("reopened", "fires-again"),
        ("resumed", "recovery-resolves"),
        ("reopened", "fires-again"),
        ("resumed", "recovery-resolves"),
    ]
    assert told(outcomes[6:]) == [("reopened", "flapping"), *[("resumed", "flapping")] * 5]
    (ticket,) = monitor.tickets()
    assert (ticket.status, ticket.held) == ("in_progress", ("disk",))
    standing = standings(ticket.events)["disk"]
    assert (standing.flips, standing.flapping, standing.firing) == (11, True, False)
    assert (standing.sightings, standing.recoveries) == (6, 6)


def test_a_calm_alert_is_believed_again(monitor: Monitor) -> None:
    """Once the changes of the last hour are down to two, the held recovery does its work (T16)."""
    monitor.rules(on_recovery="resolve")
    for step in range(8):
        monitor.send(alert() if step % 2 == 0 else over(), at=step)
    assert monitor.send(at=62) == []
    assert told(monitor.send(at=66)) == [("resumed", "recovery-resolves")]
    (ticket,) = monitor.tickets()
    assert (ticket.status, ticket.held) == ("resolved", ())
    assert monitor.send(at=67) == []
    assert counted([ticket])["total"] == 8


def test_alerts_of_one_service_are_one_incident(monitor: Monitor, policy: Policy) -> None:
    """Components of one service within the window join the first ticket; others do not (R1a.2b)."""
    name, service = next(
        (n, s) for n, s in policy.catalog.services.items() if len(s.components) > 1
    )
    first, second = service.components[:2]
    outcomes = [
        *monitor.send(alert("one", component=first)),
        *monitor.send(alert("two", component=f"{second}.example.com:9100"), at=14),
        *monitor.send(alert("three", service=service.name), at=28),
        *monitor.send(alert("four", component=first, environment="test"), at=28),
        *monitor.send(alert("five", component="nobody-knows"), at=28),
        *monitor.send(alert("six", component=first), at=44),
    ]

    assert told(outcomes) == [
        ("created", "first-sighting"),
        ("correlated", "same-service"),
        ("correlated", "same-service"),
        ("created", "first-sighting"),
        ("created", "first-sighting"),
        ("created", "first-sighting"),
    ]
    parent = monitor.tickets()[0]
    assert (parent.service, parent.alert_count) == (name, 3)
    assert parent.joined == ("two", "three")
    assert told(monitor.send(alert("two"), at=45)) == [("deduped", "same-alert")]


def test_the_service_is_restored_with_the_last_alert(monitor: Monitor, policy: Policy) -> None:
    """With several alerts on a ticket only the last recovery restores and resolves (R3d.0a)."""
    monitor.rules(on_recovery="resolve")
    component = next(s.components[0] for s in policy.catalog.services.values() if s.components)
    monitor.send(alert("one", component=component), alert("two", component=component))
    assert told(monitor.send(over("one"))) == [("resumed", "recovery-of-one")]
    assert monitor.tickets()[0].service_restored_at is None
    assert told(monitor.send(over("two"))) == [("resumed", "recovery-resolves")]
    (ticket,) = monitor.tickets()
    assert ticket.status == "resolved"
    assert ticket.service_restored_at == monitor.stamp.at


def test_a_graver_alert_raises_the_priority_until_somebody_looked(monitor: Monitor) -> None:
    """Warning then critical is more pressing; a person's classification is left alone (R1a.2c)."""
    monitor.send(alert())
    before = monitor.tickets()[0].priority
    monitor.send(alert(urgency="high", severity="critical"))
    raised = monitor.tickets()[0]
    assert raised.priority < before
    monitor.change("SD-1", steps.accept)
    monitor.send(alert("x"), alert("x", urgency="low"))
    assert monitor.tickets()[1].priority == before


def looked(ticket: Ticket, stamp: Stamp, by: str, policy: Policy) -> Sequence[AnyEvent]:
    """A person confirms or classifies what an alert opened."""
    if by == "validate":
        return steps.validate(ticket, stamp, facts=facts(ticket), corrections={})
    return decide(ticket, stamp, policy=policy, wish=Wish(impact="low", reason="a test host"))


@pytest.mark.parametrize("by", ["validate", "classify"])
def test_what_a_person_looked_at_is_not_raised(monitor: Monitor, policy: Policy, by: str) -> None:
    """Neither after it was confirmed nor after it was classified, though nobody took it on."""
    monitor.send(alert(urgency="low"), alert(urgency="medium"))
    monitor.change("SD-1", looked, by=by, policy=policy)
    before = monitor.tickets()[0]
    monitor.send(alert(urgency="high", severity="critical"))
    after = monitor.tickets()[0]
    assert (after.status, after.priority, after.urgency) == (
        "new",
        before.priority,
        before.urgency,
    )


HOUR = timedelta(hours=1)


def outage(**more: Any) -> Outage:
    """A planned outage from now on, for an hour."""
    start, end = (Instant(f"{at:%Y-%m-%dT%H:%M:%SZ}") for at in (NOW, NOW + HOUR))
    return Outage(**{"summary": "New disks", "start": start, "end": end, **more})


def test_a_planned_outage_counts_and_opens_nothing(monitor: Monitor) -> None:
    """Alerts it expects are counted against it; what still fires at its end is raised once (T19)."""
    monitor.plan(disks=outage(components=("fs1",)))
    quiet = [alert(key, component="fs1") for key in ("a", "b", "c")]
    first = monitor.send(*quiet, alert("a", component="fs1"), alert("other", component="x"), at=5)
    assert told(first) == [*[("suppressed", "planned-outage")] * 4, ("created", "first-sighting")]
    assert told(monitor.send(over("b"), at=20)) == [("suppressed", "planned-outage")]
    record, other = monitor.tickets()
    assert (record.status, record.code, record.pending) == (
        "closed",
        "planned-outage",
        ("a", "c"),
    )
    assert [ticket.ref for ticket in monitor.ledger.find(Query())] == [other.ref]
    assert monitor.send(at=59) == []

    assert told(monitor.send(at=60)) == [("created", "outage-over")] * 2
    assert monitor.send(at=61) == []
    record, _, *raised = monitor.tickets()
    assert record.pending == ()
    assert [(ticket.key, ticket.status) for ticket in raised] == [("a", "new"), ("c", "new")]
    assert [ticket.opening.payload for ticket in raised] == [{"key": "a"}, {"key": "c"}]
    assert told(monitor.send(alert("a"), over("c"), at=62)) == [
        ("deduped", "same-alert"),
        ("resumed", "recovery"),
    ]


def test_a_ticket_from_before_goes_on_in_an_outage(monitor: Monitor) -> None:
    """What was open before the outage is counted on its own ticket, and may recover there (T19)."""
    monitor.send(alert(component="fs1"))
    monitor.plan(disks=outage(components=("fs1",)))
    assert told(monitor.send(alert(component="fs1"), over(component="fs1"), at=5)) == [
        ("deduped", "same-alert"),
        ("resumed", "recovery"),
    ]


def test_an_outage_of_another_environment_expects_nothing(monitor: Monitor) -> None:
    """An outage of production does not silence the test system, nor what names no environment."""
    monitor.plan(disks=outage(components=("fs1",), environment="production"))
    outcomes = monitor.send(
        alert("a", component="fs1", environment="test"),
        alert("b", component="fs1"),
        alert("c", component="fs1", environment="Production"),
    )
    assert [outcome.action for outcome in outcomes] == ["created", "created", "suppressed"]


def test_pending_alerts_outlive_compaction_and_the_schedule(monitor: Monitor) -> None:
    """What an outage left firing is raised though its record is closed and its plan is gone."""
    monitor.plan(disks=outage(components=("fs1",)))
    monitor.send(alert(component="fs1"))
    monitor.ledger.compact()
    monitor.plan()
    assert told(monitor.send(at=5)) == [("created", "outage-over")]


def test_a_source_is_limited_and_says_so(monitor: Monitor) -> None:
    """Beyond the limit new alerts are counted on one ticket that says so, payload and all (T17)."""
    monitor.rules(limits=Limits(over=Span(3600), tickets_a_source=3, sightings_a_key=1000))
    outcomes = [monitor.send(alert(f"k{n}"), at=n)[0] for n in range(6)]
    outcomes += monitor.send(alert("k5"), alert("q", source="other"), at=6)

    assert told(outcomes) == [
        *[("created", "first-sighting")] * 3,
        *[("correlated", "limit-of-source")] * 3,
        ("deduped", "same-alert"),
        ("created", "first-sighting"),
    ]
    storm = monitor.tickets()[3]
    assert "checks" in storm.summary
    assert (storm.joined, storm.alert_count) == (("k3", "k4", "k5"), 4)
    assert [e.payload for e in storm.events[1:4]] == [{"key": f"k{n}"} for n in (3, 4, 5)]  # type: ignore[union-attr]
    assert told(monitor.send(alert("k9"), at=63)) == [("created", "first-sighting")]
    assert counted(monitor.tickets())["total"] == 9


def test_an_alert_is_limited_and_still_counted(monitor: Monitor) -> None:
    """Beyond its limit an alert changes nothing any more in that hour, and is counted (T17)."""
    monitor.rules(limits=Limits(over=Span(3600), tickets_a_source=25, sightings_a_key=4))
    outcomes = [monitor.send(alert())[0] for _ in range(6)]
    assert told(outcomes)[3:] == [
        ("deduped", "same-alert"),
        *[("suppressed", "limit-of-alert")] * 2,
    ]
    assert told(monitor.send(alert(), at=61)) == [("deduped", "same-alert")]
    assert counted(monitor.tickets())["firing"] == 7


def test_a_change_is_never_too_many(monitor: Monitor) -> None:
    """Beyond its limit an alert that was over and fires again is still seen, and reopens."""
    monitor.rules(
        on_recovery="resolve",
        limits=Limits(over=Span(3600), tickets_a_source=25, sightings_a_key=3),
    )
    monitor.send(*[alert()] * 6, over())
    assert told(monitor.send(alert(), at=1)) == [("reopened", "fires-again")]
    assert monitor.tickets()[0].status == "in_progress"


def test_outages_that_overlap_hand_on(monitor: Monitor) -> None:
    """What one outage leaves firing is not raised while another one expects it (T19)."""
    later = Instant(f"{NOW + 2 * HOUR:%Y-%m-%dT%H:%M:%SZ}")
    monitor.plan(first=outage(components=("fs1",)), second=outage(components=("fs1",), end=later))
    monitor.send(alert(component="fs1"))
    assert told(monitor.send(at=61)) == [("suppressed", "planned-outage")]
    assert [ticket.status for ticket in monitor.tickets()] == ["closed", "closed"]
    assert monitor.send(at=62) == []
    assert told(monitor.send(at=121)) == [("created", "outage-over")]
    assert counted(monitor.tickets())["total"] == 1


def test_what_recovers_first_after_an_outage_is_not_raised(monitor: Monitor) -> None:
    """Only what still fires is raised: a recovery that arrives before anybody looked counts (T19)."""
    monitor.plan(disks=outage(components=("fs1",)))
    monitor.send(alert(component="fs1"))
    assert told(monitor.send(over(component="fs1"), at=61)) == [("suppressed", "planned-outage")]
    assert monitor.send(at=62) == []


def test_an_idempotency_key_makes_a_repetition_harmless(monitor: Monitor) -> None:
    """The same sighting sent again is not counted, first or later, in one stream or two."""
    first = alert(idempotency_key="run-1")
    later = alert(idempotency_key="run-2")
    outcomes = [*monitor.send(first, first, later, later), *monitor.send(later, first)]
    assert told(outcomes) == [
        ("created", "first-sighting"),
        ("deduped", "idempotency-key"),
        ("deduped", "same-alert"),
        *[("deduped", "idempotency-key")] * 3,
    ]
    assert monitor.tickets()[0].alert_count == 2


@pytest.mark.one_home
def test_a_storm_leaves_a_handful_of_tickets(monitor: Monitor, policy: Policy) -> None:
    """Ten thousand events of a storm, and every single one is accounted for (T17)."""
    chance = random.Random(7)
    components = [c for s in policy.catalog.services.values() for c in s.components][:20]
    hosts = [*components, *(f"node-{n}" for n in range(180))]
    checks = ("ping", "http", "disk", "load", "ntp")
    items = [
        alert(f"{host}/{check}", component=host, firing=chance.random() < 0.6)
        for host, check in ((chance.choice(hosts), chance.choice(checks)) for _ in range(10_000))
    ]
    outcomes = [
        outcome
        for batch in range(100)
        for outcome in monitor.send(*items[batch * 100 : batch * 100 + 100], at=batch / 10)
    ]

    assert len(outcomes) == 10_000
    tickets = monitor.tickets()
    limit = policy.intake.alerts.limits.tickets_a_source
    assert len(tickets) <= limit + 1
    actions = Counter(outcome.action for outcome in outcomes)
    assert actions["created"] + actions["correlated"] == len(
        {key for ticket in tickets for key in standings(ticket.events)}
    )
    found = counted(tickets)
    assert found["total"] + actions["ignored"] == 10_000
    assert found["firing"] == sum(item.firing for item in items)


@cache
def _starter() -> Policy:
    return read_policy(str(REPOSITORY))


@settings(max_examples=examples(40))
@given(
    steps_=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d"]),
            st.booleans(),
            st.integers(0, 50),
            st.booleans(),
        ),
        max_size=60,
    ),
    resolves=st.booleans(),
    limit=st.integers(1, 5),
)
def test_every_event_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory,
    steps_: Sequence[tuple[str, bool, int, bool]],
    resolves: bool,
    limit: int,
) -> None:
    """Whatever arrives whenever: what tickets count and what was ignored make what arrived."""
    folder = tmp_path_factory.mktemp("ledger")
    monitor = Monitor(TinyLedger(str(folder), 5), _starter())
    monitor.rules(
        on_recovery="resolve" if resolves else "note",
        limits=Limits(over=Span(3600), tickets_a_source=limit, sightings_a_key=5),
        flapping=Flapping(over=Span(1800), starts_at=3, ends_at=1),
    )
    monitor.plan(disks=outage(components=("fs1",)))
    ignored = firings = 0
    for key, firing, minutes, is_fs1 in steps_:
        item = alert(key, firing=firing, component="fs1" if is_fs1 else "")
        outcomes = monitor.send(item, at=monitor.minutes + minutes)
        ignored += outcomes[0].action == "ignored"
        firings += firing
    found = counted(monitor.tickets())
    assert found["total"] + ignored == len(steps_)
    assert found["firing"] == firings


def test_a_recovery_is_never_lost_to_an_outage(desk: Desk) -> None:
    """The starter's rules are sound enough to take in a recovery of nothing."""
    assert [outcome.rule for outcome in Arrivals(desk).take_in([over()])] == ["recovery-unknown"]
