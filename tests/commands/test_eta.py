"""`sdcli eta`: when the caller may expect it, and who follows up what was not told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import REFUSED, USAGE
from tests.conftest import NOW

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="opened", autouse=True)
def _opened(sd: Runner) -> None:
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


def test_a_time_is_stored_and_told(sd: Runner, sdj: JsonRunner) -> None:
    """Said with --told it is a word to the caller, and answers the response clock (R3d3.2)."""
    ticket = sdj("eta", "1", "2026-11-23T15:00Z", "--told", "--via", "phone")
    assert (ticket["eta"], ticket["eta_told"]) == ("2026-11-23T15:00:00Z", True)
    assert ticket["sla"]["response"]["state"] == "met"
    assert "by 2026-11-23 15:00 UTC; the caller was told (phone)" in sd("show", "1").stdout
    assert sdj("eta", "--due") == []


def test_a_change_must_be_told_anew(sd: Runner, sdj: JsonRunner) -> None:
    """Without a reason it is refused; until it is told, show, list, hints and --due say so (R3d3.2)."""
    sd("eta", "1", "in 2h", "--told")
    assert "needs --reason" in sd("eta", "1", "in 3h", expect=REFUSED).stderr
    changed = sd("eta", "1", "in 3h", "--reason", "the spare part is late")
    assert "sdcli tell SD-1 --note" in changed.stderr
    assert sdj("show", "1")["eta_told"] is False
    assert "the caller was not told; changed 1 time" in sd("show", "1").stdout
    assert "[expected time not told]" in sd("list").stdout
    assert [each["ref"] for each in sdj("list", "is:untold")] == ["SD-1"]
    assert sdj("list", "is:overdue") == []
    [row] = sdj("eta", "--due")
    assert (row["ref"], row["due"], row["follow_up"], row["changes"]) == (
        "SD-1",
        "untold",
        "ben",
        1,
    )
    assert "ben follows it up" in sd("eta", "--due").stdout
    sd("tell", "1", "--note", "--via", "phone")
    assert sdj("eta", "--due") == []
    assert sdj("show", "1")["eta_told"] is True


def test_what_has_passed_is_followed_up(sd: Runner, sdj: JsonRunner) -> None:
    """Incomplete requests whose time has passed are listed with who follows them up (R3d3.2)."""
    sd("open", "By mail", "--user", "ada", "--as", "www-data")
    for ref in ("1", "2"):
        sd("eta", ref, "in 2h", "--told")
    sd("resolve", "1", "--code", "solved")
    later = NOW + timedelta(hours=3)
    [row] = sdj("eta", "--due", at=later)
    assert [each["ref"] for each in sdj("list", "is:overdue", at=later)] == ["SD-2"]
    assert (row["ref"], row["due"], row["late_s"], row["follow_up"]) == (
        "SD-2",
        "passed",
        3600,
        "chloe",
    )
    assert "passed 1h 00m ago" in sd("eta", "--due", at=later).stdout
    assert "sdcli eta SD-2 WHEN --reason WHY --told" in sd("show", "2", at=later).stderr


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("1", "2026-11-20T10:00Z"), REFUSED),
        (("1", "--told"), REFUSED),
        (("1",), USAGE),
        ((), USAGE),
        (("1", "in 2h", "--via", "phone"), USAGE),
        (("1", "--due"), USAGE),
        (("1", "tomorrowish"), USAGE),
    ],
)
def test_what_is_refused(sd: Runner, sdj: JsonRunner, args: tuple[str, ...], code: int) -> None:
    """A time that is past, half a wish, and a time that nobody can read; nothing is recorded (R3d3.2)."""
    sd("eta", *args, expect=code)
    assert len(sdj("history", "1")) == 1


def test_a_time_can_be_rehearsed(sdj: JsonRunner) -> None:
    """The events are shown, and nothing is recorded."""
    told = sdj("eta", "1", "in 2h", "--told", "--dry-run")
    assert [each["kind"] for each in told["events"]] == ["noted", "eta_given"]
    assert len(sdj("history", "1")) == 1
