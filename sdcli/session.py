"""One run of the program: what its options and the environment say, before the desk is open.

This is the only place that reads the environment.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

import click

from sdcli.errors import LevelsDifferError, NoDeskError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sdcli.desk import Desk
    from sdcli.results import Result

_LOCK_WAIT_S = 10.0


class Session:
    """The options of one run, and the desk they lead to."""

    def __init__(self) -> None:
        self.desk_dir = ""
        self.acting = ""
        self.json = False
        self.dry_run = False
        self._last: list[str] = []

    @cached_property
    def desk(self) -> Desk:
        """The desk in use: `--desk`, else SDCLI_DESK, else at or above this directory.

        Raises:
            NoDeskError: there is none.
        """
        from sdcli.desk import Desk  # noqa: PLC0415 - help and version need no desk

        return Desk(
            self.root,
            by=self._by(),
            now=_fixed_now(),
            cache=self._cache(),
            wait_s=_lock_wait(),
            environment=os.environ.get,
            tell=_tell,
            tell_last=self._last.append,
            rehearses=self.dry_run,
            host=_host(),
        )

    def ended(self, result: Result) -> Result:
        """The result to print: after a rehearsal, the events that would have been added."""
        self._say_last()
        if not self.dry_run or "desk" not in self.__dict__:
            return result
        from sdcli.results.lists import BulkPreview  # noqa: PLC0415 - only a rehearsal
        from sdcli.results.tickets import Rehearsed  # noqa: PLC0415 - only a rehearsal

        added = self.desk.rehearsal()
        if isinstance(result, BulkPreview):
            return result
        return Rehearsed(added, exit_code=result.exit_code)

    def failed(self, error: BaseException) -> None:
        """Let go of what a rehearsal holds, where its command was refused."""
        if not isinstance(error, LevelsDifferError):  # it says that itself
            self._say_last()
        if self.dry_run and "desk" in self.__dict__:
            self.desk.rehearsal()

    def _say_last(self) -> None:
        """Say what could wait until it was known whether the command is refused for it."""
        for sentence in dict.fromkeys(self._last):
            _tell(sentence)
        self._last.clear()

    @cached_property
    def root(self) -> str:
        """The directory of the desk in use.

        Raises:
            NoDeskError: there is none.
        """
        named = self.desk_dir or os.environ.get("SDCLI_DESK", "")
        if named:
            root = os.path.abspath(os.path.expanduser(named))
            if not _holds_desk(root):
                raise NoDeskError(root, searched_up=False)
            return root
        try:
            here = os.getcwd()
        except OSError:  # it has been removed under our feet
            here = "."
        found = _find_root(here)
        if found is None:
            raise NoDeskError(here, searched_up=True)
        return found

    def _by(self) -> str:
        named = self.acting or os.environ.get("SDCLI_USER", "").strip()
        if named:
            return named
        import getpass  # noqa: PLC0415 - only a person without a stated name pays for it

        try:
            return getpass.getuser()
        except (KeyError, OSError):  # a user id without a name, as in some containers
            return f"uid-{os.getuid()}"

    def _cache(self) -> str:
        """A file of this user's own for what is derived from this desk's files."""
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        name = self.root.strip("/").replace("%", "%%").replace("/", "%")
        return os.path.join(home, "sdcli", f"{name}.json") if os.path.isabs(home) else ""


def _holds_desk(directory: str) -> bool:
    return os.path.isfile(os.path.join(directory, "sla_policies.yaml"))


def _find_root(start: str) -> str | None:
    """The nearest directory at or above `start` that holds a desk."""
    at = start
    while not _holds_desk(at):
        above = os.path.dirname(at)
        if above == at:
            return None
        at = above
    return at


def _fixed_now() -> datetime | None:
    text = os.environ.get("SDCLI_NOW", "").strip()
    if not text:
        return None
    from sdcli.tickets.event import instant  # noqa: PLC0415 - only drills and tests pay for it

    try:
        return instant(text)
    except (ValueError, OverflowError) as error:
        raise click.UsageError(
            f"SDCLI_NOW is {text!r}; write an instant with its zone, like 2026-11-22T09:00:00Z."
        ) from error


def _host() -> str:
    """What this machine is called: SDCLI_HOST, else its own name."""
    given = os.environ.get("SDCLI_HOST", "").strip() or os.uname().nodename
    sound = given.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(each if each.isprintable() else "\ufffd" for each in sound)


def _lock_wait() -> float:
    text = os.environ.get("SDCLI_LOCK_WAIT", "").strip()
    try:
        wait_s = float(text) if text else _LOCK_WAIT_S
    except ValueError:
        wait_s = -1.0
    if not 0 <= wait_s <= 3600:  # noqa: PLR2004 - an hour; also refuses nan and inf
        raise click.UsageError(f"SDCLI_LOCK_WAIT is {text!r}; write seconds, from 0 to 3600.")
    return wait_s


def _tell(sentence: str) -> None:
    """Say on stderr what was done without being asked for."""
    from sdcli.render.safe import line  # noqa: PLC0415 - hardly ever

    with suppress(OSError):
        sys.stderr.write(f"Note: {line(sentence)}\n")


_ASKS = [True]
"""Whether anybody may be asked: not while several commands are one unit of work."""


@contextmanager
def unasked() -> Iterator[None]:
    """Let nobody be asked anything within: something is locked (T28)."""
    before, _ASKS[0] = _ASKS[0], False
    try:
        yield
    finally:
        _ASKS[0] = before


def is_interactive() -> bool:
    """Whether a person sits at a terminal and can be asked."""
    return _ASKS[0] and all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)
    )


def is_plain() -> bool:
    """Whether a terminal is to have no colours; NO_COLOR is honoured."""
    return bool(os.environ.get("NO_COLOR")) or _is_dumb()


def _is_dumb() -> bool:
    """Whether the terminal can do nothing but print lines, by what it says of itself."""
    return os.environ.get("TERM") == "dumb"


def has_page() -> bool:
    """Whether standard output is a terminal that can be drawn on."""
    return sys.stdout is not None and sys.stdout.isatty() and not _is_dumb()


def has_screen() -> bool:
    """Whether the whole terminal can be drawn on: the screen is written to standard error."""
    return is_interactive() and has_page() and sys.stderr is not None and sys.stderr.isatty()


def has_editor() -> bool:
    """Whether a text can be given to an editor: at a terminal, or where one is named."""
    return is_interactive() or any(os.environ.get(name) for name in ("VISUAL", "EDITOR"))
