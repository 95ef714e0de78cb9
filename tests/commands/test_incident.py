"""`sdcli step`, `sdcli fix`, `sdcli tried` and planned outages: the work on an incident (R3d)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sdcli import errors
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

STEP = ("--hypothesis", "the driver", "--change", "went back to 3.1")
OUTAGE = """
  vpn-update:
    summary: New version of the VPN gateways
    start: "2026-11-23T09:00:00Z"
    end: "2026-11-23T12:00:00Z"
    services: [vpn]
"""
LATER = NOW + timedelta(hours=1)


@pytest.fixture(name="incident")
def _incident(sd: Runner) -> str:
    """An incident on the VPN."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    return "SD-1"


@pytest.fixture(name="planned")
def _planned(desk_dir: Path) -> None:
    """The VPN is in a planned outage from nine to twelve."""
    schedule = desk_dir / "catalog" / "schedule.yaml"
    text = schedule.read_text().replace("outages:\n", f"outages:{OUTAGE}", 1)
    schedule.write_text(text)


def _kinds(sdj: JsonRunner, ref: str) -> list[str]:
    return [each["kind"] for each in sdj("history", ref)]


# Steps


def test_a_step_is_one_thing_and_its_result(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Idea, the one change, result, what was seen, effort; work has begun (R3d1.2)."""
    document = sdj(
        "step", incident, *STEP, "--result", "no-effect", "--found", "x", "--minutes", "5"
    )

    assert (document["status"], document["minutes"]) == ("in_progress", 5)
    event = sdj("history", incident)[-1]
    assert (event["hypothesis"], event["change"]) == ("the driver", "went back to 3.1")
    assert (event["result"], event["found"], event["minutes"]) == ("no-effect", "x", 5)
    assert "tried: went back to 3.1: no-effect" in sd("history", incident).stdout


def test_the_same_again_is_told(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """That it was tried, by whom and when is told; it is recorded all the same (R3d1.4)."""
    sd("step", incident, *STEP, "--result", "no-effect")
    again = ("--hypothesis", "the driver", "--change", " Went back to  3.1.")

    said = sd("--as", "chloe", "step", incident, *again, at=LATER).stdout
    assert "tried already by ben at 2026-11-23 10:00 UTC: no-effect" in said
    document = sdj("--as", "chloe", "fix", incident, "--what", "went back to 3.1", at=LATER)
    assert [each["by"] for each in document["tried_before"]] == ["chloe", "ben"]
    assert sdj("step", incident, "--hypothesis", "x", "--change", "y")["tried_before"] == []


def test_a_mentor_and_a_skill(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Who helped with what is on record, and counted by person and by skill (R3d1.2b)."""
    mentored = ("--mentor", "greta", "--skill", "reading traces")
    sd("step", incident, *STEP, *mentored)
    sd("--as", "chloe", "step", incident, *STEP, "--mentor", "greta", "--skill", "Reading  traces")
    sd("step", incident, *STEP, "--mentor", "hugo", "--skill", "wireless", at=LATER)

    report = sdj("report", "skills")
    people = {each["name"]: each["others"] for each in report["by_person"]}
    assert people == {"ben": {"reading traces": 1, "wireless": 1}, "chloe": {"Reading traces": 1}}
    [traces, wireless] = report["by_skill"]
    assert (traces["helped"]["count"], traces["others"]) == (2, {"ben": 1, "chloe": 1})
    assert wireless["mentors"] == {"hugo": 1}
    shown = sd("report", "skills", "--refs").stdout
    assert "reading traces: ben (1), chloe (1); helped by greta (2) [SD-1]" in shown
    since = f"{LATER:%Y-%m-%dT%H:%MZ}"
    assert sdj("report", "skills", "--since", since)["helped"]["count"] == 1


def test_half_a_mentor_is_refused(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Both are said or neither, and nobody is their own mentor (R3d1.2b)."""
    sd("step", incident, *STEP, "--mentor", "greta", expect=errors.REFUSED)
    sd("step", incident, *STEP, "--skill", "traces", expect=errors.REFUSED)
    said = sd("step", incident, *STEP, "--mentor", "ben", "--skill", "x", expect=errors.REFUSED)
    assert "their own mentor" in said.stderr
    sd("step", incident, *STEP, "--mentor", "nobody", "--skill", "x", expect=errors.NOT_FOUND)
    assert _kinds(sdj, incident) == ["opened"]


def test_a_step_can_be_entered_late(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """--at says when it happened, and the answer tells this step (R3d1.2)."""
    sd("note", incident, "called back", at=LATER)
    half = f"{NOW + timedelta(minutes=30):%Y-%m-%dT%H:%MZ}"
    said = sd("step", incident, *STEP, "--at", half, at=LATER).stdout

    assert "tried: went back to 3.1" in said.splitlines()[0]
    assert _kinds(sdj, incident) == ["opened", "troubleshooting_step", "noted"]


# Everything that was tried


def test_one_view_of_everything_tried(sd: Runner, sdj: JsonRunner) -> None:
    """Steps, fixes, articles, questions: by whom, when, with what result (R3d1.4)."""
    args = ("--user", "ada", "--type", "incident", "--service", "vpn", "--failed", "the tunnel")
    sd("open", "VPN drops", *args)
    sd("search-kb", "--ticket", "1")
    sd("--as", "chloe", "step", "1", *STEP, "--result", "no-effect")
    sd("kb", "used", "1", "KB-104:no-effect", "--note", "its steps changed nothing")
    sd("detail", "1", "--others", "no")
    sd("fix", "1", "--what", "restarted vpn1", "--result", "worked", "--minutes", "3")

    rows = sdj("tried", "1")
    told = [(each["what"], each["text"], each["result"]) for each in rows]
    assert told == [
        ("question", "failed", None),
        ("lookup", "by the ticket's own words", None),
        ("step", "went back to 3.1", "no-effect"),
        ("article", "KB-104", "no-effect"),
        ("question", "others", None),
        ("fix", "restarted vpn1", "worked"),
    ]
    assert rows[2]["by"] == "chloe"
    assert rows[0]["note"] == "the tunnel"
    shown = sd("tried", "1").stdout
    assert "chloe  step: went back to 3.1: no-effect; thought of the driver" in shown
    sd("tried", "9", expect=errors.NOT_FOUND)


def test_what_was_tried_on_the_same_request_before(
    sd: Runner, sdj: JsonRunner, incident: str
) -> None:
    """What was tried when it was asked before is in the view, with its ticket (R3d1.4)."""
    sd("step", incident, *STEP, "--result", "worked")
    sd("close", incident, "--code", "solved", "--unconfirmed", "x")
    sd("open", "VPN drops again", "--user", "ada", "--same-as", incident, at=LATER)
    sd("step", "2", "--hypothesis", "x", "--change", "y", at=LATER)

    rows = [(each["ref"], each["text"]) for each in sdj("tried", "2")]
    assert rows == [("SD-1", "went back to 3.1"), ("SD-2", "y")]
    assert "step on SD-1: went back to 3.1" in sd("tried", "2").stdout


def test_nothing_tried(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """An empty view is a sentence, and an empty list."""
    assert sdj("tried", incident) == []
    assert "Nothing was tried on SD-1 yet." in sd("tried", incident).stderr


def test_what_was_tried_is_no_command(sd: Runner, incident: str) -> None:
    """Control characters in what was tried reach no terminal."""
    sd(
        "step",
        incident,
        "--hypothesis",
        "\x1b[2J",
        "--change",
        "a\x1b]0;x\x07b",
        "--found",
        "\x9b1m",
    )

    assert not {"\x1b", "\x9b", "\x07"} & set(sd("tried", incident).stdout)


# Fixes


def test_a_fix_that_disturbs_more_needs_permission(
    sd: Runner, sdj: JsonRunner, incident: str
) -> None:
    """It is refused with what to say; with a permission it is tried, and whose is kept (R3d3.1)."""
    fix = ("fix", incident, "--what", "reboot the gateway", "--disruption", "more")
    said = sd(*fix, expect=errors.REFUSED).stderr
    assert "--permission PERSON" in said
    assert "--do defer --until WHEN" in said
    sd(*fix, "--permission", "greta", "--result", "worked")

    assert sdj("history", incident)[-1]["permission"] == "greta"
    assert "permitted by greta" in sd("history", incident).stdout


def test_nobody_permits_their_own_fix(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """By whatever name; whom no file holds is taken, and told as a stranger (R3d3.1)."""
    fix = ("fix", incident, "--what", "reboot the gateway", "--disruption", "more", "--permission")
    for name in ("ben", "BEN", "Ben Carter", "ben@example.org"):
        assert "cannot permit their own fix" in sd(*fix, name, expect=errors.REFUSED).stderr
    for name in ("greta", "Greta Lindholm", "ada"):
        assert "in no file" not in sd(*fix, name).stdout
    said = sd(*fix, "the head of Sales").stdout

    assert "the head of Sales is in no file of the desk" in said
    assert sdj("history", incident)[-1]["permission"] == "the head of Sales"


def test_a_fix_is_put_off(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Deferring waits until then, in the same act, and says what is not there (R3d3.1)."""
    fix = (
        "fix",
        incident,
        "--what",
        "new firmware",
        "--disruption",
        "more",
        "--missing",
        "a window",
    )
    document = sdj(*fix, "--do", "defer", "--until", "2026-11-24T18:00Z")

    assert (document["status"], document["waiting_until"]) == ("waiting", "2026-11-24T18:00:00Z")
    applied, waited = sdj("history", incident)[-2:]
    assert (applied["prerequisites"], applied["missing"]) == ("no", ["a window"])
    assert applied["id"][-8:] == waited["id"][-8:], "one act"
    assert document["follow_ups"] == []
    sd("fix", incident, "--what", "x", "--do", "defer", expect=errors.USAGE)
    past = ("--do", "defer", "--until", "2026-11-20T18:00Z")
    assert "already past" in sd("fix", incident, "--what", "x", *past, expect=errors.REFUSED).stderr


def test_others_are_engaged(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Engaging hands the ticket to the team, in the same act (R3d3.1)."""
    sd("fix", incident, "--what", "x", "--do", "engage", expect=errors.USAGE)
    document = sdj("fix", incident, "--what", "a new route", "--do", "engage", "--queue", "network")

    assert (document["queue"], document["handed_from"]) == ("network", "service-desk")
    applied, escalated = sdj("history", incident)[-2:]
    assert (applied["decision"], applied["queue"]) == ("engage", "network")
    assert "a new route" in escalated["reason"]


def test_what_does_not_go_together(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Half a fix is a usage error, and records nothing."""
    for args in (
        (),
        ("--result", "worked", "--resumed"),
        ("--what", "x", "--evidence", "y"),
        ("--what", "x", "--until", "2026-12-01"),
        ("--what", "x", "--queue", "network"),
        ("--what", "x", "--owes", "money"),
        ("--what", "x", "--missing", "a", "--prerequisites-met", "yes"),
        ("--what", "x", "--do", "engage", "--queue", "network", "--result", "worked"),
    ):
        sd("fix", incident, *args, expect=errors.USAGE)
    assert _kinds(sdj, incident) == ["opened"]


def test_tried_without_its_prerequisites(sd: Runner, incident: str) -> None:
    """That a fix was tried though something was missing is told (R3d3.1)."""
    said = sd("fix", incident, "--what", "x", "--missing", "a spare").stdout

    assert "its prerequisites are not met" in said


def test_a_workaround_leaves_the_fault_open(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Restore first: the caller works, and the fault is a ticket of its own (R3d1.2a)."""
    around = ("fix", incident, "--what", "route by vpn2", "--workaround")
    document = sdj(*around, "--result", "worked")

    [follow_up] = document["follow_ups"]
    assert follow_up == {"ref": "SD-2", "why": "fault: route by vpn2"}
    fault = sdj("show", "2")
    assert (fault["type"], fault["service"], fault["queue"]) == ("incident", "vpn", "service-desk")
    assert (fault["requester"], fault["channel"]) == ("ben", "script")
    [link] = fault["links"]
    assert (link["relation"], link["to"]) == ("follow-up-of", "SD-1")
    assert link["why"] == "fault: route by vpn2"
    assert document["links"] == [
        {"relation": "follow-up", "to": "SD-2", "why": "fault: route by vpn2"}
    ]
    assert "SD-2 is open for it already" in sd(*around, "--result", "worked").stdout
    sdj(*around, "--result", "no-effect")
    assert len(sdj("list", "--all")) == 2, "what did not work leaves nothing new"


def test_what_a_fix_owes(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Back-outs and spare parts become tickets in the same act, each with why (R3d1.6)."""
    fix = ("fix", incident, "--what", "a second gateway", "--result", "worked")
    said = sd(*fix, "--owes", "back-out", "--owes", "spare:a power supply")

    assert said.stdout.splitlines()[0].startswith("SD-1 tried a fix: worked: a second gateway")
    assert "SD-2 is new, in service-desk: back-out: a second gateway." in said.stdout
    assert sdj("show", "3")["summary"] == "Replace the spare part that was used: a power supply"
    whys = [each["why"] for each in sdj("show", incident)["links"]]
    assert whys == ["back-out: a second gateway", "spare: a power supply"]
    acts = {each["id"][-8:] for ref in ("1", "2", "3") for each in sdj("history", ref)}
    assert len(acts) == 2, "the opening, and the fix with all that it owes"


def test_an_altered_configuration_owes_a_request_for_change(
    sd: Runner, sdj: JsonRunner, incident: str
) -> None:
    """A fix that altered the configuration is flagged, and the request can be completed (R3d1.6a)."""
    sd("fix", incident, "--what", "MTU 1400", "--result", "worked", "--configuration", "yes")

    [link] = sdj("show", incident)["links"]
    assert (link["to"], link["why"]) == ("SD-2", "rfc: MTU 1400")
    assert "altered the configuration" in sd("history", incident).stdout
    sd("rfc", "2", "--category", "configuration")
    assert sdj("show", "2")["change"]["fields"]["service"] == "vpn"


def test_a_refused_fix_opens_nothing(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """It is one unit of work: what is refused leaves no ticket behind, nor does a rehearsal."""
    owing = ("--what", "x", "--owes", "back-out", "--result", "worked")
    shown = sdj("fix", incident, *owing, "--dry-run")
    kinds = [(each["ref"], each["kind"]) for each in shown["events"]]
    assert kinds == [
        ("SD-1", "fix_applied"),
        ("SD-2", "opened"),
        ("SD-1", "linked"),
        ("SD-2", "linked"),
    ]
    sd("resolve", incident, "--code", "solved")
    sd("fix", incident, *owing, expect=errors.REFUSED)
    assert len(sdj("list", "--all")) == 1


def test_a_fix_is_taken_back_with_all_that_it_owes(
    sd: Runner, sdj: JsonRunner, incident: str
) -> None:
    """`sdcli undo` takes back the fix, its links, and the tickets that it opened (R3d1.6)."""
    sd("fix", incident, "--what", "x", "--workaround", "--result", "worked", "--owes", "back-out")
    sd("undo", incident)

    assert [each["ref"] for each in sdj("list", "--all")] == ["SD-1"]
    assert sdj("show", incident)["links"] == []
    assert sdj("tried", incident) == []


# The service resumed, the incident resolved


def test_resumed_is_not_resolved(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """When the service came back stands apart from when the incident was resolved (R3d.0a)."""
    sd("fix", incident, "--what", "route by vpn2", "--result", "worked", "--resumed", at=LATER)
    document = sdj("show", incident)
    assert document["service_restored_at"] == "2026-11-23T11:00:00Z"
    assert document["resolved_at"] is None
    assert "the incident is not resolved" in sd("show", incident).stdout

    later = LATER + timedelta(hours=2)
    sd("fix", incident, "--what", "mended the gateway", "--result", "worked", at=later)
    sd("resolve", incident, "--code", "solved", at=later)
    document = sdj("show", incident)
    assert document["service_restored_at"] == "2026-11-23T11:00:00Z"
    assert document["resolved_at"] == "2026-11-23T13:00:00Z"
    shown = sd("show", incident).stdout
    assert "resumed:    2026-11-23 11:00 UTC\n" in shown


def test_resumed_alone(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """It can be said alone, with what shows it, and only the first time counts (R3d.0a, R4.2)."""
    sd("fix", incident, "--resumed", "--evidence", "ada can log in")
    said = sd("fix", incident, "--resumed", at=LATER)

    assert "works again since 2026-11-23 10:00 UTC" in said.stdout
    assert _kinds(sdj, incident) == ["opened", "service_resumed"]
    assert "ada can log in" in sd("history", incident).stdout


# Planned outages and service hours


@pytest.mark.usefixtures("planned")
def test_a_planned_outage_is_told(sd: Runner, sdj: JsonRunner) -> None:
    """Opening, classifying and showing say that it was planned, and how to close it (R3d1.3)."""
    opened = sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    assert "It was planned: vpn-update" in opened.stderr + opened.stdout
    sd("open", "no tunnel", "--user", "bruno")
    classified = sd("classify", "2", "--type", "incident", "--service", "vpn")
    assert "runs until 2026-11-23 12:00 UTC" in classified.stdout
    assert "--code planned-outage --outage vpn-update" in classified.stderr
    shown = sd("show", "1")
    assert "planned:    vpn-update: New version of the VPN gateways" in shown.stdout
    assert "--code planned-outage --outage vpn-update" in shown.stderr
    [planned] = sdj("show", "1")["planned"]
    assert (planned["id"], planned["end"]) == ("vpn-update", "2026-11-23T12:00:00Z")
    after = NOW + timedelta(hours=3)
    assert sdj("show", "1", at=after)["planned"] == []
    assert "planned-outage" not in sd("show", "1", at=after).stderr


def test_outside_the_hours(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """A service that is not offered at this hour is told as such, with until when (R3d1.3)."""
    assert sdj("show", incident)["out_of_hours"] is None
    night = "2026-11-24T02:00:00Z"

    hours = sdj("show", incident, at=night)["out_of_hours"]
    assert (hours["service"], hours["calendar"]) == ("vpn", "extended-hours")
    assert hours["until"].startswith("2026-11-24T")
    assert "vpn is outside its hours until 2026-11-24" in sd("show", incident, at=night).stdout
    args = ("--type", "incident", "--service", "vpn", "--user", "bruno")
    opened = sd("open", "no tunnel", *args, at=night)
    assert "outside its hours" in opened.stdout + opened.stderr


@pytest.mark.usefixtures("planned")
def test_closing_names_the_outage(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """The outage that ran when it was opened is found, also after it is over (R3d1.3)."""
    close = (
        "close",
        incident,
        "--code",
        "planned-outage",
        "--confirmed-by",
        "ada",
        "--via",
        "phone",
    )
    sd(*close, at="2026-11-23T15:00:00Z")

    assert sdj("history", incident)[-1]["outage"] == "vpn-update"
    assert "outage: vpn-update" in sd("history", incident).stdout


def test_closing_as_planned_what_was_not(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Where nothing fits it is refused with what to say; a name the schedule lacks exits 3 (R3d1.3)."""
    close = ("close", incident, "--code", "planned-outage", "--unconfirmed", "x")
    said = sd(*close, expect=errors.REFUSED).stderr
    assert "--outage NAME" in said
    assert "catalog/schedule.yaml" in said
    wrong = sd(*close, "--outage", "office-updat", expect=errors.NOT_FOUND).stderr
    assert "Did you mean office-update?" in wrong
    other = (
        "close",
        incident,
        "--code",
        "solved",
        "--unconfirmed",
        "x",
        "--outage",
        "office-update",
    )
    assert "goes with --code planned-outage" in sd(*other, expect=errors.REFUSED).stderr
    sd(*close, "--outage", "Office-Update")
    assert sdj("history", incident)[-1]["outage"] == "office-update"


def test_an_outage_the_schedule_lacks(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """What was planned elsewhere is said to be unknown, and no guess is made (R3d1.3)."""
    args = ("--code", "planned-outage", "--outage", "unknown", "--unconfirmed", "x")
    sd("close", incident, *args)

    assert sdj("history", incident)[-1]["outage"] == "unknown"
    assert sdj("report", "outages")["outages"][0]["outage"] == "unknown"


def test_somebody_is_being_moved(sd: Runner, sdj: JsonRunner) -> None:
    """A change that was made for just this caller is what it came from (R3d1.3, R0.4)."""
    args = ("--type", "incident", "--service", "wired-network", "--unit", "Dispatch")
    sd("open", "no network at my new desk", "--user", "somebody@example.com", *args)
    sd("close", "1", "--code", "planned-outage", "--unconfirmed", "x")

    assert sdj("history", "1")[-1]["outage"] == "dispatch-moves"


@pytest.mark.usefixtures("planned")
def test_the_report_judges_the_communication(sd: Runner, sdj: JsonRunner) -> None:
    """Calls per planned change, those after a bulletin and those without one (R3d1.3, R0.4)."""
    args = ("--type", "incident", "--service", "vpn")
    sd("open", "VPN drops", "--user", "ada", *args, "--minutes", "4")
    soon = NOW + timedelta(minutes=1)
    sd("bulletin", "post", "1", "The VPN is being renewed until noon", at=soon)
    later = NOW + timedelta(minutes=5)
    sd("open", "no tunnel", "--user", "bruno", *args, "--minutes", "2", at=later)
    other = ("--user", "ada", "--type", "incident", "--service", "email")
    sd("open", "mail is slow", *other, at=later)
    close = ("--code", "planned-outage", "--confirmed-by", "ada", "--via", "phone")
    for ref in ("2", "1"):
        sd("close", ref, *close, at=LATER)
    sd("close", "3", "--code", "solved", "--unconfirmed", "x", at=LATER)

    report = sdj("report", "outages")
    [outage] = report["outages"]
    assert (outage["outage"], outage["calls"]["count"], outage["minutes"]) == ("vpn-update", 2, 6)
    assert outage["unannounced"]["refs"] == ["SD-1"]
    assert outage["announced"]["refs"] == ["SD-2"]
    shown = sd("report", "outages", "--refs").stdout
    assert "vpn-update: 1 announced, 1 not" in shown
    since = f"{later:%Y-%m-%dT%H:%MZ}"
    assert sdj("report", "outages", "--since", since)["calls"]["refs"] == ["SD-2"]
    assert sdj("report", "outages", "--until", since)["announced"]["count"] == 0


@pytest.mark.usefixtures("planned")
def test_a_reopened_call_is_no_call_of_the_outage(sd: Runner, sdj: JsonRunner) -> None:
    """What turned out to be a failure is not counted against the outage any more."""
    args = ("--user", "ada", "--type", "incident", "--service", "vpn")
    sd("open", "VPN drops", *args)
    sd("close", "1", "--code", "planned-outage", "--unconfirmed", "x")
    sd("reopen", "1", "--reason", "it still drops", at=LATER)

    assert sdj("report", "outages")["outages"] == []
    assert "0 calls" in sd("report", "outages").stdout


def test_an_outage_that_does_not_fit_is_told(sd: Runner, incident: str) -> None:
    """What is named and does not touch the ticket is recorded, with what speaks against it (R3d1.3)."""
    sd("open", "a new mouse", "--user", "ada", "--type", "fulfilment", "--new")
    close = ("--code", "planned-outage", "--outage", "office-update", "--unconfirmed", "x")

    said = sd("close", incident, *close).stdout
    assert "office-update does not touch SD-1" in said
    assert "nothing failed" not in said
    said = sd("close", "2", *close).stdout
    assert "SD-2 is of type fulfilment: nothing failed that was planned." in said


@pytest.mark.usefixtures("planned")
def test_an_outage_that_fits_is_not_doubted(sd: Runner, incident: str) -> None:
    """Where the schedule says the same, nothing speaks against it (R3d1.3)."""
    close = ("--code", "planned-outage", "--outage", "vpn-update", "--unconfirmed", "x")
    assert "touch" not in sd("close", incident, *close).stdout


def test_resolved_as_planned_what_was_not(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """Resolving tells that closing will ask; closed by policy it is told as unknown (R3d1.3, R4.5)."""
    said = sd("resolve", incident, "--code", "planned-outage").stdout
    assert "closing it asks for --outage NAME" in said
    told = sd("sla-check", at="2026-12-21T03:00:00Z").stderr

    assert "SD-1 was closed by policy" in told
    assert "Which planned outage it came from is unknown." in told
    assert sdj("history", incident)[-1]["outage"] == "unknown"


@pytest.mark.usefixtures("planned")
def test_resolved_as_planned_what_was(sd: Runner, sdj: JsonRunner, incident: str) -> None:
    """What the schedule tells nobody is asked, and closing by policy records it (R3d1.3, R4.5)."""
    assert "--outage" not in sd("resolve", incident, "--code", "planned-outage").stdout
    sd("sla-check", at="2026-12-21T03:00:00Z")

    assert sdj("history", incident)[-1]["outage"] == "vpn-update"
