"""`sdcli fulfil`, `approve`, `reject` and `procedure`: whole requests, as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.desk import Desk
from sdcli.errors import RefusedError
from sdcli.fulfilments.asked import Asked
from sdcli.fulfilments.walks import Walks
from sdcli.hook import Ran
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

UNLOCK = "catalog/procedures/unlock-account.yaml"
MET = ("--met", "identity-checked", "--met", "account-active")


def _open(sdj: JsonRunner, summary: str, service: str, feature: str = "", **more: str) -> str:
    """A request; gives its reference."""
    given = {"user": "ada", "type": "fulfilment", **more}
    options = [part for name, value in given.items() for part in (f"--{name}", value)]
    options += ["--feature", feature] if feature else []
    ref: str = sdj("open", summary, "--service", service, *options)["ref"]
    return ref


def _locked(sdj: JsonRunner, **more: str) -> str:
    return _open(sdj, "Locked out of my account", "identity", "password", **more)


def _laptop(sdj: JsonRunner, **more: str) -> str:
    return _open(sdj, "A new laptop for Tom who starts", "workstation", "hardware", **more)


def _kinds(sdj: JsonRunner, ref: str) -> list[str]:
    return [each["kind"] for each in sdj("history", ref)]


def _programs(sdj: JsonRunner, ref: str) -> list[dict[str, Any]]:
    """What is on record of programs: that one was started, and how it ended."""
    return [each for each in sdj("history", ref) if each["kind"] == "hook_ran"]


def _meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], at: int = 1) -> None:
    """Let somebody else act between what the next command looks at and what it records.

    `at`: before which of its units of work.
    """
    real, calls = Desk.change, count(1)

    def change(*args: Any, **more: Any) -> Any:
        if next(calls) == at:
            monkeypatch.setattr(Desk, "change", real)
            act()
        return real(*args, **more)

    monkeypatch.setattr(Desk, "change", change)


def _edit(desk_dir: Path, file: str, old: str, new: str) -> None:
    path = desk_dir / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _hook(desk_dir: Path, script: str, *arguments: str, limit: str = "20s") -> None:
    """Let a script of the desk be the program of the procedure for unlocking."""
    program = desk_dir / "hooks" / "unlock"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    listed = json.dumps(["hooks/unlock", *arguments])
    old = '[echo, "an example, nothing was unlocked for:", "{user}"]'
    _edit(desk_dir, UNLOCK, old, listed)
    _edit(desk_dir, UNLOCK, "time_limit: 20s", f"time_limit: {limit}")


# Finding


def test_the_procedure_that_the_catalog_names_comes_first(sdj: JsonRunner) -> None:
    """A request of the catalog names its procedure, and that is what is followed (R3b.1)."""
    ref = _open(sdj, "vpn access for work from home", "vpn", "remote-work")

    assert sdj("show", ref)["fulfilment"]["procedure"] == "vpn-access"
    told = sdj("fulfil", ref)

    assert told["status"] == "in_progress"
    assert told["fulfilment"]["procedure"] == "vpn-access"
    sought, begun = sdj("history", ref)[-2:]
    assert (sought["kind"], sought["chosen"]) == ("procedure_sought", "vpn-access")
    assert "catalog" in sought["query"]
    assert begun["procedure"] == sought["found"][0]


def test_what_is_clearly_meant_is_found_by_the_search(sdj: JsonRunner) -> None:
    """Without a name of the catalog it is what `search-kb` finds, with all that was found (R3b.1)."""
    ref = _locked(sdj)

    sdj("fulfil", ref)

    sought = sdj("history", ref)[1]
    assert sought["query"] == "Locked out of my account"
    assert sought["found"][0]["id"] == sought["chosen"] == "unlock-account"


def test_where_several_fit_somebody_says_which(sd: Runner, sdj: JsonRunner) -> None:
    """Nothing is guessed, nor recorded: what was found is listed, and --none is told (R3b.1)."""
    ref = _open(sdj, "access to something", "identity")

    refused = sd("fulfil", ref, expect=4)

    assert "not sure" in refused.stderr
    assert "--none" in refused.stderr
    assert _kinds(sdj, ref) == ["opened"]
    assert sdj("fulfil", ref, "group-access", expect=0) if False else True


def test_a_name_that_is_none_is_told(sd: Runner, sdj: JsonRunner) -> None:
    """A slip in the id of a procedure exits 3 and gets a suggestion (R3b.1)."""
    ref = _locked(sdj)

    assert "Did you mean unlock-account?" in sd("fulfil", ref, "unlock-acount", expect=3).stderr
    assert "article of type" in sd("fulfil", ref, "KB-101", expect=4).stderr


def test_an_article_is_followed_unless_it_is_restricted(sd: Runner, sdj: JsonRunner) -> None:
    """An article of type fulfilment has steps, too; those of a restricted one stand nowhere (R3b.1)."""
    ref = _open(sdj, "a voucher for visitors", "wifi", "guest-wifi")

    assert "KB-125 is for" in sd("fulfil", ref, "KB-125", expect=4).stderr
    assert sdj("fulfil", ref)["fulfilment"]["procedure"] == "KB-138"


def test_what_nothing_fits_asks_for_something_new(sdj: JsonRunner) -> None:
    """Nothing found: converted to new-service, with what was looked for and why (R3b.1)."""
    ref = sdj("open", "qqqq zzzz", "--user", "ada", "--type", "fulfilment")["ref"]

    told = sdj("fulfil", ref)

    assert told["type"] == "new-service"
    _, sought, classified = sdj("history", ref)
    assert sought["kind"] == "procedure_sought"
    assert not sought.get("chosen")
    assert classified["reason"] == "no procedure fits it"


def test_none_says_why_and_keeps_what_was_found(sd: Runner, sdj: JsonRunner) -> None:
    """--none converts though something was found; what that was is on record (R3b.1)."""
    ref = _locked(sdj)

    sd("fulfil", ref, "--none", "--reason", "a shared account, of which there are none")

    _, sought, classified = sdj("history", ref)
    assert "unlock-account" in [each["id"] for each in sought["found"]]
    assert classified["type"] == "new-service"
    assert classified["reason"].startswith("a shared account")
    assert [each["ref"] for each in sdj("procedure", "stats")["unfitted"]] == [ref]


def test_a_failure_is_never_converted(sd: Runner, sdj: JsonRunner) -> None:
    """An incident for which no procedure fits stays one (R3b.1, R3d3.3)."""
    ref = _locked(sdj, type="incident")

    assert "stays of type incident" in sd("fulfil", ref, "--none", expect=4).stderr
    assert _kinds(sdj, ref) == ["opened"]


def test_it_begins_from_an_incident_too(sd: Runner, sdj: JsonRunner) -> None:
    """A procedure that mends a failure is followed on its ticket, and stays linked to it (R3d3.3)."""
    ref = _locked(sdj, type="incident")

    assert "not sure" in sd("fulfil", ref, expect=4).stderr
    told = sdj("fulfil", ref, "unlock-account", *MET, "--all-done", "--done", "--user-check", "yes")

    assert told["type"] == "incident"
    assert told["fulfilment"]["state"] == "fulfilled"
    assert sdj("procedure", "stats", "unlock-account")["procedures"][0]["refs"] == [ref]


# Beginning


def test_the_estimate_is_given_at_the_beginning(sd: Runner, sdj: JsonRunner) -> None:
    """Time and effort, and when it should be done in the hours that count (R3b.2)."""
    ref = _laptop(sdj)
    sdj("approve", ref, "--by", "dana")

    said = sd("fulfil", ref, "--met", "all", at="2026-11-27T15:00:00Z")

    assert "It should be done by 2026-12-02 15:00 UTC." in said.stdout
    assert "EUR 1,150" in said.stdout
    assert f"sdcli eta {ref} 2026-12-02T15:00Z" in said.stderr
    state = sdj("show", ref, at="2026-11-27T15:00:00Z")["fulfilment"]
    assert (state["estimate_s"], state["effort_s"]) == (29 * 3600, 2 * 3600)
    assert state["expected_at"] == "2026-12-02T15:00:00Z"


def test_prerequisites_are_recorded_as_far_as_anybody_said(sd: Runner, sdj: JsonRunner) -> None:
    """In a script what nobody says is unknown, and told; what is not met hinders (R3b.2)."""
    ref = _locked(sdj)

    refused = sd("fulfil", ref, "unlock-account", "--not-met", "account-active", expect=4)
    assert "account-active (The account is enabled" in refused.stderr
    assert _kinds(sdj, ref) == ["opened"]
    assert "no prerequisite 'active'" in sd("fulfil", ref, "--met", "active", expect=3).stderr

    said = sd("fulfil", ref, "--met", "identity-checked")
    assert "Nobody has said whether these are met: account-active" in said.stdout
    begun = sdj("history", ref)[-1]
    assert begun["prerequisites"] == {"identity-checked": "yes", "account-active": "unknown"}


@pytest.mark.parametrize("rule", ["warn", "block"])
def test_a_procedure_past_its_date(rule: str, desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Past its date it warns, or is blocked, as the desk's rules say (R3b.2a)."""
    _edit(desk_dir, "catalog/process.yaml", "expired: warn", f"expired: {rule}")
    _edit(desk_dir, UNLOCK, 'expires: "2027-09-30"', 'expires: "2026-11-22"')
    ref = _locked(sdj)

    said = sd("fulfil", ref, *MET, expect=4 if rule == "block" else 0)

    assert "has expired on 2026-11-22" in said.output
    if rule == "warn":
        assert sdj("history", ref)[-1]["warnings"] == ["it has expired on 2026-11-22"]
    else:
        assert "identity or service-desk" in said.stderr
        assert _kinds(sdj, ref) == ["opened"]


def test_who_is_not_entitled_does_not_get_it(sd: Runner, sdj: JsonRunner) -> None:
    """The class of whoever gets it counts, not that of whoever calls; unknown is told (R3c2.3)."""
    ref = _open(sdj, "vpn access", "vpn", "remote-work", user="goran")
    refused = sd("fulfil", ref, expect=4)
    assert "goran is not entitled" in refused.stderr
    assert "declined" in refused.stderr

    other = _open(sdj, "vpn access", "vpn", "remote-work", **{"on-behalf-of": "farah"})
    assert "farah is not entitled" in sd("fulfil", other, expect=4).stderr
    stranger = _open(
        sdj, "vpn access", "vpn", "remote-work", user="somebody new", phone="+44 20 7946 0999"
    )
    assert "nobody knows whether" in sd("fulfil", stranger).stdout


def test_outside_of_its_hours_it_is_scheduled(sd: Runner, sdj: JsonRunner) -> None:
    """What cannot be done at any time is refused outside of its hours, and --at schedules (R3b.2, R3c2.3)."""
    ref = _open(sdj, "a camera for a meeting room", "conferencing", "meeting-room")
    night = "2026-11-23T22:00:00Z"

    refused = sd("fulfil", ref, "meeting-room-equipment", at=night, expect=4)
    assert f"fulfil {ref} meeting-room-equipment --at 2026-11-24T08:00Z" in refused.stderr
    assert (
        "already past" in sd("fulfil", ref, "--at", "2026-11-20T10:00Z", at=night, expect=4).stderr
    )

    sd("fulfil", ref, "meeting-room-equipment", "--at", "2026-11-24T09:00Z", at=night)
    state = sdj("show", ref, at=night)["fulfilment"]
    assert (state["state"], state["scheduled"]) == ("scheduled", "2026-11-24T09:00:00Z")
    assert state["expected_at"] == "2026-11-24T13:00:00Z"


# Approval


def test_nothing_begins_before_somebody_has_agreed(sd: Runner, sdj: JsonRunner) -> None:
    """Without approval it is refused, with who may give it and how that is recorded (R3b.2)."""
    ref = _laptop(sdj)

    refused = sd("fulfil", ref, "--json", expect=4)

    error = json.loads(refused.stderr.strip().rsplit("\n", 1)[1])["error"]
    assert error["able"] == ["dana"]
    assert f"sdcli approve {ref} joiner-laptop --by PERSON" in error["message"]
    assert _kinds(sdj, ref) == ["opened"]


@pytest.mark.parametrize("person", ["bruno", "amara", "ada"])
def test_only_who_may_agree_can(person: str, sd: Runner, sdj: JsonRunner) -> None:
    """Neither a colleague, nor the desk, nor whoever gets it: a refusal says who could (R3b.2)."""
    ref = _laptop(sdj)

    refused = sd("approve", ref, "--by", person, expect=4)

    assert "These may: dana (manager of ada)" in refused.stderr
    assert _kinds(sdj, ref) == ["opened"]


def test_an_approval_is_recorded_once_with_its_right(sd: Runner, sdj: JsonRunner) -> None:
    """Who, by what right, why, at which revision; said twice it is recorded once (R3b.2)."""
    ref = _laptop(sdj)

    sd("approve", ref, "--by", "dana@example.com", "--reason", "planned")
    again = sd("approve", ref, "--by", "dana")

    decided = sdj("history", ref)[-1]
    assert _kinds(sdj, ref).count("approval_decided") == 1
    assert (decided["person"], decided["authority"]) == ("dana", "manager of ada")
    assert "already" in again.stdout
    assert "approved by dana" in sd("show", ref).stdout
    assert sdj("fulfil", ref)["fulfilment"]["approval"]["reason"] == "planned"


def test_what_says_something_else_must_be_approved_again(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """An approval holds for what was decided on, not for what the file says later (R3b.2)."""
    ref = _laptop(sdj)
    sd("approve", ref, "--by", "dana")
    _edit(desk_dir, "catalog/procedures/joiner-laptop.yaml", "EUR 1,150", "EUR 2,350")

    assert "as it was before" in sd("fulfil", ref, expect=4).stderr
    sd("approve", ref, "--by", "dana")
    sd("fulfil", ref)


@pytest.mark.parametrize("more", [("--step", "1:done"), ("--all-done", "--done")])
def test_what_says_something_else_during_the_walk_must_be_approved_again(
    more: tuple[str, ...], desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A walk goes no further by what nobody has agreed to, but it can be left off (R3b.2)."""
    ref = _laptop(sdj)
    sd("approve", ref, "--by", "dana")
    sd("fulfil", ref)
    _edit(desk_dir, "catalog/procedures/joiner-laptop.yaml", "EUR 1,150", "EUR 2,350")

    assert "as it was before" in sd("fulfil", ref, *more, expect=4).stderr
    sd("fulfil", ref, "--abandon", "--dry-run")
    sd("approve", ref, "--by", "dana")
    sd("fulfil", ref, *more)


def test_approve_and_reject_propose_themselves(sd: Runner, sdj: JsonRunner) -> None:
    """Where it is not sure what is decided on, the same command is to be typed again (R3b.2)."""
    ref = _open(sdj, "access to a shared mailbox or a shared folder", "unknown")

    assert f"`sdcli approve {ref} " in sd("approve", ref, "--by", "dana", expect=4).stderr
    assert (
        f"`sdcli reject {ref} "
        in sd("reject", ref, "--reason", "no", "--by", "dana", expect=4).stderr
    )


def test_a_rejection_stops_it_and_tells_what_comes_next(sd: Runner, sdj: JsonRunner) -> None:
    """Rejected: it cannot begin, and a walk goes no further; mostly it is declined (R3b.2)."""
    ref = _laptop(sdj)

    said = sd("reject", ref, "--by", "dana", "--reason", "there is one in the loan pool")

    assert f"sdcli close {ref} --code declined" in said.stderr
    assert "loan pool" in sd("fulfil", ref, expect=4).stderr
    sd("approve", ref, "--by", "dana")
    sd("fulfil", ref)
    assert "--abandon" in sd("reject", ref, "--by", "dana", "--reason", "no money").stderr
    assert "has rejected" in sd("fulfil", ref, "--step", "1:done", expect=4).stderr
    sd("close", ref, "--code", "declined", "--unconfirmed", "rejected by dana")


def test_to_record_what_others_decided_may_need_a_right(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A desk may say who records the decisions of others; one's own is always one's own (R3b.2, R0.2)."""
    _edit(
        desk_dir,
        "catalog/process.yaml",
        "authority:\n",
        "authority:\n  decide-for-others: {roles: [cs-manager]}\n",
    )
    ref = _laptop(sdj)

    assert "amara can" in sd("approve", ref, "--by", "dana", expect=4).stderr
    sd("--as", "dana", "approve", ref)


def test_what_needs_nobody_is_not_approved(sd: Runner, sdj: JsonRunner) -> None:
    """A procedure without authorisation is begun, not approved; nobody unknown decides (R3b.2)."""
    assert "needs nobody" in sd("approve", _locked(sdj), "--by", "dana", expect=4).stderr
    assert "'dnaa'" in sd("approve", _laptop(sdj), "--by", "dnaa", expect=3).stderr


def test_without_a_manager_the_file_to_mend_is_named(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """Where nobody may decide, the refusal names the file that could say who does (R3b.2)."""
    _edit(desk_dir, "catalog/procedures/joiner-laptop.yaml", "  people: [dana]\n", "")
    ref = _laptop(sdj, user="farah")

    refused = sd("fulfil", ref, expect=4)

    assert "catalog/people.yaml names no `manager` of farah" in refused.stderr


# Walking


def test_repeated_calls_go_on_where_it_stands(sd: Runner, sdj: JsonRunner) -> None:
    """Each call takes the next steps, whoever makes it, and the last word on a step holds (R3b.2)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET, "--step", "1:done", "--minutes", "3")
    assert sdj("fulfil", ref)["fulfilment"]["step"] == 2

    sd("fulfil", ref, "--step", "2:failed:no right to", "--step", "4:skipped")
    failed = sdj("show", ref)["fulfilment"]
    assert (failed["step"], failed["steps"][1]["note"]) == (2, "no right to")
    assert "Steps without a result: 3; failed: 2" in sd("fulfil", ref, "--done", expect=4).stderr

    told = sdj("--as", "mina", "fulfil", ref, "--all-done", "--done", "--user-check", "yes")
    results = [each["result"] for each in told["fulfilment"]["steps"]]
    assert results == ["done", "done", "done", "skipped"]
    assert told["minutes"] == 3
    ended = sdj("history", ref)[-1]
    assert (ended["outcome"], ended["user_check"], ended["in_time"]) == ("fulfilled", "yes", "yes")


def test_how_far_it_is_is_shown(sd: Runner, sdj: JsonRunner) -> None:
    """`show` tells the procedure, step n of m and when it should be done (R3b.2, R3c2.3)."""
    ref = _locked(sdj)
    assert sdj("show", ref)["fulfilment"] is None

    sd("fulfil", ref, *MET, "--step", "1:done")

    shown = sd("show", ref).stdout
    assert "unlock-account (Unlock an account and set a new password): step 2 of 4" in shown
    assert "should be done by 2026-11-23 10:15 UTC" in shown


def test_it_was_late_by_the_clock_where_nobody_says(sdj: JsonRunner) -> None:
    """Whether it took no longer than it says is reckoned in working time (R3c2.4)."""
    ref = _locked(sdj)
    sdj("fulfil", ref, *MET)

    sdj("fulfil", ref, "--all-done", "--done", at="2026-11-23T10:16:00Z")

    assert sdj("history", ref)[-1]["in_time"] == "no"
    figures = sdj("procedure", "stats", "unlock-account")["procedures"][0]
    assert (figures["late"], figures["took_s"], figures["estimate_s"]) == (1, 960, 900)


def test_the_end_tells_what_is_left_to_do(sd: Runner, sdj: JsonRunner) -> None:
    """After the end: resolve it, and the follow-ups of the procedure; after a failure: whom to ask (R3c2.3)."""
    ref, other = _locked(sdj), _locked(sdj, user="bruno")

    done = sd("fulfil", ref, *MET, "--all-done", "--done")
    failed = sd("fulfil", other, *MET, "--failed", "--surprises", "the account was gone")

    assert f"sdcli resolve {ref} --code fulfilled" in done.stderr
    assert f"sdcli follow-up {ref} 'If it locks again" in done.stderr
    assert "Ask identity, or service-desk" in failed.stderr
    assert sdj("fulfil", other)["fulfilment"]["state"] == "running"


def test_two_procedures_are_not_followed_at_once(sd: Runner, sdj: JsonRunner) -> None:
    """Another one begins only after the first was ended (R3b.2)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET)

    assert "--abandon" in sd("fulfil", ref, "group-access", expect=4).stderr
    later = ("--at", "2026-11-24 10:00")
    assert "belongs to the beginning" in sd("fulfil", ref, *later, expect=4).stderr
    assert "--abandon" in sd("fulfil", ref, "--none", expect=4).stderr
    sd("fulfil", ref, "--abandon")
    assert sdj("fulfil", ref, "vpn-access")["fulfilment"]["procedure"] == "vpn-access"


def test_a_walk_can_be_left_though_its_file_is_gone(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A procedure that is gone goes no further; it is shown and left off all the same (R3b.2)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET, "--step", "1:done")
    (desk_dir / UNLOCK).unlink()

    assert "--abandon" in sd("fulfil", ref, "--step", "2:done", expect=4).stderr
    assert sdj("show", ref)["fulfilment"]["procedure"] == "unlock-account"
    assert sdj("fulfil", ref, "--abandon")["fulfilment"]["state"] == "abandoned"
    assert sdj("procedure", "stats", "unlock-account")["procedures"][0]["abandoned"] == 1


def test_a_walk_whose_file_is_gone_is_not_called_done(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """Nobody knows how many steps there are, so it is not said that all are taken (R3b.2)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET, "--step", "1:done", "--step", "2:done")
    (desk_dir / UNLOCK).unlink()

    shown = sd("show", ref).stdout

    assert "its document is gone or cannot be read" in shown
    assert "steps are taken" not in shown
    assert sdj("show", ref)["fulfilment"]["gone"] is True


def test_a_step_that_says_something_else_is_open_again(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A step that is put in, or changed, is not taken for the one that was answered (R3b.2)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET, "--all-done")
    _edit(desk_dir, UNLOCK, "  - Unlock the account", "  - Ask the security queue\n  - Unlock it")

    assert sdj("show", ref)["fulfilment"]["step"] == 2
    refused = sd("fulfil", ref, "--done", expect=4).stderr
    assert "without a result: 2, 3, 4, 5; changed since they were answered: 2, 3, 4" in refused
    sd("fulfil", ref, "--all-done", "--done")
    taken = [each["step"] for each in sdj("history", ref) if each["kind"] == "fulfilment_step"]
    assert "Ask the security queue" in taken


@pytest.mark.parametrize(
    "more", [("--abandon",), ("--failed",), ("--done",), ("--run",), ("--step", "1:done")]
)
def test_what_goes_on_needs_something_that_is_followed(
    more: tuple[str, ...], sd: Runner, sdj: JsonRunner
) -> None:
    """Without a walk there is nothing to end or to go on with, and it stays what it is (R3b.2)."""
    ref = _open(sdj, "zzz qqq xxx", "unknown")

    assert f"{ref} follows no procedure" in sd("fulfil", ref, *more, expect=4).stderr
    assert _kinds(sdj, ref) == ["opened"]


def test_to_look_at_a_walk_tells_no_old_step_as_new(sd: Runner, sdj: JsonRunner) -> None:
    """Where nothing is recorded, what was done last is not told as if it were done now (R3b.2)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET)
    sd("note", ref, "called back")

    said = sd("fulfil", ref).stdout

    assert "follows unlock-account already" in said
    assert "called back" not in said


def test_steps_before_the_hour_it_is_scheduled_for_are_told(sd: Runner, sdj: JsonRunner) -> None:
    """Who schedules it for later and takes steps now hears of it (R3b.2)."""
    ref = _locked(sdj)

    said = sd("fulfil", ref, *MET, "--at", "2026-11-24T10:00Z", "--step", "1:done").stdout

    assert "steps were taken before that" in said


def test_what_is_closed_is_not_fulfilled(sd: Runner, sdj: JsonRunner) -> None:
    """On a closed ticket, and on a problem, the refusal names what is possible (R3b.2)."""
    ref = _locked(sdj)
    sd("close", ref, "--code", "withdrawn", "--unconfirmed", "asked elsewhere")
    problem = sdj("problem", "open", "accounts lock")["ref"]

    assert "closed" in sd("fulfil", ref, expect=4).stderr
    assert "closed" in sd("approve", ref, "--by", "dana", expect=4).stderr
    assert "problem" in sd("fulfil", problem, expect=4).stderr


@pytest.mark.parametrize(
    "args",
    [
        ("--reason", "because"),
        ("--none", "--all-done"),
        ("--user-check", "yes"),
        ("--minutes", "5"),
        ("--again",),
        ("--done", "--failed"),
        ("--failed", "--abandon"),
        ("--met", "a", "--not-met", "a"),
        ("--step", "1:done", "--step", "1:failed"),
        ("--step", "one:done"),
        ("--step", "1:finished"),
    ],
)
def test_options_that_make_no_sense_together_are_told(args: tuple[str, ...], sd: Runner) -> None:
    """What goes with nothing is a mistake of usage, before anything is looked up (R3b.2)."""
    sd("fulfil", "1", *args, expect=2)


def test_a_rehearsal_records_nothing(sdj: JsonRunner) -> None:
    """--dry-run shows what would be recorded, and records nothing (R3b.2)."""
    ref = _locked(sdj)

    told = sdj("fulfil", ref, *MET, "--all-done", "--done", "--dry-run")

    kinds = [each["kind"] for each in told["events"]]
    assert kinds[:2] == ["procedure_sought", "fulfilment_started"]
    assert kinds[-1] == "fulfilment_ended"
    assert _kinds(sdj, ref) == ["opened"]


# Programs


def test_a_program_does_its_step_and_is_recorded(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """Its arguments, exit code and output are on record, and its step is done (R0.8)."""
    _hook(desk_dir, 'echo "unlocked $1 for $2"', "{user}", "{ref}")
    ref = _locked(sdj)

    said = sd("fulfil", ref, *MET, "--step", "1:done", "--run")

    assert "it ended with 0: unlocked ada for SD-1" in said.stdout
    started, ran = _programs(sdj, ref)
    assert started["reason"] == "started"
    assert ran["command"] == ["hooks/unlock", "ada", "SD-1"]
    assert (ran["exit_code"], ran["output"]) == (0, "unlocked ada for SD-1")
    steps = sdj("show", ref)["fulfilment"]["steps"]
    assert [each["result"] for each in steps] == ["done", "done", None, None]


def test_a_program_that_fails_fails_its_step(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """A non-zero exit is done in part: recorded, the step failed, and nothing else is (R0.8)."""
    _hook(desk_dir, "echo 'no such account' >&2; exit 5")
    ref = _locked(sdj)

    said = sd("fulfil", ref, *MET, "--run", "--all-done", "--done", expect=8)

    assert "it ended with 5: no such account" in said.stdout
    assert "Nothing else was recorded" in said.stdout
    state = sdj("show", ref)["fulfilment"]
    assert (state["step"], state["steps"][1]["result"]) == (1, "failed")
    assert state["ran"]["exit_code"] == 5
    found = sdj("procedure", "stats", "unlock-account")["procedures"][0]
    assert (found["ran"], found["ran_badly"]) == (1, 1)


def test_a_program_that_is_missing_or_late_is_recorded(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A program that is not there, or takes too long, is told and recorded, not a crash (R0.8)."""
    _hook(desk_dir, "sleep 60", limit="1s")
    ref = _locked(sdj)

    assert "it took longer than 1 s" in sd("fulfil", ref, *MET, "--run", expect=8).stdout
    assert "s after" not in sd("history", ref).stdout, "how long it took is said once"
    (desk_dir / "hooks" / "unlock").unlink()
    assert "could not be started" in sd("fulfil", ref, "--run", expect=8).stdout
    reasons = [each["reason"] for each in _programs(sdj, ref)]
    assert reasons[::2] == ["started", "started"]
    assert "1 s" in reasons[1]
    assert "could not be started" in reasons[3]


def test_what_a_program_prints_does_not_reach_the_terminal_raw(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """Control characters in output are shown as escapes, in text and in JSON (R0.8)."""
    _hook(desk_dir, r"printf '\033[2J\033]0;owned\007done\n'")
    ref = _locked(sdj)

    said = sd("fulfil", ref, *MET, "--run")

    shown = said.stdout + sd("history", ref).stdout + sd("show", ref, "--json").stdout
    assert "\x1b" not in shown
    assert "\x07" not in shown
    ran = _programs(sdj, ref)[-1]
    assert "\x1b[2J" in ran["output"]


def test_a_hostile_caller_is_one_argument(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """What a caller is called runs nothing, and is no option of the program (R0.8)."""
    _hook(desk_dir, 'printf "%s|" "$#" "$@"', "{user}")
    hostile = "$(touch hacked); touch hacked #"
    ref = _locked(sdj, user=hostile, phone="+44 20 7946 0999")

    said = sd("fulfil", ref, *MET, "--run")

    assert f"1|{hostile}|" in said.stdout
    assert not (desk_dir / "hacked").exists()
    option = _locked(sdj, user="--force", phone="+44 20 7946 0999")
    assert "would be an option" in sd("fulfil", option, *MET, "--run", expect=4).stderr
    assert _kinds(sdj, option) == ["opened"]


def test_a_program_is_not_rehearsed(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Under --dry-run no program is started (R0.8)."""
    _hook(desk_dir, "touch ran")
    ref = _locked(sdj)

    refused = sd("fulfil", ref, *MET, "--run", "--dry-run", expect=4)

    assert "cannot be rehearsed" in refused.stderr
    assert not (desk_dir / "ran").exists()
    assert _kinds(sdj, ref) == ["opened"]


def test_a_program_is_not_started_while_all_is_locked(desk: Desk, sdj: JsonRunner) -> None:
    """Within a unit of several commands the ledger is locked, so no program is started (R0.8)."""
    ref = _locked(sdj)

    with desk.together(), pytest.raises(RefusedError, match="would be locked"):
        Walks(desk).fulfil(ref, Asked(procedure="unlock-account", run=True))
    assert _kinds(sdj, ref) == ["opened"]


def test_only_who_may_starts_a_program(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """By the procedure, and by the desk's rules: a refusal says who could, and nothing runs (R0.8)."""
    _hook(desk_dir, "touch ran")
    ref = _locked(sdj)

    refused = sd("--as", "sven", "fulfil", ref, *MET, "--run", expect=4)
    assert "demands the role csr" in refused.stderr
    assert "chloe" in refused.stderr
    stranger = sd("--as", "mallory", "fulfil", ref, *MET, "--run", expect=4)
    assert "mallory may not" in stranger.stderr
    _edit(
        desk_dir,
        "catalog/process.yaml",
        "authority:\n",
        "authority:\n  run-hook: {roles: [cs-manager]}\n",
    )
    assert "amara can" in sd("fulfil", ref, *MET, "--run", expect=4).stderr
    assert not (desk_dir / "ran").exists()
    assert _kinds(sdj, ref) == ["opened"]


@pytest.mark.tiny_home
def test_nothing_is_locked_while_a_program_runs(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A program can use the desk itself: the ledger is free while it runs (R0.8)."""
    lock = desk_dir / "ledger" / "tickets.lock"
    _hook(desk_dir, f"flock --nonblock {lock} echo free")
    ref = _locked(sdj)

    assert "it ended with 0: free" in sd("fulfil", ref, *MET, "--run").stdout


def test_others_write_while_a_program_runs(
    sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wants to write on the ticket meanwhile need not wait (R0.8)."""
    ref = _locked(sdj)

    def run(*_: object) -> Ran:
        sd("note", ref, "meanwhile", env={"SDCLI_LOCK_WAIT": "0"})
        return Ran(0, "", 0)

    monkeypatch.setattr("sdcli.hook.run", run)
    sd("fulfil", ref, *MET, "--run")

    assert "noted" in _kinds(sdj, ref)


def test_a_program_that_ran_is_told_where_it_cannot_be_recorded(
    sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    """If the ledger is busy afterwards, the error says that the program ran, and how it ended (R0.8)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET)
    held = ExitStack()

    def run(*_: object) -> Ran:
        held.enter_context(storage.held())
        return Ran(0, "", 0)

    monkeypatch.setattr("sdcli.hook.run", run)
    with held:
        refused = sd("fulfil", ref, "--run", expect=6, env={"SDCLI_LOCK_WAIT": "0"})

    assert "The program ran all the same: it ended with 0" in refused.stderr
    assert "nobody has heard how it ended" in sd("show", ref).stdout


def _both(desk_dir: Path, *calls: tuple[str, ...]) -> list[tuple[int, str]]:
    """What two real processes at once say: their exit codes and errors."""
    env = {"SDCLI_DESK": str(desk_dir), "SDCLI_NOW": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "PATH": ""}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "sdcli", *call],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for call in calls
    ]
    said = [each.communicate()[1] for each in running]
    return [(each.returncode, text) for each, text in zip(running, said, strict=True)]


def test_two_processes_at_once_start_a_program_once(desk_dir: Path, sdj: JsonRunner) -> None:
    """Of two who start it in the same moment one is refused, and it runs once (R0.8)."""
    _hook(desk_dir, f"echo x >> {desk_dir}/runs")
    ref = _locked(sdj)
    call = ("--as", "ben", "fulfil", ref, *MET, "--run")

    said = _both(desk_dir, call, call)

    assert sorted(code for code, _ in said) == [0, 4]
    refusal = next(text for code, text in said if code)
    assert "already" in refusal
    assert (desk_dir / "runs").read_text() == "x\n"
    assert len(_programs(sdj, ref)) == 2  # it was started, and it ended


def test_two_processes_at_once_follow_one_procedure(desk_dir: Path, sdj: JsonRunner) -> None:
    """Of two who begin different procedures at once, one is refused and leaves no trace (R3b.2)."""
    _hook(desk_dir, f"touch {desk_dir}/ran")
    ref = _locked(sdj)

    said = _both(
        desk_dir,
        ("--as", "ben", "fulfil", ref, "vpn-access", "--met", "all"),
        ("--as", "chloe", "fulfil", ref, "unlock-account", *MET, "--step", "1:done", "--run"),
    )

    assert sorted(code for code, _ in said) == [0, 4]
    events = sdj("history", ref)
    names = {each["procedure"]["id"] for each in events if "procedure" in each}
    assert len(names) == 1
    assert (desk_dir / "ran").exists() == (names == {"unlock-account"})


@pytest.mark.parametrize("more", [(), ("--step", "1:done"), ("--step", "1:done", "--run")])
def test_what_somebody_began_meanwhile_is_not_walked_on(
    more: tuple[str, ...],
    desk_dir: Path,
    sd: Runner,
    sdj: JsonRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was to be begun is refused if something else is followed by then (R3b.2, R0.8)."""
    _hook(desk_dir, f"touch {desk_dir}/ran")
    ref = _locked(sdj)
    _meanwhile(monkeypatch, lambda: sd("fulfil", ref, "vpn-access", "--met", "all"))

    refused = sd("fulfil", ref, "unlock-account", *MET, *more, expect=4)

    assert f"{ref} follows vpn-access already" in refused.stderr
    assert not (desk_dir / "ran").exists()
    assert _kinds(sdj, ref) == ["opened", "procedure_sought", "fulfilment_started"]


@pytest.mark.parametrize("more", [("--step", "1:done"), ("--done",), ("--abandon",), ("--run",)])
def test_what_was_ended_meanwhile_does_not_go_on(
    more: tuple[str, ...],
    desk_dir: Path,
    sd: Runner,
    sdj: JsonRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is recorded into another walk than the one that was looked at (R3b.2, R0.8)."""
    _hook(desk_dir, f"touch {desk_dir}/ran")
    ref = _locked(sdj)
    sd("fulfil", ref, *MET)

    def act() -> None:
        sd("fulfil", ref, "--abandon")
        sd("fulfil", ref, "vpn-access", "--met", "all")

    _meanwhile(monkeypatch, act)

    refused = sd("fulfil", ref, *more, expect=4)

    assert "it follows vpn-access by now" in refused.stderr
    assert not (desk_dir / "ran").exists()
    assert sdj("show", ref)["fulfilment"]["state"] == "running"
    assert _kinds(sdj, ref)[-1] == "fulfilment_started"


def test_a_program_that_has_done_its_part_runs_again_only_if_said(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A step that is done is not done twice by its program, unless somebody says --again (R0.8)."""
    _hook(desk_dir, f"echo x >> {desk_dir}/runs")
    ref = _locked(sdj)
    sd("fulfil", ref, *MET, "--run")

    assert "--run --again" in sd("fulfil", ref, "--run", expect=4).stderr
    sd("fulfil", ref, "--run", "--again")

    assert (desk_dir / "runs").read_text() == "x\nx\n"
    assert sdj("procedure", "stats", "unlock-account")["procedures"][0]["ran"] == 2
    sd("fulfil", ref, "--again", expect=2)


def test_a_program_that_nobody_heard_of_again_is_known(
    desk_dir: Path, sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it was started is on record before it is, and it is not started twice in its time (R0.8)."""
    _hook(desk_dir, "exit 0", limit="20s")
    ref = _locked(sdj)

    def killed(*_: object) -> Ran:
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr("sdcli.hook.run", killed)
        sd("fulfil", ref, *MET, "--run", expect=137)

    assert "nobody has heard how it ended" in sd("show", ref).stdout
    assert "runs for SD-1 already: ben" in sd("fulfil", ref, "--run", expect=4).stderr
    assert "runs for" in sd("fulfil", ref, "--run", "--again", expect=4).stderr
    sd("fulfil", ref, "--run", at=NOW + timedelta(seconds=21))
    assert sdj("show", ref)["fulfilment"]["ran"]["exit_code"] == 0
    found = sdj("procedure", "stats", "unlock-account")["procedures"][0]
    assert (found["ran"], found["ran_badly"]) == (2, 0)


def test_how_a_program_ended_is_noted_on_what_was_closed_meanwhile(
    desk_dir: Path, sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome is on record though the request came to its end while it ran (R0.8)."""
    _hook(desk_dir, "echo unlocked")
    ref = _locked(sdj)
    close = ("close", ref, "--code", "fulfilled", "--unconfirmed", "in a hurry")
    _meanwhile(monkeypatch, lambda: sd(*close), at=2)

    said = sd("fulfil", ref, *MET, "--run", "--all-done", expect=8)

    assert "hook_ran" not in said.output
    assert f"Meanwhile {ref} has come to be closed" in said.stdout
    last = sdj("history", ref)[-1]
    assert last["kind"] == "noted"
    assert "The program of unlock-account: it ended with 0: unlocked" in last["text"]


def test_to_take_a_run_back_says_that_what_was_done_stays_done(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """The record is taken back, what the program did outside is not, and that is told (R0.8)."""
    _hook(desk_dir, "exit 0", "{user}")
    ref = _locked(sdj)
    sd("fulfil", ref, *MET, "--run")

    said = sd("undo", ref).stdout

    assert "What hooks/unlock ada did stays done." in said
    assert [each["kind"] for each in sdj("history", ref)].count("hook_ran") == 2


def test_a_step_that_is_not_there_starts_no_program(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What is refused is refused before the program is started (R0.8)."""
    _hook(desk_dir, f"touch {desk_dir}/ran")
    ref = _locked(sdj)

    sd("fulfil", ref, *MET, "--step", "9:done", "--run", expect=4)

    assert not (desk_dir / "ran").exists()
    assert _kinds(sdj, ref) == ["opened"]


def test_prerequisites_can_be_said_later_and_a_program_waits_for_them(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """What is met is said whenever it is known, is shown, and goes before the program (R3b.2, R0.8)."""
    _hook(desk_dir, f"touch {desk_dir}/ran")
    ref = _locked(sdj)
    sd("fulfil", ref, "--met", "identity-checked")

    assert "not known to be met: account-active (unknown)" in sd("show", ref).stdout
    assert "--met account-active --run" in sd("fulfil", ref, "--run", expect=4).stderr
    sd("fulfil", ref, "--not-met", "account-active")
    state = sdj("show", ref)["fulfilment"]
    assert state["prerequisites"] == {"identity-checked": "yes", "account-active": "no"}
    sd("fulfil", ref, "--run", expect=4)
    assert not (desk_dir / "ran").exists()
    sd("fulfil", ref, "--met", "account-active")
    again = sdj("fulfil", ref, "--met", "account-active")
    assert [again["fulfilment"]["prerequisites"], again["fulfilment"]["started_at"]] == [
        {"identity-checked": "yes", "account-active": "yes"},
        state["started_at"],
    ]
    assert _kinds(sdj, ref).count("fulfilment_started") == 3
    sd("fulfil", ref, "--run")
    sd("undo", ref)
    assert "met: account-active" not in sd("show", ref).stdout


def test_a_procedure_without_a_program_has_none_to_run(sd: Runner, sdj: JsonRunner) -> None:
    """--run where there is no program is refused before anything is begun (R0.8)."""
    ref = _open(sdj, "vpn access", "vpn", "remote-work")

    assert "has no program" in sd("fulfil", ref, "--run", expect=4).stderr
    assert _kinds(sdj, ref) == ["opened"]


def test_a_beginning_can_be_taken_back(sd: Runner, sdj: JsonRunner) -> None:
    """One call is one act: `undo` leaves the request as if nobody had begun (R3b.2)."""
    ref = _locked(sdj)
    sd("fulfil", ref, *MET, "--step", "1:done", "--minutes", "5")

    sd("undo", ref)

    after = sdj("show", ref)
    assert (after["status"], after["minutes"], after["fulfilment"]) == ("new", 0, None)
    assert sdj("procedure", "stats", "unlock-account")["procedures"][0]["begun"] == 0


# Standard changes


def _event(sdj: JsonRunner, **more: str) -> str:
    given = {"type": "new-service", **more}
    return _open(sdj, "guest wireless for our trade fair of a week", "wifi", "guest-wifi", **given)


def test_a_standard_change_is_found_and_walked(sdj: JsonRunner) -> None:
    """A request for something new is a standard change if there is one; its id is on record (R3c2.1)."""
    ref = _event(sdj)

    found = sdj("search-kb", "guest wireless for a trade fair", "--kind", "standard-change")
    assert found[0]["id"] == "guest-wifi-event"
    told = sdj("--as", "greta", "fulfil", ref, "--met", "all", "--all-done", "--done")

    state = told["fulfilment"]
    assert (state["kind"], state["state"]) == ("standard-change", "fulfilled")
    begun = next(each for each in sdj("history", ref) if each["kind"] == "fulfilment_started")
    assert begun["standard_change"]
    assert begun["procedure"]["id"] == "guest-wifi-event"


def test_who_is_not_authorised_hands_it_on(sd: Runner, sdj: JsonRunner) -> None:
    """Each standard change says who of the desk may; others are told where it goes (R3c2.2)."""
    ref = _event(sdj)

    refused = sd("fulfil", ref, expect=4)

    assert "ben is not authorised" in refused.stderr
    assert f"sdcli rfc {ref} --standard guest-wifi-event --queue network" in refused.stderr
    assert "greta, hugo" in refused.stderr
    assert _kinds(sdj, ref) == ["opened"]
    sd("--as", "chloe", "fulfil", ref)  # by her role


def test_what_search_kb_puts_first_is_what_is_followed(sd: Runner, sdj: JsonRunner) -> None:
    """A standard change is among the candidates of a request for what is offered (R3b.1)."""
    text = "Our department share is full, we need more room"
    ref = _open(sdj, text, "file-storage", "department-share")

    assert sdj("search-kb", "--ticket", ref)[0]["id"] == "share-quota"
    assert "share-quota needs somebody to agree" in sd("fulfil", ref, expect=4).stderr


def test_a_work_order_is_for_the_caller_of_its_request(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """Who hands work on does not get it: the caller must be entitled, and is filled in (R3c2.3)."""
    ref = _open(sdj, "A desktop for CAD", "virtual-desktop", "design-desktop")
    assert "ada is not entitled" in sd("rfc", ref, "--standard", "design-desktop", expect=4).stderr
    assert _kinds(sdj, ref) == ["opened"]
    _edit(desk_dir, "catalog/changes/design-desktop.yaml", "[Development, Sales]", "[Finance]")
    sd("rfc", ref, "--standard", "design-desktop")
    _edit(desk_dir, "catalog/changes/design-desktop.yaml", "[Finance]", "[Sales]")

    order = sdj("show", ref)["change"]["work_order"]
    refused = sd("--as", "ines", "fulfil", order, "design-desktop", "--met", "all", expect=4)

    assert "ada is not entitled to design-desktop" in refused.stderr


def test_the_manager_of_the_caller_agrees_to_a_work_order(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """On a work order decides who decides on its request, and a program gets their name (R3c2.2)."""
    hook = "hook: {command: [echo, 'more for {user}'], step: 2}\ncost:"
    _edit(desk_dir, "catalog/changes/share-quota.yaml", "cost:", hook)
    ref = _open(sdj, "Our share is full", "file-storage", "department-share")
    sd("rfc", ref, "--standard", "share-quota")
    order = sdj("show", ref)["change"]["work_order"]

    refused = sd("fulfil", order, "share-quota", "--met", "all", expect=4)

    assert "(manager of ada)" in refused.stderr
    sd("approve", order, "share-quota", "--by", "dana")
    said = sd("fulfil", order, "share-quota", "--met", "all", "--run")
    assert "more for ada" in said.stdout


def test_a_broken_standard_change_is_told_with_its_place(
    desk_dir: Path, sd: Runner, sdj: JsonRunner
) -> None:
    """A file that cannot be read is not taken for one that is not there (R3c2.1a)."""
    ref = _open(sdj, "Our share is full", "file-storage", "department-share")
    _edit(desk_dir, "catalog/changes/share-quota.yaml", "takes: 2h", "takes: soonish")

    refused = sd("rfc", ref, "--standard", "share-quota", expect=5)

    assert "catalog/changes/share-quota.yaml:" in refused.stderr


def test_a_standard_change_has_the_further_checks(sd: Runner, sdj: JsonRunner) -> None:
    """Entitlement, approval where it asks for one, when it is done, and afterwards (R3c2.3)."""
    quota = _open(sdj, "our share is full, we need more room", "file-storage", "department-share")
    assert "These may: dana" in sd("fulfil", quota, "share-quota", expect=4).stderr
    sd("approve", quota, "share-quota", "--by", "dana")
    said = sd("fulfil", quota, "share-quota", "--met", "all", "--step", "1:done")
    assert "Cost: EUR 12" in said.stdout
    assert "step 2 of 3" in said.stdout
    last = sd("fulfil", quota, "--all-done")
    assert "The share shows the new size" in last.stderr

    outside = _event(sdj, user="goran")
    assert "goran is not entitled" in sd("--as", "greta", "fulfil", outside, expect=4).stderr


def test_what_was_learned_goes_to_the_document(sd: Runner, sdj: JsonRunner) -> None:
    """Tool, user, surprises, accuracy and time are said at the end, and listed (R3c2.4, R3b.1a)."""
    ref = _event(sdj)
    checks = ("--tool-check", "yes", "--user-check", "yes", "--accurate", "no", "--in-time", "yes")
    said = ("--surprises", "two rooms had no access point", "--improvement", "say which rooms")

    sd("--as", "greta", "fulfil", ref, "--all-done", "--done", *checks, *said)

    ended = sdj("history", ref)[-1]
    assert (ended["tool_check"], ended["accurate"], ended["in_time"]) == ("yes", "no", "yes")
    stats = sdj("procedure", "stats")
    own = next(each for each in stats["procedures"] if each["id"] == "guest-wifi-event")
    assert own["improvements"] == [{"ref": ref, "at": ended["at"], "text": "say which rooms"}]
    assert own["surprises"][0]["text"] == "two rooms had no access point"
    assert [each["id"] for each in stats["enhance"]] == ["guest-wifi-event"]
    assert "say which rooms" in sd("procedure", "stats").stdout


# What there is


def test_procedures_can_be_listed_and_read(sd: Runner, sdj: JsonRunner) -> None:
    """All of them, of one service or kind, and one with its whole template (R3b.2a, R3c2.1a)."""
    assert len(sdj("procedure", "list")) == 10
    ids = [each["id"] for each in sdj("procedure", "list", "--service", "vpn")]
    assert ids == ["vpn-access"]
    kinds = {each["kind"] for each in sdj("procedure", "list", "--kind", "standard-change")}
    assert kinds == {"standard-change"}

    shown: Any = sdj("procedure", "show", "share-quota")
    assert shown["rfc"]["fields"]["back_out"]
    assert (shown["takes_s"], shown["effort_s"], shown["expired"]) == (7200, 900, False)
    text = sd("procedure", "show", "joiner-laptop").stdout
    for told in ("dana, the manager", "EUR 1,150", "3 business days", "workplace, else onsite"):
        assert told in text
    assert "no procedure" in sd("procedure", "show", "nope", expect=3).stderr
    assert "no procedure" in sd("procedure", "stats", "nope", expect=3).stderr


def test_the_catalog_names_the_procedure(sdj: JsonRunner) -> None:
    """Who asks the catalog for a request is told how it is done (R3b.1, R2a.2b)."""
    found = sdj("catalog", "a laptop for a new starter", "--type", "fulfilment")

    facts = {each["id"]: each["facts"] for each in found}
    assert facts["workstation/hardware/laptop"]["procedure"] == "joiner-laptop"


def test_a_look_at_the_knowledge_base_shows_no_procedure_as_an_article(sdj: JsonRunner) -> None:
    """What was found is noted as before: articles only, so that their figures stay theirs (R3b.1)."""
    ref = _locked(sdj)

    sdj("search-kb", "--ticket", ref)

    shown = sdj("history", ref)[-1]
    assert shown["kind"] == "articles_shown"
    assert all(each["id"].startswith("KB-") for each in shown["articles"])


def test_a_person_is_asked_step_by_step(
    sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a terminal: prerequisites, each step with its result, then the end; each is kept (R3b.2, R3c2.4)."""
    ref = _locked(sdj)
    monkeypatch.setattr("sdcli.session.is_interactive", lambda: True)
    begin = "Y\nyes\n"
    walk = "done\nrun\nfailed\nnobody answered\nquit\n"

    sd("fulfil", ref, stdin=begin + walk)

    monkeypatch.setattr("sdcli.session.is_interactive", lambda: False)
    state = sdj("show", ref)["fulfilment"]
    assert [each["result"] for each in state["steps"]] == ["done", "done", "failed", None]
    begun = next(each for each in sdj("history", ref) if each["kind"] == "fulfilment_started")
    assert set(begun["prerequisites"].values()) == {"yes"}

    monkeypatch.setattr("sdcli.session.is_interactive", lambda: True)
    sd("fulfil", ref, stdin="done\ndone\ny\ny\nYES\n?\n\nsay who may call\n")

    ended = sdj("history", ref)[-1]
    assert ended["outcome"] == "fulfilled"
    assert (ended["tool_check"], ended["improvement"]) == ("yes", "say who may call")


def test_a_person_says_which_procedure_is_meant(
    sd: Runner, sdj: JsonRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is not sure a person at a terminal is asked; none of them converts (R3b.1)."""
    one = _open(sdj, "access to something", "identity")
    other = _open(sdj, "access to something", "identity", user="bruno")
    monkeypatch.setattr("sdcli.session.is_interactive", lambda: True)

    sd("fulfil", one, stdin="0\n")
    asked = sd("fulfil", other, stdin="3\n", expect=4)

    monkeypatch.setattr("sdcli.session.is_interactive", lambda: False)
    assert sdj("show", one)["type"] == "new-service"
    assert "3  group-access" in asked.stderr
    assert "group-access needs somebody to agree" in asked.stderr
    assert _kinds(sdj, other) == ["opened"]
