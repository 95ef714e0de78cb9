"""The ledger of a desk as a whole: made on a server, looked over, moved to another home.

What the commands of `sdcli ledger` call. What the homes can do is in `sdcli.ledger.interface`, how
two of them are held against each other in `sdcli.ledger.content`.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from sdcli.care import Care
from sdcli.errors import (
    ClosedLedgerError,
    ConflictError,
    LeftError,
    NoLedgerError,
    RefusedError,
)
from sdcli.ledger.content import (
    EVERYTHING,
    Beside,
    Compared,
    bring_beside,
    compare,
    is_empty,
)
from sdcli.ledger.interface import Mark
from sdcli.results.ledgers import (
    LedgerCopied,
    LedgerMigrated,
    LedgerPrepared,
    LedgerStatus,
    OtherHome,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sdcli.desk import Desk
    from sdcli.ledger.interface import Home, Lacking, Progress, Whole

    Bar = Callable[[str], AbstractContextManager[Progress]]

_ROUNDS = 4
"""So often a copy goes on with what was recorded meanwhile."""
_SPOOL = "spool"


class Ledgers:
    """The homes of the ledger of an open desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._folder = os.path.join(desk.root, "ledger")

    def prepare(self, writer: str, reader: str) -> LedgerPrepared:
        """Make the ledger on its server, unless it is there, and let roles use it.

        Raises:
            RefusedError: this user of the database may not make it, or a role.
        """
        home = self._desk.home_at("")
        return LedgerPrepared(home.place, home.prepare(writer, reader))

    def migrate(self) -> LedgerMigrated:
        """Bring the schema of the ledger to the version of this program.

        Raises:
            NewerFormatError: a newer program wrote it.
            NoLedgerError: there is none.
        """
        home = self._desk.home_at("")
        return LedgerMigrated(home.place, home.migrate())

    def status(self) -> LedgerStatus:
        """How the ledger is, who uses it, and what waits here to be taken in."""
        desk, home = self._desk, self._desk.home_at("")
        care = Care(desk)
        standing = home.standing()
        levels = desk.policy.levels_hash
        last = home.last_beat()
        return LedgerStatus(
            standing=standing,
            levels=levels,
            levels_kept=home.has_levels(levels),
            last_check=last,
            age_s=int((desk.now - last.at).total_seconds()) if last else None,
            quarantined=care.quarantined(),
            spooled=care.spooled(),
            other=self._other(home),
        )

    def _other(self, home: Home) -> OtherHome | None:
        """The ledger in the desk's folder, where the desk uses another one."""
        if not self._desk.ledger_address:
            return None
        other = self._desk.home_at(self._folder)
        if not other.is_there() or not other.count():
            return None
        mark = other.closed()
        return OtherHome(other.place, other.count(), mark is not None and mark.other == home.place)

    def copy(self, to: str, source: str, *, retire: bool, bar: Bar) -> LedgerCopied:
        """Move a ledger to another home, or bring one there that is an older state of it up to date.

        Nobody writes to the target meanwhile; whoever writes to the source is not kept from it, and
        what they record is copied in another round. With `retire` nobody writes to the source in
        the last round, and it takes no changes from then on.

        Raises:
            OtherLedgerError: the target holds something else.
            NoLedgerError: there is nothing to copy.
            ClosedLedgerError: the source is no whole ledger itself.
            LeftError: interrupted from the keyboard.
        """
        homes = self._homes(to, source)
        try:
            with homes.target.whole() as whole:
                return self._copied(homes, whole, retire=retire, bar=bar)
        except KeyboardInterrupt:
            raise LeftError(
                "What was copied stays: run the same command again to go on with it."
            ) from None

    def _homes(self, to: str, source: str) -> _Homes:
        found = self._desk.home_at(self._named(source) if source else "")
        target = self._desk.home_at(self._named(to))
        if found.place == target.place:
            raise RefusedError(f"{to} is the ledger itself: --to names another place.")
        is_own = "://" not in found.place and (not source or _is_desk(os.path.dirname(found.place)))
        if not found.is_there() and not is_own:  # a desk without any ticket has an empty one
            raise NoLedgerError(found.place, is_folder="://" not in found.place)
        mark = found.closed()
        if mark and not mark.moved:
            raise ClosedLedgerError(found.place, mark.other, is_moved=False)
        found.count()  # what cannot be read is told before anything is made
        if "://" not in to:
            _require_free(target.place)
        target.prepare()
        return _Homes(found, target)

    def _named(self, where: str) -> str:
        """An address as it is, or the path of a ledger's folder: that of a desk may be named too.

        Raises:
            RefusedError: something that is no folder is there.
        """
        if "://" in where:
            return where
        path = os.path.abspath(os.path.expanduser(where))
        if os.path.lexists(path) and not os.path.isdir(path):
            raise RefusedError(f"{path} is no folder: a ledger is a folder, or on a server.")
        return os.path.join(path, "ledger") if _is_desk(path) else path

    def _copied(self, homes: _Homes, whole: Whole, *, retire: bool, bar: Bar) -> LedgerCopied:
        source, target = homes
        copier = _Copier(homes, whole, bar)
        is_settled = copier.go_on(_ROUNDS)
        if retire:
            with source.whole() as alone:
                copier.holds = (whole, alone)
                is_settled = copier.go_on(_ROUNDS)
                beside = copier.bring_beside()
                copier.require()
                _retire(source, target, copier)
        else:
            beside = copier.bring_beside()
        whole.require()
        left = target.closed()
        if left and (retire or not left.moved):
            target.close(None)
        compared = copier.compared
        return LedgerCopied(
            source=source.place,
            target=target.place,
            tickets=compared.target.tickets,
            events=compared.target.events,
            hash_source=compared.source.hash,
            hash_target=compared.target.hash,
            new=copier.new,
            further=copier.further,
            files=beside.files,
            levels=beside.levels,
            missing=beside.missing,
            next=f"SD-{target.next_number()}",
            retired=retire,
            settled=is_settled,
        )


def _retire(source: Home, target: Home, copier: _Copier) -> None:
    """Have the source take no changes any more, if all of it is in the target.

    Raises:
        ConflictError: somebody wrote to it all the same; it takes changes as before.
    """
    before = source.closed()
    source.close(Mark(target.place, moved=True))
    if source.stands() != copier.stood:
        source.close(before)
        raise ConflictError(source.place, "something was recorded after it had been copied")


class _Homes(NamedTuple):
    source: Home
    target: Home


class _Copier:
    """Brings the target of a copy to the state of its source, round by round."""

    def __init__(self, homes: _Homes, whole: Whole, bar: Bar) -> None:
        self._source, self._target = homes
        self._bar = bar
        self.holds: tuple[Whole, ...] = (whole,)
        self.stood: object = None
        self.compared: Compared
        self.new = self.further = 0

    def require(self) -> None:
        """Refuse to go on if others may write where nobody is to."""
        for whole in self.holds:
            whole.require()

    def go_on(self, rounds: int) -> bool:
        """Copy until nothing is lacking; whether the source is still what was copied.

        Nothing is read again if the source is as it was after the last round.
        """
        for _ in range(rounds):
            if self._source.stands() == self.stood:
                return True
            stood = self._source.stands()
            self._round()
            self.stood = stood
        return bool(self._source.stands() == self.stood)

    def _round(self) -> None:
        source, target = self._source, self._target
        before = None if is_empty(target) else self._compared("Comparing")
        if before is None:
            self._take_over(EVERYTHING)
        elif before.lacking or target.next_number() < source.next_number():
            self._take_over(before.lacking)
        else:
            self.compared = before
            return
        self.compared = self._compared("Verifying")
        if before is None:
            self.new += self.compared.target.tickets
        else:
            self.new += before.new
            self.further += len(before.lacking.behind)

    def _compared(self, label: str) -> Compared:
        with self._bar(label) as progress:
            return compare(self._source, self._target, self._watching(progress))

    def _take_over(self, lacking: Lacking) -> None:
        with self._bar("Copying") as progress:
            self._target.take_over(self._source, lacking, self._watching(progress))

    def _watching(self, progress: Progress) -> Progress:
        for whole in self.holds:
            progress = whole.watching(progress)
        return progress

    def bring_beside(self) -> Beside:
        """What is no ticket: files, service levels, and when the clocks were last checked."""
        last, there = self._source.last_beat(), self._target.last_beat()
        if last and (there is None or there.at < last.at):
            self._target.beat(last)
        return bring_beside(self._source, self._target)


def _is_desk(path: str) -> bool:
    return os.path.isfile(os.path.join(path, "sla_policies.yaml"))


_BEGUN = re.compile(r"tickets\.journal|tickets\.(?:json|journal)\.\d+\.[0-9a-f]{8}\.(?:new|tmp)")


def _is_begun(name: str) -> bool:
    """Whether a copy that was killed has left a file of this name before there was a ledger."""
    return bool(_BEGUN.fullmatch(name))


def _require_free(folder: str) -> None:
    """Refuse a folder that is something else: a ledger is many files.

    Raises:
        RefusedError: there is something in it, and no ledger.
    """
    if _is_desk(os.path.dirname(folder)) or os.path.exists(os.path.join(folder, "tickets.json")):
        return
    if os.path.isdir(folder) and not all(map(_is_begun, os.listdir(folder))):
        raise RefusedError(
            f"{folder} holds something, and no ledger: name a folder that is empty, or not there, "
            "or a desk."
        )
