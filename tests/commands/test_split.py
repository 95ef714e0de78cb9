"""A request that is two becomes two tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.tickets.base import act_of

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="request_", autouse=True)
def _request(sd: Runner) -> None:
    """SD-1 of somebody who is in no list."""
    who = ("--user", "eve@example.org", "--phone", "+44 20 7946 0999", "--channel", "mail")
    sd("open", "A laptop, and the scanner", *who, "--type", "incident", "--service", "printing")


def test_a_part_is_a_ticket_for_the_same_caller(sdj: JsonRunner, desk: Desk) -> None:
    """Caller and contact are copied, class and queue too, in one act; each names the other."""
    new = sdj("split", "1", "The scanner")

    old = sdj("show", "1")
    names = ("requester", "phone", "mail", "channel", "type", "service", "queue", "priority")
    assert [new[name] for name in names] == [old[name] for name in names]
    assert (new["ref"], new["summary"]) == ("SD-2", "The scanner")
    assert [(each["relation"], each["to"]) for each in new["links"]] == [("split-from", "SD-1")]
    assert old["links"][0]["relation"] == "split-into"
    last = desk.ledger.get("SD-1").events[-1]
    assert {act_of(each) for each in desk.ledger.get("SD-2").events} == {act_of(last)}


def test_what_is_said_is_taken(sdj: JsonRunner) -> None:
    """Another type, service and queue may be said, and details."""
    options = ("--type", "fulfilment", "--service", "vpn", "--queue", "network")

    new = sdj("split", "1", "VPN for the laptop", *options, "--details", "for Monday")

    told = (new["type"], new["service"], new["queue"], new["details"])
    assert told == ("fulfilment", "vpn", "network", "for Monday")


def test_both_can_be_closed_by_themselves(sd: Runner) -> None:
    """A part is no follow-up: neither waits for the other."""
    sd("split", "1", "The scanner")

    for ref in ("1", "2"):
        sd("close", ref, "--code", "solved", "--confirmed-by", "eve", "--via", "mail")


def test_a_problem_is_not_split(sd: Runner) -> None:
    """Nobody asked for a problem."""
    sd("problem", "open", "The scanner")

    sd("split", "2", "x", expect=4)
