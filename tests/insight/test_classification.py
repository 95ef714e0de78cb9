"""The report on classification: its numbers add up, and each shows the tickets behind it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.insight.classification import ClassificationReport, classification
from sdcli.insight.counts import MOST_REFS
from sdcli.insight.partings import gain, parting, places
from sdcli.policy.load import read_policy, read_questions
from sdcli.policy.questions import Questions
from sdcli.tickets.contact import AlertFacts, Answer, Walk
from sdcli.tickets.event import AnyEvent, Classified, Closed, Opened, Resolved, Stamp
from sdcli.tickets.ticket import Ticket, fold
from sdcli.tickets.words import LEVELS, REQUEST_TYPES, UNKNOWN
from sdcli.triage.reclassify import FIELDS, changes_of, first_class
from tests.conftest import REPOSITORY
from tests.sampling import examples

_START = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)
_QUESTIONS = read_questions(str(REPOSITORY), read_policy(str(REPOSITORY)))
_SERVICES = ("vpn", "email", "wifi", UNKNOWN)


def _mark(by: str = "ben", hours: int = 0) -> tuple[str, datetime, str, datetime | None]:
    return Stamp(at=_START + timedelta(hours=hours), by=by).mark()


def _ticket(
    number: int, *later: dict[str, Any], by: str = "ben", closed: bool = False, **first: Any
) -> Ticket:
    """A ticket with the class it was opened with, and those it was given later."""
    answers = first.pop("answers", {})
    said = tuple(Answer(question, answer) for question, answer in answers.items())
    walk = Walk(tree="kind", version="1", answers=said) if answers else None
    opened = Opened(
        *_mark(by), summary="x", queue="service-desk", priority="P3", walk=walk, **first
    )
    whole: dict[str, Any] = {name: getattr(opened, name) for name in FIELDS}
    events: list[AnyEvent] = [opened]
    for hours, each in enumerate(later, start=1):
        discovered = each.pop("discovered", "")
        whole = {**whole, **each}
        mark = _mark("greta", hours)
        events.append(Classified(*mark, **whole, priority="P3", discovered=discovered))
    if closed:
        end = _mark(by, 50)
        events += [Resolved(*end, code="solved"), Closed(*end, code="solved", unconfirmed="gone")]
    return fold(f"SD-{number}", events)


_class = st.fixed_dictionaries(
    {
        "type": st.sampled_from(REQUEST_TYPES),
        "service": st.sampled_from(_SERVICES),
        "impact": st.sampled_from(LEVELS),
        "urgency": st.sampled_from(LEVELS),
    }
)
_histories = st.lists(
    st.tuples(_class, st.lists(_class, max_size=3), st.booleans(), st.sampled_from("abc")),
    max_size=40,
)


def _tickets(histories: list[Any]) -> list[Ticket]:
    return [
        _ticket(number, *map(dict, later), by=by, closed=closed, **first)
        for number, (first, later, closed, by) in enumerate(histories, start=1)
    ]


@settings(max_examples=examples(60))
@given(_histories, st.sampled_from(["type", "service"]))
def test_the_matrix_adds_up_to_the_tickets(histories: list[Any], by: Any) -> None:
    """Rows, columns and cells are the tickets, each counted once (R3d1.5, R7.4)."""
    tickets = _tickets(histories)
    report = classification(tickets, _QUESTIONS, by=by)

    def at_first(ticket: Ticket) -> str:
        found = first_class(ticket)
        return found[by].value if by in found else UNKNOWN

    expected = Counter((at_first(each), getattr(each, by)) for each in tickets)
    cells = {(cell.first, cell.final): cell.tickets.count for cell in report.cells}
    wrong = {pair: number for pair, number in expected.items() if pair[0] != pair[1]}
    assert cells == (expected if by == "type" else wrong)
    for ends in ("first", "final"):
        assert sum(getattr(each, ends).count for each in report.totals) == len(tickets)
    assert sum(each.stayed.count for each in report.totals) + sum(wrong.values()) == len(tickets)
    assert report.tickets.count == len(tickets)
    mistakes = [any(change.is_mistake for change in changes_of(each)) for each in tickets]
    assert report.reclassified.count == sum(mistakes)
    assert sum(each.changes.count for each in report.discovered) == report.changes.count


@settings(max_examples=examples(60))
@given(_histories)
def test_flips_are_counted_in_both_directions(histories: list[Any]) -> None:
    """Every step from incident to fulfilment or back is a flip, whatever came between (R2a.2a)."""
    tickets = _tickets(histories)
    steps: Counter[tuple[str, str]] = Counter()
    for first, later, _, _ in histories:
        steps.update(pairwise(each["type"] for each in (first, *later)))
    wanted = {
        pair: number
        for pair, number in steps.items()
        if pair in {("incident", "fulfilment"), ("fulfilment", "incident")}
    }
    report = classification(tickets, _QUESTIONS)
    assert {(flip.before, flip.after): flip.changes.count for flip in report.flips} == wanted


def _counts(value: Any) -> list[dict[str, Any]]:
    """Every count in a report."""
    if isinstance(value, list):
        return [count for each in value for count in _counts(each)]
    if not isinstance(value, dict):
        return []
    if value.keys() == {"count", "refs"}:
        return [value]
    return [count for each in value.values() for count in _counts(each)]


def _bare_numbers(value: Any, at: str = "") -> set[str]:
    """The names of numbers that are not in a count."""
    if isinstance(value, list):
        return set().union(*(_bare_numbers(each, at) for each in value))
    if isinstance(value, dict):
        rest = {} if value.keys() == {"count", "refs"} else value
        return set().union(*(_bare_numbers(each, name) for name, each in rest.items()))
    return {at} if isinstance(value, (int, float)) else set()


@settings(max_examples=examples(60))
@given(_histories, st.sampled_from(["type", "service"]))
def test_every_number_has_its_receipts(histories: list[Any], by: Any) -> None:
    """A count names its tickets, up to the limit; other numbers follow from counts beside them."""
    report = classification(_tickets(histories), _QUESTIONS, by=by)
    told = msgspec.to_builtins(report)
    refs = {f"SD-{number}" for number in range(1, len(histories) + 1)}
    for count in _counts(told):
        assert set(count["refs"]) <= refs
        assert len(set(count["refs"])) == len(count["refs"]) <= MOST_REFS
        assert bool(count["refs"]) == bool(count["count"])
    assert _bare_numbers(told) <= {"share", "bits", "nth"}


def test_receipts_are_the_newest_and_bounded() -> None:
    """However many tickets there are, a number names the last twenty; memory does not grow."""
    report = classification((_ticket(n, type="incident") for n in range(1, 501)), _QUESTIONS)
    assert report.tickets.count == 500
    assert report.cells[0].tickets.refs == tuple(f"SD-{n}" for n in range(481, 501))


def _unknown(report: ClassificationReport, moment: str, name: str = "") -> dict[str, list[int]]:
    return {
        each.field: [each.unknown.count, each.of.count]
        for each in report.unknown
        if (each.moment, each.name) == (moment, name)
    }


def test_unknown_rates() -> None:
    """What was left unknown: at the first decision, at closing, by whom, on which channel (R1b.1d)."""
    alert = AlertFacts(source="icinga", key="x")
    report = classification(
        [
            _ticket(1, type="incident", service="vpn", channel="phone", closed=True),
            _ticket(2, {"type": "incident"}, channel="phone", by="www", closed=True),
            _ticket(3, type="incident", channel="mail", by="chloe"),
            _ticket(4, type="incident", service="erp", channel="monitoring", alert=alert),
            _ticket(5, channel="mail", by="chloe"),
        ],
        _QUESTIONS,
    )
    first = _unknown(report, "first")
    assert (first["type"], first["service"], first["feature"]) == ([1, 5], [3, 5], [5, 5])
    assert _unknown(report, "closing")["service"] == [1, 2]
    assert _unknown(report, "person", "ben")["service"] == [0, 1]
    assert _unknown(report, "person", "greta")["service"] == [1, 1]
    assert _unknown(report, "person", "chloe")["type"] == [1, 2]
    assert _unknown(report, "person", "")["service"] == [0, 1]
    assert _unknown(report, "person", "www") == {}
    assert _unknown(report, "channel", "mail")["service"] == [2, 2]
    [share] = [e.share for e in report.unknown if (e.moment, e.field) == ("first", "service")]
    assert share == 0.6


def test_a_ticket_counts_in_one_period() -> None:
    """Of two periods that follow one another, exactly one has each ticket."""
    tickets = [_ticket(n, *({"impact": "low"} for _ in range(n % 5))) for n in range(1, 21)]
    at = _START + timedelta(hours=2)
    before = classification(tickets, _QUESTIONS, until=at)
    after = classification(tickets, _QUESTIONS, since=at)
    assert before.tickets.count + after.tickets.count == len(tickets)
    assert not set(before.tickets.refs) & set(after.tickets.refs)
    assert 0 < before.tickets.count < len(tickets)


def test_planned_outages_are_no_requests() -> None:
    """The record of a planned outage is counted nowhere."""
    assert classification([_ticket(1, outage="winter")], _QUESTIONS).tickets.count == 0


def test_the_first_question_parts_the_types() -> None:
    """The trees themselves say which question tells an incident from a fulfilment (R2a.2a)."""
    found = parting(places(_QUESTIONS, "type"), "incident", "fulfilment", 3)
    assert (found[0].tree, found[0].id, found[0].nth) == ("kind", "ever-had", 2)
    assert parting(places(_QUESTIONS, "service"), "vpn", "wifi", 1)[0].id == "connection"
    assert parting(places(_QUESTIONS, "service"), "vpn", "printing", 1)[0].id == "about"


def test_no_question_parts_what_no_walk_leads_to() -> None:
    """Without trees, or for a class that none of them sets, no question is named."""
    assert parting(places(Questions(), "type"), "incident", "fulfilment", 3) == []
    assert parting(places(_QUESTIONS, "service"), "vpn", "no-such-service", 3) == []


def test_places_hold_what_a_walk_can_end_as() -> None:
    """Every parting is true: no answer that leads to one class only can end as the other."""
    for place in places(_QUESTIONS, "type"):
        if place.parts("incident", "fulfilment"):
            ends = list(place.leads.values())
            assert any("incident" in end and "fulfilment" not in end for end in ends)
            assert any("fulfilment" in end and "incident" not in end for end in ends)


def _told(report: ClassificationReport, by: str) -> list[Any]:
    return [each for each in report.confusions[0].questions if each.by == by]


def test_whether_the_question_was_asked() -> None:
    """Of the changed tickets it is said how many were asked, skipped it, or did not know."""
    flip = {"type": "fulfilment", "discovered": "caller-said"}
    report = classification(
        [
            _ticket(1, dict(flip), type="incident"),
            _ticket(2, dict(flip), type="incident", answers={"ever-had": "unknown"}),
            _ticket(3, dict(flip), type="incident", answers={"ever-had": "yes"}),
            _ticket(4, dict(flip), type="incident", answers={"about": "mail"}),
            _ticket(5, type="incident", answers={"ever-had": "yes"}),
        ],
        _QUESTIONS,
    )
    [found] = [each for each in _told(report, "trees") if each.question == "ever-had"]
    assert (found.asked.refs, found.unknown.refs) == (("SD-3",), ("SD-2",))
    assert (found.not_asked.refs, found.skipped.count) == (("SD-1", "SD-4"), 0)
    assert report.confusions[0].tickets.count == 4


def test_history_names_the_question_whose_answers_told() -> None:
    """Where enough answers are stored, the one that goes with the mistakes is found (R2a.2a)."""
    flip = {"type": "fulfilment", "discovered": "caller-said"}
    stayed = [
        _ticket(n, type="incident", answers={"need": "broken", "others": "no", "stopped": "low"})
        for n in range(1, 41)
    ]
    changed = [
        _ticket(
            n,
            dict(flip),
            type="incident",
            answers={"need": "broken", "others": "yes", "stopped": ("low", "high")[n % 2]},
        )
        for n in range(41, 51)
    ]
    [found] = _told(classification(stayed + changed, _QUESTIONS), "history")
    assert found.question == "others"
    heard = {each.answer: (each.stayed.count, each.changed.count) for each in found.answers}
    assert heard == {"yes": (0, 10), "no": (40, 0)}
    assert found.bits == pytest.approx(0.722)
    assert found.place.startswith("catalog/questions.yaml:")

    few = classification(stayed[:10] + changed[:4], _QUESTIONS)
    assert _told(few, "history") == []


def test_answers_that_tell_nothing_are_not_named() -> None:
    """Where stayed and changed tickets answered alike, history names no question."""
    flip = {"type": "fulfilment", "discovered": "caller-said"}
    answers = {"need": "broken", "others": "no"}
    stayed = [_ticket(n, type="incident", answers=dict(answers)) for n in range(1, 31)]
    changed = [
        _ticket(n, dict(flip), type="incident", answers=dict(answers)) for n in range(31, 50)
    ]
    assert _told(classification(stayed + changed, _QUESTIONS), "history") == []


_pairs = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=6)


@given(_pairs.filter(lambda pairs: any(map(sum, pairs))))
def test_gain_is_between_nothing_and_everything(pairs: list[tuple[int, int]]) -> None:
    """It is 0 for one answer, at most 1, and telling answers apart never says less."""
    assert 0 <= gain(pairs) <= 1 + 1e-9
    one = [(sum(a for a, _ in pairs), sum(b for _, b in pairs))]
    assert gain(one) == pytest.approx(0, abs=1e-9)
