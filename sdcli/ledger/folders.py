"""Folders of the ledger: those may use them who may use the one they are in."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress


def make_folder(path: str) -> None:
    """Make a folder, unless it is there, with the owner and the rights of the one it is in.

    In a folder that everybody uses, such as /tmp, it is for the acting person alone. Two that
    make it at once make one.

    Raises:
        OSError: it could not be made.
    """
    if os.path.isdir(path):
        return
    try:
        os.mkdir(path)
    except FileExistsError:
        if os.path.isdir(path):
            return
        raise
    around = os.stat(os.path.dirname(os.path.abspath(path)))
    if around.st_mode & stat.S_ISVTX:
        os.chmod(path, 0o700)
        return
    with suppress(PermissionError):  # only root can give a folder away, and only root must
        os.chown(path, around.st_uid, around.st_gid)
    os.chmod(path, around.st_mode & 0o7777)


def sync_folder(folder: str) -> None:
    """Have the names in a folder on disk.

    Raises:
        OSError: the disk failed.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems cannot sync a folder
            raise
    finally:
        os.close(handle)
