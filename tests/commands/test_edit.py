"""`sdcli edit`: a ticket as a text; what is changed becomes ordinary steps."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sdcli.errors import DATA_FILE, REFUSED, USAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import JsonRunner, Runner


@pytest.fixture(name="ticket", autouse=True)
def _ticket(sd: Runner) -> None:
    sd("open", "VPN drops", "--user", "ada", "--failed", "it drops: often")


def _editor(tmp_path: Path, body: str) -> dict[str, str]:
    """An editor that does something to the file and leaves."""
    script = tmp_path / "editor.py"
    script.write_text(f"import pathlib, sys\np = pathlib.Path(sys.argv[1])\n{body}\n")
    return {"EDITOR": f"{sys.executable} {script}"}


def test_what_is_changed_becomes_events_of_one_act(
    sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """Summary, class, queue and details; one undo takes all of it back."""
    env = _editor(
        tmp_path,
        "t = p.read_text()\n"
        "t = t.replace('summary: VPN drops', 'summary: VPN drops after standby')\n"
        "t = t.replace('type: unknown', 'type: incident')\n"
        "t = t.replace('service: unknown', 'service: vpn')\n"
        "t = t.replace('queue: service-desk', 'queue: network')\n"
        "p.write_text(t)",
    )
    sd("edit", "1", env=env)
    shown = sdj("show", "1")
    assert shown["summary"] == "VPN drops after standby"
    assert (shown["type"], shown["service"], shown["queue"]) == ("incident", "vpn", "network")
    assert shown["request"]["failed"] == "it drops: often"
    kinds = [event["kind"] for event in shown["events"]]
    assert kinds == ["opened", "classified", "assigned", "detailed"]
    assert len({event["id"][-8:] for event in shown["events"][1:]}) == 1
    sd("undo", "1")
    assert sdj("show", "1")["summary"] == "VPN drops"


def test_a_text_that_comes_back_as_it_was_changes_nothing(
    sd: Runner, sdj: JsonRunner, tmp_path: Path
) -> None:
    """Leaving the editor without a change is no step."""
    assert "Nothing was changed" in sd("edit", "1", env=_editor(tmp_path, "")).stdout
    assert sdj("show", "1")["events_count"] == 1


def test_a_text_that_is_not_sound_is_kept(sd: Runner, tmp_path: Path) -> None:
    """With the line that is wrong, and the command that takes it later."""
    env = _editor(tmp_path, "p.write_text('summary: x\\npriority: P1\\n')")
    said = sd("edit", "1", env=env, expect=DATA_FILE).stderr
    assert ":2" in said
    assert "Your text is kept in" in said
    assert "sdcli edit SD-1 --file" in said


def test_what_the_process_refuses_changes_nothing(sd: Runner, sdj: JsonRunner) -> None:
    """All of the text or nothing of it: here the queue is fine, and the class needs a reason."""
    sd("classify", "1", "--type", "incident", "--service", "vpn")
    said = sd("edit", "1", "--set", "queue=network", "--set", "service=wifi", expect=REFUSED).stderr
    assert "discovered" in said
    assert sdj("show", "1")["queue"] == "service-desk"


def test_who_comes_too_late_is_told(sd: Runner, sdj: JsonRunner, tmp_path: Path) -> None:
    """Nothing is locked while somebody edits; what another did meanwhile is not overwritten."""
    body = (
        "import os, subprocess\n"
        "env = {**os.environ, 'SDCLI_USER': 'greta'}\n"
        f"subprocess.run([{sys.executable!r}, '-m', 'sdcli', 'note', '1', 'meanwhile'], env=env, check=True)\n"
        "p.write_text(p.read_text().replace('summary: VPN drops', 'summary: other'))"
    )
    said = sd("edit", "1", env=_editor(tmp_path, body), expect=REFUSED).stderr
    assert "changed by somebody else meanwhile" in said
    assert "Your text is kept in" in said
    assert sdj("show", "1")["summary"] == "VPN drops"


def test_fields_can_be_set_without_an_editor(sd: Runner, sdj: JsonRunner) -> None:
    """--set takes a field or a detail; a note is a note."""
    sd("edit", "1", "--set", "summary=Slow", "--set", "wanted=fast", "--set", "note=asked again")
    shown = sdj("show", "1")
    assert (shown["summary"], shown["request"]["wanted"]) == ("Slow", "fast")
    assert shown["events"][-1]["text"] == "asked again"
    sd("edit", "1", "--set", "colour=red", expect=USAGE)
