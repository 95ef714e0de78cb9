"""Resolving, confirming, closing and reopening (R4.*)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="opened", autouse=True)
def _opened(sdj: JsonRunner) -> Any:
    """One classified ticket, SD-1."""
    return sdj("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


@pytest.mark.parametrize(
    ("args", "missing"),
    [
        ((), ["--code", "--confirmed-by", "--unconfirmed"]),
        (("--code", "solved"), ["--confirmed-by", "--unconfirmed"]),
        (("--confirmed-by", "ada", "--via", "phone"), ["--code"]),
        (("--code", "solved", "--confirmed-by", "ada"), ["--via"]),
    ],
)
def test_closing_demands_code_and_confirmation(
    sd: Runner, sdj: JsonRunner, args: tuple[str, ...], missing: list[str]
) -> None:
    """Without code, or without confirmation or a reason for none, closing is refused (R4.5a)."""
    result = sd("close", "1", *args, expect=4)

    assert all(option in result.stderr for option in missing)
    assert sdj("show", "1")["status"] == "new"


def test_close_with_confirmation(sdj: JsonRunner) -> None:
    """Who confirmed and how is on record; an unresolved ticket is resolved on the way."""
    ticket = sdj("close", "1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone")

    assert (ticket["status"], ticket["code"]) == ("closed", "solved")
    assert ticket["closed_at"] == ticket["resolved_at"] == "2026-11-23T10:00:00Z"
    events = sdj("history", "1")
    assert [event["kind"] for event in events] == ["opened", "resolved", "closed"]
    assert (events[2]["confirmed_by"], events[2]["via"]) == ("ada", "phone")


def test_close_without_confirmation_needs_a_reason(sdj: JsonRunner) -> None:
    """An explicit reason stands in for the caller's word."""
    sdj("close", "1", "--code", "solved", "--unconfirmed", "left the company")

    assert sdj("history", "1")[-1]["unconfirmed"] == "left the company"


def test_close_after_resolve_takes_its_code(sdj: JsonRunner) -> None:
    """The code given on resolving counts on closing."""
    sdj("resolve", "1", "--code", "workaround", "--note", "use the other gateway")

    closed = sdj("close", "1", "--confirmed-by", "ada", "--via", "mail", at="2026-11-24T09:00:00Z")

    assert closed["code"] == "workaround"
    assert closed["resolved_at"] == "2026-11-23T10:00:00Z"
    assert closed["closed_at"] == "2026-11-24T09:00:00Z"


def test_articles_and_their_outcome_are_recorded(sdj: JsonRunner) -> None:
    """Each article used is kept with outcome and revision (R4.1, R3a.4)."""
    ticket = sdj(
        *("close", "1", "--code", "solved", "--unconfirmed", "drill"),
        *("--kb", "KB-104:helped", "--kb", "kb-103:no-effect"),
    )

    used = [(article["id"], article["outcome"]) for article in ticket["articles"]]
    assert used == [("KB-104", "helped"), ("KB-103", "no-effect")]
    assert all(len(article["revision"]) == 12 for article in ticket["articles"])


@pytest.mark.parametrize(
    ("kb", "expect"), [("KB-999:helped", 3), ("KB-104:great", 3), ("KB-104", 2), (":helped", 2)]
)
def test_articles_must_exist(sd: Runner, kb: str, expect: int) -> None:
    """An article or an outcome that is not there is refused, and nothing is closed."""
    sd("close", "1", "--code", "solved", "--unconfirmed", "drill", "--kb", kb, expect=expect)

    assert "new" in sd("show", "1").stdout


def test_a_skipped_step_is_flagged(sdj: JsonRunner) -> None:
    """Closing a request that nobody classified is flagged on the event (R0.7)."""
    sdj("open", "something", "--user", "bruno")

    sdj("close", "2", "--code", "withdrawn", "--unconfirmed", "no longer wanted")

    assert sdj("history", "2")[-1]["skipped"] == ["classify"]
    sdj("close", "1", "--code", "solved", "--unconfirmed", "drill")
    assert sdj("history", "1")[-1]["skipped"] == ["search-kb"]  # an incident (R3d1.1)


def test_reopen(sdj: JsonRunner) -> None:
    """Reopening returns to work, voids the code, is counted, and lets the clock run on."""
    sdj("resolve", "1", "--code", "solved", at="2026-11-23T11:00:00Z")

    ticket = sdj("reopen", "1", "--reason", "it is back", at="2026-11-23T13:00:00Z")

    assert (ticket["status"], ticket["code"], ticket["reopened"]) == ("in_progress", None, 1)
    assert ticket["resolved_at"] is None
    assert ticket["sla"]["resolution"]["state"] == "running"
    assert ticket["sla"]["resolution"]["elapsed_s"] == 3600


def test_the_vocabulary_decides_the_codes(sd: Runner) -> None:
    """A code that the desk does not have is refused with those it has."""
    stderr = sd("resolve", "1", "--code", "fixed", expect=3).stderr

    assert "catalog/vocabulary.yaml" in stderr
    assert "solved" in stderr
