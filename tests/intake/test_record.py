"""Recording: each item becomes a new ticket or is counted on the one that is there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.arrivals import Arrivals
from sdcli.desk import Desk
from sdcli.intake.formats import UNREAD
from sdcli.intake.items import RequestItem
from sdcli.intake.recognise import recognise
from sdcli.intake.record import opened_by_request
from sdcli.tickets import steps
from sdcli.tickets.event import Stamp, kind
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.intake.outcome import Outcome
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Opened
    from sdcli.tickets.ticket import Ticket

pytestmark = pytest.mark.both_homes

ALL = Query(statuses=STATUSES)
LABELS = {"alertname": "ProbeFailed", "instance": "shop", "service": "website"}


def at(desk_dir: Path, minutes: int) -> Desk:
    """The desk some minutes after `NOW`, opened by monitoring."""
    now = NOW + timedelta(minutes=minutes)
    return Desk(str(desk_dir), by="monitor", now=now, cache="", wait_s=5)


def alert(status: str = "firing", labels: dict[str, str] | None = None) -> dict[str, Any]:
    """One alert of the shop's probe."""
    told = LABELS if labels is None else labels
    return {"status": status, "labels": told, "annotations": {"summary": "Shop down"}}


def send(desk: Desk, *alerts: dict[str, Any]) -> list[Outcome]:
    """What becomes of an Alertmanager document with these alerts."""
    told = {"receiver": "desk", "groupKey": "{}", "alerts": list(alerts)}
    return Arrivals(desk).take_in(recognise(json.dumps(told).encode(), desk.formats))


def ask(desk: Desk, **fields: Any) -> Outcome:
    """What becomes of a request given as JSON."""
    (outcome,) = Arrivals(desk).take_in(recognise(json.dumps(fields).encode()))
    return outcome


def opening(policy: Policy, **fields: Any) -> Opened:
    """The opening event of a request by ben."""
    stamp = Stamp(at=NOW, by="ben")
    return opened_by_request(policy, stamp, RequestItem(**{"summary": "x", **fields}))


def tickets(desk: Desk) -> list[Ticket]:
    """All tickets of the desk."""
    return list(desk.ledger.find(ALL))


def resolve(desk: Desk) -> Ticket:
    """SD-1 resolved."""
    return desk.change("SD-1", steps.resolve, code="fixed")


def test_an_alert_opens_an_incident(desk: Desk, alerts: dict[str, Any], policy: Policy) -> None:
    """Source, key, labels and payload are kept; the contact is the service's owner (R1a.2)."""
    first, second = Arrivals(desk).take_in(recognise(json.dumps(alerts).encode(), desk.formats))
    assert [first.action, second.action] == ["created", "created"]
    ticket = tickets(desk)[0]
    assert first.ticket == ticket
    service = policy.service("website")
    assert service is not None
    assert (ticket.service, ticket.requester) == ("website", service.owner)
    assert (ticket.status, ticket.type, ticket.alert_count) == ("new", "incident", 1)
    event = ticket.opening
    assert (event.channel, event.source, event.key) == ("monitoring", "alertmanager", first.key)
    assert event.payload == alerts["alerts"][0]
    assert event.fields == alerts["alerts"][0]["labels"]
    assert ticket.queue == policy.teams.desk.queue


def test_an_alert_is_classified_with_reasons(desk: Desk, alerts: dict[str, Any]) -> None:
    """Type, service and urgency each say which rule gave them (R1a.2c)."""
    Arrivals(desk).take_in(recognise(json.dumps(alerts).encode(), desk.formats))
    event = tickets(desk)[0].opening
    assert {"type", "service", "urgency"} <= set(event.reasons)
    assert all(event.reasons.values())
    assert "website" in event.reasons["service"]
    assert event.reasons["urgency"] == "the alert's severity critical"
    assert event.urgency == "high"


def test_an_alert_of_an_unknown_service_is_not_guessed(desk: Desk) -> None:
    """A service that the catalog does not hold is unknown, and the label is kept (R1a.2c)."""
    told = alert(labels={"alertname": "zzz", "service": "no-such-thing"})
    (outcome,) = send(desk, {**told, "annotations": {}})
    assert outcome.ticket is not None
    assert (outcome.ticket.service, outcome.ticket.requester) == ("unknown", "unknown")
    assert outcome.ticket.opening.fields["service"] == "no-such-thing"
    assert outcome.ticket.urgency == "unknown"


def test_the_same_alert_is_counted(desk: Desk, desk_dir: Path) -> None:
    """An alert that fires again opens nothing: its ticket counts it and says so (R1a.2b, T17)."""
    send(desk, alert())
    for count in (2, 3):
        (outcome,) = send(at(desk_dir, count), alert())
        assert (outcome.action, outcome.reason) == (
            "deduped",
            f"the same alert, seen {count} times by now",
        )
    (ticket,) = tickets(desk)
    assert ticket.alert_count == 3
    assert ticket.updated_at == NOW + timedelta(minutes=3)
    assert [kind(event) for event in ticket.events] == ["opened", "repeated", "repeated"]


def test_the_same_alert_twice_in_one_document(desk: Desk) -> None:
    """Inside one unit of work the first is seen by the second (T17)."""
    outcomes = send(desk, alert(), alert(), alert("resolved"), alert("resolved"))
    assert [outcome.action for outcome in outcomes] == ["created", "deduped", "resumed", "deduped"]
    (ticket,) = tickets(desk)
    assert [kind(event) for event in ticket.events] == [
        "opened",
        "repeated",
        "recovered",
        "recovered",
    ]
    assert ticket.alert_count == 2


def test_other_labels_are_another_ticket(desk: Desk) -> None:
    """Instances and environments have tickets of their own (T18)."""
    labels = {"alertname": "ProbeFailed", "instance": "shop"}
    others = [labels, {**labels, "instance": "blog"}, {**labels, "environment": "test"}]
    outcomes = send(desk, *(alert(labels=each) for each in others))
    assert [outcome.action for outcome in outcomes] == ["created"] * 3
    assert len({outcome.key for outcome in outcomes}) == len(tickets(desk)) == 3


def test_a_recovery_is_noted_once(desk: Desk, desk_dir: Path) -> None:
    """The ticket stays open with the time of the first recovery; a second is counted (R3d.0a)."""
    send(desk, alert())
    (outcome,) = send(at(desk_dir, 5), alert("resolved"))
    assert outcome.action == "resumed"
    (again,) = send(at(desk_dir, 9), alert("resolved"))
    assert (again.action, again.reason) == ("deduped", "the recovery had been noted already")
    (ticket,) = tickets(desk)
    assert ticket.status == "new"
    assert ticket.service_restored_at == NOW + timedelta(minutes=5)
    assert [kind(event) for event in ticket.events] == ["opened", "recovered", "recovered"]


def test_firing_after_a_recovery_counts(desk: Desk, desk_dir: Path) -> None:
    """The service is down again: the recovery no longer stands, and the next one is noted."""
    send(desk, alert())
    send(desk, alert("resolved"))
    (outcome,) = send(at(desk_dir, 5), alert())
    assert (outcome.action, outcome.rule) == ("resumed", "fires-again")
    assert tickets(desk)[0].service_restored_at is None
    (outcome,) = send(at(desk_dir, 7), alert("resolved"))
    assert outcome.action == "resumed"
    assert tickets(desk)[0].service_restored_at == NOW + timedelta(minutes=7)


def test_a_recovery_of_an_unknown_alert_is_ignored(desk: Desk) -> None:
    """A recovery without a problem opens nothing and is no failure (T20)."""
    (outcome,) = send(desk, alert("resolved"))
    assert (outcome.action, outcome.ticket) == ("ignored", None)
    assert outcome.key.startswith("alertmanager:-:ProbeFailed/")
    assert tickets(desk) == []


def test_a_recovery_after_closing_is_ignored(desk: Desk) -> None:
    """A recovery of an alert whose ticket is closed changes nothing (T20)."""
    send(desk, alert())
    desk.change("SD-1", steps.close, code="fixed", unconfirmed="gone")
    before = tickets(desk)
    (outcome,) = send(desk, alert("resolved"))
    assert outcome.action == "ignored"
    assert tickets(desk) == before


def test_an_alert_that_fires_after_the_resolution_reopens(desk: Desk, desk_dir: Path) -> None:
    """It was not solved after all: the same ticket goes back to work and counts (R3d1.8)."""
    send(desk, alert())
    resolve(desk)
    (outcome,) = send(at(desk_dir, 5), alert())
    assert outcome.action == "reopened"
    (ticket,) = tickets(desk)
    assert outcome.ticket == ticket
    assert (ticket.status, ticket.reopened, ticket.alert_count) == ("in_progress", 1, 2)
    assert ticket.resolved_at is None


def test_a_recovery_of_a_resolved_ticket_does_not_reopen(desk: Desk) -> None:
    """A late recovery is noted on the resolved ticket, which stays resolved (R3d.0a)."""
    send(desk, alert())
    resolve(desk)
    (outcome,) = send(desk, alert("resolved"))
    assert outcome.action == "resumed"
    assert tickets(desk)[0].status == "resolved"


def test_an_alert_that_fires_long_after_closing_is_a_new_ticket(desk: Desk, desk_dir: Path) -> None:
    """A closed ticket takes its alert back for two hours; then the key begins a new one."""
    send(desk, alert())
    desk.change("SD-1", steps.close, code="fixed", unconfirmed="gone")
    (soon,) = send(at(desk_dir, 119), alert())
    assert (soon.action, soon.rule) == ("reopened", "fires-again")
    at(desk_dir, 119).change("SD-1", steps.close, code="fixed", unconfirmed="gone")
    late = [send(at(desk_dir, 240), alert())[0] for _ in range(2)]
    assert [outcome.action for outcome in late] == ["created", "deduped"]
    assert [(ticket.ref, ticket.status) for ticket in tickets(desk)] == [
        ("SD-1", "closed"),
        ("SD-2", "new"),
    ]
    assert tickets(desk)[1].opening.previous == "SD-1"


@pytest.mark.parametrize("state", ["accept", "wait"])
def test_an_alert_on_a_ticket_at_work_only_counts(desk: Desk, state: str) -> None:
    """Firing and recovery leave the state and the person of a ticket at work alone."""
    send(desk, alert())
    desk.change("SD-1", steps.accept)
    if state == "wait":
        desk.change("SD-1", steps.wait, waiting_for="vendor", until=None, reason="")
    before = tickets(desk)[0]
    send(desk, alert(), alert("resolved"))
    after = tickets(desk)[0]
    assert (after.status, after.assignee) == (before.status, "ben")
    assert after.waiting_for == before.waiting_for


def test_an_idempotency_key_records_once(desk: Desk, desk_dir: Path) -> None:
    """A request sent twice is one ticket, even after that is closed; another key is another."""
    first = ask(desk, summary="one", idempotency_key="i")
    again = ask(at(desk_dir, 5), summary="one, again", idempotency_key="i")
    assert [first.action, again.action] == ["created", "deduped"]
    assert again.ticket == first.ticket
    desk.change("SD-1", steps.close, code="fixed", unconfirmed="gone")
    assert ask(desk, summary="one", idempotency_key="i").action == "deduped"
    assert ask(desk, summary="two", idempotency_key="j").action == "created"
    assert [ticket.summary for ticket in tickets(desk)] == ["one", "two"]


def test_requests_without_a_key_are_never_merged(desk: Desk) -> None:
    """The same words twice are two requests: two people may have one trouble."""
    assert [ask(desk, summary="x").action for _ in range(2)] == ["created", "created"]
    assert len(tickets(desk)) == 2


def test_keys_of_alerts_and_of_requests_are_apart(desk: Desk) -> None:
    """An idempotency key that reads like an alert key leads to no alert's ticket."""
    (created,) = send(desk, alert())
    assert ask(desk, summary="x", idempotency_key=created.key).action == "created"
    assert send(desk, alert())[0].ticket.ref == "SD-1"  # type: ignore[union-attr]


def test_a_mixed_stream_is_recorded_in_one_unit(desk: Desk, desk_dir: Path) -> None:
    """Alerts, requests and damage in one stream each get their outcome, in their order."""
    document = {"receiver": "r", "alerts": [alert(), {"status": "firing"}, alert("resolved")]}
    raw = b"\n".join([json.dumps(document).encode(), b'{"summary": "help"}', b'{"cut'])
    outcomes = Arrivals(desk).take_in(recognise(raw, desk.formats))
    assert [outcome.action for outcome in outcomes] == [
        "created",
        "created",
        "resumed",
        "created",
        "quarantined",
    ]
    assert [ticket.summary for ticket in tickets(desk)] == ["Shop down", UNREAD, "help"]
    assert len(list((desk_dir / "ledger" / "quarantine").glob("*.raw"))) == 1


def test_nothing_to_take_in_touches_nothing(desk: Desk, desk_dir: Path) -> None:
    """An empty stream begins no ledger."""
    assert Arrivals(desk).take_in([]) == []
    assert not (desk_dir / "ledger").exists()


def test_wrong_words_are_kept_as_fields(policy: Policy) -> None:
    """A word that the desk's lists do not hold becomes unknown and is kept (R1b.1d)."""
    words = {
        "type": "disaster",
        "service": "teleport",
        "feature": "beam",
        "impact": "vast",
        "urgency": "asap",
        "channel": "pigeon",
    }
    event = opening(policy, **words, fields={"floor": "3"})
    assert {name: getattr(event, name) for name in words} == dict.fromkeys(words, "unknown")
    assert event.fields == {"floor": "3", **words}


def test_known_words_are_read_in_any_case(policy: Policy) -> None:
    """Words of the lists are found in any case and with spaces round them; none is a field."""
    event = opening(
        policy, type=" Incident ", service="EMAIL", feature="Mailbox", impact="HIGH", urgency="low"
    )
    found = (event.type, event.service, event.feature, event.impact, event.urgency)
    assert found == ("incident", "email", "mailbox", "high", "low")
    assert event.fields == {}


def test_a_feature_of_another_service_is_a_wrong_word(policy: Policy) -> None:
    """A feature belongs to its service; elsewhere it is kept as a field."""
    event = opening(policy, service="identity", feature="mailbox")
    assert (event.feature, event.fields) == ("unknown", {"feature": "mailbox"})


def test_a_known_caller_is_filled_in(policy: Policy) -> None:
    """A person of the desk's list is named by id, with phone and mail from the list."""
    known = policy.contact("ada")
    assert known is not None
    event = opening(policy, user="ada")
    assert (event.requester, event.mail, event.phone) == ("ada", known[1].mail, known[1].phone)
    assert opening(policy, user="ada", phone="7", mail="m@x").phone == "7"
    assert opening(policy, user="ada", phone="7", mail="m@x").mail == "m@x"


def test_an_unknown_caller_is_kept(policy: Policy) -> None:
    """Somebody who is not in the list is the requester all the same; an address is kept."""
    event = opening(policy, user="zoe@elsewhere.example")
    assert (event.requester, event.mail) == ("zoe@elsewhere.example", "zoe@elsewhere.example")
    assert opening(policy, user="Zoe").mail == ""
    assert opening(policy).requester == "ben"


def test_levels_that_are_unknown_come_from_the_service(policy: Policy) -> None:
    """Presets of the catalog fill unknown levels and never overrule given ones."""
    assert opening(policy, type="incident", service="email").impact == "medium"
    assert opening(policy, type="incident", service="email", impact="low").impact == "low"
