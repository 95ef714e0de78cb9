"""A ticket keeps the service levels that it was opened under until others are applied (T11)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from sdcli.errors import LedgerDamagedError
from sdcli.ledger.tiny.image import Places

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

OPENED = "2026-11-23T10:00:00Z"
LATER = "2026-11-23T11:30:00Z"


@pytest.fixture(name="opened")
def _opened(sdj: JsonRunner) -> Any:
    """A P3 with two hours to the first word, at ten o'clock."""
    return sdj("open", "x", "--user", "ada", at=OPENED)


def edited(desk_dir: Path, old: str, new: str, file: str = "sla_policies.yaml") -> None:
    """A file of the desk with one text in place of another."""
    path = desk_dir / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def shorter(desk_dir: Path) -> None:
    """One hour to the first word of a P3."""
    edited(desk_dir, "P3: {response: 2h", "P3: {response: 1h")


def response(sdj: JsonRunner, ref: str = "1", at: str = LATER) -> Any:
    """The clock to the first word."""
    return sdj("show", ref, at=at)["sla"]["response"]


def test_a_new_policy_moves_no_promise(opened: Any, desk_dir: Path, sdj: JsonRunner) -> None:
    """What was promised stays; what is opened afterwards is under the new one."""
    shorter(desk_dir)

    newer = sdj("open", "y", "--user", "ada", at=OPENED)

    assert response(sdj)["due"] == opened["sla"]["response"]["due"] == "2026-11-23T12:00:00Z"
    assert newer["sla"]["response"]["due"] == "2026-11-23T11:00:00Z"
    assert sdj("sla-check", at=LATER)[0]["ref"] == "SD-2"


def test_what_the_catalog_says_of_a_service_is_pinned_too(desk_dir: Path, sdj: JsonRunner) -> None:
    """Another agreement for a service is for what comes after it."""
    before = sdj("open", "x", "--user", "ada", "--service", "wifi", at=OPENED)
    wifi = "    queue: network\n    agreement: standard\n"
    edited(desk_dir, wifi, wifi.replace("standard", "goodwill"), "catalog/services.yaml")

    assert sdj("show", "1", at=OPENED)["agreement"] == before["agreement"] == "standard"
    after = sdj("open", "y", "--user", "ada", "--service", "wifi", "--new", at=OPENED)
    assert after["agreement"] == "goodwill"


def test_where_a_rule_stands_is_no_part_of_it(desk_dir: Path, sdj: JsonRunner, opened: Any) -> None:
    """A comment moves every line and makes no other policy."""
    edited(desk_dir, "calendars:\n", "# a comment\n\ncalendars:\n")

    assert sdj("open", "y", "--user", "ada", at=OPENED)["policy"] == opened["policy"]


def test_service_levels_are_kept_by_their_hash(opened: Any, storage: Storage) -> None:
    """`sha256sum` proves what a ticket is pinned to."""
    kept = storage.pins()[opened["policy"]]

    assert hashlib.sha256(kept).hexdigest() == opened["policy"]
    assert json.loads(kept)["targets"]["P3"]["response"]["seconds"] == 7200


def test_others_are_applied_openly(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """First as a trial, then with a reason; counted from the opening, and on record."""
    shorter(desk_dir)

    tried = sd("sla", "reapply", "1", "--dry-run", at=LATER)
    assert response(sdj)["due"] == "2026-11-23T12:00:00Z"
    done = sdj("sla", "reapply", "1", "--reason", "the new contract", at=LATER)

    assert "is due 2026-11-23 11:00 UTC instead of 2026-11-23 12:00 UTC" in tried.stdout
    assert "it is breached by it, 30m ago" in tried.stdout
    [row] = done["tickets"]
    assert row["before"] == opened["policy"] != done["policy"]
    assert (row["sla_before"]["response"]["state"], row["sla"]["response"]["state"]) == (
        "running",
        "breached",
    )
    assert response(sdj)["due"] == "2026-11-23T11:00:00Z"
    assert "the new contract" in sd("history", "1").stdout
    again = sdj("sla", "reapply", "1", "--reason", "once more", at=LATER)
    assert again["tickets"] == []


def test_a_breach_that_is_there_on_arrival_is_marked(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What was past when the new target came to hold is told apart (T10)."""
    assert opened
    shorter(desk_dir)
    sd("sla", "reapply", "1", "--reason", "the new contract", at=LATER)

    found = sdj("sla-check", at="2026-11-23T11:31:00Z")

    assert [(each["threshold"], each["on_arrival"]) for each in found] == [(80, True), (100, True)]
    assert sdj("sla-check", at="2026-11-23T11:32:00Z") == []


def test_a_policy_that_changes_nothing_here_says_nothing_anew(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What was said under the old one is not said again where target and calendar are the same."""
    assert opened
    assert len(sdj("sla-check", at="2026-11-23T12:30:00Z")) == 2
    edited(desk_dir, "P1: {response: 15m", "P1: {response: 14m")
    sd("sla", "reapply", "--all-open", "--reason", "a shorter P1", at="2026-11-23T12:31:00Z")

    assert sdj("sla-check", at="2026-11-23T12:32:00Z") == []


def test_another_calendar_says_its_own_thresholds(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """The same target by other hours is another promise, and is warned of anew."""
    assert opened
    before = sdj("sla-check", at="2026-11-23T12:30:00Z")
    edited(desk_dir, "calendar: business-hours", "calendar: extended-hours")
    sd("sla", "reapply", "1", "--reason", "longer hours", at="2026-11-23T12:31:00Z")

    after = sdj("sla-check", at="2026-11-23T12:32:00Z")

    assert [each["threshold"] for each in after] == [80, 100]
    assert not {each["id"] for each in before} & {each["id"] for each in after}


def test_all_or_none(opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """A reference that is not there changes nothing for the others."""
    shorter(desk_dir)

    sd("sla", "reapply", "1", "99", "--reason", "x", at=LATER, expect=3)

    assert sdj("show", "1")["policy"] == opened["policy"]


@pytest.mark.parametrize("args", [(), ("1", "--all-open"), ("1",)])
def test_what_is_meant_must_be_said(opened: Any, sd: Runner, args: tuple[str, ...]) -> None:
    """Tickets or all of them, and why."""
    assert opened
    sd("sla", "reapply", *args, expect=2)


def test_what_is_gone_is_an_error_and_can_be_put_right(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """Missing or changed, it is never taken for today's; `doctor` finds it, `reapply` goes on."""
    kept = storage.pins()[opened["policy"]]
    shorter(desk_dir)
    storage.put_pin(opened["policy"], kept.replace(b"7200", b"9900"))

    assert "policy that tickets are pinned to" in sd("show", "1", at=LATER, expect=7).stderr
    assert "is not what it was" in json.dumps(sdj("doctor", expect=7)["findings"])
    storage.put_pin(opened["policy"], None)
    assert "sla reapply" in sd("list", at=LATER, expect=7).stderr

    done = sdj("sla", "reapply", "1", "--reason", "the file was lost", at=LATER)

    assert done["tickets"][0]["sla_before"] is None
    assert response(sdj)["due"] == "2026-11-23T11:00:00Z"


def test_a_backup_has_them(
    opened: Any, sd: Runner, sdj: JsonRunner, tmp_path: Path, storage: Storage
) -> None:
    """What tickets are pinned to goes with them, and comes back with them."""
    backup = tmp_path / "b.tar.gz"
    shorter(storage.desk)
    sd("backup", str(backup))
    for policy in storage.pins():
        storage.put_pin(policy, None)

    sd("backup", str(tmp_path / "partial.tar"), expect=8)
    sd("restore", str(backup))

    assert response(sdj)["due"] == opened["sla"]["response"]["due"]
    assert sdj("doctor")["findings"] == []


def test_an_import_is_pinned_here(
    opened: Any, sd: Runner, sdj: JsonRunner, tmp_path: Path, storage: Storage
) -> None:
    """Service levels of another desk are not known here: it runs under today's."""
    lines = tmp_path / "t.jsonl"
    lines.write_text(sd("export").stdout, encoding="utf-8")
    storage.begin_anew()
    shorter(storage.desk)

    sd("import", str(lines), at=LATER)

    shown = sdj("show", "1", at=LATER)
    assert shown["policy"] != opened["policy"]
    assert shown["sla"]["response"]["due"] == "2026-11-23T11:00:00Z"
    assert sdj("doctor")["findings"] == []


def test_status_counts_tickets_by_policy(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """How many run under what, and which is today's; and when the clocks were checked."""
    before = sdj("sla", "status", at=LATER)
    shorter(desk_dir)
    sdj("open", "y", "--user", "ada", at=OPENED)
    sd("sla-check", at=LATER)

    after = sdj("sla", "status", at="2026-11-23T11:40:00Z")

    assert (before["last_run"], before["missed"]) == (None, False)
    assert (after["last_run"], after["age_s"], after["by"]) == (LATER, 600, "ben")
    assert {each["policy"]: (each["tickets"], each["is_today"]) for each in after["pinned"]} == {
        opened["policy"]: (1, False),
        after["policy"]: (1, True),
    }
    assert "sla-check ran 10m ago" in sd("sla", "status", at="2026-11-23T11:40:00Z").stdout


def test_a_reopening_may_begin_a_new_ticket(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Where the agreement says so, the old one stays closed and the new one names it (T9)."""
    edited(
        desk_dir,
        "default_agreement: standard",
        "on_reopen: new_ticket\ndefault_agreement: standard",
    )
    sdj("open", "VPN drops", "--user", "ada", "--service", "vpn", "--type", "incident", at=OPENED)
    sd("close", "1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone", at=LATER)

    after = sdj("reopen", "1", "--reason", "it is back", at="2026-11-23T14:00:00Z")

    assert (after["action"], after["ref"], after["requester"]) == ("created", "SD-2", "ada")
    assert after["opened_at"] == "2026-11-23T14:00:00Z"
    assert (after["service"], after["type"]) == ("vpn", "incident")
    assert sdj("show", "1")["status"] == "closed"
    opening = sdj("show", "2")["events"][0]
    assert opening["previous"] == "SD-1"
    assert "it is back" in opening["details"]
    sd("reopen", "2", "--reason", "x", expect=4)

    early = ("--at", "2026-11-23T11:00:00Z")  # before it was closed
    sd("reopen", "1", "--reason", "x", *early, at="2026-11-23T14:00:30Z", expect=4)
    again = sdj("reopen", "1", "--reason", "still", at="2026-11-23T14:01:00Z")
    assert (again["action"], again["ref"]) == ("deduped", "SD-2")
    assert len(sdj("list")) == 1


def test_taking_a_calendar_back_says_nothing_again(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """The hours of the opening are the promise of then: what was said under them was said."""
    assert opened
    assert len(sdj("sla-check", at="2026-11-23T12:30:00Z")) == 2
    for old, new in (("business-hours", "extended-hours"), ("extended-hours", "business-hours")):
        edited(desk_dir, f"    calendar: {old}", f"    calendar: {new}")
        sd("sla", "reapply", "1", "--reason", "other hours", at="2026-11-23T12:31:00Z")
        sdj("sla-check", at="2026-11-23T12:32:00Z")

    said = [each for each in sdj("history", "1") if each["kind"] == "sla_alerted"]

    assert [each["threshold"] for each in said] == [80, 100, 80, 100]
    assert sdj("sla-check", at="2026-11-23T12:33:00Z") == []


def test_when_to_warn_is_pinned_too(opened: Any, desk_dir: Path, sdj: JsonRunner) -> None:
    """Another percentage is for tickets that come after it."""
    assert opened
    edited(desk_dir, "warn_at: [80]", "warn_at: [30]")
    sdj("open", "y", "--user", "ada", "--new", at=OPENED)

    found = sdj("sla-check", at="2026-11-23T11:00:00Z")

    assert [(each["ref"], each["threshold"]) for each in found] == [("SD-2", 30)]


def test_names_of_days_are_no_promise_of_their_own(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A day off under another name is the same time: what was said is not said again."""
    assert opened
    assert len(sdj("sla-check", at="2026-11-23T12:30:00Z")) == 2
    public = "    public_holidays: {country: GB, subdivision: ENG}\n"
    edited(desk_dir, public, f'{public}    holidays: {{"12-28": Closed}}\n')
    sd("sla", "reapply", "1", "--reason", "a day off", at="2026-11-23T12:31:00Z")
    assert len(sdj("sla-check", at="2026-11-23T12:32:00Z")) == 2
    edited(desk_dir, '"12-28": Closed', '"12-28": A day off')
    sd("sla", "reapply", "1", "--reason", "other names", at="2026-11-23T12:33:00Z")

    assert sdj("sla-check", at="2026-11-23T12:34:00Z") == []


def test_one_ticket_that_cannot_be_read_keeps_no_other_waiting(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """What it is pinned to is lost: the check says so, and says what is due of the others."""
    shorter(desk_dir)
    sdj("open", "y", "--user", "ada", "--new", at=OPENED)
    storage.put_pin(opened["policy"], None)

    ran = sd("sla-check", "--json", at=LATER, expect=8)

    assert [each["ref"] for each in json.loads(ran.stdout)] == ["SD-2", "SD-2"]
    assert "SD-1 was not checked" in ran.stderr


def test_nothing_is_recorded_that_cannot_be_answered(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """Where a pin is lost a step changes nothing, as its message says."""
    shorter(desk_dir)
    storage.put_pin(opened["policy"], None)
    before = len(sdj("history", "1"))

    ran = sd("note", "1", "hello", "--visible", at=LATER, expect=7)

    assert "Nothing was changed" in ran.stderr
    assert len(sdj("history", "1")) == before


def test_a_trial_writes_nothing(opened: Any, desk_dir: Path, sd: Runner, storage: Storage) -> None:
    """`--dry-run` leaves the ledger as it is, byte for byte."""
    assert opened
    shorter(desk_dir)
    before = storage.content()

    sd("sla", "reapply", "1", "--dry-run", at=LATER)

    assert storage.content() == before


def pinned_to(sd: Runner, policy: str) -> str:
    """The first ticket as a line to import, pinned to something else."""
    [line] = sd("export").stdout.splitlines()
    row = json.loads(line)
    row["events"][0]["policy"] = policy
    return json.dumps(row) + "\n"


@pytest.mark.parametrize("way", ["../policies/{}", "{}\n", "./{}", "", "~", "{}.json"])
def test_only_a_hash_is_a_pin(
    opened: Any, sd: Runner, sdj: JsonRunner, way: str, storage: Storage
) -> None:
    """What an import says leads to no file by a path of its own: it runs under today's."""
    line = pinned_to(sd, way.format(opened["policy"]))
    kept = storage.pins()
    storage.begin_anew()
    for policy, content in kept.items():
        storage.put_pin(policy, content)
    shorter(storage.desk)

    sd("import", "-", stdin=line, at=LATER)

    assert sdj("show", "1", at=LATER)["policy"] not in ("", way.format(opened["policy"]))
    assert response(sdj)["due"] == "2026-11-23T11:00:00Z"
    assert sdj("doctor")["findings"] == []


def places_of(desk_dir: Path) -> Places:
    """Where the ledger of a desk is."""
    return Places(str(desk_dir / "ledger"))


def test_a_pin_that_is_no_hash_is_refused_and_found(
    opened: Any, sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """In the ledger itself it is an error that says so, and the doctor finds it."""
    ledger = storage.ledger()
    with ledger.write() as writer:
        before = writer.get("SD-1")
        event = replace(before.opening, policy=f"../policies/{opened['policy']}")
        writer.create([event])

    assert not ledger.has_levels(event.policy)
    with pytest.raises(LedgerDamagedError, match="is no hash of one"):
        ledger.levels(event.policy)
    assert "is no hash of one" in sd("show", "2", at=LATER, expect=7).stderr
    [finding] = sdj("doctor", expect=7)["findings"]
    assert finding["ref"] == "SD-2"
    assert "is no hash" in finding["problem"]


def test_what_is_kept_can_be_decoded(
    opened: Any, sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """A file that is what its hash says and is no service levels is found."""
    assert opened
    ledger, content = storage.ledger(), b'{"calendars": 1}'
    policy = hashlib.sha256(content).hexdigest()
    ledger.keep_levels(policy, content)
    with ledger.write() as writer:
        writer.create([replace(writer.get("SD-1").opening, policy=policy)])

    [finding] = sdj("doctor", expect=7)["findings"]

    assert finding["ref"] == "SD-2"
    assert policy in finding["file"]
    assert "cannot be decoded" in finding["problem"]
    assert "sla reapply" in sd("doctor", "--repair", expect=7).stdout


def test_damaged_service_levels_are_kept_anew(
    opened: Any, sdj: JsonRunner, storage: Storage
) -> None:
    """Whoever opens the next ticket under them has them whole on disk first."""
    whole = storage.pins()
    storage.put_pin(opened["policy"], whole[opened["policy"]][:100])

    after = sdj("open", "y", "--user", "ada", at=OPENED)

    assert after["policy"] == opened["policy"]
    assert storage.pins() == whole


def test_a_field_of_a_caller_is_no_pin(
    opened: Any, sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """What a caller calls a policy is missed by no backup; what a ticket is pinned to is."""
    sdj("open", "y", "--user", "ada", "--field", f"policy={'0' * 64}", at=OPENED)
    sdj("open", "-", stdin=json.dumps({"summary": "z", "policy": "1" * 64}), at=OPENED)

    assert sdj("doctor")["findings"] == []
    sd("backup", str(tmp_path / "whole.tar"))
    sd("compact")
    sd("backup", str(tmp_path / "compact.tar"))
    sd("restore", str(tmp_path / "compact.tar"))
    assert sdj("show", "1", at=LATER)["policy"] == opened["policy"]


def test_a_backup_without_service_levels_can_be_restored(
    opened: Any, sd: Runner, tmp_path: Path, storage: Storage
) -> None:
    """It was told when it was made: the tickets in it are whole."""
    storage.put_pin(opened["policy"], None)
    told = sd("backup", str(tmp_path / "b.tar"), expect=8)

    assert f"policies/{opened['policy']}.json is missing" in told.stderr
    sd("restore", str(tmp_path / "b.tar"))


def test_a_check_that_never_ran_is_missed(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Where the policy says how often, a ticket that waits for the first check tells of it."""
    edited(desk_dir, "  warn_at: [80]", "  warn_at: [80]\n  check_every: 15m")
    sd("sla-check", "--nagios", at=OPENED)  # nothing waits for a check
    sdj("open", "x", "--user", "ada", at=OPENED)

    ran = sd("sla-check", "--nagios", at="2026-11-23T10:31:00Z", expect=2)

    assert "sla-check has not run for 31m" in ran.stdout
    assert sdj("sla", "status", at="2026-11-23T10:31:00Z")["missed"] is True
    sd("sla-check", at="2026-11-23T10:31:00Z")
    sd("sla-check", "--nagios", at="2026-11-23T10:32:00Z")


def test_explain_tells_what_it_can_after_a_pin_was_lost(
    opened: Any, desk_dir: Path, sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """Once others are applied the clock is told; of what was before only its hash is known."""
    shorter(desk_dir)
    storage.put_pin(opened["policy"], None)
    sd("sla", "reapply", "1", "--reason", "the old ones are lost", at=LATER)

    told = sdj("sla", "explain", "1", "--target", "response", at=LATER)

    (turn,) = told["targets"]["response"]["turns"]
    assert turn["changes"]["agreement"] == {"before": "unknown", "after": "standard"}
    assert sdj("doctor", at=LATER, expect=7)["findings"]
