"""A person's own editor on a text, checked when it comes back; no word of theirs is ever lost."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import click

from sdcli.errors import ChangedMeanwhileError, DraftError, MachineError, SdcliError
from sdcli.render.safe import block
from sdcli.session import is_interactive

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def edited(
    text: bytes, name: str, accept: Callable[[bytes, str], _T], command: Callable[[str], str]
) -> _T | None:
    """What `accept` makes of the text that an editor gives back; None if it came back as it was.

    The editor (VISUAL, EDITOR) works on a file that only this person can read. If the text is not
    sound, somebody at a terminal may edit it again; else the error names the file, which stays.

    Args:
        text: what is edited.
        name: what the file's name begins with.
        accept: takes the text and the path of its file.
        command: the command that takes the text from a path later.

    Raises:
        DraftError: the text is not sound.
        MachineError: the editor cannot be run, failed, or took the file away.
        SdcliError: as `accept` raises it, with the path of the text.
    """
    path, last = _written(text, name), text
    try:
        while True:
            new = _edited(path)
            if new == text:
                break
            last = new
            try:
                made = accept(new, path)
            except DraftError as error:
                if _again(error):
                    continue
                raise
            _discard(path)
            return made
    except (DraftError, ChangedMeanwhileError) as error:
        error.kept(path, command(path))
        raise
    except SdcliError as error:
        if not os.path.isfile(path):
            path = _written(last, name)
        elif _is_untouched(path, text):
            _discard(path)
            raise
        error.also(f"Your text is kept in {path}: `{command(path)}` takes it.", kept=path)
        raise
    except BaseException:
        _tell_kept(path, text, command)
        raise
    _discard(path)
    return None


_NEXT = (
    "Nothing was changed. EDITOR (or VISUAL) names a program that edits this file in its place and "
    "ends when you are done."
)


def _written(text: bytes, name: str) -> str:
    """The path of a new file that holds a text, which only this person can read."""
    handle, path = tempfile.mkstemp(prefix=f"sdcli-{name}-", suffix=".yaml")
    with os.fdopen(handle, "wb") as stream:
        stream.write(text)
    return path


def _is_untouched(path: str, text: bytes) -> bool:
    with open(path, "rb") as stream:
        return stream.read() == text


def _edited(path: str) -> bytes:
    """What a file holds when the person's editor has worked on it.

    Raises:
        MachineError: the editor cannot be run, or failed, or there is no such file any more.
    """
    try:
        click.edit(filename=path)
    except click.ClickException as error:
        raise MachineError("Editing", path, error.message, after=_NEXT) from error
    except ValueError as error:  # of the shell's rules for words
        reason = f"the editor's name cannot be read: {error}"
        raise MachineError("Editing", path, reason, after=_NEXT) from error
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        doing, reason = "Reading what the editor left in", error.strerror or str(error)
        raise MachineError(doing, path, reason, after=_NEXT) from error


def _again(error: DraftError) -> bool:
    """Whether somebody at a terminal wants to mend it at once."""
    if not is_interactive():
        return False
    click.echo(block(error.message), err=True)
    return click.confirm("Edit again?", default=True, err=True)


def _tell_kept(path: str, text: bytes, command: Callable[[str], str]) -> None:
    """Say where an edited text is; a file that was not touched is taken away."""
    with suppress(OSError):
        if not _is_untouched(path, text):
            told = f"Your text is kept in {path}: `{command(path)}` takes it."
            click.echo(block(told), err=True)
        else:
            _discard(path)


def _discard(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
