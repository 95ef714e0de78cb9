"""`sdcli sla-check`, as cron and monitoring run it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sdcli import errors

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

pytestmark = pytest.mark.both_homes


def test_each_is_said_once(sd: Runner, sdj: JsonRunner) -> None:
    """A warning at 80 % and a breach, each once; running again says nothing new."""
    sd("open", "VPN drops", "--user", "ada")
    sd("note", "1", "we are on it", "--visible")
    resolution = sdj("show", "1")["sla"]["resolution"]
    assert (resolution["target_s"], resolution["due"]) == (72000, "2026-11-25T10:00:00Z")

    instants = (
        *("2026-11-24T15:59:00Z", "2026-11-24T16:00:00Z", "2026-11-24T16:01:00Z"),
        *("2026-11-25T10:00:00Z", "2026-11-25T10:00:01Z", "2026-11-26T10:00:00Z"),
    )
    said = [sdj("sla-check", at=at) for at in instants]

    found = [[(alert["target"], alert["threshold"]) for alert in alerts] for alerts in said]
    assert found == [[], [("resolution", 80)], [], [], [("resolution", 100)], []]


def test_one_late_run_says_the_same(sd: Runner, sdj: JsonRunner) -> None:
    """After a long sleep the same is said as by a run a minute, and how late it is."""
    sd("open", "VPN drops", "--user", "ada", "--impact", "high", "--urgency", "high")

    alerts = sdj("sla-check", at="2026-11-23T16:00:00Z")

    found = [(a["target"], a["threshold"], a["late_by_s"]) for a in alerts]
    assert found == [
        ("response", 80, 6 * 3600 - 720),
        ("response", 100, 6 * 3600 - 900),
        ("resolution", 80, 6 * 3600 - 11520),
        ("resolution", 100, 2 * 3600),
    ]


def test_who_should_hear_it(sd: Runner) -> None:
    """A warning goes to assignee and lead, a breach also to owner and manager (R5b.2, R5b.3)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("accept", "1")

    shown = sd("sla-check", at="2026-11-23T10:40:00Z").stdout.splitlines()

    assert shown[0].startswith("WARNING SD-1 response: 80 % of 30m passed")
    assert "tell ben, chloe - " in shown[0]
    assert shown[1].startswith("BREACH SD-1 response")
    assert "tell ben, chloe, greta, amara - " in shown[1]


def test_cron_gets_no_mail_about_nothing(sd: Runner) -> None:
    """Where nobody looks, nothing to say is said by silence."""
    sd("open", "VPN drops", "--user", "ada")

    result = sd("sla-check")

    assert (result.stdout, result.stderr) == ("", "")


def test_dry_run_remembers_nothing(sd: Runner, sdj: JsonRunner) -> None:
    """A dry run says the same and leaves the ledger as it is."""
    sd("open", "VPN drops", "--user", "ada")
    at = "2026-11-24T10:00:00Z"

    dry = sdj("sla-check", "--dry-run", at=at)

    assert dry
    assert sdj("show", "1")["events_count"] == 1
    assert sdj("sla-check", at=at) == dry


def test_what_was_said_is_on_record(sd: Runner, sdj: JsonRunner) -> None:
    """The register keeps objective, times and the informed (R5b.4), and is no change (T15)."""
    sd("open", "VPN drops", "--user", "ada")

    sd("sla-check", at="2026-11-24T10:00:00Z")

    ticket = sdj("show", "1")
    assert ticket["updated_at"] == "2026-11-23T10:00:00Z"
    event = ticket["events"][-1]
    assert (event["kind"], event["target"], event["threshold"]) == ("sla_alerted", "response", 100)
    assert event["recipients"] == ["chloe", "amara"]


def test_nagios(sd: Runner) -> None:
    """One line with performance data, and the exit code that monitoring expects."""
    line = re.compile(r"SDCLI (OK|WARNING|CRITICAL) - .* \| breached=\d+;;0 warning=\d+;0 open=\d+")

    def state(at: str, expect: int) -> str:
        match = line.fullmatch(sd("sla-check", "--nagios", at=at, expect=expect).stdout.strip())
        assert match
        return match[1]

    assert state("2026-11-23T10:00:00Z", 0) == "OK"
    sd("open", "VPN drops", "--user", "ada")
    assert state("2026-11-23T10:00:00Z", 0) == "OK"
    assert state("2026-11-23T11:40:00Z", 1) == "WARNING"
    assert state("2026-11-23T13:00:00Z", 2) == "CRITICAL"


def test_nagios_unknown(sd: Runner, storage: Storage) -> None:
    """A desk that cannot be read is UNKNOWN, exit 3, on stdout."""
    sd("open", "VPN drops", "--user", "ada")
    storage.damage()

    result = sd("sla-check", "--nagios", expect=errors.PLUGIN_UNKNOWN)

    assert result.stdout.startswith("SDCLI UNKNOWN - ")
