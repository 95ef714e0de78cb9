"""Which agreement covers a ticket, and why: the clock and the answer agree (R2b.1, R2b.1a)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from sdcli.sla.agreed import agreement_of, strictest
from sdcli.sla.clock import Clocks
from sdcli.tickets.contact import AlertFacts, Assessment, Correction, Support
from sdcli.tickets.event import SupportDecided, Validated
from sdcli.tickets.ticket import fold
from tests.sla.test_clock import HOUR, MON, classified, mark, moment, opened, seconds

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.tickets.event import AnyEvent, Classified, Opened

AT = f"{MON}T10:00"


def start(service: str = "unknown", agreement: str = "", component: str = "") -> Opened:
    """A P3 with what its questions led to, and a component that monitoring named."""
    facts = AlertFacts(source="probe", key="k", component=component) if component else None
    return replace(opened(AT, "P3", service), agreement=agreement, alert=facts)


def said_of(component: str) -> Classified:
    """A classification that names a component."""
    return replace(classified(AT, "P3"), assessment=Assessment(component=component))


def decided(decision: str = "override", agreement: str = "goodwill") -> SupportDecided:
    """A decision on something that the catalog does not hold."""
    support = Support(what="Dropbox", decision=decision, agreement=agreement)  # type: ignore[arg-type]
    return SupportDecided(*mark(moment(AT)), support=support)


CASES: dict[str, tuple[tuple[AnyEvent, ...], str, str]] = {
    "nothing known": ((start(),), "standard", "default"),
    "service": ((start("erp"),), "critical", "service"),
    "service that has left": ((start("gone"),), "standard", "default"),
    "leaf": ((start("erp", "extended"),), "extended", "question-tree"),
    "leaf of no service": ((start("unknown", "extended"),), "extended", "question-tree"),
    "leaf, then another service": (
        (start("erp", "extended"), classified(AT, "P3", "wifi")),
        "standard",
        "service",
    ),
    "leaf, and back": (
        (start("erp", "extended"), classified(AT, "P3", "wifi"), classified(AT, "P3", "erp")),
        "extended",
        "question-tree",
    ),
    "leaf that has left": ((start("erp", "gone"),), "critical", "service"),
    "override": ((start("unknown", "extended"), decided()), "goodwill", "override"),
    "override that names none": ((start(), decided(agreement="")), "goodwill", "override"),
    "override whose agreement has left": (
        (start(), decided(agreement="gone")),
        "standard",
        "default",
    ),
    "undecided": ((start(), decided("undecided")), "standard", "default"),
    "override, then found": (
        (start(), decided(), classified(AT, "P3", "erp")),
        "critical",
        "service",
    ),
    "component of monitoring": ((start(component="MX1"),), "extended", "component"),
    "component that was said": ((start(), said_of("mx1")), "extended", "component"),
    "component that was corrected": (
        (
            start(component="nobody-knows"),
            Validated(
                *mark(moment(AT)), corrections={"component": Correction("nobody-knows", "mx1")}
            ),
        ),
        "extended",
        "component",
    ),
    "component nobody knows": ((start(component="fridge"),), "standard", "default"),
    "service before component": ((start("wifi", component="mx1"),), "standard", "service"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_that_applies(policy: Policy, case: str) -> None:
    """Override, leaf, service, component, default: in this order, and the clock goes by it (R2b.1)."""
    events, name, why = CASES[case]
    ticket = fold("SD-1", events)

    found = agreement_of(policy.levels, ticket)

    assert (found.name, found.why) == (name, why)
    clock = Clocks(policy).read(ticket, seconds(AT))["resolution"]
    assert clock.target_s == policy.sla.agreement_targets(name, ticket.priority).resolution.seconds


def test_a_component_of_several_services_inherits_the_strictest(policy: Policy) -> None:
    """The agreement with the soonest resolution, by how long its calendar is open (R2b.1a)."""
    services = policy.catalog.services
    shared = {
        name: replace(services[name], components=("shared-1",)) for name in ("wifi", "erp", "email")
    }
    both = replace(policy, catalog=replace(policy.catalog, services={**services, **shared}))

    found = agreement_of(both.levels, fold("SD-1", (start(component="shared-1"),)))

    assert (found.name, found.why) == ("critical", "component")
    assert strictest(policy.levels, ("wifi", "email"), "P3") == "extended"
    assert strictest(policy.levels, (), "P3") == ""


def test_an_override_counts_from_the_start(policy: Policy) -> None:
    """Its own targets hold for all the time since opening (R2b.2a)."""
    later = replace(decided(), at=moment(f"{MON}T13:00"))
    clock = Clocks(policy).read(fold("SD-1", (start(), later)), seconds(f"{MON}T13:00"))
    assert (clock["resolution"].elapsed_s, clock["resolution"].target_s) == (3 * HOUR, 80 * HOUR)
