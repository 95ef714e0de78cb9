"""Sending through a program: an argument list, no shell, the message as JSON on its input."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from sdcli.intake.lines import one_line
from sdcli.notify.message import document
from sdcli.notify.secret import UnusableError
from sdcli.policy.check_routes import BRACED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sdcli.notify.message import Letter

_TOLD = 500
"""Characters that are kept of what a program prints."""


def send(command: Sequence[str], letter: Letter, kind: str, time_limit: int) -> str:
    """Start the program; why it did not take the message, or nothing.

    Raises:
        UnusableError: it names no program, or an argument cannot be filled.
    """
    if not command or BRACED.search(command[0]):
        raise UnusableError("the route names no program to start")
    arguments = filled(command, facts_of(letter, kind))
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said:
        told.write(document(letter, kind))
        told.seek(0)
        try:
            ended = _run(arguments, told, said, time_limit)
        except (OSError, ValueError) as error:
            return f"{command[0]} could not be run: {getattr(error, 'strerror', '') or error}"
        if not ended:
            return ""
        said.seek(0)
        words = one_line(said.read(4 * _TOLD).decode("utf-8", "replace"))[:_TOLD]
    return f"{command[0]} {ended}" + (f" and said: {words}" if words else "")


def facts_of(letter: Letter, kind: str) -> dict[str, str]:
    """What arguments may name."""
    first = letter.messages[0]
    told = {"ref": first.ref, "kind": kind, "priority": first.priority}
    return {**letter.to.facts(), **told, "message_id": letter.id}


def filled(command: Sequence[str], facts: Mapping[str, str]) -> list[str]:
    """The arguments with what is in braces filled in, once; what was filled in is not read again.

    Raises:
        UnusableError: nothing is known to fill in, or it would be read as an option.
    """
    arguments = []
    for argument in command:
        for name in BRACED.findall(argument):
            if not facts.get(name):
                raise UnusableError(f"no {name} is known of {facts.get('id') or 'them'}")
        whole = BRACED.sub(lambda found: facts[found[1]], argument)
        if whole.startswith("-") and not argument.startswith("-"):
            raise UnusableError(f"`{argument}` would be an option of {command[0]}: {whole[:40]!r}")
        arguments.append(whole.replace("\0", ""))
    return arguments


def _run(arguments: list[str], told: IO[bytes], said: IO[bytes], time_limit: int) -> str:
    """How the program ended, in words; empty if it ended well.

    It gets a session of its own, so that whatever it started ends with it. Files stand in for
    pipes: nothing can fill up, and nobody can be waited for who keeps one open.
    """
    with subprocess.Popen(  # noqa: S603 - the desk's own setting names the program
        arguments, stdin=told, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
    ) as program:
        try:
            code = program.wait(time_limit)
        except subprocess.TimeoutExpired:
            return f"took longer than {time_limit} s"
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, signal.SIGKILL)
    if code < 0:
        return f"was ended by signal {-code}"
    return f"gave {code}" if code else ""
