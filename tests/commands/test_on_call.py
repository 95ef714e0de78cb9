"""`sdcli on-call`, and whom alerts and hand-overs name (R5b.2, R5b.3)."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

PAGE = (REPOSITORY / "docs" / "duty.md").read_text(encoding="utf-8")
DUTY_KEYS = ["person", "name", "phone", "mail", "why", "rotation", "places", "skipped"]


@pytest.fixture(name="page_desk")
def _page_desk(desk_dir: Path) -> Path:
    """The desk with the roster that the page shows in the place of the starter's."""
    path = desk_dir / "catalog" / "teams.yaml"
    [roster] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    head, rest = path.read_text().split("# Turns are counted", 1)
    staff = rest.split("\ntechnicians:", 1)[1]
    path.write_text(f"{head}{roster}\ntechnicians:{staff}")
    return desk_dir


def _absent(desk_dir: Path, who: str, day: str = "2026-11-23") -> None:
    path = desk_dir / "catalog" / "teams.yaml"
    entry = f"absences:\n  - {{who: {who}, from: {day}, to: {day}, reason: ill}}\n"
    path.write_text(path.read_text().replace("\ntechnicians:\n", f"\n{entry}\ntechnicians:\n"))


@pytest.mark.usefixtures("page_desk")
def test_the_page_shows_what_the_command_prints(sd: Runner) -> None:
    """The example of docs/duty.md is what comes out of its own roster."""
    [example] = re.findall(r"```console\n\$ sdcli (.*?)\n(.*?)```", PAGE, re.DOTALL)

    assert sd(*shlex.split(example[0])).stdout == example[1]


def test_everybody_on_duty(sd: Runner) -> None:
    """Each queue has a row with a person, how to reach them, until when, and why; so has the desk."""
    shown = sd("on-call").stdout

    assert "times are those of Europe/London" in shown
    assert re.search(
        r"network +Hugo Silva +Mon 2026-11-30 09:00 +\+44 20 7946 0111, hugo@example.org +"
        r"their turn in network-week \(catalog/teams.yaml:\d+\)",
        shown,
    )
    assert re.search(r"onsite +nobody +- +- +no rotation, and nobody is named", shown)
    assert re.search(r"duty manager +Amara Osei .* their turn in duty-managers", shown)


def test_json(desk_dir: Path, sdj: JsonRunner) -> None:
    """The document has the keys of the contract, and says who was passed over and why."""
    _absent(desk_dir, "hugo")

    document = sdj("on-call", "network")

    assert list(document) == ["at", "queues", "duty_manager", "shifts"]
    assert document["at"] == "2026-11-23T10:00:00Z"
    [row] = document["queues"]
    assert list(row) == ["queue", *DUTY_KEYS, "until"]
    assert list(document["duty_manager"]) == [*DUTY_KEYS, "until"]
    told = {name: row[name] for name in ("queue", "person", "why", "rotation", "until")}
    assert told == {
        "queue": "network",
        "person": "greta",
        "why": "next-member",
        "rotation": "network-week",
        "until": "2026-11-24T00:00:00Z",
    }
    [skipped] = row["skipped"]
    assert re.fullmatch(r"catalog/teams.yaml:\d+", skipped.pop("place"))
    assert skipped == {
        "person": "hugo",
        "why": "absent",
        "reason": "ill",
        "until": "2026-11-24T00:00:00Z",
    }
    assert document["shifts"] == []


def test_shifts_of_the_weeks_to_come(sdj: JsonRunner) -> None:
    """They begin at the instant asked for, touch, and end after so many weeks."""
    document = sdj("on-call", "network", "--at", "2026-12-24T12:00Z", "--weeks", "2")

    shifts = [each for each in document["shifts"] if each["queue"] == "network"]
    assert [(each["from"], each["to"], each["person"]) for each in shifts] == [
        ("2026-12-24T12:00:00Z", "2026-12-28T09:00:00Z", "hugo"),
        ("2026-12-28T09:00:00Z", "2027-01-04T09:00:00Z", "greta"),
        ("2027-01-04T09:00:00Z", "2027-01-07T12:00:00Z", "hugo"),
    ]
    managers = [each["person"] for each in document["shifts"] if each["queue"] is None]
    assert managers == ["amara", "chloe", "amara"]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["netwrk"], 3, "network"),
        (["--at", "9999-12-31T00:00Z"], 2, "no date or time"),
        (["--weeks", "0"], 2, "--weeks"),
    ],
)
def test_what_cannot_be_asked(sd: Runner, args: list[str], code: int, said: str) -> None:
    """An unknown queue and times out of all reach are refused in a sentence."""
    assert said in sd("on-call", *args, expect=code).stderr


@pytest.mark.parametrize("at", ["1990-01-01T00:00Z", "2199-12-31T00:00Z"])
def test_any_time_that_can_be_asked_has_an_answer(sdj: JsonRunner, at: str) -> None:
    """At either end of time there is a duty manager."""
    assert sdj("on-call", "network", "--at", at, "--weeks", "1")["duty_manager"]["person"]


def test_alerts_go_by_the_roster_of_the_check(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """The owner's alternate hears a warning while the owner is away; on call is whose turn it is."""
    path = desk_dir / "sla_policies.yaml"
    path.write_text(
        path.read_text().replace("warning: [assignee, queue-lead]", "warning: [owner, on-call]")
    )
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("assign", "1", "--to", "greta", "--queue", "network")
    soon, later = "2026-11-23T10:59:00Z", "2026-11-30T10:00:00Z"

    def recipients(at: str) -> list[str]:
        found: list[list[str]] = [
            each["recipients"]
            for each in sdj("sla-check", "--dry-run", at=at)
            if each["threshold"] == 80
        ]
        return found[0]

    sd("classify", "1", "--impact", "high", "--urgency", "high")
    assert recipients(soon) == ["greta", "hugo"]
    assert recipients(later) == ["greta"]
    _absent(desk_dir, "greta")
    assert recipients(soon) == ["hugo"]


def test_a_breach_reaches_the_business(desk_dir: Path, sd: Runner, sdj: JsonRunner) -> None:
    """Management and the business hear of a breach where the policy names them (R5b.3)."""
    policies, services = desk_dir / "sla_policies.yaml", desk_dir / "catalog" / "services.yaml"
    text = policies.read_text()
    policies.write_text(re.sub(r"breach: \[.*\]", "breach: [duty-manager, business]", text))
    text = services.read_text()
    services.write_text(re.sub(r"(\n  vpn:\n)", r"\1    business: dana@example.com\n", text))
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")

    found = sdj("sla-check", at="2026-11-30T10:00:00Z")

    assert {tuple(each["recipients"]) for each in found if each["threshold"] == 100} == {
        ("chloe", "dana@example.com")
    }


def test_a_hand_over_names_who_is_on_call_now(desk_dir: Path, sd: Runner) -> None:
    """The sentence after `escalate` goes by the present instant, absences and all."""
    _absent(desk_dir, "jonas")
    sd("open", "Backup fails", "--user", "ada")

    shown = sd("escalate", "1", "--to", "servers", "--reason", "disk").stdout

    assert "on call: Ines Moreau, +44 20 7946 0117." in shown
