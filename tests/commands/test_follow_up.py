"""What is owed after an incident: a ticket of its own, and no closure before it (R3d1.6, R4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.tickets.base import act_of
from sdcli.tickets.relations import OWED

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner

CLOSE = ("--code", "workaround", "--confirmed-by", "ada", "--via", "phone")


@pytest.fixture(name="incident", autouse=True)
def _incident(sd: Runner) -> None:
    """SD-1, with a workaround (R3d1.2a)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


@pytest.mark.parametrize("owes", OWED)
def test_what_is_owed_is_a_ticket(sdj: JsonRunner, desk: Desk, owes: str) -> None:
    """Each kind opens a ticket in one act, and both name the other with what is owed (R3d1.6)."""
    options = ("--owes", owes, "--queue", "network", "--assignee", "greta")

    new = sdj("follow-up", "1", "take the old switch out", *options)

    assert (new["ref"], new["queue"], new["assignee"], new["service"]) == (
        *("SD-2", "network", "greta", "vpn"),
    )
    link = {"relation": "follow-up-of", "to": "SD-1", "why": owes}
    assert new["links"] == [link]
    (shown,) = sdj("show", "1")["links"]
    assert (shown["relation"], shown["to"], shown["status"]) == ("follow-up", "SD-2", "in_progress")
    one, other = desk.ledger.get("SD-1"), desk.ledger.get("SD-2")
    assert {act_of(each) for each in other.events} == {act_of(one.events[-1])}


def test_an_open_follow_up_blocks_the_closure(sd: Runner, sdj: JsonRunner) -> None:
    """The fault stays open as its follow-up: refused, with its name and both ways out (R4.3, R3d1.2a)."""
    sd("follow-up", "1", "replace the switch", "--owes", "back-out")
    sd("resolve", "1", "--code", "workaround")

    refused = sd("close", "1", "--confirmed-by", "ada", "--via", "phone", "--json", expect=4).stderr

    for text in ("SD-2", "sdcli close SD-2", "sdcli follow-up SD-1 --spin-off SD-2"):
        assert text in refused
    assert '"follow_ups":["SD-2"]' in refused
    sd("close", "2", "--code", "solved", "--unconfirmed", "the desk's own")
    sd("close", "1", "--confirmed-by", "ada", "--via", "phone")
    assert sdj("show", "1")["status"] == "closed"


def test_a_follow_up_that_is_spun_off_blocks_no_more(sd: Runner, sdj: JsonRunner) -> None:
    """It goes its own way: both say so, and the ticket can be closed (R4.3)."""
    sd("follow-up", "1", "replace the switch", "--owes", "spare")

    sd("follow-up", "1", "--spin-off", "2", "--because", "the spare comes in March")
    sd("close", "1", *CLOSE)

    relations = {ref: sdj("show", ref)["links"][0]["relation"] for ref in ("1", "2")}
    assert relations == {"1": "spun-off", "2": "spun-off-from"}
    assert sdj("show", "2")["status"] == "new"


def test_a_follow_up_that_was_merged_is_owed_where_it_goes_on(sd: Runner) -> None:
    """To merge it into another ticket that is open settles nothing (R4.3, T24)."""
    sd("follow-up", "1", "replace the switch")
    sd("open", "Replace the switch of hall 2", "--user", "ben")
    sd("merge", "2", "--into", "3")

    assert "SD-3" in sd("close", "1", *CLOSE, expect=4).stderr
    sd("close", "3", "--code", "solved", "--unconfirmed", "the desk's own")
    sd("close", "1", *CLOSE)


def test_follow_ups_of_what_was_merged_are_owed(sd: Runner) -> None:
    """Who takes a ticket in takes in what is owed for it (R4.3, T24)."""
    sd("follow-up", "1", "replace the switch")
    sd("open", "VPN drops again", "--user", "bob@example.com", "--phone", "+4420794602")
    sd("merge", "1", "--into", "3")

    assert "SD-2" in sd("close", "3", *CLOSE, expect=4).stderr


@pytest.mark.parametrize("args", [(), ("x", "--spin-off", "2")])
def test_one_of_two(sd: Runner, args: tuple[str, ...]) -> None:
    """Neither what is owed nor a follow-up, or both, is misuse."""
    sd("follow-up", "1", *args, expect=2)


def test_only_its_own_follow_ups_can_be_spun_off(sd: Runner) -> None:
    """Another ticket is refused, and what it has is told."""
    sd("open", "Another", "--user", "ada", "--new")

    assert "has no links" in sd("follow-up", "1", "--spin-off", "2", expect=4).stderr
