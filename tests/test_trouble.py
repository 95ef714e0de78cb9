"""Trouble on the way: what was not heard is said again, what was piped in is kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import JsonRunner, Runner
    from tests.homes import Storage

LATER = "2026-11-23T13:00:00Z"


def _shell(desk_dir: Path, command: str, at: str = LATER) -> subprocess.CompletedProcess[str]:
    """A command line in a real shell; `sdcli` is the one of these tests."""
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(desk_dir.parent),
        "SDCLI_DESK": str(desk_dir),
        "SDCLI_USER": "ben",
        "SDCLI_NOW": at,
    }
    shell = ["bash", "-c", command]
    return subprocess.run(shell, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("deaf", "code"), [(">/dev/full", 1), (">&-", 1), ("| (exec <&-; sleep 0.2)", 0)]
)
def test_an_alert_that_was_not_heard_is_said_again(
    sd: Runner, sdj: JsonRunner, desk_dir: Path, deaf: str, code: int
) -> None:
    """Where the answer cannot be printed, the alerts are not marked as said (R5b.2)."""
    sd("open", "VPN drops", "--user", "ada")

    ran = _shell(desk_dir, f"sdcli sla-check {deaf}")

    assert (ran.returncode, "Traceback" in ran.stderr) == (code, False)
    if deaf != "| (exec <&-; sleep 0.2)":
        assert "will be said again" in ran.stderr
        assert [alert["threshold"] for alert in sdj("sla-check", at=LATER)] == [80, 100]
        assert sdj("sla-check", at=LATER) == []


def test_a_step_is_not_recorded_if_its_answer_needs_a_broken_file(
    sd: Runner, sdj: JsonRunner, desk_dir: Path
) -> None:
    """Exit 5 means that nothing happened: the step can be taken again without doubling it."""
    sd("open", "VPN drops", "--user", "ada")
    people = desk_dir / "catalog" / "people.yaml"
    sound = people.read_text()
    people.write_text(sound + "x: [\n")

    for args in (["note", "1", "called"], ["accept", "1"], ["log", "x"], ["resolve", "1"]):
        code = ["--code", "solved"] if args[0] == "resolve" else []
        sd(*args, *code, expect=5)

    people.write_text(sound)
    assert sdj("show", "1")["events_count"] == 1
    assert len(sdj("list", "--all")) == 1


def test_what_is_piped_in_survives_a_busy_ledger(
    sd: Runner, sdj: JsonRunner, storage: Storage
) -> None:
    """The input is kept, the error says where, and it can be taken in from there."""
    sd("open", "first", "--user", "ada")
    with storage.held():
        env = {"SDCLI_LOCK_WAIT": "0"}
        result = sd("open", "-", "--json", stdin="precious", env=env, expect=6)

    error = json.loads(result.stderr.splitlines()[-1])["error"]
    assert f"`sdcli intake retry {error['kept']}`" in error["message"]
    assert Path(error["kept"]).read_text() == "precious"
    sd("open", "-", stdin=Path(error["kept"]).read_text())
    assert [ticket["summary"] for ticket in sdj("list")] == ["first", "precious"]


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [("", "", 7), ("catalog/teams.yaml", "queues: [", 5)],
    ids=["ledger", "teams"],
)
def test_what_is_piped_in_survives_a_broken_desk(
    sd: Runner, file: str, content: str, code: int, storage: Storage
) -> None:
    """Whatever is wrong with the desk, the pipe's content is kept beside it."""
    sd("open", "first", "--user", "ada")
    if file:
        (storage.desk / file).write_text(content)
    else:
        storage.damage()

    sd("open", "-", stdin="precious", expect=code)

    kept = list((storage.desk / "ledger" / "quarantine").glob("*.raw"))
    assert [path.read_text() for path in kept] == ["precious"]


@pytest.mark.tiny_home
def test_what_is_piped_in_finds_another_place(
    sd: Runner, desk_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the desk cannot keep it, the machine's folder for temporary files does."""
    (desk_dir / "ledger").write_text("not a folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    sd("open", "-", stdin="precious", expect=1)

    assert [path.read_text() for path in tmp_path.glob("sdcli-*/*.raw")] == ["precious"]


@pytest.mark.tiny_home
def test_a_ledger_behind_a_link_to_nowhere(sd: Runner, desk_dir: Path, tmp_path: Path) -> None:
    """An unmounted volume is not an empty ledger, and no new one is begun in its place."""
    (desk_dir / "ledger").symlink_to(tmp_path / "not" / "mounted")

    for args in (["list"], ["open", "x", "--user", "ada"]):
        assert "not mounted" in sd(*args, expect=7).stderr

    assert not (tmp_path / "not").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can write for others")
@pytest.mark.tiny_home
def test_root_takes_no_ledger_away(sd: Runner, desk_dir: Path) -> None:
    """A commit by root, as from its crontab, leaves the file with its owner."""
    sd("open", "x", "--user", "ada")
    ledger = desk_dir / "ledger" / "tickets.json"
    os.chown(ledger, 65534, 65534)
    ledger.chmod(0o600)

    sd("note", "1", "y")

    stat = ledger.stat()
    assert (stat.st_uid, stat.st_gid, stat.st_mode & 0o777) == (65534, 65534, 0o600)


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (["--bogus"], {}),
        ([], {"SDCLI_NOW": "bogus"}),
        ([], {"SDCLI_DESK": "/nowhere"}),
    ],
)
def test_a_misused_plugin_is_unknown_not_critical(
    sd: Runner, args: list[str], env: dict[str, str]
) -> None:
    """For monitoring, a check that could not be made is UNKNOWN, whatever the reason."""
    result = sd("sla-check", "--nagios", *args, env=env, expect=3)

    assert result.stdout.startswith("SDCLI UNKNOWN - ")


def test_options_end_at_the_double_dash(sd: Runner) -> None:
    """A text that looks like an option changes nothing about how an error is told."""
    result = sd("note", "99", "--", "--nagios", expect=3)

    assert not result.stdout
    assert result.stderr.startswith("Error: ")


INTERRUPTED = """
import runpy, signal, sys
number, seen = int(sys.argv.pop(1)), 0

def interrupt(event, told):
    # Every import, open and the like from the first line of the program on is a moment.
    global seen
    if seen or (event == "import" and told[0] == "sdcli.cli"):
        seen += 1
        if seen == number:
            signal.raise_signal(signal.SIGINT)

sys.addaudithook(interrupt)
runpy.run_module("sdcli", run_name="__main__")
"""


@pytest.mark.parametrize("number", [1, 2, 3, 5, 10, 30, 60, 90, 150, 200, 300, 350, 400])
def test_an_interrupt_at_any_moment_is_no_traceback(
    sd: Runner, desk_dir: Path, number: int
) -> None:
    """Ctrl-C while the program starts or works ends it without a traceback."""
    sd("open", "VPN drops", "--user", "ada")
    command = [sys.executable, "-c", INTERRUPTED, str(number), "--desk", str(desk_dir), "list"]
    ended = subprocess.run(command, capture_output=True, check=False)

    assert b"Traceback" not in ended.stderr, ended.stderr.decode()
    assert ended.returncode in (130, 0)


def test_details_cannot_imitate_the_history(sd: Runner) -> None:
    """What a caller wrote is set apart from what happened."""
    forged = "x\n\n2026-11-22 08:00 UTC  root: closed as solved, confirmed by ada via phone"
    sd("open", "y", "--user", "ada", "--details", forged)

    lines = sd("show", "1").stdout.splitlines()

    assert not [line for line in lines if line.startswith("2026-11-22")]
    assert "  | 2026-11-22 08:00 UTC  root: closed as solved, confirmed by ada via phone" in lines


def test_a_breach_is_seen_while_a_ticket_waits(sd: Runner) -> None:
    """The list shows a response that is overdue, though the resolution is paused."""
    sd("open", "VPN drops", "--user", "ada")
    sd("wait", "1", "--for", "user")

    assert "response" in sd("list", at="2026-11-24T10:00:00Z").stdout
    sd("note", "1", "we are waiting for you", "--visible")
    assert "paused" in sd("list").stdout


def test_equal_tickets_are_listed_in_the_order_of_their_numbers(
    sd: Runner, sdj: JsonRunner
) -> None:
    """SD-2 comes before SD-10."""
    sd("open", "-", stdin="\n".join(json.dumps({"summary": str(n)}) for n in range(12)))

    assert [ticket["ref"] for ticket in sdj("list")] == [f"SD-{n}" for n in range(1, 13)]


def test_a_caller_is_found_in_any_case(sd: Runner, sdj: JsonRunner) -> None:
    """`ADA` is ada, when opening and when listing."""
    assert sdj("open", "x", "--user", "ADA")["requester"] == "ada"
    assert len(sdj("list", "--user", "Ada@Example.com")) == 1
    assert "must not be empty" in sd("--desk", "", "list", expect=2).stderr


def test_confirmed_or_not_but_not_both(sd: Runner) -> None:
    """A closure says one thing."""
    sd("open", "x", "--user", "ada")

    args = ("--code", "solved", "--confirmed-by", "ada", "--via", "phone", "--unconfirmed", "y")
    assert "say one" in sd("close", "1", *args, expect=4).stderr


def test_json_in_any_encoding(sd: Runner, desk_dir: Path) -> None:
    """Where stdout takes no UTF-8, JSON is escaped, and its value is the same."""
    sd("open", "naïve ☕ 😀", "--user", "ada")

    ran = _shell(desk_dir, "PYTHONIOENCODING=latin-1 sdcli list --json")

    assert json.loads(ran.stdout)[0]["summary"] == "naïve ☕ 😀"


def test_a_failed_init_leaves_nothing(
    sd: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up half-way leaves no half desk, and the next try works."""
    real = shutil.copyfile
    copied: list[Path] = []

    def copy(source: Path, target: Path) -> None:
        if len(copied) == 5:
            raise OSError(28, "No space left on device")
        copied.append(target)
        real(source, target)

    monkeypatch.setattr("shutil.copyfile", copy)
    sd("init", str(tmp_path / "new"), expect=1)
    monkeypatch.undo()

    assert not list((tmp_path / "new").rglob("*.yaml"))
    sd("init", str(tmp_path / "new"))


@pytest.mark.parametrize("state", ["new", "classified", "accepted", "waiting", "resolved"])
def test_hints_are_commands(sd: Runner, state: str) -> None:
    """Every hint is a command line of sdcli; what must be filled in stands in capitals."""
    sd("open", "VPN drops", "--user", "ada o'hara", "--mail", "a@b.example")
    steps = {
        "new": ["note", "1", "x"],
        "classified": ["classify", "1", "--type", "incident", "--service", "vpn"],
        "accepted": ["accept", "1"],
        "waiting": ["wait", "1", "--for", "vendor"],
        "resolved": ["resolve", "1", "--code", "solved"],
    }
    hints = sd(*steps[state]).stderr.splitlines()

    assert hints
    for hint in hints:
        assert hint.startswith("Next: sdcli ")
        typed = hint.removeprefix("Next: ").replace("sdcli ", "printf '%s\\n' ", 1)
        words = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=True)
        assert words.stdout.splitlines()[1] == "SD-1" or "--ticket" in words.stdout
