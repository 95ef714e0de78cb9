"""The register of broken promises: what was said, what is so, and why (R5b.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from sdcli.errors import RefusedError
from sdcli.policy.scalars import Amount
from sdcli.render.as_text.register import lines
from sdcli.results.sla import Register
from sdcli.sla.check import alerts
from sdcli.sla.clock import Clocks
from sdcli.sla.impact import impact_sentence
from sdcli.sla.register import Cause, breaches, missed_in, roadblocks, totals
from sdcli.tickets.contact import Assessment
from sdcli.tickets.event import (
    BreachExplained,
    Classified,
    Delivered,
    Imported,
    Noted,
    Opened,
    Reopened,
    Resolved,
    SlaAlerted,
    Stamp,
    Waited,
)
from sdcli.tickets.ticket import advance, fold
from tests.sampling import examples
from tests.sla.histories import NOW, RICH, at, histories, mark, policy_with

if TYPE_CHECKING:
    from sdcli.policy.model import Policy
    from sdcli.sla.register import Breach
    from sdcli.tickets.ticket import Ticket

NOW_S = int(NOW.timestamp())
MON = "2026-11-23"


def opened(priority: str = "P3", service: str = "vpn") -> Ticket:
    """A ticket of Monday at ten."""
    first = Opened(
        *mark(at(f"{MON}T10:00")),
        summary="x",
        queue="service-desk",
        priority=priority,  # type: ignore[arg-type]
        service=service,
    )
    return fold("SD-1", [first])


def checked(ticket: Ticket, policy: Policy, now: str) -> Ticket:
    """The ticket after a check that has said everything."""
    when = at(now)
    seconds = int(when.timestamp())
    said = [
        SlaAlerted(
            *mark(when),
            alert=each.id,
            target=each.target,
            threshold=each.threshold,
            due=at(MON) + timedelta(seconds=each.due - int(at(MON).timestamp())),
            target_s=each.target_s,
            late_by_s=each.late_by_s,
            recipients=each.recipients,
            stage=each.stage,
            cycle=each.cycle,
            began=each.began,
            mark=each.mark,
            on_arrival=each.on_arrival,
        )
        for each in alerts(ticket, policy, Clocks(policy), seconds)
    ]
    return advance(ticket, said)


def of(ticket: Ticket, policy: Policy, now: str) -> list[Breach]:
    """Its entries in the register."""
    return breaches(ticket, Clocks(policy), int(at(now).timestamp()))


@settings(max_examples=examples(100))
@given(ticket=histories())
def test_what_was_said_never_leaves_the_register(ticket: Ticket) -> None:
    """Whatever the policy becomes: every breach that was said is in it once, standing or not."""
    policy, other = policy_with(*RICH), policy_with()
    said = {each.id for each in alerts(ticket, policy, Clocks(policy), NOW_S)}
    told = checked(ticket, policy, f"{NOW:%Y-%m-%dT%H:%M}")

    for now in (policy, other):
        found = breaches(told, Clocks(now), NOW_S)
        ids = [each.alert for each in found]
        assert len(ids) == len(set(ids))
        breached = {e.alert for e in told.events if type(e) is SlaAlerted and e.stage == "breach"}
        assert breached == {each.alert for each in found if not each.unsaid}
        assert breached <= said
        assert all(each.stands or not each.unsaid for each in found)


def test_a_breach_that_was_said(policy: Policy) -> None:
    """Objective, due, when it was missed and said, by how much, and who was told and when."""
    ticket = checked(opened(), policy, f"{MON}T13:00")

    (found,) = of(ticket, policy, f"{MON}T14:00")

    assert (found.target, found.cycle, found.agreement, found.objective_s) == (
        "response",
        1,
        "extended",
        7200,
    )
    assert found.due == found.missed_at == at(f"{MON}T12:00")
    assert found.said_at == at(f"{MON}T13:00")
    assert (found.overrun_s, found.running, found.stands, found.unsaid) == (7200, True, True, False)
    assert [each.person for each in found.informed] == ["chloe", "greta", "amara"]
    assert {each.at for each in found.informed} == {found.said_at}
    assert found.cause is None


def test_what_arrived_informs_and_what_was_given_up_does_not(policy: Policy) -> None:
    """Each delivery of the alert has its route and its own time; the check's answer has none."""
    ticket = checked(opened(), policy, f"{MON}T13:00")
    (alert,) = (e.alert for e in ticket.events if type(e) is SlaAlerted and e.stage == "breach")
    later = mark(at(f"{MON}T13:07"))
    arrived = [("mail", "greta", True), ("mail", "ada", True), ("mail", "dana", False)]
    events = [
        Delivered(*later, alert=alert, route=route, to=to, ok=ok, attempt=1)
        for route, to, ok in arrived
    ]
    other = Delivered(*later, alert="other", route="mail", to="ben", ok=True, attempt=1)

    (found,) = of(advance(ticket, [*events, other]), policy, f"{MON}T14:00")

    assert [(each.person, each.at, each.route) for each in found.informed] == [
        ("chloe", at(f"{MON}T13:00"), ""),
        ("greta", at(f"{MON}T13:00"), ""),
        ("amara", at(f"{MON}T13:00"), ""),
        ("greta", at(f"{MON}T13:07"), "mail"),
        ("ada", at(f"{MON}T13:07"), "mail"),
    ]
    shown, _ = lines(Register([found], totals([found]), None, None, refs=False))
    assert "chloe, greta (mail), amara, ada (mail)" in "\n".join(shown)


def test_an_overrun_ends_with_the_word(policy: Policy) -> None:
    """After the first word it grows no more."""
    ticket = advance(opened(), [Noted(*mark(at(f"{MON}T12:30")), text="hi", visible=True)])

    (found,) = of(ticket, policy, f"{MON}T17:00")

    assert (found.overrun_s, found.running, found.unsaid) == (1800, False, True)


def test_a_word_entered_late_leaves_the_entry(policy: Policy) -> None:
    """It was said, and by what is known now it was no breach: it stays, and says so."""
    ticket = checked(opened(), policy, f"{MON}T13:00")
    late = Stamp(at=at(f"{MON}T11:00"), by="ben", entered=at(f"{MON}T14:00"))
    ticket = advance(ticket, [Noted(*late.mark(), text="told at eleven", visible=True)])

    (found,) = of(ticket, policy, f"{MON}T15:00")

    assert not found.stands
    assert (found.missed_at, found.overrun_s) == (None, None)
    assert found.said_at == at(f"{MON}T13:00")
    counted = totals([found])
    assert (counted.breaches, counted.withdrawn, counted.unexplained) == (0, 1, 0)


def test_what_was_missed_under_a_former_priority_stays(policy: Policy) -> None:
    """A P1 that was missed and became a P5 is over by what had passed until then."""
    lower = Classified(
        *mark(at(f"{MON}T11:00")),
        type="incident",
        service="vpn",
        feature="unknown",
        impact="low",
        urgency="low",
        priority="P5",
    )

    (found,) = of(advance(opened("P1"), [lower]), policy, f"{MON}T12:00")

    assert (found.priority, found.objective_s, found.overrun_s) == ("P1", 900, 2700)
    assert not found.running


def test_the_last_cause_holds_and_all_stay(policy: Policy) -> None:
    """It may be explained again; `unknown` is counted apart from a cause and from none."""
    ticket = checked(opened(), policy, f"{MON}T13:00")
    first = BreachExplained(*mark(at(f"{MON}T14:00")), target="response", cause="unknown")
    then = BreachExplained(
        *mark(at(f"{MON}T15:00")), target="response", cause="supplier", note="late"
    )

    (found,) = of(advance(ticket, [first]), policy, f"{MON}T16:00")
    counted = totals([found])
    assert (counted.explained, counted.unknown, counted.unexplained) == (0, 1, 0)

    (found,) = of(advance(ticket, [first, then]), policy, f"{MON}T16:00")
    assert found.cause == Cause("supplier", "late", "ben", at(f"{MON}T15:00"))
    assert [each.cause for each in found.causes] == ["unknown", "supplier"]
    counted = totals([found])
    assert (counted.explained, counted.unknown, counted.by_cause) == (1, 0, {"supplier": 1})


def test_what_was_said_before_there_were_stages_is_in_it(policy: Policy) -> None:
    """An old event has no stage: its percentage tells; a time box is no promise."""
    old = SlaAlerted(
        *mark(at(f"{MON}T13:00")),
        alert="old",
        target="response",
        threshold=100,
        due=at(f"{MON}T12:00"),
        target_s=7200,
        late_by_s=3600,
    )
    warning = SlaAlerted(
        *mark(at(f"{MON}T13:00")),
        alert="w",
        target="response",
        threshold=80,
        due=at(f"{MON}T12:00"),
        target_s=7200,
        late_by_s=3600,
    )
    box = SlaAlerted(
        *mark(at(f"{MON}T13:00")),
        alert="b",
        target="time-box",
        threshold=100,
        due=at(f"{MON}T12:00"),
        target_s=60,
        late_by_s=3600,
    )
    told = Noted(*mark(at(f"{MON}T10:05")), text="hi", visible=True)

    found = of(advance(opened(), [told, old, warning, box]), policy, f"{MON}T14:00")

    assert [each.alert for each in found] == ["old"]


def test_only_what_was_missed_can_be_explained(policy: Policy) -> None:
    """Another target or cycle is refused, and the refusal says what was missed."""
    ticket = opened()
    found = of(ticket, policy, f"{MON}T14:00")

    assert missed_in(ticket, found, "response", None).cycle == 1
    with pytest.raises(RefusedError, match=r"never missed its resolution target.*response"):
        missed_in(ticket, found, "resolution", None)
    with pytest.raises(RefusedError, match="in cycle 2"):
        missed_in(ticket, found, "response", 2)
    with pytest.raises(RefusedError, match="Nothing of it was missed"):
        missed_in(ticket, [], "response", None)


def test_a_stay_in_a_queue_and_a_wait_for_a_supplier_are_theirs() -> None:
    """Each is told with its queue or supplier, and counted from 1 for the ticket (R5b.1)."""
    policy = policy_with(*RICH)
    waits = [
        Waited(*mark(at(f"{MON}T10:10")), waiting_for="vendor"),
        Waited(*mark(at(f"{MON}T10:20")), waiting_for="user"),
        Waited(*mark(at(f"{MON}T10:30")), waiting_for="vendor"),
    ]

    found = of(advance(opened("P1"), waits), policy, f"{MON}T12:00")

    theirs = [each for each in found if each.target == "underpinning"]
    assert [(each.whose, each.cycle, each.overrun_s) for each in theirs] == [("carrier", 2, 1800)]


def test_roadblocks_are_those_since_the_last_resolution() -> None:
    """What was noted in the way, and what is waited for now; a resolution clears them (R5b.3)."""
    ticket = advance(
        opened(),
        [
            Noted(*mark(at(f"{MON}T10:10")), text="no access", roadblock=True),
            Noted(*mark(at(f"{MON}T10:11")), text="just a note"),
        ],
    )
    assert roadblocks(ticket) == ("no access",)

    over = advance(
        ticket,
        [
            Resolved(*mark(at(f"{MON}T11:00")), code="solved"),
            Reopened(*mark(at(f"{MON}T12:00")), reason="x"),
        ],
    )
    assert roadblocks(over) == ()

    waits = Waited(
        *mark(at(f"{MON}T13:00")), waiting_for="vendor", supplier="carrier", reason="a new line"
    )
    assert roadblocks(advance(over, [waits])) == (
        "waits for carrier since 2026-11-23 13:00 UTC: a new line",
    )


def test_the_impact_is_told_in_words(policy: Policy) -> None:
    """Service, process, people and what is said of a way round, without a code (R5b.3)."""
    assessed = Classified(
        *mark(at(f"{MON}T10:10")),
        type="incident",
        service="erp",
        feature="unknown",
        impact="high",
        urgency="high",
        priority="P1",
        assessment=Assessment(people=40, process=next(iter(policy.classification.processes))),
    )
    process = next(iter(policy.classification.processes.values()))

    told = impact_sentence(advance(opened("P1", "erp"), [assessed]), policy)

    assert told.startswith(f"{policy.catalog.services['erp'].name}: 40 people cannot work")
    assert f"the process {process.name} is hit" in told
    assert told.endswith(".")
    for code in ("P1", "erp", "high", "unknown"):
        assert f" {code}" not in told
    nothing = impact_sentence(opened("P4", "unknown"), policy)
    assert nothing == (
        "A service that is not known yet: what it does to the business is not known yet."
    )


def test_an_import_withdraws_nothing(policy: Policy) -> None:
    """A breach that was said at another desk stands here, under the ticket's other reference."""
    told = checked(opened(), policy, f"{MON}T13:00")
    arrived = Imported(*mark(at(f"{MON}T14:00")), source="other/1")
    ticket = fold("SD-77", (*told.events, arrived))

    (found,) = of(ticket, policy, f"{MON}T15:00")

    assert (found.ref, found.stands, found.unsaid) == ("SD-77", True, False)


def test_what_nobody_said_elsewhere_is_not_ours(policy: Policy) -> None:
    """What was missed before the ticket came here, and never said, is no broken promise of ours."""
    ticket = fold("SD-77", (*opened().events, Imported(*mark(at(f"{MON}T14:00")), source="o/1")))

    assert of(ticket, policy, f"{MON}T15:00") == []


def test_a_cause_stays_with_its_run(policy: Policy) -> None:
    """A word that is entered late renumbers the runs of `update`; what was said of one stays."""
    first = Noted(*mark(at(f"{MON}T10:30")), text="looking", visible=True)
    ticket = advance(opened(), (first,))
    row = replace(policy.sla.targets.P3, update=Amount(seconds=3600))
    targets = replace(policy.sla.targets, P3=row)
    promised = replace(policy, sla=replace(policy.sla, targets=targets))
    (before,) = [b for b in of(ticket, promised, f"{MON}T11:45") if b.target == "update"]
    cause = BreachExplained(
        *mark(at(f"{MON}T11:50")), target="update", cycle=1, cause="capacity", began=before.began
    )
    entered = at(f"{MON}T11:55")
    late = Noted(*Stamp(at(f"{MON}T10:10"), "ben", entered=entered).mark(), text="x", visible=True)

    after = of(advance(ticket, (cause, late)), promised, f"{MON}T12:00")

    (found,) = [each for each in after if each.target == "update"]
    assert (found.cycle, found.began) == (2, first.id)
    assert [each.cause for each in found.causes] == ["capacity"]
