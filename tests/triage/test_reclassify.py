"""A classification that is changed: both classes are kept, and who must hear of it is told."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.policy.load import read_policy
from sdcli.tickets.contact import AlertFacts
from sdcli.tickets.event import AnyEvent, Classified, Noted, NoticeTaken, Opened, Stamp
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import LEVELS, REQUEST_TYPES, UNKNOWN
from sdcli.triage.classify import decide
from sdcli.triage.reclassify import (
    FIELDS,
    changes_of,
    differs,
    final_class,
    first_class,
    undone,
    waiting_for,
)
from sdcli.triage.wish import Wish
from tests.conftest import REPOSITORY

_POLICY = read_policy(str(REPOSITORY))
_START = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
_LEAD = _POLICY.teams.queues[_POLICY.teams.desk.queue].lead
_SERVICES = ("vpn", "email", UNKNOWN)
_FEATURES = ("one", "other", UNKNOWN)
_PEOPLE = ("ben", "chloe", "greta", "nobody-of-ours")


def _stamp(by: str = "ben", hours: int = 0) -> Stamp:
    return Stamp(at=_START + timedelta(hours=hours), by=by)


def _opened(by: str = "ben", **known: Any) -> Ticket:
    event = Opened(*_stamp(by).mark(), summary="x", queue="service-desk", priority="P3", **known)
    return fold("SD-1", (event,))


def _classify(ticket: Ticket, by: str = "ben", hours: int = 1, **wish: Any) -> Ticket:
    """The ticket after somebody has classified it, with whatever a change needs."""
    why = {"discovered": "diagnosis", "reason": "the log says so", **wish}
    events = decide(ticket, _stamp(by, hours), policy=_POLICY, wish=Wish(**why))
    return advance(ticket, events)


_classes = st.fixed_dictionaries(
    {
        "type": st.sampled_from(REQUEST_TYPES),
        "service": st.sampled_from(_SERVICES),
        "feature": st.sampled_from(_FEATURES),
        "impact": st.sampled_from(LEVELS),
        "urgency": st.sampled_from(LEVELS),
    }
)
_decisions = st.lists(st.tuples(_classes, st.sampled_from(_PEOPLE)), max_size=6)


def _events(decisions: list[tuple[dict[str, Any], str]]) -> list[AnyEvent]:
    return [
        event
        for hours, (found, by) in enumerate(decisions, start=1)
        for event in (
            Classified(*_stamp(by, hours).mark(), **found, priority="P3"),
            Noted(*_stamp(by, hours).mark(), text="x"),
        )
    ]


@given(_classes, st.sampled_from(_PEOPLE), _decisions)
def test_first_and_final_class_are_what_a_replay_gives(
    at_first: dict[str, Any], by: str, decisions: list[tuple[dict[str, Any], str]]
) -> None:
    """First is the first value that is not unknown, final is the last one said (R7.4)."""
    ticket = advance(_opened(by, **at_first), _events(decisions))
    said = [(at_first, by), *decisions]

    first = first_class(ticket)
    for field in FIELDS:
        known = [(found[field], who) for found, who in said if found[field] != UNKNOWN]
        assert (first[field].value, first[field].by) == known[0] if known else field not in first
    assert final_class(ticket) == said[-1][0]


def _moved(was: dict[str, Any], now: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What was known and is another now; a feature that goes with its service is left out."""
    fields = FIELDS if was["service"] == now["service"] else [f for f in FIELDS if f != "feature"]
    return {f: (was[f], now[f]) for f in fields if was[f] not in (UNKNOWN, now[f])}


@given(_classes, _decisions)
def test_a_change_is_where_something_known_becomes_another(
    at_first: dict[str, Any], decisions: list[tuple[dict[str, Any], str]]
) -> None:
    """Every known value that another takes the place of is in a change, and nothing else is."""
    ticket = advance(_opened(**at_first), _events(decisions))
    values = [at_first, *(found for found, _ in decisions)]

    expected = [_moved(was, now) for was, now in pairwise(values)]
    found = [
        {name: (each.before, each.after) for name, each in change.fields.items()}
        for change in changes_of(ticket)
    ]
    assert found == [each for each in expected if each]


def test_a_machine_is_nobody() -> None:
    """What an alert said was decided by the desk's rules; nobody is told (R3d1.5a)."""
    alert = AlertFacts(source="icinga", key="x")
    ticket = _opened(by="chloe", type="incident", service="vpn", alert=alert)
    assert (first_class(ticket)["type"].by, first_class(ticket)["type"].how) == ("", "rules")

    after = _classify(ticket, by=_LEAD, service="email")
    assert after.notices == ()


def test_the_first_classifier_and_the_desk_are_told() -> None:
    """Who chose the class hears of it, and the desk, which keeps the request (R3d1.5a, R3d2.1b)."""
    after = _classify(_opened(by="ben", type="incident"), by="greta", type_="fulfilment")
    assert after.notices == ("ben", _LEAD)
    assert after.reclassified == 1
    [change] = changes_of(after)
    assert (change.discovered, change.reason, change.by) == (
        "diagnosis",
        "the log says so",
        "greta",
    )


def test_whoever_chose_what_is_changed_is_told_too() -> None:
    """The second mistake is told to who made it, and to the first one once more (R3d1.5a)."""
    once = _classify(_opened(by="ben", type="incident"), by="greta", type_="fulfilment")
    twice = _classify(once, by="hugo", hours=2, type_="information")
    assert changes_of(twice)[-1].tell == ("ben", "greta", _LEAD)


@pytest.mark.parametrize("by", ["ben", _LEAD])
def test_nobody_is_told_what_they_did_themselves(by: str) -> None:
    """Who corrects their own choice needs no notice (R3d1.5a)."""
    after = _classify(_opened(by=by, type="incident"), by=by, type_="fulfilment")
    assert by not in after.notices


def test_callers_and_machines_are_not_told() -> None:
    """Only who works on requests gets notices (R3d1.5a)."""
    after = _classify(_opened(by="www-data", type="incident"), by="greta", type_="fulfilment")
    assert after.notices == (_LEAD,)


def test_levels_are_told_to_the_desk_alone() -> None:
    """Another impact is no mistake of the first classifier; the desk hears of it (R3d2.1b)."""
    ticket = _opened(by="ben", type="incident", impact="low", urgency="low")
    after = _classify(ticket, by="greta", impact="high")
    assert after.notices == (_LEAD, "ben")
    assert _classify(ticket, by=_LEAD, impact="high").notices == ()


def test_a_priority_that_moves_is_told_to_the_desk() -> None:
    """What was unknown is no mistake, but the promise to the caller changes with it (R3d2.1b)."""
    once = _classify(_opened(by="ben"), by="greta", type_="incident", impact="low")
    after = _classify(once, by="greta", hours=2, urgency="high", service="email")
    assert after.priority != once.priority
    assert (once.notices, after.notices, after.reclassified) == ((), (_LEAD, "ben"), 0)


def test_a_first_decision_is_no_change() -> None:
    """To decide what was unknown tells nobody, and leaves no trace of a discovery (R3d1.5)."""
    after = _classify(_opened(by="ben"), by="greta", type_="incident", service="vpn")
    assert (after.notices, after.reclassified, changes_of(after)) == ((), 0, ())
    assert differs(after) == {}


@pytest.mark.parametrize(
    ("wish", "missing"),
    [
        ({"type_": "fulfilment"}, ["--discovered", "--reason"]),
        ({"type_": "fulfilment", "reason": "x"}, ["--discovered"]),
        ({"type_": "fulfilment", "discovered": "review"}, ["--reason"]),
        ({"service": "email"}, ["--discovered", "--reason"]),
        ({"feature": UNKNOWN}, ["--discovered", "--reason"]),
        ({"impact": "high"}, ["--reason"]),
    ],
)
def test_a_change_needs_how_and_why(wish: dict[str, Any], missing: list[str]) -> None:
    """The refusal names what was decided and exactly the options that are missing (R3d1.5, R2c.2e)."""
    ticket = _opened(type="incident", service="vpn", feature="remote-work", impact="low")
    with pytest.raises(RefusedError) as refused:
        decide(ticket, _stamp(), policy=_POLICY, wish=Wish(**wish))
    said = refused.value.message
    assert [option for option in ("--discovered", "--reason") if option in said] == missing
    field = next(iter(wish)).rstrip("_")
    assert f"{field} {getattr(ticket, field)}" in said


def test_a_feature_goes_with_its_service() -> None:
    """A feature that is lost because the service was another one is no change of its own."""
    ticket = _opened(type="incident", service="vpn", feature="remote-work")
    [change] = changes_of(_classify(ticket, by="greta", service="email"))
    assert next(iter(change.fields)) == "service"
    assert "feature" not in change.fields


def test_a_notice_waits_until_it_was_seen() -> None:
    """What was seen is not told again, what comes after it is, and to each on their own (R3d1.5a)."""
    changed = _classify(_opened(by="ben", type="incident"), by="greta", type_="fulfilment")
    seen = advance(changed, (NoticeTaken(*_stamp("ben", 2).mark()),))
    assert waiting_for(seen, "ben") == ()
    assert len(waiting_for(seen, _LEAD)) == 1

    again = _classify(seen, by="greta", hours=3, type_="information")
    assert [each.fields["type"].after for each in waiting_for(again, "ben")] == ["information"]
    assert len(waiting_for(again, _LEAD)) == 2


def test_the_ticket_before_the_change() -> None:
    """It is told by the events of the command: two in one second are two (R3d1.5)."""
    before = _opened(type="incident", service="vpn", impact="low", urgency="low")
    changed = _classify(before, by="greta", hours=0, service="email")
    found = undone(before, changed)
    assert found is not None
    assert final_class(found[0]) == final_class(before)
    assert (found[0].events, found[1]) == (before.events, changes_of(changed)[-1])

    noted = advance(changed, (Noted(*_stamp("ben", 5).mark(), text="x"),))
    assert undone(changed, noted) is None
    again = _classify(changed, by="greta", hours=0, feature="calendar")
    assert undone(changed, again) == (replace(changed, updated_at=again.updated_at), None)
