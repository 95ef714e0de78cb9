"""`sdcli filter`: what asks for something new is let through or refused, and counted (R3c1.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sdcli import errors
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

DROPBOX = "private-cloud-storage"


@pytest.fixture(name="asked")
def _asked(sd: Runner) -> None:
    """Two requests for Dropbox, one for maps, one incident."""
    for who, what in (("ada", "Dropbox for sales"), ("bruno", "we want Dropbox for sales too")):
        sd("open", what, "--user", who, "--type", "new-service")
    sd("open", "a tool for maps", "--user", "ada", "--type", "new-service")
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


@pytest.mark.usefixtures("asked")
def test_it_shows_the_rules_and_the_duplicates(sd: Runner, sdj: JsonRunner) -> None:
    """The rule with its place, its decider and why; the request that asks for the same (R3c1.1)."""
    found = sdj("filter", "2")

    [met] = found["met"]
    assert met["rule"] == DROPBOX
    assert met["why"] == "it says dropbox"
    assert met["place"].startswith("catalog/changes/refused.yaml:")
    assert (met["since"], met["decided_by"]) == ("2025-03-01", "the security board")
    assert [each["ref"] for each in found["duplicates"]] == ["SD-1"]
    assert found["decision"] is None
    shown = sd("filter", "2")
    assert "refused: private-cloud-storage" in shown.stdout
    assert "the same?  SD-1" in shown.stdout
    assert "--reject private-cloud-storage" in shown.stderr
    assert sdj("show", "2")["events_count"] == 1, "looking records nothing"


@pytest.mark.usefixtures("asked")
def test_a_rule_may_need_word_and_service(sd: Runner, sdj: JsonRunner) -> None:
    """A rule with keywords and services is met by one of each, whole words only (R3c1.1)."""
    args = ("--user", "ada", "--type", "new-service")
    sd("open", "the wifi for my private phone", *args, "--service", "wifi")
    sd("open", "a case for my private phone", *args, "--service", "workstation")
    sd("open", "megaphones for the hall", *args)

    assert [each["rule"] for each in sdj("filter", "5")["met"]] == ["private-devices-on-staff-wifi"]
    assert sdj("filter", "6")["met"] == []
    assert sdj("filter", "7")["met"] == []


@pytest.mark.usefixtures("asked")
def test_rejected_by_a_rule(sd: Runner, sdj: JsonRunner) -> None:
    """The requester is told the rule and what there is instead, and it is declined (R3c1.1)."""
    document = sdj("filter", "1", "--reject", DROPBOX)

    assert (document["status"], document["code"]) == ("resolved", "declined")
    assert document["decision"] == "rejected"
    events = {each["kind"]: each for each in sdj("history", "1")}
    filtered, note = events["request_filtered"], events["noted"]
    assert (filtered["rule"], filtered["by"]) == (DROPBOX, "ben")
    assert filtered["duplicates"] == ["SD-2"]
    assert note["visible"]
    assert note["text"] == filtered["told"]
    assert "not kept in private cloud storage" in note["text"]
    assert "Instead: file-storage" in note["text"]
    assert "rejected by the filter by private-cloud-storage" in sd("history", "1").stdout


@pytest.mark.usefixtures("asked")
def test_rejected_for_another_reason(sd: Runner, sdj: JsonRunner) -> None:
    """Without a rule it needs a reason; --tell says it in other words (R3c1.1)."""
    said = sd("filter", "3", "--reject", expect=errors.REFUSED).stderr
    assert "--because WHY" in said
    sd("filter", "3", "--reject", "--because", "no budget", "--tell", "Ask again in spring.")

    events = {each["kind"]: each for each in sdj("history", "3")}
    assert events["request_filtered"]["reason"] == "no budget"
    assert "rule" not in events["request_filtered"]
    assert events["noted"]["text"] == "Ask again in spring."


@pytest.mark.usefixtures("asked")
def test_accepted(sd: Runner, sdj: JsonRunner) -> None:
    """It stays open; where a rule speaks against it, somebody says why all the same (R3c1.1)."""
    assert "--because WHY" in sd("filter", "1", "--accept", expect=errors.REFUSED).stderr
    sd("filter", "1", "--accept", "--because", "the board wants it")
    assert sdj("filter", "1")["decision"]["decision"] == "accepted"
    assert sdj("show", "1")["status"] == "new"

    sd("filter", "3", "--accept")
    assert "the same as" not in sd("history", "3").stdout, "nobody has said so"
    before = sdj("show", "3")["events_count"]
    assert "let through already" in sd("filter", "3", "--accept").stdout
    assert sdj("show", "3")["events_count"] == before


@pytest.mark.usefixtures("asked")
def test_what_the_filter_is_not_for(sd: Runner, desk_dir: Path) -> None:
    """Other types, rules that are none, and half decisions are refused with what to do."""
    said = sd("filter", "4", "--accept", expect=errors.REFUSED).stderr
    assert "sdcli classify SD-4 --type new-service" in said
    assert "Did you mean private-cloud-storage?" in (
        sd("filter", "1", "--reject", "privat-cloud-storage", expect=errors.NOT_FOUND).stderr
    )
    sd("filter", "1", "--accept", "--reject", DROPBOX, expect=errors.USAGE)
    sd("filter", "1", "--because", "x", expect=errors.USAGE)
    sd("filter", "1", "--accept", "--tell", "x", expect=errors.USAGE)
    words = desk_dir / "catalog" / "vocabulary.yaml"
    words.write_text(
        "\n".join(row for row in words.read_text().splitlines() if "  declined:" not in row)
    )
    assert "declined" in sd("filter", "1", "--reject", DROPBOX, expect=errors.NOT_FOUND).stderr


@pytest.mark.usefixtures("asked")
def test_who_may_filter(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Where the desk demands it, only some may decide, and it is said who; all may look."""
    rules = desk_dir / "catalog" / "process.yaml"
    text = rules.read_text().replace(
        "authority:\n", "authority:\n  filter: {roles: [cs-manager]}\n"
    )
    rules.write_text(text)

    assert "amara can" in sd("filter", "3", "--accept", expect=errors.REFUSED).stderr
    assert sdj("filter", "3")["ref"] == "SD-3"
    sd("--as", "amara", "filter", "3", "--accept")


@pytest.mark.usefixtures("asked")
def test_a_rehearsal_records_nothing(sdj: JsonRunner) -> None:
    """--dry-run shows the events of a rejection, and the ticket stays as it was."""
    shown = sdj("filter", "1", "--reject", DROPBOX, "--dry-run")

    assert [each["kind"] for each in shown["events"]] == ["request_filtered", "noted", "resolved"]
    assert sdj("show", "1")["status"] == "new"


@pytest.mark.usefixtures("asked")
def test_the_report_counts_what_was_refused(sd: Runner, sdj: JsonRunner) -> None:
    """What was refused stays for trends: counts by rule with the tickets (R3c1.1, R0.3)."""
    for ref in ("1", "2"):
        sd("filter", ref, "--reject", DROPBOX)
    sd("filter", "3", "--accept", at=NOW + timedelta(days=1))

    report = sdj("report", "filtered")
    [rule] = report["rules"]
    assert (rule["rule"], rule["tickets"]["refs"]) == (DROPBOX, ["SD-1", "SD-2"])
    assert rule["duplicates"] == 2
    assert (report["accepted"]["count"], report["rejected"]["count"]) == (1, 2)
    shown = sd("report", "filtered", "--refs").stdout
    assert "1 let through, 2 refused" in shown
    assert "[SD-1 SD-2]" in shown
    later = f"{NOW + timedelta(hours=1):%Y-%m-%dT%H:%MZ}"
    assert sdj("report", "filtered", "--since", later)["rejected"]["count"] == 0
    assert sdj("report", "filtered", "--until", later)["accepted"]["count"] == 0
    sd("report", "filtered", "--since", later, "--until", later, expect=errors.USAGE)


def test_hostile_text_stays_text(sd: Runner) -> None:
    """What a stranger wrote cannot steer the terminal."""
    sd("open", "Dropbox \x1b[2J now", "--user", "ada", "--type", "new-service")

    assert "\x1b" not in sd("filter", "1").stdout
    assert "\x1b" not in sd("filter", "1", "--reject", DROPBOX).stdout


def test_a_rejected_request_can_be_taken_up_again(sd: Runner, sdj: JsonRunner) -> None:
    """After reopening the filter decides anew, and the last decision counts (R3c1.1)."""
    sd("open", "Dropbox for sales", "--user", "ada", "--type", "new-service")
    sd("filter", "1", "--reject", DROPBOX)
    sd("reopen", "1", "--reason", "the board decided")
    sd("filter", "1", "--accept", "--because", "the board decided")

    report = sdj("report", "filtered")
    assert (report["accepted"]["refs"], report["rejected"]["count"]) == (["SD-1"], 0)


def test_what_the_catalog_does_not_hold_is_filtered_too(sd: Runner, sdj: JsonRunner) -> None:
    """The filter decides what nobody may work on yet, and so may a request for change (R3c1.1)."""
    for _ in range(2):
        opened = sdj("open", "Dropbox for sales", "--user", "ada", "--type", "new-service")
        sd("support", opened["ref"], "--unsupported", "Dropbox")

    assert sdj("filter", "1", "--reject", DROPBOX)["code"] == "declined"
    whole = ("--category", "new-service", "--field", "justification=files")
    assert sdj("rfc", "2", *whole)["queue"] == "change-control"
    step = ("--hypothesis", "a proxy", "--change", "went round it")
    assert "nobody has decided" in sd("step", "2", *step, expect=errors.REFUSED).stderr
    assert "nobody has decided" in sd("fix", "2", "--what", "x", expect=errors.REFUSED).stderr
