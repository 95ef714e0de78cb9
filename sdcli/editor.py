"""A person's own editor on a text, checked when it comes back; no word of theirs is ever lost."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import click

from sdcli.errors import ChangedMeanwhileError, DraftError, SdcliError
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
        SdcliError: as `accept` raises it, with the path of the text.
    """
    handle, path = tempfile.mkstemp(prefix=f"sdcli-{name}-", suffix=".yaml")
    with os.fdopen(handle, "wb") as stream:
        stream.write(text)
    try:
        while True:
            click.edit(filename=path)
            with open(path, "rb") as stream:
                new = stream.read()
            if new == text:
                break
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
        error.also(f"Your text is kept in {path}: `{command(path)}` takes it.", kept=path)
        raise
    except BaseException:
        _tell_kept(path, text, command)
        raise
    _discard(path)
    return None


def _again(error: DraftError) -> bool:
    """Whether somebody at a terminal wants to mend it at once."""
    if not is_interactive():
        return False
    click.echo(block(error.message), err=True)
    return click.confirm("Edit again?", default=True, err=True)


def _tell_kept(path: str, text: bytes, command: Callable[[str], str]) -> None:
    """Say where an edited text is; a file that was not touched is taken away."""
    with suppress(OSError):
        with open(path, "rb") as stream:
            is_new = stream.read() != text
        if is_new:
            told = f"Your text is kept in {path}: `{command(path)}` takes it."
            click.echo(block(told), err=True)
        else:
            _discard(path)


def _discard(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
