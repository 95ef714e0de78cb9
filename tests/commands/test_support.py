"""`support`: is it in the catalog, and what becomes of what is not (R2b.1, R2b.2)."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest

from sdcli import errors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

REF = "SD-1"
OVERRIDE = ("--override", "--by", "amara", "--reason", "the fair needs it")
LATER = "2026-11-23T12:00:00Z"


@pytest.fixture(name="asked")
def _asked(sd: Runner) -> None:
    """SD-1 is about Dropbox, and nobody has decided."""
    sd("open", "Dropbox does not sync", "--user", "ada", "--type", "incident")
    sd("support", REF, "--unsupported", "Dropbox")


def test_what_the_catalog_holds_is_told_at_once(sd: Runner, sdj: JsonRunner) -> None:
    """Service, limits, components, agreement and why, targets with due times, time box (R2b.1)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")

    told = sdj("support", REF)
    text = sd("support", REF).stdout

    assert told["supported"] is True
    (service,) = told["services"]
    assert (service["id"], service["components"]) == ("vpn", ["vpn1", "vpn2"])
    assert told["agreement"]["id"] == "extended"
    assert told["agreement"]["why"] == "service"
    assert told["agreement"]["calendar"] == "extended-hours"
    ticket = sdj("show", REF)
    assert told["sla"] == ticket["sla"]
    assert told["time_box"] == ticket["time_box"]
    assert (
        told["targets"][ticket["priority"]]["resolution_s"]
        == ticket["sla"]["resolution"]["target_s"]
    )
    for word in ("supported", "400 people at once", "vpn1", "extended", "resolution", "tier 1"):
        assert word in text


@pytest.mark.parametrize("given", ["vpn", "VPN", "Remote access (VPN)", "remote-work"])
def test_a_service_is_found_by_id_and_name(sdj: JsonRunner, given: str) -> None:
    """In any case, also by one of its features; no ticket is needed (R2b.1)."""
    told = sdj("support", "--service", given)

    assert told["supported"] is True
    assert [each["id"] for each in told["services"]] == ["vpn"]
    assert told["targets"]["P1"] == {"response_s": 900, "resolution_s": 14400}


def test_what_the_catalog_does_not_hold_is_told_with_what_comes_near(sdj: JsonRunner) -> None:
    """No service, what an override would promise and who may, and the nearest ones (R2b.1)."""
    told = sdj("support", "--service", "Outlook on a private tablet")

    assert told["supported"] is False
    assert "email" in [each["id"] for each in told["nearest"]]
    assert told["agreement"]["why"] == "if-overridden"
    assert told["may_override"] == ["amara"]


def test_a_component_inherits_the_agreement_of_its_service(sdj: JsonRunner, sd: Runner) -> None:
    """Asked about alone, and on a ticket of which only the component is known (R2b.1a)."""
    assert sdj("support", "--component", "MX1")["agreement"]["id"] == "extended"
    sd("open", "something is slow", "--user", "ada")
    sd("classify", REF, "--component", "mx1", "--impact", "low")

    told = sdj("support", REF)

    assert (told["supported"], told["component"]) == (True, "mx1")
    assert (told["agreement"]["id"], told["agreement"]["why"]) == ("extended", "component")
    assert sdj("show", REF)["agreement"] == "extended"


def test_what_nobody_has_said_is_not_guessed(sdj: JsonRunner, sd: Runner) -> None:
    """A ticket without a service is neither supported nor not; the nearest are named."""
    sd("open", "the mailbox is full", "--user", "ada")

    told = sdj("support", REF)

    assert told["supported"] is None
    assert told["nearest"][0]["id"] == "email"


REFUSED: list[tuple[str, ...]] = [
    ("assign", REF, "--to", "ben"),
    ("accept", REF),
    ("escalate", REF, "--to", "network", "--reason", "x"),
    ("wait", REF, "--for", "user"),
    ("resolve", REF, "--code", "solved"),
    ("close", REF, "--code", "solved", "--unconfirmed", "x"),
    ("note", REF, "looked at it", "--minutes", "5"),
]
POSSIBLE: list[tuple[str, ...]] = [
    ("note", REF, "called back"),
    ("show", REF),
    ("support", REF),
    ("detail", REF, "--failed", "it stops"),
    ("classify", REF, "--impact", "low"),
]


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("step", REFUSED, ids=lambda step: step[0])
def test_nobody_works_before_it_is_decided(sd: Runner, sdj: JsonRunner, step: Any) -> None:
    """Each step of work exits 4, says what to type, and changes nothing (R2b.2)."""
    before = sdj("show", REF)

    told = sd(*step, expect=errors.REFUSED).stderr

    assert "sdcli support SD-1 --override" in told
    assert "--decline" in told
    assert sdj("show", REF) == before


@pytest.mark.usefixtures("asked")
def test_a_wait_cannot_be_ended_either(sd: Runner) -> None:
    """`resume` is work as well, once an override has run out (R2b.2)."""
    sd("support", REF, *OVERRIDE, "--until", LATER)
    sd("wait", REF, "--for", "user")
    assert "ended 2026-11-23 12:00Z" in sd("resume", REF, at=LATER, expect=errors.REFUSED).stderr


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("how", ["--add-to", "--me-too"])
def test_what_callers_say_is_taken_in_with_its_minutes(
    sd: Runner, sdj: JsonRunner, how: str
) -> None:
    """Nothing a caller says is lost, and the minutes were spent (R1a.1c, R2b.2)."""
    sd("open", "it fails here too", "--user", "joe", how, REF, "--minutes", "7")
    assert sdj("show", REF)["minutes"] == 7
    assert "7 min" in sd("history", REF).stdout


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("step", POSSIBLE, ids=lambda step: step[0])
def test_words_stay_possible(sd: Runner, step: Any) -> None:
    """What is no work is not refused."""
    sd(*step)


@pytest.mark.usefixtures("asked")
def test_only_who_has_the_authority_overrides(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Anybody else exits 4, with the file and line that would say so, and who may (R2b.2)."""
    command = ("support", REF, "--override", "--by", "ben", "--reason", "x", "--for-good", "--json")
    error = errors_of(sd(*command, expect=errors.REFUSED))

    lines = (desk_dir / "catalog" / "teams.yaml").read_text().splitlines()
    line = lines.index("    name: Ben Carter") + 1
    assert error["place"] == f"catalog/teams.yaml:{line}"
    assert error["place"] in error["message"]
    assert error["able"] == ["amara"]
    assert sdj("show", REF)["support"]["state"] == "unsupported"


def errors_of(result: Any) -> dict[str, Any]:
    """The error object on stderr."""
    found: dict[str, Any] = json.loads(result.stderr.strip().rsplit("\n", 1)[1])["error"]
    return found


@pytest.mark.usefixtures("asked")
def test_an_override_marks_the_ticket_and_gives_it_its_own_targets(
    sd: Runner, sdj: JsonRunner
) -> None:
    """In `show`, `list` and JSON, with its agreement, until it ends (R2b.2, R2b.2a)."""
    more = ("--impact", "two hours a week", "--violates", "data policy")
    told = sdj("support", REF, *OVERRIDE, "--until", LATER, *more)

    assert told["support"] == {
        "state": "unsupported-overridden",
        "what": "Dropbox",
        "decision": "override",
        "device": False,
        "authorised_by": "amara",
        "reason": "the fair needs it",
        "impact": "two hours a week",
        "violates": "data policy",
        "until": LATER,
        "agreement": "goodwill",
        "found": None,
    }
    assert told["agreement"] == "goodwill"
    assert told["sla"]["resolution"]["target_s"] == 80 * 3600
    assert "unsupported-overridden" in sd("show", REF).stdout
    assert "[unsupported-overridden]" in sd("list").stdout
    assert sdj("list", "--unsupported")[0]["support"]["state"] == "unsupported-overridden"
    sd("accept", REF)
    assert sdj("show", REF, at=LATER)["support"]["state"] == "unsupported-expired"
    sd("note", REF, "x", "--minutes", "1", at=LATER, expect=errors.REFUSED)
    sd("support", REF, *OVERRIDE, "--for-good", "--agreement", "standard", at=LATER)
    sd("note", REF, "x", "--minutes", "1", at=LATER)
    assert sdj("show", REF, at=LATER)["agreement"] == "standard"


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    "fact",
    [
        ("--unsupported", "Dropbox Plus"),
        ("--impact", "two hours a week"),
        ("--violates", "data policy"),
        ("--unsupported", "Dropbox Plus", "--reason", "so says the window"),
    ],
)
def test_a_fact_leaves_the_decision_as_it_is(sd: Runner, sdj: JsonRunner, fact: Any) -> None:
    """Who decided, why, until when and what is promised stay; the fact is added (R2b.2)."""
    sd("support", REF, *OVERRIDE, "--until", LATER)
    before = sdj("show", REF)["support"]

    sd("support", REF, *fact)

    after = sdj("show", REF)["support"]
    assert {name for name in after if after[name] != before[name]} <= {"what", "impact", "violates"}
    assert after != before
    assert ("so says the window" in sd("history", REF).stdout) is (len(fact) > 2)
    sd("accept", REF)


@pytest.mark.usefixtures("asked")
def test_what_was_decided_with_authority_is_undone_with_authority(
    sd: Runner, sdj: JsonRunner
) -> None:
    """To make an override a device, and to decline what is to be shut down (R2b.2, R2b.2d)."""
    sd("support", REF, *OVERRIDE, "--for-good")
    device = ("support", REF, "--device", "a router")
    assert "amara, nadia" in sd(*device, expect=errors.REFUSED).stderr
    sd("support", REF, "--decline", "--reason", "x", expect=errors.REFUSED)
    sd(*device, "--by", "ben", expect=errors.REFUSED)
    assert sdj(*device, "--by", "nadia")["support"]["state"] == "unsupported"

    sd("support", REF, "--shut-down", "--by", "nadia", "--reason", "it leaks")
    decline = ("support", REF, "--decline", "--reason", "it is gone")
    before = sdj("show", REF)
    assert "nadia" in sd(*decline, expect=errors.REFUSED).stderr
    assert sdj("show", REF) == before
    assert sdj(*decline, "--by", "amara")["support"]["authorised_by"] == "amara"


@pytest.mark.usefixtures("asked")
def test_what_a_decision_does_to_the_clocks_is_told(sd: Runner, sdj: JsonRunner) -> None:
    """An override, and what was taken for a service, tell their effect and notices (R3d1.5)."""
    assert "By this the agreement is goodwill" in sd("support", REF, *OVERRIDE, "--for-good").stdout
    sd("open", "does not sync", "--user", "ada", "--type", "incident", "--service", "vpn")
    was = sdj("show", "SD-2")["sla"]
    how = ("--unsupported", "Dropbox", "--discovered", "diagnosis", "--reason", "they use Dropbox")
    told = sdj("support", "SD-2", *how, "--as", "greta")
    assert (told["clocks_before"], told["agreement_before"]) == (was, "extended")
    assert "ben" in told["change"]["tell"]


@pytest.mark.parametrize("name", ["vpn", "Remote access (VPN)", "remote-work", "MX1"])
def test_what_the_catalog_holds_is_not_unsupported(sd: Runner, sdj: JsonRunner, name: str) -> None:
    """A service, a feature and a component by id or name; the command to type is named."""
    sd("open", "it stops", "--user", "ada")
    told = sd("support", REF, "--unsupported", name, expect=errors.REFUSED).stderr
    service = "email" if name == "MX1" else "vpn"
    assert f"sdcli classify {REF} --service {service}" in told
    assert sdj("show", REF)["support"] is None


def test_what_has_joined_the_catalog_since(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """The answer, the refusal and the report name the step that is left; it is no gap (R2b.2c)."""
    for name in ("Dropbox", "dropbox", "DROPBOX"):
        book(sd, name, 5)
    sd("open", "it fails", "--user", "ada")
    sd("support", "SD-4", "--unsupported", "Dropbox")
    path = desk_dir / "catalog" / "services.yaml"
    head, found, rest = path.read_text().partition("  file-storage:\n    name: ")
    path.write_text(head + found + "Dropbox\n" + rest.partition("\n")[2])
    step = "--service file-storage"

    assert step in sd("support", "SD-4").stderr
    assert step in sd("accept", "SD-4", expect=errors.REFUSED).stderr
    report = sd("report", "unsupported")
    assert step in report.stderr
    assert "[gap" not in report.stdout
    assert sdj("report", "unsupported")["gaps"] == []


@pytest.mark.usefixtures("asked")
def test_who_decides_and_what_that_would_promise(sd: Runner, sdj: JsonRunner) -> None:
    """The answer for an undecided ticket says both (R2b.1); once decided, neither."""
    text, told = sd("support", REF).stdout, sdj("support", REF)
    assert "would promise goodwill" in text
    assert "amara" in text
    assert (told["override_agreement"], told["may_override"]) == ("goodwill", ["amara"])
    sd("support", REF, *OVERRIDE, "--for-good")
    assert sdj("support", REF)["override_agreement"] is None


@pytest.mark.usefixtures("asked")
def test_what_was_said_of_it_is_told(sd: Runner) -> None:
    """Impact, policy and agreement of a decision are in every text about it (R2b.2a)."""
    more = ("--impact", "two hours a week", "--violates", "the data policy")
    sd("support", REF, *OVERRIDE, "--for-good", "--agreement", "standard", *more)
    for command in (("support", REF), ("show", REF), ("history", REF)):
        told = sd(*command).stdout
        for word in ("two hours a week", "violates the data policy", "agreement standard"):
            assert word in told


@pytest.mark.usefixtures("asked")
def test_an_agreement_that_has_left_the_files(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """It is said, with the one that applies in its place."""
    path = desk_dir / "sla_policies.yaml"
    before = path.read_text()
    head, found, rest = before.partition("  goodwill:\n")
    block = "".join(
        f"{each}\n" for each in takewhile(lambda each: each[:4] == "    ", rest.split("\n"))
    )
    path.write_text(f"{head}  of-old:\n{block}{found}{rest}")
    sd("support", REF, *OVERRIDE, "--for-good", "--agreement", "of-old")
    path.write_text(before)
    for command in ("support", "show"):
        assert "no longer in sla_policies.yaml; standard applies" in sd(command, REF).stdout
    assert sdj("support", REF)["agreement_gone"] == "of-old"


@pytest.mark.usefixtures("asked")
def test_to_decline_breaks_no_promise_after_the_fact(sd: Runner, sdj: JsonRunner) -> None:
    """The agreement that held while it was worked on holds on, and so do its targets (R2b.2a)."""
    sd("support", REF, *OVERRIDE, "--for-good")
    week = "2026-12-01T10:00:00Z"
    before = sdj("show", REF, at=week)
    sd("support", REF, "--decline", "--by", "amara", "--reason", "it is enough", at=week)
    after = sdj("show", REF, at=week)

    assert (before["agreement"], before["sla"]["resolution"]["state"]) == ("goodwill", "running")
    assert (after["agreement"], after["sla"]["resolution"]["state"]) == ("goodwill", "met")


@pytest.mark.usefixtures("asked")
def test_declined_is_closed_at_once(sdj: JsonRunner, sd: Runner) -> None:
    """With the code of the desk's rules, unconfirmed for the reason given, in one commit (R2b.2)."""
    told = sdj("support", REF, "--decline", "--reason", "file-storage does the same")

    assert (told["status"], told["code"]) == ("closed", "unsupported")
    assert told["support"]["state"] == "unsupported-declined"
    *_, closed = sdj("history", REF)
    assert closed["unconfirmed"] == "Dropbox is not in the catalog: file-storage does the same"
    sd("reopen", REF, "--reason", "they insist")
    assert "declined" in sd("accept", REF, expect=errors.REFUSED).stderr


@pytest.mark.usefixtures("asked")
def test_shut_down_needs_its_own_authority(sdj: JsonRunner, sd: Runner) -> None:
    """It goes to security, who may work on it; an override's authority is not enough (R2b.2)."""
    said = ("--reason", "it leaks data")
    sd("support", REF, "--shut-down", "--by", "amara", *said, expect=errors.REFUSED)

    told = sdj("support", REF, "--shut-down", "--by", "nadia", *said)

    assert (told["queue"], told["support"]["state"]) == ("security", "unsupported-shut-down")
    sd("accept", REF)


def test_a_device_nobody_authorised_goes_to_security(sdj: JsonRunner, sd: Runner) -> None:
    """Whatever service it disturbs: escalated with the reason, and those there may work (R2b.2d)."""
    sd("open", "wireless drops", "--user", "ada", "--type", "incident", "--service", "wifi")

    told = sdj("support", REF, "--device", "a store-bought router", "--reason", "seen in room 4")

    assert told["queue"] == "security"
    assert (told["service"], told["support"]["device"]) == ("wifi", True)
    *_, escalated = sdj("history", REF)
    assert (escalated["kind"], escalated["hand_over"]) == ("escalated", "escalate")
    assert escalated["reason"] == "a store-bought router: seen in room 4"
    sd("accept", REF)
    sd("support", REF, "--device", "a store-bought router")
    assert "--to security" not in sd("show", REF).stderr
    kinds = [each["kind"] for each in sdj("history", REF)]
    assert kinds == ["opened", "support_decided", "escalated", "accepted", "support_decided"]


def test_what_is_no_device_after_all(sd: Runner, sdj: JsonRunner) -> None:
    """`--unsupported` with a reason corrects it: it waits for a decision like anything else."""
    sd("open", "wireless drops", "--user", "ada")
    sd("support", REF, "--device", "a router")
    sd("support", REF, "--unsupported", "Netgear app", "--reason", "it is a program")
    assert sdj("show", REF)["support"]["device"] is False
    sd("accept", REF, expect=errors.REFUSED)


def test_a_supported_service_needs_no_override(sd: Runner, sdj: JsonRunner) -> None:
    """What was held for a service of the catalog must be told how that was found wrong (R3d1.5)."""
    sd("open", "files are gone", "--user", "ada", "--type", "incident", "--service", "vpn")
    told = sd("support", REF, *OVERRIDE, "--for-good", expect=errors.REFUSED).stderr
    assert "vpn" in told
    assert "--discovered" in told
    sd("support", REF, "--unsupported", "Dropbox", expect=errors.REFUSED)

    how = ("--discovered", "diagnosis", "--reason", "they use Dropbox")
    found = sdj("support", REF, "--unsupported", "Dropbox", *how)

    assert (found["service"], found["support"]["state"]) == ("unknown", "unsupported")
    assert [each["kind"] for each in sdj("history", REF)[-2:]] == ["classified", "support_decided"]


@pytest.mark.usefixtures("asked")
def test_a_service_of_the_catalog_ends_it(sd: Runner, sdj: JsonRunner) -> None:
    """Work goes on, under the agreement of the service, and the list lets it go."""
    sd("classify", REF, "--service", "file-storage")

    told = sdj("show", REF)

    assert (told["support"]["state"], told["support"]["found"]) == ("supported", "file-storage")
    assert told["agreement"] == sdj("support", REF)["services"][0]["agreement"]
    assert sdj("list", "--unsupported", "--all") == []
    sd("accept", REF)


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("stood", [(), (*OVERRIDE, "--until", LATER)])
def test_a_service_and_back_is_no_way_round(sd: Runner, sdj: JsonRunner, stood: Any) -> None:
    """Once the service is unknown again, what was decided before stands again (R2b.2)."""
    if stood:
        sd("support", REF, *stood)
    before = sdj("show", REF)["support"]
    sd("classify", REF, "--service", "file-storage")
    how = ("--discovered", "diagnosis", "--reason", "it is Dropbox after all")
    sd("classify", REF, "--service", "unknown", *how)

    assert sdj("show", REF)["support"] == before
    sd("accept", REF, at=LATER, expect=errors.REFUSED)


def test_a_word_that_came_in_is_taken_for_what_it_is(sd: Runner, sdj: JsonRunner) -> None:
    """A form that names a service of its own needs no --unsupported."""
    stream = '{"summary": "does not sync", "user": "ada", "service": "Dropbox"}'
    sd("open", "-", stdin=stream)
    assert sdj("support", REF)["supported"] is False
    sd("support", REF, *OVERRIDE, "--for-good")
    assert sdj("show", REF)["support"]["what"] == "Dropbox"


@pytest.mark.parametrize(
    "args",
    [
        (),
        (REF, "--service", "vpn"),
        ("--service", "vpn", "--component", "mx1"),
        ("--service", "vpn", "--decline", "--reason", "x"),
        (REF, "--reason", "x"),
        (REF, "--override", "--by", "amara", "--reason", "x"),
        (REF, "--override", "--by", "amara", "--for-good"),
        (REF, "--override", "--by", "amara", "--reason", "x", "--for-good", "--until", "in 2h"),
        (REF, "--override", "--decline", "--reason", "x"),
        (REF, "--decline"),
        (REF, "--decline", "--reason", "x", "--until", "in 2h"),
        (REF, "--unsupported", "x", "--by", "amara"),
        (REF, "--shut-down", "--reason", "x"),
        (REF, "--unsupported", "x", "--device", "x"),
    ],
)
@pytest.mark.usefixtures("asked")
def test_half_a_decision_is_none(sd: Runner, sdj: JsonRunner, args: tuple[str, ...]) -> None:
    """Who, why and for how long must be said, and one decision at a time."""
    sd("support", *args, expect=errors.USAGE)
    assert sdj("show", REF)["support"]["state"] == "unsupported"


@pytest.mark.usefixtures("asked")
def test_an_override_ends_in_the_future(sd: Runner) -> None:
    """An end that is past is refused."""
    told = sd("support", REF, *OVERRIDE, "--until", "2026-11-23T09:00Z", expect=errors.REFUSED)
    assert "past" in told.stderr


def test_no_such_way_of_discovery(sd: Runner) -> None:
    """The sentence names what the word should have been."""
    told = sd("support", REF, "--unsupported", "x", "--discovered", "nix", expect=errors.NOT_FOUND)
    assert "no way of discovery 'nix' in catalog/vocabulary.yaml" in told.stderr


@pytest.mark.usefixtures("asked")
def test_a_refusal_fits_the_screen(sd: Runner) -> None:
    """The steps that are left stand each on a line of their own, to be pasted."""
    told = sd("accept", REF, expect=errors.REFUSED).stderr.splitlines()
    assert f"    sdcli support {REF} --decline --reason WHY" in told
    assert max(map(len, told)) <= 120


def test_a_ticket_of_which_nobody_said_what_it_is(sd: Runner) -> None:
    """Nothing is decided about something that has no name."""
    sd("open", "help", "--user", "ada")
    told = sd("support", REF, *OVERRIDE, "--for-good", expect=errors.REFUSED).stderr
    assert "--unsupported NAME" in told


@pytest.mark.usefixtures("asked")
def test_a_name_cannot_steer_the_terminal(sd: Runner) -> None:
    """What is said of it is shown harmless, wherever it is shown."""
    sd("support", REF, "--unsupported", "Drop\x1b[2Jbox\nError: all is lost")
    for command in (("show", REF), ("support", REF), ("list",), ("report", "unsupported")):
        told = sd(*command).stdout
        assert "\x1b" not in told
        assert "\nError" not in told


@pytest.mark.usefixtures("asked")
def test_the_time_box_is_said_once(sd: Runner, sdj: JsonRunner) -> None:
    """`sla-check --time-boxes` says it with the target `time-box`, the next run does not (R2c.2b)."""
    sd("support", REF, *OVERRIDE, "--for-good")
    assert "the queue had it longer" not in sd("history", REF).stdout
    box = sdj("show", REF)["time_box"]
    assert box == {
        "tier": 1,
        "target_s": 3600,
        "elapsed_s": 0,
        "due": "2026-11-23T11:00:00Z",
        "state": "running",
    }
    assert sdj("sla-check", at="2026-11-23T11:00:01Z") == []
    (said,) = sdj("sla-check", "--time-boxes", at="2026-11-23T11:00:01Z")
    assert (said["target"], said["threshold"], said["late_by_s"]) == ("time-box", 100, 1)
    assert sdj("sla-check", "--time-boxes", at="2026-11-23T11:01:00Z") == []
    assert "the queue had it longer than 1h" in sd("history", REF).stdout
    sd("resolve", REF, "--code", "solved")
    assert sdj("show", REF)["time_box"] is None


@pytest.mark.usefixtures("asked")
def test_nobody_tries_for_too_long_what_nobody_may_try(sd: Runner, sdj: JsonRunner) -> None:
    """A ticket that waits for a decision has no time box; monitoring has no place for one (R2c.2b)."""
    assert sdj("show", REF)["time_box"] is None
    assert "time-box" not in sd("sla-check", "--time-boxes", "--json", at=LATER).stdout
    told = sd("sla-check", "--time-boxes", "--nagios", expect=3).stdout  # 2 would be CRITICAL
    assert told.startswith("SDCLI UNKNOWN")


# The report.


def book(sd: Runner, name: str, minutes: int) -> None:
    """A ticket about something, with minutes on it."""
    ref = json.loads(sd("open", f"{name} fails", "--user", "ada", "--json").stdout)["ref"]
    sd("support", ref, "--unsupported", name)
    sd("support", ref, *OVERRIDE, "--for-good")
    sd("note", ref, "looked at it", "--minutes", str(minutes))


def test_gaps_become_requests_for_change_once(sd: Runner, sdj: JsonRunner) -> None:
    """Minutes by name and unit; a gap gets one draft, however often it is asked for (R2b.2c)."""
    for name, minutes in (("Dropbox", 10), ("dropbox ", 20), ("DROPBOX", 30), ("Trello", 5)):
        book(sd, name, minutes)

    told = sdj("report", "unsupported")
    first = sdj("report", "unsupported", "--draft-changes")
    again = sdj("report", "unsupported", "--draft-changes")

    assert (told["tickets"], told["minutes"]) == (4, 65)
    assert [(row["name"], row["minutes"]) for row in told["by_unit"]] == [("Finance", 65)]
    assert [(row["tickets"], row["minutes"]) for row in told["by_name"]] == [(3, 60), (1, 5)]
    assert told["changes"] == []
    (draft,) = first["changes"]
    assert (draft["action"], draft["type"], draft["queue"]) == (
        "created",
        "new-service",
        "change-control",
    )
    for word in ("SD-1, SD-2, SD-3", "60", "Finance (3)", "ada (3)"):
        assert word in draft["details"]
    assert [(each["action"], each["ref"]) for each in again["changes"]] == [
        ("deduped", draft["ref"])
    ]
    assert told["decisions"] == {"override": 4}
    text = sd("report", "unsupported", "--refs")
    assert "[SD-1 SD-2 SD-3]" in text.stdout
    assert "asks for this change already" in sd("report", "unsupported", "--draft-changes").stdout
    assert "65 minutes" in text.stdout
    assert f"[gap, {draft['ref']}]" in text.stdout
    assert "--draft-changes" not in text.stderr


def test_a_report_of_a_period(sd: Runner, sdj: JsonRunner) -> None:
    """What was booked in it counts, and an empty period has nothing to say (R2b.2b)."""
    book(sd, "Dropbox", 10)
    sd("note", REF, "again", "--minutes", "7", at="2026-11-25T10:00:00Z")
    period = ("--since", "2026-11-24", "--until", "2026-11-26")
    assert sdj("report", "unsupported", *period)["minutes"] == 7
    assert sdj("report", "unsupported", "--since", "2026-11-27")["tickets"] == 0
    sd(
        "report",
        "unsupported",
        "--since",
        "2026-11-27",
        "--until",
        "2026-11-26",
        expect=errors.USAGE,
    )
