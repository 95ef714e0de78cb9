"""A site on a disk: built beside its place and put there in one step, so nobody sees half of it.

A folder is replaced only if all that is in it came from here. A file that somebody else has put
there is never lost: the site is not written then.

A run that was killed leaves a hidden folder beside the site. The next one that succeeds takes it
away, if it has been left for an hour, and all that is in it came from here as well.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sdcli.errors import MachineError, RefusedError, listed
from sdcli.ledger.folders import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MARKER = ".sdcli-site"
"""The file that tells a site of ours; it names every file that was written."""

_HEAD = "A self-help site written by `sdcli kb publish`, which replaces all of these files:"
_LARGEST_MARKER = 50_000_000
_BUILDING, _BEFORE = ".publishing", ".before"
"""How the hidden folders end: nobody calls a copy of a site so."""
_LEFT_S = 3600
_FILE, _FOLDER = 0o644, 0o755
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of Linux
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


class Written(NamedTuple):
    """A site that was written: its folder, and how many of its files are new or other ones."""

    folder: str
    changed: int


def require_apart(directory: str, root: str, own: Iterable[str]) -> None:
    """Refuse a place for the site that is the desk's: `root`, or a folder of its `own` in it.

    That folder may be empty by now, or not there yet.

    Raises:
        RefusedError: the place is one of these, or in one of them.
    """
    folder, desk = os.path.realpath(directory), os.path.realpath(root)
    kept = [(name, os.path.realpath(os.path.join(desk, name))) for name in own]
    names = [name for name, path in kept if _is_in(folder, path)]
    if names or _is_in(desk, folder):
        what = f"{names[0]}/ of the desk" if names else "the desk itself, or a folder around it"
        raise RefusedError(
            f"{folder} is {what}, which a site would replace. Nothing was changed: name another "
            "folder.",
            path=folder,
        )


def _is_in(path: str, folder: str) -> bool:
    return os.path.commonpath((path, folder)) == folder


def folder_of(directory: str) -> str:
    """The folder that a path means; a link stays, and what it points to is replaced.

    Raises:
        RefusedError: something is there that is no site of ours.
        MachineError: it cannot be looked into.
    """
    folder = os.path.realpath(directory)
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        return folder
    except OSError as error:
        raise MachineError("Looking into", folder, error.strerror or str(error)) from error
    if not names:
        return folder
    ours = _ours(os.path.join(folder, MARKER))
    if ours is None:
        raise RefusedError(
            f"{folder} is not empty and holds no site of `sdcli kb publish`. Nothing was changed: "
            "name an empty folder, or one that is not there yet.",
            path=folder,
        )
    strange = sorted(set(_found(folder)) - ours)
    if strange:
        raise RefusedError(
            f"{folder} holds what `sdcli kb publish` has not written: {listed(strange)}. Nothing "
            "was changed: move that elsewhere, for the whole folder is replaced.",
            path=folder,
            files=strange,
        )
    return folder


def had_articles(folder: str) -> bool:
    """Whether a site that is there has a page of an article."""
    try:
        return any(name.endswith(".html") for name in os.listdir(os.path.join(folder, "articles")))
    except OSError:
        return False


def put(files: Mapping[str, bytes], directory: str) -> Written:
    """Write a site in one step; whoever looks sees the one before or this one.

    Args:
        files: the content by name, with `/` between folders.
        directory: where; what is there must be a site of ours, or nothing.

    Raises:
        RefusedError: something is there that is no site of ours.
        MachineError: it could not be written; what was there is there still.
    """
    folder = folder_of(directory)
    marker = "\n".join((_HEAD, *sorted(files), "")).encode()
    whole = {MARKER: marker, **files}  # first: what is left of a run that was killed is known by it
    above = os.path.dirname(folder)
    built = ""
    try:
        os.makedirs(above, exist_ok=True)
        prefix = f".{os.path.basename(folder)}."
        built = tempfile.mkdtemp(prefix=prefix, suffix=_BUILDING, dir=above)
        changed = _build(whole, built, folder)
        _like(folder, built)
        _swap(built, folder)
        sync_folder(above)
        _sweep(folder)
    except OSError as error:
        raise _failed(folder, error) from error
    finally:
        if built:
            shutil.rmtree(built, ignore_errors=True)
    return Written(folder, changed)


def _failed(folder: str, error: OSError) -> MachineError:
    above = os.path.dirname(folder)
    after = "The site is as it was."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        after += f" It is built in {above}, so that must be writable."
    if error.errno in (errno.EBUSY, errno.EXDEV):
        after += " A folder that is mounted cannot be replaced: name one inside it."
    return MachineError("Writing the site", folder, error.strerror or str(error), after=after)


def _build(files: Mapping[str, bytes], built: str, before: str) -> int:
    """Write all files into a new folder, and have them on disk; how many differ from before.

    A file that is the same as before keeps its time, so that browsers need not load it again.
    """
    changed = 0
    folders = sorted({os.path.dirname(name) for name in files} - {""})
    for name in folders:
        os.makedirs(os.path.join(built, name), exist_ok=True)
        os.chmod(os.path.join(built, name), _FOLDER)
    for name, content in files.items():
        path = os.path.join(built, name)
        with open(path, "xb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), _FILE)
        if not _keep_time(os.path.join(before, name), path, content):
            changed += name != MARKER
    for name in files:  # once all are written, the disk has them in one go
        with open(os.path.join(built, name), "rb") as stream:
            os.fsync(stream.fileno())
    for name in (*folders, ""):
        sync_folder(os.path.join(built, name))
    return changed


def _keep_time(before: str, path: str, content: bytes) -> bool:
    """Whether a file was there with the same content; then the new one is as old as that."""
    try:
        told = os.lstat(before)
        if told.st_size != len(content):
            return False
        with open(before, "rb") as stream:
            same = stream.read() == content
    except OSError:
        return False
    if same:
        os.utime(path, ns=(told.st_mtime_ns, told.st_mtime_ns))
    return same


def _like(folder: str, built: str) -> None:
    """Give the new folder the rights of the one it replaces; else everybody may read it."""
    try:
        before = os.stat(folder)
    except FileNotFoundError:
        os.chmod(built, _FOLDER)
        return
    with suppress(PermissionError):  # only root can give a folder away, and only root must
        os.chown(built, before.st_uid, before.st_gid)
    os.chmod(built, before.st_mode & 0o7777)


def _swap(built: str, folder: str) -> None:
    """Put the new folder in the place of the old one, which is then where the new one was."""
    if not os.path.isdir(folder) or not os.listdir(folder):
        os.rename(built, folder)
        return
    if _exchanged(built, folder):
        return
    aside = (
        f"{built}{_BEFORE}"  # a file system that cannot exchange: two steps, and back if need be
    )
    os.rename(folder, aside)
    try:
        os.rename(built, folder)
    except OSError:
        os.rename(aside, folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchanged(one: str, other: str) -> bool:
    """Exchange two folders at once; False where the system cannot.

    Raises:
        OSError: it can, and failed.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if rename(_HERE, paths[0], _HERE, paths[1], _EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), other)


def _sweep(folder: str) -> None:
    """Take away what runs that were killed left beside a site that has just been put there.

    The site tells the time: both are of one file system's clock.
    """
    above, name = os.path.split(folder)
    pattern = re.compile(
        rf"\.{re.escape(name)}\.[a-z0-9_]{{8}}{re.escape(_BUILDING)}(?:{re.escape(_BEFORE)})?"
    )
    with suppress(OSError):
        now = os.stat(folder).st_ctime
        for each in filter(pattern.fullmatch, os.listdir(above)):
            path = os.path.join(above, each)
            told = os.lstat(path)
            is_left = stat.S_ISDIR(told.st_mode) and now - told.st_ctime > _LEFT_S
            if is_left and set(_found(path)) <= (_ours(os.path.join(path, MARKER)) or set()):
                shutil.rmtree(path, ignore_errors=True)


def _ours(marker: str) -> set[str] | None:
    """The files that a marker names, itself among them; None if it is none of ours."""
    try:
        if os.path.islink(marker) or not os.path.isfile(marker):
            return None
        with open(marker, encoding="utf-8", errors="replace") as stream:
            head, *names = stream.read(_LARGEST_MARKER).splitlines()
    except (OSError, ValueError):
        return None
    if head != _HEAD:
        return None
    inside = {name.rpartition("/")[0] + "/" for name in names if "/" in name}
    return {*names, MARKER, *inside}


def _found(folder: str) -> Iterator[str]:
    """Everything in a folder by its name; a folder in it ends in `/`, and links are not followed."""
    for at, folders, names in os.walk(folder):
        below = os.path.relpath(at, folder)
        prefix = "" if below == "." else f"{below.replace(os.sep, '/')}/"
        for name in folders:
            is_link = os.path.islink(os.path.join(at, name))
            yield f"{prefix}{name}" if is_link else f"{prefix}{name}/"
        yield from (f"{prefix}{name}" for name in names)
