"""The quarantine looked through again: what has become readable is taken in, the rest stays.

A file that was taken in goes to the folder `done`, so that nothing is ever thrown away. A run
that is killed may simply be repeated: the requests of a file are known by its name, the alerts
by their keys, and the unreadable parts of a file are kept under its name.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from sdcli.errors import MachineError, NoSuchEntryError
from sdcli.intake.items import Item, MailItem, RequestItem, Unreadable, keyed
from sdcli.intake.outcome import Outcome  # noqa: TC001 - msgspec reads the annotations
from sdcli.intake.quarantine import keep, key_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sdcli.intake.formats import Reading
    from sdcli.policy.model import Sizes
    from sdcli.tickets.event import Stamp

_SUFFIX = ".raw"
_DONE = "done"


class Retried(Struct, frozen=True):
    """What became of one file; `stays` is the reason why it, or a part of it, is still there."""

    file: str
    outcomes: Sequence[Outcome] = ()
    stays: str = ""


class Quarantine:
    """The folder of what could not be read, and the one of mails that were ignored.

    A mail is looked for among those only by its name: whoever names it wants it taken in.
    """

    def __init__(self, folder: str, ignored: str, sizes: Sizes, stamp: Stamp) -> None:
        self._folder = folder
        self._ignored = ignored
        self._sizes = sizes
        self._stamp = stamp

    def paths(self, names: Sequence[str]) -> list[str]:
        """The files of these names, or all there are, oldest first.

        Raises:
            NoSuchEntryError: one of them is not there.
        """
        try:
            known = sorted(name for name in os.listdir(self._folder) if name.endswith(_SUFFIX))
        except FileNotFoundError:
            known = []
        return [self._path(name, known) for name in names or known]

    def _path(self, name: str, known: Iterable[str]) -> str:
        """A file by its path, or by its name in the folder with or without its ending."""
        bare = f"{name.removesuffix(_SUFFIX).removesuffix('.json')}{_SUFFIX}"
        for path in (bare, *(os.path.join(each, bare) for each in (self._folder, self._ignored))):
            if os.path.isfile(path):
                return path
        raise NoSuchEntryError("kept file", name, known, self._folder)

    def retry(
        self,
        path: str,
        read: Callable[[bytes], list[Reading]],
        take_in: Callable[[Sequence[Item]], list[Outcome]],
    ) -> Retried:
        """Read a file again and take in what it holds.

        Raises:
            MachineError: it cannot be read.
        """
        try:
            size = os.path.getsize(path)
            if size > self._sizes.stream:
                return Retried(path, stays=f"it is larger than {self._sizes.stream} bytes")
            with open(path, "rb") as stream:
                raw = stream.read()
        except OSError as error:
            raise MachineError("Reading", path, error.strerror or "") from error
        stem = os.path.splitext(os.path.basename(path))[0]
        items = [reading.item for reading in read(raw)]
        if os.path.realpath(os.path.dirname(path)) == os.path.realpath(self._ignored):
            items = [
                replace(each, insisted=True) if isinstance(each, MailItem) else each
                for each in items
            ]
        return self._take(path, stem, items, take_in)

    def _take(
        self,
        path: str,
        stem: str,
        items: Sequence[Item],
        take_in: Callable[[Sequence[Item]], list[Outcome]],
    ) -> Retried:
        bad = [item for item in items if isinstance(item, Unreadable)]
        if bad and len(bad) == len(items):
            return Retried(path, stays=bad[0].reason)
        for number, item in enumerate(bad, 1):
            keep(self._folder, item, self._stamp, f"{stem}-{number}")
        good = [item for item in items if not isinstance(item, Unreadable)]
        outcomes = take_in(
            list(map(_from_script, keyed(good, key_of(path) or f"quarantine {stem}")))
        )
        self._put_away(path)
        left = (
            f"{len(bad)} of its {len(items)} items cannot be read: {bad[0].reason}" if bad else ""
        )
        return Retried(path, outcomes, left)

    def _put_away(self, path: str) -> None:
        """Move the bytes and their note to the folder of what is done."""
        folder = os.path.join(os.path.dirname(path), _DONE)
        try:
            os.makedirs(folder, exist_ok=True)
            for each in (path, f"{os.path.splitext(path)[0]}.json"):
                with suppress(FileNotFoundError):  # another run was quicker
                    os.replace(each, os.path.join(folder, os.path.basename(each)))
        except OSError as error:
            raise MachineError("Putting away", path, error.strerror or "") from error


def _from_script(item: Item) -> Item:
    """A request that names no channel came by a script."""
    if not isinstance(item, RequestItem) or item.channel:
        return item
    return replace(item, channel="script")
