"""How the folder of articles looks from outside: names, sizes and times, and nothing read.

Two looks that are equal show the same files with the same content, but for those that changed
within the same tick of the clock; which files are too young to tell, `is_settled` says.
"""

from __future__ import annotations

import os
from array import array
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from sdcli.errors import DataFileError, Problem
from sdcli.knowledge.articles import FOLDER

SETTLED_NS = 2_000_000_000
"""A file younger than this may change again within one clock tick."""
_GONE = (0, 0, 0, 0)
_WIDTH = len(_GONE)
_stamp = attrgetter("st_mtime_ns", "st_ctime_ns", "st_size", "st_ino")


class Look(NamedTuple):
    """A look at the folder.

    Args:
        names: the files, in the order the system gives them, which is the same until one comes
            or goes.
        stamps: for each its times of change, of content and of entry, its size and its inode.
    """

    names: list[str]
    stamps: array[int]

    @property
    def print(self) -> bytes:
        """The same bytes for the same look."""
        return b"\0".join([os.fsencode("/".join(self.names)), self.stamps.tobytes()])

    def each(self) -> dict[str, tuple[int, ...]]:
        """The stamp of each file."""
        rows = zip(*[iter(self.stamps)] * _WIDTH, strict=True)
        return dict(zip(self.names, rows, strict=True))


def look(root: str) -> Look:
    """A look at the folder of articles of the desk at `root`; links are followed.

    Raises:
        DataFileError: there is no such folder, or it cannot be looked into.
    """
    try:
        folder = os.open(os.path.join(root, FOLDER), os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unreadable(error) from error
    try:
        names = [name for name in os.listdir(folder) if name.endswith(".yaml")]
        return Look(names, _stamps(folder, names))
    except OSError as error:
        raise _unreadable(error) from error
    finally:
        os.close(folder)


def is_settled(stamp: tuple[int, ...], tick_ns: int) -> bool:
    """Whether a change after `tick_ns`, by the clock of the file system, would show."""
    return max(stamp[0], stamp[1]) < tick_ns - SETTLED_NS


def _stamps(folder: int, names: list[str]) -> array[int]:
    """Ten thousand files are looked at in some 20 ms, so each step of this counts."""
    try:
        stats = [os.stat(name, dir_fd=folder) for name in names]
    except OSError:  # one went away meanwhile, or leads nowhere
        return array("q", chain.from_iterable(_one(folder, name) for name in names))
    return array("q", chain.from_iterable(map(_stamp, stats)))


def _one(folder: int, name: str) -> tuple[int, ...]:
    try:
        stamp: tuple[int, ...] = _stamp(os.stat(name, dir_fd=folder))
    except OSError:
        return _GONE
    return stamp


def _unreadable(error: OSError) -> DataFileError:
    return DataFileError([Problem(FOLDER, 1, f"the folder cannot be read: {error.strerror}")])
