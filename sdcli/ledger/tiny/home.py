"""The TinyDB home of the ledger: tickets in, tickets out, one commit a unit of work."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from sdcli.errors import LedgerBusyError, LedgerDamagedError, MachineError
from sdcli.ledger.tiny import files
from sdcli.ledger.tiny.compact import Plan, UncertainError, compact, next_meta, tidy
from sdcli.ledger.tiny.former import FORMER
from sdcli.ledger.tiny.image import Image, Places, first, load, strays
from sdcli.ledger.tiny.journal import Change, ReplacedError
from sdcli.ledger.tiny.lock import is_free, locked
from sdcli.ledger.tiny.reader import TinyReader, number_in
from sdcli.ledger.tiny.rows import PREFIX
from sdcli.ledger.tiny.witness import Witness, bear, seen
from sdcli.tickets.keys import keys_of
from sdcli.tickets.query import Query
from sdcli.tickets.ticket import advance, fold
from sdcli.tickets.words import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from sdcli.ledger.files import FolderFiles
    from sdcli.ledger.interface import (
        Agreed,
        Alone,
        Beat,
        Due,
        Examination,
        Home,
        Lacking,
        Look,
        Mark,
        Mended,
        Progress,
        Resting,
        Restored,
        Shelf,
        Standing,
        Unread,
        Whole,
    )
    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.ticket import Ticket

_T = TypeVar("_T")

_LEAST_JOURNAL, _MOST_JOURNAL = 256 << 10, 4 << 20
"""Bytes of journal, at least and at most, after which it is folded into a new snapshot."""


class TinyWriter(TinyReader):
    """A unit of work: an image that can be added to. The caller holds the lock."""

    def __init__(self, image: Image) -> None:
        super().__init__(image)
        self.pending: dict[int, Ticket] = {}
        self._added: dict[int, list[AnyEvent]] = {}
        self._keys: dict[str, set[int]] = {}
        self._read: dict[int, Ticket] = {}
        self._keys_of: dict[str, tuple[Ticket, frozenset[str]]] = {}
        self._next = image.next

    def create(self, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.create`."""
        number = self._next
        ticket = fold(f"{PREFIX}{number}", events)
        self._next += 1
        self._put(number, ticket, events)
        return ticket

    def append(self, ticket: Ticket, events: Sequence[AnyEvent]) -> Ticket:
        """See `Writer.append`."""
        number = number_in(ticket.ref)
        after = advance(self.pending.get(number, ticket), events)
        self._put(number, after, events)
        return after

    def only_once(self, act: int) -> None:
        """See `Writer.only_once`: nobody else is in any unit of work."""

    def rest(self, ticket: Ticket, due: Due, look: Look) -> None:
        """See `Writer.rest`: each check looks at all tickets, so nothing is kept of it."""

    def count(self) -> int:
        """See `Reader.count`."""
        return super().count() + self._next - self._image.next

    def changes(self) -> list[Change]:
        """What the unit of work adds, ticket by ticket."""
        return [
            Change(
                ref=ticket.ref,
                events=tuple(msgspec.Raw(msgspec.json.encode(e)) for e in self._added[number]),
                keys=keys_of(ticket),
            )
            for number, ticket in self.pending.items()
        ]

    def plan(self) -> Plan:
        """The next snapshot: the image, with what the unit of work adds."""
        fresh = {number: self._ticket(number) for number in self._fresh()}
        meta = next_meta(self._image, self._next)
        return Plan(self._image, fresh, self._image.places, meta)

    def _put(self, number: int, ticket: Ticket, events: Sequence[AnyEvent]) -> None:
        self.pending[number] = ticket
        self._added.setdefault(number, []).extend(events)
        for key in keys_of(ticket):
            self._keys.setdefault(key, set()).add(number)

    def _fresh(self) -> list[int]:
        return sorted({*self._image.changes, *self.pending})

    def _fresh_with(self, key: str) -> Iterable[int]:
        return {*super()._fresh_with(key), *self._keys.get(key, ())}

    def _is_gap(self, number: int) -> bool:
        return number not in self.pending and super()._is_gap(number)

    def _ticket(self, number: int) -> Ticket:
        """As it is by now; read once, since nobody else can change it meanwhile."""
        found = self.pending.get(number) or self._read.get(number)
        if found is None:
            found = self._read[number] = super()._ticket(number)
        return found

    def _has(self, ticket: Ticket, key: str) -> bool:
        """As for any reader; a storm asks the same ticket for thousands of keys."""
        known, its_keys = self._keys_of.get(ticket.ref, (None, frozenset()))
        if known is not ticket:
            its_keys = frozenset(keys_of(ticket))
            self._keys_of[ticket.ref] = ticket, its_keys
        return key in its_keys


class TinyLedger:
    """The ledger in a folder.

    Args:
        folder: where it is.
        wait_s: how many seconds to wait for the lock.
        tell: is told, in a sentence, what was mended without being asked for.
    """

    def __init__(
        self, folder: str, wait_s: float, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._places = Places(folder)
        self._wait_s = wait_s
        self._tell = tell
        self._image: Image | None = None
        self._is_told = False

    @property
    def place(self) -> str:
        """See `Home.place`."""
        return self._places.folder

    @cached_property
    def files(self) -> FolderFiles:
        """See `Ledger.files`."""
        from sdcli.ledger.files import FolderFiles  # noqa: PLC0415 - few commands have any

        return FolderFiles(self._places.attachments)

    def get(self, ref: str) -> Ticket:
        """See `Reader.get`."""
        return self._ask(lambda reader: reader.get(ref))

    def find(self, query: Query) -> Iterator[Ticket]:
        """See `Reader.find`."""
        return self._ask(lambda reader: reader.find(query))

    def shelves(self, since: datetime | None = None) -> list[Shelf]:
        """See `Reader.shelves`."""
        return self._ask(lambda reader: reader.shelves(since))

    def most_pressing(self, query: Query, most: int) -> tuple[list[Ticket], int]:
        """See `Reader.most_pressing`."""
        return self._ask(lambda reader: reader.most_pressing(query, most))

    def count(self) -> int:
        """See `Reader.count`."""
        return self._ask(lambda reader: reader.count())

    def by_key(self, key: str) -> Ticket | None:
        """See `Reader.by_key`."""
        return self._ask(lambda reader: reader.by_key(key))

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """See `Reader.by_idempotency_key`."""
        return self._ask(lambda reader: reader.by_idempotency_key(key))

    def having(
        self, key: str, since: datetime | None = None, most: int | None = None
    ) -> Iterator[Ticket]:
        """See `Reader.having`."""
        return self._ask(lambda reader: iter(list(reader.having(key, since, most))))

    def how_many(self, key: str) -> int:
        """See `Reader.how_many`."""
        return self._ask(lambda reader: reader.how_many(key))

    def by_source(self, source: str) -> Ticket | None:
        """See `Reader.by_source`."""
        return self._ask(lambda reader: reader.by_source(source))

    def by_sources(self, sources: Collection[str]) -> Iterator[Ticket]:
        """See `Reader.by_sources`."""
        return self._ask(lambda reader: reader.by_sources(sources))

    def older(self, than: str, most: int, down_to: str = "") -> list[Ticket]:
        """See `Reader.older`."""
        return self._ask(lambda reader: reader.older(than, most, down_to))

    def closed_since(self, since: datetime, most: int, after: str = "") -> list[Ticket]:
        """See `Reader.closed_since`."""
        return self._ask(lambda reader: reader.closed_since(since, most, after))

    def due(self, due: Due, unread: Unread | None = None) -> Iterator[Ticket]:
        """See `Reader.due`."""
        return self._ask(lambda reader: reader.due(due, unread))

    def sift(self, due: Due, look: Look) -> bool:
        """See `Ledger.sift`: everything is left to the writer."""
        del due, look
        return True

    def version(self) -> Hashable:
        """See `Ledger.version`: the snapshot, the journal and the heartbeat, by what they are."""
        from sdcli.ledger.tiny.heartbeat import path_of  # noqa: PLC0415 - who does not watch asks not

        return self._places.version(path_of(self._places))

    @contextmanager
    def write(self, *, rehearses: bool = False) -> Iterator[TinyWriter]:
        """See `Ledger.write`. An exception inside the block leaves the files untouched."""
        del rehearses  # a number that is not committed is not used up here
        self._begin()
        with locked(self._places.lock, self._wait_s):
            self._require_open()
            image = self._ready(self._current())
            writer = TinyWriter(image)
            try:
                yield writer
                if writer.pending:
                    self._commit(image, writer)
            except BaseException as error:
                self._image = None  # what is on disk may be more than what was taken in
                if not isinstance(error, ReplacedError):
                    raise
                # Nobody else can replace anything now, so something is missing.
                raise LedgerDamagedError(self._places.snapshot, str(error)) from None

    def agreed(self) -> Agreed | None:
        """See `Ledger.agreed`: whoever works on it goes by the files beside it."""
        return None

    def require_agreed(self) -> None:
        """See `Ledger.require_agreed`."""

    def adopt(self, before: Agreed | None) -> None:
        """See `Ledger.adopt`: there is nothing to agree on."""

    def keep_levels(self, policy: str, content: bytes) -> None:
        """See `Ledger.keep_levels`."""
        from sdcli.ledger.tiny.pinned import keep  # noqa: PLC0415 - only a changed desk

        keep(self._places, policy, content)

    def has_levels(self, policy: str) -> bool:
        """See `Ledger.has_levels`."""
        from sdcli.ledger.tiny.pinned import is_kept  # noqa: PLC0415 - most only read

        return is_kept(self._places, policy)

    def levels(self, policy: str) -> bytes:
        """See `Ledger.levels`."""
        from sdcli.ledger.tiny.pinned import read  # noqa: PLC0415 - few tickets need it

        return read(self._places, policy)

    def memo(self, name: str) -> bytes | None:
        """See `Ledger.memo`."""
        from sdcli.ledger.tiny.memos import read  # noqa: PLC0415 - few commands

        return read(self._places, name)

    def keep_memo(self, name: str, content: bytes | None) -> None:
        """See `Ledger.keep_memo`."""
        from sdcli.ledger.tiny.memos import keep, remove  # noqa: PLC0415 - as above

        if content is None:
            remove(self._places, name)
        else:
            keep(self._places, name, content)

    def beat(self, heard: Beat) -> None:
        """See `Ledger.beat`."""
        from sdcli.ledger.tiny.heartbeat import beat  # noqa: PLC0415 - only checks pay for it

        beat(self._places, heard)

    def last_beat(self) -> Beat | None:
        """See `Ledger.last_beat`."""
        from sdcli.ledger.tiny.heartbeat import last  # noqa: PLC0415 - as above

        return last(self._places)

    def size(self) -> int:
        """See `Ledger.size`."""
        return self._current().size()

    @contextmanager
    def alone(self, purpose: str, wait_s: float = 0) -> Iterator[Alone]:
        """See `Ledger.alone`.

        Raises:
            MachineError: the lock file cannot be opened for writing.
        """
        from sdcli.ledger.interface import Alone  # noqa: PLC0415 - few commands ask

        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._places.lock_of(purpose), wait_s))
                alone = True
            except LedgerBusyError:
                alone = False
            yield Alone(alone)

    def compact(self) -> None:
        """Fold the journal into a new snapshot now, and set aside what no snapshot names.

        Raises:
            LedgerDamagedError: a line that would be carried over is damaged; nothing was changed.
            MachineError: it could not be written.
        """
        self._begin()
        with locked(self._places.lock, self._wait_s):
            image = self._ready(self._current())
            if image.journal is None:
                self._migrate(TinyWriter(image))
            elif image.changes:
                self._image = None
                try:
                    compact(TinyWriter(image).plan())
                    self._witnessed()
                except ReplacedError as error:
                    raise LedgerDamagedError(self._places.snapshot, str(error)) from None
            else:
                tidy(self._places)  # whoever folded it may have been killed before that
            self._set_aside()

    def _set_aside(self) -> None:
        """Keep in `damage` the archives that the snapshot does not name; the caller holds the lock.

        A process that was killed left them behind, or they are of another state of the ledger, and
        then somebody may need them.
        """
        left: list[str] = []
        with suppress(OSError):  # this is tidying: the doctor names what it leaves
            left = strays(self._places, load(self._places))
        if not left:
            return
        from sdcli.ledger.tiny.repair import keep  # noqa: PLC0415 - few were killed at that

        try:
            for path in left:
                keep(self._places, path)
                os.unlink(path)
        except (OSError, MachineError) as error:
            self._tell(f"{path} belongs to no snapshot and stays where it is: {error}")
            return
        one = f"{os.path.basename(left[0])} belonged to no snapshot, and is"
        many = f"{len(left)} archives belonged to no snapshot, and are"
        self._tell(f"{one if len(left) == 1 else many} kept in {self._places.damage} now.")

    def examine(self, progress: Progress, resting: Resting | None = None) -> Examination:
        """See `Ledger.examine`: nothing is written down of when tickets are due."""
        del resting
        from sdcli.ledger.tiny.doctor import examine  # noqa: PLC0415 - one command's

        found, mark = examine(self._places, progress), self.closed()
        if mark and not mark.moved:
            from sdcli.ledger import closed  # noqa: PLC0415 - hardly any is closed

            told = closed.error(self.place, closed.written(mark)).message
            return replace(found, remarks=(*found.remarks, told))
        return found

    def repair(self, stamp: Stamp, progress: Progress, resting: Resting | None = None) -> Mended:
        """See `Ledger.repair`."""
        del resting
        from sdcli.ledger.interface import Mended  # noqa: PLC0415
        from sdcli.ledger.tiny.repair import repair  # noqa: PLC0415 - one command's

        places = self._places
        if places.identity() is None and not places.lost():
            return Mended(tickets=0)
        with locked(places.lock, self._wait_s):
            self._image = None
            result = repair(places, stamp, progress)
            self._witnessed()
            return result

    def back_up(self, path: str, progress: Progress) -> int:
        """See `Ledger.back_up`."""
        from sdcli.ledger.tiny.backup import back_up  # noqa: PLC0415 - one command's

        return back_up(self._places, path, progress)

    def restore(self, path: str, progress: Progress) -> Restored:
        """See `Ledger.restore`."""
        from sdcli.ledger.tiny.backup import put_back, unpacked  # noqa: PLC0415 - one command's

        with suppress(LedgerDamagedError):  # a lock without a ledger would look like a loss
            self._begin()
        with (
            unpacked(self._places, path, progress) as saved,
            locked(self._places.lock, self._wait_s),
        ):
            self._image = None
            result = put_back(self._places, saved)
            mark = self.closed()
            if mark and not mark.moved:  # it is whole now, whatever was being copied into it
                self.close(None)
            self._witnessed()
            return result

    def prepare(self, writer: str = "", reader: str = "") -> None:
        """See `Home.prepare`: who may use the folder may use the ledger, which begins by itself."""
        del writer, reader

    def migrate(self) -> None:
        """See `Home.migrate`: the first change does it."""

    def is_there(self) -> bool:
        """See `Home.is_there`."""
        return self._places.identity() is not None

    def everything(self) -> Iterator[Ticket]:
        """See `Home.everything`."""
        return self.find(Query(statuses=STATUSES, record="", void=True))

    def next_number(self) -> int:
        """See `Home.next_number`."""
        witness = seen(self._places.lock)
        return max(self._current().next, witness.next if witness else 1)

    def policies(self) -> list[str]:
        """See `Home.policies`."""
        from sdcli.ledger.tiny.pinned import members  # noqa: PLC0415 - one command's

        return [os.path.basename(name).removesuffix(".json") for name, _ in members(self._places)]

    def stands(self) -> Hashable:
        """See `Home.stands`: the snapshot and the journal, by what they are."""
        return self._places.version()

    def standing(self) -> Standing:
        """See `Home.standing`."""
        from sdcli.ledger.tiny.moving import standing  # noqa: PLC0415 - one command's

        return standing(self._places, self.count(), self.size())

    @contextmanager
    def whole(self) -> Iterator[Whole]:
        """See `Home.whole`: the lock of a file lasts as long as its process."""
        from sdcli.ledger.interface import Whole  # noqa: PLC0415 - few commands ask

        self._begin()
        with locked(self._places.lock, self._wait_s):
            yield Whole()

    def take_over(self, source: Home, lacking: Lacking, progress: Progress) -> None:
        """See `Home.take_over`: all of it is written anew, and counts in one step.

        Before that a mark closes it, which whoever copies takes away.
        """
        from sdcli.ledger.interface import Mark  # noqa: PLC0415 - one command's
        from sdcli.ledger.tiny.moving import take_over  # noqa: PLC0415 - one command's

        del lacking
        self._image = None
        if not self._mark():
            self.close(Mark(source.place, moved=False))
        take_over(self._places, source, progress)
        self._witnessed()

    def closed(self) -> Mark | None:
        """See `Home.closed`."""
        from sdcli.ledger.closed import read  # noqa: PLC0415 - hardly any is closed

        found = self._mark()
        return read(found) if found else None

    def close(self, mark: Mark | None) -> None:
        """See `Home.close`."""
        from sdcli.ledger.tiny.moving import close  # noqa: PLC0415 - one command's

        close(self._places, mark)

    def _mark(self) -> bytes:
        """What is stored of a mark; hardly any ledger has one."""
        if not os.path.lexists(self._places.closed):
            return b""
        from sdcli.ledger.tiny.moving import mark  # noqa: PLC0415 - as above

        return mark(self._places)

    def _require_open(self) -> None:
        """Refuse a change where a mark says so.

        Raises:
            ClosedLedgerError: the ledger has moved.
        """
        if found := self._mark():
            from sdcli.ledger.closed import error  # noqa: PLC0415 - as above

            raise error(self.place, found)

    def _tell_reader(self) -> None:
        """Say once to whoever reads that the ledger has moved."""
        if not self._is_told:
            self._is_told = True
            if found := self._mark():
                from sdcli.ledger.closed import tell_reader  # noqa: PLC0415 - as above

                tell_reader(self.place, found, self._tell)

    def _ask(self, question: Callable[[TinyReader], _T]) -> _T:
        """The answer of the present image; asked again while snapshots are being replaced."""
        before: Image | None = None
        self._tell_reader()
        while True:
            witness = seen(self._places.lock)  # before the journal, which is never behind it
            image = self._current()
            try:
                return question(TinyReader(self._mended(image, witness)))
            except ReplacedError as error:
                if before is not None and before.identity == image.identity:
                    raise LedgerDamagedError(self._places.snapshot, str(error)) from None
                before, self._image = image, None

    def _current(self) -> Image:
        """The image of the ledger as it is now; what has not changed is not read again."""
        if self._image is not None:
            try:
                self._image.read_on()
                self._image.require_sound()
            except ReplacedError:
                self._image = None
        self._image = self._image or load(self._places)
        return self._image

    def _ready(self, image: Image) -> Image:
        """The image, with a journal that can be appended to; the caller holds the lock."""
        image = self._healed(image)
        if image.journal is not None and image.journal.is_folded:
            try:
                image.journal.start_over(like=self._places.snapshot)
            except OSError as error:
                path = image.journal.path
                raise MachineError("Writing the ledger", path, error.strerror or "") from error
            self._image = image = load(self._places)
        return image

    def _mended(self, image: Image, witness: Witness | None) -> Image:
        """The image, once nobody is about to finish what its journal ends in."""
        missing = image.missing(witness)
        if not missing and (image.journal is None or image.journal.verdict == "nothing"):
            return image
        with is_free(self._places.lock) as free:
            try:
                return self._healed(load(self._places)) if free else image
            except MachineError:  # who may only read reads as far as it is whole
                if missing:
                    self._tell(_shorter(image, missing))
                return image

    def _healed(self, image: Image) -> Image:
        """The image after its journal was mended, if it ended in half a commit, or lost some."""
        journal, witness = image.journal, seen(self._places.lock)
        missing = image.missing(witness)
        if journal is not None and journal.verdict != "nothing":
            told = journal.heal(self._places.damage)
            if not missing:
                self._tell(told)
            self._image = image = load(self._places)
        if missing and witness is not None:
            self._tell(_shorter(image, missing))
            self._image = image = self._beyond(image, witness.next)
        return image

    def _beyond(self, image: Image, next_number: int) -> Image:
        """The ledger without what is gone; references that were given out are not used again."""
        plan = TinyWriter(image).plan()
        meta = plan.meta
        if next_number > meta.next:
            gaps = (*meta.gaps, (meta.next, next_number - 1))
            meta = replace(meta, gaps=gaps, next=next_number)
        compact(plan._replace(meta=meta))
        self._witnessed()
        return self._current()

    def _witnessed(self) -> None:
        """Write down how far the ledger has got; what has been done does not fail by that."""
        try:
            self._image = image = load(self._places)
        except (LedgerDamagedError, MachineError):
            self._image = None
            return
        if image.journal is not None:
            here = Witness(image.document.meta.generation, image.journal.end, image.next)
            bear(self._places.lock, here)

    def _begin(self) -> None:
        """Make an empty ledger if there is none yet; of two that try, one succeeds.

        Raises:
            LedgerDamagedError: there was one, and it has gone.
            MachineError: it could not be written.
        """
        places = self._places
        if places.identity() is not None:
            return
        try:
            places.require_beginning()
        except ReplacedError:  # somebody else has just made it
            return
        try:
            os.makedirs(places.folder, exist_ok=True)
            # The journal first: a snapshot without its journal is a ledger that lost something.
            snapshot, journal = first()
            files.make(places.journal, journal)
            files.make(places.snapshot, snapshot)
        except OSError as error:
            raise MachineError(
                "Starting the ledger", places.folder, error.strerror or ""
            ) from error

    def _commit(self, image: Image, writer: TinyWriter) -> None:
        """Have what the unit of work adds on disk.

        Raises:
            MachineError: it could not be written.
        """
        changes, journal = writer.changes(), image.journal
        size = sum(len(event) for change in changes for event in change.events)
        if journal is None:
            self._migrate(writer)
        elif journal.end + size <= _limit(image) or not self._compact(writer):
            journal.append(changes)
            image.take(changes)
            generation = image.document.meta.generation
            bear(self._places.lock, Witness(generation, journal.end, image.next))

    def _compact(self, writer: TinyWriter) -> bool:
        """Whether everything, the unit of work with it, is in a new snapshot now.

        If not, nothing was changed, and the journal takes in the unit of work as ever.
        """
        try:
            compact(writer.plan())
        except UncertainError:
            raise
        except (LedgerDamagedError, MachineError, ReplacedError) as error:
            self._tell(f"The journal could not be folded into a new snapshot: {error}")
            return False
        self._witnessed()
        return True

    def _migrate(self, writer: TinyWriter) -> None:
        """Write the ledger in the present format; the file of the former one stays beside it."""
        snapshot, number = self._places.snapshot, 1
        kept = f"{snapshot}.format-{FORMER}"
        while os.path.exists(kept) and not os.path.samefile(kept, snapshot):
            number += 1
            kept = f"{snapshot}.format-{FORMER}.{number}"
        try:
            with suppress(FileExistsError):
                os.link(snapshot, kept)
        except OSError as error:
            raise MachineError(
                "Keeping the former ledger as", kept, error.strerror or ""
            ) from error
        compact(writer.plan()._replace(begins=True))
        self._witnessed()
        self._tell(f"The ledger has a new format now; the file as it was is kept as {kept}.")


def _shorter(image: Image, missing: int) -> str:
    """What to say of a journal that is shorter than it was."""
    return (
        f"{image.places.journal} is shorter than it was: {missing} bytes of acknowledged commits "
        "are gone. Compare with a backup; references that were given out are not used again."
    )


def _limit(image: Image) -> int:
    """How long the journal may become: in proportion to the work that folding it is."""
    return min(max(_LEAST_JOURNAL, image.document.meta.tickets.end // 16), _MOST_JOURNAL)
