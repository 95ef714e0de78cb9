"""A decision is what a person said, completed by the catalog, and refuses what does not fit."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.errors import NoSuchEntryError, NotFoundError
from sdcli.policy.load import read_policy
from sdcli.policy.model import Policy, Presets
from sdcli.tickets.event import Classified, Opened, Stamp
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import LEVELS, REQUEST_TYPES, UNKNOWN, Level
from sdcli.triage.classify import decide, propose
from sdcli.triage.priority import derive
from sdcli.triage.suggest import Proposal, suggest
from sdcli.triage.wish import Wish
from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable

_POLICY = read_policy(str(REPOSITORY))
_STAMP = Stamp(at=datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc), by="ben")


def _ticket(summary: str = "something", **known: Any) -> Ticket:
    """A new ticket of which the given fields are known."""
    opened = Opened(*_STAMP.mark(), summary=summary, queue="service-desk", priority="P3", **known)
    return fold("SD-1", (opened,))


def _decided(ticket: Ticket, policy: Policy = _POLICY, **given: Any) -> Ticket:
    """The ticket after one decision, which is one event."""
    found = {"reason": "seen", "discovered": "diagnosis", **given}
    events = decide(ticket, _STAMP, policy=policy, wish=Wish(**found))
    assert [type(event) for event in events] == [Classified]
    return advance(ticket, events)


def _with_presets(service: str, **features: Presets) -> Policy:
    """The starter's policy with presets on features of one service."""
    found = _POLICY.catalog.services[service]
    sample = next(iter(found.features.values()))
    changed = {name: replace(sample, presets=preset) for name, preset in features.items()}
    services = {
        **_POLICY.catalog.services,
        service: replace(found, features={**found.features, **changed}),
    }
    return replace(_POLICY, catalog=replace(_POLICY.catalog, services=services))


def test_presets_fill_what_is_unknown() -> None:
    """An incident of a service starts with the levels of the catalog (R2c.2e)."""
    after = _decided(_ticket(), type_="incident", service="erp")
    assert (after.impact, after.urgency, after.priority) == ("high", "high", "P1")
    assert (after.type, after.service, after.feature) == ("incident", "erp", UNKNOWN)


def test_presets_come_when_the_ticket_becomes_an_incident() -> None:
    """The type decides about presets, whenever it is decided."""
    asked = _decided(_ticket(), type_="fulfilment", service="erp")
    assert (asked.impact, asked.urgency, asked.priority) == (UNKNOWN, UNKNOWN, "P3")
    lost = _decided(asked, type_="incident")
    assert (lost.impact, lost.urgency, lost.priority) == ("high", "high", "P1")


def test_a_stated_level_wins() -> None:
    """What a person states counts, and the preset only fills the other level."""
    after = _decided(_ticket(), type_="incident", service="erp", impact="low")
    assert (after.impact, after.urgency, after.priority) == ("low", "high", "P3")


def test_a_stated_unknown_wins() -> None:
    """Whoever says "I don't know" is not overruled by a preset (R1b.1d)."""
    after = _decided(_ticket(), type_="incident", service="erp", impact=UNKNOWN, urgency=UNKNOWN)
    assert (after.impact, after.urgency, after.priority) == (UNKNOWN, UNKNOWN, "P3")


def test_a_known_level_stays() -> None:
    """A level that is known is not replaced by the preset of another service."""
    before = _ticket(type="incident", service="vpn", impact="low", urgency="low")
    after = _decided(before, service="erp")
    assert (after.service, after.impact, after.urgency) == ("erp", "low", "low")
    assert after.priority == "P5"


def test_what_is_not_given_stays() -> None:
    """A decision about one field leaves the others as they are."""
    before = _ticket(
        type="incident", service="email", feature="mailbox", impact="high", urgency="low"
    )
    after = _decided(before, urgency="high")
    for field in ("type", "service", "feature", "impact"):
        assert getattr(after, field) == getattr(before, field), field
    assert (after.urgency, after.priority) == ("high", "P1")


def test_the_reason_is_kept() -> None:
    """Why somebody decided so is in the event (R2c.2e)."""
    [event] = decide(
        _ticket(), _STAMP, policy=_POLICY, wish=Wish(impact="low", reason="only one desk")
    )
    assert isinstance(event, Classified)
    assert event.reason == "only one desk"
    assert (event.at, event.by) == (_STAMP.at, _STAMP.by)


@pytest.mark.parametrize("impact", LEVELS)
@pytest.mark.parametrize("urgency", LEVELS)
def test_the_priority_is_derived(impact: Level, urgency: Level) -> None:
    """All levels that can be stated give the priority of the matrix (R2c.2, R2c.2d)."""
    after = _decided(_ticket(), impact=impact, urgency=urgency)
    assert after.priority == derive(_POLICY, impact, urgency).priority


def test_another_service_resets_the_feature() -> None:
    """A feature belongs to its service, so it does not move with the ticket."""
    before = _ticket(type="incident", service="email", feature="mailbox")
    assert _decided(before, service="erp").feature == UNKNOWN
    assert _decided(before, service="erp", feature="finance").feature == "finance"
    assert _decided(before, service="email").feature == "mailbox"
    assert _decided(before, impact="low").feature == "mailbox"


def test_a_feature_that_is_reset_gives_no_presets() -> None:
    """A feature of the same id in the new service lends no presets unless it is chosen."""
    policy = _with_presets("erp", mailbox=Presets(impact="low", urgency="low"))
    before = _ticket(type="incident", service="email", feature="mailbox")
    after = _decided(before, policy, service="erp")
    assert after.feature == UNKNOWN
    assert (after.impact, after.urgency) == ("high", "high")


def test_a_chosen_feature_gives_its_presets() -> None:
    """The presets of a feature win over those of its service."""
    policy = _with_presets("erp", finance=Presets(impact="low"))
    after = _decided(_ticket(), policy, type_="incident", service="erp", feature="finance")
    assert (after.impact, after.urgency, after.priority) == ("low", "high", "P3")


@pytest.mark.parametrize(
    ("known", "given_"),
    [
        ({"service": "erp"}, {"feature": "mailbox"}),
        ({}, {"service": "erp", "feature": "mailbox"}),
        ({"service": "email"}, {"service": "erp", "feature": "mailbox"}),
        ({"service": "email"}, {"feature": "Mailbox"}),
    ],
)
def test_a_feature_of_no_service_is_refused(known: dict[str, str], given_: dict[str, str]) -> None:
    """A feature that the service does not have is refused, with those it has."""
    service = given_.get("service") or known.get("service", UNKNOWN)
    with pytest.raises(NoSuchEntryError, match=f"feature of {service}") as caught:
        decide(_ticket(**known), _STAMP, policy=_POLICY, wish=Wish(**given_))  # type: ignore[arg-type]
    found = _POLICY.service(service)
    assert caught.value.details["known"] == [*(found.features if found else ()), UNKNOWN]


def test_a_feature_needs_its_service_first() -> None:
    """Where the service is not known, it is asked for and no list of `unknown` is shown."""
    with pytest.raises(NotFoundError, match="name it first, with --service SERVICE"):
        decide(_ticket(), _STAMP, policy=_POLICY, wish=Wish(feature="mailbox"))


def test_an_unknown_feature_can_be_stated() -> None:
    """A feature can be taken back to unknown, whatever the service."""
    before = _ticket(type="incident", service="email", feature="mailbox")
    assert _decided(before, feature=UNKNOWN).feature == UNKNOWN
    assert _decided(_ticket(), feature=UNKNOWN).feature == UNKNOWN


def test_a_proposal_is_a_suggestion_with_what_is_known() -> None:
    """A ticket of which nothing is known gets the suggestion for its text."""
    ticket = _ticket("VPN drops", details="after sleep")
    assert propose(_POLICY, ticket) == suggest(_POLICY, "VPN drops\nafter sleep")


def test_details_count_as_much_as_the_summary() -> None:
    """The words that decide may stand in the details alone."""
    found = propose(_POLICY, _ticket("help", details="the printer is offline"))
    assert (found["type"].value, found["service"].value) == ("incident", "printing")


def test_an_alert_is_proposed_as_an_incident() -> None:
    """A ticket that came from monitoring is an incident whatever it says."""
    assert propose(_POLICY, _ticket("How do I?", key="k"))["type"].value == "incident"


def test_what_is_classified_stays() -> None:
    """A proposal does not touch what is decided, and its priority fits all the levels."""
    ticket = _ticket("the printer is offline", type="incident", impact="high", urgency="low")
    found = propose(_POLICY, ticket)
    already = "it is classified so already"
    assert found["type"] == Proposal("incident", already)
    assert found["impact"] == Proposal("high", already)
    assert found["urgency"] == Proposal("low", already)
    assert found["service"].value == "printing"
    assert found["priority"] == Proposal(*derive(_POLICY, "high", "low"))


_MIXED: dict[str, Callable[[], tuple[Ticket, str, str]]] = {
    "feature of another service": lambda: (
        _ticket("the printer is offline", type="incident", service="email"),
        "feature",
        UNKNOWN,
    ),
    "preset of another service": lambda: (
        _ticket("the printer is offline", type="incident", service="erp"),
        "impact",
        "high",
    ),
    "preset of another type": lambda: (
        _ticket("the printer is offline", type="fulfilment"),
        "impact",
        UNKNOWN,
    ),
    "no preset for want of the type": lambda: (
        _ticket("the ERP", type="incident"),
        "impact",
        "high",
    ),
}


@pytest.mark.parametrize("case", _MIXED.values(), ids=_MIXED.keys())
def test_a_proposal_fits_together(case: Callable[[], tuple[Ticket, str, str]]) -> None:
    """Feature and presets are proposed for the type and service that the proposal names."""
    ticket, field, expected = case()
    assert propose(_POLICY, ticket)[field].value == expected


def test_a_proposal_can_be_accepted() -> None:
    """Who answers each question with the proposal is not refused for it."""
    ticket = _ticket("the printer is offline", type="incident", service="email")
    found = propose(_POLICY, ticket)
    _decided(ticket, service=found["service"].value, feature=found["feature"].value)


_LEVELS = st.sampled_from((None, *LEVELS))
_SERVICES = st.sampled_from((None, UNKNOWN, *_POLICY.catalog.services))


@given(
    type_=st.sampled_from((None, *REQUEST_TYPES)),
    service=_SERVICES,
    impact=_LEVELS,
    urgency=_LEVELS,
    before=st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(REQUEST_TYPES),
            "service": st.sampled_from(tuple(_POLICY.catalog.services)),
            "impact": st.sampled_from(LEVELS),
            "urgency": st.sampled_from(LEVELS),
        },
    ),
)
def test_any_decision_is_whole(before: dict[str, str], **given_: Any) -> None:
    """What is stated is what the ticket has then, and the priority is that of the matrix."""
    ticket = _ticket(**before)
    after = _decided(ticket, **given_)
    for field, key in (
        ("type", "type_"),
        *((name, name) for name in ("service", "impact", "urgency")),
    ):
        if given_[key] is not None:
            assert getattr(after, field) == given_[key]
        elif field in {"type", "service"} or getattr(ticket, field) != UNKNOWN:
            assert getattr(after, field) == getattr(ticket, field)
    assert after.priority == derive(_POLICY, after.impact, after.urgency).priority
