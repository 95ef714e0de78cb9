"""Hand-overs, queues, workload, roles: `escalate`, `accept`, `return`, `queues`, `workload`, `whoami`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DATA_FILE, NOT_FOUND, REFUSED, USAGE
from tests.conftest import NOW
from tests.test_terminal import _on_terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

HAND = ("escalate", "1", "--to", "network", "--reason", "needs a trace")


@pytest.fixture(name="opened")
def _opened(sd: Runner) -> None:
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")


def _process(desk_dir: Path, was: str, now: str) -> None:
    path = desk_dir / "catalog" / "process.yaml"
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, now))


@pytest.mark.usefixtures("opened")
def test_a_hand_over_says_what_it_lacks(sd: Runner, sdj: JsonRunner) -> None:
    """The site is the caller's own; what nobody said goes along as missing, and is told (R3d2.1)."""
    said = sd(*HAND, "--ground", "skill", "--item", "component=gw-2").stdout
    assert "SD-1 goes without last-worked (since when it has been so)." in said
    handed = sdj("history", "1")[-1]
    assert handed["items"] == {"site": "London", "component": "gw-2"}
    assert (handed["missing"], handed["ground"]) == (["last-worked"], "skill")
    assert "Nobody has said last-worked yet" in sd("accept", "1", "--as", "greta").stdout
    assert sdj("show", "1")["lacking"] == {"last-worked": "since when it has been so"}
    assert "lacks:      last-worked" in sd("show", "1").stdout
    sd("detail", "1", "--last-worked", "Monday")
    assert sdj("show", "1")["lacking"] == {}
    assert "Nobody" not in sd("assign", "1", "--to", "hugo").stdout


@pytest.mark.usefixtures("opened")
def test_items_are_those_of_the_checklist(sd: Runner, sdj: JsonRunner) -> None:
    """Another item exits 3 and names those there are; one said twice exits 2; nothing is recorded (R3d2.1)."""
    wrong = sd(*HAND, "--item", "floor=3", expect=NOT_FOUND).stderr
    assert "site, component, last-worked" in wrong
    sd(*HAND, "--item", "site=x", "--unknown", "site", expect=USAGE)
    sd(*HAND, "--item", "site=x", "--item", "site=y", expect=USAGE)
    assert len(sdj("history", "1")) == 1


@pytest.mark.usefixtures("opened")
def test_a_desk_can_refuse_half_a_hand_over(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """With `hand_over: require` it names the items and how to say them; `unknown` is an answer (R3d2.1)."""
    _process(desk_dir, "hand_over: record", "hand_over: require")
    refused = sd(*HAND, expect=REFUSED).stderr
    assert "--item component=TEXT --item last-worked=TEXT" in refused
    sd(*HAND, "--item", "component=gw-2", "--unknown", "last-worked")
    assert sdj("show", "1")["queue"] == "network"
    # A queue without a checklist takes everything.
    sd("escalate", "1", "--to", "databases", "--reason", "slow queries")


@pytest.mark.usefixtures("opened")
def test_a_person_is_asked_item_by_item(desk_dir: Path, sdj: JsonRunner) -> None:
    """At a terminal each open item is asked for, before anything is recorded (R3d2.1)."""
    dialogue = (("component:", b"gw-2\r"), ("last-worked:", b"\r"))
    shown = _on_terminal(desk_dir, *HAND, dialogue=dialogue)
    assert "network needs to know" in shown
    assert "site:" not in shown.split("escalated")[0]
    handed = sdj("history", "1")[-1]
    assert handed["items"]["component"] == "gw-2"
    assert handed["missing"] == ["last-worked"]


@pytest.mark.usefixtures("opened")
def test_a_ticket_that_goes_to_and_fro_is_counted(sd: Runner, sdj: JsonRunner) -> None:
    """Each way back counts, in show, in JSON and in queues; what is missing is named (R3d2.1a)."""
    sd(*HAND)
    back = ("return", "1", "--reason", "which device?", "--as", "greta")
    assert "no item" in sd(*back, "--missing", "floor", expect=NOT_FOUND).stderr
    ticket = sdj(*back, "--missing", "component", "--missing", "last_worked")
    assert ticket["events_count"] == 3
    assert sdj("history", "1")[-1]["missing"] == ["component", "last-worked"]
    assert (ticket["ping_pong"], ticket["queue"]) == (1, "service-desk")
    sd(*HAND)
    assert [each["ref"] for each in sdj("list", "ping_pong>1")] == ["SD-1"]
    shown = sd("show", "1").stdout
    assert "came back:  2 times to a queue that it had been in" in shown
    [row] = [each for each in sdj("queues") if each["queue"] == "network"]
    assert (row["ping_pong"], row["not_accepted"], row["tier"]) == (2, 1, 2)


@pytest.mark.usefixtures("opened")
def test_the_desk_stays_owner_and_hears_of_changes(sd: Runner, sdj: JsonRunner) -> None:
    """Wherever it lies: the desk owns it, and whoever took it hears of another priority (R3d2.1b, R3d1.5)."""
    assert sdj("show", "1")["owner"] == "service-desk"
    sd(*HAND)
    sd("eta", "1", "in 4h", "--told")
    changed = (
        "classify",
        "1",
        "--people",
        "400",
        "--workaround",
        "none",
        "--reason",
        "all of them",
    )
    said = sd(*changed, "--as", "greta").stderr
    assert "sdcli eta SD-1 WHEN --reason WHY --told" in said
    ticket = sdj("show", "1")
    assert (ticket["owner"], ticket["notices"]) == ("service-desk", ["chloe", "ben"])
    [notice] = sdj("notices")
    assert "priority" in notice["changes"][0]["fields"]
    sd("notices", "--seen", "1")
    assert sdj("show", "1")["notices"] == ["chloe"]
    assert "owner:      the desk (service-desk)" in sd("show", "1").stdout


def test_a_wrong_class_returns_to_who_chose_it(sd: Runner, sdj: JsonRunner) -> None:
    """Greta finds it out in her queue; ben, who chose it, says that he has seen it (R3d1.5a)."""
    sd("open", "No VPN", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd(*HAND)
    why = ("--discovered", "caller-said", "--reason", "never had it")
    sd("classify", "1", "--type", "fulfilment", *why, "--as", "greta")
    [notice] = sdj("notices")
    assert notice["changes"][0]["fields"]["type"] == {"before": "incident", "after": "fulfilment"}
    sd("notices", "--seen", "1", "--note", "I will ask since when")
    assert sdj("notices") == []


def test_queues_tell_age_and_sla_by_tier(sd: Runner, sdj: JsonRunner) -> None:
    """Every queue has a row, by tier; of one its tickets are listed in order (R3d2.1c)."""
    for number, service in enumerate(("vpn", "email", "vpn"), 1):
        sd(
            "open",
            f"{service} is slow",
            "--user",
            "ada",
            "--type",
            "incident",
            "--service",
            service,
        )
        sd("escalate", str(number), "--to", "network", "--reason", "deeper")
    sd("classify", "3", "--people", "900", "--workaround", "none")
    sd("accept", "2", "--as", "hugo")
    sd("wait", "2", "--for", "user", "--as", "hugo")
    later = NOW + timedelta(hours=7)
    rows = sdj("queues", at=later)
    assert [row["tier"] for row in rows] == sorted(row["tier"] for row in rows)
    [row] = [each for each in rows if each["queue"] == "network"]
    assert (row["open"], row["waiting"], row["not_accepted"]) == (3, 1, 2)
    assert row["oldest_age_s"] == 7 * 3600
    assert sum(row["sla"].values()) == 3
    assert row["sla"]["breached"] >= 1
    told = sdj("queues", "network", at=later)
    assert [each["ref"] for each in told["tickets"]] == [
        each["ref"] for each in sdj("list", "--queue", "network")
    ]
    assert {each["colour"] for each in told["tickets"]} <= set(row["sla"])
    assert told["tickets"][0]["age_s"] == 7 * 3600
    text = sd("queues", "network", at=later).stdout
    assert "network, tier 2: Switches" in text
    assert "not accepted" in text
    assert "databases" in sd("queues", at=later).stdout


def test_queues_of_an_empty_desk(sd: Runner, sdj: JsonRunner) -> None:
    """Each queue is told with nothing in it; another name exits 3 (R3d2.1c)."""
    assert all(row["open"] == 0 and row["oldest_at"] is None for row in sdj("queues"))
    assert sdj("queues", "network")["tickets"] == []
    sd("queues", "nowhere", expect=NOT_FOUND)


def test_a_time_box_that_is_over_is_told_everywhere(sd: Runner, sdj: JsonRunner) -> None:
    """`show`, `next`, `queues` and `sla-check --time-boxes` say that the tier had it too long (R2c.2b)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("accept", "1")
    later = NOW + timedelta(hours=1)
    assert sdj("show", "1", at=later)["time_box"]["state"] == "breached"
    assert sdj("next", at=later)["overstayed"] is True
    assert "time to escalate" in sd("next", at=later).stdout
    [row] = [each for each in sdj("queues", at=later) if each["queue"] == "service-desk"]
    assert row["overstayed"] == 1
    [alarm] = [
        each for each in sdj("sla-check", "--time-boxes", at=later) if each["target"] == "time-box"
    ]
    assert (alarm["ref"], alarm["recipients"][0]) == ("SD-1", "ben")
    assert sdj("sla-check", "--time-boxes", at=later) == []


def test_workload_shows_everybody(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Open tickets, minutes of seven days, absences; who has nothing is there too (R6.5)."""
    teams = desk_dir / "catalog" / "teams.yaml"
    away = "absences:\n  - {who: greta, from: '2026-11-20', to: '2026-11-27', reason: leave}\n\n"
    teams.write_text(teams.read_text().replace("technicians:\n", f"{away}technicians:\n", 1))
    early = NOW - timedelta(days=10)
    sd("open", "Old", "--user", "ada", "--minutes", "50", at=early)
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("escalate", "2", "--to", "network", "--reason", "deeper")
    sd("accept", "2", "--as", "hugo")
    sd("note", "2", "looked", "--minutes", "25", "--as", "hugo")
    sd("accept", "1", "--as", "somebody-else")
    rows = {row["person"]: row for row in sdj("workload")["people"]}
    assert (rows["hugo"]["open"], rows["hugo"]["minutes"]) == (1, 25)
    assert rows["hugo"]["priorities"]["P2"] == 1
    assert (rows["ben"]["open"], rows["ben"]["minutes"]) == (0, 0)
    assert rows["greta"]["absent"] is True
    assert rows["greta"]["absent_until"] == "2026-11-28T00:00:00Z"
    assert (rows["somebody-else"]["open"], rows["somebody-else"]["name"]) == (1, None)
    queues = {row["queue"]: row for row in sdj("workload", "--by", "queue")["queues"]}
    assert (queues["network"]["minutes"], queues["service-desk"]["open"]) == (25, 1)
    text = sd("workload").stdout
    assert "away until 2026-11-28: leave" in text
    assert "in no team" in text


def test_who_acts_is_told_with_what_they_may_do(sd: Runner, sdj: JsonRunner) -> None:
    """Roles, level, queues; for what somebody may not do, who could (R0.2)."""
    told = sdj("whoami")
    assert (told["person"], told["roles"], told["level"]) == ("ben", ["csr"], 3)
    assert told["queues"] == ["service-desk", "onsite", "identity"]
    assert all(each["may"] for each in told["rights"])
    unlisted = sdj("whoami", "--as", "zed")
    assert (unlisted["known"], unlisted["level"]) == (False, None)
    assert all(each["may"] for each in unlisted["rights"])
    sd("open", "x", "--user", "ada")
    shown = sdj("show", "1")
    assert shown["actors"] == {"ben": {"roles": ["csr"], "level": 3}}
    assert "people:     ben (csr)" in sd("show", "1").stdout


def test_a_beginner_has_no_rights_that_do_harm(sd: Runner, sdj: JsonRunner) -> None:
    """Level 1 records and allocates by procedure; a priority by hand is for others, who are named (R6.1)."""
    rights = {each["deed"]: each for each in sdj("whoami", "--person", "tariq")["rights"]}
    assert {deed for deed, each in rights.items() if not each["may"]} == {
        "bulk",
        "undo-others",
        "set-priority",
    }
    assert "chloe" in rights["bulk"]["able"]
    assert "may not:    change many tickets at once" in sd("whoami", "--person", "tariq").stdout
    by = ("--as", "tariq")
    sd("open", "x", "--user", "ada", "--type", "incident", "--service", "vpn", *by)
    sd("accept", "1", *by)
    refused = sd("classify", "1", "--priority", "P1", "--reason", "x", *by, expect=REFUSED)
    assert "tariq may not set a priority by hand: catalog/process.yaml:" in refused.stderr
    sd("classify", "1", "--priority", "P1", "--reason", "x")
    sd("close", "1", "--code", "solved", "--confirmed-by", "ada", "--via", "phone", *by)


def test_a_decision_in_anothers_name_can_be_demanded(sd: Runner, desk_dir: Path) -> None:
    """Where the desk demands a role for it, others are refused, and who decides is not (R0.2)."""
    _process(desk_dir, "authority:\n", "authority:\n  decide-for-others: {roles: [cs-manager]}\n")
    sd("open", "x", "--user", "ada")
    sd("support", "1", "--unsupported", "Dropbox")
    override = ("support", "1", "--override", "--by", "amara", "--reason", "x", "--for-good")
    refused = sd(*override, expect=REFUSED).stderr
    assert "ben may not record what amara decides" in refused
    assert "amara can" in refused
    sd(*override, "--as", "amara")


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("level: 1\n", "level: 8\n", "SFIA has 1 to 7"),
        ("      site: where the caller is", "      'Site!': where", "no name of an item"),
        ("      last-worked: since", "      last_worked: a\n      last-worked: since", "same item"),
        (
            "      contract: the number",
            "      contract: ''\n      serial: the",
            "must not be empty",
        ),
    ],
)
def test_lint_looks_at_checklists_and_levels(
    sd: Runner, desk_dir: Path, was: str, now: str, told: str
) -> None:
    """A level that is none, and an item that cannot be typed or says nothing, have their line (R3d2.1)."""
    path = desk_dir / "catalog" / "teams.yaml"
    text = path.read_text()
    assert was in text
    path.write_text(text.replace(was, now, 1))
    wrong = sd("lint", "--json", expect=DATA_FILE).stderr
    problems = json.loads(wrong.strip().splitlines()[-1])["error"]["problems"]
    assert any(told in each["message"] and each["line"] > 1 for each in problems)


def test_lint_finds_a_demand_that_nobody_meets(sd: Runner, desk_dir: Path) -> None:
    """What nobody of the desk may do has its line, and so has a level that is none (R0.2)."""
    _process(
        desk_dir, "bulk: {level: 2}", "bulk: {level: 9}\n  merge: {authority: [approve-change]}"
    )
    teams = desk_dir / "catalog" / "teams.yaml"
    teams.write_text(teams.read_text().replace("    authority: [approve-change]\n", ""))
    wrong = sd("lint", expect=DATA_FILE).stderr
    assert "catalog/process.yaml:9" in wrong
    assert "there is no level 9" in wrong
    assert "nobody of catalog/teams.yaml may `merge`" in wrong


def test_what_is_yours_is_accepted_once(sd: Runner, sdj: JsonRunner) -> None:
    """Who has taken a ticket on hears so, and nothing is recorded twice (R3d2.1a)."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("assign", "1", "--to", "ben")
    sd("accept", "1")

    told = sd("accept", "1").stdout

    assert "SD-1 is yours already, ben." in told
    assert [each["kind"] for each in sdj("history", "1")] == ["opened", "assigned", "accepted"]
    sd("escalate", "1", "--to", "network", "--reason", "x")
    sd("accept", "1")
    assert sdj("history", "1")[-1]["kind"] == "accepted"
