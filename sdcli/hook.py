"""Running the program of a procedure: a list of arguments, no shell, a limit of time (R0.8).

What is filled into an argument comes from outside. It stays one argument whatever it holds, is
never read again, never becomes an option, and has no control characters. The program gets hardly
any environment, no input, and a session of its own, which ends with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, NamedTuple

from sdcli.errors import RefusedError
from sdcli.policy.inside import is_inside
from sdcli.policy.procedures import BRACED
from sdcli.tickets.fulfilment import TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_OUTPUT = 4000
"""Characters that are kept of what a program prints: its beginning and its end."""
MOST_PRINTED = 1_000_000
"""Bytes that it may print at all."""
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TICK_S = 0.02
_LONGEST_TICK_S = 0.5
_CUT = "\n[...]\n"


class Ran(NamedTuple):
    """How a program ended: see `tickets.event.HookRan`."""

    exit_code: int | None
    output: str
    took_s: int
    reason: str = ""


def arguments(command: Sequence[str], facts: Mapping[str, str], *, ref: str) -> tuple[str, ...]:
    """The arguments with what is in braces filled in, once; what was filled in is not read again.

    Raises:
        RefusedError: nothing is known to fill in, or it has control characters, or it would be
            read as an option.
    """
    found = []
    for argument in command:
        for name in BRACED.findall(argument):
            _require_usable(name, facts.get(name, ""), ref)
        whole = BRACED.sub(lambda match: facts[match[1]], argument)
        if whole.startswith("-") and not argument.startswith("-"):
            raise RefusedError(
                f"The program is not started: `{argument}` would be an option of {command[0]}, "
                f"since {ref} has {whole[:40]!r} there.",
                ref=ref,
            )
        found.append(whole)
    return tuple(found)


def _require_usable(name: str, value: str, ref: str) -> None:
    if not value:
        raise RefusedError(
            f"The program is not started: no {name} is known for {ref}, and it needs one.", ref=ref
        )
    if not value.isprintable():
        raise RefusedError(
            f"The program is not started: the {name} of {ref} has control characters.", ref=ref
        )


def run(root: str, command: Sequence[str], limit_s: int) -> Ran:
    """Start a program in the folder of the desk and wait for its end.

    A program that is not there, or cannot be started, is told as the reason, as is its end by
    time, by what it prints, or from the keyboard.
    """
    program = command[0]
    if "/" in program and not os.path.isabs(program):
        program = os.path.join(root, program)
        if not is_inside(root, program):
            return Ran(None, "", 0, f"{command[0]} is not inside the desk")
    begun = time.monotonic()
    with tempfile.TemporaryFile() as printed:
        try:
            code, reason = _waited([program, *command[1:]], root, printed, begun + limit_s)
        except (OSError, ValueError) as error:
            told = getattr(error, "strerror", "") or str(error)
            return Ran(None, "", 0, f"{command[0]} could not be started: {told}")
        took = round(time.monotonic() - begun)
        return Ran(code, _read(printed), took, reason.format(limit=limit_s))


def _waited(
    command: Sequence[str], root: str, printed: IO[bytes], until: float
) -> tuple[int | None, str]:
    """Its exit code, or why it was ended; whatever it started ends with it."""
    with subprocess.Popen(  # noqa: S603 - the desk's own file names the program
        command,
        cwd=root,
        env={"PATH": _PATH, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=printed,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as program:
        try:
            code = _ended(program, printed, until)
        except subprocess.TimeoutExpired:
            return None, f"{TOO_LONG} {{limit}} s"
        except BlockingIOError:
            return None, f"it printed more than {MOST_PRINTED:,} bytes"
        except KeyboardInterrupt:
            return None, "it was interrupted from the keyboard"
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, signal.SIGKILL)
    if code < 0:
        return None, f"it was ended by signal {-code}"
    return code, ""


def _ended(program: subprocess.Popen[bytes], printed: IO[bytes], until: float) -> int:
    """The code it ends with; looked for ever more seldom, and for what it prints each time.

    Raises:
        TimeoutExpired: its time is up.
        BlockingIOError: it prints without end.
    """
    tick = _TICK_S
    while True:
        left = until - time.monotonic()
        try:
            return program.wait(max(0.0, min(tick, left)))
        except subprocess.TimeoutExpired:
            if os.fstat(printed.fileno()).st_size > MOST_PRINTED:
                raise BlockingIOError from None
            if left <= 0:
                raise
        tick = min(tick * 2, _LONGEST_TICK_S)


def _read(printed: IO[bytes]) -> str:
    """What it printed, the middle left out if it is long."""
    size = os.fstat(printed.fileno()).st_size
    printed.seek(0)
    if size <= MOST_OUTPUT:
        raw = printed.read(MOST_OUTPUT)
    else:
        half = (MOST_OUTPUT - len(_CUT)) // 2
        raw = printed.read(half)
        printed.seek(size - half)
        raw += _CUT.encode() + printed.read(half)
    return raw.decode("utf-8", "replace").replace("\0", "\ufffd").strip()
