"""A heartbeat tells when the check of the clocks itself has not run (R5b.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sdcli.ledger.tiny.image import first

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="beating")
def _beating(desk_dir: Path) -> Path:
    """A desk whose check is to run every five minutes, with one ticket."""
    path = desk_dir / "sla_policies.yaml"
    text = path.read_text(encoding="utf-8").replace("alerts:\n", "alerts:\n  check_every: 5m\n")
    path.write_text(text, encoding="utf-8")
    return desk_dir


def opened(sdj: JsonRunner) -> None:
    """One request at ten o'clock."""
    sdj("open", "x", "--user", "ada", at="2026-11-23T10:00:00Z")


def test_nothing_is_missed_before_the_first_check(
    beating: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A desk without cron is not told about it by every list."""
    assert beating
    opened(sdj)

    assert "sla-check" not in sd("list", at="2026-11-23T12:00:00Z").stderr
    assert sd("sla-check", "--nagios", at="2026-11-23T10:00:00Z").exit_code == 0


def test_a_check_that_stays_away_is_told(beating: Path, sd: Runner, sdj: JsonRunner) -> None:
    """By the list, to monitoring as critical, and by the next check itself; then no more."""
    assert beating
    opened(sdj)
    sd("sla-check", at="2026-11-23T10:00:00Z")

    assert "sla-check" not in sd("list", at="2026-11-23T10:10:00Z").stderr
    assert "sla-check has not run for 10m." in sd("list", at="2026-11-23T10:10:01Z").stderr
    plugin = sd("sla-check", "--nagios", at="2026-11-23T10:11:00Z", expect=2)
    assert "sla-check has not run for 11m" in plugin.stdout

    assert "sla-check had not run for 12m." in sd("sla-check", at="2026-11-23T10:12:00Z").stderr
    assert "sla-check" not in sd("list", at="2026-11-23T10:13:00Z").stderr
    assert sd("sla-check", at="2026-11-23T10:14:00Z").stderr == ""


def test_a_trial_is_no_heartbeat(beating: Path, sd: Runner, sdj: JsonRunner) -> None:
    """What remembers nothing, or is heard by nobody, does not say that the check runs."""
    assert beating
    opened(sdj)
    sd("sla-check", at="2026-11-23T10:00:00Z")

    sd("sla-check", "--dry-run", at="2026-11-23T11:00:00Z")

    assert "has not run for 1h 05m" in sd("list", at="2026-11-23T11:05:00Z").stderr


@pytest.mark.tiny_home
def test_a_damaged_heartbeat_is_told_and_stops_no_alarm(
    beating: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """It is not taken for none in silence (T27), and the next check writes it anew."""
    opened(sdj)
    sd("sla-check", at="2026-11-23T10:00:00Z")
    (beating / "ledger" / "heartbeat").write_text("{", encoding="utf-8")

    assert "heartbeat cannot be read" in sd("list", at="2026-11-23T10:01:00Z").stderr
    late = sd("sla-check", at="2026-11-23T14:25:00Z")
    assert "response" in late.stdout
    assert "heartbeat cannot be read" in late.stderr
    assert sd("sla-check", at="2026-11-23T14:26:00Z").stderr == ""


def test_without_an_interval_nothing_is_expected(sd: Runner, sdj: JsonRunner) -> None:
    """A policy that does not say how often is never told that it was missed."""
    opened(sdj)
    sd("sla-check", at="2026-11-23T10:00:00Z")

    assert "sla-check" not in sd("list", at="2026-11-30T10:00:00Z").stderr


@pytest.mark.tiny_home
def test_each_ledger_of_a_folder_has_its_own(beating: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Two desks whose snapshots are links into one folder hide no missed check of each other."""
    ledger, shared = beating / "ledger", beating / "shared"
    shared.mkdir()
    for name in ("one", "other"):
        ledger.mkdir()
        (ledger / "tickets.json").symlink_to(shared / f"{name}.json")
        (shared / f"{name}.json").write_bytes(first()[0])
        (shared / f"{name}.journal").write_bytes(first()[1])
        opened(sdj)
        sd("sla-check", at=f"2026-11-23T1{len(name)}:00:00Z")
        ledger.rename(beating / name)
    (beating / "one").rename(ledger)

    assert "has not run for 1h" in sd("list", at="2026-11-23T14:00:00Z").stderr
    assert {"one-heartbeat", "other-heartbeat"} <= {each.name for each in shared.iterdir()}
