"""A suggestion for each field, each with its reason, and never a silent guess."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdcli.policy.load import read_policy
from sdcli.policy.model import Presets
from sdcli.tickets.words import LEVELS, PRIORITIES, REQUEST_TYPES, UNKNOWN
from sdcli.triage.priority import derive, presets
from sdcli.triage.suggest import Known, Proposal, suggest
from tests.conftest import REPOSITORY

_POLICY = read_policy(str(REPOSITORY))
_FIELDS = ["type", "service", "feature", "impact", "urgency", "priority"]
_KEYWORDS = sorted(
    {
        word
        for name, service in _POLICY.catalog.services.items()
        for word in (name, service.name, *service.keywords, *service.components)
    }
)


def _values(text: str, *, is_alert: bool = False) -> tuple[str, ...]:
    """The proposed values, in the order of the fields."""
    found = suggest(_POLICY, text, Known(is_alert=is_alert))
    assert list(found) == _FIELDS
    return tuple(proposal.value for proposal in found.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The printer on floor 2 is offline", "incident printing office-printing low low P5"),
        ("VPN drops after sleep", "incident vpn unknown unknown high P2"),
        ("I forgot my password and am locked out", "incident identity password unknown high P2"),
        (
            "Outlook cannot find the shared mailbox",
            "incident email shared-mailbox medium medium P3",
        ),
        ("How do I share my calendar?", "information unknown unknown unknown unknown P3"),
        ("How do I move mail in Outlook?", "information email unknown unknown unknown P3"),
        (
            "Please create a new account for a joiner",
            "fulfilment identity account unknown unknown P3",
        ),
        (
            "We need access to the CRM campaign tool",
            "fulfilment crm campaigns unknown unknown P3",
        ),
        ("web-1 fails with 502", "incident website unknown high high P1"),
        ("Backup job failed on backup1", "incident backup server-backup low unknown P4"),
        ("db2 replication lag, replica timed out", "incident databases replica high unknown P2"),
        ("The intranet wiki page is down", "incident intranet pages low low P5"),
        (
            "Laptop shows a blue screen after an update, error 0x50",
            "incident workstation operating-system low unknown P4",
        ),
        ("ERP month-end invoice posting failed", "incident erp finance high high P1"),
        ("Guest wifi voucher expired", "incident wifi guest-wifi unknown unknown P3"),
        ("DNS: nxdomain error", "incident internet-access dns high unknown P2"),
        ("order a new laptop", "fulfilment workstation unknown unknown unknown P3"),
        ("where is the coffee", "information unknown unknown unknown unknown P3"),
        ("hello", "unknown unknown unknown unknown unknown P3"),
        ("", "unknown unknown unknown unknown unknown P3"),
    ],
)
def test_what_callers_say(text: str, expected: str) -> None:
    """The words of a request give type, service, feature and priority, or honestly nothing."""
    assert " ".join(_values(text)) == expected


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("I had access to the share and lost it", "incident"),
        ("I cannot log in any more", "incident"),
        ("I need access to the share", "fulfilment"),
        ("request: licence for a colleague", "fulfilment"),
        ("What is the limit of my mailbox?", "information"),
        ("How can I get access to the share?", "information"),
        ("mailbox", "unknown"),
    ],
)
def test_losing_and_asking_are_told_apart(text: str, type_: str) -> None:
    """Who had something and lost it reports an incident, who never had it asks for it (R2a.2a)."""
    assert _values(text)[0] == type_


@pytest.mark.parametrize(
    "text",
    [
        "I can't print",
        "I can\u2019t print",
        "The printer doesn't print",
        "The VPN doesn\u2019t open",
    ],
)
def test_contractions_are_failures_too(text: str) -> None:
    """What is written with an apostrophe means the same as without."""
    assert _values(text)[0] == "incident"


@pytest.mark.parametrize(
    ("text", "service"), [("paper - jam", "printing"), ("dial -- tone", "telephony")]
)
def test_a_dash_between_words_does_not_hide_a_phrase(text: str, service: str) -> None:
    """Phrases are found with one blank between words, whatever stood there."""
    assert _values(text)[1] == service


@pytest.mark.parametrize(
    ("text", "field", "names"),
    [
        ("erp-db1 does not answer", "service", ("erp", "databases")),
        ("toner and invoice", "service", ("printing", "erp")),
        ("mail-gateway and dc1", "service", ("email", "identity")),
        ("the wi-fi is slow", "service", ("wifi", "workstation")),
        ("website: basket empty, page missing", "feature", ("shop", "content")),
    ],
)
def test_a_tie_stays_unknown(text: str, field: str, names: tuple[str, ...]) -> None:
    """Two that fit alike give neither, and the reason names both (R1b.1d)."""
    proposal = suggest(_POLICY, text)[field]
    assert proposal.value == UNKNOWN
    assert proposal.reason.startswith(f"the words fit more than one {field}: ")
    assert set(proposal.reason.split(": ")[1].split(", ")) == set(names)


def test_a_short_name_weighs_no_more_than_another() -> None:
    """Two services that are each named by id and keyword fit alike (R1b.1d)."""
    assert _values("intranet and CRM")[1] == UNKNOWN


def test_a_component_outweighs_a_keyword() -> None:
    """The name of a machine says more than a general word (R2b.1a)."""
    assert _values("backup of fs1")[1] == "file-storage"


def test_words_are_whole() -> None:
    """A keyword inside another word is not that keyword."""
    assert _values("shopping printers vpnish")[1] == UNKNOWN


@pytest.mark.parametrize(
    "text", ["VPN IS DOWN", "vpn is down", "(vpn) is: down!", "\nVpn\n is\tdown."]
)
def test_case_and_signs_do_not_matter(text: str) -> None:
    """Case, punctuation and line ends change nothing."""
    assert _values(text) == _values("vpn is down")
    assert _values(text)[:2] == ("incident", "vpn")


@pytest.mark.parametrize("text", ["backup1", "How do I read backup1?", "please create backup1", ""])
def test_an_alert_is_an_incident(text: str) -> None:
    """What a monitoring system sends is a failure, whatever its words."""
    found = suggest(_POLICY, text, Known(is_alert=True))
    assert found["type"] == Proposal("incident", "a monitoring system reports a failure")


def test_presets_are_for_incidents_only() -> None:
    """Losing a service and asking for it do not weigh the same: only a loss is preset (R2c.2e)."""
    lost = suggest(_POLICY, "the ERP is down")
    assert (lost["impact"].value, lost["urgency"].value) == ("high", "high")
    assert lost["impact"].reason == "the preset of erp"
    for text in ("How do I use the ERP?", "I need access to the ERP", "the ERP"):
        asked = suggest(_POLICY, text)
        assert asked["service"].value == "erp"
        assert (asked["impact"].value, asked["urgency"].value) == (UNKNOWN, UNKNOWN)
        assert "ask who and what is hindered" in asked["impact"].reason


def _checked(found: dict[str, Proposal]) -> None:
    """What holds of every suggestion."""
    assert list(found) == _FIELDS
    for field, proposal in found.items():
        assert proposal.reason.strip(), field
    type_, service, feature, impact, urgency, priority = (p.value for p in found.values())
    assert type_ in REQUEST_TYPES
    assert impact in LEVELS
    assert urgency in LEVELS
    assert priority in PRIORITIES
    assert service == UNKNOWN or service in _POLICY.catalog.services
    assert feature == UNKNOWN or feature in _POLICY.catalog.services[service].features
    preset = presets(_POLICY, type_ if type_ == "incident" else UNKNOWN, service, feature)
    assert (impact, urgency) == (preset.impact, preset.urgency)
    assert found["priority"] == Proposal(*derive(_POLICY, preset.impact, preset.urgency))
    if service == UNKNOWN:
        assert preset == Presets()


@given(st.text(max_size=80), st.booleans())
@example("\x00", False)
@example("." * 80, True)
@example("\u0130stanbul", False)
def test_any_text_gives_reasons(text: str, is_alert: bool) -> None:
    """Whatever the text, each field has a legal value and a reason, and they fit together."""
    _checked(suggest(_POLICY, text, Known(is_alert=is_alert)))


@given(st.lists(st.sampled_from((*_KEYWORDS, "is down", "how do I", "please install")), max_size=6))
def test_any_words_of_the_catalog_give_reasons(words: list[str]) -> None:
    """The same for texts made of the catalog's own words."""
    _checked(suggest(_POLICY, " ".join(words)))


@given(st.text(max_size=60))
def test_a_suggestion_is_the_same_every_time(text: str) -> None:
    """The same text gives the same proposals."""
    assert suggest(_POLICY, text) == suggest(_POLICY, text)


def test_a_reason_quotes_the_words() -> None:
    """The reason shows the words it stands on, so that a person can judge it."""
    found = suggest(_POLICY, "Toner empty, the Printer failed")
    assert found["service"].reason == "the words 'printer', 'toner'"
    assert found["type"].reason == "the words 'failed'"
    assert found["feature"].reason == "the words 'printer'"


def test_nothing_found_says_so() -> None:
    """Where no rule decides, the reason says that, and not nothing."""
    found = suggest(_POLICY, "hello")
    assert found["type"].reason == "no phrase tells what kind of request it is"
    assert found["service"].reason == "no component or keyword of the catalog occurs"
    assert found["feature"].reason == "the service is not known"
    assert suggest(_POLICY, "vpn")["feature"].reason == "no keyword of a feature of vpn occurs"
