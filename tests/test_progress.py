"""The bar for what takes long: on a terminal, after two seconds, and nowhere else."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from sdcli.render import progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Runner


class Screen(io.StringIO):
    """Standard error, on a terminal or not."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._terminal


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds since whenever."""
        return self.now


@pytest.fixture(name="clock")
def _clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that the bar looks at."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


@pytest.fixture(name="screen_of")
def _screen_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], Screen]:
    """Makes standard error a terminal, or something else."""

    def make(terminal: bool) -> Screen:
        screen = Screen(terminal=terminal)
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return make


def test_two_seconds_of_patience(clock: Clock, screen_of: Callable[[bool], Screen]) -> None:
    """On a terminal nothing is shown for two seconds; then the label and how far it is."""
    screen = screen_of(True)
    with progress.shown("Examining") as advance:
        advance(10, 100)
        clock.now += 1.99
        advance(20, 100)
        assert screen.getvalue() == ""
        clock.now += 0.02
        advance(50, 100)
        assert "Examining" in screen.getvalue()
        assert " 50%" in screen.getvalue()
        advance(75, 100)
        assert " 75%" in screen.getvalue()
        advance(100, 100)
    assert "100%" in screen.getvalue()
    assert screen.getvalue().endswith("\n")


def test_a_pipe_sees_no_bar(clock: Clock, screen_of: Callable[[bool], Screen]) -> None:
    """However long it takes, nothing is written where nobody looks."""
    screen = screen_of(False)
    with progress.shown("Examining") as advance:
        for done in range(100):
            clock.now += 60
            advance(done, 100)
    assert screen.getvalue() == ""


def test_what_is_quick_shows_no_bar(clock: Clock, screen_of: Callable[[bool], Screen]) -> None:
    """Many steps within two seconds write nothing, to the end."""
    screen = screen_of(True)
    with progress.shown("Examining") as advance:
        for done in range(1001):
            clock.now += 0.0019
            advance(done, 1000)
    assert screen.getvalue() == ""


def test_a_failure_leaves_the_terminal_as_it_was(
    clock: Clock, screen_of: Callable[[bool], Screen]
) -> None:
    """When it fails half-way the line ends and the cursor is back, and the failure goes on."""
    screen = screen_of(True)

    def fail() -> None:
        with progress.shown("Examining") as advance:
            clock.now += 3
            advance(50, 100)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert screen.getvalue().endswith("\n")
    assert screen.getvalue().count("\x1b[?25l") <= screen.getvalue().count("\x1b[?25h")


@pytest.mark.parametrize(
    "steps", [[(0, 0)], [(5, 3)], [(50, 100), (50, 100)], [(90, 100), (10, 40)]]
)
def test_odd_counts_break_nothing(
    clock: Clock, screen_of: Callable[[bool], Screen], steps: list[tuple[int, int]]
) -> None:
    """Nothing to do, more done than there was, and counting anew are no failures."""
    screen_of(True)
    with progress.shown("Examining") as advance:
        clock.now += 3
        for done, total in steps:
            advance(done, total)


LEAPING = """
import itertools, sys
from types import SimpleNamespace
from sdcli.cli import cli
from sdcli.render import progress
seconds = itertools.count(step=float(sys.argv[1]))
progress.time = SimpleNamespace(monotonic=lambda: next(seconds))
cli(sys.argv[2:], prog_name="sdcli")
"""


@pytest.fixture(name="program")
def _program(sd: Runner, desk_dir: Path) -> tuple[list[str], dict[str, str]]:
    """How to run a command on a desk with tickets, with a clock that leaps."""
    sd("open", "one", "--user", "ada")
    sd("open", "two", "--user", "ada")
    sd("compact")
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(desk_dir),
        "SDCLI_DESK": str(desk_dir),
        "PYTHONPATH": ":".join(sys.path),
        "TERM": "xterm",
    }
    return [sys.executable, "-c", LEAPING], environment


def on_a_terminal(command: list[str], environment: dict[str, str]) -> str:
    """What a command writes to a terminal of its own."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], command, environment)
    written = b""
    while select.select([terminal], [], [], 30)[0]:
        try:
            written += os.read(terminal, 65536)
        except OSError:  # the other side is gone
            break
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, written
    return written.decode()


@pytest.mark.parametrize("step", ["3", "0.0001"])
def test_a_command_on_a_terminal(
    program: tuple[list[str], dict[str, str]], step: str, tmp_path: Path
) -> None:
    """A slow command draws its bar before the answer, a quick one gives the answer only."""
    command, environment = program
    file = str(tmp_path / f"{step}.tar")
    for args, label, answer in (
        (["doctor"], "Examining the ledger", "The ledger is sound"),
        (["backup", file], "Writing the backup", "are kept in"),
        (["restore", file], "Examining the backup", "are back"),
    ):
        shown = on_a_terminal([*command, step, *args], environment)
        assert answer in shown
        assert (label in shown) == (step == "3")
        if step == "3":
            assert shown.index(label) < shown.index(answer)


def test_a_command_in_a_pipe(program: tuple[list[str], dict[str, str]]) -> None:
    """A slow command in a pipe writes its answer and not a byte else."""
    command, environment = program
    ran = subprocess.run(
        [*command, "3", "doctor"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout.startswith("The ledger is sound: 2 tickets")
    assert ran.stderr == ""
