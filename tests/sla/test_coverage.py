"""Whom an agreement covers, and by which calendar its clocks run: the most specific wins (R2b.1, T5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from sdcli.policy.agreements import Coverage, Site
from sdcli.sla.agreed import agreement_of, calendar_of, cover_of
from sdcli.sla.clock import Clocks
from sdcli.tickets.ticket import fold
from tests.sla.test_clock import MON, classified, opened, seconds

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import Opened
    from sdcli.tickets.words import RequestType


def by(
    requester: str = "ada",
    *,
    unit: str = "Finance",
    service: str = "wifi",
    type_: RequestType = "incident",
    site: str = "",
    behalf: str = "",
) -> Opened:
    """A request of somebody."""
    start = opened(f"{MON}T10:00", service=service)
    return replace(
        start, requester=requester, unit=unit, type=type_, site=site, on_behalf_of=behalf
    )


def covered(policy: Policy, *rules: Coverage) -> Policy:
    """The policy with these rules."""
    return replace(policy, sla=replace(policy.sla, coverage=rules))


PERSON = Coverage(agreement="critical", people=("Dana",), place="sla_policies.yaml:9")
UNIT = Coverage(agreement="extended", units=("finance",))
SERVICE = Coverage(agreement="goodwill", services=("wifi",))
KIND = Coverage(agreement="goodwill", types=("fulfilment",))
UNIT_AND_KIND = Coverage(agreement="critical", units=("Finance",), types=("fulfilment",))


@pytest.mark.parametrize(
    ("start", "name", "why"),
    [
        (by(), "extended", "coverage"),
        (by(unit="Sales"), "goodwill", "coverage"),
        (by(unit="Sales", service="erp"), "critical", "service"),
        (by("dana"), "critical", "coverage"),
        (by("emil", behalf="DANA"), "critical", "coverage"),
        (by(unit="Sales", service="erp", type_="fulfilment"), "goodwill", "coverage"),
        (by(type_="fulfilment"), "critical", "coverage"),
        (by(unit="Sales", service="unknown"), "standard", "default"),
    ],
)
def test_the_most_specific_rule_wins(policy: Policy, start: Opened, name: str, why: str) -> None:
    """More kinds before fewer; then people, units, services, types; then the catalog."""
    ruled = covered(policy, KIND, SERVICE, UNIT, PERSON, UNIT_AND_KIND)

    found = agreement_of(ruled.levels, fold("SD-1", (start,)))

    assert (found.name, found.why) == (name, why)


def test_the_rule_is_named(policy: Policy) -> None:
    """Where it stands is part of the answer."""
    found = agreement_of(covered(policy, PERSON).levels, fold("SD-1", (by("dana"),)))

    assert found.place == "sla_policies.yaml:9"


def test_what_a_question_tree_led_to_comes_before_the_rules(policy: Policy) -> None:
    """It was decided for this request, and stays while the service does."""
    start = replace(by("dana"), agreement="goodwill")
    ruled = covered(policy, PERSON)

    assert agreement_of(ruled.levels, fold("SD-1", (start,))).why == "question-tree"
    moved = fold("SD-1", (start, classified(f"{MON}T11:00", "P3", "erp")))
    assert agreement_of(ruled.levels, moved).why == "coverage"


def test_another_type_is_another_agreement(policy: Policy) -> None:
    """The clock goes by what the request is found to be, from the start."""
    ruled = covered(policy, KIND)
    event = replace(classified(f"{MON}T11:00", "P3", "erp"), type="fulfilment")
    before, after = (fold("SD-1", (by(service="erp"), *more)) for more in ((), (event,)))
    clocks = Clocks(ruled)

    def target(ticket: object) -> int | None:
        return clocks.read(ticket, seconds(f"{MON}T12:00"))["resolution"].target_s  # type: ignore[arg-type]

    assert target(before) == ruled.levels.granted("critical", "P3").resolution.seconds
    assert target(after) == ruled.levels.granted("goodwill", "P3").resolution.seconds


CASES = {
    "site": (by(site="London", service="erp"), "around-the-clock", "site"),
    "service": (by(service="wifi"), "extended-hours", "service"),
    "agreement": (by(service="erp"), "around-the-clock", "agreement"),
    "default": (by(service="unknown"), "business-hours", "default"),
    "another site": (by(site="Paris", service="wifi"), "extended-hours", "service"),
}


@pytest.mark.parametrize("case", CASES)
def test_whose_calendar(policy: Policy, case: str) -> None:
    """That of the site, else of the service, else of the agreement, else the default one (T5)."""
    start, name, why = CASES[case]
    services = {**policy.catalog.services}
    services["wifi"] = replace(services["wifi"], calendar="extended-hours")
    standard = replace(policy.sla.agreements["standard"], calendar="")
    sla = replace(
        policy.sla,
        sites={"London": Site(calendar="around-the-clock")},
        agreements={**policy.sla.agreements, "standard": standard},
        default_calendar="business-hours",
    )
    ruled = replace(policy, sla=sla, catalog=replace(policy.catalog, services=services))
    ticket = fold("SD-1", (start,))
    agreement = agreement_of(ruled.levels, ticket).agreement

    assert calendar_of(ruled.levels, cover_of(ticket), agreement) == (name, why)


def test_an_agreement_may_hold_everywhere(policy: Policy) -> None:
    """What is promised around the clock is not narrowed by a site that closes at six."""
    critical = replace(policy.sla.agreements["critical"], fixed_calendar=True)
    sla = replace(
        policy.sla,
        sites={"London": Site(calendar="business-hours")},
        agreements={**policy.sla.agreements, "critical": critical},
    )
    ruled = replace(policy, sla=sla)
    ticket = fold("SD-1", (by(site="London", service="erp"),))

    found = calendar_of(ruled.levels, cover_of(ticket), critical)

    assert found == ("around-the-clock", "agreement")


def test_two_tickets_of_one_service_may_differ(policy: Policy) -> None:
    """Terms that are shared for speed are shared by those alone for whom they hold."""
    ruled = covered(policy, PERSON)
    clocks = Clocks(ruled)
    now = seconds(f"{MON}T12:00")

    both = [clocks.read(fold("SD-1", (by(who),)), now)["resolution"].due for who in ("ada", "dana")]

    assert both[0] != both[1]
