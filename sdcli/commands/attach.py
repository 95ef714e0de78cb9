"""`sdcli attach`: files as evidence (R1b.1b)."""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

import click

from sdcli.errors import MachineError, NotFoundError, RefusedError
from sdcli.params import TEXT, as_command, pass_desk, with_ref
from sdcli.results.tickets import Changed

if TYPE_CHECKING:
    from sdcli.desk import Desk
    from sdcli.intake.items import NewFile


@as_command("attach", writes=True)
@with_ref
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--name", type=TEXT, default="", help="What standard input is called.")
@click.option("--note", type=TEXT, default="", help="What it shows.")
@pass_desk
def command(desk: Desk, ref: str, files: tuple[str, ...], name: str, note: str) -> Changed:
    """Add files to a ticket as evidence.

    Each is kept once by what is in it, in ledger/attachments/. `-` is standard input. Too large
    a file, or one of a kind that catalog/intake.yaml refuses, is refused with all the others. What
    the ticket has already is told and not added again.

    \b
    Examples:
        sdcli attach SD-42 screen.png trace.log --note 'after the login'
        journalctl -u vpn | sdcli attach SD-42 - --name vpn.log
    """
    from sdcli.arrivals import Arrivals

    if name and "-" not in files:
        raise click.UsageError("--name is what standard input is called: give `-` as a FILE.")
    if files.count("-") > 1:
        raise click.UsageError("Standard input can be read once: give `-` once.")
    most = desk.policy.intake.sizes.attachment
    found = [_read(path, name or "standard-input", most) for path in files]
    ticket, known = Arrivals(desk).attach(ref, found, note)
    notes = [f"{name} is on {ref} already." for name in known]
    is_new = len(known) < len(found)
    return Changed(desk.see(ticket), notes, deduped=known, is_new=is_new)


def _require_file(path: str, handle: int) -> None:
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        raise RefusedError(
            f"{path} is no file but a pipe or a device; `-` reads standard input.", path=path
        )


def _read(path: str, name: str, most: int) -> NewFile:
    """A file, read before anything is locked; of one that is too large only the beginning.

    Raises:
        NotFoundError: there is no such file.
        RefusedError: it is a folder, a pipe, a device or a socket.
        MachineError: it cannot be read.
    """
    import mimetypes

    from sdcli.intake.attachments import safe_name
    from sdcli.intake.items import NewFile

    try:
        if path == "-":
            content = sys.stdin.buffer.read(most + 1) if sys.stdin else b""
        else:
            name = os.path.basename(os.path.abspath(path))
            # Without waiting: nobody may ever write to a pipe.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            with open(handle, "rb") as stream:
                _require_file(path, handle)
                content = stream.read(most + 1)
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}; nothing was attached.", path=path) from None
    except IsADirectoryError:
        raise RefusedError(f"{path} is a folder; name the files in it.", path=path) from None
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise RefusedError(f"{path} is a socket, and no file.", path=path) from None
        raise MachineError("Reading", path, error.strerror or str(error)) from error
    except ValueError as error:
        raise MachineError("Reading", path, str(error)) from error
    clean = safe_name(name)
    return NewFile(name=clean, content=content, mime=mimetypes.guess_type(clean)[0] or "")
