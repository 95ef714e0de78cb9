"""What the ledger is asked of a query: it may leave out no ticket that is as the query says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sdcli.finding import Finding
from sdcli.tickets.query import Query
from sdcli.tickets.words import STATUSES
from tests.conftest import NOW

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from tests.conftest import Runner

QUERIES = (
    "ref:2", "ref:1,3,99", "status:new", "status:open,closed priority:p1", "status:closed",
    "-status:new", "queue:NETWORK", "queue:network,service-desk -queue:network", "assignee:none",
    "assignee:me", "assignee:GRETA,none", "service:vpn", "service:VPN,unknown", "type:incident",
    "priority:P1,P3", "vpn", '"vpn drops"', '"VPN  DROPS" -printer', "-vpn", "printer offline",
    "age>3d", "age<3d", "age:0m", "idle<2h", "idle>2h", "updated>2026-11-22", "updated:today",
    "closed:today", "closed>1d", "closed<1d", "resolved:2026-11-20", "opened<2d opened>5d",
    "opened:today,yesterday", "-closed:today", "age>-1d", "opened>1960-01-01", "status:new,new",
    "user:ada", "is:closed vpn", "code:solved closed>7d",
)  # fmt: skip


@pytest.mark.both_homes
def test_nothing_that_is_asked_for_is_left_out(sd: Runner, desk: Desk) -> None:
    """Every query gives the tickets that are as it says, of all that are looked at for it."""
    for day in range(6, -1, -1):
        at = NOW - timedelta(days=day)
        service = ("vpn", "printing", "unknown")[day % 3]
        words = ("VPN drops", "The printer is offline", "vpn and printer")[day % 3]
        sd("open", words, "--user", "ada", "--service", service, "--new", at=at)
    sd("accept", "SD-1", at=NOW - timedelta(days=4))
    sd("escalate", "SD-2", "--to", "network", "--reason", "it is the line")
    for ref in ("SD-1", "SD-3"):
        sd("close", ref, "--code", "solved", "--confirmed-by", "ada", "--via", "phone")

    every = list(desk.ledger.find(Query(statuses=STATUSES)))
    for text in QUERIES:
        finding = Finding(desk, text)
        looked_at = [each for each in every if each.status in finding.query.statuses]
        wanted = [each.ref for each in looked_at if finding.holds(each)]
        assert [each.ref for each in finding.tickets()] == wanted, text
        everything = Finding(desk, text, everything=True)
        wanted = [each.ref for each in every if everything.holds(each)]
        assert [each.ref for each in everything.tickets()] == wanted, text
