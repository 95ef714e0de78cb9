"""What callers ask again and again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sdcli.insight.information import information
from sdcli.policy.load import read_policy
from sdcli.tickets.event import ArticleUse, Closed, Opened, Resolved, Stamp
from sdcli.tickets.ticket import Ticket, fold
from tests.conftest import REPOSITORY

_POLICY = read_policy(str(REPOSITORY))
_START = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def _asked(number: int, *articles: str, type_: Any = "information", **more: Any) -> Ticket:
    stamp = Stamp(at=_START + timedelta(hours=number), by="ben")
    opened = Opened(
        *stamp.mark(), summary=f"case {number}", queue="q", priority="P4", type=type_, **more
    )
    used = tuple(ArticleUse(each, "helped") for each in articles)
    solved = Resolved(*stamp.mark(), code="answered", articles=used)
    return fold(f"SD-{number}", (opened, solved, Closed(*stamp.mark(), code="answered")))


def test_what_is_asked_again_is_a_candidate() -> None:
    """Requests of one topic are counted with effort, articles and the newest example (R2a.1a)."""
    tickets = [
        _asked(1, "KB-101", service="identity", feature="password", minutes=3),
        _asked(2, "KB-101", service="identity", feature="password", minutes=4),
        _asked(3, service="identity", feature="password"),
        _asked(4, service="vpn"),
        _asked(5, "KB-101", service="identity", feature="password", type_="incident"),
    ]
    report = information(tickets, _POLICY)
    [found] = report.candidates
    assert (found.service, found.feature, found.articles) == ("identity", "password", ("KB-101",))
    assert (found.tickets.refs, found.minutes, found.example) == (("SD-1", "SD-2"), 7, "case 2")
    assert report.others.refs == ("SD-3", "SD-4")
    assert report.tickets.count == 4


def test_by_area() -> None:
    """Technology and services are counted apart, what nobody has put anywhere as unknown (R2a.1a)."""
    services = {
        name: replace(each, area="technology" if name == "vpn" else "service")
        for name, each in _POLICY.catalog.services.items()
    }
    policy = replace(_POLICY, catalog=replace(_POLICY.catalog, services=services))
    tickets = [_asked(1, service="vpn"), _asked(2, service="email"), _asked(3)]
    report = information(tickets, policy, fewest=1)
    areas = {each.area: each.tickets.refs for each in report.areas}
    assert areas == {"technology": ("SD-1",), "service": ("SD-2",), "unknown": ("SD-3",)}
    assert {each.service: each.area for each in report.candidates}["vpn"] == "technology"


@given(
    st.lists(st.tuples(st.sampled_from(["vpn", "email"]), st.sets(st.sampled_from("AB")))),
    st.integers(1, 5),
)
def test_it_adds_up(asked: list[tuple[str, set[str]]], fewest: int) -> None:
    """Candidates and the others are all requests, each once, whatever the limit (R2a.1a)."""
    tickets = [_asked(n, *used, service=service) for n, (service, used) in enumerate(asked, 1)]
    report = information(tickets, _POLICY, fewest=fewest)
    counted = sum(each.tickets.count for each in report.candidates) + report.others.count
    assert counted == report.tickets.count == len(tickets)
    assert all(each.tickets.count >= fewest for each in report.candidates)
    assert sum(each.tickets.count for each in report.areas) == len(tickets)
