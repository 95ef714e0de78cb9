"""What every home of the ledger can do, in tickets and not in tables.

Reading takes no lock and sees only whole commits. Writing happens inside `write()`, which holds
the one lock from the first read to the commit: everything appended in the block is committed
together when the block ends, and nothing is when it raises.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sdcli.tickets.event import AnyEvent, Stamp
    from sdcli.tickets.query import Query
    from sdcli.tickets.ticket import Ticket


Progress: TypeAlias = "Callable[[int, int], None]"
"""Is told how much is done, and of how much, in one unit or another."""


class Finding(Struct, frozen=True):
    """Something in the ledger that is not as it was written, or not as its events say.

    Args:
        file: the path of the file; `at`: the byte it begins at, -1 for the file as a whole.
        ref: the ticket it is about, as far as that can be told.
        problem: what is wrong.
    """

    file: str
    at: int
    ref: str
    problem: str


class Examination(Struct, frozen=True):
    """What was looked at in a ledger, and what was found.

    Args:
        tickets, commits, archives: how many there are; commits are those since the snapshot.
        findings: damage.
        remarks: what is harmless and worth knowing.
    """

    tickets: int = 0
    commits: int = 0
    archives: int = 0
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()


class Mended(Struct, frozen=True):
    """What a repair saved.

    Args:
        tickets: how many tickets there are now.
        doubtful: tickets that could be read though their checksum was wrong; each has a note.
        lost: tickets of which something could not be read.
        kept: where the damaged files are.
        remarks: what else is gone, as sentences.
    """

    tickets: int
    doubtful: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Restored(Struct, frozen=True):
    """What a restore did.

    Args:
        tickets: how many tickets there are now; `next`: the reference of the next one.
        kept: the folder that holds the ledger as it was; empty if there was none.
    """

    tickets: int
    next: str
    kept: str


class Beat(Struct, frozen=True):
    """That the clocks were checked: when, in UTC, and by whom."""

    at: datetime
    by: str


class Shelf(NamedTuple):
    """Tickets that lie together.

    Args:
        name: what is in a shelf of this name never changes; empty if that cannot be said.
        newest: no ticket in it has changed after this instant; None if that is not known.
        rows: how many tickets it holds, about.
        tickets: gives them, in the order of their references.
    """

    name: str
    newest: datetime | None
    rows: int
    tickets: Callable[[], Iterator[Ticket]]


class Reader(Protocol):
    """Looks tickets up.

    Every method raises LedgerDamagedError if the ledger cannot be read whole, and MachineError
    if the machine does not let it be read.
    """

    def get(self, ref: str) -> Ticket:
        """The ticket with this reference.

        Raises:
            NoSuchTicketError: there is none.
        """

    def find(self, query: Query) -> Iterator[Ticket]:
        """The tickets that match, in the order of their references."""

    def shelves(self, since: datetime | None = None) -> list[Shelf]:
        """All help requests, each once, shelf by shelf.

        With `since`, shelves may be left out in which nothing has changed since then.
        """

    def most_pressing(self, query: Query, most: int) -> tuple[list[Ticket], int]:
        """Of the tickets that match, the most pressing ones first, and how many more there are."""

    def count(self) -> int:
        """How many tickets there are, closed ones and problems too."""

    def by_key(self, key: str) -> Ticket | None:
        """The newest ticket that is not closed and has this alert key."""

    def by_idempotency_key(self, key: str) -> Ticket | None:
        """The ticket that was opened with this idempotency key, closed or not."""

    def having(
        self, key: str, since: datetime | None = None, most: int | None = None
    ) -> Iterator[Ticket]:
        """The tickets that have this key now (see `tickets.keys`), the newest first.

        With `since`, those that were closed and have not changed since then may be left out; with
        `most`, no more than so many are read.
        """

    def how_many(self, key: str) -> int:
        """How many tickets have this key, about: some that had it once may be among them."""

    def by_source(self, source: str) -> Ticket | None:
        """The ticket that was imported under this source id, closed or not."""

    def by_sources(self, sources: Collection[str]) -> Iterator[Ticket]:
        """The tickets that were imported under these source ids, in the order of their references.

        Everything is looked through once: for many sources, where `by_source` is for a few.
        """

    def older(self, than: str, most: int, down_to: str = "") -> list[Ticket]:
        """Tickets with references before `than`, the newest first, and no more than so many.

        Problems are among them.

        All are if `than` is empty; only those after `down_to` if that is given.
        """

    def closed_since(self, since: datetime, most: int, after: str = "") -> list[Ticket]:
        """Closed requests that changed at or after that instant, in the order of their references.

        Only those after the reference `after` if it is given, and no more than so many.
        """


class Writer(Reader, Protocol):
    """Looks tickets up and adds to them; sees what it has added itself."""

    def create(self, events: Sequence[AnyEvent]) -> Ticket:
        """A new ticket made by these events, under the next reference; none is used twice."""

    def append(self, ticket: Ticket, events: Sequence[AnyEvent]) -> Ticket:
        """The ticket with further events.

        Raises:
            IllegalStepError: an event is not legal in the ticket's state.
        """


class Ledger(Reader, Protocol):
    """One home of the ledger."""

    def version(self) -> Hashable:
        """What tells this state of the ledger from any other; it is not read for that.

        Whoever watches asks for it often, before what it reads: equal ones mean that nothing that
        was read is another by now.

        Raises:
            MachineError: the machine does not let it be looked at.
        """

    def write(self, *, rehearses: bool = False) -> AbstractContextManager[Writer]:
        """A unit of work: committed as a whole when the block ends without error.

        What it looks up to decide by stays as it is until then. `rehearses`: it will not be
        committed, and must use nothing up.

        Raises:
            LedgerBusyError: a lock was not free in time.
            ConflictError: it does not go together with what somebody else did meanwhile, and
                nothing of it was committed. See `sdcli.ledger.again`.
            LedgerUnreachableError: the server of the ledger does not answer.
            OutcomeUnknownError: its server could not be asked whether it was recorded.
        """

    def keep_levels(self, policy: str, content: bytes) -> None:
        """Keep the service levels of a hash for good (T11); nothing if they are kept already.

        Raises:
            MachineError: they could not be kept.
        """

    def has_levels(self, policy: str) -> bool:
        """Whether the service levels of a hash are kept here."""

    def levels(self, policy: str) -> bytes:
        """The service levels of a hash, as they were kept.

        Raises:
            LedgerDamagedError: they are not there, or are not what they were.
        """

    def beat(self, heard: Beat) -> None:
        """Remember that the clocks were checked, for whoever asks whether they still are.

        Raises:
            MachineError: it could not be remembered.
        """

    def last_beat(self) -> Beat | None:
        """When the clocks were last checked; None if they never were.

        Raises:
            LedgerDamagedError: what was remembered cannot be read.
        """

    def size(self) -> int:
        """The bytes of everything that is stored of tickets; attached files are apart."""

    def alone(self, purpose: str, wait_s: float = 0) -> AbstractContextManager[bool]:
        """Whether no other process does this now; if so, none will for the block (T28).

        It is apart from the lock of `write()`, and nobody waits for it longer than `wait_s`.
        """

    def compact(self) -> None:
        """Put everything where it is read fastest; nothing that can be asked changes."""

    def examine(self, progress: Progress) -> Examination:
        """Look at everything that is stored, and hold it against the events."""

    def repair(self, stamp: Stamp, progress: Progress) -> Mended:
        """Save what can be read of a damaged ledger; damaged bytes are kept aside."""

    def back_up(self, path: str, progress: Progress) -> int:
        """Write everything to one new file; how many tickets are in it.

        Raises:
            RefusedError: there is such a file already.
        """

    def restore(self, path: str, progress: Progress) -> Restored:
        """Put what a backup holds in the place of what is there, which is kept.

        Raises:
            BackupDamagedError: the file is no backup, or it is damaged.
        """
