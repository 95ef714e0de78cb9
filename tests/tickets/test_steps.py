"""The steps of the process: what each appends, what each refuses, and any walk over them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sdcli.errors import REFUSED, IllegalStepError, RefusedError
from sdcli.tickets import steps
from sdcli.tickets.event import (
    AnyEvent,
    ArticlesUsed,
    ArticleUse,
    Assigned,
    Classified,
    Closed,
    Escalated,
    Noted,
    Opened,
    Recovered,
    Reopened,
    Repeated,
    Resolved,
    Resumed,
    Returned,
    Stamp,
    Waited,
    kind,
)
from sdcli.tickets.lifecycle import possible
from sdcli.tickets.ticket import Ticket, advance, fold
from sdcli.tickets.words import HAND_OVERS, LEVELS, STATUSES, UNKNOWN, HandOver, Level, RequestType
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
BEN = Stamp(at=NOW + timedelta(hours=1), by="ben")
MINA = Stamp(at=NOW + timedelta(hours=2), by="mina")
TIERS = {"service-desk": 1, "identity": 2, "network": 2, "vendor": 3}


def start(service: str = "unknown", key: str = "", feature: str = "unknown") -> Ticket:
    """A new ticket in the queue of the service desk."""
    opening = Opened(
        *Stamp(at=NOW, by="ben").mark(),
        summary="It is broken",
        queue="service-desk",
        priority="P3",
        service=service,
        feature=feature,
        key=key,
    )
    return fold("SD-7", [opening])


def classified(
    stamp: Stamp, *, type_: RequestType = UNKNOWN, service: str = UNKNOWN, impact: Level = UNKNOWN
) -> Classified:
    """A classification that somebody decided."""
    return Classified(
        *stamp.mark(),
        type=type_,
        service=service,
        feature=UNKNOWN,
        impact=impact,
        urgency=UNKNOWN,
        priority="P3",
    )


def after_escalation(hand_over: HandOver = "escalate") -> Ticket:
    """A ticket handed over to the network queue and not yet accepted there."""
    ticket = advance(start(), steps.accept(start(), BEN))
    events = steps.escalate(
        ticket, BEN, to="network", reason="skill", tiers=TIERS.__getitem__, hand_over=hand_over
    )
    return advance(ticket, events)


def resolved() -> Ticket:
    """A ticket that was resolved as fixed."""
    return advance(start(key="k"), steps.resolve(start(), BEN, code="fixed"))


def closed() -> Ticket:
    """A ticket that was resolved and closed."""
    ticket = resolved()
    return advance(ticket, steps.close(ticket, BEN, code=None, unconfirmed="gone home"))


def refusal(step: Callable[[], object], error: type[RefusedError] = RefusedError) -> RefusedError:
    """The refusal of a step; it carries the ticket and has the exit code of a refusal."""
    with pytest.raises(error) as caught:
        step()
    said = caught.value
    assert type(said) is error
    assert said.exit_code == REFUSED
    assert said.details["ref"] == "SD-7"
    assert said.message.endswith(".")
    return said


def test_note_says_what_was_told() -> None:
    """A note keeps its text, its minutes and whether the caller heard it (T12)."""
    (event,) = steps.note(start(), BEN, text="Called back", minutes=3, visible=True)
    assert event == Noted(event.id, BEN.at, "ben", text="Called back", minutes=3, visible=True)
    assert len(advance(closed(), steps.note(closed(), MINA, text="late")).events) == 4


@pytest.mark.parametrize(
    ("to", "queue", "expected"),
    [
        (None, None, ("ben", "service-desk")),
        ("mina", None, ("mina", "service-desk")),
        (None, "network", (None, "network")),
        ("mina", "network", ("mina", "network")),
    ],
)
def test_assign_gives_to_a_person_a_queue_or_oneself(
    to: str | None, queue: str | None, expected: tuple[str | None, str]
) -> None:
    """Without a person and a queue the acting person takes it; a queue alone has nobody."""
    (event,) = steps.assign(start(), BEN, to=to, queue=queue)
    assert isinstance(event, Assigned)
    assert (event.to, event.queue) == expected


def test_accept_takes_on_what_is_free_or_ones_own() -> None:
    """Accepting makes the acting person the assignee, once or again (R3d2.1a)."""
    ticket = advance(start(), steps.accept(start(), BEN))
    assert (ticket.assignee, ticket.status) == ("ben", "in_progress")
    assert advance(ticket, steps.accept(ticket, BEN)).assignee == "ben"


def test_accept_refuses_what_somebody_else_has() -> None:
    """Nobody takes a colleague's ticket silently; the refusal says who has it and the open way."""
    ticket = advance(start(), steps.accept(start(), BEN))
    said = refusal(lambda: steps.accept(ticket, MINA))
    assert said.details["assignee"] == "ben"
    assert "is with ben" in said.message
    assert "sdcli assign SD-7" in said.message


def test_return_goes_back_where_it_came_from() -> None:
    """The receiving queue sends back with what is missing; it is counted (R3d2.1a)."""
    ticket = after_escalation()
    (event,) = steps.send_back(ticket, MINA, reason="no host name")
    assert event == Returned(event.id, MINA.at, "mina", to="service-desk", reason="no host name")
    back = advance(ticket, (event,))
    assert (back.queue, back.assignee, back.returns, back.handed_from) == (
        "service-desk",
        None,
        1,
        "",
    )


@pytest.mark.parametrize("case", ["never moved", "accepted", "returned"])
def test_return_refuses_without_an_open_hand_over(case: str) -> None:
    """What never moved, was accepted or went back already has nothing to return (R3d2.1a)."""
    moved = after_escalation()
    ticket = {
        "never moved": start(),
        "accepted": advance(moved, steps.accept(moved, MINA)),
        "returned": advance(moved, steps.send_back(moved, MINA, reason="x")),
    }[case]
    said = refusal(lambda: steps.send_back(ticket, MINA, reason="x"))
    assert said.details["queue"] == ticket.queue
    assert "no hand-over" in said.message
    assert said.message.startswith("SD-7 ")


def test_wait_keeps_for_whom_and_until_when() -> None:
    """A wait says for what, until when and why."""
    until = BEN.at + timedelta(seconds=1)
    (event,) = steps.wait(start(), BEN, waiting_for="caller", until=until, reason="asked")
    assert event == Waited(
        event.id, BEN.at, "ben", waiting_for="caller", until=until, reason="asked"
    )


@pytest.mark.parametrize("seconds", [0, -1, -86400])
def test_wait_refuses_the_past(seconds: int) -> None:
    """A wait ends in the future: now is too late already."""
    until = BEN.at + timedelta(seconds=seconds)
    said = refusal(lambda: steps.wait(start(), BEN, waiting_for="c", until=until, reason=""))
    assert f"{until:%Y-%m-%d %H:%M}Z" in said.message
    assert "past" in said.message
    assert said.message.startswith("SD-7 ")


def test_resume_needs_a_wait() -> None:
    """Resuming leads from waiting to work, and is refused from anywhere else (R0.7)."""
    waiting = advance(
        start(), steps.wait(start(), BEN, waiting_for="caller", until=None, reason="")
    )
    (event,) = steps.resume(waiting, MINA, reason="called")
    assert isinstance(event, Resumed)
    assert advance(waiting, (event,)).status == "in_progress"
    with pytest.raises(IllegalStepError):
        advance(start(), steps.resume(start(), MINA))


@pytest.mark.parametrize(
    ("origin", "to", "wish", "expected"),
    [
        ("service-desk", "network", None, "escalate"),
        ("service-desk", "network", "escalate", "escalate"),
        ("service-desk", "network", "transfer", "transfer"),
        ("network", "identity", None, "transfer"),
        ("network", "service-desk", None, "transfer"),
        ("network", "service-desk", "transfer", "transfer"),
        ("network", "vendor", None, "escalate"),
    ],
)
def test_escalate_is_deeper_and_transfer_sideways(
    origin: str, to: str, wish: HandOver | None, expected: HandOver
) -> None:
    """Without a stated kind the tiers decide which of the two it is (R3d2.1)."""
    ticket = advance(start(), steps.assign(start(), BEN, to=None, queue=origin))
    (event,) = steps.escalate(
        ticket, BEN, to=to, reason="skill", tiers=TIERS.__getitem__, hand_over=wish
    )
    assert event == Escalated(event.id, BEN.at, "ben", hand_over=expected, to=to, reason="skill")
    further = advance(ticket, (event,))
    assert (further.queue, further.handed_from, further.escalations) == (to, origin, 1)


@pytest.mark.parametrize("hand_over", [None, *HAND_OVERS])
def test_escalate_refuses_the_same_queue(hand_over: HandOver | None) -> None:
    """A ticket cannot be handed to where it lies (R3d2.1)."""
    said = refusal(
        lambda: steps.escalate(
            start(),
            BEN,
            to="service-desk",
            reason="x",
            tiers=TIERS.__getitem__,
            hand_over=hand_over,
        )
    )
    assert "already lies in service-desk" in said.message


@pytest.mark.parametrize("to", ["identity", "service-desk"])
def test_escalate_refuses_what_is_not_deeper(to: str) -> None:
    """An escalation to the same or a shallower tier is refused and a transfer offered (R3d2.1)."""
    ticket = after_escalation()
    said = refusal(
        lambda: steps.escalate(
            ticket, BEN, to=to, reason="x", tiers=TIERS.__getitem__, hand_over="escalate"
        )
    )
    assert f"{to} (tier {TIERS[to]}) is not deeper than network (tier 2)" in said.message
    assert "--kind transfer" in said.message


def test_resolve_keeps_code_and_articles() -> None:
    """Resolving says how, with which articles."""
    used = (ArticleUse("KB-1", "solved"),)
    first, event = steps.resolve(
        start(), BEN, code="fixed", note="cable", articles=used, tell={used[0].id: ("mina",)}
    )
    told = ArticlesUsed(first.id, BEN.at, "ben", articles=used, note="cable", tell=("mina",))
    assert first == told
    assert event == Resolved(event.id, BEN.at, "ben", code="fixed", note="cable")
    assert [type(each) for each in steps.resolve(start(), BEN, code="fixed")] == [Resolved]


def test_close_of_a_resolved_ticket_keeps_its_code() -> None:
    """A resolved ticket closes with its own code, confirmed by a person in a way (R4.5a)."""
    (event,) = steps.close(resolved(), MINA, code=None, confirmed_by="ada", via="phone")
    assert isinstance(event, Closed)
    assert (event.code, event.confirmed_by, event.via) == ("fixed", "ada", "phone")


def test_close_may_correct_the_code() -> None:
    """A code given on closing counts instead of the earlier one."""
    (event,) = steps.close(resolved(), MINA, code="advice", unconfirmed="gone home")
    assert isinstance(event, Closed)
    assert (event.code, event.unconfirmed) == ("advice", "gone home")


@pytest.mark.parametrize("step", ["none", "accept", "wait"])
def test_close_resolves_first_what_is_not_resolved(step: str) -> None:
    """One command both resolves and closes; both are in the history, in order (R0.7)."""
    ticket = start()
    if step != "none":
        ticket = advance(ticket, steps.accept(ticket, BEN))
    if step == "wait":
        ticket = advance(
            ticket, steps.wait(ticket, BEN, waiting_for="caller", until=None, reason="")
        )
    first, second = steps.close(ticket, MINA, code="fixed", unconfirmed="gone")
    assert isinstance(first, Resolved)
    assert isinstance(second, Closed)
    assert first.id < second.id
    done = advance(ticket, (first, second))
    assert (done.status, done.code, done.closed_at) == ("closed", "fixed", MINA.at)


@pytest.mark.parametrize(
    ("code", "confirmed_by", "via", "unconfirmed", "missing"),
    [
        (None, "", "", "", ["closure code", "who confirmed"]),
        ("", "", "", "", ["closure code", "who confirmed"]),
        ("fixed", "", "", "", ["who confirmed"]),
        ("fixed", "", "phone", "", ["who confirmed"]),
        ("fixed", "ada", "", "", ["how it was confirmed"]),
        (None, "ada", "phone", "", ["closure code"]),
        (None, "", "", "gone", ["closure code"]),
        (None, "ada", "", "", ["closure code", "how it was confirmed"]),
    ],
)
def test_close_refuses_what_is_missing(
    code: str | None, confirmed_by: str, via: str, unconfirmed: str, missing: list[str]
) -> None:
    """No closure without a code and a confirmation, or a stated reason for none (R4.5a)."""
    said = refusal(
        lambda: steps.close(
            start(), BEN, code=code, confirmed_by=confirmed_by, via=via, unconfirmed=unconfirmed
        )
    )
    assert len(said.details["missing"]) == len(missing)
    for word, told in zip(missing, said.details["missing"], strict=True):
        assert word in told
        assert told in said.message


def test_close_names_the_state_before_the_details() -> None:
    """A closed ticket is refused for being closed, whatever else is missing (R0.7)."""
    said = refusal(lambda: steps.close(closed(), BEN, code=None), IllegalStepError)
    assert "SD-7 is closed" in said.message
    assert said.details["possible"] == ["reopen", "note"]


@pytest.mark.parametrize("is_classified", [False, True])
def test_close_flags_a_skipped_classification(is_classified: bool) -> None:
    """A ticket closed without ever being classified is flagged, not refused (R0.7)."""
    ticket = start()
    if is_classified:
        ticket = advance(ticket, (classified(BEN, type_="incident"),))
    *_, event = steps.close(ticket, MINA, code="fixed", unconfirmed="gone")
    assert isinstance(event, Closed)
    assert event.skipped == (("search-kb",) if is_classified else ("classify",))


@pytest.mark.parametrize("make", [resolved, closed])
def test_reopen_goes_back_to_work(make: Callable[[], Ticket]) -> None:
    """A resolved or closed ticket goes back to work, with the reason, and is counted (R3d1.8)."""
    ticket = make()
    events = steps.reopen(ticket, MINA, reason="still broken")
    assert [kind(event) for event in events] == ["reopened"]
    again = advance(ticket, events)
    assert (again.status, again.reopened, again.code) == ("in_progress", 1, "")
    assert isinstance(again.events[-1], Reopened)
    assert again.events[-1].reason == "still broken"


def test_a_reopened_ticket_needs_a_code_again() -> None:
    """The code of the first resolution is void after reopening (R4.5a)."""
    ticket = advance(closed(), steps.reopen(closed(), MINA, reason="again"))
    said = refusal(lambda: steps.close(ticket, MINA, code=None, unconfirmed="gone"))
    assert "closure code" in said.message


@pytest.mark.parametrize("word", ["returned", "waited", "escalated"])
@pytest.mark.parametrize("make", [resolved, closed])
def test_the_state_refuses_before_the_detail(word: str, make: Callable[[], Ticket]) -> None:
    """A step that is wrong in state and in detail is refused for its state (R0.7)."""
    ticket = make()
    wishes: dict[str, Callable[[], object]] = {
        "returned": lambda: steps.send_back(ticket, BEN, reason="x"),
        "waited": lambda: steps.wait(ticket, BEN, waiting_for="c", until=NOW, reason=""),
        "escalated": lambda: steps.escalate(
            ticket, BEN, to=ticket.queue, reason="x", tiers=TIERS.__getitem__
        ),
    }
    said = refusal(wishes[word], IllegalStepError)
    assert said.details["possible"] == possible(ticket.status)


ALWAYS = frozenset[str](STATUSES)
NOT_CLOSED = ALWAYS - {"closed"}
AT_WORK = {"new", "in_progress", "waiting"}
people = st.sampled_from(["ben", "mina", "kofi"])
queues = st.sampled_from(sorted(TIERS))


class Walk(RuleBasedStateMachine):
    """Any person takes any step on one ticket, as often as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.ticket = start(key="k")
        self.kept: tuple[AnyEvent, ...] = ()
        self.minutes = 0

    @initialize()
    def begin(self) -> None:
        """The ticket is opened."""
        self.kept = self.ticket.events

    def stamp(self, by: str) -> Stamp:
        """A minute later."""
        self.minutes += 1
        return Stamp(at=NOW + timedelta(minutes=self.minutes), by=by)

    def take(self, legal_in: AbstractSet[str], step: Callable[[], Sequence[AnyEvent]]) -> None:
        """Take the step: refused by state exactly when the state is not among these."""
        before = self.ticket
        try:
            after = advance(before, step())
        except IllegalStepError:
            assert before.status not in legal_in
        except RefusedError:
            assert before.status in legal_in
        else:
            assert before.status in legal_in
            assert after.events[: len(before.events)] == before.events
            assert len(after.events) > len(before.events)
            self.ticket = after

    @rule(by=people, minutes=st.integers(0, 90), visible=st.booleans())
    def note(self, by: str, minutes: int, visible: bool) -> None:
        """Somebody notes something."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take(
            ALWAYS,
            lambda: steps.note(ticket, stamp, text="x", minutes=minutes, visible=visible),
        )

    @rule(by=people, impact=st.none() | st.sampled_from(LEVELS), service=st.none() | st.text())
    def classify(self, by: str, impact: Level | None, service: str | None) -> None:
        """Somebody classifies."""
        stamp = self.stamp(by)
        self.take(
            NOT_CLOSED,
            lambda: (classified(stamp, impact=impact or UNKNOWN, service=service or UNKNOWN),),
        )

    @rule(by=people, to=st.none() | people, queue=st.none() | queues)
    def assign(self, by: str, to: str | None, queue: str | None) -> None:
        """Somebody assigns."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take(AT_WORK, lambda: steps.assign(ticket, stamp, to=to, queue=queue))

    @rule(by=people)
    def accept(self, by: str) -> None:
        """Somebody accepts, if nobody else has it."""
        stamp, ticket = self.stamp(by), self.ticket
        if ticket.assignee in (None, by):
            self.take(AT_WORK, lambda: steps.accept(ticket, stamp))

    @rule(by=people)
    def send_back(self, by: str) -> None:
        """Somebody returns."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take(AT_WORK, lambda: steps.send_back(ticket, stamp, reason="x"))

    @rule(by=people, minutes=st.none() | st.integers(-5, 5))
    def wait(self, by: str, minutes: int | None) -> None:
        """Somebody waits."""
        stamp, ticket = self.stamp(by), self.ticket
        until = None if minutes is None else stamp.at + timedelta(minutes=minutes)
        self.take(
            AT_WORK,
            lambda: steps.wait(ticket, stamp, waiting_for="caller", until=until, reason=""),
        )

    @rule(by=people)
    def resume(self, by: str) -> None:
        """Somebody resumes."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take({"waiting"}, lambda: steps.resume(ticket, stamp))

    @rule(by=people, to=queues, hand_over=st.none() | st.sampled_from(HAND_OVERS))
    def escalate(self, by: str, to: str, hand_over: HandOver | None) -> None:
        """Somebody hands over."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take(
            AT_WORK,
            lambda: steps.escalate(
                ticket, stamp, to=to, reason="x", tiers=TIERS.__getitem__, hand_over=hand_over
            ),
        )

    @rule(by=people)
    def resolve(self, by: str) -> None:
        """Somebody resolves."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take(AT_WORK, lambda: steps.resolve(ticket, stamp, code="fixed"))

    @rule(by=people, code=st.none() | st.just("fixed"), reason=st.sampled_from(["", "gone"]))
    def close(self, by: str, code: str | None, reason: str) -> None:
        """Somebody closes."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take(NOT_CLOSED, lambda: steps.close(ticket, stamp, code=code, unconfirmed=reason))

    @rule(by=people)
    def reopen(self, by: str) -> None:
        """Somebody reopens."""
        stamp, ticket = self.stamp(by), self.ticket
        self.take({"resolved", "closed"}, lambda: steps.reopen(ticket, stamp, reason="x"))

    @rule(fires=st.booleans())
    def monitor(self, fires: bool) -> None:
        """Monitoring reports."""
        stamp, ticket = self.stamp("monitor"), self.ticket
        seen: AnyEvent = (Repeated if fires else Recovered)(*stamp.mark(), key="k")

        def arrive() -> tuple[AnyEvent, ...]:
            advance(ticket, [seen])
            return (seen,)

        self.take(NOT_CLOSED, arrive)

    @invariant()
    def nothing_is_lost(self) -> None:
        """Events are only ever added, each with its own id, in the order of their ids."""
        ids = [event.id for event in self.ticket.events]
        assert self.ticket.events[: len(self.kept)] == self.kept
        assert len(set(ids)) == len(ids)
        self.kept = self.ticket.events

    @invariant()
    def the_events_make_the_ticket(self) -> None:
        """The ticket is the fold of its events, in a state that exists and fits its times."""
        ticket = self.ticket
        assert fold(ticket.ref, ticket.events) == ticket
        assert ticket.status in STATUSES
        assert (ticket.closed_at is not None) == (ticket.status == "closed")
        assert (ticket.resolved_at is not None) == (ticket.status in ("resolved", "closed"))
        assert (ticket.waiting_for != "") == (ticket.status == "waiting")
        assert ticket.code or ticket.status not in ("resolved", "closed")


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=examples(60), stateful_step_count=25, deadline=None)
