"""Operational levels of queues and contracts that underpin suppliers, with literal times.

Business hours are Monday to Thursday 08:00-18:00 in London, on UTC in winter; 2026-11-23 is a
Monday. The policy is the starter's with a level for two queues and a contract for one supplier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from sdcli.policy.agreements import OperationalLevel, UnderpinningContract
from sdcli.policy.scalars import Amount
from sdcli.sla.backing import faces, fallen_behind
from sdcli.sla.clock import Clocks
from sdcli.tickets.event import Escalated, Imported, SlaAlerted, Waited
from sdcli.tickets.ticket import advance, fold
from tests.sla.test_clock import (
    HOUR,
    MON,
    TUE,
    classified,
    mark,
    moment,
    opened,
    resolved,
    resumed,
    seconds,
    waited,
)

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.sla.check import Alert
    from sdcli.tickets.event import AnyEvent


@pytest.fixture(name="backed")
def _backed(policy: Policy) -> Policy:
    """The starter's policy with levels of queues, and a supplier of the service erp."""
    levels = {
        "service-desk": OperationalLevel(targets={"P3": Amount(2 * HOUR)}),
        "network": OperationalLevel(
            targets={"P3": Amount(4 * HOUR), "P1": Amount(HOUR)}, calendar="around-the-clock"
        ),
    }
    carrier = UnderpinningContract(
        name="Carrier", targets={"P3": Amount(3 * HOUR)}, services=("erp",)
    )
    sla = replace(
        policy.sla, operational_levels=levels, underpinning_contracts={"carrier": carrier}
    )
    return replace(policy, sla=sla)


def handed(at: str, to: str = "network") -> Escalated:
    """Handed to another queue."""
    return Escalated(*mark(moment(at)), hand_over="escalate", to=to, reason="needs it")


def for_supplier(at: str, supplier: str = "carrier") -> Waited:
    """A wait for a supplier."""
    return Waited(*mark(moment(at)), waiting_for="vendor", supplier=supplier)


def said(policy: Policy, now: str, *events: AnyEvent) -> list[Alert]:
    """What is to be said at an instant of the ticket that these events make."""
    return fallen_behind(fold("SD-1", events), policy, Clocks(policy), seconds(now))


def short(found: list[Alert]) -> list[tuple[str, int, int]]:
    """Target, threshold and due time."""
    return [(each.target, each.threshold, each.due) for each in found]


def test_a_queue_inherits_no_spent_clock(backed: Policy) -> None:
    """Its clock begins with the hand-over, by its own calendar, and that of the first queue ends."""
    events = (opened(f"{MON}T10:00"), handed(f"{MON}T11:30"))

    found = said(backed, f"{MON}T16:00", *events)

    due = seconds(f"{MON}T15:30")
    assert short(found) == [("operational", 80, due), ("operational", 100, due)]
    [(queue, face)] = faces(fold("SD-1", events), Clocks(backed), seconds(f"{MON}T12:30")).values()
    assert (queue, face.elapsed_s, face.target_s) == ("network", HOUR, 4 * HOUR)


def test_each_stay_has_a_clock_of_its_own(backed: Policy) -> None:
    """Back in a queue, it begins anew; what was said of the first stay says nothing of the second."""
    events = (
        opened(f"{MON}T10:00"),
        handed(f"{MON}T13:00"),
        handed(f"{MON}T13:30", "service-desk"),
    )
    ticket = fold("SD-1", events)
    first = fallen_behind(ticket, backed, Clocks(backed), seconds(f"{MON}T13:31"))
    told = [
        SlaAlerted(
            *mark(moment(f"{MON}T13:31")),
            alert=each.id,
            target=each.target,
            threshold=each.threshold,
            due=moment(f"{MON}T12:00"),
            target_s=each.target_s,
            late_by_s=0,
        )
        for each in first
    ]

    later = fallen_behind(advance(ticket, told), backed, Clocks(backed), seconds(f"{MON}T15:31"))

    assert [each.threshold for each in first] == [80, 100]
    assert short(later) == [
        ("operational", 80, seconds(f"{MON}T15:30")),
        ("operational", 100, seconds(f"{MON}T15:30")),
    ]


def test_a_wait_pauses_the_clock_of_the_queue(backed: Policy) -> None:
    """As it does that of the resolution."""
    events = (opened(f"{MON}T10:00"), waited(f"{MON}T11:00"), resumed(f"{MON}T13:00"))

    assert said(backed, f"{MON}T13:30", *events) == []
    assert short(said(backed, f"{MON}T14:01", *events))[-1] == (
        "operational",
        100,
        seconds(f"{MON}T14:00"),
    )


def test_a_priority_changes_what_the_queue_may_take(backed: Policy) -> None:
    """By the new one, counted from the hand-over."""
    events = (opened(f"{MON}T10:00"), handed(f"{MON}T10:30"), classified(f"{MON}T11:00", "P1"))

    found = said(backed, f"{MON}T11:31", *events)

    assert short(found)[-1] == ("operational", 100, seconds(f"{MON}T11:30"))
    assert short(said(backed, f"{MON}T11:31", *events[:2])) == []


def test_a_supplier_is_timed_while_it_is_waited_for(backed: Policy) -> None:
    """From the wait to its end, in the time of the ticket's own calendar where it has none."""
    events = (opened(f"{MON}T10:00"), for_supplier(f"{MON}T16:00"))

    found = said(backed, f"{TUE}T09:01", *events)

    mine = [each for each in found if each.target == "underpinning"]
    assert short(mine) == [
        ("underpinning", 80, seconds(f"{TUE}T09:00")),
        ("underpinning", 100, seconds(f"{TUE}T09:00")),
    ]
    supplier, face = faces(fold("SD-1", events), Clocks(backed), seconds(f"{MON}T17:00"))[
        "underpinning"
    ]
    assert (supplier, face.elapsed_s) == ("carrier", HOUR)


@pytest.mark.parametrize("end", [resumed, waited, resolved])
def test_the_end_of_the_wait_ends_it(backed: Policy, end: object) -> None:
    """Work goes on, the caller is waited for instead, or it is solved: the supplier is done."""
    events = (opened(f"{MON}T10:00"), for_supplier(f"{MON}T11:00"), end(f"{MON}T13:00"))  # type: ignore[operator]

    found = said(backed, f"{TUE}T18:00", *events)

    assert [each for each in found if each.target == "underpinning"] == []
    assert "underpinning" not in faces(
        fold("SD-1", events), Clocks(backed), seconds(f"{MON}T14:00")
    )


def test_the_service_names_the_supplier_where_nobody_does(backed: Policy) -> None:
    """A wait for a supplier of the service's own contract; another service has none."""
    for service, count in (("erp", 2), ("wifi", 0)):
        events = (opened(f"{MON}T10:00", service=service), for_supplier(f"{MON}T11:00", ""))
        found = said(backed, f"{MON}T17:00", *events)
        assert len([each for each in found if each.target == "underpinning"]) == count


@pytest.mark.parametrize("again", ["carrier", ""])
def test_a_reminder_lets_no_supplier_off(backed: Policy, again: str) -> None:
    """Whoever says again that the same supplier is waited for does not set its clock back."""
    events = (
        opened(f"{MON}T10:00", service="erp"),
        for_supplier(f"{MON}T11:00"),
        for_supplier(f"{MON}T13:00", again),
    )

    found = said(backed, f"{MON}T14:30", *events)

    mine = [each for each in found if each.target == "underpinning"]
    assert {each.cycle for each in mine} == {1}
    assert mine[-1].due == seconds(f"{MON}T14:00")


def test_another_supplier_begins_anew(backed: Policy) -> None:
    """The first one is done when somebody else is waited for."""
    events = (
        opened(f"{MON}T10:00", service="erp"),
        for_supplier(f"{MON}T11:00", "printer-company"),
        for_supplier(f"{MON}T13:00"),
    )

    found = said(backed, f"{MON}T16:30", *events)

    mine = [(each.cycle, each.due) for each in found if each.target == "underpinning"]
    assert set(mine) == {(2, seconds(f"{MON}T16:00"))}


def test_a_wait_goes_by_the_priority_of_each_moment(backed: Policy) -> None:
    """The contract grants nothing to P2: a ticket raised to it is the supplier's no more."""
    events = (
        opened(f"{MON}T10:00", service="erp"),
        for_supplier(f"{MON}T11:00"),
        classified(f"{MON}T12:00", priority="P2"),
    )

    found = said(backed, f"{MON}T16:30", *events)

    assert [each for each in found if each.target == "underpinning"] == []


def test_a_wait_for_the_caller_times_no_supplier(backed: Policy) -> None:
    """The contract runs for the supplier alone."""
    events = (opened(f"{MON}T10:00", service="erp"), waited(f"{MON}T11:00"))

    found = said(backed, f"{TUE}T17:00", *events)

    assert [each for each in found if each.target == "underpinning"] == []


def test_what_was_late_elsewhere_is_not_said_here(backed: Policy) -> None:
    """Before a ticket was imported it was another desk's to say (T25)."""
    mark_of_import = Imported(*mark(moment(f"{MON}T13:00")), source="other")
    events = (opened(f"{MON}T10:00"), mark_of_import)

    assert said(backed, f"{MON}T14:00", *events) == []


def test_nothing_is_agreed_where_nothing_is_written(policy: Policy) -> None:
    """The starter's desk holds no queue and no supplier to anything."""
    ticket = fold("SD-1", (opened(f"{MON}T10:00"), for_supplier(f"{MON}T11:00")))

    assert fallen_behind(ticket, policy, Clocks(policy), seconds(f"{TUE}T17:00")) == []
    assert faces(ticket, Clocks(policy), seconds(f"{TUE}T17:00")) == {}
