"""How the folder of articles looks from outside: names, sizes and times, and nothing read.

Two looks that are equal show the same files with the same content, but for those that changed
within the same tick of the clock; which files are too young to tell, `is_settled` says.
"""

from __future__ import annotations

import os
import sys
from array import array
from contextlib import suppress
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from zlib import adler32, crc32

from sdcli.errors import DataFileError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = "kb"
SETTLED_NS = 2_000_000_000
"""A file younger than this may change again within one clock tick."""
_LARGE = 100_000
"""The size of a folder, in bytes, that has some thousand files on most file systems."""
_GONE = (0, 0, 0, 0)
_stamp = attrgetter("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")


class Look(NamedTuple):
    """A look at the folder.

    Args:
        names: the files, in the order in which the system gives them, which stays the same until
            one comes or goes.
        stamps: of each in turn its times of change, of content and of entry, its size and inode.
    """

    names: list[str]
    stamps: array[int]

    @property
    def print(self) -> bytes:
        """The same bytes for the same look, and others for any other: four sums of 32 bits."""
        parts = ("\0".join(self.names).encode("utf-8", "surrogateescape"), self.stamps.tobytes())
        sums = (sum_(part) for part in parts for sum_ in (crc32, adler32))
        return b"".join(each.to_bytes(4, "big") for each in sums)

    def each(self) -> dict[str, tuple[int, ...]]:
        """The stamp of each file by its name."""
        rows = zip(*[iter(self.stamps)] * len(_GONE), strict=True)
        return dict(zip(self.names, rows, strict=True))


def is_shown(name: str) -> bool:
    """Whether a file is one of the folder's; a hidden one is an editor's lock, or its copy."""
    return name.endswith(".yaml") and name[0] != "."


def look(root: str) -> Look:
    """A look at the folder of articles of the desk at `root`; links are followed.

    Raises:
        DataFileError: there is no such folder, or it cannot be looked into.
    """
    try:
        folder = os.open(os.path.join(root, FOLDER), os.O_RDONLY | os.O_DIRECTORY)
        try:
            return _look(folder, partial(os.stat, dir_fd=folder))
        finally:
            os.close(folder)
    except OSError as error:
        problem = Problem(FOLDER, 1, f"the folder cannot be read: {error.strerror}")
        raise DataFileError([problem]) from error


def _look(folder: int, stat: Callable[[str], os.stat_result]) -> Look:
    """Ten thousand files are looked at in some 25 ms, so each step of this counts."""
    names = [name for name in os.listdir(folder) if is_shown(name)]
    try:
        stamps = array("q", chain.from_iterable(map(_stamp, map(stat, names))))
    except OSError:  # one went away meanwhile, or leads nowhere
        stamps = array("q", chain.from_iterable(_one(stat, name) for name in names))
    return Look(names, stamps)


def _one(stat: Callable[[str], os.stat_result], name: str) -> tuple[int, ...]:
    try:
        stamp: tuple[int, ...] = _stamp(stat(name))
    except OSError:
        return _GONE
    return stamp


class Looking:
    """A look that has begun; of a large folder it is taken by a child, on another processor.

    To ask the system about ten thousand files takes as long as all the rest of a search, which
    goes on meanwhile. Where there is no child, or it fails, the look is taken when it is wanted.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._child, self._pipe = 0, -1
        with suppress(OSError):
            if _is_large(root) and _may_fork():
                self._begin()

    def shows(self, print_: bytes) -> bool:
        """Whether the folder looks like this.

        Raises:
            DataFileError: there is no such folder, or it cannot be looked into.
        """
        child, self._child = self._child, 0
        if child:
            with suppress(OSError):
                with os.fdopen(self._pipe, "rb") as stream:
                    told = stream.read()
                os.waitpid(child, 0)
                return told == print_ or look(self._root).print == print_
        return look(self._root).print == print_

    def _begin(self) -> None:
        reader, writer = os.pipe()
        child = os.fork()
        if child:
            os.close(writer)
            self._child, self._pipe = child, reader
            return
        try:
            os.chdir(os.path.join(self._root, FOLDER))  # short names are found faster
            os.write(writer, _look(os.open(".", os.O_RDONLY), os.stat).print)
        finally:
            os._exit(0)  # nothing of the parent's is to be taken down here


def _is_large(root: str) -> bool:
    """Whether a folder has so many files that a child is worth its millisecond."""
    return os.stat(os.path.join(root, FOLDER)).st_size > _LARGE


def _may_fork() -> bool:
    """Whether there is another processor, and no thread that a child would lack."""
    threading = sys.modules.get("threading")
    return (os.cpu_count() or 1) > 1 and (threading is None or threading.active_count() == 1)


def is_settled(stamp: tuple[int, ...], tick_ns: int) -> bool:
    """Whether a change after `tick_ns`, by the clock of the file system, would show."""
    return max(stamp[0], stamp[1]) < tick_ns - SETTLED_NS
