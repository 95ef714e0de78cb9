"""The kind of a request by the catalog: facts decide, each with the line of its rule."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import NoSuchEntryError, RefusedError
from sdcli.policy.load import read_policy
from sdcli.policy.model import SERVICES
from sdcli.tickets.contact import Assessment, Ground, RequestDetails
from sdcli.tickets.event import Classified, Detailed, Opened, Stamp
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import UNKNOWN
from sdcli.triage.category import Case, Category, bound, categorise, measured, plain
from sdcli.triage.changes import about, recent
from sdcli.triage.classify import decide, propose
from sdcli.triage.wish import Wish
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.policy.model import Feature

_POLICY = read_policy(str(REPOSITORY))
_STAMP = Stamp(at=datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc), by="ben")


def _ticket(summary: str = "something", *, request: Any = None, **known: Any) -> Ticket:
    """A new ticket of which the given fields are known."""
    details = RequestDetails(**request) if request else None
    opened = Opened(
        *_STAMP.mark(),
        summary=summary,
        queue="service-desk",
        priority="P3",
        request=details,
        **known,
    )
    return fold("SD-1", (opened,))


def _decide(ticket: Ticket, **wish: Any) -> Classified:
    *_, event = decide(ticket, _STAMP, policy=_POLICY, wish=Wish(**wish))
    assert isinstance(event, Classified)
    return event


def _kind(**case: Any) -> Category:
    request = RequestDetails(**case.pop("request", {}))
    assessment = Assessment(**case.pop("assessment", {}))
    return categorise(_POLICY, Case(request=request, assessment=assessment, **case))


def _feature(path: str) -> Feature:
    service, _, feature = path.partition("/")
    return _POLICY.catalog.services[service].features[feature]


def _grounds(event: Classified) -> list[Ground]:
    return [ground for ground in event.grounds if ground.field == "type"]


def test_a_question_is_information() -> None:
    """Words that ask how something is done make it information, with those words (R2a.1)."""
    event = _decide(_ticket("How do I share my calendar?"), service="email")

    assert event.type == "information"
    assert _grounds(event)[0].reason == "the words 'how do' ask how it is done"


@pytest.mark.parametrize("text", ["How do I get in, it fails", "It is broken", "something"])
def test_words_that_can_mean_more_decide_nothing(text: str) -> None:
    """What may be a failure as well, or says nothing, stays unknown: nothing is guessed (R2a.1)."""
    assert _decide(_ticket(text), service="email").type == UNKNOWN


@pytest.mark.parametrize(
    ("service", "text"),
    [
        ("email", "How do I report that my laptop was stolen?"),
        ("email", "How do I work when nothing happens in the calendar?"),
        ("email", "How can I stop receiving the newsletter?"),
        ("email", "What is this? I cannot work"),
        ("email", "How do I send mails without a signature?"),
        ("email", "How can I not get these invitations?"),
        ("email", "How do I get rid of the shared folder?"),
        ("email", "How do I get access to a shared mailbox?"),
        ("email", "Access to a shared mailbox is blocked"),
        ("email", "I do not want access to a shared mailbox"),
        ("email", "No access to a shared mailbox"),
        ("email", "Stop the new mailing list"),
        ("identity", "The joiner's new account does nothing"),
        ("identity", "Our new starter is without a badge"),
        ("vpn", "Partner access was never given up, and it's gone"),
    ],
)
def test_a_phrase_and_its_contrary_decide_nothing(service: str, text: str) -> None:
    """A failure, not wanting, or a negation near the words leave it open (R2a.1, R2a.2b)."""
    assert _kind(service=service, text=text).type == UNKNOWN


@pytest.mark.parametrize(
    ("service", "text", "expected"),
    [
        (
            "email",
            "How do I share my calendar with the whole team in London? No hurry",
            "information",
        ),
        ("email", "Please give Ada access to a shared mailbox", "fulfilment"),
        ("identity", "We have a new starter on Monday", "fulfilment"),
    ],
)
def test_plain_words_still_decide(service: str, text: str, expected: str) -> None:
    """Words that can mean one thing decide, also with a negation far away (R2a.1, R2a.2b)."""
    assert _kind(service=service, text=text).type == expected


def test_another_purpose_in_doubt_is_open() -> None:
    """Who does not want what a feature was not made for asks for nothing new (R2a.3a)."""
    case = {"service": "virtual-desktop", "feature": "standard-desktop"}
    assert _kind(**case, text="We need CAD here").type == "new-service"
    assert _kind(**case, text="We need no CAD here").type == UNKNOWN


def test_never_had_is_fulfilment() -> None:
    """What is offered and was never had is fulfilled, whatever the words (R2a.2, R2a.2a)."""
    ticket = _ticket("I cannot access the monthly reports", request={"ever_had": "no"})

    event = _decide(ticket, service="erp", feature="reporting")

    assert event.type == "fulfilment"
    [ground] = _grounds(event)
    assert ground.reason == "Reports is offered, and the caller never had it"
    assert ground.place == _feature("erp/reporting").place


def test_had_and_lost_is_an_incident() -> None:
    """Who had it and lost it has a failure (R2a.4)."""
    ticket = _ticket("the monthly reports", request={"ever_had": "yes"})

    event = _decide(ticket, service="erp")

    assert event.type == "incident"
    assert _grounds(event)[0].reason == "the caller had it and lost it"


def test_taken_away_needs_approval() -> None:
    """What was taken away on purpose is fulfilled once somebody agrees (R2a.4a)."""
    ticket = _ticket("my drive is gone", request={"ever_had": "taken"}, service="file-storage")

    events = decide(ticket, _STAMP, policy=_POLICY, wish=Wish(impact="low"))

    assert [type(event) for event in events] == [Detailed, Classified]
    after = advance(ticket, events)
    assert (after.type, after.request.approval) == ("fulfilment", "needed")
    again = decide(after, _STAMP, policy=_POLICY, wish=Wish(urgency="low"))
    assert [type(event) for event in again] == [Classified]


def test_a_change_that_removed_it_needs_approval() -> None:
    """A change that took it away from the caller's unit routes to fulfilment (R2a.4a)."""
    ticket = _ticket("no campaigns", request={"ever_had": "yes"}, service="crm", unit="Sales")

    after = advance(
        ticket,
        decide(ticket, _STAMP, policy=_POLICY, wish=Wish(impact="low", reason="he can wait")),
    )

    assert (after.type, after.request.approval) == ("fulfilment", "needed")
    other = _ticket("no campaigns", request={"ever_had": "yes"}, service="crm", unit="Finance")
    assert _decide(other, impact="low", reason="he can wait").type == "incident"


@pytest.mark.parametrize(
    ("feature", "amount", "expected"),
    [
        ("virtual-desktop/design-desktop", 1, "fulfilment"),
        ("virtual-desktop/design-desktop", 2, "new-service"),
        ("email/mailbox", 50, "fulfilment"),
        ("email/mailbox", 51, "new-service"),
    ],
)
def test_beyond_the_capacity_is_new(feature: str, amount: int, expected: str) -> None:
    """What a feature was built for is fulfilled, one more is a new service (R2a.3a)."""
    service, _, name = feature.partition("/")
    event = _decide(_ticket(), service=service, feature=name, assessment=Assessment(amount=amount))

    assert event.type == expected
    capacity = _feature(feature).capacity
    assert capacity
    assert _grounds(event)[0].place == capacity.place


@given(
    amount=st.integers(1, 10**6),
    feature=st.sampled_from(
        [
            (f"{name}/{id_}", feature)
            for name, service in _POLICY.catalog.services.items()
            for id_, feature in service.features.items()
            if feature.capacity
        ]
    ),
)
def test_the_capacity_is_the_border(amount: int, feature: tuple[str, Feature]) -> None:
    """For any amount and feature, exactly what is left decides (R2a.3a)."""
    path, found = feature
    service, _, name = path.partition("/")
    capacity = found.capacity
    assert capacity
    left = capacity.most - (0 if capacity.each else capacity.in_use)

    kind = _kind(service=service, feature=name, assessment={"amount": amount})

    assert kind.type == ("fulfilment" if amount <= left else "new-service")


def test_more_than_the_capacity_is_not_fulfilled() -> None:
    """It is refused with the line of the capacity and the way on, unless there is a reason (R2a.3a)."""
    ticket = _ticket(service="virtual-desktop", feature="design-desktop")
    more = Assessment(amount=3)
    capacity = _feature("virtual-desktop/design-desktop").capacity
    assert capacity

    with pytest.raises(RefusedError, match="--type new-service") as caught:
        _decide(ticket, type_="fulfilment", assessment=more)
    assert capacity.place in caught.value.message
    assert "6 sessions" in caught.value.message

    event = _decide(ticket, type_="fulfilment", assessment=more, reason="two leave tomorrow")
    assert event.type == "fulfilment"
    assert any("all the same: two leave tomorrow" in each.reason for each in _grounds(event))
    assert _decide(ticket, type_="new-service", assessment=more).type == "new-service"


def test_another_purpose_is_new() -> None:
    """What a feature was not made for is a new service, and no failure of it (R2a.3a)."""
    event = _decide(
        _ticket("We would like CAD on these"), service="virtual-desktop", feature="standard-desktop"
    )

    assert event.type == "new-service"
    assert _grounds(event)[0].reason == "Standard desktop was not made for 'cad'"
    broken = _ticket("It crashes with CAD")
    kept = _decide(broken, service="virtual-desktop", feature="standard-desktop")
    assert kept.type == UNKNOWN


def test_what_the_catalog_does_not_know_is_new() -> None:
    """Never had, and no word of it in the catalog: something new (R2a.3)."""
    kind = _kind(text="a quantum annealer", request={"ever_had": "no"})
    assert (kind.type, kind.grounds[0].place) == ("new-service", "catalog/services.yaml")
    assert _kind(text="a printer", request={"ever_had": "no"}).type == UNKNOWN


def test_a_request_of_the_list_is_fulfilled() -> None:
    """The words of a request on the list are enough, and say whether approval is due (R2a.2b)."""
    kind = _kind(service="vpn", text="Partner access for our auditors")

    assert (kind.type, kind.approval) == ("fulfilment", True)
    request = _feature("vpn/partner-access").requests["partner"]
    assert kind.grounds[0].place == request.place


def test_an_incident_misses_a_goal() -> None:
    """What misses the goal is an incident, with the goal and its line (R3d.0)."""
    slow = Assessment(goal="page-time", measured=7.5)

    event = _decide(_ticket("The shop", service="website"), assessment=slow)

    assert event.type == "incident"
    goal = _POLICY.catalog.services["website"].goals["page-time"]
    assert _grounds(event)[0].place == goal.place
    assert "measured 7.5 seconds" in _grounds(event)[0].reason


@pytest.mark.parametrize("type_", [None, "incident"])
def test_within_the_goal_is_no_incident(type_: Any) -> None:
    """What meets the goal is refused with the goal, its line and the next step (R3d.0)."""
    quick = Assessment(goal="page-time", measured=3)
    ticket = _ticket("The shop", service="website")

    with pytest.raises(RefusedError) as caught:
        _decide(ticket, type_=type_, assessment=quick, reason="she insists")

    goal = _POLICY.catalog.services["website"].goals["page-time"]
    message = caught.value.message
    assert bound(goal) in message
    assert goal.place in message
    assert "--type information" in message
    assert _decide(ticket, type_="information", assessment=quick).type == "information"


def test_an_unknown_goal_lists_those_there_are() -> None:
    """A goal that the service does not have is told with those it has (R3d.0)."""
    wrong = Assessment(goal="speed-of-light", measured=1)
    with pytest.raises(NoSuchEntryError) as caught:
        _decide(_ticket(service="vpn"), assessment=wrong)
    assert caught.value.details["known"] == ["connecting", "speed"]

    with pytest.raises(RefusedError, match=r"--goal GOAL.*connecting, speed"):
        _decide(_ticket(service="vpn"), assessment=Assessment(measured=1))


@given(value=st.floats(0, 10**6))
def test_a_goal_has_one_side(value: float) -> None:
    """`at_most` is missed above its bound, `at_least` below (R3d.0)."""
    most = measured(_POLICY, "vpn", Assessment(goal="connecting", measured=value))
    least = measured(_POLICY, "vpn", Assessment(goal="speed", measured=value))
    assert most
    assert least
    assert most.within == (value <= 30)
    assert least.within == (value >= 10)


@pytest.mark.parametrize(
    ("bound_", "within", "missed", "said"),
    [("0.5", 0.5, 0.51, "0.5"), ("99.9", 12, 100, "99.9"), ("3.50", 3.5, 3.6, "3.5")],
)
def test_a_goal_can_be_a_fraction(
    desk_dir: Path, bound_: str, within: float, missed: float, said: str
) -> None:
    """A bound such as 0.5 counts to the last digit, and is told without noughts (R3d.0)."""
    path = desk_dir / SERVICES
    text = path.read_text(encoding="utf-8").replace("at_most: 3}", f"at_most: {bound_}}}")
    path.write_text(text, encoding="utf-8")
    policy = read_policy(str(desk_dir))

    for value, is_within in ((within, True), (missed, False)):
        found = measured(policy, "website", Assessment(goal="page-time", measured=value))
        assert found
        assert found.within == is_within
        assert bound(found.goal).endswith(f": at most {said} seconds")


@given(st.floats(0, 10**9))
def test_a_number_is_told_in_plain_digits(value: float) -> None:
    """A measured number is told as it is, whatever its size, and without an exponent."""
    said = plain(value)
    assert re.fullmatch(r"\d+(\.\d*[1-9])?", said)
    assert float(said) == value


def test_a_goal_does_not_outlive_its_service() -> None:
    """A ticket that moves to another service is not measured against the former one's goal."""
    slow = Assessment(goal="page-time", measured=9)
    before = _ticket(service="website", type="incident", assessment=slow)

    after = _decide(before, service="erp", discovered="diagnosis", reason="it was the ERP")

    assert (after.type, after.service) == ("incident", "erp")


def test_what_is_stated_stays_and_the_catalog_is_heard() -> None:
    """Against the catalog a person's word counts, and the catalog's is kept as a ground (R2a.2a)."""
    event = _decide(_ticket(request={"ever_had": "no"}), service="vpn", type_="incident")

    assert event.type == "incident"
    [ground] = _grounds(event)
    assert ground.reason.startswith("stated, though the catalog says fulfilment: Remote access")
    assert _decide(_ticket(request={"ever_had": "no"}), type_=UNKNOWN).type == UNKNOWN


def test_a_proposal_follows_the_catalog() -> None:
    """A proposal gives the catalog's word and its line, before any turn of phrase (R2a.2a)."""
    ticket = _ticket("I cannot reach the VPN", request={"ever_had": "no"})

    found = propose(_POLICY, ticket, recent(_POLICY, about(ticket), _STAMP.at))

    assert found["type"].value == "fulfilment"
    assert "catalog/services.yaml:" in found["type"].reason
    assert found["impact"].value == UNKNOWN
    assert propose(_POLICY, _ticket("I cannot reach the VPN"))["type"].value == "incident"


@given(
    text=st.text(max_size=60),
    had=st.sampled_from(["", "yes", "no", "taken", UNKNOWN]),
    service=st.sampled_from([*_POLICY.catalog.services, UNKNOWN]),
)
def test_every_kind_has_its_grounds(text: str, had: str, service: str) -> None:
    """Whatever is said, a kind that is not unknown says why."""
    kind = _kind(text=text, request={"ever_had": had}, service=service)

    assert (kind.type != UNKNOWN) == bool(kind.reason)
    if had == "yes":
        assert kind.type == "incident"
