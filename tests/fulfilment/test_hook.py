"""Programs of procedures: real processes, hostile arguments, and an end in any case (R0.8)."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdcli.errors import RefusedError
from sdcli.hook import MOST_OUTPUT, arguments, run

if TYPE_CHECKING:
    from pathlib import Path

SAY = (sys.executable, "-c", "import sys; print(sys.argv[1:])")


def _gone(pid: int) -> bool:
    """Whether a process has ended; what nobody waited for yet has, too."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_what_it_prints_and_how_it_ends_is_kept(tmp_path: Path) -> None:
    """Output of both kinds, and the exit code, of a real process (R0.8)."""
    program = (
        "import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr); sys.exit(3)"
    )

    ran = run(str(tmp_path), [sys.executable, "-c", program], 20)

    assert (ran.exit_code, ran.output, ran.reason) == (3, "out\nerr", "")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30))
def test_an_argument_stays_one_argument(text: str) -> None:
    """Whatever a caller is called, it is one argument, and never read again (R0.8)."""
    try:
        found = arguments(("program", "{user}", "--for={user}"), {"user": text}, ref="SD-1")
    except RefusedError:
        assert text.startswith("-") or not text.isprintable()
    else:
        assert found == ("program", text, f"--for={text}")


@pytest.mark.parametrize(
    "name",
    [
        "$(touch hacked)",
        "; touch hacked",
        "`touch hacked`",
        "| cat /etc/passwd",
        "{mail}",
        "a b\\'\"",
    ],
)
def test_no_shell_reads_a_hostile_name(name: str, tmp_path: Path) -> None:
    """A name that means something to a shell, or to our own braces, means nothing here (R0.8)."""
    command = arguments((*SAY, "{user}"), {"user": name, "mail": "ada@example.com"}, ref="SD-1")

    ran = run(str(tmp_path), command, 20)

    assert ran.output == str([name])
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("name", ["-rf", "--all", "", "a\nb", "a\x1b[2J", "a\0b"])
def test_what_would_be_read_otherwise_is_refused(name: str) -> None:
    """An option, control characters, and what nobody knows start no program (R0.8)."""
    with pytest.raises(RefusedError, match="not started"):
        arguments(("program", "{user}"), {"user": name}, ref="SD-1")


def test_its_time_is_limited_and_all_it_started_ends(tmp_path: Path) -> None:
    """After the limit the program is ended, with every process that it has started (R0.8)."""
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    begun = time.monotonic()

    ran = run(str(tmp_path), [sys.executable, "-c", program], 1)

    assert ran.exit_code is None
    assert ran.reason == "it took longer than 1 s"
    assert time.monotonic() - begun < 10
    child = int(ran.output)
    for _ in range(500):
        if _gone(child):
            break
        time.sleep(0.01)
    assert _gone(child)


def test_what_it_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    """A process that a program leaves running neither keeps us waiting nor goes on (R0.8)."""
    program = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
    )

    ran = run(str(tmp_path), [sys.executable, "-c", program], 20)

    assert ran.exit_code == 0
    for _ in range(500):
        if _gone(int(ran.output)):
            break
        time.sleep(0.01)
    assert _gone(int(ran.output))


def test_endless_output_is_ended_and_long_output_is_cut(tmp_path: Path) -> None:
    """Nothing that a program prints fills the disk, or a record: its middle is left out (R0.8)."""
    endless = run(str(tmp_path), ["yes"], 20)
    lines = "print('first'); print('x' * 50_000); print('last')"
    long = run(str(tmp_path), [sys.executable, "-c", lines], 20)

    assert endless.exit_code is None
    assert "printed more than" in endless.reason
    assert len(endless.output) <= MOST_OUTPUT
    assert len(long.output) <= MOST_OUTPUT
    assert long.output.startswith("first")
    assert long.output.endswith("last")


def test_bytes_that_are_no_text_are_kept_as_marks(tmp_path: Path) -> None:
    """Output need not be UTF-8, and has no zero byte, which some ledgers cannot hold (R0.8)."""
    program = r"import sys; sys.stdout.buffer.write(b'\xff\x00ok\x1b[2J')"

    ran = run(str(tmp_path), [sys.executable, "-c", program], 20)

    assert ran.output == "\ufffd\ufffdok\x1b[2J"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("no-such-program", "could not be started: No such file"),
        ("/etc/passwd", "could not be started: Permission denied"),
        ("hooks/missing", "could not be started: No such file"),
        ("../../../bin/ls", "is not inside the desk"),
    ],
)
def test_a_program_that_cannot_be_started_is_told(
    program: str, reason: str, tmp_path: Path
) -> None:
    """A missing program, one that is none, and one outside of the desk are a reason (R0.8)."""
    ran = run(str(tmp_path), [program], 5)

    assert ran.exit_code is None
    assert reason in ran.reason


def test_a_link_out_of_the_desk_is_not_followed(tmp_path: Path) -> None:
    """A program of the desk is a file of the desk, and no link that leads out of it (R0.8)."""
    desk = tmp_path / "desk"
    (desk / "hooks").mkdir(parents=True)
    (desk / "hooks" / "list").symlink_to("/bin/ls")
    own = desk / "hooks" / "own"
    own.write_text("#!/bin/sh\necho own\n")
    own.chmod(0o755)

    assert "not inside the desk" in run(str(desk), ["hooks/list"], 5).reason
    assert run(str(desk), ["hooks/own"], 5).output == "own"


def test_it_gets_hardly_any_environment_and_no_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable of ours reaches a program, and whoever asks for input gets none (R0.8)."""
    monkeypatch.setenv("SDCLI_SECRET", "hunter2")
    program = (
        "import os, sys; print(sorted(os.environ)); print(repr(sys.stdin.read()), os.getcwd())"
    )

    ran = run(str(tmp_path), [sys.executable, "-c", program], 20)

    names, rest = ran.output.split("\n")
    assert set(eval(names)) <= {"PATH", "LANG", "LC_CTYPE"}  # noqa: S307 - our own list
    assert rest == f"'' {tmp_path}"


def test_a_signal_is_told(tmp_path: Path) -> None:
    """A program that a signal has ended has no exit code, and the reason says which (R0.8)."""
    program = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"

    ran = run(str(tmp_path), [sys.executable, "-c", program], 20)

    assert (ran.exit_code, ran.reason) == (None, f"it was ended by signal {signal.SIGTERM.value}")


def test_an_interruption_ends_it_and_is_told(tmp_path: Path) -> None:
    """Ctrl-C ends the program, and what it had printed is kept (R0.8)."""
    started = tmp_path / "started"
    program = (
        "import pathlib, time\n"
        "print('begun', flush=True)\n"
        f"pathlib.Path({str(started)!r}).touch()\n"
        "time.sleep(60)\n"
    )

    def interrupt() -> None:
        while not started.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    ran = run(str(tmp_path), [sys.executable, "-c", program], 30)
    thread.join()

    assert (ran.exit_code, ran.output) == (None, "begun")
    assert "keyboard" in ran.reason
