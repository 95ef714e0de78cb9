"""`sdcli notices`, and what a changed classification says of the clocks."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import NOT_FOUND, REFUSED, USAGE
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

CHANGED = (
    *("classify", "SD-1", "--type", "fulfilment", "--service", "wired-network"),
    *("--discovered", "caller-said", "--reason", "never had it"),
)


@pytest.fixture(name="changed")
def _changed(sd: Runner) -> None:
    """Greta has changed what ben chose; the desk's lead is chloe."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd(*CHANGED, "--as", "greta", at=NOW + timedelta(hours=1))


@pytest.mark.usefixtures("changed")
def test_each_is_told_exactly_once(sdj: JsonRunner) -> None:
    """Two people wait for the same change; each sees it until they say so, and not again (R3d1.5a)."""
    [told] = sdj("notices")
    assert (told["ref"], told["person"], told["seen"]) == ("SD-1", "ben", False)
    [change] = told["changes"]
    assert change["fields"]["type"] == {"before": "incident", "after": "fulfilment"}
    assert (change["discovered"], change["reason"], change["by"]) == (
        "caller-said",
        "never had it",
        "greta",
    )
    [taken] = sdj("notices", "--seen", "1", "--note", "I will ask since when")
    assert taken["seen"] is True
    assert taken["changes"] == told["changes"]

    assert sdj("notices") == []
    assert [row["person"] for row in sdj("notices", "--all-people")] == ["chloe"]
    assert len(sdj("notices", "--seen-all", "--as", "chloe")) == 1
    assert sdj("notices", "--all-people") == sdj("notices", "--seen-all") == []


@pytest.mark.usefixtures("changed")
def test_to_see_is_no_work_on_the_request(sdj: JsonRunner) -> None:
    """The note is in the history; the ticket itself has not changed."""
    before = sdj("show", "1")
    sdj("notices", "--seen", "1", "--note", "agreed", at=NOW + timedelta(hours=2))
    after = sdj("show", "1")
    assert (after["updated_at"], after["status"]) == (before["updated_at"], before["status"])
    assert after["events"][-1]["note"] == "agreed"
    assert (before["notices"], after["notices"]) == (["ben", "chloe"], ["chloe"])


@pytest.mark.usefixtures("changed")
def test_nothing_is_seen_for_somebody_else(sd: Runner, sdj: JsonRunner) -> None:
    """Who is not waited for is refused, and of several tickets none is recorded then."""
    sd("open", "Another", "--user", "ada")
    refused = sd("notices", "--seen", "1", "--seen", "2", expect=REFUSED).stderr
    assert "SD-2 has no notice for ben: nobody is waited for" in refused
    assert (
        "it waits for ben, chloe" in sd("notices", "--seen", "1", "--as", "hugo", expect=4).stderr
    )
    assert len(sdj("notices")) == 1
    sd("notices", "--seen", "77", expect=NOT_FOUND)


@pytest.mark.parametrize(
    "args",
    [
        ("--seen", "1", "--person", "chloe"),
        ("--seen-all", "--all-people"),
        ("--person", "ben", "--all-people"),
        ("--note", "x"),
    ],
)
def test_options_that_do_not_go_together(sd: Runner, args: tuple[str, ...]) -> None:
    """Contradictions are usage errors, never a guess."""
    sd("notices", *args, expect=USAGE)


@pytest.mark.usefixtures("changed")
def test_what_waits_for_somebody_else(sd: Runner, sdj: JsonRunner) -> None:
    """It can be looked at by anybody; a name that nobody has is no empty answer."""
    assert [row["person"] for row in sdj("notices", "--person", "chloe")] == ["chloe"]
    assert "did you mean" in sd("notices", "--person", "chleo", expect=NOT_FOUND).stderr.casefold()
    assert "SD-1  VPN drops" in sd("notices", "--person", "Chloe").stdout


@pytest.mark.usefixtures("changed")
def test_a_notice_outlives_its_ticket(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """After closing, compaction, backup and import elsewhere it still waits (R3d1.5a)."""
    sd("close", "1", "--code", "fulfilled", "--unconfirmed", "gone")
    sd("compact")
    assert [row["status"] for row in sdj("notices")] == ["closed"]

    archive, lines = str(tmp_path / "b.tar"), tmp_path / "t.jsonl"
    lines.write_text(sd("export").stdout)
    sd("backup", archive)
    sd("notices", "--seen-all")
    assert sdj("notices") == []
    sd("restore", archive)
    assert len(sdj("notices")) == 1

    other = str(tmp_path / "other")
    sd("init", other)
    sd("import", str(lines), "--desk", other)
    assert [row["ref"] for row in sdj("notices", "--desk", other)] == ["SD-1"]


@pytest.mark.usefixtures("changed")
def test_list_mentions_what_waits(sd: Runner) -> None:
    """One remark on stderr for who is waited for, none for others."""
    assert "1 notice of yours waits" in sd("list").stderr
    assert "of yours wait" not in sd("list", "--as", "hugo").stderr
    sd("notices", "--seen-all")
    assert "of yours wait" not in sd("list").stderr


@pytest.mark.usefixtures("changed")
def test_show_tells_both_classes(sd: Runner, sdj: JsonRunner) -> None:
    """First and final class are both there, with who chose the first one (R7.4)."""
    shown = sdj("show", "1")
    assert (shown["type"], shown["first_class"]["type"]["value"]) == ("fulfilment", "incident")
    assert shown["first_class"]["service"]["by"] == "ben"
    assert shown["reclassified"] == 1
    assert "at first:   incident, vpn / unknown, by ben" in sd("show", "1").stdout
    sd("open", "Another", "--user", "ada", "--type", "incident")
    assert sdj("show", "2")["first_class"] is None


def test_the_effect_on_the_clocks_is_told(sd: Runner, sdj: JsonRunner) -> None:
    """The clocks before and after are those of a request that was always so (R3d1.5)."""
    for service in ("vpn", "wired-network"):
        sd("open", "Drops", "--user", "ada", "--type", "incident", "--service", service)
    later = NOW + timedelta(hours=1)
    was = sdj("show", "1", at=later)["sla"]

    changed = sdj(*CHANGED, "--as", "greta", at=later)

    assert changed["clocks_before"] == was
    assert changed["agreement_before"] == "extended"
    assert changed["agreement"] == "critical"
    assert changed["sla"] == sdj("show", "1", at=later)["sla"]
    assert changed["change"]["tell"] == ["ben", "chloe"]


def test_a_breach_by_the_change_is_named(sd: Runner) -> None:
    """A target that is past only because of the change says so, and for how long (R3d1.5).

    The caller was promised something else, and should hear of it (R3d2.1b).
    """
    sd("open", "Slow", "--user", "ada", "--type", "incident", "--service", "vpn", "--impact", "low")
    late = NOW + timedelta(hours=5)
    said = sd(
        *("classify", "1", "--impact", "high", "--urgency", "high", "--reason", "all of them"),
        at=late,
    ).stdout
    assert "resolution is due" in said
    assert "it is breached by the change, 1h 00m ago" in said
    back = sd("classify", "1", "--impact", "low", "--reason", "only one", at=late).stdout
    assert "it is not breached any more" in back
    assert "sdcli note SD-1 TEXT --visible" in back


def test_the_first_decision_tells_what_it_moves(sd: Runner, sdj: JsonRunner) -> None:
    """Due times that move are told, without the words of a change (R3d1.5)."""
    for each in ("Slow", "Slow too"):
        sd("open", each, "--user", "ada")
    was = sdj("show", "1")
    first = ("--type", "incident", "--service", "wired-network")

    said = sd("classify", "1", *first).stdout
    told = sdj("classify", "2", *first)

    assert "By this the agreement is critical instead of standard." in said
    assert "By this resolution is due" in said
    assert "change" not in said
    assert told["clocks_before"] == was["sla"]
    assert (told["agreement_before"], told["change"]) == ("standard", None)


def test_two_commands_in_one_second_are_told_apart(sd: Runner, sdj: JsonRunner) -> None:
    """What a command did is told by its own events, not by when and by whom (R3d1.5)."""
    sd("open", "Slow", "--user", "ada", "--type", "incident", "--service", "vpn", "--impact", "low")
    sd("classify", "1", "--impact", "high", "--reason", "all of them")
    assert "clocks_before" not in sdj("classify", "1", "--wish", "P1")
    sd("support", "1", "--device", "a router")
    back = sdj("classify", "1", "--impact", "low", "--reason", "only one")
    assert back["change"]["fields"]["impact"] == {"before": "high", "after": "low"}


def test_the_note_of_a_validation_is_its_reason(
    sd: Runner, sdj: JsonRunner, alerts: dict[str, Any]
) -> None:
    """What a person stated is corrected only with it, and they are told it (R1b.2, R3d1.5a)."""
    sd("open", "-", stdin=json.dumps(alerts))
    how = ("--discovered", "diagnosis", "--reason", "so says the page")
    sd("classify", "1", "--service", "vpn", *how)
    correct = ("validate", "1", "--service", "email", "--as", "greta")
    assert "--note" in sd(*correct, expect=REFUSED).stderr
    sd(*correct, "--note", "the label was stale")
    (waits,) = sdj("notices")
    assert waits["changes"][-1]["reason"] == "the label was stale"


def test_hints_can_be_pasted(sd: Runner) -> None:
    """What stands behind a command is a comment to the shell."""
    sd("open", "VPN drops", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd(*CHANGED, "--as", "greta")
    assert sd("notices").stderr.strip().endswith("--note TEXT   # or --seen-all")


def test_no_change_no_effect(sd: Runner, sdj: JsonRunner) -> None:
    """A decision that moves nothing and changes nothing decided tells of no effect."""
    sd("open", "Slow", "--user", "ada")
    sd("classify", "1", "--type", "incident", "--service", "vpn")
    assert "By the change" not in sd("classify", "1", "--feature", "remote-work").stdout
    assert "clocks_before" not in sdj("classify", "1", "--type", "incident")


def test_who_should_have_it_now(sd: Runner, sdj: JsonRunner) -> None:
    """In a queue that is not the service's own, the command that hands it over is shown (R3d1.5)."""
    sd("open", "Slow", "--user", "ada", "--type", "incident", "--service", "vpn")
    sd("escalate", "1", "--to", "network", "--reason", "deeper")
    how = ("--discovered", "screening", "--reason", "it is mail")
    said = sd("classify", "1", "--service", "email", *how).stdout
    assert "sdcli escalate SD-1 --to applications --reason WHY" in said
    assert sdj("classify", "1", "--service", "vpn", *how)["hand_to"] is None
