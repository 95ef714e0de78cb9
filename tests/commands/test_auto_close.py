"""What nobody confirms is closed by policy, once; and for how long it can be reopened (R4.5, T9)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sdcli import errors
from tests.commands.test_mail import mail
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

OPEN = ("open", "VPN drops", "--user", "ada", "--type", "incident")
FRIDAY = "2026-11-27T18:00:00Z"
DUE = "2026-11-30T10:00:00Z"
"""Five business days after Monday, 10:00."""
LATER = "2026-12-21T03:00:00Z"


@pytest.fixture(name="resolved", autouse=True)
def _resolved(sd: Runner) -> None:
    """SD-1, an incident, resolved on Monday at 10:00."""
    sd(*OPEN)
    sd("resolve", "1", "--code", "workaround")


def status(sdj: JsonRunner, ref: str = "1") -> str:
    """How a ticket stands."""
    return str(sdj("show", ref)["status"])


def test_it_is_closed_when_its_period_is_over(sd: Runner, sdj: JsonRunner) -> None:
    """After the business days of its own calendar, not before, with its code (R4.5)."""
    assert sdj("show", "1")["closes_at"] == DUE
    assert f"closes:     by policy {DUE[:10]}" in sd("show", "1").stdout

    sd("sla-check", at="2026-11-30T09:59:59Z")
    assert status(sdj) == "resolved"
    told = sd("sla-check", at=DUE)

    assert "SD-1 was closed by policy" in told.stderr
    event = sdj("history", "1")[-1]
    assert (event["kind"], event["by_policy"], event["code"]) == ("closed", True, "workaround")
    assert event["unconfirmed"] == "nobody confirmed it within 5 business days"
    assert "closed by policy as workaround" in sd("history", "1").stdout


def test_it_is_closed_once_however_rarely_it_is_looked_for(sd: Runner, sdj: JsonRunner) -> None:
    """One late run closes it at its own instant, and the next says nothing of it (R4.5)."""
    first, second = sd("sla-check", at=LATER), sd("sla-check", at=LATER)

    assert "closed by policy" in first.stderr
    assert "closed by policy" not in second.stderr
    assert sdj("show", "1")["closed_at"] == LATER
    assert [each["kind"] for each in sdj("history", "1")].count("closed") == 1


def test_json_stays_the_list_it_was(sdj: JsonRunner) -> None:
    """What was closed is no alert: the list that scripts read holds alerts alone."""
    assert all("threshold" in each for each in sdj("sla-check", at=LATER))
    assert status(sdj) == "closed"


@pytest.mark.parametrize("option", ["--dry-run", "--nagios"])
def test_a_look_closes_nothing(sd: Runner, sdj: JsonRunner, option: str) -> None:
    """What remembers nothing closes nothing."""
    sd("sla-check", option, at=LATER)

    assert status(sdj) == "resolved"


def test_an_answer_that_nobody_has_seen_keeps_it(sd: Runner, sdj: JsonRunner) -> None:
    """A caller who writes that it is not solved is not closed away; thanks are no answer (T23)."""
    answer = mail("It is still down.", "Re: [SD-1]")
    sd("open", "-", at=FRIDAY, stdin=answer)

    sd("sla-check", at=LATER)
    assert status(sdj) == "resolved"
    assert sdj("show", "1")["closes_at"] is None

    sd("note", "1", "try again now", "--visible", at=LATER)
    assert sdj("show", "1", at=LATER)["closes_at"] == "2026-12-29T18:00:00Z"  # from that word on


def test_thanks_do_not_keep_it(sd: Runner, sdj: JsonRunner) -> None:
    """Thanks neither reopen nor hold it open (T23)."""
    sd("open", "-", at=FRIDAY, stdin=mail("Thanks!", "Re: [SD-1]"))

    sd("sla-check", at=LATER)

    assert status(sdj) == "closed"


def test_what_is_owed_keeps_it(sd: Runner, sdj: JsonRunner) -> None:
    """A ticket with an open follow-up is not closed by itself either (R4.3)."""
    sd("follow-up", "1", "take the spare out", "--owes", "spare")
    sd("sla-check", at=LATER)
    assert status(sdj) == "resolved"

    sd("close", "2", "--code", "solved", "--unconfirmed", "the desk's own", at=LATER)
    sd("sla-check", at=LATER)
    assert status(sdj) == "closed"


def test_a_desk_that_says_nothing_closes_nothing(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Without catalog/process.yaml everything waits for a person, as before."""
    (desk_dir / "catalog" / "process.yaml").unlink()

    sd("sla-check", at=LATER)

    assert status(sdj) == "resolved"
    assert sdj("show", "1")["closes_at"] is None


def test_one_that_cannot_be_reckoned_keeps_no_other(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, storage: Storage
) -> None:
    """A ticket whose service levels are gone is told, and the others are closed."""
    levels = storage.pins()
    path = desk_dir / "sla_policies.yaml"
    path.write_text(path.read_text().replace("P1: {response: 15m", "P1: {response: 16m"))
    sd(*OPEN, "--new")
    sd("resolve", "2", "--code", "solved")
    for policy in levels:
        storage.put_pin(policy, None)

    told = sd("sla-check", at=LATER, expect=8)

    assert "SD-2 was closed by policy" in told.stderr
    assert "SD-1 was not c" in told.stderr
    assert [each["ref"] for each in sdj("list", "--status", "closed")] == ["SD-2"]


def _closed(sd: Runner) -> None:
    sd("close", "1", "--confirmed-by", "ada", "--via", "phone")


def test_within_its_window_it_is_reopened(sd: Runner, sdj: JsonRunner) -> None:
    """Up to the last second of the window it is the same ticket again (T9)."""
    _closed(sd)

    told = sdj("reopen", "1", "--reason", "it is back", at=NOW + timedelta(hours=720))

    assert (told["ref"], told["status"], told["reopened"]) == ("SD-1", "in_progress", 1)


def test_after_its_window_a_new_ticket_continues_it(sd: Runner, sdj: JsonRunner) -> None:
    """Later a new ticket takes it up, says so, and is the same one when asked for again (T9)."""
    _closed(sd)
    late = NOW + timedelta(hours=720, seconds=1)

    told = sd("reopen", "1", "--reason", "it is back", at=late)
    again: Any = sdj("reopen", "1", "--reason", "it is back", at=late)

    assert "catalog/process.yaml" in told.stderr + told.stdout
    assert (again["ref"], again["action"]) == ("SD-2", "deduped")
    assert sdj("show", "2")["previous"] == "SD-1"
    assert status(sdj) == "closed"


def test_rules_that_cannot_be_read_silence_no_alert(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """A slip in the rules of closing closes nothing, and is told; alerts go on (R4.5, R5b.1)."""
    sd("open", "Mail is slow", "--user", "ada", "--type", "incident")
    rules = desk_dir / "catalog" / "process.yaml"
    whole = rules.read_text()
    rules.write_text(whole.replace("close_after: 5 business_days", "close_after: soon"))

    told = sd("sla-check", at=LATER, expect=errors.PARTLY_DONE)

    assert "SD-2" in told.stdout
    assert "No resolved ticket was closed by itself. catalog/process.yaml:" in told.stderr
    assert "SD-2" not in sd("sla-check", at=LATER, expect=errors.PARTLY_DONE).stdout
    shown = sd("show", "1")
    assert "closes:" not in shown.stdout
    assert "When SD-1 is closed by itself is not known. catalog/process.yaml:" in shown.stderr
    assert not sd("show", "2").stderr.count("process.yaml")
    rules.write_text(whole)
    sd("sla-check", at=LATER)
    assert status(sdj) == "closed"
