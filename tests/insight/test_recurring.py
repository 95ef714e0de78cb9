"""Candidates for problems: what comes again and again, by its strongest trait (R3d1.7)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sdcli.insight import recurring
from sdcli.insight.recurring import candidates
from sdcli.tickets.contact import AlertFacts
from sdcli.tickets.event import ArticleUse, Closed, Opened, Reopened, Resolved, Stamp
from sdcli.tickets.ticket import Ticket, advance, fold

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=timezone.utc)


def incident(number: int, summary: str = "VPN drops after sleep", **facts: Any) -> Ticket:
    """An incident, opened so many hours after `NOW`."""
    stamp = Stamp(at=NOW + timedelta(hours=number), by="ben")
    given_ = {"queue": "q", "priority": "P3", "type": "incident", "service": "vpn", **facts}
    return fold(f"SD-{number}", [Opened(*stamp.mark(), summary=summary, **given_)])


def over(ticket: Ticket, code: str, *articles: ArticleUse) -> Ticket:
    """The same, closed."""
    stamp = Stamp(at=NOW + timedelta(days=5), by="ben")
    resolved = Resolved(*stamp.mark(), code=code, articles=articles)
    return advance(ticket, (resolved, Closed(*stamp.mark(), code=code, unconfirmed="gone")))


def alert(number: int, key: str, component: str = "", **facts: Any) -> Ticket:
    """What monitoring opened, each with other words."""
    known = AlertFacts(source="nagios", key=key, component=component)
    return incident(number, f"ERROR{number} X{number}", key=key, alert=known, **facts)


def test_words_alike_about_one_feature() -> None:
    """Three callers say nearly the same of one service; another service and other words do not count."""
    found = candidates(
        [
            incident(1, "VPN drops after the lid was closed", minutes=5),
            over(incident(2, "vpn drops: lid closed"), "workaround"),
            over(incident(3, "When the lid is closed VPN drops", minutes=7), "solved"),
            incident(4, "VPN certificate expired"),
            incident(5, "wifi drops when lid closed", service="wifi"),
            incident(6, "VPN drops, lid closed", type="information"),
        ]
    )
    (one,) = found
    assert (one.trait, one.count, one.refs) == ("words", 3, ("SD-1", "SD-2", "SD-3"))
    assert (one.service, one.feature, one.minutes) == ("vpn", "unknown", 12)
    assert (one.first, one.last) == (NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    assert (one.ended, one.passed, one.passed_percent) == (2, 1, 50.0)
    assert one.examples[0] == "When the lid is closed VPN drops"
    assert "drops" in one.why


def test_one_alert_that_is_taken_up_again_and_again() -> None:
    """A ticket that an alert reopened often enough is a candidate by itself."""
    often = alert(1, "disk full")
    for day in range(1, 3):
        stamp = Stamp(at=NOW + timedelta(days=day), by="ben")
        often = advance(
            over(often, "recovered") if not often.is_closed else often,
            (Reopened(*stamp.mark(), reason="it fires again"),),
        )
    (found,) = candidates([often, alert(2, "another")])
    assert (found.trait, found.count, found.times, found.refs) == ("alert", 1, 3, ("SD-1",))
    assert "disk full" in found.why


def test_the_strongest_trait_takes_an_incident() -> None:
    """The same alert goes before the same component, and each incident counts once."""
    same = [alert(number, "k", "db1") for number in (1, 2, 3)]
    host = [alert(number, f"k{number}", "db1") for number in (4, 5, 6)]
    found = candidates([*same, *host])
    assert [(each.trait, each.refs) for each in found] == [
        ("alert", ("SD-1", "SD-2", "SD-3")),
        ("component", ("SD-4", "SD-5", "SD-6")),
    ]


def test_an_article_that_only_went_round_the_fault() -> None:
    """Incidents with nothing in common but an article that did not help, or left the cause."""
    used = ArticleUse("KB-7", "no-effect")
    helped = ArticleUse("KB-7", "helped")
    found = candidates(
        [
            over(incident(1, "alpha beta", service="vpn"), "solved", used),
            over(incident(2, "gamma delta", service="wifi"), "workaround", helped),
            over(incident(3, "epsilon zeta", service="email"), "recovered", helped),
            over(incident(4, "eta theta", service="erp"), "solved", helped),
        ]
    )
    assert [(each.trait, each.refs, each.service) for each in found] == [
        ("article", ("SD-1", "SD-2", "SD-3"), "unknown")
    ]


def test_what_has_a_problem_and_what_is_older_is_left_out() -> None:
    """Only what happened in the period counts, and nothing that is looked into already."""
    tickets = [incident(number) for number in range(1, 7)]
    assert candidates(tickets, is_taken=lambda t: t.ref != "SD-1") == ()
    assert candidates(tickets, since=NOW + timedelta(hours=5)) == ()
    (found,) = candidates(tickets, since=NOW + timedelta(hours=4))
    assert found.refs == ("SD-4", "SD-5", "SD-6")
    assert candidates(tickets, fewest=7) == ()


def test_records_of_outages_and_duplicates_are_no_incidents() -> None:
    """What counts for others, and what was planned, points to no cause."""
    tickets = [over(incident(number), "duplicate") for number in (1, 2, 3)]
    tickets += [over(incident(number), "planned-outage") for number in (4, 5, 6)]
    tickets += [incident(number, outage="weekend") for number in (7, 8, 9)]
    assert candidates(tickets) == ()


def test_most_incidents_first() -> None:
    """The largest group leads; a number names twenty tickets at most, and counts all."""
    few = [incident(number, "printer jams tray two", service="print") for number in range(1, 4)]
    many = [incident(number) for number in range(4, 29)]
    first, second = candidates([*few, *many])
    assert (first.count, len(first.refs), first.refs[0]) == (25, 20, "SD-4")
    assert second.count == 3


def test_memory_is_bounded(monkeypatch: Any) -> None:
    """Of more than can be compared, the newest are."""
    monkeypatch.setattr(recurring, "MOST", 4)
    (found,) = candidates(incident(number) for number in range(1, 10))
    assert found.refs == ("SD-6", "SD-7", "SD-8", "SD-9")


WORDS = st.sampled_from(["vpn", "drops", "sleep", "lid", "closed", "driver", "slow", "login"])


@given(
    said=st.lists(
        st.tuples(
            st.lists(WORDS, max_size=4), st.sampled_from(["", "k"]), st.sampled_from(["vpn", "erp"])
        ),
        max_size=15,
    )
)
def test_every_incident_counts_once(said: list[tuple[list[str], str, str]]) -> None:
    """No incident is in two candidates, each is large enough, and the answer is always the same."""
    tickets = [
        incident(number, " ".join(words), key=key, service=service)
        for number, (words, key, service) in enumerate(said, 1)
    ]
    found = candidates(tickets)
    refs = [ref for each in found for ref in each.refs]
    assert len(refs) == len(set(refs))
    assert all(each.count >= 3 for each in found)
    assert [each.count for each in found] == sorted((e.count for e in found), reverse=True)
    assert candidates(tickets) == found
    assert msgspec.json.encode(found)
