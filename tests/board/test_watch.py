"""`sdcli list --watch`, `sdcli board` where it cannot be, and what tells a ledger from a former one."""

from __future__ import annotations

import gc
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from sdcli import errors
from sdcli.board.run import run
from sdcli.board.watch import Watch
from sdcli.ledger.interface import Beat
from sdcli.results.lists import BoardAct, BoardLeft, Listed
from sdcli.tickets.query import Query, pressing
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sdcli.desk import Desk
    from tests.conftest import Runner
    from tests.homes import Storage


class Paper:
    """A terminal of a test: what was drawn, and what happens while it waits."""

    def __init__(self, *then: Callable[[], Any], size: tuple[int, int] = (80, 24)) -> None:
        self.pages: list[str] = []
        self.columns, self.lines = size
        self._then = list(then)

    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        return self.columns, self.lines

    def draw(self, lines: list[str]) -> None:
        """Keep a page."""
        assert len(lines) <= self.lines
        assert all(len(each) <= self.columns for each in lines)
        self.pages.append("\n".join(lines))

    def wait(self, seconds: float) -> None:
        """The next thing happens; after the last one Ctrl-C."""
        assert seconds > 0
        if not self._then:
            raise KeyboardInterrupt
        self._then.pop(0)()


def _nothing() -> None:
    """Nothing happens."""


def _listed(desk: Desk) -> Listed:
    rows = [desk.see(each) for each in pressing(desk.ledger.find(Query()))]
    return Listed(rows, 0)


def _watch(desk: Desk) -> Watch:
    return Watch(desk, _listed, 0.25, colour=False)


def test_it_is_drawn_anew_when_something_changed(sd: Runner, desk: Desk) -> None:
    """What others did is drawn at the next look, and nothing is drawn while nothing changes."""
    sd("open", "VPN drops", "--user", "ada")
    paper = Paper(_nothing, _nothing, lambda: sd("accept", "SD-1"), _nothing, _nothing)

    last = _watch(desk).run(paper)

    assert len(paper.pages) == 2
    assert "in_progress" not in paper.pages[0]
    assert "in_progress" in paper.pages[1]
    assert last.rows[0].ticket.assignee == "ben"


def test_another_size_is_drawn_anew(sd: Runner, desk: Desk) -> None:
    """A terminal that becomes smaller or larger gets a page that fits, whatever is left out."""
    for number in range(12):
        sd("open", f"case {number}", "--user", "ada", "--service", "vpn")
    paper = Paper(size=(80, 10))
    paper = Paper(lambda: setattr(paper, "columns", 44), lambda: setattr(paper, "lines", 8))

    _watch(desk).run(paper)

    assert len(paper.pages) == 3
    assert paper.pages[-1].endswith("more lines")
    assert max(map(len, paper.pages[0].splitlines())) > 44


def test_trouble_is_told_and_passes(sd: Runner, desk: Desk, storage: Storage) -> None:
    """A damaged ledger is a message above the list as it was, until it can be read again."""
    sd("open", "VPN drops", "--user", "ada")
    paper = Paper(storage.damage, storage.mend, _nothing)

    _watch(desk).run(paper)

    assert "damaged" in paper.pages[1]
    assert "VPN drops" in paper.pages[1]
    assert "damaged" not in paper.pages[2]


@pytest.mark.parametrize("more", [("--watch", "--json"), ("--watch",), ("--watch=5",)])
def test_it_needs_a_terminal(sd: Runner, more: tuple[str, ...]) -> None:
    """In a pipe, or with --json, it is misuse and nothing is listed."""
    result = sd("list", *more, expect=errors.USAGE)

    assert "--watch needs a terminal" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize("seconds", ["0", "0.5", "nan", "3601", "soon"])
def test_the_seconds_are_some(sd: Runner, seconds: str) -> None:
    """From a second to an hour; what follows the option by mistake is told."""
    assert "stands last" in sd("list", f"--watch={seconds}", expect=errors.USAGE).stderr


class Started:
    """A command at a terminal of its own."""

    def __init__(self, desk_dir: Path, *words: str, term: str = "xterm") -> None:
        self.written = b""
        self._looked_at = 0
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            env = {"SDCLI_DESK": str(desk_dir), "SDCLI_USER": "ben", "TERM": term}
            program = [sys.executable, "-m", "sdcli", *words]
            os.execve(sys.executable, program, {**os.environ, **env, "LANG": "C.UTF-8"})

    def until(self, text: bytes) -> None:
        """Read until a text is written once more; what came together with it is not yet looked at."""
        while (found := self.written.find(text, self._looked_at)) < 0:
            assert select.select([self.terminal], [], [], 30)[0], self.written[self._looked_at :]
            self.written += os.read(self.terminal, 65536)
        self._looked_at = found + len(text)

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def end(self) -> int:
        """Read on until it has ended; its exit code."""
        with suppress(OSError):
            while True:
                assert select.select([self.terminal], [], [], 60)[0], self.written
                more = os.read(self.terminal, 65536)
                if not more:
                    break
                self.written += more
        _, status = os.waitpid(self.child, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@pytest.mark.parametrize("number", [signal.SIGINT, *_ENDING])
def test_a_real_terminal_is_left_as_it_was(sd: Runner, desk_dir: Path, number: int) -> None:
    """Ctrl-C ends with 0 and a kill with its code; both give cursor, page and keys back."""
    sd("open", "VPN drops", "--user", "ada")
    started = Started(desk_dir, "list", "--watch=1")
    started.until(b"VPN drops")
    assert not started.echoes()
    os.kill(started.child, number)
    started.until(b"\x1b[?25h\x1b[?1049l")

    assert started.end() == (0 if number == signal.SIGINT else 128 + number)
    assert b"\x1b[?1049h\x1b[?25l" in started.written


def test_it_stops_and_comes_back(sd: Runner, desk_dir: Path) -> None:
    """Ctrl-Z gives the terminal to the shell, and what follows is drawn anew."""
    sd("open", "VPN drops", "--user", "ada")
    started = Started(desk_dir, "list", "--watch=1")
    started.until(b"VPN drops")
    os.kill(started.child, signal.SIGTSTP)
    started.until(b"\x1b[?25h\x1b[?1049l")  # none stops it here: no shell waits
    os.kill(started.child, signal.SIGCONT)
    started.until(b"VPN drops")
    assert not started.echoes()
    os.kill(started.child, signal.SIGTERM)

    assert started.end() == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", _ENDING)
def test_the_board_is_ended_from_outside(sd: Runner, desk_dir: Path, number: int) -> None:
    """A kill gives page, cursor and keys back, tells what was done, and ends with its code."""
    sd("open", "VPN drops", "--user", "ada")
    started = Started(desk_dir, "board")
    started.until(b"VPN drops")
    os.kill(started.child, number)

    assert started.end() == 128 + number
    assert started.written.rfind(b"\x1b[?1049l") > started.written.rfind(b"\x1b[?1049h")
    assert started.written.rfind(b"\x1b[?25h") > started.written.rfind(b"\x1b[?25l")
    assert b"Nothing was done from the board." in started.written


@pytest.mark.parametrize("words", [("board",), ("list", "--watch")])
def test_a_dumb_terminal_is_none_to_draw_on(desk_dir: Path, words: tuple[str, ...]) -> None:
    """Where TERM is dumb it is misuse, as without a terminal, and nothing is drawn."""
    started = Started(desk_dir, *words, term="dumb")

    assert started.end() == errors.USAGE
    assert b"TERM not to be dumb" in started.written
    assert b"\x1b[?1049h" not in started.written


def test_the_board_without_its_library(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is missing the error names the command that brings it."""
    for name in [each for each in sys.modules if each.startswith("sdcli.board.")]:
        if name.rpartition(".")[2] in ("app", "dialogs", "lines"):
            monkeypatch.delitem(sys.modules, name)
    for name in [each for each in sys.modules if each.partition(".")[0] == "textual"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual", None)

    with pytest.raises(errors.MissingExtraError, match=r"pip install 'sdcli\[board\]'"):
        run(desk)


def test_the_board_holds_no_more_files_the_longer_it_stays(
    sd: Runner, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each look has opened is let go of, though a command collects no cycles."""
    from sdcli.board import look  # noqa: PLC0415 - only this one
    from sdcli.board.app import BoardApp  # noqa: PLC0415 - as above

    sd("open", "VPN drops", "--user", "ada")
    held: list[int] = []

    def looks(_: BoardApp) -> None:
        for _turn in range(120):
            look.detail(desk.anew(lambda _: None), "SD-1")
            held.append(len(os.listdir("/dev/fd")))

    monkeypatch.setattr(BoardApp, "run", looks)
    gc.disable()
    try:
        run(desk)
    finally:
        gc.enable()

    assert max(held) < min(held) + 100


def test_the_board_is_no_answer_for_scripts(sd: Runner) -> None:
    """In a pipe and with --json it is misuse, and names what scripts use."""
    for more in ((), ("--json",)):
        assert "`sdcli list --json`" in sd("board", *more, expect=errors.USAGE).stderr


def test_what_was_done_is_told_at_the_end() -> None:
    """Each act in a line, as its command said it; or that there was none."""
    from sdcli.render.as_json import write as as_json  # noqa: PLC0415 - these two alone
    from sdcli.render.as_text import Screen, write  # noqa: PLC0415

    act = BoardAct(NOW, "SD-1", "accept", "SD-1 accepted by \x1b[31mben", "01J")
    told = write(BoardLeft([act]), Screen(None, colour=False))

    assert told.out == ["2026-11-23 10:00 UTC  SD-1 accepted by \\x1b[31mben"]
    assert write(BoardLeft([]), Screen(None, colour=False)).err
    assert '"act":"accept"' in "".join(as_json(BoardLeft([act])))


def test_a_version_tells_each_state_of_a_ledger_from_the_others(sd: Runner, desk: Desk) -> None:
    """Every commit, compaction and check makes another version; reading makes none (T28)."""
    seen = [desk.ledger.version()]

    def is_another() -> bool:
        seen.append(desk.ledger.version())
        return seen[-1] not in seen[:-1]

    sd("open", "VPN drops", "--user", "ada")
    assert is_another()
    sd("note", "SD-1", "seen")
    assert is_another()
    sd("compact")
    assert is_another()
    desk.ledger.beat(Beat(at=NOW, by="ben"))
    assert is_another()
    sd("list")
    sd("show", "SD-1")
    sd("note", "SD-1", "seen", "--dry-run")
    assert not is_another()
    with desk.together(rehearses=True) as unit:
        assert unit.version() == seen[-1]


def test_nothing_else_loads_the_library_of_the_screen(desk_dir: Path) -> None:
    """A list, watched or not, starts without what only the board needs."""
    program = (
        "import sys\nfrom sdcli.cli import cli\n"
        "try:\n    cli(['list'], prog_name='sdcli')\nexcept SystemExit:\n    pass\n"
        "import sdcli.board.watch\n"
        "print(sorted(n for n in sys.modules if n.partition('.')[0] in ('textual', 'rich')))"
    )
    env = {**os.environ, "SDCLI_DESK": str(desk_dir)}
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines()[-1] == "[]"
