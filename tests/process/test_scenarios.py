"""Ten days of a real desk, each from the first word to the last (R0.7).

Each says where it ends, what its clocks show, and that its history tells all of it.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Runner

HOUR = 3600


class Life(Protocol):
    """Somebody does something at some time on the desk of the test."""

    def __call__(self, who: str, at: str, line: str, expect: int = 0) -> Any:
        """Run a command; gives its document, or the error's where it is refused."""


@pytest.fixture(name="life")
def _life(sd: Runner) -> Life:
    """Times are `MM-DD HH:MM` in UTC, of 2026."""

    def live(who: str, at: str, line: str, expect: int = 0) -> Any:
        day, _, time = at.partition(" ")
        env = {"SDCLI_USER": who}
        ran = sd(*shlex.split(line), "--json", at=f"2026-{day}T{time}:00Z", env=env, expect=expect)
        return json.loads((ran.stdout or ran.stderr).splitlines()[-1])

    return live


def told(sd: Runner, ref: str, *parts: str) -> None:
    """The history of a ticket says all of these, in this order."""
    history = sd("history", ref).stdout
    at = 0
    for part in parts:
        found = history.find(part, at)
        assert found >= 0, f"{part!r} is not told there:\n{history[at:]}"
        at = found + len(part)


def test_an_unsupported_device(life: Life, sd: Runner) -> None:
    """Security has it at once, nobody else works on it, and it ends as decided (R2b.2, R2b.2d)."""
    life("ben", "11-23 10:00", "open 'My router does not get in' --user bruno")
    handed = life("ben", "11-23 10:05", "support 1 --device 'a private router'")
    assert (handed["queue"], handed["handed_from"]) == ("security", "service-desk")

    life("omar", "11-23 10:20", "accept 1")
    decision = "support 1 --shut-down --by {} --reason 'private devices may not be on the wire'"
    refused = life("omar", "11-23 10:25", decision.format("omar"), expect=4)
    assert "nadia" in refused["error"]["message"]
    life("nadia", "11-23 10:30", decision.format("nadia"))
    ended = life(
        "omar", "11-23 11:00", "close 1 --code unsupported --confirmed-by bruno --via phone"
    )

    assert (ended["status"], ended["code"]) == ("closed", "unsupported")
    assert ended["support"]["decision"] == "shut-down"
    told(sd, "1", "opened by", "a private router", "escalated to security", "omar: accepted")
    told(sd, "1", "by authority of nadia", "closed as unsupported, confirmed by bruno")


def test_a_wrong_class_found_by_the_second_tier(life: Life, sd: Runner) -> None:
    """It is returned, classified again by what showed it, and who erred is told (R3d1.5a, R3d2.1a)."""
    life("ben", "11-23 09:00", "open 'VPN is slow' --user ada")
    life("ben", "11-23 09:05", "classify 1 --type incident --service vpn")
    life("ben", "11-23 09:10", "escalate 1 --to network --reason 'a trace is needed'")

    back = life("greta", "11-23 09:40", "return 1 --reason 'without VPN it is slow as well'")
    assert (back["queue"], back["assignee"]) == ("service-desk", None)
    found = "classify 1 --service workstation --discovered screening --reason 'the disk is full'"
    again = life("greta", "11-23 09:45", found)
    assert (again["reclassified"], again["first_class"]["service"]["value"]) == (1, "vpn")

    assert [each["ref"] for each in life("ben", "11-23 10:00", "notices")] == ["SD-1"]
    life("ben", "11-23 10:01", "notices --seen 1 --note 'I will ask about the disk'")
    assert life("ben", "11-23 10:02", "notices") == []
    life("ben", "11-23 10:05", "resolve 1 --code solved --note 'emptied the disk'")
    ended = life("ben", "11-23 10:30", "close 1 --confirmed-by ada --via chat")

    assert (ended["status"], ended["service"]) == ("closed", "workstation")
    told(sd, "1", "escalated to network", "returned to service-desk", "(screening)")
    told(sd, "1", "the disk is full", "I will ask about the disk", "resolved as solved", "closed")


def test_reopened_twice(life: Life, sd: Runner) -> None:
    """The clock goes on where it stood, both times; three ends and their reasons are told (R5a.1)."""
    what = "--type incident --service printing --impact low --urgency medium"
    life("ben", "11-23 09:00", f"open 'The printer jams' --user ada {what}")
    life("ben", "11-23 09:30", "accept 1")
    life("ben", "11-23 11:00", "resolve 1 --code no-fault-found")
    first = life("ben", "11-24 09:00", "reopen 1 --reason 'it jams again'")
    assert first["sla"]["resolution"]["elapsed_s"] == 2 * HOUR
    life("ben", "11-24 10:00", "resolve 1 --code workaround --note 'the other tray'")
    life("ben", "11-24 10:30", "close 1 --confirmed-by ada --via phone")
    second = life("ben", "11-25 09:00", "reopen 1 --reason 'now the other tray jams'")
    assert second["sla"]["resolution"]["elapsed_s"] == 3 * HOUR
    life("ben", "11-25 09:10", "escalate 1 --to onsite --reason 'needs a new roller'")
    life("dmitri", "11-25 09:30", "accept 1")
    life("dmitri", "11-25 11:00", "resolve 1 --code solved --note 'new roller'")
    ended = life("ben", "11-25 15:00", "close 1 --confirmed-by ada --via in-person")

    assert (ended["status"], ended["reopened"], ended["code"]) == ("closed", 2, "solved")
    assert ended["sla"]["resolution"]["elapsed_s"] == 5 * HOUR
    assert ended["sla"]["resolution"]["state"] == "met"
    told(sd, "1", "resolved as no-fault-found", "it jams again", "resolved as workaround", "closed")
    told(sd, "1", "now the other tray jams", "onsite", "dmitri: accepted", "new roller", "closed")


def test_a_supplier_is_waited_for_over_a_holiday(life: Life, sd: Runner) -> None:
    """The clock of the solution stands, holidays or not, and goes on with the part (R5b.1)."""
    what = "--type incident --service printing --impact low --urgency medium"
    life("ben", "12-23 09:00", f"open 'The scanner jams' --user ada {what}")
    life("ben", "12-23 09:10", "accept 1")
    life("ben", "12-23 09:30", "note 1 'I have ordered the part' --visible")
    wait = "wait 1 --for vendor --until 2026-12-29T10:00Z --reason 'a new roller'"
    waits = life("ben", "12-23 13:00", wait)
    assert waits["sla"]["resolution"]["state"] == "paused"
    assert waits["sla"]["resolution"]["elapsed_s"] == 4 * HOUR

    idle = life("ben", "12-28 12:00", "show 1")
    assert idle["sla"]["resolution"]["elapsed_s"] == 4 * HOUR
    life("ben", "12-29 10:00", "resume 1 --reason 'the roller has come'")
    life("ben", "12-29 12:00", "resolve 1 --code third-party --note 'roller changed'")
    ended = life("ben", "12-29 12:30", "close 1 --confirmed-by ada --via phone")

    assert ended["sla"]["resolution"]["state"] == "met"
    assert ended["sla"]["resolution"]["elapsed_s"] == 6 * HOUR
    explained = life("ben", "12-29 13:00", "sla explain 1 --target resolution")
    intervals = explained["targets"]["resolution"]["intervals"]
    pauses = [each for each in intervals if each["kind"] == "paused"]
    assert [(each["counted_s"], each["lasted_s"]) for each in pauses] == [(0, 141 * HOUR)]
    told(sd, "1", "ordered the part", "waits for vendor until 2026-12-29", "a new roller")
    told(sd, "1", "the roller has come", "resolved as third-party", "closed")


def test_a_whole_site_is_down(life: Life, sd: Runner) -> None:
    """One parent has the word to all; what needs it ends with it, each closed by its caller (R7.6).

    A further caller is one more on it and no request of their own; the service is back before the
    incident is solved (R3d.0a).
    """
    site = "--type incident --service wired-network --people 120 --workaround none"
    life("ben", "11-23 09:00", f"open 'London has no network' --user ada {site}")
    assert life("ben", "11-23 09:01", "show 1")["priority"] == "P1"
    life("ben", "11-23 09:02", "bulletin post 1 'The network is down' --site London")
    more = life("ben", "11-23 09:05", "open 'Nothing works' --user bruno --me-too 1")
    assert (more["action"], more["ref"]) == ("correlated", "SD-1")
    phone = "--type incident --service telephony --new"
    life("ben", "11-23 09:08", f"open 'No phone either' --user farah {phone}")
    life("ben", "11-23 09:09", "link 2 parent 1 --because 'the phones need the switch'")
    life("ben", "11-23 09:10", "escalate 1 --to network --reason 'the core switch'")
    life("greta", "11-23 09:12", "accept 1")
    life("greta", "11-23 09:15", "eta 1 2026-11-23T10:30Z --told --via phone")
    step = "step 1 --hypothesis 'a loop' --change 'unplugged the new dock' --result no-effect"
    life("greta", "11-23 09:30", step)
    fix = "fix 1 --what 'restarted the core switch' --result worked --resumed --evidence {}"
    back = life("greta", "11-23 09:50", fix.format("'monitoring is green'"))
    assert (back["status"], back["service_restored_at"]) == ("in_progress", "2026-11-23T09:50:00Z")
    life("greta", "11-23 10:00", "resolve 1 --code solved --with-children")
    assert life("ben", "11-23 10:01", "show 2")["status"] == "resolved"
    parent = life("ben", "11-23 10:05", "close 1 --confirmed-by ada --via phone")
    child = life("ben", "11-23 10:10", "close 2 --confirmed-by farah --via phone")

    assert (parent["status"], child["status"]) == ("closed", "closed")
    assert parent["sla"]["resolution"]["state"] == "met"
    assert parent["sla"]["resolution"]["elapsed_s"] == HOUR
    assert life("ben", "11-23 10:15", "bulletin list") == []
    told(sd, "1", "bulletin", "bruno has the same", "SD-2", "escalated to network", "accepted")
    told(sd, "1", "2026-11-23 10:30 UTC", "unplugged the new dock", "the core switch", "is green")
    told(sd, "2", "the phones need the switch", "resolved as solved (resolved with SD-1", "closed")


OUTAGE = """\
  erp-move:
    summary: The ERP moves to new servers
    start: "2026-11-23T19:00:00Z"
    end: "2026-11-23T21:00:00Z"
    services: [erp]
    change: the approved change of 2026-11-16
"""


def test_an_outage_that_was_planned(life: Life, sd: Runner, desk_dir: Path) -> None:
    """Who calls in a planned outage is answered with it, and its change has the call (R3d1.3)."""
    path = desk_dir / "catalog" / "schedule.yaml"
    path.write_text(path.read_text().replace("outages:\n", f"outages:\n{OUTAGE}", 1))
    what = "--type incident --service erp"
    life("ben", "11-23 19:30", f"open 'ERP is not there' --user ada {what}")
    closing = "close 1 --code planned-outage --confirmed-by ada --via phone"
    ended = life("ben", "11-23 19:35", closing)

    assert (ended["status"], ended["code"]) == ("closed", "planned-outage")
    counted = life("ben", "11-23 21:00", "report outages")
    assert "erp-move" in json.dumps(counted)
    told(sd, "1", "ERP is not there", "resolved as planned-outage", "closed as planned-outage")


def test_a_complaint_of_the_management(life: Life, sd: Runner) -> None:
    """Who it is counts by the rules, what is promised is told anew, and the manager hears of it.

    The priority is never what somebody wishes (R2c.2, R2c.2d, R3d3.2, R5b.3).
    """
    life("ben", "11-23 09:00", "open 'The board cannot meet' --user dana --wish 'at once!'")
    weighed = "--type incident --service conferencing --people 6 --who executive --workaround hard"
    decided = life("ben", "11-23 09:03", f"classify 1 {weighed}")
    assert (decided["wish"], decided["assessment"]["who"]) == ("at once!", "executive")
    life("ben", "11-23 09:04", "accept 1")
    life("ben", "11-23 09:05", "eta 1 2026-11-23T11:00Z --told --via phone")
    late = "--reason 'the screen needs a part' --told --via phone"
    life("ben", "11-23 10:30", f"eta 1 2026-11-23T14:00Z {late}")
    assert "14:00" in life("ben", "11-23 10:31", "tell 1")["text"]
    life("ben", "11-23 10:40", "assign 1 --to amara")
    life("amara", "11-23 10:45", "note 1 'I have called Dana and see to it' --visible")
    alerts = life("cron", "11-26 18:00", "sla-check")
    breaches = [each for each in alerts if each["target"] == "resolution"]
    assert "amara" in {who for each in breaches for who in each["recipients"]}
    life("amara", "11-26 18:10", "sla cause 1 --target resolution --cause supplier")
    life("amara", "11-26 18:20", "resolve 1 --code solved --note 'new screen'")
    ended = life("amara", "11-26 18:30", "close 1 --confirmed-by dana --via in-person")

    assert (ended["status"], ended["sla"]["resolution"]["state"]) == ("closed", "breached")
    told(
        sd, "1", "11:00 UTC", "14:00 UTC", "the screen needs a part", "amara", "I have called Dana"
    )
    told(sd, "1", "supplier", "resolved as solved", "closed as solved, confirmed by dana")


def test_an_account_is_unlocked(life: Life, sd: Runner) -> None:
    """By its procedure, with its program for one step, and the caller says that it works (R0.8, R4.4)."""
    what = "--type fulfilment --service identity --feature password"
    life("ben", "11-23 09:00", f"open 'Locked out' --user ada {what}")
    life("ben", "11-23 09:01", "accept 1")
    begun = life("ben", "11-23 09:02", "fulfil 1 --met identity-checked --met account-active")
    assert begun["fulfilment"]["procedure"] == "unlock-account"
    life("ben", "11-23 09:03", "fulfil 1 --step 1:done")
    life("ben", "11-23 09:04", "fulfil 1 --run")
    life("ben", "11-23 09:08", "fulfil 1 --all-done --done --user-check yes --accurate yes")
    ended = life("ben", "11-23 09:10", "close 1 --code fulfilled --confirmed-by ada --via phone")

    assert (ended["status"], ended["code"]) == ("closed", "fulfilled")
    assert ended["sla"]["resolution"]["elapsed_s"] == 10 * 60
    used = life("ben", "11-23 10:00", "procedure stats")
    assert "unlock-account" in json.dumps(used)
    told(sd, "1", "began procedure unlock-account", "step 1 done", "ran echo", "step 2 done")
    told(sd, "1", "unlock-account fulfilled (user check: yes", "closed as fulfilled")


def test_a_laptop_for_somebody_who_gets_none(life: Life, sd: Runner) -> None:
    """It does not begin before somebody who may has agreed, and ends with their word (R3b.2, R3c2.2)."""
    what = "--type fulfilment --service workstation --feature hardware"
    life("ben", "11-23 09:00", f"open 'A new laptop, please' --user ada {what}")
    life("ben", "11-23 09:01", "accept 1")
    held = life("ben", "11-23 09:02", "fulfil 1 joiner-laptop --met all", expect=4)
    assert held["error"]["able"] == ["dana"]
    own = life(
        "ben", "11-23 09:03", "approve 1 joiner-laptop --by ada --reason 'I need it'", expect=4
    )
    assert "dana" in own["error"]["message"]
    life("ben", "11-23 11:00", "reject 1 joiner-laptop --by dana --reason 'hers is a year old'")
    held = life("ben", "11-23 11:01", "fulfil 1 joiner-laptop --met all", expect=4)
    assert "hers is a year old" in held["error"]["message"]
    ended = life("ben", "11-23 11:05", "close 1 --code declined --confirmed-by ada --via phone")

    assert (ended["status"], ended["code"]) == ("closed", "declined")
    told(sd, "1", "joiner-laptop rejected by dana", "hers is a year old", "closed as declined")


def test_a_storm_of_one_fault(life: Life, sd: Runner) -> None:
    """Callers go on in one ticket; what was merged by mistake comes back as if it had never been (R7.3)."""
    for number, user in enumerate(("ada", "bruno", "farah", "dana")):
        what = "--type incident --service printing --new"
        life("ben", f"11-23 09:0{number}", f"open 'Printer jams' --user {user} {what}")
    before = life("ben", "11-23 09:05", "show 4")
    life("ben", "11-23 09:10", "merge 2 3 --into 1 --because 'the same printer'")
    life("ben", "11-23 09:12", "merge 4 --into 1 --because 'the same printer'")
    later = life("ben", "11-23 09:20", "open 'still jams' --user bruno --add-to 2")
    assert later["ref"] == "SD-1"
    life("ben", "11-23 09:30", "undo 4 --reason 'she means another floor'")
    back = life("ben", "11-23 09:31", "show 4")

    assert (back["status"], back["sla"]["resolution"]["due"]) == (
        before["status"],
        before["sla"]["resolution"]["due"],
    )
    life("ben", "11-23 10:00", "close 4 --code solved --confirmed-by dana --via phone")
    ended = life("ben", "11-23 10:05", "close 1 --code solved --confirmed-by ada --via phone")
    assert ended["status"] == "closed"
    told(sd, "4", "merged into SD-1 (the same printer)", "she means another floor", "closed")
    told(sd, "1", "SD-2 goes on here", "still jams", "closed as solved")
