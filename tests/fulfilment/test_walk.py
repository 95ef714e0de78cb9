"""The walk through a procedure, as the fold of its events, and its figures: pure rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import RefusedError
from sdcli.fulfilment import figures, walk
from sdcli.fulfilment.walk import StepDone, Verified
from sdcli.policy.read_procedures import read
from sdcli.tickets.event import (
    ApprovalDecided,
    Closed,
    Edition,
    FulfilmentStarted,
    HookRan,
    Opened,
    ProcedureSought,
    Resolved,
    Stamp,
    Undone,
)
from sdcli.tickets.fulfilment import STEP_RESULTS
from sdcli.tickets.ticket import advance, fold
from tests.conftest import NOW, REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdcli.tickets.event import AnyEvent
    from sdcli.tickets.fulfilment import Fulfilled
    from sdcli.tickets.ticket import Ticket

WHAT = Edition("unlock-account", "0123456789ab")
TEXTS = ["look", "unlock", "tell"]
TODAY = date(2026, 11, 23)


def _stamp(minutes: int = 0) -> Stamp:
    return Stamp(at=NOW + timedelta(minutes=minutes), by="ben")


def _begun(minutes: int = 0, estimate_s: int | None = 900) -> FulfilmentStarted:
    return FulfilmentStarted(*_stamp(minutes).mark(), procedure=WHAT, estimate_s=estimate_s)


def _ticket(*events: AnyEvent, ref: str = "SD-1") -> Ticket:
    opened = Opened(
        *_stamp().mark(), summary="locked", queue="service-desk", priority="P3", type="fulfilment"
    )
    return fold(ref, (opened, *events))


def _walked(minutes: int = 0, end: Fulfilled = "fulfilled", **said: str) -> list[AnyEvent]:
    """A whole walk of ten minutes."""
    begun = _begun(minutes)
    going = walk.Walk(begun, {})
    done = [StepDone(number, "done") for number in (1, 2, 3)]
    steps = walk.step(_stamp(minutes + 5), going, TEXTS, done, ref="SD-1")
    after = walk.running([begun, *steps])
    assert after is not None
    verified = Verified(**said)  # type: ignore[arg-type]
    ended = walk.end(_stamp(minutes + 10), after, end, verified, ref="SD-1", texts=TEXTS)
    return [begun, *steps, *ended]


def test_to_begin_means_that_work_has_begun() -> None:
    """A new ticket is in progress once a procedure was begun, by the event itself (R3b.2)."""
    assert _ticket(_begun()).status == "in_progress"


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(STEP_RESULTS)), max_size=12))
def test_what_became_of_a_step_last_holds(said: list[tuple[int, str]]) -> None:
    """Whatever is said in whatever order: the next step is the first that is open or failed (R3b.2)."""
    events: list[AnyEvent] = [_begun()]
    for number, result in said:
        going = walk.running(events)
        assert going is not None
        done = [StepDone(number, result)]  # type: ignore[arg-type]
        events += walk.step(_stamp(), going, TEXTS, done, ref="SD-1")

    going = walk.running(events)

    assert going is not None
    last = dict(said)
    open_ = [n for n in (1, 2, 3) if last.get(n, "failed") == "failed"]
    assert going.next_of(TEXTS) == (open_[0] if open_ else None)
    assert {each.number for each in walk.remaining(going, TEXTS)} == set(open_)


def test_a_step_that_is_not_there_is_refused() -> None:
    """A number beyond the steps is told, with how many there are (R3b.2)."""
    with pytest.raises(RefusedError, match="has no step 4: it has 3"):
        walk.step(_stamp(), walk.Walk(_begun(), {}), TEXTS, [StepDone(4, "done")], ref="SD-1")


@pytest.mark.parametrize(
    ("results", "said", "message"),
    [
        ([(1, "done")], {}, "without a result: 2, 3"),
        ([(1, "done"), (2, "failed"), (3, "done")], {}, "failed: 2"),
        ([(1, "done"), (2, "skipped"), (3, "done")], {"user_check": "no"}, "--user-check no"),
        ([(1, "done"), (2, "done"), (3, "done")], {"tool_check": "no"}, "--tool-check no"),
    ],
)
def test_it_is_not_fulfilled_while_something_is_open(
    results: Sequence[tuple[int, str]], said: dict[str, str], message: str
) -> None:
    """No end in success with open or failed steps, or a check that says no (R3c2.4)."""
    begun = _begun()
    done = [StepDone(number, result) for number, result in results]  # type: ignore[arg-type]
    steps = walk.step(_stamp(), walk.Walk(begun, {}), TEXTS, done, ref="SD-1")
    going = walk.running([begun, *steps])
    assert going is not None
    verified = Verified(**said)  # type: ignore[arg-type]

    with pytest.raises(RefusedError, match=message):
        walk.end(_stamp(), going, "fulfilled", verified, ref="SD-1", texts=TEXTS)
    assert walk.end(_stamp(), going, "failed", verified, ref="SD-1", texts=TEXTS)


def test_what_is_taken_back_was_never_done() -> None:
    """A beginning that is undone leaves no walk, and the ticket as it was (R3b.2)."""
    begun = _begun()
    ticket = _ticket(begun)

    after = advance(ticket, (Undone(*_stamp().mark(), undoes=(begun.id,)),))

    assert walk.running(ticket.standing) is not None
    assert walk.last(after.standing) is None
    assert after.status == "new"


def test_the_last_decision_on_a_procedure_holds() -> None:
    """A rejection after an approval holds, and says nothing of another procedure (R3b.2)."""

    def decided(procedure: Edition, what: str) -> ApprovalDecided:
        return ApprovalDecided(
            *_stamp().mark(),
            procedure=procedure,
            decision=what,  # type: ignore[arg-type]
            person="dana",
        )

    events = (
        decided(WHAT, "approved"),
        decided(Edition("vpn-access", "a"), "approved"),
        decided(WHAT, "rejected"),
    )

    found = walk.decision(events, WHAT.id)
    assert found is not None
    assert found.decision == "rejected"


def _took(_ticket: Ticket, going: walk.Walk) -> int | None:
    return int((going.ended.at - going.begins).total_seconds()) if going.ended else None


def _figures(*tickets: Ticket) -> figures.Figures:
    offered = read(str(REPOSITORY)).all
    found = figures.figures(figures.runs(tickets), offered, TODAY, _took)
    return next(each for each in found if each.id == WHAT.id)


def test_runs_success_time_and_answers_are_counted() -> None:
    """Runs by their end, the median time, lateness, accuracy, remarks, programs (R3b.1a, R3c2.4)."""
    program = HookRan(*_stamp().mark(), procedure=WHAT, command=("echo",), exit_code=1)
    begun, *rest = _walked(accurate="no", in_time="no", improvement="say who may call")
    tickets = [
        _ticket(begun, program, *rest),
        _ticket(*_walked(accurate="yes", in_time="yes"), ref="SD-2"),
        _ticket(*_walked(end="failed"), ref="SD-3"),
        _ticket(*_walked(end="abandoned"), ref="SD-4"),
        _ticket(_begun(), ref="SD-5"),
    ]

    found = _figures(*tickets)

    assert (found.begun, found.running) == (5, 1)
    assert (found.fulfilled, found.failed, found.abandoned) == (2, 1, 1)
    assert found.success is not None
    assert (found.success.of, found.success.percent) == (3, 66.7)
    assert (found.took_s, found.longest_s, found.estimate_s) == (600, 600, 900)
    assert (found.in_time, found.late, found.accurate, found.inaccurate) == (1, 1, 1, 1)
    assert (found.ran, found.ran_badly) == (1, 1)
    assert [each.text for each in found.improvements] == ["say who may call"]


def test_a_ticket_may_be_walked_twice() -> None:
    """A walk that failed and one that followed are two runs (R3b.1a)."""
    found = _figures(_ticket(*_walked(end="failed"), *_walked(60)))

    assert (found.begun, found.fulfilled, found.failed) == (2, 1, 1)
    assert found.refs == ("SD-1",)


def test_a_run_counts_in_the_period_in_which_it_was_begun() -> None:
    """Of a period only what was begun in it (R3b.1a)."""
    ticket = _ticket(*_walked(), *_walked(120))

    found = figures.runs([ticket], since=NOW + timedelta(minutes=60))
    earlier = figures.runs([ticket], until=NOW + timedelta(minutes=60))

    assert [len(found[WHAT.id]), len(earlier[WHAT.id])] == [1, 1]


def _advice(*tickets: Ticket, today: date = TODAY) -> list[tuple[str, str]]:
    offered = read(str(REPOSITORY)).all
    found = figures.figures(figures.runs(tickets), offered, today, _took)
    return [(each.step, each.id) for each in figures.advice(found, offered, today)]


def test_what_is_poor_or_forgotten_is_to_be_retired() -> None:
    """Half of the runs failed, or it expired and nobody followed it: retire (R3b.1a)."""
    poor = [_ticket(*_walked(end="failed"), ref=f"SD-{n}") for n in range(1, 7)]

    assert _advice(*poor) == [("retire", WHAT.id)]
    forgotten = _advice(today=date(2030, 1, 1))
    assert ("retire", "vpn-access") in forgotten


def test_what_has_remarks_is_to_be_enhanced() -> None:
    """A document that was not right, or of which somebody said how to mend it: enhance (R3b.1a, R3c2.4)."""
    ticket = _ticket(*_walked(accurate="no", improvement="say who may call"))

    assert _advice(ticket) == [("enhance", WHAT.id)]


def test_what_always_works_and_callers_could_do_is_to_be_published() -> None:
    """Nobody's leave is needed, it never failed, and callers could have done it: publish (R3b.1a)."""

    def closed(ref: str) -> Ticket:
        resolved = Resolved(*_stamp(20).mark(), code="fulfilled")
        ended = Closed(*_stamp(30).mark(), code="fulfilled", caller_could="yes")
        return _ticket(*_walked(), resolved, ended, ref=ref)

    assert _advice(*(closed(f"SD-{n}") for n in range(1, 4))) == [("publish", WHAT.id)]


def test_for_what_no_procedure_fitted_is_listed() -> None:
    """What was looked for and not found is a procedure to write (R3b.1, R3b.1a)."""
    looked = ProcedureSought(*_stamp().mark(), query="a parrot for the office")

    found = figures.nothing_fitted([_ticket(looked)])

    assert [(each.ref, each.text) for each in found] == [("SD-1", "a parrot for the office")]
