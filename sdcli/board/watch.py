"""A list that draws itself anew when something changed: `sdcli list --watch`, in plain text.

It is drawn on the terminal's other page, which is left at the end, so that what stood there before is
there again; the last list is printed below it as by `sdcli list`.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import termios
import time
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

import click
from wcwidth import clip

from sdcli.board.state import fit
from sdcli.errors import SdcliError
from sdcli.params import session_of
from sdcli.render.as_text import Screen, write
from sdcli.render.safe import block
from sdcli.render.wrap import fitted
from sdcli.session import has_page, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from sdcli.desk import Desk
    from sdcli.results.lists import Listed

EVERY_S = 2.0
"""How often it is looked whether something changed, where nobody says so."""
ANEW_S = 60
"""After so many seconds it is drawn anew in any case: clocks go on."""
_SIZE_S = 0.25
"""How soon another size of the terminal is noticed."""
_BEGIN, _END = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST, _LINE = "\x1b[H", "\x1b[J", "\x1b[K"
_LOCAL = 3
"""Where the attributes of a terminal hold what it does with keys."""
_ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Terminal(Protocol):
    """Where it is drawn: how large it is, and what is written to it."""

    def size(self) -> tuple[int, int]:
        """Columns and lines."""

    def draw(self, lines: list[str]) -> None:
        """Show these lines, and nothing else."""

    def wait(self, seconds: float) -> None:
        """Wait; KeyboardInterrupt ends the watch."""


class Drawn:
    """The other page of the terminal of the process; what is typed there is not shown."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.fileno()
        self._attributes: list[Any] | None = None
        self._text = ""

    def enter(self) -> None:
        """Go to the other page, and draw what stood there before."""
        with suppress(termios.error):
            self._attributes = termios.tcgetattr(self._terminal)
            silent = [*self._attributes]
            silent[_LOCAL] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, silent)
        self._write(f"{_BEGIN}{self._text}")

    def leave(self) -> None:
        """Go back, with the terminal as it was; what was typed meanwhile is forgotten."""
        with suppress(OSError):  # nobody sits there any more
            self._write(_END)
        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._terminal, termios.TCSAFLUSH, self._attributes)

    def stop(self, number: int, _: FrameType | None) -> None:
        """Let the shell have the terminal, and come back when it says so."""
        self.leave()
        handler = signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # stands still here
        signal.signal(number, handler)
        self.enter()

    def _write(self, text: str) -> None:
        """Write at once: a signal may come at any time, which buffers do not bear."""
        rest = text.encode(sys.stdout.encoding, "replace")
        while rest:
            rest = rest[os.write(self._terminal, rest) :]

    def size(self) -> tuple[int, int]:
        """See `Terminal.size`."""
        found = shutil.get_terminal_size()
        return found.columns, found.lines

    def draw(self, lines: list[str]) -> None:
        """See `Terminal.draw`; each line is put over the one before, so that nothing flickers."""
        text = "\n".join(f"{each}{_LINE}" for each in lines)
        self._text = f"{_HOME}{text}{_REST}"
        self._write(self._text)

    def wait(self, seconds: float) -> None:
        """See `Terminal.wait`."""
        time.sleep(seconds)


@contextmanager
def other_page() -> Iterator[Drawn]:
    """The terminal's other page without a cursor; left again however it ends."""
    sys.stdout.flush()
    page = Drawn()
    handlers = {**dict.fromkeys(_ENDING, _end), signal.SIGTSTP: page.stop}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        page.enter()
        yield page
    finally:
        page.leave()
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: FrameType | None) -> None:
    """Leave as whoever is told to end, with the terminal as it was."""
    sys.exit(128 + number)


def watched(
    ctx: click.Context, desk: Desk, look: Callable[[Desk], Listed], every_s: float
) -> Listed:
    """Show a list until somebody interrupts it; the list as it was last.

    Args:
        ctx: the command, for its errors.
        desk: opened anew each time.
        look: makes the list.
        every_s: how often to look whether something changed, in seconds.

    Raises:
        click.UsageError: there is no terminal to draw on.
    """
    if session_of(ctx).json or not has_page():
        raise click.UsageError(
            "--watch needs a terminal to draw on, and TERM not to be dumb: leave it out here.", ctx
        )
    gc.enable()  # unlike a command it stays: each look opens files, which are in cycles
    watch = Watch(desk, look, every_s, colour=not is_plain())
    with other_page() as terminal:
        return watch.run(terminal)


class Watch:
    """A list that is looked at again and again; see `watched`.

    What is wrong at the beginning is raised, as by every other list; what goes wrong later is told
    above the list as it was.
    """

    def __init__(
        self, desk: Desk, look: Callable[[Desk], Listed], every_s: float, *, colour: bool
    ) -> None:
        self._desk = desk
        self._look = look
        self._every_s = every_s
        self._colour = colour
        self._trouble = ""
        self._version = desk.ledger.version()  # before the list: what comes later is another one
        self._read_at = desk.now
        self._listed = look(desk)

    def run(self, terminal: Terminal) -> Listed:
        """Draw until it is interrupted; the last list that could be read."""
        drawn: object = None
        pause = min(_SIZE_S, self._every_s)
        looks = max(round(self._every_s / pause), 1)
        try:
            for turn in count(1):
                size = terminal.size()
                if drawn != (size, self._read_at, self._version, self._trouble):
                    terminal.draw(self._lines(*size))
                    drawn = (size, self._read_at, self._version, self._trouble)
                terminal.wait(pause)
                if turn % looks == 0:
                    self._look_again()
        except KeyboardInterrupt:
            pass
        return self._listed

    def _look_again(self) -> None:
        """Read the list anew, if anything may be another one; trouble is kept to be told."""
        now = self._desk.now
        try:
            version = self._desk.ledger.version()
            if (
                version == self._version
                and not self._trouble
                and (now - self._read_at).total_seconds() < ANEW_S
            ):
                return
            self._listed = self._look(self._desk.anew(lambda _: None))
        except SdcliError as error:
            self._trouble = block(error.message)
        else:
            self._version, self._read_at, self._trouble = version, now, ""

    def _lines(self, columns: int, lines: int) -> list[str]:
        """What is drawn on so many columns and lines."""
        told = write(self._listed, Screen(columns, self._colour))
        head = f"sdcli list  {self._read_at:%Y-%m-%d %H:%M:%S} UTC  (Ctrl-C leaves)"
        trouble = fitted(self._trouble.split("\n"), columns, 2) if self._trouble else []
        every = [fit(head, columns - 1).rstrip(), *trouble, "", *told.out, *told.err]
        room = max(lines, 2)
        if len(every) > room:
            left_out = len(every) - room + 1
            every = [*every[: room - 1], f"{left_out} more lines"]
        return [clip(each, 0, columns) for each in every]
