"""Searching the catalog: what is offered is found, and what is not is not (R2a.2b, R2b.1)."""

from __future__ import annotations

import pytest

from sdcli.policy.load import read_policy
from sdcli.policy.scalars import Amount
from sdcli.triage.catalog import KINDS, look
from tests.conftest import REPOSITORY

_POLICY = read_policy(str(REPOSITORY))


@pytest.mark.parametrize("service", sorted(_POLICY.catalog.services))
def test_each_service_is_found_by_its_name(service: str) -> None:
    """The name and the id of a service lead to it first, among the services (R2b.1)."""
    name = _POLICY.catalog.services[service].name
    assert look(_POLICY, f"do you offer {name}?", "service")[0].id == service
    assert service in [each.id for each in look(_POLICY, service, "service")[:2]]


def test_each_request_is_found_and_described() -> None:
    """The list of requests is maintained: each has a description to know it by (R2a.2b)."""
    entries = look(_POLICY, "", "fulfilment")
    assert len(entries) >= 12
    for entry in entries:
        assert len(entry.says.split()) >= 6
        assert look(_POLICY, entry.name, "fulfilment")[0].id == entry.id


def test_what_it_is_not_for_is_told() -> None:
    """A feature that was not made for what is looked for says so (R2a.3a)."""
    found = {each.id: each for each in look(_POLICY, "do you support CAD")}
    assert found["virtual-desktop/standard-desktop"].refused == ("cad",)
    assert found["virtual-desktop/design-desktop"].refused == ()
    order = list(found)
    assert order.index("virtual-desktop/design-desktop") < order.index(
        "virtual-desktop/standard-desktop"
    )


def test_agreements_come_with_their_targets() -> None:
    """What is promised is there for each priority, in seconds of working time (R2b.1)."""
    [critical] = look(_POLICY, "critical", "agreement")
    assert (critical.targets["P1"].response, critical.targets["P1"].resolution) == (
        Amount(600),
        Amount(7200),
    )
    assert critical.targets["P3"].response == _POLICY.sla.targets.P3.response


@pytest.mark.parametrize("text", ["blockchain", "do you offer the", "?!", "\x00\x1b[31m"])
def test_what_is_not_there_is_not_found(text: str) -> None:
    """Nothing is found by words that say nothing, or that the catalog does not know (R2b.1)."""
    found = look(_POLICY, text)
    assert not found or not text.strip("?! ")


def test_every_kind_is_listed() -> None:
    """Without words all entries of a kind are there, each with its place."""
    counts = {kind: len(look(_POLICY, "", kind)) for kind in KINDS}
    services = _POLICY.catalog.services.values()
    assert counts["service"] == len(services)
    assert counts["feature"] == sum(len(each.features) for each in services)
    assert counts["agreement"] == len(_POLICY.sla.agreements)
    assert all(each.place for each in look(_POLICY, ""))
