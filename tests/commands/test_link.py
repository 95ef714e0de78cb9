"""Relations between tickets: both say so, no circles, and what is open is told (R7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdcli.errors import RefusedError
from sdcli.tickets import linking
from sdcli.tickets.base import Stamp, act_of
from sdcli.tickets.event import Opened
from sdcli.tickets.relations import INVERSE, RELATIONS, SAYS, linked
from sdcli.tickets.ticket import advance, fold
from tests.conftest import NOW
from tests.sampling import examples

if TYPE_CHECKING:
    from pathlib import Path

    from sdcli.desk import Desk
    from sdcli.tickets.ticket import Ticket
    from tests.conftest import JsonRunner, Runner

STAMP = Stamp(at=NOW, by="ben")


@pytest.fixture(name="tickets", autouse=True)
def _tickets(sd: Runner) -> None:
    """SD-1 to SD-3, incidents."""
    for summary in ("VPN drops", "VPN is down in London", "The firewall fails"):
        sd("open", summary, "--user", "ada", "--type", "incident", "--service", "vpn", "--new")


@pytest.mark.parametrize("relation", linking.TYPED)
def test_both_say_so(sdj: JsonRunner, desk: Desk, relation: Any) -> None:
    """Each relation stands on both tickets, on each in its own words, from one act (R7.3)."""
    told = sdj("link", "1", relation, "2", "--because", "the same line")

    link = {"relation": relation, "to": "SD-2", "why": "the same line"}
    assert told["links"] == [link]
    (other,) = sdj("show", "2")["links"]
    assert (other["relation"], other["to"]) == (INVERSE[relation], "SD-1")
    assert (other["status"], other["summary"]) == ("new", "VPN drops")
    acts = {act_of(desk.ledger.get(ref).events[-1]) for ref in ("SD-1", "SD-2")}
    assert len(acts) == 1


def test_it_is_told_in_words(sd: Runner) -> None:
    """`show` and `history` tell it as a sentence, with how the other ticket stands."""
    sd("link", "1", "parent", "2")

    assert "is a part of SD-2 (new): VPN is down in London" in sd("show", "1").stdout
    assert "is the parent of SD-1" in sd("history", "2").stdout
    assert set(SAYS) == set(RELATIONS)


def test_the_same_twice_is_once(sd: Runner, sdj: JsonRunner) -> None:
    """What is said already changes nothing, and is told."""
    sd("link", "1", "parent", "2")

    assert "already" in sd("link", "1", "parent", "2").stdout
    assert sdj("show", "1")["events_count"] == sdj("show", "2")["events_count"] == 2


def test_a_change_of_the_schedule(sd: Runner, sdj: JsonRunner) -> None:
    """A change that is no ticket can have caused it, and be nothing else to it (R7.3)."""
    told = sdj("link", "1", "caused-by-change", "wireless-controllers")

    assert told["links"][0]["to"] == "wireless-controllers"
    assert sdj("show", "1")["links"][0]["status"] is None
    assert "caused-by-change" in sd("link", "1", "parent", "wireless-controllers", expect=4).stderr
    assert "wireless-controllers" in sd("link", "1", "parent", "no-such-change", expect=3).stderr


def test_a_change_that_has_left_the_schedule(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """What caused it once stays on record, is shown, and can be taken back."""
    sd("link", "1", "caused-by-change", "wireless-controllers")
    (desk_dir / "catalog" / "schedule.yaml").write_text("format: 1\n")

    assert "was caused by wireless-controllers" in sd("show", "1").stdout
    assert sdj("unlink", "1", "caused-by-change", "wireless-controllers")["links"] == []


def test_a_link_is_taken_back_on_both_sides(sd: Runner, sdj: JsonRunner) -> None:
    """From either side; the history keeps it, and what was never said is refused."""
    sd("link", "1", "depends-on", "2")

    sd("unlink", "2", "needed-by", "1", "--because", "another line")

    assert sdj("show", "1")["links"] == sdj("show", "2")["links"] == []
    assert "took back that it depends on SD-2" in sd("history", "1").stdout
    assert "has no links" in sd("unlink", "1", "depends-on", "2", expect=4).stderr


@pytest.mark.parametrize("relation", ["parent", "child", "depends-on", "needed-by"])
def test_circles_are_refused(sd: Runner, sdj: JsonRunner, relation: str) -> None:
    """No ticket is part of itself, or depends on itself, over however many others (R7.3)."""
    sd("link", "1", relation, "2")
    sd("link", "2", relation, "3")

    assert "circle" in sd("link", "3", relation, "1", expect=4).stderr
    assert "itself" in sd("link", "1", relation, "1", expect=4).stderr
    assert len(sdj("show", "3")["links"]) == 1


def test_one_parent(sd: Runner) -> None:
    """A second parent is refused, and how to change it is told."""
    sd("link", "1", "parent", "2")

    assert "sdcli unlink SD-1 parent SD-2" in sd("link", "3", "child", "1", expect=4).stderr


def test_problems_have_links_of_their_own(sd: Runner, sdj: JsonRunner) -> None:
    """A problem is refused on either side, and nothing is recorded (R3d1.7)."""
    sd("problem", "open", "The VPN")

    for args in (("1", "parent", "4"), ("4", "parent", "1")):
        sd("link", *args, expect=4)
    assert sdj("show", "1")["events_count"] == 1


def test_children_are_resolved_with_their_parent(sd: Runner, sdj: JsonRunner, desk: Desk) -> None:
    """One act resolves them with the same code; without it, how many are open is told (R7.3)."""
    sd("link", "2", "child", "1")
    sd("link", "3", "parent", "2")
    assert "2 children are open" in sd("resolve", "2", "--code", "solved").stdout
    sd("reopen", "2", "--reason", "not yet")

    sd("resolve", "2", "--code", "workaround", "--with-children")

    assert {sdj("show", ref)["code"] for ref in "123"} == {"workaround"}
    last = {act_of(desk.ledger.get(f"SD-{number}").events[-1]) for number in (1, 2, 3)}
    assert len(last) == 1


def test_all_children_or_nothing(sd: Runner, sdj: JsonRunner) -> None:
    """Where the parent cannot be resolved, none of its children is."""
    sd("link", "2", "child", "1")
    sd("resolve", "2", "--code", "solved")

    sd("resolve", "2", "--code", "solved", "--with-children", expect=4)

    assert sdj("show", "1")["status"] == "new"


def test_what_it_depends_on_is_told(sd: Runner) -> None:
    """What is open and needed hinders nobody, and is told on resolving and on closing (R7.3)."""
    sd("link", "1", "depends-on", "3")

    for args in (
        ("resolve", "1", "--code", "solved"),
        ("close", "1", "--confirmed-by", "ada", "--via", "phone"),
    ):
        assert "It depends on what is open: SD-3 (new)" in sd(*args).stdout


def test_children_can_be_rehearsed(sd: Runner, sdj: JsonRunner) -> None:
    """--dry-run shows what would be resolved, with children and without, and records nothing."""
    sd("link", "2", "child", "1")

    for more, count in (((), 1), (("--with-children",), 2)):
        told = sdj("resolve", "2", "--code", "solved", *more, "--dry-run")
        assert [each["kind"] for each in told["events"]] == ["resolved"] * count
    assert {sdj("show", ref)["status"] for ref in ("1", "2")} == {"new"}


def test_a_rehearsal_links_nothing(sdj: JsonRunner) -> None:
    """--dry-run shows the events of both tickets and records none."""
    told = sdj("link", "1", "parent", "2", "--dry-run")

    assert [(each["ref"], each["kind"]) for each in told["events"]] == [
        ("SD-2", "linked"),
        ("SD-1", "linked"),
    ]
    assert sdj("show", "1")["links"] == []


def _ticket(number: int) -> Ticket:
    opened = Opened(*STAMP.mark(), summary="x", queue="service-desk", priority="P3")
    return fold(f"SD-{number}", (opened,))


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.sampled_from(("parent", "child", "depends-on", "needed-by")),
            st.integers(1, 5),
        ),
        max_size=30,
    )
)
@settings(max_examples=examples(80))
def test_however_they_are_linked_there_is_no_circle(wishes: list[tuple[int, Any, int]]) -> None:
    """After any links, each side holds the inverse of the other, and no way leads back (R7.3)."""
    known = {f"SD-{number}": _ticket(number) for number in range(1, 6)}
    for first, relation, second in wishes:
        one, other = known[f"SD-{first}"], known[f"SD-{second}"]
        try:
            pair = linking.link(one, other, STAMP, relation=relation)
            linking.require_no_circle(one, relation, other, known.__getitem__)
        except RefusedError:
            continue
        known[one.ref] = advance(one, pair.of_one)
        known[other.ref] = advance(other, pair.of_other)

    for ticket in known.values():
        for each in ticket.links:
            assert ticket.ref in linked(known[each.to], INVERSE[each.relation])
        for relation in ("parent", "depends-on"):
            assert ticket.ref not in _reached(ticket, relation, known)


def _reached(ticket: Ticket, relation: Any, known: dict[str, Ticket]) -> set[str]:
    """The references to which a relation leads from a ticket."""
    reached, waiting = set[str](), [*linked(ticket, relation)]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += linked(known[ref], relation)
    return reached
