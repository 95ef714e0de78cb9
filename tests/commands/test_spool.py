"""`open --spool` and `intake deliver`: what cannot reach the ledger is taken in later, once."""

from __future__ import annotations

import json
import os
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sdcli.errors import LEDGER_BUSY, MachineError
from sdcli.intake import spool as spool_room
from sdcli.intake.spool import SpoolFolder
from sdcli.ledger.tiny.lock import locked
from tests.conftest import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner

AWAY = {"SDCLI_LEDGER": "postgresql://nobody@127.0.0.1:1/away", "SDCLI_LOCK_WAIT": "0"}
ALERT = {"source": "probe", "key": "disk", "status": "firing", "summary": "Disk is full"}
OVER = {**ALERT, "status": "resolved"}
OPEN = ("open", "VPN drops", "--user", "ada", "--new", "--spool")
PIPED = ("open", "-", "--from", "generic", "--spool")


def alert(sdj: JsonRunner, document: dict[str, str], **more: Any) -> dict[str, Any]:
    """What becomes of an alert that is piped in."""
    told: dict[str, Any] = sdj(*PIPED, stdin=json.dumps(document), **more)
    return told


def spooled(desk_dir: Path) -> list[str]:
    """The files that wait."""
    return [os.path.basename(path) for path in SpoolFolder(str(desk_dir / "ledger")).paths()]


def test_what_cannot_reach_the_ledger_is_kept(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """A typed request and a piped alert wait on disk, readable by whom the ledger is; exit 0."""
    assert "spooled: it is taken in when the ledger is in reach" in sd(*OPEN, env=AWAY).stdout
    told = alert(sdj, ALERT, env=AWAY)
    assert (told["action"], told["rule"], told["ref"]) == ("spooled", "unreachable", None)
    assert spooled(desk_dir) == [
        name for name in sorted(os.listdir(desk_dir / "ledger/spool")) if name.endswith(".json")
    ]
    assert not (desk_dir / "ledger/quarantine").exists()
    for folder in ("ledger", "ledger/spool"):
        mode = stat.S_IMODE((desk_dir / folder).stat().st_mode)
        assert mode == stat.S_IMODE(desk_dir.stat().st_mode)


def test_it_is_delivered_as_of_when_it_arrived(sd: Runner, sdj: JsonRunner) -> None:
    """Who opened it and when is as it was; the history tells when it was entered."""
    sd(*OPEN, env={**AWAY, "SDCLI_USER": "eve"})
    listed = sdj("intake", "deliver", "--list")
    assert [each["by"] for each in listed["waiting"]] == ["eve"]
    assert listed["delivered"] == []
    told = sdj("intake", "deliver", at="2026-11-23T11:30:00Z")
    assert [item["action"] for each in told["delivered"] for item in each["items"]] == ["created"]
    assert told["waiting"] == []
    history = sd("history", "SD-1").stdout
    assert "2026-11-23 10:00" in history
    assert "eve" in history
    assert "entered 2026-11-23 11:30" in history


def test_alerts_keep_their_order(sdj: JsonRunner, desk_dir: Path) -> None:
    """An alert and its recovery that waited are taken in as they came: it is over at the end."""
    for at, document in enumerate((ALERT, ALERT, OVER)):
        alert(sdj, document, env=AWAY, at=f"2026-11-23T10:0{at}:00Z")
    told = sdj("intake", "deliver", at="2026-11-23T10:30:00Z")
    actions = [item["action"] for each in told["delivered"] for item in each["items"]]
    assert actions == ["created", "deduped", "resumed"]
    assert spooled(desk_dir) == []
    shown = sdj("show", "SD-1")
    assert shown["alert_count"] == 2
    assert shown["service_restored_at"] == "2026-11-23T10:02:00Z"


def test_the_next_goes_behind_what_waits(sdj: JsonRunner, desk_dir: Path) -> None:
    """What arrives when the ledger is in reach again overtakes nothing, and takes all with it."""
    alert(sdj, ALERT, env=AWAY)
    told = alert(sdj, OVER, at="2026-11-23T10:05:00Z")
    assert (told["action"], told["ref"]) == ("resumed", "SD-1")
    assert spooled(desk_dir) == []


def test_sla_check_takes_it_in(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """The check of the clocks delivers what waits, after its alarms."""
    sd(*OPEN, env=AWAY)
    sd("sla-check")
    assert spooled(desk_dir) == []
    assert sdj("show", "SD-1")["requester"] == "ada"


def test_delivery_that_dies_after_the_commit(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file whose content is recorded and that was not removed is not recorded once more.

    Alerts are counted: one more would be seen.
    """
    alert(sdj, ALERT)
    alert(sdj, ALERT, env=AWAY, at="2026-11-23T10:01:00Z")
    sd(*OPEN, env=AWAY)

    def dies(self: SpoolFolder, path: str) -> None:
        del self
        raise MachineError("Removing", path, "the machine stopped")

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(SpoolFolder, "remove", dies)
            sd("intake", "deliver", at="2026-11-23T10:30:00Z", expect=1)
    told = sdj("intake", "deliver", at="2026-11-23T10:40:00Z")
    items = [item for each in told["delivered"] for item in each["items"]]
    assert [item["rule"] for item in items] == ["delivered", "request"]
    assert sdj("show", "SD-1")["alert_count"] == 2
    assert len(sdj("list")) == 2
    assert spooled(desk_dir) == []


def test_two_deliverers(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """While one delivers another does nothing, and says what waits."""
    sd(*OPEN, env=AWAY)
    with SpoolFolder(str(desk_dir / "ledger")).alone() as is_mine:
        assert is_mine
        told = sdj("intake", "deliver")
    assert (told["delivered"], len(told["waiting"])) == ([], 1)


def test_many_keep_and_many_deliver(sd: Runner, desk: Any, desk_dir: Path) -> None:
    """Whoever keeps and whoever delivers at once: each is taken in once."""
    from sdcli.intake.items import RequestItem  # noqa: PLC0415 - threads share no runner
    from sdcli.spooling import Spool  # noqa: PLC0415

    def keep(name: str) -> None:
        own = desk.anew(lambda _: None)
        item = RequestItem(summary=name, user="ada")
        SpoolFolder(own.ledger_folder).keep(Spool(own).typed(item, "", "", ()))
        Spool(own).deliver()

    threads = [threading.Thread(target=keep, args=(f"number {each}",)) for each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    sd("intake", "deliver")
    found = sorted(ticket.summary for ticket in desk.touched(None))
    assert found == [f"number {each}" for each in range(8)]
    assert spooled(desk_dir) == []


def test_what_is_refused_is_not_kept(sd: Runner, desk_dir: Path) -> None:
    """Only what cannot reach the ledger waits: what is refused or cannot be read is told as ever."""
    sd(*OPEN[:-2], "--add-to", "SD-7", "--spool", expect=3)
    sd("open", "-", "--spool", "--json", stdin='{"summary": ', expect=8)
    assert spooled(desk_dir) == []
    sd(*OPEN, "--sender-repeats", env=AWAY, expect=2)
    sd(*OPEN, "--dry-run", env=AWAY, expect=LEDGER_BUSY)
    assert spooled(desk_dir) == []


def test_what_is_refused_later_lets_others_pass(sd: Runner, sdj: JsonRunner) -> None:
    """What turns out to be refused is put aside and told; what came behind it is taken in."""
    sd("open", "More", "--user", "ada", "--add-to", "SD-7", "--spool", env=AWAY)
    sd(*OPEN, env=AWAY)
    told = sdj("intake", "deliver", expect=8)
    assert [bool(each["refused"]) for each in told["delivered"]] == [True, False]
    assert "/refused/" in told["delivered"][0]["file"]
    assert told["waiting"] == []


def test_a_file_that_is_none(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """A file that cannot be read is put aside, and is never taken for an empty one."""
    sd(*OPEN, env=AWAY)
    (desk_dir / "ledger/spool" / spooled(desk_dir)[0]).write_bytes(b'{"act": 1')
    told = sdj("intake", "deliver", expect=8)
    assert told["delivered"][0]["refused"] == "the file cannot be read"
    assert (desk_dir / "ledger/spool/refused").is_dir()


def test_still_away(sd: Runner, sdj: JsonRunner, desk_dir: Path) -> None:
    """Delivery stops where the ledger is out of reach, says so with exit code 6, and keeps all."""
    sd(*OPEN, env=AWAY)
    sd(*OPEN, env=AWAY)
    told = sdj("intake", "deliver", env=AWAY, expect=LEDGER_BUSY)
    assert "cannot be reached" in told["delivered"][0]["away"]
    assert len(told["waiting"]) == len(spooled(desk_dir)) == 2


def test_it_has_a_bound(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the spool may hold is told as kept nowhere, and is kept nowhere."""
    alert(sdj, ALERT, env=AWAY)
    for name, most in (("MOST_FILES", 1), ("MOST_BYTES", 300)):
        with monkeypatch.context() as patched:
            patched.setattr(spool_room, name, most)
            ran = sd(*PIPED, stdin=json.dumps(ALERT), env=AWAY, expect=LEDGER_BUSY)
            assert "It was not kept either: 1 inputs" in ran.stderr
    assert len(spooled(desk_dir)) == 1
    assert not (desk_dir / "ledger/quarantine").exists()


def test_what_waits_is_told(sd: Runner, sdj: JsonRunner, ledger_home: str) -> None:
    """Doctor, the monitoring plug-in and the metrics tell what waits."""
    sd(*OPEN, env=AWAY)
    ran = sd("sla-check", "--nagios", expect=1)
    assert "1 input waits for the ledger" in ran.stdout
    assert "spooled=1;0" in ran.stdout
    assert "sdcli_intake_spooled 1" in sd("metrics").stdout
    if ledger_home == "tiny":
        said = "1 input waits for the ledger; `sdcli intake deliver` takes in what does"
        assert said in sd("doctor").output
    assert sdj("intake", "deliver", "--list")["waiting"]


def test_a_busy_ledger_spools_too(sd: Runner, desk_dir: Path, ledger_home: str) -> None:
    """A ledger in the desk's folder that is locked for too long is out of reach for now as well."""
    if ledger_home != "tiny":
        pytest.skip("only the home in the folder has one lock")
    sd("open", "First", "--user", "ada", "--new")
    with locked(str(desk_dir / "ledger/tickets.lock"), 0):
        told = sd(*OPEN, "--json", env={"SDCLI_LOCK_WAIT": "0"})
    assert json.loads(told.stdout)["action"] == "spooled"
    sd("intake", "deliver")
    assert "2 " in sd("list").stdout or len(spooled(desk_dir)) == 0


def test_what_does_not_fit_the_past_is_recorded_now(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """An alert that waited while others opened its ticket is counted there as of now."""
    alert(sdj, ALERT, env=AWAY, at=NOW)
    told = sdj("open", "-", "--from", "generic", stdin=json.dumps(ALERT), at="2026-11-23T10:10:00Z")
    assert told["ref"] == "SD-1"
    sdj("intake", "deliver", at="2026-11-23T10:20:00Z")
    assert sdj("show", "SD-1")["alert_count"] == 2
    assert "entered" not in sd("history", "SD-1").stdout
    assert spooled(desk_dir) == []
